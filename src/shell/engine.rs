use std::collections::{BTreeSet, VecDeque};

use tokio::sync::{mpsc, oneshot, watch};

use super::supervisor::Supervisor;
use super::workers::{Fact, Workers};
use super::{Clock, Config, Input, Line};
use crate::order::IntentId;
use crate::scanner::port::keyboard::Decoder;
use crate::station::{Effect, Event, Kept, Link, Source, Station, View};

/// The loop around the engine: waits for one fact, tells it, hands out what is ordered, shows the new view.
pub(super) struct Engine {
    station: Station,
    clock: Clock,
    workers: Workers,
    views: watch::Sender<View>,
    lines: mpsc::Sender<Line>,
    keyboard: Decoder,
    /// Scanners that have not been seen yet: "ready" is said when there are none.
    unseen: BTreeSet<usize>,
    is_ready: bool,
    told_link: Link,
    kept: Option<Kept>,
    supervisor: Supervisor,
}

impl Engine {
    pub(super) fn new(
        config: Config,
        kept: Kept,
        clock: Clock,
        workers: Workers,
        lines: mpsc::Sender<Line>,
    ) -> (Self, watch::Receiver<View>) {
        let unseen = (0..config.scanners.len()).collect();
        let station = Station::new(config.settings);
        let (views, watched) = watch::channel(station.view());
        let keyboard = Decoder::default();
        let kept = Some(kept);
        let told_link = Link::Unknown;
        (
            Self {
                station,
                clock,
                workers,
                views,
                lines,
                keyboard,
                unseen,
                is_ready: false,
                told_link,
                kept,
                supervisor: Supervisor::of_environment(),
            },
            watched,
        )
    }

    /// Runs until it is told to stop.
    pub(super) async fn run(
        mut self,
        mut facts: mpsc::Receiver<Fact>,
        mut inputs: mpsc::Receiver<Input>,
        mut stop: oneshot::Receiver<()>,
    ) {
        if let Some(kept) = self.kept.take() {
            self.tell(Event::Recovered { at: self.clock.wall(), kept }).await;
        }
        if let Some(recalled) = self.workers.recall().await {
            self.tell(recalled).await;
        }
        self.say_ready_once(None).await;
        loop {
            if self.supervisor.is_due(self.clock.uptime()) && !self.workers.read_journal() {
                self.supervisor.journal_read(self.clock.uptime(), false);
            }
            let station_due = self.station.next_deadline();
            let deadline = station_due.into_iter().chain(self.supervisor.deadline()).min();
            let deadline = deadline.map(|due| due.saturating_sub(self.clock.uptime()));
            let due = async {
                match deadline {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                // Whatever a person did comes first.
                biased;
                _ = &mut stop => break,
                Some(input) = inputs.recv() => self.hear(input).await,
                Some(fact) = facts.recv() => self.learn(fact).await,
                () = due => {
                    if station_due.is_some_and(|due| due <= self.clock.uptime()) {
                        self.tell(Event::Due { at: self.clock.wall() }).await;
                    }
                }
            }
        }
        self.supervisor.stopping();
    }

    async fn hear(&mut self, input: Input) {
        let at = self.clock.wall();
        match input {
            Input::Touch(touch) => self.tell(Event::Touched { at, touch, fresh: fresh_id() }).await,
            Input::Print(order) => self.tell(Event::PrintAsked { at, order, fresh: fresh_id() }).await,
            Input::Scan(source, text) => {
                self.tell(Event::Scanned { at, source, text, fresh: fresh_id() }).await;
            }
            Input::Key(key) => {
                if let Some(text) = self.keyboard.key(self.clock.uptime(), key) {
                    self.tell(Event::Scanned { at, source: Source::Keyboard, text, fresh: fresh_id() }).await;
                }
            }
        }
    }

    async fn learn(&mut self, fact: Fact) {
        match fact {
            Fact::Event(event) => {
                let seen =
                    if let Event::ScannerSeen { scanner, .. } = &*event { Some(*scanner) } else { None };
                self.tell(*event).await;
                self.say_ready_once(seen).await;
            }
            Fact::Frame { source, at, text } => {
                self.tell(Event::Scanned { at, source, text, fresh: fresh_id() }).await;
            }
            Fact::JournalRead { is_well } => self.supervisor.journal_read(self.clock.uptime(), is_well),
        }
    }

    /// Tells the station one fact and all that follows from it at once.
    async fn tell(&mut self, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let now = self.clock.uptime();
            self.workers.remember(now, &event);
            for effect in self.station.handle(now, event) {
                match effect {
                    Effect::Tell { id, verdict } => {
                        self.say(Line::Verdict(verdict)).await;
                        events.push_back(Event::Told { id });
                    }
                    Effect::Sound { id, .. } => events.push_back(Event::Told { id }),
                    effect => events.extend(self.workers.perform(effect)),
                }
            }
        }
        let view = self.station.view();
        let link = view.link.clone();
        self.views.send_replace(view);
        self.say_link(link).await;
    }

    async fn say_link(&mut self, link: Link) {
        if link == self.told_link {
            return;
        }
        let news = match &link {
            Link::Unknown => None,
            Link::Up => self.workers.contract().map(|contract| Line::LinkUp { contract }),
            Link::Down(fault) => Some(Line::LinkDown(fault.clone())),
        };
        self.told_link = link;
        if let Some(news) = news {
            self.say(news).await;
        }
    }

    async fn say_ready_once(&mut self, seen: Option<usize>) {
        if let Some(scanner) = seen {
            self.unseen.remove(&scanner);
        }
        if self.unseen.is_empty() && !self.is_ready {
            self.is_ready = true;
            self.supervisor.ready();
            self.say(Line::Ready).await;
        }
    }

    /// Waits for a reader that is slow; goes on without one that is gone.
    async fn say(&mut self, line: Line) {
        if self.lines.send(line).await.is_err() {
            tracing::trace!("nobody reads the lines");
        }
    }
}

fn fresh_id() -> IntentId {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("Linux gives random bytes once it has booted");
    IntentId::from_random(bytes)
}
