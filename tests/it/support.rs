//! What several integration tests share. Doubles of hardware here share no code with what they check.

pub mod bars;
pub mod client;
pub mod cluster;
pub mod dice;
pub mod ear;
pub mod http;
pub mod hurtful;
pub mod kitchen;
pub mod printer;
pub mod program;
pub mod pty;
pub mod reader;
pub mod shop;
pub mod tls;
