//! An issuer of gift cards. The contract is docs/provider-gift-cards.md.

use kernel::{AssetCode, Ids, Minor, Money};
use serde::{Deserialize, Serialize};

use crate::{
    faults::Fault,
    order::{Order, Verdict, Words},
};

/// A card that is bought. The name of its product says what becomes of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    product: String,
    asset: AssetCode,
    amount: Minor,
}

impl Card {
    fn is(&self, word: &str) -> bool {
        self.product.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }
}

impl Order for Card {
    const WORDS: Words = Words {
        name: "gift-cards",
        path: "/cards",
        undo_path: "/cards/void",
        subject: "product",
        pending: "pending",
        done: "issued",
        undone: "void",
        spent: "used",
        is_exclusive: false,
        undoes_done: true,
        misses_unknown: false,
    };

    fn subject(&self) -> &str {
        &self.product
    }

    fn money(&self) -> Money {
        Money { asset: self.asset, amount: self.amount }
    }

    fn verdict(&self) -> Verdict {
        if self.is("sold-out") {
            Verdict::Refused("sold-out")
        } else if self.is("used") {
            Verdict::Spent
        } else {
            Verdict::Done
        }
    }

    fn takes_time(&self) -> bool {
        self.is("slow")
    }

    fn fault(&self) -> Option<Fault> {
        let faults = [("late", Fault::Late), ("lost", Fault::Lost), ("twice", Fault::Twice)];
        faults.into_iter().find_map(|(word, fault)| self.is(word).then_some(fault))
    }

    /// Sixteen digits in groups of four.
    fn secret(&self, ids: &dyn Ids) -> Option<String> {
        let digits = format!("{:010}{:010}", ids.digits(), ids.digits());
        Some([&digits[..4], &digits[4..8], &digits[8..12], &digits[12..16]].join("-"))
    }
}
