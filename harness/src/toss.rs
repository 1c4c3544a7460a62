//! `toss`: takes payments by card. The contract is docs/provider-toss.md.

use kernel::{AssetCode, Minor, Money};
use serde::{Deserialize, Serialize};

use crate::{
    faults::Fault,
    order::{Order, Verdict, Words},
};

/// A payment that is to be confirmed. The beginning of its key says what becomes of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    payment_key: String,
    asset: AssetCode,
    amount: Minor,
}

impl Payment {
    fn word(&self) -> Option<&str> {
        self.payment_key.split_once('-').map(|(word, _)| word)
    }
}

impl Order for Payment {
    const WORDS: Words = Words {
        name: "toss",
        path: "/payments",
        undo_path: "/payments/cancel",
        subject: "payment_key",
        pending: "pending",
        done: "confirmed",
        undone: "cancelled",
        spent: "paid-out",
        is_exclusive: true,
        undoes_done: true,
        misses_unknown: true,
    };

    fn subject(&self) -> &str {
        &self.payment_key
    }

    fn money(&self) -> Money {
        Money { asset: self.asset, amount: self.amount }
    }

    fn verdict(&self) -> Verdict {
        match self.word() {
            Some("ok" | "late" | "lost" | "twice") => Verdict::Done,
            Some("refuse") => Verdict::Refused("card-refused"),
            _ => Verdict::Refused("payment-unknown"),
        }
    }

    fn fault(&self) -> Option<Fault> {
        match self.word() {
            Some("late") => Some(Fault::Late),
            Some("lost") => Some(Fault::Lost),
            Some("twice") => Some(Fault::Twice),
            _ => None,
        }
    }
}
