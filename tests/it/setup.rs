//! Set-up, from a machine without a configuration to a station that works: the real project, a gun on a pty, a printer on a
//! socket; and the real window, which goes on as the station's.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use iced_test::Simulator;
use iced_test::core::{Settings, Size};
use ordak_station::cli::setup::World;
use ordak_station::config::{REPEAT_GUARD, Theme};
use ordak_station::order::OrderId;
use ordak_station::ui::setup::{Action, Ask, Ears, Handle, Heard, KeyHeard, Message, News, Setup};
use ordak_station::ui::use_bundled_fonts;
use ordak_station::words::setup as words;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};

use crate::support::cluster::Database;
use crate::support::printer::{FakePrinter, Mood};
use crate::support::program::{Backend, Program};
use crate::support::pty::Gun;
use crate::support::reader;
use crate::window::{Display, GREEN, share};

#[test]
fn a_new_kiosk_ends_as_a_working_station() {
    let database = Database::bare();
    let backend = Backend::serve(&["--database-url", database.url()]);
    let printer = FakePrinter::start(Mood::Healthy);
    let (mut gun, root) = (Gun::plugged(), tempfile::tempdir().unwrap());
    let lines = root.path().join("dev/serial/by-id");
    std::fs::create_dir_all(&lines).unwrap();
    symlink(gun.path(), lines.join("usb-Test_Gun-if00")).unwrap();
    let file = root.path().join("config/station.toml");
    let mut kiosk = Kiosk::new(root.path(), &file);

    // Address and key come as codes; the first key is wrong.
    kiosk.gun_is_open();
    gun.scan(backend.field("url"));
    kiosk.until("the address", |kiosk| kiosk.shows(backend.field("url")));
    gun.scan("no.such.key");
    kiosk.until("the key", |kiosk| kiosk.shows("••••••••••y"));
    kiosk.touches("Next");
    kiosk.until_shows("Key refused");
    kiosk.touches("Clear");
    kiosk.types(backend.field("anon_key"));
    kiosk.touches("Next");
    kiosk.until_shows("Who is this station?");

    kiosk.types(&format!("{}\tnot the password\n", backend.field("email")));
    kiosk.until_shows("Sign-in refused");
    kiosk.touches("Clear");
    kiosk.types(&format!("{}\n", backend.field("password")));
    kiosk.until_shows("Where does it stand?");
    assert!(!file.parent().unwrap().exists(), "something was written before the end");

    for touched in ["Bannos", "Filling", "Next", "Next", "15.6″", "Next"] {
        kiosk.touches(touched);
    }
    kiosk.until_shows("Test Gun");
    kiosk.gun_is_open();
    gun.scan("%CMD:TEST");
    kiosk.until_shows(&words::lies(Some("Test Gun"), None));
    // Left lying: how soon it is read again is the test's own pace, below what the guard is at least.
    for _ in 0..3 {
        gun.scan("%CMD:TEST");
    }
    kiosk.until_shows(&words::lies(Some("Test Gun"), Some(REPEAT_GUARD)));
    kiosk.touches("Next");

    kiosk.touches("On the network…");
    kiosk.types(&format!("127.0.0.1:{}\n", printer.port));
    printer.set(Mood::PaperOut);
    kiosk.touches("Print");
    kiosk.until_shows("Printer bench: no paper");
    printer.set(Mood::Healthy);
    kiosk.touches("Print");
    kiosk.until_shows("The printer says it is printed.");
    kiosk.touches("Yes, it is out");
    kiosk.gun_is_open();
    gun.scan(&reader::code128_of(printer.tray().labels.last().unwrap()));
    kiosk.until_shows(&words::lies(None, Some(REPEAT_GUARD)));
    kiosk.touches("Next");
    kiosk.touches("Write it");
    kiosk.until_shows("All set");
    assert!(kiosk.shows(file.to_str().unwrap()));
    drop(kiosk);
    works(&file, &mut gun, &printer);
}

/// What set-up wrote is a station: its files are its own, `doctor` says that it is able, and it prints what is scanned.
fn works(file: &Path, gun: &mut Gun, printer: &FakePrinter) {
    for name in ["station.toml", "password"] {
        let about = std::fs::metadata(file.with_file_name(name)).unwrap();
        assert_eq!(about.permissions().mode() & 0o777, 0o600, "{name}");
    }
    assert!(std::fs::read_to_string(file).unwrap().contains("repeat_guard = \"2s\""), "the gun was measured");
    let home = Home::new();
    let config = file.to_str().unwrap();
    let mut doctor = Program::start_with(&["doctor", "--json", "--config", config], &home.environment());
    let told = doctor.line(|line| line["checks"].is_array());
    assert_eq!(told["able"], true, "{told:#}");
    let is_well = |name: &str| {
        let checks = told["checks"].as_array().unwrap();
        checks.iter().any(|check| check["name"] == name && check["result"] == "ok")
    };
    for name in ["sign-in", "staff row", "scanner 1", "printer bench"] {
        assert!(is_well(name), "{name}: {told:#}");
    }
    let mut station = Program::start_with(&["run", "--headless", "--config", config], &home.environment());
    station.line(|line| line["ready"] == true);
    station.line(|line| line["link"] == "up");
    gun.scan("#B18617");
    station.line(|line| line["verdict"] == "agreed");
    assert_eq!(reader::code128_of(printer.tray().labels.last().unwrap()), "#B18617");
}

#[test]
fn a_project_of_the_shops_contract_is_set_up_as_well() {
    let database = Database::bare();
    let backend = Backend::serve(&["--contract", "2025-12", "--database-url", database.url()]);
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("station.toml");
    let mut kiosk = Kiosk::new(root.path(), &file);
    kiosk.types(&format!("{}\t{}\n", backend.field("url"), backend.field("anon_key")));
    kiosk.until_shows("Who is this station?");
    kiosk.types(&format!("{}\t{}\n", backend.field("email"), backend.field("password")));
    kiosk.until_shows("Where does it stand?");
    let touched = ["Bannos", "Packing", "Next", "Next", "Next", "No gun here", "No printer here", "Write it"];
    for touched in touched {
        kiosk.touches(touched);
    }
    kiosk.until_shows("All set");
    drop(kiosk);
    let home = Home::new();
    let arguments = ["run", "--headless", "--config", file.to_str().unwrap()];
    let mut station = Program::start_with(&arguments, &home.environment());
    let up = station.line(|line| line["link"] == "up");
    assert_eq!(up["contract"], "2025-12");
}

#[test]
fn the_window_of_set_up_goes_on_as_the_station_s() {
    let database = Database::bare();
    let backend = Backend::serve(&["--database-url", database.url()]);
    let (display, home) = (Display::open(), Home::new());
    let mut environment = home.environment().to_vec();
    environment.extend([("DISPLAY", display.name.as_str()), ("WAYLAND_DISPLAY", "")]);
    let notify = home.0.path().join("notify");
    let systemd = UnixDatagram::bind(&notify).unwrap();
    environment.extend([("NOTIFY_SOCKET", notify.to_str().unwrap()), ("ORDAK_LOG", "trace")]);
    let program = Program::start_with(&["--windowed"], &environment);
    display.wait_for_window("Ordak Station: set-up");
    assert_eq!(word(&systemd), "EXTEND_TIMEOUT_USEC=60000000\nSTATUS=Set-up");
    let mut hand = Hand::new(&display);

    hand.types(&format!("{}\t{}\n", backend.field("url"), backend.field("anon_key")));
    hand.waits_for_next();
    hand.types(&format!("{}\t{}\n", backend.field("email"), backend.field("password")));
    hand.waits_for_next();
    let touched =
        ["Bannos", "Covering", "Next", "Next", "Next", "No gun here", "No printer here", "Write it"];
    for touched in touched {
        hand.touches(touched);
    }
    hand.waits_for_next();
    hand.touches("Start");
    display.wait_for_window("Ordak Station: bannos-covering-1");

    let folder = home.0.path().join(".config/ordak-station");
    let text = std::fs::read_to_string(folder.join("station.toml")).unwrap();
    assert!(text.contains("stage = \"Covering\"") && text.contains(backend.field("email")), "{text}");
    assert_eq!(std::fs::read_to_string(folder.join("password")).unwrap(), backend.field("password"));
    assert!(home.0.path().join(".local/share/ordak-station/journal.sqlite").exists(), "no station runs");
    let words = std::iter::repeat_with(|| word(&systemd));
    assert_eq!(
        words.take_while(|word| !word.starts_with("READY=1")).filter(|word| !is_extended(word)).count(),
        0
    );

    assert!(Command::new("kill").args(["-TERM", &program.id().to_string()]).status().unwrap().success());
    let (status, said) = program.end();
    assert!(status.success() && said.contains("queue read"), "{said}");
    for secret in [backend.field("password"), backend.field("anon_key")] {
        assert!(!said.contains(secret), "{secret} is in the log");
    }
}

/// What systemd is told next.
fn word(systemd: &UnixDatagram) -> String {
    systemd.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut bytes = [0; 256];
    let count = systemd.recv(&mut bytes).unwrap();
    String::from_utf8(bytes[..count].to_vec()).unwrap()
}

fn is_extended(word: &str) -> bool {
    word.starts_with("EXTEND_TIMEOUT_USEC=")
}

/// What a hand does to the window of set-up. It knows where to touch from a set-up of its own, which is told what the real
/// one is told.
struct Hand<'a> {
    display: &'a Display,
    window: String,
    size: Size,
    setup: Setup,
    seen: Vec<u8>,
}

impl<'a> Hand<'a> {
    fn new(display: &'a Display) -> Self {
        let window =
            String::from_utf8(display.run("xdotool", &["search", "--name", "Ordak Station"])).unwrap();
        let window = window.lines().next().unwrap().to_owned();
        let told =
            String::from_utf8(display.run("xdotool", &["getwindowgeometry", "--shell", &window])).unwrap();
        let number = |name: &str| -> f32 {
            told.lines().find_map(|line| line.strip_prefix(name)).unwrap().parse().unwrap()
        };
        let size = Size::new(number("WIDTH="), number("HEIGHT="));
        let (setup, _) = Setup::new(344.0, Theme::Dark, sample());
        Self { display, window, size, setup, seen: display.pixels() }
    }

    fn types(&mut self, text: &str) {
        self.display.run("xdotool", &["type", "--delay", "20", text]);
        self.takes(text.chars().map(|letter| Message::Heard(KeyHeard::Key(letter))).collect());
        self.sees_it_change();
    }

    fn touches(&mut self, text: &str) {
        use_bundled_fonts();
        let mut window = Simulator::with_size(Settings::default(), self.size, self.setup.view());
        let place = window.find(text).unwrap_or_else(|error| panic!("{text}: {error}")).bounds().center();
        window.click(text).unwrap();
        let messages = window.into_messages().collect();
        let (x, y) = (place.x.round().to_string(), place.y.round().to_string());
        self.display.run("xdotool", &["mousemove", "--window", &self.window, &x, &y, "click", "1"]);
        self.takes(messages);
        self.sees_it_change();
    }

    /// What was asked has been answered, and the way on shows again.
    fn waits_for_next(&mut self) {
        self.display.wait_for("the way on", |pixels| share(pixels, GREEN) > 0.003);
        self.sees_it_rest();
    }

    fn sees_it_change(&mut self) {
        let before = std::mem::take(&mut self.seen);
        self.display.wait_for("what was touched", |pixels| pixels != before);
        self.sees_it_rest();
    }

    fn sees_it_rest(&mut self) {
        let last = std::cell::RefCell::new(self.display.pixels());
        self.display.wait_for("rest", |pixels| pixels == last.replace(pixels.to_vec()));
        self.seen = last.into_inner();
    }

    fn takes(&mut self, messages: Vec<Message>) {
        let mut messages = std::collections::VecDeque::from(messages);
        while let Some(message) = messages.pop_front() {
            for action in self.setup.update(message) {
                let Action::Ask(id, ask) = action else { panic!("set-up ended: {action:?}") };
                let news = match ask {
                    Ask::Reach(_) => News::Reached,
                    Ask::SignIn(..) => {
                        News::SignedIn { account: "Station".into(), contract: "2025-09".into() }
                    }
                    Ask::Write(_) => News::Written(Vec::new()),
                    Ask::Look => News::Found { guns: Vec::new(), presses: Vec::new() },
                    Ask::Listen(_) | Ask::Print(..) | Ask::Start => continue,
                };
                messages.push_back(Message::Answered(id, Box::new(news)));
            }
        }
    }
}

/// A home of its own, so that no station's journal is this machine's.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn environment(&self) -> [(&str, &str); 3] {
        [("HOME", self.0.path().to_str().unwrap()), ("XDG_DATA_HOME", ""), ("XDG_CONFIG_HOME", "")]
    }
}

/// Set-up as its user has it, without a display, and all that it can do below a root of the test's.
struct Kiosk {
    setup: Setup,
    handle: Handle,
    runtime: Runtime,
    tell: mpsc::UnboundedSender<(u64, News)>,
    told: mpsc::UnboundedReceiver<(u64, News)>,
    ears: Option<Ears>,
    /// The first question to these guns: what an earlier one is told is of ports that are closed.
    ears_since: u64,
    is_gun_open: bool,
    _stop: oneshot::Sender<()>,
}

impl Kiosk {
    fn new(root: &Path, file: &Path) -> Self {
        let (handle, asked) = Handle::new();
        let (stop, stopped) = oneshot::channel();
        let world = World::new(root, file, true);
        std::thread::spawn(move || world.serve(asked, stopped));
        let (tell, told) = mpsc::unbounded_channel();
        let (setup, actions) = Setup::new(344.0, Theme::Dark, sample());
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let mut kiosk = Self {
            setup,
            handle,
            runtime,
            tell,
            told,
            ears: None,
            ears_since: 0,
            is_gun_open: false,
            _stop: stop,
        };
        kiosk.act(actions);
        kiosk
    }

    fn window(&self) -> Simulator<'_, Message> {
        use_bundled_fonts();
        Simulator::with_size(Settings::default(), Size::new(1240.0, 660.0), self.setup.view())
    }

    fn shows(&self, text: &str) -> bool {
        self.window().find(text).is_ok()
    }

    fn touches(&mut self, text: &str) {
        let mut window = self.window();
        window.click(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let messages: Vec<_> = window.into_messages().collect();
        self.takes(messages);
    }

    /// Types on a real keyboard.
    fn types(&mut self, text: &str) {
        for letter in text.chars() {
            let mut window = self.window();
            match letter {
                '\n' => drop(window.tap_key(iced_test::core::keyboard::key::Named::Enter)),
                '\t' => drop(window.tap_key(iced_test::core::keyboard::key::Named::Tab)),
                letter => drop(window.typewrite(&letter.to_string())),
            }
            let messages: Vec<_> = window.into_messages().collect();
            self.takes(messages);
        }
    }

    fn takes(&mut self, messages: Vec<Message>) {
        for message in messages {
            let actions = self.setup.update(message);
            self.act(actions);
        }
    }

    fn act(&mut self, actions: Vec<Action>) {
        for action in actions {
            let Action::Ask(id, ask) = action else { panic!("set-up ended: {action:?}") };
            if let Ask::Listen(ears) = ask
                && self.ears.replace(ears) != Some(ears)
            {
                (self.is_gun_open, self.ears_since) = (false, id);
            }
            let (answer, tell) = (self.handle.clone().ask(ask), self.tell.clone());
            self.runtime.spawn(async move { drop(tell.send((id, answer.await))) });
        }
    }

    /// Takes answers until it is so.
    fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        while !is_so(self) {
            let next = async { tokio::time::timeout(PATIENCE, self.told.recv()).await };
            let (id, news) = self.runtime.block_on(next).unwrap_or_else(|_| panic!("{what}: never")).unwrap();
            if matches!(news, News::Heard(_, Heard::State(_))) && id >= self.ears_since {
                self.is_gun_open = true;
            }
            self.takes(vec![Message::Answered(id, Box::new(news))]);
        }
    }

    fn until_shows(&mut self, text: &str) {
        self.until(text, |kiosk| kiosk.shows(text));
    }

    /// The port tells that it is open: what was sent before is nobody's.
    fn gun_is_open(&mut self) {
        self.until("the gun’s port", |kiosk| kiosk.is_gun_open);
    }
}

fn sample() -> OrderId {
    "bannos-25771-A".parse().unwrap()
}

/// Far longer than anything takes: only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_mins(1);
