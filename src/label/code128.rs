//! Code 128 (ISO/IEC 15417) of printable ASCII, with the fewest symbols that code sets B and C can give.

/// The bars and spaces of `text`, a bar first, in modules; none when it holds anything but printable ASCII.
pub(super) fn widths(text: &str) -> Option<Vec<u8>> {
    let values = symbols(text)?;
    let patterns = values.iter().map(|&value| PATTERNS[usize::from(value)]);
    Some(patterns.chain([STOP]).flat_map(|pattern| pattern.bytes().map(|digit| digit - b'0')).collect())
}

/// How many modules `text` takes with a quiet zone on either side; 0 when it has no code.
pub(super) fn modules(text: &str) -> u32 {
    widths(text)
        .map_or(0, |widths| widths.iter().map(|&width| u32::from(width)).sum::<u32>() + 2 * QUIET_MODULES)
}

/// Start, data and check symbols. Walks from the end: at each place, the fewest symbols that the rest takes in B
/// and in C.
fn symbols(text: &str) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    if bytes.is_empty() || !bytes.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        return None;
    }
    let is_pair = |at: usize| at + 1 < bytes.len() && bytes[at..at + 2].iter().all(u8::is_ascii_digit);
    let mut cost = vec![[0_usize; 2]; bytes.len() + 2];
    cost[bytes.len() + 1] = [usize::MAX / 2; 2];
    for at in (0..bytes.len()).rev() {
        let in_b = cost[at + 1][B] + 1;
        let in_c = if is_pair(at) { cost[at + 2][C] + 1 } else { usize::MAX / 2 };
        cost[at] = [in_b.min(in_c + 1), in_c.min(in_b + 1)];
    }
    let mut set = if cost[0][C] < cost[0][B] { C } else { B };
    let mut values = vec![if set == B { START_B } else { START_C }];
    let mut at = 0;
    while at < bytes.len() {
        if set == B && cost[at][B] == cost[at + 1][B] + 1 {
            values.push(bytes[at] - b' ');
            at += 1;
        } else if set == C && is_pair(at) && cost[at][C] == cost[at + 2][C] + 1 {
            values.push((bytes[at] - b'0') * 10 + bytes[at + 1] - b'0');
            at += 2;
        } else {
            values.push(if set == B { CODE_C } else { CODE_B });
            set = 1 - set;
        }
    }
    let weighted = values.iter().enumerate().map(|(place, &value)| place.max(1) * usize::from(value));
    values.push((weighted.sum::<usize>() % 103) as u8);
    Some(values)
}

/// Quiet zone either side, in modules (ISO/IEC 15417, 4.4).
pub(super) const QUIET_MODULES: u32 = 10;

const B: usize = 0;
const C: usize = 1;
const CODE_C: u8 = 99;
const CODE_B: u8 = 100;
const START_B: u8 = 104;
const START_C: u8 = 105;
const STOP: &str = "2331112";

/// Widths of bars and spaces by symbol value (ISO/IEC 15417, table 1).
const PATTERNS: [&str; 106] = [
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213",
    "221312", "231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132",
    "221231", "213212", "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211",
    "212123", "212321", "232121", "111323", "131123", "131321", "112313", "132113", "132311", "211313",
    "231113", "231311", "112133", "112331", "132131", "113123", "113321", "133121", "313121", "211331",
    "231131", "213113", "213311", "213131", "311123", "311321", "331121", "312113", "312311", "332111",
    "314111", "221411", "431111", "111224", "111422", "121124", "121421", "141122", "141221", "112214",
    "112412", "122114", "122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111",
    "111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112", "421211", "212141",
    "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311", "113141",
    "114131", "311141", "411131", "211412", "211214", "211232",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Every way to switch between B and C, by trial.
    fn fewest_by_trial(digits: &[u8], set: usize) -> usize {
        let Some((first, rest)) = digits.split_first() else { return 0 };
        let in_b = 1 + fewest_by_trial(rest, B) + usize::from(set == C);
        match rest.split_first() {
            Some((second, after)) if first.is_ascii_digit() && second.is_ascii_digit() => {
                in_b.min(1 + fewest_by_trial(after, C) + usize::from(set == B))
            }
            _ => in_b,
        }
    }

    #[test]
    fn no_other_way_of_switching_is_shorter() {
        for text in [
            "#B18617",
            "#B25771-A",
            "#F1234-11",
            "1",
            "12",
            "123",
            "1234",
            "a1",
            "12a3456b7",
            "#B4294967295-99",
        ] {
            let fewest = fewest_by_trial(text.as_bytes(), B).min(fewest_by_trial(text.as_bytes(), C));
            assert_eq!(symbols(text).unwrap().len(), fewest + 2, "{text}");
        }
    }

    #[test]
    fn a_cakes_code_takes_the_modules_that_were_measured() {
        // findings.md: 101 without, and 154 with quiet zones.
        assert_eq!(modules("#B18617") - 2 * QUIET_MODULES, 101);
        assert_eq!(modules("#B25771-A"), 154);
    }

    #[test]
    fn every_symbol_is_eleven_modules_wide_and_differs_from_the_others() {
        let mut seen = std::collections::BTreeSet::new();
        for pattern in PATTERNS {
            assert_eq!(pattern.bytes().map(|digit| digit - b'0').sum::<u8>(), 11, "{pattern}");
            assert!(seen.insert(pattern), "{pattern}");
        }
    }

    #[test]
    fn what_code_128_cannot_say_has_no_code() {
        for text in ["", "£", "a\n", "\u{7f}"] {
            assert_eq!(widths(text), None, "{text:?}");
        }
    }
}
