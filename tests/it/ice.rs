//! Every screen from a recorded script: the whole program, its tasks and subscriptions with it, run headless by `iced_test`.

use std::path::Path;

use iced_test::program::Preset;
use iced_test::runtime::Task;
use ordak_station::config::Theme;
use ordak_station::shell::Handle;
use ordak_station::ui::{App, Message, Options, preset, program};

#[test]
fn recorded_scripts_run_as_recorded() {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/ice");
    assert!(std::fs::read_dir(&scripts).unwrap().count() >= SCRIPTS, "scripts have gone");
    let presets =
        preset::NAMES.map(|name| Preset::<App, Message>::new(name, move || (app(name), Task::none())));
    let program = program(|| app("ready")).presets(presets);
    iced_test::run(program, scripts).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_script_that_does_not_fit_fails() {
    let scripts = tempfile::tempdir().unwrap();
    let script = "viewport: 960x540\nmode: Immediate\n-----\nclick \"Search\"\nexpect \"Scan a cake\"\n";
    std::fs::write(scripts.path().join("wrong.ice"), script).unwrap();
    assert!(iced_test::run(program(|| app("ready")), scripts.path()).is_err());
}

/// The program in a start state, at the moment of all of them.
fn app(name: &str) -> App {
    let (handle, shows, said) = Handle::detached(preset::view(name).expect("a preset of this name"));
    // The station behind the screen lives as long as the program does: that is, as the test.
    std::mem::forget((shows, said));
    App::new(Options { handle, look: preset::look(Theme::Dark), demo: None }).at(preset::NOW)
}

/// As many as there are.
const SCRIPTS: usize = 13;
