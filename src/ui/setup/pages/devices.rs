//! The steps of gun and printer.

use iced::widget::image::{self, FilterMethod};
use iced::widget::{Column, Row, column, container, responsive, row, space};
use iced::{Element, Length, alignment};

use super::{group, quiet, said};
use crate::config::Language;
use crate::label;
use crate::station::PortState;
use crate::ui::setup::devices::is_same;
use crate::ui::setup::state::{Message, Setup};
use crate::ui::setup::step::{BAUDS, CODE, FLOWS, RESOLUTIONS, STOCKS, Taken};
use crate::ui::theme::{AGREED, Coat, FACT, PLAIN, REFUSED, STRONG, Shape, Skin};
use crate::ui::widget::fitted::fitted;
use crate::ui::widget::icon::icon;
use crate::ui::widget::press;
use crate::words::{self as common, setup as words};

/// The code, and the guns that may read it.
pub(super) fn scanner(setup: &Setup, skin: Skin, is_upright: bool) -> Element<'_, Message> {
    let palette = skin.palette;
    let guns = setup.guns.iter().enumerate().map(|(at, (gun, state))| {
        let is_taken = setup.gun == Some(Taken::Found(at));
        let aside = match state {
            PortState::Faulted(fault) => common::scanner(&gun.what, fault).happened,
            _ if gun.is_typing => words::TYPES.to_owned(),
            _ => String::new(),
        };
        card(&gun.what, aside, is_taken, skin)
    });
    let mut list: Column<'_, Message> = column(guns).spacing(skin.mm(press::GAP_MM));
    if setup.guns.is_empty() {
        list = list.push(fitted(words::NO_GUNS, STRONG, skin.mm(6.0), palette.text).lines(4).fill());
    }
    if setup.gun == Some(Taken::Typing) {
        list = list.push(card(words::KEYBOARD_GUN, String::new(), true, skin));
    }
    let heading = fitted(words::GUNS, STRONG, skin.mm(6.0), palette.muted);
    let buttons = row![
        press::word(words::LOOK_AGAIN, quiet(skin), palette.line, skin, Message::LookedAgain),
        press::word(words::NO_GUN, quiet(skin), palette.line, skin, Message::Skipped),
    ];
    let about = fitted(words::NO_GUN_HINT, PLAIN, skin.mm(5.0), palette.muted).lines(2).fill();
    let side = column![
        said(setup, skin, words::SCANNER_HINT),
        heading,
        press::tall(list, skin),
        buttons.spacing(skin.mm(press::APART_MM)),
        about
    ]
    .spacing(skin.mm(press::GAP_MM));
    let (code, side) = (container(code(skin)), container(side));
    let gap = skin.mm(press::GAP_MM);
    if is_upright {
        column![code.height(Length::FillPortion(2)), side.height(Length::FillPortion(5))].spacing(gap).into()
    } else {
        row![code.width(Length::FillPortion(1)), side.width(Length::FillPortion(1))].spacing(gap).into()
    }
}

/// The code as labels have it, on white.
fn code<'a>(skin: Skin) -> Element<'a, Message> {
    responsive(move |size| {
        let dots = (skin.mm(MODULE_MM).round() as u32).max(2);
        let drawn = label::code(CODE, dots, skin.mm(BARS_MM).round() as u32);
        let (width, height) = (drawn.width_dots(), drawn.height_dots());
        let handle = image::Handle::from_rgba(width, height, drawn.to_rgba());
        // Dot for dot, unless the place is narrower than the code.
        let share = (size.width / width as f32).min(1.0);
        let bars = iced::widget::image(handle)
            .filter_method(FilterMethod::Nearest)
            .width(width as f32 * share)
            .height(height as f32 * share);
        let white = Coat { fill: iced::Color::WHITE, ink: iced::Color::BLACK };
        let under = fitted(CODE, STRONG, skin.mm(6.0), white.ink).centred();
        let inside = column![bars, under].spacing(skin.mm(2.0)).align_x(alignment::Horizontal::Center);
        press::coated(inside, white, white.fill, skin.mm(press::CORNER_MM)).center(Length::Fill).into()
    })
    .into()
}

pub(super) fn printer(setup: &Setup, skin: Skin) -> Element<'_, Message> {
    let palette = skin.palette;
    let apart = skin.mm(press::APART_MM);
    let mut list: Column<'_, Message> = column![].spacing(apart);
    for (at, press) in setup.presses.iter().enumerate() {
        // The line of the gun has no printer on it.
        if press.gun.is_some_and(|gun| setup.gun == Some(Taken::Found(gun))) {
            continue;
        }
        let what = if press.what.is_empty() { words::UNNAMED } else { &press.what };
        let is_on =
            setup.printer.as_ref().is_some_and(|printer| is_same(&printer.transport, &press.transport));
        let lines = card(what, press.transport.clone(), is_on, skin);
        list = list.push(press::bare(lines, Message::Chosen(at)));
    }
    list = list.push(press::word(words::NETWORK, quiet(skin), palette.line, skin, Message::Networked));
    let buttons = row![
        press::word(words::LOOK_AGAIN, quiet(skin), palette.line, skin, Message::LookedAgain),
        press::word(words::NO_PRINTER, quiet(skin), palette.line, skin, Message::Skipped),
    ];
    column![said(setup, skin, words::PRINTER_HINT), press::tall(list, skin), buttons.spacing(apart)]
        .spacing(apart)
        .into()
}

pub(super) fn kind(setup: &Setup, skin: Skin) -> Element<'_, Message> {
    let Some(printer) = &setup.printer else { return space().into() };
    let languages = Language::ALL.map(|language| {
        (words::language(&language.to_string()), printer.language == language, Message::Spoken(language))
    });
    let stocks =
        STOCKS.map(|stock| (words::stock(stock), printer.template == stock, Message::Stocked(stock)));
    let dots = RESOLUTIONS.map(|dpi| (dpi.to_string(), printer.dpi == dpi, Message::Resolved(dpi)));
    let mut parts: Column<'_, Message> = column![said(setup, skin, &printer.transport)];
    if let Some((baud, flow)) = printer.line() {
        let bauds = BAUDS.map(|way| (way.to_string(), way == baud, Message::Lined(way, flow)));
        let flows = FLOWS.map(|way| (words::flow(&way.to_string()), way == flow, Message::Lined(baud, way)));
        parts =
            parts.push(group(words::LINE, bauds.into(), skin)).push(group(words::FLOW, flows.into(), skin));
    }
    let parts = parts
        .push(group(words::LANGUAGE, languages.into(), skin))
        .push(group(words::STOCK, stocks.into(), skin))
        .push(group(words::RESOLUTION, dots.into(), skin));
    press::tall(parts.spacing(skin.mm(press::APART_MM)), skin).into()
}

/// How dark the label is and where on its stock.
pub(super) fn adjust(setup: &Setup, skin: Skin) -> Element<'_, Message> {
    let Some(printer) = &setup.printer else { return space().into() };
    let option = |label: &str, is_on, message| (label.to_owned(), is_on, message);
    let darkness = [
        option(words::AS_SET, printer.darkness.is_none(), Message::Darkened(None)),
        option(words::LIGHTER, false, Message::Darkened(Some(-1))),
        option(words::DARKER, false, Message::Darkened(Some(1))),
    ];
    let places = [
        option(words::AS_SET, printer.offset_halves == [0; 2], Message::Shifted(None)),
        option(words::LEFT, false, Message::Shifted(Some([-1, 0]))),
        option(words::RIGHT, false, Message::Shifted(Some([1, 0]))),
        option(words::UP, false, Message::Shifted(Some([0, -1]))),
        option(words::DOWN, false, Message::Shifted(Some([0, 1]))),
    ];
    let parts = column![
        said(setup, skin, words::ADJUST_HINT),
        group(words::darkness(printer.darkness), darkness.into(), skin),
        group(words::position(printer.offset_mm()), places.into(), skin),
    ];
    press::tall(parts.spacing(skin.mm(press::APART_MM)), skin).into()
}

/// What a person sees of the sample, and then what the gun does.
pub(super) fn sample(setup: &Setup, skin: Skin) -> Element<'_, Message> {
    let palette = skin.palette;
    let print = &setup.print;
    let apart = skin.mm(press::APART_MM);
    let mut parts: Column<'_, Message> =
        column![said(setup, skin, words::sent(print.is_proved))].spacing(apart);
    let big =
        |text, font| fitted(text, font, skin.mm(11.0), palette.text).lines(2).shrink(skin.mm(7.0)).fill();
    if print.is_out {
        if setup.gun.is_some() && !print.is_read {
            parts = parts.push(big(words::READ_HINT, FACT));
            let unread = press::word(words::READ_SKIP, quiet(skin), palette.line, skin, Message::Skipped);
            let no = press::word(words::NOT_OUT, quiet(skin), palette.line, skin, Message::Out(false));
            parts = parts.push(row![unread, no].spacing(apart));
        }
    } else {
        let yes = press::word(words::OUT, AGREED, AGREED.fill, skin, Message::Out(true));
        let no = press::word(words::NOT_OUT, REFUSED, REFUSED.fill, skin, Message::Out(false));
        let off = press::word(words::ADJUST, quiet(skin), palette.line, skin, Message::Adjusting);
        parts = parts.push(big(words::OUT_HINT, FACT)).push(row![yes, no].spacing(apart)).push(off);
    }
    parts.into()
}

/// A device: what it calls itself, and a word about it.
fn card<'a>(what: &'a str, aside: String, is_taken: bool, skin: Skin) -> Element<'a, Message> {
    let palette = skin.palette;
    let coat = if is_taken { AGREED } else { quiet(skin) };
    let muted = if is_taken { coat.ink } else { palette.muted };
    let mut lines: Column<'a, Message> =
        column![fitted(what, FACT, skin.mm(6.4), coat.ink).shrink(skin.mm(4.6)).fill()];
    if !aside.is_empty() {
        lines = lines.push(fitted(aside, PLAIN, skin.mm(5.0), muted).lines(2).shrink(skin.mm(4.0)).fill());
    }
    let mut inside: Row<'a, Message> = row![].spacing(skin.mm(3.0)).align_y(alignment::Vertical::Center);
    if is_taken {
        inside = inside.push(icon(Shape::Tick, skin.mm(8.0), coat.ink));
    }
    let edge = if is_taken { coat.fill } else { palette.line };
    press::coated(inside.push(lines), coat, edge, skin.mm(press::CORNER_MM))
        .padding([0.0, skin.mm(4.0)])
        .width(Length::Fill)
        .center_y(skin.mm(press::TOUCH_MM))
        .into()
}

/// Of the code on the screen: twice what a label has at least, since panels are read from further off.
const MODULE_MM: f32 = 0.5;
const BARS_MM: f32 = 30.0;
