//! An ESC/POS label printer on a TCP port: takes the bytes apart by Epson's reference, keeps what was printed as
//! pictures, and reports every byte that makes no sense. Shares nothing with the encoder.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

/// How the printer behaves; may be changed at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Prints and proves it.
    Healthy,
    /// Accepts a connection and never says anything.
    Mute,
    /// The paper is out.
    PaperOut,
    /// The paper runs out after the first label's first band.
    PaperOutInJob,
    /// Prints, proves it, and has little paper left.
    NearEnd,
    /// The cover is open.
    CoverOpen,
    /// Prints, answers questions, and does not know the end-of-job request.
    NeverProves,
    /// Takes a job and then says nothing more.
    MuteAfterJob,
    /// Prints, and proves it only once it is told to be healthy.
    ProvesLate,
    /// Takes some of a job, then no more, and says nothing.
    StopsReading,
    /// Answers questions with bytes that are no answer.
    Nonsense,
    /// Closes the connection in the middle of a job.
    ClosesInJob,
    /// Proves some other job, never its own.
    ProvesAnother,
}

/// What has come out of a printer and what it could not understand.
#[derive(Clone, Debug, Default)]
pub struct Tray {
    /// Labels that were cut off, top row first, `true` is black.
    pub labels: Vec<Vec<Vec<bool>>>,
    /// Bytes that are no part of any command.
    pub strays: Vec<u8>,
    /// How often it was initialised.
    pub initialised: usize,
}

/// A printer that works until the test ends.
pub struct FakePrinter {
    pub port: u16,
    mood: Arc<(Mutex<Mood>, Condvar)>,
    tray: Arc<Mutex<Tray>>,
}

impl FakePrinter {
    pub fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (mood, tray) =
            (Arc::new((Mutex::new(mood), Condvar::new())), Arc::new(Mutex::new(Tray::default())));
        let (shared_mood, shared_tray) = (Arc::clone(&mood), Arc::clone(&tray));
        thread::spawn(move || {
            // What is half understood outlives a connection, as it does in a real printer.
            let mut machine = Machine { mood: shared_mood, tray: shared_tray, ..Machine::default() };
            for stream in listener.incoming() {
                machine.serve(&mut stream.unwrap());
            }
        });
        Self { port, mood, tray }
    }

    pub fn set(&self, mood: Mood) {
        let (held, changed) = &*self.mood;
        *held.lock().unwrap() = mood;
        changed.notify_all();
    }

    pub fn tray(&self) -> Tray {
        self.tray.lock().unwrap().clone()
    }
}

struct Machine {
    mood: Arc<(Mutex<Mood>, Condvar)>,
    tray: Arc<Mutex<Tray>>,
    unread: Vec<u8>,
    rows: Vec<Vec<bool>>,
    is_out_of_paper: bool,
    was_in_job: bool,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            mood: Arc::new((Mutex::new(Mood::Healthy), Condvar::new())),
            tray: Arc::default(),
            unread: Vec::new(),
            rows: Vec::new(),
            is_out_of_paper: false,
            was_in_job: false,
        }
    }
}

impl Machine {
    fn serve(&mut self, stream: &mut TcpStream) {
        self.was_in_job = false;
        let mut heard = [0; 1000];
        loop {
            if self.mood() == Mood::StopsReading && self.was_in_job {
                // The connection stays open for the rest of the test, and nobody reads from it.
                loop {
                    thread::park();
                }
            }
            let Ok(count @ 1..) = stream.read(&mut heard) else { return };
            for &byte in &heard[..count] {
                self.hear(byte, stream);
            }
            while let Some(taken) = self.command(stream) {
                self.unread.drain(..taken);
            }
            if self.mood() == Mood::ClosesInJob && self.was_in_job {
                return;
            }
        }
    }

    /// Takes a byte in; real-time commands are obeyed at once, even in the middle of a picture.
    fn hear(&mut self, byte: u8, stream: &mut TcpStream) {
        self.unread.push(byte);
        if let [.., 0x10, 0x04, about @ (1..=8 | 18)] = self.unread[..] {
            self.unread.truncate(self.unread.len() - 3);
            self.tell(stream, about);
        }
    }

    /// Obeys the first command, and tells its length; none when it is not whole.
    fn command(&mut self, stream: &mut TcpStream) -> Option<usize> {
        let bytes = std::mem::take(&mut self.unread);
        let taken = self.obey(&bytes, stream);
        self.unread = bytes;
        taken
    }

    fn obey(&mut self, bytes: &[u8], stream: &mut TcpStream) -> Option<usize> {
        match *bytes {
            [] | [0x10 | 0x1b | 0x1d] | [0x10, 0x04] | [0x1d, _] | [0x1d, b'(', _] | [0x1d, b'(', _, _] => {
                None
            }
            [0x1b, b'@', ..] => {
                self.tray.lock().unwrap().initialised += 1;
                Some(2)
            }
            [0x1d, b'V', b'A', ..] if bytes.len() < 4 => None,
            [0x1d, b'V', b'A', _, ..] => {
                let label = std::mem::take(&mut self.rows);
                if !self.is_out_of_paper {
                    self.tray.lock().unwrap().labels.push(label);
                }
                Some(4)
            }
            [0x1d, b'v', b'0', ..] => self.raster(bytes),
            [0x1d, b'(', _, low, high, ..] => {
                let length = 5 + usize::from(low) + usize::from(high) * 256;
                let whole = bytes.get(..length)?;
                self.extended(whole, stream);
                Some(length)
            }
            [stray, ..] => {
                self.tray.lock().unwrap().strays.push(stray);
                Some(1)
            }
        }
    }

    fn raster(&mut self, bytes: &[u8]) -> Option<usize> {
        let header = bytes.get(..8)?;
        self.was_in_job = true;
        let (width, height) = (usize::from(header[4]) + 256 * usize::from(header[5]), usize::from(header[6]));
        let picture = bytes.get(8..8 + width * height)?;
        for row in picture.chunks(width) {
            let dots = row.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1));
            self.rows.push(dots.collect());
        }
        if self.mood() == Mood::PaperOutInJob {
            self.is_out_of_paper = true;
        }
        Some(8 + width * height)
    }

    fn extended(&mut self, command: &[u8], stream: &mut TcpStream) {
        match *command {
            // Which real-time commands are obeyed.
            [0x1d, b'(', b'D', 5, 0, 0x14, 1, 0 | 1, 2, 0 | 1] => {}
            [0x1d, b'(', b'H', 6, 0, 0x30, 0x30, ref mark @ ..] => {
                let proof = [&[0x37, 0x22], mark, &[0]].concat();
                match self.mood() {
                    _ if self.is_out_of_paper => {}
                    Mood::Healthy | Mood::NearEnd => say(stream, &proof),
                    Mood::ProvesLate => {
                        let (mood, changed) = &*self.mood;
                        let mood = mood.lock().unwrap();
                        drop(changed.wait_while(mood, |mood| *mood == Mood::ProvesLate).unwrap());
                        say(stream, &proof);
                    }
                    Mood::ProvesAnother => say(stream, &[0x37, 0x22, b'~', b'~', b'~', b'~', 0]),
                    _ => {}
                }
            }
            _ => self.tray.lock().unwrap().strays.extend_from_slice(command),
        }
    }

    /// Answers `DLE EOT about`.
    fn tell(&mut self, stream: &mut TcpStream, about: u8) {
        let mood = self.mood();
        let is_paper_out = mood == Mood::PaperOut || self.is_out_of_paper;
        let is_faulty = is_paper_out || mood == Mood::CoverOpen;
        let status = match about {
            1 => 0x16 | if is_faulty { 0x08 } else { 0 },
            2 => 0x12 | if is_paper_out { 0x20 } else { 0 } | if mood == Mood::CoverOpen { 0x04 } else { 0 },
            3 => 0x12,
            4 => 0x12 | if is_paper_out { 0x6c } else { 0 } | if mood == Mood::NearEnd { 0x0c } else { 0 },
            other => return self.tray.lock().unwrap().strays.extend([0x10, 0x04, other]),
        };
        match mood {
            Mood::Mute => {}
            Mood::MuteAfterJob if self.was_in_job => {}
            Mood::Nonsense => say(stream, b"HTTP/1.1 400 Bad Request\r\n"),
            _ => say(stream, &[status]),
        }
    }

    fn mood(&self) -> Mood {
        *self.mood.0.lock().unwrap()
    }
}

fn say(stream: &mut TcpStream, bytes: &[u8]) {
    // Whoever asked may have hung up: then nobody hears it.
    if stream.write_all(bytes).is_err() {
        eprintln!("nobody hears the printer");
    }
}
