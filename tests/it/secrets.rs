//! What nobody may read: no name of a customer, no password and no token in anything that the program says, and names in
//! files of its own account only.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::Value;

use crate::support::cluster::Database;
use crate::support::program::{Backend, Bench, Program};
use crate::support::pty::Gun;

#[test]
fn neither_names_nor_secrets_are_said_or_left_open() {
    let database = Database::bare();
    let backend = Backend::serve(&["--database-url", database.url()]);
    let rows = backend.rows("orders_bannos?select=customer_name");
    let name = |row: &Value| row["customer_name"].as_str().map(str::to_owned).filter(|name| name.len() > 5);
    let names: Vec<String> = rows.iter().filter_map(name).collect();
    assert!(names.len() > 10);
    let gun = Gun::plugged();
    let bench = Bench::new(&backend, "test-covering", "Covering").gun(gun.path());
    let file = bench.file();
    let journal = bench.folder().join("journal.sqlite");
    let mut said = String::new();
    for is_damaged in [false, true] {
        if is_damaged {
            let mut bytes = std::fs::read(&journal).unwrap();
            bytes[4096..8192].fill(0x5a);
            std::fs::write(&journal, bytes).unwrap();
        }
        let arguments = ["run", "--headless", "--config", file.to_str().unwrap()];
        let mut station = Program::start_with(&arguments, &[("ORDAK_LOG", "trace")]);
        station.line(|line| line["link"] == "up");
        assert!(Command::new("kill").args(["-TERM", &station.id().to_string()]).status().unwrap().success());
        let (status, stderr) = station.end();
        assert!(status.success(), "{stderr}");
        said += &stderr;
    }
    assert!(
        said.contains("journal open") && said.contains("journal damaged"),
        "it says what it does: {said}"
    );
    let session = std::fs::read_dir(bench.folder()).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = session.filter(|path| path.is_file()).collect();
    let secrets = [backend.field("password"), backend.field("service_key"), "refresh_token\":"];
    for secret in names.iter().map(String::as_str).chain(secrets) {
        assert!(!said.contains(secret), "{secret:?} is said");
    }
    let has_name = |bytes: &[u8]| {
        names.iter().any(|name| bytes.windows(name.len()).any(|window| window == name.as_bytes()))
    };
    let with_names: Vec<_> = files.iter().filter(|path| has_name(&std::fs::read(path).unwrap())).collect();
    assert!(!with_names.is_empty(), "the copy of the orders has them");
    for path in with_names {
        let mode = std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", path.display());
    }
}
