//! The labels of today, the newest first: where each came out, or why it did not. One that is touched shows its cake, where it can
//! be printed again.

use iced::widget::{Column, column, container, row};
use iced::{Element, Length, alignment};

use super::Action;
use super::station::Scene;
use crate::order::OrderId;
use crate::station::{Job, QueueView};
use crate::ui::theme::{Coat, FACT, NOT_HERE, PLAIN, REFUSED, STRONG};
use crate::ui::widget::fitted::fitted;
use crate::ui::widget::press;
use crate::words::{self, Mood};

/// What happened on the screen.
#[derive(Clone, Copy, Debug)]
pub enum Message {
    /// The way back was pressed.
    Back,
    /// A label was pressed.
    Opened(OrderId),
}

/// Takes a message.
pub fn update(message: Message, queue: &QueueView) -> Action {
    match message {
        Message::Back => Action::Return,
        Message::Opened(id) => {
            let known = queue.stages.iter().flat_map(|rows| rows.iter()).find(|order| order.id == id);
            known.map_or(Action::OpenById(id), |order| Action::Open(order.clone()))
        }
    }
}

/// The list.
pub fn page(scene: Scene<'_>) -> Element<'_, Message> {
    let Scene { view, skin, clock, .. } = scene;
    let palette = skin.palette;
    let today = clock.today();
    let jobs: Vec<_> = view.spool.iter().rev().filter(|job| clock.day_of(job.queued_at) == today).collect();
    let title = format!("{} · {}", words::LABELS_TODAY, jobs.len());
    let body: Element<'_, Message> = if jobs.is_empty() {
        let said = fitted(words::NO_LABELS_TODAY, PLAIN, skin.mm(8.0), palette.muted).centred();
        container(said).center_y(Length::Fill).into()
    } else {
        let rows: Column<'_, Message> =
            jobs.into_iter().map(|job| label(job, scene)).fold(column![], Column::push);
        press::tall(rows.spacing(skin.mm(press::APART_MM)), skin).into()
    };
    let quiet = Coat { fill: palette.raised, ink: palette.text };
    let back = press::word(words::BACK, quiet, palette.line, skin, Message::Back);
    press::page(title, body, back, skin)
}

fn label<'a>(job: &Job, scene: Scene<'a>) -> Element<'a, Message> {
    let Scene { view, skin, clock, .. } = scene;
    let palette = skin.palette;
    let printer = view.printers.get(job.printer).map(|printer| &*printer.name);
    let (said, mood) = words::label_stands(job, printer);
    let coat = Coat { fill: palette.background, ink: palette.text };
    let said: Element<'_, Message> = match mood {
        Mood::Well | Mood::Unknown => fitted(said, STRONG, skin.mm(6.4), palette.muted).into(),
        Mood::Warned => press::badge(said, NOT_HERE, skin.mm(6.0), skin),
        Mood::Faulty => press::badge(said, REFUSED, skin.mm(6.0), skin),
    };
    let cake = column![
        fitted(words::label_of(job), FACT, skin.mm(8.0), palette.text),
        fitted(words::label_asked(job, clock), PLAIN, skin.mm(5.4), palette.muted),
    ];
    let inside = row![cake.width(Length::Fill), said]
        .spacing(skin.mm(4.0))
        .align_y(alignment::Vertical::Center)
        .padding([skin.mm(2.0), skin.mm(4.6)]);
    press::pressable(inside, coat, palette.line, skin.mm(press::CORNER_MM), Message::Opened(job.order))
        .width(Length::Fill)
        .into()
}
