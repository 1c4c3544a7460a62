//! Another bank, which pays money into its accounts. The contract is docs/provider-bank.md.

use kernel::{AssetCode, Minor, Money};
use serde::{Deserialize, Serialize};

use crate::{
    faults::Fault,
    order::{Order, Verdict, Words},
};

/// A payment into an account. The beginning of its number says what becomes of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payout {
    bank: String,
    number: String,
    holder: String,
    asset: AssetCode,
    amount: Minor,
}

impl Order for Payout {
    const WORDS: Words = Words {
        name: "bank",
        path: "/payouts",
        undo_path: "/payouts/cancel",
        subject: "bank",
        pending: "accepted",
        done: "settled",
        undone: "cancelled",
        spent: "settled",
        is_exclusive: false,
        undoes_done: false,
        misses_unknown: false,
    };

    fn subject(&self) -> &str {
        &self.bank
    }

    fn money(&self) -> Money {
        Money { asset: self.asset, amount: self.amount }
    }

    fn verdict(&self) -> Verdict {
        match self.number.get(..2) {
            Some("00") => Verdict::Returned,
            Some("99") => Verdict::Refused("account-unknown"),
            _ => Verdict::Done,
        }
    }

    fn takes_time(&self) -> bool {
        true
    }

    fn fault(&self) -> Option<Fault> {
        match self.number.get(..2) {
            Some("66") => Some(Fault::Twice),
            Some("77") => Some(Fault::Lost),
            Some("88") => Some(Fault::Late),
            _ => None,
        }
    }
}
