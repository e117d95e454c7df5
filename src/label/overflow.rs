//! The labels that carry, whole, what the front had no room for: an allergy note never vanishes.

use std::collections::BTreeSet;
use std::ops::Range;

use super::bitmap::{Area, Bitmap, Ink};
use super::clean::clip;
use super::layout::{self, MARK_GAP_DOTS, MARK_SCALE, ascent, leading};
use super::template::Template;
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
    let area = text_area(template);
    let mut cuts = BTreeSet::new();
    let mut shaped = Vec::new();
    for (mark, text) in texts {
        let (text, is_clipped) = clip(text, CHARS_MAX);
        if is_clipped {
            cuts.insert(field(mark));
        }
        shaped.push((*mark, typesetter.shape(text, Weight::SemiBold)));
    }
    let sizes = template.sizes.overflow;
    let lines_of = |size: f32| (area.height / leading(size)) as usize;
    let mut set = |size: f32| set(typesetter, &shaped, size, area.width);
    let mut size = 0.0;
    let mut rows = Vec::new();
    for &smaller in sizes {
        (size, rows) = (smaller, set(smaller));
        if rows.len() <= lines_of(size) {
            break;
        }
    }
    let rows_max = lines_of(size) * PAGES_MAX;
    let lost = rows.split_off(rows.len().min(rows_max));
    cuts.extend(lost.iter().map(|row| field(shaped[row.text].0)));
    if let (false, Some(last)) = (lost.is_empty(), rows.last_mut()) {
        last.is_cut = true;
    }
    let count = rows.len().div_ceil(lines_of(size).max(1));
    let mut pages = Vec::with_capacity(count);
    for (at, rows) in rows.chunks(lines_of(size).max(1)).enumerate() {
        let mut sheet =
            Sheet { template, typesetter, bitmap: Bitmap::white(template.width_dots, template.height_dots) };
        sheet.head(label, (at + 2, count + 1));
        for (row, down) in rows.iter().zip(0..) {
            sheet.row(row, &shaped[row.text], size, area.y + down * leading(size));
        }
        pages.push(sheet.bitmap);
    }
    Further { pages, cuts }
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
        let (number, due) = (self.template.number, self.template.due);
        let sizes = (self.template.sizes.number, self.template.sizes.suffix);
        let id = (label.order.id, label.order.siblings);
        layout::number(self.typesetter, &mut self.bitmap, number, sizes, id);
        self.bitmap.frame(due, FRAME_DOTS, Ink::Black);
        let line = self.typesetter.shape(&format!("{page} of {pages}"), Weight::ExtraBold);
        let size = self.template.sizes.suffix;
        let at = (due.x + (due.width - line.width(size) as i32) / 2, number.bottom() - FRAME_DOTS * 4);
        self.typesetter.draw(&mut self.bitmap, &line, size, at, Ink::Black);
        layout::foot(self.template, self.typesetter, &mut self.bitmap, label);
    }

    fn row(&mut self, row: &Row, (mark, whole): &(&str, Line), size: f32, top: i32) {
        let body = self.template.body;
        let (mut x, baseline) = (body.x, top + ascent(size));
        if row.is_first {
            layout::mark(self.typesetter, &mut self.bitmap, mark, size * MARK_SCALE, (x, baseline));
            x += layout::mark_width(self.typesetter, mark, size * MARK_SCALE) + MARK_GAP_DOTS;
        }
        let mut line = self.typesetter.shape(&whole.text()[row.range.clone()], Weight::SemiBold);
        if row.is_cut {
            let rest = self.typesetter.shape(&format!("{} …", line.text()), Weight::SemiBold);
            line = self.typesetter.cut(&rest, size, body.right() - x);
        }
        self.typesetter.draw(&mut self.bitmap, &line, size, (x, baseline), Ink::Black);
    }
}

fn set(typesetter: &mut Typesetter, shaped: &[(&'static str, Line)], size: f32, width_dots: i32) -> Vec<Row> {
    let mut rows = Vec::new();
    for (text, (mark, line)) in shaped.iter().enumerate() {
        let indent = layout::mark_width(typesetter, mark, size * MARK_SCALE) + MARK_GAP_DOTS;
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

/// All between the head and the foot.
fn text_area(template: &Template) -> Area {
    let y = template.body.y;
    Area { y, height: template.foot.y - FRAME_DOTS - y, ..template.body }
}

fn field(mark: &str) -> Field {
    if mark == "NOTES" { Field::Notes } else { Field::Writing }
}

const FRAME_DOTS: i32 = 4;

/// The order form ends far below this; what is longer is cut in sight.
const CHARS_MAX: usize = 10_000;

/// Some half a metre of labels for one cake is more than anyone reads.
const PAGES_MAX: usize = 12;
