//! The labels that carry, whole, what the front had no room for: an allergy note never vanishes.

use std::collections::BTreeSet;
use std::ops::Range;

use super::bitmap::{Area, Bitmap, Ink};
use super::clean::clip;
use super::layout::{self, GAP_MM, MARK_SCALE, ascent};
use super::template::{Part, Template, leading};
use super::text::{Line, Typesetter, Weight};
use super::{Field, Label};

/// The further labels, and what did not even fit on them.
pub(super) struct Further {
    pub pages: Vec<Bitmap>,
    pub cuts: BTreeSet<Field>,
}

/// Draws `texts`, each behind its mark, in the largest size with which one label holds them, else on several.
pub(super) fn pages(
    template: &Template,
    typesetter: &mut Typesetter,
    label: &Label<'_>,
    texts: &[(&'static str, String)],
) -> Further {
    let stock = Stock::of(template);
    let mut cuts = BTreeSet::new();
    let mut shaped = Vec::new();
    for (mark, text) in texts {
        let (text, is_clipped) = clip(text, CHARS_MAX);
        if is_clipped {
            cuts.insert(field(mark));
        }
        shaped.push((*mark, typesetter.shape(text, Weight::SemiBold)));
    }
    let lines_of = |size: f32| (stock.text.height / leading(size)).max(1) as usize;
    let mut size = 0.0;
    let mut rows = Vec::new();
    for &smaller in &template.further {
        (size, rows) = (smaller, set(template, typesetter, &shaped, smaller, stock.text.width));
        if rows.len() <= lines_of(size) {
            break;
        }
    }
    let lost = rows.split_off(rows.len().min(lines_of(size) * stock.pages_max));
    cuts.extend(lost.iter().map(|row| field(shaped[row.text].0)));
    if let (false, Some(last)) = (lost.is_empty(), rows.last_mut()) {
        last.is_cut = true;
    }
    let count = rows.len().div_ceil(lines_of(size));
    let mut pages = Vec::with_capacity(count);
    for (at, rows) in rows.chunks(lines_of(size)).enumerate() {
        let height_dots = stock.height_of(template, rows.len(), size);
        let bitmap = Bitmap::white(template.width_dots(), height_dots.unsigned_abs());
        let mut sheet = Sheet { template, typesetter, bitmap };
        sheet.head(label, (at + 2, count + 1));
        for (row, down) in rows.iter().zip(0..) {
            sheet.row(row, &shaped[row.text], size, stock.text.y + down * leading(size));
        }
        pages.push(sheet.bitmap);
    }
    Further { pages, cuts }
}

/// Where a further label has its text.
pub(super) fn room(template: &Template) -> Area {
    Stock::of(template).text
}

/// How much there is of the stock for one cake's further labels.
struct Stock {
    /// All between the head and the foot.
    text: Area,
    pages_max: usize,
    is_endless: bool,
}

impl Stock {
    fn of(template: &Template) -> Self {
        let (number, due) = (template.area(Part::Number), template.area(Part::Due));
        let (body, foot) = (template.area(Part::Body), template.area(Part::Foot));
        let y = number.bottom().max(due.bottom()) + template.dots(GAP_MM);
        let (height, front) = (template.height_dots(), template.height_max_dots);
        let is_endless = front > height;
        let left = template.dots(LENGTH_MAX_MM).unsigned_abs().saturating_sub(front);
        let page = if is_endless { left.max(height) } else { height };
        let bottom = foot.y - template.dots(BORDER_MM) + (page - height).cast_signed();
        Self {
            text: Area { y, height: bottom - y, ..body },
            pages_max: (left / page).max(1) as usize,
            is_endless,
        }
    }

    /// How long a label with so many lines is.
    fn height_of(&self, template: &Template, lines: usize, size: f32) -> i32 {
        let height = template.height_dots().cast_signed();
        if !self.is_endless {
            return height;
        }
        let lines = i32::try_from(lines).unwrap_or(i32::MAX / 1000);
        let below = height - template.area(Part::Foot).y + template.dots(BORDER_MM);
        self.text.y + lines * leading(size) + below
    }
}

/// One line of the page: which text, which part of it, and whether the text's mark stands before it.
struct Row {
    text: usize,
    range: Range<usize>,
    is_first: bool,
    is_cut: bool,
}

struct Sheet<'a> {
    template: &'a Template,
    typesetter: &'a mut Typesetter,
    bitmap: Bitmap,
}

impl Sheet<'_> {
    /// The number, which of the labels this is, and the foot.
    fn head(&mut self, label: &Label<'_>, (page, pages): (usize, usize)) {
        let (template, due) = (self.template, self.template.area(Part::Due));
        layout::number(template, self.typesetter, &mut self.bitmap, label.order.id, false);
        self.bitmap.frame(due, template.dots(BORDER_MM), Ink::Black);
        let size = template.size(Part::Suffix);
        let text = format!("LABEL {page} of {pages}");
        let inside = Area { x: due.x + template.dots(1.0), width: due.width - 2 * template.dots(1.0), ..due };
        layout::centred(self.typesetter, &mut self.bitmap, (&text, size), inside, Ink::Black);
        let foot = template.area(Part::Foot);
        let down = self.bitmap.height_dots().cast_signed() - template.height_dots().cast_signed();
        // There is no customer here to leave room for.
        let left = template.area(Part::Body).x.min(foot.x);
        let foot = Area { x: left, y: foot.y + down, width: foot.right() - left, ..foot };
        layout::foot(template, self.typesetter, &mut self.bitmap, (label, foot));
    }

    fn row(&mut self, row: &Row, (mark, whole): &(&str, Line), size: f32, top: i32) {
        let body = self.template.area(Part::Body);
        let (mut x, baseline) = (body.x, top + ascent(size));
        if row.is_first {
            layout::mark(self.typesetter, &mut self.bitmap, mark, size * MARK_SCALE, (x, baseline));
            x += indent(self.template, self.typesetter, mark, size);
        }
        let mut line = self.typesetter.shape(&whole.text()[row.range.clone()], Weight::SemiBold);
        if row.is_cut {
            let rest = self.typesetter.shape(&format!("{} …", line.text()), Weight::SemiBold);
            line = self.typesetter.cut(&rest, size, body.right() - x);
        }
        self.typesetter.draw(&mut self.bitmap, &line, size, (x, baseline), Ink::Black);
    }
}

fn set(
    template: &Template,
    typesetter: &mut Typesetter,
    shaped: &[(&'static str, Line)],
    size: f32,
    width_dots: i32,
) -> Vec<Row> {
    let mut rows = Vec::new();
    for (text, (mark, line)) in shaped.iter().enumerate() {
        let indent = indent(template, typesetter, mark, size);
        let wrapped = line.wrap(size, usize::MAX, |line| width_dots - if line == 0 { indent } else { 0 });
        rows.extend(wrapped.lines.into_iter().enumerate().map(|(at, range)| Row {
            text,
            range,
            is_first: at == 0,
            is_cut: false,
        }));
    }
    rows
}

/// How far behind a mark its text begins.
fn indent(template: &Template, typesetter: &mut Typesetter, mark: &str, size: f32) -> i32 {
    layout::mark_width(typesetter, mark, size * MARK_SCALE) + template.dots(GAP_MM)
}

fn field(mark: &str) -> Field {
    if mark == NOTES { Field::Notes } else { Field::Writing }
}

/// The mark of the customer's notes.
pub(super) const NOTES: &str = "NOTES";
/// The mark of what is written on the cake.
pub(super) const WRITING: &str = "WRITING";

const BORDER_MM: f32 = 0.5;

/// The order form ends far below this; what is longer is cut in sight.
const CHARS_MAX: usize = 10_000;

/// Of labels for one cake, front and all: more than anyone reads, and what a slow printer does within its deadline.
pub(super) const LENGTH_MAX_MM: f32 = 650.0;
