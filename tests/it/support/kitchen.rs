//! A Filling station as it prints: the real engine, the real printers' workers on real sockets, and printers whose trays are
//! looked into. The backend agrees with everything, and the journal keeps everything.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use ordak_station::label::{Label, Renderer, Template};
use ordak_station::order::{IntentId, Order, OrderId, Post, Stage, Store, Timestamp};
use ordak_station::printer::{self, Config, Language, Left, Limits, Printer, Seen};
use ordak_station::station::{
    Abilities, Answer, Dwell, Effect, Event, Found, Heard, Job, Kept, Lookup, Matter, PortState,
    PrinterFault, QueueRead, Record, Reply, Settings, Source, Station, Touch, Verdict,
};

use super::printer::{FakePrinter, Mood, Picture, Tongue, printed};

/// One sheet of paper: of which cake, which copy, which of its labels.
pub type Sheet = (OrderId, u8, usize);

pub struct Kitchen {
    pub station: Station,
    pub printers: Vec<FakePrinter>,
    /// What the station's journal holds of each label.
    pub jobs: BTreeMap<IntentId, Job>,
    /// What lies in the tray of each printer, and how often.
    pub trays: Vec<BTreeMap<Sheet, usize>>,
    /// What the station said, since it was last asked.
    pub verdicts: Vec<Verdict>,
    workers: Vec<Printer>,
    news: mpsc::Receiver<(usize, Seen)>,
    began: Instant,
    ids: u64,
    orders: BTreeMap<OrderId, Arc<Order>>,
    pens: Pens,
}

/// Who knows what each label looks like that was ever sent.
struct Pens {
    tongue: Tongue,
    language: Language,
    template: Template,
    renderer: Renderer,
    known: HashMap<u64, Sheet>,
    /// How many labels each copy has.
    sheets: BTreeMap<(OrderId, u8), usize>,
}

impl Kitchen {
    /// A station that knows these cakes, none of which has a label, and so many printers of one language.
    pub fn open(tongue: Tongue, printers: usize, orders: Vec<Order>, limits: Limits) -> Self {
        let names = ["first", "second"].into_iter().take(printers);
        let printers: Vec<_> = names.clone().map(|_| FakePrinter::speaking(tongue, Mood::Healthy)).collect();
        let (said, news) = mpsc::channel();
        let mut workers = Vec::new();
        for (place, (fake, name)) in printers.iter().zip(names.clone()).enumerate() {
            let said = said.clone();
            let report = move |seen| said.send((place, seen)).unwrap_or_default();
            let config = config(tongue, name, fake.port);
            workers.push(printer::spawn_within(limits, &config, STATION, Left::Whole, report).unwrap());
        }
        let mut kitchen = Self {
            station: Station::new(settings(names.map(Into::into).collect())),
            trays: vec![BTreeMap::new(); printers.len()],
            printers,
            jobs: BTreeMap::new(),
            verdicts: Vec::new(),
            workers,
            news,
            began: Instant::now(),
            ids: 0,
            orders: orders.into_iter().map(|order| (order.id, Arc::new(order))).collect(),
            pens: Pens::new(tongue),
        };
        let at = kitchen.at();
        kitchen.tell(Event::Recovered { at, kept: Kept::default() });
        kitchen.tell(Event::ContractFound { at, abilities: Abilities::default() });
        kitchen
    }

    /// Reads a code with the gun.
    pub fn scan(&mut self, code: &str) {
        let (at, fresh) = (self.at(), self.fresh());
        self.tell(Event::Scanned { at, source: Source::Scanner(0), text: code.into(), fresh });
    }

    /// A person says of a label in doubt whether it came out.
    pub fn say(&mut self, order: OrderId, is_out: bool) {
        let (at, fresh) = (self.at(), self.fresh());
        self.tell(Event::Touched { at, touch: Touch::Label { order, is_out }, fresh });
    }

    /// Waits until the station has said this, and tells all that it said meanwhile.
    pub fn hear_until(&mut self, is_said: impl Fn(&Answer) -> bool) -> Vec<Verdict> {
        let began = Instant::now();
        while !self.verdicts.iter().any(|verdict| is_said(&verdict.answer)) {
            self.hear(Duration::from_secs(1));
            assert!(began.elapsed() < Duration::from_mins(1), "it says only {:?}", self.verdicts);
        }
        std::mem::take(&mut self.verdicts)
    }

    /// Waits until the screen shows a printer able to work.
    pub fn hear_until_ready(&mut self, printer: usize) {
        let began = Instant::now();
        while self.state(printer) != PortState::Ready {
            self.hear(Duration::from_secs(1));
            assert!(began.elapsed() < Duration::from_mins(1), "it is {:?}", self.state(printer));
        }
    }

    /// A printer as the screen shows it.
    pub fn state(&self, printer: usize) -> PortState<PrinterFault> {
        self.station.view().printers[printer].state.clone()
    }

    /// Waits for a printer's word or a deadline of the station, so long at most; whether there was a word.
    pub fn hear(&mut self, within: Duration) -> bool {
        let due = self.station.next_deadline().map(|due| due.saturating_sub(self.began.elapsed()));
        let heard = self.news.recv_timeout(due.unwrap_or(within).min(within));
        let at = self.at();
        match heard {
            Ok((printer, seen)) => {
                self.look();
                self.tell(match seen {
                    Seen::Done { id, outcome, lacks } => Event::Printed { id, at, outcome, lacks },
                    Seen::State(state) => Event::PrinterSeen { at, printer, state },
                    Seen::Paper { is_low } => Event::PaperSeen { at, printer, is_low },
                });
                true
            }
            Err(RecvTimeoutError::Timeout) => {
                self.tell(Event::Due { at });
                false
            }
            Err(RecvTimeoutError::Disconnected) => panic!("a printer's worker has ended"),
        }
    }

    /// Looks into the trays.
    pub fn look(&mut self) {
        for (printer, tray) in self.printers.iter().zip(&mut self.trays) {
            for sheet in printer.collect().iter().flat_map(|strip| self.pens.read(strip)) {
                *tray.entry(sheet).or_default() += 1;
            }
        }
    }

    /// How often all labels of a copy lie in a printer's tray.
    pub fn out(&self, printer: usize, order: OrderId, copy: u8) -> usize {
        let Some(sheets) = self.pens.sheets.get(&(order, copy)) else { return 0 };
        let of = |page| self.trays[printer].get(&(order, copy, page)).copied().unwrap_or(0);
        (0..*sheets).map(of).min().unwrap_or(0)
    }

    /// Cakes whose label only a person can tell the fate of, with the job.
    pub fn in_doubt(&self) -> Vec<Job> {
        let cards = self.station.view().attention;
        let cards = cards.iter().filter(|card| card.matter == Matter::LabelUnconfirmed);
        cards.flat_map(|card| &card.intents).map(|intent| self.jobs[&intent.id].clone()).collect()
    }

    fn tell(&mut self, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let now = self.began.elapsed();
            for effect in self.station.handle(now, event) {
                events.extend(self.perform(effect));
            }
        }
    }

    fn perform(&mut self, effect: Effect) -> Option<Event> {
        let at = self.at();
        Some(match effect {
            Effect::Store { id, records } => {
                for record in records {
                    if let Record::Job(job) = record {
                        self.jobs.insert(job.intent, job);
                    }
                }
                Event::Stored { id, at, result: Ok(()) }
            }
            Effect::Send { id, intent } => {
                let order = Arc::make_mut(self.orders.get_mut(&intent.order).unwrap());
                let already = order.times.filling_start.is_some();
                order.times.filling_start.get_or_insert(at);
                let reply = Reply::Done {
                    already,
                    stage: order.stage,
                    rework: 0,
                    times: order.times,
                    details: None,
                    mark: None,
                };
                Event::Answered { id, at, reply }
            }
            Effect::Find { id, lookup, .. } => {
                let Lookup::Order(order) = lookup else { panic!("{lookup:?} is asked for") };
                let found = self.orders.get(&order).cloned().map_or(Found::Nothing, Found::One);
                Event::Read { id, at, result: Ok(found) }
            }
            Effect::Refresh { id, since } => {
                let orders = if since.is_none() { self.orders.values().cloned().collect() } else { vec![] };
                let read = QueueRead { is_whole: since.is_none(), orders, began_at: at, unreadable: 0 };
                Event::Refreshed { id, at, result: Ok(read) }
            }
            Effect::Report { id, .. } => Event::Reported { id, at, result: Ok(Heard::default()) },
            Effect::List { id } => Event::Listed { id, at, result: Ok(BTreeMap::new()) },
            Effect::Print { id, job, order } => {
                self.pens.learn(&order, job.copy);
                self.workers[job.printer].print(id, job, order, CLOCK.into()).unwrap();
                return None;
            }
            Effect::Sound { id, .. } => Event::Told { id },
            Effect::Tell { id, verdict } => {
                self.verdicts.push(verdict);
                Event::Told { id }
            }
        })
    }

    fn at(&self) -> Timestamp {
        Timestamp::from_micros(MORNING_MICROS).plus(self.began.elapsed())
    }

    fn fresh(&mut self) -> IntentId {
        self.ids += 1;
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.ids.to_be_bytes());
        IntentId::from_random(bytes)
    }
}

impl Pens {
    fn new(tongue: Tongue) -> Self {
        let template = Template::find(TEMPLATE, 203).unwrap();
        Self {
            tongue,
            language: tongue.name().parse().unwrap(),
            renderer: Renderer::new(template.clone()).unwrap(),
            template,
            known: HashMap::new(),
            sheets: BTreeMap::new(),
        }
    }

    /// Draws a label as a healthy printer would.
    fn learn(&mut self, order: &Order, copy: u8) {
        if self.sheets.contains_key(&(order.id, copy)) {
            return;
        }
        let pages = self.renderer.render(&Label { order, copy, station: STATION, clock: CLOCK }).pages;
        let bytes = printer::encode(self.language, &pages, &self.template);
        for (nth, picture) in printed(self.tongue, 8.0, &bytes).labels.iter().enumerate() {
            let sheet = (order.id, copy, nth);
            let other = self.known.insert(look_of(picture), sheet);
            assert_eq!(other, None, "nobody could tell it from {sheet:?}");
        }
        self.sheets.insert((order.id, copy), pages.len());
    }

    /// The whole labels on what came out in one piece. What a fault left of one stands above the label that came next.
    fn read(&self, strip: &Picture) -> Vec<Sheet> {
        let rows = self.template.height_dots() as usize;
        strip.rchunks(rows).filter_map(|label| self.known.get(&look_of(label)).copied()).collect()
    }
}

/// What tells a label from all others.
fn look_of(label: &[Vec<bool>]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for row in label {
        hasher.write(&row.iter().map(|dot| u8::from(*dot)).collect::<Vec<_>>());
    }
    hasher.finish()
}

fn settings(printers: Vec<Box<str>>) -> Settings {
    Settings {
        name: STATION.into(),
        post: Post::At(Stage::Filling),
        stores: Store::ALL.into_iter().collect(),
        // A gun reads as fast as the run goes.
        repeat_guard: Duration::ZERO,
        dwell: Dwell::default(),
        has_start_scans: false,
        is_read_only: false,
        printers,
        scanners: 1,
        performer: None,
    }
}

fn config(tongue: Tongue, name: &str, port: u16) -> Config {
    let language = tongue.name();
    let lines = format!(
        "name = {name:?}\nlanguage = {language:?}\ntransport = \"tcp://127.0.0.1:{port}\"\ntemplate = {TEMPLATE:?}"
    );
    toml::from_str(&lines).unwrap()
}

/// As a shop's, made short: what waits for nothing is not waited for.
pub const SHORT: Limits = Limits {
    connect: Duration::from_millis(200),
    answer: Duration::from_millis(80),
    proof: Duration::from_millis(80),
    unproved: Duration::from_millis(80),
    further: Duration::ZERO,
    poll: Duration::from_millis(2),
    job: Duration::from_millis(250),
    idle: Duration::from_millis(10),
};

const STATION: &str = "bannos-filling-1";
const CLOCK: &str = "10:43";
/// The smallest, since every dot of each is looked at.
const TEMPLATE: &str = "62x29";
/// Some working day.
const MORNING_MICROS: i64 = 1_763_899_200_000_000;
