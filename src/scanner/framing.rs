//! Bytes of a serial gun → frames. Pure: knows no port and no time.

/// Cuts a stream of bytes into frames. A frame ends with CR, LF, TAB or ETX, whichever the gun is set to; STX begins one.
#[derive(Clone, Debug, Default)]
pub struct Framer {
    frame: Vec<u8>,
    is_skipping: bool,
    /// The gun has paused since the frame's last byte.
    is_torn: bool,
}

/// What a stream of bytes held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Framed {
    /// The text between two terminators, as read; never empty. Bytes that are not UTF-8 became U+FFFD.
    Frame(Box<str>),
    /// More bytes than a frame may have came without a terminator; all up to the next one are skipped.
    Babbling,
}

impl Framer {
    /// Takes the next bytes and gives what they completed, in order. What is incomplete waits for more; it never
    /// takes more than [`FRAME_BYTES_MAX`] of memory.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Framed> {
        let mut found = Vec::new();
        for &byte in bytes {
            match byte {
                b'\r' | b'\n' | b'\t' | ETX => found.extend(self.end()),
                // A start mark after a fragment means that the rest of the fragment is lost.
                STX => self.clear(),
                _ if self.is_skipping => {}
                // A break on the line, such as plugging in makes, reads as NUL.
                0 if self.frame.is_empty() => {}
                _ if self.frame.len() + usize::from(self.is_torn) < FRAME_BYTES_MAX => {
                    self.frame.extend(std::mem::take(&mut self.is_torn).then_some(TEAR));
                    self.frame.push(byte);
                }
                _ => {
                    self.spoil();
                    found.push(Framed::Babbling);
                }
            }
        }
        found
    }

    /// Drops all up to the next terminator: bytes were lost here, and half a code is never taken for a whole one.
    pub fn spoil(&mut self) {
        self.clear();
        self.is_skipping = true;
    }

    /// The gun pauses, longer than any does inside a code. Whether it is in the middle of one: what comes before the end of that
    /// is then of another, and the two are told as a frame that is no code.
    pub fn pause(&mut self) -> bool {
        self.is_torn = !self.frame.is_empty();
        self.is_torn
    }

    fn end(&mut self) -> Option<Framed> {
        // CRLF ends twice; the second end has nothing before it.
        let text = (!self.frame.is_empty()).then(|| String::from_utf8_lossy(&self.frame).into());
        self.clear();
        text.map(Framed::Frame)
    }

    fn clear(&mut self) {
        self.frame.clear();
        self.is_skipping = false;
        self.is_torn = false;
    }
}

/// No code of `contract.md` 6 comes near it: a Code 128 of a label has 10 characters, a QR that a docket has room for
/// (version 10, level M, ISO/IEC 18004 table 7) 213 bytes.
pub const FRAME_BYTES_MAX: usize = 512;

/// In no UTF-8, so that it is told as U+FFFD.
const TEAR: u8 = 0xff;

const STX: u8 = 0x02;
pub(super) const ETX: u8 = 0x03;

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(bytes: &[u8]) -> Vec<Framed> {
        Framer::default().push(bytes)
    }

    fn frame(text: &str) -> Framed {
        Framed::Frame(text.into())
    }

    #[test]
    fn every_terminator_ends_a_frame() {
        for bytes in ["#B1\r#B2\r", "#B1\n#B2\n", "#B1\r\n#B2\r\n", "#B1\t#B2\t", "\x02#B1\x03\x02#B2\x03"] {
            assert_eq!(frames(bytes.as_bytes()), [frame("#B1"), frame("#B2")], "{bytes:?}");
        }
    }

    #[test]
    fn what_is_empty_or_incomplete_is_nothing() {
        assert_eq!(frames(b"\r\n\t\x02\x03\0\0\r\n"), []);
        assert_eq!(frames(b"#B18617"), []);
    }

    #[test]
    fn a_start_mark_drops_the_fragment_before_it() {
        assert_eq!(frames(b"#B25\x02#B18617\x03"), [frame("#B18617")]);
    }

    #[test]
    fn a_frame_stays_as_read() {
        assert_eq!(frames(b" ]C0#b18617 \r"), [frame(" ]C0#b18617 ")]);
        assert_eq!(frames(b"\0\0a\0b\x1d\x7f\xff\xc3\r"), [frame("a\0b\x1d\x7f\u{fffd}\u{fffd}")]);
        assert_eq!(frames("\u{a3}B18617\r".as_bytes()), [frame("\u{a3}B18617")]);
    }

    #[test]
    fn the_longest_frame_is_taken_and_a_longer_one_told_once() {
        let longest = "7".repeat(FRAME_BYTES_MAX);
        assert_eq!(frames(format!("{longest}\r").as_bytes()), [frame(&longest)]);
        assert_eq!(
            frames(format!("{longest}7\r#B18617\r").as_bytes()),
            [Framed::Babbling, frame("#B18617")],
            "nothing of what was skipped may reach the next frame"
        );
    }

    #[test]
    fn where_bytes_were_lost_the_frame_is_dropped_whole() {
        let mut framer = Framer::default();
        assert_eq!(framer.push(b"#B1"), []);
        framer.spoil();
        assert_eq!(framer.push(b"8617\r#B18617\r"), [frame("#B18617")]);
    }

    #[test]
    fn what_comes_after_a_pause_makes_no_code_with_what_came_before() {
        let mut framer = Framer::default();
        assert!(!framer.pause());
        assert_eq!(framer.push(b"18"), []);
        assert!(framer.pause() && framer.pause());
        assert_eq!(framer.push(b"25771\r25772\r"), [frame("18\u{fffd}25771"), frame("25772")]);
        framer.push(b"#B18617");
        assert!(framer.pause());
        assert_eq!(
            framer.push(b"\r#B1\r"),
            [frame("#B18617"), frame("#B1")],
            "an end that is late makes nothing shorter"
        );
        framer.push(&[b'7'; FRAME_BYTES_MAX - 1]);
        framer.pause();
        assert_eq!(framer.push(b"7"), [Framed::Babbling]);
        assert!(!framer.pause());
        assert_eq!(framer.push(b"7\r#B2\r"), [frame("#B2")]);
    }

    #[test]
    fn a_megabyte_without_a_terminator_is_told_once_and_takes_no_room() {
        let mut framer = Framer::default();
        let mut told = Vec::new();
        for _ in 0..1024 {
            told.extend(framer.push(&[b'x'; 1024]));
            assert!(framer.frame.capacity() <= 2 * FRAME_BYTES_MAX);
        }
        assert_eq!(told, [Framed::Babbling]);
        assert_eq!(framer.push(b"\r#B18617\r"), [frame("#B18617")]);
    }

    #[test]
    fn split_anywhere_the_frames_are_the_same() {
        let mut dice = Dice(0x5eed);
        for round in 0..2_000 {
            let length = if round % 10 == 0 { 3_000 } else { dice.below(80) };
            let bytes: Vec<u8> = (0..length).map(|_| dice.byte(round % 2 == 0)).collect();
            let mut framer = Framer::default();
            let (mut rest, mut split) = (bytes.as_slice(), Vec::new());
            while !rest.is_empty() {
                let (now, later) = rest.split_at(dice.below(rest.len().min(40)) + 1);
                split.extend(framer.push(now));
                rest = later;
            }
            assert_eq!(split, frames(&bytes), "round {round}: {bytes:?}");
            for found in split {
                let Framed::Frame(text) = found else { continue };
                assert!(!text.is_empty() && !text.contains(['\r', '\n', '\t', '\x02', '\x03']));
                assert!(text.chars().count() <= FRAME_BYTES_MAX);
            }
        }
    }

    struct Dice(u64);

    impl Dice {
        fn below(&mut self, bound: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % bound
        }

        fn byte(&mut self, is_rich_in_marks: bool) -> u8 {
            const MARKS: &[u8] = b"\r\n\t\x02\x03\0\xffA";
            if is_rich_in_marks && self.below(4) == 0 {
                return MARKS[self.below(MARKS.len())];
            }
            match self.below(256) as u8 {
                b'\r' | b'\n' | b'\t' if !is_rich_in_marks => b'#',
                byte => byte,
            }
        }
    }
}
