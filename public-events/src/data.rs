//! What each public type says: the `data` of its CloudEvent.
//!
//! Amounts are texts of minor units, as everywhere. A field may be added if it may be left out; nothing is ever removed, renamed or given
//! another meaning: for that a type takes its next version, and both are told for a while. A text that is one of a list may be one of a longer
//! list later.

use chrono::{DateTime, Utc};
use kernel::{
    AccountId, AssetCode, HoldId, ItemId, MemberId, Minor, Money, OfferId, OrderId, PayoutRunId, ProcessId, TransferId,
};
use uuid::Uuid;

use crate::schema::data;

data! {
    /// Of `account.opened`.
    AccountOpened {
        /// The account.
        account_id: AccountId,
        /// The member or partner whose it is; left out for an account of the bank itself.
        owner: Option<MemberId>,
        /// The one asset it holds.
        asset: AssetCode,
    }

    /// Of `account.closed`.
    AccountClosed {
        /// The account.
        account_id: AccountId,
    }

    /// Of `account.frozen`.
    AccountFrozen {
        /// The account.
        account_id: AccountId,
        /// What the freeze stops: `all`, or `debits` if money may still come in.
        scope: &'static str,
    }

    /// Of `account.unfrozen`.
    AccountUnfrozen {
        /// The account.
        account_id: AccountId,
    }

    /// One movement of money on one account, as a line of its transactions. Of `transfer.posted`, `transfer.reversed`, `charge.posted` and
    /// `exchange.posted`.
    Posting {
        /// The transfer that moved it.
        transfer_id: TransferId,
        /// What kind of transfer, as in the API: `transfer`, `deposit`, `withdrawal`, `reversal`, `compound`, `capture`, `exchange`, `charge`,
        /// `trade`, `payout`.
        kind: &'static str,
        /// The account.
        account_id: AccountId,
        /// The asset.
        asset: AssetCode,
        /// How much, in minor units: below zero if it left the account.
        amount: Minor,
        /// The balance of the account after it, in minor units.
        balance: Minor,
        /// The account on the other side, where there is one.
        counterparty: Option<AccountId>,
        /// The hold whose funds were paid.
        hold_id: Option<HoldId>,
        /// The transfer that it undoes.
        reverses: Option<TransferId>,
        /// The standing order that asked for it.
        order_id: Option<OrderId>,
        /// The item that changed hands for it.
        item_id: Option<ItemId>,
        /// The offer of the item.
        offer_id: Option<OfferId>,
    }

    /// Of `transfer.rejected`.
    TransferRejected {
        /// The transfer that was asked for; nothing moved.
        transfer_id: TransferId,
        /// What kind of transfer, as in `transfer.posted`.
        kind: &'static str,
        /// Why not: the code of the problem, such as `insufficient-funds`.
        code: String,
        /// The account that would have paid; left out if there is none.
        account_id: Option<AccountId>,
        /// The account that would have been paid; left out if there is none.
        destination: Option<AccountId>,
        /// The asset.
        asset: AssetCode,
        /// How much was asked for, in minor units.
        amount: Minor,
    }

    /// Of `hold.placed`.
    HoldPlaced {
        /// The hold.
        hold_id: HoldId,
        /// The account whose funds are held.
        account_id: AccountId,
        /// The asset.
        asset: AssetCode,
        /// How much, in minor units.
        amount: Minor,
        /// The only account that they can be paid to; left out if that is said when they are paid.
        destination: Option<AccountId>,
        /// From this time on nothing is paid from it.
        expires_at: DateTime<Utc>,
        /// What is held of the account after it, for all holds, in minor units.
        held: Minor,
    }

    /// Of `hold.captured`.
    HoldCaptured {
        /// The hold.
        hold_id: HoldId,
        /// The account whose funds were held.
        account_id: AccountId,
        /// The transfer that paid them.
        transfer_id: TransferId,
        /// How much was paid, in minor units.
        paid: Minor,
        /// Whether nothing more will be paid from it: what remained was given back.
        is_final: bool,
        /// Held in all, with every increase, in minor units.
        amount: Minor,
        /// Paid of that so far.
        captured: Minor,
        /// Given back of that so far.
        released: Minor,
        /// What is held of the account after it, for all holds, in minor units.
        held: Minor,
    }

    /// Of `hold.released` and `hold.expired`.
    HoldReleased {
        /// The hold.
        hold_id: HoldId,
        /// The account whose funds were held.
        account_id: AccountId,
        /// How much was given back, in minor units.
        given_back: Minor,
        /// Held in all, with every increase, in minor units.
        amount: Minor,
        /// Paid of that so far.
        captured: Minor,
        /// Given back of that so far.
        released: Minor,
        /// What is held of the account after it, for all holds, in minor units.
        held: Minor,
    }

    /// Of `item.minted`.
    ItemMinted {
        /// The item.
        item_id: ItemId,
        /// What it is one of.
        collection: String,
        /// Which of them.
        serial: String,
        /// Whose it is.
        owner: MemberId,
    }

    /// Of `item.transferred`. Neither side is told who the other is.
    ItemTransferred {
        /// The item.
        item_id: ItemId,
        /// The member who is told.
        member_id: MemberId,
        /// `given` or `received`.
        part: &'static str,
        /// The offer that was accepted, if it was sold.
        offer_id: Option<OfferId>,
        /// The transfer that paid for it, if it was sold.
        transfer_id: Option<TransferId>,
    }

    /// Of `offer.opened`.
    OfferOpened {
        /// The offer.
        offer_id: OfferId,
        /// The item.
        item_id: ItemId,
        /// What the item is one of.
        collection: String,
        /// Who offers it.
        seller: MemberId,
        /// For how much.
        price: Money,
        /// The seller's account that the price is paid to.
        account_id: AccountId,
        /// From this time on it cannot be accepted.
        expires_at: DateTime<Utc>,
    }

    /// Of `offer.accepted`. Neither side is told who the other is.
    OfferAccepted {
        /// The offer.
        offer_id: OfferId,
        /// The item.
        item_id: ItemId,
        /// The member who is told.
        member_id: MemberId,
        /// `sold` or `bought`.
        part: &'static str,
        /// The transfer that paid.
        transfer_id: TransferId,
    }

    /// Of `offer.ended`.
    OfferEnded {
        /// The offer.
        offer_id: OfferId,
        /// The item, which can be offered again.
        item_id: ItemId,
        /// `cancelled` or `expired`.
        status: &'static str,
    }

    /// Of `order.run`.
    OrderRun {
        /// The standing order.
        order_id: OrderId,
        /// The account that paid.
        account_id: AccountId,
        /// The transfer.
        transfer_id: TransferId,
        /// When the run was due.
        due_at: DateTime<Utc>,
        /// When the next one is due; left out if this was the last.
        next_at: Option<DateTime<Utc>>,
    }

    /// Of `order.refused`.
    OrderRefused {
        /// The standing order.
        order_id: OrderId,
        /// The account that would have paid; left out if there is none.
        account_id: Option<AccountId>,
        /// The transfer that was refused.
        transfer_id: TransferId,
        /// Why: the code of the problem, such as `insufficient-funds`.
        code: String,
        /// When the run was due.
        due_at: DateTime<Utc>,
        /// When the next one is due; left out if this was the last.
        next_at: Option<DateTime<Utc>>,
    }

    /// Of `payout.run.started`.
    PayoutRunStarted {
        /// The run.
        run_id: PayoutRunId,
    }

    /// Of `payout.run.finished`.
    PayoutRunFinished {
        /// The run.
        run_id: PayoutRunId,
        /// `finished` or `cancelled`.
        status: &'static str,
        /// How many rows were posted; left out if it was cancelled.
        posted: Option<u32>,
        /// How many rows were refused; left out if it was cancelled.
        refused: Option<u32>,
        /// What the posted rows come to, in minor units; left out if it was cancelled.
        paid: Option<Minor>,
    }

    /// Of `process.done`, `process.compensated` and `process.stuck`.
    Process {
        /// The process.
        process_id: ProcessId,
        /// What it does: `top-up`, `bank-payout` or `gift-card`.
        kind: &'static str,
        /// The account that is credited, or that pays.
        account_id: AccountId,
        /// Why it is stuck or was taken back, as a code; left out where nothing failed in the end.
        code: Option<String>,
    }

    /// Of `member.joined`.
    MemberJoined {
        /// The member.
        member_id: MemberId,
    }

    /// Of `member.erased`.
    MemberErased {
        /// The member.
        member_id: MemberId,
        /// The erasure, and its certificate.
        erasure_id: Uuid,
    }

    /// Of `limit.exceeded`.
    LimitExceeded {
        /// The account that would have paid; left out if what was refused is no transfer.
        account_id: Option<AccountId>,
        /// The transfer that was refused; left out if what was refused is no transfer.
        transfer_id: Option<TransferId>,
        /// The limit; left out if it was the most that one transfer may move here at all.
        limit: Option<String>,
        /// Over what it counts: `transfer`, `day` or `month`.
        window: Option<&'static str>,
        /// What could have been paid, in minor units; left out if the limit is on how often.
        remaining: Option<Minor>,
        /// When the window ends; left out for a single payment.
        resets_at: Option<DateTime<Utc>>,
    }
}
