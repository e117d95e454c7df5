//! Text that fits where it stands: it shrinks down to a bound, then it is cut with `…`, never mid-glyph.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};

use iced::advanced::layout::{self, Layout};
use iced::advanced::text::{self, Paragraph, Shaping, Wrapping};
use iced::advanced::widget::{self, Tree, Widget, tree};
use iced::advanced::{mouse, renderer};
use iced::{Color, Element, Font, Length, Pixels, Rectangle, Renderer, Size, Theme, alignment};
use unicode_segmentation::UnicodeSegmentation;

type Shaped = <Renderer as text::Renderer>::Paragraph;

/// Text that fits.
pub struct Fitted<'a> {
    content: Cow<'a, str>,
    format: Format,
    color: Color,
    width: Length,
    align: text::Alignment,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Format {
    font: Font,
    size: f32,
    size_min: f32,
    lines_max: usize,
    line_height: f32,
}

/// `content` at `size` pixels on one line.
pub fn fitted<'a>(content: impl Into<Cow<'a, str>>, font: Font, size: f32, color: Color) -> Fitted<'a> {
    Fitted {
        content: content.into(),
        format: Format { font, size, size_min: size, lines_max: 1, line_height: 1.2 },
        color,
        width: Length::Shrink,
        align: text::Alignment::Left,
    }
}

impl Fitted<'_> {
    /// Shrinks down to `size_min` pixels before it cuts.
    #[must_use]
    pub fn shrink(mut self, size_min: f32) -> Self {
        self.format.size_min = size_min.min(self.format.size);
        self
    }

    /// Takes up to `lines_max` lines before it shrinks.
    #[must_use]
    pub fn lines(mut self, lines_max: usize) -> Self {
        self.format.lines_max = lines_max.max(1);
        self
    }

    /// Sets the distance of lines, relative to the size.
    #[must_use]
    pub fn leading(mut self, line_height: f32) -> Self {
        self.format.line_height = line_height;
        self
    }

    /// Takes all the width there is.
    #[must_use]
    pub fn fill(mut self) -> Self {
        self.width = Length::Fill;
        self
    }

    /// Stands in the middle of all the width there is.
    #[must_use]
    pub fn centred(mut self) -> Self {
        self.width = Length::Fill;
        self.align = text::Alignment::Center;
        self
    }
}

#[derive(Default)]
struct State {
    source: String,
    asked: Option<(Format, Size)>,
    shown: String,
    paragraph: Shaped,
}

impl State {
    fn fit(&mut self, source: &str, format: Format, bounds: Size, align: text::Alignment) {
        if self.asked == Some((format, bounds)) && self.source == source {
            return;
        }
        source.clone_into(&mut self.source);
        self.asked = Some((format, bounds));
        let source = &source[..source.floor_char_boundary(SHAPED_BYTES_MAX)];
        super::script::ready(source);
        let shape = |content: &str, size: f32| shape(content, size, format, bounds, align);
        let fits = |shaped: &Shaped, size: f32| {
            let lines = format.lines_max as f32;
            let least = shaped.min_bounds();
            least.width <= bounds.width + 0.5
                && least.height <= lines * size * format.line_height + 0.5
                && (least.height <= bounds.height + 0.5 || lines < 2.0)
        };
        let mut size = format.size;
        loop {
            let shaped = shape(source, size);
            if fits(&shaped, size) {
                source.clone_into(&mut self.shown);
                self.paragraph = shaped;
                return;
            }
            if size <= format.size_min {
                break;
            }
            size = (size * SHRINK_STEP).max(format.size_min);
        }
        let ends: Vec<usize> = cuts(source).collect();
        let kept = ends.partition_point(|end| {
            let cut = cut(source, *end);
            fits(&shape(&cut, size), size)
        });
        self.shown = cut(source, kept.checked_sub(1).map_or(0, |at| ends[at]));
        self.paragraph = shape(&self.shown, size);
    }
}

impl<Message> Widget<Message, Theme, Renderer> for Fitted<'_> {
    fn tag(&self) -> tree::Tag {
        tree::Tag::of::<State>()
    }

    fn state(&self) -> tree::State {
        tree::State::new(State::default())
    }

    fn size(&self) -> Size<Length> {
        Size { width: self.width, height: Length::Shrink }
    }

    fn layout(&mut self, tree: &mut Tree, _renderer: &Renderer, limits: &layout::Limits) -> layout::Node {
        let state = tree.state.downcast_mut::<State>();
        layout::sized(limits, self.width, Length::Shrink, |limits| {
            state.fit(&self.content, self.format, limits.max(), self.align);
            state.paragraph.min_bounds()
        })
    }

    fn draw(
        &self,
        tree: &Tree,
        renderer: &mut Renderer,
        _theme: &Theme,
        style: &renderer::Style,
        layout: Layout<'_>,
        _cursor: mouse::Cursor,
        viewport: &Rectangle,
    ) {
        let state = tree.state.downcast_ref::<State>();
        // Only the box of a text that changed is painted anew, and ink stands out of lines this close: what is not seen here
        // changes with the text, and is as large as its ink.
        if self.format.line_height < LINE_HEIGHT {
            let bounds = layout.bounds().expand(self.format.size * (LINE_HEIGHT - self.format.line_height));
            let quad = renderer::Quad { bounds, ..renderer::Quad::default() };
            iced::advanced::Renderer::fill_quad(renderer, quad, unseen(&state.shown));
        }
        let color = widget::text::Style { color: Some(self.color) };
        widget::text::draw(renderer, style, layout.bounds(), &state.paragraph, color, viewport);
    }

    fn operate(
        &mut self,
        tree: &mut Tree,
        layout: Layout<'_>,
        _renderer: &Renderer,
        operation: &mut dyn widget::Operation,
    ) {
        let state = tree.state.downcast_ref::<State>();
        operation.text(None, layout.bounds(), &state.shown);
    }
}

impl<'a, Message: 'a> From<Fitted<'a>> for Element<'a, Message> {
    fn from(fitted: Fitted<'a>) -> Self {
        Self::new(fitted)
    }
}

fn shape(content: &str, size: f32, format: Format, bounds: Size, align: text::Alignment) -> Shaped {
    let is_single = format.lines_max == 1;
    Shaped::with_text(text::Text {
        content,
        bounds: Size::new(bounds.width, f32::INFINITY),
        size: Pixels(size),
        line_height: text::LineHeight::Relative(format.line_height),
        font: format.font,
        align_x: align,
        align_y: alignment::Vertical::Top,
        shaping: Shaping::Advanced,
        wrapping: match (is_single, size > format.size_min) {
            (true, _) => Wrapping::None,
            (false, true) => Wrapping::Word,
            (false, false) => Wrapping::WordOrGlyph,
        },
    })
}

/// Where `text` may end: between what a reader takes for letters.
fn cuts(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.grapheme_indices(true).skip(1).map(|(at, _)| at)
}

fn cut(text: &str, end: usize) -> String {
    format!("{}…", text[..end].trim_end_matches([' ', ',', '·', '.']))
}

/// A colour that does not show, of its own for each text.
fn unseen(text: &str) -> Color {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let [a, b, c, ..] = hasher.finish().to_le_bytes();
    Color { a: 0.0, ..Color::from_rgb8(a, b, c) }
}

/// Inter's ascent and descent together, in sizes (its `hhea` table: 1984 + 494 of 2048).
const LINE_HEIGHT: f32 = 1.2;

const SHRINK_STEP: f32 = 0.94;

/// No place on a screen shows more; a customer's note may have 5,000 letters and more.
const SHAPED_BYTES_MAX: usize = 1200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_never_parts_what_belongs_together() {
        let text = "ab e\u{301} 👩\u{200D}🍳 🇬🇷 x";
        let ends: Vec<&str> = cuts(text).map(|end| &text[..end]).collect();
        assert!(ends.contains(&"ab e\u{301}") && !ends.contains(&"ab e"));
        assert!(ends.contains(&"ab e\u{301} 👩\u{200D}🍳") && !ends.contains(&"ab e\u{301} 👩\u{200D}"));
        assert!(
            ends.contains(&"ab e\u{301} 👩\u{200D}🍳 🇬🇷") && !ends.contains(&"ab e\u{301} 👩\u{200D}🍳 🇬")
        );
    }
}
