//! What a history comes to.

use super::*;

/// Rows of `stage_events`, of the names of `contract.md` 3.
pub const EVENTS: &str = r#"[
    {"store":"bannos","order_id":"bannos-18617","stage":"Filling","event_type":"print","at_ts":"2026-11-23T08:00:00.123456+00:00","staff_id":"me","meta":{}},
    {"store":"bannos","order_id":"bannos-18617","stage":"Filling","event_type":"assign","at_ts":"2026-11-23T08:01:00+00:00","staff_id":"zoe","meta":{"assignee_id":"ana"}},
    {"store":"bannos","order_id":"bannos-18617","stage":"Filling","event_type":"complete","at_ts":"2026-11-23T08:10:00+00:00","staff_id":"me","meta":{"notes":null}},
    {"store":"bannos","order_id":"bannos-18617","stage":"Covering","event_type":"start","at_ts":"2026-11-23T08:20:00+00:00","staff_id":"ana","meta":{}},
    {"store":"bannos","order_id":"bannos-18617","stage":"Covering","event_type":"complete","at_ts":"2026-11-23T08:40:00+00:00","staff_id":"ana","meta":null},
    {"store":"bannos","order_id":"bannos-18617","stage":"Decorating","event_type":"complete","at_ts":"2026-11-23T09:00:00+00:00","staff_id":"ana","meta":{}},
    {"store":"bannos","order_id":"bannos-18617","stage":"Packing","event_type":"print","at_ts":"2026-11-23T09:10:00+00:00","staff_id":null,"meta":{"first_filling_print":false}},
    {"store":"bannos","order_id":"bannos-18617","stage":"Packing","event_type":"qc_return","at_ts":"2026-11-23T09:20:00+00:00","staff_id":"zoe","meta":{"notes":"crack"}},
    {"store":"bannos","order_id":"bannos-18617","stage":"Decorating","event_type":"moved","at_ts":null,"staff_id":null,"meta":{}}]"#;

fn events(text: &str) -> Vec<Event> {
    history::events(&serde_json::from_str::<Vec<Value>>(text).unwrap()).unwrap()
}

fn written(events: &[Event], stage: Stage) -> Order {
    let mut past = Past::default();
    for event in events {
        past.add(event);
    }
    let mut order = order(&json!({ "id": "bannos-18617", "stage": stage })).unwrap();
    past.write_on(&mut order);
    order
}

#[test]
fn a_history_tells_the_stage_times_and_the_returns() {
    let events = events(EVENTS);
    let before = written(&events[..6], Stage::Packing);
    assert_eq!(before.times.filling_start, Some(at("2026-11-23T08:00:00.123456Z")));
    assert_eq!(before.times.filling_complete, Some(at("2026-11-23T08:10:00Z")));
    assert_eq!(before.times.covering_complete, Some(at("2026-11-23T08:40:00Z")));
    assert_eq!(before.times.decorating_complete, Some(at("2026-11-23T09:00:00Z")));
    assert_eq!(before.times.packing_start, before.times.decorating_complete);
    assert_eq!((before.rework, before.returned), (0, None));
    let back = written(&events, Stage::Decorating);
    assert_eq!(back.rework, 1);
    let returned = back.returned.unwrap();
    assert_eq!((&*returned.reason, returned.at), ("crack", at("2026-11-23T09:20:00Z")));
    assert_eq!((back.times.decorating_complete, back.times.packing_start), (None, None), "taken back");
    assert_eq!(back.times.covering_complete, before.times.covering_complete);
}

#[test]
fn what_is_done_again_after_a_return_stands_and_the_return_is_over() {
    let mut events = events(EVENTS);
    for (action, time) in [(Action::CompleteDecorating, "09:40"), (Action::CompletePacking, "09:50")] {
        events.push(Event { action, at: at(&format!("2026-11-23T{time}:00Z")), ..events[5].clone() });
    }
    let packed = written(&events, Stage::Complete);
    assert_eq!(packed.times.decorating_complete, Some(at("2026-11-23T09:40:00Z")));
    assert_eq!(packed.times.packing_complete, Some(at("2026-11-23T09:50:00Z")));
    assert_eq!((packed.rework, packed.returned), (1, None));
}

#[test]
fn the_same_lines_twice_and_in_any_order_come_to_the_same() {
    let events = events(EVENTS);
    let once = written(&events, Stage::Decorating);
    let mut twice = [&events[..], &events].concat();
    assert_eq!(written(&twice, Stage::Decorating), once);
    twice.reverse();
    assert_eq!(written(&twice, Stage::Decorating), once, "a line may be committed late");
}

#[test]
fn a_label_outside_of_filling_starts_nothing() {
    let events = events(EVENTS);
    assert_eq!(written(&events[6..7], Stage::Packing).times.filling_start, None);
}

#[test]
fn own_marks_are_told_from_others() {
    let own = StaffId("me".into());
    let named = |account: &StaffId| (*account.0 == *"ana").then(|| "Ana".into());
    let marks = history::marks(&events(EVENTS), Some(&own), &author(), named);
    let told: Vec<_> =
        marks.iter().map(|mark| (mark.action, mark.by.as_deref(), mark.station.as_deref())).collect();
    let station = Some("bannos-filling-1");
    assert_eq!(
        told,
        [
            (Action::Print, Some("Filling 1"), station),
            (Action::Assign, None, None),
            (Action::CompleteFilling, Some("Filling 1"), station),
            (Action::StartCovering, Some("Ana"), None),
            (Action::CompleteCovering, Some("Ana"), None),
            (Action::CompleteDecorating, Some("Ana"), None),
            (Action::Reprint, None, None),
            (Action::QcReturn, None, None),
        ]
    );
    let nobody = history::marks(&events(EVENTS), None, &author(), |_| None);
    assert!(
        nobody.iter().all(|mark| mark.station.is_none()),
        "a line without an account is not this station's"
    );
}

#[test]
fn a_known_line_that_cannot_be_read_is_a_fault_and_an_unknown_kind_is_none() {
    for (from, to) in [
        (
            "\"event_type\":\"qc_return\",\"at_ts\":\"2026-11-23T09:20:00+00:00\"",
            "\"event_type\":\"qc_return\",\"at_ts\":\"late\"",
        ),
        ("\"event_type\":\"qc_return\"", "\"event_type\":null"),
        (
            "\"stage\":\"Filling\",\"event_type\":\"complete\"",
            "\"stage\":\"Baking\",\"event_type\":\"complete\"",
        ),
        (
            "\"order_id\":\"bannos-18617\",\"stage\":\"Packing\",\"event_type\":\"qc_return\"",
            "\"stage\":\"Packing\",\"event_type\":\"qc_return\"",
        ),
    ] {
        assert!(EVENTS.contains(from), "{from}");
        let rows: Vec<Value> = serde_json::from_str(&EVENTS.replacen(from, to, 1)).unwrap();
        assert!(matches!(history::events(&rows), Err(LinkFault::Malformed(_))), "{to}");
    }
    assert_eq!(events(EVENTS).len(), 8, "a kind that stations do not know is left out");
}

#[test]
fn the_start_of_the_stage_that_an_order_is_in_stands_until_a_return() {
    let events = events(EVENTS);
    assert_eq!(written(&events[..4], Stage::Covering).started_at(), Some(at("2026-11-23T08:20:00Z")));
    assert_eq!(written(&events[..6], Stage::Decorating).started_at(), None, "of the stage before");
    let start = |time: &str| Event {
        action: Action::StartDecorating,
        at: at(&format!("2026-11-23T{time}:00Z")),
        ..events[5].clone()
    };
    let of_before = [&events[..], &[start("08:50")]].concat();
    assert_eq!(written(&of_before, Stage::Decorating).started_at(), None, "taken back");
    let again = [&of_before[..], &[start("09:30")]].concat();
    assert_eq!(written(&again, Stage::Decorating).started_at(), Some(at("2026-11-23T09:30:00Z")));
}
