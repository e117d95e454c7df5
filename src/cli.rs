//! Arguments → one call; the one place where errors become exit codes.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand};
use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::words::Told;

#[cfg(feature = "sandbox")]
pub mod demo;
mod devices;
mod doctor;
mod fault;
mod headless;
mod journal;
mod kiosk;
mod label;
mod once;
#[cfg(feature = "sandbox")]
mod sandbox;
pub mod setup;
mod sheet;

/// The kiosk at each kitchen station of a cake shop: scan, print, move the order on, exactly once.
///
/// Without a command it runs the kiosk, full screen, from the configuration. Where there is none, its screen asks for it first:
/// order system, account, stage, gun and printer.
#[derive(Parser)]
#[command(name = "ordak-station", version, propagate_version = true, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    common: Common,
    /// Run the kiosk in a window, for a desk.
    #[arg(long)]
    windowed: bool,
}

/// What every command takes.
#[derive(Args)]
struct Common {
    /// The configuration [default: station.toml in the platform's configuration folder].
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// The station from its configuration.
    Run(Run),
    /// One scan, as the station would do it: its verdict lines on stdout.
    Scan(Scan),
    /// Scanners and printers found, with the lines to put in the configuration.
    Devices(Devices),
    /// Is this station able to work? Each check: ok, warn or fail, what was seen, what to do. 0 when it is able, else 1.
    Doctor(Doctor),
    /// Draws an order's label into a file: a PNG, or what is sent to a printer.
    Label(DrawLabel),
    /// The command sheet, to print and hang up: commands, answers, storage places, QC reasons and staff badges.
    Sheet(DrawSheet),
    /// One print, as the station would do it: its verdict lines on stdout. A cake that has its label gets a numbered copy.
    Print(PrintLabel),
    /// The local journal: what waits, what became of it, and a person's word.
    #[command(subcommand)]
    Journal(journal::Command),
    /// The whole thing with no set-up and no hardware: a backend with sample orders, a virtual printer, a scanner on screen.
    #[cfg(feature = "sandbox")]
    Demo(Demo),
    /// The reference backend.
    #[cfg(feature = "sandbox")]
    #[command(subcommand)]
    Sandbox(Sandbox),
}

#[derive(Args)]
struct Run {
    /// Without a screen: one JSON line a verdict on stdout. A `keyboard` scanner reads lines from stdin.
    #[arg(long)]
    headless: bool,
}

#[derive(Args)]
struct Scan {
    /// The code, as a gun would read it.
    code: String,
}

/// Which label.
#[derive(Args)]
struct What {
    /// The order, such as bannos-18617 or bannos-25771-A.
    order: Option<crate::order::OrderId>,
    /// Take the order from this file instead of the backend; `-` is stdin.
    #[arg(long, value_name = "FILE")]
    order_json: Option<PathBuf>,
}

#[derive(Args)]
struct DrawLabel {
    #[command(flatten)]
    what: What,
    /// Number of the copy; from 2 on the label is marked as one.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    copy: u8,
    /// Draw a made-up cake instead of an order: how a template looks.
    #[arg(long, conflicts_with_all = ["order", "order_json"])]
    sample: bool,
    /// The stock: 62x29, 100x50, roll80 or a FILE.toml of your own [default: the first printer's, else 100x50].
    #[arg(long, value_name = "NAME")]
    template: Option<String>,
    /// The resolution: 203 or 300 [default: the first printer's, else 203].
    #[arg(long, value_name = "DPI")]
    dpi: Option<u16>,
    /// What the printer speaks, where FILE is no PNG.
    #[arg(long, default_value_t, value_name = "escpos|zpl|tspl")]
    language: crate::printer::Language,
    /// Where to: FILE.png, with further labels as FILE-2.png and so on, or any other name for a printer's bytes.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

#[derive(Args)]
struct DrawSheet {
    /// Commands and answers alone, without asking the backend: needs no configuration.
    #[arg(long)]
    no_backend: bool,
    /// Where to: FILE.pdf, or FILE.png with further pages as FILE-2.png and so on. A4, to be printed at 100 %.
    #[arg(short, long, value_name = "FILE", value_parser = sheet::output)]
    output: PathBuf,
}

#[derive(Args)]
struct PrintLabel {
    /// The order, such as bannos-18617 or bannos-25771-A.
    #[arg(required_unless_present = "order_json")]
    order: Option<crate::order::OrderId>,
    /// Take the order from this file; `-` is stdin. It is printed on the first printer, and that is all: nothing is
    /// journalled, and the backend, which may have no such order, is told nothing.
    #[arg(long, value_name = "FILE")]
    order_json: Option<PathBuf>,
    /// Number of the copy of an order from a file; otherwise the station counts.
    #[arg(long, value_name = "N", requires = "order_json", value_parser = clap::value_parser!(u8).range(1..))]
    copy: Option<u8>,
}

#[derive(Args)]
struct Devices {
    /// As one line of JSON; with --test one a read.
    #[arg(long)]
    json: bool,
    /// Try the guns until it is stopped: what each read sends, and how often a label left lying is read. Those of the
    /// configuration, the one that is scanner:N, or the one at PATH.
    #[arg(long, value_name = "N|PATH", num_args = 0..=1)]
    #[expect(clippy::option_option, reason = "how clap tells a flag with an optional value")]
    test: Option<Option<String>>,
    /// The speed of the gun at PATH, where it is a serial line.
    #[arg(long, default_value_t = crate::scanner::BAUD, requires = "test")]
    baud: u32,
}

#[derive(Args)]
struct Doctor {
    /// As one line of JSON.
    #[arg(long)]
    json: bool,
}

#[cfg(feature = "sandbox")]
#[derive(Args)]
struct Demo {
    /// How many sample orders.
    #[arg(long, default_value_t = 60, value_name = "N")]
    orders: usize,
    /// Keep everything in this folder and go on from it next time [default: thrown away].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The station's stage.
    #[arg(long, default_value = "any", value_name = "STAGE", value_parser = ["Filling", "Covering", "Decorating", "Packing", "any"])]
    stage: String,
    /// Without a screen: codes as lines on stdin, one JSON line a verdict on stdout.
    #[arg(long)]
    headless: bool,
}

#[cfg(feature = "sandbox")]
#[derive(Subcommand)]
enum Sandbox {
    /// Serves the reference backend; prints one JSON line when it is ready.
    Serve(Serve),
    /// Brings a PostgreSQL 15 or newer, or a Supabase project, to the newest schema; repeatable.
    Migrate {
        /// Which database.
        #[arg(long, value_name = "URL")]
        database_url: String,
        /// To a project of contract 2025-12 add the extension functions and what they keep, and change nothing that is there.
        #[arg(long)]
        extensions_only: bool,
    },
}

#[cfg(feature = "sandbox")]
#[derive(Args)]
struct Serve {
    /// Where to listen; port 0 picks one.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDR")]
    listen: std::net::SocketAddr,
    /// Keep the embedded database in this folder [default: thrown away].
    #[arg(long, value_name = "DIR", conflicts_with = "database_url")]
    data: Option<PathBuf>,
    /// Use this PostgreSQL instead of the embedded one.
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// How many sample orders to write into an empty database.
    #[arg(long, default_value_t = 60, value_name = "N")]
    orders: usize,
    /// The contract to speak; 2025-12 is a stand-in of the shops' project with its weaknesses.
    #[arg(long, default_value = "2025-09", value_name = "CONTRACT", value_parser = ["2025-09", "2025-12"])]
    contract: String,
}

/// Runs the program: 0 done, 1 refused or failed with the reason on stderr, 2 usage (clap's own).
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let level = match std::env::var("ORDAK_LOG").ok().as_deref().map(log_level) {
        None => Targets::new().with_default(Level::WARN),
        Some(Some(level)) => level,
        Some(None) => {
            let usage = "ORDAK_LOG is none of error, warn, info, debug, trace or TARGET=LEVEL,…";
            Arguments::command().error(ErrorKind::InvalidValue, usage).exit()
        }
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    tracing_subscriber::registry().with(lines.with_filter(level)).init();
    match perform(arguments) {
        Ok(code) => code,
        Err(told) => {
            eprintln!("{}", fault::text(&told));
            ExitCode::FAILURE
        }
    }
}

/// What `ORDAK_LOG` asks for; none where it is mistyped. A word alone is a level: as a target it would silence all others.
fn log_level(wanted: &str) -> Option<Targets> {
    if wanted.contains('=') {
        return wanted.parse().ok();
    }
    Some(Targets::new().with_default(wanted.parse::<LevelFilter>().ok()?))
}

fn perform(arguments: Arguments) -> Result<ExitCode, Told> {
    let config = arguments.common.config;
    let done = match arguments.command {
        Some(Command::Doctor(Doctor { json })) => {
            let is_able = doctor::run(config, json)?;
            return Ok(if is_able { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        None | Some(Command::Run(Run { headless: false })) => kiosk::run(config, arguments.windowed),
        Some(Command::Run(Run { headless: true })) => headless::run(config),
        Some(Command::Scan(Scan { code })) => once::scan(config, &code),
        Some(Command::Devices(Devices { json, test: None, .. })) => devices::run(json),
        Some(Command::Devices(Devices { json, test: Some(which), baud })) => {
            devices::test(config, which.as_deref(), baud, json)
        }
        Some(Command::Journal(command)) => journal::run(config, &command),
        Some(Command::Label(arguments)) => label::draw(config, &arguments),
        Some(Command::Sheet(arguments)) => sheet::draw(config, &arguments),
        Some(Command::Print(PrintLabel { order, order_json, copy })) => match (order, order_json) {
            (named, Some(sheet)) => label::print(config, named, &sheet, copy.unwrap_or(1)),
            (Some(order), None) => once::print(config, order),
            (None, None) => Err(crate::words::startup::no_order_named()),
        },
        #[cfg(feature = "sandbox")]
        Some(Command::Demo(demo)) => demo::run(demo),
        #[cfg(feature = "sandbox")]
        Some(Command::Sandbox(Sandbox::Serve(serve))) => sandbox::serve(serve),
        #[cfg(feature = "sandbox")]
        Some(Command::Sandbox(Sandbox::Migrate { database_url, extensions_only })) => {
            sandbox::migrate(&database_url, extensions_only)
        }
    };
    done.map(|()| ExitCode::SUCCESS)
}
