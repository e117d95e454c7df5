use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::backend::config::Secret;
use crate::order::StaffId;

/// What GoTrue gives for a password or a refresh token.
#[derive(Debug)]
pub struct Grant {
    /// For `Authorization`.
    pub access_token: Secret,
    /// For the next renewal; works once.
    pub refresh_token: Secret,
    /// Of the access token, from `received`.
    pub lifetime: Duration,
    /// When it came, by the clock that nobody sets.
    pub received: Instant,
    /// Whose it is.
    pub account: StaffId,
}

impl Grant {
    /// Reads the body of a success; none when it is something else.
    pub fn read(body: &[u8]) -> Option<Self> {
        let body: Body = serde_json::from_slice(body).ok()?;
        let is_token = |secret: &Secret| {
            !secret.reveal().is_empty() && secret.reveal().bytes().all(|byte| byte.is_ascii_graphic())
        };
        (is_token(&body.access_token) && is_token(&body.refresh_token) && !body.user.id.0.is_empty())
            .then_some(Self {
                access_token: body.access_token,
                refresh_token: body.refresh_token,
                lifetime: Duration::from_secs(body.expires_in.min(LIFETIME_MAX_SECONDS)),
                received: Instant::now(),
                account: body.user.id,
            })
    }
}

#[derive(Deserialize)]
struct Body {
    access_token: Secret,
    refresh_token: Secret,
    expires_in: u64,
    user: User,
}

#[derive(Deserialize)]
struct User {
    id: StaffId,
}

/// GoTrue's own upper bound for a token's life is a week.
const LIFETIME_MAX_SECONDS: u64 = 604_800;

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"access_token":"a.b.c","token_type":"bearer","expires_in":3600,"expires_at":1795430000,
        "refresh_token":"r1","user":{"id":"7d3f","email":"e@shop.example","aud":"authenticated"}}"#;

    #[test]
    fn a_grant_is_read_and_its_secrets_do_not_show() {
        let grant = Grant::read(BODY.as_bytes()).unwrap();
        assert_eq!(grant.lifetime, Duration::from_hours(1));
        assert_eq!(grant.refresh_token.reveal(), "r1");
        assert_eq!(&*grant.account.0, "7d3f");
        let shown = format!("{grant:?}");
        assert!(!shown.contains("a.b.c") && !shown.contains("r1"), "{shown}");
    }

    #[test]
    fn no_part_of_a_grant_is_one() {
        for end in 0..BODY.len() {
            assert!(Grant::read(&BODY.as_bytes()[..end]).is_none(), "{end}");
        }
        assert!(Grant::read(BODY.replace("a.b.c", "").as_bytes()).is_none());
        assert!(Grant::read(BODY.replace("a.b.c", r"a\nb").as_bytes()).is_none());
        assert!(Grant::read(b"{\"ok\":true}").is_none());
    }
}
