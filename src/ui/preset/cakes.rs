//! The cakes of the design's pictures, and those that hurt.

use std::sync::Arc;

use super::ago;
use crate::order::{Date, Delivery, Order, OrderId, Priority, Stage, Store, Suffix, Times};

/// A queue of `count` orders, those of the design first.
pub fn queue(count: u32) -> Arc<[Arc<Order>]> {
    let first = first();
    (0..count)
        .map(|nth| {
            if let Some(order) = first.get(nth as usize) {
                return Arc::clone(order);
            }
            let (product, size, flavour) = MORE[nth as usize % MORE.len()];
            let due = 2 + i32::try_from(nth).unwrap_or(i32::MAX) / 7;
            Arc::new(cake(Store::Bannos, 30_000 + nth, product, size, flavour, due))
        })
        .collect()
}

/// The design's queue of 23: six rows seen, 17 below them.
pub(super) fn on_the_list() -> Arc<[Arc<Order>]> {
    let more = (0..17_u32).map(|nth| {
        let (product, size, flavour) = MORE[nth as usize % MORE.len()];
        Arc::new(cake(Store::Bannos, 18_650 + nth, product, size, flavour, if nth < 4 { 0 } else { 3 }))
    });
    first().into_iter().chain(more).collect()
}

/// What stands in each stage while `filling` waits in Filling: a few of the others have somebody.
pub(super) fn stages(filling: &Arc<[Arc<Order>]>) -> [Arc<[Arc<Order>]>; Stage::WORKED.len()] {
    let stage = |stage: Stage, first: u32, count: u32| -> Arc<[Arc<Order>]> {
        let cakes = (0..count).map(|nth| {
            let (product, size, flavour) = MORE[(nth + first) as usize % MORE.len()];
            let store = if nth % 3 == 1 { Store::Flourlane } else { Store::Bannos };
            let mut cake =
                cake(store, first + nth, product, size, flavour, i32::try_from(nth / 3).unwrap_or(9));
            cake.stage = stage;
            cake.assignee = (nth % 4 != 0).then(|| "Jin".into());
            cake.times.filling_start = Some(ago(600));
            cake.times.filling_complete = Some(ago(240 + u64::from(nth)));
            cake.times.covering_complete = Some(ago(100 + u64::from(nth)));
            cake.times.decorating_complete = Some(ago(20 + u64::from(nth)));
            Arc::new(cake)
        });
        cakes.collect()
    };
    [
        Arc::clone(filling),
        stage(Stage::Covering, 18_420, 9),
        stage(Stage::Decorating, 18_380, 14),
        stage(Stage::Packing, 18_300, 6),
    ]
}

/// The same cake after Covering.
pub(super) fn elsewhere(cake: &Order) -> Arc<Order> {
    let times = Times {
        filling_start: Some(ago(200)),
        filling_complete: Some(ago(160)),
        covering_complete: Some(ago(89)),
        ..cake.times
    };
    let delivery = Some(Delivery::Delivery);
    let id = OrderId { number: 25_649, ..cake.id };
    Arc::new(Order {
        id,
        stage: Stage::Decorating,
        flavour: "Vanilla".into(),
        delivery,
        times,
        ..cake.clone()
    })
}

/// A cake whose writing has not been read yet.
pub(super) fn unread(cake: &Order) -> Arc<Order> {
    Arc::new(Order { writing: "".into(), is_writing_unread: true, ..cake.clone() })
}

/// Both cakes of a split order.
pub(super) fn siblings(first: &Arc<Order>) -> Vec<Arc<Order>> {
    let mut second = cake(Store::Bannos, 25_771, "Kitchen slab", "30 × 40", "Chocolate", 0);
    second.id.suffix = Suffix::nth(2);
    second.siblings = 2;
    second.stage = Stage::Covering;
    second.times.filling_start = Some(ago(80));
    second.times.filling_complete = Some(ago(53));
    vec![Arc::clone(first), Arc::new(second)]
}

/// The seven cakes of a wedding.
pub(super) fn wedding() -> Vec<Arc<Order>> {
    (1..=7)
        .map(|nth| {
            let (product, size, flavour) = MORE[usize::from(nth) % MORE.len()];
            let mut one = cake(Store::Bannos, 25_800, product, size, flavour, 0);
            one.id.suffix = Suffix::nth(nth);
            one.siblings = 7;
            one.writing = if nth % 2 == 0 { "Anna & Leo".into() } else { "".into() };
            Arc::new(one)
        })
        .collect()
}

/// Everything as long as customers make it.
pub(super) fn long() -> Arc<Order> {
    let mut long = cake(
        Store::Flourlane,
        1_225_649,
        "Extra large four tier buttercream celebration cake with fresh flowers and a hand painted topper",
        "14 inch + 12 inch + 10 inch + 8 inch",
        "Pistachio, Hazelnut, White Chocolate & Raspberry, Salted Caramel, Lemon Curd, Passionfruit",
        1,
    );
    long.writing =
        "Ευτυχισμένα τα 50ά γενέθλια 🎂🎉 Παναγιώτα – from all of us at the Marrickville bowling club ❤️"
            .into();
    long.notes = "ALLERGY: sesame and egg. Please call before delivery. ".repeat(95).into();
    Arc::new(long)
}

/// The six rows of the design.
pub(super) fn first() -> Vec<Arc<Order>> {
    let mut gelato =
        cake(Store::Bannos, 18_617, "Gelato Celebration Cake", "10 inch", "Pistachio, Hazelnut", -1);
    gelato.writing = "Χρόνια Πολλά Νίκο!".into();
    gelato.notes = "No nuts in the top tier (allergy). Leave space for candles.".into();
    let mut tier = cake(Store::Bannos, 25_771, "Two tier wedding", "12 inch", "Vanilla", 0);
    tier.id.suffix = Suffix::nth(1);
    tier.siblings = 2;
    tier.writing = "Anna & Leo".into();
    tier.notes = "Deliver before 11:00, ring at the side door.".into();
    let mut unicorn = cake(Store::Bannos, 18_640, "Kids unicorn", "8 inch", "Strawberry", 1);
    unicorn.writing = "Happy 6th Birthday Zoë 🦄".into();
    let rest = [
        cake(Store::Flourlane, 25_652, "Chocolate Fudge", "8 inch", "", 0),
        cake(Store::Flourlane, 25_661, "Tiramisu slab", "Half slab", "", 1),
        cake(Store::Bannos, 18_644, "Custom photo", "12 inch", "Hazelnut", 2),
    ];
    let [fudge, tiramisu, photo] = rest;
    [gelato, fudge, tier, unicorn, tiramisu, photo].into_iter().map(Arc::new).collect()
}

fn cake(store: Store, number: u32, product: &str, size: &str, flavour: &str, due_in: i32) -> Order {
    let today = Date::new(2026, 11, 23).unwrap_or_else(|| unreachable!("a day of the calendar"));
    Order {
        id: OrderId { store, number, suffix: None },
        stage: Stage::Filling,
        product: product.into(),
        size: size.into(),
        flavour: flavour.into(),
        writing: "".into(),
        is_writing_unread: false,
        notes: "".into(),
        customer: "Nikos P.".into(),
        due: Some(today.plus_days(due_in)),
        priority: if due_in <= 0 { Priority::High } else { Priority::Low },
        delivery: Some(Delivery::Pickup),
        assignee: None,
        storage: None,
        picture: None,
        times: Times::default(),
        rework: 0,
        returned: None,
        siblings: 1,
        marks: Vec::new(),
    }
}

/// Product, size and flavours of a cake shop's week.
const MORE: [(&str, &str, &str); 7] = [
    ("Red velvet", "8 inch", "Cream cheese"),
    ("Number cake 50", "2 digits", "Vanilla, Strawberry"),
    ("Mud cake", "10 inch", "Dark chocolate"),
    ("Gelato bombe", "9 inch", "Pistachio, Lemon"),
    ("Cupcakes", "24 pieces", "Assorted"),
    ("Carrot cake", "8 inch", "Walnut"),
    ("Opera slab", "Half slab", "Coffee"),
];
