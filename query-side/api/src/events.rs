//! The public events, as they happen.

use std::{collections::HashSet, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{FromRequestParts, State},
    http::{HeaderName, HeaderValue, Method, header, request::Parts},
    response::{IntoResponse, Response},
};
use kernel::AccountId;
use live_events::{EventCursor, Frames, Interest, NoPlace, OpenError, Scope, Types};
use platform::{
    auth::LastingPrincipal,
    extract::Query,
    problem::{Code, Problem, Quota},
};
use reads::{ReadsError, Viewer};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use crate::{
    answer::Answer,
    params::{AccountList, Cursor, EventTypes, Freshness, viewer},
    problem::{NO_ACCOUNT, OUTAGE, no_account, problem_of},
    readers::EventReaders,
    route::Route,
    state::Api,
};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// The same as clients write it.
const LAST: &str = "Last-Event-ID";
/// Proxies that keep an answer back until it is whole (nginx) would never pass a stream on.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// When a stream that was one too many may be tried again.
const PLACE: Duration = Duration::from_secs(5);

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        Route::of::<EventReaders>(routes!(stream))
            .answers(&[Code::EventsGone, Code::EventsUnavailable, Code::TooManyRequests, Code::ShuttingDown])
            .answers_as(NO_ACCOUNT, Code::AccountUnknown),
    ]
}

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StreamQuery {
    /// Of these types, separated by commas; without it of all.
    #[param(value_type = Option<String>, nullable = false)]
    types: Option<EventTypes>,
    /// Of these accounts, up to 100, separated by commas; without it, for an operator or a service of all, and for everybody else of all
    /// that are theirs, those opened later included.
    #[param(value_type = Option<String>, nullable = false)]
    accounts: Option<AccountList>,
    /// After the event with this id. `0.0` asks for every event that is kept.
    #[param(value_type = Option<String>, pattern = "^[0-9]{1,19}\\.[0-9]{1,5}$", nullable = false)]
    after: Option<Cursor>,
}

/// The id of the last event that a client has.
#[derive(Clone, Copy, Debug)]
pub struct LastEventId(Option<EventCursor>);

impl<S: Send + Sync> FromRequestParts<S> for LastEventId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let mut given = parts.headers.get_all(LAST_EVENT_ID).iter().filter(|value| !value.is_empty());
        let id = match (given.next(), given.next()) {
            (None, _) => return Ok(Self(None)),
            (Some(id), None) => id.to_str().ok().and_then(|id| id.parse().ok()),
            _ => None,
        };
        let wrong = || Problem::invalid(LAST, "not the id of an event; send the id of the last one as it was given");
        id.map(|id| Self(Some(id))).ok_or_else(wrong)
    }
}

/// Public events as they happen (server-sent events): a member's own, and all for operators and services. Each has its place as its
/// `id`; a client that comes back with `Last-Event-ID` gets every event after that one, once.
#[utoipa::path(get, operation_id = "event_stream", security(("bearer" = [])), path = "/v1/events/stream", tag = "events",
    params(StreamQuery, ("Last-Event-ID" = Option<String>, Header, nullable = false,
        description = "After the event with this id; counts more than `after`", pattern = "^([0-9]{1,19}\\.[0-9]{1,5})?$")),
    responses((status = 200, description = "Events, for as long as the client listens; a comment every 15 seconds", content(
        (String = "text/event-stream", example = json!("retry: 2000\nid: 911876.0\n\nid: 911880.0\nevent: account.frozen\ndata: {\"specversion\":\"1.0\"}\n\n")),
    ))))]
pub async fn stream(
    State(api): State<Api>,
    method: Method,
    who: LastingPrincipal<EventReaders>,
    Freshness(mut need, asked): Freshness,
    LastEventId(last): LastEventId,
    Query(query): Query<StreamQuery>,
) -> Result<Response, Problem> {
    let place = api.live.place(who.principal.actor.id.uuid()).map_err(no_place)?;
    let now = api.live.now().map_err(not_open)?;
    let given = last.or(query.after.map(|cursor| cursor.0));
    let after = given.unwrap_or(now);
    let viewer = viewer(&who.principal);
    let owner = match viewer {
        Viewer::Member(owner) => {
            // Every account that was opened before the stream begins must be known: no later event tells whose it is.
            need.stale_ok = false;
            need.position = Some(now.max(after).position);
            Some(owner)
        }
        Viewer::Bank => {
            // A place that the log has not reached is none.
            need.position = given.map(|cursor| cursor.position);
            None
        }
    };
    let mut known = api.reads.accounts_owned(owner, &need).await.map_err(|error| match error {
        ReadsError::FuturePosition { head } => {
            let field = if last.is_some() { LAST } else { "after" };
            Problem::invalid(field, "the log has not reached this event").with("head", head.number())
        }
        error => problem_of(error),
    })?;
    let own = std::mem::take(&mut known.value);
    let scope = scope(viewer, own, query.accounts.map(|accounts| accounts.0).filter(|accounts| !accounts.is_empty()))?;
    let interest = Interest { scope, types: query.types.map_or(Types::ALL, |types| types.0) };
    let frames = if method == Method::HEAD {
        None
    } else {
        let holds = Arc::new(move || who.holds());
        Some(api.live.open(place, interest, after, holds).await.map_err(not_open)?)
    };
    Ok(Answer::from_result(known.map(|_| Ok(frames))).preferred(asked).respond(respond))
}

fn respond(frames: Option<Frames>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (BUFFERING, HeaderValue::from_static("no")),
    ];
    (headers, frames.map_or_else(Body::empty, Body::from_stream)).into_response()
}

/// Whose events they are. An account that is not the viewer's does not exist.
fn scope(viewer: Viewer, own: Vec<AccountId>, named: Option<Vec<AccountId>>) -> Result<Scope, Problem> {
    let own: HashSet<_> = own.into_iter().collect();
    match (viewer, named) {
        (Viewer::Bank, None) => Ok(Scope::All),
        (Viewer::Bank, Some(named)) => Ok(Scope::Accounts(named.into_iter().collect())),
        (Viewer::Member(owner), None) => Ok(Scope::Owner { owner, accounts: own }),
        (Viewer::Member(_), Some(named)) if named.iter().all(|account| own.contains(account)) => {
            Ok(Scope::Accounts(named.into_iter().collect()))
        }
        (Viewer::Member(_), Some(_)) => Err(no_account()),
    }
}

fn no_place(none: NoPlace) -> Problem {
    match none {
        NoPlace::OfOne(most) => Problem::new(Code::TooManyRequests)
            .detail(format!("{most} streams are open for the subject of this token; close one first"))
            .retry_after(PLACE)
            .quota(Quota { requests: u32::try_from(most).unwrap_or(u32::MAX), window: None }),
        NoPlace::OfAll(_) => Problem::new(Code::EventsUnavailable)
            .detail("this server has as many streams as it may; try again, or another server")
            .retry_after(PLACE)
            .cause(none),
    }
}

fn not_open(error: OpenError) -> Problem {
    match error {
        OpenError::Gone { first } => {
            let problem = Problem::new(Code::EventsGone).detail(
                "events after the one that was named are kept no more; read what you need from the API and follow without Last-Event-ID",
            );
            match first {
                Some(first) => problem.with("first_kept", first.to_string()),
                None => problem,
            }
        }
        OpenError::Busy => {
            Problem::new(Code::EventsUnavailable).detail("too many clients read old events at once").retry_after(PLACE)
        }
        OpenError::Closed => {
            Problem::new(Code::ShuttingDown).detail("the server is shutting down").retry_after(Duration::from_secs(1))
        }
        unavailable @ OpenError::Unavailable(_) => Problem::new(Code::EventsUnavailable)
            .detail("the public events cannot be read now")
            .cause(chain(&unavailable))
            .retry_after(OUTAGE),
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let texts = std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string);
    texts.collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use kernel::MemberId;
    use uuid::Uuid;

    use super::*;

    fn ids<const N: usize>(numbers: [u128; N]) -> Vec<AccountId> {
        numbers.map(|number| AccountId::new(Uuid::from_u128(number))).to_vec()
    }

    #[test]
    fn a_member_asks_for_own_accounts_only() {
        let owner = MemberId::new(Uuid::from_u128(1));
        let member = Viewer::Member(owner);
        let all = Scope::Owner { owner, accounts: HashSet::from_iter(ids([10, 11])) };
        assert_eq!(scope(member, ids([10, 11]), None).ok(), Some(all));
        let one = Scope::Accounts(HashSet::from_iter(ids([10])));
        assert_eq!(scope(member, ids([10, 11]), Some(ids([10]))).ok(), Some(one.clone()));
        let refused = scope(member, ids([10]), Some(ids([10, 12]))).expect_err("one is not theirs");
        assert_eq!((refused.code(), refused.into_response().status()), (Code::AccountUnknown, NO_ACCOUNT));
        assert_eq!(scope(Viewer::Bank, vec![], Some(ids([10]))).ok(), Some(one));
        assert_eq!(scope(Viewer::Bank, vec![], None).ok(), Some(Scope::All));
    }

    #[tokio::test]
    async fn the_last_event_id_is_one_or_none() {
        let read = async |values: &[&str]| {
            let mut request = axum::http::Request::get("/");
            for value in values {
                request = request.header(LAST_EVENT_ID, *value);
            }
            let (mut parts, ()) = request.body(()).expect("a request").into_parts();
            LastEventId::from_request_parts(&mut parts, &()).await
        };
        for (values, expected) in [(&["12.1"][..], Some("12.1")), (&[][..], None), (&[""][..], None)] {
            let last = read(values).await.expect("read").0;
            assert_eq!(last.map(|cursor| cursor.to_string()).as_deref(), expected, "{values:?}");
        }
        for bad in [&["12"][..], &["x"][..], &["1.0, 2.0"][..], &["1.0", "2.0"][..]] {
            assert_eq!(read(bad).await.expect_err("no id").code(), Code::ValidationFailed, "{bad:?}");
        }
    }
}
