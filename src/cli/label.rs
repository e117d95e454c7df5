//! One order's label into a file, or one from a file on to the station's printer, without a word to the backend about it.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{DrawLabel, What, fault, once};
use crate::config::Config;
use crate::label::{Bitmap, Label, Rendered, Renderer};
use crate::order::{Date, Delivery, IntentId, Lacks, Order, OrderId, Priority, Stage, Times, Timestamp};
use crate::printer;
use crate::station::{EffectId, Found, Job, JobState, Lookup, Outcome};
use crate::words::{self, Told, startup};

/// Draws a label into a file.
pub(super) fn draw(file: Option<PathBuf>, arguments: &DrawLabel) -> Result<(), Told> {
    let what = &arguments.what;
    // An order from a file, or a made-up one, needs no station; one that is named is drawn as its own would.
    let is_backends = what.order_json.is_none() && !arguments.sample;
    let config = match &file {
        None if !is_backends => None,
        _ => Some(super::kiosk::configuration(file)?),
    };
    let order = if arguments.sample { sample() } else { order(what, config.as_ref())? };
    let printer = config.as_ref().and_then(|config| config.printers.first());
    let template = arguments.template.as_deref().or(printer.map(|printer| &*printer.template));
    let dpi = arguments.dpi.or(printer.map(|printer| printer.dpi));
    let (template, dpi) = (template.unwrap_or(TEMPLATE), dpi.unwrap_or(DPI));
    let template = printer::template(template, dpi).map_err(|error| fault::template(&error))?;
    let mut renderer = Renderer::new(template.clone()).map_err(|error| fault::template(&error.into()))?;
    let station = config.as_ref().map_or("label", |config| &*config.station.name);
    let zone = config.as_ref().map_or(TimeZone::UTC, |config| config.station.zone.clone());
    let drawn =
        renderer.render(&Label { order: &order, copy: arguments.copy, station, clock: &clock(&zone) });
    write(&arguments.output, &drawn, |pages| printer::encode(arguments.language, pages, &template))?;
    tell(drawn.lacks());
    Ok(())
}

/// Prints the label of an order from a file on the station's first printer.
pub(super) fn print(
    file: Option<PathBuf>,
    named: Option<OrderId>,
    sheet: &Path,
    copy: u8,
) -> Result<(), Told> {
    let config = super::kiosk::configuration(file)?;
    let order = read_named(sheet, named)?;
    let Some(chosen) = config.printers.first() else { return Err(startup::no_printer()) };
    let (outcome, lacks) = print_on(chosen, &config.station.name, &config.station.zone, order, copy)?;
    match outcome {
        Outcome::Printed => println!("{}", startup::label_out(&chosen.name, true)),
        Outcome::Sent => println!("{}", startup::label_out(&chosen.name, false)),
        Outcome::Unconfirmed(fault) | Outcome::Failed(fault) => {
            return Err(words::printer(&chosen.name, &fault));
        }
    }
    tell(lacks);
    Ok(())
}

/// Prints one label, with nothing journalled, and waits for its end.
pub(super) fn print_on(
    chosen: &printer::Config,
    station: &str,
    zone: &TimeZone,
    order: Order,
    copy: u8,
) -> Result<(Outcome, Lacks), Told> {
    let (done, outcomes) = mpsc::channel();
    let report = move |seen| {
        if let printer::Seen::Done { outcome, lacks, .. } = seen {
            drop(done.send((outcome, lacks)));
        }
    };
    let printer = printer::spawn(chosen, station, printer::Left::Whole, report)
        .map_err(|error| fault::start(&crate::shell::Error::Printer(error)))?;
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).map_err(|error| startup::system(&error.to_string()))?;
    let job = Job {
        intent: IntentId::from_random(bits),
        order: order.id,
        copy,
        is_reprint: false,
        printer: 0,
        state: JobState::Sending,
        queued_at: Timestamp::from_micros(jiff::Timestamp::now().as_microsecond()),
        out_at: None,
    };
    printer
        .print(EffectId(0), job, Arc::new(order), clock(zone))
        .map_err(|fault| words::printer(&chosen.name, &fault))?;
    // The worker keeps its own deadlines, shorter but for a slow line and many labels.
    let ended = outcomes.recv_timeout(WAIT_MAX).or_else(|_| outcomes.recv_timeout(printer.line_time()));
    ended.map_err(|_| words::printer(&chosen.name, &crate::station::PrinterFault::NoAnswer))
}

/// Says on stderr what the label does not show.
fn tell(lacks: Lacks) {
    if let Some(text) = words::label_lacks(lacks) {
        eprintln!("{text}.");
    }
}

/// The order named: from a file, or from the backend.
fn order(what: &What, config: Option<&Config>) -> Result<Order, Told> {
    if let Some(file) = &what.order_json {
        return read_named(file, what.order);
    }
    let (Some(id), Some(config)) = (what.order, config) else { return Err(startup::no_order_named()) };
    match once::asked(config, async |backend| backend.find(&Lookup::Order(id), ASK_MAX).await)? {
        Ok(Found::One(order)) => Ok(Order::clone(&order)),
        Ok(Found::Nothing | Found::Several(_)) => Err(startup::no_such_order(id)),
        Err(fault) => Err(words::link(&fault)),
    }
}

/// The order in a file, which must be the one that is named.
fn read_named(file: &Path, named: Option<OrderId>) -> Result<Order, Told> {
    let order = read(file)?;
    match named {
        Some(named) if named != order.id => Err(startup::another_order(file, named, order.id)),
        _ => Ok(order),
    }
}

fn read(file: &Path) -> Result<Order, Told> {
    let mut text = String::new();
    let is_stdin = file == Path::new("-");
    let taken = if is_stdin {
        std::io::stdin().take(JSON_BYTES_MAX).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(JSON_BYTES_MAX).read_to_string(&mut text))
    };
    taken.map_err(|error| startup::unusable_order(file, &error.to_string()))?;
    let sheet: Sheet =
        serde_json::from_str(&text).map_err(|error| startup::unusable_order(file, &error.to_string()))?;
    Ok(sheet.order())
}

/// A cake with all that a label shows.
pub(super) fn sample() -> Order {
    let sheet: Sheet =
        serde_json::from_str(SAMPLE).expect("an order that this program was built with is whole");
    sheet.order()
}

/// What a label needs of an order, as the station's own JSON of it has it; only `id` must be there.
#[derive(Deserialize)]
struct Sheet {
    id: OrderId,
    product: Option<Box<str>>,
    size: Option<Box<str>>,
    flavour: Option<Box<str>>,
    writing: Option<Box<str>>,
    notes: Option<Box<str>>,
    customer: Option<Box<str>>,
    due: Option<Date>,
    delivery: Option<Delivery>,
    siblings: Option<u8>,
}

impl Sheet {
    fn order(self) -> Order {
        Order {
            id: self.id,
            stage: Stage::Filling,
            product: self.product.unwrap_or_default().into(),
            size: self.size.unwrap_or_default().into(),
            flavour: self.flavour.unwrap_or_default().into(),
            writing: self.writing.unwrap_or_default(),
            is_writing_unread: false,
            notes: self.notes.unwrap_or_default(),
            customer: self.customer.unwrap_or_default(),
            due: self.due,
            priority: Priority::Low,
            delivery: self.delivery,
            assignee: None,
            storage: None,
            picture: None,
            times: Times::default(),
            rework: 0,
            returned: None,
            siblings: self.siblings.unwrap_or(1),
            marks: Vec::new(),
        }
    }
}

/// Writes `FILE.png`, further labels beside it as `FILE-2.png` and so on, or all of them as a printer's bytes.
fn write(output: &Path, drawn: &Rendered, encode: impl Fn(&[Bitmap]) -> Vec<u8>) -> Result<(), Told> {
    if output.extension().is_none_or(|extension| extension != "png") {
        return put(output, &encode(&drawn.pages));
    }
    put_pages(output, drawn.pages.iter().map(|page| page.to_png().expect("a label has dots")))
}

/// Writes PNGs as `FILE.png`, `FILE-2.png` and so on.
pub(super) fn put_pages(output: &Path, pngs: impl IntoIterator<Item = Vec<u8>>) -> Result<(), Told> {
    for (nth, png) in (1..).zip(pngs) {
        let name = output.file_stem().unwrap_or_default().to_string_lossy();
        let file =
            if nth == 1 { output.to_owned() } else { output.with_file_name(format!("{name}-{nth}.png")) };
        put(&file, &png)?;
    }
    Ok(())
}

/// Writes a file and says on stdout which.
pub(super) fn put(file: &Path, bytes: &[u8]) -> Result<(), Told> {
    std::fs::write(file, bytes).map_err(|error| startup::unusable_file(file, &error.to_string()))?;
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}", file.display()).map_err(|error| fault::system(&error))
}

fn clock(zone: &TimeZone) -> String {
    zone.to_datetime(jiff::Timestamp::now()).strftime("%H:%M").to_string()
}

const SAMPLE: &str = r#"{"id": "bannos-25771-A", "product": "Gelato Celebration Cake", "size": "10 inch",
    "flavour": "Pistachio, Hazelnut", "writing": "Happy Birthday Zoë!", "due": "2026-11-28", "delivery": "Pickup",
    "notes": "No nuts in the top tier (allergy). Leave space for candles.", "customer": "Eleni Papadopoulou",
    "siblings": 2}"#;

const TEMPLATE: &str = "100x50";
const DPI: u16 = 203;

/// The backend's own deadlines are shorter.
const ASK_MAX: Duration = Duration::from_secs(20);
const WAIT_MAX: Duration = Duration::from_mins(1);

/// An order is some kilobytes.
const JSON_BYTES_MAX: u64 = 1 << 20;
