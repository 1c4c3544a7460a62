//! One box for everything that has a number, an id or a reference.

use std::error::Error;

use kernel::{AccountNumber, CommandId, CorrelationId, Position, StreamId};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Fresh, LogCommit, Need, Reads, ReadsError, View,
    freshness::Seen,
    row::{MissingRow, Snapshot, names},
};

const VIEWS: &[View] = &[
    View::Accounts,
    View::Transfers,
    View::Holds,
    View::Members,
    View::Processes,
    View::Items,
    View::StandingOrders,
    View::PayoutRuns,
    View::Partners,
    View::Webhooks,
    View::Operators,
    View::Approvals,
];

/// How many are shown of what a text can name many of.
const MANY: i64 = 20;

/// What is looked for. One text may be several of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    /// An id of anything.
    pub id: Option<Uuid>,
    /// The number of an account.
    pub number: Option<AccountNumber>,
    /// A reference of transfers or of a payout run, or the name of an operator.
    pub reference: Option<String>,
    /// A position of the log.
    pub position: Option<Position>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The things.
    pub items: Vec<Found>,
    /// Whether the log itself could be looked in.
    pub log_was_read: bool,
}

/// A thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Found {
    /// What it is. A `stream` is the history of a thing in the log; its other entry says which.
    #[schema(
        pattern = "^(account|transfer|hold|member|process|item|order|payout-run|partner|webhook|operator|approval|commit|stream)$"
    )]
    pub kind: String,
    /// Its id; of a commit, the position of its first event.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// What state it is in, or what else tells it apart.
    #[schema(required)]
    pub detail: Option<String>,
}

impl Found {
    fn commit(commit: &LogCommit) -> Self {
        let (first, last) = (commit.first_position, commit.last_position);
        let title = if first == last { first.to_string() } else { format!("{first}..{last}") };
        let detail = commit.events.first().map(|event| event.event_type.clone());
        Self { kind: "commit".to_owned(), id: first.to_string(), title, detail }
    }
}

impl Reads {
    /// Whatever is named by this.
    pub async fn find(&self, sought: &Sought, need: &Need) -> Result<Fresh<Finding>, ReadsError> {
        let seen = self.gate.read(VIEWS, need, || self.find_now(sought)).await?;
        let looked = self.find_in_log(sought, seen.value.is_empty()).await;
        let log_was_read = looked.is_ok();
        if let Err(error) = looked.as_ref()
            && !matches!(error, ReadsError::NoInspector)
        {
            tracing::warn!(error = error as &dyn Error, "what was looked for could not be looked for in the log");
        }
        Ok(seen.map(|mut items| {
            // The rest is of use without the log.
            items.extend(looked.unwrap_or_default());
            Finding { items, log_was_read }
        }))
    }

    async fn find_now(&self, sought: &Sought) -> Result<Seen<Vec<Found>>, ReadsError> {
        let row = sqlx::query_file!(
            "src/sql/find.sql",
            &names(VIEWS),
            sought.id,
            sought.number.map(|number| number.to_string()),
            sought.reference.as_deref(),
            MANY,
        )
        .fetch_one(&self.pool)
        .await?;
        let missing = MissingRow::partial(row.missing);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }
            .with(VIEWS, row.items.0)
    }

    /// What the log alone knows. A correlation id is looked for if nothing else has the id: it is in no index of its own.
    async fn find_in_log(&self, sought: &Sought, nothing_else: bool) -> Result<Vec<Found>, ReadsError> {
        let mut found = Vec::new();
        if let Some(position) = sought.position {
            found.extend(self.log_commit(position).await?.value.as_ref().map(Found::commit));
        }
        let Some(id) = sought.id else { return Ok(found) };
        found.extend(self.commit_of(CommandId::new(id)).await?.as_ref().map(Found::commit));
        if let Some((kind, version)) = self.stream_length(StreamId::new(id)).await? {
            let detail = match version.number() {
                1 => "1 event".to_owned(),
                events => format!("{events} events"),
            };
            let title = kind.unwrap_or_else(|| "stream".to_owned());
            found.push(Found { kind: "stream".to_owned(), id: id.to_string(), title, detail: Some(detail) });
        }
        if found.is_empty() && nothing_else {
            let commits = self.commits_under(CorrelationId::new(id), MANY).await?;
            found.extend(commits.iter().map(Found::commit));
        }
        Ok(found)
    }
}
