//! TSPL: pictures → bytes, and the status byte → states. Pure: it knows no port.

use super::{BAND_ROWS, Said, Witness};
use crate::label::Bitmap;
use crate::printer::config::{Finish, Setup, Stock};
use crate::station::PrinterFault;

/// The bytes of one job: its stock, then each label (TSC's TSPL/TSPL2 programming manual).
pub fn job(pages: &[Bitmap], setup: &Setup) -> Vec<u8> {
    let mut bytes = Vec::new();
    for page in pages {
        let picture = setup.placed(page);
        bytes.extend(head(page, &picture, setup).into_bytes());
        for (row, band) in (0..).step_by(BAND_ROWS).zip(bands(&picture)) {
            let (stride, rows) = (picture.stride_bytes(), band.len() / picture.stride_bytes());
            bytes.extend(format!("BITMAP 0,{row},{stride},{rows},0,").into_bytes());
            bytes.extend(band);
            bytes.extend(LINE_END);
        }
        bytes.extend(format!("PRINT 1,{}\r\n", setup.copies).into_bytes());
    }
    bytes
}

/// What brings a printer that was left within a picture `width_bytes` wide back to its senses: the rest of a band, which
/// it takes for white, the end of a line, and an empty label.
pub fn resynchronise(width_bytes: usize) -> Vec<u8> {
    let rest = vec![WHITE; width_bytes * BAND_ROWS];
    [&rest, LINE_END, b"CLS", LINE_END].concat()
}

/// A conversation in TSPL.
#[derive(Default)]
pub struct Talk {
    is_asked: bool,
    witness: Witness,
}

impl super::Talk for Talk {
    fn question(&mut self) -> Option<&'static [u8]> {
        (!std::mem::replace(&mut self.is_asked, true)).then_some(STATUS)
    }

    /// What was not answered may be asked again: each answer is whole in itself.
    fn unanswered(&mut self) {
        self.is_asked = false;
    }

    fn sent(&mut self) {
        self.witness.sent();
    }

    fn hear(&mut self, bytes: &[u8]) -> Vec<Said> {
        bytes.iter().filter_map(|status| self.take(*status)).collect()
    }
}

impl Talk {
    /// A status that was not asked for is a late one, and nothing.
    fn take(&mut self, status: u8) -> Option<Said> {
        if status & COVER != 0 && status & NEVER_WITH_COVER != 0 {
            return Some(Said::Nonsense);
        }
        std::mem::take(&mut self.is_asked).then(|| self.witness.see(state(status)))
    }
}

/// Whether a printer has something left to print, or its fault (the manual on `<ESC>!?`; Gprinter's has two bits more, of a
/// cover beside the head and of a heat that TSC calls another error).
pub fn state(status: u8) -> Result<bool, PrinterFault> {
    let faults = [
        (0x01 | COVER, PrinterFault::CoverOpen),
        (0x04, PrinterFault::PaperOut),
        (0x02, PrinterFault::Jam),
        (0x08, PrinterFault::RibbonOut),
        (0x80, PrinterFault::Error("an error that it does not name".into())),
        (0x10, PrinterFault::Paused),
    ];
    match faults.into_iter().find(|(bit, _)| status & bit != 0) {
        Some((_, fault)) => Err(fault),
        None => Ok(status & PRINTING != 0),
    }
}

fn head(page: &Bitmap, picture: &Bitmap, setup: &Setup) -> String {
    let mm = |dots: u32| (dots as f32 / setup.dots_per_mm * 100.0).round() / 100.0;
    let gap = setup.gap_mm;
    let stock = match setup.stock {
        Stock::Continuous => "GAP 0 mm,0 mm".to_owned(),
        Stock::Gap => format!("GAP {gap} mm,0 mm"),
        Stock::Mark => format!("BLINE {gap} mm,0 mm"),
    };
    let finish = match setup.finish {
        Finish::Cut => "SET CUTTER 1\r\nSET TEAR OFF",
        Finish::Tear => "SET CUTTER OFF\r\nSET TEAR ON",
    };
    let line = |name: &str, value: Option<String>| {
        value.map(|value| format!("{name} {value}\r\n")).unwrap_or_default()
    };
    let density = line("DENSITY", setup.darkness.map(|darkness| darkness.to_string()));
    let speed = line("SPEED", setup.speed.map(|speed| speed.to_string()));
    let (width, height) = (mm(picture.width_dots().max(page.width_dots())), mm(page.height_dots()));
    format!(
        "SIZE {width} mm,{height} mm\r\n{stock}\r\n{finish}\r\n{density}{speed}DIRECTION 0,0\r\nREFERENCE 0,0\r\nCLS\r\n"
    )
}

/// A picture in pieces of [`BAND_ROWS`] rows, in which a set bit is white.
fn bands(picture: &Bitmap) -> impl Iterator<Item = Vec<u8>> + '_ {
    let stride = picture.stride_bytes();
    picture.bytes().chunks(stride * BAND_ROWS).map(|rows| {
        let mut band: Vec<u8> = rows.iter().map(|byte| !byte).collect();
        defuse(&mut band);
        band
    })
}

/// Takes the beginnings of immediate commands out of a picture, since a printer obeys them anywhere; a dot is added.
fn defuse(band: &mut [u8]) {
    for at in 1..band.len() {
        if band[at - 1] == ESC && band[at] == b'!' {
            band[at - 1] = ESC & !0x10;
        }
    }
}

const STATUS: &[u8] = b"\x1b!?";
const LINE_END: &[u8] = b"\r\n";
const ESC: u8 = 0x1b;
const WHITE: u8 = 0xff;

/// Of the status byte: at work.
const PRINTING: u8 = 0x20;
/// Of the status byte: the cover is open, on printers that have one beside the head.
const COVER: u8 = 0x40;
/// Of the status byte: jam, ribbon and what has no name, of which none comes with [`COVER`]; text has one of them soon.
const NEVER_WITH_COVER: u8 = 0x8a;

#[cfg(test)]
mod tests {
    use super::super::{Health, Language, Talk as _};
    use super::*;

    #[test]
    fn a_job_is_these_bytes() {
        let plain = Setup::plain(Language::Tspl);
        let text = |setup: &Setup| job(&[Bitmap::white(16, 65)], setup);
        let mut expected =
            b"SIZE 2 mm,8.13 mm\r\nGAP 3 mm,0 mm\r\nSET CUTTER OFF\r\nSET TEAR ON\r\n".to_vec();
        expected.extend(b"DIRECTION 0,0\r\nREFERENCE 0,0\r\nCLS\r\nBITMAP 0,0,2,64,0,");
        expected.extend([0xff; 128]);
        expected.extend(b"\r\nBITMAP 0,64,2,1,0,\xff\xff\r\nPRINT 1,1\r\n");
        assert_eq!(text(&plain), expected);
        let all = Setup {
            stock: Stock::Mark,
            gap_mm: 2.5,
            finish: Finish::Cut,
            darkness: Some(8),
            speed: Some(4),
            copies: 3,
            ..plain
        };
        let head = b"SIZE 2 mm,8.13 mm\r\nBLINE 2.5 mm,0 mm\r\nSET CUTTER 1\r\nSET TEAR OFF\r\nDENSITY 8\r\nSPEED 4\r\n";
        assert!(text(&all).starts_with(head) && text(&all).ends_with(b"PRINT 1,3\r\n"));
        let continuous = Setup { stock: Stock::Continuous, ..all };
        assert!(text(&continuous).windows(15).any(|part| part == b"GAP 0 mm,0 mm\r\n"));
    }

    #[test]
    fn each_bit_of_a_status_is_its_fault() {
        assert_eq!((state(0), state(0x20)), (Ok(false), Ok(true)));
        for (bit, fault) in [
            (0x01, PrinterFault::CoverOpen),
            (0x02, PrinterFault::Jam),
            (0x04, PrinterFault::PaperOut),
            (0x08, PrinterFault::RibbonOut),
            (0x10, PrinterFault::Paused),
            (0x40, PrinterFault::CoverOpen),
            (0x80, PrinterFault::Error("an error that it does not name".into())),
        ] {
            assert_eq!(state(bit), Err(fault.clone()));
            assert_eq!(state(bit | 0x20), Err(fault), "a fault while printing is one");
        }
    }

    #[test]
    fn a_status_that_nobody_asked_for_is_nothing() {
        let mut talk = Talk::default();
        assert_eq!(talk.hear(&[0x20]), []);
        assert_eq!((talk.question(), talk.question()), (Some(STATUS), None));
        assert_eq!(talk.hear(&[0x00, 0x04]), [Said::State(Ok(Health::default()))]);
        assert!(talk.question().is_some());
        assert_eq!(
            talk.hear(&[0x44]),
            [Said::State(Err(PrinterFault::CoverOpen))],
            "no paper is seen either"
        );
        assert_eq!(talk.hear(b"H"), [Said::Nonsense]);
    }

    #[test]
    fn a_picture_holds_no_immediate_command() {
        let mut band = vec![0x1b, b'!', b'?', 0x1b, 0x1b, b'!', 0xff, 0x1b];
        defuse(&mut band);
        assert_eq!(band, [0x0b, b'!', b'?', 0x1b, 0x0b, b'!', 0xff, 0x1b]);
    }
}
