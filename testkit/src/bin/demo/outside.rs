//! Money comes from outside and goes there: a top-up by card, and a payout that another bank returns. A live stream and a webhook
//! tell both.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context, Error, Result, bail, ensure};
use kernel::{Ids, RandomIds};
use serde_json::{Value, json};
use testkit::client::Reply;

use crate::{
    bank::DemoBank,
    live::LiveStream,
    members::join,
    person::{Member, Person},
    public_event::PublicEvent,
    show::{self, Asset},
    webhook::Webhook,
};

const TOP_UP: i128 = 300_000;
const PAYOUT: i128 = 120_000;
/// What is told of the two: each type once, with this amount in this field.
const TOLD: [(&str, Option<(&str, i128)>); 5] = [
    ("transfer.posted", Some(("amount", TOP_UP))),
    ("process.done", None),
    ("hold.placed", Some(("amount", PAYOUT))),
    ("hold.released", Some(("given_back", PAYOUT))),
    ("process.compensated", None),
];
/// How long a process, and the views after it, may take.
const LIMIT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(100);

/// Somebody new, to whom both happen.
struct Scene<'a> {
    bank: &'a DemoBank,
    providers_url: &'a str,
    asset: &'a Asset,
    hana: &'a Member,
    account: &'a str,
}

/// Both of them, for somebody new.
pub async fn show(bank: &DemoBank, mail_url: &str, providers_url: &str, asset: &Asset) -> Result<()> {
    show::heading("Money comes from outside, and goes there");
    let hana = join(bank, Person::new("Hana"), mail_url).await?;
    let opened = hana.caller.post("/v1/accounts", &json!({ "asset": "CZK" })).await?.expect(201)?;
    let account = opened.text("/account_id")?;
    let webhook = Webhook::create(bank.api.operator(), &types()).await.context("a webhook")?;
    match &webhook {
        Some(webhook) => show::line("Webhook", &format!("an operator has public events sent to {}", webhook.url)),
        None => show::note("no webhook: JANGBU_WEBHOOK_ALLOW of this bank does not name 127.0.0.0/8"),
    }
    let scene = Scene { bank, providers_url, asset, hana: &hana, account };
    let shown = tokio::select! {
        shown = scene.play(webhook.as_ref()) => shown,
        _ = tokio::signal::ctrl_c() => Err(Error::msg("it was interrupted")),
    };
    // Whatever came of it: the receiver ends with this program, and nothing is to be sent to it then.
    let deleted = match &webhook {
        Some(webhook) => webhook.delete().await.context("the webhook is left"),
        None => Ok(()),
    };
    shown?;
    deleted?;
    if webhook.is_some() {
        show::line("Deleted", "the webhook: nothing more is sent to it");
    }
    Ok(())
}

impl Scene<'_> {
    async fn play(&self, webhook: Option<&Webhook>) -> Result<()> {
        let stream = LiveStream::open(&self.bank.api.query_url, &self.hana.caller, &types()).await;
        let mut stream = stream.context("the live stream")?;
        if !self.top_up().await.context("the top-up")? {
            show::note("no top-up and no payout: this bank is not set for these providers");
            return Ok(());
        }
        self.pay_out().await.context("the payout")?;
        let heard = stream.events(TOLD.len()).await.context("the live stream")?;
        self.check(&heard).context("the live stream")?;
        let [came, held] = [TOP_UP, PAYOUT].map(|amount| self.asset.show(amount));
        let detail = format!("Hana hears of {came} that came in, {held} held and given back: each once, in this order");
        show::line("Live", &detail);
        let Some(webhook) = webhook else { return Ok(()) };
        let sent = webhook.events(self.account, TOLD.len()).await.context("the webhook")?;
        self.check(&sent).context("the webhook")?;
        ensure!(ids(&heard) == ids(&sent), "the live stream and the webhook tell of other events");
        show::line(
            "Verified",
            "the webhook is sent the same; both signatures (v1, v1a) and the time of each are right:",
        );
        show::line("", &types().join(", "));
        ensure!(webhook.refuses_forgeries()?, "the receiver takes what is forged");
        show::line("Forged", "a body that was changed, and a message of ten minutes ago: the receiver refuses both");
        Ok(())
    }

    /// Whether this bank is set for the payment provider.
    async fn top_up(&self) -> Result<bool> {
        let payment_key = format!("ok-{}", RandomIds.fresh());
        let order = json!({
            "account_id": self.account, "money": money(TOP_UP), "provider": "toss", "payment_key": payment_key,
        });
        let reply = self.hana.caller.post("/v1/top-ups", &order).await?;
        if reply.code() == Some("provider-unknown") {
            return Ok(false);
        }
        end_of(self.hana, reply.expect(202)?, "done").await?;
        balance(self.hana, self.account, TOP_UP).await?;
        let booked = booked(self.providers_url, &payment_key).await?;
        ensure!(booked == 1, "toss has the payment {booked} times in its book");
        let amount = self.asset.show(TOP_UP);
        let detail = format!("{amount} by card: confirmed at toss, then credited; toss has it once in its book");
        show::line("Top-up", &detail);
        Ok(true)
    }

    async fn pay_out(&self) -> Result<()> {
        // The local bank returns what goes to such a number.
        let to = json!({ "bank": "ANYBANK", "number": "001234567890", "holder": self.hana.person.real_name });
        let order = json!({ "account_id": self.account, "money": money(PAYOUT), "bank_account": to });
        let reply = self.hana.caller.post("/v1/bank-payouts", &order).await?.expect(202)?;
        end_of(self.hana, reply, "compensated").await?;
        balance(self.hana, self.account, TOP_UP).await?;
        let (paid, left) = (self.asset.show(PAYOUT), self.asset.show(TOP_UP));
        let detail = format!("{paid} to another bank, which returns it: held meanwhile, and {left} to spend again");
        show::line("Payout", &detail);
        Ok(())
    }

    /// Each type once, about this account, with its amount; what changes the account in the order of its changes.
    fn check(&self, events: &[PublicEvent]) -> Result<()> {
        for (name, amount) in TOLD {
            let told: Vec<&PublicEvent> = events.iter().filter(|event| event.short_type() == name).collect();
            let [event] = told[..] else { bail!("{name} is told {} times: {events:?}", told.len()) };
            ensure!(event.is_about(self.account), "{name} is about another account: {event:?}");
            if let Some((field, expected)) = amount {
                ensure!(event.amount(field)? == expected, "{name} has another amount: {event:?}");
            }
        }
        let sequences: Vec<&str> = events.iter().filter_map(PublicEvent::sequence).collect();
        ensure!(sequences.len() == 3 && sequences.is_sorted(), "not in the order of the account: {events:?}");
        Ok(())
    }
}

fn types() -> [&'static str; TOLD.len()] {
    TOLD.map(|(name, _)| name)
}

fn ids(events: &[PublicEvent]) -> BTreeSet<&str> {
    events.iter().map(PublicEvent::id).collect()
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
