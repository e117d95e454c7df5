//! Named states of set-up, each reached as a person reaches it, for pictures and for tests.

use std::time::Duration;

use super::state::{Action, Message, Setup};
use super::step::{CODE, Field};
use super::{Gun, Heard, News, Press};
use crate::config::{Flow, Language, Theme};
use crate::order::{OrderId, Post, Stage, Store};
use crate::station::{LinkFault, PortState, ScannerFault};
use crate::ui::widget::keys::Key;
use crate::words::setup as words;

/// The names of all of them, in the order of the steps.
pub const NAMES: [&str; 20] = [
    "backend",
    "backend-asking",
    "backend-refused",
    "sign-in",
    "place",
    "name",
    "screen",
    "scanner",
    "scanner-none",
    "scanner-read",
    "scanner-lying",
    "printer",
    "address",
    "kind-serial",
    "kind",
    "label",
    "adjust",
    "label-read",
    "ready",
    "done",
];

/// The order on the sample.
pub const SAMPLE: OrderId = OrderId { store: Store::Bannos, number: 25_771, suffix: None };

/// Set-up in the state called `name`; none where there is none.
pub fn setup(name: &str, width_mm: f32, theme: Theme) -> Option<Setup> {
    let until = NAMES.iter().position(|known| *known == name)?;
    let (setup, _) = Setup::new(width_mm, theme, SAMPLE);
    let mut person = Person { setup, listens: 0, waits: 0 };
    for state in &NAMES[..=until] {
        person.goes_to(state);
    }
    Some(person.setup)
}

/// Who sets a station up.
struct Person {
    setup: Setup,
    /// The numbers of the newest questions.
    listens: u64,
    waits: u64,
}

impl Person {
    fn does(&mut self, message: Message) {
        for action in self.setup.update(message) {
            match action {
                Action::Ask(id, super::Ask::Listen(_)) => self.listens = id,
                Action::Ask(id, _) => self.waits = id,
                Action::Leave | Action::Open(_) => {}
            }
        }
    }

    fn hears(&mut self, news: News) {
        self.does(Message::Answered(self.waits, Box::new(news)));
    }

    fn gun_tells(&mut self, place: usize, heard: Heard) {
        self.does(Message::Answered(self.listens, Box::new(News::Heard(place, heard))));
    }

    fn types(&mut self, field: Field, text: &str) {
        self.does(Message::Focused(field));
        self.does(Message::Pressed(Key::Clear));
        for letter in text.chars() {
            self.does(Message::Pressed(Key::Letter(letter)));
        }
    }

    /// From the state before it.
    fn goes_to(&mut self, state: &str) {
        match state {
            "backend" => {
                self.hears(found());
                self.types(Field::Url, "kitchen.supabase.co");
                self.types(Field::Key, &"k".repeat(208));
            }
            "backend-refused" => {
                self.hears(News::Refused(words::not_reached(&LinkFault::Unreachable(
                    "failed to lookup address".into(),
                ))));
            }
            "sign-in" => {
                self.does(Message::Next);
                self.hears(News::Reached);
                self.types(Field::Email, "filling-1@shop.example");
                self.types(Field::Password, "correct horse");
            }
            "place" => {
                self.does(Message::Next);
                self.hears(News::SignedIn { account: "Filling 1".into(), contract: "2025-09".into() });
                self.does(Message::Toggled(Store::Bannos));
                self.does(Message::Posted(Post::At(Stage::Filling)));
            }
            "backend-asking" | "name" | "screen" => self.does(Message::Next),
            "done" => {
                self.does(Message::Next);
                let folder = "/home/ordak/.config/ordak-station";
                let files = ["station.toml", "password"].map(|name| format!("{folder}/{name}").into());
                self.hears(News::Written(files.into()));
            }
            device => self.tries(device),
        }
    }

    /// What has to do with guns and printers.
    fn tries(&mut self, state: &str) {
        match state {
            "scanner" => {
                self.does(Message::Next);
                self.hears(found());
                let denied = ScannerFault::Denied("/dev/ttyS0: Permission denied".into());
                self.gun_tells(1, Heard::State(PortState::Faulted(denied)));
            }
            "scanner-none" => {
                self.hears(News::Found { guns: Vec::new(), presses: Vec::new() });
                self.does(Message::Next);
            }
            "scanner-read" => {
                self.hears(found());
                self.gun_tells(0, Heard::Frame(CODE.into()));
            }
            "scanner-lying" => self.gun_tells(0, Heard::Lying(Duration::from_millis(2_400))),
            "printer" => {
                self.does(Message::Next);
                self.hears(found());
            }
            "address" => {
                self.does(Message::Networked);
                self.types(Field::Address, "192.168.1.50");
            }
            "kind-serial" => {
                self.does(Message::Back);
                self.does(Message::Chosen(3));
                self.does(Message::Lined(115_200, Flow::None));
            }
            "kind" => {
                self.does(Message::Back);
                self.does(Message::Chosen(0));
            }
            "label" => {
                self.does(Message::Next);
                self.hears(News::Printed { is_proved: true, doubt: None });
            }
            "adjust" => {
                self.does(Message::Adjusting);
                self.does(Message::Darkened(Some(1)));
                self.does(Message::Shifted(Some([3, -1])));
            }
            "label-read" => {
                self.does(Message::Next);
                self.hears(News::Printed { is_proved: true, doubt: None });
                self.does(Message::Out(true));
                self.gun_tells(0, Heard::Frame("#B18617".into()));
            }
            _ => {
                self.gun_tells(0, Heard::Frame(SAMPLE.barcode().into()));
                self.does(Message::Next);
            }
        }
    }
}

/// A kitchen's devices.
fn found() -> News {
    let gun = |what: &str, kind: &str, path: &str| Gun {
        what: what.into(),
        table: format!("[[scanner]]\nkind = \"{kind}\"\npath = \"{path}\""),
        is_typing: kind != "serial",
    };
    let press = |what: &str, transport: &str, language, gun| Press {
        what: what.into(),
        transport: transport.into(),
        language,
        gun,
    };
    News::Found {
        guns: vec![
            gun("Honeywell 1950g 19023", "serial", "/dev/serial/by-id/usb-Honeywell_1950g_19023-if00"),
            gun("serial port", "serial", "/dev/ttyS0"),
            gun("Logitech Keyboard K120", "evdev", "/dev/input/by-id/usb-Logitech-event-kbd"),
        ],
        presses: vec![
            press("Zebra ZD421", "usb:///dev/usb/lp0?serial=K1234", Language::Zpl, None),
            press("", "usb:///dev/usb/lp1", Language::Escpos, None),
            press(
                "Honeywell 1950g 19023",
                "serial:///dev/serial/by-id/usb-Honeywell_1950g_19023-if00?baud=9600&flow=none",
                Language::Escpos,
                Some(0),
            ),
            press("serial port", "serial:///dev/ttyS0?baud=9600&flow=none", Language::Escpos, Some(1)),
        ],
    }
}
