//! Keys on the screen, for gloved fingers.

use iced::widget::{Column, Row, column, container, row};
use iced::{Element, Length};

use super::fitted::fitted;
use super::press::pressable;
use crate::ui::theme::{Coat, STRONG, Skin};
use crate::words;

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Writes.
    Letter(char),
    /// Takes the last letter back.
    Delete,
    /// Takes all back.
    Clear,
}

/// The keys in `height_px`, as wide as there is room.
pub fn keys<'a, Message: Clone + 'a>(
    skin: Skin,
    height_px: f32,
    on: fn(Key) -> Message,
) -> Element<'a, Message> {
    let gap = skin.mm(KEYS_APART_MM);
    let key_px = (height_px - gap * (ROWS.len() - 1) as f32) / ROWS.len() as f32;
    let coat = Coat { fill: skin.palette.raised, ink: skin.palette.text };
    let key = |label: String, size_mm: f32, share: u16, key: Key| -> Element<'a, Message> {
        let said = fitted(label, STRONG, skin.mm(size_mm), coat.ink).shrink(skin.mm(3.0));
        pressable(container(said).center(Length::Fill), coat, coat.fill, skin.mm(2.4), on(key))
            .width(Length::FillPortion(share))
            .height(key_px)
            .into()
    };
    let letter = |letter: char| key(letter.to_uppercase().collect(), 8.0, SHARE, Key::Letter(letter));
    let word = |label: &str, share: u16, does: Key| key(label.to_owned(), 5.6, share, does);
    let mut lines: Column<'a, Message> = column![].spacing(gap);
    for (at, letters) in ROWS.into_iter().enumerate() {
        let mut line: Row<'a, Message> = letters.chars().map(letter).fold(row![].spacing(gap), Row::push);
        line = match at {
            2 => line.push(word(words::KEY_DELETE, SHARE, Key::Delete)),
            3 => line.push(word(words::KEY_SPACE, SHARE * 2, Key::Letter(' '))).push(word(
                words::KEY_CLEAR,
                SHARE,
                Key::Clear,
            )),
            _ => line,
        };
        lines = lines.push(line);
    }
    lines.into()
}

/// Ten keys in a row, the last places of the lower rows being words.
const ROWS: [&str; 4] = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];

/// Of the width, a key.
const SHARE: u16 = 2;

/// Between two keys: a wrong letter does nothing that the next touch does not mend, so they stand closer than buttons that
/// act.
pub const KEYS_APART_MM: f32 = 2.0;

/// Width of ten keys as wide as a gloved finger needs.
pub const KEYS_WIDE_MM: f32 = 10.0 * super::press::TOUCH_MM + 9.0 * KEYS_APART_MM;
