//! Ordak Station: the kiosk at each kitchen station of a cake shop.
//!
//! `ARCHITECTURE.md` names the rooms and what each may know of the others; `tests/tidy.rs` keeps it so.

pub mod backend;
pub mod cli;
pub mod config;
pub mod journal;
pub mod label;
pub mod ops;
pub mod order;
pub mod printer;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod scanner;
pub mod shell;
pub mod station;
pub mod ui;
pub mod words;
