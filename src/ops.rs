//! What helps whoever looks after a station.

pub mod doctor;
