//! Items.

use axum::extract::State;
use kernel::ItemId;
use platform::{
    auth::Admitted,
    extract::Query,
    problem::{Code, Problem},
};
use reads::{Item, ItemHistory, ItemOwner, Page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use crate::{
    answer::Answer,
    counterparty,
    params::{ById, Freshness, Limit, Me, Nothing, viewer},
    problem::problem_of,
    readers::{Everybody, ItemOwners},
    route::Route,
    state::Api,
};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        Route::of::<ItemOwners>(routes!(own)).answers(&[Code::Forbidden, Code::CursorInvalid]),
        Route::of::<Everybody>(routes!(one)).answers(&[Code::ItemUnknown]),
    ]
}

/// An item and its owners so far.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemWithOwners {
    /// The item.
    #[serde(flatten)]
    pub item: Item,
    /// Its last 100 owners, the newest first.
    #[schema(max_items = 100)]
    pub owners: Vec<ItemOwner>,
    /// There and true if there are names of owners that cannot be read now.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub degraded: bool,
}

/// Part of a list of items.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemPage {
    /// Those that came to their owner last come first.
    pub items: Vec<Item>,
    /// Where the list goes on; null at its end.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl From<Page<Item>> for ItemPage {
    fn from(page: Page<Item>) -> Self {
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}

/// Which items.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ItemsQuery {
    /// Whose: `me`.
    #[param(value_type = String, pattern = "^me$", example = "me")]
    owner: Me,
    /// How many at most.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, nullable = false)]
    limit: Option<Limit>,
    /// The `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// Own items, those that came last first.
#[utoipa::path(get, operation_id = "items", security(("bearer" = [])), path = "/v1/items", tag = "items", params(ItemsQuery),
    responses((status = 200, description = "Part of the list", body = ItemPage)))]
pub async fn own(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<ItemOwners>,
    Freshness(need, asked): Freshness,
    Query(ItemsQuery { owner: Me, limit, cursor }): Query<ItemsQuery>,
) -> Result<Answer<ItemPage>, Problem> {
    let items = api.reads.items(principal.actor.id, cursor.as_deref(), Limit::or_usual(limit), &need).await;
    Ok(Answer::of(items, ItemPage::from)?.preferred(asked))
}

/// One item with its owners so far. Everybody may look at it; whose it is and was, is shown by names that are mostly hidden.
#[utoipa::path(get, operation_id = "item_by_id", security(("bearer" = [])), path = "/v1/items/{id}", tag = "items",
    params(("id" = String, Path, format = Uuid, description = "The item"),),
    responses((status = 200, description = "The item", body = ItemWithOwners)))]
pub async fn one(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<Everybody>,
    Freshness(need, asked): Freshness,
    ById(id): ById,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<ItemWithOwners>, Problem> {
    let mut read = api.reads.item(viewer(&principal), ItemId::new(id), &need).await.map_err(problem_of)?;
    let body = match read.value.take() {
        Some(ItemHistory { item, owners }) => {
            let (opener, role) = (api.opener.as_ref(), principal.actor.role);
            let (owners, degraded) = counterparty::name(opener, role, owners, |owner| &mut owner.masked_name).await;
            Ok(ItemWithOwners { item, owners, degraded })
        }
        None => Err(Problem::new(Code::ItemUnknown).detail("there is no such item")),
    };
    Ok(Answer::from_result(read.map(|_| body)).preferred(asked))
}
