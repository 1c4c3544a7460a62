//! What happened on an account.

use chrono::{DateTime, Utc};
use kernel::{AccountId, Minor, Position, TransferId, Version};
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    Fresh, Need, Page, Reads, ReadsError, View, Viewer,
    cursor::List,
    freshness::Seen,
    row::{MissingRow, Snapshot, minor, names},
};

/// The account tells whose it is.
const VIEWS: &[View] = &[View::Transactions, View::Accounts];

/// One change of an account's balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The transfer it is one side of.
    pub transfer_id: TransferId,
    /// What kind of movement.
    pub kind: String,
    /// Signed: negative went out.
    pub amount: Minor,
    /// The balance after it.
    pub balance_after: Minor,
    /// The version of the account after it.
    pub version: Version,
    /// The account on the other side.
    pub counterparty: AccountId,
    /// The payer's words.
    pub memo: Option<String>,
    /// The outside's reference.
    pub reference: Option<String>,
    /// The transfer that it undoes, if it is one side of a reversal.
    pub reverses: Option<TransferId>,
    /// Its place in the log.
    pub position: Position,
    /// When, by the log's clock.
    pub recorded_at: DateTime<Utc>,
}

/// Which part of an account's history: from a time on, before a time. Half open, so that one month ends where the next
/// begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// At this time or later.
    pub from: Option<DateTime<Utc>>,
    /// Earlier than this time.
    pub to: Option<DateTime<Utc>>,
}

/// The columns of an entry.
#[derive(Debug, Deserialize)]
pub(crate) struct EntryRow {
    pub transfer_id: Uuid,
    pub kind: String,
    pub amount: String,
    pub balance_after: String,
    pub version: i64,
    pub counterparty: Uuid,
    pub memo: Option<String>,
    pub reference: Option<String>,
    pub reverses: Option<Uuid>,
    pub position: i64,
    pub recorded_at: DateTime<Utc>,
}

impl TryFrom<EntryRow> for Entry {
    type Error = ReadsError;

    fn try_from(row: EntryRow) -> Result<Self, ReadsError> {
        Ok(Self {
            transfer_id: TransferId::new(row.transfer_id),
            kind: row.kind,
            amount: minor(&row.amount)?,
            balance_after: minor(&row.balance_after)?,
            version: Version::new(row.version),
            counterparty: AccountId::new(row.counterparty),
            memo: row.memo,
            reference: row.reference,
            reverses: row.reverses.map(TransferId::new),
            position: Position::new(row.position),
            recorded_at: row.recorded_at,
        })
    }
}

impl Reads {
    /// What happened on an account, newest first; none if the viewer may not know of the account.
    ///
    /// A page is one descent into the key and a run along it, so the last page of a million costs what the first does.
    pub async fn transactions(
        &self,
        viewer: Viewer,
        account: AccountId,
        range: Range,
        cursor: Option<&str>,
        limit: u16,
        need: &Need,
    ) -> Result<Fresh<Option<Page<Entry>>>, ReadsError> {
        let list = list(account, range);
        let before = match cursor {
            Some(cursor) => i64::try_from(list.after(cursor)?).map_err(|_| ReadsError::Cursor)?,
            None => i64::MAX,
        };
        let query = || self.transactions_now(viewer, account, range, before, limit);
        let fresh = self.gate.read(VIEWS, need, query).await?;
        let cursor = |last: &Entry| list.cursor(last.position.number().unsigned_abs().into());
        Ok(fresh.map(|items| items.map(|items| Page::of(items, limit, cursor))))
    }

    async fn transactions_now(
        &self,
        viewer: Viewer,
        account: AccountId,
        range: Range,
        before: i64,
        limit: u16,
    ) -> Result<Seen<Option<Vec<Entry>>>, ReadsError> {
        let row = sqlx::query_file!(
            "src/sql/transactions.sql",
            &names(VIEWS),
            account.uuid(),
            range.from,
            range.to,
            before,
            i64::from(limit) + 1,
        )
        .fetch_one(&self.pool)
        .await?;
        let found = row.found.unwrap_or(false);
        // What is not the viewer's is not there, parked or not.
        let missing = MissingRow::whole(row.missing).filter(|_| !found || viewer.may_see(row.owner));
        let snapshot = Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing };
        if !(found && viewer.may_see(row.owner)) {
            return snapshot.with(VIEWS, None);
        }
        let entries = row.page.0.into_iter().map(Entry::try_from).collect::<Result<Vec<_>, _>>()?;
        snapshot.with(VIEWS, Some(entries))
    }
}

fn list(account: AccountId, range: Range) -> List {
    let micros = |time: Option<DateTime<Utc>>| time.map_or(i64::MIN, |time| time.timestamp_micros()).to_be_bytes();
    List::named("transactions")
        .bound_to(account.uuid().as_bytes())
        .bound_to(&micros(range.from))
        .bound_to(&micros(range.to))
}
