//! What went wrong in a command, in the words of the catalogue.

use std::error::Error;
use std::fmt::Write;

use crate::label::Flaw;
use crate::printer::BadTemplate;
use crate::words::{Told, journal as words, startup, template};
use crate::{backend, config, journal, printer, shell, ui};

/// A fault as stderr shows it: what happened, what it means, what to do, and the detail for on-call.
pub(super) fn text(told: &Told) -> String {
    let mut text = format!("{}.\n{}.\n{}.", told.happened, told.means, told.remedy);
    if let Some(detail) = &told.detail {
        write!(text, "\n({detail})").expect("a string takes whatever is written");
    }
    text
}

pub(super) fn configuration(error: &config::Error) -> Told {
    match error {
        config::Error::Missing(file) => startup::no_configuration(file),
        config::Error::NoFolder => startup::no_folder(),
        config::Error::Unreadable { file, source } => startup::unusable_file(file, &source.to_string()),
        config::Error::Malformed { file, line, source } => startup::malformed(file, *line, source.message()),
        config::Error::UnknownKey { file, line, key, nearest } => {
            startup::unknown_key(file, *line, key, nearest.as_deref())
        }
        config::Error::Impossible { file, key, value, expected } => {
            startup::impossible(file, key, value, expected)
        }
    }
}

pub(super) fn start(error: &shell::Error) -> Told {
    match error {
        shell::Error::Journal(journal::Error::InUse { path, by }) => startup::journal_in_use(path, *by),
        shell::Error::Journal(journal::Error::File { path, source })
        | shell::Error::Backend(backend::Error::Session { path, source }) => file(path, source),
        shell::Error::Journal(error) => unreadable(error),
        shell::Error::Backend(other) => startup::unworkable(&chain(other)),
        shell::Error::Printer(printer::Error::Template { source, .. }) => template(source),
        shell::Error::Printer(other) => startup::unworkable(&chain(other)),
        shell::Error::System(error) => system(error),
    }
}

pub(super) fn template(error: &BadTemplate) -> Told {
    match error {
        BadTemplate::Unknown { template, dpi, names, resolutions } => {
            startup::no_template(template, *dpi, names, resolutions)
        }
        BadTemplate::Unreadable { file, source } => startup::unusable_file(file, &source.to_string()),
        BadTemplate::Flawed(error) => startup::bad_template(&error.template, error.line, flaw(&error.flaw)),
    }
}

fn flaw(flaw: &Flaw) -> (String, String) {
    match flaw {
        Flaw::Unreadable(why) => template::unreadable(why),
        Flaw::Resolution { dpi, known } => template::resolution(*dpi, known),
        Flaw::Length { key, value_mm, least_mm, most_mm } => {
            template::length(key, *value_mm, *least_mm, *most_mm)
        }
        Flaw::NotPlaced { what } => template::not_placed(what),
        Flaw::Twice { what } => template::twice(what),
        Flaw::NoText { what } => template::no_text(what),
        Flaw::Outside { what } => template::outside(what),
        Flaw::Overlap { what, other } => template::overlap(what, other),
        Flaw::Below { what } => template::below(what),
        Flaw::Narrow { what, width_mm, needed_mm } => template::narrow(what, *width_mm, *needed_mm),
        Flaw::Low { what, height_mm, needed_mm } => template::low(what, *height_mm, *needed_mm),
        Flaw::Short { what, text } => template::short(what, text),
        Flaw::CodeNarrow { barcode, width_mm, needed_mm } => {
            template::code_narrow(barcode, *width_mm, *needed_mm)
        }
        Flaw::Further { height_mm, needed_mm } => template::further(*height_mm, *needed_mm),
    }
}

pub(super) fn unreadable(error: &journal::Error) -> Told {
    match error {
        journal::Error::File { path, source } if source.kind() == std::io::ErrorKind::NotFound => {
            words::no_journal(path)
        }
        journal::Error::File { path, source } => file(path, source),
        journal::Error::Damaged { path, source } => words::damaged(path, &chain(source)),
        journal::Error::Corrupt { path, source } => startup::journal_damaged(path, &chain(source)),
        other => startup::journal_unusable(&chain(other)),
    }
}

pub(super) fn file(file: &std::path::Path, error: &std::io::Error) -> Told {
    startup::unusable_file(file, &error.to_string())
}

pub(super) fn set_up(file: &std::path::Path, error: &ui::Error) -> Told {
    startup::no_set_up(file, &chain(error))
}

pub(super) fn unwritten(error: &config::Unwritten) -> Told {
    match error {
        config::Unwritten::Exists(path) => crate::words::setup::exists(path),
        config::Unwritten::File { file: path, source } => file(path, source),
    }
}

pub(super) fn screen(error: &ui::Error) -> Told {
    startup::no_screen(&chain(error))
}

pub(super) fn system(error: &std::io::Error) -> Told {
    startup::system(&error.to_string())
}

#[cfg(feature = "sandbox")]
pub(super) fn sandbox(error: &crate::sandbox::Error) -> Told {
    startup::sandbox(&chain(error))
}

#[cfg(feature = "sandbox")]
pub(super) fn migration(error: &crate::sandbox::Error) -> Told {
    use crate::sandbox::Error;
    let why = chain(error);
    match error {
        Error::OtherContract => startup::not_migrated(
            &why,
            "`sandbox migrate --extensions-only` adds the functions that a station can use beside them",
        ),
        Error::NotExtensible => {
            startup::not_migrated(&why, "Without --extensions-only it is brought to the newest schema")
        }
        _ => startup::not_migrated(&why, "See to that, then do it again: it can be repeated"),
    }
}

/// An error and its causes in one line; each is a library's own words, for the on-call person.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            write!(text, ": {said}").expect("a string takes whatever is written");
        }
        cause = error.source();
    }
    text
}
