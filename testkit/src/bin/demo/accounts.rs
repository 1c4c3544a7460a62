//! Opening the accounts, one owner each.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::json;
use testkit::client::Caller;
use tokio::time::Instant;

use crate::{bank::DemoBank, movements::File, progress::Progress, show};

/// An account at Jangbu.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its id.
    pub id: String,
    /// What people type.
    pub number: String,
    /// Who owns it.
    pub owner: Caller,
}

/// By the old bank's account number.
pub type Accounts = BTreeMap<String, Account>;

/// Opens the account of everyone in the file; those that are open already are found again by their keys.
pub async fn open(bank: &DemoBank, file: &File) -> Result<Accounts> {
    let owners = file.by_account();
    let since = Instant::now();
    let progress = Progress::new("opening accounts", owners.len());
    let opened: Vec<(String, Account, bool)> = stream::iter(owners.keys())
        .map(|old| open_one(bank, old, &progress))
        .buffer_unordered(bank.connections)
        .try_collect()
        .await?;
    progress.done();
    let known = opened.iter().filter(|(_, _, replayed)| *replayed).count();
    let summary = format!("{} of as many customers, in {}", show::count(opened.len()), show::seconds(since.elapsed()));
    show::line(
        "Accounts",
        &if known > 0 { format!("{summary} ({} were open already)", show::count(known)) } else { summary },
    );
    Ok(opened.into_iter().map(|(old, account, _)| (old, account)).collect())
}

async fn open_one(bank: &DemoBank, old: &str, progress: &Progress) -> Result<(String, Account, bool)> {
    let owner = bank.owner(old);
    let reply = owner.post_until_answered("/v1/accounts", &bank.key("open"), &json!({ "asset": "CZK" })).await?;
    let reply = reply.expect(201).with_context(|| format!("the account of customer {old} cannot be opened"))?;
    let account =
        Account { id: reply.text("/account_id")?.to_owned(), number: reply.text("/account_number")?.to_owned(), owner };
    progress.one();
    Ok((old.to_owned(), account, reply.replayed()))
}
