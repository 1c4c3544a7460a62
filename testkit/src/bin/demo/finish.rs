//! What is there now, and how to go on.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{
    accounts::Accounts,
    bank::DemoBank,
    book::Booked,
    check::Verdict,
    show::{self, Asset},
};

/// The largest balances, and the end of one statement.
pub async fn largest_and_statement(
    accounts: &Accounts,
    verdict: &Verdict,
    booked: &Booked,
    asset: &Asset,
) -> Result<()> {
    let mut largest: Vec<_> = verdict.balances.iter().collect();
    largest.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    show::heading("The largest balances");
    for (old, balance) in largest.iter().take(5) {
        println!("  {:>18}  account {old:<6} number {}", asset.show(**balance), accounts[*old].number);
    }
    let Some((old, _)) = largest.first() else { return Ok(()) };
    let account = &accounts[*old];
    show::heading(&format!("The end of the statement of account {old}, as its owner sees it"));
    let path = format!("/v1/accounts/{}/transactions?limit=6", account.id);
    let reply = account.owner.get(&path, booked.token()).await?.expect(200)?;
    for entry in reply.body["items"].as_array().into_iter().flatten() {
        print_entry(entry, asset)?;
    }
    Ok(())
}

fn print_entry(entry: &Value, asset: &Asset) -> Result<()> {
    let text = |field: &str| entry[field].as_str().unwrap_or_default();
    let units = |field: &str| text(field).parse().with_context(|| format!("no {field} in {entry}"));
    let words = if text("memo").is_empty() { text("reference") } else { text("memo") };
    println!(
        "  {} {:<10} {:>18} {:>20}  {words}",
        text("recorded_at").get(..19).unwrap_or_default(),
        text("kind"),
        asset.show(units("amount")?),
        asset.show(units("balance_after")?)
    );
    Ok(())
}

/// The URLs, and something to try.
pub fn go_on(bank: &DemoBank) -> Result<()> {
    let (commands, reads) = (&bank.api.command_url, &bank.api.query_url);
    show::heading("Go on from here");
    println!("  commands  {commands}/docs");
    println!("  reads     {reads}/docs");
    println!("  settings  .jangbu/env            stop  ./justw down            look  ./justw status, ./justw logs -f");
    println!("\n{}", to_try(commands, reads, bank.api.member().bearer()));
    Ok(())
}

/// Three lines for a shell: the read waits for what the command before it did.
fn to_try(commands: &str, reads: &str, token: &str) -> String {
    format!(
        "  # an account of your own, and what you have; the token is good for a day
  TOKEN={token}
  SEEN=$(curl -si {commands}/v1/accounts -H \"Authorization: Bearer $TOKEN\" -H 'Idempotency-Key: my-first' \\
       -H 'Content-Type: application/json' -d '{{\"asset\":\"KRW\"}}' | tr -d '\\r' | sed -n 's/^consistency-token: //Ip')
  curl -s {reads}/v1/wallet/home -H \"Authorization: Bearer $TOKEN\" -H \"Consistency-Token: $SEEN\"\n"
    )
}
