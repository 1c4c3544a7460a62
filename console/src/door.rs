//! The one layer around all routes: the session comes in, pages for people go out.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use kernel::CorrelationId;
use platform::http::{Origin, correlation, propagation};

use crate::{
    error,
    house::House,
    language::Language,
    log_in::{self, Kept},
    posted::refused,
    security,
    session::{Kind, Session},
    visit::{Facts, Visit, is_of_wallet, to_log_in},
};

const CORRELATION: HeaderName = HeaderName::from_static("x-correlation-id");

/// Passes a request on.
pub(crate) async fn through(State(house): State<Arc<House>>, request: Request, next: Next) -> Response {
    if is_for_machines(request.uri().path()) {
        let mut response = next.run(request).await;
        security::sign(response.headers_mut(), house.cookies.secure);
        return response;
    }
    let path = request.uri().path();
    let kind = if is_of_wallet(path) { Kind::Wallet } else { Kind::Session };
    let is_live = path.starts_with("/live/") || path.starts_with("/wallet/live/");
    let known: Option<Session> = house.cookies.read(kind, request.headers(), &house.seal);
    let (mut parts, body) = request.into_parts();
    let from = Origin::from_request_parts(&mut parts, &house.trust_forwarded).await;
    let from = from.ok().map(|origin| origin.0).filter(|from| !from.is_unspecified());
    let mut request = Request::from_parts(parts, body);
    let facts = facts(&mut request, &house, from);
    let visit = Visit::new(house.clone(), known.clone().unwrap_or_else(Session::fresh), facts);
    let kept = log_in::keep(&visit, is_live).await;
    let (method, takes_pages) = (request.method().clone(), takes_pages(request.headers()));
    request.extensions_mut().insert(visit.clone());
    let mut response = match kept {
        // A form of a session that is over.
        Kept::Over if method != Method::GET => to_log_in(visit.home()),
        // A log-out is taken: it ends the session in the browser, whatever the server says.
        Kept::Unsure { is_used_up: true } if !is_log_out(visit.path()) => away(),
        _ => next.run(request).await,
    };
    if response.status() == StatusCode::UNAUTHORIZED && visit.is_logged_in() && takes_pages {
        if let Kept::Unsure { .. } = kept {
            // That the token has ended is no news, and says nothing of the session.
            response = away();
        } else {
            // The servers take the token no more: somebody ended the session, or took the account away.
            log_in::forget(&visit);
            response = to_log_in(if method == Method::GET { visit.asked() } else { visit.home() });
        }
    }
    if takes_pages && error::is_problem(&response) {
        response = error::page(&visit, &method, response).await;
    }
    let session = visit.current();
    if known.as_ref() != Some(&session)
        && let Some(cookie) = house.cookies.write(kind, &session, &house.seal)
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    security::sign(response.headers_mut(), house.cookies.secure);
    response
}

fn is_log_out(path: &str) -> bool {
    matches!(path, "/logout" | "/wallet/logout")
}

/// The server that keeps the sessions does not answer: the browser keeps its own, and shows the page when it is asked for again.
fn away() -> Response {
    refused(503, "server-unreachable").into_response()
}

/// What has no session: files, probes and metrics.
fn is_for_machines(path: &str) -> bool {
    path.starts_with("/assets/") || matches!(path, "/livez" | "/readyz" | "/healthz" | "/metrics")
}

/// Browsers take pages, and so does whoever does not say.
fn takes_pages(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
    ["text/html", "*/*", "text/event-stream"].iter().any(|kind| accepted.contains(kind))
}

/// `from`: where the browser is.
fn facts(request: &mut Request, house: &House, from: Option<IpAddr>) -> Facts {
    let headers = request.headers();
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let correlation = correlation(headers).map_or_else(|| house.ids.fresh(), CorrelationId::uuid);
    let facts = Facts {
        asked: request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
        language: Language::asked(text(header::ACCEPT_LANGUAGE)),
        correlation,
        propagation: propagation(headers),
        address: from.map(|ip| ip.to_string()).unwrap_or_default(),
        agent: text(header::USER_AGENT).chars().take(200).collect(),
    };
    if let Ok(value) = HeaderValue::from_str(&correlation.to_string()) {
        request.headers_mut().insert(CORRELATION, value);
    }
    facts
}
