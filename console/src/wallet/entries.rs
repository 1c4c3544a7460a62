//! What happened on an account, line by line.

use serde::Deserialize;

use crate::{format::Moment, page::Page};

/// A line as the servers tell it.
#[derive(Deserialize)]
pub(crate) struct Entry {
    transfer_id: String,
    kind: String,
    amount: String,
    balance_after: String,
    counterparty_number: Option<String>,
    counterparty_name: Option<String>,
    memo: Option<String>,
    recorded_at: String,
    /// Where lines of several accounts stand together.
    #[serde(default)]
    pub(crate) asset: String,
}

/// The same for people.
pub(crate) struct Line {
    pub(crate) href: String,
    pub(crate) kind: String,
    pub(crate) amount: String,
    pub(crate) is_out: bool,
    pub(crate) balance: String,
    pub(crate) other: String,
    pub(crate) memo: String,
    pub(crate) at: Moment,
}

impl Entry {
    pub(crate) fn line(self, page: &Page, asset: &str) -> Line {
        let other = [self.counterparty_name, self.counterparty_number].into_iter().flatten();
        Line {
            href: format!("/wallet/transfers/{}", self.transfer_id),
            kind: page.word("transfer-kind", &self.kind),
            amount: page.format.money(&self.amount, asset),
            is_out: self.amount.starts_with('-'),
            balance: page.format.money(&self.balance_after, asset),
            other: other.collect::<Vec<_>>().join(" · "),
            memo: self.memo.unwrap_or_default(),
            at: page.format.time(&self.recorded_at),
        }
    }
}
