//! What is around a station and goes wrong: the line to the backend, the printers, the guns, the clock.

use std::sync::Arc;
use std::time::Duration;

use super::kiosk::{Kiosk, Labels};
use super::tally::{Fault, Invariant, Luck};
use super::world::{Item, World, whole};
use crate::order::Action;
use crate::station::*;

/// What becomes of one call.
pub struct Fate {
    /// When it reaches the backend, if it does.
    arrives: Option<Duration>,
    /// When it reaches it once more.
    again: Option<Duration>,
    /// When it is answered, or seen to have failed.
    pub reply: Result<Duration, (LinkFault, Duration)>,
}

impl World {
    fn latency(&mut self) -> Duration {
        if self.dice.once_in(24) { self.dice.millis(200, 1500) } else { self.dice.millis(15, 120) }
    }

    pub fn fate(&mut self, place: usize) -> Fate {
        let quick = self.latency();
        let mut fate = Fate { arrives: Some(quick / 2), again: None, reply: Ok(quick) };
        let (net, is_signed_out) = (self.kiosks[place].net, self.kiosks[place].is_signed_out);
        if let Some((fault, odds)) = net
            && self.dice.byte(4) < odds
        {
            self.fault(place, fault);
            self.spoil(&mut fate, fault, quick);
        }
        if is_signed_out {
            (fate.arrives, fate.again) = (None, None);
            if fate.reply.is_ok() {
                self.fault(place, Fault::Http401);
                let why = if self.dice.once_in(2) { LinkFault::WrongPassword } else { LinkFault::WrongKey };
                fate.reply = Err((why, quick));
            }
        }
        if let Ok(delay) = fate.reply
            && delay < Duration::from_secs(3)
        {
            self.correct_clock(place);
        }
        fate
    }

    fn spoil(&mut self, fate: &mut Fate, fault: Fault, quick: Duration) {
        let arrives = fate.arrives.take();
        match fault {
            Fault::ReplyLostBefore => fate.reply = Err((LinkFault::TimedOut, TIMEOUT)),
            Fault::ReplyLostAfter => {
                fate.arrives = arrives;
                fate.reply = Err((LinkFault::TimedOut, TIMEOUT));
            }
            Fault::Duplicated => {
                fate.arrives = arrives;
                fate.again = Some(self.dice.millis(200, 20_000));
            }
            Fault::Reordered => {
                fate.again = Some(self.dice.millis(2_000, 60_000));
                fate.reply = Err((LinkFault::TimedOut, TIMEOUT));
            }
            Fault::Late => {
                fate.arrives = arrives;
                fate.reply = Ok(self.dice.millis(800, 9_000));
            }
            Fault::Partition => {
                let delay = self.dice.millis(5, 3_000);
                fate.reply = Err((LinkFault::Unreachable("no route".into()), delay));
            }
            Fault::Http5xx => {
                fate.arrives = arrives.filter(|_| self.dice.once_in(2));
                fate.reply = Err((LinkFault::Server(503), quick));
            }
            Fault::CutJson => {
                fate.arrives = arrives;
                fate.reply = Err((LinkFault::Malformed("JSON cut short".into()), quick));
            }
            Fault::TokenExpiry => {
                let renewed = self.dice.millis(100, 2_500);
                fate.arrives = Some(renewed);
                fate.reply = Ok(renewed + quick);
            }
            Fault::RefreshLost => fate.reply = Err((LinkFault::TimedOut, TIMEOUT / 2)),
            Fault::Http403 => fate.reply = Err((LinkFault::Forbidden("no".into()), quick)),
            Fault::Http409 => fate.reply = Err((LinkFault::Server(409), quick)),
            Fault::Http429 => {
                fate.reply = Err((LinkFault::Busy(self.dice.millis(1_000, 20_000)), quick));
            }
            Fault::Html => fate.reply = Err((LinkFault::NotSupabase("a web page".into()), quick)),
            Fault::NoFunction => fate.reply = Err((LinkFault::NoFunction("PGRST202".into()), quick)),
            _ => fate.arrives = arrives,
        }
    }

    pub fn send(&mut self, place: usize, id: EffectId, intent: Arc<Intent>) {
        let fate = self.fate(place);
        let (life, sent) = (self.kiosks[place].life, self.now);
        if let Some(delay) = fate.again {
            let reply = Err(LinkFault::TimedOut);
            self.later(delay, Item::Arrive { place, life, id: None, intent: intent.clone(), sent, reply });
        }
        match (fate.arrives, fate.reply) {
            (Some(up), Ok(delay)) => {
                let reply = Ok(delay.saturating_sub(up));
                self.later(up, Item::Arrive { place, life, id: Some(id), intent, sent, reply });
            }
            (arrives, reply) => {
                if let Some(up) = arrives {
                    let reply = Err(LinkFault::TimedOut);
                    self.later(up, Item::Arrive { place, life, id: None, intent, sent, reply });
                }
                let (fault, delay) = match reply {
                    Err(lost) => lost,
                    Ok(delay) => (LinkFault::TimedOut, delay),
                };
                let at = self.at(place);
                self.tell_later(delay, place, Event::Answered { id, at, reply: Reply::Lost(fault) });
            }
        }
    }

    /// A request reaches the backend, whether or not anybody still waits for its reply.
    pub fn arrive(
        &mut self,
        place: usize,
        life: u32,
        id: Option<EffectId>,
        intent: &Intent,
        sent: Duration,
        reply: Result<Duration, LinkFault>,
    ) {
        let (intents, applied) = (&self.backend.intents, &self.backend.applied);
        let is_repeated = intents.contains_key(&intent.id) || applied.contains_key(&intent.id);
        let name = self.kiosks[place].settings.name.clone();
        let before = self.backend.orders.get(&intent.order).cloned();
        let answer = self.backend.call(self.server_now(), &name, intent);
        if let Some(before) = before.filter(|_| self.is_weak()) {
            self.check_weak_commit(intent, &before, &answer, self.now.saturating_sub(sent));
        }
        if matches!(answer, Reply::Done { already: false, .. }) {
            self.hint();
        }
        self.check_commit(place, intent, &answer, is_repeated);
        if id.is_none() && !is_repeated {
            self.tally.luck(Luck::LateRequestLanded);
        }
        self.note(|_| format!("{name} -> {} {}: {answer:?}", intent.order, intent.action.name()));
        if let (Some(id), Ok(delay)) = (id, reply) {
            let at = self.at(place);
            self.later(delay, Item::Event { place, life, event: Event::Answered { id, at, reply: answer } });
        }
    }

    pub fn print(&mut self, place: usize, id: EffectId, job: Job) {
        let fault = self.kiosks[place].printers[job.printer];
        if let Some(fault) = fault {
            self.fault(place, fault);
        }
        let is_out_all_the_same = self.dice.once_in(2);
        let quick = self.dice.millis(200, 900);
        let proved = if self.kiosks[place].is_proving { Outcome::Printed } else { Outcome::Sent };
        let (is_out, delay, outcome) = match fault {
            None => (true, quick, proved),
            Some(Fault::PaperOut) => (false, quick, Outcome::Failed(PrinterFault::PaperOut)),
            Some(Fault::CoverOpen) => (false, quick, Outcome::Failed(PrinterFault::CoverOpen)),
            Some(Fault::Jam) => (is_out_all_the_same, quick, Outcome::Unconfirmed(PrinterFault::Jam)),
            Some(Fault::PrinterLate) => (true, self.dice.millis(4_000, 20_000), proved),
            Some(Fault::PrinterNonsense) => {
                (is_out_all_the_same, quick, Outcome::Unconfirmed(PrinterFault::Nonsense))
            }
            Some(Fault::PrinterSilent) => {
                (is_out_all_the_same, quick * 5, Outcome::Unconfirmed(PrinterFault::NoAnswer))
            }
            Some(_) => {
                let gone = PrinterFault::Unreachable("gone".into());
                (is_out_all_the_same, quick, Outcome::Unconfirmed(gone))
            }
        };
        let labels = self.kiosks[place].labels.entry(job.order).or_default();
        labels.is_spent = !matches!(outcome, Outcome::Failed(_));
        labels.copy = labels.copy.max(if labels.is_spent { job.copy } else { 0 });
        if is_out {
            self.later(delay / 2, Item::LabelOut { place, job });
        }
        let at = self.at(place);
        self.tell_later(delay, place, Event::Printed { id, at, outcome, lacks: whole() });
    }

    pub fn label_is_out(&mut self, place: usize, job: &Job) {
        let labels: &mut Labels = self.kiosks[place].labels.entry(job.order).or_default();
        labels.out += 1;
        self.note(|world| {
            format!("{} puts out label {} of {}", world.kiosks[place].settings.name, job.copy, job.order)
        });
        self.stick(place, job);
    }

    pub fn set_printer(&mut self, place: usize, printer: usize, fault: Option<Fault>) {
        let printers = &mut self.kiosks[place].printers;
        let printer = printer % printers.len();
        printers[printer] = fault;
        if let Some(fault) = fault {
            self.fault(place, fault);
        }
        self.printer_seen(place, printer);
    }

    pub fn printer_seen(&mut self, place: usize, printer: usize) {
        let state = match self.kiosks[place].printers[printer] {
            Some(Fault::PaperOut) => PortState::Faulted(PrinterFault::PaperOut),
            Some(Fault::CoverOpen) => PortState::Faulted(PrinterFault::CoverOpen),
            Some(Fault::Unplugged) if self.dice.once_in(2) => {
                PortState::Faulted(PrinterFault::Unreachable("gone".into()))
            }
            _ => PortState::Ready,
        };
        let (at, delay) = (self.at(place), self.dice.millis(100, 4_000));
        self.tell_later(delay, place, Event::PrinterSeen { at, printer, state });
    }

    pub fn set_clock(&mut self, place: usize, jump_s: i64) {
        let kiosk = &mut self.kiosks[place];
        kiosk.clock_error_us += jump_s * 1_000_000;
        kiosk.was_clock_set = true;
        self.fault(place, Fault::ClockJump);
    }

    /// What the shell does with the `Date` of a reply.
    fn correct_clock(&mut self, place: usize) {
        if self.kiosks[place].clock_error_us.abs() > CLOCK_NOISE_US {
            let noise_us = i64::from(self.dice.roll(800_000) as u32) - 400_000;
            self.kiosks[place].clock_error_us = noise_us;
        }
    }

    /// What the others have reported.
    pub fn fleet(&self, asker: usize) -> Vec<StationSeen> {
        let seen = |kiosk: &Kiosk| {
            let (at, report) = kiosk.reported.clone()?;
            Some(StationSeen {
                name: kiosk.settings.name.clone(),
                stage: kiosk.stage(),
                silence: self.now.saturating_sub(at),
                backlog: report.backlog,
                owed: report.owed,
                twice: report.twice,
            })
        };
        let others = self.kiosks.iter().enumerate().filter(|(place, _)| *place != asker);
        others.filter_map(|(_, kiosk)| seen(kiosk)).collect()
    }

    /// A fault happened: which invariants were at stake?
    pub fn fault(&mut self, place: usize, fault: Fault) {
        let at_stake = self.at_stake(place);
        self.tally.fault(fault, at_stake);
    }

    fn at_stake(&self, place: usize) -> u16 {
        let kiosk = &self.kiosks[place];
        let mut at_stake = 1 << Invariant::I16 as u16;
        let mut stake = |invariant: Invariant, is_at_stake: bool| {
            at_stake |= u16::from(is_at_stake) << invariant as u16;
        };
        let mut open = kiosk.disk.open().peekable();
        let has_open = open.peek().is_some();
        stake(Invariant::I3, has_open);
        stake(Invariant::I7, has_open || kiosk.pending > 0);
        stake(Invariant::I8, has_open && kiosk.is_signed_out);
        stake(Invariant::I10, kiosk.is_failing || kiosk.disk.fault.is_some());
        stake(Invariant::I13, has_open && kiosk.clock_error_us.abs() > 60_000_000);
        let mut last: Vec<&Intent> = Vec::new();
        for intent in open {
            stake(Invariant::I2, self.read_of(intent.id).is_some_and(|read| read.sends > 0));
            stake(Invariant::I4, last.iter().any(|other| other.order == intent.order));
            stake(Invariant::I6, intent.action == Action::Print);
            stake(Invariant::I5, self.is_raced(place, intent));
            last.push(intent);
        }
        at_stake
    }

    /// Whether two stations want the same of one cake.
    pub fn is_raced(&self, place: usize, intent: &Intent) -> bool {
        let others = self.kiosks.iter().enumerate().filter(|(other, _)| *other != place);
        others
            .flat_map(|(_, kiosk)| kiosk.disk.open())
            .any(|other| (other.order, other.action) == (intent.order, intent.action))
    }
}

/// As the client gives up on a call.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What the `Date` header cannot tell.
const CLOCK_NOISE_US: i64 = 1_500_000;
