//! The station: verdict, current cake, this stage's queue.

use std::sync::Arc;

use iced::widget::{column, container, row, space};
use iced::{Background, Element, Length, Theme, alignment};

use super::Action;
use crate::order::Order;
use crate::station::{Answer, Question, Shown, Touch, View};
use crate::ui::album::Photo;
use crate::ui::theme::{FACT, NOT_HERE, PLAIN, QUIET, Skin, coat};
use crate::ui::widget::fitted::fitted;
use crate::ui::widget::queue::{self, Rows};
use crate::ui::widget::{cake, press, verdict};
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
    /// The list is to go there, in pixels from its top.
    Jumped(f32),
}

/// Takes a message; the list's place is the only state.
pub fn update(rows: &mut Rows, message: Message) -> Action {
    match message {
        Message::Touched(touch) => Action::Tell(touch),
        Message::Pressed(order) => Action::Open(order),
        Message::Jumped(offset_px) => {
            rows.scrolled(offset_px);
            Action::ScrollTo(offset_px)
        }
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
    /// The picture of the cake that it is about.
    pub photo: Option<&'a Photo>,
}

/// The answer with its cake, or that the station is ready.
pub fn answer<'a>(scene: Scene<'a>, tally: &Tally) -> Element<'a, Message> {
    let Scene { view, skin, clock, photo, .. } = scene;
    let Some(shown) = &view.shown else {
        let is_read = view.queue.read_at.is_some();
        let count = |count: usize| is_read.then_some(count);
        let quiet = press::mixed(QUIET.fill, QUIET.ink, 0.3);
        let (today, overdue) = (tally.due_today > 0, tally.overdue > 0);
        let today_px = tally.today_at as f32 * skin.mm(queue::ROW_MM).round();
        let counts = [
            (count(view.queue.rows.len()), words::WAITING_HERE, quiet, Message::Jumped(0.0)),
            (
                count(tally.due_today),
                words::DUE_TODAY,
                if today { NOT_HERE.fill } else { quiet },
                Message::Jumped(today_px),
            ),
            (
                count(tally.overdue),
                words::OVERDUE,
                if overdue { OVERDUE_EDGE } else { quiet },
                Message::Jumped(0.0),
            ),
        ];
        let last = view.last.as_deref().and_then(|last| words::last(last, clock));
        return verdict::ready(counts, last, skin);
    };
    let look = verdict::Look { skin, clock, waiting: &view.waiting };
    let said = verdict::verdict(shown, look, Message::Touched);
    match current(shown) {
        Some(order) => {
            let panel = cake::current(order, photo, skin, clock);
            let panel = press::bare(panel, Message::Pressed(Arc::clone(order)));
            column![said, panel].spacing(skin.mm(press::APART_MM)).into()
        }
        None => said,
    }
}

/// This stage's queue with its age, and what lies under it.
pub fn queue<'a>(scene: Scene<'a>, rows: &'a Rows) -> Element<'a, Message> {
    let Scene { view, look, skin, clock, .. } = scene;
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

/// The cake that the answer is about, unless the answer shows it whole.
pub fn current(shown: &Shown) -> Option<&Arc<Order>> {
    match &shown.verdict.answer {
        Answer::Asks(Question::Which(_)) => None,
        _ => shown.verdict.cake.as_ref(),
    }
}

/// The overdue red as an edge: the filled badge's red is too dark for a thin line.
const OVERDUE_EDGE: iced::Color = iced::color!(0xE5_48_4D);
