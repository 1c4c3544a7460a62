//! Transfers, posted and rejected.

use chrono::{DateTime, Utc};
use kernel::{AccountId, AssetCode, Minor, Money, Position, TransferId, Version};
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    Fresh, Need, Reads, ReadsError, View, Viewer,
    freshness::Seen,
    row::{MissingRow, Snapshot, asset, minor, names},
};

/// The view of accounts holds the owner of each leg.
const VIEWS: &[View] = &[View::Transfers, View::Accounts];

/// A transfer as someone who has part in it sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Which.
    pub transfer_id: TransferId,
    /// What became of it.
    pub status: TransferStatus,
    /// What kind of movement.
    pub kind: String,
    /// The account debited; none if a rejected one named none that exists, and where there are more than two legs.
    pub source: Option<AccountId>,
    /// The account credited; none if a rejected one named none that exists, and where there are more than two legs.
    pub destination: Option<AccountId>,
    /// What was moved; none where there are more than two legs.
    pub money: Option<Money>,
    /// The payer's words.
    pub memo: Option<String>,
    /// The outside's reference.
    pub reference: Option<String>,
    /// The transfer this one undoes.
    pub reverses: Option<TransferId>,
    /// The transfer that undid this one.
    pub reversed_by: Option<TransferId>,
    /// The position of its last event.
    pub position: Position,
    /// When, by the log's clock.
    pub recorded_at: DateTime<Utc>,
}

/// What became of a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransferStatus {
    /// Money moved: each leg in order, of two the debit first.
    Posted(Vec<Posting>),
    /// It was refused.
    Rejected {
        /// The problem code.
        code: String,
        /// What could have been spent, if that was the reason.
        available: Option<Minor>,
    },
}

/// One leg of a posted transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// The account.
    pub account_id: AccountId,
    /// What it holds.
    pub asset: AssetCode,
    /// Signed: negative is a debit.
    pub amount: Minor,
    /// The balance after it; none if it is not the viewer's to know.
    pub balance_after: Option<Minor>,
    /// The version of the account after it; none if it is not the viewer's to know.
    pub version: Option<Version>,
}

#[derive(Debug, Deserialize)]
struct TransferRow {
    transfer_id: Uuid,
    status: String,
    kind: String,
    code: Option<String>,
    available: Option<String>,
    source: Option<Uuid>,
    destination: Option<Uuid>,
    asset: Option<String>,
    amount: Option<String>,
    memo: Option<String>,
    reference: Option<String>,
    reverses: Option<Uuid>,
    reversed_by: Option<Uuid>,
    source_balance_after: Option<String>,
    source_version: Option<i64>,
    destination_balance_after: Option<String>,
    destination_version: Option<i64>,
    position: i64,
    recorded_at: DateTime<Utc>,
    source_owner: Option<Uuid>,
    destination_owner: Option<Uuid>,
    source_known: bool,
    destination_known: bool,
    /// Of a transfer of more than two legs.
    postings: Option<Vec<PostingRow>>,
}

#[derive(Clone, Debug, Deserialize)]
struct PostingRow {
    account_id: Uuid,
    asset: String,
    amount: String,
    balance_after: Option<String>,
    version: Option<i64>,
    owner: Option<Uuid>,
    known: bool,
}

impl PostingRow {
    fn seen_by(self, viewer: Viewer) -> Result<Posting, ReadsError> {
        let own = viewer.may_see(self.owner);
        Ok(Posting {
            account_id: AccountId::new(self.account_id),
            asset: asset(&self.asset)?,
            amount: minor(&self.amount)?,
            balance_after: self.balance_after.as_deref().filter(|_| own).map(minor).transpose()?,
            version: self.version.filter(|_| own).map(Version::new),
        })
    }
}

impl TransferRow {
    fn is_posted(&self) -> bool {
        self.status == "posted"
    }

    fn more_legs(&self) -> impl Iterator<Item = &PostingRow> {
        self.postings.iter().flatten()
    }

    /// Everybody whose account is in it sees a posted transfer. A refused one stays between the payer and the bank: that
    /// somebody could not pay is not the payee's to know.
    fn is_visible_to(&self, viewer: Viewer) -> bool {
        viewer.may_see(self.source_owner)
            || (self.is_posted() && viewer.may_see(self.destination_owner))
            || self.more_legs().any(|leg| viewer.may_see(leg.owner))
    }

    /// Whether it is known who may see it: no account that could give the right is absent from the view of accounts.
    fn has_known_viewers(&self) -> bool {
        self.source_known && (self.destination_known || !self.is_posted()) && self.more_legs().all(|leg| leg.known)
    }

    fn seen_by(self, viewer: Viewer) -> Result<Transfer, ReadsError> {
        let money = match (&self.asset, &self.amount) {
            (Some(code), Some(amount)) => Some(Money { asset: asset(code)?, amount: minor(amount)? }),
            _ => None,
        };
        let status = match self.status.as_str() {
            "posted" => TransferStatus::Posted(self.postings(viewer, money)?),
            "rejected" => TransferStatus::Rejected {
                code: self.code.clone().ok_or(ReadsError::Damaged { what: "rejection" })?,
                available: self.available.as_deref().map(minor).transpose()?,
            },
            _ => return Err(ReadsError::Damaged { what: "transfer status" }),
        };
        Ok(Transfer {
            transfer_id: TransferId::new(self.transfer_id),
            status,
            kind: self.kind,
            source: self.source.map(AccountId::new),
            destination: self.destination.map(AccountId::new),
            money,
            memo: self.memo,
            reference: self.reference,
            reverses: self.reverses.map(TransferId::new),
            reversed_by: self.reversed_by.map(TransferId::new),
            position: Position::new(self.position),
            recorded_at: self.recorded_at,
        })
    }

    fn postings(&self, viewer: Viewer, money: Option<Money>) -> Result<Vec<Posting>, ReadsError> {
        if let Some(postings) = &self.postings {
            return postings.iter().cloned().map(|posting| posting.seen_by(viewer)).collect();
        }
        let damaged = || ReadsError::Damaged { what: "posting" };
        let Money { asset, amount } = money.ok_or_else(damaged)?;
        let posting = |account: Option<Uuid>, owner, amount, balance: &Option<String>, version: Option<i64>| {
            let own = viewer.may_see(owner);
            Ok::<_, ReadsError>(Posting {
                account_id: AccountId::new(account.ok_or_else(damaged)?),
                asset,
                amount,
                balance_after: balance.as_deref().filter(|_| own).map(minor).transpose()?,
                version: version.filter(|_| own).map(Version::new),
            })
        };
        let debited = (&self.source_balance_after, self.source_version);
        let credited = (&self.destination_balance_after, self.destination_version);
        Ok(vec![
            posting(self.source, self.source_owner, amount.negated(), debited.0, debited.1)?,
            posting(self.destination, self.destination_owner, amount, credited.0, credited.1)?,
        ])
    }
}

impl Reads {
    /// One transfer; none if there is none that the viewer may know of: a member must own an account in it.
    pub async fn transfer(
        &self,
        viewer: Viewer,
        transfer: TransferId,
        need: &Need,
    ) -> Result<Fresh<Option<Transfer>>, ReadsError> {
        self.gate.read(VIEWS, need, || self.transfer_now(viewer, transfer)).await
    }

    async fn transfer_now(&self, viewer: Viewer, transfer: TransferId) -> Result<Seen<Option<Transfer>>, ReadsError> {
        let row =
            sqlx::query_file!("src/sql/transfer.sql", &names(VIEWS), transfer.uuid()).fetch_one(&self.pool).await?;
        let known = row.found.as_ref().is_some_and(|found| found.0.has_known_viewers());
        let visible = row.found.map(|found| found.0).filter(|found| found.is_visible_to(viewer));
        // What is not the viewer's is not there, parked or not.
        let missing = MissingRow::whole(row.missing).filter(|_| visible.is_some() || !known);
        let transfer = visible.map(|found| found.seen_by(viewer)).transpose()?;
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, transfer)
    }
}
