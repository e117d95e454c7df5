//! The station's one session: signed in with a password, kept alive with refresh tokens that each work once.

mod file;
pub(super) mod grant;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;

use super::config::{Limits, Secret};
use super::fault::{self, RefreshFault};
use super::http::Http;
use super::{Config, Error};
use crate::order::StaffId;
use crate::station::LinkFault;

use file::Saved;
use grant::Grant;

/// Hands out access tokens and renews them, one renewal at a time.
#[derive(Debug)]
pub struct Session {
    shared: Arc<Shared>,
}

/// An access token that may be used now.
#[derive(Clone, Debug)]
pub struct Pass {
    /// Goes into `Authorization`.
    pub token: Secret,
    /// Counts renewals: tells whether somebody else has renewed meanwhile.
    generation: u64,
    renew_at: Instant,
    expires_at: Instant,
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
        let (refresh_token, account) = match saved {
            Some(saved) => (Some(saved.refresh_token), Some(saved.account)),
            None => (None, None),
        };
        let shared = Shared {
            http,
            url: config.url.clone(),
            email: config.email.clone(),
            password: config.password.clone(),
            path,
            limits,
            known: Mutex::new(Known { pass: None, account, failures: 0 }),
            keeper: tokio::sync::Mutex::new(Keeper {
                refresh_token,
                unsaved: None,
                refused: None,
                last_fault: LinkFault::TimedOut,
            }),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Whose session it is, once it has been signed in, in this life or an earlier one.
    pub fn account(&self) -> Option<StaffId> {
        self.shared.known().account.clone()
    }

    /// A token to call with; renews it first when it is about to expire.
    pub async fn pass(&self) -> Result<Pass, LinkFault> {
        let (pass, failures) = {
            let known = self.shared.known();
            (known.pass.clone(), known.failures)
        };
        let now = Instant::now();
        match pass {
            Some(pass) if now < pass.renew_at => Ok(pass),
            Some(pass) => match self.renew(Some(pass.generation), failures).await {
                Err(fault) if now < pass.expires_at => {
                    tracing::warn!(?fault, "session not renewed ahead of time, its token still serves");
                    self.shared.put_off(pass.generation);
                    Ok(pass)
                }
                renewed => renewed,
            },
            None => self.renew(None, failures).await,
        }
    }

    /// A token other than `refused`, which the backend no longer takes.
    pub async fn pass_after(&self, refused: &Pass) -> Result<Pass, LinkFault> {
        let failures = self.shared.known().failures;
        self.renew(Some(refused.generation), failures).await
    }

    /// Runs to its end whatever becomes of the caller: a refresh cut off midway would lose the next token.
    async fn renew(&self, stale: Option<u64>, failures: u64) -> Result<Pass, LinkFault> {
        let shared = Arc::clone(&self.shared);
        match tokio::spawn(async move { shared.renew(stale, failures).await }).await {
            Ok(result) => result,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Err(LinkFault::Unreachable("the station is stopping".into())),
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
    limits: Limits,
    known: Mutex<Known>,
    /// Held through a renewal, so that there is never a second one.
    keeper: tokio::sync::Mutex<Keeper>,
}

/// What callers read without waiting for a renewal.
#[derive(Debug)]
struct Known {
    pass: Option<Pass>,
    account: Option<StaffId>,
    /// Counts failed renewals: those who waited for one share its failure instead of repeating it.
    failures: u64,
}

#[derive(Debug)]
struct Keeper {
    refresh_token: Option<Secret>,
    /// A grant whose refresh token is not durable yet: it must not be used, nor lost.
    unsaved: Option<Grant>,
    /// A refusal that only a person can mend, or time, and until when nothing is asked again.
    refused: Option<(LinkFault, Instant)>,
    last_fault: LinkFault,
}

impl Shared {
    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token still serves: not every call until its end needs to try the renewal again.
    fn put_off(&self, generation: u64) {
        if let Some(pass) = &mut self.known().pass
            && pass.generation == generation
        {
            pass.renew_at = Instant::now() + RENEW_AGAIN;
        }
    }

    async fn renew(&self, stale: Option<u64>, failures: u64) -> Result<Pass, LinkFault> {
        let mut keeper = self.keeper.lock().await;
        let generation = {
            let known = self.known();
            if let Some(pass) = &known.pass
                && Some(pass.generation) != stale
            {
                return Ok(pass.clone());
            }
            if known.failures != failures {
                return Err(keeper.last_fault.clone());
            }
            known.pass.as_ref().map_or(0, |pass| pass.generation)
        };
        match self.renewed(&mut keeper, generation + 1).await {
            Ok(pass) => Ok(pass),
            Err(fault) => {
                self.known().failures += 1;
                keeper.last_fault = fault.clone();
                Err(fault)
            }
        }
    }

    async fn renewed(&self, keeper: &mut Keeper, generation: u64) -> Result<Pass, LinkFault> {
        if keeper.unsaved.is_none() {
            if let Some((fault, until)) = &keeper.refused
                && Instant::now() < *until
            {
                return Err(fault.clone());
            }
            let grant = match &keeper.refresh_token {
                Some(token) => match self.refresh(token).await {
                    Ok(grant) => grant,
                    Err(RefreshFault::Link(fault)) => return Err(self.refused(keeper, fault)),
                    Err(RefreshFault::Dead) => {
                        tracing::info!("the refresh token is refused: signing in again");
                        keeper.refresh_token = None;
                        self.sign_in(keeper).await?
                    }
                },
                None => self.sign_in(keeper).await?,
            };
            keeper.refused = None;
            keeper.unsaved = Some(grant);
        }
        let grant = keeper.unsaved.as_ref().expect("was just set, and nobody else holds the keeper");
        self.save(grant).await?;
        let grant = keeper.unsaved.take().expect("was just saved");
        keeper.refresh_token = Some(grant.refresh_token);
        let ahead = self.limits.renew_ahead;
        let margin = if ahead < grant.lifetime { ahead } else { grant.lifetime / 2 };
        let pass = Pass {
            token: grant.access_token,
            generation,
            renew_at: grant.received + grant.lifetime.saturating_sub(margin),
            expires_at: grant.received + grant.lifetime,
        };
        let mut known = self.known();
        known.account = Some(grant.account);
        known.pass = Some(pass.clone());
        Ok(pass)
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

    async fn sign_in(&self, keeper: &mut Keeper) -> Result<Grant, LinkFault> {
        let body = json!({ "email": self.email, "password": self.password.reveal() });
        let answer = self.http.post("/auth/v1/token?grant_type=password", None, &body).await?;
        if answer.is_success() {
            return Grant::read(&answer.body).ok_or_else(|| fault::of_body(&answer));
        }
        Err(self.refused(keeper, fault::of_sign_in(&answer)))
    }

    /// Keeps what must not be asked again for a while.
    fn refused(&self, keeper: &mut Keeper, fault: LinkFault) -> LinkFault {
        let pause = match &fault {
            LinkFault::Busy(pause) => Some(*pause),
            LinkFault::WrongKey | LinkFault::WrongPassword | LinkFault::Forbidden(_) => {
                Some(self.limits.refusal_pause)
            }
            _ => None,
        };
        keeper.refused = pause.map(|pause| (fault.clone(), Instant::now() + pause));
        fault
    }

    async fn save(&self, grant: &Grant) -> Result<(), LinkFault> {
        let Some(path) = &self.path else { return Ok(()) };
        let saved = Saved {
            url: self.url.clone(),
            email: self.email.clone(),
            account: grant.account.clone(),
            refresh_token: grant.refresh_token.clone(),
        };
        let target = path.clone();
        let result = tokio::task::spawn_blocking(move || file::save(&target, &saved)).await;
        let result = result.unwrap_or_else(|error| Err(std::io::Error::other(error)));
        result.map_err(|error| {
            tracing::error!(%error, path = %path.display(), "the session cannot be saved");
            LinkFault::Unreachable(format!("{}: {error}", path.display()).into())
        })
    }
}

/// After a renewal ahead of time that failed.
const RENEW_AGAIN: Duration = Duration::from_secs(5);
