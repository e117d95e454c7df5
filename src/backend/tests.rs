//! Replies that nobody should send, and what must hold of every reading of them.

#[cfg(test)]
mod malformed;
pub mod replies;
