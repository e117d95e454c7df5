//! A template as its file has it.

use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

use serde::Deserialize;
use toml::Spanned;

use super::super::bitmap::Area;
use super::super::flaw::{Error, Flaw};
use super::super::overflow::LENGTH_MAX_MM;
use super::{Part, Place, RESOLUTIONS, Row, Template};

/// Reads a template for printers of `dpi`, without a look at whether it fits.
pub(super) fn read(name: &str, text: &str, dpi: u16) -> Result<Template, Error> {
    let file = File { name, text };
    let known = RESOLUTIONS.map(|(known, _)| known).to_vec();
    let resolution = RESOLUTIONS.into_iter().find(|(known, _)| *known == dpi);
    let (_, dots_per_mm) = resolution.ok_or_else(|| file.flaw(None, Flaw::Resolution { dpi, known }))?;
    let written: Written = toml::from_str(text)
        .map_err(|error| file.flaw(error.span(), Flaw::Unreadable(error.message().to_owned())))?;
    let width_mm = file.length("width_mm", &written.width_mm, WIDTHS_MM)?;
    let height_mm = file.length("height_mm", &written.height_mm, HEIGHTS_MM)?;
    let grows_to_mm = match &written.grows_to_mm {
        Some(length) => file.length("grows_to_mm", length, height_mm..=LENGTH_MAX_MM)?,
        None => height_mm,
    };
    let at = |length_mm: f32| (length_mm * dots_per_mm).round() as i32;
    let sizes = |sizes_mm: &[f32]| sizes_mm.iter().map(|size| size * dots_per_mm).collect::<Vec<_>>();
    let mut places = [const { None }; Part::COUNT];
    for (part, place) in written.parts.get_ref() {
        let WrittenPlace { at: at_mm, size: size_mm, text: text_mm } = place.get_ref();
        for (key, lengths) in [("at_mm", at_mm), ("size_mm", size_mm)] {
            for length in &lengths.0 {
                file.check((key, *length, 0.0..=LENGTH_MAX_MM), || place.span())?;
            }
        }
        if part.has_text() {
            file.text(part.name(), text_mm, || place.span())?;
        }
        let (Pair([x, y]), Pair([width, height])) = (*at_mm, *size_mm);
        let (left, top) = (at(x), at(y));
        let (width, height) = (at(x + width) - left, at(y + height) - top);
        let line = file.line(&place.span());
        let area = Area { x: left, y: top, width, height };
        places[*part as usize] = Some(Place { area, sizes: sizes(text_mm), line });
    }
    if let Some(part) =
        Part::ALL.into_iter().find(|part| *part != Part::Qr && places[*part as usize].is_none())
    {
        return Err(file.flaw(Some(written.parts.span()), Flaw::NotPlaced { what: part.name() }));
    }
    file.rows(&written.rows)?;
    file.text("further_mm", written.further_mm.get_ref(), || written.further_mm.span())?;
    let rows = written.rows.iter().map(|row| (row.get_ref().row, sizes(&row.get_ref().text_mm)));
    Ok(Template {
        name: name.into(),
        is_proved: false,
        dpi,
        dots_per_mm,
        width_dots: at(width_mm).unsigned_abs(),
        height_dots: at(height_mm).unsigned_abs(),
        height_max_dots: at(grows_to_mm).unsigned_abs(),
        places,
        rows: rows.collect(),
        further: sizes(written.further_mm.get_ref()),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    width_mm: Spanned<f32>,
    height_mm: Spanned<f32>,
    grows_to_mm: Option<Spanned<f32>>,
    further_mm: Spanned<Vec<f32>>,
    parts: Spanned<BTreeMap<Part, Spanned<WrittenPlace>>>,
    rows: Vec<Spanned<WrittenRow>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPlace {
    #[serde(rename = "at_mm")]
    at: Pair,
    #[serde(rename = "size_mm")]
    size: Pair,
    #[serde(rename = "text_mm", default)]
    text: Vec<f32>,
}

/// Two lengths and no more: an array of two passes over a third.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "Vec<f32>")]
struct Pair([f32; 2]);

impl TryFrom<Vec<f32>> for Pair {
    type Error = &'static str;

    fn try_from(lengths: Vec<f32>) -> Result<Self, Self::Error> {
        lengths.try_into().map(Self).map_err(|_| "expected two lengths, such as [2, 1.5]")
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRow {
    row: Row,
    text_mm: Vec<f32>,
}

/// The file, as far as a flaw must name a place in it.
struct File<'a> {
    name: &'a str,
    text: &'a str,
}

impl File<'_> {
    fn flaw(&self, span: Option<Range<usize>>, flaw: Flaw) -> Error {
        Error { template: self.name.into(), line: span.map(|span| self.line(&span)), flaw }
    }

    /// From 1.
    fn line(&self, span: &Range<usize>) -> usize {
        self.text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1
    }

    fn length(
        &self,
        key: &'static str,
        length: &Spanned<f32>,
        range: RangeInclusive<f32>,
    ) -> Result<f32, Error> {
        self.check((key, *length.get_ref(), range), || length.span())?;
        Ok(*length.get_ref())
    }

    fn check(
        &self,
        (key, value_mm, range): (&'static str, f32, RangeInclusive<f32>),
        span: impl FnOnce() -> Range<usize>,
    ) -> Result<(), Error> {
        if range.contains(&value_mm) {
            return Ok(());
        }
        let (least_mm, most_mm) = (*range.start(), *range.end());
        Err(self.flaw(Some(span()), Flaw::Length { key, value_mm, least_mm, most_mm }))
    }

    /// Sizes of text, of which there must be one.
    fn text(
        &self,
        what: &'static str,
        sizes_mm: &[f32],
        span: impl Fn() -> Range<usize>,
    ) -> Result<(), Error> {
        for size in sizes_mm {
            self.check(("text_mm", *size, TEXTS_MM), &span)?;
        }
        if sizes_mm.is_empty() || !sizes_mm.is_sorted_by(|larger, smaller| larger >= smaller) {
            return Err(self.flaw(Some(span()), Flaw::NoText { what }));
        }
        Ok(())
    }

    /// Every row, and each once.
    fn rows(&self, rows: &[Spanned<WrittenRow>]) -> Result<(), Error> {
        let has =
            |rows: &[Spanned<WrittenRow>], row: Row| rows.iter().any(|other| other.get_ref().row == row);
        for (at, row) in rows.iter().enumerate() {
            let WrittenRow { row: named, text_mm } = row.get_ref();
            let what = named.name();
            self.text(what, text_mm, || row.span())?;
            if has(&rows[..at], *named) {
                return Err(self.flaw(Some(row.span()), Flaw::Twice { what }));
            }
        }
        match Row::ALL.into_iter().find(|row| !has(rows, *row)) {
            Some(row) => Err(self.flaw(rows.last().map(Spanned::span), Flaw::NotPlaced { what: row.name() })),
            None => Ok(()),
        }
    }
}

/// From the narrowest that holds a code to the widest that a label printer for shops takes (A6 across, with room to spare).
const WIDTHS_MM: RangeInclusive<f32> = 20.0..=220.0;
const HEIGHTS_MM: RangeInclusive<f32> = 10.0..=LENGTH_MAX_MM;

/// From what 203 dpi can still draw (12 dots an em) to a number that fills a label.
const TEXTS_MM: RangeInclusive<f32> = 1.5..=60.0;
