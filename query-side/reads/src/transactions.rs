//! What happened on an account.

use chrono::{DateTime, Utc};
use kernel::{AccountId, AccountNumber, MemberId, Minor, Position, TransferId, Version};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Fresh, Need, Page, PayeeKey, Reads, ReadsError, SealedText, View, Viewer,
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
    #[schema(pattern = "^(transfer|deposit|withdrawal|reversal|compound|capture|exchange|charge|trade|payout)$")]
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
    /// The account on the other side of the payment; null in a transfer whose legs are no payments from one account to another.
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

/// Which part of an account's history: from a time on, before a time. Half open, so that one month ends where the next
/// begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// At this time or later.
    pub from: Option<DateTime<Utc>>,
    /// Earlier than this time.
    pub to: Option<DateTime<Utc>>,
}

/// The kinds of movement.
pub const KINDS: [&str; 10] =
    ["transfer", "deposit", "withdrawal", "reversal", "compound", "capture", "exchange", "charge", "trade", "payout"];

/// Which entries of it; all, if nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryFilter {
    /// Of this kind of movement.
    pub kind: Option<String>,
    /// Of this amount or more, whichever way it went.
    pub min: Option<Minor>,
    /// Of this amount or less, whichever way it went.
    pub max: Option<Minor>,
    /// With this account on the other side.
    pub counterparty: Option<PayeeKey>,
    /// Of transfers with this reference.
    pub reference: Option<String>,
}

/// How many entries are looked at for one page of those that a filter lets through. It bounds the work of a page, whatever the filter
/// is and however long the history.
const LOOKED_AT: i64 = 20_000;

impl EntryFilter {
    fn looks_at(&self, limit: u16) -> i64 {
        if *self == Self::default() { i64::from(limit) + 1 } else { LOOKED_AT }
    }
}

impl Reads {
    /// What happened on an account, newest first; none if the viewer may not know of the account.
    ///
    /// A page is one descent into the key and a run along it, so the last page of a million costs what the first does. With a filter
    /// a page may have fewer items than asked for, even none, and yet go on.
    pub async fn transactions(
        &self,
        viewer: Viewer,
        account: AccountId,
        (range, filter): (Range, &EntryFilter),
        cursor: Option<&str>,
        limit: u16,
        need: &Need,
    ) -> Result<Fresh<Option<Page<Named<Entry>>>>, ReadsError> {
        let list = list(account, range, filter);
        let before = match cursor {
            Some(cursor) => i64::try_from(list.after(cursor)?).map_err(|_| ReadsError::Cursor)?,
            None => i64::MAX,
        };
        let query = || self.transactions_now(viewer, account, (range, filter), before, limit);
        let fresh = self.gate.read(VIEWS, need, query).await?;
        let cursor_at = |position: i64| list.cursor(position.unsigned_abs().into());
        let cursor = |last: &Named<Entry>| cursor_at(last.entry.position.number());
        Ok(fresh.map(|found| {
            found.map(|Found { items, looked_at_down_to }| {
                let Page { items, next_cursor } = Page::of(items, limit, cursor);
                Page { items, next_cursor: next_cursor.or(looked_at_down_to.map(cursor_at)) }
            })
        }))
    }

    async fn transactions_now(
        &self,
        viewer: Viewer,
        account: AccountId,
        (range, filter): (Range, &EntryFilter),
        before: i64,
        limit: u16,
    ) -> Result<Seen<Option<Found>>, ReadsError> {
        let (id, number) = match filter.counterparty {
            None => (None, None),
            Some(PayeeKey::Id(account)) => (Some(account.uuid()), None),
            Some(PayeeKey::Number(number)) => (None, Some(number.to_string())),
        };
        let row = sqlx::query_file!(
            "src/sql/transactions.sql",
            &names(VIEWS),
            account.uuid(),
            range.from,
            range.to,
            before,
            i64::from(limit) + 1,
            filter.looks_at(limit),
            filter.kind.as_deref(),
            filter.min.map(|min| min.to_string()),
            filter.max.map(|max| max.to_string()),
            id,
            number,
            filter.reference.as_deref(),
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
        let (items, looked_at_down_to) = (NamedRow::all(row.page.0)?, row.looked_at_down_to);
        snapshot.with(VIEWS, Some(Found { items, looked_at_down_to }))
    }
}

/// One item more than asked for, if there are so many among those that were looked at.
struct Found {
    items: Vec<Named<Entry>>,
    /// The last one that was looked at, if there may be more.
    looked_at_down_to: Option<i64>,
}

fn list(account: AccountId, range: Range, filter: &EntryFilter) -> List {
    let micros = |time: Option<DateTime<Utc>>| time.map_or(i64::MIN, |time| time.timestamp_micros()).to_be_bytes();
    let list = List::named("transactions")
        .bound_to(account.uuid().as_bytes())
        .bound_to(&micros(range.from))
        .bound_to(&micros(range.to));
    // A cursor without a filter is what it was before there were filters.
    if *filter == EntryFilter::default() { list } else { list.bound_to(format!("{filter:?}").as_bytes()) }
}
