//! Posting: a movement of money is tried on the accounts, and posted or refused.

use std::ops::Deref;

use domain::{Account, Freeze, Limited, Limits, Movement, Refusal};
use events::recorded::{
    AccountEvent, AccountOpened, CountedFor, Holder, Leg, Legs, LimitedKind, Trade, TransferCount, TransferFacts,
    TransferKind, TransferPosted, TransferRejected, TransferReversed,
};
use kernel::{AccountId, Actor, AssetCode, HoldId, Minor, Money, OrderId, StreamId, TransferId};
use uuid::Uuid;

use super::{MoneyRules, system_accounts::SystemAccounts};
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
    pub order: Option<OrderId>,
    /// Who asked for it, if it was not the sender of the command.
    pub asked_by: Option<Actor>,
}

/// What stands in the record of a posted transfer beside its legs.
pub struct Particulars {
    pub kind: TransferKind,
    pub memo: Option<String>,
    pub reference: Option<String>,
    pub reverses: Option<TransferId>,
    pub hold: Option<HoldId>,
    pub trade: Option<Trade>,
    pub order: Option<OrderId>,
    /// Who asked for it, if it was not the sender of the command.
    pub asked_by: Option<Actor>,
}

/// Legs that may be posted, with what happens to their accounts.
pub struct Moved {
    pub transfer: TransferId,
    legs: Legs,
    events: Vec<AccountEvent>,
    despite_freeze: bool,
    /// What it counted for limits.
    pub counted: Vec<CountedFor>,
}

/// Tries a payment: posts it, or records the refusal and gives it.
pub fn post(rules: &MoneyRules, work: &mut Decision<'_>, transfer: PendingTransfer) -> Option<Refusal> {
    // An account number that nobody bears is refused like an account that does not exist.
    let destination = transfer.destination.unwrap_or(NOBODY);
    let legs = domain::payment(transfer.source, destination, transfer.money);
    let refusal = match legs {
        Ok(legs) => post_legs(rules, work, legs, transfer.particulars(), &[]).err()?,
        Err(refusal) => refusal,
    };
    reject(work, transfer, refusal.clone());
    Some(refusal)
}

/// Posts a transfer, if its accounts allow it. `undone`: what an earlier one counted for limits that it reverses.
pub fn post_legs(
    rules: &MoneyRules,
    work: &mut Decision<'_>,
    legs: Legs,
    particulars: Particulars,
    undone: &[CountedFor],
) -> Result<(), Refusal> {
    let moved = movement(rules, work, legs, particulars.kind, None, undone)?;
    if let Some(original) = particulars.reverses {
        work.push(original.into(), TransferReversed { by: moved.transfer });
    }
    push_moved(work, moved, particulars);
    Ok(())
}

/// Posts what may be posted.
pub fn push_moved(work: &mut Decision<'_>, moved: Moved, particulars: Particulars) {
    let Moved { transfer, legs, events, despite_freeze, counted } = moved;
    work.push_new(transfer.into(), particulars.posted(legs.clone(), despite_freeze, counted));
    for (leg, event) in legs.iter().zip(events) {
        work.push(leg.account.into(), event);
    }
}

/// Whether legs may be posted. `instead`: an account as an earlier event of the command leaves it, which is not added yet. `undone`: see
/// [`post_legs`].
pub fn movement(
    rules: &MoneyRules,
    work: &Decision<'_>,
    legs: Legs,
    kind: TransferKind,
    instead: Option<(AccountId, &Account)>,
    undone: &[CountedFor],
) -> Result<Moved, Refusal> {
    let freeze = if kind == TransferKind::Reversal { Freeze::IsPassed } else { Freeze::Stops };
    try_movement(rules, work, legs, (Manner::of(kind), freeze), instead, undone)
}

/// Whether held funds may be paid to one of the bank's own accounts. A freeze does not stop that: the money is outside already. `source`: the
/// account that pays, as the release of the hold leaves it.
pub fn movement_to_outside(
    rules: &MoneyRules,
    work: &Decision<'_>,
    legs: Legs,
    source: (AccountId, &Account),
) -> Result<Moved, Refusal> {
    let manner = Manner { system_receives: true, ..Manner::of(TransferKind::Capture) };
    try_movement(rules, work, legs, (manner, Freeze::IsPassed), Some(source), &[])
}

fn try_movement(
    rules: &MoneyRules,
    work: &Decision<'_>,
    legs: Legs,
    (manner, freeze): (Manner, Freeze),
    instead: Option<(AccountId, &Account)>,
    undone: &[CountedFor],
) -> Result<Moved, Refusal> {
    let transfer = work.next_transfer();
    let Manner { system_pays, system_receives, maximum, counts_as } = manner;
    let account = |leg: &Leg| {
        let system = if leg.amount.is_negative() { system_pays } else { system_receives };
        let account = match instead {
            Some((id, account)) if id == leg.account => Some(account),
            _ => (leg.account != NOBODY).then(|| work.account(leg.account)).flatten(),
        };
        account.filter(|account| system || account.owner().is_some())
    };
    let accounts: Vec<_> = legs.iter().map(account).collect();
    let maximum = if maximum { &rules.limits } else { const { &Limits::NONE } };
    let limited = counts_as.map(|kind| limited(work, kind));
    let movement = Movement { transfer, legs: &legs, accounts: &accounts, freeze, limited, undone };
    let (domain::Moved { events, counted }, despite_freeze) = (movement.decide(maximum)?, movement.passes_freeze());
    Ok(Moved { transfer, legs, events, despite_freeze, counted })
}

/// What a payment of this kind counts as, with the limits of the bank.
pub fn limited<'a>(work: &'a Decision<'_>, kind: LimitedKind) -> Limited<'a> {
    Limited { limits: work.limits(), kind, time: work.deref() }
}

/// How a kind of transfer moves money.
struct Manner {
    /// Whether one of the bank's own accounts may pay. They are touched only where the outside is meant, or where an earlier movement did.
    system_pays: bool,
    /// The same of receiving.
    system_receives: bool,
    /// Whether the most that one transfer may move here at all holds for it.
    maximum: bool,
    /// As which kind of payment limits count it.
    counts_as: Option<LimitedKind>,
}

impl Manner {
    fn of(kind: TransferKind) -> Self {
        let (system_pays, system_receives, maximum, counts_as) = match kind {
            TransferKind::Transfer => (false, false, true, Some(LimitedKind::Transfer)),
            TransferKind::Compound => (false, false, true, Some(LimitedKind::Compound)),
            TransferKind::Charge => (false, false, true, Some(LimitedKind::Charge)),
            TransferKind::Trade => (false, false, true, Some(LimitedKind::Trade)),
            TransferKind::Payout => (false, false, true, Some(LimitedKind::Payout)),
            // What is captured was held against the limits.
            TransferKind::Capture => (false, false, false, None),
            TransferKind::Deposit => (true, false, false, None),
            TransferKind::Withdrawal => (false, true, false, Some(LimitedKind::Withdrawal)),
            TransferKind::Reversal => (true, true, false, None),
            TransferKind::Exchange => (true, true, false, Some(LimitedKind::Exchange)),
        };
        Self { system_pays, system_receives, maximum, counts_as }
    }
}

/// Records that a payment was refused; gives its transfer.
pub fn reject(work: &mut Decision<'_>, transfer: PendingTransfer, refusal: Refusal) -> TransferId {
    let id = work.next_transfer();
    work.rests_on(transfer.source.into());
    if let Some(destination) = transfer.destination {
        work.rests_on(destination.into());
    }
    rests_on_limits(work, &refusal);
    let asked_by = transfer.asked_by;
    let rejected = TransferRejected { facts: transfer.facts(), asked_by, refusal: refusal.into() };
    work.push_new(id.into(), rejected);
    id
}

/// A refusal by a limit rests on the limits.
pub fn rests_on_limits(work: &mut Decision<'_>, refusal: &Refusal) {
    if matches!(refusal, Refusal::LimitReached(_)) {
        work.rests_on(StreamId::LIMITS);
    }
}

/// This server's account for money outside that can take this change of its balance.
pub fn cash(rules: &MoneyRules, work: &mut Decision<'_>, asset: AssetCode, change: Minor) -> AccountId {
    system_account(work, |number| rules.system.cash_name(number), asset, change)
}

/// The first of the bank's own accounts of these names that can take this change of its balance; opened when it is first needed. A
/// balance has 38 digits, and what goes through it over the years may have more: then another account goes on.
pub fn system_account(
    work: &mut Decision<'_>,
    name: impl Fn(u32) -> String,
    asset: AssetCode,
    change: Minor,
) -> AccountId {
    let mut number = 0;
    loop {
        let name = name(number);
        let id = SystemAccounts::id(&name, asset);
        match work.account(id) {
            Some(account) if account.balance.plus(change).is_ok() => return id,
            // Of two accounts, one that is full does not fill the other: the change itself has 38 digits at most.
            Some(_) => number += 1,
            None => {
                work.push(id.into(), AccountOpened { holder: Holder::System { name }, asset });
                return id;
            }
        }
    }
}

/// Nobody has this id: it stands for the account of a number that nobody bears.
pub const NOBODY: AccountId = AccountId::new(Uuid::nil());

impl PendingTransfer {
    pub fn new(kind: TransferKind, source: AccountId, money: Money) -> Self {
        let (destination, memo, reference, reverses) = (None, None, None, None);
        Self { kind, source, destination, money, memo, reference, reverses, order: None, asked_by: None }
    }

    fn particulars(&self) -> Particulars {
        let (memo, reference) = (self.memo.clone(), self.reference.clone());
        let Self { kind, reverses, order, asked_by, .. } = *self;
        Particulars { memo, reference, reverses, order, asked_by, ..Particulars::of(kind) }
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
    /// Nothing but the kind.
    pub fn of(kind: TransferKind) -> Self {
        let (memo, reference, reverses, hold) = (None, None, None, None);
        Self { kind, memo, reference, reverses, hold, trade: None, order: None, asked_by: None }
    }

    fn posted(self, legs: Legs, despite_freeze: bool, counted: Vec<CountedFor>) -> TransferPosted {
        let Self { kind, memo, reference, reverses, hold, trade, order, asked_by } = self;
        let counted = counted.into_iter().map(|of| TransferCount::new(of, &legs)).collect();
        TransferPosted { kind, legs, memo, reference, reverses, hold, despite_freeze, trade, order, asked_by, counted }
    }
}
