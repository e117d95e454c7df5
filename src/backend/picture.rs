//! The picture of a cake, from wherever the shop keeps it.

use std::time::Duration;

use reqwest::{Client, Url, redirect};

use crate::order::PictureFault;

/// Fetches what is at `address`: 2 MB and 5 s at most. A client of its own, made for it and dropped after it: no key of the
/// shop's goes to a foreign host.
pub async fn picture(address: &str) -> Result<Vec<u8>, PictureFault> {
    let url = Url::parse(address).map_err(|_| PictureFault::NoAddress)?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(PictureFault::NoAddress);
    }
    match tokio::time::timeout(WITHIN, fetch(small(url))).await {
        Ok(result) => result,
        Err(_) => Err(PictureFault::TimedOut),
    }
}

async fn fetch(url: Url) -> Result<Vec<u8>, PictureFault> {
    let mut builder = Client::builder()
        .user_agent(concat!("ordak-station/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::limited(REDIRECTS_MAX));
    if url.host_str().is_some_and(super::http::is_loopback) {
        // A machine without certificates can still run the demo, whose pictures are its own. Any other host may send on to
        // HTTPS.
        builder = builder.no_proxy().tls_certs_only([]);
    }
    let client = builder.build().map_err(|_| PictureFault::Unreachable)?;
    let mut response = client.get(url).send().await.map_err(|_| PictureFault::Unreachable)?;
    if !response.status().is_success() {
        return Err(PictureFault::Refused(response.status().as_u16()));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| PictureFault::Unreachable)? {
        if bytes.len() + chunk.len() > BYTES_MAX {
            return Err(PictureFault::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The shop's own pictures are photographs of many megabytes; their host makes them smaller when it is asked to (Shopify's
/// CDN: `width`).
fn small(mut url: Url) -> Url {
    let is_shops = url.host_str().is_some_and(|host| host == "cdn.shopify.com");
    if is_shops && !url.query_pairs().any(|(key, _)| key == "width") {
        url.query_pairs_mut().append_pair("width", WIDTH_DOTS);
    }
    url
}

/// A page that waits longer says that there is no picture.
const WITHIN: Duration = Duration::from_secs(5);

/// A photograph of two million dots; more is for print.
const BYTES_MAX: usize = 2 * 1024 * 1024;

/// From a short address to its host, and on to its store.
const REDIRECTS_MAX: usize = 3;

/// What a page shows, with room.
const WIDTH_DOTS: &str = "640";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_shops_own_host_is_asked_for_less() {
        let asked = |address: &str| small(Url::parse(address).unwrap()).to_string();
        assert_eq!(asked("https://cdn.shopify.com/a.jpg?v=1"), "https://cdn.shopify.com/a.jpg?v=1&width=640");
        assert_eq!(asked("https://cdn.shopify.com/a.jpg?width=80"), "https://cdn.shopify.com/a.jpg?width=80");
        assert_eq!(asked("https://example.com/a.jpg"), "https://example.com/a.jpg");
    }
}
