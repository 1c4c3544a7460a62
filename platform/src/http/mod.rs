//! The HTTP edge: what every request passes, whichever server it came to.

mod context;
mod cors;
mod edge;
mod linger;
mod listen;
mod measure;
mod options;
mod origin;
mod places;
mod serve;

use std::sync::Arc;

use axum::{
    Router,
    http::{Method, StatusCode, Uri},
};
pub use context::{Recorded, RequestContext, correlation, propagation};
pub use cors::{CorsOrigins, OriginError};
pub use listen::{ListenError, listen};
pub use options::{HttpOptions, ServeOptions};
pub use origin::{Origin, TrustForwarded};
pub use serve::{serve, serve_in_background, serve_with};

use crate::problem::{Code, Problem};

/// Puts the edge around a router: request and correlation ids, problem bodies, metrics, panics, limits on bodies,
/// security headers, answers to pages of other sites, `OPTIONS`, and problems for unknown addresses and methods.
///
/// The router must have its state already: routes are layered once, not for each request.
pub fn service(router: Router, options: HttpOptions) -> Router {
    crate::telemetry::metrics();
    router
        .fallback(nothing_here)
        .method_not_allowed_fallback(other_method)
        .with_state(())
        .layer(edge::EdgeLayer::new(Arc::new(options)))
}

async fn nothing_here(method: Method, uri: Uri) -> Result<StatusCode, Problem> {
    // Asked of the server as a whole.
    if method == Method::OPTIONS && uri.path() == "*" {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Problem::new(Code::NotFound).detail(format!("there is nothing at {}", shown(uri.path()))))
}

/// `OPTIONS`, and methods that a known address does not take. The router adds `Allow` to either answer.
async fn other_method(method: Method, uri: Uri) -> Result<StatusCode, Problem> {
    if method == Method::OPTIONS {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Problem::new(Code::MethodNotAllowed).detail(format!("{} does not take {method}", shown(uri.path()))))
}

/// Not more of a client's own text than helps.
fn shown(path: &str) -> &str {
    path.get(..path.len().min(120)).unwrap_or("this address")
}
