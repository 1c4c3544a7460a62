//! A movement of money between accounts: the one rule that touches more than one aggregate.

use events::recorded::{AccountCredited, AccountDebited, AccountEvent, Leg, Legs};
use kernel::{AccountId, Minor, Money, TransferId};

use crate::{Account, Limits, Refusal};

/// A request to move money.
#[derive(Clone, Copy, Debug)]
pub struct Movement<'a> {
    /// The transfer it belongs to.
    pub transfer: TransferId,
    /// What goes where, in order.
    pub legs: &'a Legs,
    /// The account of each leg; none if there is no such account.
    pub accounts: &'a [Option<&'a Account>],
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
    /// Moves the money, or says why not: gives what happens to the account of each leg, in order. The checks go from the
    /// request itself to the state of the accounts, so that the same wrong request gets the same answer whatever the balances are.
    pub fn decide(&self, limits: &Limits) -> Result<Vec<AccountEvent>, Refusal> {
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
        accounts.iter().try_for_each(|account| account.usable())?;
        self.check(limits)?;
        let mut balances: Vec<Minor> = Vec::with_capacity(legs.len());
        for (leg, account) in legs.iter().zip(&accounts) {
            // An account may have several legs: each begins where the one before ended.
            let earlier = legs[..balances.len()].iter().rposition(|earlier| earlier.account == leg.account);
            let before = earlier.map_or(account.balance, |earlier| balances[earlier]);
            balances.push(account.after(before, leg.amount)?);
        }
        let happened = legs.iter().zip(balances).map(|(leg, balance)| self.event(leg.amount, balance));
        Ok(happened.collect())
    }

    fn event(&self, amount: Minor, balance: Minor) -> AccountEvent {
        let transfer = self.transfer;
        if amount.is_negative() {
            AccountDebited { transfer, amount: amount.negated(), balance }.into()
        } else {
            AccountCredited { transfer, amount, balance }.into()
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
