//! Order → layout → 1-bit bitmap. Pure: no clock, no IO. What was cut, and what could not be drawn, is told with
//! the picture, so that a person hears of it.

use std::collections::BTreeSet;

use crate::order::{Lacks, Order, OrderId, Store, Suffix};

mod bitmap;
mod clean;
mod code128;
mod flaw;
mod fonts;
mod layout;
mod overflow;
mod pdf;
mod qr;
pub mod sheet;
mod template;
mod text;

pub use crate::order::LabelPart as Field;
pub use bitmap::{Bitmap, NotEncoded};
pub use flaw::{Error, Flaw};
pub use fonts::{FONTS, Script};
pub use template::Template;

/// What a label says.
#[derive(Clone, Copy, Debug)]
pub struct Label<'a> {
    /// The cake.
    pub order: &'a Order,
    /// From 1; higher numbers are marked as copies.
    pub copy: u8,
    /// The station that prints it.
    pub station: &'a str,
    /// The shop's time of day, such as `10:43`.
    pub clock: &'a str,
}

/// A label as it is to come out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The label itself, then the labels that carry what did not fit on it; printed as one job.
    pub pages: Vec<Bitmap>,
    /// What was cut off and stands nowhere.
    pub cuts: BTreeSet<Field>,
    /// Characters that no bundled font has; each is drawn as a box.
    pub missing: BTreeSet<char>,
    /// What is written on the cake was not known: a mark says so in its place.
    pub is_writing_unread: bool,
}

impl Rendered {
    /// What a person must hear of.
    pub fn lacks(&self) -> Lacks {
        Lacks::new(self.cuts.iter().copied(), !self.missing.is_empty()).unread(self.is_writing_unread)
    }
}

/// Draws labels of one template; keeps fonts and glyphs, so it is made once and used for every label.
pub struct Renderer {
    template: Template,
    typesetter: text::Typesetter,
}

impl Renderer {
    /// Makes a renderer, or refuses a template whose labels, drawn for cakes that need much room, are not whole.
    pub fn new(template: Template) -> Result<Self, Error> {
        let mut typesetter = text::Typesetter::new();
        if !template.is_proved() {
            layout::prove(&template, &mut typesetter)?;
        }
        Ok(Self { template, typesetter })
    }

    /// Draws `label`. Never fails: text that does not fit is cut or goes on to a further label, and the answer says so.
    pub fn render(&mut self, label: &Label<'_>) -> Rendered {
        let mut sheet = layout::front(&self.template, &mut self.typesetter, label);
        let mut pages = vec![sheet.bitmap];
        if !sheet.overflow.is_empty() {
            let further = overflow::pages(&self.template, &mut self.typesetter, label, &sheet.overflow);
            pages.extend(further.pages);
            sheet.cuts.extend(further.cuts);
        }
        let is_writing_unread = label.order.is_writing_unread;
        Rendered { pages, cuts: sheet.cuts, missing: self.typesetter.take_missing(), is_writing_unread }
    }
}

/// A Code 128 alone, as labels have it, with its quiet zones: `module_dots` a module and `height_dots` high. `text` is printable
/// ASCII.
pub fn code(text: &str, module_dots: u32, height_dots: u32) -> Bitmap {
    let mut bitmap = Bitmap::white(code128::modules(text) * module_dots, height_dots);
    let mut x = code128::QUIET_MODULES * module_dots;
    for (at, modules) in code128::widths(text).unwrap_or_default().into_iter().enumerate() {
        let width = u32::from(modules) * module_dots;
        if at % 2 == 0 {
            let [x, width, height] = [x, width, height_dots].map(u32::cast_signed);
            bitmap.fill(bitmap::Area { x, y: 0, width, height }, bitmap::Ink::Black);
        }
        x += width;
    }
    bitmap
}

/// The code that needs the most room of all that an [`OrderId`] can name.
fn widest_barcode() -> String {
    let suffixes = [None, Suffix::nth(1), Suffix::nth(99)];
    let ids = suffixes
        .into_iter()
        .flat_map(|suffix| NUMBERS_WIDEST.map(|number| OrderId { store: Store::Flourlane, number, suffix }));
    ids.map(|id| id.barcode()).max_by_key(|code| code128::modules(code)).unwrap_or_default()
}

/// Numbers of an odd and of an even count of digits: which of them is the widest depends on the suffix.
const NUMBERS_WIDEST: [u32; 2] = [999_999_999, u32::MAX];
