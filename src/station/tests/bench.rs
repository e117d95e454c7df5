//! Several stations on one model backend, each with its own journal, printer and clock, driven by a script.

mod checks;
mod others;
mod say;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use checks::Checks;

use super::model::Backend;
use crate::order::{Action, Detail, IntentId, Lacks, OrderId, Post, Staff, StaffId, Stage, Store, Timestamp};
use crate::station::*;

/// Noon of a working day.
pub const NOON: Timestamp = Timestamp::from_micros(1_763_899_200_000_000);

/// The stations and what they share.
pub struct Bench {
    pub backend: Backend,
    pub stations: Vec<Kiosk>,
    pub now: Duration,
    pub fresh: u64,
    pub checks: Checks,
    /// Whether the office has announced that nothing is to be written.
    pub is_frozen: bool,
    /// Whether that can be read.
    pub says_freezes: bool,
}

/// One station with everything around it.
#[allow(clippy::struct_excessive_bools, reason = "each is one thing that is so or is not")]
pub struct Kiosk {
    pub station: Station,
    pub settings: Settings,
    pub journal: Journal,
    pub is_linked: bool,
    pub printers: Vec<Outcome>,
    /// Whether no label holds all of its text.
    pub lacks: Lacks,
    /// Its clock is ahead of the server's by so much.
    pub ahead: Duration,
    pub born: Duration,
    pub labels: Vec<(OrderId, u8, usize)>,
    pub lines: Vec<Verdict>,
    pub tones: Vec<Tone>,
    pub journal_fault: Option<StoreFault>,
    pub reported: Option<(Duration, Report)>,
    /// Calls whose replies are lost after the commit.
    pub loses_replies: bool,
    /// Calls that do not get there, or not before they are let land.
    pub loses_requests: bool,
    /// Those calls.
    lost: Vec<Arc<Intent>>,
    /// What somebody else does in the moment before its next call.
    pub overtaken_by: Option<Action>,
    /// Whether it was told what the backend can do.
    is_acquainted: bool,
}

/// A station of both stores with a printer and two guns.
pub fn settings(name: &str, post: Post) -> Settings {
    Settings {
        name: name.into(),
        post,
        stores: Store::ALL.into_iter().collect(),
        repeat_guard: Duration::from_secs(2),
        dwell: Dwell::default(),
        is_read_only: false,
        has_start_scans: false,
        printers: vec!["bench".into()],
        scanners: 2,
        performer: None,
    }
}

/// What a station's journal holds.
#[derive(Default)]
pub struct Journal {
    pub intents: BTreeMap<IntentId, Intent>,
    pub jobs: BTreeMap<IntentId, Job>,
    pub facts: Vec<(OrderId, Fact, Timestamp)>,
    pub notices: BTreeMap<Box<str>, Notice>,
}

impl Journal {
    pub fn write(&mut self, record: Record) {
        match record {
            Record::Intent(intent) => drop(self.intents.insert(intent.id, intent)),
            Record::Job(job) => drop(self.jobs.insert(job.intent, job)),
            Record::Fact { order, fact, at } => self.facts.push((order, fact, at)),
            Record::Notice(notice) => drop(self.notices.insert(notice.set_aside.clone(), notice)),
        }
    }

    pub fn kept(&self) -> Kept {
        let mut intents: Vec<_> =
            self.intents.values().filter(|intent| intent.state.is_open()).cloned().collect();
        intents.sort_by_key(|intent| intent.seq);
        let last_seq = self.intents.values().map(|intent| intent.seq).max().unwrap_or(0);
        let (jobs, facts) = (self.jobs.values().cloned().collect(), self.facts.clone());
        let notices = self.notices.values().filter(|notice| !notice.is_seen_to).cloned().collect();
        Kept { intents, jobs, facts, last_seq, notices, newer: 0 }
    }
}

impl Bench {
    /// A bench with orders at their stages.
    pub fn new(orders: &[(&str, Stage)]) -> Self {
        let mut backend = Backend::default();
        for (id, stage) in orders {
            backend.add(id, *stage);
        }
        let (stations, checks) = (Vec::new(), Checks::default());
        Self {
            backend,
            stations,
            now: Duration::ZERO,
            fresh: 0,
            checks,
            is_frozen: false,
            says_freezes: true,
        }
    }

    /// Adds a station that is running and has read its queue.
    pub fn station(&mut self, name: &str, post: Post) -> usize {
        self.station_with(name, post, |_| {})
    }

    pub fn station_with(&mut self, name: &str, post: Post, set: impl FnOnce(&mut Settings)) -> usize {
        let mut settings = settings(name, post);
        set(&mut settings);
        self.stations.push(Kiosk {
            station: Station::new(settings.clone()),
            printers: vec![Outcome::Printed; settings.printers.len()],
            lacks: Lacks::default(),
            settings,
            journal: Journal::default(),
            is_linked: true,
            ahead: Duration::ZERO,
            born: self.now,
            labels: Vec::new(),
            lines: Vec::new(),
            tones: Vec::new(),
            journal_fault: None,
            reported: None,
            loses_replies: false,
            loses_requests: false,
            lost: Vec::new(),
            overtaken_by: None,
            is_acquainted: false,
        });
        let place = self.stations.len() - 1;
        self.start(place);
        place
    }

    fn start(&mut self, place: usize) {
        let kept = self.stations[place].journal.kept();
        let at = self.at(place);
        self.tell(place, Event::Recovered { at, kept });
    }

    /// A kill and a new start: only the journal is left.
    pub fn restart(&mut self, place: usize) {
        let kiosk = &mut self.stations[place];
        // Killed after the last line and before its record: the next life asks again, and says it again.
        let is_open = |id: &IntentId| {
            kiosk.journal.intents.get(id).is_some_and(|intent: &Intent| intent.state.is_open())
        };
        self.checks.last_lines.retain(|id, _| !is_open(id));
        kiosk.station = Station::new(kiosk.settings.clone());
        kiosk.born = self.now;
        kiosk.is_acquainted = false;
        self.start(place);
    }

    pub fn at(&self, place: usize) -> Timestamp {
        NOON.plus(self.now).plus(self.stations[place].ahead)
    }

    pub fn scan(&mut self, place: usize, code: &str) {
        self.scan_by(place, 0, code);
    }

    pub fn scan_by(&mut self, place: usize, gun: u8, code: &str) {
        self.fresh += 1;
        let event = Event::Scanned {
            at: self.at(place),
            source: Source::Scanner(gun),
            text: code.into(),
            fresh: fresh(self.fresh),
        };
        self.tell(place, event);
    }

    pub fn touch(&mut self, place: usize, touch: Touch) {
        self.fresh += 1;
        if let Touch::Close(order) = touch {
            self.checks.closed.insert(order);
        }
        let event = Event::Touched { at: self.at(place), touch, fresh: fresh(self.fresh) };
        self.tell(place, event);
    }

    /// Time passes at every station; deadlines come when they come.
    pub fn pass(&mut self, span: Duration) {
        let until = self.now + span;
        loop {
            let deadlines = self.stations.iter().enumerate();
            let due = deadlines
                .filter_map(|(place, kiosk)| Some((kiosk.station.next_deadline()? + kiosk.born, place)))
                .min()
                .filter(|(at, _)| *at <= until);
            let Some((at, place)) = due else { break };
            self.now = self.now.max(at);
            let at = self.at(place);
            self.tell(place, Event::Due { at });
            let again = self.stations[place].station.next_deadline();
            let is_past = again.is_some_and(|again| again + self.stations[place].born <= self.now);
            assert!(!is_past, "a deadline that never passes");
        }
        self.now = until;
    }

    pub fn seconds(&mut self, seconds: u64) {
        self.pass(Duration::from_secs(seconds));
    }

    /// Tells a station a fact, and carries out all it orders until it orders nothing more.
    pub fn tell(&mut self, place: usize, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            if let Event::Answered { id, reply: Reply::Done { .. }, .. } = &event {
                self.checks.done.extend(self.checks.sent.get(&(place, *id)));
            }
            let now = self.now.saturating_sub(self.stations[place].born);
            let mut event = event;
            if let Some(at) = answered_at(&event)
                && !std::mem::replace(&mut self.stations[place].is_acquainted, true)
            {
                events.push_front(event);
                event = Event::ContractFound { at, abilities: self.backend.abilities };
            }
            let effects = self.stations[place].station.handle(now, event);
            for effect in effects {
                self.check(place, &effect);
                let event = self.carry_out(place, effect);
                events.push_back(event);
            }
        }
    }

    /// Somebody else is quicker than a call, where that is wanted.
    fn overtake(&mut self, place: usize, effect: &Effect) {
        if let Effect::Send { intent, .. } = effect
            && let Some(action) = self.stations[place].overtaken_by.take()
        {
            self.elsewhere(&intent.order.to_string(), action);
        }
    }

    fn carry_out(&mut self, place: usize, effect: Effect) -> Event {
        let at = self.at(place);
        let server = NOON.plus(self.now);
        self.overtake(place, &effect);
        let heard = self.heard(place);
        let kiosk = &mut self.stations[place];
        let down = || LinkFault::Unreachable("down".into());
        match effect {
            Effect::Store { id, records } => {
                let result = kiosk.journal_fault.clone().map_or(Ok(()), Err);
                if result.is_ok() {
                    for record in records {
                        kiosk.journal.write(record);
                    }
                }
                Event::Stored { id, at, result }
            }
            Effect::Send { id, intent } => {
                let reply = if kiosk.loses_requests {
                    kiosk.lost.push(intent);
                    Reply::Lost(LinkFault::TimedOut)
                } else if kiosk.is_linked {
                    self.backend.call(server, &kiosk.settings.name, &intent)
                } else {
                    Reply::Lost(down())
                };
                let reply = if kiosk.loses_replies { Reply::Lost(LinkFault::TimedOut) } else { reply };
                Event::Answered { id, at, reply }
            }
            Effect::Find { id, lookup, .. } => {
                let result = if kiosk.is_linked { Ok(self.backend.find(&lookup)) } else { Err(down()) };
                Event::Read { id, at, result }
            }
            Effect::Refresh { id, .. } => {
                let result = if kiosk.is_linked { Ok(self.backend.queue(server)) } else { Err(down()) };
                Event::Refreshed { id, at, result }
            }
            Effect::Report { id, report } => {
                if kiosk.is_linked {
                    kiosk.reported = Some((self.now, report));
                }
                let result = if kiosk.is_linked { Ok(heard) } else { Err(down()) };
                Event::Reported { id, at, result }
            }
            Effect::List { id } => {
                let result = if kiosk.is_linked { Ok(self.backend.choices.clone()) } else { Err(down()) };
                Event::Listed { id, at, result }
            }
            Effect::Print { id, job, order } => {
                assert!(!order.is_writing_unread || !kiosk.is_linked, "drawn without what could be read");
                assert_eq!(
                    kiosk.journal.jobs[&job.intent].state,
                    JobState::Sending,
                    "not durable as sending"
                );
                let outcome = kiosk.printers[job.printer].clone();
                if !matches!(outcome, Outcome::Failed(_)) {
                    kiosk.labels.push((job.order, job.copy, job.printer));
                }
                Event::Printed { id, at, outcome, lacks: kiosk.lacks }
            }
            Effect::Sound { id, tone } => {
                kiosk.tones.push(tone);
                Event::Told { id }
            }
            Effect::Tell { id, verdict } => {
                kiosk.lines.push(verdict);
                Event::Told { id }
            }
        }
    }

    fn heard(&self, asker: usize) -> Heard {
        let seen = |kiosk: &Kiosk| {
            let (at, report) = kiosk.reported.clone()?;
            let stage = match kiosk.settings.post {
                Post::At(stage) => Some(stage),
                Post::Any => None,
            };
            Some(StationSeen {
                name: kiosk.settings.name.clone(),
                stage,
                silence: self.now.saturating_sub(at),
                backlog: report.backlog,
                owed: report.owed,
                twice: report.twice,
            })
        };
        let others = self.stations.iter().enumerate().filter(|(place, _)| *place != asker);
        Heard {
            fleet: others.filter_map(|(_, kiosk)| seen(kiosk)).collect(),
            is_frozen: self.says_freezes.then_some(self.is_frozen),
        }
    }

    /// Cuts a station off, or joins it again, and lets it notice.
    pub fn link(&mut self, place: usize, is_linked: bool) {
        self.stations[place].is_linked = is_linked;
        self.seconds(20);
    }

    pub fn stage(&self, id: &str) -> Stage {
        self.backend.order(id).stage
    }

    pub fn view(&self, place: usize) -> View {
        self.stations[place].station.view()
    }
}

/// When the backend answered something: by then the client knows what it speaks.
pub fn answered_at(event: &Event) -> Option<Timestamp> {
    match event {
        Event::Refreshed { at, result: Ok(_), .. }
        | Event::Reported { at, result: Ok(_), .. }
        | Event::Listed { at, result: Ok(_), .. }
        | Event::Read { at, result: Ok(_), .. } => Some(*at),
        _ => None,
    }
}

/// Somebody, called like their id.
pub fn assignee(id: &str) -> Detail {
    Detail::Assignee(Some(Staff { id: StaffId(id.into()), name: id.into() }))
}

pub fn fresh(number: u64) -> IntentId {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_be_bytes());
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    IntentId::from_random(bytes)
}
