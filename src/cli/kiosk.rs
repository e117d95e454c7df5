//! The kiosk, and what a configuration means for engine and screen.

use std::path::PathBuf;

use super::fault;
use crate::config::Config;
use crate::shell;
use crate::station;
use crate::ui;
use crate::words::Told;

/// The kiosk on its screen.
pub(super) fn run(file: Option<PathBuf>, is_windowed: bool) -> Result<(), Told> {
    let file = named(file)?;
    if !file.try_exists().unwrap_or(true) {
        return super::setup::run(&file, is_windowed);
    }
    let (running, options) = start(file, is_windowed)?;
    let shown = ui::run(options).map_err(|error| fault::screen(&error));
    drop(running);
    shown
}

/// Starts the station of a configuration; what its window needs.
pub(super) fn start(file: PathBuf, is_windowed: bool) -> Result<(shell::Running, ui::Options), Told> {
    let config = configuration(Some(file))?;
    let look = look(&config, is_windowed);
    let (running, lines) = shell::start(shell_config(config)).map_err(|error| fault::start(&error))?;
    // The screen shows every verdict.
    drop(lines);
    let options = ui::Options { handle: running.handle(), look, demo: None };
    Ok((running, options))
}

/// Reads the configuration named, or the platform's own.
pub(super) fn configuration(file: Option<PathBuf>) -> Result<Config, Told> {
    Config::read(&named(file)?).map_err(|error| fault::configuration(&error))
}

fn named(file: Option<PathBuf>) -> Result<PathBuf, Told> {
    file.map_or_else(Config::default_file, Ok).map_err(|error| fault::configuration(&error))
}

/// What the configuration means for the engine and its workers.
pub(super) fn shell_config(config: Config) -> shell::Config {
    let Config { station, backend, scanners, printers, journal, .. } = config;
    let dwell = station::Dwell {
        filling: station.dwell.filling,
        covering: station.dwell.covering,
        decorating: station.dwell.decorating,
        packing: station.dwell.packing,
    };
    let settings = station::Settings {
        name: station.name,
        post: station.post,
        stores: station.stores,
        repeat_guard: station.repeat_guard,
        dwell,
        is_read_only: station.is_read_only,
        has_start_scans: station.has_start_scans,
        printers: printers.iter().map(|printer| printer.name.clone()).collect(),
        scanners: scanners.len(),
        performer: None,
    };
    shell::Config { settings, zone: station.zone, journal, backend, scanners, printers }
}

/// What the configuration means for the screen.
fn look(config: &Config, is_windowed: bool) -> ui::Look {
    ui::Look {
        width_mm: config.screen.width_mm,
        theme: config.screen.theme,
        windowed: is_windowed,
        title: format!("Ordak Station: {}", config.station.name),
        station: config.station.name.to_string(),
        post: config.station.post,
        stores: config.station.stores.iter().copied().collect(),
        zone: config.station.zone.clone(),
    }
}
