//! Ordak Station: the kiosk at each kitchen station of a cake shop.
//!
//! `ARCHITECTURE.md` names the rooms and what each may know of the others; `tests/tidy.rs` keeps it so.

pub mod order;
pub mod station;
