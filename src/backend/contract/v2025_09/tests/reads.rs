//! What is found, listed or cannot be read.

use super::*;

#[test]
fn a_code_finds_one_cake_several_or_none() {
    let code = Lookup::Code("25771".into());
    let exact = Lookup::Order("bannos-25771-A".parse().unwrap());
    let sibling = ORDER.replace("25771-A", "25771-B");
    let one = format!(r#"{{"ok":true,"data":{{"order":{ORDER}}}}}"#);
    let bare = format!(r#"{{"ok":true,"data":{ORDER}}}"#);
    for (lookup, body) in [(&code, &one), (&exact, &one), (&exact, &bare)] {
        let Ok(Found::One(order)) = found(lookup, &ok(body)) else { panic!("{body}") };
        assert_eq!((order.id.to_string().as_str(), order.marks.len()), ("bannos-25771-A", 5));
    }
    let both = format!(r#"{{"ok":true,"data":{{"candidates":[{ORDER},{sibling}]}}}}"#);
    assert!(matches!(found(&code, &ok(&both)), Ok(Found::Several(orders)) if orders.len() == 2));
    assert!(matches!(found(&exact, &ok(&both)), Ok(Found::One(_))));
    for body in [
        r#"{"ok":false,"code":"NOT_FOUND","message":"none"}"#,
        r#"{"ok":false,"code":"BAD_INPUT","message":"no code"}"#,
        r#"{"ok":true,"data":null}"#,
        r#"{"ok":true,"data":{"candidates":[]}}"#,
    ] {
        assert_eq!(found(&code, &ok(body)), Ok(Found::Nothing), "{body}");
    }
}

#[test]
fn a_read_never_takes_one_cake_for_another() {
    let exact = Lookup::Order("bannos-25771-B".parse().unwrap());
    let one = format!(r#"{{"ok":true,"data":{{"order":{ORDER}}}}}"#);
    assert!(matches!(found(&exact, &ok(&one)), Err(LinkFault::Malformed(_))));
    let unreadable = format!(r#"{{"ok":true,"data":{{"candidates":[{ORDER},{{"id":"bannos-25771-B"}}]}}}}"#);
    let code = Lookup::Code("25771".into());
    assert!(matches!(found(&code, &ok(&unreadable)), Err(LinkFault::Malformed(_))));
    let denied = r#"{"ok":false,"code":"PERMISSION_DENIED","message":"no staff"}"#;
    assert_eq!(found(&code, &ok(denied)), Err(LinkFault::Forbidden("no staff".into())));
}

#[test]
fn a_list_is_rows_and_an_envelope_in_its_place_is_a_fault() {
    assert_eq!(rows(&ok(r#"[{"id":"bannos-1"},7]"#)).unwrap().len(), 2);
    let denied = r#"{"ok":false,"code":"PERMISSION_DENIED","message":"no staff"}"#;
    assert_eq!(rows(&ok(denied)), Err(LinkFault::Forbidden("no staff".into())));
    assert!(matches!(rows(&ok(r#"{"rows":[]}"#)), Err(LinkFault::NotSupabase(_))));
    assert!(matches!(rows(&ok("[{")), Err(LinkFault::Malformed(_))));
}

#[test]
fn the_fleet_is_everyone_else_who_can_be_read() {
    let seen = stations_seen("me", &ok(STATIONS)).unwrap();
    let covering = StationSeen {
        name: "bannos-covering-1".into(),
        stage: Some(Stage::Covering),
        silence: Duration::from_millis(4500),
        backlog: 3,
        owed: vec![("bannos-18617".parse().unwrap(), Stage::Filling)],
        twice: vec![("bannos-18617".parse().unwrap(), at("2026-11-23T10:00:00Z"))],
    };
    let office = StationSeen {
        name: "office".into(),
        stage: None,
        silence: Duration::ZERO,
        backlog: 0,
        owed: Vec::new(),
        twice: Vec::new(),
    };
    assert_eq!(seen, [covering, office]);
    let refused = stations_seen("me", &ok(r#"{"ok":false,"code":"PERMISSION_DENIED","message":"x"}"#));
    assert_eq!(refused, Err(LinkFault::Forbidden("x".into())));
}

fn bodies() -> [String; 4] {
    [
        DONE.into(),
        STATIONS.into(),
        format!("[{ORDER}]"),
        format!(r#"{{"ok":true,"data":{{"order":{ORDER}}}}}"#),
    ]
}

#[test]
fn a_body_cut_anywhere_is_no_answer_and_no_panic() {
    for body in bodies() {
        for end in 0..body.len() {
            let part = answer(200, &body.as_bytes()[..end]);
            assert!(matches!(
                reply(&intent(Action::CompleteFilling), &part),
                Reply::Lost(LinkFault::Malformed(_))
            ));
            assert!(matches!(found(&Lookup::Code("1".into()), &part), Err(LinkFault::Malformed(_))));
            assert!(matches!(rows(&part), Err(LinkFault::Malformed(_))));
            assert!(matches!(stations_seen("me", &part), Err(LinkFault::Malformed(_))));
        }
    }
}

#[test]
fn a_probe_finds_only_what_answers_as_the_contract_does() {
    let refused = |code: &str| format!(r#"{{"code":"{code}","message":"an id is needed"}}"#);
    assert_eq!(probed(&ok(r#"{"ok":false,"code":"BAD_INPUT","message":"no id"}"#)), Ok(()));
    for code in ["P0001", "22P02", "23502"] {
        assert_eq!(probed(&answer(400, refused(code))), Ok(()), "{code}");
    }
    for code in ["PGRST102", "42804", "220"] {
        let fault = Err(LinkFault::Malformed("an id is needed".into()));
        assert_eq!(probed(&answer(400, refused(code))), fault, "{code}");
    }
    let missing = Err(LinkFault::NoFunction("an id is needed".into()));
    assert_eq!(probed(&answer(404, refused("PGRST202"))), missing);
    assert!(probed(&ok("true")).is_err());
}
