//! Key events → what a gun typed, by the keys of a US keyboard, which is how guns are shipped and what the host's own layout
//! would make `£` of `#` of. Pure.

use std::time::Duration;

/// One `struct input_event` (Linux's `input.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scanner) struct Event {
    /// When, by the kernel's clock: a busy program hears keys late, and never at another time.
    pub at: Duration,
    /// `EV_…`.
    pub kind: u16,
    /// `KEY_…`, where it is a key.
    pub code: u16,
    /// Of a key: 1 down, 0 up, 2 held.
    pub value: i32,
}

/// What a gun typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stroke {
    /// A character; Enter is CR.
    Char(char),
    /// Keys were lost here: nothing up to the next end of a code is whole.
    Lost,
}

/// Follows the keys of one gun.
#[derive(Clone, Debug, Default)]
pub(super) struct Wedge {
    /// Left and right of shift, ctrl and alt, by their place in [`MODIFIERS`].
    held: [bool; MODIFIERS.len()],
    /// The digits typed on the keypad since Alt went down.
    alt_code: Option<AltCode>,
    last_at: Option<Duration>,
    is_amid: bool,
    is_dropping: bool,
}

impl Wedge {
    /// Takes the next event; what it completed.
    pub fn event(&mut self, event: Event) -> Option<Stroke> {
        match (event.kind, event.code) {
            // The kernel's buffer overflowed: all up to the next report is void, and so is what is known of the keys.
            (EV_SYN, SYN_DROPPED) => {
                *self = Self { is_dropping: true, is_amid: true, ..Self::default() };
                Some(Stroke::Lost)
            }
            (EV_SYN, SYN_REPORT) => {
                self.is_dropping = false;
                None
            }
            (EV_KEY, code) if !self.is_dropping => {
                let letter = self.key(code, event.value)?;
                Some(self.stroke(event.at, letter))
            }
            _ => None,
        }
    }

    fn stroke(&mut self, at: Duration, letter: char) -> Stroke {
        let gap = self.last_at.replace(at).map(|last| at.saturating_sub(last));
        if matches!(letter, '\r' | '\n' | '\t' | '\x02' | '\x03') {
            self.is_amid = false;
        } else if std::mem::replace(&mut self.is_amid, true) && gap.is_some_and(|gap| gap >= LULL) {
            return Stroke::Char(char::REPLACEMENT_CHARACTER);
        }
        Stroke::Char(letter)
    }

    fn key(&mut self, code: u16, value: i32) -> Option<char> {
        if let Some(place) = MODIFIERS.iter().position(|modifier| *modifier == code) {
            let was_alt = self.is_held(ALT);
            self.held[place] = value != 0;
            let is_released = was_alt && !self.is_held(ALT);
            return self.alt_code.take_if(|_| is_released).map(AltCode::letter);
        }
        // No gun holds a key down: what repeats is a release that came late.
        if value != 1 {
            return None;
        }
        let (plain, shifted) = letters(code)?;
        match () {
            () if self.is_held(ALT) => {
                let digit = KEYPAD.contains(&code).then(|| plain.to_digit(10)).flatten();
                let Some(digit) = digit else { return Some(char::REPLACEMENT_CHARACTER) };
                self.alt_code.get_or_insert_default().push(digit);
                None
            }
            () if self.is_held(CTRL) => Some(control(if self.is_held(SHIFT) { shifted } else { plain })),
            () if self.is_held(SHIFT) => Some(shifted),
            () => Some(plain),
        }
    }

    fn is_held(&self, [left, right]: [usize; 2]) -> bool {
        self.held[left] || self.held[right]
    }
}

/// A character typed by its number, as guns do that are to work with any layout: Alt+035 or Alt+0035 is `#`.
#[derive(Clone, Copy, Debug, Default)]
struct AltCode {
    value: u32,
    digits: u32,
    /// A zero in front: the number is one of Windows-1252, and else of code page 437. Both begin with ASCII.
    is_windows: bool,
}

impl AltCode {
    fn push(&mut self, digit: u32) {
        self.is_windows |= self.digits == 0 && digit == 0;
        self.digits += 1;
        self.value = self.value.saturating_mul(10).saturating_add(digit);
    }

    fn letter(self) -> char {
        match self.value {
            1..0x80 => char::from_u32(self.value),
            // Above its 32 own marks Windows-1252 is Latin-1, and that is Unicode.
            0xa0..=0xff if self.is_windows => char::from_u32(self.value),
            _ => None,
        }
        .unwrap_or(char::REPLACEMENT_CHARACTER)
    }
}

/// What a key types without and with shift; none of one that types nothing, such as Caps Lock, which is let be: guns send
/// shift with it.
fn letters(code: u16) -> Option<(char, char)> {
    let both = |plain| Some((plain, plain));
    match code {
        KEY_ENTER | KEY_KPENTER => return both('\r'),
        KEY_TAB => return both('\t'),
        KEY_SPACE => return both(' '),
        _ => {}
    }
    ROWS.iter().find_map(|(first, plain, shifted)| {
        let at = usize::from(code.checked_sub(*first)?);
        Some((char::from(*plain.get(at)?), char::from(*shifted.get(at)?)))
    })
}

/// Ctrl and a letter or mark is one of ASCII's control characters: Ctrl+B is STX, Ctrl+] is GS.
fn control(letter: char) -> char {
    match letter.to_ascii_uppercase() {
        letter @ '@'..='_' => char::from(letter as u8 & 0x1f),
        end @ ('\r' | '\t') => end,
        _ => char::REPLACEMENT_CHARACTER,
    }
}

/// The codes of each row of keys, from the first on (`input-event-codes.h`), by what they type on a US keyboard.
const ROWS: [(u16, &[u8], &[u8]); 9] = [
    (2, b"1234567890-=", b"!@#$%^&*()_+"),
    (16, b"qwertyuiop[]", b"QWERTYUIOP{}"),
    (30, b"asdfghjkl;'`", b"ASDFGHJKL:\"~"),
    (43, b"\\zxcvbnm,./", b"|ZXCVBNM<>?"),
    (55, b"*", b"*"),
    (71, b"789-456+1230.", b"789-456+1230."),
    (98, b"/", b"/"),
    (117, b"=", b"="),
    (121, b",", b","),
];
const KEYPAD: std::ops::RangeInclusive<u16> = 71..=83;
const KEY_TAB: u16 = 15;
const KEY_ENTER: u16 = 28;
const KEY_SPACE: u16 = 57;
const KEY_KPENTER: u16 = 96;

/// Left and right each of shift, ctrl and alt.
const MODIFIERS: [u16; 6] = [42, 54, 29, 97, 56, 100];
const SHIFT: [usize; 2] = [0, 1];
const CTRL: [usize; 2] = [2, 3];
const ALT: [usize; 2] = [4, 5];

const EV_SYN: u16 = 0;
const EV_KEY: u16 = 1;
const SYN_REPORT: u16 = 0;
const SYN_DROPPED: u16 = 3;

/// Between two keys of one code: guns that are told to type slowly still do it in tens of milliseconds. Whoever scans what comes
/// after it is answered, and not with half a code.
const LULL: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
