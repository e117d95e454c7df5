//! The verdict: colour, shape and a few huge words, and the answers of a question.

use iced::widget::{Column, Row, column, container, mouse_area, responsive, row, space};
use iced::{Color, Element, Length, Size, alignment};

use super::fitted::fitted;
use super::icon::icon;
use super::press::{APART_MM, CORNER_MM, TOUCH_MM, badge, coated, counted, mixed, pressable, word};
use super::which;
use crate::order::Order;
use crate::station::{Answer, Kind, Question, Shown, Touch, Waiting};
use crate::ui::theme::{CHOICE, Coat, FACT, NOT_HERE, PLAIN, QUIET, REFUSED, STRONG, Shape, Skin, coat};
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
        return ground(
            which::which(words::answer(&shown.verdict, look.clock), cakes, look, tell),
            coat,
            look.skin,
        );
    }
    let body = responsive(move |size| said(shown, coat, shape, size, look, tell));
    let panel = ground(body.into(), coat, look.skin);
    if coat == CHOICE { panel } else { mouse_area(panel).on_press(tell(Touch::Dismiss)).into() }
}

/// What stands in place of a verdict when nothing was scanned lately.
pub fn ready<'a, Message: Clone + 'a>(
    counts: [(Option<usize>, &'a str, Color, Message); 3],
    last: Option<String>,
    skin: Skin,
) -> Element<'a, Message> {
    let body = responsive(move |size| {
        let fit = (skin.scale.in_mm(size.width) / READY_MM).min(1.0);
        let mm = |at_full_size: f32| skin.mm(at_full_size * fit);
        let ink = QUIET.ink;
        let head = row![
            icon(Shape::Barcode, mm(22.0), ink),
            fitted(words::READY, FACT, mm(23.6), ink).shrink(mm(9.0)).leading(1.05).fill(),
        ]
        .spacing(mm(9.0))
        .align_y(alignment::Vertical::Center);
        let mut tiles: Row<'_, Message> = row![].spacing(skin.mm(APART_MM));
        for (count, under, edge, on_press) in counts.clone() {
            let shown = count.map_or_else(|| words::UNKNOWN.to_owned(), |count| count.to_string());
            let tile = column![
                fitted(shown, FACT, mm(22.0), ink).shrink(mm(9.0)).leading(1.1).fill(),
                fitted(under, PLAIN, mm(7.4), mixed(QUIET.fill, ink, 0.85)).shrink(mm(5.0)).fill(),
            ];
            let tile = pressable(tile, QUIET, edge, skin.mm(CORNER_MM), on_press).padding([mm(3.4), mm(5.0)]);
            tiles = tiles.push(tile.width(Length::Fill).height(mm(42.0)));
        }
        let said = fitted(last.clone().unwrap_or_default(), STRONG, skin.mm(8.0), ink);
        let said = said.shrink(skin.mm(6.0)).fill();
        column![head, space().height(Length::Fill), tiles, space().height(Length::FillPortion(2)), said]
            .into()
    });
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
    let widest_mm: f32 = if split.is_some() { FAR_MM } else { 33.0 };
    let line_mm = FAR_MM;
    let width_mm = skin.scale.in_mm(size.width);
    let rows = |text: &str, size_mm: f32, width_mm: f32| {
        (text.chars().count() as f32 * size_mm * LETTER / width_mm).ceil().clamp(0.0, 2.0) * size_mm * 1.2
    };
    let words_mm = rows(&line, line_mm, width_mm * 0.8)
        + rows(&sentence, 9.3, width_mm)
        + split.map(tells_apart).iter().flatten().map(|fact| rows(fact, FAR_MM, width_mm) + 4.0).sum::<f32>()
        + if shown.lacks.is_none() { 0.0 } else { 13.0 }
        + if shown.label_at.is_none() { 0.0 } else { 13.0 }
        + if shown.expected.is_none() { 0.0 } else { 15.0 }
        + 18.0;
    let buttons_mm = if buttons.is_some() { TOUCH_MM + 7.0 } else { 0.0 };
    let room_mm = skin.scale.in_mm(size.height) - buttons_mm;
    // Where room is short the number gives way before the words do.
    let number_mm = ((room_mm - words_mm) / 1.1).clamp(widest_mm.min(20.0), widest_mm);
    let fit = (room_mm / (number_mm * 1.1 + words_mm)).clamp(0.4, 1.2);
    let mm = |at_full_size: f32| skin.mm(at_full_size * fit);
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
            body.push(fitted(fact, FACT, mm(FAR_MM), coat.ink).lines(2).shrink(mm(9.0)).leading(1.08).fill());
    }
    body =
        body.push(fitted(words::glued(&sentence), STRONG, mm(9.3), coat.ink).lines(2).shrink(mm(6.4)).fill());
    if let Some(printer) = &shown.label_at {
        body = body.push(badge(words::label_at(printer), NOT_HERE, mm(6.4), skin));
    }
    if let Some(order) = shown.expected {
        body = body.push(badge(words::label_expected(order), NOT_HERE, mm(8.0), skin));
    }
    if let Some(text) = words::label_lacks(shown.lacks) {
        body = body.push(badge(text, NOT_HERE, mm(6.4), skin));
    }
    if let Some(truths) = words::truths(shown, clock) {
        body = body.push(fitted(truths, STRONG, mm(6.0), coat.ink).shrink(mm(4.0)).fill());
    } else if coat == REFUSED {
        let clear = mixed(coat.fill, coat.ink, 0.85);
        body = body.push(fitted(words::CLEAR, PLAIN, mm(6.0), clear).fill());
    }
    if let Some(buttons) = buttons {
        body = body.push(container(buttons).padding(iced::padding::top(skin.mm(3.0))));
    }
    container(body).center_y(Length::Fill).width(Length::Fill).into()
}

/// What tells a cake from its siblings: what it is, then flavour and writing.
pub(super) fn tells_apart(cake: &Order) -> [String; 2] {
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
        let numbered = format!("{nth}  {label}");
        buttons = buttons.push(counted(numbered, None, inverse, inverse.fill, skin, tell(Touch::Pick(nth))));
    }
    // Whoever holds another label than the fresh one looks for it first.
    if let (Answer::Asks(question), Some(order), None) =
        (&shown.verdict.answer, shown.verdict.order, shown.expected)
        && let Some(label) = words::confirm(question)
    {
        let button = word(label, inverse, inverse.fill, skin, tell(Touch::Act(order)));
        return Some(buttons.push(button).push(space().width(Length::Fill)).into());
    }
    (!picks.is_empty()).then(|| buttons.into())
}

/// Whether the answer stays on screen as long as its question is open.
pub fn is_question(shown: &Shown) -> bool {
    matches!(shown.verdict.answer.kind(), Some(Kind::Choice | Kind::Unconfirmed))
}

/// Height of what is read at 3 m (`workflow.md` 8).
const FAR_MM: f32 = 18.0;

/// Width that the ready state is drawn for.
const READY_MM: f32 = 172.0;

/// Width of a letter of Inter in running text, in sizes of the text.
const LETTER: f32 = 0.58;
