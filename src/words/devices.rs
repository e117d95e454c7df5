//! What `devices` says beside what it found, and of the guns that it tries.

use std::time::Duration;

use super::fault::Told;
use crate::order::code::Code;

/// Nothing that may be a gun.
pub const NO_SCANNERS: &str = "No scanner found: plug it in, set it to \"USB serial\" (its manual has the code to scan), and look again";

/// Before the guns.
pub const SCANNERS: &str = "Scanners, with the lines for station.toml:";

/// Before what types.
pub const TYPES: &str =
    "types like a keyboard: a gun, if you know it for one; its keys then reach nothing else";

/// Before printers on USB.
pub const PRINTERS: &str =
    "Printers on USB, with the lines for station.toml (their self-test page tells language and dpi):";

/// How a network printer is named: none of them can be found without asking every address of the network.
pub const NETWORK: &str =
    "A network printer is not searched for. Its self-test page has its address; the lines for station.toml:";

/// A printer that does not tell what it is.
pub const UNNAMED: &str = "a printer that does not tell its name";

/// There is no gun to try.
pub fn no_gun() -> Told {
    Told::new(
        "There is no such gun to try",
        "The configuration has none of that number that is read from a device of its own",
        "Name it by its path: `ordak-station devices` lists what is plugged in. One that types into the window is tried in \
         the kiosk",
    )
}

/// A gun that cannot be had.
pub fn taken(source: &str, why: &str) -> Told {
    Told::new(
        format!("{source} cannot be tried"),
        "Another program has it, such as the station itself, or this user may not use it",
        "Stop the station for as long as the test takes, or see to the port's access rights",
    )
    .with(why)
}

/// A gun is ready to be tried.
pub fn ready(source: &str) -> String {
    format!(
        "{source} is ready. Read a code; then leave a label lying under it for 10 s. Ctrl+C ends the test"
    )
}

/// What ended a read.
pub fn terminator(bytes: &[u8]) -> String {
    let names = bytes.iter().map(|byte| match byte {
        b'\r' => "CR",
        b'\n' => "LF",
        b'\t' => "TAB",
        _ => "ETX",
    });
    names.collect::<Vec<_>>().join(" ")
}

/// A symbology, by its AIM identifier (ISO/IEC 15424).
pub fn symbology(aim: &str) -> &'static str {
    match aim.as_bytes().get(1) {
        Some(b'A') => "Code 39",
        Some(b'C') => "Code 128",
        Some(b'd') => "Data Matrix",
        Some(b'E') => "EAN or UPC",
        Some(b'e') => "GS1 DataBar",
        Some(b'F') => "Codabar",
        Some(b'G') => "Code 93",
        Some(b'H') => "Code 11",
        Some(b'I') => "Interleaved 2 of 5",
        Some(b'L') => "PDF417",
        Some(b'M') => "MSI",
        Some(b'Q') => "QR",
        Some(b'R' | b'S') => "2 of 5",
        Some(b'U') => "MaxiCode",
        Some(b'z') => "Aztec",
        _ => "another symbology",
    }
}

/// What a station understands by a code.
pub fn code(code: &Code) -> String {
    match code {
        Code::Cake { id, copy: None } => format!("order {id}"),
        Code::Cake { id, copy: Some(copy) } => format!("order {id}, copy {copy} of its own label"),
        Code::Number(number) => format!("order number {number} of either store"),
        Code::Pick(nth) => format!("answer {nth} to a question"),
        Code::Badge => "a badge".to_owned(),
        Code::Command => "a command".to_owned(),
        Code::Product => "a product's code, no order".to_owned(),
        Code::Unreadable => "no code of an order".to_owned(),
    }
}

/// One read of a gun that is tried.
pub struct Read<'a> {
    /// Which gun.
    pub source: &'a str,
    /// All that it sent.
    pub bytes: &'a [u8],
    /// What of it ended the code.
    pub terminator: &'a [u8],
    /// The AIM identifier in front of the code.
    pub aim: Option<&'a str>,
    /// What a station understands by it.
    pub code: &'a Code,
    /// How long it took to come.
    pub span: Duration,
    /// How fast; none of what came at once.
    pub bytes_per_s: Option<u32>,
    /// How long after another of the same it came.
    pub again: Option<Duration>,
}

impl Read<'_> {
    /// A few lines.
    pub fn text(&self) -> String {
        let ended = match self.terminator {
            [] => "nothing: scan \"suffix CR\" in the gun's manual, or the station waits for the next code"
                .to_owned(),
            bytes => terminator(bytes),
        };
        let symbology = match self.aim {
            Some(aim) => format!("{}, {aim}", symbology(aim)),
            None => "not told".to_owned(),
        };
        let (bytes, ms) = (self.bytes.len(), self.span.as_secs_f64() * 1000.0);
        let speed = match self.bytes_per_s {
            Some(per_s) => format!("{bytes} bytes in {ms:.1} ms, {per_s} a second"),
            None => format!("{bytes} bytes at once"),
        };
        let again = self.again.map(|gap| format!("\n  again      after {:.2} s", gap.as_secs_f64()));
        format!(
            "{}: {}\n  sent       {}\n  ended by   {ended}\n  symbology  {symbology}\n  speed      {speed}{}",
            self.source,
            code(self.code),
            self.bytes.escape_ascii(),
            again.unwrap_or_default(),
        )
    }
}

/// Before the guard that stands above the longest gap.
pub fn guard(longest: Duration) -> String {
    format!(
        "A label left lying is read again within {:.2} s. Below [station] in station.toml:",
        longest.as_secs_f64()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_is_told_with_all_that_a_set_up_wants_to_know() {
        let code = Code::parse("]C0#B18617");
        let read = Read {
            source: "scanner:0",
            bytes: b"\x02]C0#B18617\x03\r",
            terminator: b"\x03\r",
            aim: Some("]C0"),
            code: &code,
            span: Duration::from_micros(9_400),
            bytes_per_s: Some(1063),
            again: Some(Duration::from_millis(620)),
        };
        insta::assert_snapshot!(read.text(), @r"
        scanner:0: order bannos-18617
          sent       \x02]C0#B18617\x03\r
          ended by   ETX CR
          symbology  Code 128, ]C0
          speed      13 bytes in 9.4 ms, 1063 a second
          again      after 0.62 s
        ");
        let bare = Read { terminator: b"", aim: None, bytes_per_s: None, again: None, ..read };
        insta::assert_snapshot!(bare.text(), @r#"
        scanner:0: order bannos-18617
          sent       \x02]C0#B18617\x03\r
          ended by   nothing: scan "suffix CR" in the gun's manual, or the station waits for the next code
          symbology  not told
          speed      13 bytes at once
        "#);
    }

    #[test]
    fn what_a_code_means_is_told_by_its_kind() {
        let told = [
            "#B25771-A",
            "ORDAK:BANNOS-18617/2",
            "25771",
            "%PICK:2",
            "%STAFF:7",
            "%CMD:UNDO",
            "96385074",
            "x",
        ]
        .map(|text| code(&Code::parse(text)));
        insta::assert_snapshot!(told.join("\n"), @r"
        order bannos-25771-A
        order bannos-18617, copy 2 of its own label
        order number 25771 of either store
        answer 2 to a question
        a badge
        a command
        a product's code, no order
        no code of an order
        ");
    }

    #[test]
    fn symbologies_are_told_by_their_letter_and_its_case() {
        let told = ["]C0", "]Q1", "]E0", "]d2", "]D1", "]e0"].map(symbology);
        assert_eq!(told, ["Code 128", "QR", "EAN or UPC", "Data Matrix", "another symbology", "GS1 DataBar"]);
    }
}
