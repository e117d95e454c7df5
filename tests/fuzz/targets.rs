//! Fuzz targets under libFuzzer, one a reader of what others wrote; each checks more than that nothing panics. The last
//! argument says which: `make fuzz` runs all of them.
#![no_main]

mod code;
mod config;
mod frames;
mod framing;

use std::path::Path;
use std::sync::OnceLock;

use ordak_station::{backend, printer};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| target()(bytes));

type Target = fn(&[u8]);

/// Each begins with what `seeds` has for it.
const TARGETS: [(&str, Target); 8] = [
    ("framing", framing::fuzz),
    ("code", code::fuzz),
    ("replies", backend::tests::replies::of_text),
    ("replies_2025_12", backend::tests::replies::v2025_12::of_text),
    ("frames", frames::fuzz),
    ("status", printer::tests::status),
    ("config", config::fuzz),
    // A test that cannot fail shows nothing: this one does fail, once it is given what only a search finds.
    ("planted", framing::planted),
];

fn target() -> Target {
    static CHOSEN: OnceLock<Target> = OnceLock::new();
    *CHOSEN.get_or_init(|| {
        let name = std::env::args().next_back().unwrap_or_default();
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds").join(&name);
        assert!(seeds.is_dir(), "{} is not there", seeds.display());
        let chosen = TARGETS.into_iter().find(|(target, _)| *target == name);
        chosen.unwrap_or_else(|| panic!("no target is called {name}")).1
    })
}
