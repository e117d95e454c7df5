//! TSPL by TSC's programming manual.

use super::{Desk, Mood, Outlet, Picture, dots};

pub struct Machine {
    dots_per_mm: f32,
    unread: Vec<u8>,
    /// Width and height, in dots.
    size: Option<(usize, usize)>,
    label: Picture,
    outlet: Outlet,
}

impl super::Machine for Machine {
    fn hear(&mut self, bytes: &[u8], desk: &mut Desk) {
        for &byte in bytes {
            desk.taken(1);
            self.unread.push(byte);
            // Immediate commands are obeyed anywhere, even in the middle of a picture.
            if let [.., 0x1b, b'!', command] = self.unread[..] {
                self.unread.truncate(self.unread.len() - 3);
                desk.asked(3);
                if command == b'?' {
                    self.work(desk);
                    self.status(desk);
                } else {
                    desk.stray(&[0x1b, b'!', command]);
                }
            }
        }
        while let Some(taken) = self.command(desk) {
            self.unread.drain(..taken);
        }
    }

    fn work(&mut self, desk: &mut Desk) {
        self.outlet.work(desk);
    }
}

impl Machine {
    pub fn new(dots_per_mm: f32) -> Self {
        Self { dots_per_mm, unread: vec![], size: None, label: vec![], outlet: Outlet::default() }
    }

    /// Obeys the first line, and tells its length; none when it is not whole.
    fn command(&mut self, desk: &mut Desk) -> Option<usize> {
        let bytes = std::mem::take(&mut self.unread);
        let taken = match head(&bytes) {
            Some(Ok(head)) => self.bitmap(&head, &bytes, desk),
            Some(Err(_)) => {
                let end = bytes.windows(2).position(|pair| pair == b"\r\n");
                end.map(|end| {
                    self.line(&bytes[..end], desk);
                    end + 2
                })
            }
            None => None,
        };
        self.unread = bytes;
        taken
    }

    fn bitmap(&mut self, head: &Head, bytes: &[u8], desk: &mut Desk) -> Option<usize> {
        let Head { length, numbers: [left, top, stride, height, _] } = *head;
        let data = bytes.get(length..length + stride * height)?;
        for (y, row) in data.chunks(stride).enumerate() {
            for (x, is_black) in dots(row, 0).into_iter().enumerate() {
                let place = self.label.get_mut(top + y).and_then(|row| row.get_mut(left + x));
                match place {
                    Some(place) => *place = is_black,
                    None if is_black => desk.stray(b"a dot beside the label"),
                    None => {}
                }
            }
        }
        desk.drawn();
        Some(length + stride * height)
    }

    fn line(&mut self, line: &[u8], desk: &mut Desk) {
        let text = String::from_utf8_lossy(line);
        let (name, rest) = text.split_once(' ').unwrap_or((&text, ""));
        let pair = |rest: &str| {
            let (one, other) = rest.split_once(',')?;
            let millimetres = |text: &str| text.strip_suffix(" mm")?.parse::<f32>().ok();
            Some((millimetres(one)?, millimetres(other)?))
        };
        let is_known = match name {
            "" => true,
            "SIZE" => {
                let dots = |length: f32| (length * self.dots_per_mm).round() as usize;
                self.size = pair(rest).map(|(width, height)| (dots(width), dots(height)));
                self.size.is_some()
            }
            "GAP" | "BLINE" => pair(rest).is_some(),
            "SET" => ["CUTTER OFF", "CUTTER 1", "TEAR ON", "TEAR OFF"].contains(&rest),
            "DIRECTION" | "REFERENCE" => rest == "0,0",
            "DENSITY" => rest.parse::<u8>().is_ok_and(|density| density <= 15),
            "SPEED" => rest.parse::<u8>().is_ok_and(|speed| (1..=18).contains(&speed)),
            "CLS" => {
                let (width, height) = self.size.unwrap_or_default();
                self.label = vec![vec![false; width.next_multiple_of(8)]; height];
                rest.is_empty()
            }
            "PRINT" => match rest.strip_prefix("1,").and_then(|copies| copies.parse().ok()) {
                Some(copies) => {
                    self.outlet.take(self.label.clone(), copies, desk);
                    true
                }
                None => false,
            },
            _ => false,
        };
        if !is_known {
            desk.stray(line);
        }
    }

    fn status(&self, desk: &mut Desk) {
        let mood = desk.mood();
        let if_so = |is_so: bool, bit: u8| if is_so { bit } else { 0 };
        let status = if_so(mood == Mood::CoverOpen, 0x01)
            | if_so(desk.is_paper_out(), 0x04)
            | if_so(mood == Mood::Paused, 0x10)
            | if_so(!self.outlet.labels.is_empty(), 0x20);
        desk.answer(&[status]);
    }
}

/// `BITMAP x,y,width in bytes,height,mode,` before its data.
struct Head {
    length: usize,
    numbers: [usize; 5],
}

/// What is no head of a picture.
struct NoHead;

/// The head of a picture; none while it may become one.
fn head(bytes: &[u8]) -> Option<Result<Head, NoHead>> {
    let Some(rest) = bytes.strip_prefix(b"BITMAP ") else { return Some(Err(NoHead)) };
    let comma = rest.iter().enumerate().filter(|(_, byte)| **byte == b',').map(|(at, _)| at).nth(4);
    let end = match comma {
        Some(end) if end <= HEAD_BYTES_MAX => end,
        None if rest.len() <= HEAD_BYTES_MAX => return None,
        _ => return Some(Err(NoHead)),
    };
    let numbers = std::str::from_utf8(&rest[..end]).ok().and_then(|text| {
        let numbers: Vec<usize> = text.split(',').filter_map(|number| number.parse().ok()).collect();
        <[usize; 5]>::try_from(numbers).ok()
    });
    let is_sane = |[left, .., mode]: &[usize; 5]| left % 8 == 0 && *mode == 0;
    let length = "BITMAP ".len() + end + 1;
    Some(numbers.filter(is_sane).map(|numbers| Head { length, numbers }).ok_or(NoHead))
}

/// Five numbers of five digits each.
const HEAD_BYTES_MAX: usize = 30;
