//! What is asked of the backend and what it answers, one file a generation of its contract. Pure: no clock, no IO.

pub mod v2025_09;
