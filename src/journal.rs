//! The local journal: SQLite on its own thread.
