//! Screens. Each has its state, its messages, and what it asks of the app: an [`Action`].

use std::sync::Arc;

use crate::order::Order;
use crate::station::Touch;

pub mod attention;
pub mod order;
pub mod station;
pub mod troubles;

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
    /// Show what a person must decide.
    OpenAttention,
    /// Show what the chips in trouble mean.
    OpenTroubles,
    /// Go back to the station.
    Return,
}
