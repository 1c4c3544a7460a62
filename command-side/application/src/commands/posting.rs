//! Posting: a movement of money is tried on the accounts, and posted or refused.

use domain::{Limits, Movement, Refusal};
use events::recorded::{
    AccountEvent, AccountOpened, Holder, Leg, Legs, TransferFacts, TransferKind, TransferPosted, TransferRejected,
    TransferReversed,
};
use kernel::{AccountId, AssetCode, Minor, Money, TransferId};
use uuid::Uuid;

use super::MoneyRules;
use crate::engine::Decision;

/// A payment with what belongs to it, ready to be tried.
pub struct PendingTransfer {
    pub kind: TransferKind,
    pub source: AccountId,
    /// None if the number it was to go to is nobody's.
    pub destination: Option<AccountId>,
    pub money: Money,
    pub memo: Option<String>,
    pub reference: Option<String>,
    pub reverses: Option<TransferId>,
}

/// What stands in the record of a posted transfer beside its legs.
pub struct Particulars {
    pub kind: TransferKind,
    pub memo: Option<String>,
    pub reference: Option<String>,
    pub reverses: Option<TransferId>,
}

/// Tries a payment: posts it, or records the refusal and gives it.
pub fn post(rules: &MoneyRules, work: &mut Decision<'_>, transfer: PendingTransfer) -> Option<Refusal> {
    // An account number that nobody bears is refused like an account that does not exist.
    let destination = transfer.destination.unwrap_or(NOBODY);
    let legs = domain::payment(transfer.source, destination, transfer.money);
    let refusal = match legs {
        Ok(legs) => post_legs(rules, work, legs, transfer.particulars()).err()?,
        Err(refusal) => refusal,
    };
    reject(work, transfer, refusal);
    Some(refusal)
}

/// Posts a transfer, if its accounts allow it.
pub fn post_legs(
    rules: &MoneyRules,
    work: &mut Decision<'_>,
    legs: Legs,
    particulars: Particulars,
) -> Result<(), Refusal> {
    let transfer = work.next_transfer();
    let events = movement(rules, work, transfer, &legs, particulars.kind)?;
    if let Some(original) = particulars.reverses {
        work.push(original.into(), TransferReversed { by: transfer });
    }
    work.push_new(transfer.into(), particulars.posted(legs.clone()));
    for (leg, event) in legs.iter().zip(events) {
        work.push(leg.account.into(), event);
    }
    Ok(())
}

fn movement(
    rules: &MoneyRules,
    work: &Decision<'_>,
    transfer: TransferId,
    legs: &Legs,
    kind: TransferKind,
) -> Result<Vec<AccountEvent>, Refusal> {
    // The bank's own accounts are touched only where the outside is meant, or where an earlier movement did.
    let (system_pays, system_receives) = match kind {
        TransferKind::Transfer | TransferKind::Compound => (false, false),
        TransferKind::Deposit => (true, false),
        TransferKind::Withdrawal => (false, true),
        TransferKind::Reversal => (true, true),
    };
    let account = |leg: &Leg| {
        let system = if leg.amount.is_negative() { system_pays } else { system_receives };
        let account = (leg.account != NOBODY).then(|| work.account(leg.account)).flatten();
        account.filter(|account| system || account.owner().is_some())
    };
    let accounts: Vec<_> = legs.iter().map(account).collect();
    let limits = match kind {
        TransferKind::Transfer | TransferKind::Compound => &rules.limits,
        TransferKind::Deposit | TransferKind::Withdrawal | TransferKind::Reversal => const { &Limits::NONE },
    };
    Movement { transfer, legs, accounts: &accounts }.decide(limits)
}

/// Records that a payment was refused.
pub fn reject(work: &mut Decision<'_>, transfer: PendingTransfer, refusal: Refusal) {
    let id = work.next_transfer();
    work.rests_on(transfer.source.into());
    if let Some(destination) = transfer.destination {
        work.rests_on(destination.into());
    }
    let rejected = TransferRejected { facts: transfer.facts(), refusal: refusal.into() };
    work.push_new(id.into(), rejected);
}

/// This server's account for money outside that can take this change of its balance; opened when it is first needed. A
/// balance has 38 digits, and what the outside brought in over the years may have more: then another account goes on.
pub fn cash(rules: &MoneyRules, work: &mut Decision<'_>, asset: AssetCode, change: Minor) -> AccountId {
    let mut number = 0;
    loop {
        let id = rules.system.cash(asset, number);
        match work.account(id) {
            Some(cash) if cash.balance.plus(change).is_ok() => return id,
            // Of two accounts, one that is full does not fill the other: the change itself has 38 digits at most.
            Some(_) => number += 1,
            None => {
                let holder = Holder::System { name: rules.system.cash_name(number) };
                work.push(id.into(), AccountOpened { holder, asset });
                return id;
            }
        }
    }
}

/// Nobody has this id: it stands for the account of a number that nobody bears.
pub const NOBODY: AccountId = AccountId::new(Uuid::nil());

impl PendingTransfer {
    pub fn new(kind: TransferKind, source: AccountId, money: Money) -> Self {
        Self { kind, source, destination: None, money, memo: None, reference: None, reverses: None }
    }

    fn particulars(&self) -> Particulars {
        let (memo, reference) = (self.memo.clone(), self.reference.clone());
        Particulars { kind: self.kind, memo, reference, reverses: self.reverses }
    }

    fn facts(self) -> TransferFacts {
        TransferFacts {
            kind: self.kind,
            source: Some(self.source),
            destination: self.destination,
            asset: self.money.asset,
            amount: self.money.amount,
            memo: self.memo,
            reference: self.reference,
            reverses: self.reverses,
        }
    }
}

impl Particulars {
    fn posted(self, legs: Legs) -> TransferPosted {
        let Self { kind, memo, reference, reverses } = self;
        TransferPosted { kind, legs, memo, reference, reverses }
    }
}
