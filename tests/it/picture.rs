//! The picture of a cake, fetched over real sockets from hosts that do as they like.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use ordak_station::order::PictureFault;
use ordak_station::shell::picture;
use tokio_rustls::rustls::{ServerConnection, StreamOwned};

use crate::support::http::{Script, Server};
use crate::support::tls;

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

#[test]
fn a_host_may_send_on_from_http_to_https() {
    tls::trusting("picture::a_host_may_send_on_from_http_to_https", sent_on_to_https);
}

fn sent_on_to_https(folder: &Path) {
    let config = tls::server(folder);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let location = format!("location: https://{}/cake.jpg", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
        let mut asked = [0; 4096];
        assert!(stream.read(&mut asked).unwrap() > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\na cake").unwrap();
        stream.flush().unwrap();
    });
    // An address that reaches this machine and is not its loopback's: as any other host's.
    let server = Server::at("0.0.0.0:0", move |_| {
        Script::Say(302, "text/plain", vec![location.clone()], String::new())
    });
    assert_eq!(fetched(&server, "/cake.jpg"), Ok(b"a cake".to_vec()));
}

/// Far longer than a fetch takes: only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_mins(1);
