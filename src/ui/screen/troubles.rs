//! What the chips in trouble mean, and what to do about it.

use iced::widget::{Column, column};
use iced::{Element, Length};

use super::Action;
use super::station::Scene;
use crate::station::{Link, PortState, View};
use crate::ui::theme::{Coat, FACT, PLAIN, STRONG};
use crate::ui::widget::fitted::fitted;
use crate::ui::widget::press;
use crate::words::{self, Told};

/// What happened on the screen.
#[derive(Clone, Copy, Debug)]
pub enum Message {
    /// The way back was pressed.
    Back,
}

/// Takes a message.
pub fn update(message: Message) -> Action {
    match message {
        Message::Back => Action::Return,
    }
}

/// What is wrong, in the order of the chips.
pub fn told(view: &View) -> Vec<Told> {
    let link = match &view.link {
        Link::Down(fault) => Some(words::link(fault)),
        Link::Up | Link::Unknown => None,
    };
    let scanners = view.scanners.iter().filter_map(|scanner| match &scanner.state {
        PortState::Faulted(fault) => Some(words::scanner(&scanner.name, fault)),
        PortState::Ready | PortState::Unknown => None,
    });
    let printers = view.printers.iter().filter_map(|printer| match &printer.state {
        PortState::Faulted(fault) => Some(words::printer(&printer.name, fault)),
        PortState::Ready | PortState::Unknown => None,
    });
    link.into_iter().chain(scanners).chain(printers).collect()
}

/// Each fault in its three sentences: what happened, what it means, what to do.
pub fn page(scene: Scene<'_>) -> Element<'_, Message> {
    let Scene { view, skin, .. } = scene;
    let palette = skin.palette;
    let told = told(view);
    let mut faults: Column<'_, Message> = column![].spacing(skin.mm(press::GAP_MM));
    if told.is_empty() {
        faults = faults.push(fitted(words::NO_TROUBLES, PLAIN, skin.mm(8.0), palette.muted).centred());
    }
    for Told { happened, means, remedy, detail } in told {
        let mut said: Column<'_, Message> = column![
            fitted(happened, FACT, skin.mm(8.0), palette.text).lines(2).shrink(skin.mm(6.0)).fill(),
            fitted(means, PLAIN, skin.mm(6.8), palette.text).lines(3).fill(),
            fitted(remedy, STRONG, skin.mm(6.8), palette.text).lines(3).fill(),
        ]
        .spacing(skin.mm(1.6));
        if let Some(detail) = detail {
            said = said.push(fitted(detail, PLAIN, skin.mm(5.0), palette.muted).lines(2).fill());
        }
        let ground = Coat { fill: palette.background, ink: palette.text };
        let card = press::coated(said, ground, palette.line, skin.mm(press::CORNER_MM));
        faults = faults.push(card.padding(skin.mm(4.6)).width(Length::Fill));
    }
    let quiet = Coat { fill: palette.raised, ink: palette.text };
    let parts = column![
        fitted(words::TROUBLES, FACT, skin.mm(8.0), palette.text),
        press::tall(faults, skin),
        press::word(words::BACK, quiet, palette.line, skin, Message::Back),
    ];
    press::panel(parts.spacing(skin.mm(4.0)), skin)
        .padding(skin.mm(5.0))
        .width(Length::Fill)
        .height(Length::Fill)
        .into()
}
