//! Word from the backend that something changed: a hint to read, at once, seldom enough, and never the truth.

use std::time::Duration;

use super::bench::{Bench, NOON};
use crate::order::{Action, Post, Stage};
use crate::station::*;

const X: &str = "bannos-18617";

/// A station whose reads take their time.
struct Reading {
    station: Station,
    backend: super::model::Backend,
    now: Duration,
    takes: Duration,
    /// With when it ends, and whether it is of all orders.
    under_way: Option<(EffectId, Duration, bool)>,
    /// When each read began.
    began: Vec<Duration>,
    is_busy: bool,
}

impl Reading {
    /// A station that has read its queue a second ago.
    fn new(takes: Duration) -> Self {
        let mut bench = Bench::new(&[(X, Stage::Filling)]);
        let place = bench.station("C1", Post::At(Stage::Covering));
        let station = Station::new(bench.stations[place].settings.clone());
        let (backend, now) = (bench.backend, Duration::ZERO);
        let mut reading =
            Self { station, backend, now, takes, under_way: None, began: Vec::new(), is_busy: false };
        reading.tell(Event::Recovered { at: NOON, kept: Kept::default() });
        reading.until(Duration::from_secs(1));
        assert_eq!(reading.reads(), 1);
        reading
    }

    fn tell(&mut self, event: Event) {
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            for effect in self.station.handle(self.now, event) {
                let at = NOON.plus(self.now);
                match effect {
                    Effect::Refresh { id, since } => {
                        assert!(self.under_way.is_none(), "never two at once");
                        self.under_way = Some((id, self.now + self.takes, since.is_none()));
                        self.began.push(self.now);
                    }
                    Effect::Report { id, .. } => {
                        events.push(Event::Reported { id, at, result: Ok(Heard::default()) });
                    }
                    Effect::List { id } => {
                        events.push(Event::Listed { id, at, result: Ok(self.backend.choices.clone()) });
                    }
                    effect => panic!("{effect:?}"),
                }
            }
        }
    }

    fn subscribed(&mut self) {
        self.tell(Event::Subscribed { at: NOON.plus(self.now) });
    }

    fn hinted(&mut self) {
        self.tell(Event::Hinted { at: NOON.plus(self.now) });
    }

    /// Time passes; reads end when they have taken their time.
    fn until(&mut self, until: Duration) {
        loop {
            let done = self.under_way.map(|(_, at, _)| at);
            let due = self.station.next_deadline();
            let Some(at) = done.into_iter().chain(due).min().filter(|at| *at <= until) else { break };
            self.now = self.now.max(at);
            let at = NOON.plus(self.now);
            match self.under_way.take_if(|(_, done, _)| *done <= self.now) {
                Some((id, _, is_whole)) => {
                    let queue = QueueRead { is_whole, ..self.backend.queue(at) };
                    let result =
                        if self.is_busy { Err(LinkFault::Busy(Duration::from_secs(20))) } else { Ok(queue) };
                    self.tell(Event::Refreshed { id, at, result });
                }
                None => self.tell(Event::Due { at }),
            }
        }
        self.now = until;
    }

    fn pass(&mut self, span: Duration) {
        self.until(self.now + span);
    }

    fn seconds(&mut self, seconds: u64) {
        self.pass(Duration::from_secs(seconds));
    }

    /// How many began since this was last asked.
    fn reads(&mut self) -> usize {
        std::mem::take(&mut self.began).len()
    }

    /// Somebody else completes the filling of the cake, or what comes next.
    fn elsewhere(&mut self, action: Action) {
        let mut bench = Bench::new(&[]);
        std::mem::swap(&mut bench.backend, &mut self.backend);
        bench.now = self.now;
        bench.fresh = 1000 + action as u64;
        bench.elsewhere(X, action);
        std::mem::swap(&mut bench.backend, &mut self.backend);
    }
}

const QUICK: Duration = Duration::from_millis(10);

#[test]
fn a_change_that_was_told_shows_before_any_poll() {
    let mut bench = Bench::new(&[(X, Stage::Filling)]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.seconds(1);
    bench.elsewhere(X, Action::CompleteFilling);
    assert_eq!(bench.view(covering).queue.rows.len(), 0);
    let at = bench.at(covering);
    bench.tell(covering, Event::Hinted { at });
    assert_eq!(bench.view(covering).queue.rows.len(), 1);
}

#[test]
fn a_hint_leads_to_a_read_at_once() {
    let mut reading = Reading::new(QUICK);
    reading.hinted();
    assert_eq!(reading.began, [reading.now]);
}

#[test]
fn a_burst_is_a_few_reads_and_the_last_hint_is_followed_by_one() {
    let mut reading = Reading::new(QUICK);
    for _ in 0..500 {
        reading.hinted();
        reading.pass(Duration::from_millis(2));
    }
    let last = reading.now;
    reading.hinted();
    reading.pass(Duration::from_millis(500));
    assert!(*reading.began.last().unwrap() >= last);
    let reads = reading.reads();
    assert!((4..=6).contains(&reads), "{reads} in a second and a half");
    reading.seconds(2);
    assert_eq!(reading.reads(), 0, "nothing is left of the burst");
}

#[test]
fn what_came_during_a_read_is_read_once_more() {
    let mut reading = Reading::new(Duration::from_millis(100));
    reading.hinted();
    reading.pass(Duration::from_millis(50));
    reading.hinted();
    reading.hinted();
    reading.pass(Duration::from_millis(900));
    assert_eq!(reading.reads(), 2);
}

#[test]
fn a_backend_that_is_slow_is_not_read_all_the_time() {
    let mut reading = Reading::new(Duration::from_millis(500));
    for _ in 0..100 {
        reading.hinted();
        reading.pass(Duration::from_millis(100));
    }
    let reads = reading.reads();
    assert!((3..=5).contains(&reads), "{reads} in ten seconds");
}

#[test]
fn a_channel_that_opens_or_ends_leads_to_a_read() {
    let mut reading = Reading::new(QUICK);
    reading.subscribed();
    assert_eq!(reading.reads(), 1);
    reading.seconds(1);
    reading.tell(Event::Unsubscribed { at: NOON });
    assert_eq!(reading.reads(), 1);
    reading.seconds(1);
    reading.subscribed();
    assert_eq!(reading.reads(), 1);
}

#[test]
fn polls_become_seldom_only_where_changes_were_told() {
    let mut reading = Reading::new(QUICK);
    reading.seconds(30);
    assert_eq!(reading.reads(), 10, "nothing tells");
    reading.subscribed();
    reading.seconds(30);
    assert_eq!(reading.reads(), 10, "it says that it will tell");
    reading.hinted();
    reading.seconds(30);
    assert_eq!(reading.reads(), 2, "it told: for the hint, and once in between");
    reading.tell(Event::Unsubscribed { at: NOON });
    reading.seconds(30);
    assert_eq!(reading.reads(), 10, "it tells no longer");
    reading.hinted();
    reading.seconds(30);
    assert_eq!(reading.reads(), 10, "a hint from nowhere proves nothing");
}

#[test]
fn a_channel_that_stays_silent_while_polls_see_changes_is_not_relied_on() {
    let mut reading = Reading::new(QUICK);
    reading.subscribed();
    reading.seconds(1);
    reading.elsewhere(Action::CompleteFilling);
    reading.hinted();
    reading.seconds(40);
    assert_eq!(reading.reads(), 4);
    reading.elsewhere(Action::CompleteCovering);
    reading.seconds(4);
    assert_eq!(reading.reads(), 0);
    reading.seconds(30);
    assert!(reading.reads() >= 9, "it missed one");
    // Told late is told: a poll chanced to come first.
    reading.elsewhere(Action::CompleteDecorating);
    reading.seconds(3);
    reading.hinted();
    reading.reads();
    reading.seconds(30);
    assert_eq!(reading.reads(), 1);
}

#[test]
fn a_backend_that_asks_for_a_pause_gets_it_whatever_is_told() {
    let mut reading = Reading::new(QUICK);
    reading.subscribed();
    reading.hinted();
    reading.is_busy = true;
    reading.seconds(1);
    reading.reads();
    reading.is_busy = false;
    for _ in 0..15 {
        reading.hinted();
        reading.seconds(1);
    }
    assert_eq!(reading.reads(), 0);
    reading.seconds(10);
    assert!(reading.reads() > 0);
}
