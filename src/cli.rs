//! Arguments → one call; the one place where errors become exit codes.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::words::Told;

mod fault;
mod headless;
mod kiosk;
mod scan;

/// The kiosk at each kitchen station of a cake shop: scan, print, move the order on, exactly once.
///
/// Without a command it runs the kiosk, full screen, from the configuration.
#[derive(Parser)]
#[command(name = "ordak-station", version, max_term_width = 100)]
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

/// Runs the program: 0 done, 1 refused or failed with the reason on stderr, 2 usage (clap's own).
pub fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(EnvFilter::try_from_env("ORDAK_LOG").unwrap_or_else(|_| EnvFilter::new("warn")))
        .init();
    let arguments = Arguments::parse();
    match perform(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(told) => {
            eprintln!("{}", fault::text(&told));
            ExitCode::FAILURE
        }
    }
}

fn perform(arguments: Arguments) -> Result<(), Told> {
    let config = arguments.common.config;
    match arguments.command {
        None | Some(Command::Run(Run { headless: false })) => kiosk::run(config, arguments.windowed),
        Some(Command::Run(Run { headless: true })) => headless::run(config),
        Some(Command::Scan(Scan { code })) => scan::run(config, &code),
    }
}
