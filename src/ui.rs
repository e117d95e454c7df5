//! The screens, on iced. What is shown comes from the station's newest [`View`]; what a person does goes back through the
//! shell's [`Handle`]. Nothing here decides anything about an order.

mod album;
mod app;
pub mod demo;
mod picture;
pub mod preset;
mod screen;
mod search;
pub mod setup;
mod tally;
mod theme;
mod widget;

use std::sync::{Arc, Once, PoisonError};

use cosmic_text::{FontSystem, fontdb};
use iced::application::BootFn;
use iced::{Application, Program, Task, window};
use jiff::tz::TimeZone;

pub use app::{App, Message};
pub use theme::Scale;

use crate::config::Theme;
use crate::order::{OrderId, Post, Store};
use crate::shell::Handle;
use tally::Tally;

/// What a window needs.
#[derive(Clone, Debug)]
pub struct Options {
    /// The running station.
    pub handle: Handle,
    /// Who and where it is, and how it looks.
    pub look: Look,
    /// The demo's panel, in the demo.
    pub demo: Option<demo::Labels>,
}

/// Who and where the station is, and how it looks.
#[derive(Clone, Debug)]
pub struct Look {
    /// The visible width of the screen (`[screen] width_mm`).
    pub width_mm: f32,
    /// Which colours.
    pub theme: Theme,
    /// A window on a desk instead of a whole screen.
    pub windowed: bool,
    /// The window's title.
    pub title: String,
    /// The station's name.
    pub station: String,
    /// Where it stands.
    pub post: Post,
    /// Whose cakes it handles.
    pub stores: Vec<Store>,
    /// The shop's time zone.
    pub zone: TimeZone,
}

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No display, or none that a window can be opened on.
    #[error("no window can be opened on this display")]
    Window(#[from] iced::Error),
}

/// Shows the station until it is told to stop by a signal, or its window is closed: by a person where it is a window on a
/// desk or a demo, never on a kiosk.
pub fn run(options: Options) -> Result<(), Error> {
    let window = opened(&options.look, options.demo.is_some());
    // A signal ends it as closing its window does.
    let boot =
        move || (App::new(options.clone()), Task::perform(crate::shell::stopped(), |()| Message::Stopped));
    Ok(program(boot).window(window).run()?)
}

/// Asks for a configuration, and goes on as the station that it makes. `sample` is the order on the label that is printed.
pub fn set_up(handle: &setup::Handle, look: &Look, sample: OrderId) -> Result<(), Error> {
    use_bundled_fonts();
    let window = opened(look, false);
    let (handle, look) = (handle.clone(), look.clone());
    let boot = move || {
        let (window, asked) = setup::Window::new(handle.clone(), look.clone(), sample);
        let stopped = Task::perform(crate::shell::stopped(), |()| setup::WindowMessage::Stopped);
        (window, Task::batch([asked, stopped]))
    };
    let program = iced::application(boot, setup::Window::update, setup::Window::view)
        .title(setup::Window::title)
        .theme(setup::Window::theme)
        .subscription(setup::Window::subscription)
        .default_font(theme::PLAIN);
    Ok(program.window(window).run()?)
}

fn opened(look: &Look, is_demo: bool) -> window::Settings {
    window::Settings {
        size: WINDOWED_PX,
        fullscreen: !look.windowed,
        // A window that cannot be resized stays at its first size when it becomes full screen.
        resizable: true,
        exit_on_close_request: look.windowed || is_demo,
        ..window::Settings::default()
    }
}

/// The program that `boot` starts, as iced runs it: in a window, or headless from a recorded script.
pub fn program(
    boot: impl BootFn<App, Message>,
) -> Application<impl Program<State = App, Message = Message, Theme = iced::Theme>> {
    use_bundled_fonts();
    iced::application(boot, App::update, App::view)
        .title(App::title)
        .theme(App::theme)
        .subscription(App::subscription)
        .default_font(theme::PLAIN)
}

/// Lets iced draw with the bundled fonts and with no others: what a machine has installed looks different on each, and
/// costs memory as soon as one is tried for a letter. Fonts are the process's: done once, it stays done.
pub fn use_bundled_fonts() {
    static DONE: Once = Once::new();
    DONE.call_once(install_fonts);
}

fn install_fonts() {
    let mut fonts = fontdb::Database::new();
    for font in crate::label::FONTS {
        fonts.load_font_source(fontdb::Source::Binary(Arc::new(font)));
    }
    let system = iced::advanced::graphics::text::font_system();
    let mut system = system.write().unwrap_or_else(PoisonError::into_inner);
    *system.raw() = FontSystem::new_with_locale_and_db("en-AU".into(), fonts);
}

/// A window on a desk: with its title bar and a task bar it fits a screen of 1280 × 720.
const WINDOWED_PX: iced::Size = iced::Size::new(1240.0, 660.0);
