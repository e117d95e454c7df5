//! The front of a label: room is given in the order number, code, due, product, writing, notes, size, foot.

use std::collections::BTreeSet;

use super::bitmap::{Area, Bitmap, Ink};
use super::clean::clean;
use super::template::Template;
use super::text::{CAP_HEIGHT_EM, Line, Typesetter, Weight};
use super::{Field, Label, code128, qr};
use crate::order::code::label_payload;
use crate::order::{Date, Delivery, OrderId, Weekday};

/// A drawn front, and what must go on to further labels.
pub(super) struct Front {
    pub bitmap: Bitmap,
    pub cuts: BTreeSet<Field>,
    /// Texts that did not fit and that nobody may miss, whole, each with its mark.
    pub overflow: Vec<(&'static str, String)>,
}

/// Draws the front of `label`.
pub(super) fn front(template: &Template, typesetter: &mut Typesetter, label: &Label<'_>) -> Front {
    let bitmap = Bitmap::white(template.width_dots, template.height_dots);
    let front = Front { bitmap, cuts: BTreeSet::new(), overflow: Vec::new() };
    let mut pen = Pen { template, typesetter, label, front };
    pen.number(template.number);
    pen.due();
    let code_right = pen.code();
    qr::draw(&mut pen.front.bitmap, template.qr, &label_payload(label.order.id, label.copy));
    pen.body();
    pen.beside_code(code_right);
    pen.foot();
    pen.front
}

/// Draws the number, as large as the area allows, and in a box beside it which cake of a split order it is.
pub(super) fn number(
    typesetter: &mut Typesetter,
    bitmap: &mut Bitmap,
    area: Area,
    sizes: (f32, f32),
    id: (OrderId, u8),
) {
    let (id, siblings) = id;
    let number = typesetter.shape(&OrderId { suffix: None, ..id }.barcode(), Weight::ExtraBold).tight();
    let suffix = id.suffix.map(|suffix| match siblings {
        0 | 1 => suffix.to_string(),
        siblings => format!("{suffix}/{siblings}"),
    });
    let suffix = suffix.map(|text| typesetter.shape(&text, Weight::ExtraBold));
    let box_width = suffix.as_ref().map_or(0, |line| line.width(sizes.1).ceil() as i32 + 2 * BOX_PAD_DOTS);
    let gap = if suffix.is_some() { BOX_GAP_DOTS } else { 0 };
    let room = (area.width - box_width - gap) as f32;
    let size = sizes.0.min(sizes.0 * room / number.width(sizes.0)).floor();
    typesetter.draw(bitmap, &number, size, (area.x, area.bottom()), Ink::Black);
    if let Some(suffix) = suffix {
        let x = area.x + number.width(size).ceil() as i32 + gap;
        let frame = Area { x, width: box_width, ..area };
        bitmap.frame(frame, BOX_LINE_DOTS, Ink::Black);
        let baseline = centred_baseline(frame, sizes.1);
        typesetter.draw(bitmap, &suffix, sizes.1, (x + BOX_PAD_DOTS, baseline), Ink::Black);
    }
}

/// How wide a [`mark`] is, in dots.
pub(super) fn mark_width(typesetter: &mut Typesetter, text: &str, size: f32) -> i32 {
    typesetter.shape(text, Weight::ExtraBold).width(size).ceil() as i32 + 2 * MARK_PAD_DOTS
}

/// Draws white text on a black block that begins at `at` (left, baseline).
pub(super) fn mark(typesetter: &mut Typesetter, bitmap: &mut Bitmap, text: &str, size: f32, at: (i32, i32)) {
    let width = mark_width(typesetter, text, size);
    let line = typesetter.shape(text, Weight::ExtraBold);
    let cap = (size * CAP_HEIGHT_EM).round() as i32;
    let pad = (size * 0.17).round() as i32;
    bitmap.fill(Area { x: at.0, y: at.1 - cap - pad, width, height: cap + 2 * pad }, Ink::Black);
    typesetter.draw(bitmap, &line, size, (at.0 + MARK_PAD_DOTS, at.1), Ink::White);
}

/// The foot: store, copy, time and station; the station may be cut.
pub(super) fn foot(
    template: &Template,
    typesetter: &mut Typesetter,
    bitmap: &mut Bitmap,
    label: &Label<'_>,
) -> bool {
    let text = clean(&format!(
        "{} · copy {} · {} · {}",
        label.order.id.store.name(),
        label.copy,
        label.clock,
        label.station
    ));
    let area = template.foot;
    let fitted = typesetter.fit(&text, Weight::SemiBold, template.sizes.foot, area.width);
    typesetter.draw(bitmap, &fitted.line, fitted.size_dots, (area.x, area.bottom()), Ink::Black);
    fitted.is_cut
}

struct Pen<'a> {
    template: &'a Template,
    typesetter: &'a mut Typesetter,
    label: &'a Label<'a>,
    front: Front,
}

impl Pen<'_> {
    fn number(&mut self, area: Area) {
        let sizes = (self.template.sizes.number, self.template.sizes.suffix);
        let id = (self.label.order.id, self.label.order.siblings);
        number(self.typesetter, &mut self.front.bitmap, area, sizes, id);
    }

    fn due(&mut self) {
        let order = self.label.order;
        let (block, more) = (self.template.due, self.template.month);
        let day = order.due.map_or_else(|| "NO DATE".to_owned(), day_text);
        self.front.bitmap.fill(block, Ink::Black);
        self.centred(&day, Weight::ExtraBold, self.template.sizes.due, block, Ink::White);
        let month = order.due.map(|due| MONTHS[usize::from(due.civil().1) - 1]);
        let way = order.delivery.map(|delivery| match delivery {
            Delivery::Pickup => "PICKUP",
            Delivery::Delivery => "DELIVERY",
        });
        let parts: Vec<&str> = month.into_iter().chain(way).collect();
        let size = self.template.sizes.month;
        self.centred(&parts.join(" · "), Weight::ExtraBold, size, more, Ink::Black);
    }

    /// Draws Code 128 of the exact cake, and tells where its quiet zone ends.
    fn code(&mut self) -> i32 {
        let area = self.template.code;
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

    /// Product, size and flavour, writing and notes, each below the other; what one does not need the next may use.
    fn body(&mut self) {
        let order = self.label.order;
        let sizes = &self.template.sizes;
        let mut top = self.template.body.y;
        let writing = match clean(&order.writing) {
            writing if writing.is_empty() => writing,
            writing => format!("“{writing}”"),
        };
        let size = [&order.size, &order.flavour].map(|text| clean(text));
        let size =
            size.iter().filter(|text| !text.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" · ");
        let notes = clean(&order.notes);
        let below = [(&writing, sizes.writing[0]), (&notes, sizes.notes), (&size, sizes.size[0])];
        let reserved: i32 =
            below.iter().filter(|(text, _)| !text.is_empty()).map(|(_, size)| leading(*size)).sum();
        let spare = self.template.body.bottom() - top - reserved;
        let product = clean(&order.product);
        if self.block(&product, Weight::ExtraBold, sizes.product, (&mut top, spare)) {
            self.front.cuts.insert(Field::Product);
        }
        if self.block(&size, Weight::Medium, sizes.size, (&mut top, leading(sizes.size[0]))) {
            self.front.cuts.insert(Field::Size);
        }
        let for_notes = if notes.is_empty() { 0 } else { leading(sizes.notes) };
        let spare = self.template.body.bottom() - top - for_notes;
        if self.block(&writing, Weight::SemiBold, sizes.writing, (&mut top, spare)) {
            self.front.overflow.push(("WRITING", writing));
        }
        if !notes.is_empty() && self.notes(&notes, top) {
            self.front.overflow.push(("NOTES", notes));
        }
    }

    /// Draws text from `top` down in the first size with which one line holds it, else in as many lines as `spare` dots
    /// have room for; tells whether it was cut.
    fn block(&mut self, text: &str, weight: Weight, sizes: &[f32], room: (&mut i32, i32)) -> bool {
        let (top, spare) = room;
        if text.is_empty() {
            return false;
        }
        let fitted = self.typesetter.fit(text, weight, sizes, width_at(self.template, *top, sizes[0]));
        if !fitted.is_cut {
            self.line(&fitted.line, fitted.size_dots, top, sizes[0]);
            return false;
        }
        let size = sizes[sizes.len() - 1];
        let lines_max = usize::try_from(spare / leading(size)).unwrap_or(0).max(1);
        let first = *top;
        let room = |line: i32| width_at(self.template, first + line * leading(size), size);
        let paragraph = self.typesetter.paragraph(text, weight, size, lines_max, room);
        for line in paragraph.lines {
            self.line(&line, size, top, size);
        }
        paragraph.is_cut
    }

    /// Draws the notes mark and as much of the notes as there is room for; tells whether they go on elsewhere.
    fn notes(&mut self, notes: &str, top: i32) -> bool {
        let size = self.template.sizes.notes;
        let body = self.template.body;
        let lines_max = usize::try_from((body.bottom() - top) / leading(size)).unwrap_or(0).max(1);
        let at = (body.x, top + ascent(size));
        // A longer mark leaves less room: it is chosen first, then the text set beside it.
        let mut set = |text: &str| {
            let indent = mark_width(self.typesetter, text, size * MARK_SCALE) + MARK_GAP_DOTS;
            let room = |line: i32| {
                width_at(self.template, top + line * leading(size), size) - if line == 0 { indent } else { 0 }
            };
            let paragraph = self.typesetter.paragraph(notes, Weight::SemiBold, size, lines_max, room);
            (text.to_owned(), indent, paragraph)
        };
        let mut chosen = set("NOTES");
        if chosen.2.is_cut {
            chosen = set("NOTES: SEE NEXT LABEL");
        }
        let (text, indent, paragraph) = chosen;
        mark(self.typesetter, &mut self.front.bitmap, &text, size * MARK_SCALE, at);
        for (line, place) in paragraph.lines.iter().zip(0..) {
            let x = body.x + if place == 0 { indent } else { 0 };
            let at = (x, at.1 + place * leading(size));
            self.typesetter.draw(&mut self.front.bitmap, line, size, at, Ink::Black);
        }
        paragraph.is_cut
    }

    /// The customer, and on a copy its mark, in the room right of the code.
    fn beside_code(&mut self, left: i32) {
        let area = self.template.code;
        let sizes = self.template.sizes.customer;
        let room = Area { x: left, width: area.right() - left, ..area };
        let size = sizes[0];
        let is_copy = self.label.copy > 1;
        if is_copy {
            let text = format!("COPY {}", self.label.copy);
            let at = (room.x, room.bottom() - (size * 0.17).round() as i32);
            mark(self.typesetter, &mut self.front.bitmap, &text, size, at);
        }
        let customer = clean(&self.label.order.customer);
        let fitted = self.typesetter.fit(&customer, Weight::SemiBold, sizes, room.width);
        let baseline = room.y + ascent(size);
        let (lines, size, is_cut) = if is_copy || !fitted.is_cut {
            (vec![fitted.line], fitted.size_dots, fitted.is_cut)
        } else {
            let size = sizes[sizes.len() - 1];
            let paragraph = self.typesetter.paragraph(&customer, Weight::SemiBold, size, 2, |_| room.width);
            (paragraph.lines, size, paragraph.is_cut)
        };
        for (line, place) in lines.iter().zip(0..) {
            let at = (room.x, baseline + place * leading(size));
            self.typesetter.draw(&mut self.front.bitmap, line, size, at, Ink::Black);
        }
        if is_cut {
            self.front.cuts.insert(Field::Customer);
        }
    }

    fn foot(&mut self) {
        if foot(self.template, self.typesetter, &mut self.front.bitmap, self.label) {
            self.front.cuts.insert(Field::Foot);
        }
    }

    fn line(&mut self, line: &Line, size: f32, top: &mut i32, size_of_row: f32) {
        let at = (self.template.body.x, *top + ascent(size_of_row));
        self.typesetter.draw(&mut self.front.bitmap, line, size, at, Ink::Black);
        *top += leading(size_of_row);
    }

    fn centred(&mut self, text: &str, weight: Weight, size: f32, area: Area, ink: Ink) {
        let line = self.typesetter.shape(text, weight);
        let size = size.min(size * (area.width - 2 * BOX_PAD_DOTS) as f32 / line.width(size).max(1.0));
        let x = area.x + (area.width - line.width(size) as i32) / 2;
        self.typesetter.draw(&mut self.front.bitmap, &line, size, (x, centred_baseline(area, size)), ink);
    }
}

/// How wide a line of the body may be that begins at `top`: month and QR code stand in its way.
fn width_at(template: &Template, top: i32, size: f32) -> i32 {
    let bottom = top + leading(size);
    let quiet = template.qr.width / QR_QUIET_OF_WIDTH;
    let right = [(template.month, 0), (template.qr, quiet)]
        .iter()
        .filter(|(area, pad)| top < area.bottom() + pad && bottom > area.y - pad)
        .map(|(area, pad)| area.x - pad - OBSTACLE_GAP_DOTS)
        .fold(template.body.right(), i32::min);
    right - template.body.x
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

/// Height of a line, in dots.
pub(super) fn leading(size: f32) -> i32 {
    (size * 1.13).ceil() as i32
}

/// From the top of a line down to its baseline, in dots.
pub(super) fn ascent(size: f32) -> i32 {
    (size * 0.88).round() as i32
}

fn centred_baseline(area: Area, size: f32) -> i32 {
    area.y + i32::midpoint(area.height, (size * CAP_HEIGHT_EM).round() as i32)
}

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

const BOX_GAP_DOTS: i32 = 14;
const BOX_LINE_DOTS: i32 = 4;
const BOX_PAD_DOTS: i32 = 10;
const MARK_PAD_DOTS: i32 = 9;
pub(super) const MARK_GAP_DOTS: i32 = 12;
/// The mark's capitals stand beside text of mixed case: a little smaller looks as large.
pub(super) const MARK_SCALE: f32 = 0.92;
const OBSTACLE_GAP_DOTS: i32 = 8;
/// A quiet zone of 4 modules beside a code of 25 (ISO/IEC 18004, version 2).
const QR_QUIET_OF_WIDTH: i32 = 6;
