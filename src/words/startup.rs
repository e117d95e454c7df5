//! What keeps a command or a station from starting, for whoever sets it up.

use std::path::Path;

use super::fault::Told;
use crate::order::OrderId;

/// There is no configuration yet.
pub fn no_configuration(file: &Path) -> Told {
    Told::new(
        format!("There is no configuration at {}", file.display()),
        "The station does not know its stage, its backend or its devices",
        "Run `ordak-station` on its screen: it asks for all of it. Or write one: the README has every key, and \
         `ordak-station devices` the lines for guns and printers",
    )
}

/// Nor is there a screen that could ask for it.
pub fn no_set_up(file: &Path, why: &str) -> Told {
    Told {
        happened: format!("There is no configuration at {}, and no screen for set-up", file.display()),
        ..no_configuration(file)
    }
    .with(why)
}

/// The platform names no folder for configurations.
pub fn no_folder() -> Told {
    Told::new(
        "No configuration folder is known here",
        "The station cannot look for its configuration",
        "Name the file with --config FILE, or set HOME",
    )
}

/// A file that cannot be read or used.
pub fn unusable_file(file: &Path, why: &str) -> Told {
    Told::new(
        format!("{} cannot be used", file.display()),
        "This command cannot do its work without it",
        "See that it exists, or can be made, and that this user may read and write it",
    )
    .with(why)
}

/// A file that is not what it should be.
pub fn malformed(file: &Path, line: Option<usize>, why: &str) -> Told {
    Told::new(
        format!("{}{} cannot be understood: {why}", file.display(), at_line(line)),
        "The station does not start with a setting that it may have got wrong",
        "Mend that line; the README has every key with an example",
    )
}

/// A key that is no setting.
pub fn unknown_key(file: &Path, line: Option<usize>, key: &str, nearest: Option<&str>) -> Told {
    let remedy = match nearest {
        Some(nearest) => format!("Did you mean `{nearest}`? Mend or remove it"),
        None => "Remove it; the README has every key".to_owned(),
    };
    Told::new(
        format!("{}{}: `{key}` is not a setting", file.display(), at_line(line)),
        "A setting that is passed over in silence would be missed too late",
        remedy,
    )
}

/// A value that cannot be.
pub fn impossible(file: &Path, key: &str, value: &str, expected: &str) -> Told {
    Told::new(
        format!("{}: {key} is {value:?}", file.display()),
        "The station does not start with a value that cannot be",
        format!("It may be {expected}"),
    )
}

/// Another station works with the journal.
pub fn journal_in_use(path: &Path, by: Option<u32>) -> Told {
    let by = by.map_or_else(|| "another process".to_owned(), |id| format!("process {id}"));
    Told::new(
        format!("The journal {} is in use by {by}", path.display()),
        "Two stations on one journal could send a scan twice, so this one does not start",
        "Use the station that runs, or end it first; a second one needs its own [journal] path",
    )
}

/// The journal is damaged, and what was saved of it too.
pub fn journal_damaged(path: &Path, why: &str) -> Told {
    Told::new(
        format!("The journal {} is damaged, and what was saved of it too", path.display()),
        "The disk is at fault: scans on it may not have reached the order system, and no more can be kept",
        "Keep all files beside it and call the on-call person: this machine needs another disk",
    )
    .with(why)
}

/// The journal cannot be opened.
pub fn journal_unusable(why: &str) -> Told {
    Told::new(
        "The journal cannot be opened",
        "No scan can be kept, so the station does not start; nothing was changed",
        "See to what follows, then start again",
    )
    .with(why)
}

/// A part of the configuration that the backend client, a printer or a scanner cannot work with.
pub fn unworkable(what: &str) -> Told {
    Told::new(
        format!("The configuration cannot work: {what}"),
        "The station does not start half equipped",
        "Mend it in station.toml and start again",
    )
}

/// The operating system refuses something basic.
pub fn system(what: &str) -> Told {
    Told::new(
        "The operating system refused what the program needs",
        "It cannot go on; what a station has accepted is in its journal",
        "See what it says below, and that disk and memory are not full; then start again",
    )
    .with(what)
}

/// No window can be opened.
pub fn no_screen(why: &str) -> Told {
    Told::new(
        "No window can be opened",
        "The kiosk needs a screen: X11 or Wayland, and libxkbcommon-x11-0 libxcb-xkb1 libxcursor1 libxi6 on X11",
        "Start it from a desktop session, install those packages, or use `run --headless`",
    )
    .with(why)
}

/// The sandbox does not start or stopped.
pub fn sandbox(why: &str) -> Told {
    Told::new(
        format!("The reference backend stopped: {why}"),
        "Orders cannot be served from it",
        "See to that, then start it again; a folder given with --data keeps its orders",
    )
}

/// A database was not brought to a schema.
pub fn not_migrated(why: &str, next: &str) -> Told {
    Told::new(format!("The database was not migrated: {why}"), "Nothing in it was changed", next)
}

/// A scan from the command line was not carried out; its verdict line says why.
pub fn scan_refused(text: &str) -> Told {
    Told::new(text, "The scan did not do what a scan is for", "Its verdict lines say how far it came")
}

/// A label that the command line asked for is not out, or nobody knows.
pub fn label_unfinished(text: &str) -> Told {
    Told::new(
        text,
        "Its job is in the journal: a station that runs within 15 min goes on with it, and never prints it twice",
        "See to the printer, and start the station; what is in doubt, it asks there",
    )
}

/// A scan from the command line was asked about.
pub fn scan_asked(text: &str) -> Told {
    Told::new(
        text,
        "Nothing was done: a person has to say more",
        "Scan the label of the very cake, or scan again at the station",
    )
}

/// A scan from the command line has no last verdict yet.
pub fn scan_unfinished() -> Told {
    Told::new(
        "No last verdict came in time",
        "What was accepted is in the journal, and the station goes on with it when it runs",
        "Start the station: Attention, or the chip of what waits, shows it",
    )
}

/// An order in a file that cannot be read.
pub fn unusable_order(file: &Path, why: &str) -> Told {
    let file = if file == Path::new("-") { "stdin".to_owned() } else { file.display().to_string() };
    Told::new(
        format!("{file} holds no order"),
        "There is no label to draw",
        "It must be JSON such as {\"id\": \"bannos-18617\", \"product\": \"…\"}; the README has every field",
    )
    .with(why)
}

/// The order in the file is not the one named.
pub fn another_order(file: &Path, named: OrderId, found: OrderId) -> Told {
    Told::new(
        format!("{} holds {found}, not {named}", file.display()),
        "Nothing was drawn: it might be the wrong cake's label",
        "Name the order that is in the file, or none",
    )
}

/// No order was named.
pub fn no_order_named() -> Told {
    Told::new(
        "No order was named",
        "There is no label to draw",
        "Name one, such as bannos-18617, or give --order-json FILE",
    )
}

/// The backend has no such order.
pub fn no_such_order(order: OrderId) -> Told {
    Told::new(
        format!("No such order: {order}"),
        "The order system answered, and does not know it",
        "See the number; a cake of a split order has its letter too, such as bannos-25771-A",
    )
}

/// No template is called so.
pub fn no_template(template: &str, dpi: u16, names: &[&str], resolutions: &[u16]) -> Told {
    let resolutions: Vec<String> = resolutions.iter().map(u16::to_string).collect();
    Told::new(
        format!("There is no template {template} at {dpi} dpi"),
        "The label was not drawn",
        format!("Take one of {} at {} dpi", names.join(", "), resolutions.join(" or ")),
    )
}

/// A template that cannot be used, by its file and line.
pub fn bad_template(template: &str, line: Option<usize>, (what, remedy): (String, String)) -> Told {
    Told::new(
        format!("Template {template}{}: {what}", at_line(line)),
        "No label is drawn with it: one that cannot be read, or that lacks something, is worse than none",
        format!("{remedy}, and look at it: `label --sample --template FILE -o FILE.png`"),
    )
}

/// The configuration has no printer.
pub fn no_printer() -> Told {
    Told::new(
        "This station has no printer",
        "Nothing was printed",
        "Add a [[printer]] to station.toml; `devices` shows how",
    )
}

/// A label that the command line asked for is out.
pub fn label_out(printer: &str, is_proved: bool) -> String {
    let how = if is_proved { "printed" } else { "sent" };
    format!("Label {how}: at printer {printer}.")
}

fn at_line(line: Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!(", line {line}"))
}
