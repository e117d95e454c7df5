//! A configuration that set-up has asked for, and the one place that writes `station.toml`.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Screen, Theme};
use crate::backend::Secret;
use crate::order::{Post, Stage, Store};
use crate::printer::{self, Flow, Language, OFFSET_MM, Transport};

/// All that a new configuration says; what it leaves out has its default.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Unique in the fleet.
    pub name: String,
    /// Where the station stands.
    pub post: Post,
    /// Whose cakes it handles.
    pub stores: BTreeSet<Store>,
    /// The same cake again within this time is no scan; none where it was not measured.
    pub repeat_guard: Option<Duration>,
    /// `[screen]`.
    pub screen: Screen,
    /// Address of the project.
    pub url: String,
    /// Its anon key.
    pub anon_key: Secret,
    /// The station's own account.
    pub email: String,
    /// Its password, which goes into a file of its own.
    pub password: Secret,
    /// The `[[scanner]]`, as `devices` writes it.
    pub scanner: Option<String>,
    /// The printer.
    pub printer: Option<Printer>,
}

/// A `[[printer]]` of which no more is said than what it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printer {
    /// What it speaks.
    pub language: Language,
    /// Where it is, as a URL.
    pub transport: String,
    /// The stock in it.
    pub template: String,
    /// Its resolution, in dots per inch.
    pub dpi: u16,
    /// In the language's own steps; none: as the printer is set.
    pub darkness: Option<i8>,
    /// How far right and down its labels are moved, in half millimetres.
    pub offset_halves: [i8; 2],
}

/// Why nothing was written. No file that was there has changed.
#[derive(Debug, thiserror::Error)]
pub enum Unwritten {
    /// There is such a file, and it says something else.
    #[error("{} is there already", .0.display())]
    Exists(PathBuf),
    /// The system refuses it.
    #[error("{} cannot be written", file.display())]
    File {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Draft {
    /// Writes `file` and beside it the password, both for their owner alone, and gives their names. A file that is there is
    /// never written over, and `file` appears whole or not at all.
    pub fn write(&self, file: &Path) -> Result<[PathBuf; 2], Unwritten> {
        let failed = |file: &Path| {
            let file = file.to_owned();
            move |source| Unwritten::File { file, source }
        };
        if file.exists() {
            return Err(Unwritten::Exists(file.to_owned()));
        }
        let folder = file.parent().filter(|folder| *folder != "").unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(failed(folder))?;
        let password = folder.join(PASSWORD);
        match put(&password, self.password.reveal()) {
            Ok(()) => {}
            // An attempt before this one may have come as far as here.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let kept = fs::read_to_string(&password).map_err(failed(&password))?;
                if kept.trim_end_matches(['\r', '\n']) != self.password.reveal() {
                    return Err(Unwritten::Exists(password));
                }
                fs::set_permissions(&password, Permissions::from_mode(OWNER)).map_err(failed(&password))?;
            }
            Err(source) => return Err(Unwritten::File { file: password, source }),
        }
        let mut fresh = file.as_os_str().to_owned();
        fresh.push(".new");
        let fresh = PathBuf::from(fresh);
        match fs::remove_file(&fresh) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&fresh)(error)),
            _ => {}
        }
        put(&fresh, &self.text()).map_err(failed(&fresh))?;
        // A link, since a rename would write over what came there meanwhile.
        let linked = fs::hard_link(&fresh, file);
        fs::remove_file(&fresh).map_err(failed(&fresh))?;
        match linked {
            // Their names last as their contents do.
            Ok(()) => fs::File::open(folder)
                .and_then(|folder| folder.sync_all())
                .map(|()| [file.to_owned(), password])
                .map_err(failed(folder)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(Unwritten::Exists(file.to_owned()))
            }
            Err(error) => Err(failed(file)(error)),
        }
    }

    /// The text of `station.toml`.
    pub fn text(&self) -> String {
        let stage = match self.post {
            Post::At(stage) => stage.name(),
            Post::Any => "any",
        };
        let stores: Vec<String> = self.stores.iter().map(|store| quoted(store.slug())).collect();
        let theme = match self.screen.theme {
            Theme::Dark => "dark",
            Theme::Light => "light",
        };
        let mut text = format!(
            "# Written by set-up. The README has every key.\n\
             [station]\nname = {}\nstage = {}\nstores = [{}]\n{}\n\
             [screen]\nwidth_mm = {}\ntheme = {}\n\n\
             [backend]\nurl = {}\nanon_key = {}\nemail = {}\npassword_file = {}\n",
            quoted(&self.name),
            quoted(stage),
            stores.join(", "),
            self.repeat_guard.map(|guard| guard_line(guard) + "\n").unwrap_or_default(),
            self.screen.width_mm.round(),
            quoted(theme),
            quoted(&self.url),
            quoted(self.anon_key.reveal()),
            quoted(&self.email),
            quoted(PASSWORD),
        );
        let printer = self.printer.as_ref().map(Printer::table);
        for table in self.scanner.iter().chain(&printer) {
            text.extend(["\n", table, "\n"]);
        }
        text
    }

    /// Whether a station there cannot do without a printer.
    pub fn needs_printer(post: Post) -> bool {
        post == Post::At(Stage::Filling)
    }
}

impl Printer {
    /// What staff call it.
    pub const NAME: &str = "bench";

    /// The usual one of this language at this place.
    pub fn new(language: Language, transport: String) -> Self {
        let usual = printer::Config::new(Self::NAME, language, Transport::File { folder: PathBuf::new() });
        let (template, dpi) = (usual.template.into(), usual.dpi);
        Self { language, transport, template, dpi, darkness: None, offset_halves: [0; 2] }
    }

    /// How far right and down its labels are moved.
    pub fn offset_mm(&self) -> [f32; 2] {
        self.offset_halves.map(|halves| f32::from(halves) / 2.0)
    }

    /// Its lines in `station.toml`.
    pub fn table(&self) -> String {
        let darkness = self.darkness.map(|darkness| format!("\ndarkness = {darkness}")).unwrap_or_default();
        let offset = match self.offset_halves {
            [0, 0] => String::new(),
            _ => format!("\noffset_mm = {:?}", self.offset_mm()),
        };
        format!(
            "[[printer]]\nname = {}\nlanguage = {}\ntransport = {}\ntemplate = {}\ndpi = {}{darkness}{offset}",
            quoted(Self::NAME),
            quoted(&self.language.to_string()),
            quoted(&self.transport),
            quoted(&self.template),
            self.dpi
        )
    }

    /// Speed and flow control of its serial line, where it is on one.
    pub fn line(&self) -> Option<(u32, Flow)> {
        match self.transport.parse() {
            Ok(Transport::Serial { baud, flow, .. }) => Some((baud, flow)),
            _ => None,
        }
    }

    /// Sets both; nothing where it is on no serial line.
    pub fn set_line(&mut self, baud: u32, flow: Flow) {
        if let Ok(Transport::Serial { path, .. }) = self.transport.parse() {
            self.transport = Transport::Serial { path, baud, flow }.to_string();
        }
    }

    /// Prints darker, or lighter where `by` is negative, by a tenth of what its language knows at most; from the middle on
    /// where it was as the printer is set.
    pub fn darken(&mut self, by: i8) {
        let (least, most) = printer::darkness(self.language).into_inner();
        let step = ((most - least) / 10).max(1);
        let now = self.darkness.unwrap_or(i8::midpoint(least, most));
        self.darkness = Some((now + by * step).clamp(least, most));
    }

    /// Moves its labels right and down.
    pub fn shift(&mut self, halves: [i8; 2]) {
        let (least, most) = OFFSET_MM.into_inner();
        for (offset, by) in self.offset_halves.iter_mut().zip(halves) {
            *offset = (*offset + by).clamp(2 * least as i8, 2 * most as i8);
        }
    }
}

/// A `repeat_guard` for `station.toml`.
pub fn guard_line(guard: Duration) -> String {
    match guard.subsec_millis() {
        0 => format!("repeat_guard = \"{}s\"", guard.as_secs()),
        _ => format!("repeat_guard = \"{}ms\"", guard.as_millis()),
    }
}

/// A string as TOML writes it, whatever is in it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// Makes a file that nobody but its owner reads, durably.
fn put(file: &Path, text: &str) -> io::Result<()> {
    let mut open = OpenOptions::new().write(true).create_new(true).mode(OWNER).open(file)?;
    open.write_all(text.as_bytes())?;
    open.sync_all()
}

/// Read and written by its owner.
const OWNER: u32 = 0o600;

/// The password's file, beside the configuration.
const PASSWORD: &str = "password";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, REPEAT_GUARD};

    fn draft() -> Draft {
        Draft {
            name: "bannos-filling-1".into(),
            post: Post::At(Stage::Filling),
            stores: [Store::Bannos].into(),
            repeat_guard: None,
            screen: Screen { width_mm: 293.6, theme: Theme::Light },
            url: "https://project.example".into(),
            anon_key: Secret::new("anon.key"),
            email: "filling-1@shop.example".into(),
            password: Secret::new("pass \"word\" \\ ü"),
            scanner: Some("[[scanner]]\nkind = \"serial\"\npath = \"/dev/ttyACM0\"".into()),
            printer: Some(Printer {
                language: Language::Zpl,
                transport: "tcp://192.168.1.50:9100".into(),
                template: "62x29".into(),
                dpi: 300,
                darkness: None,
                offset_halves: [0; 2],
            }),
        }
    }

    #[test]
    fn what_is_written_is_read_back_as_it_was_meant() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new/folder/station.toml");
        let draft = draft();
        let files = draft.write(&file).unwrap();
        let config = Config::read(&file).unwrap();
        assert_eq!((&*config.station.name, config.station.post), ("bannos-filling-1", draft.post));
        assert_eq!(config.station.stores, draft.stores);
        assert_eq!((config.screen.width_mm.round(), config.screen.theme), (294.0, Theme::Light));
        assert_eq!((&*config.backend.url, &*config.backend.email), (&*draft.url, &*draft.email));
        assert_eq!((&config.backend.anon_key, &config.backend.password), (&draft.anon_key, &draft.password));
        assert_eq!((config.scanners.len(), config.station.repeat_guard), (1, REPEAT_GUARD));
        let [printer] = &config.printers[..] else { panic!("{:?}", config.printers) };
        assert_eq!((printer.language, &*printer.template, printer.dpi), (Language::Zpl, "62x29", 300));
        assert_eq!(printer.transport.to_string(), "tcp://192.168.1.50:9100");
        for file in files {
            assert_eq!(
                fs::metadata(&file).unwrap().permissions().mode() & 0o777,
                0o600,
                "{}",
                file.display()
            );
        }
        assert_eq!(
            fs::read_dir(folder.path().join("new/folder")).unwrap().count(),
            2,
            "nothing is left over"
        );
        assert!(!draft.text().contains('ü'), "the password is in its own file alone");
    }

    #[test]
    fn what_was_measured_and_moved_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        for (guard, language, darkness, offset_halves, offset_mm) in [
            (2_000, Language::Escpos, -6, [2, -20], "[1.0, -10.0]"),
            (2_100, Language::Zpl, 30, [0, 1], "[0.0, 0.5]"),
            (7_500, Language::Tspl, 0, [-1, 0], "[-0.5, 0.0]"),
        ] {
            let (guard, file) = (Duration::from_millis(guard), folder.path().join(format!("{guard}.toml")));
            let printer = Printer {
                darkness: Some(darkness),
                offset_halves,
                ..Printer::new(language, "tcp://127.0.0.1:9100".into())
            };
            Draft { repeat_guard: Some(guard), printer: Some(printer), ..draft() }.write(&file).unwrap();
            let config = Config::read(&file).unwrap();
            assert_eq!(config.station.repeat_guard, guard);
            let [printer] = &config.printers[..] else { panic!("{:?}", config.printers) };
            assert_eq!(printer.darkness, Some(darkness));
            assert_eq!(format!("{:?}", printer.offset_mm), offset_mm);
        }
    }

    #[test]
    fn a_printer_is_set_within_what_it_can_do() {
        for (language, lightest, darkest) in
            [(Language::Escpos, -6, 8), (Language::Zpl, 0, 30), (Language::Tspl, 0, 15)]
        {
            let mut printer = Printer::new(language, "serial:///dev/ttyUSB0?baud=9600&flow=none".into());
            for (by, end) in [(1, darkest), (-1, lightest)] {
                for _ in 0..41 {
                    printer.darken(by);
                    printer.shift([by, -by]);
                }
                assert_eq!(printer.darkness, Some(end), "{language}");
                assert_eq!(printer.offset_halves, [20 * by, -20 * by]);
            }
            printer.set_line(115_200, Flow::RtsCts);
            assert_eq!(printer.transport, "serial:///dev/ttyUSB0?baud=115200&flow=rtscts");
            assert_eq!(printer.line(), Some((115_200, Flow::RtsCts)));
        }
        let mut elsewhere = Printer::new(Language::Zpl, "tcp://192.168.1.50:9100".into());
        elsewhere.set_line(115_200, Flow::None);
        assert_eq!((elsewhere.line(), &*elsewhere.transport), (None, "tcp://192.168.1.50:9100"));
    }

    #[test]
    fn whatever_was_typed_reads_back() {
        for hard in ["a\"b", "c:\\d", "two\nlines", "tab\t", "naïve ✓", "'''", "\"\"\"", "#", "\u{7f}"] {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("station.toml");
            let draft = Draft {
                name: format!("n{hard}"),
                email: hard.into(),
                anon_key: Secret::new(hard),
                printer: None,
                scanner: None,
                post: Post::Any,
                ..draft()
            };
            draft.write(&file).unwrap();
            let config = Config::read(&file).unwrap();
            assert_eq!((&*config.station.name, &*config.backend.email), (&*draft.name, hard));
            assert_eq!(config.backend.anon_key.reveal(), hard);
        }
    }

    #[test]
    fn a_file_that_is_there_is_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let (file, password) = (folder.path().join("station.toml"), folder.path().join("password"));
        fs::write(&file, "mine").unwrap();
        assert!(matches!(draft().write(&file), Err(Unwritten::Exists(which)) if which == file));
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
        assert!(!password.exists());
        fs::remove_file(&file).unwrap();
        fs::write(&password, "another").unwrap();
        assert!(matches!(draft().write(&file), Err(Unwritten::Exists(which)) if which == password));
        assert!(!file.exists());
        // The same one is of an attempt that was cut off.
        fs::write(&password, draft().password.reveal()).unwrap();
        fs::write(folder.path().join("station.toml.new"), "torn").unwrap();
        draft().write(&file).unwrap();
        assert_eq!(fs::metadata(&password).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(Config::read(&file).is_ok());
    }
}
