//! The words for guns and printers.

use std::time::Duration;

use crate::words::Told;

/// What to do with the code.
pub const SCANNER_HINT: &str = "With the gun that will be used here: it is the one that is taken.";
/// Beside the list of guns.
pub const GUNS: &str = "Plugged in";
/// In place of guns.
pub const NO_GUNS: &str = "No gun found. Plug it in, and set it to “USB serial” with the code in its manual.";
/// Beside a gun that types.
pub const TYPES: &str = "types like a keyboard";
/// A gun that types to the window.
pub const KEYBOARD_GUN: &str = "A gun that types like a keyboard";
/// Goes on without a gun.
pub const NO_GUN: &str = "No gun here";
/// What that means.
pub const NO_GUN_HINT: &str = "Without a gun a finger does everything. One can be added later.";
/// A printer that does not say what it is.
pub const UNNAMED: &str = "A printer";
/// A printer with an address.
pub const NETWORK: &str = "On the network…";
/// Goes on without a printer.
pub const NO_PRINTER: &str = "No printer here";
/// What the choice of a printer is about.
pub const PRINTER_HINT: &str = "Switch it on and plug it in; it prints a sample next.";
/// Over the languages.
pub const LANGUAGE: &str = "Language (its self-test page says it)";
/// Over the stocks.
pub const STOCK: &str = "Labels in it";
/// Over the resolutions.
pub const RESOLUTION: &str = "Dots an inch";
/// Prints the sample.
pub const PRINT: &str = "Print";
/// Over the speeds of its serial line, in bits a second.
pub const LINE: &str = "Speed of its serial line (its self-test page says it)";
/// Over the ways of flow control.
pub const FLOW: &str = "How it says that it can take no more";
/// It came out and is not as it should be.
pub const ADJUST: &str = "It is out, but shifted or pale";
/// Asks how it should be.
pub const ADJUST_HEADING: &str = "What is wrong with it?";
/// What to do about it.
pub const ADJUST_HINT: &str = "Each touch is half a millimetre or a step; Print shows what it does.";
/// Darkness or position as the printer has them.
pub const AS_SET: &str = "As it is set";
/// Less dark.
pub const LIGHTER: &str = "Lighter";
/// More so.
pub const DARKER: &str = "Darker";
/// Where a label is moved to.
pub const LEFT: &str = "Left";
/// The same.
pub const RIGHT: &str = "Right";
/// The same.
pub const UP: &str = "Up";
/// The same.
pub const DOWN: &str = "Down";
/// It came out.
pub const OUT: &str = "Yes, it is out";
/// It did not.
pub const NOT_OUT: &str = "No, or it is wrong";
/// What to look at.
pub const OUT_HINT: &str = "Whole, sharp, and straight on the label?";
/// Asks to read it back.
pub const READ_HINT: &str = "Now scan its code with the gun.";
/// Goes on without having read it.
pub const READ_SKIP: &str = "It cannot be read";

/// The code was read, by the gun so called, or the label.
pub fn reads(gun: Option<&str>) -> String {
    format!("{} reads.", gun.unwrap_or("The label"))
}

/// The same, and how often that gun reads it by itself, once that is known.
pub fn lies(gun: Option<&str>, guard: Option<Duration>) -> String {
    let Some(guard) = guard else {
        return format!("{} Leave the code before the gun for five seconds.", reads(gun));
    };
    format!(
        "{} reads, also by itself: the same cake within {} s counts once.",
        gun.unwrap_or("The label"),
        guard.as_secs_f64()
    )
}

/// How dark it prints.
pub fn darkness(steps: Option<i8>) -> String {
    steps.map_or_else(|| "Darkness: as the printer is set".to_owned(), |steps| format!("Darkness: {steps}"))
}

/// Where its labels are: right and down, in millimetres.
pub fn position([right, down]: [f32; 2]) -> String {
    let mut moved = Vec::new();
    for (mm, forth, back) in [(right, "right", "left"), (down, "down", "up")] {
        if mm != 0.0 {
            moved.push(format!("{} mm {}", mm.abs(), if mm > 0.0 { forth } else { back }));
        }
    }
    let how = if moved.is_empty() { "as the printer is set".to_owned() } else { moved.join(", ") };
    format!("Position: {how}")
}

/// How a printer says that it can take no more.
pub fn flow(name: &str) -> String {
    match name {
        "rtscts" => "RTS/CTS",
        "xonxoff" => "XON/XOFF",
        _ => "Not at all",
    }
    .to_owned()
}

/// What becomes of the sample, where the printer cannot prove it.
pub fn sent(is_proved: bool) -> &'static str {
    if is_proved { "The printer says it is printed." } else { "Sent. This printer cannot say more." }
}

/// A printer's language, by whom it is spoken.
pub fn language(name: &str) -> String {
    let whose = match name {
        "zpl" => "Zebra",
        "tspl" => "TSC",
        _ => return "ESC/POS · Epson".to_owned(),
    };
    format!("{} · {whose}", name.to_uppercase())
}

/// A stock, by its size.
pub fn stock(template: &str) -> String {
    match template.split_once('x') {
        Some((width, height)) => format!("{width} × {height} mm"),
        None => "80 mm roll".to_owned(),
    }
}

/// Another code was read than the one asked for.
pub fn another_code(read: &str) -> Told {
    Told::new(
        "That was another code",
        format!("The gun read “{}”", read.chars().take(READ_SHOWN_MAX).collect::<String>()),
        "Scan the one that is asked for, with no other near it",
    )
}

/// No gun has read the code yet.
pub fn not_scanned() -> Told {
    Told::new(
        "No gun has read the code yet",
        "Set-up takes the gun that reads it",
        format!("Scan the code on this screen, or press “{NO_GUN}”"),
    )
}

/// A printer must be there.
pub fn needs_printer() -> Told {
    Told::new(
        "Filling needs a printer",
        "Its work begins with a label",
        "Plug one in and press “Look again”, or choose another stage",
    )
}

/// The sample did not come out as it should.
pub fn not_out() -> Told {
    Told::new(
        "The label was not right",
        "Language, labels or dots may be another printer’s",
        "Choose another language or other labels, see to paper and cover, and print again",
    )
}

/// Where the printer should be is no address of one.
pub fn no_printer_address(why: &str) -> Told {
    Told::new(
        "This is no printer’s address",
        "Nothing was sent",
        "Go back and type it as its self-test page has it",
    )
    .with(why)
}

/// As much of a wrong code as a line holds.
const READ_SHOWN_MAX: usize = 40;
