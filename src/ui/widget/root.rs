//! The root of every screen: it hears keys before anything else does, knows whether a finger is down, and hides the
//! pointer on a kiosk.

use iced::advanced::layout::{self, Layout};
use iced::advanced::widget::{Operation, Tree, Widget, tree};
use iced::advanced::{Clipboard, Shell, mouse, overlay, renderer};
use iced::keyboard::{self, Key, key::Named};
use iced::{Element, Event, Length, Rectangle, Renderer, Size, Theme, Vector, touch};

/// What the root heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A key that writes, Enter as a line feed, Tab as a tab and Backspace as [`BACKSPACE`].
    Key(char),
    /// A finger or a button went down.
    Down,
    /// It came up, or left.
    Up,
}

/// Whether the pointer shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointer {
    /// On a desk.
    Shown,
    /// On a kiosk.
    Hidden,
}

/// Wraps a screen.
pub struct Root<'a, Message> {
    content: Element<'a, Message>,
    hear: fn(Heard) -> Message,
    pointer: Pointer,
}

/// Wraps `content`; what is heard becomes messages through `hear`.
pub fn root<'a, Message>(
    content: impl Into<Element<'a, Message>>,
    pointer: Pointer,
    hear: fn(Heard) -> Message,
) -> Root<'a, Message> {
    Root { content: content.into(), hear, pointer }
}

impl<Message> Widget<Message, Theme, Renderer> for Root<'_, Message> {
    fn tag(&self) -> tree::Tag {
        self.content.as_widget().tag()
    }

    fn state(&self) -> tree::State {
        self.content.as_widget().state()
    }

    fn children(&self) -> Vec<Tree> {
        self.content.as_widget().children()
    }

    fn diff(&self, tree: &mut Tree) {
        self.content.as_widget().diff(tree);
    }

    fn size(&self) -> Size<Length> {
        self.content.as_widget().size()
    }

    fn size_hint(&self) -> Size<Length> {
        self.content.as_widget().size_hint()
    }

    fn layout(&mut self, tree: &mut Tree, renderer: &Renderer, limits: &layout::Limits) -> layout::Node {
        self.content.as_widget_mut().layout(tree, renderer, limits)
    }

    fn operate(
        &mut self,
        tree: &mut Tree,
        layout: Layout<'_>,
        renderer: &Renderer,
        operation: &mut dyn Operation,
    ) {
        self.content.as_widget_mut().operate(tree, layout, renderer, operation);
    }

    fn update(
        &mut self,
        tree: &mut Tree,
        event: &Event,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        renderer: &Renderer,
        clipboard: &mut dyn Clipboard,
        shell: &mut Shell<'_, Message>,
        viewport: &Rectangle,
    ) {
        let pointed = match event {
            Event::Mouse(mouse::Event::ButtonPressed(_))
            | Event::Touch(touch::Event::FingerPressed { .. }) => Some(Heard::Down),
            Event::Mouse(mouse::Event::ButtonReleased(_) | mouse::Event::CursorLeft)
            | Event::Touch(touch::Event::FingerLifted { .. } | touch::Event::FingerLost { .. }) => {
                Some(Heard::Up)
            }
            _ => None,
        };
        if let Some(heard) = pointed {
            shell.publish((self.hear)(heard));
        }
        self.content
            .as_widget_mut()
            .update(tree, event, layout, cursor, renderer, clipboard, shell, viewport);
        // A text field that has the focus takes the key; its own Enter then scans what it holds.
        if !shell.is_event_captured()
            && let Event::Keyboard(event) = event
        {
            for letter in letters(event) {
                shell.publish((self.hear)(Heard::Key(letter)));
            }
        }
    }

    fn draw(
        &self,
        tree: &Tree,
        renderer: &mut Renderer,
        theme: &Theme,
        style: &renderer::Style,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        viewport: &Rectangle,
    ) {
        self.content.as_widget().draw(tree, renderer, theme, style, layout, cursor, viewport);
    }

    fn mouse_interaction(
        &self,
        tree: &Tree,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        viewport: &Rectangle,
        renderer: &Renderer,
    ) -> mouse::Interaction {
        match self.pointer {
            Pointer::Hidden => mouse::Interaction::Hidden,
            Pointer::Shown => {
                self.content.as_widget().mouse_interaction(tree, layout, cursor, viewport, renderer)
            }
        }
    }

    fn overlay<'b>(
        &'b mut self,
        tree: &'b mut Tree,
        layout: Layout<'b>,
        renderer: &Renderer,
        viewport: &Rectangle,
        translation: Vector,
    ) -> Option<overlay::Element<'b, Message, Theme, Renderer>> {
        self.content.as_widget_mut().overlay(tree, layout, renderer, viewport, translation)
    }
}

impl<'a, Message: 'a> From<Root<'a, Message>> for Element<'a, Message> {
    fn from(root: Root<'a, Message>) -> Self {
        Self::new(root)
    }
}

/// Takes the last letter back.
pub const BACKSPACE: char = '\u{8}';

/// What a key press writes; nothing for a shortcut.
fn letters(event: &keyboard::Event) -> Vec<char> {
    let keyboard::Event::KeyPressed { key, text, modifiers, .. } = event else { return Vec::new() };
    match key {
        Key::Named(Named::Enter) => vec!['\n'],
        Key::Named(Named::Tab) => vec!['\t'],
        Key::Named(Named::Backspace) => vec![BACKSPACE],
        _ if modifiers.command() || modifiers.logo() => Vec::new(),
        // A gun may end with Linefeed, which is text and no named key.
        _ => text
            .iter()
            .flat_map(|text| text.chars())
            .filter(|letter| !letter.is_control() || *letter == '\n')
            .collect(),
    }
}
