//! The routes: each asks the engine for what `jangbu views` asks it for.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use platform::{
    auth::Admitted,
    extract::{Json as JsonBody, Path, Query},
    problem::{Code, Problem},
};
use projection_engine::{Accepted, RebuildError, Rebuilder};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use views::View;

use super::{
    acting::Acting,
    actions,
    command_server::{Asked, PendingPromotion},
    orders::{
        ParkedItem, ParkedPage, ParkedRetryOrder, PromoteOrder, PromotionPage, RebuildOrder, RetriedItem, RetriedPage,
        SwapOrder, ViewChanged, ViewOrder,
    },
    problem::{broken_off, busy, not_followed, problem_of, refusal, reused, unread},
    route::{Route, route},
    state::{ViewOperators, ViewReaders, ViewsApi},
};
use crate::changes::{Added, NewRequest, RebuildOutcome, RebuildStatus, named};

/// Every route.
pub(super) fn all() -> Vec<Route> {
    const CHANGES: &[Code] = &[Code::ViewBusy, Code::ViewChangeRefused, Code::LogUnavailable];
    const KEYED: &[Code] = &[Code::IdempotencyKeyReused];
    const ORDERS: &[Code] = &[Code::ViewBusy, Code::IdempotencyKeyReused];
    const SWAPS: &[Code] = &[Code::ViewBusy, Code::ViewChangeRefused, Code::IdempotencyKeyReused, Code::LogUnavailable];
    // With those of the command server.
    const PROMOTIONS: &[Code] = &[
        Code::ViewBusy,
        Code::ViewChangeRefused,
        Code::IdempotencyKeyReused,
        Code::IdempotencyKeyInFlight,
        Code::Overloaded,
        Code::LogUnavailable,
        Code::OutcomeUnknown,
    ];
    vec![
        actions::route(),
        route::<ViewReaders>(routes!(rebuild_status), &[Code::NotFound]),
        route::<ViewOperators>(routes!(rebuild), ORDERS),
        route::<ViewOperators>(routes!(promote), PROMOTIONS),
        route::<ViewReaders>(routes!(promotions), &[]),
        route::<ViewOperators>(routes!(roll_back), SWAPS),
        route::<ViewOperators>(routes!(pause), KEYED),
        route::<ViewOperators>(routes!(resume), KEYED),
        route::<ViewOperators>(routes!(retry), KEYED),
        route::<ViewReaders>(routes!(parked), &[]),
        route::<ViewOperators>(routes!(retry_parked), CHANGES),
    ]
}

/// Every route, to be put behind `platform::http::service`.
pub(crate) fn router(api: ViewsApi) -> Router {
    let router = all().into_iter().fold(OpenApiRouter::new(), |router, route| router.routes(route.handler));
    router.split_for_parts().0.with_state(api)
}

/// Where no parameter is known, every one is unknown.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

fn view(name: &str) -> Result<View, Problem> {
    named(name).ok_or_else(|| Problem::new(Code::ViewUnknown).detail("there is no such view"))
}

/// Does something with what changes a view, on the thread for that.
async fn change<T, F>(
    api: &ViewsApi,
    view: View,
    change: impl FnOnce(Rebuilder<events::recorded::Event>) -> F + Send + 'static,
) -> Result<T, Problem>
where
    T: Send + 'static,
    F: Future<Output = Result<T, RebuildError>> + 'static,
{
    let rebuilder = api.rebuilders.of(view);
    let changed = api.thread.run(move || change(rebuilder)).await;
    changed.map_err(broken_off)?.map_err(problem_of)
}

/// Rebuild a view beside the live one
///
/// A new generation is made from the log and held against the live one, row by row, while that is read and follows the log. Unless `promote` is
/// set it then waits to be promoted. A projector that is stopped meanwhile goes on when it starts again. One rebuild of a view at a time.
#[utoipa::path(post, operation_id = "rebuild_view", security(("bearer" = [])), path = "/v1/views/{view}/rebuild", tag = "views",
    params(("view" = String, Path, description = "The view"),
        ("Idempotency-Key" = Option<String>, Header, description = "Sent again under it, the request is the same one: it is answered, and nothing is done twice")),
    request_body = RebuildOrder,
    responses((status = 202, description = "It was asked for", body = RebuildStatus)))]
async fn rebuild(
    State(api): State<ViewsApi>,
    acting: Acting,
    Path(name): Path<String>,
    Query(Nothing {}): Query<Nothing>,
    JsonBody(order): JsonBody<RebuildOrder>,
) -> Result<Response, Problem> {
    let view = view(&name)?.name();
    let operator = order.operator(&acting)?;
    let request = NewRequest { view, operator, promotes: order.promote, restarts: order.restart };
    match api.requests.add(&request).await.map_err(unread)? {
        Added::New => {}
        Added::Again(status) => return Ok((StatusCode::ACCEPTED, Json(status)).into_response()),
        Added::KeyReused => return Err(reused()),
        Added::Busy => {
            return Err(busy(format!("a rebuild of the view {view} was asked for and is not over")));
        }
    }
    api.asked.notify_one();
    let status = api.requests.last(view).await.map_err(unread)?;
    Ok((StatusCode::ACCEPTED, Json(status)).into_response())
}

/// How far the rebuild of a view is
///
/// The newest that was asked for here: its phase, how fast it is and how long it takes, and at its end what the comparison found, with the
/// first rows that differ.
#[utoipa::path(get, operation_id = "rebuild_status", security(("bearer" = [])), path = "/v1/views/{view}/rebuild", tag = "views",
    params(("view" = String, Path, description = "The view"),),
    responses((status = 200, description = "The rebuild", body = RebuildStatus)))]
async fn rebuild_status(
    State(api): State<ViewsApi>,
    _: Admitted<ViewReaders>,
    Path(name): Path<String>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Json<RebuildStatus>, Problem> {
    let status = api.requests.last(view(&name)?.name()).await.map_err(unread)?;
    let none = || Problem::new(Code::NotFound).detail("nobody has asked for a rebuild of the view here");
    status.map(Json).ok_or_else(none)
}

/// Promote a generation of a view
///
/// It becomes live instead of the one that is, after it was brought level. A generation that was found to differ becomes live only with the
/// `fingerprint` of the differences that were looked at, and only if it still differs in just these. Where the bank asks a second operator for that, the
/// answer is 202, and the generation becomes live once the approval is given.
#[utoipa::path(post, operation_id = "promote_view", security(("bearer" = [])), path = "/v1/views/{view}/promote", tag = "views",
    params(("view" = String, Path, description = "The view"),
        ("Idempotency-Key" = Option<String>, Header, description = "Sent again under it, the request is the same one: it is answered, and nothing is done twice. With `fingerprint`, it asks for the same approval")),
    request_body = PromoteOrder,
    responses((status = 200, description = "It is live", body = RebuildOutcome),
        (status = 202, description = "It waits for a second operator", body = PendingPromotion)))]
async fn promote(
    State(api): State<ViewsApi>,
    acting: Acting,
    headers: HeaderMap,
    Path(name): Path<String>,
    Query(Nothing {}): Query<Nothing>,
    JsonBody(order): JsonBody<PromoteOrder>,
) -> Result<Response, Problem> {
    let (view, operator) = (view(&name)?, order.operator(&acting)?);
    let Some(fingerprint) = order.fingerprint else {
        let generation = order.generation;
        let promoted =
            change(&api, view, move |rebuilder| async move { rebuilder.promote(generation, &operator).await });
        return Ok(Json(RebuildOutcome::from(promoted.await?)).into_response());
    };
    let generation = order.generation.ok_or_else(|| {
        Problem::invalid("generation", "say which generation: the fingerprint is of one that was looked at")
    })?;
    let accepted = differing(&api, view.name(), generation, fingerprint).await?;
    let server = api.command_server.as_ref();
    let server =
        server.ok_or_else(|| refusal("the projector does not know the command server (JANGBU_COMMAND_URL)"))?;
    let asked = server.ask(&headers, view.name(), &accepted, &operator).await?;
    if let Some(pending) = Asked::pending(asked) {
        api.promotion_asked.notify_one();
        return Ok(pending);
    }
    let promoted =
        change(&api, view, move |rebuilder| async move { rebuilder.promote_differing(&accepted, &operator).await });
    Ok(Json(RebuildOutcome::from(promoted.await?)).into_response())
}

/// The differences of a generation, if they are those that were looked at.
async fn differing(api: &ViewsApi, view: &str, generation: i32, fingerprint: String) -> Result<Accepted, Problem> {
    // What is asked for before the log is followed would never be carried out.
    if api.promotions.followed().await.map_err(unread)?.is_none() {
        return Err(not_followed());
    }
    let found = api.promotions.differences(view, generation).await.map_err(unread)?;
    let differences = found.filter(|(_, known)| *known == fingerprint).and_then(|(count, _)| u64::try_from(count).ok());
    let differences = differences.ok_or_else(|| {
        refusal(format!("generation {generation} was not found to differ in this way: look at its comparison again"))
    })?;
    Ok(Accepted { generation, differences, fingerprint, approved: None })
}

/// Promotions of generations that differ
///
/// Those for which a second operator was asked, and what came of each.
#[utoipa::path(get, operation_id = "view_promotions", security(("bearer" = [])), path = "/v1/views/{view}/promotions", tag = "views",
    params(("view" = String, Path, description = "The view"),),
    responses((status = 200, description = "The promotions", body = PromotionPage)))]
async fn promotions(
    State(api): State<ViewsApi>,
    _: Admitted<ViewReaders>,
    Path(name): Path<String>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Json<PromotionPage>, Problem> {
    let items = api.promotions.of_view(view(&name)?.name()).await.map_err(unread)?;
    Ok(Json(PromotionPage { items, next_cursor: None }))
}

/// Make the generation live again that was live before
#[utoipa::path(post, operation_id = "roll_back_view", security(("bearer" = [])), path = "/v1/views/{view}/rollback", tag = "views",
    params(("view" = String, Path, description = "The view"),
        ("Idempotency-Key" = Option<String>, Header, description = "Sent again under it, the request is the same one: it is answered, and nothing is done twice")),
    request_body = SwapOrder,
    responses((status = 200, description = "It is live", body = RebuildOutcome)))]
async fn roll_back(
    State(api): State<ViewsApi>,
    acting: Acting,
    Path(name): Path<String>,
    Query(Nothing {}): Query<Nothing>,
    JsonBody(order): JsonBody<SwapOrder>,
) -> Result<Json<RebuildOutcome>, Problem> {
    let (view, operator) = (view(&name)?, order.operator(&acting)?);
    let back =
        change(&api, view, move |rebuilder| async move { rebuilder.rollback(order.generation, &operator).await });
    Ok(Json(back.await?.into()))
}

/// Pause a view: it is not moved until it is resumed, and what it lacks is shown as its lag.
#[utoipa::path(post, operation_id = "pause_view", security(("bearer" = [])), path = "/v1/views/{view}/pause", tag = "views",
    params(("view" = String, Path, description = "The view"),
        ("Idempotency-Key" = Option<String>, Header, description = "Sent again under it, the request is the same one: it is answered, and nothing is done twice")),
    request_body = ViewOrder,
    responses((status = 200, description = "It is paused", body = ViewChanged)))]
async fn pause(
    State(api): State<ViewsApi>,
    acting: Acting,
    Path(name): Path<String>,
    Query(Nothing {}): Query<Nothing>,
    JsonBody(order): JsonBody<ViewOrder>,
) -> Result<Json<ViewChanged>, Problem> {
    let (view, operator) = (view(&name)?, order.operator(&acting)?);
    change(&api, view, move |rebuilder| async move { rebuilder.pause(&operator).await }).await?;
    Ok(Json(ViewChanged { view: name, done: "paused" }))
}

/// Let a paused view go on.
#[utoipa::path(post, operation_id = "resume_view", security(("bearer" = [])), path = "/v1/views/{view}/resume", tag = "views",
    params(("view" = String, Path, description = "The view"),
        ("Idempotency-Key" = Option<String>, Header, description = "Sent again under it, the request is the same one: it is answered, and nothing is done twice")),
    request_body = ViewOrder,
    responses((status = 200, description = "It goes on", body = ViewChanged)))]
async fn resume(
    State(api): State<ViewsApi>,
    acting: Acting,
    Path(name): Path<String>,
    Query(Nothing {}): Query<Nothing>,
    JsonBody(order): JsonBody<ViewOrder>,
) -> Result<Json<ViewChanged>, Problem> {
    let (view, operator) = (view(&name)?, order.operator(&acting)?);
    change(&api, view, move |rebuilder| async move { rebuilder.resume(&operator).await }).await?;
    Ok(Json(ViewChanged { view: name, done: "resumed" }))
}

/// Have a view that is stuck try its event again, now.
#[utoipa::path(post, operation_id = "retry_view", security(("bearer" = [])), path = "/v1/views/{view}/retry", tag = "views",
    params(("view" = String, Path, description = "The view"),
        ("Idempotency-Key" = Option<String>, Header, description = "Sent again under it, the request is the same one: it is answered, and nothing is done twice")),
    request_body = ViewOrder,
    responses((status = 200, description = "It tries again", body = ViewChanged)))]
async fn retry(
    State(api): State<ViewsApi>,
    acting: Acting,
    Path(name): Path<String>,
    Query(Nothing {}): Query<Nothing>,
    JsonBody(order): JsonBody<ViewOrder>,
) -> Result<Json<ViewChanged>, Problem> {
    let (view, operator) = (view(&name)?, order.operator(&acting)?);
    change(&api, view, move |rebuilder| async move { rebuilder.try_again(&operator).await }).await?;
    Ok(Json(ViewChanged { view: name, done: "retried" }))
}

/// What of a view is parked: keys of which an event cannot be applied, and how many events wait behind each.
#[utoipa::path(get, operation_id = "parked_events", security(("bearer" = [])), path = "/v1/views/{view}/parked", tag = "views",
    params(("view" = String, Path, description = "The view"),),
    responses((status = 200, description = "What is parked", body = ParkedPage)))]
async fn parked(
    State(api): State<ViewsApi>,
    _: Admitted<ViewReaders>,
    Path(name): Path<String>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Json<ParkedPage>, Problem> {
    let parked = change(&api, view(&name)?, move |rebuilder| async move { rebuilder.parked().await }).await?;
    let items = parked.into_iter().filter(|key| key.view == name).map(ParkedItem::from);
    Ok(Json(ParkedPage { items: items.collect(), next_cursor: None }))
}

/// Apply parked events in order, after the cause was fixed. What cannot be applied stays parked.
#[utoipa::path(post, operation_id = "retry_parked_events", security(("bearer" = [])), path = "/v1/views/{view}/parked/retry", tag = "views",
    params(("view" = String, Path, description = "The view"),), request_body = ParkedRetryOrder,
    responses((status = 200, description = "What came of it", body = RetriedPage)))]
async fn retry_parked(
    State(api): State<ViewsApi>,
    acting: Acting,
    Path(name): Path<String>,
    Query(Nothing {}): Query<Nothing>,
    JsonBody(order): JsonBody<ParkedRetryOrder>,
) -> Result<Json<RetriedPage>, Problem> {
    let (view, operator) = (view(&name)?, order.operator(&acting)?);
    let retried = move |rebuilder: Rebuilder<events::recorded::Event>| async move {
        rebuilder.retry_parked(order.key.as_deref(), &operator).await
    };
    let items = change(&api, view, retried).await?.into_iter().map(RetriedItem::from);
    Ok(Json(RetriedPage { items: items.collect() }))
}
