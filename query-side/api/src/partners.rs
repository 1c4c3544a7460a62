//! Partners, for operators.

use std::convert::identity;

use axum::extract::State;
use kernel::PartnerId;
use platform::{
    auth::Admitted,
    extract::Query,
    problem::{Code, Problem},
};
use reads::{Page, Partner};
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

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        Route::of::<Staff>(routes!(list)).answers(&[Code::Forbidden, Code::CursorInvalid]),
        Route::of::<Staff>(routes!(one)).answers(&[Code::Forbidden, Code::PartnerUnknown]),
    ]
}

/// Part of the list of partners.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartnerPage {
    /// Those created last first.
    pub items: Vec<Partner>,
    /// Where the list goes on; null at its end.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl From<Page<Partner>> for PartnerPage {
    fn from(page: Page<Partner>) -> Self {
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}

/// Which partners.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PartnersQuery {
    /// How many at most.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, nullable = false)]
    limit: Option<Limit>,
    /// The `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// Every partner with its keys and quotas, those created last first.
#[utoipa::path(get, operation_id = "partners", security(("bearer" = [])), path = "/v1/partners", tag = "partners",
    params(PartnersQuery), responses((status = 200, description = "Part of the list", body = PartnerPage)))]
pub async fn list(
    State(api): State<Api>,
    _: Admitted<Staff>,
    Freshness(need, asked): Freshness,
    Query(query): Query<PartnersQuery>,
) -> Result<Answer<PartnerPage>, Problem> {
    let partners = api.reads.partners(query.cursor.as_deref(), Limit::or_usual(query.limit), &need).await;
    Ok(Answer::of(partners, PartnerPage::from)?.preferred(asked))
}

/// One partner with its keys and quotas.
#[utoipa::path(get, operation_id = "partner_by_id", security(("bearer" = [])), path = "/v1/partners/{id}", tag = "partners",
    params(("id" = String, Path, format = Uuid, description = "The partner"),),
    responses((status = 200, description = "The partner", body = Partner)))]
pub async fn one(
    State(api): State<Api>,
    _: Admitted<Staff>,
    Freshness(need, asked): Freshness,
    ById(id): ById,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<Partner>, Problem> {
    let partner = api.reads.partner(PartnerId::new(id), &need).await;
    let unknown = || Problem::new(Code::PartnerUnknown).detail("there is no such partner");
    Ok(Answer::found(partner, identity, unknown)?.preferred(asked))
}
