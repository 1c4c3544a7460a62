//! The legs of a transfer: what it does to each account.

use std::{collections::HashMap, ops::Deref};

use kernel::{AccountId, AssetCode, Minor, Money};
use serde::{Deserialize, Serialize};

/// What a transfer does to one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// The account; it may have several legs in one transfer.
    pub account: AccountId,
    /// The asset; the account's own.
    pub asset: AssetCode,
    /// Signed minor units: a debit is below zero.
    pub amount: Minor,
}

/// At least two legs, which sum to zero for each asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Legs(Vec<Leg>);

/// Why legs make no transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LegsError {
    /// There are fewer than two.
    #[error("a transfer has at least two legs")]
    TooFew,
    /// Money would appear or vanish.
    #[error("the legs of {0} do not sum to zero")]
    Unbalanced(AssetCode),
}

/// A transfer of two legs: money goes from one account to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The account debited.
    pub source: AccountId,
    /// The account credited.
    pub destination: AccountId,
    /// What was moved.
    pub money: Money,
}

impl Legs {
    /// These legs, if they make a transfer.
    pub fn new(legs: Vec<Leg>) -> Result<Self, LegsError> {
        let legs = Self(legs);
        legs.check().map(|()| legs)
    }

    /// Two legs, the debit first.
    pub fn between(source: AccountId, destination: AccountId, Money { asset, amount }: Money) -> Self {
        let leg = |account, amount| Leg { account, asset, amount };
        Self(vec![leg(source, amount.negated()), leg(destination, amount)])
    }

    /// Source, destination and money, where there are two legs. Two legs have one asset, because they sum to zero.
    pub fn pair(&self) -> Option<Pair> {
        let [first, second] = self.0.as_slice() else { return None };
        let (debit, credit) = if second.amount.is_negative() { (second, first) } else { (first, second) };
        let money = Money { asset: credit.asset, amount: credit.amount };
        Some(Pair { source: debit.account, destination: credit.account, money })
    }

    /// The account on the other side of a leg, where the legs are payments one after the other: each pair of them moves the same amount
    /// of one asset.
    pub fn counterparty(&self, index: usize) -> Option<AccountId> {
        let (pairs, rest) = self.0.as_chunks::<2>();
        let is_payment = |[one, other]: &[Leg; 2]| one.asset == other.asset && one.amount == other.amount.negated();
        (rest.is_empty() && pairs.iter().all(is_payment)).then(|| self.0.get(index ^ 1).map(|leg| leg.account))?
    }

    /// The legs that undo these: negated, the last one first, so that each balance goes back the way it came.
    pub fn negated(&self) -> Self {
        Self(self.0.iter().rev().map(|leg| Leg { amount: leg.amount.negated(), ..*leg }).collect())
    }

    pub(super) fn check(&self) -> Result<(), LegsError> {
        if self.0.len() < 2 {
            return Err(LegsError::TooFew);
        }
        if let [Leg { asset, amount, .. }, other] = self.0.as_slice()
            && (*asset, *amount) == (other.asset, other.amount.negated())
        {
            return Ok(());
        }
        let mut sums: HashMap<AssetCode, Sum> = HashMap::new();
        for leg in &self.0 {
            sums.entry(leg.asset).or_default().add(leg.amount);
        }
        // The first asset in the order of the legs, so that the error is the same each time.
        let unbalanced = self.0.iter().find(|leg| sums.get(&leg.asset).is_some_and(|sum| !sum.is_zero()));
        unbalanced.map_or(Ok(()), |leg| Err(LegsError::Unbalanced(leg.asset)))
    }
}

impl Deref for Legs {
    type Target = [Leg];

    fn deref(&self) -> &[Leg] {
        &self.0
    }
}

/// A sum of amounts of 38 digits each, of which two may be more than an `i128` holds: upper and lower digits apart.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    upper: i128,
    lower: i128,
}

impl Sum {
    const BASE: i128 = 10_i128.pow(19);

    fn add(&mut self, amount: Minor) {
        self.upper += amount.units() / Self::BASE;
        self.lower += amount.units() % Self::BASE;
    }

    fn is_zero(self) -> bool {
        self.lower % Self::BASE == 0 && self.upper + self.lower / Self::BASE == 0
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn legs(amounts: &[(&str, i128)]) -> Result<Legs, LegsError> {
        let leg = |(n, &(asset, units)): (usize, &(&str, i128))| Leg {
            account: AccountId::new(Uuid::from_u128(n as u128)),
            asset: asset.parse().expect("an asset"),
            amount: Minor::new(units).expect("38 digits"),
        };
        Legs::new(amounts.iter().enumerate().map(leg).collect())
    }

    #[test]
    fn legs_sum_to_zero_for_each_asset() {
        assert!(legs(&[("KRW", -5), ("KRW", 5)]).is_ok());
        assert!(legs(&[("KRW", -5), ("EUR", 1), ("EUR", -1), ("KRW", 2), ("KRW", 3)]).is_ok());
        assert_eq!(legs(&[("KRW", -5), ("EUR", 5)]), Err(LegsError::Unbalanced("KRW".parse().expect("an asset"))));
        assert_eq!(
            legs(&[("KRW", -5), ("KRW", 5), ("EUR", -3), ("EUR", 2)]),
            Err(LegsError::Unbalanced("EUR".parse().expect("an asset")))
        );
        for few in [&[][..], &[("KRW", 0)]] {
            assert_eq!(legs(few), Err(LegsError::TooFew));
        }
    }

    #[test]
    fn sums_beyond_128_bits_are_right() {
        let most = Minor::MAX.units();
        assert!(legs(&[("BUP", most), ("BUP", most), ("BUP", -most), ("BUP", -most)]).is_ok());
        assert!(legs(&[("BUP", most), ("BUP", 1), ("BUP", -most), ("BUP", -1)]).is_ok());
        assert!(legs(&[("BUP", most), ("BUP", most), ("BUP", -most), ("BUP", -most + 1)]).is_err());
        assert!(legs(&[("BUP", 10_i128.pow(19)), ("BUP", -1), ("BUP", 1 - 10_i128.pow(19))]).is_ok());
    }

    #[test]
    fn two_legs_are_a_pair_in_either_order() {
        let (forth, back) = (legs(&[("KRW", -5), ("KRW", 5)]).unwrap(), legs(&[("KRW", 5), ("KRW", -5)]).unwrap());
        let (forth, back) = (forth.pair().expect("two legs"), back.pair().expect("two legs"));
        assert_eq!((forth.source, forth.destination), (back.destination, back.source));
        assert_eq!((forth.money.amount.units(), back.money.amount.units()), (5, 5));
        assert_eq!(legs(&[("KRW", -5), ("KRW", 2), ("KRW", 3)]).unwrap().pair(), None);
    }

    #[test]
    fn payments_one_after_the_other_have_two_sides_each() {
        let others = |amounts: &[(&str, i128)]| {
            let legs = legs(amounts).expect("legs");
            (0..legs.len()).map(|index| legs.counterparty(index).map(|id| id.uuid().as_u128())).collect::<Vec<_>>()
        };
        assert_eq!(others(&[("KRW", -5), ("KRW", 5)]), [Some(1), Some(0)]);
        let several = [("KRW", -5), ("KRW", 5), ("EUR", -1), ("EUR", 1)];
        assert_eq!(others(&several), [Some(1), Some(0), Some(3), Some(2)]);
        let undone = legs(&several).expect("legs").negated();
        assert_eq!(undone.counterparty(0), Some(undone[1].account));
        assert_eq!(others(&[("KRW", -5), ("KRW", 2), ("KRW", 3)]), [None; 3]);
        assert_eq!(others(&[("KRW", -5), ("EUR", -1), ("EUR", 1), ("KRW", 5)]), [None; 4]);
    }

    #[test]
    fn what_undoes_a_pair_debits_its_destination_first() {
        let legs = legs(&[("KRW", -5), ("KRW", 5)]).expect("legs");
        let undone = legs.negated();
        assert_eq!((undone[0].account, undone[0].amount.units()), (legs[1].account, -5));
        assert_eq!(undone.negated(), legs);
    }
}
