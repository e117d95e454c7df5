//! Keys on the screen, for gloved fingers.

use iced::widget::{column, container, row};
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
    /// Shows other letters.
    Layer(Layer),
}

/// Which letters the keys write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layer {
    /// Small letters.
    #[default]
    Small,
    /// Capitals.
    Capitals,
    /// Signs.
    Signs,
}

/// The keys of a search in `height_px`, as wide as there is room: a word's letters, in any case.
pub fn keys<'a, Message: Clone + 'a>(
    skin: Skin,
    height_px: f32,
    on: fn(Key) -> Message,
) -> Element<'a, Message> {
    let letter = |letter: char| (letter.to_uppercase().to_string(), 1, Key::Letter(letter));
    let mut lines: Vec<Vec<Cap>> = ROWS.iter().map(|letters| letters.chars().map(letter).collect()).collect();
    lines[2].push((words::KEY_DELETE.to_owned(), 1, Key::Delete));
    lines[3].push((words::KEY_SPACE.to_owned(), 2, Key::Letter(' ')));
    lines[3].push((words::KEY_CLEAR.to_owned(), 1, Key::Clear));
    laid(lines, skin, height_px, on)
}

/// The keys of everything that an address or a password may have, in `height_px`.
pub fn board<'a, Message: Clone + 'a>(
    skin: Skin,
    height_px: f32,
    layer: Layer,
    on: fn(Key) -> Message,
) -> Element<'a, Message> {
    let rows = if layer == Layer::Signs { SIGNS } else { ROWS };
    let letter = |letter: char| {
        let letter = if layer == Layer::Capitals { letter.to_ascii_uppercase() } else { letter };
        (letter.to_string(), 1, Key::Letter(letter))
    };
    let mut lines: Vec<Vec<Cap>> = rows.iter().map(|letters| letters.chars().map(letter).collect()).collect();
    lines[2].push((words::KEY_DELETE.to_owned(), 1, Key::Delete));
    let to = |wanted: Layer, label: &str| {
        let (label, layer) = if layer == wanted { (words::KEY_SMALL, Layer::Small) } else { (label, wanted) };
        (label.to_owned(), 1, Key::Layer(layer))
    };
    lines[3].insert(0, to(Layer::Capitals, words::KEY_CAPITALS));
    lines[3].extend(['.', '@'].map(letter));
    let mut last = vec![to(Layer::Signs, words::KEY_SIGNS)];
    last.extend(['-', '_', '/', ':'].map(letter));
    last.push((words::KEY_SPACE.to_owned(), 3, Key::Letter(' ')));
    last.push((words::KEY_CLEAR.to_owned(), 2, Key::Clear));
    lines.push(last);
    laid(lines, skin, height_px, on)
}

/// What stands on a key, how many keys wide it is, and what it does.
type Cap = (String, u16, Key);

fn laid<'a, Message: Clone + 'a>(
    lines: Vec<Vec<Cap>>,
    skin: Skin,
    height_px: f32,
    on: fn(Key) -> Message,
) -> Element<'a, Message> {
    let gap = skin.mm(KEYS_APART_MM);
    let key_px = (height_px - gap * (lines.len() - 1) as f32) / lines.len() as f32;
    let coat = Coat { fill: skin.palette.raised, ink: skin.palette.text };
    let key = |(label, share, key): Cap| {
        let size_mm = if label.chars().count() == 1 { 8.0 } else { 5.6 };
        let said = fitted(label, STRONG, skin.mm(size_mm), coat.ink).shrink(skin.mm(3.0));
        pressable(container(said).center(Length::Fill), coat, coat.fill, skin.mm(2.4), on(key))
            .width(Length::FillPortion(share))
            .height(key_px)
            .into()
    };
    let line = |caps: Vec<Cap>| row(caps.into_iter().map(key)).spacing(gap).into();
    column(lines.into_iter().map(line)).spacing(gap).into()
}

/// Ten keys in a row, the last places of the lower rows being words.
const ROWS: [&str; 4] = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];

/// All signs of ASCII, with those that every layer has.
const SIGNS: [&str; 4] = ["1234567890", "!\"#$%&'()*", "+,;<=>?[]", "\\^`{|}~"];

/// Between two keys: a wrong letter does nothing that the next touch does not mend, so they stand closer than buttons that
/// act.
pub const KEYS_APART_MM: f32 = 2.0;

/// Width of ten keys as wide as a gloved finger needs.
pub const KEYS_WIDE_MM: f32 = 10.0 * super::press::TOUCH_MM + 9.0 * KEYS_APART_MM;
