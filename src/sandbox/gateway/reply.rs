//! How rows are answered: PostgREST's media types, counts and ranges.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio_postgres::Row;

use super::super::failure::Failure;
use super::query::{Reading, unsatisfiable};

/// What a request's headers ask of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    media: Media,
    is_counted: bool,
    range: Option<(u64, Option<u64>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Media {
    name: &'static str,
    is_object: bool,
    is_stripped: bool,
}

/// What a source of rows gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Rows, or values in a column of this name.
    Many { value: Option<&'static str> },
    /// One row, or one value in a column of this name.
    Single { value: Option<&'static str> },
}

impl Wish {
    /// Of a request whose `Range` counts, as that of a read does.
    pub(super) fn of_read(headers: &HeaderMap) -> Result<Self, Failure> {
        let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok()).and_then(|range| {
            let (from, to) = range.split_once('-')?;
            let to = if to.is_empty() { None } else { Some(to.parse::<u32>().ok()?.into()) };
            Some((from.parse::<u32>().ok()?.into(), to))
        });
        Ok(Self { range, ..Self::of_write(headers)? })
    }

    /// Of a request whose `Range` means nothing.
    pub(super) fn of_write(headers: &HeaderMap) -> Result<Self, Failure> {
        let is_counted = headers
            .get_all(PREFER)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .any(|value| value.split(',').any(|part| part.trim() == EXACT));
        Ok(Self { media: Media::of(headers)?, is_counted, range: None })
    }

    /// One statement for the rows of `source`, whose common table expressions are `with`; a row of body, count and total.
    pub(super) fn statement(
        &self,
        with: &str,
        source: &str,
        shape: Shape,
        reading: &mut Reading<'_>,
    ) -> Result<String, Failure> {
        if let Some(range) = self.range {
            reading.narrow(range)?;
        }
        let stripped = if self.media.is_stripped { "json_strip_nulls" } else { "" };
        let whole = |value: Option<&str>| value.map_or("r".to_owned(), |name| format!("r.{name}"));
        let body = match shape {
            Shape::Single { value } => {
                format!("coalesce((array_agg({stripped}(to_json({}))::text))[1], 'null')", whole(value))
            }
            // As one object even a value is a row of one column.
            Shape::Many { .. } if self.media.is_object => {
                format!("(array_agg({stripped}(to_json(r))::text))[1]")
            }
            Shape::Many { value } => {
                format!("coalesce({stripped}(json_agg({})), '[]')::text", whole(value))
            }
        };
        let total = if self.is_counted {
            format!("(select count(*) from {source}{})", reading.filters())
        } else {
            "null::bigint".to_owned()
        };
        Ok(format!("{with}select {body}, count(*), {total} from ({}) r", reading.rows(source)))
    }

    /// The answer to the statement's row, or why there is none.
    pub(super) fn answer(&self, row: &Row, offset: u64) -> Result<Response, Failure> {
        let (body, count, total): (Option<String>, i64, Option<i64>) = (row.get(0), row.get(1), row.get(2));
        let (count, total) = (count.unsigned_abs(), total.map(i64::unsigned_abs));
        if let Some(total) = total.filter(|total| offset > *total) {
            let why = format!("An offset of {offset} was requested, but there are only {total} rows.");
            let failure = unsatisfiable(why).header(header::CONTENT_RANGE, &format!("*/{total}"));
            return Err(failure.header(APPLIED, EXACT));
        }
        if self.media.is_object && count != 1 {
            let message = "JSON object requested, multiple (or no) rows returned";
            let failure = Failure::new(StatusCode::NOT_ACCEPTABLE, "PGRST116", message);
            let failure = failure.details(format!("The result contains {count} rows"));
            return Err(failure.header(header::CONTENT_TYPE, self.media.name));
        }
        let status = if total.is_some_and(|total| count < total) {
            StatusCode::PARTIAL_CONTENT
        } else {
            StatusCode::OK
        };
        let mut response = (status, body.unwrap_or_default()).into_response();
        let mut say = |name: HeaderName, value: &str| {
            let value = HeaderValue::try_from(value).expect("digits, signs and names are a header's");
            response.headers_mut().insert(name, value);
        };
        say(header::CONTENT_TYPE, self.media.name);
        say(header::CONTENT_RANGE, &content_range(offset, count, total));
        if self.is_counted {
            say(APPLIED, EXACT);
        }
        Ok(response)
    }
}

impl Media {
    fn of(headers: &HeaderMap) -> Result<Self, Failure> {
        let accepted = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or("*/*");
        let mut wanted = accepted.split(',').map(|media| media.trim().replace(' ', ""));
        wanted.find_map(|media| Self::named(media.split(";q=").next().unwrap_or_default())).ok_or_else(|| {
            let message = format!("None of these media types are available: {accepted}");
            Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "PGRST107", message)
        })
    }

    fn named(name: &str) -> Option<Self> {
        let media = |name, is_object, is_stripped| Some(Self { name, is_object, is_stripped });
        match name {
            "*/*" | "application/*" | "application/json" => media(JSON, false, false),
            "application/vnd.pgrst.object+json" | "application/vnd.pgrst.object" => {
                media(OBJECT, true, false)
            }
            "application/vnd.pgrst.object+json;nulls=stripped" => media(OBJECT_STRIPPED, true, true),
            "application/vnd.pgrst.array+json;nulls=stripped" => media(ARRAY_STRIPPED, false, true),
            _ => None,
        }
    }
}

/// Of `count` rows from `offset` on, of `total` if that was asked.
fn content_range(offset: u64, count: u64, total: Option<u64>) -> String {
    let total = total.map_or("*".to_owned(), |total| total.to_string());
    match count {
        0 => format!("*/{total}"),
        count => format!("{offset}-{}/{total}", offset + count - 1),
    }
}

pub(in super::super) const JSON: &str = "application/json; charset=utf-8";

const OBJECT: &str = "application/vnd.pgrst.object+json; charset=utf-8";

const OBJECT_STRIPPED: &str = "application/vnd.pgrst.object+json;nulls=stripped; charset=utf-8";

const ARRAY_STRIPPED: &str = "application/vnd.pgrst.array+json;nulls=stripped; charset=utf-8";

const PREFER: HeaderName = HeaderName::from_static("prefer");

const APPLIED: HeaderName = HeaderName::from_static("preference-applied");

const EXACT: &str = "count=exact";

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(headers: &[(&'static str, &str)]) -> Result<Wish, Failure> {
        let pairs =
            headers.iter().map(|&(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        Wish::of_read(&pairs.collect())
    }

    #[test]
    fn the_first_media_type_that_there_is_counts() {
        for (accept, name) in [
            ("*/*", JSON),
            ("text/html, application/json;q=0.9", JSON),
            ("application/vnd.pgrst.object+json", OBJECT),
            ("application/vnd.pgrst.object+json; nulls=stripped", OBJECT_STRIPPED),
        ] {
            assert_eq!(wish(&[("accept", accept)]).unwrap().media.name, name, "{accept}");
        }
        assert!(wish(&[("accept", "application/xml")]).is_err());
        assert_eq!(wish(&[]).unwrap().media.name, JSON);
    }

    #[test]
    fn ranges_and_counts_are_read() {
        for (range, expected) in [
            ("0-1", Some((0, Some(1)))),
            ("2-", Some((2, None))),
            ("-2", None),
            ("a-b", None),
            ("bytes=0-1", None),
        ] {
            assert_eq!(wish(&[("range", range)]).unwrap().range, expected, "{range}");
        }
        assert!(wish(&[("prefer", "return=minimal, count=exact")]).unwrap().is_counted);
        assert!(!wish(&[("prefer", "count=planned")]).unwrap().is_counted);
    }

    #[test]
    fn a_content_range_names_first_last_and_total() {
        assert_eq!(content_range(2, 3, None), "2-4/*");
        assert_eq!(content_range(0, 1, Some(26)), "0-0/26");
        assert_eq!(content_range(0, 0, Some(0)), "*/0");
    }
}
