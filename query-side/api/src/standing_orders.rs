//! Standing orders.

use std::convert::identity;

use axum::extract::State;
use kernel::{MemberId, OrderId, Role};
use platform::{
    auth::Admitted,
    extract::Query,
    problem::{Code, Problem},
};
use reads::{Order, Page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use crate::{
    answer::Answer,
    params::{ById, Freshness, Id, Limit, Nothing, viewer},
    readers::MembersAndStaff,
    route::Route,
    state::Api,
};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        Route::of::<MembersAndStaff>(routes!(list)).answers(&[Code::Forbidden, Code::CursorInvalid]),
        Route::of::<MembersAndStaff>(routes!(one)).answers(&[Code::Forbidden, Code::OrderUnknown]),
    ]
}

/// Part of a list of standing orders.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderPage {
    /// Newest placed first.
    pub items: Vec<Order>,
    /// Where the list goes on; null at its end.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl From<Page<Order>> for OrderPage {
    fn from(page: Page<Order>) -> Self {
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}

/// Which standing orders.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OrdersQuery {
    /// Whose; an operator may ask for anybody's, and without it for all there are.
    #[param(value_type = Option<String>, format = Uuid, nullable = false)]
    owner: Option<Id>,
    /// How many at most.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, nullable = false)]
    limit: Option<Limit>,
    /// The `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// Own standing orders, newest placed first, each with its last runs; an operator sees anybody's.
#[utoipa::path(get, operation_id = "standing_orders", security(("bearer" = [])), path = "/v1/standing-orders", tag = "standing orders",
    params(OrdersQuery), responses((status = 200, description = "Part of the list", body = OrderPage)))]
pub async fn list(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<MembersAndStaff>,
    Freshness(need, asked): Freshness,
    Query(query): Query<OrdersQuery>,
) -> Result<Answer<OrderPage>, Problem> {
    let wanted = query.owner.map(|id| MemberId::new(id.0));
    let owner = match (principal.actor.role, wanted) {
        (Role::Operator, wanted) => wanted,
        (_, Some(other)) if other != principal.actor.id => {
            return Err(Problem::new(Code::Forbidden).detail("only an operator may ask for the orders of others"));
        }
        _ => Some(principal.actor.id),
    };
    let orders = api.reads.standing_orders(owner, query.cursor.as_deref(), Limit::or_usual(query.limit), &need).await;
    Ok(Answer::of(orders, OrderPage::from)?.preferred(asked))
}

/// One standing order with its last runs; a member must own it.
#[utoipa::path(get, operation_id = "standing_order_by_id", security(("bearer" = [])), path = "/v1/standing-orders/{id}",
    tag = "standing orders", params(("id" = String, Path, format = Uuid, description = "The standing order"),),
    responses((status = 200, description = "The standing order", body = Order)))]
pub async fn one(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<MembersAndStaff>,
    Freshness(need, asked): Freshness,
    ById(id): ById,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<Order>, Problem> {
    let order = api.reads.standing_order(viewer(&principal), OrderId::new(id), &need).await;
    let answer = Answer::found(order, identity, || {
        Problem::new(Code::OrderUnknown).detail("there is no such standing order of yours")
    })?;
    Ok(answer.preferred(asked))
}
