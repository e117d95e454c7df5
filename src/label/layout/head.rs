//! What the front and the further labels have in common: the number, marks, and the foot.

use super::super::template::{Part, Template};
use super::{Area, Bitmap, CAP_HEIGHT_EM, GAP_MM, Ink, Label, Typesetter, Weight, clean};
use crate::order::OrderId;

/// Draws the number as large as its place allows; it gives way to the suffix's box where that is in the same place.
pub(in crate::label) fn number(
    template: &Template,
    typesetter: &mut Typesetter,
    bitmap: &mut Bitmap,
    id: OrderId,
    is_boxed: bool,
) {
    let (area, suffix) = (template.area(Part::Number), template.area(Part::Suffix));
    let text = OrderId { suffix: id.suffix.filter(|_| !is_boxed), ..id }.barcode();
    let number = typesetter.shape(&text, Weight::ExtraBold).tight();
    let is_beside = is_boxed && id.suffix.is_some() && suffix.meets(area);
    let right = if is_beside { suffix.x - template.dots(GAP_MM) } else { area.right() };
    let largest = template.size(Part::Number);
    let size = largest.min(largest * (right - area.x) as f32 / number.width(largest)).floor();
    typesetter.draw(bitmap, &number, size, (area.x, area.bottom()), Ink::Black);
}

/// Draws text in the middle of an area, smaller where it is too wide.
pub(in crate::label) fn centred(
    typesetter: &mut Typesetter,
    bitmap: &mut Bitmap,
    (text, size): (&str, f32),
    area: Area,
    ink: Ink,
) {
    let line = typesetter.shape(text, Weight::ExtraBold);
    let size = size.min(size * area.width as f32 / line.width(size).max(1.0));
    let x = area.x + (area.width - line.width(size) as i32) / 2;
    let baseline = area.y + i32::midpoint(area.height, (size * CAP_HEIGHT_EM).round() as i32);
    typesetter.draw(bitmap, &line, size, (x, baseline), ink);
}

/// How wide a [`mark`] is, in dots.
pub(in crate::label) fn mark_width(typesetter: &mut Typesetter, text: &str, size: f32) -> i32 {
    typesetter.shape(text, Weight::ExtraBold).width(size).ceil() as i32 + 2 * mark_side(size)
}

/// Draws white text on a black block that begins at `at` (left, baseline).
pub(in crate::label) fn mark(
    typesetter: &mut Typesetter,
    bitmap: &mut Bitmap,
    text: &str,
    size: f32,
    at: (i32, i32),
) {
    let line = typesetter.shape(text, Weight::ExtraBold);
    let width = line.width(size).ceil() as i32 + 2 * mark_side(size);
    let (cap, pad) = ((size * CAP_HEIGHT_EM).round() as i32, mark_pad(size));
    bitmap.fill(Area { x: at.0, y: at.1 - cap - pad, width, height: cap + 2 * pad }, Ink::Black);
    typesetter.draw(bitmap, &line, size, (at.0 + mark_side(size), at.1), Ink::White);
}

/// Draws store, copy, time and station; tells whether the station was cut.
pub(in crate::label) fn foot(
    template: &Template,
    typesetter: &mut Typesetter,
    bitmap: &mut Bitmap,
    (label, area): (&Label<'_>, Area),
) -> bool {
    let (store, clock) = (label.order.id.store.name(), label.clock);
    let text = clean(&format!("{store} · copy {} · {clock} · {}", label.copy, label.station));
    let sizes = &template.place(Part::Foot).sizes;
    let fitted = typesetter.fit(&text, Weight::SemiBold, sizes, area.width);
    typesetter.draw(bitmap, &fitted.line, fitted.size_dots, (area.x, area.bottom()), Ink::Black);
    fitted.is_cut
}

/// How far a mark's block goes above and below its letters.
pub(super) fn mark_pad(size: f32) -> i32 {
    (size * 0.17).round() as i32
}

/// How far it goes to either side.
fn mark_side(size: f32) -> i32 {
    (size * 0.33).round() as i32
}
