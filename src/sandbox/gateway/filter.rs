//! The filters of a query string, read: PostgREST's "Horizontal Filtering", without a column's type or any SQL.

/// A test of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// All of these, or any of them.
    Group { is_negated: bool, joined: Joined, of: Vec<Condition> },
    /// One column's value.
    Column { name: String, is_negated: bool, test: Test },
}

/// How the conditions of a group go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joined {
    And,
    Or,
}

/// What is asked of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    /// `sign` is SQL's own.
    Compare {
        sign: &'static str,
        against: Against,
    },
    /// `null`, `true`, `false` or `unknown`.
    Is(&'static str),
    In(Vec<String>),
}

/// What a value is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Against {
    One(String),
    /// An array as PostgreSQL writes it, any or all of which must do.
    Array {
        quantifier: &'static str,
        literal: String,
    },
}

/// Where a text could not be read on: column from 1, and what would have been right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unread {
    pub(super) column: usize,
    pub(super) details: String,
}

/// What follows `column=`.
pub(super) fn column(name: &str, text: &str) -> Result<Condition, Unread> {
    let mut cursor = Cursor { text, at: 0 };
    let (is_negated, asked) = cursor.test(Within::Parameter)?;
    Ok(Condition::Column { name: name.to_owned(), is_negated, test: asked })
}

/// What follows `or=`, `and=`, `not.or=` or `not.and=`, which is `key`.
pub(super) fn group(key: &str, text: &str) -> Result<Condition, Unread> {
    let text = format!("{key}{text}");
    let mut cursor = Cursor { text: &text, at: 0 };
    let group = cursor.condition(0)?;
    if cursor.rest().is_empty() { Ok(group) } else { Err(cursor.unread("end of input")) }
}

/// Whether a parameter's name is that of a group.
pub(super) fn is_group(key: &str) -> bool {
    matches!(key, "or" | "and" | "not.or" | "not.and")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    /// The value is all that is left.
    Parameter,
    /// The value ends at a comma or bracket, unless quoted.
    Group,
}

/// A text and how far it was read.
pub(super) struct Cursor<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

impl Cursor<'_> {
    pub(super) fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    /// Passes `word` if it is next.
    pub(super) fn eat(&mut self, word: &str) -> bool {
        let is_next = self.rest().starts_with(word);
        self.at += if is_next { word.len() } else { 0 };
        is_next
    }

    /// Passes everything up to one of `ends`.
    pub(super) fn until(&mut self, ends: &[char]) -> String {
        let rest = self.rest();
        let taken = rest[..rest.find(ends).unwrap_or(rest.len())].to_owned();
        self.at += taken.len();
        taken
    }

    pub(super) fn unread(&self, expecting: &str) -> Unread {
        let seen = match self.rest().chars().next() {
            Some(sign) => format!("\"{sign}\""),
            None => "end of input".to_owned(),
        };
        Unread {
            column: self.text[..self.at].chars().count() + 1,
            details: format!("unexpected {seen} expecting {expecting}"),
        }
    }

    fn expect(&mut self, word: &str) -> Result<(), Unread> {
        if self.eat(word) { Ok(()) } else { Err(self.unread(&format!("\"{word}\""))) }
    }

    fn condition(&mut self, depth: usize) -> Result<Condition, Unread> {
        let start = self.at;
        let is_negated = self.eat("not.");
        let joined = match () {
            () if self.eat("or(") => Joined::Or,
            () if self.eat("and(") => Joined::And,
            // The caller's key said which it is: only its bracket can be missing.
            () if depth == 0 && (self.eat("or") || self.eat("and")) => return Err(self.unread("\"(\"")),
            () => {
                self.at = start;
                return self.member();
            }
        };
        if depth == DEPTH_MAX {
            return Err(self.unread("fewer brackets"));
        }
        let mut of = Vec::new();
        loop {
            of.push(self.condition(depth + 1)?);
            match () {
                () if self.eat(",") => {}
                () if self.eat(")") => return Ok(Condition::Group { is_negated, joined, of }),
                () => return Err(self.unread("\",\" or \")\"")),
            }
        }
    }

    fn member(&mut self) -> Result<Condition, Unread> {
        let name =
            if self.rest().starts_with('"') { self.quoted()? } else { self.until(&['.', ',', '(', ')']) };
        if name.is_empty() {
            return Err(self.unread(MEMBER));
        }
        self.expect(".")?;
        let (is_negated, test) = self.test(Within::Group)?;
        Ok(Condition::Column { name, is_negated, test })
    }

    fn test(&mut self, within: Within) -> Result<(bool, Test), Unread> {
        let is_negated = self.eat("not.");
        let unknown = if is_negated { OPERATOR } else { NOT_OR_OPERATOR };
        let length = self.rest().find(|sign: char| !sign.is_ascii_lowercase()).unwrap_or(self.rest().len());
        let word = self.rest()[..length].to_owned();
        let sign = SIGNS.iter().find(|(name, _)| *name == word).map(|(_, sign)| *sign);
        if sign.is_none() && word != "is" && word != "in" {
            return Err(self.unread(unknown));
        }
        self.at += length;
        let quantifier = match sign {
            Some(_) if self.eat("(any)") => Some("any"),
            Some(_) if self.eat("(all)") => Some("all"),
            _ => None,
        };
        if !self.eat(".") {
            return Err(self.unread(OPERATOR));
        }
        let test = match sign {
            Some(sign) => Test::Compare { sign, against: self.against(&word, quantifier, within)? },
            None if word == "is" => Test::Is(self.state()?),
            None => Test::In(self.list()?),
        };
        Ok((is_negated, test))
    }

    fn against(
        &mut self,
        word: &str,
        quantifier: Option<&'static str>,
        within: Within,
    ) -> Result<Against, Unread> {
        let text = match within {
            Within::Parameter => self.until(&[]),
            Within::Group if self.rest().starts_with('"') => self.quoted()?,
            Within::Group if self.rest().starts_with('{') => {
                let array = self.until(&['}']);
                self.expect("}")?;
                format!("{array}}}")
            }
            Within::Group => self.until(&[',', ')']),
        };
        // A `*` spares writing `%25` in a URL.
        let text = if word.ends_with("like") { text.replace('*', "%") } else { text };
        Ok(match quantifier {
            Some(quantifier) => Against::Array { quantifier, literal: text },
            None => Against::One(text),
        })
    }

    fn state(&mut self) -> Result<&'static str, Unread> {
        let length = self.rest().find(|sign: char| !sign.is_ascii_alphabetic()).unwrap_or(self.rest().len());
        let word = self.rest()[..length].to_ascii_lowercase();
        let state = ["null", "true", "false", "unknown"].into_iter().find(|state| *state == word);
        let state = state.ok_or_else(|| self.unread("null or trilean value (unknown, true, false)"))?;
        self.at += length;
        Ok(state)
    }

    fn list(&mut self) -> Result<Vec<String>, Unread> {
        self.expect("(")?;
        let mut values = Vec::new();
        if self.eat(")") {
            return Ok(values);
        }
        loop {
            values.push(if self.rest().starts_with('"') { self.quoted()? } else { self.until(&[',', ')']) });
            if !self.eat(",") {
                self.expect(")")?;
                return Ok(values);
            }
        }
    }

    fn quoted(&mut self) -> Result<String, Unread> {
        self.expect("\"")?;
        let mut value = String::new();
        loop {
            value.push_str(&self.until(&['"', '\\']));
            if self.eat("\\") {
                let sign = self.rest().chars().next();
                self.at += sign.map_or(0, char::len_utf8);
                value.extend(sign);
            } else {
                self.expect("\"")?;
                return Ok(value);
            }
        }
    }
}

/// PostgREST's names and SQL's signs; its text searches are left out.
const SIGNS: [(&str, &str); 19] = [
    ("eq", "="),
    ("neq", "<>"),
    ("gt", ">"),
    ("gte", ">="),
    ("lt", "<"),
    ("lte", "<="),
    ("like", "like"),
    ("ilike", "ilike"),
    ("match", "~"),
    ("imatch", "~*"),
    ("isdistinct", "is distinct from"),
    ("cs", "@>"),
    ("cd", "<@"),
    ("ov", "&&"),
    ("sl", "<<"),
    ("sr", ">>"),
    ("nxr", "&<"),
    ("nxl", "&>"),
    ("adj", "-|-"),
];

const OPERATOR: &str = "operator (eq, gt, ...)";

const NOT_OR_OPERATOR: &str = "\"not\" or operator (eq, gt, ...)";

const MEMBER: &str = "field name (* or [a..z0..9_$]), negation operator (not) or logic operator (and, or)";

/// Deeper than a person writes, shallower than a stack.
const DEPTH_MAX: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    /// A condition as one would say it.
    fn said(condition: &Condition) -> String {
        match condition {
            Condition::Group { is_negated, joined, of } => {
                let of: Vec<_> = of.iter().map(said).collect();
                format!("{}{joined:?}[{}]", if *is_negated { "not " } else { "" }, of.join("; "))
            }
            Condition::Column { name, is_negated, test } => {
                let test = match test {
                    Test::Compare { sign, against: Against::One(value) } => format!("{sign} {value}"),
                    Test::Compare { sign, against: Against::Array { quantifier, literal } } => {
                        format!("{sign} {quantifier} {literal}")
                    }
                    Test::Is(state) => format!("is {state}"),
                    Test::In(values) => format!("in {values:?}"),
                };
                format!("{}{name} {test}", if *is_negated { "not " } else { "" })
            }
        }
    }

    #[test]
    fn a_column_is_tested_as_its_parameter_says() {
        for (text, expected) in [
            ("eq.1", "c = 1"),
            ("eq.", "c = "),
            ("eq.a.b,(c)", "c = a.b,(c)"),
            ("eq.\"a\"", "c = \"a\""),
            ("neq.1", "c <> 1"),
            ("gt.1", "c > 1"),
            ("gte.1", "c >= 1"),
            ("lt.1", "c < 1"),
            ("lte.1", "c <= 1"),
            ("like.*a%", "c like %a%"),
            ("ilike.A*", "c ilike A%"),
            ("match.^a*", "c ~ ^a*"),
            ("imatch.^a", "c ~* ^a"),
            ("isdistinct.1", "c is distinct from 1"),
            ("cs.{a}", "c @> {a}"),
            ("not.eq.1", "not c = 1"),
            ("not.is.NULL", "not c is null"),
            ("is.True", "c is true"),
            ("is.unknown", "c is unknown"),
            ("in.()", "c in []"),
            ("in.(a,b c)", r#"c in ["a", "b c"]"#),
            (r#"in.("a,b","c\"d","\\",)"#, r#"c in ["a,b", "c\"d", "\\", ""]"#),
            ("eq(any).{a,b}", "c = any {a,b}"),
            ("like(all).{*a,b*}", "c like all {%a,b%}"),
        ] {
            assert_eq!(said(&column("c", text).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn a_group_holds_columns_and_groups() {
        for (key, text, expected) in [
            ("or", "(a.eq.1,b.is.null)", "Or[a = 1; b is null]"),
            ("not.and", "(a.not.eq.1)", "not And[not a = 1]"),
            (
                "and",
                "(a.in.(1,2),or(b.gt.3,not.and(c.lt.4)))",
                r#"And[a in ["1", "2"]; Or[b > 3; not And[c < 4]]]"#,
            ),
            ("or", r#"("a b".eq."x,y)",c.eq.{1,2},order.eq.1)"#, "Or[a b = x,y); c = {1,2}; order = 1]"),
        ] {
            assert_eq!(said(&group(key, text).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        for (text, place) in [
            ("", 1),
            ("wibble.1", 1),
            ("not.wibble.1", 5),
            ("eq", 3),
            ("1", 1),
            ("is.maybe", 4),
            ("is.1 or true", 4),
            ("in.1,2", 4),
            ("in.(1", 6),
            (r#"in.("1)"#, 8),
            ("in(any).{1}", 3),
        ] {
            assert_eq!(column("c", text).unwrap_err().column, place, "{text}");
        }
        for (text, place) in [
            ("", 3),
            ("a.eq.1", 3),
            ("()", 4),
            ("(a)", 5),
            ("(a.eq.1", 10),
            ("(a.x.1)", 6),
            ("(a.eq.1)x", 11),
        ] {
            assert_eq!(group("or", text).unwrap_err().column, place, "{text}");
        }
        let deep = format!("{}a.eq.1{}", "(or".repeat(100), ")".repeat(100));
        assert!(group("or", &deep).is_err());
    }
}
