//! The steps of set-up: what was typed, found and tried so far, and what is asked next. Pure.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use super::step::{Field, PORT, Print, Said, Step, Taken};
use super::{Ask, Ears, Gun, News, Press};
use crate::config::{Draft, Flow, Language, Printer, Screen, Theme};
use crate::order::{OrderId, Post, Store};
use crate::station::{PortState, ScannerFault};
use crate::ui::Options;
use crate::ui::widget::keys::{Key, Layer};
use crate::ui::widget::root;
use crate::words::{Told, setup as words};

/// Set-up's state.
pub struct Setup {
    pub(super) step: Step,
    pub(super) typed: [String; Field::COUNT],
    pub(super) focus: Field,
    pub(super) layer: Layer,
    pub(super) said: Option<Said>,
    pub(super) stores: BTreeSet<Store>,
    pub(super) post: Option<Post>,
    pub(super) screen: Screen,
    pub(super) guns: Vec<(Gun, PortState<ScannerFault>)>,
    pub(super) presses: Vec<Press>,
    pub(super) gun: Option<Taken>,
    /// The guard that stands above how often that gun reads a code left lying; none before it was seen to.
    pub(super) guard: Option<Duration>,
    pub(super) printer: Option<Printer>,
    pub(super) print: Print,
    pub(super) files: Vec<PathBuf>,
    /// The order on the sample.
    pub(super) sample: OrderId,
    /// What a gun that types has typed so far.
    pub(super) keys: String,
    asked: u64,
    /// The question whose answer the step waits for.
    waits: Option<u64>,
    /// The question that a gun answers.
    listens: Option<(u64, Ears)>,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Message {
    /// A key on the screen was pressed.
    Pressed(Key),
    /// A field was touched.
    Focused(Field),
    /// The root heard a key or a finger.
    Heard(root::Heard),
    /// The way back was pressed.
    Back,
    /// The way on was.
    Next,
    /// What cannot be done here is left out.
    Skipped,
    /// Devices are looked for once more.
    LookedAgain,
    /// A shop was touched.
    Toggled(Store),
    /// A stage was.
    Posted(Post),
    /// The panel's width was.
    Sized(f32),
    /// Its colours were.
    Themed(Theme),
    /// A printer that was found was touched, by its place.
    Chosen(usize),
    /// One with an address is to be typed.
    Networked,
    /// A language was touched.
    Spoken(Language),
    /// A stock was.
    Stocked(&'static str),
    /// A resolution was.
    Resolved(u16),
    /// The speed of its serial line was, or the line's flow control.
    Lined(u32, Flow),
    /// A person says whether the sample came out.
    Out(bool),
    /// The sample came out, and is to be darker or elsewhere.
    Adjusting,
    /// So many steps darker; none: as the printer is set.
    Darkened(Option<i8>),
    /// Right and down, in half millimetres; none: back to where it was.
    Shifted(Option<[i8; 2]>),
    /// A question was answered.
    Answered(u64, Box<News>),
}

/// What set-up asks of its window.
#[derive(Clone, Debug)]
pub enum Action {
    /// Ask the world; the answer carries this number.
    Ask(u64, Ask),
    /// End the program.
    Leave,
    /// Become the station.
    Open(Box<Options>),
}

impl Setup {
    /// Its beginning, on a panel of this width, and what is asked first.
    pub fn new(width_mm: f32, theme: Theme, sample: OrderId) -> (Self, Vec<Action>) {
        let mut setup = Self {
            step: Step::Backend,
            typed: Default::default(),
            focus: Field::Url,
            layer: Layer::default(),
            said: None,
            stores: BTreeSet::new(),
            post: None,
            screen: Screen { width_mm, theme },
            guns: Vec::new(),
            presses: Vec::new(),
            gun: None,
            guard: None,
            printer: None,
            print: Print::default(),
            files: Vec::new(),
            sample,
            keys: String::new(),
            asked: 0,
            waits: None,
            listens: None,
        };
        let look = setup.ask(None, Ask::Look);
        (setup, vec![look])
    }

    /// The panel as it is known so far.
    pub fn screen(&self) -> Screen {
        self.screen
    }

    /// Takes a message.
    pub fn update(&mut self, message: Message) -> Vec<Action> {
        let mut actions: Vec<Action> = match message {
            Message::Pressed(key) => self.press(key),
            Message::Heard(root::Heard::Key(letter)) => self.hear(letter).into_iter().collect(),
            Message::Heard(root::Heard::Down | root::Heard::Up) => Vec::new(),
            Message::Back => self.back().into_iter().collect(),
            Message::Next => self.next().into_iter().collect(),
            Message::Skipped => self.skip().into_iter().collect(),
            Message::LookedAgain => vec![self.ask(None, Ask::Look)],
            Message::Chosen(place) => self.choose(place),
            Message::Networked => self.go(Step::Address).into_iter().collect(),
            Message::Adjusting => self.go(Step::Adjust).into_iter().collect(),
            Message::Answered(id, news) => self.answered(id, *news),
            choice => {
                self.set(choice);
                Vec::new()
            }
        };
        actions.extend(self.listen());
        actions
    }

    /// What one touch sets.
    fn set(&mut self, choice: Message) {
        self.said = None;
        let has_usual_name = self.typed(Field::Name) == self.usual_name();
        match (choice, &mut self.printer) {
            (Message::Focused(field), _) => self.focus = field,
            (Message::Toggled(store), _) => self.stores = &self.stores ^ &BTreeSet::from([store]),
            (Message::Posted(post), _) => self.post = Some(post),
            (Message::Sized(width_mm), _) => self.screen.width_mm = width_mm,
            (Message::Themed(theme), _) => self.screen.theme = theme,
            (Message::Spoken(language), Some(printer)) => {
                // Another language counts other steps.
                (printer.language, printer.darkness) = (language, None);
            }
            (Message::Stocked(template), Some(printer)) => template.clone_into(&mut printer.template),
            (Message::Resolved(dpi), Some(printer)) => printer.dpi = dpi,
            (Message::Lined(baud, flow), Some(printer)) => printer.set_line(baud, flow),
            (Message::Darkened(None), Some(printer)) => printer.darkness = None,
            (Message::Darkened(Some(by)), Some(printer)) => printer.darken(by),
            (Message::Shifted(None), Some(printer)) => printer.offset_halves = [0; 2],
            (Message::Shifted(Some(halves)), Some(printer)) => printer.shift(halves),
            (Message::Out(is_out), _) => {
                self.print.is_out = is_out;
                if !is_out {
                    self.step = Step::Kind;
                    self.said = Some(Said::Refused(words::not_out()));
                }
            }
            _ => {}
        }
        // A name that nobody has typed follows shops and stage.
        if has_usual_name {
            self.typed[Field::Name as usize] = self.usual_name();
        }
    }

    pub(super) fn next(&mut self) -> Option<Action> {
        if self.waits.is_some() {
            return None;
        }
        if let Some(empty) = self.step.fields().iter().find(|field| self.typed(**field).trim().is_empty()) {
            self.focus = *empty;
            return self.refuse(words::missing(empty.label()));
        }
        match self.step {
            Step::Backend => Some(self.ask(Some(words::REACHING), Ask::Reach(self.project()))),
            Step::SignIn => {
                let asked = Ask::SignIn(self.project(), self.account());
                Some(self.ask(Some(words::SIGNING_IN), asked))
            }
            Step::Place if self.post.is_none() || self.stores.is_empty() => self.refuse(words::unplaced()),
            Step::Place => self.go(Step::Name),
            Step::Name => self.go(Step::Screen),
            Step::Screen => self.go(Step::Scanner),
            Step::Scanner if self.gun.is_none() => self.refuse(words::not_scanned()),
            Step::Scanner => self.go(Step::Printer),
            Step::Printer => self.go(if self.printer.is_some() { Step::Kind } else { Step::Printer }),
            Step::Address => {
                let typed = self.typed(Field::Address).trim();
                let transport = if typed.contains("://") {
                    typed.to_owned()
                } else if typed.contains(':') {
                    format!("tcp://{typed}")
                } else {
                    format!("tcp://{typed}:{PORT}")
                };
                self.at(transport, Language::default());
                self.go(Step::Kind)
            }
            Step::Kind | Step::Adjust => {
                let asked = Ask::Print(self.printer.clone()?, self.name());
                self.print = Print::default();
                Some(self.ask(Some(words::PRINTING), asked))
            }
            Step::Label => self.go(Step::Ready),
            Step::Ready => {
                let draft = self.draft()?;
                Some(self.ask(Some(words::WRITING), Ask::Write(Box::new(draft))))
            }
            Step::Done => Some(self.ask(Some(words::STARTING), Ask::Start)),
        }
    }

    fn back(&mut self) -> Option<Action> {
        // What is under way is not waited for.
        self.waits = None;
        match self.step {
            Step::Backend | Step::Done => Some(Action::Leave),
            Step::SignIn => self.go(Step::Backend),
            Step::Place => self.go(Step::SignIn),
            Step::Name => self.go(Step::Place),
            Step::Screen => self.go(Step::Name),
            Step::Scanner => self.go(Step::Screen),
            Step::Printer => self.go(Step::Scanner),
            Step::Label => self.go(Step::Kind),
            Step::Adjust => self.go(Step::Label),
            Step::Ready if self.printer.is_some() => self.go(Step::Kind),
            Step::Address | Step::Kind | Step::Ready => self.go(Step::Printer),
        }
    }

    fn skip(&mut self) -> Option<Action> {
        match (self.step, self.post) {
            (Step::Scanner, _) => {
                self.gun = None;
                self.go(Step::Printer)
            }
            (Step::Printer, Some(post)) if Draft::needs_printer(post) => self.refuse(words::needs_printer()),
            (Step::Printer, _) => {
                self.printer = None;
                self.go(Step::Ready)
            }
            (Step::Label, _) => self.go(Step::Ready),
            _ => None,
        }
    }

    /// Another step shows; where devices count they are looked for.
    pub(super) fn go(&mut self, step: Step) -> Option<Action> {
        (self.step, self.said, self.layer) = (step, None, Layer::Small);
        self.keys.clear();
        let fields = step.fields();
        let empty = fields.iter().find(|field| self.typed(**field).is_empty());
        self.focus = *empty.or(fields.first()).unwrap_or(&self.focus);
        if step == Step::Name && self.typed(Field::Name).is_empty() {
            self.typed[Field::Name as usize] = self.usual_name();
        }
        matches!(step, Step::Scanner | Step::Printer).then(|| self.ask(None, Ask::Look))
    }

    fn answered(&mut self, id: u64, news: News) -> Vec<Action> {
        if let News::Heard(place, heard) = news {
            if self.listens.is_some_and(|(asked, _)| asked == id) {
                self.listens = None;
                self.heard(place, heard);
            }
            return Vec::new();
        }
        if let News::Found { guns, presses } = news {
            self.found(guns, presses);
            return Vec::new();
        }
        // What was written was written, wherever the person has gone meanwhile.
        if self.waits != Some(id) && !matches!(news, News::Written(_)) {
            return Vec::new();
        }
        self.waits = None;
        let mut actions = Vec::new();
        match news {
            News::Reached => actions.extend(self.go(Step::SignIn)),
            News::SignedIn { account, contract } => {
                actions.extend(self.go(Step::Place));
                self.said = Some(Said::Well(words::signed_in(&account, &contract)));
            }
            News::Printed { is_proved, doubt } => {
                actions.extend(self.go(Step::Label));
                self.print.is_proved = is_proved;
                self.said = doubt.map(Said::Refused);
            }
            News::Written(files) => {
                actions.extend(self.go(Step::Done));
                self.files = files;
            }
            News::Started(options) => actions.push(Action::Open(options)),
            News::Refused(told) => drop(self.refuse(told)),
            News::Heard(..) | News::Found { .. } => {}
        }
        actions
    }

    /// What guns are asked has to be asked anew.
    pub(super) fn hush(&mut self) {
        self.listens = None;
    }

    pub(super) fn refuse(&mut self, told: Told) -> Option<Action> {
        self.said = Some(Said::Refused(told));
        None
    }

    /// Asks; where `waiting` says for what, the step waits for it.
    fn ask(&mut self, waiting: Option<&'static str>, ask: Ask) -> Action {
        self.asked += 1;
        if let Some(waiting) = waiting {
            self.waits = Some(self.asked);
            self.said = Some(Said::Waiting(waiting));
        }
        Action::Ask(self.asked, ask)
    }

    /// Listens to the guns that this step is about.
    fn listen(&mut self) -> Option<Action> {
        let one = match self.gun {
            Some(Taken::Found(place)) => Some(Ears::One(place)),
            _ => None,
        };
        let ears = match self.step {
            Step::Scanner => Ears::All,
            Step::Label => one.unwrap_or(Ears::Nobody),
            step if !step.fields().is_empty() => one.unwrap_or(Ears::Lines),
            _ => Ears::Nobody,
        };
        if self.listens.is_some_and(|(_, now)| now == ears) {
            return None;
        }
        let asked = self.ask(None, Ask::Listen(ears));
        self.listens = Some((self.asked, ears));
        Some(asked)
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.waits.is_some()
    }
}
