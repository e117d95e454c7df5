//! What of a customer's text can be set at all.

/// Text as it can be set on one line: no control characters, none that turn the direction of what follows them, and
/// each run of white space one space.
pub(super) fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for char in text.trim().chars() {
        match char {
            // Directional marks, embeddings, overrides and isolates (UAX 9, 2), the byte order mark, and skin tones of
            // emoji (UTS 51, 1.4.4), which one colour of ink does not have.
            '\u{200e}'
            | '\u{200f}'
            | '\u{061c}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
            | '\u{1f3fb}'..='\u{1f3ff}' => {}
            char if char.is_whitespace() => {
                if !clean.ends_with(' ') {
                    clean.push(' ');
                }
            }
            char if char.is_control() => {}
            char => clean.push(char),
        }
    }
    clean
}

/// At most `chars_max` characters of `text`, and whether that is less than all.
pub(super) fn clip(text: &str, chars_max: usize) -> (&str, bool) {
    match text.char_indices().nth(chars_max) {
        Some((end, _)) => (&text[..end], true),
        None => (text, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_direction_characters_are_no_text() {
        assert_eq!(clean(" a\r\n\tb\u{202e}c\u{0}\u{7f}\u{85}\u{2029}d\u{feff} "), "a bc d");
        assert_eq!(clean("👩🏽‍🍳"), "👩‍🍳");
        assert_eq!(clean("\u{7}\n"), "");
    }
}
