//! Every sentence a person reads: one catalogue, by verdict and by fault. The words of answers and faults hold nothing
//! that a customer wrote and may go to a log; those that describe a cake may not.

mod answer;
pub mod devices;
pub mod doctor;
mod fault;
pub mod journal;
mod pages;
mod question;
mod screen;
pub mod setup;
pub mod sheet;
pub mod startup;
pub mod template;
mod time;

pub use answer::{answer, label_at, label_expected, label_lacks, text};
pub use fault::{
    Told, card, card_name, close_asks, full, link, parked, printer, refusal, scanner, store_fault,
};
pub use pages::*;
pub use question::{beyond_the_cards, confirm, picks, standing};
pub use screen::*;
pub use time::{Clock, Due, age, day, due, hour, second, span, when};

/// An answer in words, biggest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// Huge: the cake's number or, where there is none, what is wrong or asked.
    pub headline: String,
    /// Big: what is so now; empty where the headline says it all.
    pub line: String,
    /// What it means for the hands: where next, who, what to do.
    pub sentence: String,
}
