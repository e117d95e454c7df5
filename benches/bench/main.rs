//! `make bench`: every figure beside its reference, both taken in this one run. A table, then one line of JSON
//! (`interfaces.md`, "Recipes"). Names of parts as arguments run those alone.
//!
//! `ORDAK_KIOSK` names the build that is shipped (that of this bench has what tests need in it), `ORDAK_SANDBOX` the one
//! that serves the backend, `ORDAK_POSTGREST` the real PostgREST.

mod chromium;
mod commit;
mod display;
mod drain;
mod gateway;
mod label;
mod printer;
mod realtime;
mod scanner;
mod screen;
mod station;
#[allow(dead_code, clippy::unwrap_used, reason = "the tests' own, who use more of it")]
#[path = "../../tests/it/support"]
mod support {
    pub mod cluster;
    pub mod kitchen;
    pub mod printer;
}
mod system;

use serde_json::{Map, Value, json};

fn main() {
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let parts: [(&str, Part); 9] = [
        ("commit", commit::figures),
        ("label", label::figures),
        ("scanner", scanner::figures),
        ("printer", printer::figures),
        ("scan", station::figures),
        ("screen", screen::figures),
        ("gateway", gateway::figures),
        ("drain", drain::figures),
        ("realtime", realtime::figures),
    ];
    let mut figures = Vec::new();
    for (name, part) in parts {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            eprintln!("measuring: {name}");
            figures.extend(part());
        }
    }
    println!("{:32} {:>12} {:>12} {:>8}  unit, reference", "", "ours", "reference", "ratio");
    let mut line = Map::new();
    for figure in figures {
        let Figure { name, ours, reference, unit, beside } = figure;
        let ratio = ours / reference;
        println!("{name:32} {ours:>12.3} {reference:>12.3} {ratio:>8.3}  {unit}, {beside}");
        line.insert(name.to_owned(), json!({ "ours": ours, "reference": reference, "ratio": ratio }));
    }
    println!("{}", Value::Object(line));
}

/// What measures one part of the program.
type Part = fn() -> Vec<Figure>;

/// One figure and what it is measured against.
pub struct Figure {
    /// As `interfaces.md` calls it.
    pub name: &'static str,
    /// Measured of the station.
    pub ours: f64,
    /// Measured of the reference, or what was asked for.
    pub reference: f64,
    /// Of both.
    pub unit: &'static str,
    /// What the reference is.
    pub beside: &'static str,
}
