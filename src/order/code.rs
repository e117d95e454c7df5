//! Scan codes (`contract.md` 6), parsed once into types.
