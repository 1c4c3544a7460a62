//! Log-in at an identity provider (OpenID Connect, code flow with PKCE). The command server talks to the provider; here the browser
//! is sent there and comes back.

use askama::Template;
use axum::{
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use platform::extract::Query;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use url::Url;

use crate::{
    client::{Address, Failure, Server},
    csrf::{local_path, token_fits},
    log_in::{self, Whose},
    page::{Page, show},
    posted::refused,
    session::{Kind, secret},
    visit::Visit,
};

/// What is remembered while the browser is at the provider.
#[derive(Serialize, Deserialize)]
struct UnderWay {
    state: String,
    verifier: String,
    nonce: String,
    redirect_uri: String,
    next: String,
}

#[derive(Deserialize)]
struct Provider {
    #[serde(default)]
    enabled: bool,
    authorization_endpoint: Option<String>,
    client_id: Option<String>,
}

/// Where to go afterwards.
#[derive(Deserialize)]
pub(crate) struct Begin {
    #[serde(default)]
    next: String,
}

/// What the provider sends the browser back with.
#[derive(Deserialize)]
pub(crate) struct Back {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
}

#[derive(Template)]
#[template(path = "continue.html")]
struct Continue {
    page: Page,
    next: String,
}

/// Sends the browser to the provider.
pub(crate) async fn begin(visit: Visit, headers: HeaderMap, Query(asked): Query<Begin>) -> Result<Response, Failure> {
    let provider: Provider = visit.get(Address::command("/v1/operators/sessions/oidc")).await?;
    let (true, Some(endpoint), Some(client_id)) =
        (provider.enabled, provider.authorization_endpoint, provider.client_id)
    else {
        return Err(refused(404, "oidc-off"));
    };
    let mut to = endpoint.parse::<Url>().map_err(|error| Failure::Answer(Server::Command, error.to_string()))?;
    let under_way = UnderWay {
        state: secret(),
        verifier: secret(),
        nonce: secret(),
        redirect_uri: format!("{}/login/oidc/callback", base(&visit, &headers)),
        next: local_path(&asked.next).to_owned(),
    };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(under_way.verifier.as_bytes()));
    to.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &client_id)
        .append_pair("redirect_uri", &under_way.redirect_uri)
        .append_pair("scope", "openid profile")
        .append_pair("state", &under_way.state)
        .append_pair("nonce", &under_way.nonce)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256");
    let house = visit.house();
    let mut response = Redirect::to(to.as_str()).into_response();
    if let Some(cookie) = house.cookies.write(Kind::LogIn, &under_way, &house.seal) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Takes the browser back. The page that answers goes on by itself: after a redirect from another site the browser would leave the
/// session's cookie out.
pub(crate) async fn complete(visit: Visit, headers: HeaderMap, Query(back): Query<Back>) -> Result<Response, Failure> {
    let house = visit.house();
    let under_way: Option<UnderWay> = house.cookies.read(Kind::LogIn, &headers, &house.seal);
    let Some(under_way) = under_way.filter(|under_way| token_fits(&back.state, &under_way.state)) else {
        return Err(refused(403, "form-expired"));
    };
    if back.code.is_empty() {
        return Err(refused(403, "oidc-refused"));
    }
    let body = json!({
        "code": back.code,
        "code_verifier": under_way.verifier,
        "nonce": under_way.nonce,
        "redirect_uri": under_way.redirect_uri,
    });
    log_in::begin(&visit, Whose::Operator, "/v1/operators/sessions/oidc", &body).await?;
    let page = Page::plain(&visit, "login-title");
    let mut response = show(&Continue { page, next: under_way.next });
    if let Some(cookie) = house.cookies.remove(Kind::LogIn) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Where the browser finds this console.
fn base(visit: &Visit, headers: &HeaderMap) -> String {
    let house = visit.house();
    if !house.public_url.is_empty() {
        return house.public_url.clone();
    }
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("127.0.0.1");
    format!("{}://{host}", if house.cookies.secure { "https" } else { "http" })
}
