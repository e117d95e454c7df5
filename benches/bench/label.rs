//! A label with all its parts, drawn and put into a printer's language, on each stock.

use std::time::Instant;

use ordak_station::label::{Label, Renderer, Template};
use ordak_station::order::Order;
use ordak_station::printer::{Language, encode};
use serde_json::json;

use crate::Figure;
use crate::system::{median, millis};

pub fn figures() -> Vec<Figure> {
    let names = [
        ("label_62x29", "62x29", 203),
        ("label_100x50", "100x50", 203),
        ("label_roll80", "roll80", 203),
        ("label_62x29_300dpi", "62x29", 300),
        ("label_100x50_300dpi", "100x50", 300),
        ("label_roll80_300dpi", "roll80", 300),
    ];
    names.into_iter().map(|(name, template, dpi)| figure(name, template, dpi)).collect()
}

fn figure(name: &'static str, template: &str, dpi: u16) -> Figure {
    let template = Template::find(template, dpi).expect("a template that is built in");
    let mut renderer = Renderer::new(template.clone()).expect("the template fits its stock");
    // Each another order, as in a morning: only what the shop itself says again and again is shaped already.
    let times = (0..500).map(|number| {
        let order = order(number);
        let started = Instant::now();
        let drawn =
            renderer.render(&Label { order: &order, copy: 1, station: "bannos-filling-1", clock: "10:43" });
        let bytes = encode(Language::Escpos, &drawn.pages, &template);
        assert!(!bytes.is_empty());
        millis(started.elapsed())
    });
    Figure {
        name,
        ours: median(times.collect()),
        reference: 1.0,
        unit: "ms",
        beside: "what a label may take",
    }
}

fn order(number: usize) -> Order {
    serde_json::from_value(json!({
        "id": format!("bannos-{}-A", 25_000 + number), "stage": "Filling", "product": "Gelato Celebration Cake",
        "size": "10 inch", "flavour": "Pistachio, Hazelnut", "writing": format!("Χρόνια Πολλά Νίκο {number}!"),
        "notes": format!("No nuts in tier {number} (allergy). Leave space for candles."),
        "customer": format!("Ελένη Παπαδοπούλου {number}"), "due": "2026-11-28", "priority": "Low",
        "delivery": "Pickup", "assignee": null, "storage": null, "picture": null, "times": {}, "rework": 0,
        "returned": null, "siblings": 2,
    }))
    .expect("an order as the journal keeps it")
}
