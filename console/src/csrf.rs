//! Requests that change something must come from a page of this console.

use axum::http::{HeaderMap, HeaderName, Uri, header};
use subtle::ConstantTimeEq;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a form holds what the cookie of its browser says.
pub(crate) fn token_fits(given: &str, expected: &str) -> bool {
    !expected.is_empty() && bool::from(given.as_bytes().ct_eq(expected.as_bytes()))
}

/// Whether a browser says that the request comes from a page of this console. Browsers send at least one of the two headers with each
/// form; what sends neither is no browser, and has no cookie that it did not steal. Our pages ask for no referrer, so their forms may
/// name `null` as their origin: then the other header has to say it.
pub(crate) fn comes_from_here(headers: &HeaderMap, uri: &Uri, public_url: &str) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let site = text(FETCH_SITE);
    let site_fits = site.is_none_or(|site| site == "same-origin");
    let host = text(header::HOST).or_else(|| uri.authority().map(|authority| authority.as_str())).unwrap_or_default();
    let origin_fits = text(header::ORIGIN).is_none_or(|origin| {
        let named = origin.split_once("://").is_some_and(|(_, place)| !place.is_empty() && place == host);
        named || (!public_url.is_empty() && origin == public_url) || (origin == "null" && site.is_some())
    });
    site_fits && origin_fits
}

/// A path of this console that somebody may be sent to: not another host, however it is written.
pub(crate) fn local_path(next: &str) -> &str {
    let is_local = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && next.bytes().all(|byte| byte.is_ascii_graphic());
    if is_local { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_console_may_send() {
        let here = |pairs: &[(&str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers
                    .insert(HeaderName::from_bytes(name.as_bytes()).expect("a name"), value.parse().expect("a value"));
            }
            comes_from_here(&headers, &Uri::from_static("/"), "https://console.example")
        };
        let host = ("host", "127.0.0.1:7005");
        assert!(here(&[host, ("origin", "http://127.0.0.1:7005"), ("sec-fetch-site", "same-origin")]));
        assert!(here(&[host, ("origin", "https://console.example")]));
        assert!(here(&[host]), "no browser");
        assert!(!here(&[host, ("origin", "http://127.0.0.1:7006")]));
        assert!(here(&[host, ("origin", "null"), ("sec-fetch-site", "same-origin")]));
        assert!(!here(&[host, ("origin", "null")]));
        assert!(!here(&[host, ("origin", "null"), ("sec-fetch-site", "cross-site")]));
        assert!(!here(&[host, ("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")]));
        assert!(!here(&[host, ("sec-fetch-site", "same-site")]));
        assert!(!here(&[host, ("origin", "http://127.0.0.1:7005"), ("sec-fetch-site", "cross-site")]));
    }

    #[test]
    fn nobody_is_sent_elsewhere() {
        for good in ["/", "/accounts?state=open", "/log/positions/7"] {
            assert_eq!(local_path(good), good);
        }
        for bad in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "\\\\evil",
            "/a\r\nb",
            "/\t/x",
            "javascript:1",
        ] {
            assert_eq!(local_path(bad), "/", "{bad:?}");
        }
    }

    #[test]
    fn a_token_is_that_of_the_cookie() {
        assert!(token_fits("abc", "abc"));
        assert!(!token_fits("abd", "abc") && !token_fits("ab", "abc") && !token_fits("", ""));
    }
}
