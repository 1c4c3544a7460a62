//! Transfers, posted and rejected.

use chrono::{DateTime, Utc};
use kernel::{AccountId, AssetCode, Minor, Position, TransferId, Version};
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    Fresh, Need, Reads, ReadsError, View, Viewer,
    freshness::Seen,
    row::{MissingRow, Snapshot, asset, minor, names},
};

/// The accounts tell whose the two sides are.
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
    /// The account debited; none if a rejected one named none that exists.
    pub source: Option<AccountId>,
    /// The account credited; none if a rejected one named none that exists.
    pub destination: Option<AccountId>,
    /// The asset.
    pub asset: AssetCode,
    /// How much.
    pub amount: Minor,
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
    /// Money moved: the debit first, then the credit.
    Posted([Posting; 2]),
    /// It was refused.
    Rejected {
        /// The problem code.
        code: String,
        /// What could have been spent, if that was the reason.
        available: Option<Minor>,
    },
}

/// One side of a posted transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// The account.
    pub account_id: AccountId,
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
    asset: String,
    amount: String,
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
}

impl TransferRow {
    /// Both sides see a posted transfer. A refused one stays between the payer and the bank: that somebody could not
    /// pay is not the payee's to know.
    fn is_visible_to(&self, viewer: Viewer) -> bool {
        viewer.may_see(self.source_owner) || (self.status == "posted" && viewer.may_see(self.destination_owner))
    }

    /// Whether it is known who may see it: no account that could give the right is absent from the view of accounts.
    fn has_known_viewers(&self) -> bool {
        self.source_known && (self.destination_known || self.status != "posted")
    }

    fn seen_by(self, viewer: Viewer) -> Result<Transfer, ReadsError> {
        let amount = minor(&self.amount)?;
        let status = match self.status.as_str() {
            "posted" => TransferStatus::Posted(self.postings(viewer, amount)?),
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
            asset: asset(&self.asset)?,
            amount,
            memo: self.memo,
            reference: self.reference,
            reverses: self.reverses.map(TransferId::new),
            reversed_by: self.reversed_by.map(TransferId::new),
            position: Position::new(self.position),
            recorded_at: self.recorded_at,
        })
    }

    fn postings(&self, viewer: Viewer, amount: Minor) -> Result<[Posting; 2], ReadsError> {
        let posting = |account: Option<Uuid>, owner, amount, balance: &Option<String>, version: Option<i64>| {
            let own = viewer.may_see(owner);
            let balance = balance.as_deref().filter(|_| own).map(minor).transpose()?;
            Ok::<_, ReadsError>(Posting {
                account_id: AccountId::new(account.ok_or(ReadsError::Damaged { what: "posting" })?),
                amount,
                balance_after: balance,
                version: version.filter(|_| own).map(Version::new),
            })
        };
        Ok([
            posting(self.source, self.source_owner, amount.negated(), &self.source_balance_after, self.source_version)?,
            posting(
                self.destination,
                self.destination_owner,
                amount,
                &self.destination_balance_after,
                self.destination_version,
            )?,
        ])
    }
}

impl Reads {
    /// One transfer; none if there is none that the viewer may know of: a member must own one side.
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
