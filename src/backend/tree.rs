//! What JSON comes to in memory, told before it is read: a list of empty objects takes a hundred times its text.

/// Bytes that the values of a text take at most, as a tree of [`serde_json::Value`]; the text's own letters apart. That of two
/// pieces of a text is the sum of theirs.
pub fn bytes_at_most(text: &[u8]) -> usize {
    let of = |byte: &u8| match byte {
        b'{' => OBJECT_BYTES,
        b'[' | b',' => VALUE_BYTES,
        _ => 0,
    };
    text.iter().map(of).sum()
}

/// A node of a `BTreeMap<String, Value>` has room for 11 pairs of 56 bytes, however few it holds.
const OBJECT_BYTES: usize = 704;

/// 32 bytes, three times over in a list that grows; or a key and a value in nodes that are half full, and the key's own text.
const VALUE_BYTES: usize = 192;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_as_heavy_as_its_pieces() {
        assert_eq!(bytes_at_most(b"7"), 0);
        assert_eq!(bytes_at_most(br#"[{"":0},1]"#), OBJECT_BYTES + 2 * VALUE_BYTES);
        let text = br#"[{"a":[],"b":{}},"x"]"#;
        for at in 0..text.len() {
            assert_eq!(bytes_at_most(text), bytes_at_most(&text[..at]) + bytes_at_most(&text[at..]));
        }
    }
}
