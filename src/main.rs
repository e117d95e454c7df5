//! `ordak-station`: see the library.

fn main() {}
