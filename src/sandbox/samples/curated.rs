//! The orders that every demonstration needs, in the places where it needs them.

use super::Draft;
use crate::order::{Date, Delivery, OrderId, Stage};

pub(super) fn drafts(today: Date) -> Vec<Draft> {
    let mut drafts = on_the_filling_bench(today);
    drafts.extend(split(today));
    drafts.extend(further_on(today));
    drafts
}

/// The queue of the design's pictures.
fn on_the_filling_bench(today: Date) -> Vec<Draft> {
    let cake = |id, product, size, flavour, days| plain(id, product, size, flavour, today.plus_days(days));
    vec![
        Draft {
            writing: "Χρόνια Πολλά Νίκο!",
            notes: "No nuts in the top tier (allergy). Leave space for candles.",
            customer: "Ελένη Παπαδοπούλου",
            ..cake("bannos-18617", "Gelato Celebration Cake", "10 inch", "Pistachio, Hazelnut", -1)
        },
        Draft {
            writing: "Happy 40th Con",
            ..cake("flourlane-25652", "Chocolate Fudge", "8 inch", "Chocolate", 0)
        },
        Draft {
            writing: "Happy Birthday Mia 🦄",
            customer: "Jessica Lee",
            ..cake("bannos-18640", "Kids unicorn", "8 inch", "Strawberry", 1)
        },
        Draft {
            delivery: Delivery::Delivery,
            is_started: true,
            ..cake("flourlane-25661", "Tiramisu slab", "Half slab", "", 1)
        },
        Draft {
            notes: "Photo is attached to the order. Crop out the dog.",
            ..cake("bannos-18644", "Custom photo", "12 inch", "Hazelnut", 2)
        },
        // Both stores have this number.
        cake("bannos-25649", "Red Velvet", "10 inch", "Vanilla", 2),
        cake("flourlane-25649", "Pavlova", "10 inch", "Mango, Coconut", 2),
        Draft { is_cancelled: true, ..cake("bannos-18622", "Number cake", "Two digits", "Vanilla", 2) },
    ]
}

/// Split orders: one number, several cakes.
fn split(today: Date) -> Vec<Draft> {
    let cake = |id, product, size, flavour, days| plain(id, product, size, flavour, today.plus_days(days));
    vec![
        Draft {
            writing: "Anna & Leo",
            customer: "Anna Marinos",
            ..cake("bannos-25771-A", "Two tier wedding", "12 inch", "Vanilla", 0)
        },
        Draft {
            customer: "Anna Marinos",
            stage: Stage::Covering,
            entered_min: 53,
            ..cake("bannos-25771-B", "Kitchen slab", "30 × 40", "Chocolate", 0)
        },
        Draft {
            stage: Stage::Packing,
            entered_min: 18,
            customer: "Theo Marinos",
            ..cake("flourlane-25660-A", "Baptism cross cake", "10 inch", "Vanilla", 1)
        },
        Draft {
            stage: Stage::Decorating,
            entered_min: 41,
            writing: "Θεόδωρος",
            customer: "Theo Marinos",
            ..cake("flourlane-25660-B", "Baptism cross cake", "8 inch", "Stracciatella", 1)
        },
        Draft {
            customer: "Theo Marinos",
            ..cake("flourlane-25660-C", "Croquembouche", "80 pieces", "Vanilla", 1)
        },
    ]
}

/// Orders past Filling, one in each place that a station meets.
fn further_on(today: Date) -> Vec<Draft> {
    let cake = |id, stage, product, days| Draft {
        stage,
        ..plain(id, product, "10 inch", "Vanilla", today.plus_days(days))
    };
    vec![
        Draft { entered_min: 95, ..cake("bannos-18611", Stage::Covering, "Chocolate Fudge", -1) },
        Draft { entered_min: 6, ..cake("flourlane-25644", Stage::Covering, "Gelato Celebration Cake", 0) },
        Draft {
            is_cancelled: true,
            entered_min: 80,
            ..cake("bannos-18614", Stage::Covering, "Black Forest Gateau", 0)
        },
        Draft {
            entered_min: 22,
            writing: "Να ζήσεις Γιώργο!",
            ..cake("bannos-18609", Stage::Decorating, "Red Velvet", 0)
        },
        Draft {
            returned: Some("Writing misspelt"),
            writing: "Congratulations Dr. O’Brien",
            customer: "Siobhán O’Brien",
            entered_min: 14,
            ..cake("flourlane-25641", Stage::Decorating, "Gelato Celebration Cake", 0)
        },
        Draft { entered_min: 9, ..cake("bannos-18605", Stage::Packing, "Kids unicorn", 0) },
        Draft { is_started: true, entered_min: 12, ..cake("flourlane-25640", Stage::Packing, "Pavlova", 0) },
        Draft { entered_min: 130, ..cake("bannos-18601", Stage::Complete, "Chocolate Fudge", 0) },
    ]
}

fn plain(
    id: &'static str,
    product: &'static str,
    size: &'static str,
    flavour: &'static str,
    due: Date,
) -> Draft {
    let id: OrderId = id.parse().expect("the ids above are canonical");
    Draft {
        id,
        product,
        size,
        flavour,
        writing: "",
        notes: "",
        customer: "Georgia Andrews",
        due: Some(due),
        delivery: Delivery::Pickup,
        stage: Stage::Filling,
        is_started: false,
        is_cancelled: false,
        returned: None,
        entered_min: 30,
    }
}
