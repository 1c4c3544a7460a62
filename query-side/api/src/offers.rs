//! Offers of items.

use axum::extract::State;
use platform::{
    auth::Admitted,
    extract::Query,
    problem::{Code, Problem},
};
use reads::{Offer, Page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use crate::{
    answer::Answer,
    params::{Collection, Freshness, Limit},
    readers::Everybody,
    route::Route,
    state::Api,
};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![Route::of::<Everybody>(routes!(list)).answers(&[Code::CursorInvalid])]
}

/// Part of a list of offers.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfferPage {
    /// Newest first.
    pub items: Vec<Offer>,
    /// Where the list goes on; null at its end.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl From<Page<Offer>> for OfferPage {
    fn from(page: Page<Offer>) -> Self {
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}

/// Which offers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OffersQuery {
    /// Of items of exactly this collection; of all, if it is left out.
    #[param(value_type = Option<String>, min_length = 1, max_length = 80, nullable = false)]
    collection: Option<Collection>,
    /// How many at most.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, nullable = false)]
    limit: Option<Limit>,
    /// The `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// The offers that can be accepted now, newest first: those that are open and have not expired.
#[utoipa::path(get, operation_id = "offers", security(("bearer" = [])), path = "/v1/offers", tag = "items", params(OffersQuery),
    responses((status = 200, description = "Part of the list", body = OfferPage)))]
pub async fn list(
    State(api): State<Api>,
    _: Admitted<Everybody>,
    Freshness(need, asked): Freshness,
    Query(query): Query<OffersQuery>,
) -> Result<Answer<OfferPage>, Problem> {
    let collection = query.collection.as_ref().map(|collection| collection.0.as_str());
    let (cursor, limit) = (query.cursor.as_deref(), Limit::or_usual(query.limit));
    let offers = api.reads.offers(collection, cursor, limit, &need).await;
    Ok(Answer::of(offers, OfferPage::from)?.preferred(asked))
}
