//! The templates of this version: data only, in millimetres. Another stock is another entry.

/// A stock, and where everything is on it.
pub struct Stock {
    pub name: &'static str,
    pub width_mm: f32,
    pub height_mm: f32,
    /// For continuous stock: the body may grow until the label is this long, and what is below it moves down.
    pub grows_to_mm: Option<f32>,
    /// Each part: left, top, width and height, and the sizes of its text, an em.
    pub places: &'static [(Part, [f32; 4], &'static [f32])],
    /// What stands in the body, from the top; the first size is for a label with room for all, the last for one without.
    pub rows: &'static [(Row, &'static [f32])],
    /// Sizes of text on the labels that carry what did not fit.
    pub further_mm: &'static [f32],
}

/// A part of a label that has a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The order number.
    Number,
    /// Which cake of a split order, in a box; where it is in the number's place, the number gives way.
    Suffix,
    /// The due day, inverted.
    Due,
    /// Month, and pickup or delivery; inverted too where it is in the due day's place.
    Month,
    /// Its rows, which keep clear of month, suffix and QR code.
    Body,
    /// QR code of the order id and the copy.
    Qr,
    /// Code 128 of the exact cake, its quiet zones within.
    Code,
    /// The customer's name; where it is in the code's place, it takes what the code leaves.
    Customer,
    /// The mark of a copy; the same holds for it.
    Copy,
    /// Store, copy, time and station.
    Foot,
}

impl Part {
    pub const COUNT: usize = 10;
    pub const ALL: [Self; Self::COUNT] = [
        Self::Number,
        Self::Suffix,
        Self::Due,
        Self::Month,
        Self::Body,
        Self::Qr,
        Self::Code,
        Self::Customer,
        Self::Copy,
        Self::Foot,
    ];

    /// What a person calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Suffix => "suffix",
            Self::Due => "due day",
            Self::Month => "month",
            Self::Body => "body",
            Self::Qr => "QR code",
            Self::Code => "code",
            Self::Customer => "customer",
            Self::Copy => "copy",
            Self::Foot => "foot",
        }
    }

    pub fn has_text(self) -> bool {
        !matches!(self, Self::Body | Self::Qr | Self::Code)
    }

    /// Whether one of the two gives way to the other when both are drawn.
    pub fn may_touch(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Number, Self::Suffix)
                | (Self::Due, Self::Month)
                | (Self::Suffix | Self::Month, Self::Body)
                | (Self::Body, Self::Qr)
                | (Self::Code, Self::Customer | Self::Copy)
                | (Self::Customer, Self::Copy)
                | (Self::Copy, Self::Foot)
        )
    }
}

/// A row of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// What was ordered.
    Product,
    /// Size and flavour.
    Size,
    /// What is written on the cake.
    Writing,
    /// The customer's notes.
    Notes,
}

impl Row {
    pub const ALL: [Self; 4] = [Self::Product, Self::Size, Self::Writing, Self::Notes];

    /// What a person calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Size => "size",
            Self::Writing => "writing",
            Self::Notes => "notes",
        }
    }
}

pub static STOCKS: [Stock; 3] = [
    Stock {
        name: "62x29",
        width_mm: 62.0,
        height_mm: 29.0,
        grows_to_mm: None,
        places: &[
            (Part::Number, [1.5, 0.6, 40.5, 6.1], &[9.0]),
            (Part::Due, [43.0, 0.0, 19.0, 7.0], &[4.9]),
            (Part::Month, [43.0, 4.4, 19.0, 2.3], &[2.4]),
            (Part::Suffix, [44.5, 7.9, 16.5, 7.6], &[5.2]),
            (Part::Body, [1.5, 7.2, 59.5, 9.15], &[]),
            (Part::Code, [1.0, 16.4, 60.0, 10.0], &[]),
            (Part::Customer, [1.5, 26.9, 18.0, 1.7], &[2.1, 1.8, 1.6]),
            (Part::Copy, [20.0, 26.7, 8.0, 1.9], &[1.75]),
            (Part::Foot, [20.0, 26.9, 41.0, 1.7], &[1.75, 1.6]),
        ],
        rows: &[
            (Row::Product, &[2.8, 2.5, 2.2]),
            (Row::Size, &[2.4, 2.0, 1.75]),
            (Row::Writing, &[2.75, 2.4, 2.05]),
            (Row::Notes, &[2.4, 1.9]),
        ],
        further_mm: &[4.0, 3.4, 2.9, 2.6, 2.3],
    },
    Stock {
        name: "100x50",
        width_mm: 100.0,
        height_mm: 50.0,
        grows_to_mm: None,
        places: &[
            (Part::Number, [2.0, 1.5, 66.25, 9.25], &[12.5]),
            (Part::Suffix, [56.0, 1.5, 12.25, 9.25], &[6.0]),
            (Part::Due, [70.0, 0.0, 30.0, 11.0], &[8.25]),
            (Part::Month, [70.0, 12.0, 30.0, 3.0], &[3.375]),
            (Part::Body, [2.0, 12.25, 96.0, 23.5], &[]),
            (Part::Qr, [84.5, 17.25, 12.5, 12.5], &[]),
            (Part::Code, [1.25, 36.5, 96.75, 10.25], &[]),
            (Part::Customer, [1.25, 36.5, 96.75, 8.25], &[3.625, 3.125]),
            (Part::Copy, [1.25, 42.0, 96.75, 4.75], &[3.625]),
            (Part::Foot, [2.0, 47.25, 96.0, 2.0], &[2.375, 2.125]),
        ],
        rows: &[
            (Row::Product, &[4.75, 4.125, 3.625]),
            (Row::Size, &[3.875, 3.375]),
            (Row::Writing, &[4.5, 3.875, 3.375]),
            (Row::Notes, &[3.5]),
        ],
        further_mm: &[5.25, 4.5, 3.875, 3.375, 2.875],
    },
    Stock {
        name: "roll80",
        width_mm: 72.0,
        height_mm: 70.0,
        grows_to_mm: Some(150.0),
        places: &[
            (Part::Number, [2.0, 2.0, 68.0, 10.5], &[14.5]),
            (Part::Suffix, [52.0, 2.0, 18.0, 10.5], &[6.0]),
            (Part::Due, [0.0, 14.5, 72.0, 9.5], &[8.25]),
            (Part::Month, [36.0, 14.5, 36.0, 9.5], &[4.5]),
            (Part::Body, [2.0, 25.5, 68.0, 22.0], &[]),
            (Part::Qr, [56.5, 28.0, 12.5, 12.5], &[]),
            (Part::Code, [1.0, 48.5, 70.0, 12.0], &[]),
            (Part::Customer, [2.0, 61.5, 68.0, 4.1], &[3.625, 3.125]),
            (Part::Copy, [48.0, 61.5, 22.0, 4.1], &[3.625]),
            (Part::Foot, [2.0, 66.5, 68.0, 2.0], &[2.375, 2.125]),
        ],
        rows: &[
            (Row::Product, &[4.75, 4.125]),
            (Row::Size, &[3.875, 3.375]),
            (Row::Writing, &[4.5, 3.875]),
            (Row::Notes, &[3.75]),
        ],
        further_mm: &[5.25, 4.5, 3.875, 3.375, 2.875],
    },
];
