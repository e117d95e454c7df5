//! Where a PostgreSQL is and how it is reached: over a socket of this machine as it is, over TCP encrypted as the URL says.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_postgres::{AsyncMessage, Client, Config, Connection, Notification, Socket};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{
    CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, InvalidDnsNameError, ServerName, UnixTime};
use tokio_rustls::rustls::{self, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::super::Error;

/// A PostgreSQL's address, with who signs for its server.
#[derive(Clone)]
pub struct Address {
    config: Config,
    tls: TlsConnector,
}

impl fmt::Debug for Address {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address").field("hosts", &self.config.get_hosts()).finish_non_exhaustive()
    }
}

impl Address {
    /// The embedded engine's socket in this folder, without encryption.
    pub fn socket(folder: &Path, user: &str, database: &str) -> Self {
        let mut config = Config::new();
        config
            .host_path(folder)
            .user(user)
            .dbname(database)
            .ssl_mode(SslMode::Disable)
            .connect_timeout(START_MAX);
        Self { config, tls: connector(&provider(), unchecked()) }
    }

    /// Reads a connection URL. As libpq does, `sslmode` `disable`, `prefer` (the default) and `require` ask no proof of who
    /// the server is; `verify-full` checks its certificate and name against the certificates in the file `sslrootcert`.
    pub fn read(url: &str) -> Result<Self, Error> {
        let Url { text, roots, is_verified } = Url::read(url);
        let mut config: Config = text.parse().map_err(Error::Url)?;
        let verifier = match &roots {
            Some(file) => verified_by(file)?,
            None if is_verified => return Err(Error::NoRoots),
            None => unchecked(),
        };
        if roots.is_some() {
            config.ssl_mode(SslMode::Require);
        }
        // As libpq: what does not leave the machine is not encrypted.
        if config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_))) {
            config.ssl_mode(SslMode::Disable);
        }
        Ok(Self { config, tls: connector(&provider(), verifier) })
    }

    /// A connection of this name that has run `session`, all within the URL's `connect_timeout` or [`CONNECT_MAX`]. What is
    /// said on the channels it listens on goes to `said`, which is dropped when the connection ends.
    pub async fn connect(
        &self,
        name: &str,
        session: &str,
        mut said: impl FnMut(&Notification) + Send + 'static,
    ) -> Result<Client, Error> {
        self.bounded(async {
            let (client, mut connection) = self.dial(name).await?;
            tokio::spawn(async move {
                while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
                    match message {
                        Ok(AsyncMessage::Notification(notification)) => said(&notification),
                        Ok(_) => {}
                        Err(error) => return tracing::warn!(%error, "a database connection broke"),
                    }
                }
            });
            client.batch_execute(session).await.map_err(Error::Unreachable)?;
            Ok(client)
        })
        .await
    }

    async fn dial(&self, name: &str) -> Result<(Client, Connection<Socket, Encrypted>), Error> {
        let mut config = self.config.clone();
        config.application_name(name);
        config.connect(Tls(self.tls.clone())).await.map_err(Error::Unreachable)
    }

    async fn bounded<T>(&self, opened: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let bound = self.config.get_connect_timeout().copied().unwrap_or(CONNECT_MAX);
        tokio::time::timeout(bound, opened).await.unwrap_or(Err(Error::Silent))
    }
}

/// A URL without what tokio-postgres does not know.
#[derive(Debug, PartialEq)]
struct Url {
    text: String,
    roots: Option<PathBuf>,
    is_verified: bool,
}

impl Url {
    fn read(url: &str) -> Self {
        let mut read = Self { text: url.to_owned(), roots: None, is_verified: false };
        let Some((base, query)) = url.split_once('?').filter(|(base, _)| base.contains("://")) else {
            return read;
        };
        let mut kept = Vec::new();
        for pair in query.split('&') {
            match pair.split_once('=') {
                Some(("sslrootcert", file)) => read.roots = Some(unescaped(file).into()),
                Some(("sslmode", "verify-ca" | "verify-full")) => {
                    read.is_verified = true;
                    kept.push("sslmode=require");
                }
                _ => kept.push(pair),
            }
        }
        read.text = format!("{base}?{}", kept.join("&"));
        read
    }
}

/// A part of a URL with its `%20` and their like read.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        let code = code.and_then(|code| u8::from_str_radix(code, 16).ok()).filter(|_| *first == b'%');
        rest = if code.is_some() { &after[2..] } else { after };
        bytes.push(code.unwrap_or(*first));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn connector(provider: &Arc<CryptoProvider>, verifier: Arc<dyn ServerCertVerifier>) -> TlsConnector {
    let config = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()
        .expect("the provider has what TLS 1.2 and 1.3 need")
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

fn verified_by(file: &Path) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let unusable = |reason: String| Error::Roots { path: file.to_owned(), reason };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unusable(error.to_string()))? {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build();
    Ok(verifier.map_err(|error| unusable(error.to_string()))?)
}

fn unchecked() -> Arc<dyn ServerCertVerifier> {
    Arc::new(Unchecked(provider()))
}

/// Takes any certificate that its server holds the key of.
#[derive(Debug)]
struct Unchecked(Arc<CryptoProvider>);

impl ServerCertVerifier for Unchecked {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Makes a handshake for each connection.
struct Tls(TlsConnector);

impl MakeTlsConnect<Socket> for Tls {
    type Stream = Encrypted;
    type TlsConnect = Handshake;
    type Error = InvalidDnsNameError;

    fn make_tls_connect(&mut self, host: &str) -> Result<Handshake, InvalidDnsNameError> {
        // A socket of this machine has no name.
        let name = if host.is_empty() { None } else { Some(ServerName::try_from(host.to_owned())?) };
        Ok(Handshake { tls: self.0.clone(), name })
    }
}

struct Handshake {
    tls: TlsConnector,
    name: Option<ServerName<'static>>,
}

impl TlsConnect<Socket> for Handshake {
    type Stream = Encrypted;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted>> + Send>>;

    fn connect(self, socket: Socket) -> Self::Future {
        Box::pin(async move {
            let name = self.name.ok_or(io::ErrorKind::InvalidInput)?;
            Ok(Encrypted(Box::new(self.tls.connect(name, socket).await?)))
        })
    }
}

struct Encrypted(Box<tokio_rustls::client::TlsStream<Socket>>);

impl TlsStream for Encrypted {
    /// None: it would need the hash that the certificate was signed with to be read out of it.
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, into)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

/// The embedded engine takes its first connection before it has loaded itself: some seconds alone, 10 and more beside others' work.
const START_MAX: Duration = Duration::from_mins(1);

/// On a connection, its handshakes and its first statement together.
const CONNECT_MAX: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_checks_the_server_is_taken_out_of_the_url() {
        for (url, text, roots, is_verified) in [
            ("postgres://h/d", "postgres://h/d", None, false),
            ("postgres://h/d?sslmode=require&a=b", "postgres://h/d?sslmode=require&a=b", None, false),
            (
                "postgres://h/d?sslmode=verify-full&sslrootcert=/a%20b/%c3%a9%zz.crt",
                "postgres://h/d?sslmode=require",
                Some("/a b/é%zz.crt"),
                true,
            ),
            ("host=h password=?sslrootcert=x", "host=h password=?sslrootcert=x", None, false),
        ] {
            let expected = Url { text: text.into(), roots: roots.map(Into::into), is_verified };
            assert_eq!(Url::read(url), expected, "{url}");
        }
    }

    #[test]
    fn a_server_that_is_to_be_checked_is_never_left_unchecked() {
        assert!(matches!(Address::read("postgres://h/d?sslmode=verify-full"), Err(Error::NoRoots)));
        let nowhere = Address::read("postgres://h/d?sslrootcert=/nowhere.crt");
        assert!(matches!(nowhere, Err(Error::Roots { .. })));
        assert!(matches!(Address::read("postgres://h/d?sslmode=perhaps"), Err(Error::Url(_))));
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("roots.crt");
        std::fs::write(&empty, "no certificate").unwrap();
        let url = format!("postgres://h/d?sslmode=disable&sslrootcert={}", empty.display());
        assert!(matches!(Address::read(&url), Err(Error::Roots { .. })), "an empty list trusts nobody");
    }

    #[test]
    fn a_socket_of_this_machine_is_not_encrypted_and_no_password_shows() {
        let address = Address::read("postgres://me:hunter2@%2Fvar%2Frun/d?sslmode=require").unwrap();
        assert_eq!(address.config.get_ssl_mode(), SslMode::Disable);
        assert!(!format!("{address:?}").contains("hunter2"));
    }
}
