//! What is plugged in, with the lines that the configuration needs for it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::fault;
use crate::words::{Told, devices as words};
use crate::{printer, scanner};

mod trial;

/// Lists what is found, as text or as one line of JSON.
pub(super) fn run(is_json: bool) -> Result<(), Told> {
    let root = Path::new("/");
    let found = Found {
        scanners: scanner::found(root).into_iter().map(Gun::from).collect(),
        printers: printer::found(root).into_iter().map(Press::from).collect(),
    };
    let text = if is_json {
        serde_json::to_string(&found).map(|json| json + "\n").map_err(io::Error::from)
    } else {
        Ok(found.text())
    };
    text.and_then(|text| io::stdout().write_all(text.as_bytes())).map_err(|error| fault::system(&error))
}

/// Tries guns until it is stopped: those of the configuration, or the one named by its number or its path.
pub(super) fn test(file: Option<PathBuf>, which: Option<&str>, baud: u32, is_json: bool) -> Result<(), Told> {
    if let Some(path) = which.filter(|which| which.contains('/')) {
        let config = if path.starts_with("/dev/input/") {
            scanner::Config::Evdev { path: path.into() }
        } else {
            scanner::Config::Serial { path: path.into(), baud }
        };
        return trial::run(vec![(path.to_owned(), config)], is_json);
    }
    let configured = super::kiosk::configuration(file)?.scanners.into_iter().enumerate();
    let mut guns = configured.map(|(nth, config)| (format!("scanner:{nth}"), config)).collect::<Vec<_>>();
    if let Some(number) = which {
        let wanted = format!("scanner:{number}");
        guns.retain(|(source, _)| *source == wanted);
    }
    // Nothing tells its keys from those of the keyboard that the command was typed on.
    guns.retain(|(_, config)| config.path().is_some());
    if guns.is_empty() { Err(words::no_gun()) } else { trial::run(guns, is_json) }
}

#[derive(Serialize)]
struct Found {
    scanners: Vec<Gun>,
    printers: Vec<Press>,
}

#[derive(Serialize)]
pub(super) struct Gun {
    pub what: String,
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// For `station.toml`.
    pub config: String,
}

#[derive(Serialize)]
pub(super) struct Press {
    pub what: String,
    path: String,
    languages: String,
    /// For `station.toml`.
    pub config: String,
}

impl Found {
    fn text(&self) -> String {
        let mut text = String::new();
        let mut say = |line: &str| text.extend([line, "\n"]);
        say(if self.scanners.is_empty() { words::NO_SCANNERS } else { words::SCANNERS });
        for gun in &self.scanners {
            let aside = if gun.kind == "serial" { String::new() } else { format!(" ({})", words::TYPES) };
            say(&format!("\n# {}{aside}\n{}", gun.what, gun.config));
        }
        if !self.printers.is_empty() {
            say(&format!("\n{}", words::PRINTERS));
        }
        for press in &self.printers {
            let what = if press.what.is_empty() { words::UNNAMED } else { &press.what };
            say(&format!("\n# {what} {}\n{}", press.languages, press.config));
        }
        say(&format!(
            "\n{}\n\n{}",
            words::NETWORK,
            printer_lines(printer::Language::default(), "tcp://ADDRESS:9100")
        ));
        text
    }
}

impl From<scanner::Found> for Gun {
    fn from(found: scanner::Found) -> Self {
        let kind = match &found.config {
            scanner::Config::Serial { .. } => "serial",
            scanner::Config::Evdev { .. } => "evdev",
            scanner::Config::Keyboard {} => "keyboard",
        };
        let path = found.config.path().map(|path| path.display().to_string());
        let line = path.as_ref().map(|path| format!("\npath = {path:?}")).unwrap_or_default();
        let config = format!("[[scanner]]\nkind = \"{kind}\"{line}");
        Self { what: found.what, kind, path, config }
    }
}

impl From<printer::Found> for Press {
    fn from(found: printer::Found) -> Self {
        let path = found.path.display().to_string();
        // It lists its languages in words of its own; those that name none of ours are mostly receipt printers.
        let languages = found.languages.to_uppercase();
        let language = match () {
            () if languages.contains("ZPL") => printer::Language::Zpl,
            () if languages.contains("TSPL") => printer::Language::Tspl,
            () => printer::Language::Escpos,
        };
        let is_plain = |serial: &String| serial.chars().all(|sign| sign.is_ascii_alphanumeric());
        let serial = found.serial.filter(is_plain).map(Into::into);
        let way = printer::Transport::Usb { path: found.path, serial };
        let config = printer_lines(language, &way.to_string());
        Self { what: found.what, path, languages: found.languages, config }
    }
}

fn printer_lines(language: printer::Language, way: &str) -> String {
    crate::config::Printer::new(language, way.to_owned()).table()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Devices {
        #[serde(default)]
        scanner: Vec<scanner::Config>,
        #[serde(default)]
        printer: Vec<printer::Config>,
    }

    #[test]
    fn every_line_it_prints_is_taken_by_the_configuration() {
        let guns = [
            scanner::Config::Serial { path: "/dev/ttyACM0".into(), baud: 9600 },
            scanner::Config::Evdev { path: "/dev/input/event3".into() },
            scanner::Config::Keyboard {},
        ];
        let gun = |config: &scanner::Config| {
            Gun::from(scanner::Found { what: "a gun".into(), config: config.clone() })
        };
        let press = |serial: Option<&str>, languages: &str| {
            Press::from(printer::Found {
                what: "a printer".into(),
                path: "/dev/usb/lp0".into(),
                serial: serial.map(Into::into),
                languages: languages.into(),
            })
        };
        let printers = vec![press(Some("K1"), "EPL,ZPL"), press(Some("a & b"), "TSPL2"), press(None, "")];
        let found = Found { scanners: guns.iter().map(gun).collect(), printers };
        let text = found.text();
        let lines = text.lines().filter(|line| line.starts_with("[[") || line.contains(" = "));
        let devices: Devices = toml::from_str(&lines.collect::<Vec<_>>().join("\n")).unwrap();
        assert_eq!((&devices.scanner[..], devices.printer.len()), (&guns[..], 4), "{text}");
        assert!(devices.printer.iter().all(|printer| printer.check().is_ok()));
        let ways: Vec<_> = devices
            .printer
            .iter()
            .map(|printer| format!("{} {}", printer.language, printer.transport))
            .collect();
        assert_eq!(ways[0], "zpl usb:///dev/usb/lp0?serial=K1");
        assert_eq!(ways[1..3], ["tspl usb:///dev/usb/lp0", "escpos usb:///dev/usb/lp0"]);
    }

    #[test]
    fn a_printer_without_a_name_is_told_as_one() {
        let nameless = printer::Found {
            what: String::new(),
            path: "/dev/usb/lp0".into(),
            serial: None,
            languages: "ZPL".into(),
        };
        let nameless = Press::from(nameless);
        let found = Found { scanners: Vec::new(), printers: vec![nameless] };
        assert!(found.text().contains("# a printer that does not tell its name ZPL"));
        assert!(found.text().contains("No scanner found"));
    }
}
