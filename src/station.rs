//! The engine: a pure state machine. It is told facts ([`Event`]) and gives orders ([`Effect`]); it has no clock,
//! no IO, no async, no randomness and no logging, so that a night of failures replays in a millisecond.

use std::sync::Arc;
use std::time::Duration;

use crate::order::{IntentId, Timestamp};

mod abilities;
mod act;
mod attention;
mod choices;
mod commit;
mod delivery;
mod detail;
mod effect;
mod event;
mod facts;
mod fault;
mod fleet;
mod guard;
mod label_doubt;
mod label_lookup;
mod labels;
mod link;
mod look;
mod lookup;
mod offer;
mod open;
mod orders;
mod outage;
mod parking;
mod patience;
mod phase;
mod planted;
mod printing;
mod question;
mod record;
mod refresh;
mod refusal;
mod reprint;
mod rules;
mod scan;
mod settings;
mod spool;
mod tell;
#[cfg(test)]
mod tests;
mod timer;
mod twins;
mod verdict;
mod verify;
mod view;
mod witness;

pub use abilities::Abilities;
pub use effect::{Effect, EffectId, Lookup, Report, Tone};
pub use event::{Event, Found, Heard, Outcome, QueueRead, Reply, Source, StationSeen, StoreFault, Touch};
pub use fault::{ContractDoubt, Link, LinkFault, PortState, PrinterFault, ScannerFault};
pub use orders::queue_order;
pub use record::{Fact, Intent, IntentState, Job, JobState, Kept, Notice, Parked, Record, Twin};
pub use refusal::{Refusal, RefusalCode};
pub use settings::{Dwell, Settings};
pub use verdict::{Answer, Held, Kind, NoScan, Question, Since, Verdict};
pub use view::{
    Card, Choices, DeviceView, Freeze, Look, Looked, Matter, Offer, QueueView, Remedy, Shown, Summary, View,
    Waiting, Warning,
};

use open::Live;
use planted::{Bug, planted};

/// One kiosk. Told facts, it gives orders; each order is completed by one event.
pub struct Station {
    settings: Settings,
    now: Duration,
    at: Timestamp,
    effects: Vec<Effect>,
    last_effect: u64,
    last_seq: u64,
    verdicts: u64,
    scans: u64,

    orders: orders::Orders,
    facts: facts::Facts,
    open: open::Open,
    commits: commit::Commits,
    guard: guard::Guard,
    questions: question::Questions,
    lookups: lookup::Lookups,
    labels: labels::Labels,
    delivery: delivery::Delivery,
    refresh: refresh::Refresh,
    choices: choices::Listed,
    fleet: fleet::Fleet,
    twins: twins::Twins,
    attention: attention::Attention,
    outage: outage::Outage,
    is_attention_stale: bool,

    link: link::Connection,
    /// What the backend can do, once known in this life.
    abilities: Option<Abilities>,
    scanners: Vec<PortState<ScannerFault>>,
    shown: Option<Shown>,
    /// Which scan the screen belongs to.
    shown_scan: u64,
    last: Option<Arc<Verdict>>,
    /// The cake that a person looks at.
    looked: Option<Looked>,
    spool: spool::Spool,
    /// What a person has yet to know of the journal.
    notices: Vec<Notice>,
    /// Records that wait for a newer version.
    newer: u32,
}

impl Station {
    /// A station that waits for [`Event::Recovered`].
    pub fn new(settings: Settings) -> Self {
        Self {
            now: Duration::ZERO,
            at: Timestamp::from_micros(0),
            effects: Vec::new(),
            last_effect: 0,
            last_seq: 0,
            verdicts: 0,
            scans: 0,
            orders: orders::Orders::new(settings.post),
            facts: facts::Facts::default(),
            open: open::Open::new(&settings.stores),
            commits: commit::Commits::default(),
            guard: guard::Guard::default(),
            questions: question::Questions::default(),
            lookups: lookup::Lookups::default(),
            labels: labels::Labels::new(settings.printers.len()),
            delivery: delivery::Delivery::default(),
            refresh: refresh::Refresh::default(),
            choices: choices::Listed::default(),
            fleet: fleet::Fleet::default(),
            twins: twins::Twins::default(),
            attention: attention::Attention::default(),
            outage: outage::Outage::default(),
            is_attention_stale: false,
            link: link::Connection::default(),
            abilities: None,
            scanners: vec![PortState::Unknown; settings.scanners],
            shown: None,
            shown_scan: 0,
            last: None,
            looked: None,
            spool: spool::Spool::default(),
            notices: Vec::new(),
            newer: 0,
            settings,
        }
    }

    /// Takes in one fact at `now`, the time since the start of this life by a clock that never jumps, and says what is
    /// to be done.
    pub fn handle(&mut self, now: Duration, event: Event) -> Vec<Effect> {
        self.pass_to(now, event.at());
        match event {
            Event::Recovered { kept, .. } => self.recovered(kept),
            Event::Recalled { at, read_at: Some(read_at), orders, choices } => {
                self.recalled(at, read_at, orders, choices);
            }
            Event::ContractFound { abilities, .. } => self.contract_found(abilities),
            Event::Scanned { at, source, text, fresh } => self.scanned(at, source, text, fresh),
            Event::Touched { at, touch, fresh } => self.touched(at, touch, fresh),
            Event::PrintAsked { at, order, fresh } => self.print_asked(at, order, fresh),
            Event::Stored { id, result, .. } => self.stored(id, result),
            Event::Answered { id, reply, .. } => self.answered(id, reply),
            Event::Read { id, result, .. } => self.read(id, result),
            Event::Refreshed { id, at, result } => self.refreshed(id, at, result),
            Event::Reported { id, result, .. } => self.reported(id, result),
            Event::Listed { id, result, .. } => self.listed(id, result),
            Event::Subscribed { .. } => self.subscribed(),
            Event::Hinted { .. } => self.hinted(),
            Event::Unsubscribed { .. } => self.unsubscribed(),
            Event::Printed { id, at, outcome, lacks } => self.printed(id, at, outcome, lacks),
            Event::Stopping { .. } => self.labels.is_ending = true,
            Event::PrinterSeen { printer, state, .. } => self.printer_seen(printer, state),
            Event::PaperSeen { printer, is_low, .. } => {
                if let Some(seen) = self.labels.printers.get_mut(printer) {
                    seen.is_low = is_low;
                }
            }
            Event::ScannerSeen { scanner, state, .. } => {
                if let Some(seen) = self.scanners.get_mut(scanner) {
                    *seen = state;
                }
            }
            Event::Recalled { read_at: None, .. } | Event::Told { .. } | Event::Due { .. } => {}
        }
        self.work();
        std::mem::take(&mut self.effects)
    }

    /// Whether the journal keeps up with the scans: who can wait with more does so until it does.
    pub fn has_room_for_scans(&self) -> bool {
        self.commits.has_room()
    }

    /// Whether a label is with a printer, or what came of it is not durable yet: a station that ends now must ask a person
    /// about it in its next life.
    pub fn is_at_work(&self) -> bool {
        self.labels.printers.iter().any(|printer| printer.busy.is_some()) || self.commits.is_under_way()
    }

    /// What a screen may show now.
    pub fn view(&self) -> View {
        View {
            shown: self.shown.clone(),
            scan: self.shown_scan,
            last: self.last.clone(),
            queue: self.orders.view(),
            link: self.link.state.clone(),
            down_since: self.link.down_since,
            printers: self
                .settings
                .printers
                .iter()
                .zip(self.labels.printers())
                .map(|(name, printer)| DeviceView {
                    warnings: printer.warnings(self.at),
                    ..DeviceView::new(name.clone(), printer.state.clone())
                })
                .collect(),
            scanners: self
                .scanners
                .iter()
                .enumerate()
                .map(|(place, state)| DeviceView::new((place + 1).to_string(), state.clone()))
                .collect(),
            waiting: self.open.waiting(),
            summary: self.outage.summary(self.at),
            attention: self.attention.cards(),
            looked: self.looked.clone(),
            freeze: self.freeze(),
            spool: self.spool.listed(),
            journal_fault: self.commits.stopped_by(),
            notices: self.notices.clone(),
            newer: self.newer,
            choices: self.choices.read(),
            offer: self.looked.as_ref().map(|looked| (looked.order, self.offer(looked.order))),
        }
    }

    /// Moves the clocks on. Where an event brings no wall time, it has passed as the steady clock did.
    fn pass_to(&mut self, now: Duration, at: Option<Timestamp>) {
        self.at = at.unwrap_or_else(|| self.at.plus(now.saturating_sub(self.now)));
        self.now = self.now.max(now);
    }

    /// Does all that has become due or possible.
    fn work(&mut self) {
        self.lapse_lookups();
        self.lapse_questions();
        self.pump_refresh();
        self.pump_choices();
        self.pump_labels();
        self.pump_delivery();
        self.pump_commits();
        self.orders.list();
        self.spool.list();
        if std::mem::take(&mut self.is_attention_stale) {
            self.draw_cards();
        }
    }

    /// The journal is open: everything that an earlier life left goes on.
    fn recovered(&mut self, kept: Kept) {
        self.last_seq = kept.last_seq;
        self.notices = kept.notices;
        self.newer = kept.newer;
        for (order, fact, at) in kept.facts {
            match fact {
                Fact::AlsoPrinted(twin) => self.twins.keep(order, twin, at),
                fact => self.facts.keep(order, &fact, at),
            }
        }
        let seqs: std::collections::BTreeMap<IntentId, u64> =
            kept.intents.iter().map(|intent| (intent.id, intent.seq)).collect();
        let is_lost =
            |state: &_| planted(Bug::ForgetsParkedAtStart) && matches!(state, IntentState::Parked(_));
        let is_kept = |intent: &Intent| intent.state.is_open() && !is_lost(&intent.state);
        for intent in kept.intents.into_iter().filter(is_kept) {
            self.last_seq = self.last_seq.max(intent.seq);
            self.open.insert(intent);
        }
        for mut job in kept.jobs {
            self.spool.note(&job);
            if job.state == JobState::Sending && planted(Bug::PrintsAgainAfterStart) {
                job.state = JobState::Queued;
            }
            if job.state == JobState::Sending {
                job.state = JobState::Unconfirmed(PrinterFault::Interrupted);
                self.commit(vec![Record::Job(job.clone())], commit::Then::Done);
            }
            let is_open = self.open.get(job.intent).is_some();
            match seqs.get(&job.intent).filter(|_| is_open) {
                Some(seq) => self.labels.insert(*seq, job),
                None => self.labels.note(&job),
            }
        }
        self.outage.older_to = self.last_seq;
        self.is_attention_stale = true;
        self.start_refreshing();
    }

    /// A question that nobody answered in time leaves the screen.
    fn lapse_questions(&mut self) {
        let lapsed = self.questions.lapse(self.now);
        if self.shown.as_ref().is_some_and(|shown| lapsed.contains(&shown.verdict.seq)) {
            self.shown = None;
        }
    }

    /// A person has read the notices of the journal.
    fn put_notices_away(&mut self) {
        let seen_to = |notice| Record::Notice(Notice { is_seen_to: true, ..notice });
        let records: Vec<_> = std::mem::take(&mut self.notices).into_iter().map(seen_to).collect();
        if !records.is_empty() {
            self.commit(records, commit::Then::Done);
        }
    }

    fn next_id(&mut self) -> EffectId {
        self.last_effect += 1;
        EffectId(self.last_effect)
    }
}
