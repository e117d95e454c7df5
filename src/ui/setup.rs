//! Set-up, where there is no configuration: the window that asks for one and then becomes the station's. It asks the world
//! through a [`Handle`], as the station's screens do; who answers sits in `cli`.

use std::path::PathBuf;
use std::time::Duration;

use iced::widget::responsive;
use iced::{Element, Subscription, Task};
use tokio::sync::{mpsc, oneshot};

use super::app;
use super::widget::root::{Pointer, root};
use super::{App, Look, Options};
use crate::config::{self, Draft, Language, Secret};
use crate::order::OrderId;
use crate::station::{PortState, ScannerFault};
use crate::words::{Told, setup as words};

mod devices;
mod entry;
mod pages;
pub mod preset;
mod state;
mod step;
#[cfg(test)]
mod tests;

pub use super::widget::root::Heard as KeyHeard;
pub use state::{Action, Message, Setup};

/// What set-up asks of the world.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Is there an order system at this address, and does it take this key?
    Reach(Project),
    /// Does it take this account, and may that work?
    SignIn(Project, Account),
    /// What is plugged in?
    Look,
    /// Listens to these guns and to no others; the first thing heard is the answer.
    Listen(Ears),
    /// Prints the sample, at the station so called.
    Print(config::Printer, String),
    /// Writes the configuration.
    Write(Box<Draft>),
    /// Starts the station that was written.
    Start,
}

/// What it is told.
#[derive(Clone, Debug)]
pub enum News {
    /// The order system answers.
    Reached,
    /// The account is one that may work: its name, and the contract found.
    SignedIn {
        /// In its row of staff.
        account: String,
        /// Such as `2025-09`.
        contract: String,
    },
    /// What is plugged in.
    Found {
        /// Guns.
        guns: Vec<Gun>,
        /// Printers.
        presses: Vec<Press>,
    },
    /// A gun, by its place among those found, was heard.
    Heard(usize, Heard),
    /// The sample was sent; whether the printer proved that it came out, and what it said where that is in doubt.
    Printed {
        /// Whether it did.
        is_proved: bool,
        /// What it said.
        doubt: Option<Told>,
    },
    /// These files were written.
    Written(Vec<PathBuf>),
    /// The station runs, and this is what its window needs.
    Started(Box<Options>),
    /// It cannot be done.
    Refused(Told),
}

/// A project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its address.
    pub url: String,
    /// Its anon key.
    pub anon_key: Secret,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its email.
    pub email: String,
    /// Its password.
    pub password: Secret,
}

/// Which guns are listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ears {
    /// None: every port is free.
    Nobody,
    /// Those that do not type, so that a keyboard keeps its keys.
    Lines,
    /// All.
    All,
    /// One, by its place.
    One(usize),
}

/// A gun that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gun {
    /// What it calls itself.
    pub what: String,
    /// Its lines for `station.toml`.
    pub table: String,
    /// Whether it types like a keyboard.
    pub is_typing: bool,
}

/// A printer that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Press {
    /// What it calls itself; may be empty.
    pub what: String,
    /// Where it is, as a URL.
    pub transport: String,
    /// What it most likely speaks.
    pub language: Language,
    /// On a serial line: the gun, by its place, that may be on it instead.
    pub gun: Option<usize>,
}

/// What a gun told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It read something.
    Frame(Box<str>),
    /// It reads a code left lying, and this guard stands above how often.
    Lying(Duration),
    /// Its port works, or does not.
    State(PortState<ScannerFault>),
}

/// The way to whoever answers.
#[derive(Clone, Debug)]
pub struct Handle {
    asks: mpsc::Sender<Request>,
}

/// A question, and where its answer goes.
#[derive(Debug)]
pub struct Request {
    /// What is asked.
    pub ask: Ask,
    /// Dropped when it will never be answered.
    pub answer: oneshot::Sender<News>,
}

impl Handle {
    /// A way, and where its questions come out.
    pub fn new() -> (Self, mpsc::Receiver<Request>) {
        let (asks, asked) = mpsc::channel(ASKS_MAX);
        (Self { asks }, asked)
    }

    /// Asks, and waits for the answer.
    pub async fn ask(self, ask: Ask) -> News {
        let (answer, told) = oneshot::channel();
        if self.asks.send(Request { ask, answer }).await.is_err() {
            return News::Refused(words::gone());
        }
        told.await.unwrap_or_else(|_| News::Refused(words::gone()))
    }
}

/// The window: set-up, and then the station.
pub struct Window {
    look: Look,
    handle: Handle,
    shown: Shown,
}

enum Shown {
    Setup(Box<Setup>),
    Station(Box<App>),
}

/// What the window is told.
#[derive(Clone, Debug)]
pub enum WindowMessage {
    /// In set-up.
    Setup(Message),
    /// At the station.
    Station(app::Message),
    /// The program was told to end.
    Stopped,
}

impl Window {
    /// The window as it opens, and what it asks first. `sample` is the order on the label that is printed.
    pub fn new(handle: Handle, look: Look, sample: OrderId) -> (Self, Task<WindowMessage>) {
        let (setup, actions) = Setup::new(look.width_mm, look.theme, sample);
        let mut window = Self { look, handle, shown: Shown::Setup(Box::new(setup)) };
        let task = window.act(actions);
        (window, task)
    }

    /// Its title.
    pub fn title(&self) -> String {
        match &self.shown {
            Shown::Setup(_) => self.look.title.clone(),
            Shown::Station(app) => app.title(),
        }
    }

    /// For what iced draws itself.
    pub fn theme(&self) -> iced::Theme {
        match &self.shown {
            Shown::Setup(setup) => setup.screen().theme.iced(),
            Shown::Station(app) => app.theme(),
        }
    }

    /// Takes a message.
    pub fn update(&mut self, message: WindowMessage) -> Task<WindowMessage> {
        match (message, &mut self.shown) {
            (WindowMessage::Stopped, _) => iced::exit(),
            (WindowMessage::Setup(message), Shown::Setup(setup)) => {
                let actions = setup.update(message);
                self.act(actions)
            }
            (WindowMessage::Station(message), Shown::Station(app)) => {
                app.update(message).map(WindowMessage::Station)
            }
            // A late answer to a set-up that is over.
            _ => Task::none(),
        }
    }

    fn act(&mut self, actions: Vec<Action>) -> Task<WindowMessage> {
        let mut tasks = Vec::new();
        for action in actions {
            tasks.push(match action {
                Action::Ask(id, ask) => Task::perform(self.handle.clone().ask(ask), move |news| {
                    WindowMessage::Setup(Message::Answered(id, Box::new(news)))
                }),
                Action::Leave => iced::exit(),
                Action::Open(options) => {
                    self.shown = Shown::Station(Box::new(App::new(*options)));
                    Task::none()
                }
            });
        }
        Task::batch(tasks)
    }

    /// What shows.
    pub fn view(&self) -> Element<'_, WindowMessage> {
        match &self.shown {
            Shown::Setup(setup) => setup.view().map(WindowMessage::Setup),
            Shown::Station(app) => app.view().map(WindowMessage::Station),
        }
    }

    /// What wakes it.
    pub fn subscription(&self) -> Subscription<WindowMessage> {
        match &self.shown {
            Shown::Setup(_) => Subscription::none(),
            Shown::Station(app) => app.subscription().map(WindowMessage::Station),
        }
    }
}

impl Setup {
    /// The window of set-up alone.
    pub fn view(&self) -> Element<'_, Message> {
        // On a new kiosk a mouse may be all there is.
        root(responsive(|size| pages::page(self, size)), Pointer::Shown, Message::Heard).into()
    }
}

/// A person asks one thing at a time.
const ASKS_MAX: usize = 16;
