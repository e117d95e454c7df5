use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::pictures;
use crate::order::{Action, Date, Delivery, OrderId, Stage, Store, Suffix, Times, Timestamp};

mod curated;
mod layout;
mod people;
mod shelf;
mod write;

pub use people::{PEOPLE, Person, STATIONS, Station};
pub(super) use write::{accounts, move_pictures, now, orders, shelves};

/// A cake shop's week: orders of both stores around one day, and how they came to where they stand.
#[derive(Debug, PartialEq)]
pub struct Samples {
    /// The orders, no id twice.
    pub orders: Vec<Sample>,
    /// What was done to them, oldest first.
    pub events: Vec<Step>,
}

/// A row of an orders table, under the names of its columns.
#[derive(Debug, PartialEq, Serialize)]
pub struct Sample {
    /// Names the cake.
    pub id: OrderId,
    shopify_order_id: u64,
    shopify_order_gid: String,
    shopify_order_number: u32,
    customer_name: String,
    product_title: String,
    size: String,
    flavour: String,
    cake_writing: String,
    product_image: String,
    notes: String,
    due_date: Option<Date>,
    delivery_method: Delivery,
    currency: &'static str,
    total_amount: u32,
    storage: Option<&'static str>,
    assignee_id: Option<&'static str>,
    /// Where the order stands.
    pub stage: Stage,
    #[serde(flatten)]
    times: Times,
    rework: u32,
    created_at: Timestamp,
}

/// A row of `stage_events`, under the names of its columns.
#[derive(Debug, PartialEq, Serialize)]
pub struct Step {
    order_id: OrderId,
    store: Store,
    stage: Stage,
    action: &'static str,
    performed_by: &'static str,
    station_id: &'static str,
    at: Timestamp,
    meta: Value,
}

/// What makes an order, before its history is told.
#[derive(Clone, Debug)]
struct Draft {
    id: OrderId,
    product: &'static str,
    size: &'static str,
    flavour: &'static str,
    writing: &'static str,
    notes: &'static str,
    customer: &'static str,
    due: Option<Date>,
    delivery: Delivery,
    stage: Stage,
    /// Whether what starts its stage was done: the label printed, the packing begun.
    is_started: bool,
    is_cancelled: bool,
    /// Why quality control sent it back, if it did.
    returned: Option<&'static str>,
    /// Minutes since it entered its stage.
    entered_min: u32,
}

impl Samples {
    /// At least the curated orders, and `count` if that is more, their pictures at the address `project`; the same for the
    /// same day and time, whoever asks.
    pub fn new(count: usize, today: Date, now: Timestamp, project: &str) -> Self {
        let mut dice = Dice(SEED);
        let mut drafts = curated::drafts(today);
        let mut made = [0, 0];
        while drafts.len() < count {
            let store = dice.pick(&Store::ALL);
            let number = shelf::number(store, &mut made[store as usize]);
            let cakes = if count - drafts.len() > 1 && dice.one_in(14) { 2 } else { 1 };
            for nth in 1..=cakes {
                let suffix = if cakes > 1 { Suffix::nth(nth) } else { None };
                drafts.push(shelf::draft(OrderId { store, number, suffix }, today, &mut dice));
            }
        }
        let mut samples = Self { orders: Vec::with_capacity(drafts.len()), events: Vec::new() };
        for draft in drafts {
            samples.tell(&draft, now, project, &mut dice);
        }
        samples.events.sort_by_key(|step| step.at);
        samples
    }

    /// Tells how the order came to where it stands, backward from now.
    fn tell(&mut self, draft: &Draft, now: Timestamp, project: &str, dice: &mut Dice) {
        let mut times = Times::default();
        let mut at = now.minus(minutes(draft.entered_min));
        if draft.is_cancelled {
            times.cancelled = Some(now.minus(minutes(draft.entered_min / 2)));
        }
        match draft.stage {
            Stage::Filling if draft.is_started => {
                times.filling_start = Some(self.step(draft, Action::Print, at, dice));
            }
            Stage::Packing if draft.is_started => {
                times.packing_start = Some(self.step(
                    draft,
                    Action::StartPacking,
                    at.plus(minutes(draft.entered_min / 2)),
                    dice,
                ));
            }
            _ => {}
        }
        if let (Stage::Decorating, Some(_)) = (draft.stage, draft.returned) {
            self.step(draft, Action::QcReturn, at, dice);
            for action in [Action::StartPacking, Action::CompleteDecorating] {
                at = at.minus(minutes(5 + dice.below(30)));
                self.step(draft, action, at, dice);
            }
            at = at.minus(minutes(20 + dice.below(60)));
        }
        let steps: [(Action, &mut Option<Timestamp>); 6] = [
            (Action::CompletePacking, &mut times.packing_complete),
            (Action::StartPacking, &mut times.packing_start),
            (Action::CompleteDecorating, &mut times.decorating_complete),
            (Action::CompleteCovering, &mut times.covering_complete),
            (Action::CompleteFilling, &mut times.filling_complete),
            (Action::Print, &mut times.filling_start),
        ];
        for (action, time) in steps.into_iter().filter(|(action, _)| action.stage() < Some(draft.stage)) {
            *time = Some(self.step(draft, action, at, dice));
            at = at.minus(minutes(12 + dice.below(70)));
        }
        let created_at = at.minus(minutes(600 + dice.below(7000)));
        self.orders.push(draft.sample(times, created_at, project, dice));
    }

    fn step(&mut self, draft: &Draft, action: Action, at: Timestamp, dice: &mut Dice) -> Timestamp {
        let stage = action.stage().expect("samples take the steps of stages only");
        let station = &STATIONS[stage as usize];
        let (action, meta) = match action {
            Action::Print => ("print", json!({})),
            Action::StartPacking => ("start", json!({})),
            Action::QcReturn => ("qc_return", json!({ "reason": draft.returned })),
            _ => ("complete", json!({})),
        };
        self.events.push(Step {
            order_id: draft.id,
            store: draft.id.store,
            stage: station.stage,
            action,
            performed_by: dice.pick(&PEOPLE).id,
            station_id: station.name,
            at,
            meta,
        });
        at
    }
}

impl Draft {
    fn sample(&self, times: Times, created_at: Timestamp, project: &str, dice: &mut Dice) -> Sample {
        let shopify_order_id = 5_400_000_000_000 + u64::from(self.id.number);
        let is_assigned = self.stage != Stage::Complete && !self.is_cancelled && dice.one_in(3);
        Sample {
            id: self.id,
            shopify_order_id,
            shopify_order_gid: format!("gid://shopify/Order/{shopify_order_id}"),
            shopify_order_number: self.id.number,
            customer_name: self.customer.to_owned(),
            product_title: self.product.to_owned(),
            size: self.size.to_owned(),
            flavour: self.flavour.to_owned(),
            cake_writing: self.writing.to_owned(),
            product_image: format!("{project}{}", pictures::path(self.product, self.flavour)),
            notes: self.notes.to_owned(),
            due_date: self.due,
            delivery_method: self.delivery,
            currency: "AUD",
            total_amount: 65 + 5 * dice.below(60),
            storage: (self.stage == Stage::Complete).then(|| dice.pick(&shelf::STORAGE)),
            assignee_id: is_assigned.then(|| dice.pick(&PEOPLE).id),
            stage: self.stage,
            times,
            rework: u32::from(self.returned.is_some()),
            created_at,
        }
    }
}

fn minutes(count: u32) -> Duration {
    Duration::from_secs(u64::from(count) * 60)
}

/// A fixed run of numbers (`SplitMix64`, Steele, Lea and Flood 2014), so that every run shows the same shop.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u32) -> u32 {
        (self.roll() % u64::from(bound)) as u32
    }

    fn one_in(&mut self, chances: u32) -> bool {
        self.below(chances) == 0
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[(self.roll() % choices.len() as u64) as usize]
    }
}

const SEED: u64 = 18_617;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn samples(count: usize) -> Samples {
        let (today, now) = ("2026-11-23".parse().unwrap(), "2026-11-23T00:43:12Z".parse().unwrap());
        Samples::new(count, today, now, "http://127.0.0.1:1")
    }

    #[test]
    fn the_same_day_gives_the_same_shop() {
        assert_eq!(samples(500), samples(500));
        let small = samples(60);
        assert_eq!(small.orders.len(), 60);
        assert_eq!(samples(20_000).orders.len(), 20_000);
    }

    #[test]
    fn the_shop_of_the_design_is_there() {
        let samples = samples(0);
        let order = |id: &str| samples.orders.iter().find(|order| order.id.to_string() == id).unwrap();
        let first = order("bannos-18617");
        assert_eq!((first.stage, first.cake_writing.as_str()), (Stage::Filling, "Χρόνια Πολλά Νίκο!"));
        assert!(first.due_date < Some("2026-11-23".parse().unwrap()));
        assert_eq!(order("bannos-25771-B").stage, Stage::Covering);
        assert!(samples.orders.iter().any(|order| order.times.cancelled.is_some()));
        assert!(samples.orders.iter().any(|order| order.rework > 0));
        let [bannos, flourlane] = Store::ALL.map(|store| {
            let of_store = samples.orders.iter().filter(|order| order.id.store == store);
            of_store.map(|order| order.shopify_order_number).collect::<BTreeSet<_>>()
        });
        assert!(bannos.intersection(&flourlane).count() > 0, "a number that both stores have");
    }

    #[test]
    fn what_is_counted_is_what_is_sold() {
        let items: BTreeSet<_> =
            shelf::items().map(|item| serde_json::to_value(item).unwrap()["sku"].to_string()).collect();
        assert_eq!(items.len(), shelf::items().count(), "an sku is there twice");
        assert!(shelf::items().eq(shelf::items()));
        let sold = samples(2000).orders;
        let is_sold = |item: &Value| {
            sold.iter().any(|order| item["title"] == order.product_title && item["size"] == order.size)
        };
        let mut unsold: Vec<_> = shelf::items().map(|item| serde_json::to_value(item).unwrap()).collect();
        unsold.retain(|item| !is_sold(item));
        assert!(unsold.is_empty(), "{unsold:?}");
    }

    #[test]
    fn no_cake_is_there_twice_and_a_number_is_split_or_not() {
        let samples = samples(20_000);
        let ids: BTreeSet<_> = samples.orders.iter().map(|order| order.id).collect();
        assert_eq!(ids.len(), samples.orders.len());
        let whole = ids.iter().filter(|id| id.suffix.is_none());
        for id in whole {
            assert!(!ids.contains(&OrderId { suffix: Suffix::nth(1), ..*id }), "{id} is whole and split");
        }
    }

    #[test]
    fn times_follow_the_work_and_never_lie_ahead() {
        let now = "2026-11-23T00:43:12Z".parse().unwrap();
        for order in samples(2000).orders {
            let Times {
                filling_start,
                filling_complete,
                covering_complete,
                decorating_complete,
                packing_start,
                packing_complete,
                cancelled,
            } = order.times;
            let times = [
                Some(order.created_at),
                filling_start,
                filling_complete,
                covering_complete,
                decorating_complete,
                packing_start,
                packing_complete,
                cancelled,
            ];
            let set: Vec<_> = times.into_iter().flatten().chain([now]).collect();
            assert!(set.is_sorted(), "{}: {set:?}", order.id);
            let completed = [filling_complete, covering_complete, decorating_complete, packing_complete];
            assert_eq!(completed.iter().flatten().count(), order.stage as usize, "{}", order.id);
        }
    }
}
