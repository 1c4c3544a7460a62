//! The log itself: commits, and streams with what they come to.

use std::collections::HashMap;

use axum::extract::State;
use kernel::{Position, StreamId, Version};
use platform::{
    auth::Admitted,
    extract::Query,
    problem::{Code, Problem},
};
use reads::{LogCommit, MOST_EVENTS, Page, ReadsError, StreamEvent, StreamPage, StreamPart};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use uuid::Uuid;

use crate::{
    answer::Answer,
    fold::{Folded, Folder},
    params::{At, ById, ByPosition, Flag, Freshness, Limit, Nothing},
    problem::problem_of,
    readers::LogReaders,
    route::Route,
    state::Api,
};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let of_all = &[Code::Forbidden, Code::LogUnavailable];
    vec![
        Route::of::<LogReaders>(routes!(commits)).answers(of_all).answers(&[Code::CursorInvalid]),
        Route::of::<LogReaders>(routes!(at_position)).answers(of_all).answers(&[Code::NotFound]),
        Route::of::<LogReaders>(routes!(stream)).answers(of_all).answers(&[Code::NotFound]),
    ]
}

/// Part of the log.
#[derive(Debug, Serialize, ToSchema)]
pub struct LogPage {
    /// Newest first.
    pub items: Vec<LogCommit>,
    /// Where the list goes on; null at its end.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl From<Page<LogCommit>> for LogPage {
    fn from(page: Page<LogCommit>) -> Self {
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}

/// Part of a stream.
#[derive(Debug, Serialize, ToSchema)]
pub struct LogStream {
    /// Which.
    pub stream_id: Uuid,
    /// What it is the history of; null if this build does not know the events of the stream.
    #[schema(required)]
    pub kind: Option<String>,
    /// How many events it has.
    #[schema(value_type = i64, minimum = 1)]
    pub version: Version,
    /// Some of its events, oldest first.
    #[schema(max_items = 200)]
    pub items: Vec<StreamEvent>,
    /// The `after_version` with which it goes on; null at its end.
    #[schema(value_type = Option<i64>, required)]
    pub next_after_version: Option<Version>,
}

/// Which commits.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CommitsQuery {
    /// Those that begin after this position.
    #[param(value_type = Option<i64>, minimum = 0, nullable = false, example = 911800)]
    after: Option<At>,
    /// Those that begin before this position.
    #[param(value_type = Option<i64>, minimum = 0, nullable = false, example = 911877)]
    before: Option<At>,
    /// How many at most.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, nullable = false)]
    limit: Option<Limit>,
    /// The `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// The commits of the log, newest first
///
/// Each commit is what one command wrote. A token is accepted but not waited for: nothing is newer than the log. Of commits that have left
/// the database a page may have fewer than asked for, and yet go on.
#[utoipa::path(get, operation_id = "log_commits", security(("bearer" = [])), path = "/v1/log", tag = "log",
    params(CommitsQuery), responses((status = 200, description = "Part of the log", body = LogPage)))]
pub async fn commits(
    State(api): State<Api>,
    _: Admitted<LogReaders>,
    Freshness(..): Freshness,
    Query(query): Query<CommitsQuery>,
) -> Result<Answer<LogPage>, Problem> {
    let after = query.after.map_or(Position::ZERO, |after| after.0);
    let range = (after, query.before.map(|before| before.0));
    let (cursor, limit) = (query.cursor.as_deref(), Limit::or_usual(query.limit));
    Answer::of(api.reads.log_commits(range, cursor, limit).await, LogPage::from)
}

/// The commit that holds a position of the log. A token is accepted but not waited for.
#[utoipa::path(get, operation_id = "log_position", security(("bearer" = [])), path = "/v1/log/positions/{position}", tag = "log",
    params(("position" = i64, Path, description = "The position of any of its events"),),
    responses((status = 200, description = "The commit", body = LogCommit)))]
pub async fn at_position(
    State(api): State<Api>,
    _: Admitted<LogReaders>,
    Freshness(..): Freshness,
    ByPosition(position): ByPosition,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<LogCommit>, Problem> {
    let commit = api.reads.log_commit(position).await;
    Answer::found(commit, |commit| commit, || Problem::new(Code::NotFound).detail("the log has no such position"))
}

/// Which part of a stream.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StreamQuery {
    /// The events after this version; without it the newest ones. At most 20,000 versions before the end of the stream.
    #[param(value_type = Option<i64>, minimum = 0, nullable = false)]
    after_version: Option<At>,
    /// How many at most.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, nullable = false)]
    limit: Option<Limit>,
    /// Whether each event has what the stream comes to with it; for streams of at most 20,000 events.
    #[param(value_type = Option<bool>, nullable = false)]
    fold: Option<Flag>,
}

/// The events of a stream, oldest first
///
/// A stream is the history of one thing, and has its id: an account, a transfer, a hold, an item, an offer, a standing order, a process and
/// others. With `fold` each event has the state after it, as the rules of the bank see it. A token is accepted but not waited for.
#[utoipa::path(get, operation_id = "log_stream", security(("bearer" = [])), path = "/v1/log/streams/{id}", tag = "log",
    params(("id" = String, Path, format = Uuid, description = "The stream"), StreamQuery),
    responses((status = 200, description = "Part of the stream", body = LogStream)))]
pub async fn stream(
    State(api): State<Api>,
    _: Admitted<LogReaders>,
    Freshness(..): Freshness,
    ById(id): ById,
    Query(query): Query<StreamQuery>,
) -> Result<Answer<LogStream>, Problem> {
    let part = StreamPart {
        after: query.after_version.map(|after| Version::new(after.0.number())),
        limit: Limit::or_usual(query.limit),
        with_all: query.fold.is_some_and(|fold| fold.0),
    };
    let mut read = match api.reads.log_stream(StreamId::new(id), part).await {
        Err(ReadsError::StreamTooLong { .. }) if part.with_all => {
            return Err(Problem::invalid("fold", format!("the stream has more than {MOST_EVENTS} events")));
        }
        read => read.map_err(problem_of)?,
    };
    let body = match read.value.take() {
        Some(page) => Ok(shown(api.folder.as_ref(), id, page)),
        None => Err(Problem::new(Code::NotFound).detail("the log has no such stream")),
    };
    Ok(Answer::from_result(read.map(|_| body)))
}

fn shown(folder: &dyn Folder, stream_id: Uuid, page: StreamPage) -> LogStream {
    let StreamPage { kind, version, events: mut items, all } = page;
    if let Some(all) = all {
        let states = folder.fold(&all);
        let mut states: HashMap<Version, Folded> = all.iter().map(|event| event.version).zip(states).collect();
        for item in &mut items {
            match states.remove(&item.version) {
                Some(Ok(state)) => item.state = state,
                Some(Err(why)) => item.state_error = Some(why),
                None => {}
            }
        }
    }
    // The log keeps no kind beside a stream of one event.
    let kind = kind.or_else(|| items.first().and_then(|item| folder.kind(&item.event_type)).map(str::to_owned));
    let next_after_version = items.last().map(|item| item.version).filter(|last| *last < version);
    LogStream { stream_id, kind, version, items, next_after_version }
}
