//! Labels, read back by a reader that knows nothing of how they were drawn.

use ordak_station::label::{Bitmap, Field, Label, Rendered, Renderer, Template};
use ordak_station::order::{Order, OrderId, Store, Suffix};

use crate::support::dice::{Dice, number};
use crate::support::{hurtful, reader};

#[test]
fn labels_chosen_to_hurt_are_drawn_and_read_back() {
    for template in templates() {
        let mut renderer = Renderer::new(template.clone()).unwrap();
        for (name, order) in hurtful::orders() {
            // The widest has least room for the mark of a copy.
            let copy = if name == "widest" { 255 } else { 1 };
            let drawn = renderer.render(&label(&order, copy));
            let name = format!("{}-{}-{name}", template.name(), template.dpi());
            keep(&name, &drawn);
            reads(&template, &drawn, (order.id, copy), &name);
        }
    }
}

#[test]
fn every_form_of_id_reads_back() {
    let suffixes = [None, Suffix::nth(10), Suffix::nth(11)];
    let numbers = [1, 1000, 25771, 123_456, 7_654_321, 999_999_999, u32::MAX];
    // Three dots a module or two: at 300 dpi there are more.
    for template in templates().filter(|template| template.dpi() == 203) {
        let mut renderer = Renderer::new(template.clone()).unwrap();
        for (nth, number) in numbers.into_iter().enumerate() {
            for suffix in suffixes {
                let store = Store::ALL[nth % 2];
                let order = Order { id: OrderId { store, number, suffix }, ..hurtful::plain() };
                let copy = nth as u8 * 20 + 1;
                let drawn = renderer.render(&label(&order, copy));
                reads(&template, &drawn, (order.id, copy), template.name());
            }
        }
    }
}

/// Templates as people who move things about would write them: each is refused, or its codes are read.
#[test]
fn whatever_a_template_places_it_is_refused_or_its_labels_are_read() {
    let mut dice = Dice::new(number("SEED", 0x7e3b_u64));
    let mut taken = 0;
    let orders = hurtful::orders();
    for round in 0..number("TEMPLATES", 60) {
        let (name, text) = FILES[round % FILES.len()];
        let text = moved_about(text, &mut dice);
        let dpi = dice.pick(&[203, 300]);
        let Ok(template) = Template::read(name, &text, dpi) else { continue };
        let Ok(mut renderer) = Renderer::new(template.clone()) else { continue };
        taken += 1;
        let (of, order) = &orders[dice.roll(orders.len() as u32) as usize];
        let copy = 1 + dice.roll(255) as u8;
        let drawn = renderer.render(&label(order, copy));
        reads(&template, &drawn, (order.id, copy), &format!("{of} at {dpi} dpi on\n{text}"));
    }
    assert!(taken > 0, "none was taken");
}

/// The same with one to three of its lengths otherwise.
fn moved_about(text: &str, dice: &mut Dice) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let parts: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].contains("at_mm")).collect();
    for _ in 0..=dice.roll(3) {
        let line = &mut lines[dice.pick(&parts)];
        let starts: Vec<usize> = line
            .match_indices(|sign: char| sign.is_ascii_digit())
            .map(|(at, _)| at)
            .filter(|at| !line[..*at].ends_with(|sign: char| sign.is_ascii_digit() || sign == '.'))
            .collect();
        let at = dice.pick(&starts);
        let end = line[at..].find([',', ']']).map_or(line.len(), |end| at + end);
        let length: f32 = line[at..end].trim().parse().unwrap();
        let otherwise = match dice.roll(3) {
            0 => length + dice.roll(80) as f32 / 8.0 - 5.0,
            1 => length * (0.25 + dice.roll(16) as f32 / 8.0),
            _ => length + dice.roll(16) as f32 / 8.0 - 1.0,
        };
        line.replace_range(at..end, &otherwise.max(0.0).to_string());
    }
    lines.join("\n")
}

const FILES: [(&str, &str); 3] = [
    ("62x29", include_str!("../../assets/templates/62x29.toml")),
    ("100x50", include_str!("../../assets/templates/100x50.toml")),
    ("roll80", include_str!("../../assets/templates/roll80.toml")),
];

#[test]
fn a_label_is_as_large_as_its_stock() {
    for template in templates() {
        let mut renderer = Renderer::new(template.clone()).unwrap();
        for (name, order) in hurtful::orders() {
            let pages = renderer.render(&label(&order, 1)).pages;
            assert!(pages.iter().all(|page| page.width_dots() == template.width_dots()), "{name}");
            let heights: Vec<u32> = pages.iter().map(Bitmap::height_dots).collect();
            match template.name() {
                "roll80" => assert!(heights.iter().sum::<u32>() < template.height_dots() * 10, "{name}"),
                _ => assert!(heights.iter().all(|height| *height == template.height_dots()), "{name}"),
            }
        }
    }
    let roll = |notes: &str| {
        let order = Order { notes: notes.into(), ..hurtful::plain() };
        let pages = drawn("roll80", 203, &order).pages;
        (pages.len(), pages[0].height_dots())
    };
    let ((pages, short), (more_pages, long)) = (roll(""), roll(&"no nuts ".repeat(60)));
    assert_eq!((pages, more_pages), (1, 1));
    assert!(long > short + 100, "a roll's label grows with its notes: {short} and {long} dots");
}

#[test]
fn a_label_on_which_all_fits_is_one_label_and_nothing_is_missing() {
    let rendered = render(&hurtful::plain(), 1);
    assert_eq!(rendered.pages.len(), 1);
    assert!(rendered.cuts.is_empty() && rendered.missing.is_empty(), "{rendered:?}");
}

#[test]
fn a_note_of_any_length_never_vanishes() {
    let order = hurtful::plain();
    for (template, pages) in [("100x50", [1, 2, 8]), ("62x29", [1, 3, 16]), ("roll80", [1, 1, 2])] {
        for (chars, pages) in [60, 400, 5000].into_iter().zip(pages) {
            let notes = "allergy ".repeat(chars / 8).trim().into();
            let rendered = drawn(template, 203, &Order { notes, ..order.clone() });
            assert_eq!(rendered.pages.len(), pages, "{template}, {chars} characters");
            assert!(rendered.cuts.is_empty(), "{template}, {chars} characters: {:?}", rendered.cuts);
            assert!(rendered.pages.iter().all(|page| ink(page) > 3_000));
        }
    }
    let rendered = render(&Order { notes: "allergy ".repeat(5000).into(), ..order }, 1);
    assert_eq!(rendered.pages.len(), 13, "a label's further labels have a bound");
    assert!(rendered.cuts.contains(&Field::Notes), "what stands nowhere is told");
}

#[test]
fn what_is_cut_is_told_and_only_that() {
    let long: Box<str> = "Buttercream ".repeat(25).into();
    let plain = hurtful::plain();
    let cases = [
        (Field::Product, Order { product: (*long).into(), ..plain.clone() }),
        (Field::Size, Order { flavour: (*long).into(), ..plain.clone() }),
        (Field::Customer, Order { customer: long.clone(), ..plain.clone() }),
    ];
    for (field, order) in cases {
        let cuts = render(&order, 1).cuts;
        assert_eq!(cuts.into_iter().collect::<Vec<_>>(), [field]);
    }
    let label = Label { order: &plain, copy: 1, station: &long, clock: "10:43" };
    assert_eq!(renderer().render(&label).cuts.into_iter().collect::<Vec<_>>(), [Field::Foot]);
}

#[test]
fn a_writing_that_was_not_read_is_marked_and_told_and_is_not_a_cake_without_one() {
    let unread = Order { writing: "".into(), is_writing_unread: true, ..hurtful::plain() };
    for template in templates() {
        assert!(Renderer::new(template).unwrap().render(&label(&unread, 1)).lacks().is_writing_unread());
    }
    let without = render(&Order { is_writing_unread: false, ..unread.clone() }, 1);
    let (marked, without) = (ink(&render(&unread, 1).pages[0]), ink(&without.pages[0]));
    assert!(marked > without + 1_000, "an inverted mark is mostly black: {marked} and {without}");
}

#[test]
fn what_no_font_has_is_a_box_and_told() {
    let order = Order { writing: "बधाई Zoë 生日 🎂".into(), ..hurtful::plain() };
    let rendered = render(&order, 1);
    assert_eq!(rendered.missing.iter().collect::<String>(), "ईधबा");
    let nothing = render(&Order { writing: "Zoë 生日 🎂".into(), ..hurtful::plain() }, 1);
    assert!(nothing.missing.is_empty() && ink(&nothing.pages[0]) < ink(&rendered.pages[0]));
}

#[test]
fn a_copy_is_marked_as_one() {
    let (first, second) = (render(&hurtful::plain(), 1), render(&hurtful::plain(), 2));
    assert!(ink(&second.pages[0]) > ink(&first.pages[0]) + 1_000, "an inverted mark is mostly black");
}

#[test]
fn the_same_label_is_the_same_picture() {
    let order = hurtful::plain();
    let label = Label { order: &order, copy: 1, station: "bannos-filling-1", clock: "10:43" };
    let mut renderer = renderer();
    let first = renderer.render(&label);
    for (_, other) in hurtful::orders() {
        renderer.render(&Label { order: &other, ..label });
    }
    assert_eq!(renderer.render(&label), first);
}

/// Leaves the pictures where a person can look at them.
fn keep(name: &str, rendered: &Rendered) {
    let Some(folder) = std::env::var_os("SHOTS_DIR") else { return };
    for (at, page) in rendered.pages.iter().enumerate() {
        let file = std::path::Path::new(&folder).join(format!("label-{name}-{at}.png"));
        std::fs::write(file, page.to_png().unwrap()).unwrap();
    }
}

/// The codes of a front are those of its cake and copy.
fn reads(template: &Template, rendered: &Rendered, (id, copy): (OrderId, u8), name: &str) {
    let front = &rendered.pages[0];
    assert_eq!(reader::code128(front), id.barcode(), "{name}");
    if template.name() != "62x29" {
        assert_eq!(reader::qr(front), qr_text(id, copy), "{name}");
    }
}

fn templates() -> impl Iterator<Item = Template> {
    let (names, resolutions) = Template::known();
    let both = move |name| resolutions.clone().into_iter().map(move |dpi| (name, dpi));
    names.into_iter().flat_map(both).map(|(name, dpi)| Template::find(name, dpi).unwrap())
}

fn renderer() -> Renderer {
    Renderer::new(Template::find("100x50", 203).unwrap()).unwrap()
}

fn label(order: &Order, copy: u8) -> Label<'_> {
    Label { order, copy, station: "bannos-filling-1", clock: "10:43" }
}

fn render(order: &Order, copy: u8) -> Rendered {
    renderer().render(&label(order, copy))
}

fn drawn(template: &str, dpi: u16, order: &Order) -> Rendered {
    Renderer::new(Template::find(template, dpi).unwrap()).unwrap().render(&label(order, 1))
}

fn qr_text(id: OrderId, copy: u8) -> String {
    format!("ORDAK:{}/{copy}", id.to_string().to_uppercase())
}

fn ink(picture: &Bitmap) -> u32 {
    picture.bytes().iter().map(|byte| byte.count_ones()).sum()
}
