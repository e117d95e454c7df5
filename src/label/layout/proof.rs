//! Whether what a template draws is all on its label and apart. Drawn, since only drawing tells how far letters reach.

use serde_json::json;

use super::super::code128;
use super::super::flaw::{Error, Flaw};
use super::super::qr;
use super::super::template::{Part, Template};
use super::{Area, Bitmap, CAP_HEIGHT_EM, Field, Ink, Label, Pen, Typesetter, Weight, day_beside};
use crate::order::{Order, OrderId};

/// Draws labels of cakes that need much room, a first and a late copy of each, and refuses a template with which anything is
/// over anything else, off the label, or too small to be read from where people stand.
pub(in crate::label) fn prove(template: &Template, typesetter: &mut Typesetter) -> Result<(), Error> {
    number_is_legible(template, typesetter)?;
    texts_are_legible(template, typesetter)?;
    lines_have_room(template, typesetter)?;
    // Moved, so that what is off the label on the left or above is in the picture.
    let moved = template.moved(MARGIN);
    for (order, copy) in orders().iter().flat_map(|order| [(order, 1), (order, u8::MAX)]) {
        let label = Label { order, copy, station: STATION, clock: "10:43" };
        apart(template, &drawn(&moved, typesetter, &label))?;
    }
    Ok(())
}

/// A label's strokes, each alone on a sheet with a margin that nothing may reach.
struct Drawn {
    strokes: Vec<(Part, Bitmap)>,
    height: i32,
}

fn drawn(moved: &Template, typesetter: &mut Typesetter, label: &Label<'_>) -> Drawn {
    let mut pen = Pen::new(moved, typesetter, label);
    let (width, height) = (moved.width_dots().cast_signed(), moved.height_max_dots.cast_signed());
    let blank = Bitmap::white((width + 2 * MARGIN).unsigned_abs(), (height + 2 * MARGIN).unsigned_abs());
    let mut strokes = Vec::with_capacity(STROKES.len());
    for part in STROKES {
        pen.front.bitmap = blank.clone();
        match part {
            Part::Body => pen.body(),
            Part::Number => pen.number(),
            Part::Suffix => pen.suffix(),
            Part::Due => pen.due(),
            Part::Qr => pen.qr(),
            Part::Code => drop(pen.code()),
            Part::Customer | Part::Copy => {
                let code_right = pen.code();
                pen.front.bitmap = blank.clone();
                if part == Part::Copy { pen.copy(code_right) } else { pen.customer(code_right) }
            }
            _ => pen.foot(),
        }
        // The quiet zones of the codes are theirs alone.
        match part {
            Part::Qr => {
                if let Some(area) = moved.qr() {
                    pen.front.bitmap.fill(qr::with_quiet(area), Ink::Black);
                }
            }
            Part::Code => {
                let modules = code128::modules(&label.order.id.barcode());
                let width = (modules * moved.module_dots(modules)).cast_signed();
                let area = Area { width, ..pen.area(Part::Code) };
                pen.front.bitmap.fill(area, Ink::Black);
            }
            _ => {}
        }
        strokes.push((part, std::mem::replace(&mut pen.front.bitmap, Bitmap::white(0, 0))));
    }
    Drawn { strokes, height: moved.height_dots().cast_signed() + pen.grown_dots }
}

fn apart(template: &Template, drawn: &Drawn) -> Result<(), Error> {
    let (width, height) = (template.width_dots().cast_signed(), drawn.height);
    for (part, stroke) in &drawn.strokes {
        let mut outside = stroke.clone();
        outside.fill(Area { x: MARGIN, y: MARGIN, width, height }, Ink::White);
        if outside.bytes().iter().any(|byte| *byte != 0) {
            return Err(template.flaw(*part, Flaw::Outside { what: part.name() }));
        }
    }
    for (at, (part, stroke)) in drawn.strokes.iter().enumerate() {
        let is_over =
            |other: &Bitmap| stroke.bytes().iter().zip(other.bytes()).any(|(one, other)| one & other != 0);
        if let Some((other, _)) = drawn.strokes[at + 1..].iter().find(|(_, other)| is_over(other)) {
            return Err(template.flaw(*part, Flaw::Overlap { what: part.name(), other: other.name() }));
        }
    }
    Ok(())
}

/// The number of a cake must be read from 1.5 m (`workflow.md` 4), beside its suffix too.
fn number_is_legible(template: &Template, typesetter: &mut Typesetter) -> Result<(), Error> {
    let place = template.place(Part::Number);
    let suffix = template.area(Part::Suffix);
    let right =
        if suffix.meets(place.area) { suffix.x - template.dots(super::GAP_MM) } else { place.area.right() };
    let id = OrderId { number: NUMBER_LONGEST, suffix: None, store: crate::order::Store::Bannos };
    let line = typesetter.shape(&id.barcode(), Weight::ExtraBold).tight();
    let needed = line.width(template.dots(NUMBER_MIN_MM) as f32) as i32;
    let (width_mm, needed_mm) = (template.mm((right - place.area.x).max(0)), template.mm(needed));
    if width_mm < needed_mm {
        return Err(template.flaw(Part::Number, Flaw::Narrow { what: "number", width_mm, needed_mm }));
    }
    if place.sizes[0] < template.dots(NUMBER_MIN_MM) as f32 {
        let height_mm = template.mm(place.sizes[0] as i32);
        return Err(
            template.flaw(Part::Number, Flaw::Low { what: "number", height_mm, needed_mm: NUMBER_MIN_MM })
        );
    }
    Ok(())
}

/// What is made smaller until it fits must not vanish by it, and letters of a block must not reach beyond it: white ones end
/// there, and black ones are lost in the next.
fn texts_are_legible(template: &Template, typesetter: &mut Typesetter) -> Result<(), Error> {
    let (due, month, suffix) =
        (template.area(Part::Due), template.area(Part::Month), template.area(Part::Suffix));
    let day = day_beside(due, month);
    let texts = [
        (Part::Suffix, suffix, SUFFIX_WIDEST, Part::Suffix),
        (Part::Due, day, DAY_WIDEST, Part::Due),
        (Part::Due, due, FURTHER_WIDEST, Part::Suffix),
        (Part::Month, month, MONTH_WIDEST, Part::Month),
    ];
    for (part, area, text, sized_by) in texts {
        let line = typesetter.shape(text, Weight::ExtraBold);
        let width = area.width - 2 * template.dots(super::BOX_PAD_MM);
        let least = TEXT_MIN_MM * template.dots_per_mm();
        let needed = line.width(least).ceil() as i32;
        if width < needed {
            return Err(template.narrow(part, width.max(0), template.mm(needed)));
        }
        let largest = template.size(sized_by);
        let size = largest.min(largest * width as f32 / line.width(largest));
        let high = (size * CAP_HEIGHT_EM).round() as i32;
        if high > area.height {
            return Err(template.low(part, area.height, template.mm(high)));
        }
    }
    Ok(())
}

/// A customer's name and the foot are cut where they are too long, and always have room for what tells one from another.
fn lines_have_room(template: &Template, typesetter: &mut Typesetter) -> Result<(), Error> {
    let [mut order, ..] = <[Order; 4]>::try_from(orders()).expect("there are four");
    order.customer = NAME.into();
    for copy in [1, u8::MAX] {
        let label = Label { order: &order, copy, station: "", clock: "10:43" };
        let mut pen = Pen::new(template, typesetter, &label);
        let code_right = pen.code();
        pen.customer(code_right);
        pen.foot();
        for (part, field, text) in [
            (Part::Customer, Field::Customer, NAME.to_owned()),
            (Part::Foot, Field::Foot, format!("{} · copy {copy} · 10:43", order.id.store.name())),
        ] {
            if pen.front.cuts.contains(&field) {
                return Err(template.flaw(part, Flaw::Short { what: part.name(), text }));
            }
        }
    }
    Ok(())
}

/// An order with all that a label shows, one with more than fits, one with less, one that is whole, one that has nothing.
fn orders() -> Vec<Order> {
    let plain: Order = serde_json::from_value(json!({
        "id": "bannos-25771-A", "stage": "Filling", "product": "Gelato Celebration Cake", "size": "10 inch",
        "flavour": "Pistachio, Hazelnut", "writing": "Χρόνια Πολλά Νίκο!",
        "notes": "No nuts in the top tier (allergy). Leave space for candles.", "customer": "Ελένη Παπαδοπούλου",
        "due": "2026-11-28", "priority": "Low", "delivery": "Delivery", "assignee": null, "storage": null,
        "picture": null, "times": {}, "rework": 0, "returned": null, "siblings": 2,
    }))
    .expect("an order that this program was built with is whole");
    let number = OrderId { number: u32::MAX, ..plain.id };
    let wide = "WÅgjẸ ".repeat(80);
    let long = Order { id: number, product: wide.as_str().into(), siblings: 99, ..plain.clone() };
    let long = Order { writing: wide.as_str().into(), notes: wide.as_str().into(), ..long };
    let bare = Order { due: None, delivery: None, notes: "".into(), siblings: 1, ..plain.clone() };
    let whole = Order { id: OrderId { suffix: None, ..plain.id }, ..long.clone() };
    vec![plain, long, bare, whole]
}

/// What is drawn by itself; a part that gives way to another is drawn with it.
const STROKES: [Part; 9] = [
    Part::Body,
    Part::Number,
    Part::Suffix,
    Part::Due,
    Part::Qr,
    Part::Code,
    Part::Customer,
    Part::Copy,
    Part::Foot,
];

/// Around a label, in dots: letters reach no further beyond their place.
const MARGIN: i32 = 40;

/// As long as a station's name gets.
const STATION: &str = "flourlane-decorating-12";

/// Of what [`super::centred`] makes smaller, and what it may become at least: the least that a template may ask for
/// (`template::written`).
const SUFFIX_WIDEST: &str = "A/10";
const DAY_WIDEST: &str = "WED 28";
const MONTH_WIDEST: &str = "MAR · DELIVERY";
const FURTHER_WIDEST: &str = "LABEL 2 of 3";
const TEXT_MIN_MM: f32 = 1.5;

/// As long as most family names are.
const NAME: &str = "Papadopoulou";

/// An em whose capitals are 10 arcmin high at 1.5 m, twice what a healthy eye needs (ISO 8596).
const NUMBER_MIN_MM: f32 = 6.0;

/// Scan codes have up to seven digits (`contract.md` 6).
const NUMBER_LONGEST: u32 = 8_888_888;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_on_a_built_in_label_is_over_anything_else_or_off_it() {
        let (names, resolutions) = Template::known();
        let mut typesetter = Typesetter::new();
        for name in names {
            for dpi in &resolutions {
                let template = Template::find(name, *dpi).unwrap();
                assert_eq!(prove(&template, &mut typesetter), Ok(()), "{name} at {dpi} dpi");
                let mut tall = orders();
                tall[0].writing = "Χρόνια Πολλά Νίκο! عيد ميلاد سعيد 生日快乐 🎂".into();
                for order in &tall {
                    let label = Label { order, copy: 2, station: STATION, clock: "10:43" };
                    let drawn = drawn(&template.moved(MARGIN), &mut typesetter, &label);
                    assert_eq!(apart(&template, &drawn), Ok(()), "{name} at {dpi} dpi, {}", order.id);
                    for (part, stroke) in &drawn.strokes {
                        let is_drawn = stroke.bytes().iter().any(|byte| *byte != 0);
                        let is_none = match part {
                            Part::Qr => template.qr().is_none(),
                            Part::Suffix => order.id.suffix.is_none(),
                            _ => false,
                        };
                        assert_ne!(is_drawn, is_none, "{name}: {}", part.name());
                    }
                }
            }
        }
    }

    #[test]
    fn letters_that_reach_beyond_their_place_are_refused() {
        let high = refused("number", "number = { at_mm = [2, 1.5], size_mm = [66.25, 6], text_mm = [12.5] }");
        assert_eq!(high, Flaw::Outside { what: "number" });
        let foot = refused("foot", "foot = { at_mm = [2, 47.25], size_mm = [96, 2.75], text_mm = [2.375] }");
        assert_eq!(foot, Flaw::Outside { what: "foot" }, "what hangs below the line");
        let small =
            refused("number", "number = { at_mm = [2, 1.5], size_mm = [66.25, 9.25], text_mm = [5] }");
        assert!(matches!(small, Flaw::Low { what: "number", .. }), "{small}");
        let narrow =
            refused("number", "number = { at_mm = [2, 1.5], size_mm = [30, 9.25], text_mm = [12.5] }");
        assert!(matches!(narrow, Flaw::Narrow { what: "number", .. }), "{narrow}");
    }

    #[test]
    fn what_would_be_too_small_white_on_white_or_cut_to_nothing_is_refused() {
        let narrow = |line: &str, otherwise: &str, part: &str| {
            let flaw = refused(line, otherwise);
            assert!(matches!(flaw, Flaw::Narrow { what, .. } if what == part), "{otherwise}: {flaw}");
        };
        narrow("suffix", "suffix = { at_mm = [56, 1.5], size_mm = [1, 1], text_mm = [6] }", "suffix");
        narrow("suffix", "suffix = { at_mm = [56, 1.5], size_mm = [4, 9], text_mm = [6] }", "suffix");
        narrow("due", "due = { at_mm = [90, 0], size_mm = [6, 11], text_mm = [8.25] }", "due");
        narrow("due", "due = { at_mm = [90, 0], size_mm = [10, 11], text_mm = [8.25] }", "due");
        narrow("month", "month = { at_mm = [90, 12], size_mm = [9, 3], text_mm = [3.375] }", "month");
        let low = refused("due", "due = { at_mm = [70, 0], size_mm = [30, 3], text_mm = [8.25] }");
        assert!(matches!(low, Flaw::Low { what: "due", .. }), "{low}");
        let low = refused("month", "month = { at_mm = [70, 9.5], size_mm = [30, 1], text_mm = [3.375] }");
        assert!(matches!(low, Flaw::Low { what: "month", .. }), "{low}");
        let cut =
            refused("customer", "customer = { at_mm = [1.25, 36.5], size_mm = [60, 8.25], text_mm = [3] }");
        assert_eq!(cut, Flaw::Short { what: "customer", text: "Papadopoulou".into() });
        let cut = refused("foot", "foot = { at_mm = [2, 47.25], size_mm = [20, 2], text_mm = [2.375] }");
        assert_eq!(cut, Flaw::Short { what: "foot", text: "Bannos · copy 1 · 10:43".into() });
    }

    #[test]
    fn parts_that_reach_into_each_other_beyond_their_places_are_refused() {
        let whole = text_of("copy");
        let text =
            TEXT.replace(whole, "copy = { at_mm = [1.25, 43.5], size_mm = [96.75, 1], text_mm = [5] }");
        let template = Template::read("my.toml", &text, 203).unwrap();
        let flaw = prove(&template, &mut Typesetter::new()).unwrap_err().flaw;
        assert_eq!(flaw, Flaw::Overlap { what: "customer", other: "copy" });
    }

    const TEXT: &str = include_str!("../../../assets/templates/100x50.toml");

    fn text_of(line: &str) -> &'static str {
        TEXT.lines().find(|known| known.starts_with(line)).unwrap()
    }

    /// The flaw of the built-in 100 x 50 with one of its lines written otherwise.
    fn refused(line: &str, otherwise: &str) -> Flaw {
        let template = Template::read("my.toml", &TEXT.replace(text_of(line), otherwise), 203).unwrap();
        let error = prove(&template, &mut Typesetter::new()).expect_err(otherwise);
        assert!(TEXT.lines().nth(error.line.unwrap() - 1).unwrap().starts_with(line), "{error}");
        error.flaw
    }
}
