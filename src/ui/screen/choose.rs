//! Who has a cake, or where it is kept: one touch of what there is to choose.

use iced::widget::{Column, Row, column, row, space};
use iced::{Element, Length, Size, alignment};

use super::Action;
use super::station::Scene;
use crate::order::{Detail, OrderId};
use crate::station::Touch;
use crate::ui::theme::{Coat, FACT, PLAIN};
use crate::ui::widget::fitted::fitted;
use crate::ui::widget::press;
use crate::words;

/// The choice of one detail of one cake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choose {
    /// Of which cake.
    pub order: OrderId,
    /// Which detail.
    pub what: What,
}

/// What is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Who has the cake.
    Assignee,
    /// Where it is kept.
    Storage,
}

/// What happened on the screen.
#[derive(Clone, Debug)]
pub enum Message {
    /// One was chosen.
    Chosen(Detail),
    /// The way back was pressed.
    Back,
}

/// Takes a message.
pub fn update(choose: Choose, message: Message) -> Action {
    match message {
        Message::Chosen(detail) => Action::TellAndReturn(Touch::Set(choose.order, detail)),
        Message::Back => Action::Return,
    }
}

/// The choices in `size` pixels.
pub fn page(scene: Scene<'_>, choose: Choose, size: Size) -> Element<'_, Message> {
    let Scene { skin, .. } = scene;
    let palette = skin.palette;
    let quiet = Coat { fill: palette.raised, ink: palette.text };
    let apart = skin.mm(press::APART_MM);
    let choices = choices(scene, choose);
    let body: Element<'_, Message> = match choices {
        None => fitted(words::NO_CHOICES, PLAIN, skin.mm(8.0), palette.muted).lines(3).fill().into(),
        Some(choices) => {
            let across = ((skin.scale.in_mm(size.width) / WIDE_MM) as usize).max(1);
            let mut lines: Column<'_, Message> = column![].spacing(apart);
            for some in choices.chunks(across) {
                let mut line: Row<'_, Message> = row![].spacing(apart);
                for (name, detail) in some {
                    let on_press = Message::Chosen(detail.clone());
                    line = line.push(press::counted(name.clone(), None, quiet, palette.line, skin, on_press));
                }
                for _ in some.len()..across {
                    line = line.push(space().width(Length::Fill));
                }
                lines = lines.push(line);
            }
            press::tall(lines, skin).into()
        }
    };
    let title = row![
        fitted(choose.order.barcode(), FACT, skin.mm(12.0), palette.text),
        fitted(words::choose(choose.what == What::Assignee), FACT, skin.mm(8.0), palette.text).fill(),
    ]
    .spacing(skin.mm(5.0))
    .align_y(alignment::Vertical::Center);
    let back = press::word(words::BACK, quiet, palette.line, skin, Message::Back);
    let parts = column![title, iced::widget::container(body).height(Length::Fill), back].spacing(apart);
    press::panel(parts, skin).padding(skin.mm(5.0)).width(Length::Fill).height(Length::Fill).into()
}

/// What can be chosen, nobody or nowhere first; none where the backend does not tell.
fn choices(scene: Scene<'_>, choose: Choose) -> Option<Vec<(String, Detail)>> {
    let choices = scene.view.choices.get(&choose.order.store)?;
    let some: Vec<(String, Detail)> = match choose.what {
        What::Assignee => {
            let staff = choices.staff.as_ref()?.iter();
            staff.map(|one| (words::line(&one.name), Detail::Assignee(Some(one.clone())))).collect()
        }
        What::Storage => {
            let places = choices.places.as_ref()?.iter();
            places.map(|place| (words::line(place), Detail::Storage(Some(place.clone())))).collect()
        }
    };
    let none = match choose.what {
        What::Assignee => (words::NOBODY.to_owned(), Detail::Assignee(None)),
        What::Storage => (words::NOWHERE.to_owned(), Detail::Storage(None)),
    };
    Some(std::iter::once(none).chain(some).collect())
}

/// Width of a choice with its distance: a first name and a family name.
const WIDE_MM: f32 = 78.0;
