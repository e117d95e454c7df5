//! The words of set-up: what each step asks, and why it does not go on.

use std::path::Path;

use super::fault::{Told, link};
use super::screen::{post, stores};
use crate::order::{Post, Store};
use crate::station::LinkFault;

/// The window's title.
pub const TITLE: &str = "Ordak Station: set-up";
/// Goes on to the next step.
pub const NEXT: &str = "Next";
/// Leaves set-up, from its first step.
pub const LEAVE: &str = "Leave";
/// Looks for devices once more.
pub const LOOK_AGAIN: &str = "Look again";

/// The headings of the steps.
pub const BACKEND: &str = "Where is the order system?";
/// Asks for the account.
pub const SIGN_IN: &str = "Who is this station?";
/// Asks for shops and stage.
pub const PLACE: &str = "Where does it stand?";
/// Asks for the name.
pub const NAME: &str = "What is it called?";
/// Asks for the panel.
pub const SCREEN: &str = "How large is this screen?";
/// Asks for the gun.
pub const SCANNER: &str = "Scan this code";
/// Asks for the printer.
pub const PRINTER: &str = "Which printer?";
/// Asks for a printer's address.
pub const ADDRESS: &str = "Where is the printer?";
/// Asks for what the printer is.
pub const KIND: &str = "What kind of printer?";
/// Asks about the sample.
pub const LABEL: &str = "Did the label come out?";
/// Before anything is written.
pub const READY: &str = "Is this right?";
/// After it was written.
pub const DONE: &str = "All set";

/// What the choice of shops and stage is about.
pub const PLACE_HINT: &str = "Whose cakes come by here, and what is done to them.";
/// Over the shops.
pub const SHOPS: &str = "Shops, one or both";
/// Over the stages.
pub const STAGE: &str = "Stage";
/// Over the panel's sizes.
pub const INCHES: &str = "Corner to corner";
/// Over its colours.
pub const COLOURS: &str = "Colours";
/// Light on dark.
pub const DARK: &str = "Dark";
/// Dark on light.
pub const LIGHT: &str = "Light";

/// Over the field of the address.
pub const URL: &str = "Address";
/// Over the field of the key.
pub const KEY: &str = "Anon key";
/// Over the field of the email.
pub const EMAIL: &str = "Email of this station";
/// Over the field of the password.
pub const PASSWORD: &str = "Password";
/// Over the field of the name.
pub const STATION_NAME: &str = "Name, no other station has it";
/// Over the field of a printer's address.
pub const PRINTER_ADDRESS: &str = "Address on its self-test page";

/// What the first step is about.
pub const BACKEND_HINT: &str = "The office has address and key: type them, or scan them as codes. Nothing is written before the last step.";
/// What the second is about.
pub const SIGN_IN_HINT: &str = "Each station has an account of its own; the office makes it.";
/// What the name is for.
pub const NAME_HINT: &str = "Staff and office see this name beside what was done here.";
/// What a printer's address is like.
pub const ADDRESS_HINT: &str = "Such as 192.168.1.50. Most printers print a self-test page when they are switched on with the feed button held.";
/// What the panel's size is for.
pub const SCREEN_HINT: &str = "Measured across, corner to corner, in inches. It is right when this button is as high as two fingers: 20 mm.";
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
/// The label was read.
pub const LABEL_READS: &str = "The label reads.";
/// Writes the configuration.
pub const WRITE: &str = "Write it";
/// Before it is written.
pub const READY_HINT: &str = "Nothing is written yet. Back leads to every step.";
/// Starts the station.
pub const START: &str = "Start";
/// Over the files.
pub const FILES: &str = "Written, for this user’s eyes alone:";
/// What is next.
pub const DONE_HINT: &str =
    "Guards, dwell, darkness and the rest have their defaults: the README has every key.";

/// While the project is asked.
pub const REACHING: &str = "Asking the order system…";
/// While the account is tried.
pub const SIGNING_IN: &str = "Signing in…";
/// While the sample is printed.
pub const PRINTING: &str = "Printing a sample…";
/// While the files are written.
pub const WRITING: &str = "Writing…";
/// While the station starts.
pub const STARTING: &str = "Starting…";

/// Which step of how many: `Step 2 of 8`.
pub fn step(nth: usize, of: usize) -> String {
    format!("Step {nth} of {of}")
}

/// How long a hidden text is: `•••• 40 letters`.
pub fn hidden(letters: usize, last: Option<char>) -> String {
    let last = last.map(String::from).unwrap_or_default();
    let dots = "•".repeat((letters - last.chars().count()).min(DOTS_MAX));
    let count = if letters > DOTS_MAX { format!("  ({letters} letters)") } else { String::new() };
    format!("{dots}{last}{count}")
}

/// The account was taken: who it is, and which contract was found.
pub fn signed_in(account: &str, contract: &str) -> String {
    let account = if account.is_empty() { "an account without a name" } else { account };
    format!("Signed in as {account}. Contract {contract}.")
}

/// A gun read the code.
pub fn gun_reads(gun: &str) -> String {
    format!("{gun} reads.")
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

/// A size of a panel, in inches.
pub fn inches(diagonal: f32) -> String {
    format!("{diagonal}″")
}

/// What is about to be written, a line each: what it is, and how it is.
pub fn summary(
    name: &str,
    at: Post,
    shops: &[Store],
    account: (&str, &str),
    gun: Option<&str>,
    printer: Option<&str>,
) -> [(&'static str, String); 6] {
    let (url, email) = account;
    [
        ("Station", name.to_owned()),
        ("Works at", format!("{}, {}", post(at), stores(shops))),
        ("Order system", url.to_owned()),
        ("Account", email.to_owned()),
        ("Gun", gun.unwrap_or("none: a finger does it").to_owned()),
        ("Printer", printer.unwrap_or("none").to_owned()),
    ]
}

/// A field is empty.
pub fn missing(field: &str) -> Told {
    Told::new(format!("“{field}” is empty"), "Set-up cannot go on without it", "Touch the field and type it")
}

/// Neither shop or no stage was chosen.
pub fn unplaced() -> Told {
    Told::new(
        "Shop or stage is not chosen",
        "A station must know whose cakes it sees and what it does to them",
        "Touch one shop or both, and one stage",
    )
}

/// The project does not answer as one, in the words of set-up.
pub fn not_reached(fault: &LinkFault) -> Told {
    let told = link(fault);
    let (means, remedy) = match fault {
        LinkFault::Unreachable(_) | LinkFault::TimedOut => {
            ("Nothing answers at this address", "Check the address letter by letter, and the network")
        }
        LinkFault::WrongKey => {
            ("Something is there, and does not take this key", "Scan or type the key anew")
        }
        LinkFault::WrongPassword => {
            ("The order system knows no such account and password", "Type both anew, or ask the office")
        }
        LinkFault::NotSupabase(_) => {
            ("Something answers, but it is no order system", "Check the address letter by letter")
        }
        _ => ("The order system answers, and refuses", "Ask the office: it has to put this right"),
    };
    Told { means: means.to_owned(), remedy: remedy.to_owned(), ..told }
}

/// The address is none.
pub fn no_address(why: &str) -> Told {
    Told::new(
        "This cannot be an address or a key",
        "Nothing was asked",
        "Type them as the office has them, such as https://PROJECT.supabase.co",
    )
    .with(why)
}

/// The account has no row of staff.
pub fn no_staff_row() -> Told {
    Told::new(
        "This account is no member of staff",
        "It may sign in, and nothing it does would ever count",
        "Ask the office to give it an approved row of staff, then press Next again",
    )
}

/// The project lacks functions.
pub fn lacks(functions: &[&str]) -> Told {
    Told::new(
        "The order system is not complete",
        "Functions that a station needs are missing",
        "Ask the on-call person: part of its migration has not been run",
    )
    .with(functions.join(", "))
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

/// A file that set-up would write is there.
pub fn exists(file: &Path) -> Told {
    Told::new(
        format!("{} is there already", file.display()),
        "Set-up writes over nothing, and has changed nothing",
        "Move it away, then press the button again; or start with --config and another name",
    )
}

/// Whoever does what set-up asks is gone.
pub fn gone() -> Told {
    Told::new("Set-up has stopped", "It cannot go on, and has written nothing", "Start the program again")
}

/// More dots say nothing more.
const DOTS_MAX: usize = 24;

/// As much of a wrong code as a line holds.
const READ_SHOWN_MAX: usize = 40;
