//! Holds.

use std::convert::identity;

use axum::extract::State;
use kernel::{AccountId, HoldId, Role};
use platform::{
    auth::Admitted,
    extract::Query,
    problem::{Code, Problem},
};
use reads::{Hold, Page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use crate::{
    answer::Answer,
    params::{ById, Freshness, HoldState, Limit, Nothing, viewer},
    problem::{NO_ACCOUNT, no_account},
    readers::{Everybody, Owners},
    route::Route,
    state::Api,
};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        Route::of::<Everybody>(routes!(one)).answers(&[Code::HoldUnknown]),
        Route::of::<Owners>(routes!(of_account))
            .answers(&[Code::Forbidden, Code::CursorInvalid])
            .answers_as(NO_ACCOUNT, Code::AccountUnknown),
    ]
}

/// Part of a list of holds.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoldPage {
    /// Newest placed first.
    pub items: Vec<Hold>,
    /// Where the list goes on; null at its end.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl From<Page<Hold>> for HoldPage {
    fn from(page: Page<Hold>) -> Self {
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}

/// One hold; a member must own one side of it, and a service must have placed it.
#[utoipa::path(get, operation_id = "hold_by_id", security(("bearer" = [])), path = "/v1/holds/{id}", tag = "holds",
    params(("id" = String, Path, format = Uuid, description = "The hold"),),
    responses((status = 200, description = "The hold", body = Hold)))]
pub async fn one(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<Everybody>,
    Freshness(need, asked): Freshness,
    ById(id): ById,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<Hold>, Problem> {
    let service = Some(principal.actor).filter(|actor| actor.role == Role::Service).map(|actor| actor.id);
    let hold = api.reads.hold(viewer(&principal), service, HoldId::new(id), &need).await;
    let answer =
        Answer::found(hold, identity, || Problem::new(Code::HoldUnknown).detail("there is no such hold of yours"))?;
    Ok(answer.preferred(asked))
}

/// Which holds.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HoldsQuery {
    /// With this status.
    #[param(value_type = Option<String>, pattern = "^(active|captured|released|expired)$", nullable = false)]
    status: Option<HoldState>,
    /// How many at most.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, nullable = false)]
    limit: Option<Limit>,
    /// The `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// The holds of an account, newest placed first: those of its funds, and those that can be paid to it.
#[utoipa::path(get, operation_id = "account_holds", security(("bearer" = [])), path = "/v1/accounts/{id}/holds", tag = "holds",
    params(("id" = String, Path, format = Uuid, description = "The account"), HoldsQuery),
    responses((status = 200, description = "Part of the list", body = HoldPage)))]
pub async fn of_account(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<Owners>,
    Freshness(need, asked): Freshness,
    ById(id): ById,
    Query(query): Query<HoldsQuery>,
) -> Result<Answer<HoldPage>, Problem> {
    let (status, cursor) = (query.status.map(|status| status.0), query.cursor.as_deref());
    let (account, limit) = (AccountId::new(id), Limit::or_usual(query.limit));
    let holds = api.reads.holds(viewer(&principal), account, status, cursor, limit, &need).await;
    Ok(Answer::found(holds, HoldPage::from, no_account)?.preferred(asked))
}
