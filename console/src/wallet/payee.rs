//! Who is paid: asked before anything is.

use serde::Deserialize;

use crate::{
    client::{Address, Failure},
    page::Page,
    posted::refused,
    visit::Visit,
};

/// Whom a number belongs to.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Payee {
    pub(crate) account_number: String,
    pub(crate) asset: String,
    masked_name: Option<String>,
}

impl Payee {
    /// By its number, as it was typed.
    pub(crate) async fn of_number(visit: &Visit, typed: &str) -> Result<Self, Failure> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(refused(400, "number-missing"));
        }
        visit.get(Address::query("/v1/payees").with("account_number", typed)).await
    }

    /// By its id, as it stands in a transfer.
    pub(crate) async fn of_id(visit: &Visit, id: &str) -> Result<Self, Failure> {
        visit.get(Address::query("/v1/payees").with("account_id", id)).await
    }

    /// For people: the number, and the name as far as it is shown.
    pub(crate) fn text(&self, page: &Page) -> String {
        let name = self.masked_name.clone().unwrap_or_else(|| page.t("wallet-no-name"));
        format!("{} · {name}", self.account_number)
    }
}
