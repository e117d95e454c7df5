//! ESC/POS by Epson's reference.

use super::{Desk, Mood, Picture, dots};

#[derive(Default)]
pub struct Machine {
    unread: Vec<u8>,
    rows: Picture,
    /// Whether it was told to tell of its paper unasked.
    tells_paper: bool,
}

impl super::Machine for Machine {
    fn hear(&mut self, bytes: &[u8], desk: &mut Desk) {
        for &byte in bytes {
            desk.taken(1);
            self.take(byte, desk);
        }
        // Without paper it is offline: what it has heard waits, but for real-time commands.
        while !desk.is_paper_out()
            && let Some(taken) = self.command(desk)
        {
            self.unread.drain(..taken);
        }
    }

    fn work(&mut self, _: &mut Desk) {}

    fn is_full(&self, desk: &Desk) -> bool {
        desk.is_paper_out() && self.unread.len() >= MEMORY_BYTES
    }
}

impl Machine {
    /// Takes a byte in; real-time commands are obeyed at once, even in the middle of a picture.
    fn take(&mut self, byte: u8, desk: &mut Desk) {
        self.unread.push(byte);
        if let [.., 0x10, 0x04, about @ (1..=8 | 18)] = self.unread[..] {
            self.unread.truncate(self.unread.len() - 3);
            desk.asked(3);
            tell(about, desk);
        }
    }

    /// Obeys the first command, and tells its length; none when it is not whole.
    fn command(&mut self, desk: &mut Desk) -> Option<usize> {
        let bytes = std::mem::take(&mut self.unread);
        let taken = self.obey(&bytes, desk);
        self.unread = bytes;
        taken
    }

    fn obey(&mut self, bytes: &[u8], desk: &mut Desk) -> Option<usize> {
        match *bytes {
            // To where it is torn off, or to where the next label begins.
            [0x1b, b'd', 1..=255, ..] => {
                self.tear_off(desk);
                Some(3)
            }
            [0x1d, 0x0c, ..] => {
                self.tear_off(desk);
                Some(2)
            }
            []
            | [0x10 | 0x1b | 0x1d]
            | [0x1b, b'd']
            | [0x10, 0x04]
            | [0x1d, _]
            | [0x1d, b'(', _]
            | [0x1d, b'(', _, _] => None,
            [0x1b, b'@', ..] => {
                self.tells_paper = false;
                Some(2)
            }
            [0x1d, b'a', what @ (0x0e | 0), ..] => {
                self.tells_paper = what != 0;
                self.tell_paper(desk);
                Some(3)
            }
            [0x1d, b'V', b'A', ..] if bytes.len() < 4 => None,
            [0x1d, b'V', b'A', _, ..] => {
                desk.out(std::mem::take(&mut self.rows));
                Some(4)
            }
            [0x1d, b'v', b'0', ..] => self.raster(bytes, desk),
            [0x1d, b'(', _, low, high, ..] => {
                let length = 5 + usize::from(low) + usize::from(high) * 256;
                extended(bytes.get(..length)?, desk);
                Some(length)
            }
            [stray, ..] => {
                desk.stray(&[stray]);
                Some(1)
            }
        }
    }

    fn raster(&mut self, bytes: &[u8], desk: &mut Desk) -> Option<usize> {
        let header = bytes.get(..8)?;
        let (width, height) = (usize::from(header[4]) + 256 * usize::from(header[5]), usize::from(header[6]));
        let picture = bytes.get(8..8 + width * height)?;
        self.rows.extend(picture.chunks(width.max(1)).map(|row| dots(row, 1)));
        desk.drawn();
        self.tell_paper(desk);
        Some(8 + width * height)
    }

    fn tear_off(&mut self, desk: &mut Desk) {
        if !self.rows.is_empty() {
            desk.out(std::mem::take(&mut self.rows));
        }
    }

    /// The four bytes of `GS a`.
    fn tell_paper(&self, desk: &mut Desk) {
        if self.tells_paper && matches!(desk.mood(), Mood::Healthy | Mood::NearEnd | Mood::PaperOutInJob) {
            let paper = if desk.mood() == Mood::NearEnd { 0x03 } else { 0 };
            let status = if desk.is_paper_out() { [0x18, 0, 0x0f, 0x0f] } else { [0x10, 0, paper, 0x0f] };
            desk.says.extend(status);
        }
    }
}

/// A small printer's.
const MEMORY_BYTES: usize = 4096;

fn extended(command: &[u8], desk: &mut Desk) {
    match *command {
        // Which real-time commands are obeyed; density; speed.
        [0x1d, b'(', b'D', 5, 0, 0x14, 1, 0 | 1, 2, 0 | 1]
        | [0x1d, b'(', b'K', 2, 0, 49, 0..=8 | 250..=255]
        | [0x1d, b'(', b'K', 2, 0, 50, 0..=13] => {}
        [0x1d, b'(', b'H', 6, 0, 0x30, 0x30, ref mark @ ..] => {
            let proof = [&[0x37, 0x22], mark, &[0]].concat();
            match desk.mood() {
                Mood::Healthy | Mood::NearEnd | Mood::Slow => desk.says.extend(proof),
                Mood::ProvesLate => {
                    desk.wait_while(Mood::ProvesLate);
                    desk.says.extend(proof);
                }
                Mood::ProvesAnother => desk.says.extend([0x37, 0x22, b'~', b'~', b'~', b'~', 0]),
                _ => {}
            }
        }
        _ => desk.stray(command),
    }
}

/// Answers `DLE EOT about`.
fn tell(about: u8, desk: &mut Desk) {
    let mood = desk.mood();
    let if_so = |is_so: bool, bits: u8| if is_so { bits } else { 0 };
    let (is_out, is_open) = (desk.is_paper_out(), mood == Mood::CoverOpen);
    let status = match about {
        1 => 0x16 | if_so(is_out || is_open || mood == Mood::Paused, 0x08),
        2 => 0x12 | if_so(is_out, 0x20) | if_so(is_open, 0x04),
        3 => 0x12,
        4 => 0x12 | if_so(is_out, 0x6c) | if_so(mood == Mood::NearEnd, 0x0c),
        other => return desk.stray(&[0x10, 0x04, other]),
    };
    desk.answer(&[status]);
}
