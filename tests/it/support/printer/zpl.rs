//! ZPL by Zebra's programming guide.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Desk, Machine as _, Mood, Outlet, Picture, dots};

#[derive(Default)]
pub struct Machine {
    /// What of a command has come, from its prefix on.
    command: String,
    is_in_format: bool,
    field: Picture,
    origin: (usize, usize),
    width: usize,
    label: Option<Picture>,
    copies: usize,
    outlet: Outlet,
}

impl super::Machine for Machine {
    fn hear(&mut self, bytes: &[u8], desk: &mut Desk) {
        for &byte in bytes {
            desk.taken(1);
            match byte {
                b'^' | b'~' => {
                    self.obey(desk);
                    self.command.push(byte as char);
                }
                b'\r' | b'\n' => {}
                _ if !byte.is_ascii_graphic() || self.command.is_empty() => desk.stray(&[byte]),
                _ => self.command.push(byte as char),
            }
            // What has no parameters is obeyed at once.
            if ["~HS", "~JA", "^XA", "^XZ", "^FS"].contains(&&*self.command) {
                self.obey(desk);
            }
        }
    }

    fn work(&mut self, desk: &mut Desk) {
        self.outlet.work(desk);
    }
}

impl Machine {
    fn obey(&mut self, desk: &mut Desk) {
        let command = std::mem::take(&mut self.command);
        let Some((name, rest)) = command.split_at_checked(3) else {
            return desk.stray(command.as_bytes());
        };
        let number = || rest.parse::<usize>().ok();
        let is_known = match name {
            "~HS" => {
                desk.asked(3);
                self.work(desk);
                self.status(desk);
                true
            }
            "~JA" => {
                *self = Self::default();
                true
            }
            "~SD" => rest.len() == 2 && number().is_some_and(|darkness| darkness <= 30),
            "^XA" => {
                (self.label, self.copies, self.width) = (None, 1, 0);
                !std::mem::replace(&mut self.is_in_format, true)
            }
            _ if !self.is_in_format => false,
            "^XZ" => {
                let label = self.label.take().unwrap_or_default();
                self.outlet.take(label, self.copies, desk);
                std::mem::replace(&mut self.is_in_format, false)
            }
            "^FO" => rest.split_once(',').is_some_and(|(x, y)| {
                self.origin = (x.parse().unwrap_or(0), y.parse().unwrap_or(0));
                true
            }),
            "^GF" => match graphic(rest) {
                Ok(field) => {
                    self.field = field;
                    desk.drawn();
                    true
                }
                Err(why) => {
                    desk.stray(why.as_bytes());
                    false
                }
            },
            "^FS" => {
                self.place();
                true
            }
            _ => self.setting(name, rest),
        };
        if !is_known {
            desk.stray(command.as_bytes());
        }
    }

    /// Takes in how a label is to be made, and tells whether there is such a thing.
    fn setting(&mut self, name: &str, rest: &str) -> bool {
        let number = || rest.parse::<usize>().ok();
        match name {
            "^MN" => ["N", "Y", "M"].contains(&rest),
            "^MM" => ["T", "C"].contains(&rest),
            "^PO" | "^PM" | "^LR" => rest == "N",
            "^LH" => rest == "0,0",
            "^LS" | "^LT" => rest == "0",
            "^PR" => number().is_some_and(|speed| (1..=14).contains(&speed)),
            "^PW" => number().is_some_and(|width| {
                self.width = width;
                width > 0
            }),
            "^LL" => number().is_some_and(|length| {
                self.label = Some(vec![vec![false; self.width]; length]);
                length > 0
            }),
            "^PQ" => number().is_some_and(|copies| {
                self.copies = copies;
                copies > 0
            }),
            _ => false,
        }
    }

    /// Puts the field on the label.
    fn place(&mut self) {
        let (left, top) = self.origin;
        let label = self.label.as_mut().expect("a label has a length before it has a field");
        for (y, row) in self.field.drain(..).enumerate() {
            for (x, _) in row.into_iter().enumerate().filter(|(_, is_black)| *is_black) {
                label[top + y][left + x] = true;
            }
        }
    }

    fn status(&self, desk: &mut Desk) {
        let mood = desk.mood();
        let (paper, paused, head) = (desk.is_paper_out(), mood == Mood::Paused, mood == Mood::CoverOpen);
        let left = self.outlet.labels.len();
        let formats = left.saturating_sub(1);
        let labels = left.min(1);
        let partial = u8::from(self.is_in_format);
        let said = format!(
            "\u{2}030,{},{},0400,{formats:03},0,0,{partial},000,0,0,0\u{3}\r\n\u{2}001,0,{},0,0,2,4,0,{labels:08},1,000\u{3}\r\n\u{2}1234,0\u{3}\r\n",
            u8::from(paper),
            u8::from(paused),
            u8::from(head),
        );
        desk.answer(said.as_bytes());
    }
}

/// The picture of `^GFA,count,total,stride,data`.
fn graphic(parameters: &str) -> Result<Picture, String> {
    let mut parts = parameters.splitn(5, ',');
    let mut next = || parts.next().ok_or("a graphic field has five parameters");
    let format = next()?;
    let mut number = || next()?.parse::<usize>().map_err(|error| error.to_string());
    let (count, total, stride) = (number()?, number()?, number()?);
    let data = next()?;
    let bytes = match data.strip_prefix(":Z64:") {
        Some(packed) => unpack(packed)?,
        None => expand(data, stride)?,
    };
    if format != "A" || count != total || bytes.len() != total || total % stride != 0 {
        return Err(format!(
            "{format}: {count} of {total} bytes in rows of {stride}, and {} came",
            bytes.len()
        ));
    }
    Ok(bytes.chunks(stride).map(|row| dots(row, 1)).collect())
}

fn unpack(packed: &str) -> Result<Vec<u8>, String> {
    let (text, sum) = packed.split_once(':').ok_or("no check sum")?;
    // Bit by bit, as the polynomial x^16 + x^12 + x^5 + 1 is written.
    let mut register = 0_u32;
    for byte in text.bytes().chain([0, 0]) {
        for bit in (0..8).rev() {
            register = register << 1 | u32::from(byte >> bit & 1);
            if register & 0x1_0000 != 0 {
                register ^= 0x1_1021;
            }
        }
    }
    if u32::from_str_radix(sum, 16) != Ok(register) {
        return Err(format!("the check sum is {register:x}, not {sum}"));
    }
    let deflated = STANDARD.decode(text).map_err(|error| error.to_string())?;
    miniz_oxide::inflate::decompress_to_vec_zlib(&deflated).map_err(|error| error.to_string())
}

/// Undoes Zebra's alternative data compression: `G`–`Y` are 1–19, `g`–`z` 20–400 of the digit that follows.
fn expand(data: &str, stride: usize) -> Result<Vec<u8>, String> {
    let (width, mut digits, mut count) = (2 * stride, Vec::<u8>::new(), 0);
    for sign in data.chars() {
        let filled = digits.len() % width;
        match sign {
            'G'..='Y' => count += sign as usize - 'G' as usize + 1,
            'g'..='z' => count += 20 * (sign as usize - 'g' as usize + 1),
            ',' => digits.extend(vec![0; width - filled]),
            '!' => digits.extend(vec![0x0f; width - filled]),
            ':' if filled == 0 && digits.len() >= width => digits.extend_from_within(digits.len() - width..),
            _ => {
                let digit = sign.to_digit(16).ok_or_else(|| format!("{sign:?} is no digit"))? as u8;
                digits.extend(vec![digit; count.max(1)]);
                count = 0;
            }
        }
    }
    Ok(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}
