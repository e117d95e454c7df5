//! The body: product, size and flavour, writing and notes, each below the other.

use super::super::overflow::{NOTES, WRITING};
use super::super::qr;
use super::{
    Area, Field, GAP_MM, Ink, Line, Part, Pen, Row, Template, Weight, ascent, clean, leading, mark,
    mark_width,
};

impl Pen<'_> {
    /// Draws the rows in the template's order; what one does not need the next may use.
    pub(super) fn body(&mut self) {
        let body = self.template.area(Part::Body);
        let growth = self.template.height_max_dots.cast_signed() - self.template.height_dots().cast_signed();
        let bottom = body.bottom() + growth;
        let rows: Vec<(Row, String, &[f32])> = self
            .template
            .rows
            .iter()
            .map(|(row, sizes)| (*row, self.text(*row), &**sizes))
            .filter(|(_, text, _)| !text.is_empty())
            .collect();
        let first: i32 = rows.iter().map(|(.., sizes)| leading(sizes[0])).sum();
        // With no room for all in their first sizes, every row takes its last.
        let is_tight = first > bottom - body.y;
        let rows = rows
            .into_iter()
            .map(|(row, text, sizes)| (row, text, if is_tight { &sizes[sizes.len() - 1..] } else { sizes }));
        let rows: Vec<_> = rows.collect();
        let mut top = body.y;
        for (at, (row, text, sizes)) in rows.iter().enumerate() {
            let reserved: i32 = rows[at + 1..].iter().map(|(.., sizes)| leading(sizes[0])).sum();
            let spare = bottom - top - reserved;
            match row {
                Row::Notes => self.notes(text, sizes, (&mut top, spare)),
                Row::Writing if self.label.order.is_writing_unread => self.unread(text, sizes, &mut top),
                // Size and flavour are the first to do without.
                Row::Size => self.block(*row, text, sizes, (&mut top, leading(sizes[0]))),
                Row::Product | Row::Writing => self.block(*row, text, sizes, (&mut top, spare)),
            }
        }
        self.grown_dots = (top - body.bottom()).clamp(0, growth);
    }

    fn text(&self, row: Row) -> String {
        let order = self.label.order;
        match row {
            Row::Product => match clean(&order.product) {
                product if product.is_empty() => "NO PRODUCT".to_owned(),
                product => product,
            },
            Row::Size => {
                let parts = [clean(&order.size), clean(&order.flavour)];
                let parts: Vec<&str> =
                    parts.iter().filter(|text| !text.is_empty()).map(String::as_str).collect();
                parts.join(" · ")
            }
            // Nobody shall take it for a cake without writing, nor write what stands here.
            Row::Writing if order.is_writing_unread => WRITING_UNREAD.to_owned(),
            Row::Writing => match clean(&order.writing) {
                writing if writing.is_empty() => writing,
                writing => format!("“{writing}”"),
            },
            Row::Notes => clean(&order.notes),
        }
    }

    /// Draws text from `top` down in the first size with which one line holds it, else in as many lines as `spare` dots
    /// have room for.
    fn block(&mut self, row: Row, text: &str, sizes: &[f32], (top, spare): (&mut i32, i32)) {
        let weight = match row {
            Row::Product => Weight::ExtraBold,
            Row::Size => Weight::Medium,
            Row::Writing | Row::Notes => Weight::SemiBold,
        };
        let fitted = self.typesetter.fit(text, weight, sizes, self.width_at(*top, sizes[0]));
        if !fitted.is_cut {
            return self.line(&fitted.line, fitted.size_dots, top, sizes[0]);
        }
        let size = sizes[sizes.len() - 1];
        let lines_max = usize::try_from(spare / leading(size)).unwrap_or(0).max(1);
        let first = *top;
        let rooms: Vec<i32> =
            (0..).take(lines_max).map(|line| self.width_at(first + line * leading(size), size)).collect();
        let room = |line: i32| rooms.get(line as usize).or(rooms.last()).copied().unwrap_or_default();
        let set = self.typesetter.paragraph(text, weight, size, lines_max, room);
        for line in set.lines {
            self.line(&line, size, top, size);
        }
        match row {
            _ if !set.is_cut => {}
            Row::Product => drop(self.front.cuts.insert(Field::Product)),
            Row::Size => drop(self.front.cuts.insert(Field::Size)),
            Row::Writing => self.front.overflow.push((WRITING, text.to_owned())),
            Row::Notes => self.front.overflow.push((NOTES, text.to_owned())),
        }
    }

    /// Draws the notes mark and as much of the notes as there is room for; the whole of what is too long goes on to a
    /// further label.
    fn notes(&mut self, notes: &str, sizes: &[f32], (top, spare): (&mut i32, i32)) {
        let first = *top;
        let obstacles = self.obstacles();
        let mut set = |text: &'static str, size: f32| {
            let lines_max = usize::try_from(spare / leading(size)).unwrap_or(0).max(1);
            let indent = mark_width(self.typesetter, text, size * MARK_SCALE) + self.template.dots(GAP_MM);
            let room = |line: i32| {
                let width = width_at(self.template, obstacles, first + line * leading(size), size);
                width - if line == 0 { indent } else { 0 }
            };
            let set = self.typesetter.paragraph(notes, Weight::SemiBold, size, lines_max, room);
            (text, size, indent, set)
        };
        let last = sizes[sizes.len() - 1];
        let mut chosen = set(NOTES, sizes[0]);
        for &size in &sizes[1..] {
            if chosen.3.is_cut {
                chosen = set(NOTES, size);
            }
        }
        if chosen.3.is_cut {
            // A longer mark leaves less room.
            chosen = set(NOTES_GO_ON, last);
        }
        let (text, size, indent, set) = chosen;
        let (x, baseline) = (self.template.area(Part::Body).x, first + ascent(size));
        mark(self.typesetter, &mut self.front.bitmap, text, size * MARK_SCALE, (x, baseline));
        for (line, place) in set.lines.iter().zip(0..) {
            let at = (x + if place == 0 { indent } else { 0 }, baseline + place * leading(size));
            self.typesetter.draw(&mut self.front.bitmap, line, size, at, Ink::Black);
            *top += leading(size);
        }
        if set.is_cut {
            self.front.overflow.push((NOTES, notes.to_owned()));
        }
    }

    /// Draws a mark alone on its line, in the first size with which it fits, else in the last.
    fn unread(&mut self, text: &str, sizes: &[f32], top: &mut i32) {
        let mut size = sizes[sizes.len() - 1];
        for &larger in sizes.iter().rev() {
            let width = self.width_at(*top, larger);
            if mark_width(self.typesetter, text, larger * MARK_SCALE) <= width {
                size = larger;
            }
        }
        let at = (self.template.area(Part::Body).x, *top + ascent(size));
        mark(self.typesetter, &mut self.front.bitmap, text, size * MARK_SCALE, at);
        *top += leading(size);
    }

    fn line(&mut self, line: &Line, size: f32, top: &mut i32, size_of_row: f32) {
        let at = (self.template.area(Part::Body).x, *top + ascent(size_of_row));
        self.typesetter.draw(&mut self.front.bitmap, line, size, at, Ink::Black);
        *top += leading(size_of_row);
    }

    /// How wide a line of the body may be that begins at `top`.
    fn width_at(&self, top: i32, size: f32) -> i32 {
        width_at(self.template, self.obstacles(), top, size)
    }

    /// What stands in the body's way, and how far to keep clear of it.
    fn obstacles(&self) -> [Option<(Area, i32)>; 3] {
        let template = self.template;
        let has_suffix = self.label.order.id.suffix.is_some();
        let qr = template.qr().map(|area| (area, qr::quiet_dots(area)));
        [
            Some((template.area(Part::Month), 0)),
            has_suffix.then(|| (template.area(Part::Suffix), template.dots(CLEAR_MM))),
            qr,
        ]
    }
}

fn width_at(template: &Template, obstacles: [Option<(Area, i32)>; 3], top: i32, size: f32) -> i32 {
    let (body, bottom) = (template.area(Part::Body), top + leading(size));
    let right = obstacles
        .into_iter()
        .flatten()
        .filter(|(area, clear)| top < area.bottom() + clear && bottom > area.y - clear)
        .map(|(area, clear)| area.x - clear - template.dots(CLEAR_MM))
        .fold(body.right(), i32::min);
    right - body.x
}

const NOTES_GO_ON: &str = "NOTES: SEE NEXT LABEL";

const WRITING_UNREAD: &str = "WRITING: SEE SCREEN";

/// Between the end of a line and what stands in its way.
pub(in crate::label) const CLEAR_MM: f32 = 1.0;

/// The mark's capitals stand beside text of mixed case: a little smaller looks as large.
pub(in crate::label) const MARK_SCALE: f32 = 0.92;
