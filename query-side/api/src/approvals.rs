//! Approvals, for operators.

use std::convert::identity;

use axum::extract::State;
use kernel::{ApprovalId, ApprovalKind};
use platform::{
    auth::Admitted,
    extract::Query,
    problem::{Code, Problem},
};
use reads::{Approval, ApprovalFilter, Page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use crate::{
    answer::Answer,
    params::{ById, Freshness, Limit, Nothing},
    readers::Staff,
    route::Route,
    state::Api,
};

const STATUSES: [&str; 6] = ["pending", "approved", "refused", "rejected", "withdrawn", "expired"];

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        Route::of::<Staff>(routes!(list)).answers(&[Code::Forbidden, Code::CursorInvalid]),
        Route::of::<Staff>(routes!(one)).answers(&[Code::Forbidden, Code::ApprovalUnknown]),
    ]
}

/// Part of a list of approvals.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApprovalPage {
    /// Those asked for last first.
    pub items: Vec<Approval>,
    /// Where the list goes on; null at its end.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl From<Page<Approval>> for ApprovalPage {
    fn from(page: Page<Approval>) -> Self {
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}

/// Which approvals.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ApprovalsQuery {
    /// With this status only.
    #[param(
        nullable = false,
        example = "pending",
        pattern = "^(pending|approved|refused|rejected|withdrawn|expired)$"
    )]
    status: Option<String>,
    /// For this only.
    #[param(
        nullable = false,
        example = "reversal",
        pattern = "^(reversal|freeze-many|erasure|limits|rates|partner-keys|promotion)$"
    )]
    action: Option<String>,
    /// How many at most.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, nullable = false)]
    limit: Option<Limit>,
    /// The `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

impl ApprovalsQuery {
    fn filter(&self) -> Result<ApprovalFilter<'_>, Problem> {
        let status = self.status.as_deref();
        if status.is_some_and(|status| !STATUSES.contains(&status)) {
            return Err(Problem::invalid("status", format!("is one of {}", STATUSES.join(", "))));
        }
        let action = self.action.as_deref().map(str::parse::<ApprovalKind>).transpose();
        let action = action.map_err(|error| Problem::invalid("action", error.to_string()))?;
        Ok(ApprovalFilter { status, action })
    }
}

/// What operators asked for that a second one has to approve, those asked for last first.
#[utoipa::path(get, operation_id = "approvals", security(("bearer" = [])), path = "/v1/approvals", tag = "operators",
    params(ApprovalsQuery), responses((status = 200, description = "Part of the list", body = ApprovalPage)))]
pub async fn list(
    State(api): State<Api>,
    _: Admitted<Staff>,
    Freshness(need, asked): Freshness,
    Query(query): Query<ApprovalsQuery>,
) -> Result<Answer<ApprovalPage>, Problem> {
    let (filter, limit) = (query.filter()?, Limit::or_usual(query.limit));
    let approvals = api.reads.approvals(filter, query.cursor.as_deref(), limit, &need).await;
    Ok(Answer::of(approvals, ApprovalPage::from)?.preferred(asked))
}

/// One approval, and what became of it.
#[utoipa::path(get, operation_id = "approval_by_id", security(("bearer" = [])), path = "/v1/approvals/{id}", tag = "operators",
    params(("id" = String, Path, format = Uuid, description = "The approval"),),
    responses((status = 200, description = "The approval", body = Approval)))]
pub async fn one(
    State(api): State<Api>,
    _: Admitted<Staff>,
    Freshness(need, asked): Freshness,
    ById(id): ById,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<Approval>, Problem> {
    let approval = api.reads.approval(ApprovalId::new(id), &need).await;
    let unknown = || Problem::new(Code::ApprovalUnknown).detail("there is no such approval");
    Ok(Answer::found(approval, identity, unknown)?.preferred(asked))
}
