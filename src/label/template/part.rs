//! What a template places.

use serde::Deserialize;

/// A part of a label that has a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
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

    /// What a template's file calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Suffix => "suffix",
            Self::Due => "due",
            Self::Month => "month",
            Self::Body => "body",
            Self::Qr => "qr",
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
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

    /// What a template's file calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Size => "size",
            Self::Writing => "writing",
            Self::Notes => "notes",
        }
    }
}
