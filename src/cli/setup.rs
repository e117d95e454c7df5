//! Set-up's hands: asks the project, looks for devices, listens, prints, writes and starts what the screen asks for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use serde::Deserialize;
use tokio::sync::{mpsc, oneshot};

use super::{devices, fault, kiosk, label};
use crate::backend::Backend;
use crate::config::{self, REPEAT_GUARD, Screen};
use crate::order::{Post, Store};
use crate::scanner::trial::{self, Lying};
use crate::station::{LinkFault, Outcome};
use crate::ui::setup::{Account, Ask, Ears, Gun, Handle, Heard, News, Press, Project, Request};
use crate::words::{self, Told, setup};
use crate::{backend, printer, scanner, shell, ui};

/// Asks for the configuration `file`, and goes on as the station that it makes.
pub(super) fn run(file: &Path, is_windowed: bool) -> Result<(), Told> {
    let (handle, asked) = Handle::new();
    let (stop, stopped) = oneshot::channel();
    let world = World::new("/", file, is_windowed);
    let serving = std::thread::Builder::new()
        .name("set-up".to_owned())
        .spawn(move || world.serve(asked, stopped))
        .map_err(|error| fault::system(&error))?;
    let screen = Screen::default();
    let look = ui::Look {
        width_mm: screen.width_mm,
        theme: screen.theme,
        windowed: is_windowed,
        title: setup::TITLE.to_owned(),
        station: String::new(),
        post: Post::Any,
        stores: Vec::new(),
        zone: TimeZone::UTC,
    };
    let shown = ui::set_up(&handle, &look, label::sample().id);
    drop(stop);
    if serving.join().is_err() {
        tracing::error!("set-up's thread ended in a panic");
    }
    shown.map_err(|error| fault::set_up(file, &error))
}

/// All that set-up can do.
pub struct World {
    /// Where devices are looked for: `/` but in a test.
    root: PathBuf,
    file: PathBuf,
    is_windowed: bool,
    guns: Vec<Gun>,
    ears: Ears,
    open: BTreeMap<usize, scanner::Handle>,
    tell: mpsc::Sender<(usize, Heard)>,
    heard: mpsc::Receiver<(usize, Heard)>,
    /// Who waits for the next thing heard.
    listener: Option<oneshot::Sender<News>>,
    /// The station, once it runs.
    running: Option<shell::Running>,
}

impl World {
    /// Of the machine below `root`, to write `file`.
    pub fn new(root: impl Into<PathBuf>, file: &Path, is_windowed: bool) -> Self {
        let (tell, heard) = mpsc::channel(HEARD_MAX);
        Self {
            root: root.into(),
            file: file.to_owned(),
            is_windowed,
            guns: Vec::new(),
            ears: Ears::Nobody,
            open: BTreeMap::new(),
            tell,
            heard,
            listener: None,
            running: None,
        }
    }

    /// Does what is asked until `stopped` is hung up; a station that was started ends with it.
    pub fn serve(mut self, mut asked: mpsc::Receiver<Request>, mut stopped: oneshot::Receiver<()>) {
        let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = match built {
            Ok(runtime) => runtime,
            Err(error) => return tracing::error!(%error, "set-up has no event loop"),
        };
        runtime.block_on(async {
            let mut pulse = tokio::time::interval(PULSE);
            loop {
                tokio::select! {
                    _ = &mut stopped => return,
                    request = asked.recv() => match request {
                        Some(Request { ask, answer }) => self.take(ask, answer).await,
                        None => return,
                    },
                    Some((place, heard)) = self.heard.recv(), if self.listener.is_some() => {
                        self.pass_on(place, heard);
                    }
                    _ = pulse.tick(), if self.running.is_none() => shell::starting(3 * PULSE),
                }
            }
        });
        // Whoever still asks is told nothing more; the station joins its threads outside of any runtime.
        runtime.shutdown_background();
    }

    async fn take(&mut self, ask: Ask, answer: oneshot::Sender<News>) {
        match ask {
            Ask::Reach(project) => drop(tokio::spawn(async move { reply(answer, reach(project).await) })),
            Ask::SignIn(project, account) => {
                drop(tokio::spawn(async move { reply(answer, sign_in(project, account).await) }));
            }
            Ask::Look => reply(answer, self.look()),
            Ask::Listen(ears) => self.listen(ears, answer),
            Ask::Print(printer, station) => {
                drop(tokio::task::spawn_blocking(move || reply(answer, print(&printer, &station))));
            }
            Ask::Write(draft) => {
                let written = draft.write(&self.file);
                reply(
                    answer,
                    written.map_or_else(
                        |error| News::Refused(fault::unwritten(&error)),
                        |files| News::Written(files.into()),
                    ),
                );
            }
            Ask::Start => {
                let (file, is_windowed) = (self.file.clone(), self.is_windowed);
                let started = tokio::task::spawn_blocking(move || kiosk::start(file, is_windowed)).await;
                reply(
                    answer,
                    match started {
                        Ok(Ok((running, options))) => {
                            self.running = Some(running);
                            News::Started(Box::new(options))
                        }
                        Ok(Err(told)) => News::Refused(told),
                        Err(_) => News::Refused(setup::gone()),
                    },
                );
            }
        }
    }

    /// What is plugged in. A serial line may have a gun or a printer on it: nothing tells which.
    fn look(&mut self) -> News {
        let mut lines = Vec::new();
        let mut guns = Vec::new();
        for (place, found) in scanner::found(&self.root).into_iter().enumerate() {
            let config = match found.config {
                scanner::Config::Serial { path, baud } => {
                    scanner::Config::Serial { path: self.here(&path), baud }
                }
                scanner::Config::Evdev { path } => scanner::Config::Evdev { path: self.here(&path) },
                keyboard @ scanner::Config::Keyboard {} => keyboard,
            };
            let found = devices::Gun::from(scanner::Found { config, ..found });
            let is_typing = found.kind != "serial";
            if let Some(path) = found.path.filter(|_| !is_typing) {
                let transport = format!("serial://{path}?baud=9600&flow=none");
                let what = found.what.clone();
                lines.push(Press {
                    what,
                    transport,
                    language: printer::Language::default(),
                    gun: Some(place),
                });
            }
            guns.push(Gun { what: found.what, table: found.config, is_typing });
        }
        if guns != self.guns {
            self.open.clear();
            self.guns.clone_from(&guns);
        }
        let presses = printer::found(&self.root).into_iter().filter_map(|found| {
            let found = devices::Press::from(found);
            let printer = tables(&found.config).printer.pop()?;
            let (transport, language) = (printer.transport.to_string(), printer.language);
            Some(Press { what: found.what, transport, language, gun: None })
        });
        News::Found { guns, presses: presses.chain(lines).collect() }
    }

    /// A path of the real root below this one.
    fn here(&self, path: &Path) -> PathBuf {
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// Opens the guns that are to be heard, and closes every other.
    fn listen(&mut self, ears: Ears, answer: oneshot::Sender<News>) {
        let wanted: BTreeSet<usize> = (0..self.guns.len())
            .filter(|place| match ears {
                Ears::Nobody => false,
                Ears::Lines => !self.guns[*place].is_typing,
                Ears::All => true,
                Ears::One(one) => *place == one,
            })
            .collect();
        if self.ears != ears {
            // What was read for the step before is not this one's.
            while self.heard.try_recv().is_ok() {}
        }
        self.ears = ears;
        self.open.retain(|place, _| wanted.contains(place));
        for place in wanted {
            if !self.open.contains_key(&place)
                && let Some(config) = tables(&self.guns[place].table).scanner.pop()
            {
                let tell = self.tell.clone();
                let tell = move |heard| {
                    // A worker must not wait for the one who closes it.
                    if tell.try_send((place, heard)).is_err() {
                        tracing::debug!("set-up has its hands full: a scan is to be repeated");
                    }
                };
                self.open.insert(place, scanner::spawn(place, &config, measured(tell)));
            }
        }
        self.listener = Some(answer);
    }

    fn pass_on(&mut self, place: usize, heard: Heard) {
        if self.open.contains_key(&place)
            && let Some(listener) = self.listener.take()
        {
            reply(listener, News::Heard(place, heard));
        }
    }
}

/// Tells what a gun is seen to do, and how often it reads what is left lying.
fn measured(tell: impl Fn(Heard)) -> impl FnMut(scanner::Seen) {
    let (began, mut lying) = (Instant::now(), Lying::default());
    move |seen| match seen {
        scanner::Seen::Frame(frame) => {
            let gap = lying.note(trial::key(&frame), began.elapsed());
            tell(Heard::Frame(frame));
            if let Some(longest) = gap.and(lying.longest()) {
                tell(Heard::Lying(trial::guard(longest, REPEAT_GUARD)));
            }
        }
        scanner::Seen::State(state) => {
            lying.part();
            tell(Heard::State(state));
        }
    }
}

/// A person who has gone on does not hear the answer.
fn reply(answer: oneshot::Sender<News>, news: News) {
    if answer.send(news).is_err() {
        tracing::debug!("nobody waits for this answer any more");
    }
}

/// The devices in lines of `station.toml`.
fn tables(text: &str) -> Tables {
    toml::from_str(text).expect("the lines that `devices` writes are the configuration's")
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tables {
    scanner: Vec<scanner::Config>,
    printer: Vec<printer::Config>,
}

/// A client for a look at a project: it keeps nothing.
fn client(project: Project, account: Account) -> Result<Backend, Told> {
    let config = backend::Config {
        url: project.url.into(),
        anon_key: project.anon_key,
        email: account.email.into(),
        password: account.password,
        pin: backend::ContractPin::Auto,
        station: "set-up".into(),
        post: Post::Any,
        stores: Store::ALL.into(),
        session_path: PathBuf::new(),
    };
    Backend::passing(config).map_err(|error| setup::no_address(&error.to_string()))
}

/// Whether an order system answers and takes the key, which it says before it looks at an account.
async fn reach(project: Project) -> News {
    let nobody = Account { email: NOBODY.to_owned(), password: backend::Secret::new(NOBODY) };
    let backend = match client(project, nobody) {
        Ok(backend) => backend,
        Err(told) => return News::Refused(told),
    };
    match backend.examine().await.sign_in {
        Some(Err(LinkFault::WrongPassword | LinkFault::Forbidden(_) | LinkFault::Busy(_)) | Ok(_)) | None => {
            News::Reached
        }
        Some(Err(fault)) => News::Refused(setup::not_reached(&fault)),
    }
}

/// Whether the account may work: signed in, in a project that is whole, with a row of staff.
async fn sign_in(project: Project, account: Account) -> News {
    let refused = |fault: &LinkFault| News::Refused(setup::not_reached(fault));
    let found = match client(project, account) {
        Ok(backend) => backend.examine().await,
        Err(told) => return News::Refused(told),
    };
    if let Some(Err(fault)) = &found.sign_in {
        return refused(fault);
    }
    let (Some(contract), Some(staff), Some(functions)) = (found.contract, found.staff, found.functions)
    else {
        return News::Refused(setup::gone());
    };
    match (contract, staff, functions) {
        (Err(fault), ..) | (_, Err(fault), _) | (.., Err(fault)) => refused(&fault),
        (_, Ok(None), _) => News::Refused(setup::no_staff_row()),
        (.., Ok(functions)) if !functions.missing.is_empty() => {
            News::Refused(setup::lacks(&functions.missing))
        }
        (Ok(contract), Ok(Some(account)), _) => {
            News::SignedIn { account: account.into(), contract: contract.to_string() }
        }
    }
}

/// Prints the sample; waits for its end.
fn print(chosen: &config::Printer, station: &str) -> News {
    let way: printer::Transport = match chosen.transport.parse() {
        Ok(way) => way,
        Err(error) => return News::Refused(setup::no_printer_address(&format!("{error}"))),
    };
    let config = printer::Config {
        template: chosen.template.as_str().into(),
        dpi: chosen.dpi,
        darkness: chosen.darkness,
        offset_mm: chosen.offset_mm(),
        ..printer::Config::new(config::Printer::NAME, chosen.language, way)
    };
    match label::print_on(&config, station, &TimeZone::system(), label::sample(), 1) {
        Ok((Outcome::Printed, _)) => News::Printed { is_proved: true, doubt: None },
        Ok((Outcome::Sent, _)) => News::Printed { is_proved: false, doubt: None },
        Ok((Outcome::Unconfirmed(fault), _)) => {
            News::Printed { is_proved: false, doubt: Some(words::printer(&config.name, &fault)) }
        }
        Ok((Outcome::Failed(fault), _)) => News::Refused(words::printer(&config.name, &fault)),
        Err(told) => News::Refused(told),
    }
}

/// An account that no project has: its refusal shows that one is there.
const NOBODY: &str = "set-up@ordak-station.invalid";

/// More than a person scans while a step changes.
const HEARD_MAX: usize = 64;

/// How often systemd is told that set-up goes on; each time for thrice as long.
const PULSE: Duration = Duration::from_secs(20);
