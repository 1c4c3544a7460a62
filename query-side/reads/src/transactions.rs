//! What happened on an account.

use chrono::{DateTime, Utc};
use kernel::{AccountId, AccountNumber, MemberId, Minor, Position, TransferId, Version};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Fresh, Need, Page, Reads, ReadsError, SealedText, View, Viewer,
    cursor::List,
    freshness::Seen,
    members::NameRow,
    row::{MissingRow, Snapshot, names},
};

/// The view of accounts holds the owner and the number of the other side, that of members its name.
const VIEWS: &[View] = &[View::Transactions, View::Accounts, View::Members];

/// One change of an account's balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Entry {
    /// The transfer it is a leg of.
    #[schema(value_type = Uuid)]
    pub transfer_id: TransferId,
    /// What kind of movement.
    #[schema(pattern = "^(transfer|deposit|withdrawal|reversal)$")]
    pub kind: String,
    /// How much, in minor units; negative went out.
    #[schema(value_type = String, pattern = "^-?[0-9]{1,38}$")]
    pub amount: Minor,
    /// The balance after it.
    #[schema(value_type = String, pattern = "^-?[0-9]{1,38}$")]
    pub balance_after: Minor,
    /// The version of the account after it.
    #[schema(value_type = i64, minimum = 1)]
    pub version: Version,
    /// The account on the other side; null where the transfer has more than two legs.
    #[schema(value_type = Option<Uuid>, required)]
    pub counterparty: Option<AccountId>,
    /// Its number; null for an account of the bank, too.
    #[schema(value_type = Option<String>, required, pattern = "^[0-9]{12}$")]
    pub counterparty_number: Option<AccountNumber>,
    /// The name of its owner, mostly hidden as in `GET /v1/payees`. Null where there is none: an account of the bank, an owner
    /// who never signed up, or left; and for everybody who is no member.
    #[schema(required)]
    #[serde(default)]
    pub counterparty_name: Option<String>,
    /// The payer's words.
    #[schema(required)]
    pub memo: Option<String>,
    /// The outside's reference of a deposit or withdrawal.
    #[schema(required)]
    pub reference: Option<String>,
    /// The transfer that it undoes, if it is a leg of a reversal. Also null until the view that holds it is promoted.
    #[schema(value_type = Option<Uuid>, required)]
    pub reverses: Option<TransferId>,
    /// Its place in the log.
    #[schema(value_type = i64, minimum = 1)]
    pub position: Position,
    /// When, by the log's clock.
    pub recorded_at: DateTime<Utc>,
}

/// An entry, and the name that has to be opened before it is complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named<E> {
    /// The entry, without the name of the other side.
    pub entry: E,
    /// Whose the other side is, and their name, sealed; none if the owner is no member, or has left.
    pub name: Option<(MemberId, SealedText)>,
}

/// An entry, with the member that the query joins.
#[derive(Debug, Deserialize)]
pub(crate) struct NamedRow<E> {
    #[serde(flatten)]
    entry: E,
    #[serde(flatten)]
    name: NameRow,
}

impl<E> NamedRow<E> {
    pub(crate) fn all(rows: Vec<Self>) -> Result<Vec<Named<E>>, ReadsError> {
        rows.into_iter().map(|row| Ok(Named { entry: row.entry, name: row.name.name()? })).collect()
    }
}

impl AsMut<Self> for Entry {
    fn as_mut(&mut self) -> &mut Self {
        self
    }
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
    ) -> Result<Fresh<Option<Page<Named<Entry>>>>, ReadsError> {
        let list = list(account, range);
        let before = match cursor {
            Some(cursor) => i64::try_from(list.after(cursor)?).map_err(|_| ReadsError::Cursor)?,
            None => i64::MAX,
        };
        let query = || self.transactions_now(viewer, account, range, before, limit);
        let fresh = self.gate.read(VIEWS, need, query).await?;
        let cursor = |last: &Named<Entry>| list.cursor(last.entry.position.number().unsigned_abs().into());
        Ok(fresh.map(|items| items.map(|items| Page::of(items, limit, cursor))))
    }

    async fn transactions_now(
        &self,
        viewer: Viewer,
        account: AccountId,
        range: Range,
        before: i64,
        limit: u16,
    ) -> Result<Seen<Option<Vec<Named<Entry>>>>, ReadsError> {
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
        snapshot.with(VIEWS, Some(NamedRow::all(row.page.0)?))
    }
}

fn list(account: AccountId, range: Range) -> List {
    let micros = |time: Option<DateTime<Utc>>| time.map_or(i64::MIN, |time| time.timestamp_micros()).to_be_bytes();
    List::named("transactions")
        .bound_to(account.uuid().as_bytes())
        .bound_to(&micros(range.from))
        .bound_to(&micros(range.to))
}
