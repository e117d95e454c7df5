use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// What an access token says of its bearer: GoTrue's claims, as far as anything here reads them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The account: a UUID.
    pub sub: String,
    /// The database role to act in.
    pub role: String,
    /// Whom the token is for.
    pub aud: String,
    /// The account's address.
    pub email: String,
    /// The sign-in that the token descends from.
    pub session_id: String,
    /// Issued at, in seconds since the epoch.
    pub iat: u64,
    /// No longer good from this second since the epoch on.
    pub exp: u64,
}

/// Why a token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It was good once.
    Expired,
    /// It is not one of ours.
    Bad,
}

/// Signs and checks JWTs with HS256 (RFC 7519, RFC 7518 section 3.2).
pub struct Signer(Hmac<Sha256>);

impl Signer {
    /// A signer with this secret.
    pub fn new(secret: &str) -> Self {
        Self(Hmac::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length"))
    }

    /// The signed token.
    pub fn sign(&self, claims: &Claims) -> String {
        let claims = serde_json::to_vec(claims).expect("strings and numbers always serialize");
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(claims));
        let signature = self.0.clone().chain_update(&signed).finalize().into_bytes();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// What `token` says, if it is ours and good at `now_s`, in seconds since the epoch.
    pub fn verify(&self, token: &str, now_s: u64) -> Result<Claims, Fault> {
        let (signed, signature) = token.rsplit_once('.').ok_or(Fault::Bad)?;
        let (header, claims) = signed.split_once('.').ok_or(Fault::Bad)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Fault::Bad)?;
        self.0.clone().chain_update(signed).verify_slice(&signature).map_err(|_| Fault::Bad)?;
        if header != URL_SAFE_NO_PAD.encode(HEADER) {
            return Err(Fault::Bad);
        }
        let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| Fault::Bad)?;
        let claims: Claims = serde_json::from_slice(&claims).map_err(|_| Fault::Bad)?;
        if claims.exp <= now_s { Err(Fault::Expired) } else { Ok(claims) }
    }
}

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> Claims {
        Claims {
            sub: "6a5f".into(),
            role: "authenticated".into(),
            aud: "authenticated".into(),
            email: "filling-1@shop.example".into(),
            session_id: "77".into(),
            iat: 1000,
            exp: 2000,
        }
    }

    #[test]
    fn a_token_is_good_until_it_expires() {
        let signer = Signer::new("secret");
        let token = signer.sign(&claims());
        assert_eq!(signer.verify(&token, 1999), Ok(claims()));
        assert_eq!(signer.verify(&token, 2000), Err(Fault::Expired));
    }

    #[test]
    fn the_signature_is_that_of_rfc_7515() {
        // Appendix A.1 of RFC 7515: its key and its signing input, whose signature is given there.
        let key = URL_SAFE_NO_PAD
            .decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
            .unwrap();
        let input = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQog\
                      Imh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signer = Signer(Hmac::new_from_slice(&key).unwrap());
        let signature = signer.0.clone().chain_update(input).finalize().into_bytes();
        assert_eq!(URL_SAFE_NO_PAD.encode(signature), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    }

    #[test]
    fn a_token_that_was_touched_is_bad() {
        let signer = Signer::new("secret");
        let token = signer.sign(&claims());
        let other = Signer::new("other").sign(&claims());
        let unsigned = format!("{}.", token.rsplit_once('.').unwrap().0);
        for bad in ["", "a.b", "a.b.c", &other, &unsigned, &token[1..], &token[..token.len() - 1]] {
            assert_eq!(signer.verify(bad, 1000), Err(Fault::Bad), "{bad}");
        }
        for place in (0..token.len()).filter(|&place| token.as_bytes()[place] != b'.') {
            let mut touched = token.clone().into_bytes();
            touched[place] = if touched[place] == b'A' { b'B' } else { b'A' };
            let touched = String::from_utf8(touched).unwrap();
            assert_eq!(signer.verify(&touched, 1000), Err(Fault::Bad), "byte {place}");
        }
    }
}
