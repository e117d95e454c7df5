//! The station's one session: signed in with a password, kept alive with refresh tokens that each work once.

mod file;
pub(super) mod grant;
mod rules;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde_json::json;
use tokio::sync::watch;

use super::config::{Limits, Secret};
use super::fault::{self, RefreshFault};
use super::http::Http;
use super::{Config, Error};
use crate::order::StaffId;
use crate::station::LinkFault;

use file::Saved;
use grant::Grant;
use rules::{Rules, Step, Turn};

pub use rules::Pass;

/// Hands out access tokens and renews them, one renewal at a time.
#[derive(Debug)]
pub struct Session {
    shared: Arc<Shared>,
}

impl Session {
    /// Takes up the session that an earlier life saved in `path` for the same project and account, if there is one; without a
    /// path nothing is taken up nor kept.
    pub fn open(
        http: Arc<Http>,
        config: &Config,
        path: Option<PathBuf>,
        limits: Limits,
    ) -> Result<Self, Error> {
        let load = |path: &PathBuf| {
            file::load(path, &config.url, &config.email)
                .map_err(|source| Error::Session { path: path.clone(), source })
        };
        let saved = path.as_ref().map(load).transpose()?.flatten();
        let shared = Shared {
            http,
            url: config.url.clone(),
            email: config.email.clone(),
            password: config.password.clone(),
            path,
            rules: Mutex::new(Rules::new(saved, limits)),
            ended: watch::Sender::new(Err(LinkFault::TimedOut)),
            newest: watch::Sender::default(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Whose session it is, once it has been signed in, in this life or an earlier one.
    pub fn account(&self) -> Option<StaffId> {
        self.shared.rules().account().cloned()
    }

    /// The newest token, which changes with each renewal.
    pub fn newest(&self) -> watch::Receiver<Option<Secret>> {
        self.shared.newest.subscribe()
    }

    /// A token to call with; renews it first when it is about to expire.
    pub async fn pass(&self) -> Result<Pass, LinkFault> {
        self.pass_but(None).await
    }

    /// A token other than `refused`, which the backend no longer takes.
    pub async fn pass_after(&self, refused: &Pass) -> Result<Pass, LinkFault> {
        self.pass_but(Some(refused)).await
    }

    async fn pass_but(&self, refused: Option<&Pass>) -> Result<Pass, LinkFault> {
        let (turn, mut ended) = self.shared.turn(refused);
        let renewed = match turn {
            Turn::Told(told) => return told,
            Turn::Renew(step) => self.renew(step).await,
            Turn::Wait => match ended.changed().await {
                Ok(()) => ended.borrow_and_update().clone(),
                Err(_) => Err(stopping()),
            },
        };
        renewed.or_else(|fault| {
            let despite = self.shared.rules().despite(Instant::now(), refused, fault.clone());
            despite.inspect(|_| tracing::warn!(?fault, "session not renewed, its token still serves"))
        })
    }

    /// Runs to its end whatever becomes of the caller: a refresh cut off midway would lose the next token.
    async fn renew(&self, step: Step) -> Result<Pass, LinkFault> {
        let shared = Arc::clone(&self.shared);
        match tokio::spawn(async move { shared.renew(step).await }).await {
            Ok(result) => result,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Err(stopping()),
        }
    }
}

#[derive(Debug)]
struct Shared {
    http: Arc<Http>,
    url: Box<str>,
    email: Box<str>,
    password: Secret,
    path: Option<PathBuf>,
    rules: Mutex<Rules>,
    /// How the last renewal ended: who waits for one shares its end instead of repeating it. Sent while the rules are held,
    /// so that nobody waits for an end that was.
    ended: watch::Sender<Result<Pass, LinkFault>>,
    /// For who goes on with a token that others renew.
    newest: watch::Sender<Option<Secret>>,
}

impl Shared {
    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self, refused: Option<&Pass>) -> (Turn, watch::Receiver<Result<Pass, LinkFault>>) {
        let mut rules = self.rules();
        (rules.turn(Instant::now(), refused), self.ended.subscribe())
    }

    async fn renew(&self, mut step: Step) -> Result<Pass, LinkFault> {
        loop {
            step = match step {
                Step::Refresh(token) => {
                    let result = self.refresh(&token).await;
                    if result.as_ref().is_err_and(|fault| *fault == RefreshFault::Dead) {
                        tracing::info!("the refresh token is refused: signing in again");
                    }
                    self.next(|rules, now| rules.refreshed(now, result))
                }
                Step::SignIn => {
                    let result = self.sign_in().await;
                    self.next(|rules, now| rules.signed_in(now, result))
                }
                Step::Save { account, refresh_token } => {
                    let result = self.save(account, refresh_token).await;
                    self.next(|rules, now| rules.saved(now, result))
                }
                Step::End(result) => return result,
            }
        }
    }

    fn next(&self, tell: impl FnOnce(&mut Rules, Instant) -> Step) -> Step {
        let mut rules = self.rules();
        let step = tell(&mut rules, Instant::now());
        if let Step::End(result) = &step {
            self.ended.send_modify(|last| last.clone_from(result));
            if let Ok(pass) = result {
                self.newest.send_replace(Some(pass.token.clone()));
            }
        }
        step
    }

    async fn refresh(&self, token: &Secret) -> Result<Grant, RefreshFault> {
        let body = json!({ "refresh_token": token.reveal() });
        let answer = self
            .http
            .post("/auth/v1/token?grant_type=refresh_token", None, &body)
            .await
            .map_err(RefreshFault::Link)?;
        if !answer.is_success() {
            return Err(fault::of_refresh(&answer));
        }
        Grant::read(&answer.body).ok_or_else(|| RefreshFault::Link(fault::of_body(&answer)))
    }

    async fn sign_in(&self) -> Result<Grant, LinkFault> {
        let body = json!({ "email": self.email, "password": self.password.reveal() });
        let answer = self.http.post("/auth/v1/token?grant_type=password", None, &body).await?;
        if answer.is_success() {
            return Grant::read(&answer.body).ok_or_else(|| fault::of_body(&answer));
        }
        Err(fault::of_sign_in(&answer))
    }

    async fn save(&self, account: StaffId, refresh_token: Secret) -> Result<(), LinkFault> {
        let Some(path) = &self.path else { return Ok(()) };
        let saved = Saved { url: self.url.clone(), email: self.email.clone(), account, refresh_token };
        let target = path.clone();
        let result = tokio::task::spawn_blocking(move || file::save(&target, &saved)).await;
        let result = result.unwrap_or_else(|error| Err(std::io::Error::other(error)));
        result.map_err(|error| {
            tracing::error!(%error, path = %path.display(), "the session cannot be saved");
            LinkFault::Unreachable(format!("{}: {error}", path.display()).into())
        })
    }
}

fn stopping() -> LinkFault {
    LinkFault::Unreachable("the station is stopping".into())
}
