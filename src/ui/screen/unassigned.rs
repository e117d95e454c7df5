//! The cakes that nobody has: four cards a store, one for each stage.

use iced::widget::{Column, Row, column, container, row};
use iced::{Element, Length, alignment};

use super::Action;
use super::stages::Filter;
use super::station::Scene;
use crate::order::{Stage, Store};
use crate::ui::Tally;
use crate::ui::theme::{Coat, FACT, PLAIN, STRONG};
use crate::ui::widget::fitted::fitted;
use crate::ui::widget::press;
use crate::words;

/// What happened on the screen.
#[derive(Clone, Copy, Debug)]
pub enum Message {
    /// A card was pressed.
    Opened(Store, Stage),
    /// The way back was pressed.
    Back,
}

/// Takes a message.
pub fn update(message: Message) -> Action {
    match message {
        Message::Opened(store, stage) => {
            Action::OpenStages(Filter { stage: Some(stage), store: Some(store), is_unassigned: true })
        }
        Message::Back => Action::Return,
    }
}

/// The cards.
pub fn page<'a>(scene: Scene<'a>, tally: &Tally) -> Element<'a, Message> {
    let Scene { view, look, skin, clock, .. } = scene;
    let palette = skin.palette;
    let title = row![
        fitted(words::UNASSIGNED, FACT, skin.mm(8.0), palette.text),
        fitted(words::unassigned_age(view.queue.read_at, clock), PLAIN, skin.mm(5.4), palette.muted).fill(),
    ]
    .spacing(skin.mm(4.0))
    .align_y(alignment::Vertical::Center);
    let mut shops: Column<'a, Message> = column![].spacing(skin.mm(press::GAP_MM)).height(Length::Fill);
    for &store in &look.stores {
        let mut cards: Row<'a, Message> = row![].spacing(skin.mm(press::APART_MM)).height(Length::Fill);
        for (place, stage) in Stage::WORKED.into_iter().enumerate() {
            let count = view.queue.read_at.map(|_| tally.unassigned(store, place));
            cards = cards.push(card(scene, store, stage, count));
        }
        shops = shops.push(fitted(store.name(), STRONG, skin.mm(6.4), palette.muted)).push(cards);
    }
    let quiet = Coat { fill: palette.raised, ink: palette.text };
    let back = press::word(words::BACK, quiet, palette.line, skin, Message::Back);
    let shops = container(shops).padding(iced::padding::bottom(skin.mm(press::APART_MM - 4.0)));
    let parts = column![title, shops, back].spacing(skin.mm(4.0));
    press::panel(parts, skin).padding(skin.mm(5.0)).width(Length::Fill).height(Length::Fill).into()
}

fn card(scene: Scene<'_>, store: Store, stage: Stage, count: Option<usize>) -> Element<'_, Message> {
    let skin = scene.skin;
    let palette = skin.palette;
    let shown = count.map_or_else(|| words::UNKNOWN.to_owned(), |count| count.to_string());
    let ink = if count.unwrap_or(0) > 0 { palette.text } else { palette.muted };
    let said = column![
        fitted(stage.name(), STRONG, skin.mm(6.4), palette.text).shrink(skin.mm(4.4)).centred(),
        fitted(shown, FACT, skin.mm(14.0), ink).shrink(skin.mm(8.0)).leading(1.1).centred(),
    ];
    let coat = Coat { fill: palette.background, ink: palette.text };
    let said = container(said).center_y(Length::Fill).width(Length::Fill);
    press::pressable(said, coat, palette.line, skin.mm(press::CORNER_MM), Message::Opened(store, stage))
        .padding([0.0, skin.mm(2.0)])
        .width(Length::Fill)
        .height(Length::Fill)
        .into()
}
