//! What a query string asks of rows: columns, conditions, order and place.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use tokio_postgres::types::{ToSql, Type};

use super::super::Parameter;
use super::super::failure::Failure;
use super::filter::{self, Against, Condition, Cursor, Joined, Test, Unread};
use super::{ROWS_MAX, quoted};

/// A read, parsed: names are the catalogue's own, values are parameters.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    /// As a failure names what is read.
    relation: &'a str,
    columns: &'a BTreeMap<String, String>,
    pub(super) selected: String,
    conditions: Vec<String>,
    pub(super) values: Vec<Value>,
    order: Vec<String>,
    pub(super) limit: Option<u64>,
    pub(super) offset: u64,
}

/// A value from outside.
#[derive(Debug)]
pub(super) enum Value {
    One(String),
    Many(Vec<String>),
}

impl Value {
    pub(super) fn parameter(&self) -> Parameter<'_> {
        match self {
            Self::One(text) => (text as &(dyn ToSql + Sync), Type::TEXT),
            Self::Many(texts) => (texts as &(dyn ToSql + Sync), Type::TEXT_ARRAY),
        }
    }
}

impl<'a> Reading<'a> {
    /// The read of `relation` that `query` describes; `values` are parameters that its statement has already.
    pub(super) fn of<'q>(
        relation: &'a str,
        columns: &'a BTreeMap<String, String>,
        values: Vec<Value>,
        query: impl IntoIterator<Item = &'q (String, String)>,
    ) -> Result<Self, Failure> {
        let mut reading = Self {
            relation,
            columns,
            selected: "*".to_owned(),
            conditions: Vec::new(),
            values,
            order: Vec::new(),
            limit: None,
            offset: 0,
        };
        for (key, value) in query {
            match key.as_str() {
                "select" => reading.select(value)?,
                "order" => reading.order_by(value)?,
                "limit" => reading.limit_to(value)?,
                // What is no offset is passed over, as PostgREST does.
                "offset" => reading.offset = value.parse::<u32>().map_or(reading.offset, u64::from),
                key if filter::is_group(key) => {
                    let group = filter::group(key, value).map_err(|at| unread("logic tree", value, &at))?;
                    reading.filter(&group)?;
                }
                column => {
                    let test = filter::column(column, value).map_err(|at| unread("filter", value, &at))?;
                    reading.filter(&test)?;
                }
            }
        }
        Ok(reading)
    }

    /// Of these rows only those that a `Range` header names.
    pub(super) fn narrow(&mut self, range: (u64, Option<u64>)) -> Result<(), Failure> {
        let (from, to) = range;
        let end = self.limit.map(|limit| self.offset + limit);
        let end = [end, to.map(|to| to.saturating_add(1))].into_iter().flatten().min();
        self.offset = self.offset.max(from);
        if to.is_some_and(|to| to < from) || end.is_some_and(|end| end < self.offset) {
            let why =
                "The lower boundary must be lower than or equal to the upper boundary in the Range header.";
            return Err(unsatisfiable(why));
        }
        self.limit = end.map(|end| end - self.offset);
        Ok(())
    }

    /// ` where …`, or nothing.
    pub(super) fn filters(&self) -> String {
        match self.conditions.join(" and ") {
            none if none.is_empty() => none,
            conditions => format!(" where {conditions}"),
        }
    }

    /// The rows of `source`, at most [`ROWS_MAX`].
    pub(super) fn rows(&self, source: &str) -> String {
        let Self { selected, offset, .. } = self;
        let (filters, limit) = (self.filters(), self.limit.map_or(ROWS_MAX, |limit| limit.min(ROWS_MAX)));
        let order = match self.order.join(", ") {
            none if none.is_empty() => none,
            keys => format!(" order by {keys}"),
        };
        format!("select {selected} from {source}{filters}{order} limit {limit} offset {offset}")
    }

    fn select(&mut self, list: &str) -> Result<(), Failure> {
        if list.is_empty() {
            return Ok(());
        }
        let mut cursor = Cursor { text: list, at: 0 };
        let mut items = Vec::new();
        loop {
            let start = cursor.at;
            let item = cursor.until(&[',']);
            if item.trim().is_empty() {
                return Err(unread("select parameter", list, &cursor.unread(SELECTABLE)));
            }
            let start = start + item.len() - item.trim_start().len();
            items.push(self.item(list, start, item.trim())?);
            if !cursor.eat(",") {
                self.selected = items.join(", ");
                return Ok(());
            }
        }
    }

    /// `alias:column::type`, which begins at `start` of its list.
    fn item(&self, list: &str, start: usize, item: &str) -> Result<String, Failure> {
        if item == "*" {
            return Ok(item.to_owned());
        }
        if let Some((other, _)) = item.split_once('(') {
            return Err(self.unrelated(other));
        }
        let (item, cast) = match item.split_once("::") {
            Some((item, cast)) => (item, Some(cast)),
            None => (item, None),
        };
        let (alias, column) = item.split_once(':').unwrap_or((item, item));
        let is_type = |cast: &str| {
            !cast.trim().is_empty()
                && cast.chars().all(|sign| sign.is_ascii_alphanumeric() || "_ []".contains(sign))
        };
        let wrong = |at: usize, expecting| {
            unread("select parameter", list, &Cursor { text: list, at: start + at }.unread(expecting))
        };
        // PostgreSQL's names have at least a character, and none of them is NUL.
        if alias.is_empty() || alias.contains('\0') {
            return Err(wrong(0, SELECTABLE));
        }
        if cast.is_some_and(|cast| !is_type(cast)) {
            return Err(wrong(item.len() + "::".len(), "letter or digit"));
        }
        self.kind(column)?;
        Ok(match cast {
            Some(cast) => format!("cast({} as {cast}) as {}", quoted(column), quoted(alias)),
            None if alias == column => quoted(column),
            None => format!("{} as {}", quoted(column), quoted(alias)),
        })
    }

    fn order_by(&mut self, list: &str) -> Result<(), Failure> {
        let mut cursor = Cursor { text: list, at: 0 };
        loop {
            let column = cursor.until(&['.', ',']);
            self.kind(&column)?;
            let mut term = quoted(&column);
            while cursor.eat(".") {
                let words = ["asc", "desc", "nullsfirst", "nullslast"];
                let word = words.into_iter().find(|word| cursor.eat(word)).ok_or_else(|| {
                    unread("order", list, &cursor.unread(r#""asc", "desc", "nullsfirst" or "nullslast""#))
                })?;
                term.push(' ');
                term.push_str(&word.replace("nulls", "nulls "));
            }
            self.order.push(term);
            if !cursor.eat(",") {
                break;
            }
        }
        if cursor.rest().is_empty() { Ok(()) } else { Err(unread("order", list, &cursor.unread("\",\""))) }
    }

    fn limit_to(&mut self, text: &str) -> Result<(), Failure> {
        match text.parse::<i64>() {
            Ok(limit) => {
                let limit = u32::try_from(limit.min(i64::from(u32::MAX)));
                let limit =
                    limit.map_err(|_| unsatisfiable("Limit should be greater than or equal to zero."));
                self.limit = Some(u64::from(limit?));
            }
            // What is no number is passed over, as PostgREST does.
            Err(_) => self.limit = None,
        }
        Ok(())
    }

    fn filter(&mut self, condition: &Condition) -> Result<(), Failure> {
        let condition = self.sql(condition)?;
        self.conditions.push(condition);
        Ok(())
    }

    fn sql(&mut self, condition: &Condition) -> Result<String, Failure> {
        let (is_negated, test) = match condition {
            Condition::Group { is_negated, joined, of } => {
                let of = of.iter().map(|condition| self.sql(condition)).collect::<Result<Vec<_>, _>>()?;
                let word = match joined {
                    Joined::And => " and ",
                    Joined::Or => " or ",
                };
                (is_negated, of.join(word))
            }
            Condition::Column { name, is_negated, test } => (is_negated, self.test(name, test)?),
        };
        Ok(format!("{}({test})", if *is_negated { "not " } else { "" }))
    }

    fn test(&mut self, column: &str, test: &Test) -> Result<String, Failure> {
        let (kind, name) = (self.kind(column)?, quoted(column));
        let place = self.values.len() + 1;
        // A pattern is text whatever the column is.
        let kind_for =
            |sign: &str| if sign.ends_with("like") || sign.starts_with('~') { "text" } else { kind };
        Ok(match test {
            Test::Is(state) => format!("{name} is {state}"),
            Test::In(values) => {
                self.values.push(Value::Many(values.clone()));
                format!("{name} = any (${place}::text[]::{kind}[])")
            }
            Test::Compare { sign, against: Against::One(value) } => {
                self.values.push(Value::One(value.clone()));
                format!("{name} {sign} ${place}::text::{}", kind_for(sign))
            }
            Test::Compare { sign, against: Against::Array { quantifier, literal } } => {
                self.values.push(Value::One(literal.clone()));
                format!("{name} {sign} {quantifier} (${place}::text::{}[])", kind_for(sign))
            }
        })
    }

    fn kind(&self, column: &str) -> Result<&'a str, Failure> {
        self.columns.get(column).map(String::as_str).ok_or_else(|| {
            let message = format!("column {}.{column} does not exist", self.relation);
            Failure::new(StatusCode::BAD_REQUEST, "42703", message)
        })
    }

    /// Tables are read one at a time here.
    fn unrelated(&self, other: &str) -> Failure {
        let relation = self.relation;
        let message =
            format!("Could not find a relationship between '{relation}' and '{other}' in the schema cache");
        Failure::new(StatusCode::BAD_REQUEST, "PGRST200", message).details(format!(
            "Searched for a foreign key relationship between '{relation}' and '{other}' in the schema 'public', but \
             no matches were found."
        ))
    }
}

fn unread(what: &str, text: &str, at: &Unread) -> Failure {
    let message = format!("\"failed to parse {what} ({text})\" (line 1, column {})", at.column);
    Failure::new(StatusCode::BAD_REQUEST, "PGRST100", message).details(&at.details)
}

/// A place where no rows can be.
pub(super) fn unsatisfiable(why: impl Into<String>) -> Failure {
    let message = "Requested range not satisfiable";
    Failure::new(StatusCode::RANGE_NOT_SATISFIABLE, "PGRST103", message).details(why)
}

const SELECTABLE: &str = r#""...", field name (* or [a..z0..9_$]), "*" or "count()""#;

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(query: &[(&str, &str)]) -> Result<String, Failure> {
        let columns = BTreeMap::from([
            ("id".to_owned(), "text".to_owned()),
            ("stage".to_owned(), "stage_type".to_owned()),
            ("Due date".to_owned(), "date".to_owned()),
        ]);
        let query: Vec<_> = query.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
        Reading::of("orders", &columns, Vec::new(), &query).map(|reading| reading.rows("orders"))
    }

    #[test]
    fn a_read_names_columns_and_leaves_values_to_parameters() {
        let rows = rows(&[
            ("select", "id,day:Due date::text"),
            ("stage", "in.(Filling,Covering)"),
            ("id", "not.eq.x'; drop table orders; --"),
            ("or", "(id.like.b*,not.and(stage.eq.Packing,Due date.is.null))"),
            ("order", "Due date.desc.nullslast,id"),
            ("limit", "5000"),
            ("offset", "20"),
        ])
        .unwrap();
        assert_eq!(
            rows,
            "select \"id\", cast(\"Due date\" as text) as \"day\" from orders where (\"stage\" = any \
             ($1::text[]::stage_type[])) and not (\"id\" = $2::text::text) and ((\"id\" like $3::text::text) or not \
             ((\"stage\" = $4::text::stage_type) and (\"Due date\" is null))) order by \"Due date\" desc nulls last, \
             \"id\" limit 1000 offset 20"
        );
    }

    #[test]
    fn what_is_no_column_or_no_operator_is_refused() {
        for query in [
            ("select", "id,nothing"),
            ("select", "id::text); drop table orders; --"),
            ("select", "id,"),
            ("select", ":id"),
            ("select", "a\0b:id"),
            ("select", "id::"),
            ("select", "id:: "),
            ("nothing", "eq.1"),
            ("id", "eq"),
            ("id", "wibble.x"),
            ("or", "(nothing.eq.1)"),
            ("order", "id.sideways"),
            ("order", "nothing"),
            ("order", "id.ascx"),
            ("limit", "-1"),
        ] {
            assert!(rows(&[query]).is_err(), "{query:?}");
        }
    }

    #[test]
    fn a_range_narrows_a_limit() {
        let columns = BTreeMap::new();
        for (limit, range, expected) in [
            (None, (0, None), Some((0, None))),
            (None, (2, Some(4)), Some((2, Some(3)))),
            (Some(3), (0, Some(1)), Some((0, Some(2)))),
            (Some(3), (1, Some(9)), Some((1, Some(2)))),
            (None, (5, Some(3)), None),
            (None, (0, Some(u64::MAX)), Some((0, Some(u64::MAX)))),
        ] {
            let mut reading = Reading::of("t", &columns, Vec::new(), []).unwrap();
            reading.limit = limit;
            let narrowed = reading.narrow(range).ok().map(|()| (reading.offset, reading.limit));
            assert_eq!(narrowed, expected, "{limit:?} {range:?}");
        }
    }
}
