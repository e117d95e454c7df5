//! What a gun read: the same code in any case and with blanks around it, and what is written of a code reads back as it.

use ordak_station::order::code::{Code, label_payload};

pub fn fuzz(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let code = Code::parse(&text);
    // What blanks make too long is another matter.
    if text.len() < SHORT_BYTES {
        assert_eq!(Code::parse(&format!(" \t{text}\r")), code);
    }
    assert_eq!(Code::parse(&text.to_ascii_lowercase()), code);
    match code {
        Code::Cake { id, copy } => {
            let named = Code::Cake { id, copy: None };
            assert_eq!(code.canonical().as_deref().map(Code::parse), Some(named.clone()));
            assert_eq!(Code::parse(&id.to_string()), named);
            let copy = copy.unwrap_or(1);
            assert_eq!(Code::parse(&label_payload(id, copy)), Code::Cake { id, copy: Some(copy) });
        }
        Code::Number(number) => assert_eq!(Code::parse(&number.to_string()), code),
        Code::Pick(nth) => assert!((1..=9).contains(&nth)),
        Code::Badge | Code::Command | Code::Product | Code::Unreadable => assert_eq!(code.canonical(), None),
    }
}

const SHORT_BYTES: usize = 4000;
