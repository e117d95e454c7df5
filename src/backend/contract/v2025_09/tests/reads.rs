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
    assert!(stations_seen("me", &ok(r#"{"ok":false,"code":"PERMISSION_DENIED","message":"x"}"#)).is_err());
}

/// Of five bodies: 2,000 in all.
const MUTATIONS_A_BODY: usize = 400;

/// Everything that reads a body, on this one.
fn read_all(status: u16, body: &[u8]) {
    let answer = answer(status, body);
    let lookup = Lookup::Order("bannos-25771-A".parse().unwrap());
    drop(reply(&intent(Action::CompleteFilling), &answer));
    drop((found(&lookup, &answer), stations_seen("me", &answer)));
    drop((staff_read(&answer), places_read(&answer)));
    if let Ok(rows) = rows(&answer) {
        drop(rows.iter().map(|row| (order(row), key(row))).collect::<Vec<_>>());
    }
}

fn bodies() -> [String; 5] {
    [
        DONE.into(),
        STATIONS.into(),
        format!("[{ORDER}]"),
        format!(r#"{{"ok":true,"data":{{"order":{ORDER}}}}}"#),
        format!(r#"{{"ok":true,"data":{{"candidates":[{ORDER},{ORDER}]}}}}"#),
    ]
}

#[test]
fn a_body_cut_anywhere_is_no_answer_and_no_panic() {
    for body in &bodies()[..4] {
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
fn a_body_garbled_anyhow_is_no_panic() {
    // xorshift64: any seed but 0 serves.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % bound as u64) as usize
    };
    let spices: [&[u8]; 8] = [b"null", b"-1", b"1e999", b"\"\"", b"{}", b"[]", b"\xff", b"\\ud800"];
    for body in bodies() {
        for _ in 0..MUTATIONS_A_BODY {
            let mut bytes = body.clone().into_bytes();
            for _ in 0..=next(3) {
                let at = next(bytes.len());
                match next(3) {
                    0 => bytes[at] = next(256) as u8,
                    1 => drop(
                        bytes.splice(at..bytes.len().min(at + next(12)), spices[next(8)].iter().copied()),
                    ),
                    _ => drop(bytes.drain(at..bytes.len().min(at + next(20)))),
                }
                if bytes.is_empty() {
                    break;
                }
            }
            read_all([200, 400, 401, 403, 404, 409, 500][next(7)], &bytes);
        }
    }
}
