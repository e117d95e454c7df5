//! Search as you type: what was typed against one order at a time. It allocates nothing for an order and looks at a
//! bounded part of it, so that a key costs a few milliseconds among 20,000 orders.

use std::fmt::Write;
use std::sync::Arc;

use crate::order::{Order, OrderId};

/// What was typed, ready to be compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    words: Vec<Word>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    /// Small letters without accents.
    text: String,
    /// As it would stand in a cake's number, where it has a digit: `b25771a`.
    number: Option<String>,
}

/// How well an order answers; the better one is less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Its number does.
    Number,
    /// Its texts do.
    Text,
}

impl Query {
    /// Every word must be found; words past the bound do not count.
    pub fn new(typed: &str) -> Self {
        Self { words: typed.split_whitespace().take(WORDS_MAX).map(Word::new).collect() }
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether all that answers to it had answered before its last letter was typed: not a number, whose first digit makes a word
    /// of text one of both.
    pub fn only_narrows(&self) -> bool {
        self.words.iter().all(|word| word.number.is_none())
    }

    /// Those of `orders` that answer, numbers first, otherwise in their order.
    pub fn among(&self, orders: &[Arc<Order>]) -> Arc<[Arc<Order>]> {
        let (mut numbers, mut texts) = (Vec::new(), Vec::new());
        for order in orders {
            match self.rank(order) {
                Some(Rank::Number) => numbers.push(Arc::clone(order)),
                Some(Rank::Text) => texts.push(Arc::clone(order)),
                None => {}
            }
        }
        numbers.append(&mut texts);
        numbers.into()
    }

    /// How `order` answers, if it does.
    pub fn rank(&self, order: &Order) -> Option<Rank> {
        let number = Number::of(order.id);
        let mut best = Rank::Text;
        for word in &self.words {
            if word.number.as_ref().is_some_and(|typed| number.holds(typed)) {
                best = Rank::Number;
            } else {
                let texts = [&*order.product, &order.customer, &order.flavour, &order.size];
                texts.into_iter().find(|text| holds(text, &word.text))?;
            }
        }
        Some(best)
    }
}

impl Word {
    fn new(typed: &str) -> Self {
        let text: String = typed.chars().flat_map(folded).take(WORD_LETTERS_MAX).collect();
        let number = text.contains(|letter: char| letter.is_ascii_digit()).then(|| {
            let bare = text.replace(['#', '£', '-'], "");
            let shop = [("bannos", "b"), ("flourlane", "f")];
            let short = shop
                .iter()
                .find_map(|(name, letter)| bare.strip_prefix(name).map(|rest| format!("{letter}{rest}")));
            short.unwrap_or(bare)
        });
        Self { text, number }
    }
}

/// A cake's number in small letters without marks, as it is typed: `b25771a`.
struct Number {
    letters: [u8; NUMBER_LETTERS_MAX],
    len: usize,
}

impl Number {
    fn of(id: OrderId) -> Self {
        let mut number = Self { letters: [0; NUMBER_LETTERS_MAX], len: 0 };
        let written = match id.suffix {
            Some(suffix) => write!(number, "{}{}{suffix}", id.store.letter(), id.number),
            None => write!(number, "{}{}", id.store.letter(), id.number),
        };
        written.expect("a letter, ten digits and two of a suffix have room");
        number.letters.make_ascii_lowercase();
        number
    }

    /// With its shop's letter or without.
    fn holds(&self, typed: &str) -> bool {
        let whole = &self.letters[..self.len];
        whole.starts_with(typed.as_bytes())
            || whole.get(1..).is_some_and(|bare| within(bare, typed.as_bytes()))
    }
}

impl Write for Number {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let room = self.letters.get_mut(self.len..self.len + text.len()).ok_or(std::fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len += text.len();
        Ok(())
    }
}

fn within(whole: &[u8], part: &[u8]) -> bool {
    whole.windows(part.len()).any(|some| some.eq_ignore_ascii_case(part))
}

/// Whether `text`, folded, holds `part`, which is.
fn holds(text: &str, part: &str) -> bool {
    let text = &text[..text.floor_char_boundary(TEXT_BYTES_MAX)];
    if text.is_ascii() {
        return within(text.as_bytes(), part.as_bytes());
    }
    text.char_indices().any(|(at, _)| {
        let mut letters = text[at..].chars().flat_map(folded);
        part.chars().all(|letter| letters.next() == Some(letter))
    })
}

/// A small letter without its accent, as the keys on screen have it.
fn folded(letter: char) -> impl Iterator<Item = char> {
    letter.to_lowercase().map(|letter| match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => 'e',
        'ì'..='ï' | 'ī' | 'ı' => 'i',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => 'o',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ý' | 'ÿ' => 'y',
        'š' | 'ś' | 'ş' => 's',
        'ž' | 'ź' | 'ż' => 'z',
        other => other,
    })
}

/// Nobody types more words than a cake has facts.
const WORDS_MAX: usize = 6;

/// Longer than any word of a product.
const WORD_LETTERS_MAX: usize = 40;

/// A letter, a number and a suffix.
const NUMBER_LETTERS_MAX: usize = 16;

/// Of each text: product titles and names are shorter, and a key must not cost more because a customer wrote much.
const TEXT_BYTES_MAX: usize = 160;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::preset;

    fn found(typed: &str) -> Vec<String> {
        let orders = preset::queue(40);
        let mut changed: Vec<Arc<Order>> = orders.to_vec();
        let zoe = Order { customer: "Zoë Müller".into(), ..Order::clone(&orders[3]) };
        changed[3] = Arc::new(zoe);
        Query::new(typed).among(&changed).iter().map(|order| order.id.barcode()).collect()
    }

    #[test]
    fn a_number_is_found_in_every_way_of_typing_it() {
        for typed in ["#B25771-A", "b25771a", "25771", "2577", "£B25771-A", "bannos-25771-A", " 25771 tier "]
        {
            assert_eq!(found(typed), ["#B25771-A"], "{typed}");
        }
        assert_eq!(found("F25652"), ["#F25652"]);
        assert_eq!(found("25771-B"), Vec::<String>::new());
    }

    #[test]
    fn product_customer_and_flavour_are_found_in_any_case_and_without_accents() {
        assert_eq!(found("FUDGE"), ["#F25652"]);
        assert_eq!(found("zoe mull"), ["#B18640"]);
        assert_eq!(found("pistachio gelato")[0], "#B18617");
        assert_eq!(found("fudge unicorn"), Vec::<String>::new());
        assert_eq!(found("zzz"), Vec::<String>::new());
    }

    #[test]
    fn numbers_come_before_texts() {
        // "Number cake 50" and #B30050 both answer.
        let orders = preset::queue(200);
        let first = &Query::new("50").among(&orders)[0];
        assert!(first.id.number.to_string().contains("50"));
    }

    #[test]
    fn nothing_typed_finds_everything() {
        assert!(Query::new("  ").is_empty());
        assert_eq!(found("  ").len(), 40);
    }

    #[test]
    fn what_a_customer_wrote_beyond_the_bound_costs_nothing() {
        assert!(!holds(&format!("{}late", "x".repeat(TEXT_BYTES_MAX)), "late"));
        assert!(holds(&format!("{}ÉLITE", "é".repeat(20)), "elite"));
    }
}
