//! Whether a template fits its stock.

use super::super::bitmap::Area;
use super::super::flaw::{Error, Flaw};
use super::super::layout::CLEAR_MM;
use super::super::{code128, overflow, qr, widest_barcode};
use super::{Part, Template, leading};

impl Template {
    /// Whether everything is on the stock and apart, and every cake's code has no less than 0.25 mm a module and 10 mm of
    /// height (`workflow.md` 4).
    pub(super) fn check(&self) -> Result<(), Error> {
        self.check_places()?;
        self.check_code()?;
        self.check_due()?;
        self.check_qr()?;
        self.check_body()?;
        let (room, needed) =
            (overflow::room(self), FURTHER_LINES_MIN * leading(self.further[self.further.len() - 1]));
        if room.height < needed {
            let (height_mm, needed_mm) = (self.mm(room.height.max(0)), self.mm(needed));
            return Err(self.flaw(Part::Foot, Flaw::Further { height_mm, needed_mm }));
        }
        Ok(())
    }

    fn check_places(&self) -> Result<(), Error> {
        let (width, height) = (self.width_dots.cast_signed(), self.height_dots.cast_signed());
        let is_outside =
            |area: Area| area.x < 0 || area.y < 0 || area.right() > width || area.bottom() > height;
        let placed = || {
            self.placed()
                .map(|(part, area)| (part, if part == Part::Qr { qr::with_quiet(area) } else { area }))
        };
        if let Some((part, _)) = placed().find(|(_, area)| is_outside(*area)) {
            return Err(self.flaw(part, Flaw::Outside { what: part.name() }));
        }
        for (part, area) in placed() {
            let mut others = placed().filter(|(other, _)| *other > part && !part.may_touch(*other));
            if let Some((other, _)) = others.find(|(_, other)| other.meets(area)) {
                return Err(self.flaw(part, Flaw::Overlap { what: part.name(), other: other.name() }));
            }
        }
        let body = self.area(Part::Body);
        let is_growing = self.height_max_dots > self.height_dots;
        let head = [Part::Number, Part::Suffix, Part::Due, Part::Month, Part::Qr];
        if let Some((part, _)) =
            self.placed().find(|(part, area)| is_growing && head.contains(part) && area.y >= body.bottom())
        {
            return Err(self.flaw(part, Flaw::Below { what: part.name() }));
        }
        Ok(())
    }

    fn check_code(&self) -> Result<(), Error> {
        let code = self.area(Part::Code);
        if code.height < (CODE_HEIGHT_MIN_MM * self.dots_per_mm).floor() as i32 {
            return Err(self.low(Part::Code, code.height, CODE_HEIGHT_MIN_MM));
        }
        let barcode = widest_barcode();
        let needed = (code128::modules(&barcode) * self.module_min_dots()).cast_signed();
        if needed > code.width {
            let (width_mm, needed_mm) = (self.mm(code.width), self.mm(needed));
            return Err(self.flaw(Part::Code, Flaw::CodeNarrow { barcode, width_mm, needed_mm }));
        }
        Ok(())
    }

    /// The month is white on the due day's black or black on white, and leaves the day its room.
    fn check_due(&self) -> Result<(), Error> {
        let (due, month) = (self.area(Part::Due), self.area(Part::Month));
        if !due.meets(month) {
            return Ok(());
        }
        let is_within = month.x >= due.x && month.y >= due.y;
        if !is_within || month.right() > due.right() || month.bottom() > due.bottom() {
            return Err(self.flaw(Part::Month, Flaw::Overlap { what: "month", other: "due" }));
        }
        if month.x > due.x && month.x - due.x < self.dots(DAY_WIDTH_MIN_MM) {
            return Err(self.narrow(Part::Due, month.x - due.x, DAY_WIDTH_MIN_MM));
        }
        if month.x == due.x && month.y - due.y < self.dots(DAY_HEIGHT_MIN_MM) {
            return Err(self.low(Part::Due, month.y - due.y, DAY_HEIGHT_MIN_MM));
        }
        Ok(())
    }

    fn check_qr(&self) -> Result<(), Error> {
        let Some(area) = self.qr() else { return Ok(()) };
        let side = area.width.min(area.height);
        let needed_mm = f32::from(qr::MODULES) * QR_MODULE_MIN_MM;
        if side < (needed_mm * self.dots_per_mm).floor() as i32 {
            return Err(self.narrow(Part::Qr, side, needed_mm));
        }
        Ok(())
    }

    /// A line of each row in its smallest size, each wide enough for a word, beside whatever stands in its way.
    fn check_body(&self) -> Result<(), Error> {
        let body = self.area(Part::Body);
        let needed: i32 =
            self.rows.iter().filter_map(|(_, sizes)| sizes.last()).map(|size| leading(*size)).sum();
        if needed > body.height {
            return Err(self.low(Part::Body, body.height, self.mm(needed)));
        }
        let obstacles =
            [Some(self.area(Part::Month)), Some(self.area(Part::Suffix)), self.qr().map(qr::with_quiet)];
        let clear = self.dots(CLEAR_MM);
        let is_beside = |area: &Area| area.bottom() + clear > body.y && area.y - clear < body.bottom();
        let right = obstacles.into_iter().flatten().filter(is_beside).map(|area| area.x - 2 * clear);
        let width = right.fold(body.right(), i32::min) - body.x;
        if width < self.dots(LINE_MIN_MM) {
            return Err(self.narrow(Part::Body, width.max(0), LINE_MIN_MM));
        }
        Ok(())
    }

    pub(in crate::label) fn narrow(&self, part: Part, width: i32, needed_mm: f32) -> Error {
        self.flaw(part, Flaw::Narrow { what: part.name(), width_mm: self.mm(width), needed_mm })
    }

    pub(in crate::label) fn low(&self, part: Part, height: i32, needed_mm: f32) -> Error {
        self.flaw(part, Flaw::Low { what: part.name(), height_mm: self.mm(height), needed_mm })
    }
}

/// `workflow.md` 4.
const CODE_HEIGHT_MIN_MM: f32 = 10.0;

/// Three dots at 203 dpi, as for bars (`findings.md`).
const QR_MODULE_MIN_MM: f32 = 0.375;

/// `WED 28` in letters as high as the smallest part's (2 mm) is as wide.
const DAY_WIDTH_MIN_MM: f32 = 9.0;
const DAY_HEIGHT_MIN_MM: f32 = 3.0;

/// A long word of the smallest text that is read at arm's length.
const LINE_MIN_MM: f32 = 20.0;

/// Fewer, and a long note makes more labels than anyone reads.
const FURTHER_LINES_MIN: i32 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    /// Line and flaw of a built-in template with one of its lines written otherwise.
    fn flaw(name: &str, line: &str, otherwise: &str) -> (Option<usize>, Flaw) {
        let (_, text) = super::super::BUILT_IN.into_iter().find(|(known, _)| *known == name).unwrap();
        let at = text.lines().position(|known| known.starts_with(line)).unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        lines[at] = otherwise;
        let error = Template::read("my.toml", &lines.join("\n"), 203).unwrap_err();
        assert_eq!(&*error.template, "my.toml");
        (error.line.map(|line| if line == at + 1 { 0 } else { line }), error.flaw)
    }

    fn refused(name: &str, line: &str, otherwise: &str) -> Flaw {
        let (at, flaw) = flaw(name, line, otherwise);
        assert_eq!(at, Some(0), "the line to mend is named: {flaw}");
        flaw
    }

    #[test]
    fn a_part_off_the_label_or_over_another_is_refused_by_its_line() {
        for (name, wide, high) in [("62x29", 62.0, 29.0), ("100x50", 100.0, 50.0), ("roll80", 72.0, 70.0)] {
            let due = format!("due = {{ at_mm = [{}, 0], size_mm = [5.2, 4], text_mm = [3] }}", wide - 5.0);
            assert_eq!(refused(name, "due", &due), Flaw::Outside { what: "due" });
            let foot = format!("foot = {{ at_mm = [1, {}], size_mm = [20, 2], text_mm = [2] }}", high - 1.0);
            assert_eq!(refused(name, "foot", &foot), Flaw::Outside { what: "foot" });
            let number = "number = { at_mm = [1, 17], size_mm = [20, 35], text_mm = [9] }";
            let (_, flaw) = flaw(name, "number", number);
            assert!(matches!(flaw, Flaw::Overlap { .. } | Flaw::Outside { .. }), "{flaw}");
        }
        let over =
            refused("100x50", "number", "number = { at_mm = [2, 36], size_mm = [20, 5], text_mm = [9] }");
        assert_eq!(over, Flaw::Overlap { what: "number", other: "code" });
        let edge = refused("100x50", "qr", "qr = { at_mm = [87, 17.25], size_mm = [12.5, 12.5] }");
        assert_eq!(edge, Flaw::Outside { what: "qr" }, "its quiet zone is part of it");
        let half = "month = { at_mm = [70, 9], size_mm = [30, 3], text_mm = [3] }";
        assert_eq!(refused("100x50", "month", half), Flaw::Overlap { what: "month", other: "due" });
        let below = "number = { at_mm = [2, 61.4], size_mm = [20, 0], text_mm = [6] }";
        assert_eq!(refused("roll80", "number", below), Flaw::Below { what: "number" });
    }

    #[test]
    fn a_code_that_a_gun_would_not_read_is_refused() {
        let narrow = refused("100x50", "code", "code = { at_mm = [1.25, 36.5], size_mm = [37.5, 10.25] }");
        let Flaw::CodeNarrow { width_mm, needed_mm, .. } = narrow else { panic!("{narrow}") };
        assert!((width_mm - 37.5).abs() < 0.1 && needed_mm > 46.0, "{width_mm} of {needed_mm}");
        let low = refused("100x50", "code", "code = { at_mm = [1.25, 36.5], size_mm = [96.75, 9.8] }");
        assert!(matches!(low, Flaw::Low { what: "code", .. }), "{low}");
        let small = refused("100x50", "qr", "qr = { at_mm = [84.5, 17.25], size_mm = [9, 12.5] }");
        assert!(matches!(small, Flaw::Narrow { what: "qr", .. }), "{small}");
    }

    #[test]
    fn text_without_room_is_refused() {
        let low = refused("100x50", "body", "body = { at_mm = [2, 12.25], size_mm = [96, 12] }");
        assert!(matches!(low, Flaw::Low { what: "body", .. }), "{low}");
        let narrow = refused("100x50", "body", "body = { at_mm = [70, 15.5], size_mm = [28, 20] }");
        assert!(matches!(narrow, Flaw::Narrow { what: "body", .. }), "{narrow}");
        let day = "month = { at_mm = [75, 1], size_mm = [25, 9], text_mm = [3] }";
        let (_, day) = flaw("100x50", "month", day);
        assert!(matches!(day, Flaw::Narrow { what: "due", .. }), "{day}");
        let foot = "foot = { at_mm = [30, 14], size_mm = [20, 2], text_mm = [2] }";
        let without_body = flaw("100x50", "foot", foot).1;
        assert_eq!(without_body, Flaw::Overlap { what: "body", other: "foot" });
        let (_, further) = flaw("100x50", "further_mm", "further_mm = [14]");
        assert!(matches!(further, Flaw::Further { .. }), "{further}");
    }

    #[test]
    fn what_every_label_has_must_be_there_once_with_sizes_from_the_largest_down() {
        assert_eq!(flaw("100x50", "foot", "").1, Flaw::NotPlaced { what: "foot" });
        let twice = flaw("100x50", "row = \"notes\"", "row = \"size\"").1;
        assert_eq!(twice, Flaw::Twice { what: "size" });
        let rising = "number = { at_mm = [2, 1.5], size_mm = [66.25, 9.25], text_mm = [8, 12.5] }";
        assert_eq!(refused("100x50", "number", rising), Flaw::NoText { what: "number" });
        let bare = "number = { at_mm = [2, 1.5], size_mm = [66.25, 9.25] }";
        assert_eq!(refused("100x50", "number", bare), Flaw::NoText { what: "number" });
        assert_eq!(refused("62x29", "further_mm", "further_mm = []"), Flaw::NoText { what: "further_mm" });
    }

    #[test]
    fn nonsense_is_refused_by_its_line() {
        for (line, otherwise) in [
            ("width_mm", "width_mm = nan"),
            ("width_mm", "width_mm = -62"),
            ("width_mm", "width_mm = 1e9"),
            ("height_mm", "height_mm = inf"),
            ("grows_to_mm", "grows_to_mm = 60"),
            ("further_mm", "further_mm = [0.2]"),
            ("number", "number = { at_mm = [-1, 2], size_mm = [68, 10.5], text_mm = [14.5] }"),
            ("number", "number = { at_mm = [2, 2], size_mm = [nan, 10.5], text_mm = [14.5] }"),
        ] {
            assert!(matches!(refused("roll80", line, otherwise), Flaw::Length { .. }), "{otherwise}");
        }
        for (line, otherwise) in [
            ("number", "numbr = { at_mm = [2, 2], size_mm = [68, 10.5], text_mm = [14.5] }"),
            ("number", "number = { at = [2, 2], size_mm = [68, 10.5], text_mm = [14.5] }"),
            ("number", "number = { at_mm = [2, 2, 2], size_mm = [68, 10.5], text_mm = [14.5] }"),
            ("height_mm", "height_mm = \"70\""),
            ("[parts]", "[parts"),
            ("row = \"notes\"", "row = \"price\""),
        ] {
            let (at, flaw) = flaw("roll80", line, otherwise);
            assert!(matches!(flaw, Flaw::Unreadable(_)) && at == Some(0), "{otherwise}: {at:?} {flaw}");
        }
        let missing = flaw("roll80", "height_mm", "").1;
        assert!(matches!(&missing, Flaw::Unreadable(why) if why.contains("height_mm")), "{missing}");
        let other = Template::read("my.toml", super::super::BUILT_IN[0].1, 600).unwrap_err();
        assert_eq!(other.flaw, Flaw::Resolution { dpi: 600, known: vec![203, 300] });
    }
}
