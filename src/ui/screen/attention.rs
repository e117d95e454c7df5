//! What only a person can decide: one card a cake.

use iced::widget::{Column, Row, column, container, row};
use iced::{Element, Length, alignment};

use super::Action;
use super::station::Scene;
use crate::order::OrderId;
use crate::station::{Card, Remedy, Touch};
use crate::ui::theme::{Coat, DONE, FACT, PLAIN, STRONG};
use crate::ui::widget::fitted::fitted;
use crate::ui::widget::press;
use crate::words;

/// The page.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The card that is to be closed, once a person has said that it is dealt with.
    closing: Option<OrderId>,
}

/// What happened on the screen.
#[derive(Clone, Debug)]
pub enum Message {
    /// The way back was pressed.
    Back,
    /// Something was pressed on a card.
    Pressed(OrderId, Remedy),
    /// Whether the card that is to be closed is dealt with.
    Closing(bool),
}

impl Page {
    /// Takes a message.
    pub fn update(&mut self, message: &Message) -> Action {
        let closing = self.closing.take();
        let touch = match *message {
            Message::Back => return Action::Return,
            Message::Pressed(order, Remedy::Close) => {
                self.closing = Some(order);
                return Action::None;
            }
            Message::Pressed(order, Remedy::Retry) => Touch::Retry(order),
            Message::Pressed(order, Remedy::Out) => Touch::Label { order, is_out: true },
            Message::Pressed(order, Remedy::NotOut) => Touch::Label { order, is_out: false },
            Message::Closing(is_dealt_with) => match closing.filter(|_| is_dealt_with) {
                Some(order) => Touch::Close(order),
                None => return Action::None,
            },
        };
        Action::Tell(touch)
    }
}

/// The list of cards.
pub fn page<'a>(scene: Scene<'a>, page: &Page) -> Element<'a, Message> {
    let Scene { view, skin, .. } = scene;
    let palette = skin.palette;
    let body: Element<'_, Message> = if view.attention.is_empty() {
        container(fitted(words::NO_ATTENTION, PLAIN, skin.mm(8.0), palette.muted).centred())
            .center_y(Length::Fill)
            .into()
    } else {
        let cards: Column<'_, Message> =
            view.attention.iter().map(|shown| card(shown, scene, page)).fold(column![], Column::push);
        press::tall(cards.spacing(skin.mm(press::GAP_MM)), skin).into()
    };
    let quiet = Coat { fill: palette.raised, ink: palette.text };
    let title = format!("{} · {}", words::ATTENTION, view.attention.len());
    let back = press::word(words::BACK, quiet, palette.line, skin, Message::Back);
    press::page(title, body, back, skin)
}

fn card<'a>(card: &'a Card, scene: Scene<'a>, page: &Page) -> Element<'a, Message> {
    let Scene { skin, clock, .. } = scene;
    let palette = skin.palette;
    let told = words::card(card, clock);
    let mut head: Row<'_, Message> =
        row![fitted(words::card_name(card), FACT, skin.mm(9.0), palette.text)].spacing(skin.mm(4.0));
    if let Some(cake) = &card.cake {
        head = head.push(fitted(words::title(cake), STRONG, skin.mm(6.4), palette.muted).fill());
    }
    let mut said: Column<'_, Message> = column![
        head.align_y(alignment::Vertical::Center),
        fitted(told.happened, FACT, skin.mm(8.0), palette.text).lines(2).shrink(skin.mm(6.0)).fill(),
        fitted(told.means, PLAIN, skin.mm(6.4), palette.text).lines(3).fill(),
        fitted(told.remedy, STRONG, skin.mm(6.4), palette.text).lines(3).fill(),
    ];
    if let Some(detail) = told.detail {
        said = said.push(fitted(detail, PLAIN, skin.mm(5.0), palette.muted).lines(2).fill());
    }
    let quiet = Coat { fill: palette.panel, ink: palette.text };
    let mut buttons: Row<'_, Message> = row![].spacing(skin.mm(press::APART_MM));
    if page.closing == Some(card.order) {
        said = said.push(fitted(words::close_asks(card), FACT, skin.mm(7.4), palette.text).lines(2).fill());
        buttons = buttons
            .push(press::word(words::CLOSE_NOT, quiet, palette.line, skin, Message::Closing(false)))
            .push(press::word(words::CLOSE_SURE, DONE, DONE.fill, skin, Message::Closing(true)));
    } else {
        for remedy in card.remedies() {
            let (coat, edge) = match remedy {
                Remedy::Close | Remedy::NotOut => (quiet, palette.line),
                Remedy::Retry | Remedy::Out => (DONE, DONE.fill),
            };
            let on_press = Message::Pressed(card.order, *remedy);
            buttons = buttons.push(press::word(words::remedy(*remedy), coat, edge, skin, on_press));
        }
    }
    let raised = Coat { fill: palette.background, ink: palette.text };
    press::coated(
        column![said.spacing(skin.mm(1.6)), buttons].spacing(skin.mm(4.0)),
        raised,
        palette.line,
        skin.mm(press::CORNER_MM),
    )
    .padding(skin.mm(4.6))
    .width(Length::Fill)
    .into()
}
