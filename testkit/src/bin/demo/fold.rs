//! What the balances must be: plain addition over the file, and over the transfers afterwards. It asks nobody.

use std::collections::{BTreeMap, BTreeSet};

use crate::movements::{Direction, Movement};

/// The balances by account, and the rows that had to be refused.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Fold {
    /// In minor units, by the old bank's account number.
    pub balances: BTreeMap<String, i128>,
    /// The rows that would have taken a balance below zero, by `trans_id`.
    pub refused: BTreeSet<String>,
}

impl Fold {
    /// Folds the rows in their order.
    pub fn of(movements: &[Movement]) -> Self {
        let mut fold = Self::default();
        for movement in movements {
            let amount = i128::from(movement.amount);
            let balance = fold.balances.entry(movement.account.clone()).or_default();
            match movement.direction {
                Direction::In => *balance += amount,
                Direction::Out if *balance >= amount => *balance -= amount,
                Direction::Out => {
                    fold.refused.insert(movement.trans_id.clone());
                }
            }
        }
        fold
    }

    /// Moves money between two accounts; whether it may.
    pub fn transfer(&mut self, source: &str, destination: &str, amount: i128) -> bool {
        let available = self.balances.get(source).copied().unwrap_or_default();
        if available < amount {
            return false;
        }
        *self.balances.entry(source.to_owned()).or_default() -= amount;
        *self.balances.entry(destination.to_owned()).or_default() += amount;
        true
    }

    /// Pays the bank, which is no customer; whether it may.
    pub fn pay_the_bank(&mut self, source: &str, amount: i128) -> bool {
        let balance = self.balances.entry(source.to_owned()).or_default();
        let may = *balance >= amount;
        *balance -= if may { amount } else { 0 };
        may
    }

    /// The accounts with the most, the richest first.
    pub fn richest(&self, count: usize) -> Vec<(String, i128)> {
        let mut all: Vec<_> = self.balances.iter().map(|(account, balance)| (account.clone(), *balance)).collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        all.truncate(count);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(trans_id: &str, account: &str, direction: Direction, amount: u64) -> Movement {
        Movement { trans_id: trans_id.into(), date: String::new(), account: account.into(), direction, amount }
    }

    #[test]
    fn what_would_go_below_zero_is_refused_and_changes_nothing() {
        let fold = Fold::of(&[
            row("1", "a", Direction::In, 100),
            row("2", "a", Direction::Out, 101),
            row("3", "b", Direction::Out, 1),
            row("4", "a", Direction::Out, 100),
        ]);
        assert_eq!(fold.balances, BTreeMap::from([("a".to_owned(), 0), ("b".to_owned(), 0)]));
        assert_eq!(fold.refused, BTreeSet::from(["2".to_owned(), "3".to_owned()]));
    }

    #[test]
    fn transfers_keep_the_sum() {
        let mut fold = Fold::of(&[row("1", "a", Direction::In, 100)]);
        assert!(fold.transfer("a", "b", 60) && !fold.transfer("a", "b", 41));
        assert_eq!(fold.richest(1), [("b".to_owned(), 60)]);
        assert_eq!(fold.balances.values().sum::<i128>(), 100);
        assert!(fold.pay_the_bank("a", 40) && !fold.pay_the_bank("a", 1));
        assert_eq!(fold.balances.values().sum::<i128>(), 60, "what the bank has is no customer's");
    }
}
