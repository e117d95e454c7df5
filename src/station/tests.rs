//! The engine as a dialogue: what is told, what is ordered, what is said. Time jumps, nothing sleeps.

mod bench;
mod copy;
mod details;
mod dialogue;
mod held;
mod model;
mod traces;
mod walk;
