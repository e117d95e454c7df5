//! What a code may mean, and which question a read ends.

use std::time::Duration;

use insta::assert_snapshot;

use super::bench::Bench;
use super::weak;
use crate::order::{Action, Post, Stage, Store};
use crate::station::*;

const X: &str = "bannos-18617";
const SCAN: &str = "#B18617";

#[test]
fn a_question_is_answered_by_the_cakes_bare_number_too() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let set = |settings: &mut Settings| settings.stores = [Store::Bannos].into_iter().collect();
    let covering = bench.station_with("C1", Post::At(Stage::Covering), set);
    bench.elsewhere(X, Action::Print);
    bench.elsewhere(X, Action::CompleteFilling);
    bench.seconds(5);
    bench.scan(covering, SCAN);
    bench.seconds(3);
    bench.scan(covering, "18617");
    assert_snapshot!(bench.lines(covering), @r#"
    choice bannos-18617  SoSoon { ago: 5s, since: CameIn, action: CompleteCovering } (no intent)
    accepted bannos-18617 complete_covering
    agreed bannos-18617 complete_covering
    "#);
}

#[test]
fn of_a_number_in_both_stores_the_one_that_is_worked_here_is_meant() {
    let mut bench = Bench::new(&[("flourlane-18617", Stage::Covering)]);
    let set = |settings: &mut Settings| settings.stores = [Store::Bannos].into_iter().collect();
    let covering = bench.station_with("C1", Post::At(Stage::Covering), set);
    bench.backend.add(X, Stage::Covering);
    bench.scan(covering, "18617");
    assert_snapshot!(bench.lines(covering), @r#"
    accepted bannos-18617 complete_covering
    agreed bannos-18617 complete_covering
    "#);
}

#[test]
fn a_number_held_for_either_store_is_neithers_cake() {
    let mut bench = Bench::new(&[]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.link(covering, false);
    bench.scan(covering, "18617");
    bench.seconds(90);
    bench.scan(covering, SCAN);
    bench.seconds(90);
    bench.scan(covering, "18617");
    assert_snapshot!(bench.lines(covering), @r#"
    accepted - complete_covering
    held - complete_covering NotKnownYet
    accepted bannos-18617 complete_covering
    held bannos-18617 complete_covering NotKnownYet
    already_done -  by ? stale Some(0ns) (no intent)
    "#);
    // Only the other store's docket had no letter on it.
    bench.backend.add("flourlane-18617", Stage::Covering);
    bench.link(covering, true);
    bench.seconds(60);
    assert_snapshot!(bench.lines(covering), @r#"
    refused bannos-18617 complete_covering NoExactCake
    agreed flourlane-18617 complete_covering
    "#);
    assert_eq!(bench.view(covering).attention.len(), 1);
}

#[test]
fn a_number_that_names_two_cakes_later_is_a_card_that_closes() {
    let mut bench = Bench::new(&[]);
    let any = bench.station("S1", Post::Any);
    bench.link(any, false);
    bench.backend.add(X, Stage::Covering);
    bench.backend.add("flourlane-18617", Stage::Covering);
    bench.scan(any, "18617");
    bench.seconds(90);
    bench.scan(any, SCAN);
    bench.lines(any);
    bench.link(any, true);
    bench.seconds(60);
    assert_snapshot!(bench.lines(any), @r#"
    refused -  NoExactCake
    agreed bannos-18617 complete_covering
    "#);
    let cards = bench.view(any).attention;
    let read = |card: &Card| (card.intents[0].is_exact, card.intents[0].code.to_string());
    assert_eq!(cards.iter().map(read).collect::<Vec<_>>(), [(false, "18617".to_owned())]);
    bench.touch(any, Touch::Close(cards[0].order));
    assert!(bench.view(any).attention.is_empty());
}

#[test]
fn a_label_asked_for_by_number_stands_in_no_other_cakes_way() {
    let mut bench = Bench::new(&[]);
    let filling = bench.station("F1", Post::At(Stage::Filling));
    bench.link(filling, false);
    bench.backend.add(X, Stage::Filling);
    bench.backend.add("flourlane-18618", Stage::Filling);
    for code in ["18618", "#B18618", "18618"] {
        bench.scan(filling, code);
        bench.seconds(3);
    }
    assert_snapshot!(bench.lines(filling), @r#"
    accepted - print
    held - print NotKnownYet
    accepted bannos-18618 print
    held bannos-18618 print NotKnownYet
    reads -  (no intent)
    "#);
    bench.link(filling, true);
    bench.seconds(60);
    assert_eq!(bench.stations[filling].labels.len(), 1);
    assert_eq!(bench.stations[filling].labels[0].0.to_string(), "flourlane-18618");
}

#[test]
fn a_cake_chosen_by_number_after_it_left_the_copy_is_still_that_cake() {
    for post in [Post::At(Stage::Covering), Post::Any] {
        let mut bench =
            Bench::new(&[("bannos-25771", Stage::Covering), ("flourlane-25771", Stage::Covering)]);
        let covering = bench.station("C1", post);
        bench.scan(covering, "25771");
        let cake = bench.backend.orders.remove(&"bannos-25771".parse().unwrap()).unwrap();
        bench.seconds(4);
        bench.stations[covering].is_linked = false;
        bench.seconds(4);
        bench.scan(covering, "%PICK:1");
        // Other cakes go on, and this one is asked for by its id.
        bench.scan(covering, "#F25771");
        bench.backend.orders.insert(cake.id, cake);
        bench.link(covering, true);
        bench.seconds(60);
        let done: Vec<_> =
            bench.backend.events.iter().map(|(order, action, ..)| (order.to_string(), *action)).collect();
        assert_eq!(done.len(), 2, "{done:?}");
        assert!(done.contains(&("bannos-25771".into(), Action::CompleteCovering)), "{done:?}");
    }
}

#[test]
fn a_badge_says_that_it_credits_nobody_and_whose_the_work_is_stays() {
    for abilities in [Abilities::default(), weak::ABILITIES] {
        let mut bench = Bench::new(&[(X, Stage::Covering)]);
        bench.backend.abilities = abilities;
        let covering = bench.station("C1", Post::At(Stage::Covering));
        bench.scan(covering, "%STAFF:1003");
        bench.scan(covering, SCAN);
        bench.seconds(5);
        let lines = bench.lines(covering);
        assert_eq!(lines.lines().next(), Some("refused -  Badge (no intent)"));
        assert!(lines.ends_with("agreed bannos-18617 complete_covering\n"), "{lines}");
        let by = bench.stations[covering].journal.intents.values().map(|intent| intent.performer.clone());
        assert_eq!(by.collect::<Vec<_>>(), [None]);
    }
}

#[test]
fn whatever_a_gun_reads_next_ends_its_question() {
    for code in ["9312345678907", "hello", "%CMD:HELP", "#F18617", "#B99999"] {
        let cakes = [("bannos-25771-A", Stage::Covering), ("bannos-25771-B", Stage::Covering)];
        let mut bench = Bench::new(&cakes);
        let covering = bench.station_with("C1", Post::At(Stage::Covering), |settings| {
            settings.stores.remove(&Store::Flourlane);
        });
        bench.scan(covering, "25771");
        bench.scan(covering, code);
        bench.lines(covering);
        bench.scan(covering, "%PICK:1");
        assert_eq!(bench.lines(covering).trim(), "refused -  NothingAsked (no intent)", "{code}");
    }
}

#[test]
fn a_number_that_was_not_offered_says_so_and_the_question_stays() {
    let mut bench = Bench::new(&[("bannos-25771", Stage::Covering), ("flourlane-25771", Stage::Covering)]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.scan(covering, "25771");
    bench.scan(covering, "%PICK:5");
    bench.scan(covering, "%PICK:2");
    bench.pass(Duration::from_secs(3));
    bench.elsewhere("bannos-25771", Action::CompleteCovering);
    let decorating = bench.station("D1", Post::At(Stage::Decorating));
    bench.scan(decorating, "#B25771");
    bench.scan(decorating, "%PICK:1");
    assert_snapshot!(bench.lines(covering), @r#"
    choice -  which: bannos-25771, flourlane-25771 (no intent)
    refused -  NotOffered(2) (no intent)
    accepted flourlane-25771 complete_covering
    agreed flourlane-25771 complete_covering
    "#);
    assert_snapshot!(bench.lines(decorating), @r#"
    choice bannos-25771  SoSoon { ago: 0ns, since: CameIn, action: CompleteDecorating } (no intent)
    refused -  NoNumberAsked (no intent)
    "#);
}

#[test]
fn several_cakes_of_another_shop_are_told_as_that() {
    let mut bench =
        Bench::new(&[("flourlane-25771-A", Stage::Covering), ("flourlane-25771-B", Stage::Covering)]);
    let covering = bench.station_with("C1", Post::At(Stage::Covering), |settings| {
        settings.stores.remove(&Store::Flourlane);
    });
    bench.scan(covering, "25771");
    assert_snapshot!(bench.lines(covering), @"refused flourlane-25771-A  OtherStore (no intent)");
}

#[test]
fn a_command_frees_only_what_its_own_gun_read() {
    let mut bench = Bench::new(&[(X, Stage::Covering), ("bannos-18618", Stage::Covering)]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.scan_by(covering, 0, SCAN);
    bench.scan_by(covering, 1, "#B18618");
    bench.lines(covering);
    bench.scan_by(covering, 1, "%CMD:HELP");
    bench.scan_by(covering, 0, SCAN);
    bench.scan_by(covering, 1, "#B18618");
    assert_snapshot!(bench.lines(covering), @r#"
    refused -  UnknownCommand (no intent)
    already_done bannos-18618  by C1 stale None (no intent)
    "#);
}
