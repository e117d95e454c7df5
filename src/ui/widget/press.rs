//! What a finger presses, and the panels around things.

use iced::widget::{Container, Row, Scrollable, button, column, container, row, scrollable};
use iced::{Background, Border, Color, Element, Length, Theme, alignment};

use super::fitted::fitted;
use crate::ui::theme::{Coat, FACT, STRONG, Skin};

/// Height of what a gloved finger presses (`workflow.md` 8).
pub const TOUCH_MM: f32 = 20.0;
/// Distance between two of them (`workflow.md` 8).
pub const APART_MM: f32 = 8.0;
/// Distance between panels.
pub const GAP_MM: f32 = 3.6;
/// Corners of panels.
pub const CORNER_MM: f32 = 4.3;

/// A button with a word, as wide as there is room.
pub fn word<'a, Message: Clone + 'a>(
    label: &'a str,
    coat: Coat,
    edge: Color,
    skin: Skin,
    on_press: Message,
) -> Element<'a, Message> {
    counted(label, None, coat, edge, skin, on_press)
}

/// A button with a word and a count beside it.
pub fn counted<'a, Message: Clone + 'a>(
    label: impl Into<std::borrow::Cow<'a, str>>,
    count: Option<(usize, Coat)>,
    coat: Coat,
    edge: Color,
    skin: Skin,
    on_press: Message,
) -> Element<'a, Message> {
    let size = skin.mm(6.4);
    let mut inside: Row<'_, Message> = row![fitted(label, STRONG, size, coat.ink).shrink(size * 0.6)];
    if let Some((count, coat)) = count {
        inside = inside.push(badge(count.to_string(), coat, size, skin));
    }
    let inside = inside.spacing(skin.mm(3.0)).align_y(alignment::Vertical::Center);
    pressable(container(inside).center(Length::Fill), coat, edge, skin.mm(CORNER_MM), on_press)
        .width(Length::Fill)
        .height(skin.mm(TOUCH_MM))
        .padding([0.0, skin.mm(3.0)])
        .into()
}

/// Anything that a finger presses.
pub fn pressable<'a, Message: Clone + 'a>(
    content: impl Into<Element<'a, Message>>,
    coat: Coat,
    edge: Color,
    corner: f32,
    on_press: Message,
) -> iced::widget::Button<'a, Message> {
    button(content).padding(0).on_press(on_press).style(move |_: &Theme, status| {
        let fill = match status {
            button::Status::Pressed => mixed(coat.fill, coat.ink, 0.18),
            button::Status::Active | button::Status::Hovered | button::Status::Disabled => coat.fill,
        };
        button::Style {
            background: Some(Background::Color(fill)),
            text_color: coat.ink,
            border: Border {
                color: edge,
                width: if edge == coat.fill { 0.0 } else { EDGE_PX },
                radius: corner.into(),
            },
            ..button::Style::default()
        }
    })
}

/// A panel that a finger presses.
pub fn bare<'a, Message: Clone + 'a>(
    content: impl Into<Element<'a, Message>>,
    on_press: Message,
) -> Element<'a, Message> {
    button(content).padding(0).on_press(on_press).style(|_: &Theme, _| button::Style::default()).into()
}

/// What may be higher than its place, with a thin bar beside it.
pub fn tall<'a, Message: 'a>(
    content: impl Into<Element<'a, Message>>,
    skin: Skin,
) -> Scrollable<'a, Message> {
    let bar = scrollable::Scrollbar::new().width(skin.mm(1.2)).scroller_width(skin.mm(1.2));
    scrollable(content)
        .direction(scrollable::Direction::Vertical(bar))
        .spacing(skin.mm(2.0))
        .width(Length::Fill)
        .height(Length::Fill)
}

/// A panel of the screen.
pub fn panel<'a, Message: 'a>(
    content: impl Into<Element<'a, Message>>,
    skin: Skin,
) -> Container<'a, Message> {
    let (fill, edge) = (skin.palette.panel, skin.palette.line);
    coated(content, Coat { fill, ink: skin.palette.text }, edge, skin.mm(CORNER_MM))
}

/// A whole page: its title, what it has to say, and what leads away from it.
pub fn page<'a, Message: 'a>(
    title: impl Into<std::borrow::Cow<'a, str>>,
    body: impl Into<Element<'a, Message>>,
    foot: impl Into<Element<'a, Message>>,
    skin: Skin,
) -> Element<'a, Message> {
    let title = fitted(title, FACT, skin.mm(8.0), skin.palette.text);
    let parts = column![title, body.into(), foot.into()].spacing(skin.mm(4.0));
    panel(parts, skin).padding(skin.mm(5.0)).width(Length::Fill).height(Length::Fill).into()
}

/// A panel of any colour.
pub fn coated<'a, Message: 'a>(
    content: impl Into<Element<'a, Message>>,
    coat: Coat,
    edge: Color,
    corner: f32,
) -> Container<'a, Message> {
    let width = if edge == coat.fill { 0.0 } else { EDGE_PX };
    container(content).style(move |_: &Theme| container::Style {
        background: Some(Background::Color(coat.fill)),
        text_color: Some(coat.ink),
        border: Border { color: edge, width, radius: corner.into() },
        ..container::Style::default()
    })
}

/// A word on a small coloured ground, its text `size` pixels high.
pub fn badge<'a, Message: 'a>(
    text: impl Into<std::borrow::Cow<'a, str>>,
    coat: Coat,
    size: f32,
    skin: Skin,
) -> Element<'a, Message> {
    coated(fitted(text, FACT, size, coat.ink), coat, coat.fill, skin.mm(1.6))
        .padding([size * 0.18, size * 0.38])
        .into()
}

/// `share` of the way from `from` to `to`.
pub fn mixed(from: Color, to: Color, share: f32) -> Color {
    let mix = |from: f32, to: f32| from + (to - from) * share;
    Color { r: mix(from.r, to.r), g: mix(from.g, to.g), b: mix(from.b, to.b), a: mix(from.a, to.a) }
}

/// Thin, yet seen at a metre on any panel.
const EDGE_PX: f32 = 1.5;
