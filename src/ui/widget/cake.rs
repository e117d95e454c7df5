//! A cake's facts.

use iced::widget::{Column, Row, column, row, space};
use iced::{Element, Length, alignment};

use super::fitted::fitted;
use super::press::{badge, panel};
use crate::order::Order;
use crate::ui::album::Photo;
use crate::ui::theme::{FACT, NOT_HERE, PLAIN, STRONG, Skin};
use crate::words::{self, Clock};

/// The panel of the current cake: its picture, what it is, its writing, and its notes as far as there is room.
pub fn current<'a, Message: 'a>(
    order: &Order,
    photo: Option<&Photo>,
    skin: Skin,
    clock: &Clock,
) -> Element<'a, Message> {
    let palette = skin.palette;
    // The verdict of a split cake says what it is and what is written on it, larger than here.
    let is_told = order.is_split();
    let mut facts: Column<'_, Message> = column![];
    if !is_told {
        facts = facts
            .push(fitted(words::title(order), FACT, skin.mm(7.6), palette.text).shrink(skin.mm(6.0)).fill());
    }
    let beside = details(order, clock);
    if !beside.is_empty() {
        facts = facts.push(fitted(beside, PLAIN, skin.mm(6.4), palette.muted).shrink(skin.mm(6.0)).fill());
    }
    if let Some(writing) = words::writing(order).filter(|_| !is_told) {
        facts = facts.push(fitted(writing, STRONG, skin.mm(7.0), palette.text).shrink(skin.mm(6.0)).fill());
    }
    if let Some(back) = &order.returned {
        let said = fitted(words::line(&back.reason), PLAIN, skin.mm(6.4), palette.text).fill();
        facts = facts.push(marked(words::RETURNED, said.into(), skin));
    }
    if let Some(notes) = notes(order) {
        let said = fitted(notes, PLAIN, skin.mm(6.4), palette.text).lines(2).fill();
        facts = facts.push(marked(words::NOTES, said.into(), skin));
    }
    let facts = facts.spacing(skin.mm(1.6)).width(Length::Fill);
    // Its place is kept while it comes: lines move only where it does not.
    let side = skin.mm(PICTURE_MM);
    let picture: Option<Element<'a, Message>> = match photo {
        None | Some(Photo::Lacks(_)) => None,
        Some(Photo::Coming) => Some(space().width(side).height(side).into()),
        Some(Photo::Here(picture)) => Some(picture.view(side)),
    };
    panel(Row::new().extend(picture).push(facts).spacing(skin.mm(5.0)), skin)
        .padding([skin.mm(4.6), skin.mm(5.4)])
        .width(Length::Fill)
        .into()
}

/// What a customer wrote, on one line; none when nothing.
pub fn notes(order: &Order) -> Option<String> {
    Some(words::line(&order.notes)).filter(|notes| !notes.is_empty())
}

/// Words after a mark in the one warm colour.
pub fn marked<'a, Message: 'a>(
    mark: &'a str,
    said: Element<'a, Message>,
    skin: Skin,
) -> Element<'a, Message> {
    row![badge(mark, NOT_HERE, skin.mm(5.2), skin), said]
        .spacing(skin.mm(2.6))
        .align_y(alignment::Vertical::Top)
        .into()
}

/// `Pistachio, Hazelnut · Pickup · Mon 23 Nov`.
fn details(order: &Order, clock: &Clock) -> String {
    let flavour = words::line(&order.flavour);
    let parts = [
        words::place(order),
        Some(flavour).filter(|flavour| !flavour.is_empty()),
        order.delivery.map(|delivery| words::delivery(delivery).to_owned()),
        order.due.map(|due| match words::due(due, clock) {
            words::Due::Overdue(word) => format!("{} ({word})", words::day(due)),
            _ => words::day(due),
        }),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Side of the square that the picture has: a cake is told from another at 2 m.
const PICTURE_MM: f32 = 32.0;
