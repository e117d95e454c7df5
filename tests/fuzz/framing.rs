//! Bytes of a gun: the same frames however they arrive, each with text and without marks, none longer than a frame may be.

use ordak_station::scanner::framing::{FRAME_BYTES_MAX, Framed, Framer};

/// The first byte says how many bytes arrive at a time.
pub fn fuzz(bytes: &[u8]) {
    let Some((step, sent)) = bytes.split_first() else { return };
    let whole = Framer::default().push(sent);
    let mut framer = Framer::default();
    let parts: Vec<Framed> =
        sent.chunks(usize::from(*step).max(1)).flat_map(|part| framer.push(part)).collect();
    assert_eq!(parts, whole);
    for found in whole {
        let Framed::Frame(text) = found else { continue };
        assert!(!text.is_empty() && !text.contains(['\r', '\n', '\t', '\x02', '\x03']), "{text:?}");
        assert!(text.chars().count() <= FRAME_BYTES_MAX, "{} characters", text.chars().count());
    }
}

/// The search's own test: a frame that begins with these four bytes, of four milliard beginnings.
pub fn planted(bytes: &[u8]) {
    for found in Framer::default().push(bytes) {
        let Framed::Frame(text) = found else { continue };
        assert!(!matches!(text.as_bytes(), [b'#', b'F', b'2', b'5', ..]), "found");
    }
}
