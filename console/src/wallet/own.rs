//! The accounts of the member who asks.

use serde::Deserialize;

use crate::{
    client::{Address, Failure},
    page::Page,
    posted::refused,
    visit::Visit,
};

/// As many as a list of the servers has at most.
const MOST: &str = "200";

/// An account.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Account {
    pub(crate) account_id: String,
    pub(crate) account_number: Option<String>,
    pub(crate) asset: String,
    pub(crate) status: String,
    pub(crate) freeze: Option<String>,
    pub(crate) balance: String,
    pub(crate) available: String,
    pub(crate) held: String,
}

#[derive(Deserialize)]
struct Accounts {
    items: Vec<Account>,
}

/// An amount as the servers write it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Money {
    pub(crate) asset: String,
    pub(crate) amount: String,
}

/// Something that can be chosen.
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) name: String,
    pub(crate) is_chosen: bool,
}

impl Account {
    /// Its number, by which people know it.
    pub(crate) fn name(&self) -> &str {
        self.account_number.as_deref().unwrap_or(&self.account_id)
    }
}

/// The newest accounts.
pub(crate) async fn accounts(visit: &Visit) -> Result<Vec<Account>, Failure> {
    let accounts: Accounts = visit.get(Address::query("/v1/accounts").with("limit", MOST)).await?;
    Ok(accounts.items)
}

/// One of them. Servers tell members of their own alone.
pub(crate) async fn account(visit: &Visit, id: &str) -> Result<Account, Failure> {
    if id.is_empty() {
        return Err(refused(400, "account-missing"));
    }
    visit.get(Address::query("/v1/accounts").segment(id)).await
}

/// Those that a form can pay from or into.
pub(crate) fn choices(page: &Page, accounts: &[Account], chosen: &str) -> Vec<Choice> {
    let usable = accounts.iter().filter(|account| account.status != "closed");
    let choice = |account: &Account| Choice {
        value: account.account_id.clone(),
        name: format!("{} · {}", account.name(), page.format.money(&account.available, &account.asset)),
        is_chosen: account.account_id == chosen,
    };
    usable.map(choice).collect()
}

/// The words of a kind that can be chosen.
pub(crate) fn words(page: &Page, kind: &str, words: &[&str], chosen: &str) -> Vec<Choice> {
    let choice =
        |word: &&str| Choice { value: (*word).to_owned(), name: page.word(kind, word), is_chosen: *word == chosen };
    words.iter().map(choice).collect()
}
