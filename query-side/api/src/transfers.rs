//! Transfers.

use std::convert::identity;

use axum::extract::State;
use kernel::{Actor, Role, TransferId};
use platform::{
    auth::Admitted,
    extract::Query,
    problem::{Code, Problem},
};
use reads::{Page, Transfer};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use crate::{
    answer::Answer,
    params::{ById, Freshness, Limit, Nothing, Reference, viewer},
    readers::{Everybody, Senders},
    route::Route,
    state::Api,
};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        Route::of::<Senders>(routes!(find)).answers(&[Code::Forbidden, Code::CursorInvalid]),
        Route::of::<Everybody>(routes!(one)).answers(&[Code::TransferUnknown]),
    ]
}

/// Part of a list of transfers.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransferPage {
    /// Newest first.
    pub items: Vec<Transfer>,
    /// Where the list goes on; null at its end.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl From<Page<Transfer>> for TransferPage {
    fn from(page: Page<Transfer>) -> Self {
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}

/// Which transfers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TransfersQuery {
    /// The reference of the transfers that are looked for, whole.
    #[param(value_type = String, min_length = 1, max_length = 256)]
    reference: Reference,
    /// How many at most.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, nullable = false)]
    limit: Option<Limit>,
    /// The `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// Find transfers by reference
///
/// What was paid under a reference, posted or rejected, newest first. A service or a partner finds what it sent itself, and
/// the rows of the payout runs that it opened.
#[utoipa::path(get, operation_id = "transfers_by_reference", security(("bearer" = [])), path = "/v1/transfers", tag = "transfers",
    params(TransfersQuery), responses((status = 200, description = "Part of the list", body = TransferPage)))]
pub async fn find(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<Senders>,
    Freshness(need, asked): Freshness,
    Query(query): Query<TransfersQuery>,
) -> Result<Answer<TransferPage>, Problem> {
    let sends = |actor: &Actor| matches!(actor.role, Role::Service | Role::Partner);
    let sender = (Some(principal.actor).filter(sends).map(|actor| actor.id), viewer(&principal));
    let (reference, cursor) = (query.reference.0, query.cursor.as_deref());
    let limit = Limit::or_usual(query.limit);
    let page = api.reads.transfers_by_reference(&reference, sender, cursor, limit, &need).await;
    Ok(Answer::of(page, TransferPage::from)?.preferred(asked))
}

/// One transfer, posted or rejected; a member must own one side of it.
#[utoipa::path(get, operation_id = "transfer_by_id", security(("bearer" = [])), path = "/v1/transfers/{id}", tag = "transfers",
    params(("id" = String, Path, format = Uuid, description = "The transfer"),),
    responses((status = 200, description = "The transfer", body = Transfer)))]
pub async fn one(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<Everybody>,
    Freshness(need, asked): Freshness,
    ById(id): ById,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<Transfer>, Problem> {
    let transfer = api.reads.transfer(viewer(&principal), TransferId::new(id), &need).await;
    let answer = Answer::found(transfer, identity, || {
        Problem::new(Code::TransferUnknown).detail("there is no such transfer of yours")
    })?;
    Ok(answer.preferred(asked))
}
