//! Realtime as a Supabase project has it: `wss`, behind a gateway that ends TLS.

use std::path::Path;
use std::time::Duration;

use ordak_station::backend::realtime::Heard;
use ordak_station::backend::{Backend, Config};
use ordak_station::station::LinkFault;
use serde_json::json;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::client::{Listener, account, limits, serve};
use crate::support::cluster::Database;
use crate::support::shop::insert_order;
use crate::support::tls;

/// Ends TLS before `plain`, an address as `http://127.0.0.1:1`; where.
async fn gateway(folder: &Path, plain: &str) -> String {
    let acceptor = TlsAcceptor::from(tls::server(folder));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let plain = plain.trim_start_matches("http://").to_owned();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (acceptor, plain) = (acceptor.clone(), plain.clone());
            tokio::spawn(async move {
                // One that does not trust the certificate hangs up.
                let Ok(mut outside) = acceptor.accept(stream).await else { return };
                let mut inside = TcpStream::connect(plain).await.unwrap();
                copy_bidirectional(&mut outside, &mut inside).await.ok();
            });
        }
    });
    url
}

#[test]
fn changes_are_told_over_tls() {
    tls::trusting("realtime::tls::changes_are_told_over_tls", |folder| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let database = Database::migrated();
            let client = database.connect().await;
            let running = serve(&database, "127.0.0.1:0", Duration::from_hours(1)).await;
            let url = gateway(folder, &running.access.url).await;
            let of = |folder: &Path| Config { url: url.as_str().into(), ..account(&running, folder) };
            let mut listener = Listener::start(limits(), of);
            listener.hears(Heard::Subscribed).await;
            assert!(listener.backend.refresh(None).await.unwrap().is_whole);
            insert_order(&client, "bannos-1", json!({})).await;
            listener.hears(Heard::Changed).await;
            running.stop().await.unwrap();
        });
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_nobody_vouches_for_is_hung_up_on() {
    let folder = tempfile::tempdir().unwrap();
    tls::make(folder.path());
    let database = Database::migrated();
    let running = serve(&database, "127.0.0.1:0", Duration::from_hours(1)).await;
    let url = gateway(folder.path(), &running.access.url).await;
    let config = Config { url: url.as_str().into(), ..account(&running, folder.path()) };
    let backend = Backend::with_limits(config, limits()).unwrap();
    let told = backend.refresh(None).await;
    let is_certificate = |why: &str| why.contains("certificate");
    assert!(matches!(&told, Err(LinkFault::Unreachable(why)) if is_certificate(why)), "{told:?}");
    running.stop().await.unwrap();
}
