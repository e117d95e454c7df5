//! The verdict: colour, shape and a few huge words, and the answers of a question.

use std::sync::Arc;

use iced::widget::{Column, Row, column, container, mouse_area, responsive, row, space};
use iced::{Color, Element, Length, Size, alignment};

use super::fitted::fitted;
use super::icon::icon;
use super::press::{APART_MM, CORNER_MM, TOUCH_MM, coated, mixed, pressable, word};
use crate::order::Order;
use crate::station::{Answer, Kind, Question, Shown, Touch, Waiting};
use crate::ui::theme::{CHOICE, Coat, FACT, PLAIN, QUIET, REFUSED, STRONG, Shape, Skin, coat};
use crate::words::{self, Clock, Words};

/// What the verdict needs beside its answer.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// Colours and millimetres.
    pub skin: Skin,
    /// The shop's time.
    pub clock: &'a Clock,
    /// How much waits to be sent.
    pub waiting: &'a Waiting,
}

/// An answer.
pub fn verdict<'a, Message: Clone + 'a>(
    shown: &'a Shown,
    look: Look<'a>,
    tell: fn(Touch) -> Message,
) -> Element<'a, Message> {
    let (coat, shape) = coat(&shown.verdict.answer);
    if let Answer::Asks(Question::Which(cakes)) = &shown.verdict.answer {
        return ground(which(words::answer(&shown.verdict, look.clock), cakes, look, tell), coat, look.skin);
    }
    let body = responsive(move |size| said(shown, coat, shape, size, look, tell));
    let panel = ground(body.into(), coat, look.skin);
    if coat == CHOICE { panel } else { mouse_area(panel).on_press(tell(Touch::Dismiss)).into() }
}

/// What stands in place of a verdict when nothing was scanned lately.
pub fn ready<'a, Message: 'a>(
    counts: [(Option<usize>, &'a str, Color); 3],
    last: Option<String>,
    skin: Skin,
) -> Element<'a, Message> {
    let ink = QUIET.ink;
    let head = row![
        icon(Shape::Barcode, skin.mm(19.0), ink),
        fitted(words::READY, FACT, skin.mm(23.6), ink).shrink(skin.mm(12.0)).leading(1.05).fill(),
    ]
    .spacing(skin.mm(9.0))
    .align_y(alignment::Vertical::Center);
    let mut tiles: Row<'_, Message> = row![].spacing(skin.mm(GAP));
    for (count, under, edge) in counts {
        let shown = count.map_or_else(|| words::UNKNOWN.to_owned(), |count| count.to_string());
        let tile = column![
            fitted(shown, FACT, skin.mm(17.0), ink).shrink(skin.mm(9.0)).leading(1.1).fill(),
            fitted(under, PLAIN, skin.mm(6.6), mixed(QUIET.fill, ink, 0.85)).shrink(skin.mm(4.6)).fill(),
        ];
        tiles = tiles.push(
            coated(tile, QUIET, edge, skin.mm(CORNER_MM))
                .padding([skin.mm(3.4), skin.mm(6.0)])
                .width(Length::Fill),
        );
    }
    let last = fitted(last.unwrap_or_default(), STRONG, skin.mm(8.0), ink).shrink(skin.mm(6.0)).fill();
    let body =
        column![head, space().height(Length::Fill), tiles, space().height(Length::FillPortion(2)), last];
    ground(body.into(), QUIET, skin)
}

fn ground<'a, Message: 'a>(body: Element<'a, Message>, coat: Coat, skin: Skin) -> Element<'a, Message> {
    coated(body, coat, coat.fill, skin.mm(CORNER_MM))
        .padding([skin.mm(7.0), skin.mm(9.6)])
        .width(Length::Fill)
        .height(Length::Fill)
        .into()
}

/// The words of an answer, as large as `size` lets them be.
fn said<'a, Message: Clone + 'a>(
    shown: &'a Shown,
    coat: Coat,
    shape: Shape,
    size: Size,
    look: Look<'a>,
    tell: fn(Touch) -> Message,
) -> Element<'a, Message> {
    let Look { skin, clock, waiting } = look;
    let Words { headline, line, sentence } = words::answer(&shown.verdict, clock);
    let sentence = match &shown.verdict.answer {
        Answer::Held(why) => words::held_with(*why, waiting, clock).unwrap_or(sentence),
        _ => sentence,
    };
    let split = shown.verdict.cake.as_deref().filter(|cake| cake.is_split());
    let buttons = buttons(shown, coat, skin, tell);
    let needed_mm = if split.is_some() { SPLIT_MM } else { WHOLE_MM }
        + if buttons.is_some() { TOUCH_MM + APART_MM } else { 0.0 };
    let fit = (skin.scale.in_mm(size.height) / needed_mm).clamp(0.45, 1.0);
    let mm = |at_full_size: f32| skin.mm(at_full_size * fit);
    let (number_mm, line_mm): (f32, f32) = if split.is_some() { (16.0, 13.0) } else { (33.0, 17.2) };
    let icon_px = mm(number_mm.clamp(21.0, 24.0)).min(size.width * 0.13);
    let mut big: Column<'_, Message> =
        column![fitted(headline, FACT, mm(number_mm), coat.ink).shrink(mm(9.0)).leading(1.04).fill()];
    if !line.is_empty() {
        big =
            big.push(fitted(line, FACT, mm(line_mm), coat.ink).lines(2).shrink(mm(9.0)).leading(1.1).fill());
    }
    let head = row![icon(shape, icon_px, coat.ink), big]
        .spacing(size.width * 0.05)
        .align_y(alignment::Vertical::Center);
    let mut body: Column<'_, Message> = column![head].spacing(mm(4.0)).width(Length::Fill);
    for fact in split.map(tells_apart).into_iter().flatten() {
        body =
            body.push(fitted(fact, FACT, mm(16.0), coat.ink).lines(2).shrink(mm(9.0)).leading(1.08).fill());
    }
    body = body.push(fitted(sentence, STRONG, mm(9.3), coat.ink).lines(2).shrink(mm(6.4)).fill());
    if let Some(truths) = words::truths(shown, clock) {
        body = body.push(fitted(truths, STRONG, mm(6.0), coat.ink).shrink(mm(4.0)).fill());
    } else if coat == REFUSED {
        let clear = mixed(coat.fill, coat.ink, 0.85);
        body = body.push(fitted(words::CLEAR, PLAIN, mm(6.0), clear).fill());
    }
    container(body.push(buttons)).center_y(Length::Fill).width(Length::Fill).into()
}

/// What tells a cake from its siblings: what it is, then flavour and writing.
fn tells_apart(cake: &Order) -> [String; 2] {
    let flavour = words::line(&cake.flavour);
    let writing = words::writing(cake).unwrap_or_else(|| words::NO_WRITING.to_owned());
    let inside = if flavour.is_empty() { writing } else { format!("{flavour} · {writing}") };
    [words::title(cake), inside]
}

/// The answers that a finger can give.
fn buttons<'a, Message: Clone + 'a>(
    shown: &'a Shown,
    coat: Coat,
    skin: Skin,
    tell: fn(Touch) -> Message,
) -> Option<Element<'a, Message>> {
    let inverse = Coat { fill: coat.ink, ink: coat.fill };
    let mut buttons: Row<'_, Message> = row![].spacing(skin.mm(APART_MM));
    let picks = words::picks(&shown.verdict.answer);
    for (label, nth) in picks.iter().zip(1..) {
        buttons = buttons.push(word(label, inverse, inverse.fill, skin, tell(Touch::Pick(nth))));
    }
    if let (Answer::Asks(question), Some(order)) = (&shown.verdict.answer, shown.verdict.order)
        && let Some(label) = words::confirm(question)
    {
        let button = word(label, inverse, inverse.fill, skin, tell(Touch::Act(order)));
        return Some(buttons.push(button).push(space().width(Length::Fill)).into());
    }
    (!picks.is_empty()).then(|| buttons.into())
}

/// The question which of several cakes is meant, each with what tells it apart as large as its number.
fn which<'a, Message: Clone + 'a>(
    words: Words,
    cakes: &'a [Arc<Order>],
    look: Look<'a>,
    tell: fn(Touch) -> Message,
) -> Element<'a, Message> {
    let skin = look.skin;
    let ink = CHOICE.ink;
    let head = row![
        icon(Shape::Question, skin.mm(17.0), ink),
        column![
            fitted(words.headline, FACT, skin.mm(16.0), ink).shrink(skin.mm(10.0)).leading(1.1).fill(),
            fitted(words.sentence, STRONG, skin.mm(8.4), ink).lines(2).shrink(skin.mm(6.4)).fill(),
        ],
    ]
    .spacing(skin.mm(8.0))
    .align_y(alignment::Vertical::Center);
    let cards = responsive(move |size| cards(cakes, size, look, tell));
    column![head, cards].spacing(skin.mm(6.0)).into()
}

fn cards<'a, Message: Clone + 'a>(
    cakes: &'a [Arc<Order>],
    size: Size,
    look: Look<'a>,
    tell: fn(Touch) -> Message,
) -> Element<'a, Message> {
    let skin = look.skin;
    let across = match cakes.len() {
        0..=2 if size.width < size.height => 1,
        0..=4 => 2,
        _ => 3,
    };
    let numbered: Vec<(u8, &Arc<Order>)> = (1..=PICKS_MAX).zip(cakes).collect();
    let mut lines: Column<'_, Message> = column![].spacing(skin.mm(APART_MM));
    for some in numbered.chunks(across) {
        let mut line: Row<'_, Message> = row![].spacing(skin.mm(APART_MM)).height(Length::Fill);
        for (nth, cake) in some {
            line = line.push(card(*nth, cake, across, look, tell(Touch::Pick(*nth))));
        }
        for _ in some.len()..across {
            line = line.push(space().width(Length::Fill));
        }
        lines = lines.push(line);
    }
    lines.height(Length::Fill).into()
}

fn card<'a, Message: Clone + 'a>(
    nth: u8,
    cake: &Order,
    across: usize,
    look: Look<'a>,
    on_press: Message,
) -> Element<'a, Message> {
    let skin = look.skin;
    let coat = CHOICE;
    let inner = Coat { fill: mixed(coat.fill, Color::BLACK, 0.3), ink: coat.ink };
    let big = if across > 2 { skin.mm(8.0) } else { skin.mm(11.0) };
    let [title, inside] = tells_apart(cake);
    let facts = column![
        fitted(cake.id.barcode(), FACT, big, inner.ink).shrink(skin.mm(6.0)).fill(),
        fitted(title, STRONG, big, inner.ink).lines(3).shrink(skin.mm(6.0)).leading(1.15).fill(),
        fitted(inside, STRONG, big, inner.ink).lines(3).shrink(skin.mm(6.0)).leading(1.15).fill(),
        fitted(words::standing(cake, look.clock), PLAIN, skin.mm(6.4), inner.ink).lines(2).fill(),
    ]
    .spacing(skin.mm(2.0));
    let body = row![fitted(nth.to_string(), FACT, big * 1.15, inner.ink), facts].spacing(skin.mm(4.0));
    pressable(body, inner, mixed(coat.fill, coat.ink, 0.6), skin.mm(CORNER_MM), on_press)
        .padding([skin.mm(4.0), skin.mm(5.0)])
        .width(Length::Fill)
        .height(Length::Fill)
        .into()
}

/// Whether the answer stays on screen as long as its question is open.
pub fn is_question(shown: &Shown) -> bool {
    matches!(shown.verdict.answer.kind(), Some(Kind::Choice | Kind::Unconfirmed))
}

const GAP: f32 = super::press::GAP_MM;

/// Height of an answer at its full size: number, two lines, sentence of two lines, truths, gaps.
const WHOLE_MM: f32 = 114.0;

/// The same for a split cake: number, line, four lines of facts, sentence, truths, gaps.
const SPLIT_MM: f32 = 138.0;

/// `%PICK:1` … `%PICK:9`.
const PICKS_MAX: u8 = 9;
