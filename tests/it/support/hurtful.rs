//! Thirteen orders whose labels are hard to draw.

use ordak_station::order::{
    Date, Delivery, IntentId, Order, OrderId, Priority, Stage, Suffix, Times, Timestamp,
};
use ordak_station::station::{Job, JobState};

/// The `nth` print, of a label of this order, as its printer gets it.
pub fn sending(nth: u8, order: OrderId, copy: u8) -> Job {
    Job {
        intent: IntentId::from_random([nth; 16]),
        order,
        copy,
        is_reprint: false,
        printer: 0,
        state: JobState::Sending,
        queued_at: Timestamp::from_micros(0),
        out_at: None,
    }
}

/// Each with a name fit for a file.
pub fn orders() -> Vec<(&'static str, Order)> {
    let plain = plain();
    let greek = Order { siblings: 2, ..plain.clone() };
    let greek = Order { id: id("bannos-25771-A"), ..greek };
    let empty = Order {
        id: id("bannos-1000"),
        size: "".into(),
        flavour: "".into(),
        writing: "".into(),
        notes: "".into(),
        customer: "".into(),
        due: None,
        delivery: None,
        ..plain.clone()
    };
    let allergy = "SEVERE NUT ALLERGY: no nuts, no nut oils, no almond meal, clean bench and clean piping bags. \
        Mother will call at 9. Use the blue board, 14 inch. Candles: 4 and 0. Leave space at the top left for a \
        toy car of 60 mm that the customer brings. Do not write an age. The box must not be tied with ribbon.";
    let long_notes = Order { id: id("flourlane-25649"), notes: allergy.into(), ..plain.clone() };
    let endless = Order { notes: words(5000).into(), ..plain.clone() };
    let wide = Order {
        id: OrderId { number: u32::MAX, suffix: Suffix::nth(99), ..id("flourlane-1234") },
        siblings: 99,
        due: Date::new(2026, 12, 30),
        delivery: Some(Delivery::Delivery),
        product: "Three Tier Buttercream Wedding Celebration Cake with Fresh Seasonal Berries and Gold Leaf"
            .into(),
        customer: "Konstantina-Maria Papadimitrakopoulou-Wolfeschlegelsteinhausen".into(),
        ..plain.clone()
    };
    let joined = Order { product: "W".repeat(300).into(), customer: "i".repeat(300).into(), ..plain.clone() };
    let joined = Order { writing: "M".repeat(300).into(), size: "l".repeat(300).into(), ..joined };
    let emoji = Order {
        writing: "Happy Birthday Zoë 🎂🎉👩‍👩‍👧‍👦 ❤️".into(),
        notes: "🥜🚫 no nuts 🙏🏽 thanks! 🇬🇷".into(),
        ..plain.clone()
    };
    let foreign = Order {
        writing: "生日快乐 عيد ميلاد سعيد".into(),
        customer: "王小明".into(),
        notes: "बधाई हो · שלום".into(),
        ..plain.clone()
    };
    let control = Order {
        writing: "Line one\nline two\r\n\u{202e}desrever\u{0}\u{7}\u{85}\u{2029}end".into(),
        notes: "e\u{301}\u{301}\u{301}\u{301} Z\u{336}a\u{336}l\u{336}g\u{336}o\t\ttabs\u{feff}".into(),
        ..plain.clone()
    };
    let writing = Order {
        writing:
            "Congratulations Alexandros & Evangelia on your engagement — with all our love, from the whole \
            family in Marrickville, Thessaloniki and Melbourne, and from Yiayia and Pappou"
                .into(),
        ..plain.clone()
    };
    let unread = Order { writing: "".into(), is_writing_unread: true, ..plain.clone() };
    vec![
        ("greek-split", greek),
        ("empty", empty),
        ("long-notes", long_notes),
        ("endless-notes", endless),
        ("widest", wide),
        ("one-word-fields", joined),
        ("emoji", emoji),
        ("foreign", foreign),
        ("control", control),
        ("long-writing", writing),
        ("unread-writing", unread),
        ("twelfth-of-twelve", twelfth()),
        ("right-to-left", leftward()),
    ]
}

fn twelfth() -> Order {
    let twelfth = Order { id: id("flourlane-7654321-12"), siblings: 12, ..plain() };
    Order { due: Date::new(2026, 2, 28), delivery: Some(Delivery::Delivery), ..twelfth }
}

fn leftward() -> Order {
    Order {
        product: "كعكة الزفاف 3 طوابق".into(),
        customer: "محمد عبد الرحمن (2)".into(),
        notes: "حساسية شديدة من المكسرات: no nuts 100% ولا زيت اللوز. ".repeat(8).into(),
        ..plain()
    }
}

/// The order of the picture in the design, not split.
pub fn plain() -> Order {
    Order {
        id: id("bannos-18617"),
        stage: Stage::Filling,
        product: "Gelato Celebration Cake".into(),
        size: "10 inch".into(),
        flavour: "Pistachio, Hazelnut".into(),
        writing: "Χρόνια Πολλά Νίκο!".into(),
        is_writing_unread: false,
        notes: "No nuts in the top tier (allergy). Leave space for candles. Board 14 inch.".into(),
        customer: "Ελένη Παπαδοπούλου".into(),
        due: Date::new(2026, 11, 28),
        priority: Priority::Low,
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

/// An order id by its text.
pub fn id(text: &str) -> OrderId {
    text.parse().unwrap()
}

fn words(chars: usize) -> String {
    let words: Vec<String> = (1..=chars / 5).map(|count| format!("word{count}")).collect();
    words.join(" ")[..chars].to_owned()
}
