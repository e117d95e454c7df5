//! The picture of a cake, fetched over real sockets from hosts that do as they like.

use std::time::Duration;

use ordak_station::order::PictureFault;
use ordak_station::shell::picture;

use crate::support::http::{Script, Server};

/// Fetches what a host with this script has.
fn fetched(server: &Server, path: &str) -> Result<Vec<u8>, PictureFault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let fetch = async {
        let address = format!("{}{path}", server.url);
        tokio::time::timeout(PATIENCE, picture(&address)).await.expect("a fetch ends by itself")
    };
    runtime.block_on(fetch)
}

#[test]
fn a_picture_is_fetched_and_no_key_with_it() {
    let server = Server::new(|request| match &*request.path {
        "/moved.jpg" => Script::Say(302, "text/plain", vec!["location: /cake.jpg".to_owned()], String::new()),
        _ => Script::Say(200, "image/jpeg", Vec::new(), "a cake".to_owned()),
    });
    assert_eq!(fetched(&server, "/moved.jpg"), Ok(b"a cake".to_vec()));
    for request in server.requests() {
        assert!(!request.headers.contains_key("apikey") && !request.headers.contains_key("authorization"));
    }
}

#[test]
fn a_host_that_hangs_is_given_up() {
    let server = Server::new(|_| Script::Hang);
    assert_eq!(fetched(&server, "/cake.jpg"), Err(PictureFault::TimedOut));
}

#[test]
fn a_host_may_answer_anything() {
    let server = Server::new(|request| match &*request.path {
        "/gone" => Script::html(404, "<h1>gone</h1>"),
        "/huge" => Script::Say(200, "image/png", Vec::new(), "x".repeat(2 * 1024 * 1024 + 1)),
        "/loop" => Script::Say(302, "text/plain", vec!["location: /loop".to_owned()], String::new()),
        "/cut" => Script::CutShort("a picture that is promised", 9),
        _ => Script::HangUp,
    });
    for (path, fault) in [
        ("/gone", PictureFault::Refused(404)),
        ("/huge", PictureFault::TooLarge),
        ("/loop", PictureFault::Unreachable),
        ("/cut", PictureFault::Unreachable),
        ("/hangup", PictureFault::Unreachable),
    ] {
        assert_eq!(fetched(&server, path), Err(fault), "{path}");
    }
}

#[test]
fn what_is_no_address_is_not_asked() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for address in ["", "cake.jpg", "file:///etc/passwd", "data:image/png;base64,AAAA", "ftp://example.com/a"]
    {
        assert_eq!(runtime.block_on(picture(address)), Err(PictureFault::NoAddress), "{address}");
    }
}

/// Far longer than a fetch takes: only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_mins(1);
