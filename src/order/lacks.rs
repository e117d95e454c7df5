use serde::{Deserialize, Serialize};

/// A part of a label that can be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LabelPart {
    /// What was ordered.
    Product,
    /// Size and flavour.
    Size,
    /// What is written on the cake.
    Writing,
    /// The customer's notes.
    Notes,
    /// The customer's name.
    Customer,
    /// Store, copy, time and station.
    Foot,
}

impl LabelPart {
    /// All of them, from the top of a label.
    pub const ALL: [Self; 6] =
        [Self::Product, Self::Size, Self::Writing, Self::Notes, Self::Customer, Self::Foot];
}

/// What a label does not show of its cake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lacks {
    /// A bit for each part that was cut.
    cuts: u8,
    has_boxes: bool,
    #[serde(default)]
    is_writing_unread: bool,
}

impl Lacks {
    /// These parts were cut; `has_boxes` tells that characters which no font has were drawn as boxes.
    pub fn new(cuts: impl IntoIterator<Item = LabelPart>, has_boxes: bool) -> Self {
        let cuts = cuts.into_iter().fold(0, |bits, part| bits | 1 << part as u8);
        Self { cuts, has_boxes, is_writing_unread: false }
    }

    /// The same of a label that was drawn before what is written on its cake was read, or not.
    #[must_use]
    pub fn unread(self, is_writing_unread: bool) -> Self {
        Self { is_writing_unread, ..self }
    }

    /// What was cut off and stands nowhere, from the top of the label.
    pub fn cuts(self) -> impl Iterator<Item = LabelPart> {
        LabelPart::ALL.into_iter().filter(move |part| self.cuts & 1 << *part as u8 != 0)
    }

    /// Whether characters were drawn as boxes.
    pub fn has_boxes(self) -> bool {
        self.has_boxes
    }

    /// Whether what is written on the cake was not read when the label was drawn.
    pub fn is_writing_unread(self) -> bool {
        self.is_writing_unread
    }

    /// Whether the label shows everything.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lacking_is_kept_in_the_order_of_the_label() {
        let lacks = Lacks::new([LabelPart::Foot, LabelPart::Product], false);
        assert_eq!(lacks.cuts().collect::<Vec<_>>(), [LabelPart::Product, LabelPart::Foot]);
        assert!(!lacks.is_none() && !lacks.has_boxes());
        assert!(Lacks::new([], false).is_none() && !Lacks::new([], true).is_none());
        assert!(!Lacks::new([], false).unread(true).is_none());
    }
}
