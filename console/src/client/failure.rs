//! Why another server did not do it.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::address::Server;
use crate::language::Language;

/// A problem (RFC 9457) that another server answered, whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refusal {
    #[serde(default)]
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) detail: String,
    #[serde(default)]
    pub(crate) request_id: String,
    #[serde(default)]
    pub(crate) errors: Vec<Value>,
}

impl Refusal {
    /// In the words of the reader: the message of the code, or what the server says.
    pub(crate) fn words(&self, language: Language) -> String {
        let known = language.known(&format!("problem-{}", self.code));
        let said = if self.detail.is_empty() { self.title.clone() } else { self.detail.clone() };
        let text = known.unwrap_or(said);
        if text.is_empty() { language.text("problem-none") } else { text }
    }

    /// The fields that are wrong, each with what is wrong with it.
    pub(crate) fn wrong(&self) -> Vec<(String, String)> {
        let text = |error: &Value, name: &str| error[name].as_str().unwrap_or_default().to_owned();
        self.errors.iter().map(|error| (text(error, "field"), text(error, "message"))).collect()
    }

    /// The same, each in a line.
    pub(crate) fn fields(&self) -> Vec<String> {
        self.wrong().into_iter().map(|(field, message)| format!("{field}: {message}")).collect()
    }
}

/// What all servers say of an address that they do not know.
const NO_ROUTE: &str = "there is nothing at ";

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The server refused it.
    #[error("refused: {}", .0.code)]
    Refused(Box<Refusal>),
    /// The server does not answer.
    #[error("{0:?} cannot be reached")]
    Unreachable(Server),
    /// What it answers is not what was agreed upon.
    #[error("{0:?} answered something else: {1}")]
    Answer(Server, String),
}

impl Failure {
    /// Whether the server has no such route: it is older than this console. Servers say so in the detail; that a known route has nothing to
    /// show may have the same code.
    pub(crate) fn is_missing_route(&self) -> bool {
        let Self::Refused(refusal) = self else { return false };
        let is_named = match refusal.code.as_str() {
            "not-found" => refusal.detail.starts_with(NO_ROUTE),
            code => matches!(code, "route-unknown" | ""),
        };
        refusal.status == 404 && is_named
    }

    /// Whether it is there no more, or never was.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.status == 404)
    }

    /// Whether the operator's session has ended.
    pub(crate) fn is_logged_out(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.status == 401)
    }

    /// Whether the operator's role does not allow it.
    pub(crate) fn is_forbidden(&self) -> bool {
        matches!(self, Self::Refused(refusal) if matches!(refusal.code.as_str(), "operator-role-missing" | "forbidden"))
    }

    /// Whether the server could answer nobody, whoever asked.
    pub(crate) fn is_of_server(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.status >= 500,
            Self::Unreachable(_) | Self::Answer(..) => true,
        }
    }

    /// Whether nobody knows if the command was carried out. Sent again under the same key, it is carried out once.
    pub(crate) fn is_unsure(&self) -> bool {
        match self {
            Self::Refused(refusal) => {
                refusal.status >= 500 || refusal.status == 408 || refusal.code == "idempotency-key-in-flight"
            }
            Self::Unreachable(_) | Self::Answer(..) => true,
        }
    }

    /// In the words of the reader.
    pub(crate) fn words(&self, language: Language) -> String {
        match self {
            failure if failure.is_missing_route() => language.text("trouble-missing"),
            Self::Refused(refusal) => refusal.words(language),
            Self::Unreachable(server) => {
                language.text_with("trouble-unreachable", &[("server", &language.text(server.key()))])
            }
            Self::Answer(server, _) => {
                language.text_with("trouble-answer", &[("server", &language.text(server.key()))])
            }
        }
    }

    fn problem(&self) -> Refusal {
        let (code, title) = match self {
            Self::Refused(refusal) => return (**refusal).clone(),
            Self::Unreachable(_) => ("server-unreachable", "A server behind the console does not answer"),
            Self::Answer(..) => ("server-answer", "A server behind the console answered something unexpected"),
        };
        Refusal { status: 502, code: code.to_owned(), title: title.to_owned(), ..Refusal::default() }
    }
}

impl IntoResponse for Failure {
    /// As a problem; the layer around all routes makes a page of it.
    fn into_response(self) -> Response {
        let problem = self.problem();
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_GATEWAY);
        // What another server calls a defect is none of this one.
        let status = if status == StatusCode::INTERNAL_SERVER_ERROR { StatusCode::BAD_GATEWAY } else { status };
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let typed = HeaderValue::from_static("application/problem+json");
        (status, [(header::CONTENT_TYPE, typed)], body).into_response()
    }
}
