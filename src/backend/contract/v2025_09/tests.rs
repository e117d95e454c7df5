use std::time::Duration;

use super::*;
use crate::backend::contract::extensions::{
    STAFF_MAX, badges_read, heartbeat, places_read, reasons_read, settings, staff, staff_read, stations,
    stations_seen,
};
use crate::backend::contract::row::PLACES_MAX;
use crate::backend::contract::rows;
use crate::backend::contract::tests::{answer, at, intent, ok};
use crate::order::{Delivery, Details, Mark, Order, Post, Priority, Staff, Stage};
use crate::station::{Report, StationSeen};

const ORDER: &str = r#"{"id":"bannos-25771-A","store":"bannos","shopify_order_number":25771,
    "product_title":"Gelato Celebration Cake","size":"10 inch","flavour":"Pistachio, Vanilla",
    "cake_writing":"Χρόνια πολλά 🎂","notes":null,"customer_name":"Eleni P.","due_date":"2026-11-24",
    "priority":"Medium","delivery_method":"Pickup","stage":"Decorating","assignee_id":null,"assignee_name":null,
    "storage":"Fridge 2","product_image":"https://cdn.example/a.png","rework":1,
    "returned":{"reason":"crack","at":"2026-11-23T09:30:00+00:00"},"siblings":2,
    "updated_at":"2026-11-23T09:30:00+00:00","filling_start_ts":"2026-11-23T08:00:00.123456+00:00",
    "filling_complete_ts":"2026-11-23T08:10:00+00:00","covering_complete_ts":"2026-11-23T08:40:00+00:00",
    "decorating_complete_ts":null,"packing_start_ts":null,"packing_complete_ts":null,"cancelled_at":null,
    "marks":[{"action":"print","stage":"Filling","at":"2026-11-23T08:00:00.123456+00:00","by":"Ana","station":"f1"},
             {"action":"complete","stage":"Filling","at":"2026-11-23T08:10:00+00:00","by":null,"station":null},
             {"action":"assign","stage":"Covering","at":"2026-11-23T08:11:00+00:00","by":"Ana","station":null},
             {"action":"start","stage":"Packing","at":"2026-11-23T09:20:00+00:00","by":"Zoe","station":"p1"},
             {"action":"qc_return","stage":"Packing","at":"2026-11-23T09:30:00+00:00","by":"Zoe","station":"p1"}]}"#;

const DONE: &str = r#"{"ok":true,"data":{"id":"bannos-18617","stage":"Covering","already_done":false,"rework":0,
    "event_seq":41,"at":"2026-11-23T10:00:00.5+00:00","filling_start_ts":"2026-11-23T09:00:00+00:00",
    "filling_complete_ts":"2026-11-23T09:59:00+00:00","covering_complete_ts":null,"decorating_complete_ts":null,
    "packing_start_ts":null,"packing_complete_ts":null,"cancelled_at":null,
    "mark":{"action":"complete","stage":"Filling","at":"2026-11-23T09:59:00+00:00","by":"Ana","station":"f1"}}}"#;

const STATIONS: &str = r#"{"ok":true,"data":[
    {"station":"bannos-covering-1","report":{"backlog":3,"owed":[["bannos-18617","Filling"],["x","Filling"]],"stage":"Covering",
     "twice":[["bannos-18617","2026-11-23T10:00:00Z"],["bannos-18617",7]],"printers_ready":0,"scanners_ready":1,"version":"0.1.0"},"reported_at":"2026-11-23T10:00:00Z","silence_ms":4500},
    {"station":"office","report":{"stage":null},"reported_at":"2026-11-23T10:00:00Z","silence_ms":0},
    {"station":"me","report":{},"reported_at":"2026-11-23T10:00:00Z","silence_ms":0},
    {"station":"broken","report":{},"silence_ms":-1}]}"#;

mod reads;

fn parsed(text: &str) -> Option<Order> {
    order(&serde_json::from_str(text).unwrap())
}

#[test]
fn every_action_has_its_function_and_says_what_it_rests_on() {
    let account = StaffId("acc".into());
    let functions = [
        (Action::Print, "handle_print_barcode"),
        (Action::Reprint, "handle_print_barcode"),
        (Action::CompleteFilling, "complete_filling"),
        (Action::CompleteCovering, "complete_covering"),
        (Action::CompleteDecorating, "complete_decorating"),
        (Action::StartPacking, "start_packing"),
        (Action::CompletePacking, "complete_packing"),
    ];
    for (action, function) in functions {
        let call = send(&intent(action), "f1", &account, Context::Taken);
        assert_eq!(call.function, function);
        let arguments = json!({
            "id": "bannos-18617",
            "performed_by": "acc",
            "context": {
                "intent_id": "07070707-0707-4707-8707-070707070707",
                "station": "f1",
                "captured_at": "2026-11-23T09:59:00.000Z",
                "rework": 2,
            },
        });
        assert_eq!(call.arguments, arguments);
    }
}

#[test]
fn a_badge_performs_and_a_return_has_its_reason() {
    let back = Intent { performer: Some(StaffId("zoe".into())), ..intent(Action::QcReturn) };
    let call = send(&back, "p1", &StaffId("acc".into()), Context::Unknown);
    assert_eq!(call.function, "qc_return_to_decorating");
    let arguments = json!({ "id": "bannos-18617", "performed_by": "zoe", "reason": "crack" });
    assert_eq!(call.arguments, arguments);
}

#[test]
fn a_detail_is_sent_with_what_it_sets_and_null_is_said() {
    let ana = Staff { id: StaffId("5f1a".into()), name: "Ana".into() };
    for (detail, function, name, value) in [
        (Detail::Assignee(Some(ana)), "assign_staff", "staff_id", json!("5f1a")),
        (Detail::Assignee(None), "assign_staff", "staff_id", Value::Null),
        (Detail::Storage(Some("Fridge 2".into())), "set_storage", "storage", json!("Fridge 2")),
        (Detail::Storage(None), "set_storage", "storage", Value::Null),
    ] {
        let set = Intent { detail: Some(detail.clone()), ..intent(detail.action()) };
        let call = send(&set, "f1", &StaffId("acc".into()), Context::Unknown);
        assert_eq!(call.function, function);
        let mut arguments = json!({ "id": "bannos-18617", "performed_by": "acc" });
        arguments[name] = value;
        assert_eq!(call.arguments, arguments);
        let call = send(&set, "f1", &StaffId("acc".into()), Context::Taken);
        assert_eq!(call.arguments["context"]["intent_id"], "07070707-0707-4707-8707-070707070707");
    }
    let none = send(&intent(Action::Assign), "f1", &StaffId("acc".into()), Context::Unknown);
    assert_eq!(none.arguments.get("staff_id"), None, "nobody is unassigned by what is missing");
}

#[test]
fn a_reply_says_who_has_it_and_where_it_is_kept() {
    let set = Intent { detail: Some(Detail::Storage(None)), ..intent(Action::SetStorage) };
    let told = DONE
        .replace("\"rework\":0,", r#""rework":0,"assignee_id":"5f1a","assignee_name":"Ana","storage":null,"#);
    let Reply::Done { details, stage, .. } = reply(&set, &ok(&told)) else { panic!("{told}") };
    assert_eq!(details, Some(Details { assignee: Some("Ana".into()), storage: None }));
    assert_eq!(stage, Stage::Covering);
    let bare = reply(&set, &ok(r#"{"ok":false,"code":"ALREADY_DONE","message":"so"}"#));
    assert!(
        matches!(bare, Reply::Done { already: true, details: None, stage: Stage::Filling, .. }),
        "{bare:?}"
    );
}

#[test]
fn what_can_be_chosen_is_read_and_the_rest_left_out() {
    assert_eq!(staff(Store::Bannos).arguments, json!({ "store": "bannos" }));
    assert_eq!(settings(Store::Flourlane).arguments, json!({ "store": "flourlane" }));
    let people = r#"{"ok":true,"data":[{"id":"1","full_name":"Ana"},{"id":"2"},{"full_name":"No Id"},7,
        {"id":"","full_name":"Empty"},{"id":"3","full_name":""},{"id":"4","full_name":"Ελένη Π.","badge":"9"}]}"#;
    let named = |id: &str, name: &str| Staff { id: StaffId(id.into()), name: name.into() };
    assert_eq!(staff_read(&ok(people)), Ok(Some(vec![named("1", "Ana"), named("4", "Ελένη Π.")])));
    let shop = r#"{"ok":true,"data":{"timezone":"Australia/Sydney","storage_places":["Fridge 2"," Shelf A ","",7,"Fridge 2"],
        "qc_reasons":[],"freeze":false}}"#;
    assert_eq!(places_read(&ok(shop)), Ok(Some(vec!["Fridge 2".into(), "Shelf A".into()])));
    assert_eq!(places_read(&ok(r#"{"ok":true,"data":{}}"#)), Ok(Some(Vec::new())), "a shop that lists none");
    let denied = r#"{"ok":false,"code":"PERMISSION_DENIED","message":"no staff"}"#;
    assert_eq!((staff_read(&ok(denied)), places_read(&ok(denied))), (Ok(None), Ok(None)));
    assert!(staff_read(&ok("[{")).is_err() && staff_read(&ok(r#"{"ok":true,"data":{}}"#)).is_err());
    assert!(places_read(&ok("<html>")).is_err());
    let many: Vec<_> = (0..9000).map(|n| json!({ "id": n.to_string(), "full_name": "x" })).collect();
    let many = json!({ "ok": true, "data": many }).to_string();
    assert_eq!(staff_read(&ok(&many)).unwrap().unwrap().len(), STAFF_MAX);
    let many: Vec<_> = (0..9000).map(|n| n.to_string()).collect();
    let many = json!({ "ok": true, "data": { "storage_places": many } }).to_string();
    assert_eq!(places_read(&ok(&many)).unwrap().unwrap().len(), PLACES_MAX);
}

#[test]
fn badges_are_read_but_no_admins_nor_of_somebody_without_a_role() {
    let people = r#"{"ok":true,"data":[
        {"id":"1","full_name":"Ana","role":"Staff","badge":"1001"},
        {"id":"2","full_name":"Nick","role":"Admin","badge":"9001"}, {"id":"3","full_name":"Nora","role":"admin","badge":"9002"},
        {"id":"4","full_name":"Who","badge":"9003"}, {"id":"5","full_name":"None","role":"Staff","badge":null},
        {"id":"6","full_name":"Sophie","role":"Supervisor","badge":"2001"}, 7, {"role":"Staff","badge":"5"}]}"#;
    let read = badges_read(&ok(people)).unwrap().unwrap();
    let read: Vec<_> = read.iter().map(|badge| (&*badge.name, &*badge.badge)).collect();
    assert_eq!(read, [("Ana", "1001"), ("Sophie", "2001")]);
    let count = |people: &str| badges_read(&ok(people)).unwrap().map(|badges| badges.len());
    assert_eq!(
        count(r#"{"ok":true,"data":[{"id":"1","full_name":"Ana"}]}"#),
        None,
        "an older project tells none"
    );
    assert_eq!(
        count(r#"{"ok":true,"data":[{"id":"1","full_name":"Ana","role":"Staff","badge":null}]}"#),
        Some(0)
    );
    assert_eq!(count(r#"{"ok":true,"data":[]}"#), Some(0));
    assert_eq!(count(r#"{"ok":false,"code":"PERMISSION_DENIED","message":"no staff"}"#), None);
    assert!(badges_read(&ok(r#"{"ok":true,"data":{}}"#)).is_err());
    let shop = r#"{"ok":true,"data":{"qc_reasons":["crack"," smudge ",""]}}"#;
    assert_eq!(reasons_read(&ok(shop)), Ok(Some(vec!["crack".into(), "smudge".into()])));
}

#[test]
fn the_reads_name_their_arguments() {
    assert_eq!(find_exact("bannos-25771-A".parse().unwrap()).arguments, json!({ "id": "bannos-25771-A" }));
    assert_eq!(find_code("#B18617").arguments, json!({ "scan": "#B18617" }));
    let page = json!({ "store": "flourlane", "limit": 500, "offset": 480 });
    assert_eq!(queue(Store::Flourlane, 500, 480).arguments, page);
    let page = json!({ "store": "bannos", "since": "2026-11-23T10:00:00.000Z", "limit": 5, "offset": 0 });
    assert_eq!(changes(Store::Bannos, at("2026-11-23T10:00:00Z"), 5, 0).arguments, page);
    assert_eq!(stations().arguments, json!({}));
}

#[test]
fn a_heartbeat_says_how_the_station_is() {
    let report = Report {
        backlog: 3,
        owed: vec![("bannos-18617".parse().unwrap(), Stage::Filling)],
        twice: vec![("bannos-25771-A".parse().unwrap(), at("2026-11-23T10:00:00Z"))],
        printers_ready: 1,
        scanners_ready: 2,
    };
    let call = heartbeat("c1", Post::At(Stage::Covering), "0.1.0", &report);
    let body = json!({
        "backlog": 3, "owed": [["bannos-18617", "Filling"]], "stage": "Covering",
        "twice": [["bannos-25771-A", "2026-11-23T10:00:00.000Z"]],
        "printers_ready": 1, "scanners_ready": 2, "version": "0.1.0",
    });
    assert_eq!(call.arguments, json!({ "station": "c1", "report": body }));
    assert_eq!(heartbeat("s", Post::Any, "1", &report).arguments["report"]["stage"], Value::Null);
}

#[test]
fn an_order_is_read_whole() {
    let read = parsed(ORDER).unwrap();
    assert_eq!(read.id.to_string(), "bannos-25771-A");
    assert_eq!(
        (read.stage, read.priority, read.rework, read.siblings),
        (Stage::Decorating, Priority::Medium, 1, 2)
    );
    assert_eq!(&*read.writing, "Χρόνια πολλά 🎂");
    assert_eq!(&*read.flavour, "Pistachio, Vanilla");
    assert_eq!((&*read.notes, &*read.customer, &*read.size), ("", "Eleni P.", "10 inch"));
    assert_eq!(read.due, "2026-11-24".parse().ok());
    assert_eq!(read.delivery, Some(Delivery::Pickup));
    assert_eq!((read.assignee.as_deref(), read.storage.as_deref()), (None, Some("Fridge 2")));
    assert_eq!(read.picture.as_deref(), Some("https://cdn.example/a.png"));
    assert_eq!(read.times.filling_start, Some(at("2026-11-23T08:00:00.123456Z")));
    assert_eq!(read.times.covering_complete, Some(at("2026-11-23T08:40:00Z")));
    assert_eq!(read.times.decorating_complete, None);
    let back = read.returned.unwrap();
    assert_eq!((&*back.reason, back.at), ("crack", at("2026-11-23T09:30:00Z")));
    let actions: Vec<_> = read.marks.iter().map(|mark| mark.action).collect();
    let done = [Action::Print, Action::CompleteFilling, Action::Assign];
    assert_eq!(actions, [&done[..], &[Action::StartPacking, Action::QcReturn]].concat());
    let print = Mark {
        action: Action::Print,
        at: at("2026-11-23T08:00:00.123456Z"),
        by: Some("Ana".into()),
        station: Some("f1".into()),
    };
    assert_eq!(read.marks[0], print);
    assert_eq!((&read.marks[1].by, &read.marks[1].station), (&None, &None));
}

#[test]
fn what_an_order_can_do_without_may_be_missing_or_odd() {
    let read = parsed(
        r#"{"id":"flourlane-1","stage":"Filling","priority":"URGENT","delivery_method":"drone",
        "size":10,"notes":["nuts"],"due_date":"soon","siblings":900,"assignee_name":"","extra":{}}"#,
    )
    .unwrap();
    assert_eq!((read.priority, read.delivery, read.due), (Priority::Low, None, None));
    assert_eq!((&*read.size, &*read.notes), ("10", r#"["nuts"]"#), "a note never vanishes");
    assert_eq!((read.siblings, read.rework, read.assignee), (255, 0, None));
    assert_eq!(
        parsed(r#"{"id":"flourlane-1","stage":"Filling","priority":"HIGH"}"#).unwrap().priority,
        Priority::High
    );
}

#[test]
fn what_the_rules_rest_on_may_not() {
    for (from, to) in [
        ("bannos-25771-A", "shop-1"),
        ("Decorating\"", "Baking\""),
        ("\"stage\":\"Decorating\",", ""),
        ("\"rework\":1", "\"rework\":-1"),
        ("\"rework\":1", "\"rework\":\"1\""),
        ("2026-11-23T08:40:00+00:00", "yesterday"),
        ("\"cancelled_at\":null", "\"cancelled_at\":true"),
        ("\"at\":\"2026-11-23T09:30:00+00:00\"},\"siblings", "\"at\":null},\"siblings"),
    ] {
        assert!(ORDER.contains(from), "{from}");
        assert_eq!(parsed(&ORDER.replacen(from, to, 1)), None, "{from} → {to}");
    }
}

#[test]
fn a_write_that_was_done_says_so() {
    let reply = reply(&intent(Action::CompleteFilling), &ok(DONE));
    let Reply::Done { already, stage, rework, times, details, mark } = reply else {
        panic!("{reply:?}");
    };
    assert_eq!((already, stage, rework), (false, Stage::Covering, 0));
    assert_eq!(times.filling_complete, Some(at("2026-11-23T09:59:00Z")));
    assert_eq!(details, None, "an older project does not tell");
    assert_eq!(mark.unwrap().station.as_deref(), Some("f1"));
}

#[test]
fn already_done_comes_in_two_forms() {
    let first = DONE.replace("\"already_done\":false", "\"already_done\":true");
    let second = r#"{"ok":false,"code":"ALREADY_DONE","message":"done"}"#;
    for body in [&first, second] {
        let reply = reply(&intent(Action::CompleteFilling), &ok(body));
        assert!(matches!(reply, Reply::Done { already: true, stage: Stage::Covering, .. }), "{reply:?}");
    }
    let packed = reply(&intent(Action::CompletePacking), &ok(second));
    assert!(
        matches!(packed, Reply::Done { already: true, stage: Stage::Complete, rework: 2, .. }),
        "{packed:?}"
    );
}

#[test]
fn a_refusal_keeps_what_it_rests_on() {
    for (code, expected) in [
        ("INVALID_STAGE", RefusalCode::InvalidStage),
        ("PERMISSION_DENIED", RefusalCode::PermissionDenied),
        ("NOT_FOUND", RefusalCode::NotFound),
        ("BAD_INPUT", RefusalCode::BadInput),
        ("CONFLICT", RefusalCode::Conflict),
    ] {
        let body = format!(
            r#"{{"ok":false,"code":"{code}","message":"no","data":{{"stage":"Packing","rework":3,
            "cancelled_at":"2026-11-23T10:04:00Z"}}}}"#
        );
        let refused = Refusal {
            code: expected,
            message: "no".into(),
            stage: Some(Stage::Packing),
            rework: Some(3),
            cancelled_at: Some(at("2026-11-23T10:04:00Z")),
        };
        assert_eq!(reply(&intent(Action::Print), &ok(&body)), Reply::Refused(refused));
    }
    let odd = reply(&intent(Action::Print), &ok(r#"{"ok":false,"code":"TEAPOT","message":"no"}"#));
    let Reply::Refused(refusal) = odd else { panic!("{odd:?}") };
    assert_eq!((refusal.code, &*refusal.message), (RefusalCode::BadInput, "TEAPOT: no"));
}

#[test]
fn values_that_postgresql_refuses_are_refused_and_nothing_else_is() {
    let write = intent(Action::Print);
    for (status, code, is_refused) in [
        (400, "22P02", true),
        (400, "23514", true),
        (400, "P0001", true),
        (400, "PGRST102", false),
        (404, "PGRST202", false),
        (403, "42501", false),
        (500, "22P02", false),
    ] {
        let body = format!(r#"{{"code":"{code}","message":"m","details":null,"hint":null}}"#);
        let reply = reply(&write, &answer(status, body));
        assert_eq!(matches!(reply, Reply::Refused(_)), is_refused, "{status} {code}: {reply:?}");
        assert_eq!(matches!(reply, Reply::Lost(_)), !is_refused);
    }
}

#[test]
fn an_answer_about_another_cake_or_none_at_all_is_no_verdict() {
    let write = intent(Action::CompleteFilling);
    for body in [
        DONE.replace("bannos-18617", "bannos-18618").as_str(),
        &DONE.replace("2026-11-23T09:59:00+00:00", "late"),
        "[]",
        "true",
        r#"{"ok":"yes"}"#,
        r#"{"ok":false}"#,
    ] {
        let reply = reply(&write, &ok(body));
        assert!(matches!(reply, Reply::Lost(_)), "{body}: {reply:?}");
    }
    assert_eq!(
        reply(&write, &answer(401, r#"{"code":"PGRST301","message":"JWT expired"}"#)),
        Reply::Lost(LinkFault::Forbidden("JWT expired".into()))
    );
}

#[test]
fn a_station_that_was_silent_for_days_is_told_as_it_is_and_one_for_years_as_one_for_a_year() {
    let silence = |ms: u64| {
        let row = json!({ "station": "f1", "silence_ms": ms, "report": {} });
        let rows = ok(&json!({ "ok": true, "data": [row] }).to_string());
        stations_seen("c1", &rows).unwrap()[0].silence
    };
    let hours = Duration::from_hours;
    assert_eq!(silence(72 * 3_600_000), hours(72));
    assert_eq!(silence(u64::MAX), hours(365 * 24));
}

#[test]
fn a_further_copy_is_no_first_print() {
    let action = |line: &Value| row::mark(line).map(|mark| mark.action);
    let line =
        |reprint: Value| json!({"action": "print", "at": "2026-11-23T08:00:00+00:00", "reprint": reprint});
    assert_eq!(action(&line(json!(true))), Some(Action::Reprint));
    assert_eq!(action(&line(json!(false))), Some(Action::Print));
    assert_eq!(action(&line(json!(null))), Some(Action::Print));
}
