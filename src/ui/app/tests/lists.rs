//! Searching, and the lists of all stages.

use super::*;
use crate::ui::widget::root::BACKSPACE;

/// Types on the keys that are on the screen.
fn presses(app: &mut App, keys: &str) {
    for key in keys.chars() {
        let key = if key == ' ' { words::KEY_SPACE.to_owned() } else { key.to_string() };
        touches(app, &key);
    }
}

#[test]
fn what_is_typed_on_screen_finds_cakes_of_every_stage() {
    let (mut app, mut said) = app("ready");
    touches(&mut app, "Search");
    shows(&app, words::SEARCH_HINT);
    presses(&mut app, "18383");
    shows(&app, "1 found");
    shows(&app, "#B18383");
    touches(&mut app, words::KEY_DELETE);
    shows(&app, "1838");
    touches(&mut app, words::KEY_CLEAR);
    presses(&mut app, "FUDGE 8");
    touches(&mut app, "Chocolate Fudge");
    shows(&app, "Customer");
    assert_eq!(heard(&mut said), [Input::Touch(Touch::Look("flourlane-25652".parse().unwrap()))]);
    touches(&mut app, "Back");
    shows(&app, "fudge 8");
    touches(&mut app, "Back");
    shows(&app, "Scan a cake");
}

#[test]
fn a_search_that_matches_nothing_says_so_and_asks_for_the_number() {
    let (mut app, mut said) = app("ready");
    touches(&mut app, "Search");
    presses(&mut app, "1999");
    shows(&app, "No open cake answers to “1999”");
    touches(&mut app, "Ask for #B1999");
    let order = "bannos-1999".parse().unwrap();
    assert_eq!(heard(&mut said), [Input::Touch(Touch::Look(order))]);
    shows(&app, words::ASKING);
    let missing = Some(Looked { order, look: station::Look::Missing });
    drop(app.update(Message::Viewed(Box::new(View { looked: missing, ..app.view.clone() }))));
    shows(&app, words::NO_SUCH_ORDER);
}

#[test]
fn a_gun_that_types_in_the_search_scans_and_writes_nothing() {
    let (mut app, mut said) = app("ready");
    touches(&mut app, "Search");
    does(&mut app, |window| {
        window.typewrite("#B18617");
        window.tap_key(iced::keyboard::key::Named::Enter);
    });
    let keys: Vec<Input> = "#B18617\n".chars().map(Input::Key).collect();
    assert_eq!(heard(&mut said), keys);
    for heard in 0..20 {
        drop(app.update(Message::Search(search::Message::Settled(heard))));
    }
    shows(&app, words::SEARCH_HINT);
    let answered = preset::view("agreed").unwrap();
    drop(app.update(Message::Viewed(Box::new(answered))));
    shows(&app, "Filled");
    touches(&mut app, "Search");
    shows(&app, words::SEARCH_HINT);
}

#[test]
fn of_a_code_whose_key_was_lost_no_shorter_one_is_made() {
    let (mut app, mut said) = app("ready");
    let types = |app: &mut App, keys: &str| {
        for key in keys.chars() {
            drop(app.update(Message::Heard(Heard::Key(key))));
        }
    };
    types(&mut app, &"x".repeat(1024));
    types(&mut app, "#B1");
    assert_eq!(heard(&mut said).len(), 1024, "no more than the station has room for");
    types(&mut app, "8617\n#B2\n");
    let keys: Vec<Input> = "\u{fffd}8617\n#B2\n".chars().map(Input::Key).collect();
    assert_eq!(heard(&mut said), keys);
}

#[test]
fn what_a_person_types_is_text_once_nothing_follows() {
    let (mut app, mut said) = app("ready");
    touches(&mut app, "Search");
    does(&mut app, |window| {
        window.typewrite("fu");
    });
    assert_eq!(heard(&mut said), [Input::Key('f'), Input::Key('u')]);
    drop(app.update(Message::Search(search::Message::Settled(1))));
    shows(&app, words::SEARCH_HINT);
    drop(app.update(Message::Search(search::Message::Settled(2))));
    shows(&app, "fu");
    drop(app.update(Message::Heard(Heard::Key(BACKSPACE))));
    shows(&app, "f");
    drop(app.update(Message::Heard(Heard::Key('x'))));
    drop(app.update(Message::Heard(Heard::Key(BACKSPACE))));
    drop(app.update(Message::Search(search::Message::Settled(5))));
    shows(&app, "f");
    touches(&mut app, words::KEY_CLEAR);
    // No text has such a sign, but a number may be written with it.
    for (nth, letter) in (6..).zip("#18383".chars()) {
        drop(app.update(Message::Heard(Heard::Key(letter))));
        drop(app.update(Message::Search(search::Message::Settled(nth))));
    }
    shows(&app, "1 found");
}

#[test]
fn all_stages_are_narrowed_by_stage_and_store() {
    let (mut app, _said) = app("ready");
    touches(&mut app, "All stages");
    shows(&app, "All stages · 52");
    touches(&mut app, "Decorating");
    shows(&app, "Decorating · 14");
    touches(&mut app, "Flourlane");
    shows(&app, "Decorating · Flourlane · 5");
    touches(&mut app, "Due today");
    touches(&mut app, "#F18381");
    shows(&app, "Customer");
    touches(&mut app, "Back");
    shows(&app, "Decorating · Flourlane · 5");
    let mut emptied = app.view.clone();
    emptied.queue = preset::queue_of(Arc::new([]), emptied.queue.read_at);
    emptied.queue.stages[2] = Arc::new([]);
    drop(app.update(Message::Viewed(Box::new(emptied))));
    shows(&app, words::NONE_SO);
}

#[test]
fn a_card_of_what_nobody_has_opens_its_list() {
    let (mut app, _said) = app("ready");
    touches(&mut app, "Unassigned");
    shows(&app, "from this station’s copy, now");
    touches(&mut app, "Packing");
    shows(&app, "Packing · Bannos · nobody’s · 1");
    touches(&mut app, "#B18300");
    touches(&mut app, "Back");
    touches(&mut app, "Back");
    shows(&app, "from this station’s copy, now");
    touches(&mut app, "Back");
    shows(&app, "Scan a cake");
}
