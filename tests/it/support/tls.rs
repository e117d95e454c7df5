//! A server's TLS, by a certificate of the test's own that one process alone trusts.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

const KEY: &str = "key.pem";
const CERTIFICATE: &str = "certificate.pem";

/// Makes a certificate of 127.0.0.1 in `folder`.
pub fn make(folder: &Path) {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-nodes", "-days", "30", "-subj", "/CN=cakes", "-newkey", "ec"])
        .args(["-pkeyopt", "ec_paramgen_curve:prime256v1", "-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
        .arg(folder.join(KEY))
        .arg("-out")
        .arg(folder.join(CERTIFICATE))
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
}

/// What a server with the certificate in `folder` needs.
pub fn server(folder: &Path) -> Arc<ServerConfig> {
    let certificate = CertificateDer::from_pem_file(folder.join(CERTIFICATE)).unwrap();
    let key = PrivateKeyDer::from_pem_file(folder.join(KEY)).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    Arc::new(config)
}

/// Runs a test of this name once more, in a process of its own that trusts a new certificate: there `trusted` runs, with its
/// folder, and here it is seen to pass.
pub fn trusting(test: &str, trusted: impl FnOnce(&Path)) {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return trusted(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    make(folder.path());
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env(FOLDER, folder.path())
        .env("SSL_CERT_FILE", folder.path().join(CERTIFICATE))
        .env("NO_PROXY", "*")
        .output()
        .unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// Tells the process of its own which certificate is its.
const FOLDER: &str = "ORDAK_TEST_CERTIFICATE";
