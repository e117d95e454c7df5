//! Key events as guns of several makes and settings send them, in the form of `evemu-record`. They are made from the reports of
//! a USB keyboard by the rules of Linux's hid-input, with a program that shares nothing with the decoder; a recording of a
//! gun of your own can stand beside them.

use super::*;

/// What a recording types, `!` where something was lost.
fn typed(recording: &str) -> String {
    let mut wedge = Wedge::default();
    events(recording).filter_map(|event| wedge.event(event)).map(letter).collect()
}

fn letter(stroke: Stroke) -> char {
    match stroke {
        Stroke::Char(letter) => letter,
        Stroke::Lost => '!',
    }
}

/// `E: 1.234567 0001 002a 1`.
fn events(recording: &str) -> impl Iterator<Item = Event> {
    recording.lines().filter_map(|line| line.strip_prefix("E: ")).map(|line| {
        let words: Vec<_> = line.split(' ').collect();
        let [at, kind, code, value] = words[..] else { panic!("no event: {line}") };
        let (seconds, micros) = at.split_once('.').unwrap();
        let hex = |word| u16::from_str_radix(word, 16).unwrap();
        Event {
            at: Duration::from_secs(seconds.parse().unwrap())
                + Duration::from_micros(micros.parse().unwrap()),
            kind: hex(kind),
            code: hex(code),
            value: value.parse().unwrap(),
        }
    })
}

/// Keys down and up again, 1 ms apart.
fn keys(codes: &[u16]) -> Vec<Event> {
    let both = codes.iter().flat_map(|code| [(*code, 1), (*code, 0)]);
    let at = (1..).map(Duration::from_millis);
    both.zip(at).map(|((code, value), at)| Event { at, kind: EV_KEY, code, value }).collect()
}

#[test]
fn a_key_and_its_shift_go_up_together() {
    assert_eq!(typed(include_str!("tests/each-released.events")), "#B18617\r]C0#B25771-A\r");
}

#[test]
fn keys_follow_each_other_with_none_up_between() {
    assert_eq!(typed(include_str!("tests/rolled-over.events")), "%CMD:UNDO\t#F25649-11\t");
}

#[test]
fn caps_lock_changes_nothing() {
    assert_eq!(typed(include_str!("tests/caps-lock.events")), "#b18617\r");
}

#[test]
fn the_keypad_types_digits_whatever_num_lock_does() {
    assert_eq!(typed(include_str!("tests/keypad.events")), "25771-9.\r");
}

#[test]
fn characters_come_by_their_numbers_too() {
    assert_eq!(
        typed(include_str!("tests/alt-codes.events")),
        "#B18617\r#B1£\u{fffd}\u{fffd}\u{fffd}\r",
        "what is no character stays in sight: a code is never shortened into another"
    );
}

#[test]
fn control_characters_come_with_ctrl() {
    assert_eq!(
        typed(include_str!("tests/control-characters.events")),
        "\x02#B18617\x1d\x1ex\x03#B2\r#B3\n#B4\t\u{fffd}\r"
    );
}

#[test]
fn every_key_that_types_has_its_letter() {
    let rows: [(std::ops::RangeInclusive<u16>, &str, &str); 5] = [
        (2..=13, "1234567890-=", "!@#$%^&*()_+"),
        (16..=27, "qwertyuiop[]", "QWERTYUIOP{}"),
        (30..=41, "asdfghjkl;'`", "ASDFGHJKL:\"~"),
        (43..=53, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
        (71..=83, "789-456+1230.", "789-456+1230."),
    ];
    let mut known = vec![15, 28, 55, 57, 96, 98, 117, 121];
    for (codes, plain, shifted) in rows {
        let pairs: Vec<_> = codes.clone().map(|code| letters(code).unwrap()).collect();
        assert_eq!(pairs.iter().map(|(plain, _)| *plain).collect::<String>(), plain);
        assert_eq!(pairs.iter().map(|(_, shifted)| *shifted).collect::<String>(), shifted);
        known.extend(codes);
    }
    assert!((0..0x300).all(|code| known.contains(&code) == letters(code).is_some()));
}

#[test]
fn a_key_that_seems_to_be_held_types_once() {
    let mut wedge = Wedge::default();
    let held = [1, 2, 2, 0].map(|value| Event { at: Duration::ZERO, kind: EV_KEY, code: 48, value });
    assert_eq!(held.into_iter().filter_map(|event| wedge.event(event)).map(letter).collect::<String>(), "b");
}

#[test]
fn where_the_kernel_lost_keys_it_is_told_and_no_shift_stays_down() {
    let mut wedge = Wedge::default();
    let event = |kind, code, value| Event { at: Duration::ZERO, kind, code, value };
    let sent = [
        event(EV_KEY, 42, 1),
        event(EV_KEY, 4, 1),
        event(EV_SYN, SYN_DROPPED, 0),
        event(EV_KEY, 48, 1),
        event(EV_SYN, SYN_REPORT, 0),
        event(EV_KEY, 48, 1),
        event(EV_KEY, KEY_ENTER, 1),
    ];
    assert_eq!(
        sent.into_iter().filter_map(|event| wedge.event(event)).map(letter).collect::<String>(),
        "#!b\r"
    );
}

#[test]
fn what_was_never_ended_makes_no_code_with_what_comes_later() {
    let mut wedge = Wedge::default();
    let mut types = |events: Vec<Event>, later: Duration| -> String {
        let events = events.into_iter().map(|event| Event { at: event.at + later, ..event });
        events.filter_map(|event| wedge.event(event)).map(letter).collect()
    };
    // 1, 8 | 6, 1, 7, Enter: two codes of which the first has lost its end, or one with a clock that jumped.
    assert_eq!(types(keys(&[2, 9]), Duration::ZERO), "18");
    assert_eq!(types(keys(&[7, 2, 8, 28]), LULL + Duration::from_millis(3)), "\u{fffd}17\r");
    assert_eq!(types(keys(&[7, 28]), 9 * LULL), "6\r", "a code of its own may come as late as it likes");
    assert_eq!(types(keys(&[7]), 10 * LULL), "6");
    assert_eq!(types(keys(&[28]), 12 * LULL), "\r", "an end that is late makes nothing shorter");
}

#[test]
fn any_events_do_no_harm() {
    let mut wedge = Wedge::default();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..200_000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let [kind, code, value, high, at @ ..] = state.to_le_bytes();
        // Mostly keys that are known, and modifiers among them often.
        let code = if high < 0xf0 { u16::from(code & 0x7f) } else { u16::from_le_bytes([code, high]) };
        wedge.event(Event {
            at: Duration::from_secs(u32::from_le_bytes(at).into()),
            kind: u16::from(kind & 3) & 1,
            code,
            value: i32::from(value & 3),
        });
    }
}
