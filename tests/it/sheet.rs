//! The command sheet: measured on its dots, and read back by readers that know nothing of how it was drawn.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ordak_station::label::sheet::{Code, Drawn, Entry, Group, Sheet, Unfit};
use ordak_station::order::code::Own;

use crate::support::bars::{self, DOTS_PER_MM};
use crate::support::cluster::Database;
use crate::support::dice::{Dice, number};
use crate::support::program::{Backend, Bench};
use crate::support::reader;

#[test]
fn codes_are_far_apart_and_large_enough_whatever_they_carry() {
    // From one letter to the widest that a page holds: words beside it, beside a thinner one, and below.
    let texts: Vec<String> =
        (1..=61).step_by(4).map(|length| "ABCDEFGHIJ".chars().cycle().take(length).collect()).collect();
    let long = "The large coolroom behind the loading dock, on the shelf at the left of the door";
    let entries = texts.iter().map(|text| entry(text, long)).collect();
    let other = vec![entry("%CMD:TEST", "Test")];
    let drawn = Sheet { groups: vec![group(entries), group(other)], foot: "foot".to_owned() }.draw();
    assert_eq!((drawn.cuts.len(), drawn.missing.len(), drawn.pages.len()), (0, 0, 5));
    let mut read = Vec::new();
    for (page, rows) in rows_of(&drawn).iter().enumerate() {
        let codes = bars::find(rows);
        assert!(!codes.is_empty(), "page {} has a heading and nothing below it", page + 1);
        for (nth, code) in codes.iter().enumerate() {
            let mm = |dots: usize| dots as f32 / DOTS_PER_MM;
            let dots = |mm: f32| (mm * DOTS_PER_MM) as usize;
            assert!(mm(code.bottom - code.top) >= 10.0 && mm(code.module) >= 0.25, "{code:?}");
            let quiet = 10 * code.module;
            for x in (code.left - quiet..code.left).chain(code.right..code.right + quiet) {
                assert!((code.top..code.bottom).all(|y| !rows[y][x]), "{code:?} has no quiet zone at {x}");
            }
            for other in &codes[..nth] {
                let apart = mm(code.distance(other));
                assert!(apart >= 40.0, "{apart} mm between {code:?} and {other:?} on page {}", page + 1);
            }
            // What the code says, then words: beside it or below, and nothing over anything else.
            let is_inked = |y: &usize| rows[*y][code.left..code.right].contains(&true);
            let inked: Vec<usize> = (code.bottom..code.bottom + dots(24.0)).filter(is_inked).collect();
            let texts: Vec<usize> =
                inked.chunk_by(|one, next| next - one < dots(1.0)).map(<[_]>::len).collect();
            assert!(mm(texts[0]) < 4.0, "{texts:?} under {code:?}");
            let is_beside = rows[code.top..code.bottom].iter().any(|row| row[code.right..].contains(&true));
            assert_eq!(is_beside, texts.len() == 1, "{texts:?} under {code:?}");
            read.push(reader::code128_of(&code.cut_out(rows)));
        }
    }
    assert_eq!(read, texts.into_iter().chain(["%CMD:TEST".to_owned()]).collect::<Vec<_>>());
}

#[test]
fn what_no_page_can_carry_has_no_code() {
    assert!(Code::new(&"A".repeat(61)).is_ok());
    assert_eq!(Code::new(&"A".repeat(62)), Err(Unfit::Long));
    assert!(Code::new(&"1".repeat(120)).is_ok(), "two digits are one symbol");
    for text in ["", "%LOC:Ψυγείο", "%LOC:a\n"] {
        assert_eq!(Code::new(text), Err(Unfit::Letters), "{text}");
    }
}

/// Whatever an office calls a place, a reason or a badge: its code is read as what it says, or there is none and no other.
#[test]
fn odd_names_are_read_back_as_what_they_are_or_have_no_code() {
    let mut dice = Dice::new(number("SEED", 0x0dd_u64));
    let names: Vec<String> = (0..number("NAMES", 120_usize)).map(|_| odd_name(&mut dice)).collect();
    let kinds = [Own::Storage, Own::Reason, Own::Badge];
    let mut expected = Vec::new();
    let mut entries = Vec::new();
    for (nth, name) in names.iter().enumerate() {
        let own = kinds[nth % kinds.len()](name).to_string();
        let code = Code::new(&own);
        let is_plain = own.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        match &code {
            Ok(_) => assert!(is_plain, "{own:?}"),
            Err(Unfit::Letters) => assert!(!is_plain, "{own:?}"),
            Err(Unfit::Long) => assert!(own.len() > 60, "{own:?}"),
        }
        expected.extend(code.is_ok().then_some(own));
        let line = if code.is_ok() { "Scan this, then the cake." } else { "No code" };
        entries.push(Entry { code: code.ok(), title: name.clone(), line: line.to_owned() });
    }
    assert!(expected.len() > names.len() / 4 && expected.len() < names.len(), "{}", expected.len());
    let drawn = Sheet { groups: vec![group(entries)], foot: "foot".to_owned() }.draw();
    assert_eq!(drawn.pages.len(), names.len().div_ceil(5));
    let mut read = Vec::new();
    for rows in rows_of(&drawn) {
        let codes = bars::find(&rows);
        for (nth, code) in codes.iter().enumerate() {
            let quiet = 10 * code.module;
            for x in (code.left - quiet..code.left).chain(code.right..code.right + quiet) {
                assert!((code.top..code.bottom).all(|y| !rows[y][x]), "{code:?} has no quiet zone at {x}");
            }
            for other in &codes[..nth] {
                assert!(code.distance(other) as f32 / DOTS_PER_MM >= 40.0, "{code:?} and {other:?}");
            }
            read.push(reader::code128_of(&code.cut_out(&rows)));
        }
    }
    assert_eq!(read, expected);
}

/// Letters of many scripts, marks, digits, blanks and what cannot be seen (DEL too), short and long.
fn odd_name(dice: &mut Dice) -> String {
    const ODD: [char; 22] = [
        ' ',
        '%',
        '#',
        ':',
        '/',
        '\\',
        '"',
        '~',
        '^',
        ']',
        'é',
        'ß',
        'Ψ',
        '糕',
        'س',
        '\u{301}',
        '\u{200b}',
        '\u{202e}',
        '\t',
        '\n',
        '\u{7f}',
        '\u{1f382}',
    ];
    let (length, kind) = (1 + dice.roll(12) * (1 + dice.roll(6)), dice.roll(4));
    let letter = |dice: &mut Dice| match kind {
        0 => char::from(b'0' + dice.roll(10) as u8),
        1 | 2 => char::from(b' ' + dice.roll(96) as u8),
        _ => ODD[dice.roll(ODD.len() as u32) as usize],
    };
    (0..length).map(|_| letter(dice)).collect()
}

#[test]
fn any_language_is_drawn_and_what_is_not_is_told() {
    let titles = ["Ελένη Π.", "王小明", "سعيد", "Zoë 🎂", "x"];
    let draw = |titles: &[&str]| {
        let entries = titles.iter().map(|title| entry("%STAFF:1", title)).collect();
        Sheet { groups: vec![group(entries), group(Vec::new())], foot: String::new() }.draw()
    };
    let drawn = draw(&titles);
    assert_eq!((drawn.missing.len(), drawn.cuts.len(), drawn.pages.len()), (0, 0, 1));
    // Nothing is beside a code but its words, and each of them has some.
    let rows = &rows_of(&drawn)[0];
    for code in bars::find(rows) {
        let beside = &rows[code.top..code.bottom];
        let inked = beside.iter().flat_map(|row| &row[code.right..]).filter(|is_black| **is_black).count();
        assert!(inked > 500, "{inked} dots beside {code:?}");
    }
    let drawn = draw(&["नमस्ते", &"Long ".repeat(200)]);
    assert!(drawn.missing.contains(&'न'));
    assert!(drawn.cuts.len() == 1 && drawn.cuts[0].starts_with("Long Long"), "{:?}", drawn.cuts);
}

#[test]
fn the_sheet_of_a_shop_reads_back_as_its_lists_and_no_admins_badge_is_on_it() {
    let database = Database::bare();
    let backend = Backend::serve(&["--database-url", database.url()]);
    let staff = backend.rows("staff_shared?badge=not.is.null");
    assert!(staff.iter().any(|row| row["role"] == "Admin" && row["badge"] == "9001"), "one to leave out");
    let expected = |stores: &[&str]| {
        let list = |key: &str| -> Vec<String> {
            let filter = format!("settings?key=eq.{key}&store=in.({})", stores.join(","));
            let rows = backend.rows(&filter);
            let names = rows.iter().flat_map(|row| row["value"].as_array().unwrap());
            names.map(|name| name.as_str().unwrap().to_owned()).collect()
        };
        let badges = staff.iter().filter(|row| {
            row["role"] != "Admin"
                && (row["store"] == "both" || stores.contains(&row["store"].as_str().unwrap()))
        });
        let mut codes = commands();
        codes.extend(list("storage_places").iter().map(|place| format!("%LOC:{place}")));
        codes.extend(list("qc_reasons").iter().map(|reason| format!("%QC:{reason}")));
        codes.extend(badges.map(|row| format!("%STAFF:{}", row["badge"].as_str().unwrap())));
        codes
    };
    let both = Bench::new(&backend, "bannos-packing-1", "Packing");
    let one = Bench::new(&backend, "bannos-packing-2", "Packing")
        .replace("stage = \"Packing\"", "stage = \"Packing\"\nstores = [\"flourlane\"]");
    for (bench, stores) in [(both, &["bannos", "flourlane"][..]), (one, &["flourlane"])] {
        let (config, output) = (bench.file(), bench.folder().join("sheet.png"));
        let ran = sheet(&["--config", config.to_str().unwrap()], &output);
        assert_eq!((ran.status.code(), said(&ran)), (Some(0), String::new()));
        let pages = pages(&ran);
        assert_eq!((&pages[0], pages[1].file_name().unwrap()), (&output, "sheet-2.png".as_ref()));
        let expected = expected(stores);
        assert!(expected.len() > 17 && !expected.contains("%STAFF:9001"));
        assert_eq!(union(reader::zbar(&pages)), expected, "zbar, {stores:?}");
        if stores.len() == 1 {
            continue;
        }
        assert_eq!(union(reader::zxing(&pages)), expected, "zxing-cpp");
        let file = bench.folder().join("sheet.pdf");
        let ran = sheet(&["--config", config.to_str().unwrap()], &file);
        assert_eq!(ran.status.code(), Some(0), "{}", said(&ran));
        same_pictures(&file, &pages);
    }
}

#[tokio::test]
async fn what_cannot_be_on_it_is_said_and_the_rest_is_drawn() {
    let database = Database::bare();
    let backend = Backend::serve(&["--contract", "2025-12", "--database-url", database.url()]);
    let sql = "update public.settings set value = '[\"Fridge 1\", \"Ψυγείο 2\", \"FRIDGE 1\", \"LONG\"]'
        where key = 'storage_locations' and store = 'bannos';
        delete from public.settings where store = 'flourlane'";
    database.connect().await.batch_execute(&sql.replace("LONG", &"long ".repeat(20))).await.unwrap();
    let bench = Bench::new(&backend, "bannos-packing-1", "Packing");
    let output = bench.folder().join("sheet.png");
    let ran = sheet(&["--config", bench.file().to_str().unwrap()], &output);
    assert_eq!(ran.status.code(), Some(0), "{}", said(&ran));
    for sentence in [
        "No storage places of Flourlane: the office has set none",
        "No QC reasons of Bannos: its order system does not tell them",
        "No badges of Bannos: its order system does not tell them",
        "No badges of Flourlane: its order system does not tell them",
        "Ψυγείο 2 has no code: a code carries a to z",
        "long long has no code: it would be wider than the page",
        "FRIDGE 1 is not on it: its code reads as that of Fridge 1",
    ] {
        assert!(said(&ran).contains(sentence), "{sentence:?} is not in {}", said(&ran));
    }
    let mut expected = commands();
    expected.insert("%LOC:Fridge 1".to_owned());
    assert_eq!(union(reader::zbar(&pages(&ran))), expected);
}

#[tokio::test]
async fn of_two_badges_that_a_gun_reads_alike_neither_has_a_code() {
    let database = Database::bare();
    let backend = Backend::serve(&["--database-url", database.url()]);
    let sql = "update public.staff_shared set badge = 'ab7', full_name = 'Ann' where badge = '1001';
        update public.staff_shared set badge = 'AB7', full_name = 'Bob' where badge = '1002'";
    database.connect().await.batch_execute(sql).await.unwrap();
    let bench = Bench::new(&backend, "bannos-packing-1", "Packing");
    let output = bench.folder().join("sheet.png");
    let ran = sheet(&["--config", bench.file().to_str().unwrap()], &output);
    assert_eq!(ran.status.code(), Some(0), "{}", said(&ran));
    for name in ["Ann", "Bob"] {
        let sentence = format!("{name} has no code: somebody else has this badge");
        assert_eq!(said(&ran).matches(&sentence).count(), 1, "{sentence:?} in {}", said(&ran));
    }
    let read = union(reader::zbar(&pages(&ran)));
    assert!(!read.iter().any(|code| code.eq_ignore_ascii_case("%STAFF:ab7")), "{read:?}");
    assert!(read.iter().any(|code| code.starts_with("%STAFF:")), "{read:?}");
}

#[test]
fn without_a_backend_there_are_the_commands_alone_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("sheet.png");
    let ran = sheet(&["--no-backend"], &output);
    assert_eq!(ran.status.code(), Some(0), "{}", said(&ran));
    assert!(said(&ran).starts_with("Commands and answers alone"), "{}", said(&ran));
    assert_eq!(union(reader::zbar(&pages(&ran))), commands());

    let bench = Bench::at("http://127.0.0.1:1", "key", "a@b", "secret", "bannos-packing-1", "Packing");
    let output = bench.folder().join("sheet.pdf");
    let ran = sheet(&["--config", bench.file().to_str().unwrap()], &output);
    assert_eq!(ran.status.code(), Some(1));
    assert!(said(&ran).contains("cannot be asked: No network") && said(&ran).contains("--no-backend"));
    assert!(!output.exists(), "a sheet without half of its codes looks like a whole one");

    let ran = sheet(&["--no-backend"], &folder.path().join("sheet.jpg"));
    assert!(
        ran.status.code() == Some(2) && said(&ran).contains("must end in .pdf or .png"),
        "{}",
        said(&ran)
    );
    let ran = sheet(&["--no-backend"], &folder.path().join("nowhere/sheet.pdf"));
    assert!(ran.status.code() == Some(1) && said(&ran).contains("cannot be used"), "{}", said(&ran));
}

/// What is on every sheet (`workflow.md` 3).
fn commands() -> BTreeSet<String> {
    let commands = ["ASSIGN", "UNASSIGN", "UNDO", "REPRINT", "CANCEL", "HELP", "TEST", "SIGNOUT"];
    let commands = commands.iter().map(|command| format!("%CMD:{command}"));
    commands.chain((1..=9).map(|nth| format!("%PICK:{nth}"))).collect()
}

fn group(entries: Vec<Entry>) -> Group {
    Group { heading: "Commands".to_owned(), entries }
}

fn entry(code: &str, title: &str) -> Entry {
    Entry { code: Some(Code::new(code).unwrap()), title: title.to_owned(), line: "What it does.".to_owned() }
}

fn rows_of(drawn: &Drawn) -> Vec<Vec<Vec<bool>>> {
    let row = |page: &ordak_station::label::Bitmap, y: u32| {
        (0..page.width_dots()).map(|x| page.is_black(x.cast_signed(), y.cast_signed())).collect()
    };
    drawn.pages.iter().map(|page| (0..page.height_dots()).map(|y| row(page, y)).collect()).collect()
}

/// Every page of a PDF, as poppler draws it, is the picture in the file.
fn same_pictures(pdf: &Path, pictures: &[PathBuf]) {
    let folder = tempfile::tempdir().unwrap();
    let ran =
        Command::new("pdftoppm").args(["-r", "300", "-gray"]).arg(pdf).arg(folder.path().join("p")).status();
    assert!(ran.expect("pdftoppm, which packaging/tools installs").success());
    let mut drawn: Vec<PathBuf> =
        std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
    drawn.sort();
    assert_eq!(drawn.len(), pictures.len());
    for (drawn, picture) in drawn.iter().zip(pictures) {
        let drawn = std::fs::read(drawn).unwrap();
        let rows = reader::dots(picture);
        let head = format!("P5\n{} {}\n255\n", rows[0].len(), rows.len());
        let dots = drawn.strip_prefix(head.as_bytes()).expect("a page of the same size");
        let same = rows
            .iter()
            .flatten()
            .zip(dots)
            .filter(|(is_black, level)| **level == if **is_black { 0 } else { 255 });
        assert_eq!(same.count(), dots.len(), "{}", picture.display());
    }
}

fn sheet(arguments: &[&str], output: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ordak-station"))
        .arg("sheet")
        .args(arguments)
        .arg("-o")
        .arg(output)
        .output()
        .unwrap()
}

fn pages(ran: &Output) -> Vec<PathBuf> {
    String::from_utf8_lossy(&ran.stdout).lines().map(PathBuf::from).collect()
}

/// What is read on all pages, nothing on two of them.
fn union(read: Vec<BTreeSet<String>>) -> BTreeSet<String> {
    let count: usize = read.iter().map(BTreeSet::len).sum();
    let union: BTreeSet<String> = read.into_iter().flatten().collect();
    assert_eq!(union.len(), count, "a code is there twice");
    union
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
