//! Order → layout → 1-bit bitmap. Pure: no clock, no IO. What was cut, and what could not be drawn, is told with
//! the picture, so that a person hears of it.

use std::collections::BTreeSet;

use crate::order::{Lacks, Order, OrderId, Store, Suffix};

mod bitmap;
mod clean;
mod code128;
mod fonts;
mod layout;
mod overflow;
mod qr;
mod template;
mod text;

pub use crate::order::LabelPart as Field;
pub use bitmap::{Bitmap, NotEncoded};
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
    /// Makes a renderer, or refuses a template that could not carry the code of every cake.
    pub fn new(template: Template) -> Result<Self, Error> {
        template.check()?;
        Ok(Self { template, typesetter: text::Typesetter::new() })
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

/// Why a template cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Its stock is too narrow for the longest code that a cake can have.
    #[error("template {template}: the code {barcode} needs {needed_dots} dots and there are {width_dots}")]
    CodeTooWide {
        /// The template.
        template: &'static str,
        /// The code that does not fit.
        barcode: String,
        /// Width of the code with its quiet zones, in dots.
        needed_dots: u32,
        /// Width that the template gives it, in dots.
        width_dots: u32,
    },
    /// A part is nowhere on it, or has no size.
    #[error("template {template}: it has no place, or no size, for the {what}")]
    NotPlaced {
        /// The template.
        template: &'static str,
        /// The part.
        what: &'static str,
    },
    /// A part is not on the stock.
    #[error("template {template}: the {what} is not all on the label")]
    Outside {
        /// The template.
        template: &'static str,
        /// The part.
        what: &'static str,
    },
    /// Two parts would be printed over each other.
    #[error("template {template}: the {what} and the {other} are in the same place")]
    Overlap {
        /// The template.
        template: &'static str,
        /// The one part.
        what: &'static str,
        /// The other.
        other: &'static str,
    },
    /// Product, size, writing and notes have no room for a line each.
    #[error(
        "template {template}: product, size, writing and notes need {needed_dots} dots and there are {height_dots}"
    )]
    NoRoom {
        /// The template.
        template: &'static str,
        /// Height of a line of each in its smallest size.
        needed_dots: i32,
        /// Height that the template gives them.
        height_dots: i32,
    },
    /// Its code would be less than 10 mm high (`workflow.md` 4).
    #[error("template {template}: the code is {height_dots} dots high, which is less than 10 mm")]
    CodeTooLow {
        /// The template.
        template: &'static str,
        /// Height of the code, in dots.
        height_dots: u32,
    },
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
