//! Every label that is hard to draw, in every language: what comes out is what was drawn, dot for dot, but for a dot more
//! where a picture would be taken for a command.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use ordak_station::label::{Bitmap, Label, Renderer, Template};
use ordak_station::order::Order;
use ordak_station::printer::{self, Config, Language, Left, Seen};
use ordak_station::station::{EffectId, Outcome};

use crate::support::hurtful;
use crate::support::printer::{Picture, Tongue, printed};

#[test]
fn each_label_comes_out_dot_for_dot_in_every_language() {
    let (names, resolutions) = Template::known();
    for (name, dpi) in names.iter().flat_map(|name| resolutions.iter().map(move |dpi| (*name, *dpi))) {
        let template = Template::find(name, dpi).unwrap();
        let mut renderer = Renderer::new(template.clone()).unwrap();
        for (case, order) in hurtful::orders() {
            let drawn = renderer.render(&plain(&order));
            for (tongue, language) in Tongue::ALL.into_iter().zip(Language::ALL) {
                let bytes = printer::encode(language, &drawn.pages, &template);
                let tray = printed(tongue, template.dots_per_mm(), &bytes);
                let place = format!("{name} at {dpi} dpi, {case}, {language}");
                assert_eq!(tray.strays, [0_u8; 0], "{place}");
                assert_eq!(tray.labels.len(), drawn.pages.len(), "{place}");
                for (picture, page) in tray.labels.iter().zip(&drawn.pages) {
                    assert_eq!(other_dots(picture, page), (commands(language, page), 0), "{place}");
                }
            }
        }
    }
}

/// On every stock, cut or torn, darker, slower, twice and moved: each copy comes out, all of it in its new place.
#[test]
fn a_label_comes_out_as_its_printer_is_set() {
    let page = &Renderer::new(Template::find("100x50", 203).unwrap())
        .unwrap()
        .render(&plain(&hurtful::plain()))
        .pages[0];
    let moved = page.moved(8, -4);
    for (tongue, language) in Tongue::ALL.into_iter().zip(Language::ALL) {
        for (stock, finish) in ["gap", "mark", "continuous"]
            .into_iter()
            .flat_map(|stock| ["cut", "tear"].map(|finish| (stock, finish)))
        {
            let bytes = sent(&format!(
                "language = \"{language}\"\nstock = {stock:?}\nfinish = {finish:?}\ndarkness = 7\nspeed = 4\n\
                 copies = 2\noffset_mm = [1.0, -0.5]"
            ));
            let tray = printed(tongue, 8.0, &bytes);
            let place = format!("{language}, {stock}, {finish}");
            assert_eq!(tray.strays, [0_u8; 0], "{place}");
            assert_eq!(tray.labels.len(), 2, "{place}");
            for label in &tray.labels {
                let (picture, rest) = label.split_at(moved.height_dots() as usize);
                assert!(!rest.iter().flatten().any(|is_black| *is_black), "{place}");
                assert_eq!(other_dots(&picture.to_vec(), &moved), (commands(language, &moved), 0), "{place}");
            }
        }
    }
}

/// The bytes that a printer set so gets for a label.
fn sent(lines: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let transport = format!("file://{}", folder.path().display());
    let config: Config =
        toml::from_str(&format!("name = \"bench\"\ntransport = {transport:?}\n{lines}")).unwrap();
    let (said, seen) = mpsc::channel();
    let report = move |word| said.send(word).unwrap_or_default();
    let printer = printer::spawn(&config, STATION, Left::Whole, report).unwrap();
    let order = hurtful::plain();
    printer.print(EffectId(1), hurtful::sending(1, order.id, 1), Arc::new(order), CLOCK.to_owned()).unwrap();
    let is_done = |word: &Seen| matches!(word, Seen::Done { outcome: Outcome::Sent, .. });
    while !is_done(&seen.recv_timeout(Duration::from_mins(1)).unwrap()) {}
    let file = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap();
    std::fs::read(file.path()).unwrap()
}

fn plain(order: &Order) -> Label<'_> {
    Label { order, copy: 1, station: STATION, clock: CLOCK }
}

/// The figure of 7 kB is that of a label with a note of two words. One full of text packs less well: it stays below 10.
#[test]
fn a_label_is_no_larger_than_it_may_be() {
    let template = Template::find("100x50", 203).unwrap();
    let mut renderer = Renderer::new(template.clone()).unwrap();
    let usual = Order {
        product: "Chocolate mud cake".into(),
        flavour: "Chocolate".into(),
        writing: "Happy Birthday Mia".into(),
        notes: "No nuts".into(),
        customer: "Jane Citizen".into(),
        ..hurtful::plain()
    };
    let full = [("full", hurtful::plain())].into_iter().chain(hurtful::orders());
    let full = full.map(|(case, order)| (case, order, 10_000));
    for (case, order, zpl_max) in [("usual", usual, 7_000)].into_iter().chain(full) {
        let page = &renderer.render(&plain(&order)).pages[..1];
        let [escpos, zpl, tspl] =
            Language::ALL.map(|language| printer::encode(language, page, &template).len());
        println!("100x50 mm at 203 dpi, {case}: escpos {escpos}, zpl {zpl}, tspl {tspl} bytes");
        assert!(escpos <= 41_000 && tspl <= 41_000, "{case}: {escpos} and {tspl}");
        assert!(zpl <= zpl_max, "{case}: {zpl}");
    }
}

/// How many dots a picture has more than a page, and how many less; what pads its rows is white.
fn other_dots(picture: &Picture, page: &Bitmap) -> (usize, usize) {
    assert_eq!(picture.len(), page.height_dots() as usize);
    let (mut more, mut less) = (0, 0);
    for (row, y) in picture.iter().zip(0..) {
        assert!(row.len() >= page.width_dots() as usize);
        for (is_black, x) in row.iter().zip(0..) {
            more += usize::from(*is_black && !page.is_black(x, y));
            less += usize::from(!*is_black && page.is_black(x, y));
        }
    }
    (more, less)
}

/// How often the dots of a page are by chance a command that its printer would obey in the middle of a picture: each is
/// given one dot more.
fn commands(language: Language, page: &Bitmap) -> usize {
    let is_command = |pair: &&[u8]| match language {
        Language::Escpos => pair[0] == 0x10 && [0x04, 0x05, 0x14].contains(&pair[1]),
        Language::Tspl => [!pair[0], !pair[1]] == [0x1b, 0x21],
        Language::Zpl => false,
    };
    page.bytes().windows(2).filter(is_command).count()
}

const STATION: &str = "bannos-filling-1";
const CLOCK: &str = "10:43";
