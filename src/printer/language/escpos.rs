//! ESC/POS: pictures → bytes, and bytes → answers. Pure: it knows no port.

use std::cell::RefCell;

use escpos::driver::Driver;
use escpos::printer::Printer;
use escpos::printer_options::PrinterOptions;
use escpos::utils::Protocol;

use super::{BAND_ROWS, Health, Said};
use crate::label::Bitmap;
use crate::printer::config::{Finish, Setup, Stock};
use crate::station::PrinterFault;

/// What a printer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// To a question about its state.
    Status(u8),
    /// Unasked, by a printer that was once told to speak up.
    Automatic([u8; 4]),
    /// All that was sent before the mark has been printed.
    Ended([u8; 4]),
    /// No answer that ESC/POS knows.
    Nonsense,
}

/// The bytes of one job: its labels, each cut or fed out, then a request to tell when all of it has been printed. While it
/// lasts the printer tells faults unasked: a question waits behind the picture until there is paper for it.
pub fn job(pages: &[Bitmap], mark: [u8; 4], setup: &Setup) -> Vec<u8> {
    compose(|printer| {
        printer.init()?.custom(NO_REAL_TIME_COMMANDS)?.custom(&[GS, b'a', CHANGES])?;
        if let Some(darkness) = setup.darkness {
            printer.custom(&[PRINT_CONTROL, &[49, darkness.cast_unsigned()]].concat())?;
        }
        if let Some(speed) = setup.speed {
            printer.custom(&[PRINT_CONTROL, &[50, speed]].concat())?;
        }
        for page in pages.iter().flat_map(|page| (0..setup.copies).map(move |_| page)) {
            for band in bands(&setup.placed(page)) {
                printer.custom(&band)?;
            }
            match (setup.finish, setup.stock) {
                (Finish::Cut, _) => printer.cut()?,
                (Finish::Tear, Stock::Continuous) => printer.feeds(TEAR_LINES)?,
                (Finish::Tear, Stock::Gap | Stock::Mark) => printer,
            };
            if setup.stock != Stock::Continuous {
                printer.custom(NEXT_LABEL)?;
            }
        }
        printer.custom(END_OF_JOB)?.custom(&mark)?.custom(&[GS, b'a', 0])?;
        Ok(())
    })
}

/// What brings a printer that was left within a picture `width_bytes` wide back to its senses: the rest of a band,
/// which it takes for white, a fresh start, and the torn label cut off.
pub fn resynchronise(width_bytes: usize) -> Vec<u8> {
    compose(|printer| {
        printer.custom(&vec![0; width_bytes * BAND_ROWS + HEADER_BYTES])?.init()?.cut()?;
        Ok(())
    })
}

/// A conversation in ESC/POS. A late answer must not be taken for that to a later question, so a question is asked once
/// and waited for, however often the wait is broken off.
pub struct Talk {
    mark: Option<[u8; 4]>,
    unread: Vec<u8>,
    answers: [u8; 4],
    answered: usize,
    is_asked: bool,
}

impl Talk {
    /// One in which the end of the job of `mark` may be told.
    pub fn new(mark: Option<[u8; 4]>) -> Self {
        Self { mark, unread: Vec::new(), answers: [0; 4], answered: 0, is_asked: false }
    }

    fn take(&mut self, answer: Answer) -> Option<Said> {
        match answer {
            Answer::Status(status) => self.answered(status),
            Answer::Automatic(status) => automatic_fault(status).map(Said::Fault),
            Answer::Ended(mark) => (Some(mark) == self.mark).then_some(Said::Printed),
            Answer::Nonsense => Some(Said::Nonsense),
        }
    }

    /// Takes a status in; one that was not asked for is nothing.
    fn answered(&mut self, status: u8) -> Option<Said> {
        if !std::mem::take(&mut self.is_asked) {
            return None;
        }
        self.answers[self.answered] = status;
        self.answered = (self.answered + 1) % QUESTIONS.len();
        let health = Health { is_low: is_low(self.answers), is_busy: false };
        (self.answered == 0).then(|| Said::State(state(self.answers).map(|()| health)))
    }
}

impl super::Talk for Talk {
    fn question(&mut self) -> Option<&'static [u8]> {
        (!std::mem::replace(&mut self.is_asked, true)).then_some(&QUESTIONS[self.answered])
    }

    fn unanswered(&mut self) {}

    fn sent(&mut self) {}

    fn hear(&mut self, bytes: &[u8]) -> Vec<Said> {
        self.unread.extend_from_slice(bytes);
        let mut said = Vec::new();
        while let Some((answer, taken)) = answer(&self.unread) {
            self.unread.drain(..taken);
            said.extend(self.take(answer));
        }
        said
    }
}

/// The printer's state by its answers to the four [`QUESTIONS`] (Epson's reference of `DLE EOT`).
pub fn state(answers: [u8; 4]) -> Result<(), PrinterFault> {
    let [printer, offline, error, paper] = answers;
    if answers.iter().any(|&answer| !is_status(answer)) {
        return Err(PrinterFault::Nonsense);
    }
    let faults = [
        (offline & 0x04, PrinterFault::CoverOpen),
        (offline & 0x20 | paper & 0x60, PrinterFault::PaperOut),
        (error & 0x08, PrinterFault::Jam),
        (error & 0x20, PrinterFault::Error("an error that needs a restart".into())),
        (error & 0x44 | offline & 0x40, PrinterFault::Error("an error that it can recover from".into())),
        (printer & 0x08, PrinterFault::Error("it is offline".into())),
    ];
    faults.into_iter().find(|(bits, _)| *bits != 0).map_or(Ok(()), |(_, fault)| Err(fault))
}

/// Whether the paper is nearly out, by the same answers: it still prints.
pub fn is_low([_, _, _, paper]: [u8; 4]) -> bool {
    paper & 0x0c != 0
}

/// A fault that an automatic status tells (Epson's reference of `GS a`).
pub fn automatic_fault(status: [u8; 4]) -> Option<PrinterFault> {
    let [first, second, third, _] = status;
    let faults = [
        (first & 0x20, PrinterFault::CoverOpen),
        (third & 0x0c, PrinterFault::PaperOut),
        (second & 0x08, PrinterFault::Jam),
        (second & 0x20, PrinterFault::Error("an error that needs a restart".into())),
        (second & 0x40, PrinterFault::Error("an error that it can recover from".into())),
        // It is so as well while a person feeds paper.
        (first & 0x08 & !(first >> 3), PrinterFault::Error("it is offline".into())),
    ];
    faults.into_iter().find(|(bits, _)| *bits != 0).map(|(_, fault)| fault)
}

/// The first answer in `bytes` and how many of them it takes; none when it is not whole yet.
pub fn answer(bytes: &[u8]) -> Option<(Answer, usize)> {
    let nonsense = Some((Answer::Nonsense, 1));
    match *bytes {
        [first, ..] if is_status(first) => Some((Answer::Status(first), 1)),
        [0x37, 0x22, a, b, c, d, 0, ..] => Some((Answer::Ended([a, b, c, d]), 7)),
        [] | [0x37] => None,
        [0x37, 0x22, ref rest @ ..] => {
            if rest.len() < 5 {
                None
            } else {
                nonsense
            }
        }
        [a, b, c, d, ..] if a & 0x93 == 0x10 && (b | c | d) & 0x90 == 0 => {
            Some((Answer::Automatic([a, b, c, d]), 4))
        }
        [first, ref rest @ ..]
            if first & 0x93 == 0x10 && rest.len() < 3 && rest.iter().all(|byte| byte & 0x90 == 0) =>
        {
            None
        }
        _ => nonsense,
    }
}

fn is_status(byte: u8) -> bool {
    byte & 0x93 == 0x12
}

/// A picture as `GS v 0` commands of [`BAND_ROWS`] rows, which every printer's memory holds.
fn bands(page: &Bitmap) -> impl Iterator<Item = Vec<u8>> + '_ {
    let stride = page.stride_bytes();
    let [width_low, width_high] =
        u16::try_from(stride).expect("a label is far narrower than 65,535 bytes").to_le_bytes();
    page.bytes().chunks(stride * BAND_ROWS).map(move |rows| {
        let [height_low, height_high] = ((rows.len() / stride) as u16).to_le_bytes();
        let mut band = vec![GS, b'v', b'0', 0, width_low, width_high, height_low, height_high];
        band.extend_from_slice(rows);
        defuse(&mut band[HEADER_BYTES..]);
        band
    })
}

/// Takes the real-time commands out of a picture: a printer obeys them even there, and its answer to one would be taken
/// for an answer to a question. The byte before them is a lone dot, no part of a code, and is made two dots wide.
fn defuse(rows: &mut [u8]) {
    for at in 1..rows.len() {
        if rows[at - 1] == DLE && [EOT, ENQ, DC4].contains(&rows[at]) {
            rows[at - 1] = DLE | DLE << 1;
        }
    }
}

/// The bytes that the escpos crate makes of `write`.
fn compose(write: impl FnOnce(&mut Printer<Bytes>) -> escpos::errors::Result<()>) -> Vec<u8> {
    let options = PrinterOptions::new(None, None, 0);
    let mut printer = Printer::new(Bytes::default(), Protocol::default(), Some(options));
    let written = write(&mut printer).and_then(|()| printer.print().map(|_| ()));
    written.expect("bytes are only put into memory");
    printer.driver().0.into_inner()
}

/// Where the escpos crate writes to.
#[derive(Default)]
struct Bytes(RefCell<Vec<u8>>);

impl Driver for Bytes {
    fn name(&self) -> String {
        "memory".to_owned()
    }

    fn write(&self, data: &[u8]) -> escpos::errors::Result<()> {
        self.0.borrow_mut().extend_from_slice(data);
        Ok(())
    }

    fn read(&self, _: &mut [u8]) -> escpos::errors::Result<usize> {
        Ok(0)
    }

    fn flush(&self) -> escpos::errors::Result<()> {
        Ok(())
    }
}

const DLE: u8 = 0x10;
const EOT: u8 = 0x04;
const ENQ: u8 = 0x05;
const DC4: u8 = 0x14;
const GS: u8 = 0x1d;

/// About printer, offline cause, error and paper, in the order in which [`state`] wants the answers. The escpos crate puts a
/// zero behind each, which only questions 7, 8 and 18 have; a printer would take it for data.
const QUESTIONS: [[u8; 3]; 4] = [[DLE, EOT, 1], [DLE, EOT, 2], [DLE, EOT, 3], [DLE, EOT, 4]];

/// Of `GS v 0`.
const HEADER_BYTES: usize = 8;

/// `GS ( D`: neither power-off nor clear-buffer by `DLE DC4`, until the next initialisation.
const NO_REAL_TIME_COMMANDS: &[u8] = &[GS, b'(', b'D', 5, 0, 20, 1, 0, 2, 0];
/// `GS a`, whose value follows: being offline, errors and paper, at each change.
const CHANGES: u8 = 0x0e;
/// `GS ( K`, whose function and value follow: 49 is the density, 50 the speed.
const PRINT_CONTROL: &[u8] = &[GS, b'(', b'K', 2, 0];
/// `GS FF`: to where the next label begins.
const NEXT_LABEL: &[u8] = &[GS, 0x0c];
/// From the head to where a roll is torn off: 17 mm, as most cutters are far away.
const TEAR_LINES: u8 = 4;
/// `GS ( H`, function 48, whose four bytes of mark follow.
const END_OF_JOB: &[u8] = &[GS, b'(', b'H', 6, 0, 48, 48];

#[cfg(test)]
mod tests {
    use super::*;

    const HEALTHY: [u8; 4] = [0x16, 0x12, 0x12, 0x12];

    #[test]
    fn a_job_is_these_bytes() {
        let plain = Setup::plain(super::super::Language::Escpos);
        let bytes = job(&[Bitmap::white(16, 65)], *b"abcd", &plain);
        let mut expected = vec![0x1b, b'@'];
        expected.extend([0x1d, b'(', b'D', 5, 0, 20, 1, 0, 2, 0, 0x1d, b'a', 0x0e]);
        expected.extend([0x1d, b'v', b'0', 0, 2, 0, 64, 0]);
        expected.extend([0; 128]);
        expected.extend([0x1d, b'v', b'0', 0, 2, 0, 1, 0, 0, 0]);
        expected.extend([0x1d, b'V', b'A', 0]);
        expected.extend([0x1d, b'(', b'H', 6, 0, 0x30, 0x30, b'a', b'b', b'c', b'd', 0x1d, b'a', 0]);
        assert_eq!(bytes, expected);
    }

    #[test]
    fn a_job_is_as_its_printer_is_set() {
        let plain = Setup::plain(super::super::Language::Escpos);
        let setup = Setup { darkness: Some(-2), speed: Some(5), copies: 2, stock: Stock::Mark, ..plain };
        let bytes = job(&[Bitmap::white(8, 1)], *b"abcd", &setup);
        let mut expected = [&[0x1b, b'@'], NO_REAL_TIME_COMMANDS, b"\x1da\x0e"].concat();
        expected.extend([0x1d, b'(', b'K', 2, 0, 49, 254, 0x1d, b'(', b'K', 2, 0, 50, 5]);
        for _ in 0..2 {
            expected.extend([0x1d, b'v', b'0', 0, 1, 0, 1, 0, 0, 0x1d, b'V', b'A', 0, 0x1d, 0x0c]);
        }
        expected.extend(b"\x1d(H\x06\x0000abcd\x1da\0");
        assert_eq!(bytes, expected);
        let torn = job(&[Bitmap::white(8, 1)], *b"abcd", &Setup { finish: Finish::Tear, ..plain });
        assert!(torn.windows(3).any(|part| part == [0x1b, b'd', 4]) && !torn.contains(&b'V'));
    }

    #[test]
    fn a_late_answer_is_not_taken_for_the_next_one() {
        let mut talk = Talk::new(Some(*b"abcd"));
        let mut ask = |status: u8| {
            use super::super::Talk as _;
            assert!(talk.question().is_some());
            talk.unanswered();
            assert_eq!(talk.question(), None, "it waits, and asks nothing else");
            talk.hear(&[status])
        };
        assert_eq!((ask(0x16), ask(0x12), ask(0x12)), (vec![], vec![], vec![]));
        assert_eq!(ask(0x1e), [Said::State(Ok(Health { is_low: true, is_busy: false }))]);
        assert_eq!(ask(0x16), []);
    }

    #[test]
    fn each_bit_of_an_answer_is_its_fault() {
        assert_eq!(state(HEALTHY), Ok(()));
        let near_end = [0x16, 0x12, 0x12, 0x1e];
        assert_eq!(state(near_end), Ok(()), "paper that is nearly out still prints");
        assert!(is_low(near_end) && !is_low(HEALTHY));
        for (place, bit, fault) in [
            (1, 0x04, PrinterFault::CoverOpen),
            (1, 0x20, PrinterFault::PaperOut),
            (3, 0x60, PrinterFault::PaperOut),
            (2, 0x08, PrinterFault::Jam),
        ] {
            let mut answers = HEALTHY;
            answers[place] |= bit;
            assert_eq!(state(answers), Err(fault));
        }
        for (place, bit) in [(0, 0x08), (1, 0x40), (2, 0x04), (2, 0x20), (2, 0x40)] {
            let mut answers = HEALTHY;
            answers[place] |= bit;
            assert!(matches!(state(answers), Err(PrinterFault::Error(_))), "{place} {bit:x}");
        }
        assert_eq!(state([0x16, 0x12, 0x00, 0x12]), Err(PrinterFault::Nonsense));
    }

    #[test]
    fn a_stream_is_the_same_answers_however_it_is_cut() {
        let stream =
            [0x12, 0x37, 0x22, b'a', b'b', b'c', b'd', 0, 0x18, 0x00, 0x0c, 0x00, 0xff, 0x37, 0x23, 0x12];
        let expected = [
            Answer::Status(0x12),
            Answer::Ended(*b"abcd"),
            Answer::Automatic([0x18, 0, 0x0c, 0]),
            Answer::Nonsense,
            Answer::Nonsense,
            Answer::Nonsense,
            Answer::Status(0x12),
        ];
        for step in 1..stream.len() {
            let (mut unread, mut answers) = (Vec::new(), Vec::new());
            for part in stream.chunks(step) {
                unread.extend_from_slice(part);
                while let Some((answer, taken)) = answer(&unread) {
                    answers.push(answer);
                    unread.drain(..taken);
                }
            }
            assert_eq!(answers, expected, "in steps of {step}");
            assert!(unread.is_empty());
        }
        assert_eq!(automatic_fault([0x18, 0, 0x0c, 0]), Some(PrinterFault::PaperOut));
        assert_eq!(automatic_fault([0x10, 0, 0, 0]), None);
        assert_eq!(automatic_fault([0x58, 0, 0x03, 0]), None, "a person feeds what is left of the paper");
        assert!(automatic_fault([0x18, 0, 0, 0]).is_some());
    }

    #[test]
    fn a_picture_holds_no_real_time_command() {
        let mut rows = vec![0x10, 0x04, 0x01, 0x10, 0x10, 0x05, 0xff, 0x10, 0x14, 0x10];
        defuse(&mut rows);
        assert_eq!(rows, [0x30, 0x04, 0x01, 0x10, 0x30, 0x05, 0xff, 0x30, 0x14, 0x10]);
    }
}
