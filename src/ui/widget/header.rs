//! The top of the screen: stage, shops, name, chips and the time. As high in trouble as in peace, so that nothing below it
//! moves, and one thing to press: it tells what the chips mean.

use iced::widget::{Row, column, container, row, space};
use iced::{Element, Length, alignment};

use super::fitted::fitted;
use super::{chip, press};
use crate::station::View;
use crate::ui::Look;
use crate::ui::theme::{FACT, PLAIN, STRONG, Skin};
use crate::words::{self, Chip, Clock, Mood};

/// The header of a screen `width_mm` wide, from the screen's edge down to what stands below it.
pub fn header<'a, Message: Clone + 'a>(
    view: &'a View,
    look: &'a Look,
    skin: Skin,
    clock: &Clock,
    width_mm: f32,
    on_press: Message,
) -> Element<'a, Message> {
    let time = fitted(words::hour(clock.now, clock), STRONG, skin.mm(6.2), skin.palette.text);
    let chips = chip::all(view, clock);
    let middle = alignment::Vertical::Center;
    let body: Element<'a, Message> = if width_mm >= ONE_LINE_MM {
        let (who_mm, chips) = shared(look, chips, width_mm - CLOCK_MM);
        let line = row![who(look, skin, who_mm), space().width(Length::Fill), shown(chips, skin), time];
        container(line.spacing(skin.mm(4.4)).align_y(middle)).center_y(skin.mm(press::TOUCH_MM)).into()
    } else {
        let first =
            row![who(look, skin, width_mm - CLOCK_MM), space().width(Length::Fill), time].align_y(middle);
        let chips = fitting(chips, width_mm);
        let lines = column![first, shown(chips, skin)].spacing(skin.mm(1.8));
        container(lines).center_y(skin.mm(TWO_LINES_MM)).into()
    };
    let body = container(body).padding([0.0, skin.mm(1.0)]).width(Length::Fill);
    press::bare(body, on_press)
}

/// Height of the header of a screen `width_mm` wide.
pub fn height_mm(width_mm: f32) -> f32 {
    if width_mm >= ONE_LINE_MM { press::TOUCH_MM } else { TWO_LINES_MM }
}

/// How far what names the station may reach, and the chips beside it: names give way to what is wrong.
fn shared(look: &Look, chips: Vec<Chip>, width_mm: f32) -> (f32, Vec<Chip>) {
    let wanted_mm: f32 = names_mm(look).iter().sum();
    let chips_mm: f32 = chips.iter().map(width).sum();
    if wanted_mm + chips_mm <= width_mm {
        return (wanted_mm, chips);
    }
    let chips = fitting(chips, width_mm - names_mm(look)[0]);
    let left_mm = width_mm - chips.iter().map(width).sum::<f32>();
    (left_mm, chips)
}

/// Stage, shops and name, as far as `room_mm` has room for them; the stage always.
fn who<'a, Message: 'a>(look: &'a Look, skin: Skin, room_mm: f32) -> Row<'a, Message> {
    let palette = skin.palette;
    let [stage_mm, stores_mm, name_mm] = names_mm(look);
    let mut names = row![fitted(words::post(look.post), FACT, skin.mm(7.4), palette.text)];
    if stage_mm + stores_mm <= room_mm {
        names = names.push(fitted(words::stores(&look.stores), PLAIN, skin.mm(5.6), palette.muted));
        if stage_mm + stores_mm + name_mm <= room_mm {
            names = names.push(chip::name(&look.station, skin));
        }
    }
    names.spacing(skin.mm(4.4)).align_y(alignment::Vertical::Center)
}

fn names_mm(look: &Look) -> [f32; 3] {
    let letters = |text: &str| text.chars().count() as f32;
    [
        letters(words::post(look.post)) * 4.3 + 4.4,
        letters(&words::stores(&look.stores)) * 2.9 + 4.4,
        letters(&look.station) * CHIP_LETTER_MM + CHIP_EDGE_MM,
    ]
}

/// The chips that have room: what is well gives way first, then the last ones are counted instead of named.
fn fitting(mut chips: Vec<Chip>, room_mm: f32) -> Vec<Chip> {
    let needs = |chips: &[Chip]| chips.iter().map(width).sum::<f32>();
    if needs(&chips) > room_mm {
        chips.retain(|chip| chip.mood >= Mood::Warned);
    }
    let mut left_out = 0;
    while chips.len() > 1 && needs(&chips) + if left_out > 0 { CHIP_EDGE_MM + 6.0 } else { 0.0 } > room_mm {
        chips.pop();
        left_out += 1;
    }
    if left_out > 0 {
        chips.push(Chip { text: format!("+{left_out}"), mood: Mood::Faulty });
    }
    chips
}

fn shown<'a, Message: 'a>(chips: Vec<Chip>, skin: Skin) -> Row<'a, Message> {
    let chips = chips.into_iter().map(|said| chip::chip(said, skin));
    row(chips).spacing(skin.mm(3.0)).align_y(alignment::Vertical::Center)
}

fn width(chip: &Chip) -> f32 {
    chip.text.chars().count() as f32 * CHIP_LETTER_MM + CHIP_EDGE_MM
}

/// From this width on everything stands on one line.
const ONE_LINE_MM: f32 = 260.0;

/// Height of two lines: more than a gloved finger needs.
const TWO_LINES_MM: f32 = 25.0;

/// The time with its distance.
const CLOCK_MM: f32 = 26.0;

/// Width of a letter of a chip, somewhat more than Inter's mean.
const CHIP_LETTER_MM: f32 = 2.7;

/// Dot, edges and distance of a chip.
const CHIP_EDGE_MM: f32 = 12.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn chip(text: &str, mood: Mood) -> Chip {
        Chip { text: text.to_owned(), mood }
    }

    #[test]
    fn what_is_well_gives_way_to_what_is_not() {
        let chips = || vec![chip("Online", Mood::Well), chip("Printer bench: no paper", Mood::Faulty)];
        assert_eq!(fitting(chips(), 200.0), chips());
        assert_eq!(fitting(chips(), 80.0), chips()[1..]);
    }

    #[test]
    fn what_has_no_room_is_counted() {
        let chips = vec![chip("Printer bench: no paper", Mood::Faulty); 4];
        let shown = fitting(chips, 160.0);
        assert_eq!(shown.len(), 2);
        assert_eq!(shown[1].text, "+3");
    }
}
