//! Pictures of every screen in its main states, without a display. Where `SHOTS_DIR` is set they are kept there.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use iced_test::Simulator;
use iced_test::core::{Settings, Size};
use ordak_station::config::Theme;
use ordak_station::shell::{Handle, Input};
use ordak_station::ui::{App, Look, Options, demo, preset, setup, use_bundled_fonts};
use tokio::sync::mpsc;

/// A picture: its name, the preset, and the panel it is for.
struct Shot {
    name: String,
    preset: &'static str,
    theme: Theme,
    width_mm: f32,
    size_px: (u32, u32),
    shows_demo: bool,
    /// What is touched first, one after the other.
    touched: &'static [&'static str],
}

impl Shot {
    fn of(preset: &'static str, theme: Theme) -> Self {
        let suffix = if theme == Theme::Dark { "dark" } else { "light" };
        Self {
            name: format!("{preset}-{suffix}"),
            preset,
            theme,
            width_mm: 344.0,
            size_px: (1920, 1080),
            shows_demo: false,
            touched: &[],
        }
    }

    fn on(self, size_px: (u32, u32), width_mm: f32) -> Self {
        Self { name: format!("{}-{}x{}", self.name, size_px.0, size_px.1), width_mm, size_px, ..self }
    }

    /// The program, and who hears what is touched: without a hearer it says that it takes no more.
    fn app(&self) -> (App, mpsc::Receiver<Input>) {
        let view = preset::view(self.preset).expect("a preset of this name");
        let (handle, _shows, said) = Handle::detached(view);
        let look = Look { width_mm: self.width_mm, ..preset::look(self.theme) };
        let demo = self.shows_demo.then(tray);
        (App::new(Options { handle, look, demo }).at(preset::NOW), said)
    }

    /// Draws the picture; gives how many colours it has.
    fn draw(&self, directory: &Path) -> usize {
        let (mut app, _said) = self.app();
        use_bundled_fonts();
        // A snapshot has two pixels for each logical one.
        let size = Size::new(self.size_px.0 as f32 / 2.0, self.size_px.1 as f32 / 2.0);
        for touched in self.touched {
            let mut simulator = Simulator::with_size(Settings::default(), size, app.view());
            simulator.click(*touched).unwrap_or_else(|error| panic!("{}: {touched}: {error}", self.name));
            let messages: Vec<_> = simulator.into_messages().collect();
            for message in messages {
                drop(app.update(message));
            }
        }
        let simulator = Simulator::with_size(Settings::default(), size, app.view());
        keep(simulator, &app.theme(), &directory.join(&self.name), self.size_px)
    }
}

/// Keeps the picture of a window as `file` with `.png` behind it; gives how many colours it has.
fn keep<Message>(
    mut window: Simulator<'_, Message>,
    theme: &iced::Theme,
    file: &Path,
    size_px: (u32, u32),
) -> usize {
    let snapshot = window.snapshot(theme).expect("a headless renderer");
    let named = |end: &str| PathBuf::from(format!("{}{end}.png", file.display()));
    let (wanted, made) = (named(""), named("-tiny-skia"));
    if made.exists() {
        fs::remove_file(&made).unwrap();
    }
    assert!(snapshot.matches_image(&wanted).expect("a picture is written"));
    fs::rename(made, &wanted).expect("the software renderer draws");
    colours(&wanted, size_px)
}

/// Draws a state of set-up; gives how many colours it has.
fn draw_setup(name: &str, theme: Theme, size_px: (u32, u32), width_mm: f32, directory: &Path) -> usize {
    use_bundled_fonts();
    let setup = setup::preset::setup(name, width_mm, theme).expect("a preset of this name");
    let size = Size::new(size_px.0 as f32 / 2.0, size_px.1 as f32 / 2.0);
    let simulator = Simulator::with_size(Settings::default(), size, setup.view());
    let file = format!(
        "setup-{name}-{}-{}x{}",
        if theme == Theme::Dark { "dark" } else { "light" },
        size_px.0,
        size_px.1
    );
    keep(simulator, &theme.iced(), &directory.join(file), size_px)
}

#[test]
fn every_step_of_set_up_draws_at_every_size() {
    let (kept, thrown) = (std::env::var_os("SHOTS_DIR").map(PathBuf::from), tempfile::tempdir().unwrap());
    let step = if kept.is_some() { 1 } else { 6 };
    let directory = kept.unwrap_or_else(|| thrown.path().to_owned());
    fs::create_dir_all(&directory).unwrap();
    let panels = [((1920, 1080), 344.0), ((1280, 800), 344.0), ((1024, 768), 211.0), ((1080, 1920), 194.0)];
    let dark = panels.map(|panel| (Theme::Dark, panel));
    let looks = dark.into_iter().chain([(Theme::Light, panels[0])]);
    let all = looks.flat_map(|look| setup::preset::NAMES.map(|name| (name, look)));
    for (name, (theme, (size_px, width_mm))) in all.step_by(step) {
        let colours = draw_setup(name, theme, size_px, width_mm, &directory);
        assert!(colours > 20, "{name} is as good as blank: {colours} colours");
    }
}

fn tray() -> demo::Labels {
    let tray = demo::Tray::new();
    let stripes: Vec<u8> = (0..100 * 400).map(|at| if at / 100 % 20 < 10 { 0xF0 } else { 0x00 }).collect();
    tray.put(demo::Picture::packed(800, 400, &stripes));
    tray.labels()
}

fn colours(path: &Path, size_px: (u32, u32)) -> usize {
    let file = std::io::BufReader::new(fs::File::open(path).unwrap());
    let mut reader = png::Decoder::new(file).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    assert_eq!((info.width, info.height), size_px, "{}", path.display());
    bytes.chunks_exact(4).step_by(37).collect::<HashSet<_>>().len()
}

/// Pages behind a touch: name, preset, what is touched.
const PAGES: &[(&str, &str, &[&str])] = &[
    ("order", "looked", &["#B18617"]),
    ("choose", "looked", &["#B18617", "Give to…"]),
    ("order-long", "long", &["NOTES"]),
    ("order-asked", "looked-failed", &["#B18617"]),
    ("attention", "faults", &["Attention"]),
    ("troubles", "faults", &["Filling"]),
    ("labels", "faults", &["Filling", "Labels of today"]),
    ("troubles-back", "back", &["Filling"]),
    ("well", "ready", &["Filling"]),
    ("search", "ready", &["Search", "C", "U", "P"]),
    ("search-nothing", "ready", &["Search", "1", "9", "9", "9"]),
    ("stages", "ready", &["All stages"]),
    ("stages-decorating", "ready", &["All stages", "Decorating", "Bannos"]),
    ("unassigned", "ready", &["Unassigned"]),
    ("unassigned-list", "ready", &["Unassigned", "Covering"]),
];

fn shots() -> Vec<Shot> {
    let mut shots: Vec<Shot> = preset::NAMES.into_iter().map(|name| Shot::of(name, Theme::Dark)).collect();
    for name in ["ready", "agreed", "choice", "faults"] {
        shots.push(Shot::of(name, Theme::Light));
    }
    for name in ["ready", "agreed", "choice", "nothere", "split", "long", "faults", "labelout"] {
        shots.push(Shot::of(name, Theme::Dark).on((1280, 800), 344.0));
        shots.push(Shot::of(name, Theme::Dark).on((1024, 768), 211.0));
        shots.push(Shot::of(name, Theme::Dark).on((1080, 1920), 194.0));
    }
    for (name, preset, touched) in PAGES {
        for theme in [Theme::Dark, Theme::Light] {
            let suffix = if theme == Theme::Dark { "dark" } else { "light" };
            shots.push(Shot { name: format!("{name}-{suffix}"), touched, ..Shot::of(preset, theme) });
        }
        for (size_px, width_mm) in [((1280, 800), 344.0), ((1024, 768), 211.0), ((1080, 1920), 194.0)] {
            let shot = Shot { name: (*name).to_owned(), touched, ..Shot::of(preset, Theme::Dark) };
            shots.push(shot.on(size_px, width_mm));
        }
    }
    for name in ["ready", "agreed"] {
        shots.push(Shot {
            shows_demo: true,
            name: format!("demo-{name}-dark"),
            ..Shot::of(name, Theme::Dark)
        });
    }
    shots
}

#[test]
fn every_screen_draws_at_every_size() {
    let kept = std::env::var_os("SHOTS_DIR").map(PathBuf::from);
    let is_kept = kept.is_some();
    let thrown = tempfile::tempdir().unwrap();
    let directory = kept.unwrap_or_else(|| thrown.path().to_owned());
    fs::create_dir_all(&directory).unwrap();
    let only = std::env::var("SHOTS_ONLY").unwrap_or_default();
    // All of them take minutes in an unoptimised build: without a place to keep them, a few of each size do.
    let step = if is_kept { 1 } else { 6 };
    for shot in shots().iter().filter(|shot| shot.name.contains(&only)).step_by(step) {
        let colours = shot.draw(&directory);
        assert!(colours > 40, "{} is as good as blank: {colours} colours", shot.name);
    }
}
