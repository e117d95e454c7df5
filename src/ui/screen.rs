//! Screens. Each has its state, its messages, and what it asks of the app: an [`Action`].

use std::sync::Arc;

use crate::order::{Order, OrderId};
use crate::station::Touch;

pub mod attention;
pub mod choose;
pub mod labels;
pub mod order;
pub mod search;
pub mod stages;
pub mod station;
pub mod troubles;
pub mod unassigned;

/// What a screen asks of the app.
#[derive(Clone, Debug)]
pub enum Action {
    /// Nothing.
    None,
    /// Tell the station what a finger did.
    Tell(Touch),
    /// Tell the station what a finger did, and go back to see its answer.
    TellAndReturn(Touch),
    /// Show all there is to know of a cake.
    Open(Arc<Order>),
    /// Show an order that is not open here, as far as the backend has it.
    OpenById(OrderId),
    /// Show the open cakes that a filter leaves.
    OpenStages(stages::Filter),
    /// Show the labels of today.
    OpenLabels,
    /// Show what can be chosen for a cake.
    Choose(choose::Choose),
    /// Show the list from there on, in pixels from its top.
    ScrollTo(f32),
    /// Go back to where this screen was opened from.
    Return,
}
