//! A private PostgreSQL cluster: one a test run, gone when the run ends however it ends, and a fresh migrated database
//! a test.

use std::ffi::OsStr;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Once, OnceLock};

use tokio_postgres::{Client, NoTls};

/// A database of the cluster with the backend's SQL in it; dropped with the value.
pub struct Database {
    url: String,
    name: String,
}

impl Database {
    /// A migrated database with no rows of its own.
    pub fn migrated() -> Self {
        Self::copy_of(TEMPLATE)
    }

    /// A database with the stand-in of contract 2025-12 and no rows of its own.
    pub fn stand_in() -> Self {
        static MADE: Once = Once::new();
        MADE.call_once(|| Cluster::running().make(STAND_IN, &[PLATFORM, "assets/backend-2025-12"]));
        Self::copy_of(STAND_IN)
    }

    /// A database with nothing in it. Roles belong to the cluster and are there.
    pub fn bare() -> Self {
        Self::copy_of("template1")
    }

    /// Where it listens, for `--database-url` and `tokio_postgres` alike; needs no password.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The same with this asked of the connection, such as `sslmode=require`; encryption is offered.
    pub fn url_with(&self, query: &str) -> String {
        self.url.replace(PLAIN, query)
    }

    /// What signs for the server under the name 127.0.0.1: its own certificate.
    pub fn certificate() -> PathBuf {
        folder().join(CERTIFICATE)
    }

    /// A connection as the superuser.
    pub async fn connect(&self) -> Client {
        connect(self.url()).await
    }

    /// Its schema as `pg_dump` writes it.
    pub fn schema(&self) -> String {
        let out = Command::new(bin("pg_dump")).args(["--schema-only", self.url()]).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        // Its \restrict lines carry a random word.
        let text = String::from_utf8(out.stdout).unwrap();
        text.lines().filter(|line| !line.starts_with('\\')).collect::<Vec<_>>().join("\n")
    }

    fn copy_of(template: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let cluster = Cluster::running();
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        cluster.psql(&format!("create database {name} template {template}"));
        Self { url: cluster.url(&name), name }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Only to save room: the whole cluster goes at the end.
        Cluster::running().psql(&format!("drop database {} with (force)", self.name));
    }
}

/// Runs the files of `assets/backend` in order, each as one batch.
pub async fn migrate(client: &Client) {
    run(client, Path::new("assets/backend")).await;
}

/// Runs a file, or all of a folder's in order.
async fn run(client: &Client, from: &Path) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(from);
    let mut files: Vec<PathBuf> = match fs::read_dir(&from) {
        Ok(entries) => entries.map(|entry| entry.unwrap().path()).collect(),
        Err(_) => vec![from],
    };
    files.retain(|file| file.extension() == Some(OsStr::new("sql")));
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let sql = fs::read_to_string(&file).unwrap();
        client.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{}: {error:?}", file.display()));
    }
}

struct Cluster {
    port: u16,
    /// Holds the cluster's life: the shell stops and removes it when this pipe closes, even after a SIGKILL.
    _undertaker: Child,
}

impl Cluster {
    fn running() -> &'static Self {
        static CLUSTER: OnceLock<Cluster> = OnceLock::new();
        CLUSTER.get_or_init(|| {
            let cluster = Self::start();
            cluster.make(TEMPLATE, &["assets/backend"]);
            cluster
        })
    }

    /// Makes a database of this name from these files and folders.
    fn make(&self, name: &str, from: &'static [&'static str]) {
        self.psql(&format!("create database {name}"));
        let url = self.url(name);
        // Asked for from inside and outside of runtimes alike.
        let making = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let client = connect(&url).await;
                for path in from {
                    run(&client, Path::new(path)).await;
                }
            });
        });
        making.join().unwrap();
    }

    fn start() -> Self {
        let folder = folder();
        let mut cluster = Self { port: 0, _undertaker: undertaker(&folder) };
        done(as_postgres("mkdir").args(["-m", "700"]).arg(&folder));
        let data = folder.join("data");
        done(as_postgres(bin("initdb")).args(["-A", "trust", "-U", "postgres", "--no-sync"]).args([
            "--locale=C.UTF-8",
            "-E",
            "UTF8",
            "-D",
            data.to_str().unwrap(),
        ]));
        done(
            as_postgres("openssl")
                .args(["req", "-x509", "-nodes", "-days", "30", "-subj", "/CN=ordak test"])
                .args([
                    "-newkey",
                    "ec",
                    "-pkeyopt",
                    "ec_paramgen_curve:prime256v1",
                    "-addext",
                    "subjectAltName=IP:127.0.0.1",
                    "-addext",
                    "basicConstraints=critical,CA:FALSE",
                    "-keyout",
                    folder.join("server.key").to_str().unwrap(),
                    "-out",
                    folder.join(CERTIFICATE).to_str().unwrap(),
                ]),
        );
        // Another process may take the port between the look and the start: then the next one.
        for _ in 0..10 {
            cluster.port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let options = format!(
                "-c listen_addresses=127.0.0.1 -p {} -k {folder} -c fsync=off -c synchronous_commit=off \
                 -c full_page_writes=off -c timezone=UTC -c max_connections=200 -c shared_buffers=64MB \
                 -c ssl=on -c ssl_cert_file={certificate} -c ssl_key_file={folder}/server.key",
                cluster.port,
                folder = folder.display(),
                certificate = folder.join(CERTIFICATE).display(),
            );
            let started = as_postgres(bin("pg_ctl"))
                .args(["start", "-w", "-s", "-o", &options, "-D"])
                .arg(&data)
                .arg("-l")
                .arg(folder.join("log"))
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .unwrap();
            if started.success() {
                return cluster;
            }
        }
        panic!("PostgreSQL does not start: {}", fs::read_to_string(folder.join("log")).unwrap_or_default());
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}?{PLAIN}", self.port)
    }

    fn psql(&self, sql: &str) {
        done(Command::new(bin("psql")).args(["-X", "-q", "-c", sql, &self.url("postgres")]));
    }
}

/// Where this process has its cluster.
fn folder() -> PathBuf {
    std::env::temp_dir().join(format!("ordak-it-{}", std::process::id()))
}

fn undertaker(folder: &Path) -> Child {
    as_postgres("sh")
        .args(["-c", UNDERTAKER, "undertaker"])
        .arg(folder)
        .arg(BIN)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Out of reach of a Ctrl-C meant for the tests.
        .process_group(0)
        .spawn()
        .unwrap()
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    // Ends when the client is dropped, or with the database: its error is then the test's own doing.
    tokio::spawn(async { connection.await.ok() });
    client
}

/// PostgreSQL refuses to run as root.
fn as_postgres(program: impl AsRef<OsStr>) -> Command {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--"]).arg(program);
    // The test's folder need not be open to that user.
    command.current_dir("/");
    command
}

fn done(command: &mut Command) {
    let out = command.stdin(Stdio::null()).output().unwrap();
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
}

fn bin(program: &str) -> PathBuf {
    Path::new(BIN).join(program)
}

/// Where Debian 12 puts PostgreSQL 15.
const BIN: &str = "/usr/lib/postgresql/15/bin";

/// What a test connection says of encryption, unless it says otherwise.
const PLAIN: &str = "sslmode=disable";

const CERTIFICATE: &str = "server.crt";

const TEMPLATE: &str = "ordak_template";

const STAND_IN: &str = "ordak_stand_in";

const PLATFORM: &str = "assets/backend/010_platform.sql";

/// Waits for the test process to go, then removes the cluster.
const UNDERTAKER: &str = r#"cat > /dev/null; "$2/pg_ctl" stop -w -s -m immediate -D "$1/data"; rm -rf "$1""#;
