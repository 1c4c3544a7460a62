//! A movement of money between two accounts: the one rule that touches more than one aggregate.

use kernel::{AccountId, Money, TransferId};

use crate::{Account, AccountEvent, Limits, Refusal};

/// A wish to move money.
#[derive(Clone, Copy, Debug)]
pub struct Movement<'a> {
    /// The transfer it belongs to.
    pub transfer: TransferId,
    /// From; none if there is no such account.
    pub source: (AccountId, Option<&'a Account>),
    /// To; none if there is no such account.
    pub destination: (AccountId, Option<&'a Account>),
    /// How much.
    pub money: Money,
}

/// What happens on the two accounts; the sums cancel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Postings {
    /// On the source.
    pub debit: AccountEvent,
    /// On the destination.
    pub credit: AccountEvent,
}

impl Movement<'_> {
    /// Moves the money, or says why not. The checks go from the wish itself to the state of the accounts, so that the
    /// same wrong wish gets the same answer whatever the balances are.
    pub fn decide(&self, limits: &Limits) -> Result<Postings, Refusal> {
        let Money { asset, amount } = self.money;
        if !amount.is_positive() {
            return Err(Refusal::AmountNotPositive);
        }
        if self.source.0 == self.destination.0 {
            return Err(Refusal::SameAccount);
        }
        let source = self.source.1.ok_or(Refusal::AccountUnknown)?;
        let destination = self.destination.1.ok_or(Refusal::AccountUnknown)?;
        if source.asset != asset || destination.asset != asset {
            return Err(Refusal::AssetMismatch);
        }
        source.usable()?;
        destination.usable()?;
        limits.check(self.money)?;
        let debited = source.after_debit(amount)?;
        let credited = destination.after_credit(amount)?;
        let transfer = self.transfer;
        Ok(Postings {
            debit: AccountEvent::Debited { transfer, amount, balance: debited },
            credit: AccountEvent::Credited { transfer, amount, balance: credited },
        })
    }
}
