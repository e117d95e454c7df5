//! A label with all its parts, drawn in each template.

use std::time::Instant;

use ordak_station::label::{Label, Renderer, Template};
use ordak_station::order::Order;
use serde_json::json;

use crate::Figure;
use crate::system::{median, millis};

pub fn figures() -> Vec<Figure> {
    let names = [("label_100x50", "100x50", 203)];
    names.into_iter().map(|(name, template, dpi)| figure(name, template, dpi)).collect()
}

fn figure(name: &'static str, template: &str, dpi: u16) -> Figure {
    let order: Order = serde_json::from_value(json!({
        "id": "bannos-25771-A", "stage": "Filling", "product": "Gelato Celebration Cake", "size": "10 inch",
        "flavour": "Pistachio, Hazelnut", "writing": "Χρόνια Πολλά Νίκο!",
        "notes": "No nuts in the top tier (allergy). Leave space for candles.", "customer": "Ελένη Παπαδοπούλου",
        "due": "2026-11-28", "priority": "Low", "delivery": "Pickup", "assignee": null, "storage": null,
        "picture": null, "times": {}, "rework": 0, "returned": null, "siblings": 2,
    }))
    .expect("an order as the journal keeps it");
    let template = Template::find(template, dpi).expect("a template that is built in");
    let mut renderer = Renderer::new(template).expect("the template fits its stock");
    let times = (0..500).map(|_| {
        let started = Instant::now();
        let drawn =
            renderer.render(&Label { order: &order, copy: 1, station: "bannos-filling-1", clock: "10:43" });
        assert!(!drawn.pages.is_empty());
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
