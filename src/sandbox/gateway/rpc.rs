use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value as Json;

use super::super::Parameter;
use super::super::failure::Failure;
use super::catalogue::{Catalogue, Function, Match, Returns};
use super::query::{Reading, Value};
use super::reply::{Shape, Wish};
use super::{Gateway, Mode, filter, hint, quoted};

/// `POST /rest/v1/rpc/<function>` with named arguments in the body, `GET` and `HEAD` with them in the query string.
pub(super) async fn call(
    State(gateway): State<Arc<Gateway>>,
    Path(name): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Response> {
    let caller = gateway.gate.caller(&headers).map_err(IntoResponse::into_response)?;
    let request = match method {
        Method::GET | Method::HEAD => Call::read(name, query, &headers),
        Method::POST => Call::write(name, query, &headers, &body),
        method => {
            let message = format!("Cannot use the {method} method on RPC");
            Err(Failure::new(StatusCode::METHOD_NOT_ALLOWED, "PGRST101", message))
        }
    };
    let answered = match request {
        Ok(call) => call.answer(&gateway, &caller).await,
        Err(failure) => Err(failure),
    };
    answered.map_err(IntoResponse::into_response)
}

/// What is called with what.
struct Call {
    name: String,
    arguments: Arguments,
    /// What is asked of its rows.
    query: Vec<(String, String)>,
    wish: Wish,
    is_read: bool,
}

enum Arguments {
    /// A body, which PostgreSQL reads, and its keys.
    Body { text: String, names: BTreeSet<String> },
    /// Texts by name.
    Texts(Vec<(String, String)>),
}

impl Call {
    fn read(name: String, query: Vec<(String, String)>, headers: &HeaderMap) -> Result<Self, Failure> {
        let wish = Wish::of_read(headers)?;
        // What reads as a test is one of the rows; every other parameter is an argument.
        let is_of_rows = |(key, value): &(String, String)| {
            matches!(key.as_str(), "select" | "order" | "limit" | "offset")
                || filter::is_group(key)
                || filter::column(key, value).is_ok()
        };
        let (query, arguments) = query.into_iter().partition(is_of_rows);
        Ok(Self { name, arguments: Arguments::Texts(arguments), query, wish, is_read: true })
    }

    fn write(
        name: String,
        query: Vec<(String, String)>,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Self, Failure> {
        let wish = Wish::of_write(headers)?;
        let unreadable = || Failure::new(StatusCode::BAD_REQUEST, "PGRST102", "Empty or invalid json");
        let text = std::str::from_utf8(body).map_err(|_| unreadable())?;
        let media = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
        let is_form = media.is_some_and(|media| media.starts_with(FORM));
        let arguments = if is_form {
            let uri: Uri = format!("/?{text}").parse().map_err(|_| unreadable())?;
            Arguments::Texts(Query::try_from_uri(&uri).map_err(|_| unreadable())?.0)
        } else {
            let text = if text.is_empty() { "{}" } else { text }.to_owned();
            let names = match serde_json::from_str(&text).map_err(|_| unreadable())? {
                Json::Object(arguments) => arguments.into_iter().map(|(name, _)| name).collect(),
                _ => BTreeSet::new(),
            };
            Arguments::Body { text, names }
        };
        Ok(Self { name, arguments, query, wish, is_read: false })
    }

    async fn answer(&self, gateway: &Gateway, caller: &super::Caller) -> Result<Response, Failure> {
        let mut catalogue = gateway.catalogue();
        let given = self.given();
        if self.function(&catalogue, &given).is_err() {
            catalogue = gateway.refreshed_catalogue().await?;
        }
        let function = self.function(&catalogue, &given)?;
        let mode = if self.is_read || function.is_reader { Mode::Reads } else { Mode::Writes };
        let (with, values) = self.source(function, &given);
        let mut reading = Reading::of("record", &function.columns, values, &self.query)?;
        let value = function.is_value.then_some(VALUE);
        let shape = match function.returns {
            Returns::Set => Shape::Many { value },
            Returns::One | Returns::Nothing => Shape::Single { value },
        };
        let statement = self.wish.statement(&with, SOURCE, shape, &mut reading)?;
        let parameters: Vec<Parameter<'_>> = reading.values.iter().map(Value::parameter).collect();
        let answer = |row: &_| {
            let mut response = self.wish.answer(row, reading.offset)?;
            if function.returns == Returns::Nothing {
                *response.status_mut() = StatusCode::NO_CONTENT;
                *response.body_mut() = axum::body::Body::empty();
                response.headers_mut().remove(header::CONTENT_TYPE);
            }
            Ok(response)
        };
        gateway.run(caller, mode, &statement, &parameters, answer).await
    }

    fn given(&self) -> BTreeSet<String> {
        match &self.arguments {
            Arguments::Body { names, .. } => names.clone(),
            Arguments::Texts(texts) => texts.iter().map(|(name, _)| name.clone()).collect(),
        }
    }

    fn function<'c>(
        &self,
        catalogue: &'c Catalogue,
        given: &BTreeSet<String>,
    ) -> Result<&'c Function, Failure> {
        match catalogue.function(&self.name, given) {
            Match::One(function) => Ok(function),
            Match::Several(candidates) => Err(ambiguous(&candidates)),
            Match::None => {
                let of_body = if self.is_read { None } else { catalogue.function_of_body(&self.name) };
                of_body.ok_or_else(|| self.unknown(catalogue, given))
            }
        }
    }

    /// The call as the common table expression [`SOURCE`], and its parameters; PostgreSQL reads each argument into the
    /// type it is declared with.
    fn source(&self, function: &Function, given: &BTreeSet<String>) -> (String, Vec<Value>) {
        let mut columns = String::new();
        let mut arguments = String::new();
        let used = function.arguments.iter().filter(|argument| given.contains(&argument.name));
        for (place, argument) in used.enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            let (name, kind) = (quoted(&argument.name), &argument.kind);
            let variadic = if argument.is_variadic { "variadic " } else { "" };
            match &self.arguments {
                Arguments::Body { .. } => {
                    write!(columns, "{comma}{name} {kind}").expect("a string takes any text");
                    write!(arguments, "{comma}{variadic}{name} => a.{name}")
                        .expect("a string takes any text");
                }
                Arguments::Texts(texts) => {
                    let last = texts.iter().rposition(|(given, _)| *given == argument.name);
                    let at = last.expect("its name was given") + 1;
                    write!(arguments, "{comma}{variadic}{name} => (a.texts)[{at}]::{kind}")
                        .expect("a string takes any text");
                }
            }
        }
        let (from, value) = match &self.arguments {
            Arguments::Texts(texts) => {
                let texts = texts.iter().map(|(_, text)| text.clone()).collect();
                ("(select $1::text[] as texts) a".to_owned(), Value::Many(texts))
            }
            // Without a record to read, the parameter must still appear once.
            Arguments::Body { text, .. } if columns.is_empty() => {
                if function.arguments.iter().any(|argument| argument.name.is_empty()) {
                    write!(arguments, "a.body::{}", function.arguments[0].kind)
                        .expect("a string takes any text");
                }
                ("(select $1::text as body) a".to_owned(), Value::One(text.clone()))
            }
            Arguments::Body { text, .. } => {
                (format!("json_to_record($1::text::json) as a({columns})"), Value::One(text.clone()))
            }
        };
        let function_name = quoted(&function.name);
        let rows = if function.is_value { format!("v as {VALUE}") } else { "v.*".to_owned() };
        let with = format!(
            "with {SOURCE} as (select {rows} from {from}, lateral public.{function_name}({arguments}) v) "
        );
        (with, vec![value])
    }

    /// The words are PostgREST's own: clients tell the contract by this failure.
    fn unknown(&self, catalogue: &Catalogue, given: &BTreeSet<String>) -> Failure {
        let name = &self.name;
        let names = given.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let (called, searched) = match given.len() {
            0 => (" without parameters".to_owned(), " without parameters".to_owned()),
            1 => (format!("({names})"), format!(" with parameter {names}")),
            _ => (format!("({names})"), format!(" with parameters {names}")),
        };
        let or_body = if self.is_read { "" } else { " or with a single unnamed json/jsonb parameter" };
        let failure = Failure::new(
            StatusCode::NOT_FOUND,
            "PGRST202",
            format!("Could not find the function public.{name}{called} in the schema cache"),
        )
        .details(format!(
            "Searched for the function public.{name}{searched}{or_body}, but no matches were found in the schema cache."
        ));
        let overloads: Vec<String> = catalogue.overloads(name).map(Function::signature).collect();
        let meant = if overloads.is_empty() {
            hint::nearest(name, catalogue.names()).map(str::to_owned)
        } else {
            hint::nearest(&format!("({names})"), overloads.iter().map(String::as_str))
                .map(|signature| format!("{name}{signature}"))
        };
        match meant {
            Some(meant) => failure.hint(format!("Perhaps you meant to call the function public.{meant}")),
            None => failure,
        }
    }
}

fn ambiguous(candidates: &[&Function]) -> Failure {
    let candidates = candidates.iter().map(|function| {
        let arguments =
            function.arguments.iter().map(|argument| format!("{} => {}", argument.name, argument.kind));
        format!("public.{}({})", function.name, arguments.collect::<Vec<_>>().join(", "))
    });
    let message = format!(
        "Could not choose the best candidate function between: {}",
        candidates.collect::<Vec<_>>().join(", ")
    );
    Failure::new(StatusCode::MULTIPLE_CHOICES, "PGRST203", message).hint(
        "Try renaming the parameters or the function itself in the database so function overloading can be resolved",
    )
}

/// What the call is named in its statement, as PostgREST names it in failures.
const SOURCE: &str = "record";

/// As PostgREST names the column of a value; seen where a set of values is asked for as one object.
const VALUE: &str = "pgrst_scalar";

const FORM: &[u8] = b"application/x-www-form-urlencoded";
