//! The comparison: every balance the bank shows, against the fold.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use tokio::time::Instant;

use crate::{
    accounts::{Account, Accounts},
    bank::DemoBank,
    book::Booked,
    fold::Fold,
    movements::File,
    progress::Progress,
    show::{self, Asset},
};

/// What the bank's answers are compared with.
pub struct Expected<'a> {
    /// The file.
    pub file: &'a File,
    /// Its fold, with the transfers between customers.
    pub fold: &'a Fold,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Every balance as the bank shows it, by the old bank's account number.
    pub balances: BTreeMap<String, i128>,
    /// What differs, in words.
    faults: Vec<String>,
}

impl Verdict {
    /// Says what differs at the very end, where it is not overlooked; whether nothing does.
    pub fn report(&self) -> bool {
        if !self.faults.is_empty() {
            show::heading("NOT RIGHT");
            self.faults.iter().for_each(|fault| println!("  {fault}"));
        }
        self.faults.is_empty()
    }
}

/// Reads every account at least as fresh as the last booking, and compares.
pub async fn check(
    bank: &DemoBank,
    accounts: &Accounts,
    expected: &Expected<'_>,
    booked: &Booked,
    asset: &Asset,
) -> Result<Verdict> {
    show::heading("Compared with an independent fold of the file");
    let mut verdict = Verdict::default();
    let since = Instant::now();
    bank.operator.get("/v1/dashboard/overview", booked.token()).await?.expect(200)?;
    show::line(
        "Waited",
        &format!("{} ms by the token of the last booking, for the views to show it", since.elapsed().as_millis()),
    );
    let progress = Progress::new("reading balances", accounts.len());
    let seen: Vec<(String, i128)> = stream::iter(accounts)
        .map(|(old, account)| read_balance(bank, old, account, booked.token(), &progress))
        .buffer_unordered(bank.connections)
        .try_collect()
        .await?;
    progress.done();
    let references: BTreeSet<&str> = expected.file.movements.iter().map(|row| row.trans_id.as_str()).collect();
    for (old, balance) in seen {
        let ought = expected.fold.balances.get(&old).copied().unwrap_or_default();
        if balance != ought {
            let fault = explain(bank, &old, &accounts[&old], booked, &references, (ought, balance), asset).await?;
            verdict.faults.extend(fault);
        }
        verdict.balances.insert(old, balance);
    }
    let refused: Vec<&String> = booked.refused.keys().collect();
    if refused != expected.fold.refused.iter().collect::<Vec<_>>() {
        let fault = format!("the bank refused the movements {refused:?}, the fold {:?}", expected.fold.refused);
        verdict.faults.push(fault);
    }
    let same = verdict.faults.is_empty();
    show::judged(same, &format!("{} balances and {} refusals", show::count(accounts.len()), refused.len()));
    sums(bank, booked.token(), &mut verdict).await?;
    Ok(verdict)
}

async fn read_balance(
    bank: &DemoBank,
    old: &str,
    account: &Account,
    token: Option<&str>,
    progress: &Progress,
) -> Result<(String, i128)> {
    let reply = bank.operator.get(&format!("/v1/accounts/{}", account.id), token).await?.expect(200)?;
    progress.one();
    Ok((old.to_owned(), reply.number("/balance")?))
}

/// A balance may differ because somebody has used the account since the demonstration made it. What others did is
/// taken off; what then still differs, or was booked twice, is a fault.
async fn explain(
    bank: &DemoBank,
    old: &str,
    account: &Account,
    booked: &Booked,
    references: &BTreeSet<&str>,
    (expected, balance): (i128, i128),
    asset: &Asset,
) -> Result<Option<String>> {
    let mut by_others = 0;
    for entry in entries(bank, account, booked.token()).await? {
        let text = |field: &str| entry.get(field).and_then(Value::as_str).unwrap_or_default();
        let ours = booked.transfers.contains(text("transfer_id"));
        // A reference of the file on a transfer that is not ours is a movement booked twice.
        if !ours && !references.contains(text("reference")) {
            by_others += text("amount").parse::<i128>().context("an amount that is no number")?;
        }
    }
    if by_others != 0 && expected + by_others == balance {
        show::note(&format!("account {old} was used by others since: {} taken into account", asset.show(by_others)));
        return Ok(None);
    }
    Ok(Some(format!(
        "account {old} ({}) shows {} instead of {}: a difference of {}",
        account.id,
        asset.show(balance),
        asset.show(expected),
        asset.show(balance - expected)
    )))
}

async fn entries(bank: &DemoBank, account: &Account, token: Option<&str>) -> Result<Vec<Value>> {
    let mut all = Vec::new();
    let mut path = format!("/v1/accounts/{}/transactions?limit=200", account.id);
    loop {
        let reply = bank.operator.get(&path, token).await?.expect(200)?;
        all.extend(reply.body["items"].as_array().cloned().unwrap_or_default());
        let Some(cursor) = reply.body["next_cursor"].as_str() else { return Ok(all) };
        path = format!("/v1/accounts/{}/transactions?limit=200&cursor={cursor}", account.id);
    }
}

/// Each asset sums to zero over all accounts: what members have, the outside lacks.
async fn sums(bank: &DemoBank, token: Option<&str>, verdict: &mut Verdict) -> Result<()> {
    let overview = bank.operator.get("/v1/dashboard/overview", token).await?.expect(200)?;
    let assets = show::Assets::read(bank).await?;
    for total in overview.body["totals"].as_array().into_iter().flatten() {
        let number = |field: &str| -> Result<i128> {
            total[field].as_str().and_then(|text| text.parse().ok()).with_context(|| format!("no {field} in {total}"))
        };
        let (members, outside, sum) = (number("member_sum")?, number("system_sum")?, number("sum")?);
        let code = total["asset"].as_str().unwrap_or_default();
        let asset = assets.of(code);
        let sums = format!("{code}: members {}, the outside {}, sum {sum}", asset.show(members), asset.show(outside));
        show::judged(sum == 0 && members + outside == 0, &sums);
        if sum != 0 || members + outside != 0 {
            verdict.faults.push(format!("{sums}: it must be zero"));
        }
    }
    Ok(())
}
