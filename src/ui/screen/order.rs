//! One cake: everything known of it, and the action that a scan would do.

use std::sync::Arc;

use iced::widget::{Column, column, container, row, space, text};
use iced::{Element, Length, alignment};

use super::Action;
use super::station::Scene;
use crate::order::Order;
use crate::station::{Offer, Touch};
use crate::ui::theme::{AGREED, Coat, FACT, PLAIN, STRONG, Skin};
use crate::ui::widget::fitted::fitted;
use crate::ui::widget::{cake, press, script};
use crate::words::{self, Clock, fact};

/// What happened on the screen.
#[derive(Clone, Debug)]
pub enum Message {
    /// The way back was pressed.
    Back,
    /// The action was pressed.
    Act,
}

/// Takes a message.
pub fn update(order: &Order, message: &Message) -> Action {
    match message {
        Message::Back => Action::Return,
        Message::Act => Action::TellAndReturn(Touch::Act(order.id)),
    }
}

/// The cake as it is in the newest queue, else as it was when it was opened.
pub fn page<'a>(scene: Scene<'a>, opened: &'a Arc<Order>) -> Element<'a, Message> {
    let Scene { view, skin, clock, .. } = scene;
    let palette = skin.palette;
    let head = row![
        fitted(opened.id.barcode(), FACT, skin.mm(18.0), palette.text)
            .shrink(skin.mm(9.0))
            .leading(1.1)
            .fill(),
    ]
    .align_y(alignment::Vertical::Center);
    let mut said: Column<'_, Message> = column![
        head,
        fitted(words::title(opened), FACT, skin.mm(8.0), palette.text).lines(3).shrink(skin.mm(6.0)).fill(),
    ]
    .spacing(skin.mm(2.4));
    if let Some(back) = &opened.returned {
        said = said.push(whole(words::RETURNED, words::line(&back.reason), skin));
    }
    if let Some(notes) = cake::notes(opened) {
        said = said.push(whole(words::NOTES, notes, skin));
    }
    for (name, value) in facts(opened, clock) {
        said = said.push(named(name, value, skin));
    }
    let history = history(opened, clock);
    if !history.is_empty() {
        said = said.push(space().height(skin.mm(1.0)));
        said = said.push(fitted(words::HISTORY, STRONG, skin.mm(6.0), palette.muted));
        for line in history {
            said = said.push(fitted(line, PLAIN, skin.mm(6.4), palette.text).lines(2).fill());
        }
    }
    let body = press::tall(said.width(Length::Fill), skin);
    let quiet = Coat { fill: palette.raised, ink: palette.text };
    let back = press::word(words::BACK, quiet, palette.line, skin, Message::Back);
    let mut buttons = row![container(back).width(Length::FillPortion(2))].spacing(skin.mm(press::APART_MM));
    let offer = view.offer.filter(|(order, _)| *order == opened.id).map(|(_, offer)| offer);
    let does = !matches!(offer, None | Some(Offer::Nothing | Offer::LabelComing));
    let coat = if does { AGREED } else { quiet };
    let edge = if does { coat.fill } else { palette.line };
    let act = press::word(words::act(offer), coat, edge, skin, Message::Act);
    buttons = buttons.push(container(act).width(Length::FillPortion(3)));
    let mut parts = column![body].spacing(skin.mm(4.0));
    if let Some(first) = offer.and_then(words::act_first) {
        parts = parts.push(fitted(first, PLAIN, skin.mm(6.0), palette.muted).lines(2).fill());
    }
    press::panel(parts.push(buttons), skin)
        .padding(skin.mm(5.0))
        .width(Length::Fill)
        .height(Length::Fill)
        .into()
}

fn facts(order: &Order, clock: &Clock) -> Vec<(&'static str, String)> {
    let text = |text: &str| Some(words::line(text)).filter(|text| !text.is_empty());
    let due = order.due.map(|due| match words::due(due, clock) {
        words::Due::Overdue(word) | words::Due::Today(word) => format!("{} · {word}", words::day(due)),
        words::Due::Tomorrow(_) | words::Due::Later(_) => words::day(due),
    });
    let leaves = order.delivery.map(|delivery| words::delivery(delivery).to_owned());
    let due = [due, leaves].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let shop = [Some(order.id.store.name().to_owned()), words::place(order)];
    let facts = [
        (fact::WRITING, words::writing(order)),
        (fact::FLAVOUR, text(&order.flavour)),
        (fact::DUE, text(&due)),
        (fact::STANDS, Some(words::standing(order, clock))),
        (fact::CUSTOMER, text(&order.customer)),
        (fact::SHOP, Some(shop.into_iter().flatten().collect::<Vec<_>>().join(" · "))),
        (fact::ASSIGNED, order.assignee.as_deref().and_then(text)),
        (fact::STORAGE, order.storage.as_deref().and_then(text)),
    ];
    facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// What was done, oldest first: the history where it was read, else what the timestamps tell.
fn history(order: &Order, clock: &Clock) -> Vec<String> {
    if !order.marks.is_empty() {
        return order.marks.iter().map(|mark| words::mark(mark, clock)).collect();
    }
    let times = &order.times;
    words::STEPS
        .into_iter()
        .filter_map(|action| Some(words::step(action, times.of(action)?, clock)))
        .collect()
}

fn named(name: &str, value: String, skin: Skin) -> Element<'_, Message> {
    let palette = skin.palette;
    row![
        container(fitted(name, PLAIN, skin.mm(6.4), palette.muted)).width(skin.mm(32.0)),
        whole_text(value, skin),
    ]
    .spacing(skin.mm(2.0))
    .into()
}

/// All of a text, however long, after its mark.
fn whole(mark: &str, said: String, skin: Skin) -> Element<'_, Message> {
    cake::marked(mark, whole_text(said, skin), skin)
}

fn whole_text<'a>(said: String, skin: Skin) -> Element<'a, Message> {
    script::ready(&said);
    text(said)
        .font(STRONG)
        .size(skin.mm(6.4))
        .color(skin.palette.text)
        .wrapping(text::Wrapping::WordOrGlyph)
        .shaping(text::Shaping::Advanced)
        .width(Length::Fill)
        .into()
}
