//! The file.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use uuid::Uuid;

const BERKA: &str = include_str!("../../../data/czech-bank-1993-h1.csv");

/// Whether money came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// It came: a deposit.
    In,
    /// It went: a withdrawal.
    Out,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Movement {
    /// Unique in the file.
    pub trans_id: String,
    /// The day.
    pub date: String,
    /// The account, by the old bank's number.
    pub account: String,
    /// Which way.
    pub direction: Direction,
    /// How much, in haléř; more than zero.
    #[serde(rename = "amount_czk_minor")]
    pub amount: u64,
}

/// All rows, in booking order.
#[derive(Debug)]
pub struct File {
    /// A short name that changes when the file does.
    pub data_set: String,
    /// The rows.
    pub movements: Vec<Movement>,
}

impl File {
    /// The file at this path, or the one under `testkit/data`.
    pub fn read(path: Option<&Path>) -> Result<Self> {
        match path {
            None => Self::parse(BERKA),
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
                Self::parse(&text).with_context(|| format!("{} is not a file of movements", path.display()))
            }
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let movements: Vec<Movement> =
            reader.deserialize().collect::<Result<_, _>>().context("a row cannot be read")?;
        ensure!(!movements.is_empty(), "there is no movement in it");
        let digest = Uuid::new_v5(&crate::bank::PEOPLE, text.as_bytes()).simple().to_string();
        Ok(Self { data_set: format!("demo-{}", &digest[..12]), movements })
    }

    /// The rows of each account, in their order.
    pub fn by_account(&self) -> BTreeMap<&str, Vec<&Movement>> {
        let mut accounts: BTreeMap<&str, Vec<&Movement>> = BTreeMap::new();
        for movement in &self.movements {
            accounts.entry(&movement.account).or_default().push(movement);
        }
        accounts
    }

    /// The first and the last day.
    pub fn days(&self) -> (&str, &str) {
        let mut days = self.movements.iter().map(|movement| movement.date.as_str());
        let first = days.next().unwrap_or_default();
        (first, days.next_back().unwrap_or(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_the_data_folder_has_all_its_rows() {
        let file = File::read(None).expect("it parses");
        assert_eq!(file.movements.len(), 5_347);
        assert_eq!(file.by_account().len(), 554);
        assert_eq!(file.days(), ("1993-01-01", "1993-06-30"));
        let unique: std::collections::BTreeSet<_> = file.movements.iter().map(|m| &m.trans_id).collect();
        assert_eq!(unique.len(), file.movements.len(), "keys are made from it");
    }

    #[test]
    fn another_file_is_another_data_set() {
        let header = "trans_id,date,account,direction,operation,purpose,amount_czk_minor,other_bank,other_account\n";
        let one = File::parse(&format!("{header}1,1993-01-01,7,in,cash-in,,100,,\n")).expect("parses");
        let two = File::parse(&format!("{header}1,1993-01-01,7,out,cash-out,,100,,\n")).expect("parses");
        assert_ne!(one.data_set, two.data_set);
        assert_eq!((one.movements[0].direction, two.movements[0].direction), (Direction::In, Direction::Out));
    }

    #[test]
    fn a_file_with_a_fraction_is_refused() {
        let header = "trans_id,date,account,direction,operation,purpose,amount_czk_minor,other_bank,other_account\n";
        assert!(File::parse(&format!("{header}1,1993-01-01,7,in,cash-in,,1.5,,\n")).is_err());
    }
}
