//! How the steps look: the way back and the way on at the top, what is said below them, and then what is asked.

use std::borrow::Cow;

use iced::widget::{Row, column, container, row, space};
use iced::{Element, Length, Size, alignment};

use super::state::{Message, Setup};
use super::step::{Field, POSTS, Said, Step};
use crate::config::Theme;
use crate::order::Store;
use crate::ui::Scale;
use crate::ui::theme::{AGREED, Coat, DONE, FACT, PLAIN, REFUSED, STRONG, Shape, Skin};
use crate::ui::widget::fitted::fitted;
use crate::ui::widget::icon::icon;
use crate::ui::widget::{keys, press};
use crate::words::{self as common, setup as words};

mod devices;

/// The step that shows, in `size` pixels.
pub fn page(setup: &Setup, size: Size) -> Element<'_, Message> {
    let screen = setup.screen();
    let skin = Skin { palette: screen.theme.palette(), scale: Scale::new(size.width, screen.width_mm) };
    let gap = skin.mm(press::GAP_MM);
    let inner = Size::new(size.width - 2.0 * gap, size.height - 2.0 * gap);
    let body: Element<'_, Message> = match setup.step {
        Step::Backend => typing(setup, skin, inner, words::BACKEND_HINT),
        Step::SignIn => typing(setup, skin, inner, words::SIGN_IN_HINT),
        Step::Name => typing(setup, skin, inner, words::NAME_HINT),
        Step::Address => typing(setup, skin, inner, words::ADDRESS_HINT),
        Step::Place => place(setup, skin),
        Step::Screen => panel_size(setup, skin, size),
        Step::Scanner => devices::scanner(setup, skin, size.height > size.width),
        Step::Printer => devices::printer(setup, skin),
        Step::Kind => devices::kind(setup, skin),
        Step::Label => devices::sample(setup, skin),
        Step::Adjust => devices::adjust(setup, skin),
        Step::Ready => ready(setup, skin),
        Step::Done => done(setup, skin),
    };
    container(column![head(setup, skin), body].spacing(gap))
        .padding(gap)
        .width(Length::Fill)
        .height(Length::Fill)
        .into()
}

/// The way back, what is asked, and the way on.
fn head(setup: &Setup, skin: Skin) -> Element<'_, Message> {
    let palette = skin.palette;
    let quiet = quiet(skin);
    let is_end = matches!(setup.step, Step::Backend | Step::Done);
    let back = if is_end { words::LEAVE } else { common::BACK };
    let back = container(press::word(back, quiet, palette.line, skin, Message::Back)).width(skin.mm(WAY_MM));
    let step = fitted(words::step(setup.step.number(), Step::COUNT), PLAIN, skin.mm(5.0), palette.muted);
    let title = fitted(heading(setup.step), FACT, skin.mm(9.0), palette.text).shrink(skin.mm(5.6)).fill();
    let on: Element<'_, Message> = match on(setup) {
        Some(label) if !setup.is_waiting() => press::word(label, AGREED, AGREED.fill, skin, Message::Next),
        _ => space().into(),
    };
    row![back, column![step, title].width(Length::Fill), container(on).width(skin.mm(WAY_MM))]
        .spacing(skin.mm(press::APART_MM))
        .align_y(alignment::Vertical::Center)
        .height(skin.mm(press::TOUCH_MM))
        .into()
}

fn heading(step: Step) -> &'static str {
    match step {
        Step::Backend => words::BACKEND,
        Step::SignIn => words::SIGN_IN,
        Step::Place => words::PLACE,
        Step::Name => words::NAME,
        Step::Screen => words::SCREEN,
        Step::Scanner => words::SCANNER,
        Step::Printer => words::PRINTER,
        Step::Address => words::ADDRESS,
        Step::Kind => words::KIND,
        Step::Label => words::LABEL,
        Step::Adjust => words::ADJUST_HEADING,
        Step::Ready => words::READY,
        Step::Done => words::DONE,
    }
}

/// What the way on is called; none where something has to be done first.
fn on(setup: &Setup) -> Option<&'static str> {
    match setup.step {
        Step::Scanner if setup.gun.is_none() => None,
        Step::Printer if setup.printer.is_none() => None,
        Step::Label if !setup.print.is_out || (setup.gun.is_some() && !setup.print.is_read) => None,
        Step::Kind | Step::Adjust => Some(words::PRINT),
        Step::Ready => Some(words::WRITE),
        Step::Done => Some(words::START),
        _ => Some(words::NEXT),
    }
}

/// What became of the last try, or what the step is about.
fn said<'a>(setup: &'a Setup, skin: Skin, hint: &'a str) -> Element<'a, Message> {
    let (coat, shape, lines): (Coat, Shape, Vec<(&str, f32)>) = match &setup.said {
        None => {
            let hint = fitted(hint, PLAIN, skin.mm(6.4), skin.palette.muted).lines(3).shrink(skin.mm(5.0));
            return container(hint.fill()).padding([0.0, skin.mm(2.0)]).width(Length::Fill).into();
        }
        Some(Said::Waiting(what)) => (quiet(skin), Shape::Clock, vec![(what, 7.0)]),
        Some(Said::Well(what)) => (AGREED, Shape::Tick, vec![(what, 7.0)]),
        Some(Said::Refused(told)) => {
            let mut lines = vec![(&*told.happened, 7.0), (&told.means, 5.6), (&told.remedy, 5.6)];
            lines.extend(told.detail.as_deref().map(|detail| (detail, 4.6)));
            (REFUSED, Shape::Cross, lines)
        }
    };
    let lines = lines.into_iter().enumerate().map(|(at, (line, size_mm))| {
        let font = if at == 0 { FACT } else { STRONG };
        fitted(line, font, skin.mm(size_mm), coat.ink).lines(3).shrink(skin.mm(4.2)).fill().into()
    });
    let lines = column(lines).spacing(skin.mm(0.6)).width(Length::Fill);
    let inside = row![icon(shape, skin.mm(9.0), coat.ink), lines]
        .spacing(skin.mm(4.0))
        .align_y(alignment::Vertical::Center);
    press::coated(inside, coat, coat.fill, skin.mm(press::CORNER_MM))
        .padding([skin.mm(2.4), skin.mm(4.0)])
        .width(Length::Fill)
        .into()
}

/// Fields side by side where there is room, and the keys.
fn typing<'a>(setup: &'a Setup, skin: Skin, inner: Size, hint: &'a str) -> Element<'a, Message> {
    let (width_mm, height_mm) = (skin.scale.in_mm(inner.width), skin.scale.in_mm(inner.height));
    let fields = setup.step.fields().iter().map(|asked| field(setup, *asked, skin));
    let is_wide = width_mm >= BESIDE_MM;
    let apart = skin.mm(press::APART_MM);
    let fields: Element<'_, Message> =
        if is_wide { row(fields).spacing(apart).into() } else { column(fields).spacing(apart).into() };
    let rows = if is_wide { 1.0 } else { setup.step.fields().len() as f32 };
    let used_mm = press::TOUCH_MM + rows * (FIELD_MM + press::APART_MM) + SAID_MM + 2.0 * press::GAP_MM;
    let keys_mm = height_mm - used_mm;
    if keys_mm < KEYS_LOW_MM && matches!(setup.said, Some(Said::Refused(_))) {
        // No room for both: keys come back when it has been read.
        let clear = fitted(common::CLEAR, PLAIN, skin.mm(6.4), skin.palette.muted).centred();
        let told = column![said(setup, skin, hint), clear].spacing(skin.mm(press::GAP_MM));
        let told = press::bare(told, Message::Focused(setup.focus));
        return column![fields, told].spacing(skin.mm(press::GAP_MM)).height(Length::Fill).into();
    }
    let keys_mm = keys_mm.clamp(KEYS_LOW_MM, KEYS_HIGH_MM);
    let keys = keys::board(skin, skin.mm(keys_mm), setup.layer, Message::Pressed);
    let told = container(said(setup, skin, hint)).height(Length::Fill).center_y(Length::Fill);
    column![fields, told, keys].spacing(skin.mm(press::GAP_MM)).height(Length::Fill).into()
}

/// What is typed, under what it is; secrets hidden but for the letter typed last.
fn field(setup: &Setup, asked: Field, skin: Skin) -> Element<'_, Message> {
    let palette = skin.palette;
    let is_here = setup.focus == asked;
    let typed = setup.typed(asked);
    let shown = if asked.is_secret() && !typed.is_empty() {
        words::hidden(typed.chars().count(), typed.chars().last().filter(|_| is_here))
    } else {
        typed.to_owned()
    };
    let ground = Coat { fill: palette.background, ink: palette.text };
    let mut written: Row<'_, Message> =
        row![fitted(shown, FACT, skin.mm(8.0), palette.text).shrink(skin.mm(4.6))];
    if is_here {
        let caret = Coat { fill: palette.text, ink: palette.text };
        written = written
            .push(press::coated(space(), caret, palette.text, 0.0).width(skin.mm(0.8)).height(skin.mm(9.0)));
    }
    let written = written.spacing(skin.mm(1.0)).align_y(alignment::Vertical::Center).height(skin.mm(10.0));
    let inside = column![fitted(asked.label(), STRONG, skin.mm(5.0), palette.muted), written];
    let edge = if is_here { palette.text } else { palette.line };
    press::pressable(inside, ground, edge, skin.mm(press::CORNER_MM), Message::Focused(asked))
        .padding([skin.mm(2.6), skin.mm(4.0)])
        .width(Length::Fill)
        .height(skin.mm(FIELD_MM))
        .into()
}

fn place(setup: &Setup, skin: Skin) -> Element<'_, Message> {
    let shops = Store::ALL
        .map(|store| (store.name().to_owned(), setup.stores.contains(&store), Message::Toggled(store)));
    let posts =
        POSTS.map(|post| (common::post(post).to_owned(), setup.post == Some(post), Message::Posted(post)));
    let said = said(setup, skin, words::PLACE_HINT);
    let parts =
        column![said, group(words::SHOPS, shops.into(), skin), group(words::STAGE, posts.into(), skin)];
    press::tall(parts.spacing(skin.mm(press::APART_MM)), skin).into()
}

fn panel_size(setup: &Setup, skin: Skin, size: Size) -> Element<'_, Message> {
    let across = 25.4 * size.width / size.width.hypot(size.height);
    let width_mm = setup.screen().width_mm;
    let sizes = INCHES.map(|inches| {
        let wide_mm = (inches * across).round();
        (words::inches(inches), (wide_mm - width_mm).abs() < WIDTH_NEAR_MM, Message::Sized(wide_mm))
    });
    let themes = [(words::DARK, Theme::Dark), (words::LIGHT, Theme::Light)]
        .map(|(name, theme)| (name.to_owned(), setup.screen().theme == theme, Message::Themed(theme)));
    let said = said(setup, skin, words::SCREEN_HINT);
    let parts =
        column![said, group(words::INCHES, sizes.into(), skin), group(words::COLOURS, themes.into(), skin)];
    press::tall(parts.spacing(skin.mm(press::APART_MM)), skin).into()
}

fn ready(setup: &Setup, skin: Skin) -> Element<'_, Message> {
    let Some(draft) = setup.draft() else { return space().into() };
    let stores: Vec<Store> = draft.stores.iter().copied().collect();
    let printer = draft.printer.as_ref().map(|printer| &*printer.transport);
    let account = (&*draft.url, &*draft.email);
    let gun = (setup.gun_name(), draft.repeat_guard);
    let lines = words::summary(&draft.name, draft.post, &stores, account, gun, printer);
    let said = said(setup, skin, words::READY_HINT);
    column![said, table(lines.into(), skin)].spacing(skin.mm(press::APART_MM)).into()
}

fn done(setup: &Setup, skin: Skin) -> Element<'_, Message> {
    let palette = skin.palette;
    let files = setup.files.iter().map(|file| {
        let file = file.display().to_string();
        fitted(file, FACT, skin.mm(7.4), palette.text).lines(2).shrink(skin.mm(5.0)).fill().into()
    });
    let parts = column![
        said(setup, skin, words::DONE_HINT),
        fitted(words::FILES, STRONG, skin.mm(6.0), palette.muted),
        column(files).spacing(skin.mm(3.0)),
    ];
    press::panel(parts.spacing(skin.mm(press::APART_MM)), skin)
        .padding(skin.mm(5.0))
        .width(Length::Fill)
        .height(Length::Fill)
        .into()
}

/// A line each: what it is, and how it is.
fn table<'a>(lines: Vec<(&'static str, String)>, skin: Skin) -> Element<'a, Message> {
    let palette = skin.palette;
    let lines = lines.into_iter().map(|(what, how)| {
        let what = container(fitted(what, STRONG, skin.mm(6.4), palette.muted)).width(skin.mm(50.0));
        let how = fitted(how, FACT, skin.mm(8.0), palette.text).shrink(skin.mm(5.0)).fill();
        row![what, how].align_y(alignment::Vertical::Center).into()
    });
    let lines = column(lines).spacing(skin.mm(5.0));
    press::panel(lines, skin).padding(skin.mm(5.0)).width(Length::Fill).height(Length::Fill).into()
}

/// A heading, and what can be chosen under it: as many beside each other as have room.
fn group<'a>(
    heading: impl Into<Cow<'a, str>>,
    options: Vec<(String, bool, Message)>,
    skin: Skin,
) -> Element<'a, Message> {
    let apart = skin.mm(press::APART_MM);
    let options = options.into_iter().map(|(label, is_on, message)| {
        let coat = if is_on { DONE } else { quiet(skin) };
        let edge = if is_on { DONE.fill } else { skin.palette.line };
        let mut inside: Row<'a, Message> = row![].spacing(skin.mm(2.6));
        if is_on {
            inside = inside.push(icon(Shape::Tick, skin.mm(6.4), coat.ink));
        }
        let said = fitted(label, STRONG, skin.mm(7.0), coat.ink).shrink(skin.mm(4.6));
        let inside = inside.push(said).align_y(alignment::Vertical::Center);
        press::pressable(
            container(inside).center(Length::Fill),
            coat,
            edge,
            skin.mm(press::CORNER_MM),
            message,
        )
        .width(skin.mm(OPTION_MM))
        .height(skin.mm(press::TOUCH_MM))
        .padding([0.0, skin.mm(3.0)])
        .into()
    });
    let heading = fitted(heading, STRONG, skin.mm(6.0), skin.palette.muted);
    let options = row(options).spacing(apart).wrap().vertical_spacing(apart);
    column![heading, options].spacing(skin.mm(2.0)).into()
}

fn quiet(skin: Skin) -> Coat {
    Coat { fill: skin.palette.raised, ink: skin.palette.text }
}

/// Width of the ways back and on.
const WAY_MM: f32 = 38.0;

/// Height of a field: its name, and a line of large letters.
const FIELD_MM: f32 = 22.0;

/// Width from which two fields stand beside each other.
const BESIDE_MM: f32 = 200.0;

/// Height that what is said needs.
const SAID_MM: f32 = 32.0;

/// Keys are no easier to hit when they are higher, and shrink before what is said does.
const KEYS_HIGH_MM: f32 = 5.0 * press::TOUCH_MM + 4.0 * keys::KEYS_APART_MM;
const KEYS_LOW_MM: f32 = 5.0 * 13.0 + 4.0 * keys::KEYS_APART_MM;

/// Width of what is chosen: `Decorating` with its tick.
const OPTION_MM: f32 = 58.0;

/// A width that was measured is a panel's.
const WIDTH_NEAR_MM: f32 = 3.0;

/// The panels that are sold, corner to corner.
const INCHES: [f32; 7] = [10.1, 12.1, 13.3, 15.6, 18.5, 21.5, 24.0];
