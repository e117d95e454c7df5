//! `station.toml` → a resolved [`Config`]; refuses to start rather than default what it could not read.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::order::{Post, Stage, Store};
use crate::{backend, journal, printer, scanner};

mod draft;

pub use crate::backend::Secret;
pub use crate::printer::{Flow, Language};
pub use draft::{Draft, Printer, Unwritten, guard_line};

/// Everything `station.toml` says, resolved: defaults filled in, files read, names checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file it came from.
    pub file: PathBuf,
    /// `[station]`.
    pub station: Station,
    /// `[screen]`.
    pub screen: Screen,
    /// `[backend]`, with the password read from its file.
    pub backend: backend::Config,
    /// `[[scanner]]`, in the order of the file.
    pub scanners: Vec<scanner::Config>,
    /// `[[printer]]`, in the order of the file, the first preferred.
    pub printers: Vec<printer::Config>,
    /// `[journal]`.
    pub journal: journal::Config,
}

/// Who and where the station is.
#[derive(Clone, Debug)]
pub struct Station {
    /// Unique in the fleet.
    pub name: Box<str>,
    /// Its stage, or any.
    pub post: Post,
    /// Whose cakes it handles; never empty.
    pub stores: BTreeSet<Store>,
    /// The same cake again within this time is no scan.
    pub repeat_guard: Duration,
    /// How long a cake must have been in each stage before one scan completes it.
    pub dwell: Dwell,
    /// The shop's time zone.
    pub zone: TimeZone,
    /// Whether the first scan at Covering and Decorating is a start, where the backend keeps one.
    pub has_start_scans: bool,
    /// Freeze: accept, print and journal, but send nothing.
    pub is_read_only: bool,
}

/// `dwell`, a span for each stage (`workflow.md` 2, guard c).
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dwell {
    /// Since the label was first read.
    #[serde(with = "humantime_serde")]
    pub filling: Duration,
    /// Since the cake came in.
    #[serde(with = "humantime_serde")]
    pub covering: Duration,
    /// Since the cake came in.
    #[serde(with = "humantime_serde")]
    pub decorating: Duration,
    /// Since packing was started.
    #[serde(with = "humantime_serde")]
    pub packing: Duration,
}

impl Default for Dwell {
    fn default() -> Self {
        let minute = Duration::from_mins(1);
        Self { filling: minute, covering: minute, decorating: minute, packing: Duration::from_secs(10) }
    }
}

/// `[screen]`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Screen {
    /// Visible width of the panel in millimetres: sizes on screen are real sizes.
    pub width_mm: f32,
    /// Dark or light.
    pub theme: Theme,
}

impl Default for Screen {
    /// A 15.6 inch panel, as the design was drawn for.
    fn default() -> Self {
        Self { width_mm: 344.0, theme: Theme::Dark }
    }
}

/// The two looks of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// Light text on near black.
    Dark,
    /// Dark text on near white.
    Light,
}

/// Why there is no configuration to start with. Each names the file, and the key where there is one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such file.
    #[error("there is no configuration at {}", .0.display())]
    Missing(PathBuf),
    /// The platform names no configuration folder, and no file was given.
    #[error("no configuration folder is known here (is HOME set?)")]
    NoFolder,
    /// The file, or one that it names, cannot be read.
    #[error("{} cannot be read", file.display())]
    Unreadable {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not TOML, or a value is not of its kind.
    #[error("{}: {}", file.display(), source.message())]
    Malformed {
        /// Which file.
        file: PathBuf,
        /// Line from 1, where it is known.
        line: Option<usize>,
        /// What the parser found.
        source: Box<toml::de::Error>,
    },
    /// A key that the station does not know.
    #[error("{}: `{key}` is not a setting", file.display())]
    UnknownKey {
        /// Which file.
        file: PathBuf,
        /// Line from 1, where it is known.
        line: Option<usize>,
        /// The unknown key.
        key: String,
        /// The known key most like it.
        nearest: Option<String>,
    },
    /// A value that is well formed and cannot be.
    #[error("{}: {key}: {value:?} cannot be", file.display())]
    Impossible {
        /// Which file.
        file: PathBuf,
        /// The key, with its table.
        key: &'static str,
        /// The value.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
}

impl Config {
    /// Where the configuration is looked for when no file is given.
    pub fn default_file() -> Result<PathBuf, Error> {
        let folders = folders()?;
        Ok(folders.config_dir().join("station.toml"))
    }

    /// Reads and resolves a file.
    pub fn read(file: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(file).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => Error::Missing(file.to_owned()),
            _ => Error::Unreadable { file: file.to_owned(), source },
        })?;
        Self::parse(&text, file)
    }

    /// Resolves the text of a file, from whose folder its paths begin.
    pub fn parse(text: &str, file: &Path) -> Result<Self, Error> {
        let written: Written = toml::from_str(text).map_err(|source| malformed(file, text, source))?;
        written.resolve(file)
    }
}

/// The file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    station: WrittenStation,
    #[serde(default)]
    screen: Screen,
    backend: backend::Settings,
    #[serde(default)]
    scanner: Vec<scanner::Config>,
    #[serde(default)]
    printer: Vec<printer::Config>,
    #[serde(default)]
    journal: WrittenJournal,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStation {
    name: Box<str>,
    stage: String,
    #[serde(default = "both_stores")]
    stores: BTreeSet<Store>,
    #[serde(with = "humantime_serde", default = "repeat_guard")]
    repeat_guard: Duration,
    #[serde(default)]
    dwell: Dwell,
    #[serde(default = "timezone")]
    timezone: String,
    #[serde(default)]
    read_only: bool,
    #[serde(default)]
    start_scans: bool,
    /// Taken, since every file may have it; nothing rests on it before there are badges.
    #[serde(with = "humantime_serde", default, rename = "badge_idle")]
    _badge_idle: Option<Duration>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenJournal {
    path: Option<PathBuf>,
    #[serde(with = "humantime_serde")]
    retention: Option<Duration>,
}

impl Written {
    fn resolve(self, file: &Path) -> Result<Config, Error> {
        let station = self.station.resolve(file)?;
        let width_mm = self.screen.width_mm;
        if !WIDTHS_MM.contains(&width_mm) {
            return Err(Error::Impossible {
                file: file.to_owned(),
                key: "[screen] width_mm",
                value: width_mm.to_string(),
                expected: "the visible width of the panel in millimetres, 100 to 2000",
            });
        }
        check_printers(file, station.post, &self.printer)?;
        // One station, one journal, wherever it is started from.
        let folder = file.parent().unwrap_or(Path::new(""));
        let path = match self.journal.path {
            Some(path) => folder.join(path),
            None => folders()?.data_dir().join("journal.sqlite"),
        };
        let retention = self.journal.retention.unwrap_or(RETENTION);
        let mut session_path = path.clone().into_os_string();
        session_path.push(".session");
        let password_file = folder.join(self.backend.password_file);
        let password = fs::read_to_string(&password_file)
            .map_err(|source| Error::Unreadable { file: password_file, source })?;
        let backend = backend::Config {
            url: self.backend.url,
            anon_key: self.backend.anon_key,
            email: self.backend.email,
            password: Secret::new(password.trim_end_matches(['\r', '\n'])),
            pin: self.backend.contract,
            station: station.name.clone(),
            post: station.post,
            stores: station.stores.clone(),
            session_path: session_path.into(),
        };
        Ok(Config {
            file: file.to_owned(),
            station,
            screen: self.screen,
            backend,
            scanners: self.scanner,
            printers: self.printer.into_iter().map(|printer| printer.beside(folder)).collect(),
            journal: journal::Config { path, retention },
        })
    }
}

impl WrittenStation {
    fn resolve(self, file: &Path) -> Result<Station, Error> {
        let impossible = |key, value: &str, expected| Error::Impossible {
            file: file.to_owned(),
            key,
            value: value.to_owned(),
            expected,
        };
        let post = match self.stage.as_str() {
            "any" => Post::Any,
            name => Stage::WORKED.into_iter().find(|stage| stage.name() == name).map(Post::At).ok_or_else(
                || impossible("[station] stage", name, "Filling, Covering, Decorating, Packing or any"),
            )?,
        };
        if self.stores.is_empty() {
            return Err(impossible("[station] stores", "", "\"bannos\", \"flourlane\" or both"));
        }
        if self.name.trim().is_empty() {
            return Err(impossible("[station] name", &self.name, "a name that no other station has"));
        }
        let zone = TimeZone::get(&self.timezone).map_err(|_| {
            impossible("[station] timezone", &self.timezone, "a time zone such as Australia/Sydney")
        })?;
        Ok(Station {
            name: self.name,
            post,
            stores: self.stores,
            repeat_guard: self.repeat_guard,
            dwell: self.dwell,
            zone,
            has_start_scans: self.start_scans,
            is_read_only: self.read_only,
        })
    }
}

fn check_printers(file: &Path, post: Post, printers: &[printer::Config]) -> Result<(), Error> {
    let impossible = |key, value: &str, expected| {
        let (file, value) = (file.to_owned(), value.to_owned());
        Err(Error::Impossible { file, key, value, expected })
    };
    if printers.is_empty() && Draft::needs_printer(post) {
        return impossible("[[printer]]", "missing", "a printer: Filling begins with a label");
    }
    let mut names = BTreeSet::new();
    match printers.iter().find(|printer| !names.insert(&*printer.name)) {
        Some(twice) => {
            impossible("[[printer]] name", &twice.name, "a name that no other printer of this station has")
        }
        None => Ok(()),
    }
}

fn malformed(file: &Path, text: &str, source: toml::de::Error) -> Error {
    let file = file.to_owned();
    let line = source.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
    match unknown_key(source.message()) {
        Some((key, nearest)) => Error::UnknownKey { file, line, key, nearest },
        None => Error::Malformed { file, line, source: Box::new(source) },
    }
}

/// Serde's words for a key that is none: "unknown field `bau`, expected `path` or `baud`" (or "one of …").
fn unknown_key(message: &str) -> Option<(String, Option<String>)> {
    let mut quoted = message.strip_prefix("unknown field ")?.split('`').skip(1).step_by(2);
    let key = quoted.next()?.to_owned();
    let nearest = quoted
        .map(|known| (strsim::jaro_winkler(&key, known), known))
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| known.to_owned());
    Some((key, nearest))
}

fn folders() -> Result<directories::ProjectDirs, Error> {
    directories::ProjectDirs::from("", "", "ordak-station").ok_or(Error::NoFolder)
}

fn both_stores() -> BTreeSet<Store> {
    Store::ALL.into()
}

fn timezone() -> String {
    "Australia/Sydney".to_owned()
}

fn repeat_guard() -> Duration {
    REPEAT_GUARD
}

/// The default of `[station] repeat_guard` (`interfaces.md`).
pub const REPEAT_GUARD: Duration = Duration::from_secs(2);

/// From a tablet's width to a wall's; sizes on screen follow from it.
const WIDTHS_MM: std::ops::RangeInclusive<f32> = 100.0..=2000.0;

/// The default of `[journal] retention` (`interfaces.md`).
pub const RETENTION: Duration = Duration::from_hours(30 * 24);

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"
[station]
name = "bannos-filling-1"
stage = "Filling"
stores = ["bannos"]
repeat_guard = "3s"
dwell = { filling = "90s", packing = "5s" }
timezone = "Australia/Sydney"
start_scans = false
badge_idle = "15m"

[screen]
width_mm = 300
theme = "light"

[backend]
url = "http://127.0.0.1:3000"
anon_key = "key"
email = "filling-1@shop.example"
password_file = "PASSWORD"
contract = "2025-09"

[[scanner]]
kind = "serial"
path = "/dev/ttyUSB0"

[[scanner]]
kind = "keyboard"

[[printer]]
name = "bench"
language = "escpos"
transport = "tcp://127.0.0.1:9100"
template = "100x50"
dpi = 203

[journal]
path = "/var/lib/ordak/journal.sqlite"
retention = "7d"
"#;

    fn read(text: &str) -> Result<Config, Error> {
        let folder = tempfile::tempdir().unwrap();
        let password = folder.path().join("password");
        fs::write(&password, "secret\n").unwrap();
        let file = folder.path().join("station.toml");
        fs::write(&file, text.replace("PASSWORD", password.to_str().unwrap())).unwrap();
        Config::read(&file)
    }

    #[test]
    fn a_whole_file_is_read_and_what_is_left_out_has_its_default() {
        let config = read(WHOLE).unwrap();
        assert_eq!(config.station.post, Post::At(Stage::Filling));
        assert_eq!(config.station.stores, BTreeSet::from([Store::Bannos]));
        assert_eq!(config.station.repeat_guard, Duration::from_secs(3));
        assert_eq!(config.station.dwell.filling, Duration::from_secs(90));
        assert_eq!(config.station.dwell.covering, Duration::from_mins(1));
        assert_eq!((config.scanners.len(), config.printers.len()), (2, 1));
        assert_eq!(config.journal.retention, Duration::from_hours(7 * 24));
        assert_eq!(config.screen.theme, Theme::Light);
    }

    #[test]
    fn a_filling_station_needs_a_printer_and_the_others_none() {
        let (start, end) = (WHOLE.find("[[printer]]").unwrap(), WHOLE.find("[journal]").unwrap());
        let none = format!("{}{}", &WHOLE[..start], &WHOLE[end..]);
        assert!(matches!(read(&none), Err(Error::Impossible { key: "[[printer]]", .. })));
        assert!(read(&none.replace("\"Filling\"", "\"Covering\"")).is_ok());
    }

    #[test]
    fn a_path_is_from_the_configuration_s_own_folder() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("password"), "secret").unwrap();
        let file = folder.path().join("station.toml");
        let text = WHOLE.replace("PASSWORD", "password").replace("/var/lib/ordak/journal", "kept/journal");
        fs::write(&file, text).unwrap();
        let config = Config::read(&file).unwrap();
        assert_eq!(config.journal.path, folder.path().join("kept/journal.sqlite"));
        assert_eq!(config.backend.session_path, folder.path().join("kept/journal.sqlite.session"));
    }

    #[test]
    fn an_unknown_key_names_the_nearest_known_one_and_its_line() {
        for (wrong, right, nearest) in [
            ("repeat_gard =", "repeat_guard =", "repeat_guard"),
            ("anonkey =", "anon_key =", "anon_key"),
            ("widht_mm =", "width_mm =", "width_mm"),
            ("transprot =", "transport =", "transport"),
            ("retentoin =", "retention =", "retention"),
            ("[scren]", "[screen]", "screen"),
            ("{ fillin =", "{ filling =", "filling"),
        ] {
            let Err(Error::UnknownKey { line, nearest: found, .. }) = read(&WHOLE.replace(right, wrong))
            else {
                panic!("{wrong} was taken");
            };
            assert_eq!(found.as_deref(), Some(nearest), "{wrong}");
            assert!(line.is_some_and(|line| line > 1), "{wrong}");
        }
    }

    #[test]
    fn what_cannot_be_is_refused_and_never_defaulted() {
        for (right, wrong) in [
            ("stage = \"Filling\"", "stage = \"Filing\""),
            ("stores = [\"bannos\"]", "stores = []"),
            ("stores = [\"bannos\"]", "stores = [\"banos\"]"),
            ("name = \"bannos-filling-1\"", "name = \" \""),
            ("Australia/Sydney", "Australia/Sidney"),
            ("repeat_guard = \"3s\"", "repeat_guard = \"3\""),
            ("badge_idle = \"15m\"", "badge_idle = \"15\""),
            ("width_mm = 300", "width_mm = 0"),
            ("width_mm = 300", "width_mm = nan"),
            ("theme = \"light\"", "theme = \"pink\""),
            ("PASSWORD", "/nowhere/password"),
            ("kind = \"keyboard\"", "kind = \"camera\""),
            ("tcp://127.0.0.1:9100", "smoke://signal"),
            ("[station]", "[station"),
            ("[[printer]]", "[[printer]]\nname = \"bench\"\ntransport = \"file:///tmp/\"\n\n[[printer]]"),
        ] {
            assert!(read(&WHOLE.replace(right, wrong)).is_err(), "{wrong} was taken");
        }
        assert!(matches!(Config::read(Path::new("/nowhere/station.toml")), Err(Error::Missing(_))));
    }
}
