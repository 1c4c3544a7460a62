//! What was done to the views: who, when, from where, before and after.

#![allow(unused_qualifications, reason = "what the macros of the routes expand to")]

use axum::{Json, extract::State};
use platform::{
    auth::Admitted,
    extract::Query,
    problem::{Code, Problem},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::{
    cursor::List,
    params::{Id, Limit, Time, ViewName},
    problem::unread,
    route::{self, Route},
    state::{ViewReaders, ViewsApi},
};
use crate::changes::{ViewAction, Wanted};

/// The route of this file.
pub(super) fn route() -> Route {
    route::route::<ViewReaders>(routes!(list), &[Code::CursorInvalid])
}

/// Part of what was done to the views.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ViewActionPage {
    /// The last first.
    pub(crate) items: Vec<ViewAction>,
    /// Where the list goes on; null at its end.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Which of the things that were done to the views.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ViewActionsQuery {
    /// What this operator did only.
    #[param(value_type = Option<String>, format = Uuid, nullable = false)]
    operator: Option<Id>,
    /// What was done to this view only.
    #[param(value_type = Option<String>, pattern = "^[a-z0-9_]{1,41}$", nullable = false)]
    view: Option<ViewName>,
    /// Done at this time or later.
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    from: Option<Time>,
    /// Done earlier than this time.
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    to: Option<Time>,
    /// How many at most.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100, nullable = false)]
    limit: Option<Limit>,
    /// The `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

impl ViewActionsQuery {
    fn wanted(&self) -> Wanted {
        Wanted {
            operator: self.operator.map(|id| id.0),
            view: self.view.as_ref().map(|view| view.0.clone()),
            from: self.from.map(Time::or_after),
            to: self.to.map(Time::or_after),
        }
    }
}

/// The list of what is wanted: a cursor of another one is refused.
fn list_of(wanted: &Wanted) -> List {
    let Wanted { operator, view, from, to } = wanted;
    let operator = operator.map(|id| id.to_string()).unwrap_or_default();
    let [from, to] = [from, to].map(|at| at.map(|at| at.timestamp_micros().to_string()).unwrap_or_default());
    List::of("view actions", &[&operator, view.as_deref().unwrap_or_default(), &from, &to])
}

/// What was done to the views
///
/// By operators over HTTP and by whoever works on the command line, the last first: who, when, in which session and from where, why, and what was
/// before and after.
#[utoipa::path(get, operation_id = "view_actions", security(("bearer" = [])), path = "/v1/views/actions", tag = "views",
    params(ViewActionsQuery), responses((status = 200, description = "Part of the list", body = ViewActionPage)))]
async fn list(
    State(api): State<ViewsApi>,
    _: Admitted<ViewReaders>,
    Query(query): Query<ViewActionsQuery>,
) -> Result<Json<ViewActionPage>, Problem> {
    let (wanted, limit) = (query.wanted(), Limit::or_usual(query.limit));
    let list = list_of(&wanted);
    let below = query.cursor.as_deref().map_or(Ok(i64::MAX), |cursor| list.after(cursor))?;
    // One more tells whether the list goes on.
    let mut items = api.actions.list(&wanted, below, i64::from(limit) + 1).await.map_err(unread)?;
    let goes_on = items.len() > usize::from(limit);
    items.truncate(limit.into());
    let next_cursor = items.last().filter(|_| goes_on).map(|last| list.cursor(last.id));
    Ok(Json(ViewActionPage { items, next_cursor }))
}
