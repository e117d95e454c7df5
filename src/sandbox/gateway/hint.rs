//! What somebody may have meant: PostgREST's advice for a name that is not there.

use std::collections::BTreeSet;

/// The name most like `wanted`, if any is like it at all: it shares two neighbouring signs and is a third the same.
pub(super) fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let sought = plain(wanted);
    let pairs = pairs_of(&sought);
    let scored = names.filter_map(|name| {
        let known = plain(name);
        let is_kin = !pairs.is_disjoint(&pairs_of(&known));
        is_kin.then(|| (strsim::normalized_levenshtein(&sought, &known), name))
    });
    let best = scored.max_by(|one, other| one.0.total_cmp(&other.0).then_with(|| other.1.cmp(one.1)));
    best.filter(|(score, _)| *score >= SCORE_MIN).map(|(_, name)| name)
}

/// Letters and digits only, and what separates a list.
fn plain(name: &str) -> String {
    name.to_lowercase().chars().filter(|sign| sign.is_alphanumeric() || ", ".contains(*sign)).collect()
}

fn pairs_of(name: &str) -> BTreeSet<(char, char)> {
    let signs = format!("-{name}-");
    signs.chars().zip(signs.chars().skip(1)).collect()
}

/// As the library that PostgREST uses (fuzzyset) has it.
const SCORE_MIN: f64 = 0.33;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name_and_a_stranger_none() {
        let names = ["get_queue", "get_settings", "complete_filling"];
        for (wanted, expected) in [
            ("get_queues", Some("get_queue")),
            ("Complete_Fillin", Some("complete_filling")),
            ("unheard_of", None),
            ("", None),
        ] {
            assert_eq!(nearest(wanted, names.into_iter()), expected, "{wanted}");
        }
        let signatures = ["(id, performed_by)", "(store)"];
        assert_eq!(nearest("(stores)", signatures.into_iter()), Some("(store)"));
    }
}
