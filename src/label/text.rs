//! Text of any language: shaped with the bundled fonts, measured, cut, wrapped and drawn.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use cosmic_text::{
    Align, Attrs, AttrsList, CacheKey, CacheKeyFlags, Family, FontSystem, ShapeLine, Shaping, SwashCache,
    Wrap, fontdb,
};
use unicode_segmentation::UnicodeSegmentation;

use super::bitmap::{Area, Bitmap, Ink};
use super::clean::clip;
use super::fonts::{FONTS, Script};

/// Shapes and draws text with the bundled fonts; keeps them and the glyphs drawn last.
pub(super) struct Typesetter {
    fonts: FontSystem,
    scaler: SwashCache,
    glyphs: BTreeMap<CacheKey, Option<Mask>>,
    missing: BTreeSet<char>,
    /// What was shaped last: a label's text is shaped to see whether it fits, again to be cut or wrapped, and the marks are
    /// on every label.
    shaped: BTreeMap<(u16, String), Line>,
    /// Whose fonts are loaded beside Inter.
    scripts: BTreeSet<Script>,
}

/// Weights of the bundled Inter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Medium,
    SemiBold,
    ExtraBold,
}

/// One line of shaped text; lengths are in ems, so it is shaped once for all sizes.
#[derive(Clone, Debug)]
pub(super) struct Line {
    text: String,
    weight: Weight,
    glyphs: Vec<Glyph>,
    width_em: f32,
}

/// A line at the size it is to be drawn with.
pub(super) struct Fitted {
    pub line: Line,
    pub size_dots: f32,
    pub is_cut: bool,
}

/// Lines of a text, and whether that is not all of it.
pub(super) struct Paragraph {
    pub lines: Vec<Line>,
    pub is_cut: bool,
}

/// Where lines of a text begin and end.
pub(super) struct Wrapped {
    pub lines: Vec<Range<usize>>,
    /// Whether all of the text is in `lines`.
    pub is_whole: bool,
}

#[derive(Clone, Debug)]
struct Glyph {
    start: usize,
    end: usize,
    x: f32,
    y: f32,
    advance: f32,
    font: fontdb::ID,
    font_weight: fontdb::Weight,
    index: u16,
    flags: CacheKeyFlags,
}

/// A piece of a line that must not be torn: at least one grapheme.
struct Cluster {
    start: usize,
    end: usize,
    advance: f32,
    is_blank: bool,
    /// A line may end behind it.
    is_hinge: bool,
}

/// A glyph's black dots, and where their left top corner is from the pen.
struct Mask {
    left: i32,
    top: i32,
    dots: Bitmap,
}

impl Typesetter {
    pub fn new() -> Self {
        let mut fonts = fontdb::Database::new();
        for font in FONTS {
            fonts.load_font_source(fontdb::Source::Binary(Arc::new(font)));
        }
        Self {
            fonts: FontSystem::new_with_locale_and_db("en-AU".into(), fonts),
            scaler: SwashCache::new(),
            glyphs: BTreeMap::new(),
            missing: BTreeSet::new(),
            shaped: BTreeMap::new(),
            scripts: BTreeSet::new(),
        }
    }

    /// The characters that were drawn as boxes since this was last asked.
    pub fn take_missing(&mut self) -> BTreeSet<char> {
        std::mem::take(&mut self.missing)
    }

    /// Shapes one line; the text must be clean.
    pub fn shape(&mut self, text: &str, weight: Weight) -> Line {
        let key = (weight.number().0, text.to_owned());
        if let Some(line) = self.shaped.get(&key) {
            return line.clone();
        }
        let line = self.shape_anew(text, weight);
        if self.shaped.len() >= SHAPED_MAX {
            self.shaped.clear();
        }
        self.shaped.insert(key, line.clone());
        line
    }

    fn shape_anew(&mut self, text: &str, weight: Weight) -> Line {
        for script in Script::of(text) {
            if self.scripts.insert(script) {
                self.fonts.db_mut().load_font_source(fontdb::Source::Binary(Arc::new(script.font())));
            }
        }
        let attrs = Attrs::new().family(Family::Name("Inter")).weight(weight.number());
        let shaped = ShapeLine::new(&mut self.fonts, text, &AttrsList::new(&attrs), Shaping::Advanced, 1);
        let laid_out = shaped.layout(1.0, None, Wrap::None, Some(Align::Left), None);
        let glyphs: Vec<Glyph> = laid_out
            .iter()
            .flat_map(|line| &line.glyphs)
            .map(|glyph| Glyph {
                start: glyph.start,
                end: glyph.end,
                x: glyph.x + glyph.x_offset,
                y: glyph.y - glyph.y_offset,
                advance: glyph.w,
                font: glyph.font_id,
                font_weight: glyph.font_weight,
                index: glyph.glyph_id,
                flags: glyph.cache_key_flags,
            })
            .collect();
        let width_em = glyphs.iter().map(|glyph| glyph.advance).sum();
        Line { text: text.to_owned(), weight, glyphs, width_em }
    }

    /// Shapes a line and takes the first size with which it fits; with none of them, cuts it at the last.
    pub fn fit(&mut self, text: &str, weight: Weight, sizes: &[f32], width_dots: i32) -> Fitted {
        let (text, is_clipped) = clip(text, LINE_CHARS_MAX);
        let line = self.shape(text, weight);
        let width = width_dots as f32;
        let fits = |size: &f32| line.width(*size) <= width && !is_clipped;
        if let Some(&size_dots) = sizes.iter().find(|size| fits(size)) {
            return Fitted { line, size_dots, is_cut: false };
        }
        let size_dots = sizes.last().copied().unwrap_or_default();
        Fitted { line: self.cut(&line, size_dots, width_dots), size_dots, is_cut: true }
    }

    /// The line's longest beginning that fits with `…` behind it, whole graphemes only.
    pub fn cut(&mut self, line: &Line, size_dots: f32, width_dots: i32) -> Line {
        let ellipsis = self.shape(ELLIPSIS, line.weight);
        let mut room = width_dots as f32 - ellipsis.width(size_dots);
        let mut end = 0;
        for cluster in line.clusters() {
            room -= cluster.advance * size_dots;
            if room < 0.0 {
                break;
            }
            end = cluster.end;
        }
        self.shape(&format!("{}{ELLIPSIS}", line.text[..end].trim_end()), line.weight)
    }

    /// Sets text on at most `lines_max` lines; `width_dots` tells the room of each, from 0. The last line ends with
    /// `…` when not all of the text is on them.
    pub fn paragraph(
        &mut self,
        text: &str,
        weight: Weight,
        size_dots: f32,
        lines_max: usize,
        width_dots: impl Fn(i32) -> i32,
    ) -> Paragraph {
        let (clipped, is_clipped) = clip(text, PARAGRAPH_CHARS_MAX);
        let wrapped = self.shape(clipped, weight).wrap(size_dots, lines_max, &width_dots);
        let is_cut = is_clipped || !wrapped.is_whole;
        let last = wrapped.lines.len().saturating_sub(1);
        let mut lines = Vec::with_capacity(wrapped.lines.len());
        for ((at, range), place) in wrapped.lines.into_iter().enumerate().zip(0..) {
            let is_last_cut = at == last && is_cut;
            let part = if is_last_cut { &clipped[range.start..] } else { &clipped[range] };
            let line = self.shape(part, weight);
            lines.push(if is_last_cut { self.cut(&line, size_dots, width_dots(place)) } else { line });
        }
        Paragraph { lines, is_cut }
    }

    /// Draws a line with its left end at `x` and its feet on `baseline`.
    pub fn draw(&mut self, bitmap: &mut Bitmap, line: &Line, size_dots: f32, at: (i32, i32), ink: Ink) {
        let (left, baseline) = at;
        for glyph in &line.glyphs {
            let x = left + (glyph.x * size_dots).round() as i32;
            let y = baseline + (glyph.y * size_dots).round() as i32;
            if glyph.index == 0 {
                let text = &line.text[glyph.start..glyph.end];
                self.missing.extend(text.chars().filter(|char| !char.is_whitespace()));
                draw_missing(bitmap, (x, y), glyph.advance * size_dots, size_dots, ink);
                continue;
            }
            let key =
                CacheKey::new(glyph.font, glyph.index, size_dots, (0.0, 0.0), glyph.font_weight, glyph.flags);
            if let Some(mask) = self.mask(key.0) {
                bitmap.stamp(&mask.dots, (x + mask.left, y - mask.top), ink);
            }
        }
    }

    fn mask(&mut self, key: CacheKey) -> Option<&Mask> {
        if self.glyphs.len() >= GLYPHS_MAX && !self.glyphs.contains_key(&key) {
            self.glyphs.clear();
        }
        let (fonts, scaler) = (&mut self.fonts, &mut self.scaler);
        let mask = self.glyphs.entry(key).or_insert_with(|| {
            let image = scaler.get_image_uncached(fonts, key)?;
            let bytes_a_dot = match image.content {
                cosmic_text::SwashContent::Mask => 1,
                cosmic_text::SwashContent::Color | cosmic_text::SwashContent::SubpixelMask => 4,
            };
            let (width, height) = (image.placement.width, image.placement.height);
            let mut dots = Bitmap::white(width, height);
            // The last byte of a dot is its coverage in every form.
            let inked = image.data.chunks_exact(bytes_a_dot).map(|dot| dot[bytes_a_dot - 1] >= THRESHOLD);
            let columns = width.max(1).cast_signed();
            for (at, _) in (0..).zip(inked).filter(|(_, is_inked)| *is_inked) {
                dots.set(at % columns, at / columns, Ink::Black);
            }
            Some(Mask { left: image.placement.left, top: image.placement.top, dots })
        });
        mask.as_ref()
    }
}

impl Line {
    /// The line set closer, as large type is.
    pub fn tight(mut self) -> Self {
        for (at, glyph) in self.glyphs.iter_mut().enumerate() {
            glyph.x -= at as f32 * TIGHT_EM;
            glyph.advance -= TIGHT_EM;
        }
        self.width_em = self.glyphs.iter().map(|glyph| glyph.advance).sum();
        self
    }

    pub fn width(&self, size_dots: f32) -> f32 {
        self.width_em * size_dots
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Breaks the line into at most `lines_max` lines; `width_dots` tells the room of each, from 0.
    pub fn wrap(&self, size_dots: f32, lines_max: usize, width_dots: impl Fn(i32) -> i32) -> Wrapped {
        let clusters = self.clusters();
        let mut lines = Vec::new();
        let mut first = 0;
        for place in 0.. {
            while clusters.get(first).is_some_and(|cluster| cluster.is_blank) {
                first += 1;
            }
            if first == clusters.len() || lines.len() == lines_max {
                break;
            }
            let width = width_dots(place);
            let (fitting, is_torn) = line_end(&clusters[first..], width as f32 / size_dots);
            if is_torn && width_dots(place + 1) > width {
                // The word has a better chance on the next line, which is longer.
                lines.push(clusters[first].start..clusters[first].start);
                continue;
            }
            let behind = fitting + first;
            let end = clusters[first..behind].iter().rev().find(|cluster| !cluster.is_blank);
            let start = clusters[first].start;
            lines.push(start..end.map_or(start, |cluster| cluster.end));
            first = behind;
        }
        Wrapped { lines, is_whole: first == clusters.len() }
    }

    fn clusters(&self) -> Vec<Cluster> {
        let mut advances: Vec<(usize, f32)> =
            self.glyphs.iter().map(|glyph| (glyph.start, glyph.advance)).collect();
        advances.sort_unstable_by_key(|&(start, _)| start);
        let mut clusters: Vec<Cluster> = Vec::with_capacity(advances.len());
        let mut glyphs = advances.into_iter().peekable();
        for (start, grapheme) in self.text.grapheme_indices(true) {
            let end = start + grapheme.len();
            let mut advance = None;
            while let Some((_, width)) = glyphs.next_if(|&(glyph, _)| glyph < end) {
                *advance.get_or_insert(0.0) += width;
            }
            let is_hinge = grapheme == "-" || grapheme == "/";
            match (advance, clusters.last_mut()) {
                // A grapheme without a glyph of its own is part of a ligature.
                (None, Some(last)) => last.end = end,
                (advance, _) => {
                    let is_blank = grapheme.chars().all(char::is_whitespace);
                    clusters.push(Cluster {
                        start,
                        end,
                        advance: advance.unwrap_or(0.0),
                        is_blank,
                        is_hinge,
                    });
                }
            }
        }
        clusters
    }
}

impl Weight {
    fn number(self) -> fontdb::Weight {
        fontdb::Weight(match self {
            Self::Medium => 500,
            Self::SemiBold => 600,
            Self::ExtraBold => 800,
        })
    }
}

/// How many of `clusters` go on a line of `width_em`, at least one, and whether a word is torn for it; it ends where a
/// word does if one does.
fn line_end(clusters: &[Cluster], width_em: f32) -> (usize, bool) {
    let mut used = 0.0;
    let mut hinge = None;
    for (at, cluster) in clusters.iter().enumerate() {
        used += cluster.advance;
        if cluster.is_blank {
            hinge = Some(at + 1);
        } else if used > width_em {
            return (hinge.unwrap_or(at.max(1)), hinge.is_none());
        } else if cluster.is_hinge {
            hinge = Some(at + 1);
        }
    }
    (clusters.len(), false)
}

fn draw_missing(bitmap: &mut Bitmap, (x, y): (i32, i32), advance_dots: f32, size_dots: f32, ink: Ink) {
    let height = (size_dots * CAP_HEIGHT_EM).round() as i32;
    let width = (advance_dots.round() as i32 - 2).max(4);
    let thick = (size_dots / 16.0).round().max(1.0) as i32;
    bitmap.frame(Area { x: x + 1, y: y - height, width, height }, thick, ink);
}

/// Height of a capital letter of Inter, in ems (its `OS/2` table: 1490 of 2048).
pub(super) const CAP_HEIGHT_EM: f32 = 0.7275;

/// By how much letters of 10 mm stand closer than Inter's own spacing, which is drawn for reading sizes.
const TIGHT_EM: f32 = 0.025;

const ELLIPSIS: &str = "…";

/// Coverage, of 255, from which a dot is black (`findings.md`).
const THRESHOLD: u8 = 112;

/// A label needs some hundred glyphs; a kitchen's week of languages some thousand.
const GLYPHS_MAX: usize = 2048;

/// A label has some twenty lines, and few are long.
const SHAPED_MAX: usize = 64;

/// More than fits on any line in the smallest size, so that an endless text costs no time.
const LINE_CHARS_MAX: usize = 300;

/// More than a label's front has room for.
const PARAGRAPH_CHARS_MAX: usize = 1500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_never_tears_a_grapheme_and_always_fits() {
        let mut typesetter = Typesetter::new();
        for text in ["e\u{301}\u{323}".repeat(40), "👩‍👩‍👧‍👦🇬🇷".repeat(12), "ffi fl ff".repeat(12)]
        {
            let line = typesetter.shape(&text, Weight::SemiBold);
            for width in 0..60 {
                let width = width * 9;
                let cut = typesetter.cut(&line, 28.0, width);
                let kept = cut.text.strip_suffix(ELLIPSIS).unwrap();
                let whole: String = text.graphemes(true).take(kept.graphemes(true).count()).collect();
                assert_eq!(kept, whole.trim_end(), "{text} in {width} dots");
                assert!(kept.is_empty() || cut.width(28.0) <= width as f32 + 1.0, "{text} in {width} dots");
            }
        }
    }

    #[test]
    fn wrapped_lines_hold_all_of_the_text_and_fit() {
        let mut typesetter = Typesetter::new();
        let text = "No nuts — none at all, top-tier/bottom tier; Donaudampfschifffahrtsgesellschaftskapitänsmütze 🎂";
        let line = typesetter.shape(text, Weight::SemiBold);
        for width in [40, 90, 200, 2000] {
            let wrapped = line.wrap(28.0, usize::MAX, |_| width);
            assert!(wrapped.is_whole);
            let pieces: Vec<&str> = wrapped.lines.iter().map(|range| &text[range.clone()]).collect();
            assert_eq!(pieces.concat().replace(' ', ""), text.replace(' ', ""));
            for piece in pieces {
                let is_one = piece.graphemes(true).count() == 1;
                assert!(
                    is_one || typesetter.shape(piece, Weight::SemiBold).width(28.0) <= width as f32 + 1.0
                );
            }
        }
        assert!(!line.wrap(28.0, 1, |_| 200).is_whole);
    }

    #[test]
    fn the_glyphs_kept_have_a_bound() {
        let mut typesetter = Typesetter::new();
        let mut bitmap = Bitmap::white(8, 8);
        let line = typesetter.shape("abcdefghijklmnopqrstuvwxyz", Weight::Medium);
        for size in 0..100 {
            typesetter.draw(&mut bitmap, &line, 10.0 + size as f32 / 8.0, (0, 8), Ink::Black);
        }
        assert!(typesetter.glyphs.len() <= GLYPHS_MAX);
    }
}
