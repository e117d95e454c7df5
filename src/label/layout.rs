//! The front of a label: room is given in the order number, code, due, product, writing, notes, size, foot.

use std::collections::BTreeSet;

use super::bitmap::{Area, Bitmap, Ink};
use super::clean::clean;
use super::template::{Part, Row, Template, leading};
use super::text::{CAP_HEIGHT_EM, Line, Typesetter, Weight};
use super::{Field, Label, code128, qr};
use crate::order::code::label_payload;
use crate::order::{Date, Delivery, Weekday};

mod body;
mod head;

pub(super) use body::MARK_SCALE;
pub(super) use head::{centred, foot, mark, mark_width, number};

/// A drawn front, and what must go on to further labels.
pub(super) struct Front {
    pub bitmap: Bitmap,
    pub cuts: BTreeSet<Field>,
    /// Texts that did not fit and that nobody may miss, whole, each with its mark.
    pub overflow: Vec<(&'static str, String)>,
}

/// Draws the front of `label`.
pub(super) fn front(template: &Template, typesetter: &mut Typesetter, label: &Label<'_>) -> Front {
    let mut pen = Pen::new(template, typesetter, label);
    pen.number();
    pen.due();
    pen.body();
    pen.qr();
    let code_right = pen.code();
    pen.customer(code_right);
    pen.foot();
    pen.front.bitmap.crop(template.height_dots() + pen.grown_dots.unsigned_abs());
    pen.front
}

struct Pen<'a> {
    template: &'a Template,
    typesetter: &'a mut Typesetter,
    label: &'a Label<'a>,
    front: Front,
    /// By how much the body is longer than its place: what is below it moves down by as much.
    grown_dots: i32,
}

impl<'a> Pen<'a> {
    fn new(template: &'a Template, typesetter: &'a mut Typesetter, label: &'a Label<'a>) -> Self {
        let bitmap = Bitmap::white(template.width_dots(), template.height_max_dots);
        let front = Front { bitmap, cuts: BTreeSet::new(), overflow: Vec::new() };
        Self { template, typesetter, label, front, grown_dots: 0 }
    }

    fn number(&mut self) {
        let order = self.label.order;
        number(self.template, self.typesetter, &mut self.front.bitmap, order.id, true);
        if let Some(suffix) = order.id.suffix {
            let place = self.template.place(Part::Suffix);
            let (area, size) = (place.area, place.sizes[0]);
            let text = match order.siblings {
                0 | 1 => suffix.to_string(),
                siblings => format!("{suffix} of {siblings}"),
            };
            let width = self.typesetter.shape(&text, Weight::ExtraBold).width(size);
            let is_small = (area.width as f32) < width * LEGIBLE;
            let text = if is_small { text.replace(" of ", "/") } else { text };
            self.front.bitmap.frame(area, self.template.dots(BOX_LINE_MM), Ink::Black);
            self.centred(&text, size, area, Ink::Black);
        }
    }

    /// The due day in its block, and month and way either in it too or in a place of their own.
    fn due(&mut self) {
        let order = self.label.order;
        let (block, more) = (self.template.area(Part::Due), self.template.area(Part::Month));
        let month = order.due.map(|due| MONTHS[usize::from(due.civil().1) - 1]);
        let way = order.delivery.map(|delivery| match delivery {
            Delivery::Pickup => "PICKUP",
            Delivery::Delivery => "DELIVERY",
        });
        let parts: Vec<&str> = month.into_iter().chain(way).collect();
        let ink = if block.meets(more) { Ink::White } else { Ink::Black };
        let mut day = block;
        if block.meets(more) && !parts.is_empty() {
            if more.x > block.x {
                day.width = more.x - block.x;
            } else {
                day.height = more.y - block.y;
            }
        }
        self.front.bitmap.fill(block, Ink::Black);
        let text = order.due.map_or_else(|| "NO DATE".to_owned(), day_text);
        self.centred(&text, self.template.size(Part::Due), day, Ink::White);
        self.centred(&parts.join(" · "), self.template.size(Part::Month), more, ink);
    }

    fn qr(&mut self) {
        if let Some(area) = self.template.qr() {
            let payload = label_payload(self.label.order.id, self.label.copy);
            qr::draw(&mut self.front.bitmap, area, &payload);
        }
    }

    /// Draws Code 128 of the exact cake, and tells where its quiet zone ends.
    fn code(&mut self) -> i32 {
        let area = self.area(Part::Code);
        let barcode = self.label.order.id.barcode();
        let widths = code128::widths(&barcode).expect("the barcode of an order id is printable ASCII");
        let modules = code128::modules(&barcode);
        let dots = self.template.module_dots(modules).cast_signed();
        let quiet = code128::QUIET_MODULES.cast_signed() * dots;
        let mut x = area.x + quiet;
        for (at, modules) in widths.into_iter().enumerate() {
            let width = i32::from(modules) * dots;
            if at % 2 == 0 {
                self.front.bitmap.fill(Area { x, width, ..area }, Ink::Black);
            }
            x += width;
        }
        x + quiet
    }

    /// The customer, and on a copy its mark; where their places are the code's too, in the room right of it.
    fn customer(&mut self, code_right: i32) {
        let code = self.area(Part::Code);
        let beside = |area: Area| {
            let left = if area.meets(code) { code_right } else { area.x };
            Area { x: left, width: area.right() - left, ..area }
        };
        let (mut room, copy) = (beside(self.area(Part::Customer)), beside(self.area(Part::Copy)));
        if self.label.copy > 1 {
            let size = self.template.size(Part::Copy);
            let text = self.copy_text();
            let at = (copy.x, copy.bottom() - head::mark_pad(size));
            mark(self.typesetter, &mut self.front.bitmap, &text, size, at);
            if copy.meets(room) && copy.y > room.y {
                room.height = copy.y - room.y;
            } else if copy.meets(room) {
                room.width = copy.x - room.x - self.template.dots(GAP_MM);
            }
        }
        let sizes = &self.template.place(Part::Customer).sizes;
        let customer = clean(&self.label.order.customer);
        let fitted = self.typesetter.fit(&customer, Weight::SemiBold, sizes, room.width);
        let last = sizes[sizes.len() - 1];
        let lines_max = usize::try_from(room.height / leading(last)).unwrap_or(0).max(1);
        let (lines, size, is_cut) = if lines_max == 1 || !fitted.is_cut {
            (vec![fitted.line], fitted.size_dots, fitted.is_cut)
        } else {
            let weight = Weight::SemiBold;
            let set = self.typesetter.paragraph(&customer, weight, last, lines_max, |_| room.width);
            (set.lines, last, set.is_cut)
        };
        // A line alone stands on the bottom of its place where that is as low as itself.
        let baseline = (room.y + ascent(sizes[0])).min(room.bottom());
        for (line, place) in lines.iter().zip(0..) {
            let at = (room.x, baseline + place * leading(size));
            self.typesetter.draw(&mut self.front.bitmap, line, size, at, Ink::Black);
        }
        if is_cut {
            self.front.cuts.insert(Field::Customer);
        }
    }

    fn foot(&mut self) {
        let mut area = self.area(Part::Foot);
        let copy = self.area(Part::Copy);
        if self.label.copy > 1 && copy.meets(area) {
            let mark = mark_width(self.typesetter, &self.copy_text(), self.template.size(Part::Copy));
            let right = area.right();
            area.x = copy.x + mark + self.template.dots(GAP_MM) / 2;
            area.width = right - area.x;
        }
        if foot(self.template, self.typesetter, &mut self.front.bitmap, (self.label, area)) {
            self.front.cuts.insert(Field::Foot);
        }
    }

    fn copy_text(&self) -> String {
        format!("COPY {}", self.label.copy)
    }

    /// Where a part is on this label.
    fn area(&self, part: Part) -> Area {
        let (area, body) = (self.template.area(part), self.template.area(Part::Body));
        let is_below = area.y >= body.bottom();
        Area { y: area.y + if is_below { self.grown_dots } else { 0 }, ..area }
    }

    fn centred(&mut self, text: &str, size: f32, area: Area, ink: Ink) {
        let area = Area { x: area.x + self.pad(), width: area.width - 2 * self.pad(), ..area };
        centred(self.typesetter, &mut self.front.bitmap, (text, size), area, ink);
    }

    fn pad(&self) -> i32 {
        self.template.dots(BOX_PAD_MM)
    }
}

fn day_text(due: Date) -> String {
    let weekday = match due.weekday() {
        Weekday::Mon => "MON",
        Weekday::Tue => "TUE",
        Weekday::Wed => "WED",
        Weekday::Thu => "THU",
        Weekday::Fri => "FRI",
        Weekday::Sat => "SAT",
        Weekday::Sun => "SUN",
    };
    format!("{weekday} {}", due.civil().2)
}

/// From the top of a line down to its baseline, in dots.
pub(super) fn ascent(size: f32) -> i32 {
    (size * 0.88).round() as i32
}

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// Text that would shrink to less than this is said in fewer letters.
const LEGIBLE: f32 = 0.75;

const BOX_LINE_MM: f32 = 0.5;
const BOX_PAD_MM: f32 = 1.0;
/// Between a box and what is left of it.
pub(super) const GAP_MM: f32 = 1.5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Order;

    fn orders() -> Vec<Order> {
        let plain: Order = serde_json::from_value(serde_json::json!({
            "id": "bannos-25771-A", "stage": "Filling", "product": "Gelato Celebration Cake", "size": "10 inch",
            "flavour": "Pistachio, Hazelnut", "writing": "Χρόνια Πολλά Νίκο! عيد ميلاد سعيد 生日快乐",
            "notes": "No nuts in the top tier (allergy). Leave space for candles.", "customer": "Ελένη Παπαδοπούλου",
            "due": "2026-11-28", "priority": "Low", "delivery": "Delivery", "assignee": null, "storage": null,
            "picture": null, "times": {}, "rework": 0, "returned": null, "siblings": 2,
        }))
        .unwrap();
        let number = crate::order::OrderId { number: u32::MAX, ..plain.id };
        let wide = "WÅgjẸ ".repeat(80);
        let long = Order { id: number, product: wide.as_str().into(), siblings: 99, ..plain.clone() };
        let long = Order { writing: wide.as_str().into(), notes: wide.as_str().into(), ..long };
        let bare = Order { due: None, delivery: None, notes: "".into(), siblings: 1, ..plain.clone() };
        let whole = Order { id: crate::order::OrderId { suffix: None, ..plain.id }, ..long.clone() };
        vec![plain, long, bare, whole]
    }

    /// Number, due, body, QR code, code, customer and foot of a label, each alone on a sheet with a margin that nothing
    /// may reach; and how much of the sheet is the label's.
    fn parts(template: &Template, typesetter: &mut Typesetter, label: &Label<'_>) -> (Vec<Bitmap>, u32) {
        let mut pen = Pen::new(template, typesetter, label);
        let mut parts = Vec::new();
        for nth in 0..7 {
            pen.front.bitmap = Bitmap::white(template.width_dots() + 40, template.height_max_dots + 40);
            match nth {
                0 => pen.body(),
                1 => pen.number(),
                2 => pen.due(),
                3 => pen.qr(),
                4 => drop(pen.code()),
                5 => {
                    let code_right = pen.code();
                    pen.front.bitmap.fill(pen.area(Part::Code), Ink::White);
                    pen.customer(code_right);
                }
                _ => pen.foot(),
            }
            parts.push(std::mem::replace(&mut pen.front.bitmap, Bitmap::white(0, 0)));
        }
        (parts, template.height_dots() + pen.grown_dots.unsigned_abs())
    }

    /// The quiet zones of the codes, which are theirs alone.
    fn quiet(
        template: &Template,
        (nth, part): (usize, &mut Bitmap),
        grown_dots: i32,
        id: crate::order::OrderId,
    ) {
        if let (3, Some(area)) = (nth, template.qr()) {
            let quiet = area.width / 6;
            let (width, height) = (area.width + 2 * quiet, area.height + 2 * quiet);
            part.fill(Area { x: area.x - quiet, y: area.y - quiet, width, height }, Ink::Black);
        } else if nth == 4 {
            let area = template.area(Part::Code);
            let modules = code128::modules(&id.barcode());
            let width = (modules * template.module_dots(modules)).cast_signed();
            part.fill(Area { y: area.y + grown_dots, width, ..area }, Ink::Black);
        }
    }

    #[test]
    fn nothing_is_over_anything_else_or_off_the_label() {
        let (names, resolutions) = Template::known();
        let mut typesetter = Typesetter::new();
        for (name, dpi) in names.into_iter().flat_map(|name| resolutions.iter().map(move |dpi| (name, *dpi)))
        {
            let template = Template::find(name, dpi).unwrap();
            for (order, copy) in orders().iter().flat_map(|order| [(order, 1), (order, 255)]) {
                let label = Label { order, copy, station: "flourlane-decorating-12", clock: "10:43" };
                let (mut parts, height) = parts(&template, &mut typesetter, &label);
                let grown = height.cast_signed() - template.height_dots().cast_signed();
                for (nth, part) in parts.iter_mut().enumerate() {
                    let mut inside = part.clone();
                    let (width, height) = (template.width_dots().cast_signed(), height.cast_signed());
                    inside.fill(Area { x: 0, y: 0, width, height }, Ink::White);
                    let is_all = inside.bytes().iter().all(|byte| *byte == 0);
                    assert!(is_all, "{name} {dpi}, {}: part {nth} is not all on the label", order.id);
                    assert!(nth == 3 || part.bytes().iter().any(|byte| *byte != 0), "part {nth} is there");
                    quiet(&template, (nth, part), grown, order.id);
                }
                for (one, other) in (0..7).flat_map(|one| (one + 1..7).map(move |other| (one, other))) {
                    let mut both = parts[one].bytes().iter().zip(parts[other].bytes());
                    let is_over = both.any(|(one, other)| one & other != 0);
                    assert!(!is_over, "{name} {dpi}, {} copy {copy}: {one} over {other}", order.id);
                }
            }
        }
    }
}
