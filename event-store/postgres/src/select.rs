//! Reading some types of events, and who opened what.

use async_trait::async_trait;
use kernel::{AccountId, MemberId, Position, StreamId, Version};
use log::{OwnedAccounts, Picked, ReadError, ReadTyped};

use crate::{classify::read_error, rows::StoredCommit, store::PostgresLog};

/// The types of events that processes follow. A commit that holds one of them is marked when it is written, and is found by an index: a
/// type stands here from its first event on. For other types all commits in the range are gone through.
pub const INDEXED_TYPES: [&str; 18] = [
    "SignUpStarted",
    "SignUpCodeIssued",
    "SignUpCodeRefused",
    "SignUpCompleted",
    "SignUpEnded",
    "NameReserved",
    "NameReleased",
    "MemberJoined",
    "ContactChangeStarted",
    "ContactCodeRefused",
    "ContactChanged",
    "PasswordChanged",
    "PersonalDataDisclosed",
    "ErasureRequested",
    "MemberErased",
    "PasswordResetStarted",
    "PasswordResetCodeRefused",
    "PasswordResetCompleted",
];

/// Commits that are read, and held, at once.
const PAGE: i64 = 500;

#[async_trait]
impl ReadTyped for PostgresLog {
    async fn read_typed(
        &self,
        types: &[&str],
        after: Position,
        up_to: Position,
        limit: i64,
    ) -> Result<Vec<Picked>, ReadError> {
        let is_followed = types.iter().all(|name| INDEXED_TYPES.contains(name));
        let limit = usize::try_from(limit).unwrap_or_default().max(1);
        let page = if is_followed { PAGE.min(i64::try_from(limit).unwrap_or(PAGE)) } else { PAGE };
        let (mut picked, mut from) = (Vec::new(), after.next());
        loop {
            let begin = from;
            let commits = self.page(is_followed, begin, up_to, page).await?;
            let is_last = (commits.len() as i64) < page;
            for commit in commits {
                from = Position::new(commit.last_position).next();
                let commit = commit.into_commit()?;
                let of_types = commit.positioned().filter(|(position, event)| {
                    *position >= begin && *position <= up_to && types.contains(&event.event_type.as_str())
                });
                let (recorded_at, actor) = (commit.recorded_at, commit.actor);
                picked.extend(of_types.map(|(position, event)| Picked {
                    position,
                    recorded_at,
                    actor,
                    event: event.clone(),
                }));
            }
            if is_last || picked.len() >= limit {
                picked.truncate(limit);
                return Ok(picked);
            }
        }
    }

    async fn read_picked(&self, stream: StreamId, version: Version) -> Result<Option<Picked>, ReadError> {
        self.pick(stream, version).await
    }
}

impl PostgresLog {
    /// Some commits from the one with this position on.
    async fn page(
        &self,
        is_followed: bool,
        from: Position,
        up_to: Position,
        limit: i64,
    ) -> Result<Vec<StoredCommit>, ReadError> {
        let (from, up_to) = (from.number(), up_to.number());
        let mut connection = self.connection().await?;
        let rows = if is_followed {
            sqlx::query_file_as!(StoredCommit, "src/sql/read_followed.sql", from, up_to, limit)
                .fetch_all(&mut *connection)
                .await
        } else {
            sqlx::query_file_as!(StoredCommit, "src/sql/read_any.sql", from, up_to, limit)
                .fetch_all(&mut *connection)
                .await
        };
        rows.map_err(read_error)
    }
}

#[async_trait]
impl OwnedAccounts for PostgresLog {
    async fn owned_accounts(&self, owner: MemberId) -> Result<Vec<AccountId>, ReadError> {
        let rows = sqlx::query_file_scalar!("src/sql/owned_accounts.sql", owner.uuid())
            .fetch_all(&mut *self.connection().await?)
            .await
            .map_err(read_error)?;
        Ok(rows.into_iter().map(AccountId::new).collect())
    }
}
