//! The station: verdict, current cake, this stage's queue.

use std::sync::Arc;

use iced::widget::{column, container, row, space};
use iced::{Background, Element, Length, Theme, alignment};

use super::{Action, troubles};
use crate::order::Order;
use crate::station::{Answer, Question, Shown, Touch, View};
use crate::ui::theme::{Coat, FACT, NOT_HERE, PLAIN, QUIET, REFUSED, STRONG, Skin, coat};
use crate::ui::widget::fitted::fitted;
use crate::ui::widget::queue::{self, Rows};
use crate::ui::widget::{cake, chip, press, verdict};
use crate::ui::{Look, Tally};
use crate::words::{self, Clock};

/// What happened on the screen.
#[derive(Clone, Debug)]
pub enum Message {
    /// A finger did something that the station must know.
    Touched(Touch),
    /// A row was pressed, or the current cake.
    Pressed(Arc<Order>),
    /// The list was scrolled, in pixels from its top.
    Scrolled(f32),
    /// The button of Attention was pressed.
    Attention,
    /// The chips were pressed while something is wrong.
    Troubled,
}

/// Takes a message; the list's place is the only state.
pub fn update(rows: &mut Rows, message: Message) -> Action {
    match message {
        Message::Touched(touch) => Action::Tell(touch),
        Message::Pressed(order) => Action::Open(order),
        Message::Attention => Action::OpenAttention,
        Message::Troubled => Action::OpenTroubles,
        Message::Scrolled(offset_px) => {
            rows.scrolled(offset_px);
            Action::None
        }
    }
}

/// All that the station's parts are drawn from.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The station's state.
    pub view: &'a View,
    /// Who and where the station is.
    pub look: &'a Look,
    /// Colours and millimetres.
    pub skin: Skin,
    /// The shop's time.
    pub clock: &'a Clock,
}

/// Stage, shops, name, chips and the time.
pub fn header(scene: Scene<'_>, width_mm: f32) -> Element<'_, Message> {
    let Scene { view, look, skin, clock } = scene;
    let palette = skin.palette;
    let who = row![
        fitted(words::post(look.post), FACT, skin.mm(7.4), palette.text),
        fitted(words::stores(&look.stores), PLAIN, skin.mm(5.6), palette.muted),
        chip::name(&look.station, skin),
    ]
    .spacing(skin.mm(4.4))
    .align_y(alignment::Vertical::Center);
    let time = fitted(words::hour(clock.now, clock), STRONG, skin.mm(6.2), palette.text);
    let chips = chip::all(view, clock);
    let who_mm =
        WHO_LETTER_MM * (look.station.chars().count() + words::stores(&look.stores).len()) as f32 + 60.0;
    let chips_mm: f32 =
        chips.iter().map(|said| said.text.chars().count() as f32 * CHIP_LETTER_MM + 13.0).sum();
    let chips = chips.into_iter().map(|said| chip::chip(said, skin));
    let chips = row(chips).spacing(skin.mm(3.0)).align_y(alignment::Vertical::Center);
    let edge = [0.0, skin.mm(1.0)];
    if who_mm + chips_mm > width_mm {
        let first = row![who, space().width(Length::Fill), time].align_y(alignment::Vertical::Center);
        let chips = pressed(chips.wrap(), scene);
        container(column![first, chips].spacing(skin.mm(2.6))).padding(edge).into()
    } else {
        let line = row![who, space().width(Length::Fill), pressed(chips, scene), time];
        container(line.spacing(skin.mm(4.4)).align_y(alignment::Vertical::Center)).padding(edge).into()
    }
}

/// The chips as one thing to press while there is something to tell.
fn pressed<'a>(chips: impl Into<Element<'a, Message>>, scene: Scene<'a>) -> Element<'a, Message> {
    if troubles::told(scene.view).is_empty() {
        return chips.into();
    }
    press::bare(container(chips).padding([scene.skin.mm(CHIP_APART_MM), 0.0]), Message::Troubled)
}

/// The answer with its cake, or that the station is ready.
pub fn answer(scene: Scene<'_>, tally: Tally) -> Element<'_, Message> {
    let Scene { view, skin, clock, .. } = scene;
    let Some(shown) = &view.shown else {
        let is_read = view.queue.read_at.is_some();
        let count = |count: usize| is_read.then_some(count);
        let quiet = press::mixed(QUIET.fill, QUIET.ink, 0.3);
        let (today, overdue) = (tally.due_today > 0, tally.overdue > 0);
        let counts = [
            (count(view.queue.rows.len()), words::WAITING_HERE, quiet),
            (count(tally.due_today), words::DUE_TODAY, if today { NOT_HERE.fill } else { quiet }),
            (count(tally.overdue), words::OVERDUE, if overdue { OVERDUE_EDGE } else { quiet }),
        ];
        let last = view.last.as_deref().and_then(|last| words::last(last, clock));
        return verdict::ready(counts, last, skin);
    };
    let look = verdict::Look { skin, clock, waiting: &view.waiting };
    let said = verdict::verdict(shown, look, Message::Touched);
    match current(shown) {
        Some(order) => {
            let panel = cake::current(order, skin, clock);
            let panel = press::bare(panel, Message::Pressed(Arc::clone(order)));
            column![said, panel].spacing(skin.mm(press::APART_MM)).into()
        }
        None => said,
    }
}

/// This stage's queue with its age, and what lies under it.
pub fn queue<'a>(scene: Scene<'a>, rows: &'a Rows) -> Element<'a, Message> {
    let Scene { view, look, skin, clock } = scene;
    let palette = skin.palette;
    let is_read = view.queue.read_at.is_some();
    let title = if is_read {
        format!("{} · {}", words::post(look.post), view.queue.rows.len())
    } else {
        words::post(look.post).to_owned()
    };
    let title = row![
        fitted(title, FACT, skin.mm(6.4), palette.text),
        fitted(words::age(view.queue.read_at, clock), PLAIN, skin.mm(5.4), palette.muted).fill(),
    ]
    .spacing(skin.mm(3.0))
    .align_y(alignment::Vertical::Center)
    .padding([skin.mm(3.4), skin.mm(4.0)]);
    let rule = container(space()).width(Length::Fill).height(1).style(move |_: &Theme| container::Style {
        background: Some(Background::Color(palette.line)),
        ..container::Style::default()
    });
    let outlined = view.shown.as_ref().and_then(|shown| {
        let (coat, _) = coat(&shown.verdict.answer);
        Some((shown.verdict.order?, press::mixed(coat.fill, palette.text, 0.15)))
    });
    let names_stage = look.post == crate::order::Post::Any;
    let list = if rows.is_empty() {
        let said = if is_read { words::QUEUE_EMPTY } else { words::QUEUE_UNREAD };
        let said = fitted(said, PLAIN, skin.mm(6.4), palette.muted).lines(2).centred();
        container(said).padding(skin.mm(4.0)).center_y(Length::Fill).into()
    } else {
        queue::list(
            rows,
            queue::Look { skin, clock, outlined, names_stage },
            Message::Pressed,
            Message::Scrolled,
        )
    };
    press::panel(column![title, rule, list], skin).padding(1).height(Length::Fill).width(Length::Fill).into()
}

/// The button of Attention, loud when somebody is needed.
pub fn attention(scene: Scene<'_>) -> Element<'_, Message> {
    let Scene { view, skin, .. } = scene;
    let palette = skin.palette;
    let count = view.attention.len();
    let (coat, edge, count_coat) = match count {
        0 => {
            let quiet = Coat { fill: palette.panel, ink: palette.text };
            (quiet, palette.line, Coat { fill: palette.raised, ink: palette.text })
        }
        _ => (REFUSED, REFUSED.fill, Coat { fill: REFUSED.ink, ink: REFUSED.fill }),
    };
    press::counted(words::ATTENTION, Some((count, count_coat)), coat, edge, skin, Message::Attention)
}

/// The cake that the answer is about, unless the answer shows it whole.
fn current(shown: &Shown) -> Option<&Arc<Order>> {
    match &shown.verdict.answer {
        Answer::Asks(Question::Which(_)) => None,
        _ => shown.verdict.cake.as_ref(),
    }
}

/// Above and below a chip of 9 mm: together they are what a gloved finger hits.
const CHIP_APART_MM: f32 = 5.6;

/// Width of a letter of a chip.
const CHIP_LETTER_MM: f32 = 2.8;

/// Width of a letter of the station's and the shops' names.
const WHO_LETTER_MM: f32 = 3.0;

/// The overdue red as an edge: the filled badge's red is too dark for a thin line.
const OVERDUE_EDGE: iced::Color = iced::color!(0xE5_48_4D);
