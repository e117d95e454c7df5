use super::bitmap::Area;
use super::{Error, code128, widest_barcode};

/// A label's stock at one resolution, and where everything is on it. Data only: another stock is another value.
#[derive(Debug)]
pub struct Template {
    /// As the configuration names it.
    pub name: &'static str,
    /// Resolution, in dots per inch.
    pub dpi: u16,
    /// Width, in dots.
    pub width_dots: u32,
    /// Height, in dots.
    pub height_dots: u32,
    /// Dots a millimetre.
    pub(super) dots_per_mm: u32,
    /// The number and the suffix's box beside it.
    pub(super) number: Area,
    /// The due day, inverted.
    pub(super) due: Area,
    /// Month, and pickup or delivery.
    pub(super) month: Area,
    /// Product, size, writing and notes, from the top.
    pub(super) body: Area,
    /// The QR code; its quiet zone of 4 modules lies outside.
    pub(super) qr: Area,
    /// Code 128, its quiet zones within.
    pub(super) code: Area,
    /// Store, copy, time and station.
    pub(super) foot: Area,
    /// Sizes of text.
    pub(super) sizes: Sizes,
}

/// Sizes of text, in dots an em; where there are several, the first with which the text fits is taken.
#[derive(Debug)]
pub(super) struct Sizes {
    pub number: f32,
    pub suffix: f32,
    pub due: f32,
    pub month: f32,
    pub product: &'static [f32],
    pub size: &'static [f32],
    pub writing: &'static [f32],
    pub notes: f32,
    pub customer: &'static [f32],
    pub foot: &'static [f32],
    /// On the labels that carry what did not fit.
    pub overflow: &'static [f32],
}

impl Template {
    /// The template that the configuration names.
    pub fn find(name: &str, dpi: u16) -> Option<&'static Self> {
        TEMPLATES.iter().find(|template| template.name == name && template.dpi == dpi)
    }

    /// Whether every cake's code fits, at no less than 0.25 mm a module and 10 mm high (`workflow.md` 4).
    pub fn check(&self) -> Result<(), Error> {
        let (width_dots, height_dots) = (self.code.width as u32, self.code.height as u32);
        if height_dots < CODE_HEIGHT_MIN_MM * self.dots_per_mm {
            return Err(Error::CodeTooLow { template: self.name, height_dots });
        }
        let barcode = widest_barcode();
        let needed_dots = code128::modules(&barcode) * self.module_min_dots();
        if needed_dots > width_dots {
            return Err(Error::CodeTooWide { template: self.name, barcode, needed_dots, width_dots });
        }
        Ok(())
    }

    /// Dots a module for a code of `modules`: what reads best, or the least allowed when there is no room for it.
    pub(super) fn module_dots(&self, modules: u32) -> u32 {
        let best = (MODULE_BEST_MICROMETRES * self.dots_per_mm).div_ceil(1000);
        if modules * best <= self.code.width as u32 { best } else { self.module_min_dots() }
    }

    fn module_min_dots(&self) -> u32 {
        (MODULE_MIN_MICROMETRES * self.dots_per_mm).div_ceil(1000)
    }
}

/// The templates of this version.
static TEMPLATES: [Template; 1] = [Template {
    name: "100x50",
    dpi: 203,
    width_dots: 800,
    height_dots: 400,
    dots_per_mm: 8,
    number: Area { x: 16, y: 12, width: 530, height: 74 },
    due: Area { x: 560, y: 0, width: 240, height: 88 },
    month: Area { x: 560, y: 96, width: 240, height: 24 },
    body: Area { x: 16, y: 98, width: 768, height: 188 },
    qr: Area { x: 676, y: 138, width: 100, height: 100 },
    code: Area { x: 10, y: 292, width: 774, height: 82 },
    foot: Area { x: 16, y: 378, width: 768, height: 16 },
    sizes: Sizes {
        number: 100.0,
        suffix: 48.0,
        due: 66.0,
        month: 27.0,
        product: &[38.0, 33.0, 29.0],
        size: &[31.0, 27.0],
        writing: &[36.0, 31.0, 27.0],
        notes: 28.0,
        customer: &[29.0, 25.0],
        foot: &[19.0, 17.0],
        overflow: &[42.0, 36.0, 31.0, 27.0, 23.0],
    },
}];

const CODE_HEIGHT_MIN_MM: u32 = 10;
/// `workflow.md` 4.
const MODULE_MIN_MICROMETRES: u32 = 250;
/// `findings.md`: codes of three dots at 203 dpi always read, codes of two only sometimes.
const MODULE_BEST_MICROMETRES: u32 = 375;

#[cfg(test)]
mod tests {
    use super::*;

    fn label_of(code: Area) -> Template {
        let Template { name, dpi, width_dots, height_dots, dots_per_mm, .. } = TEMPLATES[0];
        let Template { number, due, month, body, qr, foot, .. } = TEMPLATES[0];
        let sizes = Sizes { ..TEMPLATES[0].sizes };
        Template {
            name,
            dpi,
            width_dots,
            height_dots,
            dots_per_mm,
            number,
            due,
            month,
            body,
            qr,
            code,
            foot,
            sizes,
        }
    }

    #[test]
    fn every_template_carries_every_code() {
        for template in &TEMPLATES {
            assert_eq!(template.check(), Ok(()), "{}", template.name);
        }
    }

    #[test]
    fn a_stock_too_narrow_or_too_low_for_the_code_is_refused() {
        let narrow = label_of(Area { width: 300, ..TEMPLATES[0].code });
        assert!(matches!(narrow.check(), Err(Error::CodeTooWide { width_dots: 300, .. })));
        let low = label_of(Area { height: 79, ..TEMPLATES[0].code });
        assert!(matches!(low.check(), Err(Error::CodeTooLow { height_dots: 79, .. })));
    }

    #[test]
    fn unknown_stock_is_not_found() {
        assert!(Template::find("100x50", 203).is_some());
        assert!(Template::find("100x50", 300).is_none());
        assert!(Template::find("62x29", 203).is_none());
    }
}
