//! What the generated orders are made of.

use serde::Serialize;

use super::{Dice, Draft};
use crate::order::{Date, Delivery, OrderId, Stage, Store};

/// Where a finished cake may stand.
pub(super) const STORAGE: [&str; 4] = ["Fridge 1", "Fridge 2", "Coolroom", "Shelf A"];

/// The next free number of a store. The ranges leave out the curated orders' and do not meet, so that a bare number is
/// in both stores only where a curated order says so.
pub(super) fn number(store: Store, made: &mut u32) -> u32 {
    *made += 1;
    match store {
        Store::Bannos if *made < 5_000 => 18_700 + *made,
        Store::Bannos => 100_000 + *made,
        Store::Flourlane => 26_000 + *made,
    }
}

/// What a store counts: each product in each of its sizes, as `inventory_items` has it.
pub(super) fn items() -> impl Iterator<Item = Item> {
    PRODUCTS.iter().enumerate().flat_map(|(product, (title, sizes))| {
        sizes.iter().enumerate().map(move |(size, name)| Item {
            sku: format!("CAKE-{:02}-{}", product + 1, size + 1),
            title,
            size: name,
            // Some nearly gone, one sold out.
            ats: (product * 7 + size * 5) % 23,
        })
    })
}

/// A row of `inventory_items`, under the names of its columns, but for the store.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Item {
    sku: String,
    title: &'static str,
    size: &'static str,
    ats: usize,
}

/// One order, somewhere on its way.
pub(super) fn draft(id: OrderId, today: Date, dice: &mut Dice) -> Draft {
    let stage = match dice.below(100) {
        0..35 => Stage::Filling,
        35..55 => Stage::Covering,
        55..75 => Stage::Decorating,
        75..87 => Stage::Packing,
        _ => Stage::Complete,
    };
    // The later the stage, the nearer the day; Filling begins three days ahead.
    let (first_day, days) = match stage {
        Stage::Filling => (3, 5),
        Stage::Covering => (1, 3),
        Stage::Decorating => (0, 3),
        Stage::Packing => (-1, 3),
        Stage::Complete => (-1, 2),
    };
    let due = today.plus_days(first_day + dice.below(days).cast_signed());
    let (product, sizes) = dice.pick(&PRODUCTS);
    let is_cancelled = stage != Stage::Complete && dice.one_in(20);
    Draft {
        id,
        product,
        size: dice.pick(sizes),
        flavour: dice.pick(&FLAVOURS),
        writing: if dice.one_in(4) { "" } else { dice.pick(&WRITINGS) },
        notes: if dice.one_in(3) { dice.pick(&NOTES) } else { "" },
        customer: dice.pick(&CUSTOMERS),
        due: (!dice.one_in(60)).then_some(due),
        delivery: if dice.one_in(3) { Delivery::Delivery } else { Delivery::Pickup },
        stage,
        is_started: dice.one_in(3),
        is_cancelled,
        returned: (stage == Stage::Decorating && dice.one_in(8)).then(|| dice.pick(&REASONS)),
        entered_min: 3 + dice.below(240),
    }
}

const ROUND: &[&str] = &["6 inch", "8 inch", "10 inch", "12 inch"];

const PRODUCTS: [(&str, &[&str]); 14] = [
    ("Gelato Celebration Cake", ROUND),
    ("Chocolate Fudge", ROUND),
    ("Two tier wedding", &["10 inch", "12 inch"]),
    ("Kids unicorn", ROUND),
    ("Tiramisu slab", &["Half slab", "Full slab"]),
    ("Custom photo", &["10 inch", "12 inch"]),
    ("Kitchen slab", &["30 × 40", "40 × 60"]),
    ("Red Velvet", ROUND),
    ("Black Forest Gateau", ROUND),
    ("Number cake", &["One digit", "Two digits"]),
    ("Croquembouche", &["40 pieces", "80 pieces"]),
    ("Pavlova", &["8 inch", "10 inch"]),
    ("Baptism cross cake", ROUND),
    ("Vegan Berry Sponge", ROUND),
];

const FLAVOURS: [&str; 12] = [
    "Vanilla",
    "Chocolate",
    "Pistachio, Hazelnut",
    "Strawberry",
    "Hazelnut",
    "Stracciatella",
    "Lemon, Raspberry",
    "Salted caramel",
    "Cookies & cream",
    "Mango, Coconut",
    "Bacio",
    "",
];

const WRITINGS: [&str; 14] = [
    "Happy 30th Georgia!",
    "Χρόνια Πολλά Ελένη!",
    "Happy Birthday Oliver 🎂",
    "Να ζήσεις Γιώργο!",
    "Anna & Leo",
    "Congratulations Dr. O’Brien",
    "Buon compleanno, Zoë!",
    "Καλή επιτυχία Κωνσταντίνα 🎓",
    "Welcome baby Theodore 👶",
    "生日快乐 美玲",
    "عيد ميلاد سعيد ليلى",
    "Chúc mừng sinh nhật Ngọc Ánh",
    "Best. Mum. Ever. ❤",
    "50 & fabulous – love from all of us at number twenty-two",
];

const NOTES: [&str; 10] = [
    "NUT ALLERGY: no hazelnut, no pistachio, clean knives please.",
    "Gluten free base. Coeliac!",
    "Leave space for candles.",
    "Pickup before 9 am, side door.",
    "No eggs in the cream (allergy).",
    "Colours: sage green and white, no pink.",
    "Customer brings her own topper 🦄",
    "Χωρίς αλκοόλ, παρακαλώ.",
    "Extra board, 14 inch. Ring on arrival.",
    "Dairy free. Please call if the raspberries are not fresh: last time they were not, and the birthday child noticed \
     before anyone else did.",
];

const CUSTOMERS: [&str; 14] = [
    "Eleni Papadopoulou",
    "Ελένη Παπαδοπούλου",
    "Georgia Andrews",
    "Oliver Smith",
    "Zoë Müller",
    "Siobhán O’Brien",
    "Νίκος Παπαδάκης",
    "王美玲",
    "ليلى حداد",
    "Ngọc Ánh Trần",
    "Konstantinos Hatzigeorgiou-Papathanassopoulos",
    "Priya Raman",
    "Theo Marinos",
    "Jessica Lee",
];

/// Why quality control may send a cake back.
pub(super) const REASONS: [&str; 4] =
    ["Crack in the cover", "Writing misspelt", "Wrong colour", "Topper missing"];
