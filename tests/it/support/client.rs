//! The station's own backend client at the sandbox, and what it sends.

use std::collections::BTreeSet;
use std::path::Path;

use ordak_station::backend::{Config, ContractPin, Secret};
use ordak_station::order::{Action, IntentId, OrderId, Post, Stage, Store};
use ordak_station::sandbox::Access;
use ordak_station::station::{Intent, IntentState, Source};

/// What a station of this name is told of the sandbox; its session is kept in `folder`.
pub fn config(access: &Access, name: &str, folder: &Path) -> Config {
    Config {
        url: access.url.as_str().into(),
        anon_key: Secret::new(access.anon_key.as_str()),
        email: access.email.as_str().into(),
        password: Secret::new(access.password.as_str()),
        pin: ContractPin::Auto,
        station: name.into(),
        post: Post::At(Stage::Filling),
        stores: BTreeSet::from(Store::ALL),
        session_path: folder.join(name),
    }
}

/// An intent of a scan long ago, on an order that never came back; each `id` is another.
pub fn intent(id: [u8; 16], order: OrderId, action: Action) -> Intent {
    Intent {
        id: IntentId::from_random(id),
        seq: 1,
        order,
        is_exact: true,
        is_action_open: false,
        tried_after: None,
        action,
        detail: None,
        captured_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        rework: 0,
        performer: None,
        source: Source::Scanner(0),
        code: order.barcode().into(),
        state: IntentState::Open,
    }
}
