//! What a printer may say, and what must hold of it whatever it says: for the fuzz targets, and in no other build.

use super::language::Language;
use super::language::escpos::{Answer, answer, automatic_fault, is_low, state};

/// Reads bytes of a printer; a panic says what does not hold. The first byte says how they arrive.
pub fn status(bytes: &[u8]) {
    let Some((step, said)) = bytes.split_first() else { return };
    for language in Language::ALL {
        let hear = |step: usize| {
            let mut talk = language.talk(None);
            assert!(talk.question().is_some());
            said.chunks(step).flat_map(|part| talk.hear(part)).collect::<Vec<_>>()
        };
        assert_eq!(hear(usize::from(*step).max(1)), hear(said.len().max(1)), "{language} cut otherwise");
    }
    let (answers, left) = answers(said, said.len().max(1));
    assert_eq!(self::answers(said, usize::from(*step).max(1)), (answers.clone(), left), "cut otherwise");
    assert!(left < END_OF_JOB_BYTES, "{left} bytes wait for more");
    let mut statuses = Vec::new();
    for answer in answers {
        match answer {
            Answer::Status(status) => statuses.push(status),
            Answer::Automatic(status) => drop(automatic_fault(status)),
            Answer::Ended(_) | Answer::Nonsense => {}
        }
    }
    for round in statuses.windows(4) {
        let round = [round[0], round[1], round[2], round[3]];
        let is_faulty = round.iter().zip(FAULTS).any(|(status, bits)| status & bits != 0);
        assert_eq!(state(round).is_err(), is_faulty, "{round:x?}");
        assert!(!is_low(round) || round[3] & 0x0c != 0);
    }
}

/// The answers in bytes that arrive so many at a time, and how many bytes are left over.
fn answers(said: &[u8], step: usize) -> (Vec<Answer>, usize) {
    let (mut unread, mut answers) = (Vec::new(), Vec::new());
    for part in said.chunks(step) {
        unread.extend_from_slice(part);
        while let Some((answer, taken)) = answer(&unread) {
            assert!((1..=unread.len()).contains(&taken), "{taken} of {} bytes", unread.len());
            unread.drain(..taken);
            answers.push(answer);
        }
    }
    (answers, unread.len())
}

/// `37 22`, four bytes of mark, `00` (Epson's reference of `GS ( H`).
const END_OF_JOB_BYTES: usize = 7;

/// The bits that are faults in the answers to the four questions (Epson's reference of `DLE EOT`).
const FAULTS: [u8; 4] = [0x08, 0x64, 0x6c, 0x60];
