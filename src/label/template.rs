//! A template at one resolution.

use super::bitmap::Area;
use super::flaw::{Error, Flaw};

mod check;
mod part;
mod written;

pub(super) use part::{Part, Row};

/// A label's stock at one resolution, and where everything is on it: all within it, apart, and with room for the code of
/// every cake.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    name: Box<str>,
    /// Built in: the tests have drawn it.
    is_proved: bool,
    dpi: u16,
    dots_per_mm: f32,
    width_dots: u32,
    height_dots: u32,
    /// As long as a label on continuous stock may become; on any other its height.
    pub(super) height_max_dots: u32,
    places: [Option<Place>; Part::COUNT],
    /// What stands in the body, from the top.
    pub(super) rows: Vec<(Row, Vec<f32>)>,
    /// Sizes of text on the labels that carry what did not fit, in dots an em.
    pub(super) further: Vec<f32>,
}

/// Where a part is, and the sizes its text may have, in dots an em: the first with which it fits is taken.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    pub area: Area,
    pub sizes: Vec<f32>,
    /// Of the template's file.
    pub line: usize,
}

impl Template {
    /// The built-in template of this name; none where there is no such name or resolution.
    pub fn find(name: &str, dpi: u16) -> Option<Self> {
        let (_, text) = BUILT_IN.into_iter().find(|(known, _)| *known == name)?;
        RESOLUTIONS.iter().find(|(known, _)| *known == dpi)?;
        let template =
            Self::read(name, text, dpi).expect("a template that this program was built with is sound");
        Some(Self { is_proved: true, ..template })
    }

    /// The template in the text of a file, for printers of `dpi`; `name` is what errors and people call it.
    pub fn read(name: &str, text: &str, dpi: u16) -> Result<Self, Error> {
        let template = written::read(name, text, dpi)?;
        template.check()?;
        Ok(template)
    }

    /// Names of the templates and resolutions there are, for a person who named another.
    pub fn known() -> (Vec<&'static str>, Vec<u16>) {
        (BUILT_IN.iter().map(|(name, _)| *name).collect(), RESOLUTIONS.map(|(dpi, _)| dpi).to_vec())
    }

    /// As the configuration names it, or its file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Resolution, in dots per inch.
    pub fn dpi(&self) -> u16 {
        self.dpi
    }

    /// Dots a millimetre: what is sold as 203 dpi has 8.
    pub fn dots_per_mm(&self) -> f32 {
        self.dots_per_mm
    }

    /// Whether it is for continuous stock, on which a label is as long as its text.
    pub fn is_continuous(&self) -> bool {
        self.height_max_dots > self.height_dots
    }

    /// Width, in dots.
    pub fn width_dots(&self) -> u32 {
        self.width_dots
    }

    /// Height, in dots; on continuous stock the least.
    pub fn height_dots(&self) -> u32 {
        self.height_dots
    }

    /// Whether it is known that all it draws is on the label and apart.
    pub(super) fn is_proved(&self) -> bool {
        self.is_proved
    }

    /// Where a part is.
    pub(super) fn place(&self, part: Part) -> &Place {
        self.places[part as usize].as_ref().expect("a template is checked before anything is drawn with it")
    }

    pub(super) fn area(&self, part: Part) -> Area {
        self.place(part).area
    }

    /// The first, largest size of a part.
    pub(super) fn size(&self, part: Part) -> f32 {
        self.place(part).sizes[0]
    }

    /// The QR code; its quiet zone of 4 modules lies outside.
    pub(super) fn qr(&self) -> Option<Area> {
        self.places[Part::Qr as usize].as_ref().map(|place| place.area)
    }

    /// The same with all of its parts so much further right and down.
    pub(super) fn moved(&self, dots: i32) -> Self {
        let mut moved = self.clone();
        for place in moved.places.iter_mut().flatten() {
            place.area.x += dots;
            place.area.y += dots;
        }
        moved
    }

    /// What is wrong with a part.
    pub(super) fn flaw(&self, part: Part, flaw: Flaw) -> Error {
        let line = self.places[part as usize].as_ref().map(|place| place.line);
        Error { template: self.name.clone(), line, flaw }
    }

    /// Dots of a length.
    pub(super) fn dots(&self, length_mm: f32) -> i32 {
        (length_mm * self.dots_per_mm).round().max(1.0) as i32
    }

    /// Dots a module for a code of `modules`: what reads best, or less, down to the least allowed, where there is no
    /// room for it.
    pub(super) fn module_dots(&self, modules: u32) -> u32 {
        let best = (MODULE_BEST_MM * self.dots_per_mm - TOLERANCE).ceil() as u32;
        let (least, width) = (self.module_min_dots(), self.area(Part::Code).width as u32);
        (least..=best).rev().find(|dots| modules * dots <= width).unwrap_or(least)
    }

    fn module_min_dots(&self) -> u32 {
        (MODULE_MIN_MM * self.dots_per_mm - TOLERANCE).ceil() as u32
    }

    /// Millimetres of a count of dots.
    pub(super) fn mm(&self, dots: i32) -> f32 {
        dots as f32 / self.dots_per_mm
    }

    fn placed(&self) -> impl Iterator<Item = (Part, Area)> + '_ {
        let places = Part::ALL.into_iter().zip(&self.places);
        places.filter_map(|(part, place)| Some((part, place.as_ref()?.area)))
    }
}

/// Height of a line, in dots.
pub(super) fn leading(size: f32) -> i32 {
    (size * 1.13).ceil() as i32
}

/// Dots an inch, and dots a millimetre.
const RESOLUTIONS: [(u16, f32); 2] = [(203, 8.0), (300, 300.0 / 25.4)];

/// The templates that the program brings, and the text of their files.
const BUILT_IN: [(&str, &str); 3] = [
    ("62x29", include_str!("../../assets/templates/62x29.toml")),
    ("100x50", include_str!("../../assets/templates/100x50.toml")),
    ("roll80", include_str!("../../assets/templates/roll80.toml")),
];

/// `workflow.md` 4.
const MODULE_MIN_MM: f32 = 0.25;
/// `findings.md`: codes of three dots at 203 dpi always read, codes of two only sometimes.
const MODULE_BEST_MM: f32 = 0.375;
/// So that what is a whole number of dots stays one after a multiplication.
const TOLERANCE: f32 = 0.001;

#[cfg(test)]
mod tests {
    use super::super::code128;
    use super::*;

    #[test]
    fn every_template_fits_and_carries_every_code() {
        let (names, resolutions) = Template::known();
        assert_eq!((names.len(), resolutions.len()), (3, 2));
        for name in names {
            for &dpi in &resolutions {
                assert!(Template::find(name, dpi).is_some(), "{name} at {dpi} dpi");
            }
        }
    }

    #[test]
    fn lengths_are_whole_dots_of_the_resolution() {
        let size = |name, dpi| {
            let template = Template::find(name, dpi).unwrap();
            (template.width_dots(), template.height_dots())
        };
        assert_eq!(size("100x50", 203), (800, 400));
        assert_eq!(size("100x50", 300), (1181, 591));
        assert_eq!(size("62x29", 203), (496, 232));
        assert_eq!(size("roll80", 203).0, 576);
        let module = |dpi| Template::find("62x29", dpi).unwrap().module_dots(code128::modules("#B25771-A"));
        assert_eq!((module(203), module(300)), (3, 4));
    }

    #[test]
    fn unknown_stock_is_not_found() {
        assert!(Template::find("100x50", 600).is_none());
        assert!(Template::find("62x100", 203).is_none());
    }
}
