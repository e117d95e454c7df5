//! Text of a `station.toml`: what is taken can be worked with, and what is not names the line or the key to mend.

use std::path::Path;

use ordak_station::config::{Config, Error};
use ordak_station::order::{Post, Stage};

pub fn fuzz(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/station.toml");
    let lines = text.matches('\n').count() + 1;
    match Config::parse(&text, &file) {
        Ok(config) => is_workable(&config),
        Err(Error::UnknownKey { line, nearest, .. }) => {
            assert!(line.is_some_and(|line| (1..=lines).contains(&line)), "line {line:?} of {lines}");
            assert!(nearest.is_some());
        }
        Err(Error::Malformed { line, source, .. }) => {
            assert!(
                line.is_some_and(|line| (1..=lines).contains(&line)),
                "line {line:?} of {lines}: {source}"
            );
        }
        Err(Error::Impossible { key, expected, .. }) => {
            assert!(key.starts_with('[') && !expected.is_empty(), "{key}: {expected}");
        }
        // The password's file.
        Err(Error::Unreadable { .. }) => {}
        Err(error @ (Error::Missing(_) | Error::NoFolder)) => panic!("no such file was asked for: {error}"),
    }
}

fn is_workable(config: &Config) {
    let Config { station, screen, printers, .. } = config;
    assert!(!station.name.trim().is_empty() && !station.stores.is_empty());
    assert!((100.0..=2000.0).contains(&screen.width_mm));
    assert!(station.post != Post::At(Stage::Filling) || !printers.is_empty());
    let names: Vec<_> = printers.iter().map(|printer| &printer.name).collect();
    assert!(names.iter().enumerate().all(|(nth, name)| !names[..nth].contains(name)));
}
