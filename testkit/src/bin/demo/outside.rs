//! Money comes from outside and goes there: a top-up by card, and a payout that another bank returns.

use std::time::Duration;

use anyhow::{Context, Error, Result, ensure};
use kernel::{Ids, RandomIds};
use serde_json::{Value, json};
use testkit::client::Reply;

use crate::{
    bank::DemoBank,
    members::join,
    person::{Member, Person},
    show::{self, Asset},
};

const TOP_UP: i128 = 300_000;
const PAYOUT: i128 = 120_000;
/// How long a process, and the views after it, may take.
const LIMIT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(100);

/// Both of them, for somebody new.
pub async fn show(bank: &DemoBank, mail_url: &str, providers_url: &str, asset: &Asset) -> Result<()> {
    show::heading("Money comes from outside, and goes there");
    let hana = join(bank, Person::new("Hana"), mail_url).await?;
    let opened = hana.caller.post("/v1/accounts", &json!({ "asset": "CZK" })).await?.expect(201)?;
    let account = opened.text("/account_id")?.to_owned();
    let payment_key = format!("ok-{}", RandomIds.fresh());
    let order =
        json!({ "account_id": account, "money": money(TOP_UP), "provider": "toss", "payment_key": payment_key });
    let reply = hana.caller.post("/v1/top-ups", &order).await?;
    if reply.code() == Some("provider-unknown") {
        show::note("no top-up and no payout: this bank is not set for these providers");
        return Ok(());
    }
    end_of(&hana, reply.expect(202)?, "done").await.context("the top-up")?;
    balance(&hana, &account, TOP_UP).await?;
    let booked = booked(providers_url, &payment_key).await?;
    ensure!(booked == 1, "toss has the payment {booked} times in its book");
    let amount = asset.show(TOP_UP);
    show::line("Top-up", &format!("{amount} by card: confirmed at toss, then credited; toss has it once in its book"));

    // The local bank returns what goes to such a number.
    let to = json!({ "bank": "ANYBANK", "number": "001234567890", "holder": hana.person.real_name });
    let order = json!({ "account_id": account, "money": money(PAYOUT), "bank_account": to });
    let reply = hana.caller.post("/v1/bank-payouts", &order).await?.expect(202)?;
    end_of(&hana, reply, "compensated").await.context("the payout")?;
    balance(&hana, &account, TOP_UP).await?;
    let (paid, left) = (asset.show(PAYOUT), asset.show(TOP_UP));
    show::line(
        "Payout",
        &format!("{paid} to another bank, which returns it: held meanwhile, and {left} to spend again"),
    );
    Ok(())
}

/// Waits until the process has ended, in this state.
async fn end_of(member: &Member, started: Reply, state: &str) -> Result<()> {
    let path = format!("/v1/processes/{}", started.text("/process_id")?);
    let ended = async {
        loop {
            let process = member.caller.get(&path, started.token()).await?.expect(200)?;
            if matches!(process.text("/state")?, "done" | "compensated" | "stuck") {
                return Ok::<Reply, Error>(process);
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    let process = tokio::time::timeout(LIMIT, ended).await.context("it takes more than a minute")??;
    ensure!(process.text("/state")? == state, "it is not {state}: {}", process.body);
    Ok(())
}

/// Waits until the account shows that all of this may be spent. The view of accounts may be behind that of processes.
async fn balance(member: &Member, account: &str, expected: i128) -> Result<()> {
    let path = format!("/v1/accounts/{account}");
    let shown = async {
        while member.caller.get(&path, None).await?.expect(200)?.number::<i128>("/available")? != expected {
            tokio::time::sleep(PAUSE).await;
        }
        Ok::<(), Error>(())
    };
    tokio::time::timeout(LIMIT, shown).await.with_context(|| format!("{expected} is not to be spent after a minute"))?
}

/// How often the payment provider has confirmed a payment, by its own book.
async fn booked(providers_url: &str, payment_key: &str) -> Result<usize> {
    let answer = reqwest::Client::new().get(format!("{providers_url}/toss/books")).send().await;
    let book: Value = answer.context("toss does not answer")?.json().await.context("the book of toss")?;
    let items = book["items"].as_array().context("a book without items")?;
    let is_ours = |item: &&Value| item["payment_key"] == payment_key && item["state"] == "confirmed";
    Ok(items.iter().filter(is_ours).filter(|item| item["amount"] == TOP_UP.to_string()).count())
}

fn money(amount: i128) -> Value {
    json!({ "asset": "CZK", "amount": amount.to_string() })
}
