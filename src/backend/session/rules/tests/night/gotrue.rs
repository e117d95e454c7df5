//! GoTrue with its refresh tokens, and how the station hears from it.

use std::time::Duration;

use super::{Happening, Night, REPLY_MAX, limits, millis};
use crate::backend::config::Secret;
use crate::backend::fault::RefreshFault;
use crate::backend::session::grant::Grant;
use crate::order::StaffId;
use crate::station::LinkFault;

/// GoTrue's side.
pub struct Gotrue {
    pub granted: Vec<Granted>,
    pub lifetime: u64,
    /// A token that comes again within it still works.
    pub reuse: u64,
}

pub struct Granted {
    pub family: usize,
    pub is_ended: bool,
    pub used_at: Option<u64>,
    pub expires_at: u64,
}

impl Night {
    /// A request for a grant goes out: one at a time, with the newest token there is, and not where it was refused just now.
    pub fn ask(&mut self, token: Option<usize>) {
        self.life.asking += 1;
        if self.life.asking > 1 {
            self.break_rule("two requests for a grant at once");
        }
        if token != self.life.held {
            let held = self.life.held;
            self.break_rule(&format!("asks with {token:?} while it holds {held:?}"));
        }
        if self.now < self.life.quiet_until {
            self.break_rule("asks again although it was refused just now");
        }
        let (life, until) = (self.life.nth, self.now + REPLY_MAX);
        let told = |fault| Happening::Told(life, token, Err(RefreshFault::Link(fault)));
        if self.weather.is_cut_off {
            return self.later(1, 3_000, told(LinkFault::Unreachable("".into())));
        }
        let travels = self.travels();
        if self.goes_wrong(15) {
            self.note("a refresh is lost before the rotation");
            return self.at(until, told(LinkFault::TimedOut));
        }
        self.at(self.now + travels, Happening::Asked(life, token, until));
        if travels >= REPLY_MAX {
            self.at(until, told(LinkFault::TimedOut));
        }
    }

    pub fn asked(&mut self, life: u64, token: Option<usize>, until: u64) {
        let result = match token {
            _ if self.goes_wrong(20) => {
                self.note("to be left alone");
                Err(RefreshFault::Link(LinkFault::Busy(Duration::from_millis(5_000 + self.roll(20_000)))))
            }
            Some(token) => self.rotate(token),
            None if self.weather.is_password_wrong => {
                self.note("wrong password");
                Err(RefreshFault::Link(LinkFault::WrongPassword))
            }
            None => Ok(self.grant(None)),
        };
        if self.now >= until {
            return;
        }
        let is_lost = self.weather.is_cut_off || self.goes_wrong(12);
        let back = self.now + self.travels();
        let (back, result) = match result {
            Ok(_) if is_lost || back >= until => {
                self.note("a reply is lost after the rotation");
                (until, Err(RefreshFault::Link(LinkFault::TimedOut)))
            }
            Ok(_) if self.goes_wrong(30) => {
                self.note("a reply is cut short after the rotation");
                (back, Err(RefreshFault::Link(LinkFault::Malformed("".into()))))
            }
            Err(_) if is_lost || back >= until => (until, Err(RefreshFault::Link(LinkFault::TimedOut))),
            result => (back, result),
        };
        self.at(back, Happening::Told(life, token, result));
    }

    /// A refresh token works once; one that comes again late ends its whole family.
    fn rotate(&mut self, token: usize) -> Result<usize, RefreshFault> {
        let (now, reuse) = (self.now, self.gotrue.reuse);
        let Granted { family, is_ended, used_at, .. } = self.gotrue.granted[token];
        let is_late = used_at.is_some_and(|used_at| now - used_at >= reuse);
        if is_ended || is_late {
            self.note("refused as used already");
            let of_it = |granted: &&mut Granted| granted.family == family;
            self.gotrue.granted.iter_mut().filter(of_it).for_each(|granted| granted.is_ended = true);
            return Err(RefreshFault::Dead);
        }
        if used_at.is_some() {
            self.note("a reused token still works");
        }
        self.gotrue.granted[token].used_at = used_at.or(Some(now));
        Ok(self.grant(Some(family)))
    }

    fn grant(&mut self, family: Option<usize>) -> usize {
        let grant = self.gotrue.granted.len();
        // Its end is in whole seconds: somewhat sooner than the station counts.
        let expires_at = (self.now / 1_000) * 1_000 + self.gotrue.lifetime;
        let family = family.unwrap_or(grant);
        self.gotrue.granted.push(Granted { family, is_ended: false, used_at: None, expires_at });
        grant
    }

    pub fn told(&mut self, token: Option<usize>, result: Result<usize, RefreshFault>) {
        self.life.asking -= 1;
        match &result {
            Ok(grant) => self.life.held = Some(*grant),
            Err(RefreshFault::Dead) => self.life.held = None,
            Err(RefreshFault::Link(LinkFault::WrongPassword)) => {
                self.life.quiet_until = self.now + millis(limits().refusal_pause);
            }
            Err(RefreshFault::Link(LinkFault::Busy(pause))) => {
                self.life.quiet_until = self.now + millis(*pause);
            }
            Err(RefreshFault::Link(_)) => {}
        }
        let lifetime = Duration::from_millis(self.gotrue.lifetime);
        let received = self.instant();
        let result = result.map(|grant| Grant {
            access_token: Secret::new(format!("a{grant}")),
            refresh_token: Secret::new(format!("r{grant}")),
            lifetime,
            received,
            account: StaffId("station".into()),
        });
        let step = match token {
            Some(_) => self.life.rules.refreshed(received, result),
            None => self.life.rules.signed_in(
                received,
                result.map_err(|fault| match fault {
                    RefreshFault::Link(fault) => fault,
                    RefreshFault::Dead => unreachable!("of a password"),
                }),
            ),
        };
        self.step(step);
    }

    pub fn written(&mut self, grant: usize) {
        self.life.saving = None;
        let result = if self.weather.is_disk_broken {
            self.note("not saved");
            Err(LinkFault::Unreachable("a full disk".into()))
        } else {
            self.file = Some(grant);
            Ok(())
        };
        let now = self.instant();
        let step = self.life.rules.saved(now, result);
        self.step(step);
    }
}
