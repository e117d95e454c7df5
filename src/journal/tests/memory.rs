//! What an earlier life knew, and what the engine was told: as it was, in files for this account only, and bounded.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::*;
use crate::journal::copy::News;
use crate::journal::diary::{Diary, Told};
use crate::journal::memory;
use crate::order::{Delivery, Order, Post, Priority, Store, Times};
use crate::station::{Choices, Dwell, Effect, Event, LinkFault, QueueRead, Reply, Settings, Station, View};

fn settings() -> Settings {
    Settings {
        name: "bannos-covering-1".into(),
        post: Post::At(Stage::Covering),
        stores: BTreeSet::from(Store::ALL),
        repeat_guard: Duration::from_secs(2),
        dwell: Dwell { covering: Duration::ZERO, ..Dwell::default() },
        is_read_only: false,
        has_start_scans: false,
        printers: Vec::new(),
        scanners: 1,
        performer: None,
    }
}

fn cake(number: u32, stage: Stage) -> Arc<Order> {
    Arc::new(Order {
        id: order(number),
        stage,
        product: "Gelato".into(),
        size: "10 inch".into(),
        flavour: "".into(),
        writing: "Χρόνια πολλά 🎂".into(),
        is_writing_unread: false,
        notes: "NUTS".into(),
        customer: "Maria Canary".into(),
        due: "2026-11-24".parse().ok(),
        priority: Priority::High,
        delivery: Some(Delivery::Pickup),
        assignee: None,
        storage: Some("Fridge 2".into()),
        picture: None,
        times: Times { filling_complete: Some(day(19)), ..Times::default() },
        rework: 0,
        returned: None,
        siblings: 1,
        marks: Vec::new(),
    })
}

fn read(is_whole: bool, orders: &[Arc<Order>]) -> Event {
    let read = QueueRead { is_whole, orders: orders.to_vec(), began_at: day(20), unreadable: 0 };
    Event::Refreshed { id: EffectId(1), at: day(20), result: Ok(read) }
}

fn choices() -> BTreeMap<Store, Choices> {
    BTreeMap::from([(Store::Bannos, Choices { staff: None, places: Some(vec!["Fridge 2".into()]) })])
}

/// A life that is told `events`, and what it recalled first.
fn life(place: &Place, events: &[Event]) -> Recalled {
    let (tell, told) = mpsc::channel();
    let memory = remember(&place.config, &settings(), move |found| tell.send(found).unwrap()).unwrap();
    let recalled = told.recv().unwrap();
    for event in events {
        memory.keep(Duration::from_secs(1), event);
    }
    recalled
}

fn place() -> Place {
    let place = Place::new();
    drop(place.open());
    // Its times are in the past of whoever runs this.
    Place { config: Config { retention: Duration::from_hours(24 * 36_500), ..place.config }, ..place }
}

#[test]
fn a_life_knows_what_the_one_before_it_read() {
    let place = place();
    assert_eq!(life(&place, &[]), Recalled::default());
    let [one, two, three] = [1, 2, 3].map(|number| cake(number, Stage::Covering));
    let moved = cake(2, Stage::Decorating);
    let listed = Event::Listed { id: EffectId(2), at: day(20), result: Ok(choices()) };
    life(&place, &[read(true, &[one.clone(), two]), read(false, &[moved.clone(), three.clone()]), listed]);
    let known = Recalled {
        orders: vec![one, moved.clone(), three.clone()],
        read_at: Some(day(20)),
        choices: choices(),
    };
    assert_eq!(life(&place, &[read(true, &[moved.clone(), three.clone()])]), known);
    assert_eq!(life(&place, &[]).orders, [moved, three], "what a whole read lacks is gone");
}

#[test]
fn a_copy_older_than_the_retention_is_not_recalled() {
    let place = place();
    life(&place, &[read(true, &[cake(1, Stage::Covering)])]);
    let place = Place { config: Config { retention: Duration::from_hours(1), ..place.config }, ..place };
    assert_eq!(life(&place, &[]), Recalled::default());
}

#[test]
fn only_what_changed_is_written() {
    let known: BTreeMap<_, _> = (1..=20_000).map(|nth| (order(nth), cake(nth, Stage::Covering))).collect();
    let mut orders: Vec<_> = known.values().cloned().collect();
    orders[7] = cake(8, Stage::Decorating);
    orders[8] = Arc::new(Order::clone(&orders[8]));
    let gone = orders.pop().unwrap().id;
    let read = QueueRead { is_whole: true, orders, began_at: day(20), unreadable: 0 };
    let news = News::of(&read, &known);
    let changed: Vec<_> = news.changed.iter().map(|order| order.id).collect();
    assert_eq!((changed, news.gone), (vec![order(8)], vec![gone]));
}

#[test]
fn its_files_are_for_the_stations_account_only() {
    let place = place();
    let (tell, told) = mpsc::channel();
    let memory = remember(&place.config, &settings(), move |found| tell.send(found).unwrap()).unwrap();
    told.recv().unwrap();
    memory.keep(Duration::ZERO, &read(true, &[cake(1, Stage::Covering)]));
    let path = memory::path(&place.config.path);
    for ending in ["", "-wal", "-shm"] {
        let mode = fs::metadata(file::beside(&path, ending)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{ending}");
    }
}

#[test]
fn a_damaged_memory_begins_anew_and_the_journal_does_not_mind() {
    let place = place();
    life(&place, &[read(true, &[cake(1, Stage::Covering)])]);
    fs::write(memory::path(&place.config.path), vec![0x5a; 20_000]).unwrap();
    let recalled = life(&place, &[read(true, &[cake(2, Stage::Covering)])]);
    assert_eq!(recalled, Recalled::default());
    assert_eq!(life(&place, &[]).orders, [cake(2, Stage::Covering)]);
    assert_eq!(place.open().1.notices, []);
}

#[test]
fn a_garbled_order_is_not_recalled_as_another() {
    let place = place();
    life(&place, &[read(true, &[cake(1, Stage::Covering), cake(2, Stage::Covering)])]);
    let memory = Connection::open(memory::path(&place.config.path)).unwrap();
    memory
        .execute("update orders set body = replace(body, 'NUTS', 'none') where key = 'bannos-1'", [])
        .unwrap();
    drop(memory);
    assert_eq!(life(&place, &[]).orders, [cake(2, Stage::Covering)]);
}

/// What stands around an engine: everything it orders is done at once.
struct World {
    station: Station,
    now: Duration,
    told: Vec<(Duration, Event)>,
    ordered: Vec<Vec<Effect>>,
    orders: Vec<Arc<Order>>,
    is_whole: bool,
}

impl World {
    fn tell(&mut self, events: impl Into<VecDeque<Event>>) {
        let mut events = events.into();
        while let Some(event) = events.pop_front() {
            self.now += Duration::from_nanos(1_234_567_891);
            self.told.push((self.now, event.clone()));
            let effects = self.station.handle(self.now, event);
            events.extend(effects.iter().map(|effect| self.done(effect)));
            self.ordered.push(effects);
        }
    }

    fn done(&mut self, effect: &Effect) -> Event {
        let at = day(20).plus(self.now);
        match effect {
            Effect::Store { id, .. } => Event::Stored { id: *id, at, result: Ok(()) },
            Effect::Send { id, intent } => {
                let times = Times { covering_complete: Some(at), ..Times::default() };
                let reply = Reply::Done {
                    already: false,
                    stage: Stage::Decorating,
                    rework: intent.rework,
                    times,
                    details: None,
                    mark: None,
                };
                Event::Answered { id: *id, at, reply }
            }
            Effect::Find { id, .. } => Event::Read { id: *id, at, result: Err(LinkFault::TimedOut) },
            Effect::Refresh { id, .. } => {
                let orders = self.orders.clone();
                let read = QueueRead { is_whole: self.is_whole, orders, began_at: at, unreadable: 1 };
                Event::Refreshed { id: *id, at, result: Ok(read) }
            }
            Effect::Report { id, .. } => Event::Reported { id: *id, at, result: Err(LinkFault::Server(502)) },
            Effect::List { id } => Event::Listed { id: *id, at, result: Ok(choices()) },
            Effect::Print { .. } => panic!("this station has no printer"),
            Effect::Sound { id, .. } | Effect::Tell { id, .. } => Event::Told { id: *id },
        }
    }
}

#[test]
fn a_day_is_replayed_from_the_diary() {
    let place = place();
    life(&place, &[read(true, &[cake(1, Stage::Covering), cake(9, Stage::Covering)])]);
    let (tell, told) = mpsc::channel();
    let memory = remember(&place.config, &settings(), move |found| tell.send(found).unwrap()).unwrap();
    let Recalled { read_at, orders, choices } = told.recv().unwrap();
    let mut world = World {
        station: Station::new(settings()),
        now: Duration::ZERO,
        told: Vec::new(),
        ordered: Vec::new(),
        // More than one line takes, after what an earlier life knew.
        orders: (1..700).filter(|nth| *nth != 9).map(|nth| cake(nth, Stage::Covering)).collect(),
        is_whole: true,
    };
    let kept = Kept { intents: vec![intent(1, IntentState::Open)], last_seq: 1, ..Kept::default() };
    let recalled = Event::Recalled { at: day(20), read_at, orders, choices };
    world.tell([Event::Recovered { at: day(20), kept }, recalled]);
    world.tell([Event::Due { at: day(20) }]);
    world.is_whole = false;
    world.orders = vec![cake(2, Stage::Covering), cake(4, Stage::Covering)];
    for (nth, code) in ["#B2", "#B3", "#B999", "garbage", "#B4"].into_iter().enumerate() {
        let at = day(20).plus(world.now);
        let fresh = IntentId::from_random([nth as u8 + 50; 16]);
        world.tell([Event::Scanned { at, source: Source::Scanner(0), text: code.into(), fresh }]);
        world.tell([Event::Due { at }]);
    }
    for (now, event) in &world.told {
        memory.keep(*now, event);
    }
    drop(memory);
    let is_read = |whole| move |(_, event): &(Duration, Event)| matches!(event, Event::Refreshed { result: Ok(read), .. } if read.is_whole == whole);
    assert!(world.told.iter().any(is_read(true)) && world.told.iter().any(is_read(false)));

    let lives = lives(&place.config.path).unwrap();
    let day = lives.last().unwrap();
    assert!(day.is_whole && lives.len() == 2);
    assert_eq!(day.settings.name, settings().name);
    assert_eq!(day.events, world.told);
    let mut again = Station::new(day.settings.clone());
    let ordered: Vec<_> = day.events.iter().map(|(now, event)| again.handle(*now, event.clone())).collect();
    assert_eq!(ordered, world.ordered);
    let shown = |view: View| format!("{view:?}");
    assert_eq!(shown(again.view()), shown(world.station.view()));
}

#[test]
fn the_diary_is_bounded_by_size_and_by_time() {
    let place = place();
    life(&place, &[read(true, &[cake(1, Stage::Covering)])]);
    let mut connection = Connection::open(memory::path(&place.config.path)).unwrap();
    let known = BTreeMap::from([(order(1), cake(1, Stage::Covering))]);
    let mut diary = Diary::begin(&mut connection, &settings(), &known, day(1)).unwrap();
    diary.size_max_bytes = 2_000;
    for nth in 0..200 {
        let text: Box<str> = format!("#B{nth}").into();
        let fresh = IntentId::from_random([nth; 16]);
        diary.note(
            Duration::ZERO,
            &Told::Event(Event::Scanned { at: day(20), source: Source::Touch, text, fresh }),
        );
        diary.flush(&mut connection).unwrap();
    }
    let size: i64 =
        connection.query_row("select sum(length(body)) from pages", [], |row| row.get(0)).unwrap();
    assert!((1_000..2_000).contains(&size), "{size}");
    let left = lives(&place.config.path).unwrap();
    assert_eq!((left.len(), left[0].is_whole), (1, false), "the older life is gone, and this one's begin");
    Diary::begin(&mut connection, &settings(), &BTreeMap::new(), now().plus(Duration::from_mins(1))).unwrap();
    let left = lives(&place.config.path).unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].events, [], "what was older than the retention");
}
