//! A few transfers between customers: what a wallet does.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use testkit::client::Reply;

use crate::{
    accounts::Accounts,
    bank::DemoBank,
    book::Booked,
    fold::Fold,
    show::{self, Asset},
};

/// Between the richest customers, by account number, each with the owner's own token: some that go through, one tried
/// again with the same key, one that asks for too much, and a hold.
pub async fn show_some(
    bank: &DemoBank,
    accounts: &Accounts,
    fold: &mut Fold,
    booked: &mut Booked,
    asset: &Asset,
) -> Result<()> {
    let people: Vec<String> = fold.richest(4).into_iter().map(|(account, _)| account).collect();
    let [a, b, c, d] = people.as_slice() else { return Ok(()) };
    show::heading("Transfers between customers");
    let orders = [(a, b, 1_250_000, "rent"), (b, c, 89_900, "dinner"), (c, d, 200_000, "loan"), (d, a, 4_990, "book")];
    for (source, destination, amount, memo) in orders {
        let reply = send(bank, accounts, memo, source, destination, amount).await?;
        ensure!(
            fold.transfer(source, destination, amount) == (reply.status == 201),
            "the bank and the fold disagree on {memo}"
        );
        let outcome = if reply.replayed() { "posted in an earlier run" } else { "posted" };
        booked.note(&reply.expect(201)?)?;
        show::transfer(source, destination, &asset.show(amount), memo, outcome);
    }

    let again = send(bank, accounts, "rent", a, b, 1_250_000).await?.expect(201)?;
    ensure!(again.replayed(), "the same key was not answered as a replay");
    ensure!(booked.transfers.contains(again.text("/transfer_id")?), "the same key made another transfer");
    show::transfer(a, b, &asset.show(1_250_000), "rent", "same key again: the first answer, nothing paid twice");

    let available = fold.balances.get(a).copied().unwrap_or_default();
    let refused = send(bank, accounts, "yacht", a, b, available + 1).await?;
    ensure!(refused.code() == Some("insufficient-funds"), "more than there is was not refused: {}", refused.body);
    show::transfer(a, b, &asset.show(available + 1), "yacht", "refused: insufficient-funds");
    show_hold(bank, accounts, (b, c), fold, booked, asset).await
}

/// Funds of the one are held for the other, who takes them in two parts and gives the rest back.
async fn show_hold(
    bank: &DemoBank,
    accounts: &Accounts,
    (source, destination): (&str, &str),
    fold: &mut Fold,
    booked: &mut Booked,
    asset: &Asset,
) -> Result<()> {
    const HELD: i128 = 300_000;
    const PARTS: [(&str, i128, bool); 2] = [("sofa", 160_000, false), ("cushions", 80_000, true)];
    let (from, to) = (&accounts[source], &accounts[destination]);
    let money = |amount: i128| json!({ "asset": "CZK", "amount": amount.to_string() });
    let body = json!({ "source": from.id, "destination": to.id, "money": money(HELD), "memo": "sofa" });
    let hold = from.owner.post_until_answered("/v1/holds", &bank.key("hold/sofa"), &body).await?.expect(201)?;
    show::transfer(source, destination, &asset.show(HELD), "sofa", "held: in the balance still, and not to be spent");
    let path = format!("/v1/holds/{}/capture", hold.text("/hold_id")?);
    let mut captured = 0;
    for (reference, amount, is_final) in PARTS {
        let body = json!({ "money": money(amount), "final": is_final, "reference": reference });
        let key = bank.key(&format!("hold/{reference}"));
        let reply = to.owner.post_until_answered(&path, &key, &body).await?.expect(201)?;
        ensure!(fold.transfer(source, destination, amount), "the bank captured what the fold has not");
        booked.note(&reply)?;
        captured += amount;
    }
    let outcome = format!("captured in {} parts, {} given back", PARTS.len(), asset.show(HELD - captured));
    show::transfer(source, destination, &asset.show(captured), "sofa", &outcome);
    Ok(())
}

async fn send(
    bank: &DemoBank,
    accounts: &Accounts,
    memo: &str,
    source: &str,
    destination: &str,
    amount: i128,
) -> Result<Reply> {
    let (from, to) = (&accounts[source], &accounts[destination]);
    let body = json!({
        "source": from.id,
        "destination": to.number,
        "money": { "asset": "CZK", "amount": amount.to_string() },
        "memo": memo,
    });
    let key = bank.key(&format!("transfer/{memo}"));
    from.owner.post_until_answered("/v1/transfers", &key, &body).await.context("a transfer between customers")
}
