//! Booking the movements: in order within an account, at once over accounts.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use anyhow::{Context, Result};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::json;
use testkit::client::Reply;
use tokio::time::Instant;

use crate::{
    accounts::{Account, Accounts},
    bank::DemoBank,
    movements::{Direction, File, Movement},
    progress::Progress,
};

/// What came of it.
#[derive(Debug, Default)]
pub struct Booked {
    /// How many were posted.
    pub posted: usize,
    /// How many had been answered in an earlier run.
    pub replayed: usize,
    /// What the bank refused, by `trans_id`: the problem.
    pub refused: BTreeMap<String, serde_json::Value>,
    /// The ids of all transfers that were posted here.
    pub transfers: BTreeSet<String>,
    /// How long it took.
    pub took: Duration,
    latest: Option<(i64, String)>,
}

impl Booked {
    /// A token as fresh as everything that was posted here.
    pub fn token(&self) -> Option<&str> {
        self.latest.as_ref().map(|(_, token)| token.as_str())
    }

    /// Takes note of the answer to one transfer.
    pub fn note(&mut self, reply: &Reply) -> Result<()> {
        self.posted += 1;
        self.replayed += usize::from(reply.replayed());
        self.transfers.insert(reply.text("/transfer_id")?.to_owned());
        let position = reply.number("/position")?;
        if self.latest.as_ref().is_none_or(|(latest, _)| *latest < position) {
            let token = reply.token().context("the answer has no Consistency-Token")?;
            self.latest = Some((position, token.to_owned()));
        }
        Ok(())
    }

    fn join(mut self, other: Self) -> Self {
        self.posted += other.posted;
        self.replayed += other.replayed;
        self.refused.extend(other.refused);
        self.transfers.extend(other.transfers);
        self.latest = self.latest.max(other.latest);
        self
    }
}

/// Books all rows of the file.
pub async fn book(bank: &DemoBank, file: &File, accounts: &Accounts) -> Result<Booked> {
    let since = Instant::now();
    let progress = Progress::new("booking movements", file.movements.len());
    let mut booked = stream::iter(file.by_account())
        .map(|(old, rows)| book_account(bank, &accounts[old], rows, &progress))
        .buffer_unordered(bank.connections)
        .try_fold(Booked::default(), |all, one| std::future::ready(Ok(all.join(one))))
        .await?;
    progress.done();
    booked.took = since.elapsed();
    Ok(booked)
}

async fn book_account(bank: &DemoBank, account: &Account, rows: Vec<&Movement>, progress: &Progress) -> Result<Booked> {
    let mut booked = Booked::default();
    for row in rows {
        let path = match row.direction {
            Direction::In => "/v1/deposits",
            Direction::Out => "/v1/withdrawals",
        };
        let body = json!({
            "account_id": account.id,
            "money": { "asset": "CZK", "amount": row.amount.to_string() },
            "reference": row.trans_id,
        });
        let reply = bank.clerk.post_until_answered(path, &bank.key(&row.trans_id), &body).await?;
        if reply.status == 422 {
            booked.replayed += usize::from(reply.replayed());
            booked.refused.insert(row.trans_id.clone(), reply.body);
        } else {
            let reply = reply.expect(201).with_context(|| format!("movement {} of {}", row.trans_id, row.account))?;
            booked.note(&reply)?;
        }
        progress.one();
    }
    Ok(booked)
}
