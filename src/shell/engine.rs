use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use super::supervisor::Supervisor;
use super::workers::{Frame, News, Workers};
use super::{Clock, Config, Input, Line};
use crate::order::{IntentId, Timestamp};
use crate::scanner::port::keyboard::Decoder;
use crate::station::{Abilities, Effect, Event, Kept, Link, Source, Station, View};

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
    told_contract: Option<String>,
    told_abilities: Option<Abilities>,
    kept: Option<Kept>,
    supervisor: Supervisor,
    /// Whether the reader of the lines left the last one unread.
    is_unread: bool,
}

/// What the loop listens to.
pub(super) struct Ears {
    /// How effects ended, how the devices are, and that the journal was read.
    pub(super) news: mpsc::Receiver<News>,
    /// What guns read.
    pub(super) frames: mpsc::Receiver<Frame>,
    /// What a person did at the screen.
    pub(super) inputs: mpsc::Receiver<Input>,
    /// Codes of a giver that can wait.
    pub(super) codes: mpsc::Receiver<Box<str>>,
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
                told_contract: None,
                told_abilities: None,
                kept,
                supervisor: Supervisor::of_environment(),
                is_unread: false,
            },
            watched,
        )
    }

    /// Runs until it is told to stop.
    pub(super) async fn run(mut self, mut ears: Ears, mut stop: oneshot::Receiver<()>) {
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
                // Whatever a person did comes first, then what was ordered and has ended. Codes that can wait are taken
                // only as fast as the journal takes them.
                biased;
                _ = &mut stop => break,
                Some(input) = ears.inputs.recv() => self.hear(input).await,
                Some(Frame { source, at, text }) = ears.frames.recv() => self.scan(source, at, text).await,
                Some(news) = ears.news.recv() => self.learn(news).await,
                Some(code) = ears.codes.recv(), if self.station.has_room_for_scans() => {
                    self.scan(Source::Keyboard, self.clock.wall(), code).await;
                }
                () = due => {
                    if station_due.is_some_and(|due| due <= self.clock.uptime()) {
                        self.tell(Event::Due { at: self.clock.wall() }).await;
                    }
                }
            }
        }
        self.supervisor.stopping();
        if tokio::time::timeout(ENDING_WITHIN, self.finish(&mut ears.news)).await.is_ok() {
            return;
        }
        // By now what is under way has been drawn: a slow line has its own time beside.
        let line_time = self.workers.line_time().min(LINE_TIME_MAX);
        self.supervisor.stopping_within(line_time + LINE_WITHIN);
        if tokio::time::timeout(line_time, self.finish(&mut ears.news)).await.is_err() {
            tracing::warn!("the station ends before its printer has: the next start asks about the label");
        }
    }

    /// Waits for the label that a printer has, and for the journal to know what came of it.
    async fn finish(&mut self, news: &mut mpsc::Receiver<News>) {
        self.tell(Event::Stopping { at: self.clock.wall() }).await;
        while self.station.is_at_work()
            && let Some(news) = news.recv().await
        {
            self.learn(news).await;
        }
    }

    async fn hear(&mut self, input: Input) {
        let at = self.clock.wall();
        match input {
            Input::Touch(touch) => self.tell(Event::Touched { at, touch, fresh: fresh_id() }).await,
            Input::Print(order) => self.tell(Event::PrintAsked { at, order, fresh: fresh_id() }).await,
            Input::Scan(source, text) => self.scan(source, at, text).await,
            Input::Key(key) => {
                if let Some(text) = self.keyboard.key(self.clock.uptime(), key) {
                    self.scan(Source::Keyboard, at, text).await;
                }
            }
        }
    }

    async fn scan(&mut self, source: Source, at: Timestamp, text: Box<str>) {
        self.tell(Event::Scanned { at, source, text, fresh: fresh_id() }).await;
    }

    async fn learn(&mut self, news: News) {
        match news {
            News::Event(event) => {
                self.learn_abilities().await;
                let seen =
                    if let Event::ScannerSeen { scanner, .. } = &*event { Some(*scanner) } else { None };
                self.tell(*event).await;
                self.say_ready_once(seen).await;
            }
            News::JournalRead { is_well } => self.supervisor.journal_read(self.clock.uptime(), is_well),
        }
    }

    /// Tells the station what the backend can do, before the first answer that rests on it, and when that has changed.
    async fn learn_abilities(&mut self) {
        let found = self.workers.abilities();
        if let Some(abilities) = found.filter(|_| found != self.told_abilities) {
            self.told_abilities = found;
            self.tell(Event::ContractFound { at: self.clock.wall(), abilities }).await;
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
        let contract = self.workers.contract().filter(|_| link == Link::Up);
        let is_same_contract = contract.is_none() || contract == self.told_contract;
        if link == self.told_link && is_same_contract {
            return;
        }
        let news = match &link {
            Link::Unknown => None,
            Link::Up => contract.clone().map(|contract| Line::LinkUp { contract }),
            Link::Down(fault) => Some(Line::LinkDown(fault.clone())),
        };
        let is_told = match news {
            Some(news) => self.say(news).await,
            None => true,
        };
        if is_told {
            self.told_link = link;
            self.told_contract = contract.or(self.told_contract.take());
        }
    }

    async fn say_ready_once(&mut self, seen: Option<usize>) {
        if let Some(scanner) = seen {
            self.unseen.remove(&scanner);
        }
        if self.unseen.is_empty() && !self.is_ready {
            self.supervisor.ready();
            self.is_ready = self.say(Line::Ready).await;
        }
    }

    /// Waits a moment for a reader that is slow, and goes on without one that stalls or is gone: the lines it does not
    /// get are missing in the count of `seq`. Whether the line was passed on, or nobody wants any.
    async fn say(&mut self, line: Line) -> bool {
        let is_told = if self.is_unread {
            self.lines.try_send(line).is_ok()
        } else {
            tokio::time::timeout(LINE_WITHIN, self.lines.send(line)).await.is_ok_and(|sent| sent.is_ok())
        };
        let was_unread = std::mem::replace(&mut self.is_unread, !is_told && !self.lines.is_closed());
        if self.is_unread && !was_unread {
            tracing::error!(
                "whoever reads the verdict lines has stalled: lines are left out until they are read"
            );
        }
        !self.is_unread
    }
}

fn fresh_id() -> IntentId {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("Linux gives random bytes once it has booted");
    IntentId::from_random(bytes)
}

/// The whole deadline of a label on a quick line (`printer::Limits`), and a second for the journal; `packaging`'s service
/// waits longer.
const ENDING_WITHIN: Duration = Duration::from_secs(16);

/// Two labels of 100 x 50 mm at 9600 bits a second; whoever stops a station waits no longer.
const LINE_TIME_MAX: Duration = Duration::from_secs(90);

/// A reader on this machine that does not take a line within it is no longer reading. No scan waits longer for it.
const LINE_WITHIN: Duration = Duration::from_secs(1);
