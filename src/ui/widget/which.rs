//! The question which of several cakes is meant, each with what tells it apart as large as its number.

use std::sync::Arc;

use iced::widget::{Column, Row, column, responsive, row, space};
use iced::{Color, Element, Length, Size, alignment};

use super::fitted::fitted;
use super::icon::icon;
use super::press::{APART_MM, CORNER_MM, mixed, pressable};
use super::verdict::{Look, tells_apart};
use crate::order::Order;
use crate::station::Touch;
use crate::ui::theme::{CHOICE, Coat, FACT, PLAIN, STRONG, Shape};
use crate::words::{self, Words};

/// The question and its cards.
pub fn which<'a, Message: Clone + 'a>(
    words: Words,
    cakes: &'a [Arc<Order>],
    look: Look<'a>,
    tell: fn(Touch) -> Message,
) -> Element<'a, Message> {
    let skin = look.skin;
    let ink = CHOICE.ink;
    // Many cards need the room more than the sentence does, unless some have no card.
    let is_crowded = cakes.len() > CROWD;
    let beyond = cakes.len().saturating_sub(usize::from(PICKS_MAX));
    let mut asked: Column<'_, Message> =
        column![fitted(words.headline, FACT, skin.mm(16.0), ink).shrink(skin.mm(9.0)).leading(1.1).fill()];
    let said = match beyond {
        0 => (!is_crowded).then_some(words.sentence),
        _ => Some(words::beyond_the_cards(beyond)),
    };
    asked = asked.extend(
        said.map(|said| fitted(said, STRONG, skin.mm(8.4), ink).lines(3).shrink(skin.mm(6.0)).fill().into()),
    );
    let head = row![icon(Shape::Question, skin.mm(if is_crowded { 13.0 } else { 18.0 }), ink), asked]
        .spacing(skin.mm(5.0))
        .align_y(alignment::Vertical::Center);
    let cards = responsive(move |size| cards(cakes, size, look, tell));
    column![head, cards].spacing(skin.mm(5.0)).into()
}

fn cards<'a, Message: Clone + 'a>(
    cakes: &'a [Arc<Order>],
    size: Size,
    look: Look<'a>,
    tell: fn(Touch) -> Message,
) -> Element<'a, Message> {
    let skin = look.skin;
    let numbered: Vec<(u8, &Arc<Order>)> = (1..=PICKS_MAX).zip(cakes).collect();
    let is_slim = skin.scale.in_mm(size.width) < SLIM_MM;
    let across = if is_slim && numbered.len() <= 3 { 1 } else { 2 };
    let down = numbered.len().div_ceil(across).max(1) as f32;
    let high_mm = (skin.scale.in_mm(size.height) - APART_MM * (down - 1.0)) / down;
    let mut lines: Column<'_, Message> = column![].spacing(skin.mm(APART_MM)).height(Length::Fill);
    for some in numbered.chunks(across) {
        let mut line: Row<'_, Message> = row![].spacing(skin.mm(APART_MM)).height(Length::Fill);
        for (nth, cake) in some {
            line = line.push(card(*nth, cake, high_mm, look, tell(Touch::Pick(*nth))));
        }
        for _ in some.len()..across {
            line = line.push(space().width(Length::Fill));
        }
        lines = lines.push(line);
    }
    lines.into()
}

fn card<'a, Message: Clone + 'a>(
    nth: u8,
    cake: &Order,
    high_mm: f32,
    look: Look<'a>,
    on_press: Message,
) -> Element<'a, Message> {
    let skin = look.skin;
    let inner = Coat { fill: mixed(CHOICE.fill, Color::BLACK, 0.3), ink: CHOICE.ink };
    let is_tall = high_mm >= TALL_MM;
    let big_mm = if is_tall { (high_mm / TALL_ROWS).clamp(7.0, 11.0) } else { 8.0 };
    let big = skin.mm(big_mm);
    let [title, inside] = tells_apart(cake);
    let mut facts: Column<'_, Message> =
        column![fitted(cake.id.barcode(), FACT, big, inner.ink).shrink(skin.mm(5.0)).leading(1.15).fill()];
    if is_tall {
        for fact in [title, inside] {
            let said = fitted(fact, STRONG, big, inner.ink).lines(2).shrink(skin.mm(6.0)).leading(1.15);
            facts = facts.push(said.fill());
        }
        let standing = words::standing(cake, look.clock);
        facts = facts.push(fitted(standing, PLAIN, skin.mm(6.4), inner.ink).shrink(skin.mm(5.0)).fill());
        facts = facts.spacing(skin.mm(1.6));
    } else {
        let room_mm = high_mm - big_mm * 1.15 - 2.0 * EDGE_MM;
        let lines = (room_mm / (FACT_MM * 1.2)).floor().max(1.0) as usize;
        let fact = format!("{title} · {inside}");
        facts = facts
            .push(fitted(fact, STRONG, skin.mm(FACT_MM), inner.ink).lines(lines).shrink(skin.mm(5.0)).fill());
    }
    let body = row![fitted(nth.to_string(), FACT, big * 1.2, inner.ink).leading(1.1), facts];
    pressable(
        body.spacing(skin.mm(4.0)),
        inner,
        mixed(CHOICE.fill, CHOICE.ink, 0.6),
        skin.mm(CORNER_MM),
        on_press,
    )
    .padding([skin.mm(EDGE_MM), skin.mm(4.4)])
    .width(Length::Fill)
    .height(Length::Fill)
    .into()
}

/// Up to so many cards leave room for the sentence.
const CROWD: usize = 6;

/// Below this width two cards side by side break words.
const SLIM_MM: f32 = 130.0;

/// From this height on a card holds its facts line by line, as large as its number.
const TALL_MM: f32 = 46.0;

/// Height of a tall card in sizes of its text: number, two facts of two lines, where it stands, edges.
const TALL_ROWS: f32 = 7.6;

/// Facts of a low card.
const FACT_MM: f32 = 5.8;

/// Between a card's edge and its words.
const EDGE_MM: f32 = 2.6;

/// `%PICK:1` … `%PICK:9`.
const PICKS_MAX: u8 = 9;
