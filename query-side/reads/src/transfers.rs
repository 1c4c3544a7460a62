//! Transfers, posted and rejected.

use chrono::{DateTime, Utc};
use kernel::{AccountId, AssetCode, HoldId, ItemId, Minor, OfferId, OrderId, Position, TransferId, Version};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Fresh, Need, Reads, ReadsError, View, Viewer,
    freshness::Seen,
    row::{MissingRow, Snapshot, asset, minor, names},
};

/// The view of accounts holds the owner of each leg.
const VIEWS: &[View] = &[View::Transfers, View::Accounts];

/// An amount of one asset, in whole minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// The code of an asset this bank knows.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$", examples("KRW"))]
    pub asset: AssetCode,
    /// Minor units as a string: never a number, a fraction or an exponent.
    #[schema(value_type = String, pattern = "^-?[0-9]{1,38}$", examples("12500"))]
    pub amount: Minor,
}

/// A transfer, posted or rejected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Transfer {
    /// Which.
    #[schema(value_type = Uuid)]
    pub transfer_id: TransferId,
    /// What became of it.
    #[schema(value_type = String, pattern = "^(posted|rejected)$")]
    pub status: &'static str,
    /// Why it was rejected, a problem code; left out of a posted one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What could have been spent; only where it was rejected for `insufficient-funds` and the source is yours.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^-?[0-9]{1,38}$")]
    pub available: Option<Minor>,
    /// What kind of movement.
    #[schema(pattern = "^(transfer|deposit|withdrawal|reversal|compound|capture|exchange|charge|trade|payout)$")]
    pub kind: String,
    /// The account debited; null if a rejected one named none that exists, and in a transfer of more than two legs.
    #[schema(value_type = Option<Uuid>, required)]
    pub source: Option<AccountId>,
    /// The account credited; null if a rejected one named none that exists, and in a transfer of more than two legs.
    #[schema(value_type = Option<Uuid>, required)]
    pub destination: Option<AccountId>,
    /// What was moved; null in a transfer of more than two legs.
    #[schema(required)]
    pub money: Option<Money>,
    /// The payer's words.
    #[schema(required)]
    pub memo: Option<String>,
    /// The outside's reference of a deposit or withdrawal.
    #[schema(required)]
    pub reference: Option<String>,
    /// The transfer this one undoes.
    #[schema(value_type = Option<Uuid>, required)]
    pub reverses: Option<TransferId>,
    /// The transfer that undid this one.
    #[schema(value_type = Option<Uuid>, required)]
    pub reversed_by: Option<TransferId>,
    /// The hold whose funds a capture pays; left out of everything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub hold_id: Option<HoldId>,
    /// The item that changed hands for it; left out of everything but a trade.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub item_id: Option<ItemId>,
    /// The offer that was accepted; left out of everything but a trade.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub offer_id: Option<OfferId>,
    /// The standing order that asked for it; left out of everything that no order asked for, and of what was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub order_id: Option<OrderId>,
    /// There and true if it moved money of a frozen account, which only a reversal does.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub despite_freeze: bool,
    /// One for each leg, in order: of two the debit first. None if it was rejected.
    pub postings: Vec<Posting>,
    /// The position of its last event.
    #[schema(value_type = i64, minimum = 1)]
    pub position: Position,
    /// When, by the log's clock.
    pub recorded_at: DateTime<Utc>,
}

/// What a leg of a transfer did to its account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Posting {
    /// The account.
    #[schema(value_type = Uuid)]
    pub account_id: AccountId,
    /// What it holds.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$", examples("KRW"))]
    pub asset: AssetCode,
    /// Minor units; below zero for a debit.
    #[schema(value_type = String, pattern = "^-?[0-9]{1,38}$", examples("-12500"))]
    pub amount: Minor,
    /// The account's balance after it; null if the account is not yours.
    #[schema(value_type = Option<String>, required, pattern = "^-?[0-9]{1,38}$", examples("87500"))]
    pub balance_after: Option<Minor>,
    /// The account's version after it; null if the account is not yours.
    #[schema(value_type = Option<i64>, minimum = 1, required)]
    pub version: Option<Version>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct TransferRow {
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
    /// Neither is known by an older version of the view, under which there was neither a hold nor a way past a freeze.
    hold_id: Option<Uuid>,
    despite_freeze: Option<bool>,
    /// None of these three is known by an older version of the view, under which there were neither items nor standing orders.
    item_id: Option<Uuid>,
    offer_id: Option<Uuid>,
    order_id: Option<Uuid>,
    source_balance_after: Option<String>,
    source_version: Option<i64>,
    destination_balance_after: Option<String>,
    destination_version: Option<i64>,
    position: i64,
    recorded_at: DateTime<Utc>,
    /// The member who asked for what was rejected; not known by an older version of the view.
    asked_by: Option<Uuid>,
    source_owner: Option<Uuid>,
    destination_owner: Option<Uuid>,
    #[serde(default)]
    source_known: bool,
    #[serde(default)]
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
    #[serde(default)]
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

    /// Everybody whose account is in it sees a posted transfer. A refused one stays between the payer, who asked for it, and
    /// the bank: that somebody could not pay is not the payee's to know.
    fn is_visible_to(&self, viewer: Viewer) -> bool {
        viewer.may_see(self.source_owner)
            || (!self.is_posted() && viewer.may_see(self.asked_by))
            || (self.is_posted() && viewer.may_see(self.destination_owner))
            || self.more_legs().any(|leg| viewer.may_see(leg.owner))
    }

    /// Whether it is known who may see it: no account that could give the right is absent from the view of accounts.
    fn has_known_viewers(&self) -> bool {
        self.source_known && (self.destination_known || !self.is_posted()) && self.more_legs().all(|leg| leg.known)
    }

    pub(crate) fn seen_by(self, viewer: Viewer) -> Result<Transfer, ReadsError> {
        let money = match (&self.asset, &self.amount) {
            (Some(code), Some(amount)) => Some(Money { asset: asset(code)?, amount: minor(amount)? }),
            _ => None,
        };
        let (status, code, available, postings) = match self.status.as_str() {
            "posted" => ("posted", None, None, self.postings(viewer, money.as_ref())?),
            "rejected" => {
                let code = self.code.clone().ok_or(ReadsError::Damaged { what: "rejection" })?;
                ("rejected", Some(code), self.available.as_deref().map(minor).transpose()?, Vec::new())
            }
            _ => return Err(ReadsError::Damaged { what: "transfer status" }),
        };
        Ok(Transfer {
            transfer_id: TransferId::new(self.transfer_id),
            status,
            code,
            available,
            kind: self.kind,
            source: self.source.map(AccountId::new),
            destination: self.destination.map(AccountId::new),
            money,
            memo: self.memo,
            reference: self.reference,
            reverses: self.reverses.map(TransferId::new),
            reversed_by: self.reversed_by.map(TransferId::new),
            hold_id: self.hold_id.map(HoldId::new),
            item_id: self.item_id.map(ItemId::new),
            offer_id: self.offer_id.map(OfferId::new),
            order_id: self.order_id.map(OrderId::new),
            despite_freeze: self.despite_freeze.unwrap_or_default(),
            postings,
            position: Position::new(self.position),
            recorded_at: self.recorded_at,
        })
    }

    fn postings(&self, viewer: Viewer, money: Option<&Money>) -> Result<Vec<Posting>, ReadsError> {
        if let Some(postings) = &self.postings {
            return postings.iter().cloned().map(|posting| posting.seen_by(viewer)).collect();
        }
        let damaged = || ReadsError::Damaged { what: "posting" };
        let Money { asset, amount } = *money.ok_or_else(damaged)?;
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
