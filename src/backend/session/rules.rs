//! When the session is renewed and how: pure rules, which the session carries out. What they are told comes with its time;
//! they know no socket and no disk, so that ten thousand nights of lost replies replay in seconds.

use std::time::{Duration, Instant};

use super::file::Saved;
use super::grant::Grant;
use crate::backend::config::{Limits, Secret};
use crate::backend::fault::RefreshFault;
use crate::order::StaffId;
use crate::station::LinkFault;

/// What is held of the session.
#[derive(Debug)]
pub struct Rules {
    limits: Limits,
    pass: Option<Pass>,
    account: Option<StaffId>,
    refresh_token: Option<Secret>,
    /// A grant whose refresh token is not durable yet: it must not be used, nor lost.
    unsaved: Option<Grant>,
    /// A refusal that only a person can mend, or time, and until when nothing is asked again.
    refused: Option<(LinkFault, Instant)>,
    is_renewing: bool,
    generation: u64,
    /// None outside the tests.
    bug: Option<Bug>,
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

/// What a caller who needs a pass is to do.
#[derive(Debug)]
pub enum Turn {
    /// Go on: with this pass, or with the fault that keeps the station from one.
    Told(Result<Pass, LinkFault>),
    /// Renew the session, beginning with this.
    Renew(Step),
    /// Wait for the end of the renewal that somebody else is at.
    Wait,
}

/// What a renewal does next. How it went is told to the method of the same name.
#[derive(Debug)]
pub enum Step {
    /// Ask for a grant with this token, which works once: [`Rules::refreshed`].
    Refresh(Secret),
    /// Ask for a grant with the password: [`Rules::signed_in`].
    SignIn,
    /// Make a grant durable: [`Rules::saved`].
    Save {
        /// Whose it is.
        account: StaffId,
        /// What is to be kept.
        refresh_token: Secret,
    },
    /// Tell everyone who waits.
    End(Result<Pass, LinkFault>),
}

impl Rules {
    /// What an earlier life saved, if anything, is gone on with.
    pub fn new(saved: Option<Saved>, limits: Limits) -> Self {
        let (account, refresh_token) =
            saved.map_or((None, None), |saved| (Some(saved.account), Some(saved.refresh_token)));
        Self {
            limits,
            pass: None,
            account,
            refresh_token,
            unsaved: None,
            refused: None,
            is_renewing: false,
            generation: 0,
            bug: None,
        }
    }

    /// Whose session it is, once it has been signed in, in this life or an earlier one.
    pub fn account(&self) -> Option<&StaffId> {
        self.account.as_ref()
    }

    /// A caller needs a pass, other than the one that the backend no longer takes.
    pub fn turn(&mut self, now: Instant, refused: Option<&Pass>) -> Turn {
        // While somebody renews it ahead of its end, it serves everyone else.
        let serves_until = |pass: &Pass| if self.is_renewing { pass.expires_at } else { pass.renew_at };
        if let Some(pass) = self.other(refused).filter(|pass| now < serves_until(pass)) {
            return Turn::Told(Ok(pass.clone()));
        }
        if self.is_renewing && !self.is_planted(Bug::RenewsTwiceAtOnce) {
            return Turn::Wait;
        }
        self.is_renewing = true;
        let step = match (&self.unsaved, &self.refused, &self.refresh_token) {
            (Some(grant), ..) => save(grant),
            (_, Some((fault, until)), _) if now < *until && !self.is_planted(Bug::AsksWhileRefused) => {
                let fault = fault.clone();
                self.failed(now, fault)
            }
            (.., Some(token)) => Step::Refresh(token.clone()),
            (.., None) => Step::SignIn,
        };
        match step {
            Step::End(Err(fault)) => Turn::Told(self.despite(now, refused, fault)),
            step => Turn::Renew(step),
        }
    }

    /// A renewal failed: a pass that serves still, other than the one that the backend no longer takes, is used all the same.
    pub fn despite(&self, now: Instant, refused: Option<&Pass>, fault: LinkFault) -> Result<Pass, LinkFault> {
        self.other(refused).filter(|pass| now < pass.expires_at).cloned().ok_or(fault)
    }

    /// What came of [`Step::Refresh`]. Only the backend's word ends a session: what is not known to be dead is kept.
    pub fn refreshed(&mut self, now: Instant, result: Result<Grant, RefreshFault>) -> Step {
        match result {
            Ok(grant) => self.granted(grant),
            Err(RefreshFault::Dead) if self.is_planted(Bug::ClingsToTheDead) => {
                self.failed(now, LinkFault::TimedOut)
            }
            Err(RefreshFault::Dead) => {
                self.refresh_token = None;
                Step::SignIn
            }
            Err(RefreshFault::Link(fault)) => {
                if self.is_planted(Bug::ForgetsOnNetworkError) {
                    self.refresh_token = None;
                }
                self.put_off(now, fault)
            }
        }
    }

    /// What came of [`Step::SignIn`].
    pub fn signed_in(&mut self, now: Instant, result: Result<Grant, LinkFault>) -> Step {
        match result {
            Ok(grant) => self.granted(grant),
            Err(fault) => self.put_off(now, fault),
        }
    }

    /// What came of [`Step::Save`]. A grant that is not durable waits for the next caller.
    pub fn saved(&mut self, now: Instant, result: Result<(), LinkFault>) -> Step {
        if let Err(fault) = result {
            if self.is_planted(Bug::DropsTheUnsaved) {
                self.unsaved = None;
            }
            return self.failed(now, fault);
        }
        let grant = self.unsaved.take().expect("nothing else is saved, nor at the same time");
        let pass = self.pass_of(&grant);
        self.refresh_token = Some(grant.refresh_token);
        self.is_renewing = false;
        Step::End(Ok(pass))
    }

    fn granted(&mut self, grant: Grant) -> Step {
        self.refused = None;
        let step = save(&grant);
        if self.is_planted(Bug::UsesBeforeSaved) {
            self.pass_of(&grant);
        }
        self.unsaved = Some(grant);
        step
    }

    fn pass_of(&mut self, grant: &Grant) -> Pass {
        self.generation += 1;
        let ahead = self.limits.renew_ahead;
        let margin = if ahead < grant.lifetime { ahead } else { grant.lifetime / 2 };
        let pass = Pass {
            token: grant.access_token.clone(),
            generation: self.generation,
            renew_at: grant.received + grant.lifetime.saturating_sub(margin),
            expires_at: grant.received + grant.lifetime,
        };
        self.account = Some(grant.account.clone());
        self.pass = Some(pass.clone());
        pass
    }

    /// Keeps what must not be asked again for a while.
    fn put_off(&mut self, now: Instant, fault: LinkFault) -> Step {
        let pause = match &fault {
            LinkFault::Busy(pause) => Some(*pause),
            LinkFault::WrongKey | LinkFault::WrongPassword | LinkFault::Forbidden(_) => {
                Some(self.limits.refusal_pause)
            }
            _ => None,
        };
        self.refused = pause.map(|pause| (fault.clone(), now + pause));
        self.failed(now, fault)
    }

    /// Where the pass serves still, not every call until its end needs to try the renewal again.
    fn failed(&mut self, now: Instant, fault: LinkFault) -> Step {
        self.is_renewing = false;
        if let Some(pass) = &mut self.pass {
            pass.renew_at = pass.expires_at.min(now + RENEW_AGAIN);
        }
        Step::End(Err(fault))
    }

    /// The pass, unless it is the one that the backend no longer takes.
    fn other(&self, refused: Option<&Pass>) -> Option<&Pass> {
        let refused = refused.map(|refused| refused.generation);
        let refused = refused.filter(|_| !self.is_planted(Bug::UsesTheRefused));
        self.pass.as_ref().filter(|pass| Some(pass.generation) != refused)
    }

    fn is_planted(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }
}

/// Bugs that the simulation plants, one at a time: a test that cannot fail shows nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bug {
    AsksWhileRefused,
    ClingsToTheDead,
    DropsTheUnsaved,
    ForgetsOnNetworkError,
    RenewsTwiceAtOnce,
    UsesBeforeSaved,
    UsesTheRefused,
}

fn save(grant: &Grant) -> Step {
    Step::Save { account: grant.account.clone(), refresh_token: grant.refresh_token.clone() }
}

/// After a renewal ahead of time that failed.
const RENEW_AGAIN: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;
