//! Label printers that speak ESC/POS, ZPL or TSPL on a TCP port or a serial line: they take the bytes apart by the makers'
//! manuals, keep what was printed as pictures, and report every byte that makes no sense. They share nothing with the
//! encoders.

mod escpos;
mod tspl;
mod zpl;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serialport::{SerialPort, TTYPort};

/// What a printer speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    Escpos,
    Zpl,
    Tspl,
}

impl Tongue {
    pub const ALL: [Self; 3] = [Self::Escpos, Self::Zpl, Self::Tspl];

    /// As the configuration names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Escpos => "escpos",
            Self::Zpl => "zpl",
            Self::Tspl => "tspl",
        }
    }

    fn machine(self, dots_per_mm: f32) -> Box<dyn Machine> {
        match self {
            Self::Escpos => Box::new(escpos::Machine::default()),
            Self::Zpl => Box::new(zpl::Machine::default()),
            Self::Tspl => Box::new(tspl::Machine::new(dots_per_mm)),
        }
    }
}

/// How the printer behaves; may be changed at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Prints and proves it.
    Healthy,
    /// Accepts a connection and never says anything.
    Mute,
    /// The paper is out.
    PaperOut,
    /// The paper runs out after the first label's first piece.
    PaperOutInJob,
    /// Prints, proves it, and has little paper left.
    NearEnd,
    /// The cover is open.
    CoverOpen,
    /// A person has pressed its button.
    Paused,
    /// Prints, answers questions, and never shows that a job has been done.
    NeverProves,
    /// Takes a job and then says nothing more.
    MuteAfterJob,
    /// Prints, and proves it only once it is told to be healthy.
    ProvesLate,
    /// Prints so slowly that it is asked ten times.
    Slow,
    /// Says each answer only when the next question comes.
    AnswersLate,
    /// Takes some of a job, then no more, and says nothing; takes the rest once it is told to behave otherwise.
    StopsReading,
    /// Answers questions with bytes that are no answer.
    Nonsense,
    /// Closes the connection after so many bytes of a job.
    CutsOff(usize),
    /// Proves some other job, never its own.
    ProvesAnother,
    /// Is not there: nothing listens, and whoever was connected is cut off.
    Gone,
}

/// What has come out of a printer and what it could not understand.
#[derive(Clone, Debug, Default)]
pub struct Tray {
    /// Labels that came out, top row first, `true` is black.
    pub labels: Vec<Picture>,
    /// Bytes that are no part of any command.
    pub strays: Vec<u8>,
    /// How many bytes of jobs it took.
    pub job_bytes: usize,
    /// How often it was asked for its state behind a job.
    pub questions: usize,
}

/// Rows of dots, `true` is black.
pub type Picture = Vec<Vec<bool>>;

/// A printer that works until the test ends.
pub struct FakePrinter {
    pub port: u16,
    shared: Shared,
    machine: JoinHandle<()>,
}

/// A printer on a serial line; its path is for the configuration.
pub struct SerialPrinter {
    pub path: PathBuf,
    shared: Shared,
    /// The other end of the line, which is kept open as a printer's is.
    _line: File,
}

impl FakePrinter {
    /// One that speaks ESC/POS.
    pub fn start(mood: Mood) -> Self {
        Self::speaking(Tongue::Escpos, mood)
    }

    pub fn speaking(tongue: Tongue, mood: Mood) -> Self {
        let listener = listener();
        let port = listener.local_addr().unwrap().port();
        let shared = Shared::new(mood);
        let mut desk = Desk::new(&shared);
        let machine = thread::spawn(move || {
            // What is half understood outlives a connection, as it does in a real printer.
            let mut machine = tongue.machine(DOTS_PER_MM);
            let mut listener = Some(listener);
            loop {
                if desk.mood() == Mood::Gone {
                    listener = None;
                    desk.wait_while(Mood::Gone);
                }
                let open = listener.get_or_insert_with(|| TcpListener::bind(("127.0.0.1", port)).unwrap());
                let (mut stream, _) = open.accept().unwrap();
                if desk.mood() != Mood::Gone {
                    desk.begin();
                    serve(&mut *machine, &mut desk, &mut stream);
                }
                // Whoever has hung up already hears no more.
                drop(stream.shutdown(Shutdown::Both));
            }
        });
        Self { port, shared, machine }
    }

    pub fn set(&self, mood: Mood) {
        self.shared.set(mood);
        if mood == Mood::Gone {
            // It waits for someone to connect, and goes only then, unless it has not come back yet.
            drop(TcpStream::connect(("127.0.0.1", self.port)));
        }
    }

    pub fn tray(&self) -> Tray {
        self.shared.tray.lock().unwrap().clone()
    }

    /// Takes the labels out of the tray.
    pub fn collect(&self) -> Vec<Picture> {
        assert!(!self.machine.is_finished(), "the printer itself came to grief over what it was sent");
        std::mem::take(&mut self.shared.tray.lock().unwrap().labels)
    }
}

impl SerialPrinter {
    pub fn speaking(tongue: Tongue, mood: Mood) -> Self {
        let (mut end, line) = TTYPort::pair().unwrap();
        end.set_timeout(Duration::from_hours(1)).unwrap();
        let path: PathBuf = line.name().unwrap().into();
        // A printer stays on its line when the station lets go of it; this view of it keeps nobody out.
        let line = File::options().read(true).write(true).custom_flags(libc::O_NOCTTY).open(&path).unwrap();
        let shared = Shared::new(mood);
        let mut desk = Desk::new(&shared);
        thread::spawn(move || serve(&mut *tongue.machine(DOTS_PER_MM), &mut desk, &mut end));
        Self { path, shared, _line: line }
    }

    pub fn set(&self, mood: Mood) {
        self.shared.set(mood);
    }

    pub fn tray(&self) -> Tray {
        self.shared.tray.lock().unwrap().clone()
    }
}

/// What a healthy printer of this resolution makes of these bytes.
pub fn printed(tongue: Tongue, dots_per_mm: f32, bytes: &[u8]) -> Tray {
    let shared = Shared::new(Mood::Healthy);
    let (mut machine, mut desk) = (tongue.machine(dots_per_mm), Desk::new(&shared));
    machine.hear(bytes, &mut desk);
    // A label comes out while its printer is asked, whatever the language.
    for _ in 0..STEPS {
        machine.work(&mut desk);
    }
    shared.tray.lock().unwrap().clone()
}

/// Takes a printer's language apart.
trait Machine: Send {
    /// Takes bytes in, obeys what is whole, and leaves the answers on the desk.
    fn hear(&mut self, bytes: &[u8], desk: &mut Desk);

    /// Does a step of its work, where that takes time.
    fn work(&mut self, desk: &mut Desk);

    /// Whether it can take no more before someone has seen to it.
    fn is_full(&self, _: &Desk) -> bool {
        false
    }
}

#[derive(Clone)]
struct Shared {
    mood: Arc<(Mutex<Mood>, Condvar)>,
    tray: Arc<Mutex<Tray>>,
}

impl Shared {
    fn new(mood: Mood) -> Self {
        Self { mood: Arc::new((Mutex::new(mood), Condvar::new())), tray: Arc::default() }
    }

    fn set(&self, mood: Mood) {
        let (held, changed) = &*self.mood;
        *held.lock().unwrap() = mood;
        changed.notify_all();
    }
}

/// What a machine works with: how it is to behave, where its labels go, and what it is about to say.
struct Desk {
    shared: Shared,
    says: Vec<u8>,
    late: Vec<u8>,
    /// Bytes of this connection that belong to a job.
    job_bytes: usize,
    is_out_of_paper: bool,
}

impl Desk {
    fn new(shared: &Shared) -> Self {
        Self { shared: shared.clone(), says: vec![], late: vec![], job_bytes: 0, is_out_of_paper: false }
    }

    fn begin(&mut self) {
        (self.says, self.late, self.job_bytes) = (vec![], vec![], 0);
    }

    fn mood(&self) -> Mood {
        *self.shared.mood.0.lock().unwrap()
    }

    fn wait_while(&self, mood: Mood) {
        let (held, changed) = &*self.shared.mood;
        drop(changed.wait_while(held.lock().unwrap(), |held| *held == mood).unwrap());
    }

    fn stray(&self, bytes: &[u8]) {
        self.shared.tray.lock().unwrap().strays.extend_from_slice(bytes);
    }

    fn taken(&mut self, count: usize) {
        self.job_bytes += count;
        self.shared.tray.lock().unwrap().job_bytes += count;
    }

    /// Bytes that were taken for a job's were a question, whose beginning may have come before a line that broke.
    fn asked(&mut self, count: usize) {
        self.job_bytes = self.job_bytes.saturating_sub(count);
        self.shared.tray.lock().unwrap().job_bytes -= count;
    }

    /// A piece of a label has been drawn.
    fn drawn(&mut self) {
        self.is_out_of_paper = self.mood() == Mood::PaperOutInJob;
    }

    fn is_paper_out(&self) -> bool {
        match self.mood() {
            Mood::PaperOut => true,
            Mood::PaperOutInJob => self.is_out_of_paper,
            _ => false,
        }
    }

    /// A label comes out.
    fn out(&self, label: Picture) {
        self.shared.tray.lock().unwrap().labels.push(label);
    }

    /// Answers a question about its state.
    fn answer(&mut self, bytes: &[u8]) {
        self.shared.tray.lock().unwrap().questions += usize::from(self.job_bytes > 0);
        match self.mood() {
            Mood::Mute => {}
            Mood::MuteAfterJob if self.job_bytes > 0 => {}
            Mood::Nonsense => self.says.extend(b"HTTP/1.1 400 Bad Request\r\n"),
            Mood::AnswersLate => self.says.extend(std::mem::replace(&mut self.late, bytes.to_vec())),
            _ => self.says.extend(bytes),
        }
    }
}

/// The labels of a printer that takes a page in before it prints: they come out one after the other.
#[derive(Default)]
struct Outlet {
    labels: VecDeque<Picture>,
    /// How often it said that it is at work.
    steps: usize,
}

impl Outlet {
    fn take(&mut self, label: Picture, copies: usize, desk: &Desk) {
        self.labels.extend(std::iter::repeat_n(label, copies));
        if desk.mood() == Mood::NeverProves || desk.mood() == Mood::ProvesAnother {
            self.labels.drain(..).for_each(|label| desk.out(label));
        }
    }

    /// A label is at work for one answer, or for ten, and then is out.
    fn work(&mut self, desk: &Desk) {
        let steps = if desk.mood() == Mood::Slow { 10 } else { 1 };
        if self.labels.is_empty() || desk.is_paper_out() || desk.mood() == Mood::ProvesLate {
            return;
        }
        self.steps += 1;
        if self.steps > steps {
            self.steps = 0;
            desk.out(self.labels.pop_front().unwrap());
        }
    }
}

fn serve(machine: &mut dyn Machine, desk: &mut Desk, line: &mut (impl Read + Write)) {
    let mut heard = [0; 1000];
    loop {
        if desk.mood() == Mood::StopsReading && desk.job_bytes > 0 {
            // The connection stays open, and nobody reads from it.
            desk.wait_while(Mood::StopsReading);
        }
        while machine.is_full(desk) {
            desk.wait_while(desk.mood());
        }
        let room = match desk.mood() {
            Mood::Gone => return,
            Mood::CutsOff(at) if at <= desk.job_bytes => return,
            Mood::CutsOff(at) => (at - desk.job_bytes).min(heard.len()),
            _ => heard.len(),
        };
        let Ok(count @ 1..) = line.read(&mut heard[..room]) else { return };
        machine.hear(&heard[..count], desk);
        let says = std::mem::take(&mut desk.says);
        // Whoever asked may have hung up: then nobody hears it.
        drop(line.write_all(&says));
    }
}

/// A port of this printer's own, also while it is gone: none that the system gives to whoever connects.
fn listener() -> TcpListener {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 10_000 + (std::process::id() % 200) as u16 * 100;
    loop {
        let port = first + NEXT.fetch_add(1, Ordering::Relaxed) % 2_000;
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
            return listener;
        }
    }
}

/// The row of a picture that these bytes are, with this bit for black.
fn dots(row: &[u8], black: u8) -> Vec<bool> {
    row.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == black)).collect()
}

/// Twice as many as any job has labels.
const STEPS: usize = 200;

/// What is sold as 203 dpi.
const DOTS_PER_MM: f32 = 8.0;
