//! Where everything stands on the screen.

use iced::widget::{Column, Row, column, container, responsive, row, stack};
use iced::{Element, Length, Size};

use super::{App, Message, Screen};
use crate::ui::screen::station::Scene;
use crate::ui::screen::{attention, choose, labels, order, search, stages, station, troubles, unassigned};
use crate::ui::theme::{REFUSED, STRONG, Skin};
use crate::ui::widget::bar::{self, Place};
use crate::ui::widget::fitted::fitted;
use crate::ui::widget::{header, press};
use crate::ui::{Scale, demo};
use crate::words;

impl App {
    pub(super) fn layout(&self, size: Size) -> Element<'_, Message> {
        let panel = self.panel.as_ref().map(|(panel, _)| panel);
        let open = panel.filter(|panel| panel.is_open());
        // The demo's panel stands beside a whole station: both shrink, neither is squeezed.
        let beside_mm = if open.is_some() { demo::WIDTH_MM + press::GAP_MM } else { 0.0 };
        let scale = Scale::new(size.width, self.look.width_mm + beside_mm);
        let skin = Skin { palette: self.look.theme.palette(), scale };
        let photo = self.cake().and_then(|cake| self.album.of(cake));
        let scene = Scene { view: &self.view, look: &self.look, skin, clock: &self.clock, photo };
        let edges_mm = 2.0 * press::GAP_MM;
        let inner = Size::new(size.width - skin.mm(beside_mm + edges_mm), size.height - skin.mm(FOOT_MM));
        let mut parts = row![self.station(scene, inner)].spacing(skin.mm(press::GAP_MM));
        if let Some(open) = open {
            let panel = container(open.view(&self.view, skin).map(Message::Demo));
            parts = parts.push(panel.padding(iced::padding::top(skin.mm(press::GAP_MM))));
        }
        let foot = iced::padding::horizontal(skin.mm(press::GAP_MM)).bottom(skin.mm(FOOT_MM));
        // The window has the background: painted here it would be painted again, all of it, for every part that changes.
        let ground = container(parts).padding(foot).width(Length::Fill).height(Length::Fill);
        match self.busy_since {
            None => ground.into(),
            Some(_) => stack![ground, busy(skin)].into(),
        }
    }

    /// The header, what shows, and the bar where there is room for it.
    fn station<'a>(&'a self, scene: Scene<'a>, inner: Size) -> Element<'a, Message> {
        let Scene { skin, look, clock, view, .. } = scene;
        let (width_mm, height_mm) = (skin.scale.in_mm(inner.width), skin.scale.in_mm(inner.height));
        let header = header::header(view, look, skin, clock, width_mm, Message::Troubled);
        let body_mm = height_mm - header::height_mm(width_mm);
        let shape = if height_mm > width_mm {
            Shape::Upright
        } else if body_mm < LOW_MM {
            Shape::Low
        } else {
            Shape::Wide
        };
        let mut parts = column![header, self.body(scene, shape, width_mm)].width(Length::Fill);
        // A list with its choices or keys needs a low screen whole; its way back stands beside them.
        let is_whole = matches!(&self.screen, Screen::Search(_) | Screen::Stages(_)) && body_mm < LIST_LOW_MM;
        if shape != Shape::Low && !is_whole {
            let bar = self.bar(skin, width_mm, usize::MAX);
            parts = parts.push(container(bar).padding(iced::padding::top(skin.mm(press::APART_MM))));
        }
        parts.into()
    }

    /// The bar in `width_mm`, so many entries in a row.
    fn bar(&self, skin: Skin, width_mm: f32, across: usize) -> Element<'_, Message> {
        let here = match &self.screen {
            Screen::Search(_) => Some(Place::Search),
            Screen::Stages(stages) if stages.filter().is_unassigned => Some(Place::Unassigned),
            Screen::Stages(_) => Some(Place::Stages),
            Screen::Unassigned => Some(Place::Unassigned),
            Screen::Attention(_) => Some(Place::Attention),
            Screen::Station | Screen::Order(_) | Screen::Choose(_) | Screen::Troubles | Screen::Labels => {
                None
            }
        };
        let panel = self.panel.as_ref().map(|(panel, _)| panel);
        let count = Place::COUNT + usize::from(panel.is_some());
        let wide_mm = width_mm / count.min(across) as f32 - press::APART_MM;
        let unassigned = self.tally.unassigned_all();
        let mut entries = bar::entries(&self.view, unassigned, here, wide_mm, skin, Message::Went);
        entries.extend(panel.map(|panel| panel.toggle(skin).map(Message::Demo)));
        let apart = skin.mm(press::APART_MM);
        let mut rows = Column::new().spacing(apart);
        let mut entries = entries.into_iter().peekable();
        while entries.peek().is_some() {
            let some = entries.by_ref().take(across);
            rows = rows.push(some.fold(Row::new().spacing(apart), Row::push));
        }
        rows.into()
    }

    fn body<'a>(&'a self, scene: Scene<'a>, shape: Shape, width_mm: f32) -> Element<'a, Message> {
        let main = match &self.screen {
            Screen::Station => station::answer(scene, &self.tally).map(Message::Station),
            Screen::Attention(page) => attention::page(scene, page).map(Message::Attention),
            Screen::Troubles => troubles::page(scene).map(Message::Troubles),
            Screen::Labels => labels::page(scene).map(Message::Labels),
            Screen::Order(page) => {
                return responsive(move |size| order::page(scene, page, size).map(Message::Order)).into();
            }
            Screen::Choose(choice) => {
                let choice = *choice;
                return responsive(move |size| choose::page(scene, choice, size).map(Message::Choose)).into();
            }
            Screen::Search(search) => {
                return responsive(move |size| search::page(scene, search, size).map(Message::Search)).into();
            }
            Screen::Stages(stages) => {
                return responsive(move |size| stages::page(scene, stages, size).map(Message::Stages)).into();
            }
            Screen::Unassigned => return unassigned::page(scene, &self.tally).map(Message::Unassigned),
        };
        let queue = station::queue(scene, &self.rows).map(Message::Station);
        let gap = scene.skin.mm(press::APART_MM);
        let main = container(main);
        if shape == Shape::Upright {
            let parts = column![
                main.height(Length::FillPortion(11)),
                container(queue).height(Length::FillPortion(9))
            ];
            return parts.spacing(gap).height(Length::Fill).into();
        }
        let mut side = column![queue].spacing(gap).width(Length::FillPortion(21));
        if shape == Shape::Low {
            // The answer keeps the height; what leads elsewhere takes from the queue.
            side = side.push(self.bar(scene.skin, width_mm * 0.42, 2));
        }
        row![main.width(Length::FillPortion(29)), side].spacing(gap).height(Length::Fill).into()
    }
}

/// How the screen is divided.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Answer and queue side by side, the bar below both.
    Wide,
    /// The same, the bar below the queue only: an answer is read from 3 m even on a small panel.
    Low,
    /// The answer over the queue.
    Upright,
}

/// What was done was not taken: said over everything else.
fn busy(skin: Skin) -> Element<'static, Message> {
    let said = fitted(words::BUSY, STRONG, skin.mm(9.0), REFUSED.ink).lines(2).shrink(skin.mm(6.0)).centred();
    let said = press::coated(said, REFUSED, REFUSED.ink, skin.mm(press::CORNER_MM)).padding(skin.mm(6.0));
    container(said).padding(skin.mm(12.0)).center_x(Length::Fill).align_bottom(Length::Fill).into()
}

/// Below the bar.
const FOOT_MM: f32 = 2.8;

/// Height under the header below which the answer would be too small with a bar under it.
const LOW_MM: f32 = 140.0;

/// Height under the header below which a list takes the bar's place.
const LIST_LOW_MM: f32 = 158.0;
