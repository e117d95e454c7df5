//! The domain's words: what an order is, where it stands, how it is named. No rules of the station, no IO.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub mod code;
mod detail;
mod intent_id;
mod lacks;
mod picture;
mod staff;
mod stage;
mod store;
mod time;

pub use detail::{Detail, Details, Staff};
pub use intent_id::IntentId;
pub use lacks::{LabelPart, Lacks};
pub use picture::PictureFault;
pub use staff::StaffId;
pub use stage::{Action, Post, Stage};
pub use store::Store;
pub use time::{Date, Timestamp, Weekday};

/// One cake's order, as the backend last told it. Text is as typed by a customer: any language, any length. What many
/// orders have in common is shared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Names exactly one cake.
    pub id: OrderId,
    /// Where the order stands.
    pub stage: Stage,
    /// What was ordered, such as "Gelato Celebration Cake".
    pub product: Arc<str>,
    /// Size as sold, such as "10 inch"; empty when there is none.
    pub size: Arc<str>,
    /// Flavours, comma separated; empty when there are none.
    pub flavour: Arc<str>,
    /// What is written on the cake; empty when nothing is.
    pub writing: Box<str>,
    /// Whether what is written on it is still to be read: until then `writing` is empty and says nothing.
    #[serde(default)]
    pub is_writing_unread: bool,
    /// The customer's notes, allergies among them; empty when there are none.
    pub notes: Box<str>,
    /// The customer's name: on the label and the screen, never in a log.
    pub customer: Box<str>,
    /// The day it must be ready, in the shop's time zone.
    pub due: Option<Date>,
    /// As the backend derives it from the due date.
    pub priority: Priority,
    /// How it leaves the shop.
    pub delivery: Option<Delivery>,
    /// Who it is assigned to in its stage, by name.
    pub assignee: Option<Arc<str>>,
    /// Where the finished cake stands, such as "Fridge 2".
    pub storage: Option<Arc<str>>,
    /// Address of its picture.
    pub picture: Option<Arc<str>>,
    /// The stage timestamps.
    pub times: Times,
    /// How many times quality control has sent it back.
    pub rework: u32,
    /// The last return, while the order is still on its way through Decorating after it.
    pub returned: Option<Box<Return>>,
    /// How many cakes of this store share the order number, this one included: 1 unless the order is split.
    pub siblings: u8,
    /// Who did what, newest last; empty unless the order was read by its exact id.
    #[serde(default)]
    pub marks: Vec<Mark>,
}

impl Order {
    /// When the order entered the stage it is in, as far as its timestamps tell.
    pub fn entered_at(&self) -> Option<Timestamp> {
        match self.stage {
            Stage::Filling => None,
            Stage::Covering => self.times.filling_complete,
            Stage::Decorating => match &self.returned {
                Some(back) => Some(back.at),
                None => self.times.covering_complete,
            },
            Stage::Packing => self.times.decorating_complete,
            Stage::Complete => self.times.packing_complete,
        }
    }

    /// The newest mark of `action`, if the order was read with its history.
    pub fn mark(&self, action: Action) -> Option<&Mark> {
        self.marks.iter().rev().find(|mark| mark.action == action)
    }

    /// When the stage that the order is in was started by a scan of its own, since its last return, as far as its history
    /// tells.
    pub fn started_at(&self) -> Option<Timestamp> {
        let is_of_now = |mark: &&Mark| mark.action != Action::QcReturn;
        let start = self.stage.start();
        let mut marks = self.marks.iter().rev().take_while(is_of_now);
        marks.find(|mark| Some(mark.action) == start).map(|mark| mark.at)
    }

    /// Whether the order is one of several cakes under one number.
    pub fn is_split(&self) -> bool {
        self.siblings > 1
    }
}

/// Names one cake: store, order number and, for one cake of a split order, its suffix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId {
    /// Whose order it is.
    pub store: Store,
    /// The number customers see; shared by the cakes of a split order.
    pub number: u32,
    /// Which cake of a split order.
    pub suffix: Option<Suffix>,
}

impl OrderId {
    /// All that a number of a store can name: the order whole, and each cake of it when it is split.
    pub fn all_of(store: Store, number: u32) -> RangeInclusive<Self> {
        let last = Some(Suffix(SUFFIX_MAX));
        Self { store, number, suffix: None }..=Self { store, number, suffix: last }
    }

    /// What the label's Code 128 carries: `#B18617`, `#B25771-A`.
    pub fn barcode(&self) -> String {
        match self.suffix {
            Some(suffix) => format!("#{}{}-{suffix}", self.store.letter(), self.number),
            None => format!("#{}{}", self.store.letter(), self.number),
        }
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.store, self.number)?;
        self.suffix.map_or(Ok(()), |suffix| write!(f, "-{suffix}"))
    }
}

/// Text that is not an order id of the form `bannos-18617` or `bannos-25771-A`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAnOrderId;

impl fmt::Display for NotAnOrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an order id like bannos-18617 or bannos-25771-A")
    }
}

impl std::error::Error for NotAnOrderId {}

impl FromStr for OrderId {
    type Err = NotAnOrderId;

    /// Reads the canonical form only; what a gun may read is wider and lives in [`code`].
    fn from_str(text: &str) -> Result<Self, NotAnOrderId> {
        let mut parts = text.splitn(3, '-');
        let store = parts.next().and_then(|part| part.parse().ok()).ok_or(NotAnOrderId)?;
        let digits = parts.next().ok_or(NotAnOrderId)?;
        if digits.starts_with('0') || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotAnOrderId);
        }
        let number = digits.parse().map_err(|_| NotAnOrderId)?;
        let suffix = parts.next().map(|part| part.parse().map_err(|_| NotAnOrderId)).transpose()?;
        Ok(Self { store, number, suffix })
    }
}

impl Serialize for OrderId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for OrderId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Which cake of a split order, from 1: `A` to `J`, then `11`, `12` and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Suffix(u8);

impl Suffix {
    /// The `nth` cake of a split order, from 1 to 99.
    pub fn nth(nth: u8) -> Option<Self> {
        (1..=SUFFIX_MAX).contains(&nth).then_some(Self(nth))
    }

    /// Its place among the cakes of the order, from 1.
    pub fn place(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Suffix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            nth @ 1..=10 => write!(f, "{}", char::from(b'A' + nth - 1)),
            nth => write!(f, "{nth}"),
        }
    }
}

impl FromStr for Suffix {
    type Err = NotAnOrderId;

    fn from_str(text: &str) -> Result<Self, NotAnOrderId> {
        match *text.as_bytes() {
            [letter @ b'A'..=b'J'] => Ok(Self(letter - b'A' + 1)),
            [tens @ b'1'..=b'9', ones @ b'0'..=b'9'] if (tens, ones) > (b'1', b'0') => {
                Ok(Self((tens - b'0') * 10 + ones - b'0'))
            }
            _ => Err(NotAnOrderId),
        }
    }
}

/// How soon an order is due, as the backend derives it: `High` is today or overdue, `Medium` tomorrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Priority {
    /// Due today or overdue.
    High,
    /// Due tomorrow.
    Medium,
    /// Due later, or without a due date.
    Low,
}

/// How a cake leaves the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Delivery {
    /// The customer fetches it.
    Pickup,
    /// A driver takes it.
    Delivery,
}

/// The timestamps of an order. A return by quality control takes those of Decorating and Packing back; else none, once
/// set, changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Times {
    /// Its label came out (in Filling).
    #[serde(rename = "filling_start_ts")]
    pub filling_start: Option<Timestamp>,
    /// Filling was completed.
    #[serde(rename = "filling_complete_ts")]
    pub filling_complete: Option<Timestamp>,
    /// Covering was completed.
    #[serde(rename = "covering_complete_ts")]
    pub covering_complete: Option<Timestamp>,
    /// Decorating was completed.
    #[serde(rename = "decorating_complete_ts")]
    pub decorating_complete: Option<Timestamp>,
    /// Packing was started.
    #[serde(rename = "packing_start_ts")]
    pub packing_start: Option<Timestamp>,
    /// Packing was completed.
    #[serde(rename = "packing_complete_ts")]
    pub packing_complete: Option<Timestamp>,
    /// The office cancelled the order.
    #[serde(rename = "cancelled_at")]
    pub cancelled: Option<Timestamp>,
}

impl Times {
    /// When `action` was done to the order, if it was and has a timestamp.
    pub fn of(&self, action: Action) -> Option<Timestamp> {
        match action {
            Action::Print => self.filling_start,
            Action::CompleteFilling => self.filling_complete,
            Action::CompleteCovering => self.covering_complete,
            Action::CompleteDecorating => self.decorating_complete,
            Action::StartPacking => self.packing_start,
            Action::CompletePacking => self.packing_complete,
            Action::Reprint
            | Action::StartCovering
            | Action::StartDecorating
            | Action::QcReturn
            | Action::Assign
            | Action::SetStorage => None,
        }
    }
}

/// A return by quality control.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    /// Why it came back, in the words of who sent it.
    pub reason: Box<str>,
    /// When it came back.
    pub at: Timestamp,
}

/// One line of an order's history: who did what, where and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// What was done.
    pub action: Action,
    /// When, in server time.
    pub at: Timestamp,
    /// By whom, by name.
    pub by: Option<Box<str>>,
    /// At which station.
    pub station: Option<Box<str>>,
}

/// Two characters are all the suffix of the backend ever has (`contract.md` 3: after `-J` come `-11`, `-12`).
const SUFFIX_MAX: u8 = 99;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_id_reads_back_as_it_was_written() {
        for text in ["bannos-18617", "flourlane-25649", "bannos-25771-A", "bannos-25771-J", "bannos-25771-11"]
        {
            assert_eq!(text.parse::<OrderId>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_not_canonical_is_no_order_id() {
        for text in [
            "",
            "bannos",
            "bannos-",
            "bannos-0123",
            "bannos-+12",
            "bannos-1-K",
            "bannos-1-10",
            "Bannos-1",
            "bannos-99999999999",
        ] {
            assert_eq!(text.parse::<OrderId>(), Err(NotAnOrderId), "{text}");
        }
    }

    #[test]
    fn a_label_carries_the_exact_cake() {
        assert_eq!("bannos-25771-A".parse::<OrderId>().unwrap().barcode(), "#B25771-A");
        assert_eq!("flourlane-25649".parse::<OrderId>().unwrap().barcode(), "#F25649");
    }
}
