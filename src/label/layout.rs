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
mod proof;

pub(super) use body::{CLEAR_MM, MARK_SCALE};
pub(super) use head::{centred, foot, mark, mark_width, number};
pub(super) use proof::prove;

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
    pen.suffix();
    pen.due();
    pen.body();
    pen.qr();
    let code_right = pen.code();
    pen.copy(code_right);
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
    }

    fn suffix(&mut self) {
        let order = self.label.order;
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
        let day = if parts.is_empty() { block } else { day_beside(block, more) };
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

    /// A part's place; where it is the code's too, the room right of that.
    fn beside_code(&self, part: Part, code_right: i32) -> Area {
        let area = self.area(part);
        let left = if area.meets(self.area(Part::Code)) { code_right } else { area.x };
        Area { x: left, width: area.right() - left, ..area }
    }

    /// The mark of a copy.
    fn copy(&mut self, code_right: i32) {
        if self.label.copy > 1 {
            let (place, size) = (self.beside_code(Part::Copy, code_right), self.template.size(Part::Copy));
            let at = (place.x, place.bottom() - head::mark_pad(size));
            let text = self.copy_text();
            mark(self.typesetter, &mut self.front.bitmap, &text, size, at);
        }
    }

    /// The customer, beside the mark of a copy or above it.
    fn customer(&mut self, code_right: i32) {
        let mut room = self.beside_code(Part::Customer, code_right);
        let copy = self.beside_code(Part::Copy, code_right);
        if self.label.copy > 1 && copy.meets(room) {
            if copy.y > room.y {
                room.height = copy.y - room.y;
            } else {
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

/// What of the due day's block is left beside month and way, or above them.
fn day_beside(block: Area, more: Area) -> Area {
    match () {
        () if !block.meets(more) => block,
        () if more.x > block.x => Area { width: more.x - block.x, ..block },
        () => Area { height: more.y - block.y, ..block },
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
