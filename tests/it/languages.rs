//! Every label that is hard to draw, in every language: what comes out is what was drawn, dot for dot, but for a dot more
//! where a picture would be taken for a command.

use ordak_station::label::{Bitmap, Label, Renderer, Template};
use ordak_station::order::Order;
use ordak_station::printer::{self, Language};

use crate::support::hurtful;
use crate::support::printer::{Picture, Tongue, printed};

#[test]
fn each_label_comes_out_dot_for_dot_in_every_language() {
    let (names, resolutions) = Template::known();
    for (name, dpi) in names.iter().flat_map(|name| resolutions.iter().map(move |dpi| (*name, *dpi))) {
        let template = Template::find(name, dpi).unwrap();
        let mut renderer = Renderer::new(template.clone()).unwrap();
        for (case, order) in hurtful::orders() {
            let label = Label { order: &order, copy: 1, station: "bannos-filling-1", clock: "10:43" };
            let drawn = renderer.render(&label);
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
        let label = Label { order: &order, copy: 1, station: "bannos-filling-1", clock: "10:43" };
        let page = &renderer.render(&label).pages[..1];
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
