//! Between the domain's events and their recorded form: one fact, two shapes, translated here only.

use contracts::recorded as rec;
use domain::{Account, AccountEvent, OwnerEvent, Refusal, Status, TransferEvent};
use kernel::{AssetCode, MemberId, Minor, TransferId};
use serde::{Deserialize, Serialize};

/// The shape and logic of [`StoredAccount`]: a change of either takes the next number, and older snapshots are ignored.
pub const ACCOUNT_STATE_SCHEMA: i32 = 1;

/// An account as it stands in a snapshot.
#[derive(Serialize, Deserialize)]
pub struct StoredAccount {
    holder: rec::Holder,
    asset: AssetCode,
    balance: Minor,
    status: StoredStatus,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredStatus {
    Open,
    Frozen,
    Closed,
}

impl From<&Account> for StoredAccount {
    fn from(account: &Account) -> Self {
        let status = match account.status {
            Status::Open => StoredStatus::Open,
            Status::Frozen => StoredStatus::Frozen,
            Status::Closed => StoredStatus::Closed,
        };
        Self { holder: account.holder.clone(), asset: account.asset, balance: account.balance, status }
    }
}

impl From<StoredAccount> for Account {
    fn from(stored: StoredAccount) -> Self {
        let status = match stored.status {
            StoredStatus::Open => Status::Open,
            StoredStatus::Frozen => Status::Frozen,
            StoredStatus::Closed => Status::Closed,
        };
        Self { holder: stored.holder, asset: stored.asset, balance: stored.balance, status }
    }
}

/// The recorded form of what happened to an account. `balance` is what it held before the event: a freeze carries it, so
/// that its answer can be told again without a fold. `reason` is the words given with the command.
pub fn record_account(event: AccountEvent, balance: Minor, reason: Option<String>) -> rec::Recorded {
    match event {
        AccountEvent::Opened { holder, asset } => rec::AccountOpened { holder, asset }.into(),
        AccountEvent::Debited { transfer, amount, balance } => rec::AccountDebited { transfer, amount, balance }.into(),
        AccountEvent::Credited { transfer, amount, balance } => {
            rec::AccountCredited { transfer, amount, balance }.into()
        }
        AccountEvent::Frozen => rec::AccountFrozen { reason, balance }.into(),
        AccountEvent::Unfrozen => rec::AccountUnfrozen { reason, balance }.into(),
        AccountEvent::Closed => rec::AccountClosed { reason }.into(),
    }
}

/// What a recorded event says of an account; none if it is not an account's.
pub fn account_event(recorded: &rec::Recorded) -> Option<AccountEvent> {
    Some(match recorded {
        rec::Recorded::AccountOpened(e) => AccountEvent::Opened { holder: e.holder.clone(), asset: e.asset },
        rec::Recorded::AccountDebited(e) => {
            AccountEvent::Debited { transfer: e.transfer, amount: e.amount, balance: e.balance }
        }
        rec::Recorded::AccountCredited(e) => {
            AccountEvent::Credited { transfer: e.transfer, amount: e.amount, balance: e.balance }
        }
        rec::Recorded::AccountFrozen(_) => AccountEvent::Frozen,
        rec::Recorded::AccountUnfrozen(_) => AccountEvent::Unfrozen,
        rec::Recorded::AccountClosed(_) => AccountEvent::Closed,
        rec::Recorded::AccountNumberAssigned(_)
        | rec::Recorded::TransferPosted(_)
        | rec::Recorded::TransferRejected(_)
        | rec::Recorded::TransferReversed(_)
        | rec::Recorded::CommandRefused(_)
        | rec::Recorded::OwnerAccountAdded(_)
        | rec::Recorded::OwnerLeft(_)
        | rec::Recorded::Member(_) => return None,
    })
}

/// What a recorded event says of a transfer; none if it is not a transfer's.
pub fn transfer_event(recorded: &rec::Recorded) -> Option<TransferEvent> {
    match recorded {
        rec::Recorded::TransferPosted(posted) => Some(TransferEvent::Posted { legs: posted.legs.clone() }),
        rec::Recorded::TransferRejected(_) => Some(TransferEvent::Rejected),
        rec::Recorded::TransferReversed(e) => Some(TransferEvent::Reversed { by: e.by }),
        _ => None,
    }
}

/// The recorded form of a transfer that was undone.
pub fn record_reversed(by: TransferId) -> rec::Recorded {
    rec::TransferReversed { by }.into()
}

/// The recorded form of a refusal.
pub fn record_refusal(refusal: Refusal) -> rec::Refusal {
    let available = match refusal {
        Refusal::InsufficientFunds { available } => Some(available),
        _ => None,
    };
    rec::Refusal { code: refusal.code().to_owned(), available }
}

/// What a recorded event says of an owner; none if it is not an owner's.
pub fn owner_event(recorded: &rec::Recorded) -> Option<OwnerEvent> {
    match recorded {
        rec::Recorded::OwnerAccountAdded(e) => Some(OwnerEvent::AccountAdded { account: e.account }),
        rec::Recorded::OwnerLeft(e) => Some(OwnerEvent::Left { erasure: e.erasure }),
        _ => None,
    }
}

/// The recorded form of what happened to an owner.
pub fn record_owner(owner: MemberId, event: OwnerEvent) -> rec::Recorded {
    match event {
        OwnerEvent::AccountAdded { account } => rec::OwnerAccountAdded { owner, account }.into(),
        OwnerEvent::Left { erasure } => rec::OwnerLeft { owner, erasure }.into(),
    }
}
