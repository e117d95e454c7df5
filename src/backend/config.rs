use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::order::{Post, Store};

/// All that the client is told once, at its start.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address of the Supabase project, such as `https://PROJECT.supabase.co`.
    pub url: Box<str>,
    /// Names the project to its gateway; goes into the header `apikey` and nowhere else.
    pub anon_key: Secret,
    /// The station's own account.
    pub email: Box<str>,
    /// Its password.
    pub password: Secret,
    /// Which contract to speak.
    pub pin: ContractPin,
    /// The station's name, unique in the fleet.
    pub station: Box<str>,
    /// Where the station stands, as the fleet is told.
    pub post: Post,
    /// Whose orders are read.
    pub stores: BTreeSet<Store>,
    /// Where the refresh token is kept from one life to the next; made with mode 0600.
    pub session_path: PathBuf,
}

/// The table `[backend]` of `station.toml`, as written there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Address of the Supabase project.
    pub url: Box<str>,
    /// The project's anon (publishable) key.
    pub anon_key: Secret,
    /// The station's own account.
    pub email: Box<str>,
    /// A file that holds its password and nothing else.
    pub password_file: PathBuf,
    /// Which contract to speak; told from the project unless pinned.
    #[serde(default)]
    pub contract: ContractPin,
}

/// Which contract the configuration asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum ContractPin {
    /// Told from the project itself.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// Contract 2025-09, with no asking.
    #[serde(rename = "2025-09")]
    V2025_09,
    /// Contract 2025-12, with no asking.
    #[serde(rename = "2025-12")]
    V2025_12,
}

/// A generation of the backend's contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contract {
    /// Named arguments without a prefix, an envelope around every reply, intents.
    V2025_09,
    /// Arguments with the prefix `p_`, bare replies, PostgreSQL's own errors, no intents.
    V2025_12,
}

impl fmt::Display for Contract {
    /// As the configuration and `{"link":"up"}` write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V2025_09 => f.write_str("2025-09"),
            Self::V2025_12 => f.write_str("2025-12"),
        }
    }
}

/// Text that never shows in a log, a panic or a debug print.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(Box<str>);

impl Secret {
    /// Hides `text`.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that sends or saves it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Bounds on every wait of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// On making a connection.
    pub connect: Duration,
    /// On one reply, from the request's first byte to the reply's last.
    pub reply: Duration,
    /// An access token is renewed this long before its end, or after half of a shorter life: several replies' time, and small
    /// beside GoTrue's usual hour.
    pub renew_ahead: Duration,
    /// No sign-in is tried this long after one was refused: only a person can help, and GoTrue counts attempts.
    pub refusal_pause: Duration,
    /// Between two heartbeats of Realtime (`contract.md` 5).
    pub heartbeat: Duration,
    /// On a reply's body, in bytes after decompression.
    pub body_bytes_max: usize,
    /// On what a body's values can come to in memory, in bytes: a body of the same length may be one text or a million lists.
    pub tree_bytes_max: usize,
    /// Rows asked for at once; a page may come back shorter.
    pub page_rows: usize,
    /// The same of a list whose ties come in any order on every page: as many as Supabase gives, so that few of them are cut.
    pub tied_page_rows: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            reply: Duration::from_secs(10),
            renew_ahead: Duration::from_mins(2),
            refusal_pause: Duration::from_secs(15),
            heartbeat: Duration::from_secs(25),
            body_bytes_max: 8 * 1024 * 1024,
            // Several times a page of 1,000 orders.
            tree_bytes_max: 64 * 1024 * 1024,
            page_rows: 500,
            tied_page_rows: 1000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_reads_and_names_what_it_does_not_know() {
        let text = "url='http://127.0.0.1:1'\nanon_key='k'\nemail='e'\npassword_file='/p'\n";
        let settings: Settings = toml::from_str(text).unwrap();
        assert_eq!(settings.contract, ContractPin::Auto);
        let pinned: Settings = toml::from_str(&format!("{text}contract='2025-12'")).unwrap();
        assert_eq!(pinned.contract, ContractPin::V2025_12);
        assert!(toml::from_str::<Settings>(&format!("{text}contract='2024'")).is_err());
        let error = toml::from_str::<Settings>(&format!("{text}anonkey='k'")).unwrap_err();
        assert!(error.message().contains("anonkey"), "{error}");
    }

    #[test]
    fn a_secret_never_shows() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?} {:#?}", Some(&secret)).matches("hunter2").count(), 0);
        assert_eq!(secret.reveal(), "hunter2");
    }
}
