//! The command sheet into a file: what a gun can be told, and what the backend lists for the station's shops.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;

use super::{DrawSheet, label, once};
use crate::backend::{Badge, Coded};
use crate::config::Config;
use crate::label::sheet::{Code, Entry, Group, Sheet, Unfit};
use crate::order::code::{Command, Own};
use crate::order::{Store, Timestamp};
use crate::station::LinkFault;
use crate::words::sheet::{self as words, Kind};
use crate::words::{Clock, Told};

/// Draws it.
pub(super) fn draw(file: Option<PathBuf>, arguments: &DrawSheet) -> Result<(), Told> {
    let config = match file {
        None if arguments.no_backend => None,
        file => Some(super::kiosk::configuration(file)?),
    };
    let mut wall = Wall::default();
    wall.commands();
    match config.as_ref().filter(|_| !arguments.no_backend) {
        Some(config) => wall.shops(&asked(config)?),
        None => wall.told.push(words::COMMANDS_ALONE.to_owned()),
    }
    let stores: Vec<Store> = config.iter().flat_map(|config| config.station.stores.iter().copied()).collect();
    let station = config.as_ref().map(|config| &*config.station.name);
    let clock = Clock {
        zone: config.as_ref().map_or_else(TimeZone::system, |config| config.station.zone.clone()),
        now: Timestamp::from_micros(jiff::Timestamp::now().as_microsecond()),
    };
    let drawn = Sheet { groups: wall.groups, foot: words::foot(&stores, station, &clock) }.draw();
    if is_pdf(&arguments.output) {
        label::put(&arguments.output, &drawn.to_pdf())?;
    } else {
        label::put_pages(&arguments.output, drawn.to_pngs().expect("a page has dots"))?;
    }
    wall.told.extend(drawn.cuts.iter().map(|text| words::cut(text)));
    if !drawn.missing.is_empty() {
        wall.told.push(words::boxes(drawn.missing));
    }
    for told in wall.told {
        eprintln!("{told}.");
    }
    Ok(())
}

/// Takes a file's name that says what is to be in it.
pub(super) fn output(name: &str) -> Result<PathBuf, &'static str> {
    let file = PathBuf::from(name);
    if is_pdf(&file) || is_kind(&file, "png") { Ok(file) } else { Err(words::NO_KIND) }
}

fn is_pdf(file: &Path) -> bool {
    is_kind(file, "pdf")
}

fn is_kind(file: &Path, kind: &str) -> bool {
    file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(kind))
}

/// What the backend lists for the station's shops.
fn asked(config: &Config) -> Result<BTreeMap<Store, Coded>, Told> {
    let answer = once::asked(config, async |backend| tokio::time::timeout(ASK_MAX, backend.coded()).await)?;
    answer.unwrap_or(Err(LinkFault::TimedOut)).map_err(|why| words::unasked(&why))
}

/// What is to hang there, and what whoever makes it must hear.
#[derive(Default)]
struct Wall {
    groups: Vec<Group>,
    told: Vec<String>,
}

impl Wall {
    fn commands(&mut self) {
        let commands = Command::ALL.map(|command| {
            let (title, line) = words::command(command);
            self.entry(Own::Command(command), title, line.to_owned())
        });
        self.groups.push(Group { heading: words::COMMANDS.to_owned(), entries: commands.into() });
        let picks = (1..=9).map(|nth| {
            let (title, line) = words::pick(nth);
            self.entry(Own::Pick(nth), &title, line.to_owned())
        });
        let picks = picks.collect();
        self.groups.push(Group { heading: words::PICKS.to_owned(), entries: picks });
    }

    fn shops(&mut self, shops: &BTreeMap<Store, Coded>) {
        let places = self.known(shops, Kind::Places, |coded| coded.places.as_deref());
        let words = (words::PLACES, words::PLACE);
        self.listed(shops.len(), words, &places, |place| (Own::Storage(place), place));
        let reasons = self.known(shops, Kind::Reasons, |coded| coded.reasons.as_deref());
        let words = (words::REASONS, words::REASON);
        self.listed(shops.len(), words, &reasons, |reason| (Own::Reason(reason), reason));
        let badges = self.known(shops, Kind::Badges, |coded| coded.badges.as_deref());
        let words = (words::BADGES, words::BADGE);
        self.listed(shops.len(), words, &badges, |Badge { name, badge }| (Own::Badge(badge), name));
    }

    /// What the shops have of one kind; what they have not is told.
    fn known<'a, T>(
        &mut self,
        shops: &'a BTreeMap<Store, Coded>,
        kind: Kind,
        list: impl Fn(&'a Coded) -> Option<&'a [T]>,
    ) -> Vec<(Store, &'a T)> {
        let mut known = Vec::new();
        for (store, coded) in shops {
            match list(coded) {
                None => self.told.push(words::untold(*store, kind)),
                Some([]) => self.told.push(words::none(*store, kind)),
                Some(of_store) => known.extend(of_store.iter().map(|one| (*store, one))),
            }
        }
        known
    }

    /// A group of what the shops have, each code once, with the shops that have it where not all have.
    fn listed<'a, T>(
        &mut self,
        shops: usize,
        (heading, sentence): (&str, &str),
        known: &[(Store, &'a T)],
        describe: impl Fn(&'a T) -> (Own<'a>, &'a str),
    ) {
        let mut all: Vec<Listed<'_>> = Vec::new();
        for (store, one) in known {
            let (own, title) = describe(one);
            self.list(&mut all, Listed { own, title, stores: vec![*store], is_shared: false });
        }
        let entries = all.into_iter().map(|Listed { own, title, stores, is_shared }| {
            if is_shared {
                self.told.push(words::shared(title));
                return Entry { code: None, title: title.to_owned(), line: words::NO_CODE_SHARED.to_owned() };
            }
            let is_everywhere = stores.len() == shops;
            let line = if is_everywhere { sentence.to_owned() } else { words::only(&stores, sentence) };
            self.entry(own, title, line)
        });
        let entries = entries.collect();
        self.groups.push(Group { heading: heading.to_owned(), entries });
    }

    /// Adds what a shop has to what is listed. What a gun may read alike, since it may send all in one case, is one place or
    /// reason, but never one person.
    fn list<'a>(&mut self, all: &mut Vec<Listed<'a>>, mut one: Listed<'a>) {
        let is_same = |other: &Listed<'_>| other.own == one.own && other.title == one.title;
        let reads_alike =
            |other: &Listed<'_>| other.own.to_string().eq_ignore_ascii_case(&one.own.to_string());
        let found = all.iter().position(is_same).or_else(|| all.iter().position(reads_alike));
        match found.map(|at| &mut all[at]) {
            Some(other) if matches!(one.own, Own::Badge(_)) && !is_same(other) => {
                other.is_shared = true;
                one.is_shared = true;
                all.push(one);
            }
            Some(other) if one.stores.iter().all(|store| other.stores.contains(store)) => {
                if other.title != one.title {
                    self.told.push(words::alike(one.title, other.title));
                }
            }
            Some(other) => other.stores.append(&mut one.stores),
            None => all.push(one),
        }
    }

    fn entry(&mut self, own: Own<'_>, title: &str, line: String) -> Entry {
        let (code, line) = match Code::new(&own.to_string()) {
            Ok(code) => (Some(code), line),
            Err(Unfit::Letters) => {
                self.told.push(words::letters(title));
                (None, words::NO_CODE_LETTERS.to_owned())
            }
            Err(Unfit::Long) => {
                self.told.push(words::long(title));
                (None, words::NO_CODE_LONG.to_owned())
            }
        };
        Entry { code, title: title.to_owned(), line }
    }
}

/// What shops have of one kind, once.
struct Listed<'a> {
    own: Own<'a>,
    title: &'a str,
    /// Which of them have it.
    stores: Vec<Store>,
    /// Somebody else has a badge that a gun may not tell from this one.
    is_shared: bool,
}

/// Some calls a shop; the backend's own deadlines are shorter.
const ASK_MAX: Duration = Duration::from_mins(1);
