//! Realtime: what the sandbox tells its subscribers, what a station makes of it, and both together.

mod client;
mod server;
mod stations;
mod tls;
