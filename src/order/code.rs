//! Scan codes (`contract.md` 6), parsed once into types. Total: any text gives a [`Code`], none panics.

use std::fmt;

use super::{OrderId, Store, Suffix};

/// What a frame read by a gun names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// An order of one store; exactly one cake when the id has a suffix or the order is not split.
    Cake {
        /// The order, with the suffix as read.
        id: OrderId,
        /// The copy number, when the code is one that only our own label carries.
        copy: Option<u8>,
    },
    /// A bare order number, of whichever store has it.
    Number(u32),
    /// `%PICK:n`: the n-th answer of the question this gun was asked, from 1 to 9.
    Pick(u8),
    /// `%STAFF:<badge>`: who works here now.
    Badge,
    /// Another of the station's own `%` codes.
    Command,
    /// A product's code (EAN, UPC).
    Product,
    /// Anything else.
    Unreadable,
}

impl Code {
    /// Reads a frame without its terminator, in any case, with spaces around and an AIM identifier in front.
    pub fn parse(frame: &str) -> Self {
        if frame.len() > FRAME_MAX {
            return Self::Unreadable;
        }
        let (aim, text) = split_aim(strip(frame));
        // Its letter; some guns send all in one case.
        let symbology = aim.and_then(|aim| aim.chars().nth(1)).map(|letter| letter.to_ascii_uppercase());
        let text = strip(text).to_ascii_uppercase();
        if let Some(command) = text.strip_prefix('%') {
            return Self::command(command);
        }
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::digits(&text, symbology);
        }
        if let Some(label) = text.strip_prefix(LABEL_PREFIX) {
            return label_of(label).unwrap_or(Self::Unreadable);
        }
        match barcode(&text).or_else(|| whole_id(&text)).or_else(|| id_within(&text)) {
            Some(id) => Self::Cake { id, copy: None },
            None => Self::Unreadable,
        }
    }

    /// The one way in which this code is written to the backend; none for what names no order.
    pub fn canonical(&self) -> Option<String> {
        match self {
            Self::Cake { id, .. } => Some(id.barcode()),
            Self::Number(number) => Some(number.to_string()),
            Self::Pick(_) | Self::Badge | Self::Command | Self::Product | Self::Unreadable => None,
        }
    }

    fn command(text: &str) -> Self {
        match text.strip_prefix("PICK:").map(str::as_bytes) {
            Some([digit @ b'1'..=b'9']) => Self::Pick(digit - b'0'),
            _ if text.starts_with("STAFF:") => Self::Badge,
            _ => Self::Command,
        }
    }

    fn digits(text: &str, symbology: Option<char>) -> Self {
        if symbology == Some('E') && !text.is_empty() {
            return Self::Product;
        }
        match text.len() {
            4..=7 if !text.starts_with('0') => text.parse().map_or(Self::Unreadable, Self::Number),
            8 | 12 | 13 => Self::Product,
            _ => Self::Unreadable,
        }
    }
}

/// What a `%CMD:` code asks for (`workflow.md` 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// The next cake is given to whoever works here.
    Assign,
    /// The next cake is nobody's again.
    Unassign,
    /// What was done last is taken back.
    Undo,
    /// A further label.
    Reprint,
    /// What the gun waits for is dropped.
    Cancel,
    /// A flag that every station sees.
    Help,
    /// Scanner and printer are tried.
    Test,
    /// Nobody works here any more.
    SignOut,
}

impl Command {
    /// All of them, in the order of the sheet.
    pub const ALL: [Self; 8] = [
        Self::Assign,
        Self::Unassign,
        Self::Undo,
        Self::Reprint,
        Self::Cancel,
        Self::Help,
        Self::Test,
        Self::SignOut,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Assign => "ASSIGN",
            Self::Unassign => "UNASSIGN",
            Self::Undo => "UNDO",
            Self::Reprint => "REPRINT",
            Self::Cancel => "CANCEL",
            Self::Help => "HELP",
            Self::Test => "TEST",
            Self::SignOut => "SIGNOUT",
        }
    }
}

/// A code of the station's own, as the sheet on the wall carries it; [`Code::parse`] reads it back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Own<'a> {
    /// What is to be done with the next cake, or here.
    Command(Command),
    /// Which answer, from 1 to 9.
    Pick(u8),
    /// Where the next cake is kept.
    Storage(&'a str),
    /// Why the next cake goes back.
    Reason(&'a str),
    /// Who works here now.
    Badge(&'a str),
}

impl fmt::Display for Own<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(command) => write!(f, "%CMD:{}", command.name()),
            Self::Pick(nth) => write!(f, "%PICK:{nth}"),
            Self::Storage(place) => write!(f, "%LOC:{place}"),
            Self::Reason(reason) => write!(f, "%QC:{reason}"),
            Self::Badge(badge) => write!(f, "%STAFF:{badge}"),
        }
    }
}

/// What our own label's QR carries: `ORDAK:BANNOS-25771-A/2`. Only upper case and marks of QR's alphanumeric mode,
/// so that the code stays small; the copy number is what makes it a proof of this very label.
pub fn label_payload(id: OrderId, copy: u8) -> String {
    format!("{LABEL_PREFIX}{}/{copy}", id.to_string().to_ascii_uppercase())
}

fn label_of(text: &str) -> Option<Code> {
    let (id, copy) = text.split_once('/')?;
    let is_number = !copy.is_empty() && copy.bytes().all(|byte| byte.is_ascii_digit());
    let copy = copy.parse().ok().filter(|&copy| is_number && copy > 0)?;
    Some(Code::Cake { id: whole_id(id)?, copy: Some(copy) })
}

/// Leaves out blanks and control characters around a frame.
fn strip(text: &str) -> &str {
    text.trim_matches(|letter: char| letter.is_whitespace() || letter.is_control())
}

/// The AIM identifier that a gun may put in front of a code, and the code: `]`, a letter for the symbology and a modifier
/// (ISO/IEC 15424).
pub fn split_aim(text: &str) -> (Option<&str>, &str) {
    let mut letters = text.chars();
    match (letters.next(), letters.next(), letters.next()) {
        (Some(']'), Some(symbology), Some(modifier))
            if symbology.is_ascii_alphabetic() && modifier.is_ascii_alphanumeric() =>
        {
            let code = letters.as_str();
            (text.strip_suffix(code), code)
        }
        _ => (None, text),
    }
}

/// `#B18617`; `£` is `#` through a British keyboard layout.
fn barcode(text: &str) -> Option<OrderId> {
    let text = text.strip_prefix(['#', '£'])?;
    let store = Store::ALL.into_iter().find(|store| text.starts_with(store.letter()))?;
    match number_at(store, &text[1..])? {
        (id, "") => Some(id),
        _ => None,
    }
}

fn whole_id(text: &str) -> Option<OrderId> {
    match id_at(text)? {
        (id, "") => Some(id),
        _ => None,
    }
}

/// The one order id in a URL's path or a JSON text; none when it has none, or two that differ.
fn id_within(text: &str) -> Option<OrderId> {
    let text = match text.split_once("://") {
        // The host may well be called after a shop.
        Some((_, rest)) => rest.find(['/', '?', '#']).map(|at| &rest[at..])?,
        None if text.starts_with(['{', '[']) => text,
        None => return None,
    };
    let mut found = None;
    for (at, _) in text.char_indices() {
        let is_inside_word = text[..at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '-');
        let Some((id, rest)) = id_at(&text[at..]).filter(|_| !is_inside_word) else { continue };
        if rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '-' || letter == '_') {
            continue;
        }
        if found.is_some_and(|other| other != id) {
            return None;
        }
        found = Some(id);
    }
    found
}

/// An order id at the start of `text`, and what follows it.
fn id_at(text: &str) -> Option<(OrderId, &str)> {
    PREFIXES.into_iter().find_map(|(prefix, store)| number_at(store, text.strip_prefix(prefix)?))
}

/// Digits and a suffix, if there is one, at the start of `text`, and what follows them.
fn number_at(store: Store, text: &str) -> Option<(OrderId, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.starts_with('0') {
        return None;
    }
    let number = digits.parse().ok()?;
    let (suffix, rest) = suffix_at(rest);
    Some((OrderId { store, number, suffix }, rest))
}

fn suffix_at(text: &str) -> (Option<Suffix>, &str) {
    let Some(rest) = text.strip_prefix('-') else { return (None, text) };
    let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(rest.len());
    match rest[..end].parse() {
        Ok(suffix) => (Some(suffix), &rest[end..]),
        Err(_) => (None, text),
    }
}

/// How order ids of each store may begin, in upper case.
const PREFIXES: [(&str, Store); 3] =
    [("BANNOS-", Store::Bannos), ("FLOURLANE-", Store::Flourlane), ("FLOUR-LANE-", Store::Flourlane)];

/// Before the order id in our own label's QR.
const LABEL_PREFIX: &str = "ORDAK:";

/// More than the largest QR code holds in alphanumeric mode (ISO/IEC 18004, version 40-L: 4,296).
const FRAME_MAX: usize = 4296;

#[cfg(test)]
mod tests {
    use super::*;

    fn cake(text: &str) -> Code {
        Code::Cake { id: text.parse().unwrap(), copy: None }
    }

    #[test]
    fn every_form_of_the_contract_names_the_same_order() {
        for text in [
            "#B18617",
            "#b18617",
            " #B18617 ",
            "]C0#B18617",
            "]C1#B18617",
            "]Q1#B18617",
            "£B18617",
            "bannos-18617",
            "BANNOS-18617",
            "\u{2}#B18617\u{3}",
            "https://bannos.example/orders/bannos-18617",
            "https://bannos-1.example/orders/bannos-18617?source=docket",
            r#"{"order":"bannos-18617","store":"bannos"}"#,
        ] {
            assert_eq!(Code::parse(text), cake("bannos-18617"), "{text}");
        }
        for text in ["#F25649", "flour-lane-25649", "flourlane-25649", "Flour-Lane-25649"] {
            assert_eq!(Code::parse(text), cake("flourlane-25649"), "{text}");
        }
        for text in ["#B25771-A", "bannos-25771-a", "https://x.example/bannos-25771-A/edit"] {
            assert_eq!(Code::parse(text), cake("bannos-25771-A"), "{text}");
        }
        assert_eq!(Code::parse("#B25771-11"), cake("bannos-25771-11"));
        assert_eq!(Code::parse("25771"), Code::Number(25771));
        assert_eq!(Code::parse("]C0 1234567"), Code::Number(1_234_567));
    }

    #[test]
    fn products_are_told_from_orders() {
        for text in
            ["]E09312345678907", "9312345678907", "012345678905", "96385074", "]E096385074", "]E01234"]
        {
            assert_eq!(Code::parse(text), Code::Product, "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused_and_not_guessed_at() {
        for text in [
            "",
            " ",
            "]",
            "]E",
            "]E0",
            "#",
            "#B",
            "#X18617",
            "#B018617",
            "#B18617-K",
            "#B18617-10",
            "#B18617X",
            "#B99999999999",
            "123",
            "01234",
            "123456789",
            "25771-A",
            "bannos-",
            "xbannos-18617",
            "bannos-18617 bannos-18618",
            "https://bannos-18617.example",
            r#"["bannos-18617","bannos-18618"]"#,
            r#"{"id":"bannos-18617-X"}"#,
            "ORDAK:BANNOS-18617",
            "ORDAK:BANNOS-18617/0",
            "ORDAK:BANNOS-18617/+1",
            "ORDAK:BANNOS-18617/256",
            "£",
            "#£B",
            "]é£",
        ] {
            assert_eq!(Code::parse(text), Code::Unreadable, "{text}");
        }
        assert_eq!(Code::parse(&"9".repeat(1_000_000)), Code::Unreadable);
    }

    #[test]
    fn commands_are_not_cakes() {
        assert_eq!(Code::parse("%PICK:3"), Code::Pick(3));
        assert_eq!(Code::parse("]Q1%pick:1"), Code::Pick(1));
        for text in ["%STAFF:1003", "]C1%staff:1003", "%STAFF:"] {
            assert_eq!(Code::parse(text), Code::Badge, "{text}");
        }
        for text in ["%PICK:0", "%PICK:10", "%PICK:", "%CMD:UNDO", "%STAFF", "%"] {
            assert_eq!(Code::parse(text), Code::Command, "{text}");
        }
    }

    #[test]
    fn the_stations_own_codes_are_read_as_what_they_are() {
        let reads = |own: Own<'_>| Code::parse(&own.to_string());
        for nth in 1..=9 {
            assert_eq!(reads(Own::Pick(nth)), Code::Pick(nth));
        }
        assert_eq!(reads(Own::Badge("1003")), Code::Badge);
        for own in
            Command::ALL.map(Own::Command).into_iter().chain([Own::Storage("Fridge 2"), Own::Reason("a/b")])
        {
            assert_eq!(reads(own), Code::Command, "{own}");
        }
        let texts = Command::ALL.map(|command| Own::Command(command).to_string());
        assert_eq!(texts[..2], ["%CMD:ASSIGN", "%CMD:UNASSIGN"]);
        assert_eq!(Own::Storage("Fridge 2").to_string(), "%LOC:Fridge 2");
        assert_eq!(Own::Reason("smudged").to_string(), "%QC:smudged");
    }

    #[test]
    fn a_label_proves_itself_by_its_copy() {
        let id: OrderId = "bannos-25771-A".parse().unwrap();
        assert_eq!(label_payload(id, 2), "ORDAK:BANNOS-25771-A/2");
        assert_eq!(Code::parse(&label_payload(id, 2)), Code::Cake { id, copy: Some(2) });
    }

    #[test]
    fn the_canonical_form_reads_back_as_itself() {
        for text in ["]C0£b18617", "flour-lane-25649", "bannos-25771-11", " 25771"] {
            let code = Code::parse(text);
            assert_eq!(Code::parse(&code.canonical().unwrap()), code, "{text}");
        }
        assert_eq!(Code::Product.canonical(), None);
    }

    #[test]
    fn any_text_gives_a_code() {
        let letters = ['#', '£', 'B', '1', '-', 'A', '%', ']', 'C', '{', '/', ':', 'é', '\u{0}', 'O', 'b'];
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..20_000 {
            let text: String = (0..state % 13)
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    letters[(state % 16) as usize]
                })
                .collect();
            state = state.wrapping_add(0x1234_5678_9abc_def1);
            if let Some(canonical) = Code::parse(&text).canonical() {
                assert!(matches!(Code::parse(&canonical), Code::Cake { .. } | Code::Number(_)), "{text}");
            }
        }
    }
}
