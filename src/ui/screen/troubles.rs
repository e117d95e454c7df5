//! What the chips mean, and what to do about those in trouble.

use iced::widget::{Column, column, container, row};
use iced::{Element, Length};

use super::Action;
use super::station::Scene;
use crate::station::{Link, PortState, Touch, View};
use crate::ui::theme::{Coat, FACT, PLAIN, STRONG, Skin};
use crate::ui::widget::fitted::fitted;
use crate::ui::widget::press;
use crate::words::{self, Clock, Told};

/// What happened on the screen.
#[derive(Clone, Copy, Debug)]
pub enum Message {
    /// The way back was pressed.
    Back,
    /// The labels of today were asked for.
    Labels,
    /// The notices of a damaged journal were put away.
    PutAway,
}

/// Takes a message.
pub fn update(message: Message) -> Action {
    match message {
        Message::Back => Action::Return,
        Message::Labels => Action::OpenLabels,
        Message::PutAway => Action::Tell(Touch::PutAway),
    }
}

/// What is wrong, then what is well, each in the order of the chips.
fn told(view: &View, clock: &Clock) -> (Vec<Told>, Vec<Told>) {
    let (mut wrong, mut well) = (Vec::new(), Vec::new());
    wrong.extend(view.journal_fault.as_ref().map(words::store_fault));
    if view.newer > 0 {
        wrong.push(words::newer_told(view.newer));
    }
    wrong.extend(view.freeze.map(words::frozen_told));
    match &view.link {
        Link::Down(fault) => wrong.push(words::link(fault)),
        Link::Up => well.push(words::link_well()),
        Link::Unknown => well.push(words::link_unknown()),
    }
    let is_alone = view.scanners.len() == 1;
    for scanner in &view.scanners {
        let name = (!is_alone).then_some(&*scanner.name);
        match &scanner.state {
            PortState::Faulted(fault) => wrong.push(words::scanner(&scanner.name, fault)),
            state => {
                let chip = words::scanner_chip(name, state).text;
                well.push(words::device_well(&chip, *state == PortState::Ready));
            }
        }
    }
    for printer in &view.printers {
        match &printer.state {
            PortState::Faulted(fault) => wrong.push(words::printer(&printer.name, fault)),
            state => {
                let warned = printer.warnings.iter().map(|warning| words::warning(&printer.name, warning));
                wrong.extend(warned);
                if printer.warnings.is_empty() {
                    let chip = words::printer_chip(&printer.name, state, None).text;
                    well.push(words::device_well(&chip, *state == PortState::Ready));
                }
            }
        }
    }
    if let Some(summary) = &view.summary {
        let is_plain = words::summary_chip(summary).mood == words::Mood::Well;
        let told = if is_plain { &mut well } else { &mut wrong };
        told.extend(words::summary_told(summary, clock));
    }
    let waits = if view.waiting.count > 0 { &mut wrong } else { &mut well };
    waits.push(words::waiting_told(&view.waiting, clock));
    if view.queue.unreadable > 0 {
        wrong.push(words::unreadable_told(view.queue.unreadable));
    }
    (wrong, well)
}

/// Each fault in its three sentences: what happened, what it means, what to do; then what is well, quietly.
pub fn page(scene: Scene<'_>) -> Element<'_, Message> {
    let Scene { view, skin, clock, .. } = scene;
    let palette = skin.palette;
    let (wrong, well) = told(view, clock);
    let is_well = wrong.is_empty() && view.notices.is_empty();
    let title = if is_well { words::ALL_WELL } else { words::TROUBLES };
    let mut cards: Column<'_, Message> = column![].spacing(skin.mm(press::GAP_MM));
    let quiet = Coat { fill: palette.raised, ink: palette.text };
    let card = |said| {
        let ground = Coat { fill: palette.background, ink: palette.text };
        let card = press::coated(said, ground, palette.line, skin.mm(press::CORNER_MM));
        card.padding(skin.mm(4.6)).width(Length::Fill)
    };
    for notice in &view.notices {
        let button = press::word(words::PUT_AWAY, quiet, palette.line, skin, Message::PutAway);
        let said = sentences(words::notice_told(notice, clock), 8.0, skin).push(button);
        cards = cards.push(card(said));
    }
    for told in wrong {
        cards = cards.push(card(sentences(told, 8.0, skin)));
    }
    for told in well {
        cards = cards.push(container(sentences(told, 6.8, skin)).padding([0.0, skin.mm(4.6)]));
    }
    let back = press::word(words::BACK, quiet, palette.line, skin, Message::Back);
    let labels = press::word(words::LABELS_TODAY, quiet, palette.line, skin, Message::Labels);
    let foot = row![back, labels].spacing(skin.mm(press::APART_MM));
    press::page(title, press::tall(cards, skin), foot, skin)
}

fn sentences<'a>(told: Told, size_mm: f32, skin: Skin) -> Column<'a, Message> {
    let palette = skin.palette;
    let Told { happened, means, remedy, detail } = told;
    let mut said: Column<'a, Message> = column![
        fitted(happened, FACT, skin.mm(size_mm), palette.text).lines(2).shrink(skin.mm(6.0)).fill(),
        fitted(means, PLAIN, skin.mm(6.8), palette.text).lines(3).fill(),
    ]
    .spacing(skin.mm(1.6));
    if !remedy.is_empty() {
        said = said.push(fitted(remedy, STRONG, skin.mm(6.8), palette.text).lines(3).fill());
    }
    if let Some(detail) = detail {
        said = said.push(fitted(detail, PLAIN, skin.mm(5.0), palette.muted).lines(2).fill());
    }
    said
}
