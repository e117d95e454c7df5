//! What only a person can decide: one card a cake.

use iced::widget::{Column, Row, column, container, row};
use iced::{Element, Length, alignment};

use super::Action;
use super::station::Scene;
use crate::order::OrderId;
use crate::station::{Card, Touch};
use crate::ui::theme::{Coat, DONE, FACT, PLAIN, STRONG};
use crate::ui::widget::fitted::fitted;
use crate::ui::widget::press;
use crate::words;

/// What happened on the screen.
#[derive(Clone, Debug)]
pub enum Message {
    /// The way back was pressed.
    Back,
    /// A person has dealt with a card.
    Close(OrderId),
    /// What waits on a card is to be sent again.
    Retry(OrderId),
}

/// Takes a message.
pub fn update(message: &Message) -> Action {
    match message {
        Message::Back => Action::Return,
        Message::Close(order) => Action::Tell(Touch::Close(*order)),
        Message::Retry(order) => Action::Tell(Touch::Retry(*order)),
    }
}

/// The list of cards.
pub fn page(scene: Scene<'_>) -> Element<'_, Message> {
    let Scene { view, skin, .. } = scene;
    let palette = skin.palette;
    let body: Element<'_, Message> = if view.attention.is_empty() {
        container(fitted(words::NO_ATTENTION, PLAIN, skin.mm(8.0), palette.muted).centred())
            .center_y(Length::Fill)
            .into()
    } else {
        let cards: Column<'_, Message> =
            view.attention.iter().map(|shown| card(shown, scene)).fold(column![], Column::push);
        press::tall(cards.spacing(skin.mm(press::GAP_MM)), skin).into()
    };
    let quiet = Coat { fill: palette.raised, ink: palette.text };
    let title = format!("{} · {}", words::ATTENTION, view.attention.len());
    let parts = column![
        fitted(title, FACT, skin.mm(8.0), palette.text),
        body,
        press::word(words::BACK, quiet, palette.line, skin, Message::Back),
    ];
    press::panel(parts.spacing(skin.mm(4.0)), skin)
        .padding(skin.mm(5.0))
        .width(Length::Fill)
        .height(Length::Fill)
        .into()
}

fn card<'a>(card: &'a Card, scene: Scene<'a>) -> Element<'a, Message> {
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
    let buttons = row![
        press::word(words::CLOSE, quiet, palette.line, skin, Message::Close(card.order)),
        press::word(words::TRY_AGAIN, DONE, DONE.fill, skin, Message::Retry(card.order)),
    ]
    .spacing(skin.mm(press::APART_MM));
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
