//! The house rules of `ARCHITECTURE.md`, read off the sources: who may import whom, how large a file may be, what the
//! core must not touch, what is never left behind.
#![allow(clippy::unwrap_used, reason = "a rule that cannot read the sources fails")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room and the rooms it may name. `order` is the common vocabulary and open to all.
const ROOMS: &[(&str, &[&str])] = &[
    ("order", &[]),
    ("station", &["order"]),
    ("label", &["order"]),
    ("sandbox", &["order"]),
    ("words", &["order", "station"]),
    ("printer", &["order", "station", "label"]),
    ("scanner", &["order", "station"]),
    ("backend", &["order", "station"]),
    ("journal", &["order", "station"]),
    ("shell", &["order", "station", "printer", "scanner", "backend", "journal"]),
    ("ops", &["order", "station", "words", "printer", "scanner", "backend", "journal"]),
    ("config", &["order", "printer", "scanner", "backend", "journal"]),
    ("ui", &["order", "station", "words", "label", "config", "shell"]),
    (
        "cli",
        &[
            "order", "station", "label", "sandbox", "words", "printer", "scanner", "backend", "journal",
            "shell", "config", "ops", "ui",
        ],
    ),
    ("main", &["cli"]),
    ("lib", &[]),
];

/// Crates that one room alone may name.
const OWNED: &[(&str, &str)] = &[
    ("iced", "ui"),
    ("rusqlite", "journal"),
    ("reqwest", "backend"),
    ("tokio_tungstenite", "backend"),
    ("tokio_postgres", "sandbox"),
    ("pglite_oxide", "sandbox"),
    ("tokio_rustls", "sandbox"),
    ("axum", "sandbox"),
];

/// The core: no clock, no IO, no async, no randomness, no logging.
const CORE: &[&str] = &["order", "station", "label"];
const CORE_NEVER: &[&str] = &[
    "std::fs",
    "std::io",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::sync::Mutex",
    "Instant",
    "SystemTime",
    "UNIX_EPOCH",
    "HashMap",
    "HashSet",
    "tokio",
    "tracing",
    "getrandom",
    "rand::",
    "async fn",
    "async {",
    ".await",
    "println!",
    "eprintln!",
];

/// What may stand at the top, and in which case why: see `ARCHITECTURE.md`.
const TOP: &[&str] = &[
    ".ci",
    ".git",
    ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "Makefile",
    "README.md",
    "assets",
    "benches",
    "clippy.toml",
    "packaging",
    "rustfmt.toml",
    "src",
    "target",
    "tests",
];

const LINES_MAX: usize = 400;
const FILES_MAX: usize = 280;

#[test]
fn rooms_import_only_what_they_may() {
    let allowed: BTreeMap<_, _> = ROOMS.iter().copied().collect();
    let mut wrong = Vec::new();
    for file in sources("src") {
        let room = room_of(&file);
        let Some(may) = allowed.get(room.as_str()) else {
            wrong.push(format!("{}: no room is called {room}", file.display()));
            continue;
        };
        let lines = code_lines(&file).into_iter().map(|(_, text)| text + "\n");
        for (line, named) in rooms_named(&lines.collect::<String>()) {
            if named != room && !may.contains(&named.as_str()) && allowed.contains_key(named.as_str()) {
                wrong.push(format!("{}:{line}: {room} may not know {named}", file.display()));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn a_library_is_named_in_its_room_only() {
    let mut wrong = Vec::new();
    for file in sources("src") {
        let room = room_of(&file);
        for (line, text) in code_lines(&file) {
            for (library, owner) in OWNED {
                if room != *owner && names(&text, library) {
                    wrong.push(format!("{}:{line}: only {owner} names {library}", file.display()));
                }
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn the_core_is_pure() {
    let mut wrong = Vec::new();
    for file in sources("src").into_iter().filter(|file| CORE.contains(&room_of(file).as_str())) {
        for (line, text) in code_lines(&file) {
            for word in CORE_NEVER.iter().filter(|word| text.contains(*word)) {
                wrong.push(format!("{}:{line}: the core must not name {word}", file.display()));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn files_keep_to_their_size() {
    let mut wrong = Vec::new();
    let mut files = sources("src");
    files.retain(|file| !is_test(file));
    for file in &files {
        let lines = before_tests(&read(file)).lines().count();
        if lines > LINES_MAX {
            wrong.push(format!("{}: {lines} lines before its tests, {LINES_MAX} at most", file.display()));
        }
        if file.file_name().is_some_and(|name| name == "mod.rs") {
            wrong.push(format!("{}: foo.rs beside foo/, no mod.rs", file.display()));
        }
    }
    let rooms = files.iter().filter(|file| !is_test(file)).count();
    if rooms > FILES_MAX {
        wrong.push(format!("{rooms} files in src beside tests, {FILES_MAX} at most: redraw the rooms"));
    }
    assert_none(&wrong);
}

#[test]
fn nothing_is_left_behind() {
    // Split so that this file does not find itself.
    let never = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
        concat!("unimplemented", "!"),
        concat!("todo", "!("),
        concat!("#[ig", "nore"),
    ];
    let sleeps = [concat!("thread::", "sleep"), concat!("time::", "sleep")];
    let mut wrong = Vec::new();
    for file in sources("src").into_iter().chain(sources("tests")).chain(sources("benches")) {
        let tests = is_test(&file);
        for (at, text) in read(&file).lines().enumerate() {
            for word in never.iter().filter(|word| text.contains(*word)) {
                wrong.push(format!("{}:{}: {word}", file.display(), at + 1));
            }
            for word in sleeps.iter().filter(|word| tests && text.contains(*word)) {
                wrong.push(format!("{}:{}: a test waits for an event, never {word}", file.display(), at + 1));
            }
        }
    }
    assert_none(&wrong);
}

#[test]
fn only_a_disk_that_loses_its_power_and_a_printer_port_are_unsafe() {
    let mut wrong = Vec::new();
    let files = sources("src").into_iter().chain(sources("tests")).chain(sources("benches"));
    let unsafe_files = ["src/journal/tests/disk/vfs.rs", "src/printer/transport/usb/port.rs"];
    for file in files.filter(|file| !unsafe_files.iter().any(|named| file.ends_with(named))) {
        if read(&file).contains(concat!("allow(unsafe", "_code")) {
            wrong.push(format!("{}: unsafe code has no place here", file.display()));
        }
    }
    assert_none(&wrong);
}

#[test]
fn the_top_holds_what_it_should() {
    let mut wrong = Vec::new();
    for entry in fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !TOP.contains(&name.as_str()) {
            wrong.push(format!("{name} stands at the top with no reason in ARCHITECTURE.md"));
        }
    }
    assert_none(&wrong);
}

#[test]
fn the_rules_can_fail() {
    let named = |code: &str| rooms_named(code).into_iter().map(|(_, room)| room).collect::<Vec<_>>();
    assert_eq!(named("use crate::{journal::Journal, ui};"), ["journal", "ui"]);
    assert_eq!(named("use crate::{journal::{file, rows::{a, b}}, ui};"), ["journal", "ui"]);
    assert_eq!(named("use crate::{\n    journal::{\n        file,\n    },\n    ui,\n};"), ["journal", "ui"]);
    assert_eq!(named("let x = crate::backend::Backend::new();"), ["backend"]);
    assert_eq!(rooms_named("\nuse crate::{\n    ui,\n};"), [(2, "ui".to_owned())]);
    assert!(!is_test(&root().join("src/ui.rs")) && is_test(&root().join("src/ui/tests.rs")));
    assert!(!is_test_within(Path::new("/home/tests/clone"), Path::new("/home/tests/clone/src/ui.rs")));
    assert!(
        names("use iced::widget;", "iced") && names("iced::run()", "iced") && !names("noticed::x", "iced")
    );
    assert_eq!(before_tests("a\n#[cfg(test)]\nmod tests {}\n"), "a\n");
    assert_eq!(strip_comment("x(); // crate::ui"), "x(); ");
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap()
}

fn room_of(file: &Path) -> String {
    let inside = file.strip_prefix(root().join("src")).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// Whole files of tests: everything under `tests/`, and `tests.rs` or `tests/` inside a room.
fn is_test(file: &Path) -> bool {
    is_test_within(&root(), file)
}

fn is_test_within(root: &Path, file: &Path) -> bool {
    file.strip_prefix(root)
        .unwrap()
        .components()
        .any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs")
}

fn before_tests(text: &str) -> &str {
    text.find("#[cfg(test)]\nmod tests").map_or(text, |at| &text[..at])
}

fn code_lines(file: &Path) -> Vec<(usize, String)> {
    if is_test(file) {
        return Vec::new();
    }
    before_tests(&read(file))
        .lines()
        .enumerate()
        .map(|(at, line)| (at + 1, strip_comment(line).to_owned()))
        .collect()
}

fn strip_comment(line: &str) -> &str {
    line.find("//").filter(|at| !line[..*at].contains('"')).map_or(line, |at| &line[..at])
}

/// The rooms that follow `crate::`, alone or in braces however deep and long, each with the line of its `crate::`.
fn rooms_named(code: &str) -> Vec<(usize, String)> {
    let mut rooms = Vec::new();
    for (at, path) in code.match_indices("crate::") {
        let line = code[..at].matches('\n').count() + 1;
        let rest = &code[at + path.len()..];
        for head in heads(rest) {
            let word: String = head.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if !word.is_empty() {
                rooms.push((line, word));
            }
        }
    }
    rooms
}

/// The paths that a path goes on with: itself, or each in the braces that it begins with.
fn heads(path: &str) -> Vec<&str> {
    let Some(inside) = path.strip_prefix('{') else { return vec![path] };
    let (mut heads, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, sign) in inside.char_indices() {
        match sign {
            '{' => depth += 1,
            '}' if depth == 0 => {
                heads.push(&inside[start..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                heads.push(&inside[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    heads
}

fn names(line: &str, library: &str) -> bool {
    line.match_indices(library).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = &line[at + library.len()..];
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_')
            && (after.starts_with("::") || after.starts_with(';'))
    })
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
