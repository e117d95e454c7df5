//! Good replies spoilt in every way: each reading of 10,000 of them is sane, and so is each answer to a client that is
//! sent them over a socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use miniz_oxide::deflate::core::CompressorOxide;
use miniz_oxide::deflate::stream::deflate;
use miniz_oxide::{DataFormat, MZFlush};
use serde_json::Value;

use super::replies::{self, intent, verdict};
use crate::backend::{Backend, Config, ContractPin, Limits, Secret};
use crate::order::{Action, Post, Stage, Store};
use crate::station::{LinkFault, Reply};

#[test]
fn ten_thousand_malformed_replies_are_each_a_sane_answer() {
    judge_all(&GOOD, replies::judge);
}

#[test]
fn so_are_ten_thousand_of_contract_2025_12() {
    judge_all(&GOOD_2025_12, replies::v2025_12::judge);
}

fn judge_all(good: &[&str], judge: impl Fn(u16, &str, &[u8]) -> Reply) {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut lost = 0;
    for round in 0..BODIES {
        let (how, spoilt) = spoil(good, &mut dice, round);
        let told = judge(spoilt.status, spoilt.media_type, &spoilt.body);
        lost += usize::from(matches!(told, Reply::Lost(_)));
        let is_as_it_must = match how {
            How::Cut | How::Nested | How::NotText => matches!(told, Reply::Lost(LinkFault::Malformed(_))),
            How::Page => matches!(told, Reply::Lost(LinkFault::NotSupabase(_) | LinkFault::Server(_))),
            How::Huge | How::Long | How::WrongKind | How::Garbled => true,
        };
        assert!(is_as_it_must || spoilt.status != 200, "round {round}, {how:?}: {told:?}");
    }
    // Something is always left that can be read.
    assert!((BODIES / 2..BODIES).contains(&lost), "{lost}");
}

#[tokio::test]
async fn a_client_that_is_sent_them_gives_each_a_sane_answer() {
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let spoilt: Vec<_> = (0..BODIES_SENT).map(|round| spoil(&GOOD, &mut dice, round).1).collect();
    let place = Place::new(move |nth, out| {
        let Spoilt { status, media_type, body } = &spoilt[nth % spoilt.len()];
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        out.write_all(head.as_bytes())?;
        out.write_all(body)
    });
    let client = place.client();
    for _ in 0..BODIES_SENT {
        verdict(&client.send(&intent(Action::CompleteFilling)).await);
    }
    assert!(place.told() >= BODIES_SENT);
}

#[tokio::test]
async fn a_reply_that_claims_or_sends_a_gigabyte_is_let_go() {
    let packed = packed_blanks();
    let endings: [(&str, Vec<u8>); 4] = [
        ("content-length: 1073741824", Vec::new()),
        ("content-length: 1073741824", vec![b'['; 1 << 16]),
        ("transfer-encoding: chunked", [&b"10000\r\n"[..], &vec![b' '; 1 << 16], b"\r\n"].concat()),
        ("content-encoding: gzip\r\ncontent-length: 1073741824", packed),
    ];
    for (header, piece) in endings {
        let sent = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&sent);
        let place = Place::new(move |_, out| {
            write!(out, "HTTP/1.1 200 X\r\ncontent-type: application/json\r\n{header}\r\n\r\n")?;
            if header.contains("gzip") {
                out.write_all(GZIP_HEADER)?;
            }
            while !piece.is_empty() && count.load(Ordering::Relaxed) < 1 << 30 {
                out.write_all(&piece)?;
                count.fetch_add(piece.len(), Ordering::Relaxed);
            }
            Ok(())
        });
        let told = place.client().send(&intent(Action::CompleteFilling)).await;
        assert!(matches!(told, Reply::Lost(LinkFault::Malformed(_))), "{header}: {told:?}");
        verdict(&told);
        let taken = sent.load(Ordering::Relaxed);
        assert!(taken <= 4 * Limits::default().body_bytes_max, "{header}: {taken} bytes were taken");
    }
}

/// In which way a reply is spoilt.
#[derive(Clone, Copy, Debug)]
enum How {
    /// It ends too early.
    Cut,
    /// 10,000 lists or objects, one in the other, stand in a value's place.
    Nested,
    /// A number that no column holds does.
    Huge,
    /// A text of 100,000 letters does.
    Long,
    /// A value of another kind does.
    WrongKind,
    /// Bytes that are no UTF-8 do.
    NotText,
    /// A web page is sent instead.
    Page,
    /// Bytes are changed, left out and put in anywhere.
    Garbled,
}

const WAYS: [How; 8] =
    [How::Cut, How::Nested, How::Huge, How::Long, How::WrongKind, How::NotText, How::Page, How::Garbled];

struct Spoilt {
    status: u16,
    media_type: &'static str,
    body: Vec<u8>,
}

/// One of the good replies, spoilt in the way whose turn it is.
fn spoil(good: &[&str], dice: &mut Dice, round: usize) -> (How, Spoilt) {
    let good = dice.of(good).split_once('\n').expect("its head is a line").1;
    let how = WAYS[round % WAYS.len()];
    let mut media_type = "application/json; charset=utf-8";
    let body = match how {
        How::Cut => good.as_bytes()[..dice.below(good.len())].to_vec(),
        How::Nested => {
            let (open, end, close) = dice.of(&[("[", "", "]"), (r#"{"a":"#, "1", "}")]);
            replaced(good, dice, [&open.repeat(NESTED), end, &close.repeat(NESTED)].concat().as_bytes())
        }
        How::Huge => {
            let number = dice.of(&HUGE);
            replaced(good, dice, number.as_bytes())
        }
        How::Long => replaced(good, dice, format!("{:?}", "x".repeat(LONG)).as_bytes()),
        How::WrongKind => {
            let kind = dice.of(&KINDS);
            replaced(good, dice, kind.as_bytes())
        }
        How::NotText => replaced(good, dice, b"\"\xff\xfe\xed\xa0\x80\""),
        How::Page => {
            media_type = dice.of(&["text/html", "text/plain", ""]);
            format!("\n <!doctype html><title>{}</title>", "Log in\n".repeat(dice.below(400))).into_bytes()
        }
        How::Garbled => garbled(good, dice),
    };
    let status = dice.of(&STATUSES);
    (how, Spoilt { status, media_type, body })
}

/// The reply with `raw` in the place of one of its values, or of all of it.
fn replaced(good: &str, dice: &mut Dice, raw: &[u8]) -> Vec<u8> {
    const MARK: &str = "\"in the place of a value\"";
    let mut body: Value = serde_json::from_str(good).expect("a good reply is JSON");
    let nth = dice.below(values(&body));
    *value_at(&mut body, &mut { nth }).expect("it has as many values") = Value::from(MARK.trim_matches('"'));
    let text = body.to_string();
    let (before, after) = text.split_once(MARK).expect("it stands there once");
    [before.as_bytes(), raw, after.as_bytes()].concat()
}

fn values(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(values).sum(),
        Value::Object(map) => map.values().map(values).sum(),
        _ => 0,
    }
}

fn value_at<'a>(value: &'a mut Value, nth: &mut usize) -> Option<&'a mut Value> {
    if *nth == 0 {
        return Some(value);
    }
    *nth -= 1;
    match value {
        Value::Array(list) => list.iter_mut().find_map(|value| value_at(value, nth)),
        Value::Object(map) => map.values_mut().find_map(|value| value_at(value, nth)),
        _ => None,
    }
}

fn garbled(good: &str, dice: &mut Dice) -> Vec<u8> {
    let mut bytes = good.as_bytes().to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len());
        let until = bytes.len().min(at + dice.below(20));
        match dice.below(3) {
            0 => bytes[at] = dice.below(256) as u8,
            1 => drop(bytes.splice(at..until, dice.of(&KINDS).bytes())),
            _ => drop(bytes.drain(at..until)),
        }
        bytes.push(b' ');
    }
    bytes
}

/// A server that signs everybody in, has the functions of contract 2025-09, and answers writes with anything.
struct Place {
    url: String,
    told: Arc<AtomicUsize>,
    folder: tempfile::TempDir,
}

impl Place {
    fn new(answer: impl Fn(usize, &mut TcpStream) -> std::io::Result<()> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let told = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&told);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let Some((path, body)) = request(&stream) else { continue };
                let good = match path.as_str() {
                    "/rest/v1/rpc/complete_filling" => {
                        // The client may hang up: that is what it is asked to do.
                        answer(count.fetch_add(1, Ordering::Relaxed), &mut stream).ok();
                        continue;
                    }
                    path if path.starts_with("/auth") => GRANT,
                    _ => r#"{"ok":false,"code":"BAD_INPUT","message":"no id"}"#,
                };
                assert!(!body.is_empty());
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
                write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{good}", good.len()).unwrap();
            }
        });
        Self { url, told, folder: tempfile::tempdir().unwrap() }
    }

    /// How many writes were answered.
    fn told(&self) -> usize {
        self.told.load(Ordering::Relaxed)
    }

    fn client(&self) -> Backend {
        Backend::new(Config {
            url: self.url.as_str().into(),
            anon_key: Secret::new("key"),
            email: "f1@shop.example".into(),
            password: Secret::new("password"),
            pin: ContractPin::V2025_09,
            station: "bannos-filling-1".into(),
            post: Post::At(Stage::Filling),
            stores: [Store::Bannos].into(),
            session_path: self.folder.path().join("session.json"),
        })
        .unwrap()
    }
}

/// The path and body of the one request of a connection.
fn request(stream: &TcpStream) -> Option<(String, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let (mut path, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim_end().to_ascii_lowercase();
        match line.split_once(": ") {
            Some(("content-length", count)) => length = count.parse().ok()?,
            Some(_) => {}
            None if line.is_empty() => break,
            None => path = Some(line.split(' ').nth(1)?.to_owned()),
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path?, body))
}

/// A megabyte of blanks as a piece of a gzip stream, which may be sent again and again.
fn packed_blanks() -> Vec<u8> {
    let mut state = CompressorOxide::default();
    state.set_format_and_level(DataFormat::Raw, 6);
    let (blanks, mut packed) = (vec![b' '; 1 << 20], vec![0; 1 << 16]);
    let done = deflate(&mut state, &blanks, &mut packed, MZFlush::Sync);
    assert_eq!(done.bytes_consumed, blanks.len());
    packed.truncate(done.bytes_written);
    packed
}

/// A small source of chance (xorshift64), so that every run is the same.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound.max(1)
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

const BODIES: usize = 10_000;
const BODIES_SENT: usize = 1_000;
const NESTED: usize = 10_000;
const LONG: usize = 100_000;

const STATUSES: [u16; 12] = [200, 200, 200, 200, 201, 302, 400, 403, 404, 409, 429, 500];

/// The good replies are where the fuzz target begins, too.
const GOOD: [&str; 8] = [
    include_str!("../../../tests/fuzz/seeds/replies/done"),
    include_str!("../../../tests/fuzz/seeds/replies/refused"),
    include_str!("../../../tests/fuzz/seeds/replies/order"),
    include_str!("../../../tests/fuzz/seeds/replies/candidates"),
    include_str!("../../../tests/fuzz/seeds/replies/queue"),
    include_str!("../../../tests/fuzz/seeds/replies/stations"),
    include_str!("../../../tests/fuzz/seeds/replies/staff"),
    include_str!("../../../tests/fuzz/seeds/replies/settings"),
];

const GOOD_2025_12: [&str; 9] = [
    include_str!("../../../tests/fuzz/seeds/replies_2025_12/done"),
    include_str!("../../../tests/fuzz/seeds/replies_2025_12/label"),
    include_str!("../../../tests/fuzz/seeds/replies_2025_12/started"),
    include_str!("../../../tests/fuzz/seeds/replies_2025_12/queue"),
    include_str!("../../../tests/fuzz/seeds/replies_2025_12/exact"),
    include_str!("../../../tests/fuzz/seeds/replies_2025_12/scanned"),
    include_str!("../../../tests/fuzz/seeds/replies_2025_12/history"),
    include_str!("../../../tests/fuzz/seeds/replies_2025_12/places"),
    include_str!("../../../tests/fuzz/seeds/replies_2025_12/moved"),
];

const HUGE: [&str; 8] = [
    "1e308",
    "-1e400",
    "1e-400",
    "18446744073709551616",
    "-9223372036854775809",
    "4294967296",
    "123456789012345678901234567890.5",
    "9223372036854775807",
];

const KINDS: [&str; 10] = [
    "null",
    "true",
    "-1",
    "1.5",
    r#""""#,
    "[]",
    "{}",
    r#""\ud800""#,
    r#""\u0000""#,
    r#"[{"id":"bannos-1"}]"#,
];

const GRANT: &str = r#"{"access_token":"a.b.c","token_type":"bearer","expires_in":3600,"refresh_token":"r1","user":{"id":"7d3f"}}"#;

/// RFC 1952: the mark, deflate, no flags, no time, unknown system.
const GZIP_HEADER: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
