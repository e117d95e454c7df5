//! `ordak-station demo`.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use super::{Demo, fault, headless, sandbox};
use crate::order::{Post, Stage, Store};
use crate::sandbox::virtual_printer::{Picture, VirtualPrinter};
use crate::sandbox::{self as backend_sandbox, Options, Running, Storage};
use crate::shell::{self, Config};
use crate::words::{Told, startup};
use crate::{backend, journal, printer, scanner, station, ui};

/// The whole thing in one program: backend, station, printer and scanner.
pub(super) fn run(arguments: Demo) -> Result<(), Told> {
    let demo = assemble(arguments.data, arguments.orders, post(&arguments.stage))?;
    let Assembled { running, lines, screen, backstage } = demo;
    let shown = if arguments.headless {
        headless::read_codes(running.handle())?;
        headless::write_lines(running, lines, screen.look.station, screen.look.zone)
    } else {
        drop(lines);
        let shown = ui::run(screen).map_err(|error| fault::screen(&error));
        drop(running);
        shown
    };
    backstage.stop()?;
    shown
}

/// All of a demo but its window. The station is to be dropped before what it stands on.
pub struct Assembled {
    /// The station.
    pub running: shell::Running,
    /// Its verdicts, for who wants them as lines.
    pub lines: mpsc::Receiver<shell::Line>,
    /// What its window needs.
    pub screen: ui::Options,
    /// What it stands on.
    pub backstage: Backstage,
}

/// What the demo's station stands on: its backend, its virtual printer and its folder.
pub struct Backstage {
    served: Running,
    runtime: Runtime,
    _printer: VirtualPrinter,
    _folder: Folder,
}

impl Backstage {
    /// Ends the backend, and throws the folder away unless it was named.
    pub fn stop(self) -> Result<(), Told> {
        self.runtime.block_on(self.served.stop()).map_err(|error| fault::sandbox(&error))
    }
}

/// Starts all of the demo at `post` but its screen, with `orders` sample orders, in a folder of its own unless one is named.
pub fn assemble(data: Option<PathBuf>, orders: usize, post: Post) -> Result<Assembled, Told> {
    let folder = Folder::open(data).map_err(|error| fault::system(&error))?;
    let storage =
        if folder.is_kept { Storage::Folder(folder.path.join("postgres")) } else { Storage::Temporary };
    let runtime = sandbox::runtime()?;
    let options = Options { storage, orders, ..Options::default() };
    let served = runtime
        .block_on(backend_sandbox::serve(options, &sandbox::show_progress))
        .map_err(|error| fault::sandbox(&error))?;
    let (printer, pictures) =
        runtime.block_on(VirtualPrinter::start()).map_err(|error| fault::system(&error))?;
    let config = config(&served, &folder.path, post, printer.address)?;
    let look = look(&config);
    let (running, lines) = shell::start(config).map_err(|error| fault::start(&error))?;
    let tray = ui::demo::Tray::new();
    let screen = ui::Options { handle: running.handle(), look, demo: Some(tray.labels()) };
    runtime.spawn(show_labels(pictures, tray));
    let backstage = Backstage { served, runtime, _printer: printer, _folder: folder };
    Ok(Assembled { running, lines, screen, backstage })
}

async fn show_labels(mut pictures: mpsc::Receiver<Picture>, tray: ui::demo::Tray) {
    while let Some(picture) = pictures.recv().await {
        tray.put(ui::demo::Picture::packed(picture.width_dots, picture.height_dots, &picture.rows));
    }
}

fn config(served: &Running, folder: &Path, post: Post, printer: SocketAddr) -> Result<Config, Told> {
    let access = &served.access;
    let name: Box<str> = match post {
        Post::At(stage) => format!("demo-{}", stage.name().to_lowercase()).into(),
        Post::Any => "demo".into(),
    };
    let stores = BTreeSet::from(Store::ALL);
    let zone = TimeZone::get(ZONE).map_err(|error| startup::system(&error.to_string()))?;
    let way = printer::Transport::Tcp { host: printer.ip().to_string().into(), port: printer.port() };
    let printer = printer::Config::new(PRINTER, printer::Language::Escpos, way);
    let settings = station::Settings {
        name: name.clone(),
        post,
        stores: stores.clone(),
        repeat_guard: crate::config::REPEAT_GUARD,
        dwell: station::Dwell::default(),
        is_read_only: false,
        has_start_scans: false,
        printers: vec![PRINTER.into()],
        scanners: 1,
        performer: None,
    };
    let backend = backend::Config {
        url: access.url.as_str().into(),
        anon_key: backend::Secret::new(access.anon_key.as_str()),
        email: access.email.as_str().into(),
        password: backend::Secret::new(access.password.as_str()),
        pin: backend::ContractPin::Auto,
        station: name,
        post,
        stores,
        session_path: folder.join("session.json"),
    };
    let journal =
        journal::Config { path: folder.join("journal.sqlite"), retention: crate::config::RETENTION };
    let scanners = vec![scanner::Config::Keyboard {}];
    Ok(Config { settings, zone, journal, backend, scanners, printers: vec![printer] })
}

fn look(config: &Config) -> ui::Look {
    ui::Look {
        width_mm: crate::config::Screen::default().width_mm,
        theme: crate::config::Theme::Dark,
        windowed: true,
        title: "Ordak Station demo".to_owned(),
        station: config.settings.name.to_string(),
        post: config.settings.post,
        stores: config.settings.stores.iter().copied().collect(),
        zone: config.zone.clone(),
    }
}

fn post(name: &str) -> Post {
    Stage::WORKED.into_iter().find(|stage| stage.name() == name).map_or(Post::Any, Post::At)
}

/// Where the demo keeps its things; thrown away at the end unless it was named.
struct Folder {
    path: PathBuf,
    is_kept: bool,
}

impl Folder {
    fn open(kept: Option<PathBuf>) -> std::io::Result<Self> {
        let is_kept = kept.is_some();
        let path = kept.unwrap_or_else(|| {
            std::env::temp_dir().join(format!("ordak-station-demo-{}", std::process::id()))
        });
        std::fs::create_dir_all(&path)?;
        Ok(Self { path, is_kept })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.is_kept
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            eprintln!("{} could not be removed: {error}", self.path.display());
        }
    }
}

/// As staff would call it.
const PRINTER: &str = "bench";

/// The shops' own.
const ZONE: &str = "Australia/Sydney";
