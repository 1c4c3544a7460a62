//! A movement of money between accounts: the one rule that touches more than one aggregate.

use events::recorded::{AccountCredited, AccountDebited, AccountEvent, CountedFor, Leg, Legs, LimitUse, LimitedKind};
use kernel::{AccountId, Minor, Money, TransferId};

use crate::{
    Account, BankLimits, Limits, Refusal,
    limit::{self, Counting, LogTime, Paid, give_back},
};

/// A request to move money.
#[derive(Clone, Copy)]
pub struct Movement<'a> {
    /// The transfer it belongs to.
    pub transfer: TransferId,
    /// What goes where, in order.
    pub legs: &'a Legs,
    /// The account of each leg; none if there is no such account.
    pub accounts: &'a [Option<&'a Account>],
    /// Whether a freeze stops it.
    pub freeze: Freeze,
    /// What it counts as for the limits of the accounts that pay; none if it does not count.
    pub limited: Option<Limited<'a>>,
    /// What an earlier movement counted that is undone by it: it is given back.
    pub undone: &'a [CountedFor],
}

/// What a movement counts as for limits.
#[derive(Clone, Copy)]
pub struct Limited<'a> {
    /// All limits of the bank.
    pub limits: &'a BankLimits,
    /// As limits tell it apart.
    pub kind: LimitedKind,
    /// The log's clock.
    pub time: &'a dyn LogTime,
}

impl Limited<'_> {
    /// Counts what an account pays, if its limits leave so much. The bank's own accounts have none.
    pub(crate) fn count(&self, account: &Account, amount: Minor, count: u32) -> Result<Counting, Refusal> {
        if account.owner().is_none() || self.limits.is_empty() {
            return Ok(Counting::default());
        }
        let paid = Paid { kind: self.kind, amount, count };
        limit::count(self.limits, account.payer(), paid, self.time)
    }
}

/// What comes of a movement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// What happens to the account of each leg, in order.
    pub events: Vec<AccountEvent>,
    /// What it counted for limits.
    pub counted: Vec<CountedFor>,
}

/// What a freeze does to a movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freeze {
    /// It stops it.
    Stops,
    /// An operator undoes an earlier movement: no freeze stops that.
    IsPassed,
}

/// The legs of a payment from one account to another.
pub fn payment(source: AccountId, destination: AccountId, money: Money) -> Result<Legs, Refusal> {
    if !money.amount.is_positive() {
        return Err(Refusal::AmountNotPositive);
    }
    Ok(Legs::between(source, destination, money))
}

/// The legs of several payments, in order; at least one. Each is a payment of its own: more than nothing, and to another account.
pub fn payments(payments: &[(AccountId, AccountId, Money)]) -> Result<Legs, Refusal> {
    let legs = payments.iter().map(|(source, destination, money)| match source == destination {
        true if money.amount.is_positive() => Err(Refusal::SameAccount),
        _ => payment(*source, *destination, *money),
    });
    let legs: Vec<Legs> = legs.collect::<Result<_, _>>()?;
    // Each pair of legs sums to zero, so all of them do.
    Legs::new(legs.iter().flat_map(|legs| legs.iter().copied()).collect()).map_err(|_| Refusal::AmountNotPositive)
}

impl Movement<'_> {
    /// Moves the money, or says why not. The checks go from the
    /// request itself to the state of the accounts, so that the same wrong request gets the same answer whatever the balances are.
    pub fn decide(&self, limits: &Limits) -> Result<Moved, Refusal> {
        let legs: &[Leg] = self.legs;
        if legs.iter().any(|leg| leg.amount == Minor::ZERO) {
            return Err(Refusal::AmountNotPositive);
        }
        if legs.iter().all(|leg| leg.account == legs[0].account) {
            return Err(Refusal::SameAccount);
        }
        let account = |index: usize| self.accounts.get(index).copied().flatten().ok_or(Refusal::AccountUnknown);
        let accounts = (0..legs.len()).map(account).collect::<Result<Vec<_>, _>>()?;
        if legs.iter().zip(&accounts).any(|(leg, account)| leg.asset != account.asset) {
            return Err(Refusal::AssetMismatch);
        }
        for (leg, account) in legs.iter().zip(&accounts) {
            match usable(leg, account) {
                Err(Refusal::AccountFrozen) if self.freeze == Freeze::IsPassed => {}
                usable => usable?,
            }
        }
        self.check(limits)?;
        let mut counted = Vec::new();
        let used = (0..legs.len()).map(|index| self.used(index, accounts[index], &mut counted));
        let used = used.collect::<Result<Vec<_>, _>>()?;
        let mut balances: Vec<Minor> = Vec::with_capacity(legs.len());
        for (leg, account) in legs.iter().zip(&accounts) {
            // An account may have several legs: each begins where the one before ended.
            let earlier = legs[..balances.len()].iter().rposition(|earlier| earlier.account == leg.account);
            let before = earlier.map_or(account.balance, |earlier| balances[earlier]);
            balances.push(account.after(before, leg.amount)?);
        }
        let happened = legs.iter().zip(balances).zip(used);
        let events = happened.map(|((leg, balance), used)| self.event(leg.amount, balance, used)).collect();
        Ok(Moved { events, counted })
    }

    /// Whether it moves money that a freeze would stop.
    pub fn passes_freeze(&self) -> bool {
        let frozen = |(leg, account): (&Leg, &Option<&Account>)| {
            account.is_some_and(|account| usable(leg, account) == Err(Refusal::AccountFrozen))
        };
        self.freeze == Freeze::IsPassed && self.legs.iter().zip(self.accounts).any(frozen)
    }

    /// What is used of the limits of a leg's account once it has happened. All that an account pays is counted with its first debit, and all
    /// that it is given back with its first credit.
    fn used(&self, index: usize, account: &Account, counted: &mut Vec<CountedFor>) -> Result<Vec<LimitUse>, Refusal> {
        let (leg, pays) = (&self.legs[index], self.legs[index].amount.is_negative());
        let same = |other: &&Leg| other.account == leg.account && other.amount.is_negative() == pays;
        let is_first = !self.legs[..index].iter().any(|earlier| same(&earlier));
        if !is_first || account.owner().is_none() {
            return Ok(Vec::new());
        }
        if !pays {
            let undone = self.undone.iter().filter(|undone| undone.account == leg.account);
            return Ok(give_back(&account.used, undone.map(|undone| &undone.counted)));
        }
        let Some(limited) = self.limited else { return Ok(Vec::new()) };
        let paid = self.legs.iter().filter(same).map(|leg| leg.amount.negated());
        let amount = paid.into_iter().try_fold(Minor::ZERO, Minor::plus).map_err(|_| Refusal::AmountOverflow)?;
        let counting = limited.count(account, amount, 1)?;
        let of_account = counting.counted.into_iter().map(|counted| CountedFor { account: leg.account, counted });
        counted.extend(of_account);
        Ok(counting.used)
    }

    fn event(&self, amount: Minor, balance: Minor, used: Vec<LimitUse>) -> AccountEvent {
        let transfer = self.transfer;
        if amount.is_negative() {
            AccountDebited { transfer, amount: amount.negated(), balance, used }.into()
        } else {
            AccountCredited { transfer, amount, balance, used }.into()
        }
    }

    /// Holds what is moved of each asset against its limit.
    fn check(&self, limits: &Limits) -> Result<(), Refusal> {
        for (index, Leg { asset, .. }) in self.legs.iter().enumerate() {
            if self.legs[..index].iter().any(|earlier| earlier.asset == *asset) {
                continue;
            }
            let credits = self.legs.iter().filter(|leg| leg.asset == *asset && leg.amount.is_positive());
            let moved = credits.map(|leg| leg.amount).try_fold(Minor::ZERO, Minor::plus);
            let amount = moved.map_err(|_| Refusal::AmountOverflow)?;
            limits.check(Money { asset: *asset, amount })?;
        }
        Ok(())
    }
}

fn usable(leg: &Leg, account: &Account) -> Result<(), Refusal> {
    if leg.amount.is_negative() { account.debitable() } else { account.creditable() }
}
