//! Tokens for partners: the client credentials grant of OAuth 2.0 (RFC 6749, section 4.4).
//!
//! Its errors have the form of that document (section 5.2), so that its clients understand them; what it has no word for is a problem
//! as everywhere.

use application::{AuthError, PartnerToken};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use kernel::{PartnerKeyId, Scopes};
use platform::{
    extract::Form,
    http::Origin,
    problem::{Code, Problem},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{answer::json, endpoint::Endpoint, problems, state::ApiState};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::new(routes!(token)).public().raises([
        Code::UnsupportedMediaType,
        Code::TooManyRequests,
        Code::LogUnavailable,
        Code::VaultUnavailable,
        Code::SigningKeyWithdrawn,
    ])]
}

/// What is asked for. Fields that are not known here are ignored.
#[derive(Deserialize, ToSchema)]
#[schema(as = TokenRequest)]
#[allow(dead_code, reason = "describes what `asked` reads")]
pub(crate) struct TokenRequest {
    /// Always `client_credentials`.
    #[schema(pattern = "^client_credentials$", examples("client_credentials"))]
    grant_type: String,
    /// Scopes, with spaces between; those of the key, if it is left out.
    #[schema(examples("accounts:read transfers:write"))]
    scope: Option<String>,
}

/// A token.
#[derive(Serialize, ToSchema)]
#[schema(as = AccessToken)]
pub(crate) struct TokenDto<'a> {
    /// For `Authorization: Bearer`.
    access_token: &'a str,
    /// Always `Bearer`.
    #[schema(pattern = "^Bearer$", examples("Bearer"))]
    token_type: &'static str,
    /// Seconds it is good for.
    #[schema(minimum = 0, examples(300))]
    expires_in: i64,
    /// What it allows, with spaces between.
    #[schema(examples("accounts:read transfers:write"))]
    scope: String,
}

/// Why there is no token.
#[derive(Serialize, ToSchema)]
#[schema(as = TokenError)]
pub(crate) struct ErrorDto {
    /// What programs branch on.
    #[schema(
        pattern = "^(invalid_request|invalid_client|invalid_scope|unsupported_grant_type)$",
        examples("invalid_client")
    )]
    error: &'static str,
    /// The same for people.
    error_description: &'static str,
}

/// An error in the words of RFC 6749.
struct Refused {
    status: StatusCode,
    error: &'static str,
    description: &'static str,
}

impl Refused {
    const fn request(description: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error: "invalid_request", description }
    }

    /// The key is unknown, was revoked or has expired, or the secret is wrong: which of them is not said.
    const CLIENT: Self = Self {
        status: StatusCode::UNAUTHORIZED,
        error: "invalid_client",
        description: "send Authorization: Basic with the id of a key that holds and its secret",
    };
    const GRANT: Self = Self {
        status: StatusCode::BAD_REQUEST,
        error: "unsupported_grant_type",
        description: "the grant type is client_credentials",
    };
    const SCOPE: Self = Self {
        status: StatusCode::BAD_REQUEST,
        error: "invalid_scope",
        description: "the scope is not known, or the key does not allow it",
    };

    fn answer(&self) -> Response {
        let mut response = json(self.status, &ErrorDto { error: self.error, error_description: self.description });
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static(r#"Basic realm="jangbu", charset="UTF-8""#);
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// Reads the form of a request for a token: the scopes that are asked for; none if all of the key are.
///
/// # Errors
///
/// The code of RFC 6749, if it is anything else.
pub fn token_form(body: &[u8]) -> Result<Option<Scopes>, &'static str> {
    let Form(fields) = Form::parse(body);
    asked(fields).map_err(|refused| refused.error)
}

/// The scopes that are asked for; none if all of the key are.
fn asked(fields: Option<Vec<(String, String)>>) -> Result<Option<Scopes>, Refused> {
    let fields = fields.ok_or(Refused::request("the body is no form"))?;
    let field = |name: &str| {
        let mut given = fields.iter().filter(|(field, value)| field == name && !value.is_empty());
        match (given.next(), given.next()) {
            (value, None) => Ok(value.map(|(_, value)| value.as_str())),
            (_, Some(_)) => Err(Refused::request("a field stands in the form once")),
        }
    };
    if field("client_secret")?.is_some() {
        return Err(Refused::request("the secret stands in the Authorization header only"));
    }
    match field("grant_type")? {
        Some("client_credentials") => {}
        Some(_) => return Err(Refused::GRANT),
        None => return Err(Refused::request("the form has no grant_type")),
    }
    field("scope")?.map(|scope| scope.parse().map_err(|_| Refused::SCOPE)).transpose()
}

/// The id of a key and its secret, as the user name and the password of `Authorization: Basic` (RFC 7617).
fn credentials(headers: &HeaderMap) -> Option<(PartnerKeyId, SecretString)> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (given.next(), given.next()) else { return None };
    let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = Zeroizing::new(STANDARD.decode(encoded.trim()).ok()?);
    let (key, secret) = str::from_utf8(&decoded).ok()?.split_once(':')?;
    let key = Uuid::try_parse(key).ok().filter(|_| key.len() == 36)?;
    Some((PartnerKeyId::new(key), SecretString::from(secret)))
}

/// Get a token
///
/// For a key and its secret, as user name and password of `Authorization: Basic`. The token is good for some minutes (`expires_in`), and allows
/// what the key allows, or the part of it that is asked for. It is refused from the moment that the key is revoked. No `Idempotency-Key`
/// is needed: nothing is changed.
#[utoipa::path(
    post, path = "/v1/oauth/token", tag = "partners",
    request_body(
        content = TokenRequest, content_type = "application/x-www-form-urlencoded",
        example = json!({"grant_type": "client_credentials", "scope": "accounts:read"}),
    ),
    responses(
        (status = 200, description = "The token", body = TokenDto),
        (status = 400, description = "The request is wrong, or asks for what the key does not allow", body = ErrorDto),
        (status = 401, description = "The key or its secret is wrong", body = ErrorDto),
    ),
)]
pub(crate) async fn token(
    State(state): State<ApiState>,
    Origin(from): Origin,
    headers: HeaderMap,
    Form(fields): Form,
) -> Result<Response, Problem> {
    // Who asks comes first: a stranger learns of nothing else.
    let Some(client) = credentials(&headers) else { return Ok(Refused::CLIENT.answer()) };
    let scopes = match asked(fields) {
        Ok(scopes) => scopes,
        Err(refused) => return Ok(refused.answer()),
    };
    let auth = state.auth().map_err(problems::of_auth)?;
    match auth.partner_token(from, client, scopes).await {
        Ok(token) => Ok(answer(&token)),
        Err(AuthError::ClientUnknown) => Ok(Refused::CLIENT.answer()),
        Err(AuthError::ScopeNotGranted) => Ok(Refused::SCOPE.answer()),
        Err(other) => Err(problems::of_auth(other)),
    }
}

fn answer(token: &PartnerToken) -> Response {
    let body = TokenDto {
        access_token: token.access.expose_secret(),
        token_type: "Bearer",
        expires_in: token.expires_in.num_seconds(),
        scope: token.scopes.to_string(),
    };
    let mut response = json(StatusCode::OK, &body);
    // RFC 6749, section 5.1. The edge says `Cache-Control: no-store`.
    response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn form(fields: &[(&str, &str)]) -> Result<Option<Scopes>, &'static str> {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        asked(Some(fields)).map_err(|refused| refused.error)
    }

    #[test]
    fn a_form_is_read_as_the_standard_says() {
        let grant = ("grant_type", "client_credentials");
        assert_eq!(form(&[grant]), Ok(None));
        assert_eq!(form(&[grant, ("scope", "")]), Ok(None), "a field without a value is as one left out");
        assert_eq!(form(&[grant, ("audience", "x")]), Ok(None), "fields that are not known are ignored");
        let scopes = "holds:write".parse().expect("a scope");
        assert_eq!(form(&[grant, ("scope", "holds:write")]), Ok(Some(scopes)));
        assert_eq!(form(&[grant, ("scope", "moon:walk")]), Err("invalid_scope"));
        assert_eq!(form(&[("grant_type", "password")]), Err("unsupported_grant_type"));
        for wrong in
            [&[][..], &[grant, grant], &[grant, ("scope", "a"), ("scope", "a")], &[grant, ("client_secret", "x")]]
        {
            assert_eq!(form(wrong), Err("invalid_request"), "{wrong:?}");
        }
        assert_eq!(asked(None).map_err(|refused| refused.error), Err("invalid_request"));
    }

    #[test]
    fn credentials_are_those_of_one_basic_header() {
        let read = |values: &[String]| {
            let values = values.iter().map(|value| (header::AUTHORIZATION, value.parse().expect("a value")));
            let headers = values.fold(HeaderMap::new(), |mut headers, (name, value): (_, HeaderValue)| {
                headers.append(name, value);
                headers
            });
            credentials(&headers).map(|(key, secret)| (key.to_string(), secret.expose_secret().to_owned()))
        };
        let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
        let key = "01980c61-77aa-8b0d-a2f4-6c5d4e3f2a1b";
        let right = basic(&format!("{key}:jbk_a:b"));
        assert_eq!(read(std::slice::from_ref(&right)), Some((key.to_owned(), "jbk_a:b".to_owned())));
        assert!(read(&[right.replace("Basic", "basic")]).is_some());
        for wrong in
            [basic(key), basic(":"), basic("partner:x"), "Basic %".to_owned(), right.replace("Basic", "Bearer")]
        {
            assert_eq!(read(std::slice::from_ref(&wrong)), None, "{wrong}");
        }
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[right.clone(), right]), None);
    }

    proptest! {
        #[test]
        fn any_text_is_credentials_or_not(text in "[ -~]{0,80}") {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, text.parse().expect("visible"));
            let _ = credentials(&headers);
        }
    }
}
