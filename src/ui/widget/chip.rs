//! Chips: quiet while all is well, coloured with words when not.

use iced::widget::{container, row, space};
use iced::{Color, Element, alignment};

use super::fitted::fitted;
use super::press::coated;
use crate::station::View;
use crate::ui::theme::{Coat, NOT_HERE, REFUSED, STRONG, Skin};
use crate::words::{self, Chip, Clock, Mood};

/// The chips of everything that can be unwell, in a fixed order.
pub fn all(view: &View, clock: &Clock) -> Vec<Chip> {
    let mut chips = Vec::new();
    chips.extend(view.journal_fault.as_ref().map(words::store_chip));
    if !view.notices.is_empty() {
        chips.push(words::notice_chip());
    }
    if view.newer > 0 {
        chips.push(words::newer_chip());
    }
    if view.freeze.is_some() {
        chips.push(words::frozen_chip());
    }
    chips.push(words::link_chip(&view.link, view.down_since, clock));
    chips.extend(view.summary.as_deref().map(words::summary_chip));
    let is_alone = view.scanners.len() == 1;
    chips.extend(
        view.scanners
            .iter()
            .map(|scanner| words::scanner_chip((!is_alone).then_some(&*scanner.name), &scanner.state)),
    );
    chips.extend(
        view.printers
            .iter()
            .map(|printer| words::printer_chip(&printer.name, &printer.state, printer.warnings.first())),
    );
    chips.push(words::waiting_chip(&view.waiting, clock));
    if view.queue.unreadable > 0 {
        chips.push(words::unreadable_chip(view.queue.unreadable));
    }
    chips
}

/// One chip.
pub fn chip<'a, Message: 'a>(chip: Chip, skin: Skin) -> Element<'a, Message> {
    let palette = skin.palette;
    let quiet = Coat { fill: palette.panel, ink: palette.text };
    let (coat, edge, dot) = match chip.mood {
        Mood::Well => (quiet, palette.line, palette.well),
        Mood::Unknown => (quiet, palette.line, palette.muted),
        Mood::Warned => (quiet, NOT_HERE.fill, NOT_HERE.fill),
        Mood::Faulty => (REFUSED, REFUSED.fill, REFUSED.ink),
    };
    let inside = row![spot(dot, skin.mm(2.2)), fitted(chip.text, STRONG, skin.mm(5.0), coat.ink)]
        .spacing(skin.mm(1.6))
        .align_y(alignment::Vertical::Center);
    coated(inside, coat, edge, skin.mm(1.9)).padding([skin.mm(1.5), skin.mm(2.4)]).into()
}

/// Words in a chip's frame, without a dot.
pub fn name<'a, Message: 'a>(text: &'a str, skin: Skin) -> Element<'a, Message> {
    let coat = Coat { fill: skin.palette.panel, ink: skin.palette.text };
    coated(fitted(text, STRONG, skin.mm(5.0), coat.ink), coat, skin.palette.line, skin.mm(1.9))
        .padding([skin.mm(1.5), skin.mm(2.4)])
        .into()
}

fn spot<'a, Message: 'a>(color: Color, side: f32) -> Element<'a, Message> {
    let coat = Coat { fill: color, ink: color };
    coated(container(space()).width(side).height(side), coat, color, side / 2.0).into()
}
