//! What is answered about approvals.

use application::{ApprovalAnswer, ApprovalStatus};
use axum::{http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use kernel::{ApprovalId, ApprovalKind, OperatorId};
use serde::Serialize;
use utoipa::{
    ToSchema,
    openapi::schema::{ObjectBuilder, Type},
};

use crate::answer::json;

/// What waits for a second operator.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PendingApproval)]
pub(crate) struct PendingDto<'a> {
    /// Its id.
    #[schema(value_type = Uuid)]
    approval_id: ApprovalId,
    /// Always `pending`.
    #[schema(pattern = "^pending$", examples("pending"))]
    status: &'static str,
    /// What is asked for.
    #[schema(schema_with = action)]
    action: &'static str,
    /// Who asked for it.
    #[schema(value_type = Uuid)]
    requested_by: OperatorId,
    /// Their name.
    requested_by_name: &'a str,
    /// Why, in their words.
    reason: &'a str,
    /// From this time on, by the log's clock, nobody can approve it any more.
    expires_at: DateTime<Utc>,
}

/// An approval that was decided about.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DecidedApproval)]
pub(crate) struct DecidedDto<'a> {
    /// Its id.
    #[schema(value_type = Uuid)]
    approval_id: ApprovalId,
    /// `approved`: it is done; a view is promoted by the projector after this. `refused`: it was approved, and a rule of the bank refused it. `rejected`, `withdrawn`: it is not done.
    #[schema(pattern = "^(approved|refused|rejected|withdrawn)$", examples("approved"))]
    status: &'static str,
    /// What was asked for.
    #[schema(schema_with = action)]
    action: &'static str,
    /// Who asked for it.
    #[schema(value_type = Uuid)]
    requested_by: OperatorId,
    /// Their name.
    requested_by_name: &'a str,
    /// Why, in their words.
    reason: &'a str,
    /// Until when it could have been approved.
    expires_at: DateTime<Utc>,
    /// Who approved or rejected it; null if it was withdrawn.
    #[schema(value_type = Option<Uuid>, required)]
    decided_by: Option<OperatorId>,
    /// Their name.
    #[schema(required)]
    decided_by_name: Option<&'a str>,
    /// The problem code of the rule that refused it; null if none did.
    #[schema(required, examples("already-reversed"))]
    refusal: Option<&'a str>,
}

fn action() -> ObjectBuilder {
    let names = ApprovalKind::ALL.iter().map(|kind| kind.as_str());
    let text = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names));
    text.description(Some("What is asked for."))
}

impl<'a> From<&'a ApprovalAnswer> for PendingDto<'a> {
    fn from(asked: &'a ApprovalAnswer) -> Self {
        Self {
            approval_id: asked.approval_id,
            status: ApprovalStatus::Pending.as_str(),
            action: asked.action.as_str(),
            requested_by: asked.requested_by,
            requested_by_name: &asked.requested_by_name,
            reason: &asked.reason,
            expires_at: asked.expires_at,
        }
    }
}

impl<'a> From<&'a ApprovalAnswer> for DecidedDto<'a> {
    fn from(decided: &'a ApprovalAnswer) -> Self {
        let by = decided.decided_by.as_ref();
        Self {
            approval_id: decided.approval_id,
            status: decided.status.as_str(),
            action: decided.action.as_str(),
            requested_by: decided.requested_by,
            requested_by_name: &decided.requested_by_name,
            reason: &decided.reason,
            expires_at: decided.expires_at,
            decided_by: by.map(|(operator, _)| *operator),
            decided_by_name: by.map(|(_, name)| name.as_str()),
            refusal: decided.refused.as_deref(),
        }
    }
}

/// The answer to whoever asks for what a second operator has to approve.
pub(crate) fn pending(asked: &ApprovalAnswer) -> Response {
    json(StatusCode::ACCEPTED, &PendingDto::from(asked))
}
