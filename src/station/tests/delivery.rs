//! How many calls are under way at once, and how long one waits that had no verdict.

use std::collections::BTreeSet;
use std::time::Duration;

use super::bench::fresh;
use super::desk::{Desk, covered, done, shop};
use super::model::order;
use crate::order::{OrderId, Stage};
use crate::station::link::{RETRY_MAX, backoff};
use crate::station::patience::UPSTREAM_RETRY_MAX;
use crate::station::*;

const X: &str = "bannos-18617";
const SCAN: &str = "#B18617";

/// What a wait is, at most, after so many attempts: twice the one before, up to a minute.
const SECONDS: [u64; 10] = [1, 2, 4, 8, 16, 32, 60, 60, 60, 60];

#[test]
fn a_wait_doubles_to_its_cap_and_is_spread_over_the_upper_half() {
    for longest in [RETRY_MAX, UPSTREAM_RETRY_MAX] {
        for (attempts, seconds) in (0..).zip(SECONDS).chain([(16, 60), (17, 60), (1_000, 60), (u32::MAX, 60)])
        {
            let base = Duration::from_secs(seconds).min(longest);
            let waits: BTreeSet<_> = (0..1_000).map(|nth| backoff(fresh(nth), attempts, longest)).collect();
            let (least, most) = (*waits.first().unwrap(), *waits.last().unwrap());
            assert!(least >= base / 2 && least < base * 11 / 20, "{least:?} of {base:?}");
            assert!(most <= base && most > base * 19 / 20, "{most:?} of {base:?}");
            assert!(waits.len() > 100, "{attempts} attempts: {} different waits", waits.len());
        }
    }
}

#[test]
fn two_that_met_by_chance_part_again() {
    let share = |nth, attempts| {
        backoff(fresh(nth), attempts, RETRY_MAX).as_secs_f64() / SECONDS[attempts as usize] as f64
    };
    let met = |nth: &u64, attempts| (share(1, attempts) - share(*nth, attempts)).abs() < 0.01;
    let meeting: Vec<u64> = (2..1_000).filter(|nth| met(nth, 0)).collect();
    assert!(meeting.len() > 10, "{meeting:?}");
    let still = meeting.iter().filter(|nth| (1..9).all(|attempts| met(nth, attempts))).count();
    assert_eq!(still, 0);
}

#[test]
fn what_the_backend_fails_at_is_tried_ever_less() {
    let mut desk = Desk::new(Stage::Covering, shop(20));
    desk.scan(SCAN);
    for (seconds, other) in SECONDS.into_iter().zip(&shop(20)[1..]) {
        desk.scan(&other.id.barcode());
        assert!(desk.answered(X, Reply::Lost(LinkFault::Server(500))));
        // The link is up: the wait is the call's own.
        let other = other.id.to_string();
        assert!(desk.answered(&other, done(&covered(&other))), "{:?}", desk.sent());
        let wait = until_sent(&mut desk, X);
        let most = Duration::from_secs(seconds);
        assert!((most / 2..=most).contains(&wait), "{wait:?} of {most:?}");
    }
}

#[test]
fn a_link_that_is_down_is_tried_by_one_call_ever_less() {
    let mut desk = Desk::new(Stage::Covering, shop(20));
    for order in shop(20) {
        desk.scan(&order.id.barcode());
    }
    let unreachable = || Reply::Lost(LinkFault::Unreachable("down".into()));
    for order in desk.sent() {
        assert!(desk.answered(&order.to_string(), unreachable()));
    }
    // Eight that failed at once are one failure.
    for seconds in SECONDS {
        let began = desk.now;
        let only = until_one_is_sent(&mut desk);
        assert_eq!(desk.now, began + Duration::from_secs(seconds));
        assert!(desk.answered(&only, unreachable()));
    }
    // It is answered: all go again.
    let order = until_one_is_sent(&mut desk);
    assert!(desk.answered(&order, done(&covered(&order))));
    assert_eq!(desk.sent().len(), CALLS);
}

#[test]
fn a_queue_that_cannot_be_read_keeps_no_scan_from_being_sent() {
    let orders = shop(20);
    let mut desk = Desk::new(Stage::Covering, orders.clone());
    for order in &orders {
        desk.scan(&order.id.barcode());
    }
    for order in desk.sent() {
        assert!(desk.answered(&order.to_string(), Reply::Lost(LinkFault::TimedOut)));
    }
    // Calls are answered again, and reads are not.
    for _ in 0..60 {
        desk.seconds(1);
        desk.refreshed(Err(LinkFault::TimedOut));
        for order in desk.sent() {
            assert!(desk.answered(&order.to_string(), done(&covered(&order.to_string()))));
        }
    }
    assert_eq!(desk.station.view().waiting.count, 0);
}

#[test]
fn the_first_waits_of_a_lost_link_are_short() {
    let mut desk = Desk::new(Stage::Covering, shop(1));
    desk.scan(SCAN);
    for seconds in SECONDS {
        assert!(desk.answered(X, Reply::Lost(LinkFault::TimedOut)));
        assert_eq!(until_sent(&mut desk, X), Duration::from_secs(seconds));
    }
    assert!(desk.answered(X, done(&covered(X))));
    assert_eq!(desk.station.view().link, Link::Up);
}

#[test]
fn a_pause_of_hours_is_not_kept() {
    let mut desk = Desk::new(Stage::Covering, shop(1));
    desk.scan(SCAN);
    assert!(desk.answered(X, Reply::Lost(LinkFault::Busy(Duration::from_hours(5)))));
    assert_eq!(until_sent(&mut desk, X), RETRY_MAX);
}

#[test]
fn what_came_ahead_of_its_cake_is_tried_twice_a_minute() {
    let mut desk = Desk::new(Stage::Covering, shop(1));
    desk.scan(SCAN);
    let behind = Refusal {
        code: RefusalCode::InvalidStage,
        message: "".into(),
        stage: Some(Stage::Filling),
        rework: None,
        cancelled_at: None,
    };
    for seconds in [1, 2, 4, 8, 16, 30, 30] {
        assert!(desk.answered(X, Reply::Refused(behind.clone())), "{:?}", desk.asked);
        let wait = until_sent(&mut desk, X);
        let most = Duration::from_secs(seconds);
        assert!((most / 2..=most).contains(&wait), "{wait:?} of {most:?}");
    }
}

#[test]
fn no_more_calls_are_under_way_than_a_project_answers_at_once() {
    let mut orders = shop(20);
    let mut desk = Desk::new(Stage::Covering, orders.clone());
    for order in &orders {
        desk.scan(&order.id.barcode());
    }
    let mut left: Vec<OrderId> = orders.drain(..).map(|order| order.id).collect();
    while !left.is_empty() {
        assert_eq!(desk.sent(), left[..CALLS.min(left.len())], "oldest first, and so many");
        let first = left.remove(0).to_string();
        assert!(desk.answered(&first, done(&covered(&first))));
    }
}

#[test]
fn one_cakes_actions_are_never_under_way_together() {
    let mut desk = Desk::new(Stage::Packing, vec![order(X, Stage::Packing)]);
    desk.scan(SCAN);
    desk.seconds(60);
    desk.scan(SCAN);
    assert_eq!(desk.station.view().waiting.count, 2);
    assert_eq!(desk.sent().len(), 1);
    assert!(desk.answered(X, done(&order(X, Stage::Packing))));
    assert_eq!(desk.sent().len(), 1);
}

/// How long it is until a cake's action goes out again.
fn until_sent(desk: &mut Desk, cake: &str) -> Duration {
    let (cake, began): (OrderId, _) = (cake.parse().unwrap(), desk.now);
    while !desk.sent().contains(&cake) {
        desk.falls_due();
        assert!(desk.now <= began + RETRY_MAX * 2, "it never goes out");
    }
    desk.now.saturating_sub(began)
}

/// The one cake whose action goes out next, alone.
fn until_one_is_sent(desk: &mut Desk) -> String {
    let began = desk.now;
    while desk.sent().is_empty() {
        desk.falls_due();
        assert!(desk.now <= began + RETRY_MAX * 2, "none goes out");
    }
    let [only] = desk.sent()[..] else { panic!("{:?}", desk.sent()) };
    only.to_string()
}

/// As many as a project answers at once without a queue of its own.
const CALLS: usize = 8;
