//! A template at one resolution, and whether it fits its stock.

use super::bitmap::Area;
use super::{Error, code128, widest_barcode};

mod stock;

pub(super) use stock::{Part, Row};
use stock::{STOCKS, Stock};

/// A label's stock at one resolution, and where everything is on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    name: &'static str,
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
}

impl Template {
    /// The template that the configuration names.
    pub fn find(name: &str, dpi: u16) -> Option<Self> {
        let stock = STOCKS.iter().find(|stock| stock.name == name)?;
        let (_, dots_per_mm) = RESOLUTIONS.into_iter().find(|(known, _)| *known == dpi)?;
        Some(Self::of(stock, dpi, dots_per_mm))
    }

    /// Names of the templates and resolutions there are, for a person who named another.
    pub fn known() -> (Vec<&'static str>, Vec<u16>) {
        (STOCKS.iter().map(|stock| stock.name).collect(), RESOLUTIONS.map(|(dpi, _)| dpi).to_vec())
    }

    /// As the configuration names it.
    pub fn name(&self) -> &'static str {
        self.name
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

    /// Whether everything fits on the stock, and every cake's code at no less than 0.25 mm a module and 10 mm high
    /// (`workflow.md` 4).
    pub fn check(&self) -> Result<(), Error> {
        self.check_places()?;
        let code = self.area(Part::Code);
        if (code.height as f32) < (CODE_HEIGHT_MIN_MM * self.dots_per_mm).floor() {
            return Err(Error::CodeTooLow { template: self.name, height_dots: code.height as u32 });
        }
        let barcode = widest_barcode();
        let (needed_dots, width_dots) =
            (code128::modules(&barcode) * self.module_min_dots(), code.width as u32);
        if needed_dots > width_dots {
            return Err(Error::CodeTooWide { template: self.name, barcode, needed_dots, width_dots });
        }
        Ok(())
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

    fn of(stock: &Stock, dpi: u16, dots_per_mm: f32) -> Self {
        let at = |length_mm: f32| (length_mm * dots_per_mm).round() as i32;
        let sizes = |sizes_mm: &[f32]| sizes_mm.iter().map(|size| size * dots_per_mm).collect::<Vec<_>>();
        let mut places = [const { None }; Part::COUNT];
        for (part, [x, y, width, height], sizes_mm) in stock.places {
            let (left, top) = (at(*x), at(*y));
            let (width, height) = (at(x + width) - left, at(y + height) - top);
            let area = Area { x: left, y: top, width, height };
            places[*part as usize] = Some(Place { area, sizes: sizes(sizes_mm) });
        }
        Self {
            name: stock.name,
            dpi,
            dots_per_mm,
            width_dots: at(stock.width_mm).unsigned_abs(),
            height_dots: at(stock.height_mm).unsigned_abs(),
            height_max_dots: at(stock.grows_to_mm.unwrap_or(stock.height_mm)).unsigned_abs(),
            places,
            rows: stock.rows.iter().map(|(row, sizes_mm)| (*row, sizes(sizes_mm))).collect(),
            further: sizes(stock.further_mm),
        }
    }

    fn check_places(&self) -> Result<(), Error> {
        let template = self.name;
        let not_placed = |what: &'static str| Error::NotPlaced { template, what };
        for part in Part::ALL {
            match &self.places[part as usize] {
                None if part != Part::Qr => return Err(not_placed(part.name())),
                Some(place) if place.sizes.is_empty() && part.has_text() => {
                    return Err(not_placed(part.name()));
                }
                _ => {}
            }
        }
        let is_row = |row: Row| self.rows.iter().any(|(named, sizes)| *named == row && !sizes.is_empty());
        if let Some(row) = Row::ALL.into_iter().find(|row| !is_row(*row)) {
            return Err(not_placed(row.name()));
        }
        let (width, height) = (self.width_dots.cast_signed(), self.height_dots.cast_signed());
        let is_outside =
            |area: Area| area.x < 0 || area.y < 0 || area.right() > width || area.bottom() > height;
        if let Some((part, _)) = self.placed().find(|(_, area)| is_outside(*area)) {
            return Err(Error::Outside { template, what: part.name() });
        }
        for (part, area) in self.placed() {
            let mut others = self.placed().filter(|(other, _)| *other > part && !part.may_touch(*other));
            if let Some((other, _)) = others.find(|(_, other)| other.meets(area)) {
                return Err(Error::Overlap { template, what: part.name(), other: other.name() });
            }
        }
        let least: i32 =
            self.rows.iter().filter_map(|(_, sizes)| sizes.last()).map(|size| leading(*size)).sum();
        let body = self.area(Part::Body);
        if least > body.height || self.further.is_empty() {
            return Err(Error::NoRoom { template, needed_dots: least, height_dots: body.height });
        }
        Ok(())
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

/// `workflow.md` 4.
const CODE_HEIGHT_MIN_MM: f32 = 10.0;
/// `workflow.md` 4.
const MODULE_MIN_MM: f32 = 0.25;
/// `findings.md`: codes of three dots at 203 dpi always read, codes of two only sometimes.
const MODULE_BEST_MM: f32 = 0.375;
/// So that what is a whole number of dots stays one after a multiplication.
const TOLERANCE: f32 = 0.001;

#[cfg(test)]
mod tests {
    use super::*;

    fn with(stock: &Stock, part: Part, at: [f32; 4]) -> Template {
        let mut template = Template::of(stock, 203, 8.0);
        let dots = at.map(|length| (length * 8.0) as i32);
        let place = template.places[part as usize].as_mut().unwrap();
        place.area = Area { x: dots[0], y: dots[1], width: dots[2], height: dots[3] };
        template
    }

    #[test]
    fn every_template_fits_and_carries_every_code() {
        let (names, resolutions) = Template::known();
        assert_eq!((names.len(), resolutions.len()), (3, 2));
        for name in names {
            for &dpi in &resolutions {
                let template = Template::find(name, dpi).unwrap();
                assert_eq!(template.check(), Ok(()), "{name} at {dpi} dpi");
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
    fn a_template_that_does_not_fit_its_stock_is_refused() {
        for stock in &STOCKS {
            let (wide, high) = (stock.width_mm, stock.height_mm);
            let code = stock.places.iter().find(|(part, ..)| *part == Part::Code).unwrap().1;
            let [x, y, width, height] = code;
            let narrow = with(stock, Part::Code, [x, y, 37.5, height]).check();
            assert!(matches!(narrow, Err(Error::CodeTooWide { width_dots: 300, .. })), "{narrow:?}");
            let low = with(stock, Part::Code, [x, y, width, 9.8]).check();
            assert!(matches!(low, Err(Error::CodeTooLow { height_dots: 78, .. })), "{low:?}");
            let outside = with(stock, Part::Due, [wide - 5.0, 0.0, 5.2, 4.0]).check();
            assert!(matches!(outside, Err(Error::Outside { what: "due day", .. })), "{outside:?}");
            let below = with(stock, Part::Foot, [1.0, high - 1.0, 20.0, 2.0]).check();
            assert!(matches!(below, Err(Error::Outside { what: "foot", .. })), "{below:?}");
            let over = with(stock, Part::Number, [x, y, 20.0, 5.0]).check();
            assert!(matches!(over, Err(Error::Overlap { what: "number", other: "code", .. })), "{over:?}");
            let body = with(stock, Part::Body, [1.0, y - 5.0, 20.0, 4.0]).check();
            assert!(matches!(body, Err(Error::NoRoom { .. } | Error::Overlap { .. })), "{body:?}");
            let mut bare = Template::of(stock, 203, 8.0);
            bare.rows.retain(|(row, _)| *row != Row::Notes);
            assert_eq!(bare.check(), Err(Error::NotPlaced { template: stock.name, what: "notes" }));
            bare.places[Part::Foot as usize] = None;
            assert_eq!(bare.check(), Err(Error::NotPlaced { template: stock.name, what: "foot" }));
        }
    }

    #[test]
    fn unknown_stock_is_not_found() {
        assert!(Template::find("100x50", 600).is_none());
        assert!(Template::find("62x100", 203).is_none());
    }
}
