//! ZPL: pictures → bytes, and the three strings of `~HS` → states. Pure: it knows no port.

mod graphic;

use super::{Said, Witness};
use crate::label::Bitmap;
use crate::printer::config::{Finish, Setup, Stock};
use crate::station::PrinterFault;

/// The bytes of one job: a format a label (Zebra's ZPL II programming guide).
pub fn job(pages: &[Bitmap], setup: &Setup) -> Vec<u8> {
    let darkness = setup.darkness.map(|darkness| format!("~SD{darkness:02}\n")).unwrap_or_default();
    let media = match setup.stock {
        Stock::Continuous => "^MNN",
        Stock::Gap => "^MNY",
        Stock::Mark => "^MNM",
    };
    let finish = match setup.finish {
        Finish::Cut => "^MMC",
        Finish::Tear => "^MMT",
    };
    let speed = setup.speed.map(|speed| format!("^PR{speed}")).unwrap_or_default();
    let mut text = darkness;
    for page in pages {
        let picture = setup.placed(page);
        let (width, length) = (picture.width_dots().max(page.width_dots()), page.height_dots());
        let graphic = graphic::field(&picture, setup.graphics);
        text.extend([
            // What another program may have left is put back: turned, mirrored or inverted labels, a moved home.
            &*format!("^XA{media}{finish}{speed}^PW{width}^LL{length}^LH0,0^LS0^LT0^PON^PMN^LRN\n"),
            &*format!("^FO0,0{graphic}^FS\n^PQ{}^XZ\n", setup.copies),
        ]);
    }
    text.into_bytes()
}

/// Forgets the formats that were begun or wait: no byte of a picture here is a `~`, so it is obeyed even in one.
pub const RESYNCHRONISE: &[u8] = b"~JA\n";

/// A conversation in ZPL.
#[derive(Default)]
pub struct Talk {
    unread: Vec<u8>,
    first: Option<Part>,
    second: Option<Part>,
    is_asked: bool,
    witness: Witness,
}

impl super::Talk for Talk {
    fn question(&mut self) -> Option<&'static [u8]> {
        (!std::mem::replace(&mut self.is_asked, true)).then_some(HOST_STATUS)
    }

    /// What was not answered may be asked again: each answer is whole in itself.
    fn unanswered(&mut self) {
        self.is_asked = false;
    }

    fn sent(&mut self) {
        self.witness.sent();
    }

    fn hear(&mut self, bytes: &[u8]) -> Vec<Said> {
        self.unread.extend_from_slice(bytes);
        let mut said = Vec::new();
        while let Some((string, taken)) = string(&self.unread) {
            self.unread.drain(..taken);
            said.extend(self.take(string));
        }
        said
    }

    /// With the head open or the media out it answers nothing at all (`findings.md`).
    fn silence(&self) -> PrinterFault {
        PrinterFault::Attention
    }
}

impl Talk {
    fn take(&mut self, string: HostString) -> Option<Said> {
        match string {
            HostString::First(first) => (self.first, self.second) = (Some(first), None),
            HostString::Second(second) => self.second = Some(second),
            // The rest of an answer whose beginning was for someone before us says nothing.
            HostString::Third => {
                let (first, second) = (self.first.take()?, self.second.take()?);
                self.is_asked = false;
                return Some(self.witness.see(state(first, second)));
            }
            HostString::Nonsense => return Some(Said::Nonsense),
            HostString::Blank => {}
        }
        None
    }
}

/// One of the strings that a host status consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostString {
    /// Paper, pause, formats waiting.
    First(Part),
    /// Head, ribbon, labels left.
    Second(Part),
    /// Password and memory, which are nobody's business here.
    Third,
    /// What stands between strings.
    Blank,
    /// None of them.
    Nonsense,
}

/// What one string of a host status tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    fault: Option<PrinterFault>,
    /// Whether something is left to print.
    is_busy: bool,
}

/// The first string in `bytes` and how many of them it takes; none when it is not whole yet.
pub fn string(bytes: &[u8]) -> Option<(HostString, usize)> {
    match *bytes {
        [] => None,
        [b'\r' | b'\n', ..] => Some((HostString::Blank, 1)),
        [STX, ref rest @ ..] => {
            let Some(end) = rest.iter().take(STRING_BYTES_MAX).position(|byte| *byte == ETX) else {
                return (rest.len() >= STRING_BYTES_MAX).then_some((HostString::Nonsense, 1));
            };
            Some((fields(&rest[..end]).unwrap_or(HostString::Nonsense), end + 2))
        }
        _ => Some((HostString::Nonsense, 1)),
    }
}

/// A string by the number of its fields.
fn fields(text: &[u8]) -> Option<HostString> {
    let text = std::str::from_utf8(text).ok()?;
    let fields: Vec<&str> = text.split(',').collect();
    let number = |at: usize| fields[at].parse::<u32>().ok();
    let fault = |faults: &[(usize, PrinterFault)]| {
        let values: Option<Vec<_>> = faults.iter().map(|(at, fault)| Some((number(*at)?, fault))).collect();
        Some(values?.into_iter().find(|(value, _)| *value != 0).map(|(_, fault)| fault.clone()))
    };
    Some(match fields.len() {
        12 => HostString::First(Part {
            fault: fault(&[
                (1, PrinterFault::PaperOut),
                (9, PrinterFault::Error("it lost its settings".into())),
                (11, PrinterFault::Error("it is too hot".into())),
                (2, PrinterFault::Paused),
            ])?,
            is_busy: number(4)? > 0 || number(7)? > 0,
        }),
        11 => HostString::Second(Part {
            fault: fault(&[(2, PrinterFault::CoverOpen), (3, PrinterFault::RibbonOut)])?,
            is_busy: number(8)? > 0,
        }),
        2 => HostString::Third,
        _ => return None,
    })
}

/// Whether a printer has something left to print, or its fault: an open head makes other faults of itself.
fn state(first: Part, second: Part) -> Result<bool, PrinterFault> {
    second.fault.or(first.fault).map_or(Ok(first.is_busy || second.is_busy), Err)
}

const HOST_STATUS: &[u8] = b"~HS";

const STX: u8 = 0x02;
const ETX: u8 = 0x03;

/// The longest has 36 characters (Zebra's guide on `~HS`).
const STRING_BYTES_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::super::{Health, Talk as _};
    use super::*;

    const WELL: [&str; 3] =
        ["030,0,0,0400,000,0,0,0,000,0,0,0", "000,0,0,0,0,2,4,0,00000000,1,000", "1234,0"];

    #[test]
    fn a_job_is_this_text() {
        let text = |setup: &Setup| String::from_utf8(job(&[Bitmap::white(16, 2)], setup)).unwrap();
        let plain =
            Setup { graphics: crate::printer::Graphics::Hex, ..Setup::plain(super::super::Language::Zpl) };
        assert_eq!(
            text(&plain),
            "^XA^MNY^MMT^PW16^LL2^LH0,0^LS0^LT0^PON^PMN^LRN\n^FO0,0^GFA,4,4,2,00000000^FS\n^PQ1^XZ\n"
        );
        let all = Setup {
            stock: Stock::Mark,
            finish: Finish::Cut,
            darkness: Some(7),
            speed: Some(4),
            copies: 2,
            offset_dots: [3, -1],
            ..plain
        };
        assert_eq!(
            text(&all),
            "~SD07\n^XA^MNM^MMC^PR4^PW19^LL2^LH0,0^LS0^LT0^PON^PMN^LRN\n^FO0,0^GFA,3,3,3,000000^FS\n^PQ2^XZ\n"
        );
        assert!(text(&Setup { stock: Stock::Continuous, ..all }).contains("^MNN"));
    }

    #[test]
    fn each_field_of_a_host_status_is_its_fault() {
        let state = |place: usize, field: usize, value: &str| {
            let mut strings = WELL.map(|string| string.split(',').collect::<Vec<_>>());
            strings[place][field] = value;
            hear(&strings.map(|fields| fields.join(",")))
        };
        let idle = Said::State(Ok(Health::default()));
        let busy = Said::State(Ok(Health { is_busy: true, is_low: false }));
        assert_eq!(hear(&WELL.map(str::to_owned)), [idle]);
        for (place, field, said) in [
            (0, 4, busy.clone()),
            (0, 7, busy.clone()),
            (1, 8, busy),
            (0, 1, Said::State(Err(PrinterFault::PaperOut))),
            (0, 2, Said::State(Err(PrinterFault::Paused))),
            (1, 2, Said::State(Err(PrinterFault::CoverOpen))),
            (1, 3, Said::State(Err(PrinterFault::RibbonOut))),
            (0, 9, Said::State(Err(PrinterFault::Error("it lost its settings".into())))),
            (0, 11, Said::State(Err(PrinterFault::Error("it is too hot".into())))),
        ] {
            assert_eq!(state(place, field, "001"), [said], "string {place}, field {field}");
        }
        assert_eq!(state(0, 4, "x"), [Said::Nonsense]);
    }

    #[test]
    fn an_answer_is_the_same_however_it_is_cut_and_its_late_rest_is_nothing() {
        let late = answer(&WELL[2..]);
        let whole = answer(&WELL);
        let stream = late + &whole;
        for step in 1..stream.len() {
            let mut talk = Talk::default();
            let said: Vec<_> = stream.as_bytes().chunks(step).flat_map(|part| talk.hear(part)).collect();
            assert_eq!(said, [Said::State(Ok(Health::default()))], "in steps of {step}");
            assert!(talk.unread.is_empty());
        }
    }

    #[test]
    fn what_never_ends_is_nonsense_and_is_not_kept() {
        let mut talk = Talk::default();
        let said = talk.hear(&[STX; 1000]);
        assert!(
            said.contains(&Said::Nonsense) && talk.unread.len() <= STRING_BYTES_MAX,
            "{}",
            talk.unread.len()
        );
        assert_eq!(Talk::default().hear(b"H"), [Said::Nonsense]);
    }

    fn hear(strings: &[String]) -> Vec<Said> {
        Talk::default().hear(answer(strings).as_bytes())
    }

    fn answer(strings: &[impl AsRef<str>]) -> String {
        strings.iter().flat_map(|string| ["\u{2}", string.as_ref(), "\u{3}\r\n"]).collect()
    }
}
