//! What the set-up wants to know of a gun: what exactly it sends, how fast, and how often it reads a label left lying. Pure.

use std::time::Duration;

use super::framing::{ETX, FRAME_BYTES_MAX, Framed, Framer};
use crate::order::code::Code;

/// Cuts what a gun sends into reads.
#[derive(Clone, Debug, Default)]
pub struct Trial {
    bytes: Vec<u8>,
    /// When the first bytes came, how many those were, and when the last came.
    came: Option<(Duration, usize, Duration)>,
}

/// One read, as a gun sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// All of it, terminators included.
    pub bytes: Vec<u8>,
    /// What ended it; empty where nothing did.
    pub terminator: Vec<u8>,
    /// The frame that a station makes of it; empty where it makes none.
    pub text: Box<str>,
    /// When its last byte came.
    pub at: Duration,
    /// From its first bytes to its last.
    pub span: Duration,
    /// How many bytes a second came in that span; none of what came at once.
    pub bytes_per_s: Option<u32>,
}

impl Trial {
    /// Takes bytes that came at `at`; gives the reads that are over.
    pub fn push(&mut self, at: Duration, bytes: &[u8]) -> Vec<Read> {
        let mut reads = Vec::new();
        for &byte in bytes {
            // CR and LF, or ETX and CR, are one end; so a read is over with the first byte of the next, or with a silence.
            let is_next = self.bytes.last().is_some_and(|last| is_end(*last)) && !is_end(byte);
            if is_next || self.bytes.len() == READ_BYTES_MAX {
                reads.extend(self.silence());
            }
            self.bytes.push(byte);
            let (first_at, first, _) = self.came.unwrap_or((at, 0, at));
            self.came = Some((first_at, first + usize::from(at == first_at), at));
        }
        reads
    }

    /// Nothing has come for a while: what came before is a read, ended or not.
    pub fn silence(&mut self) -> Option<Read> {
        let (first_at, first, at) = self.came.take()?;
        let bytes = std::mem::take(&mut self.bytes);
        let span = at.saturating_sub(first_at);
        let later = (bytes.len() - first) as f64 / span.as_secs_f64();
        let ends = bytes.iter().rev().take_while(|byte| is_end(**byte)).count();
        let found = Framer::default().push(&[&bytes[..], b"\r"].concat()).into_iter().next();
        Some(Read {
            terminator: bytes[bytes.len() - ends..].to_vec(),
            text: match found {
                Some(Framed::Frame(text)) => text,
                Some(Framed::Babbling) | None => Box::default(),
            },
            bytes,
            at,
            span,
            bytes_per_s: (!span.is_zero()).then_some(later as u32),
        })
    }
}

fn is_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | b'\t' | ETX)
}

/// A frame's most, and what stands around it.
const READ_BYTES_MAX: usize = FRAME_BYTES_MAX + 8;

/// What a read that is left lying is known by, as the station guards it: its cake, by whichever of its codes.
pub fn key(text: &str) -> String {
    Code::parse(text).canonical().unwrap_or_else(|| text.to_owned())
}

/// Measures how often a gun reads a label that is left lying under it.
#[derive(Clone, Debug, Default)]
pub struct Lying<K> {
    last: Option<(K, Duration)>,
    gaps: u32,
    longest: Duration,
}

impl<K: PartialEq> Lying<K> {
    /// Notes a read of what `key` names; how long after another of the same, if that was the last.
    pub fn note(&mut self, key: K, at: Duration) -> Option<Duration> {
        let last_at = self.last.take().filter(|(last, _)| *last == key).map(|(_, at)| at);
        self.last = Some((key, at));
        let gap = at.checked_sub(last_at?).filter(|gap| *gap < LYING_MAX)?;
        self.gaps += 1;
        self.longest = self.longest.max(gap);
        Some(gap)
    }

    /// Forgets what was read last: the gun was away.
    pub fn part(&mut self) {
        self.last = None;
    }

    /// The longest that it took to read the same again; none before it has been seen often enough to rest anything on it.
    pub fn longest(&self) -> Option<Duration> {
        (self.gaps >= GAPS_MIN).then_some(self.longest)
    }
}

/// The `repeat_guard` for guns that read a label left lying so often: half as long again, to a tenth of a second, and never
/// below `least`.
pub fn guard(longest: Duration, least: Duration) -> Duration {
    let tenths = (longest * 3 / 2).as_micros().div_ceil(100_000);
    Duration::from_millis(tenths as u64 * 100).max(least)
}

/// The same label after so long is a person's second scan (`workflow.md` 2: a question is open for 8 s, and the guard must
/// leave time to answer it).
const LYING_MAX: Duration = Duration::from_secs(5);

/// So many gaps, that a person who scans twice is not taken for a label left lying.
const GAPS_MIN: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn one(bytes: &[u8]) -> Read {
        let mut trial = Trial::default();
        assert_eq!(trial.push(ms(5), bytes), []);
        trial.silence().unwrap()
    }

    #[test]
    fn a_read_is_told_with_what_ended_it() {
        for (bytes, terminator, text) in [
            (&b"]C0#B18617\r"[..], &b"\r"[..], "]C0#B18617"),
            (b"#B18617\r\n", b"\r\n", "#B18617"),
            (b"\x02#B18617\x03\r", b"\x03\r", "#B18617"),
            (b"#B18617\t", b"\t", "#B18617"),
            (b"#B18617", b"", "#B18617"),
            (b"\xff\r", b"\r", "\u{fffd}"),
            (b"\r", b"\r", ""),
        ] {
            let read = one(bytes);
            assert_eq!((&read.bytes[..], &read.terminator[..], &*read.text), (bytes, terminator, text));
        }
    }

    #[test]
    fn reads_that_follow_each_other_are_told_apart_however_they_come() {
        let sent = b"#B1\r\n#B2\r\n#B3\r\n";
        for size in 1..=sent.len() {
            let mut trial = Trial::default();
            let mut reads: Vec<_> = sent.chunks(size).flat_map(|piece| trial.push(ms(1), piece)).collect();
            reads.extend(trial.silence());
            let texts: Vec<_> = reads.iter().map(|read| &*read.text).collect();
            assert_eq!(texts, ["#B1", "#B2", "#B3"]);
            assert!(reads.iter().all(|read| read.terminator == b"\r\n"));
            assert_eq!(trial.silence(), None);
        }
    }

    #[test]
    fn the_speed_is_that_of_what_came_after_the_first() {
        let mut trial = Trial::default();
        // 9600 baud: 960 bytes a second, in pieces of 4.
        for (nth, piece) in b"#B18617-0001\r".chunks(4).enumerate() {
            assert_eq!(trial.push(ms(100) + Duration::from_micros(4167) * nth as u32, piece), []);
        }
        let read = trial.silence().unwrap();
        assert_eq!(
            (read.at.saturating_sub(ms(100)), read.span),
            (Duration::from_micros(12_501), Duration::from_micros(12_501))
        );
        assert_eq!(read.bytes_per_s, Some(719), "9 bytes in 12.5 ms: the last piece was one byte");
        assert_eq!(one(b"#B18617\r").bytes_per_s, None);
    }

    #[test]
    fn what_never_ends_is_told_in_pieces() {
        let mut trial = Trial::default();
        let reads = trial.push(ms(1), &[b'x'; 10_000]);
        assert_eq!(reads.len(), 10_000 / READ_BYTES_MAX);
        assert!(reads.iter().all(|read| read.text.is_empty() && read.terminator.is_empty()));
    }

    #[test]
    fn a_label_left_lying_gives_the_longest_gap_between_its_reads() {
        let mut lying = Lying::default();
        let mut gaps = Vec::new();
        for at in [0, 700, 1_300, 2_100, 2_800] {
            assert_eq!(lying.longest(), (gaps.len() >= 3).then_some(ms(800)));
            gaps.extend(lying.note("#B1", ms(at)));
        }
        assert_eq!(gaps, [700, 600, 800, 700].map(ms));
        assert_eq!(lying.longest(), Some(ms(800)));
    }

    #[test]
    fn another_code_a_person_or_an_unplug_is_no_gap() {
        let mut lying = Lying::default();
        for (key, at) in [("#B1", 0), ("#B2", 100), ("#B1", 200), ("#B1", 5_200)] {
            assert_eq!(lying.note(key, ms(at)), None, "{key} at {at}");
        }
        lying.part();
        assert_eq!(lying.note("#B1", ms(5_300)), None);
        assert_eq!(lying.note("#B1", ms(5_200)), None, "a clock that went back");
        assert_eq!(lying.longest(), None);
    }

    #[test]
    fn the_guard_stands_above_the_longest_gap() {
        let least = ms(2_000);
        for (longest, wanted) in [(0, 2_000), (1_333, 2_000), (1_334, 2_100), (2_000, 3_000), (4_999, 7_500)]
        {
            assert_eq!(guard(ms(longest), least), ms(wanted), "{longest}");
        }
    }
}
