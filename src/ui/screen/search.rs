//! Search as you type, over every open cake of this station's stores.

use std::sync::Arc;

use iced::widget::{Column, column, container, row, space};
use iced::{Element, Length, Size, alignment};

use super::Action;
use super::station::Scene;
use crate::order::code::Code;
use crate::order::{Order, OrderId};
use crate::station::{QueueView, queue_order};
use crate::ui::search::Query;
use crate::ui::theme::{Coat, FACT, PLAIN, STRONG};
use crate::ui::widget::fitted::fitted;
use crate::ui::widget::keys::{KEYS_WIDE_MM, Key, keys};
use crate::ui::widget::press;
use crate::ui::widget::queue::{self, Rows};
use crate::ui::widget::root::BACKSPACE;
use crate::words;

/// The search's state.
#[derive(Clone, Debug, Default)]
pub struct Search {
    typed: String,
    query: Query,
    /// Every open cake, in the queue's order.
    all: Arc<[Arc<Order>]>,
    found: Arc<[Arc<Order>]>,
    rows: Rows,
    /// What was typed on a real keyboard just now: a gun types too.
    pending: String,
    keys_heard: u64,
}

/// What happened on the screen.
#[derive(Clone, Debug)]
pub enum Message {
    /// A key on the screen was pressed.
    Pressed(Key),
    /// Nothing more was typed on a real keyboard since this key.
    Settled(u64),
    /// A result was pressed.
    Opened(Arc<Order>),
    /// An order that is not open here was asked for.
    Asked(OrderId),
    /// The results were scrolled, in pixels from their top.
    Scrolled(f32),
    /// The way back was pressed.
    Back,
}

impl Search {
    /// An empty search over `queue`.
    pub fn over(queue: &QueueView) -> Self {
        let mut search = Self::default();
        search.adopt(queue);
        search
    }

    /// Takes a newer queue.
    pub fn adopt(&mut self, queue: &QueueView) {
        let mut all: Vec<_> = queue.stages.iter().flat_map(|rows| rows.iter().cloned()).collect();
        // Stable: it merges the stages, each of which is sorted.
        all.sort_by(|one, other| queue_order(one, other));
        self.all = all.into();
        self.find(false);
    }

    /// Its list, for who scrolls it.
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// Takes a message.
    pub fn update(&mut self, message: Message) -> Action {
        match message {
            Message::Pressed(Key::Letter(letter)) => self.write(letter),
            Message::Pressed(Key::Delete) => {
                self.typed.pop();
                self.find(false);
            }
            Message::Pressed(Key::Clear) => {
                self.typed.clear();
                self.find(false);
            }
            Message::Pressed(Key::Layer(_)) => {}
            Message::Settled(heard) => {
                if heard == self.keys_heard {
                    for letter in std::mem::take(&mut self.pending).chars() {
                        self.write(letter);
                    }
                }
            }
            Message::Scrolled(offset_px) => self.rows.scrolled(offset_px),
            Message::Opened(order) => return Action::Open(order),
            Message::Asked(order) => return Action::OpenById(order),
            Message::Back => return Action::Return,
        }
        Action::None
    }

    /// Hears a key of a real keyboard. It becomes text when nothing follows it for a moment; what ends with Enter or Tab
    /// before that is a gun's scan, and no text. Gives what [`Message::Settled`] is to say after [`Self::SETTLE`].
    pub fn hear(&mut self, letter: char) -> u64 {
        self.keys_heard += 1;
        if letter == BACKSPACE {
            if self.pending.pop().is_none() {
                self.typed.pop();
                self.find(false);
            }
        } else if letter.is_control() {
            self.pending.clear();
        } else if self.pending.len() < TYPED_BYTES_MAX {
            self.pending.push(letter);
        }
        self.keys_heard
    }

    /// Guns type at most 35 ms apart and people hardly ever below 50 (`findings.md`, Scanners).
    pub const SETTLE: std::time::Duration = std::time::Duration::from_millis(60);

    fn write(&mut self, letter: char) {
        if self.typed.len() + letter.len_utf8() <= TYPED_BYTES_MAX
            && !(letter == ' ' && self.typed.is_empty())
        {
            self.typed.push(letter);
            self.find(true);
        }
    }

    /// Finds anew; what is longer than before answers among what was found before, where that can be.
    fn find(&mut self, is_longer: bool) {
        self.query = Query::new(&self.typed);
        self.found = match (self.query.is_empty(), is_longer && self.query.only_narrows()) {
            (true, _) => Arc::clone(&self.all),
            (false, true) => self.query.among(&self.found),
            (false, false) => self.query.among(&self.all),
        };
        self.rows.adopt(&self.found, None);
    }
}

/// The screen in `size` pixels: the keys beside the results where there is room, else under them.
pub fn page<'a>(scene: Scene<'a>, search: &'a Search, size: Size) -> Element<'a, Message> {
    let skin = scene.skin;
    let (width_mm, height_mm) = (skin.scale.in_mm(size.width), skin.scale.in_mm(size.height));
    let apart = skin.mm(press::GAP_MM);
    let results = results(scene, search);
    let asked_mm = KEYS_WIDE_MM + 2.0 * EDGE_MM;
    if width_mm - asked_mm >= RESULTS_MM {
        let keys_mm = (height_mm - press::TOUCH_MM - 3.0 * EDGE_MM).min(KEYS_HIGH_MM);
        let asked = column![
            field(scene, search),
            space().height(Length::Fill),
            keys(skin, skin.mm(keys_mm), Message::Pressed)
        ];
        let asked =
            press::panel(asked, skin).padding(skin.mm(EDGE_MM)).width(skin.mm(asked_mm)).height(Length::Fill);
        row![asked, results].spacing(apart).height(Length::Fill).into()
    } else {
        let keys_mm = (height_mm - press::TOUCH_MM - ROWS_MIN * queue::ROW_MM - 4.0 * EDGE_MM)
            .clamp(KEYS_LOW_MM, KEYS_HIGH_MM);
        let keys = container(keys(skin, skin.mm(keys_mm), Message::Pressed)).width(Length::Fill);
        column![field(scene, search), results, keys].spacing(apart).into()
    }
}

/// The way back, what was typed, and how many answer.
fn field<'a>(scene: Scene<'a>, search: &'a Search) -> Element<'a, Message> {
    let skin = scene.skin;
    let palette = skin.palette;
    let quiet = Coat { fill: palette.raised, ink: palette.text };
    let back =
        container(press::word(words::BACK, quiet, palette.line, skin, Message::Back)).width(skin.mm(38.0));
    let (said, font, ink) = match search.typed.as_str() {
        "" => (words::SEARCH_HINT, PLAIN, palette.muted),
        typed => (typed, FACT, palette.text),
    };
    let caret = Coat { fill: palette.text, ink: palette.text };
    let caret = press::coated(space(), caret, palette.text, 0.0).width(skin.mm(0.7)).height(skin.mm(9.0));
    let said = fitted(said, font, skin.mm(7.4), ink).shrink(skin.mm(5.0));
    let written = if search.typed.is_empty() { row![caret, said] } else { row![said, caret] };
    let written = written.spacing(skin.mm(1.4)).align_y(alignment::Vertical::Center);
    let count = fitted(words::found(search.found.len()), PLAIN, skin.mm(5.4), palette.muted);
    let inside = row![container(written).width(Length::Fill), count]
        .spacing(skin.mm(3.0))
        .align_y(alignment::Vertical::Center)
        .height(Length::Fill);
    let ground = Coat { fill: palette.background, ink: palette.text };
    let typed = press::coated(inside, ground, palette.muted, skin.mm(press::CORNER_MM))
        .padding([0.0, skin.mm(4.0)])
        .width(Length::Fill)
        .height(skin.mm(press::TOUCH_MM));
    row![back, typed].spacing(skin.mm(press::APART_MM)).into()
}

fn results<'a>(scene: Scene<'a>, search: &'a Search) -> Element<'a, Message> {
    let skin = scene.skin;
    let list: Element<'a, Message> = if search.rows.is_empty() {
        nothing(scene, search)
    } else {
        let look = queue::Look { skin, clock: scene.clock, outlined: None, names_stage: true };
        queue::list(&search.rows, look, Message::Opened, Message::Scrolled)
    };
    press::panel(list, skin).padding(1).width(Length::Fill).height(Length::Fill).into()
}

/// Why there is nothing, and a way to an order that is open no more.
fn nothing<'a>(scene: Scene<'a>, search: &'a Search) -> Element<'a, Message> {
    let Scene { skin, view, look, .. } = scene;
    let palette = skin.palette;
    if view.queue.read_at.is_none() {
        let said = fitted(words::QUEUE_UNREAD, PLAIN, skin.mm(6.4), palette.muted).lines(2).centred();
        return container(said).padding(skin.mm(4.0)).center_y(Length::Fill).into();
    }
    let said = fitted(words::nothing_found(&search.typed), STRONG, skin.mm(7.4), palette.text);
    let mut parts: Column<'a, Message> = column![
        said.lines(3).shrink(skin.mm(6.0)).fill(),
        fitted(words::SEARCHED_OPEN, PLAIN, skin.mm(6.0), palette.muted).lines(4).fill(),
    ]
    .spacing(skin.mm(4.0));
    let numbered = match Code::parse(&search.typed) {
        Code::Cake { id, .. } => vec![id],
        Code::Number(number) => {
            look.stores.iter().map(|&store| OrderId { store, number, suffix: None }).collect()
        }
        _ => Vec::new(),
    };
    let quiet = Coat { fill: palette.raised, ink: palette.text };
    for id in numbered {
        parts = parts.push(press::counted(
            words::ask_for(id),
            None,
            quiet,
            palette.line,
            skin,
            Message::Asked(id),
        ));
        parts = parts.spacing(skin.mm(press::APART_MM));
    }
    press::tall(container(parts).padding(skin.mm(5.0)), skin).into()
}

/// Between a panel's edge and what stands in it.
const EDGE_MM: f32 = 4.0;

/// Width that a list needs beside the keys.
const RESULTS_MM: f32 = 90.0;

/// Higher keys are no easier to hit.
const KEYS_HIGH_MM: f32 = 4.0 * 24.0 + 6.0;

/// Where a screen is low, keys shrink so that a result shows.
const KEYS_LOW_MM: f32 = 4.0 * 14.0 + 6.0;

/// Results that show beside the keys wherever there is room.
const ROWS_MIN: f32 = 2.0;

/// More than the longest number with the longest name.
const TYPED_BYTES_MAX: usize = 60;
