//! Where guns are plugged in.

pub mod keyboard;
pub mod serial;
