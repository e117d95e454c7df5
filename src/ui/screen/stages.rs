//! The open cakes of every stage, narrowed by stage, by store, and to those that nobody has.

use std::sync::Arc;

use iced::widget::{Column, Row, column, container, row, space};
use iced::{Element, Length, Size, alignment};

use super::Action;
use super::station::Scene;
use crate::order::{Order, Stage, Store};
use crate::station::{QueueView, queue_order};
use crate::ui::tally::first_due;
use crate::ui::theme::{Coat, FACT, PLAIN, Skin};
use crate::ui::widget::fitted::fitted;
use crate::ui::widget::press;
use crate::ui::widget::queue::{self, Rows};
use crate::words;

/// Which cakes are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this stage; of all without.
    pub stage: Option<Stage>,
    /// Of this store; of all without.
    pub store: Option<Store>,
    /// Only those that nobody has.
    pub is_unassigned: bool,
}

/// The screen's state.
#[derive(Clone, Debug, Default)]
pub struct Stages {
    filter: Filter,
    listed: Arc<[Arc<Order>]>,
    rows: Rows,
}

/// What happened on the screen.
#[derive(Clone, Debug)]
pub enum Message {
    /// Another choice of cakes.
    Filtered(Filter),
    /// A row was pressed.
    Opened(Arc<Order>),
    /// The list was scrolled, in pixels from its top.
    Scrolled(f32),
    /// The list is to go there, in pixels from its top.
    Jumped(f32),
    /// The way back was pressed.
    Back,
}

impl Stages {
    /// What `filter` leaves of `queue`.
    pub fn of(queue: &QueueView, filter: Filter) -> Self {
        let mut stages = Self { filter, ..Self::default() };
        stages.adopt(queue);
        stages
    }

    /// Takes a newer queue.
    pub fn adopt(&mut self, queue: &QueueView) {
        let Filter { stage, store, is_unassigned } = self.filter;
        let is_wanted = |order: &&Arc<Order>| {
            store.is_none_or(|store| order.id.store == store) && !(is_unassigned && order.assignee.is_some())
        };
        let stages = Stage::WORKED.into_iter().zip(&queue.stages);
        let mut listed: Vec<_> = stages
            .filter(|(of, _)| stage.is_none_or(|stage| *of == stage))
            .flat_map(|(_, rows)| rows.iter().filter(is_wanted).cloned())
            .collect();
        if stage.is_none() {
            // Stable: it merges the stages, each of which is sorted.
            listed.sort_by(|one, other| queue_order(one, other));
        }
        self.listed = listed.into();
        self.rows.adopt(&self.listed, None);
    }

    /// Which cakes it lists.
    pub fn filter(&self) -> Filter {
        self.filter
    }

    /// Its list, for who scrolls it.
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// Takes a message; a new choice is made of `queue`.
    pub fn update(&mut self, message: Message, queue: &QueueView) -> Action {
        match message {
            Message::Filtered(filter) => {
                *self = Self::of(queue, filter);
                Action::ScrollTo(0.0)
            }
            Message::Opened(order) => Action::Open(order),
            Message::Scrolled(offset_px) => {
                self.rows.scrolled(offset_px);
                Action::None
            }
            Message::Jumped(offset_px) => {
                self.rows.scrolled(offset_px);
                Action::ScrollTo(offset_px)
            }
            Message::Back => Action::Return,
        }
    }
}

/// The screen in `size` pixels: the choices beside the list where there is room, else over it.
pub fn page<'a>(scene: Scene<'a>, stages: &'a Stages, size: Size) -> Element<'a, Message> {
    let skin = scene.skin;
    let apart = skin.mm(press::APART_MM);
    let (width_mm, height_mm) = (skin.scale.in_mm(size.width), skin.scale.in_mm(size.height));
    let list = list(scene, stages);
    let [stage, store] = choices(scene, stages);
    if width_mm >= BESIDE_MM && height_mm >= COLUMN_MM {
        let upright = |buttons: Vec<Element<'a, Message>>| {
            buttons.into_iter().fold(Column::new().spacing(apart), Column::push).width(Length::Fill)
        };
        let beside = row![upright(stage), upright(store)].spacing(apart).width(skin.mm(CHOICES_MM));
        row![beside, list].spacing(apart).height(Length::Fill).into()
    } else {
        let line = |buttons: Vec<Element<'a, Message>>| {
            buttons.into_iter().fold(Row::new().spacing(apart), Row::push)
        };
        column![line(stage), line(store), list].spacing(apart).into()
    }
}

/// The buttons of stages, and those of stores with what else there is to press.
fn choices<'a>(scene: Scene<'a>, stages: &'a Stages) -> [Vec<Element<'a, Message>>; 2] {
    let Scene { look, skin, clock, .. } = scene;
    let now = stages.filter;
    let choice =
        |label: &'static str, filter: Filter| button(label, filter == now, skin, Message::Filtered(filter));
    let all = choice(words::ALL_STAGES, Filter { stage: None, ..now });
    let each = Stage::WORKED.map(|stage| choice(stage.name(), Filter { stage: Some(stage), ..now }));
    let row_px = skin.mm(queue::ROW_MM).round();
    let today_px = first_due(&stages.listed, clock.today()) as f32 * row_px;
    let mut second = Vec::new();
    if look.stores.len() > 1 {
        second.push(choice(words::ALL_SHOPS, Filter { store: None, ..now }));
        second.extend(
            look.stores.iter().map(|&store| choice(store.name(), Filter { store: Some(store), ..now })),
        );
    } else {
        let toggled = Filter { is_unassigned: !now.is_unassigned, ..now };
        second.push(button(words::ONLY_UNASSIGNED, now.is_unassigned, skin, Message::Filtered(toggled)));
    }
    second.push(button(words::JUMP_TODAY, false, skin, Message::Jumped(today_px)));
    second.push(button(words::BACK, false, skin, Message::Back));
    [std::iter::once(all).chain(each).collect(), second]
}

fn button<'a>(label: &'static str, is_chosen: bool, skin: Skin, on_press: Message) -> Element<'a, Message> {
    let palette = skin.palette;
    let (coat, edge) = if is_chosen {
        (Coat { fill: palette.text, ink: palette.background }, palette.text)
    } else {
        (Coat { fill: palette.panel, ink: palette.text }, palette.line)
    };
    press::word(label, coat, edge, skin, on_press)
}

fn list<'a>(scene: Scene<'a>, stages: &'a Stages) -> Element<'a, Message> {
    let Scene { view, skin, clock, .. } = scene;
    let palette = skin.palette;
    let Filter { stage, store, is_unassigned } = stages.filter;
    let title = words::listed(stage, store, is_unassigned, stages.rows.len());
    let title = row![
        fitted(title, FACT, skin.mm(6.4), palette.text).shrink(skin.mm(5.0)),
        fitted(words::age(view.queue.read_at, clock), PLAIN, skin.mm(5.4), palette.muted).fill(),
    ]
    .spacing(skin.mm(3.0))
    .align_y(alignment::Vertical::Center)
    .padding([skin.mm(3.4), skin.mm(4.0)]);
    let rows: Element<'a, Message> = if stages.rows.is_empty() {
        let said = if view.queue.read_at.is_some() { words::NONE_SO } else { words::QUEUE_UNREAD };
        let said = fitted(said, PLAIN, skin.mm(6.4), palette.muted).lines(2).centred();
        container(said).padding(skin.mm(4.0)).center_y(Length::Fill).into()
    } else {
        let look = queue::Look { skin, clock, outlined: None, names_stage: stage.is_none() };
        queue::list(&stages.rows, look, Message::Opened, Message::Scrolled)
    };
    let rule = press::coated(space(), Coat { fill: palette.line, ink: palette.line }, palette.line, 0.0);
    let parts = column![title, rule.width(Length::Fill).height(1), rows];
    press::panel(parts, skin).padding(1).width(Length::Fill).height(Length::Fill).into()
}

/// Width from which the choices stand beside the list.
const BESIDE_MM: f32 = 260.0;

/// Height of five buttons in a column.
const COLUMN_MM: f32 = 5.0 * press::TOUCH_MM + 4.0 * press::APART_MM;

/// Width of the two columns of choices.
const CHOICES_MM: f32 = 104.0;
