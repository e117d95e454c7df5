//! Every label that is hard to draw, in every language: what comes out is what was drawn, dot for dot.

use ordak_station::label::{Bitmap, Label, Renderer, Template};
use ordak_station::printer::{self, Language};

use crate::support::hurtful;
use crate::support::printer::{Picture, Tongue, printed};

#[test]
fn each_label_comes_out_dot_for_dot_in_every_language() {
    let mut figures = Vec::new();
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
                    assert!(is_same(picture, page), "{place}");
                }
                if (name, dpi) == ("100x50", 203) {
                    figures.push((language, bytes.len() / drawn.pages.len()));
                }
            }
        }
    }
    for (language, bytes_max) in
        [(Language::Escpos, 41_000), (Language::Zpl, 7_000), (Language::Tspl, 41_000)]
    {
        let most = figures.iter().filter(|(of, _)| *of == language).map(|(_, bytes)| *bytes).max();
        println!("a 100x50 label at 203 dpi in {language}: {most:?} bytes at most");
        assert!(most <= Some(bytes_max), "{language}: {most:?}");
    }
}

/// Whether a picture has the dots of a page, and none beside it.
fn is_same(picture: &Picture, page: &Bitmap) -> bool {
    let at = |x: usize, y: usize| page.is_black(x as i32, y as i32);
    let mut rows = picture.iter().enumerate();
    picture.len() == page.height_dots() as usize
        && rows.all(|(y, row)| {
            row.len() >= page.width_dots() as usize
                && row.iter().enumerate().all(|(x, is_black)| *is_black == at(x, y))
        })
}
