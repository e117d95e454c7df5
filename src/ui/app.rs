//! The program: which screen shows, what it is told, what it tells.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use iced::futures::{Stream, stream};
use iced::widget::{column, container, responsive, row, stack};
use iced::{Background, Element, Length, Size, Subscription, Task};
use tokio::sync::watch;

use super::demo::{self, Panel};
use super::screen::station::Scene;
use super::screen::{Action, attention, order, station, troubles};
use super::theme::{REFUSED, STRONG, Skin};
use super::widget::fitted::fitted;
use super::widget::queue::Rows;
use super::widget::root::{Heard, Pointer, root};
use super::widget::{press, verdict};
use super::{Look, Options, Scale};
use crate::order::{Order, Timestamp};
use crate::shell::{Handle, Input};
use crate::station::{Touch, View};
use crate::words::{self, Clock};

/// The program's state.
#[derive(Debug)]
pub struct App {
    handle: Handle,
    look: Look,
    view: View,
    clock: Clock,
    screen: Screen,
    opened_at: Timestamp,
    rows: Rows,
    tally: Tally,
    is_touched: bool,
    busy_since: Option<Timestamp>,
    panel: Option<(Panel, demo::Labels)>,
}

/// What shows beside the queue.
#[derive(Clone, Debug)]
enum Screen {
    Station,
    Order(Arc<Order>),
    Attention,
    Troubles,
}

/// How much of the queue presses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Due today.
    pub due_today: usize,
    /// Whose day is over.
    pub overdue: usize,
}

/// What the program is told.
#[derive(Clone, Debug)]
pub enum Message {
    /// The station has something new to show.
    Viewed(Box<View>),
    /// Time has passed.
    Ticked,
    /// The root heard a key or a finger.
    Heard(Heard),
    /// On the station's screen.
    Station(station::Message),
    /// On an order's page.
    Order(order::Message),
    /// In Attention.
    Attention(attention::Message),
    /// Among the faults.
    Troubles(troubles::Message),
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
            opened_at: clock.now,
            handle,
            look,
            clock,
            screen: Screen::Station,
            rows: Rows::default(),
            tally: Tally::default(),
            is_touched: false,
            busy_since: None,
            panel,
            view,
        };
        app.adopt();
        app
    }

    /// The same program at another moment, for pictures that must not depend on when they are taken.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.clock.now = now;
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
            Message::Heard(Heard::Key(letter)) => self.tell(Input::Key(letter)),
            Message::Heard(Heard::Down) => self.is_touched = true,
            Message::Heard(Heard::Up) => {
                self.is_touched = false;
                self.adopt();
            }
            Message::Station(message) => {
                let action = station::update(&mut self.rows, message);
                self.act(action);
            }
            Message::Order(message) => {
                if let Screen::Order(opened) = &self.screen {
                    let action = order::update(opened, &message);
                    self.act(action);
                }
            }
            Message::Attention(message) => self.act(attention::update(&message)),
            Message::Troubles(message) => self.act(troubles::update(message)),
            Message::Demo(message) => {
                let read = self.panel.as_mut().and_then(|(panel, _)| panel.update(message));
                if let Some(input) = read {
                    self.tell(input);
                }
            }
        }
        Task::none()
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
        let mut woken = vec![
            Subscription::run_with(Heir(self.handle.views()), views),
            iced::time::every(pace).map(|_| Message::Ticked),
        ];
        if let Some((_, labels)) = &self.panel {
            woken.push(Subscription::run_with(Heir(labels.clone()), printed));
        }
        Subscription::batch(woken)
    }

    fn tell(&mut self, input: Input) {
        self.busy_since = self.handle.tell(input).is_err().then_some(self.clock.now);
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::None => {}
            Action::Tell(touch) => self.tell(Input::Touch(touch)),
            Action::TellAndReturn(touch) => {
                self.screen = Screen::Station;
                self.tell(Input::Touch(touch));
            }
            Action::Open(order) => {
                self.tell(Input::Touch(Touch::Look(order.id)));
                self.open(Screen::Order(order));
            }
            Action::OpenAttention => self.open(Screen::Attention),
            Action::OpenTroubles => self.open(Screen::Troubles),
            Action::Return => self.screen = Screen::Station,
        }
    }

    fn open(&mut self, screen: Screen) {
        self.screen = screen;
        self.opened_at = self.clock.now;
    }

    fn show(&mut self, view: View) {
        self.clock.now = self.handle.now();
        let seq = |view: &View| view.shown.as_ref().map(|shown| shown.verdict.seq);
        if seq(&view).is_some() && seq(&view) != seq(&self.view) && !matches!(self.screen, Screen::Attention)
        {
            self.screen = Screen::Station;
        }
        self.view = view;
        if let Screen::Order(opened) = &mut self.screen
            && let Some(newer) = self.view.queue.rows.iter().find(|row| row.id == opened.id)
        {
            *opened = Arc::clone(newer);
        }
        self.adopt();
    }

    fn tick(&mut self) {
        self.clock.now = self.handle.now();
        self.busy_since = self.busy_since.filter(|since| self.clock.now.since(*since) < BUSY_SHOWN);
        if self.clock.now.since(self.opened_at) > IDLE {
            self.screen = Screen::Station;
        }
        self.count();
    }

    /// Takes the newest rows, unless a finger is on the screen: a row that moves under it would be another cake.
    fn adopt(&mut self) {
        if !self.is_touched {
            let shown = self.view.shown.as_ref().and_then(|shown| shown.verdict.order);
            self.rows.adopt(&self.view.queue.rows, shown);
        }
        self.count();
    }

    fn count(&mut self) {
        let today = self.clock.today();
        let mut tally = Tally::default();
        for days in self.view.queue.rows.iter().filter_map(|row| Some(row.due?.days_since(today))) {
            tally.due_today += usize::from(days == 0);
            tally.overdue += usize::from(days < 0);
        }
        self.tally = tally;
    }

    /// Whether something on screen is told in seconds.
    fn is_young(&self) -> bool {
        let is_told_in_seconds = |at: Timestamp| self.clock.now.since(at) < Duration::from_mins(1);
        let is_asked = self.view.shown.as_ref().is_some_and(verdict::is_question);
        let is_ageing = self.view.queue.read_at.is_some_and(is_told_in_seconds)
            && self.view.link != crate::station::Link::Up;
        self.busy_since.is_some() || is_asked || is_ageing
    }

    fn layout(&self, size: Size) -> Element<'_, Message> {
        let panel = self.panel.as_ref().map(|(panel, _)| panel);
        let open = panel.filter(|panel| panel.is_open());
        // The demo's panel stands beside a whole station: both shrink, neither is squeezed.
        let beside_mm = if open.is_some() { demo::WIDTH_MM + press::GAP_MM } else { 0.0 };
        let scale = Scale::new(size.width, self.look.width_mm + beside_mm);
        let skin = Skin { palette: self.look.theme.palette(), scale };
        let scene = Scene { view: &self.view, look: &self.look, skin, clock: &self.clock };
        let station = self.station(scene, size.width - skin.mm(beside_mm), size.height);
        let mut parts = row![station].spacing(skin.mm(press::GAP_MM));
        if let Some(panel) = open {
            parts = parts.push(panel.view(&self.view, skin).map(Message::Demo));
        }
        let background = skin.palette.background;
        let ground = container(parts)
            .padding([skin.mm(2.8), skin.mm(press::GAP_MM)])
            .width(Length::Fill)
            .height(Length::Fill)
            .style(move |_: &iced::Theme| container::Style {
                background: Some(Background::Color(background)),
                ..container::Style::default()
            });
        match self.busy_since {
            None => ground.into(),
            Some(_) => stack![ground, busy(skin)].into(),
        }
    }

    fn station<'a>(&'a self, scene: Scene<'a>, width_px: f32, height_px: f32) -> Element<'a, Message> {
        let skin = scene.skin;
        let apart = skin.mm(press::APART_MM);
        let main = match &self.screen {
            Screen::Station => station::answer(scene, self.tally).map(Message::Station),
            Screen::Order(opened) => order::page(scene, opened).map(Message::Order),
            Screen::Attention => attention::page(scene).map(Message::Attention),
            Screen::Troubles => troubles::page(scene).map(Message::Troubles),
        };
        let attention = station::attention(scene).map(Message::Station);
        let mut bar = row![attention].spacing(apart);
        if let Some((panel, _)) = &self.panel {
            bar = bar.push(panel.toggle(skin).map(Message::Demo));
        }
        let queue = station::queue(scene, &self.rows).map(Message::Station);
        let is_upright = height_px > width_px;
        let header = station::header(scene, skin.scale.in_mm(width_px)).map(Message::Station);
        let side = column![queue, bar].spacing(apart).height(Length::Fill);
        let body: Element<'_, Message> = if is_upright {
            column![container(main).height(Length::FillPortion(11)), side.height(Length::FillPortion(9))]
                .spacing(apart)
                .into()
        } else {
            row![container(main).width(Length::FillPortion(29)), side.width(Length::FillPortion(21))]
                .spacing(apart)
                .height(Length::Fill)
                .into()
        };
        column![header, body].spacing(skin.mm(2.6)).width(Length::Fill).into()
    }
}

/// What was done was not taken: said over everything else.
fn busy(skin: Skin) -> Element<'static, Message> {
    let said = fitted(words::BUSY, STRONG, skin.mm(9.0), REFUSED.ink).lines(2).shrink(skin.mm(6.0)).centred();
    let said = press::coated(said, REFUSED, REFUSED.ink, skin.mm(press::CORNER_MM)).padding(skin.mm(6.0));
    container(said).padding(skin.mm(12.0)).center_x(Length::Fill).align_bottom(Length::Fill).into()
}

/// A receiver as the identity of the stream that comes of it: there is one of each kind a program.
struct Heir<T>(watch::Receiver<T>);

impl<T> Hash for Heir<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::any::type_name::<T>().hash(state);
    }
}

fn views(heir: &Heir<View>) -> impl Stream<Item = Message> + use<> {
    changes(heir, |view| Message::Viewed(Box::new(view)))
}

fn printed(heir: &Heir<std::collections::VecDeque<demo::Picture>>) -> impl Stream<Item = Message> + use<> {
    changes(heir, |labels| Message::Demo(demo::Message::Printed(labels)))
}

/// Each newest value, the first one too: it may have changed before the stream ran.
fn changes<T: Clone + Send + Sync + 'static>(
    heir: &Heir<T>,
    told: fn(T) -> Message,
) -> impl Stream<Item = Message> + use<T> {
    let mut source = heir.0.clone();
    source.mark_changed();
    stream::unfold(source, move |mut source| async move {
        source.changed().await.ok()?;
        let newest = source.borrow_and_update().clone();
        Some((told(newest), source))
    })
}

/// How often time passes while something is told in seconds.
const YOUNG: Duration = Duration::from_secs(1);

/// How often it passes otherwise: the clock on screen is never further behind.
const SETTLED: Duration = Duration::from_secs(5);

/// A page left alone goes back to the station (`workflow.md` 7).
const IDLE: Duration = Duration::from_mins(1);

/// Long enough to be read by someone who looks up from the cake.
const BUSY_SHOWN: Duration = Duration::from_secs(6);

#[cfg(test)]
mod tests {
    use iced_test::Simulator;
    use iced_test::core::Settings;
    use tokio::sync::mpsc::Receiver;

    use super::*;
    use crate::label::FONTS;
    use crate::order::{Action, OrderId};
    use crate::station::{Offer, Source};
    use crate::ui::{Theme, preset};

    fn app(name: &str) -> (App, Receiver<Input>) {
        shown(preset::view(name).expect("a preset of this name"), None)
    }

    fn shown(view: View, demo: Option<demo::Labels>) -> (App, Receiver<Input>) {
        let (handle, _shows, said) = Handle::detached(view);
        let look = preset::look(Theme::Dark);
        (App::new(Options { handle, look, demo }).at(preset::NOW), said)
    }

    /// The station says what a scan of the cake would do.
    fn offers(app: &mut App, order: OrderId, offer: Offer) {
        let view = View { offer: Some((order, offer)), ..app.view.clone() };
        drop(app.update(Message::Viewed(Box::new(view))));
    }

    fn simulator(app: &App) -> Simulator<'_, Message> {
        let fonts = FONTS.into_iter().map(Into::into).collect();
        Simulator::with_size(Settings { fonts, ..Settings::default() }, Size::new(960.0, 540.0), app.view())
    }

    /// Does something to the window as it stands, and lets the program take what comes of it.
    fn does(app: &mut App, act: impl FnOnce(&mut Simulator<'_, Message>)) {
        let mut simulator = simulator(app);
        act(&mut simulator);
        let messages: Vec<Message> = simulator.into_messages().collect();
        for message in messages {
            drop(app.update(message));
        }
    }

    fn touches(app: &mut App, text: &str) {
        does(app, |window| {
            window.click(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        });
    }

    fn shows(app: &App, text: &str) {
        let found = simulator(app).find(text);
        assert!(found.is_ok(), "{text} is not on screen");
    }

    fn heard(said: &mut Receiver<Input>) -> Vec<Input> {
        std::iter::from_fn(|| said.try_recv().ok()).collect()
    }

    #[test]
    fn every_kind_of_answer_is_on_screen_in_its_words() {
        for (name, texts) in [
            ("ready", &["Scan a cake", "waiting here", "Last: #B18612 filled 10:41"][..]),
            ("agreed", &["Filled", "Saved 10:43:12 · Agreed 10:43:12", "“Χρόνια Πολλά Νίκο!”", "NOTES"]),
            ("accepted", &["Filled", "Saved 10:43:12 · Sending"]),
            ("already", &["Already filled"]),
            ("nothere", &["#F25649", "Take it to Decorating"]),
            ("refused", &["Cancelled 10:04", "Touch to clear"]),
            ("unknown", &["No such order", "#B99999"]),
            ("choice", &["Which cake?", "#B25771-A", "#B25771-B"]),
            ("labelout", &["Label out?", "1  Yes, it is out"]),
            ("labelcut", &["Filling started", "Check the label: product cut short"]),
            ("reads", &["Label reads"]),
            ("held", &["Saved here", "Saved 10:43:12 · Not sent yet", "as of 6 min ago", "14 waiting"]),
            ("ready-unread", &["The list has not been read yet", "Connecting"]),
        ] {
            let (app, _said) = app(name);
            for text in texts {
                shows(&app, text);
            }
        }
    }

    #[test]
    fn a_question_is_answered_by_a_touch() {
        let (mut choice, mut said) = app("choice");
        touches(&mut choice, "#B25771-B");
        assert_eq!(heard(&mut said), [Input::Touch(Touch::Pick(2))]);
        let (mut label, mut said) = app("labelout");
        touches(&mut label, "3  Don’t know");
        assert_eq!(heard(&mut said), [Input::Touch(Touch::Pick(3))]);
    }

    #[test]
    fn a_refusal_goes_when_it_is_touched() {
        let (mut app, mut said) = app("refused");
        touches(&mut app, "Touch to clear");
        assert_eq!(heard(&mut said), [Input::Touch(Touch::Dismiss)]);
    }

    #[test]
    fn a_row_opens_its_cake_and_does_what_a_scan_would() {
        let (mut app, mut said) = app("ready");
        touches(&mut app, "Chocolate Fudge");
        shows(&app, "Customer");
        let order = "flourlane-25652".parse().unwrap();
        assert_eq!(heard(&mut said), [Input::Touch(Touch::Look(order))]);
        offers(&mut app, order, Offer::Act(Action::Print));
        touches(&mut app, "Print its label");
        assert_eq!(heard(&mut said), [Input::Touch(Touch::Act(order))]);
        shows(&app, "Scan a cake");
    }

    #[test]
    fn a_cake_s_button_says_what_a_scan_here_would_do() {
        let (mut app, mut said) = app("nothere");
        touches(&mut app, "Chocolate Fudge, 8\u{A0}inch");
        let order = "flourlane-25649".parse().unwrap();
        assert_eq!(heard(&mut said), [Input::Touch(Touch::Look(order))]);
        for (offer, button, first) in [
            (Offer::Act(Action::CompleteFilling), "Filling is done", None),
            (
                Offer::ReadLabel,
                "Its label is on",
                Some("The first scan of its label only checks that it reads"),
            ),
            (Offer::LabelComing, "Scan it", Some("Its label is on its way. Nothing is printed twice")),
            (Offer::LabelFailed, "Try its label again", Some("The printer could not print its label")),
            (Offer::LabelInDoubt, "Is its label out?", Some("Nobody knows if its label came out")),
            (
                Offer::StartRework,
                "Start the rework",
                Some("The first scan starts the rework, the next one ends it"),
            ),
        ] {
            offers(&mut app, order, offer);
            shows(&app, button);
            if let Some(first) = first {
                shows(&app, first);
            }
        }
        offers(&mut app, order, Offer::Nothing);
        shows(&app, "Nothing to do for it here: a scan only says where it stands");
        // What is known of another cake says nothing of this one.
        offers(&mut app, "flourlane-25652".parse().unwrap(), Offer::Act(Action::Print));
        touches(&mut app, "Scan it");
        assert_eq!(heard(&mut said), [Input::Touch(Touch::Act(order))]);
    }

    #[test]
    fn attention_lists_cards_that_are_closed_or_tried_again() {
        let (mut app, mut said) = app("faults");
        touches(&mut app, "Attention");
        shows(&app, "It came back");
        touches(&mut app, "Close");
        touches(&mut app, "Try again");
        let order = "bannos-18617".parse().unwrap();
        assert_eq!(heard(&mut said), [Input::Touch(Touch::Close(order)), Input::Touch(Touch::Retry(order))]);
        touches(&mut app, "Back");
        shows(&app, "Scan a cake");
    }

    #[test]
    fn chips_in_trouble_tell_what_is_wrong_and_what_to_do() {
        let (mut app, mut said) = app("faults");
        touches(&mut app, "Printer bench: no paper");
        for text in ["No network", "Scanner door: not plugged in", "Put in a roll: they come by themselves"] {
            shows(&app, text);
        }
        touches(&mut app, "Back");
        shows(&app, "Scan a cake");
        assert_eq!(heard(&mut said), []);
        let (mut well, _said) = shown(preset::view("ready").unwrap(), None);
        does(&mut well, |window| assert!(window.click("Printer bench").is_ok()));
        shows(&well, "Scan a cake");
    }

    #[test]
    fn typed_keys_reach_the_scanner_with_nothing_in_focus() {
        let (mut app, mut said) = shown(preset::view("ready").unwrap(), Some(demo::Tray::new().labels()));
        does(&mut app, |window| {
            window.typewrite("#B18617");
            window.tap_key(iced::keyboard::key::Named::Enter);
        });
        let keys: Vec<Input> = "#B18617\n".chars().map(Input::Key).collect();
        assert_eq!(heard(&mut said), keys);
    }

    #[test]
    fn the_demo_scans_what_is_touched() {
        let (mut app, mut said) = shown(preset::view("ready").unwrap(), Some(demo::Tray::new().labels()));
        touches(&mut app, "#B25771-A");
        assert_eq!(heard(&mut said), [Input::Scan(Source::Touch, "#B25771-A".into())]);
        touches(&mut app, "Hide demo");
        shows(&app, "Show demo");
    }

    #[test]
    fn a_station_that_takes_no_more_says_so() {
        let (mut app, said) = app("ready");
        drop(said);
        drop(app.update(Message::Heard(Heard::Key('1'))));
        shows(&app, words::BUSY);
    }

    #[test]
    fn twenty_thousand_orders_are_a_screenful() {
        let mut view = preset::view("ready").unwrap();
        view.queue.rows = preset::queue(20_000);
        let (app, _said) = shown(view, None);
        shows(&app, "Filling · 20000");
        assert!(simulator(&app).find("#B49999").is_err(), "the last row is built though nobody sees it");
    }

    #[test]
    fn rows_do_not_move_under_a_finger() {
        let (mut app, _said) = app("ready");
        let mut fewer = app.view.clone();
        fewer.queue.rows = fewer.queue.rows.iter().skip(1).cloned().collect();
        drop(app.update(Message::Heard(Heard::Down)));
        drop(app.update(Message::Viewed(Box::new(fewer))));
        assert_eq!(app.rows.len(), 23);
        drop(app.update(Message::Heard(Heard::Up)));
        assert_eq!(app.rows.len(), 22);
    }
}
