//! Operators with accounts, and what they did.

use axum::extract::State;
use kernel::OperatorId;
use platform::{
    auth::Admitted,
    extract::Query,
    problem::{Code, Problem},
};
use reads::{Operator, OperatorAction, Page, Range};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use crate::{
    answer::Answer,
    params::{Freshness, Id, Limit, Time},
    readers::Staff,
    route::Route,
    state::Api,
};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let problems = &[Code::Forbidden, Code::CursorInvalid];
    vec![Route::of::<Staff>(routes!(list)).answers(problems), Route::of::<Staff>(routes!(actions)).answers(problems)]
}

/// Part of the list of operators.
#[derive(Debug, Serialize, ToSchema)]
pub struct OperatorPage {
    /// Those added last first.
    pub items: Vec<Operator>,
    /// Where the list goes on; null at its end.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl From<Page<Operator>> for OperatorPage {
    fn from(page: Page<Operator>) -> Self {
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}

/// Part of what operators did.
#[derive(Debug, Serialize, ToSchema)]
pub struct OperatorActionPage {
    /// The last first.
    pub items: Vec<OperatorAction>,
    /// Where the list goes on; null at its end.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl From<Page<OperatorAction>> for OperatorActionPage {
    fn from(page: Page<OperatorAction>) -> Self {
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}

/// Which operators.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OperatorsQuery {
    /// How many at most.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, nullable = false)]
    limit: Option<Limit>,
    /// The `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// Which of the things that operators did.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ActionsQuery {
    /// What this operator did only.
    #[param(value_type = Option<String>, format = Uuid, nullable = false)]
    operator: Option<Id>,
    /// Recorded at this time or later.
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    from: Option<Time>,
    /// Recorded earlier than this time.
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    to: Option<Time>,
    /// How many at most.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, nullable = false)]
    limit: Option<Limit>,
    /// The `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// Every operator with an account, those added last first.
#[utoipa::path(get, operation_id = "operators", security(("bearer" = [])), path = "/v1/operators", tag = "operators",
    params(OperatorsQuery), responses((status = 200, description = "Part of the list", body = OperatorPage)))]
pub async fn list(
    State(api): State<Api>,
    _: Admitted<Staff>,
    Freshness(need, asked): Freshness,
    Query(query): Query<OperatorsQuery>,
) -> Result<Answer<OperatorPage>, Problem> {
    let operators = api.reads.operators(query.cursor.as_deref(), Limit::or_usual(query.limit), &need).await;
    Ok(Answer::of(operators, OperatorPage::from)?.preferred(asked))
}

/// What operators with accounts did, who and why, the last first.
#[utoipa::path(get, operation_id = "audit_actions", security(("bearer" = [])), path = "/v1/audit/actions", tag = "operators",
    params(ActionsQuery), responses((status = 200, description = "Part of the list", body = OperatorActionPage)))]
pub async fn actions(
    State(api): State<Api>,
    _: Admitted<Staff>,
    Freshness(need, asked): Freshness,
    Query(query): Query<ActionsQuery>,
) -> Result<Answer<OperatorActionPage>, Problem> {
    let range = Range { from: query.from.map(Time::or_after), to: query.to.map(Time::or_after) };
    let operator = query.operator.map(|id| OperatorId::new(id.0));
    let (cursor, limit) = (query.cursor.as_deref(), Limit::or_usual(query.limit));
    let actions = api.reads.operator_actions(operator, range, cursor, limit, &need).await;
    Ok(Answer::of(actions, OperatorActionPage::from)?.preferred(asked))
}
