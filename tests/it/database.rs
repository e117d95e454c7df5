//! The sandbox on a PostgreSQL elsewhere: how it is reached, and what becomes of it when it is not.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::thread;
use std::time::Duration;

use ordak_station::sandbox::{self, Error, Options, Storage};

use crate::support::cluster::Database;

/// Whether the sandbox's connections to the database are encrypted.
async fn is_encrypted(database: &Database) -> bool {
    let sql = "select bool_and(s.ssl) from pg_stat_ssl s join pg_stat_activity a using (pid)
        where a.datname = current_database() and a.application_name like 'ordak-sandbox%'";
    database.connect().await.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_encrypted_as_its_url_says() {
    let certificate = Database::certificate();
    let verified = format!("sslmode=verify-full&sslrootcert={}", certificate.display());
    for (query, expected) in [
        ("sslmode=disable", false),
        ("sslmode=prefer", true),
        ("", true),
        ("sslmode=require", true),
        (&*verified, true),
    ] {
        let database = Database::migrated();
        let storage = Storage::Url(database.url_with(query));
        let options = Options { storage, orders: 0, ..Options::default() };
        let running = sandbox::serve(options, &|_| {}).await.unwrap();
        assert_eq!(is_encrypted(&database).await, expected, "{query}");
        running.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_who_it_should_be_is_not_spoken_to() {
    let database = Database::bare();
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.crt");
    let made = Command::new("openssl")
        .args(["req", "-x509", "-nodes", "-days", "30", "-subj", "/CN=other", "-newkey", "ec"])
        .args(["-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", "/dev/null", "-out"])
        .arg(&other)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let own =
        database.url_with(&format!("sslmode=verify-full&sslrootcert={}", Database::certificate().display()));
    let foreign = database.url_with(&format!("sslmode=verify-full&sslrootcert={}", other.display()));
    // The same server under a name that its certificate does not have.
    let misnamed = own.replace("127.0.0.1", "localhost");
    for url in [&foreign, &misnamed] {
        let refused = sandbox::migrate(url).await.unwrap_err();
        let Error::Unreachable(source) = &refused else { panic!("{url}: {refused:?}") };
        let said = format!("{source:?}");
        assert!(said.contains("Certificate"), "{url}: {said}");
    }
    sandbox::migrate(&own).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_encryption_is_required_nothing_is_said_without() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let heard = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = [0; 8];
        stream.read_exact(&mut asked).unwrap();
        // "No": this server cannot.
        stream.write_all(b"N").unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
        rest
    });
    let url = format!("postgres://me:canary@{address}/shop?sslmode=require");
    assert!(matches!(sandbox::migrate(&url).await, Err(Error::Unreachable(_))));
    assert_eq!(heard.join().unwrap(), b"");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_the_connection_and_says_nothing_is_given_up() {
    // The system takes the connection in; nobody ever looks at it.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    for mode in ["disable", "require"] {
        let url = format!("postgres://me@{address}/shop?sslmode={mode}&connect_timeout=1");
        let given_up = tokio::time::timeout(Duration::from_mins(1), sandbox::migrate(&url)).await;
        assert!(matches!(given_up.expect("it ends by itself"), Err(Error::Silent)), "{mode}");
    }
}
