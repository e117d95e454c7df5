//! One night: a station with a queue, GoTrue and the backend behind a bad network, and what must hold at every step.

mod chance;
mod gotrue;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::backend::config::{Limits, Secret};
use crate::backend::fault::RefreshFault;
use crate::backend::session::file::Saved;
use crate::backend::session::rules::{Bug, Pass, Rules, Step, Turn};
use crate::order::StaffId;
use crate::station::LinkFault;

use gotrue::Gotrue;

/// A night as it went.
pub struct Night {
    pub breach: Option<String>,
    pub steps: u64,
    /// How often what happened.
    pub seen: BTreeMap<&'static str, u64>,
    /// In milliseconds, as all times here.
    pub now: u64,
    dice: u64,
    bug: Option<Bug>,
    began: Instant,
    due: BTreeMap<(u64, u64), Happening>,
    planned: u64,
    gotrue: Gotrue,
    weather: Weather,
    /// Whether all is well for good.
    is_over: bool,
    /// The saved session: whose grant's refresh token it is.
    file: Option<usize>,
    life: Life,
    /// Which intents have no verdict yet.
    open: Vec<bool>,
}

/// What must come about in a long run.
pub const SOMETIMES: [&str; 14] = [
    "a refresh is lost before the rotation",
    "a reply is lost after the rotation",
    "a reply is cut short after the rotation",
    "killed between receiving and saving",
    "killed in the midst of saving",
    "not saved",
    "refused as used already",
    "a reused token still works",
    "wrong password",
    "to be left alone",
    "a token is refused in mid-queue",
    "waits for another's renewal",
    "goes on with a token that serves",
    "signed out everywhere",
];

/// What goes wrong at present.
#[derive(Default)]
struct Weather {
    is_cut_off: bool,
    is_password_wrong: bool,
    is_disk_broken: bool,
}

/// One life of the station.
struct Life {
    nth: u64,
    rules: Rules,
    /// Who waits for the end of a renewal, and the pass that the backend took no longer.
    waiting: Vec<(usize, Option<Pass>)>,
    /// Requests for a grant under way.
    asking: u32,
    /// The session as the station must know it: the grant whose refresh token is the newest, unless it was told to be dead.
    held: Option<usize>,
    /// A grant that is being saved.
    saving: Option<usize>,
    /// Before it nothing is asked of GoTrue.
    quiet_until: u64,
}

enum Happening {
    /// An intent is to be sent.
    Try(u64, usize),
    /// A request for a grant reaches GoTrue, by a refresh token or the password; its sender gives it up then.
    Asked(u64, Option<usize>, u64),
    /// The station learns what came of its request.
    Told(u64, Option<usize>, Result<usize, RefreshFault>),
    /// A grant is saved, or cannot be.
    Written(u64, usize),
    /// A call reaches the backend.
    Called(u64, usize, Pass, bool, u64),
    /// The station learns what came of its call.
    Answered(u64, usize, Pass, bool, Answer),
    Kill,
    SignOut,
    Change,
    Over,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Done,
    Expired,
    Lost,
}

impl Night {
    /// The night of a seed, with a bug planted or none.
    pub fn of(seed: u64, bug: Option<Bug>) -> Self {
        let mut night = Self {
            breach: None,
            steps: 0,
            seen: BTreeMap::new(),
            now: 0,
            dice: seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            bug,
            began: Instant::now(),
            due: BTreeMap::new(),
            planned: 0,
            gotrue: Gotrue { granted: Vec::new(), lifetime: 0, reuse: 0 },
            weather: Weather::default(),
            is_over: false,
            file: None,
            life: Life::new(0, None, bug),
            open: vec![true; INTENTS],
        };
        for _ in 0..8 {
            night.roll(2);
        }
        night.gotrue.lifetime = [4_000, 15_000, 60_000, 3_600_000][night.roll(4) as usize];
        night.gotrue.reuse = [0, 10_000][night.roll(2) as usize];
        for _ in 0..night.roll(4) {
            night.later(0, FAULTS_END, Happening::Kill);
        }
        for _ in 0..night.roll(2) {
            night.later(0, FAULTS_END, Happening::SignOut);
        }
        for _ in 0..night.roll(12) {
            night.later(0, FAULTS_END, Happening::Change);
        }
        night.at(FAULTS_END, Happening::Over);
        night.begin();
        night.run();
        night
    }

    fn run(&mut self) {
        while self.breach.is_none() {
            let next = self.due.pop_first().filter(|((at, _), _)| *at < FAULTS_END + CALM);
            let Some(((at, _), happening)) = next else { break };
            self.now = at;
            self.steps += 1;
            self.happen(happening);
        }
        let left = self.open.iter().filter(|is_open| **is_open).count();
        if left > 0 && self.breach.is_none() {
            self.breach = Some(format!("{left} intents are left when all has long been well"));
        }
    }

    fn happen(&mut self, happening: Happening) {
        let own = self.life.nth;
        let is_of = |life: u64| life == own;
        match happening {
            Happening::Try(life, intent) if is_of(life) => self.take_turn(intent, None),
            Happening::Asked(life, token, until) => self.asked(life, token, until),
            Happening::Told(life, token, result) if is_of(life) => self.told(token, result),
            Happening::Written(life, grant) if is_of(life) => self.written(grant),
            Happening::Called(life, intent, pass, is_again, until) => {
                self.called(life, intent, pass, is_again, until);
            }
            Happening::Answered(life, intent, pass, is_again, answer) if is_of(life) => {
                self.answered(intent, &pass, is_again, answer);
            }
            // What a life that was killed had asked for.
            Happening::Try(..) | Happening::Told(..) | Happening::Written(..) | Happening::Answered(..) => {}
            Happening::Kill => self.kill(),
            Happening::SignOut => {
                self.note("signed out everywhere");
                self.gotrue.granted.iter_mut().for_each(|granted| granted.is_ended = true);
            }
            Happening::Change => {
                let is_wrong = |night: &mut Self| night.roll(2) == 0;
                self.weather.is_cut_off = self.roll(3) == 0;
                self.weather.is_password_wrong = is_wrong(self);
                self.weather.is_disk_broken = is_wrong(self);
            }
            Happening::Over => (self.weather, self.is_over) = (Weather::default(), true),
        }
    }

    /// A few callers at once, each with its share of the queue.
    fn begin(&mut self) {
        for lane in 0..LANES {
            let next = self.next_of(lane);
            self.try_soon(next, 2_000);
        }
    }

    fn next_of(&self, lane: usize) -> Option<usize> {
        (lane..INTENTS).step_by(LANES).find(|intent| self.open[*intent])
    }

    fn try_soon(&mut self, intent: Option<usize>, within: u64) {
        let life = self.life.nth;
        if let Some(intent) = intent {
            self.later(1, within, Happening::Try(life, intent));
        }
    }

    fn take_turn(&mut self, intent: usize, refused: Option<Pass>) {
        let now = self.instant();
        let was_renewing = self.life.asking > 0 || self.life.saving.is_some();
        match self.life.rules.turn(now, refused.as_ref()) {
            Turn::Told(told) => {
                if told.is_ok() && was_renewing {
                    self.note("goes on with a token that serves");
                }
                self.must_serve(told.as_ref().ok());
                self.go_on(intent, refused.as_ref(), told);
            }
            Turn::Renew(step) => {
                self.life.waiting.push((intent, refused));
                self.step(step);
            }
            Turn::Wait => {
                self.note("waits for another's renewal");
                self.life.waiting.push((intent, refused));
            }
        }
    }

    fn step(&mut self, step: Step) {
        let life = self.life.nth;
        match step {
            Step::Refresh(token) => self.ask(Some(number(&token))),
            Step::SignIn => self.ask(None),
            Step::Save { refresh_token, .. } => {
                let grant = number(&refresh_token);
                self.life.saving = Some(grant);
                let slow = if self.goes_wrong(4) { 5_000 } else { 50 };
                self.later(1, slow, Happening::Written(life, grant));
            }
            Step::End(result) => {
                let now = self.instant();
                for (intent, refused) in std::mem::take(&mut self.life.waiting) {
                    let refused = refused.as_ref();
                    let result = result.clone().or_else(|fault| {
                        let despite = self.life.rules.despite(now, refused, fault);
                        self.must_serve(despite.as_ref().ok());
                        despite
                    });
                    self.go_on(intent, refused, result);
                }
            }
        }
    }

    /// A caller has a pass, or none for now: an intent stays, whatever becomes of the session.
    fn go_on(&mut self, intent: usize, refused: Option<&Pass>, result: Result<Pass, LinkFault>) {
        let Ok(pass) = result else { return self.try_soon(Some(intent), 8_000) };
        let grant = number(&pass.token);
        if self.file.is_none_or(|saved| saved < grant) {
            let file = self.file;
            self.break_rule(&format!("calls with grant {grant} while {file:?} is saved"));
        }
        if refused.is_some_and(|refused| number(&refused.token) == grant) {
            self.break_rule(&format!("calls again with grant {grant}, which was refused"));
        }
        let (life, until, is_again) = (self.life.nth, self.now + REPLY_MAX, refused.is_some());
        if self.weather.is_cut_off || self.goes_wrong(20) {
            return self.at(until, Happening::Answered(life, intent, pass, is_again, Answer::Lost));
        }
        let at = self.now + self.travels().min(REPLY_MAX - 1);
        self.at(at, Happening::Called(life, intent, pass, is_again, until));
    }

    /// Only a grant that came just now may be over already: it could not be saved for so long.
    fn must_serve(&mut self, pass: Option<&Pass>) {
        if pass.is_some_and(|pass| pass.expires_at <= self.instant()) {
            self.break_rule("calls with what it knows to be over");
        }
    }

    fn called(&mut self, life: u64, intent: usize, pass: Pass, is_again: bool, until: u64) {
        let is_expired = self.gotrue.granted[number(&pass.token)].expires_at <= self.now;
        let back = self.now + self.travels();
        let (back, answer) = match () {
            () if self.weather.is_cut_off || back >= until || self.goes_wrong(20) => (until, Answer::Lost),
            () if is_expired => (back, Answer::Expired),
            () => (back, Answer::Done),
        };
        self.at(back, Happening::Answered(life, intent, pass, is_again, answer));
    }

    fn answered(&mut self, intent: usize, pass: &Pass, is_again: bool, answer: Answer) {
        match answer {
            Answer::Done => {
                self.open[intent] = false;
                let next = self.next_of(intent % LANES);
                let idle = if self.roll(4) == 0 { 60_000 } else { 3_000 };
                self.try_soon(next, idle);
            }
            Answer::Expired if !is_again => {
                self.note("a token is refused in mid-queue");
                self.take_turn(intent, Some(pass.clone()));
            }
            Answer::Expired | Answer::Lost => self.try_soon(Some(intent), 8_000),
        }
    }

    /// Only the file is left; what was being saved is there or not.
    fn kill(&mut self) {
        if let Some(grant) = self.life.saving {
            self.note("killed in the midst of saving");
            if self.roll(2) == 0 && !self.weather.is_disk_broken {
                self.file = Some(grant);
            }
        }
        if self.life.held > self.file {
            self.note("killed between receiving and saving");
        }
        self.life = Life::new(self.life.nth + 1, self.file, self.bug);
        self.begin();
    }
}

impl Life {
    fn new(nth: u64, file: Option<usize>, bug: Option<Bug>) -> Self {
        let saved = file.map(|grant| Saved {
            url: "".into(),
            email: "".into(),
            account: StaffId("station".into()),
            refresh_token: Secret::new(format!("r{grant}")),
        });
        let mut rules = Rules::new(saved, limits());
        rules.bug = bug;
        Self { nth, rules, waiting: Vec::new(), asking: 0, held: file, saving: None, quiet_until: 0 }
    }
}

fn limits() -> Limits {
    Limits { renew_ahead: Duration::from_secs(8), ..Limits::default() }
}

/// The number of a grant, by either of its tokens.
fn number(token: &Secret) -> usize {
    token.reveal()[1..].parse().expect("given here")
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).expect("a short one")
}

const INTENTS: usize = 40;

/// As many writes as a station has under way.
const LANES: usize = 5;

/// Ten minutes in, all is well again.
const FAULTS_END: u64 = 600_000;

/// Within so long after that, all is sent.
const CALM: u64 = 600_000;

/// As the client waits for a reply.
const REPLY_MAX: u64 = 10_000;
