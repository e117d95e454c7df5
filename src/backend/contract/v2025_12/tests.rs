use super::history::{Event, Past};
use super::*;
use crate::backend::contract::tests::{answer, at, intent, ok};
use crate::order::{Delivery, Priority, Staff, StaffId};

mod past;

/// A row of `get_order_v2`, of the names of `contract.md` 3.
const DETAIL: &str = r#"[{"id":"bannos-25771-B","human_id":null,"shopify_order_id":"gid://shopify/Order/1","shopify_order_number":25771,
    "customer_name":"Eleni P.","product_title":"Gelato Celebration Cake","flavour":"Pistachio, Vanilla","notes":"nut allergy",
    "currency":"AUD","total_amount":129.00,"stage":"Decorating","priority":"HIGH","due_date":"2026-11-24",
    "delivery_method":"Pickup","size":"10 inch","item_qty":1,"storage":"Fridge 2",
    "assignee_id":"0b7c3f5e-0000-4000-8000-000000000009","assignee_name":null,"store":"bannos",
    "created_at":"2026-11-20T00:00:00+00:00","updated_at":"2026-11-23T09:30:00+00:00",
    "cake_writing":"Χρόνια πολλά","product_image":"https://cdn.example/a.png","accessories":null,"shipping_address":null}]"#;

/// The composite of `get_order_for_scan`, which answers `-A` for every cake of a split order.
const SCANNED: &str = r#"{"id":"bannos-18617","shopify_order_number":18617,"customer_name":"Ana","product_title":"Cake","size":"8 inch",
    "notes":null,"due_date":"2026-11-24","delivery_method":"Pickup","stage":"Covering","priority":"High","storage":null,"store":"bannos",
    "filling_start_ts":"2026-11-23T08:00:00+00:00","filling_complete_ts":"2026-11-23T08:30:00.5+00:00","covering_start_ts":null,
    "covering_complete_ts":null,"decorating_start_ts":null,"decorating_complete_ts":null,"packing_start_ts":null,"packing_complete_ts":null}"#;

const PRINTED: &str = r##"{"order_number":18617,"order_id":"bannos-18617","product_title":"Cake","size":"8 inch","due_date":"2026-11-24",
    "customer_name":"Ana","stage":"Filling","priority":"HIGH","barcode_content":"#B18617","printed_at":"2026-11-23T10:00:00.25+00:00",
    "printed_by":"0b7c3f5e-0000-4000-8000-000000000001"}"##;

fn author() -> Author {
    Author { name: Some("Filling 1".into()), station: "bannos-filling-1".into() }
}

fn known(stage: Stage) -> Order {
    let row = json!({
        "id": "bannos-18617", "stage": stage, "rework": 1, "filling_start_ts": "2026-11-23T08:00:00Z",
        "filling_complete_ts": "2026-11-23T08:30:00Z",
    });
    order(&row).unwrap()
}

#[test]
fn every_step_has_its_function_and_says_which_cake() {
    let split: OrderId = "flourlane-25771-B".parse().unwrap();
    for (action, function) in [
        (Action::Print, "print_barcode"),
        (Action::Reprint, "print_barcode"),
        (Action::CompleteFilling, "complete_filling"),
        (Action::StartCovering, "start_covering"),
        (Action::CompleteCovering, "complete_covering"),
        (Action::StartDecorating, "start_decorating"),
        (Action::CompleteDecorating, "complete_decorating"),
        (Action::CompletePacking, "complete_packing"),
    ] {
        let call = send(&Intent { order: split, ..intent(action) }).unwrap();
        assert_eq!(call.function, function);
        assert_eq!(call.arguments, json!({ "p_order_id": "flourlane-25771-B", "p_store": "flourlane" }));
    }
    assert_eq!(send(&intent(Action::StartPacking)), None, "there is none: it is never guessed at");
    let back = send(&intent(Action::QcReturn)).unwrap();
    assert_eq!(back.function, "qc_return_to_decorating");
    assert_eq!(back.arguments["p_notes"], "crack");
}

#[test]
fn a_detail_is_sent_with_what_it_sets_and_null_is_said() {
    let ana = Staff { id: StaffId("5f1a".into()), name: "Ana".into() };
    for (detail, function, name, value) in [
        (Detail::Assignee(Some(ana)), "assign_staff", "p_staff_id", json!("5f1a")),
        (Detail::Assignee(None), "assign_staff", "p_staff_id", Value::Null),
        (Detail::Storage(Some("Fridge 2".into())), "set_storage", "p_storage", json!("Fridge 2")),
        (Detail::Storage(None), "set_storage", "p_storage", Value::Null),
    ] {
        let set = Intent { detail: Some(detail.clone()), ..intent(detail.action()) };
        let call = send(&set).unwrap();
        assert_eq!((call.function, call.arguments.get(name)), (function, Some(&value)));
    }
    let none = send(&intent(Action::Assign)).unwrap();
    assert_eq!(none.arguments.get("p_staff_id"), None, "nobody is unassigned by what is missing");
}

#[test]
fn a_step_that_is_done_says_what_it_left() {
    let reply =
        reply(&intent(Action::CompleteCovering), Some(&known(Stage::Covering)), &author(), &ok("true"));
    let Reply::Done { already, stage, rework, times, details, mark } = reply else { panic!("{reply:?}") };
    assert_eq!((already, stage, rework, details), (false, Stage::Decorating, 1, None));
    assert_eq!(times.filling_start, Some(at("2026-11-23T08:00:00Z")), "what was known stays");
    assert_eq!(times.covering_complete, Some(at("2026-11-23T10:00:01Z")), "by the server's clock");
    let mark = mark.unwrap();
    assert_eq!((mark.action, mark.station.as_deref()), (Action::CompleteCovering, Some("bannos-filling-1")));
    assert_eq!(mark.by.as_deref(), Some("Filling 1"));
}

#[test]
fn a_return_counts_and_takes_times_back() {
    let mut packed = known(Stage::Packing);
    packed.times.decorating_complete = Some(at("2026-11-23T09:00:00Z"));
    packed.times.packing_start = packed.times.decorating_complete;
    let reply = reply(&intent(Action::QcReturn), Some(&packed), &author(), &ok("true"));
    let Reply::Done { stage, rework, times, .. } = reply else { panic!("{reply:?}") };
    assert_eq!((stage, rework), (Stage::Decorating, 2));
    assert_eq!((times.decorating_complete, times.packing_start), (None, None));
    assert_eq!(times.filling_complete, packed.times.filling_complete);
}

#[test]
fn a_label_is_noted_with_its_time_and_for_its_own_cake_only() {
    let done = reply(&intent(Action::Print), None, &author(), &ok(PRINTED));
    let Reply::Done { stage, times, already, .. } = done else { panic!("{done:?}") };
    assert_eq!((stage, already), (Stage::Filling, false));
    assert_eq!(times.filling_start, Some(at("2026-11-23T10:00:00.25Z")));
    let later = PRINTED.replace("\"Filling\"", "\"Packing\"");
    let copy = reply(&intent(Action::Reprint), None, &author(), &ok(&later));
    assert!(
        matches!(copy, Reply::Done { stage: Stage::Packing, times: Times { filling_start: None, .. }, .. }),
        "{copy:?}"
    );
    for body in [
        PRINTED.replace("\"bannos-18617\"", "\"bannos-18617-A\"").as_str(),
        &PRINTED.replace("\"bannos-18617\"", "null"),
        &PRINTED.replace("\"Filling\"", "null"),
        &PRINTED.replace("2026-11-23T10:00:00.25+00:00", "now"),
        "null",
        "true",
        "[]",
        "<html>",
    ] {
        let reply = reply(&intent(Action::Print), None, &author(), &ok(body));
        assert!(matches!(reply, Reply::Lost(_)), "{body}: {reply:?}");
    }
}

#[test]
fn a_place_is_set_by_a_reply_without_a_body_and_nothing_else_is() {
    let set = Intent { detail: Some(Detail::Storage(Some("Shelf".into()))), ..intent(Action::SetStorage) };
    let done = reply(&set, Some(&known(Stage::Packing)), &author(), &answer(204, ""));
    assert!(matches!(done, Reply::Done { stage: Stage::Packing, already: false, .. }), "{done:?}");
    let assign = Intent { detail: Some(Detail::Assignee(None)), ..intent(Action::Assign) };
    assert!(matches!(reply(&assign, None, &author(), &ok("true")), Reply::Done { .. }));
    for (write, body) in
        [(&set, "<html>"), (&assign, ""), (&assign, "false"), (&assign, "null"), (&assign, "[true]")]
    {
        assert!(matches!(reply(write, None, &author(), &ok(body)), Reply::Lost(_)), "{body}");
    }
}

#[test]
fn a_start_says_whether_it_was_the_first() {
    let first =
        r#"{"success":true,"message":"Covering started","covering_start_ts":"2026-11-23T10:00:00+00:00"}"#;
    let again = r#"{"success":true,"message":"Covering already started","skipped":true}"#;
    let reply = |body| reply(&intent(Action::StartCovering), None, &author(), &ok(body));
    assert!(matches!(reply(first), Reply::Done { already: false, stage: Stage::Covering, .. }));
    assert!(matches!(reply(again), Reply::Done { already: true, mark: None, .. }));
    assert!(matches!(reply(r#"{"success":false,"message":"no"}"#), Reply::Lost(_)));
}

#[test]
fn the_reads_name_their_arguments() {
    let id: OrderId = "bannos-25771-B".parse().unwrap();
    let call = exact(id);
    assert_eq!(call.arguments, json!({ "p_order_id": "bannos-25771-B", "p_store": "bannos" }));
    let queue = page(Store::Flourlane, Extent::Stage(Stage::Covering), 500, 1000);
    assert_eq!(queue.function, "get_queue");
    let arguments =
        json!({ "p_store": "flourlane", "p_stage": "Covering", "p_limit": 500, "p_offset": 1000 });
    assert_eq!(queue.arguments, arguments);
    let search = page(Store::Bannos, Extent::Number(3_000_000_000), 500, 0);
    let arguments = json!({ "p_store": "bannos", "p_search": "3000000000", "p_limit": 500, "p_offset": 0 });
    assert_eq!(search.arguments, arguments, "text: no order number is too large for it");
    assert_eq!(scanned(id), None, "it would answer -A");
    let whole = scanned("bannos-18617".parse().unwrap()).unwrap();
    assert_eq!(whole.arguments, json!({ "p_scan": "bannos-18617" }));
    let ids = [id, "bannos-18617".parse().unwrap()];
    let table = histories(Store::Bannos, &ids, 0);
    let query =
        "store=eq.bannos&order_id=in.(bannos-25771-B,bannos-18617)&order=at_ts.asc&limit=1000&offset=0";
    assert_eq!((table.table, &*table.query), ("stage_events", query));
    let since = happened(Store::Bannos, at("2026-11-23T10:00:00Z"), 1000).query;
    assert!(
        since.contains("at_ts=gte.2026-11-23T10:00:00.000Z") && since.ends_with("offset=1000"),
        "{since}"
    );
    assert_eq!(places(Store::Bannos).arguments, json!({ "p_store": "bannos" }));
}

#[test]
fn an_order_is_the_one_of_its_exact_id_or_none() {
    let id: OrderId = "bannos-25771-B".parse().unwrap();
    let row = exact_read(id, &ok(DETAIL)).unwrap().unwrap();
    let read = order(&row).unwrap();
    assert_eq!((read.id, read.stage, read.priority), (id, Stage::Decorating, Priority::High));
    assert_eq!((&*read.writing, &*read.notes), ("Χρόνια πολλά", "nut allergy"));
    assert_eq!(read.delivery, Some(Delivery::Pickup));
    assert_eq!(
        read.assignee.as_deref(),
        Some("0b7c3f5e-0000-4000-8000-000000000009"),
        "nameless is not nobody"
    );
    assert!(!read.is_writing_unread);
    let mut listed = row.clone();
    listed.as_object_mut().unwrap().remove("cake_writing");
    assert!(order(&listed).unwrap().is_writing_unread, "a row of the queue does not tell");
    assert_eq!(exact_read(id, &ok("[]")), Ok(None));
    // A sibling's row is no answer, nor is one in other letters, nor anything that is no list.
    for body in [
        DETAIL.replace("25771-B", "25771-A").as_str(),
        &DETAIL.replace("bannos-25771-B", "Bannos-25771-B"),
        r#"[{"id":null,"stage":null}]"#,
        "null",
        "{}",
        "<html>",
        "",
    ] {
        assert!(exact_read(id, &ok(body)).is_err(), "{body}");
    }
}

#[test]
fn the_scan_s_times_are_taken_of_this_order_only() {
    let id: OrderId = "bannos-18617".parse().unwrap();
    let times = scanned_read(id, &ok(SCANNED)).unwrap().unwrap();
    assert_eq!(times.filling_complete, Some(at("2026-11-23T08:30:00.5Z")));
    assert_eq!(scanned_read(id, &ok(&format!("[{SCANNED}]"))).unwrap(), Some(times));
    let sibling = SCANNED.replace("\"bannos-18617\"", "\"bannos-18617-A\"");
    let nulls =
        r#"{"id":null,"shopify_order_number":null,"stage":null,"store":null,"filling_start_ts":null}"#;
    for none in [&*sibling, nulls, "null", "[]"] {
        assert_eq!(scanned_read(id, &ok(none)), Ok(None), "{none}");
    }
    assert!(scanned_read(id, &ok(&SCANNED.replace("2026-11-23T08:00:00+00:00", "early"))).is_err());
    assert!(scanned_read(id, &ok("<html>")).is_err() && scanned_read(id, &ok("7")).is_err());
}

#[test]
fn what_shares_a_number_is_told_from_what_was_only_found_by_it() {
    let row =
        |id: Value, number: u64| json!({ "id": id, "stage": "Filling", "shopify_order_number": number });
    let found = |rows: &[Value]| of_number(Store::Bannos, 1861, rows.to_vec()).map(|rows| rows.len());
    let own = [row(json!("bannos-1861-A"), 1861), row(json!("bannos-1861-B"), 1861)];
    let others =
        [row(json!("bannos-18617"), 18617), row(json!("bannos-21861"), 21861), row(json!("draft-9"), 9)];
    assert_eq!(found(&[&own[..], &others].concat()), Ok(2));
    assert_eq!(found(&others), Ok(0));
    for unreadable in [json!("bannos-1861-X"), json!(null), json!(7)] {
        let rows = [&own[..], &[row(unreadable, 1861)]].concat();
        assert!(matches!(found(&rows), Err(LinkFault::Malformed(_))), "two cakes could look like one");
    }
}

#[test]
fn whose_account_it_is_and_what_a_shop_offers() {
    let me = r#"[{"user_id":"u","full_name":"Filling 1","role":"Staff","store":"both","is_active":true,"phone":null,"email":"e"}]"#;
    assert_eq!(me_read(&ok(me)), Ok(Some("Filling 1".into())));
    assert_eq!(me_read(&ok("[]")), Ok(None), "an account without a row");
    assert_eq!(me_read(&ok(r#"[{"user_id":"u"}]"#)), Ok(Some("".into())));
    assert_eq!(
        places_read(&ok(r#"["Fridge 1"," Shelf ","Fridge 1",""]"#)),
        Ok(vec!["Fridge 1".into(), "Shelf".into()])
    );
    assert_eq!(places_read(&ok("[]")), Ok(Vec::new()));
    assert!(places_read(&ok("null")).is_err());
}

#[test]
fn a_body_garbled_anyhow_is_no_panic_and_no_success() {
    // xorshift64: any seed but 0 serves.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % bound as u64) as usize
    };
    let id: OrderId = "bannos-25771-B".parse().unwrap();
    for body in [DETAIL, SCANNED, PRINTED, past::EVENTS] {
        for _ in 0..500 {
            let mut bytes = body.as_bytes().to_vec();
            for _ in 0..=next(3) {
                let place = next(bytes.len());
                match next(2) {
                    0 => bytes[place] = next(256) as u8,
                    _ => drop(bytes.drain(place..(place + next(20)).min(bytes.len()))),
                }
                if bytes.is_empty() {
                    break;
                }
            }
            let answer = answer([200, 400, 401, 404, 409, 500][next(6)], bytes);
            drop((exact_read(id, &answer), scanned_read(id, &answer), me_read(&answer)));
            let write = reply(&intent(Action::CompleteFilling), None, &author(), &answer);
            assert!(!matches!(write, Reply::Done { .. }), "{answer:?}");
            drop(rows(&answer).and_then(|rows| history::events(&rows)));
        }
    }
}
