use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio_postgres::types::{ToSql, Type};

use super::super::Parameter;
use super::super::failure::Failure;
use super::{Gateway, Mode, ROWS_MAX, json, quoted};

/// `GET /rest/v1/<table>` with `select`, `order`, `limit`, `offset` and filters on columns.
pub(super) async fn read(
    State(gateway): State<Arc<Gateway>>,
    Path(table): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let caller = gateway.gate.caller(&headers).map_err(IntoResponse::into_response)?;
    answer(&gateway, &caller, &table, &query).await.map_err(IntoResponse::into_response)
}

async fn answer(
    gateway: &Gateway,
    caller: &super::Caller,
    table: &str,
    query: &[(String, String)],
) -> Result<Response, Failure> {
    let mut catalogue = gateway.catalogue();
    if catalogue.columns(table).is_none() {
        catalogue = gateway.refreshed_catalogue().await?;
    }
    let columns = catalogue.columns(table).ok_or_else(|| {
        Failure::new(
            StatusCode::NOT_FOUND,
            "PGRST205",
            format!("Could not find the table 'public.{table}' in the schema cache"),
        )
    })?;
    let reading = Reading::of(table, columns, query)?;
    let parameters: Vec<Parameter<'_>> = reading.values.iter().map(Value::parameter).collect();
    let row = gateway.run(caller, Mode::Reads, &reading.statement(), &parameters).await?;
    let count: i64 = row.get(1);
    let range = match u64::try_from(count - 1) {
        Ok(last) => format!("{}-{}/*", reading.offset, reading.offset + last),
        Err(_) => "*/*".to_owned(),
    };
    let mut response = json(StatusCode::OK, row.get(0));
    let range = HeaderValue::try_from(range).expect("digits and signs are a header's");
    response.headers_mut().insert(header::CONTENT_RANGE, range);
    Ok(response)
}

/// A table read, parsed: names are the catalogue's own, values are parameters.
struct Reading<'a> {
    table: &'a str,
    columns: &'a BTreeMap<String, String>,
    selected: String,
    conditions: Vec<String>,
    values: Vec<Value>,
    order: Vec<String>,
    limit: u64,
    offset: u64,
}

enum Value {
    One(String),
    Many(Vec<String>),
}

impl Value {
    fn parameter(&self) -> Parameter<'_> {
        match self {
            Self::One(text) => (text as &(dyn ToSql + Sync), Type::TEXT),
            Self::Many(texts) => (texts as &(dyn ToSql + Sync), Type::TEXT_ARRAY),
        }
    }
}

impl<'a> Reading<'a> {
    fn of(
        table: &'a str,
        columns: &'a BTreeMap<String, String>,
        query: &'a [(String, String)],
    ) -> Result<Self, Failure> {
        let mut reading = Self {
            table,
            columns,
            selected: "*".to_owned(),
            conditions: Vec::new(),
            values: Vec::new(),
            order: Vec::new(),
            limit: ROWS_MAX,
            offset: 0,
        };
        for (key, value) in query {
            match key.as_str() {
                "select" => reading.select(value)?,
                "order" => reading.order_by(value)?,
                "limit" => reading.limit = number(value)?.min(ROWS_MAX),
                "offset" => reading.offset = number(value)?,
                column => reading.filter(column, value)?,
            }
        }
        Ok(reading)
    }

    fn statement(&self) -> String {
        let Self { table, selected, limit, offset, .. } = self;
        let filter = match self.conditions.join(" and ") {
            none if none.is_empty() => none,
            conditions => format!(" where {conditions}"),
        };
        let order = match self.order.join(", ") {
            none if none.is_empty() => none,
            keys => format!(" order by {keys}"),
        };
        format!(
            "select coalesce(json_agg(r), '[]')::text, count(*) from \
             (select {selected} from public.{table}{filter}{order} limit {limit} offset {offset}) r",
            table = quoted(table),
        )
    }

    fn select(&mut self, list: &str) -> Result<(), Failure> {
        let names = list.split(',').map(|name| match name.trim() {
            "*" => Ok("*".to_owned()),
            name => self.column(name).map(quoted),
        });
        self.selected = names.collect::<Result<Vec<_>, _>>()?.join(", ");
        Ok(())
    }

    fn order_by(&mut self, list: &str) -> Result<(), Failure> {
        for key in list.split(',') {
            let mut parts = key.trim().split('.');
            let mut term = quoted(self.column(parts.next().unwrap_or_default())?);
            for part in parts {
                term.push_str(match part {
                    "asc" => " asc",
                    "desc" => " desc",
                    "nullsfirst" => " nulls first",
                    "nullslast" => " nulls last",
                    _ => return Err(unparsed("order", list)),
                });
            }
            self.order.push(term);
        }
        Ok(())
    }

    fn filter(&mut self, column: &str, value: &str) -> Result<(), Failure> {
        let kind = self.kind(column)?;
        let name = quoted(column);
        let (negation, test) = match value.strip_prefix("not.") {
            Some(test) => ("not ", test),
            None => ("", value),
        };
        let (operator, operand) = test.split_once('.').ok_or_else(|| unparsed("filter", value))?;
        let place = self.values.len() + 1;
        let condition = match operator {
            "is" => match operand.to_ascii_lowercase().as_str() {
                word @ ("null" | "true" | "false" | "unknown") => format!("{name} is {word}"),
                _ => return Err(unparsed("filter", value)),
            },
            "in" => {
                let list = operand.strip_prefix('(').and_then(|list| list.strip_suffix(')'));
                self.values.push(Value::Many(listed(list.ok_or_else(|| unparsed("filter", value))?)));
                format!("{name} = any (${place}::text[]::{kind}[])")
            }
            _ => {
                let sign = match operator {
                    "eq" => "=",
                    "neq" => "<>",
                    "gt" => ">",
                    "gte" => ">=",
                    "lt" => "<",
                    "lte" => "<=",
                    _ => return Err(unparsed("filter", value)),
                };
                self.values.push(Value::One(operand.to_owned()));
                format!("{name} {sign} ${place}::text::{kind}")
            }
        };
        self.conditions.push(format!("{negation}({condition})"));
        Ok(())
    }

    fn column<'b>(&self, name: &'b str) -> Result<&'b str, Failure> {
        self.kind(name).map(|_| name)
    }

    fn kind(&self, column: &str) -> Result<&'a str, Failure> {
        self.columns.get(column).map(String::as_str).ok_or_else(|| {
            let message = format!("column {}.{column} does not exist", self.table);
            Failure::new(StatusCode::BAD_REQUEST, "42703", message)
        })
    }
}

/// The values of an `in` list: separated by commas, quoted where they hold one.
fn listed(list: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut signs = list.chars();
    let mut is_quoted = false;
    while let Some(sign) = signs.next() {
        let value = values.last_mut().expect("it starts with one value");
        match sign {
            '"' => is_quoted = !is_quoted,
            '\\' if is_quoted => value.extend(signs.next()),
            ',' if !is_quoted => values.push(String::new()),
            sign => value.push(sign),
        }
    }
    if list.is_empty() { Vec::new() } else { values }
}

fn number(text: &str) -> Result<u64, Failure> {
    text.parse::<u32>().map(u64::from).map_err(|_| unparsed("limit or offset", text))
}

fn unparsed(what: &str, text: &str) -> Failure {
    Failure::new(
        StatusCode::BAD_REQUEST,
        "PGRST100",
        format!("\"failed to parse {what} ({text})\" (line 1, column 1)"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(query: &[(&str, &str)]) -> Result<String, Failure> {
        let columns = BTreeMap::from([
            ("id".to_owned(), "text".to_owned()),
            ("stage".to_owned(), "stage_type".to_owned()),
            ("Due date".to_owned(), "date".to_owned()),
        ]);
        let query: Vec<_> = query.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
        Reading::of("orders", &columns, &query).map(|reading| reading.statement())
    }

    #[test]
    fn a_read_names_columns_and_leaves_values_to_parameters() {
        let statement = statement(&[
            ("select", "id,Due date"),
            ("stage", "in.(Filling,Covering)"),
            ("id", "not.eq.x'; drop table orders; --"),
            ("Due date", "is.null"),
            ("order", "Due date.desc.nullslast,id"),
            ("limit", "5000"),
            ("offset", "20"),
        ])
        .unwrap();
        assert_eq!(
            statement,
            "select coalesce(json_agg(r), '[]')::text, count(*) from (select \"id\", \"Due date\" from \
             public.\"orders\" where (\"stage\" = any ($1::text[]::stage_type[])) and not (\"id\" = $2::text::text) \
             and (\"Due date\" is null) order by \"Due date\" desc nulls last, \"id\" limit 1000 offset 20) r"
        );
    }

    #[test]
    fn what_is_no_column_or_no_operator_is_refused() {
        for query in [
            ("select", "id,nothing"),
            ("nothing", "eq.1"),
            ("id", "eq"),
            ("id", "like.x"),
            ("id", "is.1 or true"),
            ("id", "in.1,2"),
            ("order", "id.sideways"),
            ("limit", "-1"),
            ("offset", "1;"),
        ] {
            assert!(statement(&[query]).is_err(), "{query:?}");
        }
    }

    #[test]
    fn a_list_may_quote_its_values() {
        assert_eq!(listed(r#"a,"b,\"c\"",d"#), ["a", r#"b,"c""#, "d"]);
        assert_eq!(listed(""), Vec::<String>::new());
    }
}
