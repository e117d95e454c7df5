//! The program: which screen shows, what it is told, what it tells.

use std::sync::Arc;
use std::time::Duration;

use iced::advanced::widget::operation::scrollable::AbsoluteOffset;
use iced::widget::{operation, responsive};
use iced::{Element, Subscription, Task};

use super::album::{self, Album};
use super::demo::{self, Panel};
use super::screen::{
    Action, attention, choose, labels, order, search, stages, station, troubles, unassigned,
};
use super::tally::Tally;
use super::widget::bar::Place;
use super::widget::queue::{LIST, Rows};
use super::widget::root::{Heard, Pointer, root};
use super::widget::verdict;
use super::{Look, Options};
use crate::order::{Order, Timestamp};
use crate::shell::{Handle, Input};
use crate::station::{Source, Touch, View};
use crate::words::Clock;

mod frame;
mod streams;
#[cfg(test)]
mod tests;

/// The program's state.
#[derive(Debug)]
pub struct App {
    handle: Handle,
    look: Look,
    view: View,
    clock: Clock,
    /// Set where time stands still.
    still: Option<Timestamp>,
    screen: Screen,
    /// Where the way back leads, the nearest last; the station when there is nothing.
    behind: Vec<Screen>,
    touched_at: Timestamp,
    rows: Rows,
    tally: Tally,
    is_touched: bool,
    busy_since: Option<Timestamp>,
    /// The station took the last key no more.
    is_key_lost: bool,
    panel: Option<(Panel, demo::Labels)>,
    album: Album,
}

/// What shows.
#[derive(Clone, Debug)]
enum Screen {
    Station,
    Order(order::Page),
    Attention(attention::Page),
    Troubles,
    Labels,
    Search(Box<search::Search>),
    Stages(Box<stages::Stages>),
    Unassigned,
    Choose(choose::Choose),
}

/// What the program is told.
#[derive(Clone, Debug)]
pub enum Message {
    /// The station has something new to show.
    Viewed(Box<View>),
    /// Time has passed.
    Ticked,
    /// The program was told to end.
    Stopped,
    /// The root heard a key or a finger.
    Heard(Heard),
    /// An entry of the bar was pressed.
    Went(Place),
    /// The header was pressed.
    Troubled,
    /// On the station's screen.
    Station(station::Message),
    /// On an order's page.
    Order(order::Message),
    /// In Attention.
    Attention(attention::Message),
    /// Among the faults.
    Troubles(troubles::Message),
    /// Among the labels of today.
    Labels(labels::Message),
    /// In the search.
    Search(search::Message),
    /// In the list of all stages.
    Stages(stages::Message),
    /// On the cards of what nobody has.
    Unassigned(unassigned::Message),
    /// Among what can be chosen for a cake.
    Choose(choose::Message),
    /// A picture came, or did not.
    Pictured(album::Fetched),
    /// On the demo's panel.
    Demo(demo::Message),
}

impl App {
    /// The program as it starts.
    pub fn new(options: Options) -> Self {
        let Options { handle, look, demo } = options;
        let clock = Clock { zone: look.zone.clone(), now: handle.now() };
        let view = handle.views().borrow().clone();
        let panel = demo.map(|labels| (Panel::new(&labels), labels));
        let mut app = Self {
            touched_at: clock.now,
            handle,
            look,
            clock,
            still: None,
            screen: Screen::Station,
            behind: Vec::new(),
            rows: Rows::default(),
            tally: Tally::default(),
            is_touched: false,
            busy_since: None,
            is_key_lost: false,
            panel,
            album: Album::default(),
            view,
        };
        app.adopt();
        app
    }

    /// The same program at a moment that stays, for pictures and tests that must not depend on when they are made.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        (self.clock.now, self.touched_at, self.still) = (now, now, Some(now));
        self.adopt();
        self
    }

    /// The window's title.
    pub fn title(&self) -> String {
        self.look.title.clone()
    }

    /// For what iced draws itself.
    pub fn theme(&self) -> iced::Theme {
        self.look.theme.iced()
    }

    /// Takes a message.
    pub fn update(&mut self, message: Message) -> Task<Message> {
        match message {
            Message::Viewed(view) => self.show(*view),
            Message::Ticked => self.tick(),
            Message::Stopped => iced::exit(),
            Message::Heard(Heard::Key(letter)) => self.hear(letter),
            Message::Heard(Heard::Down) => {
                (self.is_touched, self.touched_at) = (true, self.clock.now);
                Task::none()
            }
            Message::Heard(Heard::Up) => {
                self.is_touched = false;
                self.adopt();
                Task::none()
            }
            Message::Went(place) => self.go(place),
            Message::Troubled if matches!(self.screen, Screen::Troubles) => Task::none(),
            Message::Troubled => self.open(Screen::Troubles),
            Message::Pictured(fetched) => {
                self.album.take(fetched);
                Task::none()
            }
            Message::Demo(message) => {
                let read = self.panel.as_mut().and_then(|(panel, _)| panel.update(message));
                if let Some(input) = read {
                    self.tell(input);
                }
                Task::none()
            }
            message => {
                let action = self.ask_screen(message);
                self.act(action)
            }
        }
    }

    /// What a screen makes of its own message; one of a screen that is gone is nothing.
    fn ask_screen(&mut self, message: Message) -> Action {
        match (&mut self.screen, message) {
            (_, Message::Station(message)) => station::update(&mut self.rows, message),
            (Screen::Order(page), Message::Order(message)) => page.update(message),
            (Screen::Attention(page), Message::Attention(message)) => page.update(&message),
            (_, Message::Troubles(message)) => troubles::update(message),
            (_, Message::Labels(message)) => labels::update(message, &self.view.queue),
            (Screen::Search(search), Message::Search(message)) => search.update(message),
            (Screen::Stages(stages), Message::Stages(message)) => stages.update(message, &self.view.queue),
            (Screen::Choose(choose), Message::Choose(message)) => choose::update(*choose, message),
            (_, Message::Unassigned(message)) => unassigned::update(message),
            _ => Action::None,
        }
    }

    /// The window.
    pub fn view(&self) -> Element<'_, Message> {
        let pointer =
            if self.look.windowed || self.panel.is_some() { Pointer::Shown } else { Pointer::Hidden };
        root(responsive(|size| self.layout(size)), pointer, Message::Heard).into()
    }

    /// What wakes the program: the station, and time, as seldom as what is shown allows.
    pub fn subscription(&self) -> Subscription<Message> {
        let pace = if self.is_young() { YOUNG } else { SETTLED };
        let labels = self.panel.as_ref().map(|(_, labels)| labels);
        Subscription::batch([
            streams::news(self.handle.views(), labels),
            iced::time::every(pace).map(|_| Message::Ticked),
        ])
    }

    fn tell(&mut self, input: Input) {
        self.busy_since = self.handle.tell(input).is_err().then_some(self.clock.now);
    }

    /// A key goes to the scanner first: a gun types too. What a person types is text where text is asked for.
    fn hear(&mut self, letter: char) -> Task<Message> {
        self.touched_at = self.clock.now;
        // A code of which a key was lost is no shorter code.
        if self.is_key_lost {
            self.tell(Input::Key(char::REPLACEMENT_CHARACTER));
        }
        self.tell(Input::Key(letter));
        self.is_key_lost = self.busy_since.is_some();
        let Screen::Search(search) = &mut self.screen else { return Task::none() };
        let heard = search.hear(letter);
        let settled = async { tokio::time::sleep(search::Search::SETTLE).await };
        Task::perform(settled, move |()| Message::Search(search::Message::Settled(heard)))
    }

    fn act(&mut self, action: Action) -> Task<Message> {
        match action {
            Action::None => Task::none(),
            Action::Tell(touch) => {
                self.tell(Input::Touch(touch));
                Task::none()
            }
            Action::TellAndReturn(touch) => {
                self.tell(Input::Touch(touch));
                self.home()
            }
            Action::Open(order) => self.look_at(order::Page::of(order)),
            Action::OpenById(id) => self.look_at(order::Page::by_id(id)),
            Action::OpenStages(filter) => {
                self.open(Screen::Stages(Box::new(stages::Stages::of(&self.view.queue, filter))))
            }
            Action::OpenLabels => self.open(Screen::Labels),
            Action::Choose(choose) => self.open(Screen::Choose(choose)),
            Action::ScrollTo(offset_px) => scroll_to(offset_px),
            Action::Return => {
                self.screen = self.behind.pop().unwrap_or(Screen::Station);
                // Its list stood still meanwhile.
                match &mut self.screen {
                    Screen::Search(search) => search.adopt(&self.view.queue),
                    Screen::Stages(stages) => stages.adopt(&self.view.queue),
                    _ => {}
                }
                self.shown_anew()
            }
        }
    }

    /// Opens an order's page: the station asks for what the backend has of it.
    fn look_at(&mut self, page: order::Page) -> Task<Message> {
        self.tell(Input::Touch(Touch::Look(page.id())));
        self.open(Screen::Order(page))
    }

    /// Goes where the bar leads; there the way back is the station.
    fn go(&mut self, place: Place) -> Task<Message> {
        let queue = &self.view.queue;
        let screen = match place {
            Place::Search => Screen::Search(Box::new(search::Search::over(queue))),
            Place::Stages => Screen::Stages(Box::new(stages::Stages::of(queue, stages::Filter::default()))),
            Place::Unassigned => Screen::Unassigned,
            Place::Attention => Screen::Attention(attention::Page::default()),
        };
        self.behind.clear();
        self.screen = screen;
        self.shown_anew()
    }

    fn home(&mut self) -> Task<Message> {
        self.behind.clear();
        self.screen = Screen::Station;
        self.shown_anew()
    }

    /// Opens a screen over the one that shows.
    fn open(&mut self, screen: Screen) -> Task<Message> {
        let before = std::mem::replace(&mut self.screen, screen);
        let is_passed = matches!(before, Screen::Station | Screen::Attention(_) | Screen::Choose(_));
        if !is_passed && self.behind.len() < BEHIND_MAX {
            self.behind.push(before);
        }
        self.shown_anew()
    }

    /// Another screen shows: its list stands where it stood, and its picture is fetched.
    fn shown_anew(&mut self) -> Task<Message> {
        self.touched_at = self.clock.now;
        self.adopt();
        let rows = match &self.screen {
            Screen::Search(search) => search.rows(),
            Screen::Stages(stages) => stages.rows(),
            _ => &self.rows,
        };
        self.album.forgive();
        let scrolled = scroll_to(rows.offset_px());
        Task::batch([scrolled, self.fetch_picture()])
    }

    /// Fetches the picture of the cake that shows; a screen without one keeps what is there for the way back.
    fn fetch_picture(&mut self) -> Task<Message> {
        if !matches!(self.screen, Screen::Station | Screen::Order(_)) {
            return Task::none();
        }
        let cake = self.cake().cloned();
        self.album.show(cake.as_deref()).map(Message::Pictured)
    }

    /// The cake that a whole screen, or the answer on it, is about.
    fn cake(&self) -> Option<&Arc<Order>> {
        match &self.screen {
            Screen::Order(page) => page.order(),
            Screen::Station => station::current(self.view.shown.as_ref()?),
            _ => None,
        }
    }

    fn show(&mut self, view: View) -> Task<Message> {
        self.clock.now = self.now();
        let answered = view.shown.as_ref().filter(|_| view.scan != self.view.scan);
        // What a finger does in Attention is answered by its card.
        let leads_home = answered.is_some_and(|shown| {
            !matches!(self.screen, Screen::Attention(_)) || shown.verdict.source != Source::Touch
        });
        self.view = view;
        self.adopt();
        if leads_home && !matches!(self.screen, Screen::Station) {
            return self.home();
        }
        self.fetch_picture()
    }

    fn tick(&mut self) -> Task<Message> {
        self.clock.now = self.now();
        self.busy_since = self.busy_since.filter(|since| self.clock.now.since(*since) < BUSY_SHOWN);
        self.adopt();
        if self.clock.now.since(self.touched_at) > IDLE && !matches!(self.screen, Screen::Station) {
            return self.home();
        }
        Task::none()
    }

    fn now(&self) -> Timestamp {
        self.still.unwrap_or_else(|| self.handle.now())
    }

    /// Takes the newest rows, unless a finger is on the screen: a row that moves under it would be another cake.
    fn adopt(&mut self) {
        if !self.is_touched {
            let shown = self.view.shown.as_ref().and_then(|shown| shown.verdict.order);
            self.rows.adopt(&self.view.queue.rows, shown);
            let queue = &self.view.queue;
            let is_new = !self.tally.is_of(queue);
            match &mut self.screen {
                Screen::Search(search) if is_new => search.adopt(queue),
                Screen::Stages(stages) if is_new => stages.adopt(queue),
                Screen::Order(page) => page.adopt(&self.view),
                _ => {}
            }
            self.tally.count(queue, self.clock.today());
        }
    }

    /// Whether something on screen is told in seconds.
    fn is_young(&self) -> bool {
        let is_told_in_seconds = |at: Timestamp| self.clock.now.since(at) < Duration::from_mins(1);
        let is_asked = self.view.shown.as_ref().is_some_and(verdict::is_question);
        let is_ageing = self.view.queue.read_at.is_some_and(is_told_in_seconds)
            && self.view.link != crate::station::Link::Up;
        self.busy_since.is_some() || is_asked || is_ageing
    }
}

/// Scrolls the list that shows.
fn scroll_to(offset_px: f32) -> Task<Message> {
    operation::scroll_to(LIST, AbsoluteOffset { x: 0.0, y: offset_px })
}

/// How often time passes while something is told in seconds.
const YOUNG: Duration = Duration::from_secs(1);

/// How often it passes otherwise: the clock on screen is never further behind.
const SETTLED: Duration = Duration::from_secs(5);

/// A page left alone goes back to the station (`workflow.md` 7).
const IDLE: Duration = Duration::from_mins(1);

/// Long enough to be read by someone who looks up from the cake.
const BUSY_SHOWN: Duration = Duration::from_secs(6);

/// Cards, their list, a cake, the faults, the labels of today: no way leads further.
const BEHIND_MAX: usize = 5;
