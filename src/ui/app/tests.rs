//! The screens, touched and typed at without a display.

use iced::Size;
use iced_test::Simulator;
use iced_test::core::Settings;
use tokio::sync::mpsc::Receiver;

use super::*;
use crate::order::{Action, Detail, Mark, Order, OrderId, PictureFault};
use crate::station::{self, Freeze, LinkFault, Looked, Offer, Source};
use crate::ui::{Theme, preset, use_bundled_fonts};
use crate::words;

mod lists;
mod pages;

fn app(name: &str) -> (App, Receiver<Input>) {
    shown(preset::view(name).expect("a preset of this name"), None)
}

fn shown(view: View, demo: Option<demo::Labels>) -> (App, Receiver<Input>) {
    let (handle, _shows, said) = Handle::detached(view);
    let look = preset::look(Theme::Dark);
    (App::new(Options { handle, look, demo }).at(preset::NOW), said)
}

/// The station says what a scan of the cake would do.
fn offers(app: &mut App, order: OrderId, offer: Offer) {
    let view = View { offer: Some((order, offer)), ..app.view.clone() };
    drop(app.update(Message::Viewed(Box::new(view))));
}

fn simulator(app: &App) -> Simulator<'_, Message> {
    use_bundled_fonts();
    Simulator::with_size(Settings::default(), Size::new(960.0, 540.0), app.view())
}

/// Does something to the window as it stands, and lets the program take what comes of it.
fn does(app: &mut App, act: impl FnOnce(&mut Simulator<'_, Message>)) {
    let mut simulator = simulator(app);
    act(&mut simulator);
    let messages: Vec<Message> = simulator.into_messages().collect();
    for message in messages {
        drop(app.update(message));
    }
}

fn touches(app: &mut App, text: &str) {
    does(app, |window| {
        window.click(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    });
}

fn shows(app: &App, text: &str) {
    let found = simulator(app).find(text);
    assert!(found.is_ok(), "{text} is not on screen");
}

fn heard(said: &mut Receiver<Input>) -> Vec<Input> {
    std::iter::from_fn(|| said.try_recv().ok()).collect()
}

#[test]
fn every_kind_of_answer_is_on_screen_in_its_words() {
    for (name, texts) in [
        ("ready", &["Scan a cake", "waiting here", "Last: #B18612 filled 10:41"][..]),
        ("agreed", &["Filled", "Saved 10:43:12 · Agreed 10:43:12", "“Χρόνια Πολλά Νίκο!”", "NOTES"]),
        ("accepted", &["Filled", "Saved 10:43:12 · Sending"]),
        ("already", &["Already filled"]),
        ("nothere", &["#F25649", "Take it to Decorating"]),
        ("refused", &["Cancelled 10:04", "Touch to clear"]),
        ("unknown", &["No such order", "#B99999"]),
        ("choice", &["Which cake?", "#B25771-A", "#B25771-B"]),
        ("labelout", &["Label out?", "1  Yes, it is out"]),
        ("labelcut", &["Filling started", "Check the label: product cut short"]),
        ("wronglabel", &["Another cake’s label: #F25652 is fresh", "Printer bench: labels unread"]),
        ("labelmoved", &["Filling started", "The label is at printer window"]),
        ("back", &["12 sent, 1 done before, 1 refused", "Printer bench: paper low"]),
        ("reads", &["Label reads"]),
        ("held", &["Saved here", "Saved 10:43:12 · Not sent yet", "as of 6 min ago", "14 waiting, 6 min"]),
        ("ready-unread", &["The list has not been read yet", "Connecting"]),
    ] {
        let (app, _said) = app(name);
        for text in texts {
            shows(&app, text);
        }
    }
}

#[test]
fn a_question_is_answered_by_a_touch() {
    let (mut choice, mut said) = app("choice");
    touches(&mut choice, "#B25771-B");
    assert_eq!(heard(&mut said), [Input::Touch(Touch::Pick(2))]);
    let (mut label, mut said) = app("labelout");
    touches(&mut label, "3  Don’t know");
    assert_eq!(heard(&mut said), [Input::Touch(Touch::Pick(3))]);
}

#[test]
fn a_refusal_goes_when_it_is_touched() {
    let (mut app, mut said) = app("refused");
    touches(&mut app, "Touch to clear");
    assert_eq!(heard(&mut said), [Input::Touch(Touch::Dismiss)]);
}

#[test]
fn attention_lists_cards_that_are_closed_or_tried_again() {
    let (mut app, mut said) = app("faults");
    touches(&mut app, "Attention");
    shows(&app, "It came back");
    let order = "bannos-18617".parse().unwrap();
    touches(&mut app, "Try again");
    assert_eq!(heard(&mut said), [Input::Touch(Touch::Retry(order))]);
    // Closed only once a person has said that it is dealt with.
    touches(&mut app, "Close");
    shows(&app, "Have you dealt with it? It is not sent any more");
    touches(&mut app, "No, keep it");
    touches(&mut app, "Close");
    assert_eq!(heard(&mut said), []);
    touches(&mut app, "Yes, close it");
    assert_eq!(heard(&mut said), [Input::Touch(Touch::Close(order))]);
    // Of a label in doubt a person says what became of it; of one that was printed twice only that one is gone.
    let cards = app.view.attention.clone();
    let only = |app: &mut App, at: usize| {
        let view = View { attention: [cards[at].clone()].into(), ..app.view.clone() };
        drop(app.update(Message::Viewed(Box::new(view))));
    };
    only(&mut app, 1);
    touches(&mut app, "No label");
    touches(&mut app, "Yes, it is out");
    let order = cards[1].order;
    let told = [false, true].map(|is_out| Input::Touch(Touch::Label { order, is_out }));
    assert_eq!(heard(&mut said), told);
    only(&mut app, 2);
    assert!(simulator(&app).find("Try again").is_err());
    touches(&mut app, "Close");
    shows(&app, "Is one of the two in the bin?");
    touches(&mut app, "Back");
    shows(&app, "Scan a cake");
}

#[test]
fn chips_in_trouble_tell_what_is_wrong_and_what_to_do() {
    let (mut app, mut said) = app("faults");
    touches(&mut app, "Printer bench: no paper");
    for text in ["No network", "Scanner door: not plugged in", "Put in a roll: they come by themselves"] {
        shows(&app, text);
    }
    touches(&mut app, "Back");
    shows(&app, "Scan a cake");
    assert_eq!(heard(&mut said), []);
}

#[test]
fn every_chip_is_explained_when_it_is_touched() {
    let (mut well, mut said) = app("ready");
    touches(&mut well, "0 waiting");
    for text in ["All is well", "Everything scanned here has reached the order system", "It is ready"] {
        shows(&well, text);
    }
    touches(&mut well, "Back");
    shows(&well, "Scan a cake");
    let mut view = preset::view("ready").unwrap();
    (view.freeze, view.queue.unreadable) = (Some(Freeze::Station), 2);
    let (mut frozen, _said) = shown(view, None);
    touches(&mut frozen, "Frozen: nothing is sent");
    shows(&frozen, "Ask the office to end the freeze: read_only in station.toml");
    shows(&frozen, "2 cakes are not readable");
    let view = View { freeze: Some(Freeze::Office), ..preset::view("ready").unwrap() };
    let (mut frozen, _said) = shown(view, None);
    touches(&mut frozen, "Frozen: nothing is sent");
    shows(&frozen, "Go on working: it ends when the office says so");
    assert_eq!(heard(&mut said), []);
}

#[test]
fn typed_keys_reach_the_scanner_with_nothing_in_focus() {
    let (mut app, mut said) = shown(preset::view("ready").unwrap(), Some(demo::Tray::new().labels()));
    does(&mut app, |window| {
        window.typewrite("#B18617");
        window.tap_key(iced::keyboard::key::Named::Enter);
    });
    let keys: Vec<Input> = "#B18617\n".chars().map(Input::Key).collect();
    assert_eq!(heard(&mut said), keys);
}

#[test]
fn the_demo_scans_what_is_touched() {
    let (mut app, mut said) = shown(preset::view("ready").unwrap(), Some(demo::Tray::new().labels()));
    touches(&mut app, "#B25771-A");
    assert_eq!(heard(&mut said), [Input::Scan(Source::Touch, "#B25771-A".into())]);
    touches(&mut app, "Hide demo");
    shows(&app, "Show demo");
}

#[test]
fn a_station_that_takes_no_more_says_so() {
    let (mut app, said) = app("ready");
    drop(said);
    drop(app.update(Message::Heard(Heard::Key('1'))));
    shows(&app, words::BUSY);
}

#[test]
fn twenty_thousand_orders_are_a_screenful() {
    let mut view = preset::view("ready").unwrap();
    view.queue = preset::queue_of(preset::queue(20_000), view.queue.read_at);
    let (mut app, _said) = shown(view, None);
    shows(&app, "Filling · 20000");
    let is_built = |app: &App| simulator(app).find("#B49999").is_ok();
    assert!(!is_built(&app), "the last row is built though nobody sees it");
    touches(&mut app, "Search");
    shows(&app, "20029 found");
    assert!(!is_built(&app));
    for key in ["4", "9", "9", "9", "9"] {
        touches(&mut app, key);
    }
    shows(&app, "1 found");
    assert!(is_built(&app));
}

#[test]
fn rows_do_not_move_under_a_finger() {
    let (mut app, _said) = app("ready");
    let mut fewer = app.view.clone();
    fewer.queue.rows = fewer.queue.rows.iter().skip(1).cloned().collect();
    drop(app.update(Message::Heard(Heard::Down)));
    drop(app.update(Message::Viewed(Box::new(fewer))));
    assert_eq!(app.rows.len(), 23);
    drop(app.update(Message::Heard(Heard::Up)));
    assert_eq!(app.rows.len(), 22);
}

#[test]
fn only_a_new_scan_leads_away_from_a_page_and_from_attention_none_of_a_finger() {
    let (mut app, _said) = app("agreed");
    let answered = |app: &mut App, scan: u64, source: Source| {
        let mut shown = app.view.shown.clone().unwrap();
        shown.verdict = Arc::new(station::Verdict { source, ..station::Verdict::clone(&shown.verdict) });
        drop(app.update(Message::Viewed(Box::new(View { scan, shown: Some(shown), ..app.view.clone() }))));
    };
    touches(&mut app, "Search");
    let scan = app.view.scan;
    answered(&mut app, scan, Source::Scanner(0));
    shows(&app, words::SEARCH_HINT);
    answered(&mut app, scan + 1, Source::Scanner(0));
    shows(&app, "Filled");
    touches(&mut app, "Attention");
    answered(&mut app, scan + 2, Source::Touch);
    assert!(matches!(app.screen, Screen::Attention(_)));
    answered(&mut app, scan + 3, Source::Scanner(0));
    shows(&app, "Filled");
}

#[test]
fn the_screen_below_the_header_does_not_move_in_trouble() {
    let top = |name: &str| {
        let (app, _said) = app(name);
        simulator(&app).find("Scan a cake").unwrap().bounds().y
    };
    assert!((top("ready") - top("faults")).abs() < 0.5);
}

#[test]
fn a_journal_in_trouble_is_on_screen_until_a_person_puts_it_away() {
    let (mut app, mut said) = app("journal");
    shows(&app, "Disk full: do not scan");
    touches(&mut app, "Scans may be lost");
    shows(&app, "The disk is full");
    shows(
        &app,
        "4120 records were saved, 14 scans among them still to be sent. Other scans of before may be lost",
    );
    touches(&mut app, words::PUT_AWAY);
    assert_eq!(heard(&mut said), [Input::Touch(Touch::PutAway)]);
}
