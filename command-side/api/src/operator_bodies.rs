//! What is asked and answered about operators and their sessions.

use application::{OperatorAnswer, OperatorName, OperatorSecrets, OperatorSession, OperatorTokens, SessionPlace};
use chrono::{DateTime, Utc};
use kernel::{OperatorId, OperatorRole};
use secrecy::ExposeSecret;
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::body::{Note, Secret};

/// Somebody who is to run the bank.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OperatorRequest)]
pub(crate) struct OperatorRequest {
    /// What they are to log in with. It stands in the log for ever, and is never given to another.
    #[schema(value_type = String, pattern = "^[a-z0-9._-]{3,32}$", examples("minji.kim"))]
    pub(crate) name: OperatorName,
    /// What they may do.
    #[serde(deserialize_with = "role")]
    #[schema(value_type = String, pattern = "^(viewer|support|operator|admin)$", examples("support"))]
    pub(crate) role: OperatorRole,
    /// Why, in your own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$")]
    pub(crate) reason: Option<Note>,
}

/// Another role.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OperatorRoleRequest)]
pub(crate) struct RoleRequest {
    /// What they may do from now on.
    #[serde(deserialize_with = "role")]
    #[schema(value_type = String, pattern = "^(viewer|support|operator|admin)$", examples("operator"))]
    pub(crate) role: OperatorRole,
    /// Why, in your own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 256, pattern = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$")]
    pub(crate) reason: Option<Note>,
}

/// A text; a derived enum would take an object, too.
fn role<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OperatorRole, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

/// What an operator logs in with. Whatever the texts are, the answer is that they are right or that they are not.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OperatorLogIn)]
pub(crate) struct LogInRequest {
    /// The name.
    #[schema(value_type = String, examples("minji.kim"))]
    pub(crate) name: Secret,
    /// The password.
    #[schema(value_type = String, format = Password)]
    pub(crate) password: Secret,
    /// The six digits that the authenticator shows now. A code is good once.
    #[schema(value_type = String, examples("123456"))]
    pub(crate) totp: Secret,
}

/// What the provider of identities gave the browser, and what belongs to it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OperatorIdentity)]
pub(crate) struct ProviderRequest {
    /// The authorization code.
    #[schema(value_type = String, min_length = 1)]
    pub(crate) code: Secret,
    /// The verifier whose digest was sent with the request (RFC 7636).
    #[schema(value_type = String, min_length = 43, max_length = 128, pattern = "^[A-Za-z0-9._~-]+$")]
    pub(crate) code_verifier: Secret,
    /// The nonce that was sent with the request.
    #[schema(value_type = String, min_length = 1)]
    pub(crate) nonce: Secret,
    /// Where the browser was sent back to.
    #[schema(
        min_length = 1,
        max_length = 2000,
        format = "uri",
        examples("https://console.example/login/oidc/callback")
    )]
    pub(crate) redirect_uri: String,
}

/// A refresh token of an operator's session.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OperatorRefresh)]
pub(crate) struct RefreshRequest {
    /// The one that the log-in answered.
    #[schema(value_type = String)]
    pub(crate) refresh_token: Secret,
}

/// Another password of your own.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChangeOperatorPassword)]
pub(crate) struct PasswordRequest {
    /// The one in force.
    #[schema(value_type = String, format = Password)]
    pub(crate) current: Secret,
    /// With a letter, a digit and a special character; without your name; not a common one.
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 128)]
    pub(crate) new: Secret,
    /// The six digits that the authenticator shows now.
    #[schema(value_type = String, examples("123456"))]
    pub(crate) totp: Secret,
}

/// An operator with what they log in with the first time. It is shown in the answer to this request and nowhere else.
#[derive(Serialize, ToSchema)]
#[schema(as = OperatorWithSecrets)]
pub(crate) struct SecretsDto<'a> {
    /// The operator.
    #[schema(value_type = Uuid)]
    operator_id: OperatorId,
    /// What they log in with.
    name: &'a str,
    /// What they may do.
    #[schema(pattern = "^(viewer|support|operator|admin)$", examples("support"))]
    role: &'static str,
    /// The first password. They should change it at once.
    #[schema(pattern = "^[a-z2-7]{5}(-[a-z2-7]{5}){3}$")]
    password: &'a str,
    /// The secret of one-time codes, in Base32.
    #[schema(pattern = "^[A-Z2-7]{32}$")]
    totp_secret: &'a str,
    /// The same, as authenticator apps read it from a QR code.
    #[schema(format = "uri")]
    otpauth_url: &'a str,
}

impl<'a> SecretsDto<'a> {
    pub(crate) fn of(operator: &'a OperatorAnswer, secrets: &'a OperatorSecrets) -> Self {
        Self {
            operator_id: operator.operator_id,
            name: &operator.name,
            role: operator.role.as_str(),
            password: &secrets.password,
            totp_secret: &secrets.totp_secret,
            otpauth_url: &secrets.otpauth_url,
        }
    }
}

/// An operator.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChangedOperator)]
pub(crate) struct OperatorDto<'a> {
    /// The operator.
    #[schema(value_type = Uuid)]
    operator_id: OperatorId,
    /// What they log in with.
    name: &'a str,
    /// What they may do.
    #[schema(pattern = "^(viewer|support|operator|admin)$", examples("support"))]
    role: &'static str,
    /// `enabled` or `disabled`.
    #[schema(pattern = "^(enabled|disabled)$", examples("enabled"))]
    status: &'static str,
}

impl<'a> From<&'a OperatorAnswer> for OperatorDto<'a> {
    fn from(operator: &'a OperatorAnswer) -> Self {
        Self {
            operator_id: operator.operator_id,
            name: &operator.name,
            role: operator.role.as_str(),
            status: if operator.is_enabled { "enabled" } else { "disabled" },
        }
    }
}

/// A session of an operator, with its tokens.
#[derive(Serialize, ToSchema)]
#[schema(as = OperatorTokens)]
pub(crate) struct TokensDto<'a> {
    /// The operator.
    #[schema(value_type = Uuid)]
    operator_id: OperatorId,
    /// What they log in with.
    name: &'a str,
    /// What they may do.
    #[schema(pattern = "^(viewer|support|operator|admin)$", examples("support"))]
    role: &'static str,
    /// The session.
    session_id: Uuid,
    /// For `Authorization: Bearer`.
    access_token: &'a str,
    /// Always `Bearer`.
    #[schema(pattern = "^Bearer$", examples("Bearer"))]
    token_type: &'static str,
    /// Seconds that the access token is good for.
    #[schema(minimum = 0, examples(300))]
    expires_in: i64,
    /// For `POST /v1/operators/sessions/refresh`, as long as the session lasts. It does not change: keep it on a server, never in a browser.
    refresh_token: &'a str,
    /// When the session ends in any case; it ends before that if it is not refreshed for a while.
    ends_at: DateTime<Utc>,
}

impl<'a> From<&'a OperatorTokens> for TokensDto<'a> {
    fn from(tokens: &'a OperatorTokens) -> Self {
        Self {
            operator_id: tokens.operator,
            name: &tokens.name,
            role: tokens.role.as_str(),
            session_id: tokens.session,
            access_token: tokens.access.expose_secret(),
            token_type: "Bearer",
            expires_in: tokens.expires_in.num_seconds(),
            refresh_token: tokens.refresh.expose_secret(),
            ends_at: tokens.ends_at,
        }
    }
}

/// From where a session began or was used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OperatorSessionPlace)]
pub(crate) struct PlaceDto<'a> {
    /// The address; of IPv6 the network.
    address: &'a str,
    /// What the program said of itself.
    user_agent: &'a str,
}

impl<'a> From<&'a SessionPlace> for PlaceDto<'a> {
    fn from(place: &'a SessionPlace) -> Self {
        Self { address: &place.address, user_agent: &place.agent }
    }
}

/// A session of an operator.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OperatorSession)]
pub(crate) struct SessionDto<'a> {
    /// The session.
    session_id: Uuid,
    /// When it began.
    began_at: DateTime<Utc>,
    /// From where.
    began_from: PlaceDto<'a>,
    /// When it was last refreshed.
    used_at: DateTime<Utc>,
    /// From where.
    used_from: PlaceDto<'a>,
    /// When it ends in any case.
    ends_at: DateTime<Utc>,
    /// Whether it is the one that asks.
    current: bool,
}

impl<'a> SessionDto<'a> {
    pub(crate) fn of(session: &'a OperatorSession, current: Option<Uuid>) -> Self {
        Self {
            session_id: session.session,
            began_at: session.began_at,
            began_from: (&session.began).into(),
            used_at: session.used_at,
            used_from: (&session.used).into(),
            ends_at: session.ends_at,
            current: current == Some(session.session),
        }
    }
}

/// The sessions of an operator.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OperatorSessions)]
pub(crate) struct SessionsDto<'a> {
    /// Those that have not ended, the newest first; at most 200.
    #[schema(max_items = 200)]
    pub(crate) items: Vec<SessionDto<'a>>,
}

/// You.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OwnOperator)]
pub(crate) struct MeDto<'a> {
    /// The operator.
    #[schema(value_type = Uuid)]
    pub(crate) operator_id: OperatorId,
    /// What you log in with.
    pub(crate) name: &'a str,
    /// What you may do.
    #[schema(pattern = "^(viewer|support|operator|admin)$", examples("support"))]
    pub(crate) role: &'static str,
    /// The session that asks.
    pub(crate) session: SessionDto<'a>,
}

/// How a browser is sent to the provider of identities.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IdentityProvider)]
pub(crate) struct ProviderDto {
    /// Whether operators can log in by one.
    pub(crate) enabled: bool,
    /// The provider; null without one.
    #[schema(required, examples("https://id.example"))]
    pub(crate) issuer: Option<String>,
    /// Where the browser is sent to; null without a provider.
    #[schema(required, examples("https://id.example/authorize"))]
    pub(crate) authorization_endpoint: Option<String>,
    /// Who asks; null without a provider.
    #[schema(required, examples("jangbu"))]
    pub(crate) client_id: Option<String>,
}
