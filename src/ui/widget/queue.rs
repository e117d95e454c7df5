//! The list of orders: however long it is, only what is in sight is built.

use std::ops::Range;
use std::sync::Arc;

use iced::widget::{Column, Id, button, column, container, responsive, row, scrollable, space};
use iced::{Background, Border, Color, Element, Length, Size, Theme, alignment};

use super::fitted::fitted;
use super::press::{badge, mixed};
use crate::order::{Order, OrderId};
use crate::ui::theme::{Coat, FACT, NOT_HERE, PLAIN, REFUSED, STRONG, Skin};
use crate::words::{self, Clock, Due};

/// What a list shows, and how far it is scrolled.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    orders: Arc<[Arc<Order>]>,
    kept: Option<(usize, Arc<Order>)>,
    offset_px: f32,
}

impl Rows {
    /// Takes a new list. The cake called `shown` stays where it stood even when its stage has let it go: an answer
    /// never moves the list under a finger.
    pub fn adopt(&mut self, orders: &Arc<[Arc<Order>]>, shown: Option<OrderId>) {
        let stood = shown.and_then(|id| {
            let at = self.iter().position(|order| order.id == id)?;
            Some((at, Arc::clone(self.at(at)?)))
        });
        self.orders = Arc::clone(orders);
        self.kept = stood
            .filter(|(_, stood)| !orders.iter().any(|order| order.id == stood.id))
            .map(|(at, order)| (at.min(orders.len()), order));
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.orders.len() + usize::from(self.kept.is_some())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How far the list is scrolled, in pixels from its top.
    pub fn offset_px(&self) -> f32 {
        self.offset_px
    }

    /// Says how far the list was scrolled.
    pub fn scrolled(&mut self, offset_px: f32) {
        self.offset_px = offset_px.max(0.0);
    }

    fn iter(&self) -> impl Iterator<Item = &Arc<Order>> {
        (0..self.len()).filter_map(|at| self.at(at))
    }

    fn at(&self, at: usize) -> Option<&Arc<Order>> {
        match &self.kept {
            Some((place, order)) if at == *place => Some(order),
            Some((place, _)) if at > *place => self.orders.get(at - 1),
            _ => self.orders.get(at),
        }
    }

    /// The rows in sight of a list `height_px` high: one more than fit, from where it is scrolled to.
    fn in_sight(&self, height_px: f32, row_px: f32) -> Range<usize> {
        let furthest_px = (self.len() as f32 * row_px - height_px).max(0.0);
        let first = (self.offset_px.min(furthest_px) / row_px).floor() as usize;
        let count = (height_px / row_px).ceil() as usize + 1;
        first.min(self.len())..(first + count).min(self.len())
    }
}

/// How a row is drawn.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// Colours and millimetres.
    pub skin: Skin,
    /// The shop's time.
    pub clock: &'a Clock,
    /// The cake just answered for, and the answer's colour.
    pub outlined: Option<(OrderId, Color)>,
    /// Whether rows name their stage.
    pub names_stage: bool,
}

/// How a row is laid out.
#[derive(Clone, Copy)]
enum Form {
    /// Number, product and due date side by side.
    Columns,
    /// The product under the number, where there is no room for three columns.
    Stacked,
}

/// Below this width three columns leave the product no room.
const SLIM_MM: f32 = 112.0;

/// The list that shows: there is one at a time.
pub const LIST: Id = Id::new("queue");

/// Height of a row: what a gloved finger hits.
pub const ROW_MM: f32 = 21.6;

/// The list itself.
pub fn list<'a, Message: Clone + 'a>(
    rows: &'a Rows,
    look: Look<'a>,
    on_press: fn(Arc<Order>) -> Message,
    on_scroll: fn(f32) -> Message,
) -> Element<'a, Message> {
    let row_px = look.skin.mm(ROW_MM).round();
    responsive(move |size: Size| {
        let form = if look.skin.scale.in_mm(size.width) < SLIM_MM { Form::Stacked } else { Form::Columns };
        let sight = rows.in_sight(size.height, row_px);
        let above = sight.start as f32 * row_px;
        let below = (rows.len() - sight.end) as f32 * row_px;
        let mut seen: Column<'_, Message> = column![space().height(above)];
        for at in sight {
            if let Some(order) = rows.at(at) {
                seen = seen.push(line(order, row_px, form, look, on_press));
            }
        }
        scrollable(seen.push(space().height(below)).width(Length::Fill))
            .direction(scrollable::Direction::Vertical(
                scrollable::Scrollbar::new().width(look.skin.mm(1.0)).scroller_width(look.skin.mm(1.0)),
            ))
            .spacing(look.skin.mm(0.4))
            .id(LIST)
            .on_scroll(move |seen| on_scroll(seen.absolute_offset().y))
            .width(Length::Fill)
            .height(Length::Fill)
            .into()
    })
    .into()
}

fn line<'a, Message: Clone + 'a>(
    order: &Arc<Order>,
    row_px: f32,
    form: Form,
    look: Look<'a>,
    on_press: fn(Arc<Order>) -> Message,
) -> Element<'a, Message> {
    let Look { skin, clock, .. } = look;
    let palette = skin.palette;
    let product = fitted(words::line(&order.product), STRONG, skin.mm(6.6), palette.text).fill();
    let under = fitted(beneath(order, look.names_stage), PLAIN, skin.mm(6.0), palette.muted).fill();
    let stage = (look.names_stage && matches!(form, Form::Stacked)).then(|| order.stage.name().to_owned());
    let aside = aside(order, stage.or_else(|| words::here(order, clock)), skin, clock);
    let middle = alignment::Vertical::Center;
    let inside: Element<'_, Message> = match form {
        Form::Columns => row![
            container(number(order, skin)).width(skin.mm(41.0)),
            column![product, under].width(Length::Fill),
            aside
        ]
        .spacing(skin.mm(2.6))
        .align_y(middle)
        .height(Length::Fill)
        .into(),
        Form::Stacked => row![column![number(order, skin), product].width(Length::Fill), aside]
            .spacing(skin.mm(2.6))
            .align_y(middle)
            .height(Length::Fill)
            .into(),
    };
    let outlined = look.outlined.filter(|(id, _)| *id == order.id).map(|(_, color)| color);
    let press = button(inside)
        .on_press_with({
            let order = Arc::clone(order);
            move || on_press(Arc::clone(&order))
        })
        .padding([0.0, skin.mm(4.0)])
        .width(Length::Fill)
        .height(row_px - 1.0)
        .style(move |_: &Theme, status| row_style(status, outlined, skin));
    let rule = container(space()).width(Length::Fill).height(1).style(move |_: &Theme| container::Style {
        background: Some(Background::Color(palette.line)),
        ..container::Style::default()
    });
    column![press, rule].into()
}

fn row_style(status: button::Status, outlined: Option<Color>, skin: Skin) -> button::Style {
    let palette = skin.palette;
    let fill = match status {
        button::Status::Pressed => Some(Background::Color(mixed(palette.panel, palette.text, 0.18))),
        button::Status::Active | button::Status::Hovered | button::Status::Disabled => None,
    };
    button::Style {
        background: fill,
        text_color: palette.text,
        border: Border {
            color: outlined.unwrap_or(Color::TRANSPARENT),
            width: if outlined.is_some() { skin.mm(0.8) } else { 0.0 },
            radius: 0.0.into(),
        },
        ..button::Style::default()
    }
}

/// `#B25771 A`: the suffix smaller, so that numbers stand in one column.
pub fn number<'a, Message: 'a>(order: &Order, skin: Skin) -> Element<'a, Message> {
    let color = skin.palette.text;
    let whole = OrderId { suffix: None, ..order.id };
    let mut inside = row![fitted(whole.barcode(), FACT, skin.mm(7.1), color).shrink(skin.mm(6.0))];
    if let Some(suffix) = order.id.suffix {
        inside = inside.push(fitted(suffix.to_string(), FACT, skin.mm(6.0), color));
    }
    inside.spacing(skin.mm(1.2)).align_y(alignment::Vertical::Bottom).into()
}

fn beneath(order: &Order, names_stage: bool) -> String {
    let size = if order.is_split() { words::place(order) } else { None };
    let parts = [
        names_stage.then(|| order.stage.name().to_owned()),
        size,
        Some(words::line(&order.size)),
        Some(words::line(&order.flavour)),
    ];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// The due badge, and under it how long the cake has been here, or where it stands.
fn aside<'a, Message: 'a>(
    order: &Order,
    under: Option<String>,
    skin: Skin,
    clock: &Clock,
) -> Element<'a, Message> {
    let mut inside: Column<'_, Message> = column![];
    if let Some(due) = order.due {
        let due = words::due(due, clock);
        let palette = skin.palette;
        let coat = match &due {
            Due::Overdue(_) => REFUSED,
            Due::Today(_) => NOT_HERE,
            Due::Tomorrow(_) => Coat { fill: palette.raised, ink: palette.text },
            Due::Later(_) => Coat { fill: palette.panel, ink: palette.muted },
        };
        inside = inside.push(badge(due.text().to_owned(), coat, skin.mm(6.0), skin));
    }
    if let Some(under) = under {
        inside = inside.push(fitted(under, PLAIN, skin.mm(6.0), skin.palette.muted));
    }
    inside.spacing(skin.mm(0.8)).align_x(alignment::Horizontal::Right).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::preset;

    fn rows(count: u32) -> Arc<[Arc<Order>]> {
        preset::queue(count)
    }

    #[test]
    fn twenty_thousand_rows_build_as_few_as_are_in_sight() {
        let mut list = Rows::default();
        list.adopt(&rows(20_000), None);
        list.scrolled(100.0 * 120.0);
        assert_eq!(list.in_sight(840.0, 120.0), 100..108);
    }

    #[test]
    fn a_list_that_shrank_shows_its_end() {
        let mut list = Rows::default();
        list.adopt(&rows(20_000), None);
        list.scrolled(19_000.0 * 120.0);
        list.adopt(&rows(10), None);
        assert_eq!(list.in_sight(840.0, 120.0), 3..10);
        list.adopt(&rows(0), None);
        assert_eq!(list.in_sight(840.0, 120.0), 0..0);
    }

    #[test]
    fn the_answered_cake_stays_where_it_stood_until_another_answer() {
        let before = rows(5);
        let gone: Arc<[Arc<Order>]> = before
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != 2)
            .map(|(_, order)| Arc::clone(order))
            .collect();
        let id = before[2].id;
        let mut list = Rows::default();
        list.adopt(&before, None);
        list.adopt(&gone, Some(id));
        list.adopt(&gone, Some(id));
        assert_eq!((list.len(), list.at(2).unwrap().id), (5, id));
        assert_eq!(list.at(4).unwrap().id, before[4].id);
        list.adopt(&gone, None);
        assert_eq!(list.len(), 4);
    }
}
