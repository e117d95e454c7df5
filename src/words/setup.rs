//! The words of set-up: what each step asks, and why it does not go on.

use std::path::Path;
use std::time::Duration;

use super::fault::{Told, link};
use super::screen::{post, stores};
use crate::order::{Post, Store};
use crate::station::LinkFault;

mod devices;

pub use devices::*;

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
    "Dwell, speed of printing and the rest have their defaults: the README has every key.";

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
    (gun, guard): (Option<&str>, Option<Duration>),
    printer: Option<&str>,
) -> [(&'static str, String); 6] {
    let (url, email) = account;
    let guard = guard.map(|guard| format!(", guard {} s", guard.as_secs_f64())).unwrap_or_default();
    let gun = gun.map(|gun| format!("{gun}{guard}"));
    [
        ("Station", name.to_owned()),
        ("Works at", format!("{}, {}", post(at), stores(shops))),
        ("Order system", url.to_owned()),
        ("Account", email.to_owned()),
        ("Gun", gun.unwrap_or_else(|| "none: a finger does it".to_owned())),
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
