//! Guns that type, where their keys reach only the window in front: tells a gun's burst from a person's typing. Pure.

use std::time::Duration;

use crate::scanner::framing::FRAME_BYTES_MAX;

/// Finds frames in a stream of keys. Time never ends a frame, as a busy screen hears keys late and all at once: only
/// Enter or Tab does, and time then says who typed.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    typed: String,
    gaps: Vec<Duration>,
    last_at: Option<Duration>,
    is_overlong: bool,
}

impl Decoder {
    /// Takes one key that arrived at `at`, counted from any fixed moment; gives a frame when `key` is the Enter or Tab
    /// that ends a burst. Enter is CR or LF.
    pub fn key(&mut self, at: Duration, key: char) -> Option<Box<str>> {
        let gap = self.last_at.replace(at).map(|last| at.saturating_sub(last));
        if gap.is_some_and(|gap| gap >= LULL) {
            self.clear();
        }
        if matches!(key, '\r' | '\n' | '\t') {
            let text = self.is_burst().then(|| self.typed.as_str().into());
            self.clear();
            return text;
        }
        if key.is_control() || self.is_overlong {
            return None;
        }
        if self.typed.len() + key.len_utf8() > FRAME_BYTES_MAX {
            self.clear();
            self.is_overlong = true;
            return None;
        }
        if !self.typed.is_empty() {
            self.gaps.extend(gap);
        }
        self.typed.push(key);
        None
    }

    fn is_burst(&mut self) -> bool {
        self.gaps.sort_unstable();
        self.gaps.len() + 1 >= BURST_CHARACTERS_MIN && self.gaps[self.gaps.len() / 2] <= GAP_MEDIAN_MAX
    }

    fn clear(&mut self) {
        self.typed.clear();
        self.gaps.clear();
        self.is_overlong = false;
    }
}

/// Measured (`findings.md`, Scanners): guns type 1 to 20 ms apart and people hardly ever below 50.
const GAP_MEDIAN_MAX: Duration = Duration::from_millis(35);

/// The shortest code is a bare number of 4 digits (`contract.md` 6).
const BURST_CHARACTERS_MIN: usize = 4;

/// What was typed and never ended is forgotten after it. A program that hears no key for so long has been restarted
/// (`reliability.md` I17), so it never falls inside a burst: half a code is never taken for a whole one.
const LULL: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    struct Typist {
        decoder: Decoder,
        now: Duration,
    }

    impl Typist {
        fn new() -> Self {
            Self { decoder: Decoder::default(), now: Duration::ZERO }
        }

        fn types(&mut self, text: &str, gap_ms: u64) -> Vec<Box<str>> {
            let mut found = Vec::new();
            for key in text.chars() {
                self.now += Duration::from_millis(gap_ms);
                found.extend(self.decoder.key(self.now, key));
            }
            found
        }
    }

    #[test]
    fn a_burst_ended_by_enter_or_tab_is_a_frame() {
        let mut gun = Typist::new();
        // xdotool types 12 ms apart.
        assert_eq!(
            gun.types("#B18617\r£B18617\t1861\n", 12),
            ["#B18617".into(), "£B18617".into(), "1861".into()]
        );
        assert_eq!(gun.types("#B18617\r", 0), ["#B18617".into()], "all at once after a stall");
        assert_eq!(gun.types("#B18617\r", 35), ["#B18617".into()]);
    }

    #[test]
    fn a_person_or_a_short_burst_is_none() {
        let mut person = Typist::new();
        assert_eq!(person.types("#B18617\r", 120), Vec::<Box<str>>::new());
        assert_eq!(person.types("#B18617\r", 36), Vec::<Box<str>>::new());
        assert_eq!(person.types("186\r\r\r", 5), Vec::<Box<str>>::new());
    }

    #[test]
    fn a_stall_inside_a_burst_neither_splits_nor_ends_it() {
        let mut gun = Typist::new();
        assert_eq!(gun.types("#B1", 12), Vec::<Box<str>>::new());
        gun.now += Duration::from_secs(9);
        assert_eq!(gun.types("8617\r", 12), ["#B18617".into()]);
    }

    #[test]
    fn what_was_never_ended_is_forgotten() {
        let mut hands = Typist::new();
        assert_eq!(hands.types("ab", 150), Vec::<Box<str>>::new());
        hands.now += LULL;
        assert_eq!(hands.types("#B18617\r", 12), ["#B18617".into()]);
    }

    #[test]
    fn too_much_without_an_end_is_dropped_whole() {
        let mut gun = Typist::new();
        assert_eq!(gun.types(&"7".repeat(100_000), 1), Vec::<Box<str>>::new());
        assert!(gun.decoder.typed.capacity() <= 1024 && gun.decoder.gaps.len() <= 512);
        assert_eq!(gun.types("8617\r", 1), Vec::<Box<str>>::new());
        assert_eq!(gun.types("8617\r", 1), ["8617".into()]);
    }
}
