//! ESC/POS as a printer reads it (Epson, "ESC/POS Command Reference"): bytes in, replies and labels out.

use super::{Condition, Picture};

/// What the printer does.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Output {
    /// Bytes to the client.
    Reply(Vec<u8>),
    /// A label falls out.
    Label(Picture),
}

/// The printer's memory: bytes that it has not worked off, and the label it is at.
pub(super) struct Interpreter {
    pending: Vec<u8>,
    page: Page,
    condition: Condition,
    reports_changes: bool,
}

/// How far the bytes at hand reach.
enum Step {
    /// A whole command of this many bytes.
    Taken(usize),
    /// The rest of the command is still on its way.
    Incomplete,
}

impl Interpreter {
    pub(super) fn new(condition: Condition) -> Self {
        Self { pending: Vec::new(), page: Page::default(), condition, reports_changes: false }
    }

    /// Whether its memory is used up by what waits for a person.
    pub(super) fn is_full(&self) -> bool {
        self.condition != Condition::Ready && self.pending.len() >= MEMORY_BYTES
    }

    /// Takes what arrived. Questions for the state are answered out of turn while the printer stands still.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> Vec<Output> {
        let mut outputs = Vec::new();
        if self.condition == Condition::Ready {
            self.pending.extend_from_slice(bytes);
            self.work(&mut outputs);
            return outputs;
        }
        let mut rest = bytes;
        while let Some((&first, behind)) = rest.split_first() {
            if let [0x10, 0x04, which, after @ ..] = rest {
                outputs.push(Output::Reply(vec![self.status(*which)]));
                rest = after;
            } else {
                self.pending.push(first);
                rest = behind;
            }
        }
        outputs
    }

    /// A person did something to the printer.
    pub(super) fn change(&mut self, condition: Condition) -> Vec<Output> {
        self.condition = condition;
        let mut outputs = Vec::new();
        if self.reports_changes {
            outputs.push(Output::Reply(self.automatic_status()));
        }
        if condition == Condition::Ready {
            self.work(&mut outputs);
        }
        outputs
    }

    fn work(&mut self, outputs: &mut Vec<Output>) {
        let mut pending = std::mem::take(&mut self.pending);
        let mut worked = 0;
        while worked < pending.len() {
            match self.command(&pending[worked..], outputs) {
                Step::Taken(count) => worked += count,
                Step::Incomplete => break,
            }
        }
        pending.drain(..worked);
        self.pending = pending;
    }

    fn command(&mut self, bytes: &[u8], outputs: &mut Vec<Output>) -> Step {
        match bytes {
            [0x10, ..] => self.real_time(bytes, outputs),
            [0x1b, ..] => self.escape(bytes, outputs),
            [0x1d, ..] => self.group(bytes, outputs),
            [0x0a, ..] => {
                self.page.feed(LINE_DOTS);
                Step::Taken(1)
            }
            // Padding, and text: this printer has no font.
            _ => Step::Taken(1),
        }
    }

    fn real_time(&mut self, bytes: &[u8], outputs: &mut Vec<Output>) -> Step {
        match bytes {
            [_, 0x04, which, ..] => {
                outputs.push(Output::Reply(vec![self.status(*which)]));
                Step::Taken(3)
            }
            [_, 0x05, _, ..] => Step::Taken(3),
            [_, 0x14, _, _, _, ..] => Step::Taken(5),
            [_] | [_, 0x04 | 0x05 | 0x14, ..] => Step::Incomplete,
            _ => Step::Taken(2),
        }
    }

    fn escape(&mut self, bytes: &[u8], outputs: &mut Vec<Output>) -> Step {
        match bytes {
            [_, b'@', ..] => {
                // What a broken job left on the paper is torn off.
                self.page.cut(outputs);
                Step::Taken(2)
            }
            [_, b'J', dots, ..] => {
                self.page.feed(u32::from(*dots));
                Step::Taken(3)
            }
            [_, b'd', lines, ..] => {
                self.page.feed(u32::from(*lines) * LINE_DOTS);
                Step::Taken(3)
            }
            [_, b'2' | b'i' | b'm', ..] => Step::Taken(2),
            [_, b'B' | b'$' | b'\\' | b'c', ..] => taken(bytes, 4),
            [_, _, ..] => taken(bytes, 3),
            _ => Step::Incomplete,
        }
    }

    fn group(&mut self, bytes: &[u8], outputs: &mut Vec<Output>) -> Step {
        match bytes {
            [_, b'v', b'0', _, x_low, x_high, y_low, y_high, dots @ ..] => {
                let row_bytes = usize::from(u16::from_le_bytes([*x_low, *x_high]));
                let size = row_bytes * usize::from(u16::from_le_bytes([*y_low, *y_high]));
                if size > RASTER_MAX_BYTES {
                    return Step::Taken(8);
                }
                if dots.len() < size {
                    return Step::Incomplete;
                }
                self.page.raster(row_bytes, &dots[..size]);
                Step::Taken(8 + size)
            }
            [_, b'v', kind, ..] if *kind != b'0' => Step::Taken(2),
            [_, b'(', function, low, high, parameters @ ..] => {
                let size = usize::from(u16::from_le_bytes([*low, *high]));
                if parameters.len() < size {
                    return Step::Incomplete;
                }
                if let (b'H', [0x30, 0x30, id @ ..]) = (function, &parameters[..size]) {
                    outputs.push(Output::Reply([&[0x37, 0x22], id, &[0]].concat()));
                }
                Step::Taken(5 + size)
            }
            [_, b'V', how, ..] => {
                let length = if matches!(how, 0 | 1 | b'0' | b'1') { 3 } else { 4 };
                if bytes.len() < length {
                    return Step::Incomplete;
                }
                self.page.cut(outputs);
                Step::Taken(length)
            }
            [_, 0x0c, ..] => {
                self.page.cut(outputs);
                Step::Taken(2)
            }
            [_, b'a', which, ..] => {
                self.reports_changes = *which != 0;
                if self.reports_changes {
                    outputs.push(Output::Reply(self.automatic_status()));
                }
                Step::Taken(3)
            }
            [_, b'v' | b'(' | b'V' | b'a', ..] | [_] | [] => Step::Incomplete,
            [_, b'L' | b'W' | b'P' | b'$' | b'\\', ..] => taken(bytes, 4),
            [_, _, ..] => taken(bytes, 3),
        }
    }

    /// The answer to `DLE EOT n`.
    fn status(&self, which: u8) -> u8 {
        0x12 | match (which, self.condition) {
            (1, Condition::PaperOut | Condition::CoverOpen) => 0x08,
            (2, Condition::CoverOpen) => 0x04,
            (2, Condition::PaperOut) => 0x20,
            (4, Condition::PaperOut) => 0x60,
            _ => 0,
        }
    }

    /// The four bytes of `GS a`.
    fn automatic_status(&self) -> Vec<u8> {
        match self.condition {
            Condition::Ready => vec![0x10, 0, 0, 0],
            Condition::PaperOut => vec![0x18, 0, 0x0c, 0],
            Condition::CoverOpen => vec![0x38, 0, 0, 0],
        }
    }
}

fn taken(bytes: &[u8], length: usize) -> Step {
    if bytes.len() < length { Step::Incomplete } else { Step::Taken(length) }
}

/// The label under the head.
#[derive(Default)]
struct Page {
    bands: Vec<(usize, Vec<u8>)>,
    height_dots: usize,
}

impl Page {
    fn raster(&mut self, row_bytes: usize, dots: &[u8]) {
        if row_bytes == 0 || self.height_dots >= HEIGHT_MAX_DOTS {
            return;
        }
        self.height_dots += dots.len() / row_bytes;
        self.bands.push((row_bytes, dots.to_vec()));
    }

    /// Blank rows; before the first dot they belong to the gap between two labels.
    fn feed(&mut self, dots: u32) {
        if let Some((row_bytes, _)) = self.bands.last() {
            let row_bytes = *row_bytes;
            self.raster(row_bytes, &vec![0; row_bytes * dots as usize]);
        }
    }

    fn cut(&mut self, outputs: &mut Vec<Output>) {
        let Self { bands, height_dots } = std::mem::take(self);
        let Some(width_bytes) = bands.iter().map(|(row_bytes, _)| *row_bytes).max() else { return };
        let mut rows = Vec::with_capacity(width_bytes * height_dots);
        for (row_bytes, dots) in bands {
            for row in dots.chunks_exact(row_bytes) {
                rows.extend_from_slice(row);
                rows.resize(rows.len() + width_bytes - row_bytes, 0);
            }
        }
        outputs.push(Output::Label(Picture {
            width_dots: (width_bytes * 8) as u32,
            height_dots: height_dots as u32,
            rows,
        }));
    }
}

/// Epson's default line spacing of 1/6 inch at 203 dpi, less four dots.
const LINE_DOTS: u32 = 30;

/// What a printer of this kind keeps while it waits for paper.
const MEMORY_BYTES: usize = 64 * 1024;

/// A metre of paper as wide as any: what claims to be more is noise.
const RASTER_MAX_BYTES: usize = 1 << 20;

/// A metre of paper: a runaway job must not eat the machine's memory.
const HEIGHT_MAX_DOTS: usize = 8_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs(bytes: &[u8]) -> Vec<Output> {
        Interpreter::new(Condition::Ready).receive(bytes)
    }

    fn label(width_dots: u32, height_dots: u32, rows: &[u8]) -> Output {
        Output::Label(Picture { width_dots, height_dots, rows: rows.to_vec() })
    }

    #[test]
    fn bytes_may_come_one_at_a_time() {
        let job = b"\x1b@\x1d(D\x05\0\x14\x01\0\x02\0\x1dv0\0\x02\0\x01\0\x10\x04\x1dv0\0\x02\0\x01\0\xaa\x55\x1bd\x01\
                    \x1dVA\x10\x1d(H\x06\x0000\x01\x02\x03\x04";
        let mut printer = Interpreter::new(Condition::Ready);
        let slowly: Vec<_> = job.iter().flat_map(|byte| printer.receive(&[*byte])).collect();
        assert_eq!(slowly, outputs(job));
        let rows = [&[0x10, 0x04, 0xaa, 0x55][..], &[0; 60]].concat();
        assert_eq!(slowly, [label(16, 32, &rows), Output::Reply(b"\x37\x22\x01\x02\x03\x04\0".to_vec())]);
    }

    #[test]
    fn a_torn_label_is_not_part_of_the_next() {
        let labels = outputs(b"\x1dv0\0\x01\0\x01\0\xff\x1b@\x1dv0\0\x01\0\x01\0\x01\x1dV\0");
        assert_eq!(labels, [label(8, 1, &[0xff]), label(8, 1, &[0x01])]);
    }

    #[test]
    fn a_change_is_reported_to_who_asked_for_reports() {
        let mut printer = Interpreter::new(Condition::Ready);
        assert_eq!(printer.change(Condition::CoverOpen), []);
        assert_eq!(printer.change(Condition::Ready), []);
        assert_eq!(printer.receive(b"\x1da\x0e"), [Output::Reply(vec![0x10, 0, 0, 0])]);
        assert_eq!(printer.change(Condition::PaperOut), [Output::Reply(vec![0x18, 0, 0x0c, 0])]);
    }

    #[test]
    fn noise_neither_stops_nor_fills_the_printer() {
        let mut dice = 1_u32;
        let mut noise = || {
            dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (dice >> 24) as u8
        };
        let mut printer = Interpreter::new(Condition::Ready);
        for _ in 0..2_000 {
            let mut chunk: Vec<u8> = (0..997).map(|_| noise()).collect();
            chunk.extend_from_slice(b"\x1dv0\0\xff\xff\xff\xff");
            printer.receive(&chunk);
            assert!(printer.pending.len() <= 8 + RASTER_MAX_BYTES);
            assert!(printer.page.height_dots <= HEIGHT_MAX_DOTS + RASTER_MAX_BYTES);
        }
    }
}
