//! Reading some types of events, and who opened what.

use async_trait::async_trait;
use kernel::{AccountId, MemberId, Position, StreamId, Version};
use log::{Commit, OwnedAccounts, Picked, ReadError, ReadTyped};

use crate::{classify::read_error, rows::StoredCommit, store::PostgresLog};

/// The types of events that processes follow. A commit that holds one of them is marked when it is written, and is found by an index: a
/// type stands here from its first event on. For other types all commits in the range are gone through.
pub const INDEXED_TYPES: [&str; 49] = [
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
    "HoldPlaced",
    "HoldCaptured",
    "HoldReleased",
    "HoldExpired",
    "OfferOpened",
    "OfferAccepted",
    "OfferCancelled",
    "OfferExpired",
    "StandingOrderPlaced",
    "StandingOrderRan",
    "StandingOrderSkipped",
    "StandingOrderPaused",
    "StandingOrderResumed",
    "StandingOrderCancelled",
    "PayoutRunStarted",
    "PayoutRunPaused",
    "PayoutRunResumed",
    "PayoutRunCancelled",
    "ProcessStarted",
    "ProcessStepTaken",
    "ProcessStepFailed",
    "ProcessDirected",
    "PartnerQuotasSet",
    "PartnerKeyRevoked",
    "OperatorRoleSet",
    "OperatorDisabled",
    "OperatorCredentialsReset",
    "ApprovalRequested",
    "ApprovalGranted",
    "ApprovalRejected",
    "ApprovalWithdrawn",
];

/// Commits that are read, and held, at once.
const PAGE: i64 = 500;
/// Events of the archive that are read, and held, at once.
const DETACHED_PAGE: i64 = 4_000;

#[async_trait]
impl ReadTyped for PostgresLog {
    async fn read_typed(
        &self,
        types: &[&str],
        after: Position,
        up_to: Position,
        limit: i64,
    ) -> Result<Vec<Picked>, ReadError> {
        let is_followed = are_followed(types);
        let limit = usize::try_from(limit).unwrap_or_default().max(1);
        let page = if is_followed { PAGE.min(i64::try_from(limit).unwrap_or(PAGE)) } else { PAGE };
        let stored = self.pick_stored(types, (after.next(), up_to), (limit, page)).await?;
        // Asked for afterwards: what left the database meanwhile may be missing.
        if after >= up_to {
            return Ok(stored);
        }
        let Some(end) = self.detached_at(after.next().number()).await? else { return Ok(stored) };
        let (mut picked, from) = self.pick_detached(types, (after, up_to), end, limit).await?;
        if let Some(missing) = i64::try_from(limit - picked.len().min(limit)).ok().filter(|missing| *missing > 0) {
            let read = Position::new(from.number() - 1);
            picked.extend(self.read_typed(types, read, up_to, missing).await?);
        }
        picked.truncate(limit);
        Ok(picked)
    }

    async fn read_picked(&self, stream: StreamId, version: Version) -> Result<Option<Picked>, ReadError> {
        self.pick(stream, version).await
    }
}

fn are_followed(types: &[&str]) -> bool {
    types.iter().all(|name| INDEXED_TYPES.contains(name))
}

/// Adds the events of these types that stand from one position up to another.
fn pick(commit: &Commit, types: &[&str], (from, up_to): (Position, Position), picked: &mut Vec<Picked>) {
    let (recorded_at, actor) = (commit.recorded_at, commit.actor);
    let of_types = commit.positioned().filter(|(position, event)| {
        *position >= from && *position <= up_to && types.contains(&event.event_type.as_str())
    });
    picked.extend(of_types.map(|(position, event)| Picked { position, recorded_at, actor, event: event.clone() }));
}

impl PostgresLog {
    /// Those that are in the database.
    async fn pick_stored(
        &self,
        types: &[&str],
        (mut from, up_to): (Position, Position),
        (limit, page): (usize, i64),
    ) -> Result<Vec<Picked>, ReadError> {
        let is_followed = are_followed(types);
        let mut picked = Vec::new();
        while picked.len() < limit {
            let begin = from;
            let commits = self.page(is_followed, begin, up_to, page).await?;
            let is_last = (commits.len() as i64) < page;
            for commit in commits {
                from = Position::new(commit.last_position).next();
                pick(&commit.into_commit()?, types, (begin, up_to), &mut picked);
            }
            if is_last {
                break;
            }
        }
        picked.truncate(limit);
        Ok(picked)
    }

    /// Goes through what has left the database, all of it: the archive has no index. It gives where to go on.
    async fn pick_detached(
        &self,
        types: &[&str],
        (after, up_to): (Position, Position),
        end: Position,
        limit: usize,
    ) -> Result<(Vec<Picked>, Position), ReadError> {
        // The reader may stand within a commit; the archive is read from the end of one.
        let begin = match after {
            Position::ZERO => Position::ZERO,
            after => self.detached_begin(end, after).await?,
        };
        let (mut picked, mut read) = (Vec::new(), begin);
        while read < end && read < up_to && picked.len() < limit {
            for commit in self.detached_after(end, read, DETACHED_PAGE).await? {
                read = commit.last();
                pick(&commit, types, (after.next(), up_to), &mut picked);
            }
        }
        Ok((picked, read.next()))
    }

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
