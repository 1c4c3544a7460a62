//! Pages of other sites that may call a server from a browser (CORS, as the Fetch standard of WHATWG has it).

use std::{str::FromStr, sync::Arc};

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};

/// What a page may send.
const ALLOWED_HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, consistency-token, content-type, idempotency-key, jangbu-reason, last-event-id, prefer, \
     traceparent, tracestate, x-correlation-id",
);
/// Whether a route takes a method, the route says: to a preflight in `Allow`, and to the request itself.
const ALLOWED_METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
/// What a page may read of an answer, beside what every page may.
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static(
    "audited-position, consistency-status, consistency-token, idempotency-replayed, preference-applied, ratelimit, \
     ratelimit-policy, retry-after, view-lag-ms, view-missing-events, view-position, www-authenticate, x-correlation-id, \
     x-request-id",
);
/// Seconds for which a browser asks no second time.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");
const VARY: HeaderValue = HeaderValue::from_static("origin");
const VARY_OF_PREFLIGHT: HeaderValue =
    HeaderValue::from_static("origin, access-control-request-method, access-control-request-headers");

/// The origins whose pages may call this server. None by default, and never all.
///
/// A page sends its token itself, in a header. What a browser would add by itself (cookies, client certificates) is never
/// allowed, so an origin in this list can do no more than any other client that has a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CorsOrigins(Arc<[HeaderValue]>);

/// Not an origin.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not an origin as browsers send it, such as https://app.example or http://localhost:5173")]
pub struct OriginError(String);

impl FromStr for CorsOrigins {
    type Err = OriginError;

    /// Origins separated by commas; an empty text has none.
    fn from_str(text: &str) -> Result<Self, OriginError> {
        let origins = text.split(',').map(str::trim).filter(|origin| !origin.is_empty());
        origins.map(origin).collect::<Result<_, _>>().map(Self)
    }
}

/// An origin is compared byte by byte, so it must be written as a browser writes it: lower case, no path, no port that the scheme
/// has anyway.
fn origin(text: &str) -> Result<HeaderValue, OriginError> {
    let wrong = || OriginError(text.to_owned());
    let (scheme, place) = text.split_once("://").ok_or_else(wrong)?;
    let usual_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return Err(wrong()),
    };
    let uri: Uri = text.parse().map_err(|_| wrong())?;
    let host = uri.host().unwrap_or_default();
    let port = place.strip_prefix(host).ok_or_else(wrong)?;
    let port_fits = port.is_empty() || uri.port_u16().is_some_and(|number| port == format!(":{number}"));
    let is_plain = !host.is_empty() && !host.contains('*') && !host.bytes().any(|byte| byte.is_ascii_uppercase());
    if !is_plain || !port_fits || port == usual_port {
        return Err(wrong());
    }
    HeaderValue::from_str(text).map_err(|_| wrong())
}

impl CorsOrigins {
    /// What the answer to this request has to say; nothing if no origin is allowed anything.
    pub(super) fn of(&self, method: &Method, headers: &HeaderMap) -> Option<CrossOrigin> {
        if self.0.is_empty() {
            return None;
        }
        let origin = headers.get(header::ORIGIN).filter(|origin| self.0.contains(origin)).cloned();
        let is_preflight = *method == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        Some(CrossOrigin { origin, is_preflight })
    }
}

/// What the answer to a request has to say about other origins.
pub(super) struct CrossOrigin {
    /// The origin of the page, if it is an allowed one.
    origin: Option<HeaderValue>,
    /// A browser asks before it sends the request itself.
    is_preflight: bool,
}

impl CrossOrigin {
    pub(super) fn sign(self, status: StatusCode, headers: &mut HeaderMap) {
        let mut put = |name: HeaderName, value: HeaderValue| drop(headers.insert(name, value));
        let answers_preflight = self.is_preflight && status == StatusCode::NO_CONTENT;
        if let Some(origin) = self.origin {
            put(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            if answers_preflight {
                put(header::ACCESS_CONTROL_ALLOW_METHODS, ALLOWED_METHODS);
                put(header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
                put(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
            } else {
                put(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
            }
        }
        // Also without an allowed origin: a cache must not give this answer to a page of one.
        headers.append(header::VARY, if answers_preflight { VARY_OF_PREFLIGHT } else { VARY });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for good in
            ["https://app.example", "http://localhost:5173", "https://[::1]:8443", "https://xn--bcher-kva.example"]
        {
            assert!(good.parse::<CorsOrigins>().is_ok(), "{good}");
        }
        for bad in [
            "*",
            "null",
            "app.example",
            "https://",
            "https://*.example",
            "https://app.example/",
            "https://app.example/path",
            "https://App.example",
            "HTTPS://app.example",
            "https://app.example:443",
            "http://app.example:80",
            "https://app.example:0443",
            "https://app.example:",
            "https://app.example?x",
            "https://user@app.example",
            "ftp://app.example",
            "https://app.example https://b.example",
        ] {
            assert!(bad.parse::<CorsOrigins>().is_err(), "{bad}");
        }
        let two: CorsOrigins = " https://a.example , https://b.example,".parse().expect("two origins");
        assert_eq!(two.0.len(), 2);
        assert_eq!("".parse::<CorsOrigins>().expect("none"), CorsOrigins::default());
    }
}
