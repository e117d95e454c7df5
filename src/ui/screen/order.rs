//! One cake: everything known of it, and the action that a scan would do.

use std::sync::Arc;

use iced::widget::{Column, Row, column, container, row, text};
use iced::{Element, Length, Size};

use super::Action;
use super::choose::{Choose, What};
use super::station::Scene;
use crate::order::{Order, OrderId};
use crate::station::{Look, Offer, Touch, View};
use crate::ui::album::Photo;
use crate::ui::theme::{AGREED, Coat, FACT, PLAIN, STRONG, Skin};
use crate::ui::widget::fitted::fitted;
use crate::ui::widget::{cake, press, script};
use crate::words::{self, Clock, fact};

/// An order's page.
#[derive(Clone, Debug)]
pub struct Page {
    id: OrderId,
    /// As it is in the newest queue, else as the backend has it, else as it was when the page was opened.
    order: Option<Arc<Order>>,
}

/// What happened on the screen.
#[derive(Clone, Copy, Debug)]
pub enum Message {
    /// The way back was pressed.
    Back,
    /// The action was pressed.
    Act,
    /// Its label is wanted once more.
    Copy,
    /// A detail of it is to be set.
    Choose(What),
}

impl Page {
    /// A page of an order that is known.
    pub fn of(order: Arc<Order>) -> Self {
        Self { id: order.id, order: Some(order) }
    }

    /// A page of an order that only the backend may know.
    pub fn by_id(id: OrderId) -> Self {
        Self { id, order: None }
    }

    /// Which order it shows.
    pub fn id(&self) -> OrderId {
        self.id
    }

    /// Takes what a newer view knows of it.
    pub fn adopt(&mut self, view: &View) {
        let mut listed = view.queue.stages.iter().flat_map(|rows| rows.iter());
        if let Some(newer) = listed.find(|row| row.id == self.id) {
            self.order = Some(Arc::clone(newer));
        } else if let Some(Look::Read { cake, .. }) = look(view, self.id) {
            self.order = Some(Arc::clone(cake));
        }
    }

    /// The order, as far as it is known.
    pub fn order(&self) -> Option<&Arc<Order>> {
        self.order.as_ref()
    }

    /// Takes a message.
    pub fn update(&self, message: Message) -> Action {
        match message {
            Message::Back => Action::Return,
            Message::Act => Action::TellAndReturn(Touch::Act(self.id)),
            Message::Choose(what) => Action::Choose(Choose { order: self.id, what }),
            Message::Copy => Action::TellAndReturn(Touch::Reprint(self.id)),
        }
    }
}

/// What the backend says of the order, when it is the one that was asked for.
fn look(view: &View, id: OrderId) -> Option<&Look> {
    view.looked.as_ref().filter(|looked| looked.order == id).map(|looked| &looked.look)
}

/// The page in `size` pixels: what the cake is beside what was done to it, where there is room for both.
pub fn page<'a>(scene: Scene<'a>, page: &'a Page, size: Size) -> Element<'a, Message> {
    let Scene { view, skin, .. } = scene;
    let palette = skin.palette;
    let body: Element<'a, Message> = match &page.order {
        None => unknown(scene, page.id).into(),
        Some(order) if skin.scale.in_mm(size.width) >= BESIDE_MM => {
            let facts = press::tall(known(scene, order).width(Length::Fill), skin);
            let done = press::tall(done(scene, page, order).width(Length::Fill), skin);
            let facts = container(facts).width(Length::FillPortion(29));
            row![facts, container(done).width(Length::FillPortion(21))]
                .spacing(skin.mm(press::APART_MM))
                .into()
        }
        Some(order) => {
            let parts = column![known(scene, order), done(scene, page, order)].spacing(skin.mm(4.0));
            press::tall(parts.width(Length::Fill), skin).into()
        }
    };
    let quiet = Coat { fill: palette.raised, ink: palette.text };
    let back = press::word(words::BACK, quiet, palette.line, skin, Message::Back);
    let mut parts = column![container(body).height(Length::Fill)].spacing(skin.mm(4.0));
    let mut buttons = row![container(back).width(Length::FillPortion(2))].spacing(skin.mm(press::APART_MM));
    if let Some(order) = &page.order {
        let offer = view.offer.filter(|(order, _)| *order == page.id).map(|(_, offer)| offer);
        if let Some(first) = offer.and_then(words::act_first) {
            parts = parts.push(fitted(first, PLAIN, skin.mm(6.0), palette.muted).lines(2).fill());
        }
        let besides = besides(order, skin);
        if skin.scale.in_mm(size.width) >= ONE_LINE_MM {
            buttons = besides
                .into_iter()
                .fold(buttons, |row, button| row.push(container(button).width(Length::FillPortion(2))));
        } else {
            let line = besides.into_iter().fold(Row::new(), Row::push).spacing(skin.mm(press::APART_MM));
            parts =
                parts.push(container(line).padding(iced::padding::bottom(skin.mm(press::APART_MM - 4.0))));
        }
        let does = !matches!(offer, None | Some(Offer::Nothing | Offer::LabelComing));
        let coat = if does { AGREED } else { quiet };
        let edge = if does { coat.fill } else { palette.line };
        let act = press::word(words::act(offer), coat, edge, skin, Message::Act);
        buttons = buttons.push(container(act).width(Length::FillPortion(3)));
    }
    press::panel(parts.push(buttons), skin)
        .padding(skin.mm(5.0))
        .width(Length::Fill)
        .height(Length::Fill)
        .into()
}

/// What can be done to the cake beside its stages.
fn besides<'a>(order: &Order, skin: Skin) -> Vec<Element<'a, Message>> {
    let palette = skin.palette;
    let quiet = Coat { fill: palette.raised, ink: palette.text };
    let is_printed = order.times.filling_start.is_some() && order.times.cancelled.is_none();
    let copy = is_printed.then_some((words::COPY, Message::Copy));
    let choices =
        [(words::ASSIGN, Message::Choose(What::Assignee)), (words::STORE, Message::Choose(What::Storage))];
    let all = copy.into_iter().chain(choices);
    all.map(|(label, message)| press::word(label, quiet, palette.line, skin, message)).collect()
}

/// What the cake is.
fn known<'a>(scene: Scene<'a>, order: &'a Order) -> Column<'a, Message> {
    let Scene { skin, clock, photo, .. } = scene;
    let palette = skin.palette;
    let mut said = column![
        fitted(order.id.barcode(), FACT, skin.mm(18.0), palette.text)
            .shrink(skin.mm(9.0))
            .leading(1.1)
            .fill(),
        fitted(words::title(order), FACT, skin.mm(8.0), palette.text).lines(3).shrink(skin.mm(6.0)).fill(),
    ]
    .spacing(skin.mm(2.4));
    if let Some(back) = &order.returned {
        said = said.push(whole(words::RETURNED, words::line(&back.reason), skin));
    }
    if let Some(notes) = cake::notes(order) {
        said = said.push(whole(words::NOTES, notes, skin));
    }
    for (name, value) in facts(order, clock) {
        said = said.push(named(name, value, skin));
    }
    let lacks = match photo {
        None | Some(Photo::Here(_)) => None,
        Some(Photo::Coming) => Some(words::PICTURE_COMING),
        Some(Photo::Lacks(fault)) => Some(words::picture(*fault)),
    };
    said.extend(lacks.map(|lacks| named(fact::PICTURE, lacks.to_owned(), skin)))
}

/// Its picture, and what was done to it.
fn done<'a>(scene: Scene<'a>, page: &'a Page, order: &'a Order) -> Column<'a, Message> {
    let Scene { view, skin, clock, photo, .. } = scene;
    let palette = skin.palette;
    let mut said: Column<'a, Message> = column![].spacing(skin.mm(2.4));
    if let Some(Photo::Here(picture)) = photo {
        said = said.push(picture.view(skin.mm(PICTURE_MM)));
    }
    let look = look(view, page.id);
    said =
        said.push(fitted(words::history(look, clock), STRONG, skin.mm(6.0), palette.muted).lines(2).fill());
    if let Some(lacks) = words::history_lacks(look) {
        said = said.push(fitted(lacks, PLAIN, skin.mm(6.0), palette.muted).lines(3).fill());
    }
    for line in history(order, look, clock) {
        said = said.push(fitted(line, PLAIN, skin.mm(6.4), palette.text).lines(3).fill());
    }
    said
}

/// In place of an order that is not known here.
fn unknown(scene: Scene<'_>, id: OrderId) -> Column<'_, Message> {
    let Scene { view, skin, .. } = scene;
    let palette = skin.palette;
    let said = match look(view, id) {
        None | Some(Look::Asking | Look::Read { .. }) => words::ASKING.to_owned(),
        Some(look) => words::history_lacks(Some(look)).unwrap_or_default(),
    };
    column![
        fitted(id.barcode(), FACT, skin.mm(18.0), palette.text).shrink(skin.mm(9.0)).leading(1.1).fill(),
        fitted(said, STRONG, skin.mm(8.0), palette.text).lines(3).shrink(skin.mm(6.0)).fill(),
    ]
    .spacing(skin.mm(2.4))
    .width(Length::Fill)
}

fn facts(order: &Order, clock: &Clock) -> Vec<(&'static str, String)> {
    let text = |text: &str| Some(words::line(text)).filter(|text| !text.is_empty());
    let due = order.due.map(|due| match words::due(due, clock) {
        words::Due::Overdue(word) | words::Due::Today(word) => format!("{} · {word}", words::day(due)),
        words::Due::Tomorrow(_) | words::Due::Later(_) => words::day(due),
    });
    let leaves = order.delivery.map(|delivery| words::delivery(delivery).to_owned());
    let due = [due, leaves].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let shop = [Some(order.id.store.name().to_owned()), words::place(order)];
    let facts = [
        (fact::WRITING, words::writing(order)),
        (fact::FLAVOUR, text(&order.flavour)),
        (fact::DUE, text(&due)),
        (fact::STANDS, Some(words::standing(order, clock))),
        (fact::CUSTOMER, text(&order.customer)),
        (fact::SHOP, Some(shop.into_iter().flatten().collect::<Vec<_>>().join(" · "))),
        (fact::ASSIGNED, order.assignee.as_deref().and_then(text)),
        (fact::STORAGE, order.storage.as_deref().and_then(text)),
    ];
    facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// What was done, oldest first: the history where it was read, else what the timestamps tell.
fn history(order: &Order, look: Option<&Look>, clock: &Clock) -> Vec<String> {
    let marks = match look {
        Some(Look::Read { cake, .. }) => &cake.marks,
        _ => &order.marks,
    };
    if !marks.is_empty() {
        return marks.iter().map(|mark| words::mark(mark, clock)).collect();
    }
    let times = &order.times;
    words::STEPS
        .into_iter()
        .filter_map(|action| Some(words::step(action, times.of(action)?, clock)))
        .collect()
}

fn named(name: &str, value: String, skin: Skin) -> Element<'_, Message> {
    let palette = skin.palette;
    row![
        container(fitted(name, PLAIN, skin.mm(6.4), palette.muted)).width(skin.mm(32.0)),
        whole_text(value, skin),
    ]
    .spacing(skin.mm(2.0))
    .into()
}

/// All of a text, however long, after its mark.
fn whole(mark: &str, said: String, skin: Skin) -> Element<'_, Message> {
    cake::marked(mark, whole_text(said, skin), skin)
}

fn whole_text<'a>(said: String, skin: Skin) -> Element<'a, Message> {
    script::ready(&said);
    text(said)
        .font(STRONG)
        .size(skin.mm(6.4))
        .color(skin.palette.text)
        .wrapping(text::Wrapping::WordOrGlyph)
        .shaping(text::Shaping::Advanced)
        .width(Length::Fill)
        .into()
}

/// Side of the square that a picture has.
const PICTURE_MM: f32 = 52.0;

/// Width from which facts and history stand side by side.
const BESIDE_MM: f32 = 190.0;

/// Width from which all buttons stand on one line.
const ONE_LINE_MM: f32 = 260.0;
