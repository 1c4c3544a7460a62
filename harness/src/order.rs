//! What the providers have in common.

use kernel::{Ids, Money};
use serde::{Serialize, de::DeserializeOwned};

use crate::faults::Fault;

/// What a provider is asked to carry out: a payment, a payout, a card.
pub trait Order: DeserializeOwned + Serialize + Send + Sync + 'static {
    /// How the provider speaks.
    const WORDS: Words;

    /// What it is about, as it stands in answers: a payment key, a bank, a product.
    fn subject(&self) -> &str;

    /// How much.
    fn money(&self) -> Money;

    /// What becomes of it.
    fn verdict(&self) -> Verdict;

    /// Whether that is decided only after a while.
    fn takes_time(&self) -> bool {
        false
    }

    /// What goes wrong the first time that it is asked for.
    fn fault(&self) -> Option<Fault>;

    /// What only the buyer may know.
    fn secret(&self, _ids: &dyn Ids) -> Option<String> {
        None
    }
}

/// What becomes of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is carried out.
    Done,
    /// It is refused.
    Refused(&'static str),
    /// It is carried out, and what was paid comes back.
    Returned,
    /// It is carried out and cannot be undone any more.
    Spent,
}

/// How a provider speaks.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// The provider's name: its file.
    pub name: &'static str,
    /// The path of its orders.
    pub path: &'static str,
    /// The path at which one is undone.
    pub undo_path: &'static str,
    /// What an order is about.
    pub subject: &'static str,
    /// The state of an order that is not decided.
    pub pending: &'static str,
    /// The state of one that is carried out.
    pub done: &'static str,
    /// The state, and the reason, of one that was undone.
    pub undone: &'static str,
    /// Why one that is carried out cannot be undone.
    pub spent: &'static str,
    /// Whether a subject is good for one order only.
    pub is_exclusive: bool,
    /// Whether what is carried out can be undone.
    pub undoes_done: bool,
    /// Whether to undo what was never there is answered 404.
    pub misses_unknown: bool,
}
