//! A printer's part of the configuration, and what its language needs to know of it.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use super::language::Language;
use super::stock::{self, BadTemplate};
use super::transport::Transport;
use crate::label::{Bitmap, Template};

/// A `[[printer]]` of the configuration.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What staff call it.
    pub name: Box<str>,
    /// What it speaks.
    #[serde(default)]
    pub language: Language,
    /// Where it is.
    pub transport: Transport,
    /// The stock in it.
    #[serde(default = "template_default")]
    pub template: Box<str>,
    /// Its resolution, in dots per inch.
    #[serde(default = "dpi_default")]
    pub dpi: u16,
    /// How a label is told from the next; by default as the template and the language have it.
    #[serde(default)]
    pub stock: Option<Stock>,
    /// Height of the gap or the black mark between two labels.
    #[serde(default = "gap_default")]
    pub gap_mm: f32,
    /// How far right and down the picture is moved, to where this printer's labels really are.
    #[serde(default)]
    pub offset_mm: [f32; 2],
    /// In the language's own steps; by default as the printer is set.
    #[serde(default)]
    pub darkness: Option<i8>,
    /// In the language's own steps; by default as the printer is set.
    #[serde(default)]
    pub speed: Option<u8>,
    /// What happens behind a label; by default a printer that cuts paper cuts, any other lets it be torn off.
    #[serde(default)]
    pub finish: Option<Finish>,
    /// How many of each label come out.
    #[serde(default = "copies_default")]
    pub copies: u8,
    /// How a picture is put into ZPL.
    #[serde(default)]
    pub graphics: Graphics,
}

/// How a printer finds the beginning of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stock {
    /// A roll without labels on it.
    Continuous,
    /// Labels with gaps between them.
    Gap,
    /// Black marks on the back.
    Mark,
}

/// What happens behind a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Finish {
    /// It is cut off.
    Cut,
    /// It is fed to where a person tears it off.
    Tear,
}

/// How a picture is put into ZPL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Graphics {
    /// Deflated: the smallest.
    #[default]
    Z64,
    /// Runs counted, for a clone without Z64.
    Acs,
    /// As it is, for a clone with neither.
    Hex,
}

impl Config {
    /// A printer of which no more is said than what has no default.
    pub fn new(name: &str, language: Language, transport: Transport) -> Self {
        Self {
            name: name.into(),
            language,
            transport,
            template: template_default(),
            dpi: dpi_default(),
            stock: None,
            gap_mm: gap_default(),
            offset_mm: [0.0; 2],
            darkness: None,
            speed: None,
            finish: None,
            copies: copies_default(),
            graphics: Graphics::default(),
        }
    }

    /// Whether it is there, as far as a connection, its device file or its folder tells. Nothing is sent to it.
    pub async fn reach(&self, within: Duration) -> std::io::Result<()> {
        self.transport.reach(within).await
    }

    /// The template of its labels, or why this printer cannot be used.
    pub fn check(&self) -> Result<Template, Error> {
        let template = stock::template(&self.template, self.dpi)
            .map_err(|source| Error::Template { printer: self.name.clone(), source })?;
        self.check_numbers()?;
        Ok(template)
    }

    /// The same, with its template's file, if it has one of its own, named from `folder` on.
    #[must_use]
    pub fn beside(self, folder: &Path) -> Self {
        Self { template: stock::beside(folder, &self.template), ..self }
    }

    /// Its settings, resolved.
    pub(super) fn setup(&self, template: &Template) -> Setup {
        let plain = Setup::of(self.language, template);
        Setup {
            stock: self.stock.unwrap_or(plain.stock),
            gap_mm: self.gap_mm,
            offset_dots: self.offset_mm.map(|offset| (offset * plain.dots_per_mm).round() as i32),
            darkness: self.darkness,
            speed: self.speed,
            finish: self.finish.unwrap_or(plain.finish),
            copies: self.copies,
            graphics: self.graphics,
            ..plain
        }
    }

    fn check_numbers(&self) -> Result<(), Error> {
        let refuse = |key, value: String, expected| {
            Err(Error::Impossible { printer: self.name.clone(), key, value, expected })
        };
        let (darkness_expected, speed, speed_expected) = bounds(self.language);
        match (self.darkness, self.speed) {
            (Some(value), _) if !darkness(self.language).contains(&value) => {
                return refuse("darkness", value.to_string(), darkness_expected);
            }
            (_, Some(value)) if !speed.contains(&value) => {
                return refuse("speed", value.to_string(), speed_expected);
            }
            _ => {}
        }
        if !COPIES.contains(&self.copies) {
            return refuse("copies", self.copies.to_string(), "1 to 10");
        }
        if !GAP_MM.contains(&self.gap_mm) {
            return refuse("gap_mm", self.gap_mm.to_string(), "0 to 30");
        }
        match self.offset_mm.into_iter().find(|offset| !OFFSET_MM.contains(offset)) {
            Some(offset) => refuse("offset_mm", offset.to_string(), "-10 to 10, right and down"),
            None => Ok(()),
        }
    }
}

/// A printer's settings as its language needs them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setup {
    pub dots_per_mm: f32,
    pub stock: Stock,
    pub gap_mm: f32,
    /// Right and down.
    pub offset_dots: [i32; 2],
    pub darkness: Option<i8>,
    pub speed: Option<u8>,
    pub finish: Finish,
    pub copies: u8,
    pub graphics: Graphics,
}

impl Setup {
    /// As a printer is when nothing is said of it: one of ESC/POS has a roll and a cutter, any other labels.
    pub fn plain(language: Language) -> Self {
        let (stock, finish) = match language {
            Language::Escpos => (Stock::Continuous, Finish::Cut),
            Language::Zpl | Language::Tspl => (Stock::Gap, Finish::Tear),
        };
        Self {
            dots_per_mm: 8.0,
            stock,
            gap_mm: gap_default(),
            offset_dots: [0; 2],
            darkness: None,
            speed: None,
            finish,
            copies: copies_default(),
            graphics: Graphics::default(),
        }
    }

    /// As it is with labels of this template in it.
    pub fn of(language: Language, template: &Template) -> Self {
        let plain = Self::plain(language);
        let stock = if template.is_continuous() { Stock::Continuous } else { plain.stock };
        Self { dots_per_mm: template.dots_per_mm(), stock, ..plain }
    }

    /// A picture where this printer's labels really are.
    pub fn placed<'a>(&self, page: &'a Bitmap) -> Cow<'a, Bitmap> {
        match self.offset_dots {
            [0, 0] => Cow::Borrowed(page),
            [right, down] => Cow::Owned(page.moved(right, down)),
        }
    }
}

/// Why a printer cannot be used as configured.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value that no printer of its language has.
    #[error("printer {printer}: {key} = {value} cannot be: it is {expected}")]
    Impossible {
        /// Its name.
        printer: Box<str>,
        /// The key.
        key: &'static str,
        /// The value.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
    /// Its template cannot be used.
    #[error("printer {printer}: {source}")]
    Template {
        /// Its name.
        printer: Box<str>,
        /// Why not.
        source: BadTemplate,
    },
    /// The operating system gives no thread.
    #[error("printer {printer}: the operating system gives its worker no thread")]
    System {
        /// Its name.
        printer: Box<str>,
        /// Why not.
        source: std::io::Error,
    },
}

/// The steps of darkness: Epson on `GS ( K`, Zebra on `~SD`, TSC on `DENSITY`.
pub fn darkness(language: Language) -> RangeInclusive<i8> {
    match language {
        Language::Escpos => -6..=8,
        Language::Zpl => 0..=30,
        Language::Tspl => 0..=15,
    }
}

/// The steps of darkness and of speed in words, and those of speed: Epson on `GS ( K`, Zebra on `^PR`, TSC on `SPEED`.
fn bounds(language: Language) -> (&'static str, RangeInclusive<u8>, &'static str) {
    match language {
        Language::Escpos => ("-6 to 8 with escpos", 1..=13, "1 to 13 with escpos"),
        Language::Zpl => ("0 to 30 with zpl", 1..=14, "1 to 14 inches a second with zpl"),
        Language::Tspl => ("0 to 15 with tspl", 1..=18, "1 to 18 inches a second with tspl"),
    }
}

fn template_default() -> Box<str> {
    "100x50".into()
}

fn dpi_default() -> u16 {
    203
}

/// What most die-cut labels have between them.
fn gap_default() -> f32 {
    3.0
}

fn copies_default() -> u8 {
    1
}

/// More of one label than a cake has boxes is a slip of the finger.
const COPIES: RangeInclusive<u8> = 1..=10;
/// TSC's manual on `GAP` allows 25.4 mm on most models.
const GAP_MM: RangeInclusive<f32> = 0.0..=30.0;
/// A label further off than this is another stock.
pub const OFFSET_MM: RangeInclusive<f32> = -10.0..=10.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_printer_can_do_is_refused_by_its_key() {
        for (lines, key) in [
            ("darkness = 9", "darkness = 9 cannot be: it is -6 to 8 with escpos"),
            ("language = \"zpl\"\ndarkness = 31", "darkness = 31"),
            ("language = \"tspl\"\nspeed = 19", "speed = 19"),
            ("copies = 0", "copies = 0"),
            ("gap_mm = -1.0", "gap_mm = -1"),
            ("offset_mm = [0.0, nan]", "offset_mm = NaN"),
        ] {
            let refusal = config(lines).check().unwrap_err().to_string();
            assert!(refusal.contains(key), "{refusal}");
        }
        assert!(config("language = \"zpl\"\ndarkness = 30\nspeed = 14\ncopies = 10").check().is_ok());
    }

    #[test]
    fn what_is_not_said_is_as_language_and_stock_have_it() {
        let setup = |lines: &str| {
            let config = config(lines);
            let setup = config.setup(&config.check().unwrap());
            (setup.stock, setup.finish)
        };
        assert_eq!(setup(""), (Stock::Continuous, Finish::Cut));
        assert_eq!(setup("language = \"tspl\""), (Stock::Gap, Finish::Tear));
        assert_eq!(setup("language = \"zpl\"\ntemplate = \"roll80\""), (Stock::Continuous, Finish::Tear));
        let said = "language = \"zpl\"\nstock = \"mark\"\nfinish = \"cut\"";
        assert_eq!(setup(said), (Stock::Mark, Finish::Cut));
        let moved = config("offset_mm = [1.5, -0.5]");
        assert_eq!(moved.setup(&moved.check().unwrap()).offset_dots, [12, -4]);
    }

    fn config(lines: &str) -> Config {
        toml::from_str(&format!("name = \"bench\"\ntransport = \"tcp://127.0.0.1:9100\"\n{lines}")).unwrap()
    }
}
