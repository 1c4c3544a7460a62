//! The keys tokens are verified with.

use axum::{extract::State, http::header, response::IntoResponse};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::{endpoint::Endpoint, state::ApiState};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::new(routes!(jwks)).public()]
}

/// A JSON Web Key Set (RFC 7517).
#[derive(Serialize, ToSchema)]
#[schema(as = JsonWebKeySet)]
#[allow(dead_code, reason = "describes what the verifier writes")]
pub(crate) struct KeySet {
    /// Ed25519 public keys.
    keys: Vec<Key>,
}

/// A public key.
#[derive(Serialize, ToSchema)]
#[schema(as = JsonWebKey)]
#[allow(dead_code, reason = "describes what the verifier writes")]
pub(crate) struct Key {
    /// Always `OKP`.
    kty: String,
    /// Always `Ed25519`.
    crv: String,
    /// The key, in base64url.
    x: String,
    /// The key's id; a token names it in its header.
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    /// Always `sig`, if it is there.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    usage: Option<String>,
    /// Always `EdDSA`, if it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    alg: Option<String>,
}

/// The public keys
///
/// Tokens are signed with the private halves. Public.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "keys",
    responses((status = 200, description = "The key set", body = KeySet)),
)]
pub(crate) async fn jwks(State(state): State<ApiState>) -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=60")];
    (headers, state.verifier().jwks_json())
}
