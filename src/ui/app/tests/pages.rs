//! A cake's own page, and its picture.

use super::*;

#[test]
fn a_row_opens_its_cake_and_does_what_a_scan_would() {
    let (mut app, mut said) = app("ready");
    touches(&mut app, "Chocolate Fudge");
    shows(&app, "Customer");
    let order = "flourlane-25652".parse().unwrap();
    assert_eq!(heard(&mut said), [Input::Touch(Touch::Look(order))]);
    offers(&mut app, order, Offer::Act(Action::Print));
    touches(&mut app, "Print its label");
    assert_eq!(heard(&mut said), [Input::Touch(Touch::Act(order))]);
    shows(&app, "Scan a cake");
}

#[test]
fn a_cake_s_button_says_what_a_scan_here_would_do() {
    let (mut app, mut said) = app("nothere");
    touches(&mut app, "Chocolate Fudge, 8\u{A0}inch");
    let order = "flourlane-25649".parse().unwrap();
    assert_eq!(heard(&mut said), [Input::Touch(Touch::Look(order))]);
    for (offer, button, first) in [
        (Offer::Act(Action::CompleteFilling), "Filling is done", None),
        (Offer::ReadLabel, "Its label is on", Some("The first scan of its label only checks that it reads")),
        (Offer::LabelComing, "Scan it", Some("Its label is on its way. Nothing is printed twice")),
        (Offer::LabelFailed, "Try its label again", Some("The printer could not print its label")),
        (Offer::LabelInDoubt, "Is its label out?", Some("Nobody knows if its label came out")),
        (
            Offer::StartRework,
            "Start the rework",
            Some("The first scan starts the rework, the next one ends it"),
        ),
    ] {
        offers(&mut app, order, offer);
        shows(&app, button);
        if let Some(first) = first {
            shows(&app, first);
        }
    }
    offers(&mut app, order, Offer::Nothing);
    shows(&app, "Nothing to do for it here: a scan only says where it stands");
    // What is known of another cake says nothing of this one.
    offers(&mut app, "flourlane-25652".parse().unwrap(), Offer::Act(Action::Print));
    touches(&mut app, "Scan it");
    assert_eq!(heard(&mut said), [Input::Touch(Touch::Act(order))]);
}

#[test]
fn a_page_says_how_old_its_history_is() {
    let (mut app, _said) = app("ready");
    touches(&mut app, "Chocolate Fudge");
    let order = "flourlane-25652".parse().unwrap();
    let looks = |app: &mut App, look: station::Look| {
        let view = View { looked: Some(Looked { order, look }), ..app.view.clone() };
        drop(app.update(Message::Viewed(Box::new(view))));
    };
    looks(&mut app, station::Look::Asking);
    shows(&app, "What was done · asking…");
    looks(&mut app, station::Look::Failed(LinkFault::TimedOut));
    shows(&app, "The order system is slow. Open the cake again to ask again");
    let mark = Mark { action: Action::Print, at: preset::NOW, by: Some("Maria".into()), station: None };
    let cake = Arc::new(Order { marks: vec![mark], ..Order::clone(&app.view.queue.rows[1]) });
    looks(&mut app, station::Look::Read { cake, at: preset::NOW });
    shows(&app, "What was done · as of 10:43");
    shows(&app, "Printed 10:43 by Maria");
}

#[test]
fn a_picture_is_fetched_once_and_its_lack_is_told() {
    let (mut app, _said) = app("ready");
    let mut rows = app.view.queue.rows.to_vec();
    let address: Arc<str> = "https://example.com/cake.jpg".into();
    rows[1] = Arc::new(Order { picture: Some(Arc::clone(&address)), ..Order::clone(&rows[1]) });
    let queue = preset::queue_of(rows.into(), app.view.queue.read_at);
    drop(app.update(Message::Viewed(Box::new(View { queue, ..app.view.clone() }))));
    touches(&mut app, "Chocolate Fudge");
    shows(&app, words::PICTURE_COMING);
    assert_eq!(app.fetch_picture().units(), 0, "it is on its way");
    let lacking = album::Fetched::lacking(&address, PictureFault::TimedOut);
    drop(app.update(Message::Pictured(lacking)));
    shows(&app, "none: it did not come within 5 s. Open the cake again to ask again");
    touches(&mut app, "Back");
    touches(&mut app, "Chocolate Fudge");
    shows(&app, words::PICTURE_COMING);
}

#[test]
fn the_cake_of_an_answer_has_its_picture_beside_it_and_the_next_cake_not() {
    let (mut app, _said) = app("agreed");
    let address: Arc<str> = "https://example.com/cake.jpg".into();
    let mut shown = app.view.shown.clone().unwrap();
    let mut verdict = station::Verdict::clone(&shown.verdict);
    let plain = verdict.cake.take().unwrap();
    verdict.cake = Some(Arc::new(Order { picture: Some(Arc::clone(&address)), ..Order::clone(&plain) }));
    shown.verdict = Arc::new(verdict.clone());
    let title = words::title(&plain);
    let width = |app: &App| simulator(app).find(title.as_str()).unwrap().bounds().width;
    let alone = width(&app);
    let view = View { shown: Some(shown.clone()), ..app.view.clone() };
    assert_eq!(app.update(Message::Viewed(Box::new(view.clone()))).units(), 1, "it is fetched");
    assert_eq!(app.update(Message::Viewed(Box::new(view))).units(), 0, "and not again");
    let beside = width(&app);
    assert!(beside < alone - 100.0, "{beside} of {alone}");
    drop(app.update(Message::Pictured(album::Fetched::lacking(&address, PictureFault::TimedOut))));
    assert!((width(&app) - alone).abs() < 0.5, "the words take its place");
    verdict.cake = Some(plain);
    shown.verdict = Arc::new(verdict);
    drop(app.update(Message::Viewed(Box::new(View { shown: Some(shown), ..app.view.clone() }))));
    assert!(app.cake().is_some_and(|cake| app.album.of(cake).is_none()));
}

#[test]
fn the_labels_of_today_are_listed_and_lead_to_their_cakes() {
    let (mut app, mut said) = app("faults");
    touches(&mut app, "Filling");
    touches(&mut app, words::LABELS_TODAY);
    for text in [
        "Labels of today · 7",
        "#F25652",
        "08:51",
        "Sent at printer bench",
        "09:04, out 09:07",
        "Given up",
        "Label out? at printer bench",
        "Printer bench: no paper",
        "Waits",
    ] {
        shows(&app, text);
    }
    touches(&mut app, "Waits");
    let order = app.view.spool.last().unwrap().order;
    assert_eq!(heard(&mut said), [Input::Touch(Touch::Look(order))]);
    shows(&app, &order.barcode());
    touches(&mut app, words::BACK);
    shows(&app, "Labels of today · 7");
    touches(&mut app, words::BACK);
    touches(&mut app, words::BACK);
    shows(&app, "Scan a cake");
}

#[test]
fn a_day_without_labels_says_so() {
    let (mut app, _said) = app("ready");
    touches(&mut app, "Filling");
    touches(&mut app, words::LABELS_TODAY);
    shows(&app, words::NO_LABELS_TODAY);
}

#[test]
fn a_label_is_printed_again_from_its_page() {
    let (mut app, mut said) = app("looked");
    touches(&mut app, "#B18617");
    let order = "bannos-18617".parse().unwrap();
    touches(&mut app, words::COPY);
    assert_eq!(heard(&mut said), [Input::Touch(Touch::Look(order)), Input::Touch(Touch::Reprint(order))]);
    shows(&app, "Scan a cake");
    // A cake without a label has none to print again.
    let (mut other, _said) = self::app("ready");
    touches(&mut other, "#B18617");
    assert!(simulator(&other).find(words::COPY).is_err());
}

#[test]
fn a_cake_is_given_to_somebody_and_put_somewhere() {
    let (mut app, mut said) = app("looked");
    touches(&mut app, "#B18617");
    let order: OrderId = "bannos-18617".parse().unwrap();
    touches(&mut app, words::STORE);
    shows(&app, "Where is it kept?");
    touches(&mut app, "Back");
    touches(&mut app, words::ASSIGN);
    touches(&mut app, "Maria K.");
    let maria = app.view.choices[&order.store].staff.as_ref().unwrap()[0].clone();
    let set = Touch::Set(order, Detail::Assignee(Some(maria)));
    assert_eq!(heard(&mut said), [Input::Touch(Touch::Look(order)), Input::Touch(set)]);
    shows(&app, "Scan a cake");
    drop(app.update(Message::Viewed(Box::new(View { choices: Arc::default(), ..app.view.clone() }))));
    touches(&mut app, "#B18617");
    touches(&mut app, words::STORE);
    shows(&app, words::NO_CHOICES);
}
