//! Printers at the end of a real socket, in every mood: what is told is never better than what was proved.

use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use ordak_station::label::{Bitmap, Label, Renderer, Template};
use ordak_station::order::Order;
use ordak_station::printer::{self, Config, Left, Limits, Printer, Seen};
use ordak_station::station::{EffectId, Outcome, PortState, PrinterFault};
use ordak_station::words;

use crate::support::printer::{FakePrinter, Mood, SerialPrinter, Tongue};
use crate::support::{hurtful, reader};

#[test]
fn a_healthy_printer_proves_the_label_that_was_drawn() {
    let fake = FakePrinter::start(Mood::Healthy);
    let station = Bench::at(fake.port);
    for (nth, (name, order)) in (1..).zip(hurtful::orders()) {
        assert_eq!(station.print(nth, &order, 1), Outcome::Printed, "{name}");
        let printed = fake.tray().labels.split_off(fake.tray().labels.len() - drawn(&order).len());
        for (picture, page) in printed.iter().zip(drawn(&order)) {
            assert_eq!(&dots(&page), picture, "{name}");
        }
        assert_eq!(reader::code128_of(&printed[0]), order.id.barcode(), "{name}");
    }
    assert_eq!(fake.tray().strays, [0_u8; 0], "every byte was understood");
}

/// Every fault in every language: the job's state, and the words on the screen.
#[test]
fn every_fault_is_told_for_what_it_is_in_every_language() {
    let silent = ["no answer", "needs a look", "no answer"];
    let failed = |faults: [&str; 3]| faults.map(|fault| format!("failed: Printer bench: {fault}"));
    let unconfirmed = |faults: [&str; 3]| faults.map(|fault| format!("unconfirmed: Printer bench: {fault}"));
    let ended = |how: &str| [(); 3].map(|()| how.to_owned());
    for (mood, expected) in [
        (Mood::Healthy, ended("printed")),
        (Mood::NearEnd, ended("printed")),
        (Mood::Slow, ended("printed")),
        (Mood::NeverProves, ended("sent")),
        (Mood::ProvesAnother, ended("sent")),
        (Mood::PaperOut, failed(["no paper"; 3])),
        (Mood::CoverOpen, failed(["cover open"; 3])),
        (Mood::Paused, failed(["has a fault", "paused", "paused"])),
        (Mood::Mute, failed(silent)),
        (Mood::AnswersLate, failed(silent)),
        (Mood::Nonsense, failed(["wrong answers"; 3])),
        (Mood::Gone, failed(["not found"; 3])),
        (Mood::PaperOutInJob, unconfirmed(["no paper"; 3])),
        (Mood::MuteAfterJob, unconfirmed(silent)),
        (Mood::StopsReading, unconfirmed(silent)),
        (Mood::CutsOff(16), unconfirmed(["not found"; 3])),
        (Mood::CutsOff(2000), unconfirmed(["not found"; 3])),
    ] {
        // Enough labels to fill every buffer between here and there.
        let notes = if mood == Mood::StopsReading { "No nuts. ".repeat(2000) } else { String::new() };
        let order = Order { notes: notes.into(), ..hurtful::plain() };
        for (tongue, expected) in Tongue::ALL.into_iter().zip(expected) {
            let fake = FakePrinter::speaking(tongue, mood);
            let outcome = Bench::speaking(tongue, &tcp(fake.port)).print(1, &order, 1);
            assert_eq!(told(&outcome), expected, "{tongue:?} {mood:?}");
            if matches!(outcome, Outcome::Failed(_)) {
                assert_eq!(fake.tray().job_bytes, 0, "{tongue:?} {mood:?}: nothing of the label went out");
            }
        }
    }
}

#[test]
fn a_printer_that_goes_and_comes_back_is_told_and_prints() {
    for tongue in Tongue::ALL {
        let fake = FakePrinter::speaking(tongue, Mood::Healthy);
        let station = Bench::speaking(tongue, &tcp(fake.port));
        assert_eq!(station.state(), PortState::Ready);
        fake.set(Mood::Gone);
        let gone = station.state();
        assert!(matches!(gone, PortState::Faulted(PrinterFault::Unreachable(_))), "{gone:?}");
        let outcome = station.print(1, &hurtful::plain(), 1);
        assert!(matches!(outcome, Outcome::Failed(PrinterFault::Unreachable(_))), "{outcome:?}");
        fake.set(Mood::Healthy);
        assert_eq!(station.state(), PortState::Ready);
        assert_eq!(station.print(2, &hurtful::plain(), 1), Outcome::Printed);
    }
}

#[test]
fn on_a_device_file_a_label_is_printed_and_proved() {
    for (tongue, way) in Tongue::ALL.into_iter().flat_map(|tongue| [(tongue, "usb"), (tongue, "serial")]) {
        let fake = SerialPrinter::speaking(tongue, Mood::Healthy);
        let options = if way == "serial" { "?baud=115200" } else { "" };
        let station = Bench::speaking(tongue, &format!("{way}://{}{options}", fake.path.display()));
        for copy in 1..=2 {
            assert_eq!(
                station.print(copy.into(), &hurtful::plain(), copy),
                Outcome::Printed,
                "{tongue:?} {way}"
            );
            let page = &drawn_copy(&hurtful::plain(), copy)[0];
            assert_eq!(fake.tray().labels.last(), Some(&dots(page)), "{tongue:?} {way}");
        }
        assert_eq!(fake.tray().strays, [0_u8; 0], "{tongue:?} {way}");
        fake.set(Mood::PaperOut);
        let outcome = station.print(3, &hurtful::plain(), 3);
        assert_eq!(outcome, Outcome::Failed(PrinterFault::PaperOut), "{tongue:?} {way}");
    }
}

#[test]
fn a_write_to_a_device_file_that_takes_no_more_is_given_up() {
    for way in ["usb", "serial"] {
        let fake = SerialPrinter::speaking(Tongue::Escpos, Mood::StopsReading);
        let station = Bench::speaking(Tongue::Escpos, &format!("{way}://{}", fake.path.display()));
        let outcome = station.print(1, &hurtful::plain(), 1);
        assert_eq!(outcome, Outcome::Unconfirmed(PrinterFault::NoAnswer), "{way}");
    }
}

/// The paper ends, the printer's little memory is full, and it takes neither bytes nor questions.
#[test]
fn paper_that_ends_in_a_label_is_told_for_what_it_is_while_nothing_more_is_taken() {
    for way in ["usb", "serial"] {
        let fake = SerialPrinter::speaking(Tongue::Escpos, Mood::PaperOutInJob);
        let station = Bench::speaking(Tongue::Escpos, &format!("{way}://{}", fake.path.display()));
        let outcome = station.print(1, &hurtful::plain(), 1);
        assert_eq!(outcome, Outcome::Unconfirmed(PrinterFault::PaperOut), "{way}");
    }
}

/// A printer that falls silent in a label is waited for, and the screen says meanwhile that it does.
#[test]
fn a_printer_that_falls_silent_in_a_label_is_told_before_the_label_is_given_up() {
    for (tongue, mood) in Tongue::ALL
        .into_iter()
        .flat_map(|tongue| [Mood::MuteAfterJob, Mood::StopsReading].map(|mood| (tongue, mood)))
    {
        let fake = FakePrinter::speaking(tongue, mood);
        let limits = Limits { job: Duration::from_secs(1), ..LIMITS };
        let station = Bench::within(limits, &config(tongue, &tcp(fake.port)), Left::Whole);
        let notes = if mood == Mood::StopsReading { "No nuts. ".repeat(2000) } else { String::new() };
        station.send(1, &Order { notes: notes.into(), ..hurtful::plain() }, 1);
        let silence = if tongue == Tongue::Zpl { PrinterFault::Attention } else { PrinterFault::NoAnswer };
        assert_eq!(station.fault(), silence, "{tongue:?} {mood:?}");
        assert_eq!(station.outcome(1), Outcome::Unconfirmed(silence), "{tongue:?} {mood:?}");
    }
}

/// However long its labels may take, one that takes no more is told at once; one that goes on after that proves its label, and
/// nobody is asked.
#[test]
fn a_printer_of_many_labels_that_takes_no_more_is_not_taken_for_one_at_work() {
    for tongue in Tongue::ALL {
        let fake = FakePrinter::speaking(tongue, Mood::StopsReading);
        let limits = Limits { further: Duration::from_hours(1), ..LIMITS };
        let station = Bench::within(limits, &config(tongue, &tcp(fake.port)), Left::Whole);
        station.send(1, &Order { notes: "No nuts. ".repeat(2000).into(), ..hurtful::plain() }, 1);
        station.fault();
        fake.set(Mood::Healthy);
        assert_eq!(station.outcome(1), Outcome::Printed, "{tongue:?}");
    }
}

/// The same where it does not even take the connection.
#[test]
fn a_printer_that_is_slow_to_connect_to_is_told_before_the_label_is_given_up() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // The one place before it is taken by the question before the label, whose connection is never accepted.
    let listener = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        socket.listen(0).unwrap()
    });
    let limits = Limits { idle: Duration::from_mins(1), ..LIMITS };
    let port = listener.local_addr().unwrap().port();
    let station = Bench::within(limits, &config(Tongue::Zpl, &tcp(port)), Left::Whole);
    assert_eq!(station.fault(), PrinterFault::Attention);
    station.send(1, &hurtful::plain(), 1);
    assert!(matches!(station.fault(), PrinterFault::Unreachable(_)));
    assert!(matches!(station.outcome(1), Outcome::Failed(PrinterFault::Unreachable(_))));
}

#[test]
fn a_printer_that_rests_for_a_moment_is_not_taken_for_one_that_cannot_prove_its_label() {
    for tongue in [Tongue::Zpl, Tongue::Tspl] {
        let fake = FakePrinter::speaking(tongue, Mood::Healthy);
        let limits = Limits { proof: Duration::ZERO, ..LIMITS };
        let station = Bench::within(limits, &config(tongue, &tcp(fake.port)), Left::Whole);
        assert_eq!(station.print(1, &hurtful::plain(), 1), Outcome::Printed, "{tongue:?}");
    }
}

/// Without a proof a label is waited for; the next one of such a printer only until it is seen at rest.
#[test]
fn a_printer_that_never_proves_a_label_is_waited_for_once() {
    for tongue in Tongue::ALL {
        let fake = FakePrinter::speaking(tongue, Mood::NeverProves);
        let limits = Limits { unproved: Duration::ZERO, ..LIMITS };
        let station = Bench::within(limits, &config(tongue, &tcp(fake.port)), Left::Whole);
        assert_eq!(station.print(1, &hurtful::plain(), 1), Outcome::Sent, "{tongue:?}");
        let before = fake.tray().questions;
        assert_eq!(station.print(2, &hurtful::plain(), 2), Outcome::Sent, "{tongue:?}");
        let each = if tongue == Tongue::Escpos { 4 } else { 1 };
        assert_eq!(fake.tray().questions - before, 2 * each, "{tongue:?}: two rests");
        fake.set(Mood::Healthy);
        assert_eq!(station.print(3, &hurtful::plain(), 3), Outcome::Printed, "{tongue:?}");
    }
}

#[test]
fn each_further_label_has_its_own_time() {
    let limits = Limits { job: Duration::ZERO, further: Duration::from_mins(1), ..LIMITS };
    for tongue in Tongue::ALL {
        let outcome = |copies, at_last| {
            let fake = FakePrinter::speaking(tongue, Mood::ProvesLate);
            let config = Config { copies, ..config(tongue, &tcp(fake.port)) };
            let station = Bench::within(limits, &config, Left::Whole);
            station.send(1, &hurtful::plain(), 1);
            fake.set(at_last);
            station.outcome(1)
        };
        assert_ne!(outcome(1, Mood::ProvesLate), Outcome::Printed, "{tongue:?}: a label alone has none here");
        assert_eq!(outcome(2, Mood::Healthy), Outcome::Printed, "{tongue:?}");
    }
}

#[test]
fn a_device_file_that_goes_and_comes_back_is_told_and_prints() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lp0");
    for way in ["usb", "serial"] {
        let first = SerialPrinter::speaking(Tongue::Tspl, Mood::Healthy);
        symlink(&first.path, &path).unwrap();
        let station = Bench::speaking(Tongue::Tspl, &format!("{way}://{}", path.display()));
        assert_eq!(station.state(), PortState::Ready);
        std::fs::remove_file(&path).unwrap();
        let gone = station.state();
        assert!(matches!(gone, PortState::Faulted(PrinterFault::Unreachable(_))), "{gone:?}");
        let again = SerialPrinter::speaking(Tongue::Tspl, Mood::Healthy);
        symlink(&again.path, &path).unwrap();
        assert_eq!(station.state(), PortState::Ready);
        assert_eq!(station.print(1, &hurtful::plain(), 1), Outcome::Printed, "{way}");
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn after_a_torn_job_the_next_label_is_whole() {
    for (tongue, at) in Tongue::ALL.into_iter().flat_map(|tongue| [16, 100, 3000].map(|at| (tongue, at))) {
        let fake = FakePrinter::speaking(tongue, Mood::CutsOff(at));
        let station = Bench::speaking(tongue, &tcp(fake.port));
        let outcome = station.print(1, &hurtful::plain(), 1);
        assert!(matches!(outcome, Outcome::Unconfirmed(_)), "{tongue:?} after {at}: {outcome:?}");
        fake.set(Mood::Healthy);
        assert_eq!(station.print(2, &hurtful::plain(), 2), Outcome::Printed, "{tongue:?} after {at}");
        let page = &drawn_copy(&hurtful::plain(), 2)[0];
        assert_eq!(fake.tray().labels.last(), Some(&dots(page)), "{tongue:?} after {at}");
    }
}

#[test]
fn a_printer_that_a_power_cut_left_in_mid_label_prints_the_next_one_whole() {
    for tongue in Tongue::ALL {
        let fake = FakePrinter::speaking(tongue, Mood::CutsOff(3000));
        let config = config(tongue, &tcp(fake.port));
        let cut_off = Bench::with(&config);
        assert!(matches!(cut_off.print(1, &hurtful::plain(), 1), Outcome::Unconfirmed(_)));
        drop(cut_off);
        fake.set(Mood::Healthy);
        let station = Bench::left(&config, Left::Torn);
        assert_eq!(station.print(2, &hurtful::plain(), 2), Outcome::Printed, "{tongue:?}");
        let page = &drawn_copy(&hurtful::plain(), 2)[0];
        assert_eq!(fake.tray().labels.last(), Some(&dots(page)), "{tongue:?}");
    }
}

#[test]
fn a_fault_and_its_end_are_told_once_each_with_nothing_printed() {
    let fake = FakePrinter::start(Mood::PaperOut);
    let station = Bench::at(fake.port);
    assert_eq!(station.state(), PortState::Faulted(PrinterFault::PaperOut));
    fake.set(Mood::CoverOpen);
    assert_eq!(station.state(), PortState::Faulted(PrinterFault::CoverOpen));
    fake.set(Mood::Healthy);
    assert_eq!(station.state(), PortState::Ready);
    assert_eq!(fake.tray().labels.len(), 0);
}

#[test]
fn paper_that_is_nearly_out_is_told_once_each_way_and_still_prints() {
    let fake = FakePrinter::start(Mood::NearEnd);
    let station = Bench::at(fake.port);
    assert_eq!(station.next(), Seen::Paper { is_low: true });
    assert_eq!(station.state(), PortState::Ready);
    assert_eq!(station.print(1, &hurtful::plain(), 1), Outcome::Printed);
    fake.set(Mood::Healthy);
    assert_eq!(station.next(), Seen::Paper { is_low: false });
}

#[test]
fn a_folder_takes_each_label_as_a_file_and_proves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(Tongue::Escpos, &format!("file://{}", folder.path().display()));
    let station = Bench::with(&config);
    assert_eq!(station.print(1, &hurtful::plain(), 1), Outcome::Sent);
    assert_eq!(station.print(2, &hurtful::plain(), 2), Outcome::Sent);
    let names = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    assert!(names[0].starts_with("bannos-18617-1-") && names[1].starts_with("bannos-18617-2-"), "{names:?}");
    assert!(
        names.len() == 2 && names.iter().all(|name| name.rsplit_once('.').unwrap().1 == "bin"),
        "{names:?}"
    );

    drop(folder);
    let outcome = station.print(3, &hurtful::plain(), 1);
    assert!(matches!(outcome, Outcome::Failed(PrinterFault::Unreachable(_))), "{outcome:?}");
}

#[test]
fn what_cannot_be_is_refused_in_words() {
    for (line, what) in [
        ("copies = 11", "copies = 11 cannot be: it is 1 to 10"),
        (
            "template = \"62x30\"",
            "no template 62x30 at 203 dpi, but 62x29, 100x50, roll80, each at 203 or 300 dpi",
        ),
        ("dpi = 600", "no template 100x50 at 600 dpi"),
    ] {
        let config: Config =
            toml::from_str(&format!("name = \"bench\"\ntransport = \"tcp://127.0.0.1:9100\"\n{line}"))
                .unwrap();
        let refusal =
            printer::spawn(&config, "bannos-filling-1", Left::Whole, |_| {}).unwrap_err().to_string();
        assert!(refusal.contains(what), "{refusal}");
    }
    assert!(toml::from_str::<Config>("name = \"b\"\ntransport = \"tcp://a:1\"\ncolour = 1").is_err());
}

/// A station's printer under test, and what it says.
struct Bench {
    printer: Printer,
    seen: mpsc::Receiver<Seen>,
}

impl Bench {
    fn at(port: u16) -> Self {
        Self::speaking(Tongue::Escpos, &tcp(port))
    }

    fn speaking(tongue: Tongue, transport: &str) -> Self {
        Self::with(&config(tongue, transport))
    }

    fn with(config: &Config) -> Self {
        Self::left(config, Left::Whole)
    }

    /// As the life before it left the printer.
    fn left(config: &Config, left: Left) -> Self {
        Self::within(LIMITS, config, left)
    }

    fn within(limits: Limits, config: &Config, left: Left) -> Self {
        let (said, seen) = mpsc::channel();
        let report = move |word| said.send(word).unwrap_or_default();
        let printer = printer::spawn_within(limits, config, "bannos-filling-1", left, report).unwrap();
        Self { printer, seen }
    }

    fn print(&self, nth: u64, order: &Order, copy: u8) -> Outcome {
        self.send(nth, order, copy);
        self.outcome(nth)
    }

    fn send(&self, nth: u64, order: &Order, copy: u8) {
        let job = hurtful::sending(nth as u8, order.id, copy);
        self.printer.print(EffectId(nth), job, Arc::new(order.clone()), "10:43".to_owned()).unwrap();
    }

    fn outcome(&self, nth: u64) -> Outcome {
        loop {
            if let Seen::Done { id, outcome, .. } = self.next() {
                assert_eq!(id, EffectId(nth));
                return outcome;
            }
        }
    }

    /// The first fault that is told; nothing ends before it.
    fn fault(&self) -> PrinterFault {
        loop {
            if let PortState::Faulted(fault) = self.state() {
                return fault;
            }
        }
    }

    fn state(&self) -> PortState<PrinterFault> {
        match self.next() {
            Seen::State(state) => state,
            Seen::Done { id, .. } => panic!("{id:?} ended"),
            Seen::Paper { is_low } => panic!("its paper is low: {is_low}"),
        }
    }

    fn next(&self) -> Seen {
        let began = Instant::now();
        self.seen
            .recv_timeout(Duration::from_mins(1))
            .unwrap_or_else(|_| panic!("nothing is told for {:?}", began.elapsed()))
    }
}

fn config(tongue: Tongue, transport: &str) -> Config {
    let language = tongue.name();
    toml::from_str(&format!("name = \"bench\"\nlanguage = \"{language}\"\ntransport = \"{transport}\""))
        .unwrap()
}

fn tcp(port: u16) -> String {
    format!("tcp://127.0.0.1:{port}")
}

/// A job's state, and what the screen says of its printer.
fn told(outcome: &Outcome) -> String {
    let (state, fault) = match outcome {
        Outcome::Printed => return "printed".to_owned(),
        Outcome::Sent => return "sent".to_owned(),
        Outcome::Unconfirmed(fault) => ("unconfirmed", fault),
        Outcome::Failed(fault) => ("failed", fault),
    };
    format!("{state}: {}", words::printer("bench", fault).happened)
}

fn drawn(order: &Order) -> Vec<Bitmap> {
    drawn_copy(order, 1)
}

fn drawn_copy(order: &Order, copy: u8) -> Vec<Bitmap> {
    let mut renderer = Renderer::new(Template::find("100x50", 203).unwrap()).unwrap();
    renderer.render(&Label { order, copy, station: "bannos-filling-1", clock: "10:43" }).pages
}

fn dots(page: &Bitmap) -> Vec<Vec<bool>> {
    let (width, height) = (page.width_dots().cast_signed(), page.height_dots().cast_signed());
    (0..height).map(|y| (0..width).map(|x| page.is_black(x, y)).collect()).collect()
}

/// As a shop's, made short.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(3),
    answer: Duration::from_millis(300),
    proof: Duration::from_millis(600),
    unproved: Duration::from_millis(600),
    further: Duration::ZERO,
    poll: Duration::from_millis(5),
    job: Duration::from_secs(2),
    idle: Duration::from_millis(20),
};
