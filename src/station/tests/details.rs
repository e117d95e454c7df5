//! Who has a cake and where it is kept: set by touch, shown at once, sent in turn, and in nobody's way.

use std::time::Duration;

use insta::assert_snapshot;

use super::bench::{Bench, NOON, assignee, fresh};
use crate::order::{Detail, OrderId, Post, Staff, StaffId, Stage, Store};
use crate::station::*;

const X: &str = "bannos-18617";
const SCAN: &str = "#B18617";

fn id(text: &str) -> OrderId {
    text.parse().unwrap()
}

fn at(place: &str) -> Detail {
    Detail::Storage(Some(place.into()))
}

/// Who has X and where it is kept: in the backend, and on the row of a station's screen.
fn stands(bench: &Bench, station: usize) -> String {
    let row = bench.view(station).queue.rows.iter().find(|order| order.id == id(X)).cloned();
    let told = |order: &crate::order::Order| {
        let text = |text: Option<&str>| text.unwrap_or("-").to_owned();
        format!("{} at {}", text(order.assignee.as_deref()), text(order.storage.as_deref()))
    };
    format!("{}; shown {}", told(bench.backend.order(X)), row.map_or("nowhere".into(), |order| told(&order)))
}

#[test]
fn a_cake_is_given_to_somebody_and_put_away() {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    for detail in [assignee("ana"), at("Fridge 1"), at("Fridge 1"), Detail::Assignee(None)] {
        bench.touch(covering, Touch::Set(id(X), detail));
    }
    assert_eq!(stands(&bench, covering), "- at Fridge 1; shown - at Fridge 1");
    bench.touch(covering, Touch::Set(id(X), assignee("zoe")));
    assert_eq!(stands(&bench, covering), "zoe at Fridge 1; shown zoe at Fridge 1");
    assert_snapshot!(bench.lines(covering), @r#"
    accepted bannos-18617 assign
    agreed bannos-18617 assign
    accepted bannos-18617 set_storage
    agreed bannos-18617 set_storage
    accepted bannos-18617 set_storage
    already_done bannos-18617 set_storage by ? stale None
    accepted bannos-18617 assign
    agreed bannos-18617 assign
    accepted bannos-18617 assign
    agreed bannos-18617 assign
    "#);
    assert_eq!(bench.stage(X), Stage::Covering);
}

#[test]
fn offline_it_shows_at_once_and_is_sent_in_turn_after_a_kill() {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.touch(covering, Touch::Look(id(X)));
    bench.link(covering, false);
    bench.touch(covering, Touch::Set(id(X), assignee("ana")));
    assert_eq!(stands(&bench, covering), "- at -; shown ana at -");
    bench.scan(covering, SCAN);
    bench.touch(covering, Touch::Set(id(X), assignee("zoe")));
    bench.touch(covering, Touch::Set(id(X), at("Shelf A")));
    assert_snapshot!(bench.lines(covering), @r#"
    accepted bannos-18617 assign
    held bannos-18617 assign Offline
    accepted bannos-18617 complete_covering
    held bannos-18617 complete_covering Offline
    accepted bannos-18617 assign
    held bannos-18617 assign Offline
    accepted bannos-18617 set_storage
    held bannos-18617 set_storage Offline
    "#);
    // The page that is open shows it too.
    let view = bench.view(covering);
    let Some(Look::Read { cake, .. }) = view.looked.map(|looked| looked.look) else { panic!("not read") };
    assert_eq!((cake.assignee.as_deref(), cake.storage.as_deref()), (Some("zoe"), Some("Shelf A")));
    assert_eq!(view.waiting.count, 4);
    bench.restart(covering);
    bench.link(covering, true);
    bench.seconds(60);
    assert_snapshot!(bench.lines(covering), @r#"
    agreed bannos-18617 assign
    agreed bannos-18617 complete_covering
    agreed bannos-18617 assign
    agreed bannos-18617 set_storage
    "#);
    let done: Vec<_> = bench.backend.events.iter().map(|(_, action, ..)| action.name()).collect();
    assert_eq!(done, ["assign", "complete_covering", "assign", "set_storage"], "each once, in turn");
    // The completion took it from Ana; Zoe was given it after.
    assert_eq!(stands(&bench, covering), "zoe at Shelf A; shown nowhere");
}

#[test]
fn scans_do_what_they_do_without_it() {
    // The same scans, online and offline, with and without details around each.
    let run = |sets: bool| {
        let mut bench = Bench::new(&[(X, Stage::Filling)]);
        let stations = Stage::WORKED.map(|stage| bench.station(&format!("{stage}"), Post::At(stage)));
        let [filling, covering, decorating, packing] = stations;
        let set = |bench: &mut Bench, station| {
            for detail in [assignee("ana"), at("Fridge 1"), Detail::Assignee(None), assignee("gone")] {
                if sets {
                    bench.touch(station, Touch::Set(id(X), detail));
                }
            }
        };
        bench.backend.gone.insert("gone".into());
        let mut told = String::new();
        for (station, is_linked) in [
            (filling, true),
            (filling, true),
            (filling, true),
            (covering, false),
            (decorating, false),
            (covering, true),
            (packing, true),
            (decorating, true),
            (packing, true),
            (filling, true),
        ] {
            bench.link(station, is_linked);
            set(&mut bench, station);
            bench.seconds(70);
            set(&mut bench, station);
            bench.scan(station, SCAN);
            set(&mut bench, station);
            bench.scan(station, SCAN);
            bench.seconds(3);
            bench.scan(station, SCAN);
            set(&mut bench, station);
        }
        for station in stations {
            bench.link(station, true);
            bench.seconds(120);
        }
        for station in stations {
            let lines = bench.lines(station);
            let steps =
                lines.lines().filter(|line| !line.contains(" assign") && !line.contains(" set_storage"));
            told.extend(steps.flat_map(|line| [line, "\n"]));
            told.push_str("--\n");
        }
        let steps = bench.backend.events.iter().filter(|(_, action, ..)| action.stage().is_some());
        // Their times may differ: none lies before the newest event of the cake.
        let steps: Vec<_> = steps.map(|(_, action, _, station)| (*action, station.clone())).collect();
        (told, steps, bench.stage(X))
    };
    let (with, without) = (run(true), run(false));
    assert!(without.0.contains("agreed bannos-18617 complete_packing"), "{}", without.0);
    assert_eq!(with.0, without.0);
    assert_eq!((with.1, with.2), (without.1, without.2));
}

#[test]
fn a_scan_is_taken_while_a_detail_is_being_saved() {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    let (now, at) = (Duration::from_secs(1), NOON);
    let station = &mut bench.stations[covering].station;
    let touch = Touch::Set(id(X), assignee("ana"));
    let stores = |effects: Vec<Effect>| {
        effects.into_iter().find_map(|effect| match effect {
            Effect::Store { id, records } => Some((id, records.len())),
            _ => None,
        })
    };
    let (first, _) = stores(station.handle(now, Event::Touched { at, touch, fresh: fresh(1) })).unwrap();
    let scan = Event::Scanned { at, source: Source::Scanner(0), text: SCAN.into(), fresh: fresh(2) };
    assert_eq!(stores(station.handle(now, scan)), None);
    let saved = Event::Stored { id: first, at, result: Ok(()) };
    assert_eq!(stores(station.handle(now, saved)).map(|(_, records)| records), Some(1), "the scan's intent");
}

#[test]
fn a_refusal_is_a_card_of_its_own_and_holds_up_no_scan() {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.backend.gone.insert("ana".into());
    bench.link(covering, false);
    bench.touch(covering, Touch::Set(id(X), assignee("ana")));
    bench.scan(covering, SCAN);
    bench.link(covering, true);
    bench.seconds(20);
    assert_snapshot!(bench.lines(covering), @r#"
    accepted bannos-18617 assign
    held bannos-18617 assign Offline
    accepted bannos-18617 complete_covering
    held bannos-18617 complete_covering Offline
    refused bannos-18617 assign BadInput
    agreed bannos-18617 complete_covering
    "#);
    assert_eq!(bench.stage(X), Stage::Decorating);
    let card = &bench.view(covering).attention[0];
    assert!(
        matches!(&card.matter, Matter::Parked(Parked::Refused(why)) if why.code == RefusalCode::BadInput)
    );
    assert_eq!(card.intents[0].detail, Some(assignee("ana")));
    // Another choice puts it away, and so does a person.
    bench.touch(covering, Touch::Set(id(X), assignee("zoe")));
    assert_snapshot!(bench.cards(covering), @"");
    assert_eq!(bench.backend.order(X).assignee.as_deref(), Some("zoe"));
    bench.touch(covering, Touch::Set(id(X), assignee("ana")));
    assert_eq!(bench.view(covering).attention.len(), 1);
    bench.touch(covering, Touch::Close(id(X)));
    assert_snapshot!(bench.cards(covering), @"");
    assert_snapshot!(bench.lines(covering), @r#"
    accepted bannos-18617 assign
    agreed bannos-18617 assign
    accepted bannos-18617 assign
    refused bannos-18617 assign BadInput
    "#);
    assert_eq!(bench.backend.order(X).assignee.as_deref(), Some("zoe"));
}

#[test]
fn the_card_of_a_step_comes_first_and_is_closed_alone() {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.backend.gone.insert("ana".into());
    bench.touch(covering, Touch::Set(id(X), assignee("ana")));
    bench.backend.cancel(X, NOON);
    bench.scan(covering, SCAN);
    let codes = |bench: &Bench| -> Vec<_> {
        let cards = bench.view(covering).attention;
        cards.iter().flat_map(|card| &card.intents).map(|intent| intent.action.name()).collect()
    };
    assert_eq!(codes(&bench), ["complete_covering"]);
    bench.touch(covering, Touch::Close(id(X)));
    assert_eq!(codes(&bench), ["assign"]);
    bench.touch(covering, Touch::Close(id(X)));
    assert_eq!(codes(&bench), [""; 0]);
}

#[test]
fn a_finished_and_a_cancelled_cake_still_stand_somewhere() {
    let mut bench = Bench::new(&[(X, Stage::Complete), ("bannos-18618", Stage::Packing)]);
    let packing = bench.station("P1", Post::At(Stage::Packing));
    bench.backend.cancel("bannos-18618", NOON);
    for cake in [X, "bannos-18618"] {
        bench.touch(packing, Touch::Look(id(cake)));
        // Far longer than the queue keeps what it does not list.
        bench.seconds(900);
        bench.touch(packing, Touch::Set(id(cake), at("Fridge 2")));
        let view = bench.view(packing);
        let Some(Look::Read { cake, .. }) = view.looked.map(|looked| looked.look) else { panic!("not read") };
        assert_eq!(cake.storage.as_deref(), Some("Fridge 2"));
    }
    assert_snapshot!(bench.lines(packing), @r#"
    accepted bannos-18617 set_storage
    agreed bannos-18617 set_storage
    accepted bannos-18618 set_storage
    agreed bannos-18618 set_storage
    "#);
    // What is refused of a cancelled cake is not refused because it is cancelled.
    bench.backend.gone.insert("ana".into());
    bench.touch(packing, Touch::Set(id("bannos-18618"), assignee("ana")));
    assert_snapshot!(bench.lines(packing), @r#"
    accepted bannos-18618 assign
    refused bannos-18618 assign BadInput
    "#);
}

#[test]
fn what_was_chosen_before_a_return_is_not_set_after_it() {
    let mut bench = Bench::new(&[(X, Stage::Packing)]);
    let packing = bench.station("P1", Post::At(Stage::Packing));
    bench.link(packing, false);
    bench.touch(packing, Touch::Set(id(X), assignee("ana")));
    bench.qc_return(X);
    bench.link(packing, true);
    bench.seconds(10);
    assert_snapshot!(bench.lines(packing), @r#"
    accepted bannos-18617 assign
    held bannos-18617 assign Offline
    refused bannos-18617 assign Conflict
    "#);
    assert_eq!(bench.backend.order(X).assignee, None);
    let view = bench.view(packing);
    let shown = view.queue.stages[Stage::Decorating as usize].iter().find(|order| order.id == id(X));
    assert_eq!(shown.unwrap().assignee, None, "what is refused shows no longer");
    bench.touch(packing, Touch::Set(id(X), assignee("ana")));
    assert_eq!(bench.backend.order(X).assignee.as_deref(), Some("ana"));
}

#[test]
fn an_older_project_refuses_it_soon_and_is_not_offline() {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.backend.has_no_details = true;
    bench.touch(covering, Touch::Set(id(X), at("Fridge 1")));
    bench.scan(covering, SCAN);
    assert_eq!(bench.view(covering).link, Link::Up);
    bench.seconds(20);
    assert_eq!(bench.stage(X), Stage::Decorating);
    assert_snapshot!(bench.lines(covering), @r#"
    accepted bannos-18617 set_storage
    held bannos-18617 set_storage Offline
    accepted bannos-18617 complete_covering
    refused bannos-18617 set_storage PermissionDenied
    agreed bannos-18617 complete_covering
    "#);
}

#[test]
fn a_frozen_station_keeps_it_and_its_backlog_is_of_steps() {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let covering =
        bench.station_with("C1", Post::At(Stage::Covering), |settings| settings.is_read_only = true);
    bench.touch(covering, Touch::Set(id(X), at("Fridge 1")));
    bench.seconds(600);
    assert_snapshot!(bench.lines(covering), @r#"
    accepted bannos-18617 set_storage
    held bannos-18617 set_storage ReadOnly
    "#);
    assert_eq!(stands(&bench, covering), "- at -; shown - at Fridge 1", "over many reads of the queue");
    assert_eq!(bench.stations[covering].reported.as_ref().map(|(_, report)| report.backlog), Some(0));
    bench.scan(covering, SCAN);
    bench.seconds(20);
    assert_eq!(bench.stations[covering].reported.as_ref().map(|(_, report)| report.backlog), Some(1));
}

#[test]
fn what_can_be_chosen_is_read_at_the_start_now_and_then_and_for_a_page() {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let staff = |name: &str| Staff { id: StaffId(name.into()), name: name.into() };
    let choices = |names: &[&str]| Choices {
        staff: Some(names.iter().map(|name| staff(name)).collect()),
        places: Some(vec!["Fridge 1".into()]),
    };
    bench.backend.choices.insert(Store::Bannos, choices(&["ana"]));
    let covering = bench.station("C1", Post::At(Stage::Covering));
    assert_eq!(bench.view(covering).choices.get(&Store::Bannos), Some(&choices(&["ana"])));
    assert_eq!(bench.view(covering).choices.get(&Store::Flourlane), None);
    let names = |bench: &Bench| bench.view(covering).choices[&Store::Bannos].staff.as_ref().unwrap().len();
    bench.backend.choices.insert(Store::Bannos, choices(&["ana", "zoe"]));
    bench.touch(covering, Touch::Look(id(X)));
    assert_eq!(names(&bench), 1, "just read");
    bench.seconds(31);
    assert_eq!(names(&bench), 1);
    bench.touch(covering, Touch::Look(id(X)));
    assert_eq!(names(&bench), 2);
    bench.backend.choices.insert(Store::Bannos, choices(&[]));
    bench.link(covering, false);
    bench.seconds(900);
    assert_eq!(names(&bench), 2, "what was read stays");
    bench.link(covering, true);
    bench.seconds(60);
    assert_eq!(names(&bench), 0);
    bench.backend.choices.insert(Store::Bannos, choices(&["ana"]));
    bench.seconds(301);
    assert_eq!(names(&bench), 1);
}

#[test]
fn an_intent_reads_as_it_was_kept_and_a_step_is_kept_as_before() {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.touch(covering, Touch::Set(id(X), assignee("ana")));
    bench.scan(covering, SCAN);
    for intent in bench.stations[covering].journal.intents.values() {
        let kept = serde_json::to_value(intent).unwrap();
        assert_eq!(kept.get("detail").is_some(), intent.action.stage().is_none());
        assert_eq!(serde_json::from_value::<Intent>(kept).unwrap(), *intent);
    }
}

#[test]
fn no_name_is_told_by_debug() {
    let touch =
        Touch::Set(id(X), Detail::Assignee(Some(Staff { id: StaffId("7".into()), name: "Canary".into() })));
    assert!(!format!("{touch:?}").contains("Canary"));
}
