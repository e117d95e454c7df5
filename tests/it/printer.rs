//! Printers at the end of a real socket, in every mood: what is told is never better than what was proved.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use ordak_station::label::{Bitmap, Label, Renderer, Template};
use ordak_station::order::{IntentId, Order, Timestamp};
use ordak_station::printer::{self, Config, Left, Limits, Printer, Seen, Transport};
use ordak_station::station::{EffectId, Job, JobState, Outcome, PortState, PrinterFault};

use crate::support::printer::{FakePrinter, Mood};
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

#[test]
fn what_stops_a_job_before_its_first_byte_fails_it() {
    for (mood, fault) in [
        (Mood::PaperOut, PrinterFault::PaperOut),
        (Mood::CoverOpen, PrinterFault::CoverOpen),
        (Mood::Mute, PrinterFault::NoAnswer),
        (Mood::Nonsense, PrinterFault::Nonsense),
    ] {
        let fake = FakePrinter::start(mood);
        let station = Bench::at(fake.port);
        assert_eq!(station.print(1, &hurtful::plain(), 1), Outcome::Failed(fault), "{mood:?}");
        let tray = fake.tray();
        assert_eq!((tray.initialised, tray.labels.len()), (0, 0), "{mood:?}: nothing of the label went out");
    }
}

#[test]
fn a_printer_that_refuses_fails_the_job() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let outcome = Bench::at(port).print(1, &hurtful::plain(), 1);
    assert!(matches!(outcome, Outcome::Failed(PrinterFault::Unreachable(_))), "{outcome:?}");
}

#[test]
fn what_goes_wrong_after_the_first_byte_is_unconfirmed() {
    for (mood, fault) in [
        (Mood::PaperOutInJob, PrinterFault::PaperOut),
        (Mood::MuteAfterJob, PrinterFault::NoAnswer),
        (Mood::StopsReading, PrinterFault::NoAnswer),
    ] {
        let fake = FakePrinter::start(mood);
        // Enough labels to fill every buffer between here and there.
        let order = Order { notes: "No nuts. ".repeat(2000).into(), ..hurtful::plain() };
        let outcome = Bench::at(fake.port).print(1, &order, 1);
        assert_eq!(outcome, Outcome::Unconfirmed(fault), "{mood:?}");
    }
    let fake = FakePrinter::start(Mood::ClosesInJob);
    let outcome = Bench::at(fake.port).print(1, &hurtful::plain(), 1);
    assert!(matches!(outcome, Outcome::Unconfirmed(PrinterFault::Unreachable(_))), "{outcome:?}");
}

#[test]
fn a_printer_that_cannot_prove_is_said_to_have_been_sent_the_label() {
    let fake = FakePrinter::start(Mood::NeverProves);
    assert_eq!(Bench::at(fake.port).print(1, &hurtful::plain(), 1), Outcome::Sent);
    assert_eq!(fake.tray().labels.len(), 1);
}

#[test]
fn the_proof_of_another_job_proves_nothing() {
    let fake = FakePrinter::start(Mood::ProvesAnother);
    assert_eq!(Bench::at(fake.port).print(1, &hurtful::plain(), 1), Outcome::Sent);
}

#[test]
fn after_a_torn_job_the_next_label_is_whole() {
    let fake = FakePrinter::start(Mood::ClosesInJob);
    let station = Bench::at(fake.port);
    assert!(matches!(station.print(1, &hurtful::plain(), 1), Outcome::Unconfirmed(_)));
    fake.set(Mood::Healthy);
    assert_eq!(station.print(2, &hurtful::plain(), 2), Outcome::Printed);
    let page = &drawn_copy(&hurtful::plain(), 2)[0];
    assert_eq!(fake.tray().labels.last(), Some(&dots(page)));
}

#[test]
fn a_printer_that_a_power_cut_left_in_mid_label_prints_the_next_one_whole() {
    let fake = FakePrinter::start(Mood::ClosesInJob);
    let config = config(&Transport::Tcp { host: "127.0.0.1".into(), port: fake.port });
    let cut_off = Bench::with(&config);
    assert!(matches!(cut_off.print(1, &hurtful::plain(), 1), Outcome::Unconfirmed(_)));
    drop(cut_off);
    fake.set(Mood::Healthy);
    let station = Bench::left(&config, Left::Torn);
    assert_eq!(station.print(2, &hurtful::plain(), 2), Outcome::Printed);
    let page = &drawn_copy(&hurtful::plain(), 2)[0];
    assert_eq!(fake.tray().labels.last(), Some(&dots(page)));
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
    let config = config(&Transport::File { folder: folder.path().to_owned() });
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
fn what_this_version_lacks_is_refused_in_words() {
    for (line, what) in [
        ("language = \"zpl\"", "language zpl is not in this version"),
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
    let usb = toml::from_str::<Config>("name = \"bench\"\ntransport = \"usb:///dev/usb/lp0\"").unwrap_err();
    assert!(usb.to_string().contains("not in this version"), "{usb}");
    assert!(toml::from_str::<Config>("name = \"b\"\ntransport = \"tcp://a:1\"\ncolour = 1").is_err());
}

/// A station's printer under test, and what it says.
struct Bench {
    printer: Printer,
    seen: mpsc::Receiver<Seen>,
}

impl Bench {
    fn at(port: u16) -> Self {
        Self::with(&config(&Transport::Tcp { host: "127.0.0.1".into(), port }))
    }

    fn with(config: &Config) -> Self {
        Self::left(config, Left::Whole)
    }

    /// As the life before it left the printer.
    fn left(config: &Config, left: Left) -> Self {
        let limits = Limits {
            answer: Duration::from_millis(200),
            proof: Duration::from_millis(600),
            job: Duration::from_secs(2),
            idle: Duration::from_millis(20),
            ..Limits::default()
        };
        let (said, seen) = mpsc::channel();
        let report = move |word| said.send(word).unwrap_or_default();
        let printer = printer::spawn_within(limits, config, "bannos-filling-1", left, report).unwrap();
        Self { printer, seen }
    }

    fn print(&self, nth: u64, order: &Order, copy: u8) -> Outcome {
        let job = Job {
            intent: IntentId::from_random([nth as u8; 16]),
            order: order.id,
            copy,
            is_reprint: false,
            printer: 0,
            state: JobState::Sending,
            queued_at: Timestamp::from_micros(0),
            out_at: None,
        };
        self.printer.print(EffectId(nth), job, Arc::new(order.clone()), "10:43".to_owned()).unwrap();
        loop {
            if let Seen::Done { id, outcome, .. } = self.next() {
                assert_eq!(id, EffectId(nth));
                return outcome;
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

fn config(transport: &Transport) -> Config {
    let text = format!("name = \"bench\"\ntransport = \"{transport}\"");
    toml::from_str(&text).unwrap()
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
