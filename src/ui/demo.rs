//! The demo's panel: an on-screen scanner, and what the virtual printer printed, as pictures.

use std::collections::VecDeque;
use std::sync::Arc;

use iced::widget::{Column, button, column, container, image, row, text_input};
use iced::{Element, Length, alignment};
use tokio::sync::watch;

use crate::order::{Order, OrderId};
use crate::shell::Input;
use crate::station::{Source, View};
use crate::ui::theme::{Coat, DONE, FACT, PLAIN, STRONG, Skin};
use crate::ui::widget::fitted::fitted;
use crate::ui::widget::press;
use crate::words;

/// The labels that the virtual printer has printed, newest first.
pub type Labels = watch::Receiver<VecDeque<Picture>>;

/// A printed label: one byte a dot would do, iced wants four.
#[derive(Clone, Debug)]
pub struct Picture {
    handle: image::Handle,
    width_dots: u32,
    height_dots: u32,
}

impl Picture {
    /// A picture of 1-bit rows, each padded to whole bytes, the highest bit first, a set bit black.
    pub fn packed(width_dots: u32, height_dots: u32, rows: &[u8]) -> Self {
        let stride = width_dots.div_ceil(8) as usize;
        let mut rgba = Vec::with_capacity(width_dots as usize * height_dots as usize * 4);
        for y in 0..height_dots as usize {
            for x in 0..width_dots as usize {
                let byte = rows.get(y * stride + x / 8).copied().unwrap_or(0);
                let shade = if byte & (0x80 >> (x % 8)) == 0 { 0xFF } else { 0x00 };
                rgba.extend([shade, shade, shade, 0xFF]);
            }
        }
        Self { handle: image::Handle::from_rgba(width_dots, height_dots, rgba), width_dots, height_dots }
    }
}

/// Where a virtual printer puts its labels; keeps the newest few.
#[derive(Debug)]
pub struct Tray {
    labels: watch::Sender<VecDeque<Picture>>,
}

impl Tray {
    /// An empty tray.
    pub fn new() -> Self {
        Self { labels: watch::Sender::new(VecDeque::new()) }
    }

    /// Puts a label on top; the oldest falls out of a full tray.
    pub fn put(&self, label: Picture) {
        self.labels.send_modify(|labels| {
            labels.push_front(label);
            labels.truncate(LABELS_MAX);
        });
    }

    /// What lies in it, now and later.
    pub fn labels(&self) -> Labels {
        self.labels.subscribe()
    }
}

impl Default for Tray {
    fn default() -> Self {
        Self::new()
    }
}

/// The panel's state.
#[derive(Debug)]
pub struct Panel {
    labels: VecDeque<Picture>,
    typed: String,
    is_open: bool,
}

/// What happened on the panel.
#[derive(Clone, Debug)]
pub enum Message {
    /// A label was printed.
    Printed(VecDeque<Picture>),
    /// The code in the field changed.
    Typed(String),
    /// Scan what was typed.
    Entered,
    /// Scan this cake's label.
    Scanned(OrderId),
    /// Open or close the panel.
    Toggled,
}

impl Panel {
    /// An open panel.
    pub fn new(labels: &Labels) -> Self {
        Self { labels: labels.borrow().clone(), typed: String::new(), is_open: true }
    }

    /// Whether it shows.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Takes a message; gives what the on-screen scanner read.
    pub fn update(&mut self, message: Message) -> Option<Input> {
        match message {
            Message::Printed(labels) => self.labels = labels,
            Message::Typed(typed) => {
                let end = typed.floor_char_boundary(TYPED_BYTES_MAX);
                typed[..end].clone_into(&mut self.typed);
            }
            Message::Toggled => self.is_open = !self.is_open,
            Message::Scanned(order) => return Some(scan(&order.barcode())),
            Message::Entered => {
                let typed = std::mem::take(&mut self.typed);
                return Some(typed.trim()).filter(|code| !code.is_empty()).map(scan);
            }
        }
        None
    }

    /// The button that opens and closes it.
    pub fn toggle<'a>(&self, skin: Skin) -> Element<'a, Message> {
        let coat = Coat { fill: skin.palette.panel, ink: skin.palette.text };
        let label = if self.is_open { words::DEMO_HIDE } else { words::DEMO_SHOW };
        press::word(label, coat, skin.palette.line, skin, Message::Toggled)
    }

    /// The panel itself.
    pub fn view<'a>(&'a self, view: &'a View, skin: Skin) -> Element<'a, Message> {
        let palette = skin.palette;
        let field = text_input(words::DEMO_TYPE, &self.typed)
            .on_input(Message::Typed)
            .on_submit(Message::Entered)
            .font(STRONG)
            .size(skin.mm(6.0))
            .padding(skin.mm(3.0))
            .width(Length::FillPortion(2));
        let scan = press::word(words::DEMO_SCAN, DONE, DONE.fill, skin, Message::Entered);
        let entry = row![field, container(scan).width(Length::Fill)]
            .spacing(skin.mm(press::APART_MM))
            .align_y(alignment::Vertical::Center);
        let heading = |text: &'static str| fitted(text, PLAIN, skin.mm(5.4), palette.muted).fill();
        let parts = column![
            fitted(words::DEMO, FACT, skin.mm(6.4), palette.text),
            entry,
            heading(words::DEMO_ORDERS),
            Self::orders(view, skin),
            heading(words::DEMO_LABELS),
            self.printed(skin),
        ];
        press::panel(parts.spacing(skin.mm(3.0)), skin)
            .padding(skin.mm(EDGE_MM))
            .width(skin.mm(WIDTH_MM))
            .height(Length::Fill)
            .into()
    }

    fn orders(view: &View, skin: Skin) -> Element<'_, Message> {
        let shown = view.shown.as_ref().and_then(|shown| shown.verdict.cake.as_ref());
        let listed = view.queue.rows.iter().filter(|row| shown.is_none_or(|shown| shown.id != row.id));
        let mut rows: Column<'_, Message> = column![].spacing(skin.mm(3.0));
        for order in shown.into_iter().chain(listed).take(ORDERS_MAX) {
            rows = rows.push(scannable(order, skin));
        }
        press::tall(rows.width(Length::Fill), skin).height(Length::FillPortion(3)).into()
    }

    fn printed(&self, skin: Skin) -> Element<'_, Message> {
        if self.labels.is_empty() {
            let said = fitted(words::DEMO_NO_LABELS, PLAIN, skin.mm(5.4), skin.palette.muted).lines(2).fill();
            return container(said).height(Length::FillPortion(3)).into();
        }
        let width = skin.mm(WIDTH_MM - 2.0 * EDGE_MM - 3.2);
        let mut labels: Column<'_, Message> = column![].spacing(skin.mm(3.0));
        for label in &self.labels {
            let height = width * label.height_dots as f32 / label.width_dots.max(1) as f32;
            labels = labels.push(image(label.handle.clone()).width(width).height(height));
        }
        press::tall(labels, skin).height(Length::FillPortion(3)).into()
    }
}

fn scan(code: &str) -> Input {
    Input::Scan(Source::Touch, code.into())
}

fn scannable<'a>(order: &Arc<Order>, skin: Skin) -> Element<'a, Message> {
    let palette = skin.palette;
    let coat = Coat { fill: palette.raised, ink: palette.text };
    let inside = row![
        fitted(order.id.barcode(), FACT, skin.mm(6.0), coat.ink),
        fitted(words::line(&order.product), PLAIN, skin.mm(5.4), coat.ink).fill(),
    ]
    .spacing(skin.mm(3.0))
    .align_y(alignment::Vertical::Center)
    .height(Length::Fill);
    let pressed: button::Button<'_, Message> =
        press::pressable(inside, coat, coat.fill, skin.mm(2.0), Message::Scanned(order.id));
    pressed.padding([0.0, skin.mm(3.0)]).width(Length::Fill).height(skin.mm(press::TOUCH_MM)).into()
}

/// Width of the panel, beside a station that keeps its own.
pub const WIDTH_MM: f32 = 134.0;

/// Between its edge and what is pressed in it: with the gap beside the panel, as far as fingers need.
const EDGE_MM: f32 = press::APART_MM - press::GAP_MM;

/// More labels than anybody looks at.
const LABELS_MAX: usize = 12;

/// More orders than anybody scrolls through by hand; any other can be typed.
const ORDERS_MAX: usize = 60;

/// A QR code with a link in it is about this long.
const TYPED_BYTES_MAX: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tray_keeps_the_newest_labels() {
        let tray = Tray::new();
        for width in 1..=20 {
            tray.put(Picture::packed(width, 1, &[0xFF; 3]));
        }
        let labels = tray.labels();
        let widths: Vec<u32> = labels.borrow().iter().map(|label| label.width_dots).collect();
        assert_eq!((widths.len(), widths[0]), (LABELS_MAX, 20));
    }

    #[test]
    fn a_typed_code_is_scanned_and_the_field_is_empty_after() {
        let mut panel = Panel::new(&Tray::new().labels());
        panel.update(Message::Typed(" #B18617 ".to_owned()));
        assert_eq!(panel.update(Message::Entered), Some(scan("#B18617")));
        assert_eq!(panel.update(Message::Entered), None);
    }
}
