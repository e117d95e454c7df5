//! `station.toml` → a resolved `Config`; refuses to start rather than default.
