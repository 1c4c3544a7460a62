//! What else an account is good for: rewards, a charge at a kiosk, an exchange, a traded collectible, a standing order, a limit. Every key is
//! the same in each run, so that a run again finds all of it done.

use std::time::Duration;

use anyhow::{Context, Error, Result, ensure};
use serde_json::{Value, json};

use crate::{
    accounts::{Account, Accounts},
    bank::DemoBank,
    book::Booked,
    fold::Fold,
    show::{self, Assets},
};

/// What each step works with.
pub struct Services<'a> {
    pub bank: &'a DemoBank,
    pub accounts: &'a Accounts,
    pub assets: &'a Assets,
}

fn czk(amount: i128) -> Value {
    json!({ "asset": "CZK", "amount": amount.to_string() })
}

impl Services<'_> {
    /// All of them, between the richest customers, by account number.
    pub async fn show(&self, fold: &mut Fold, booked: &mut Booked) -> Result<()> {
        let people: Vec<String> = fold.richest(4).into_iter().map(|(account, _)| account).collect();
        let [a, b, c, d] = people.as_slice() else { return Ok(()) };
        show::heading("What else an account is good for");
        // What comes later in the log brings a token with which these are seen.
        self.rewards(a, [b, c, d], fold, booked).await.context("rewards")?;
        self.charge((b, c), fold, booked).await.context("a charge at a kiosk")?;
        self.exchange(c, fold, booked).await.context("an exchange")?;
        self.trade((d, a), fold, booked).await.context("a trade")?;
        self.standing_order((a, b)).await.context("a standing order")?;
        self.limit((d, a)).await.context("a limit")
    }

    fn account(&self, old: &str) -> &Account {
        &self.accounts[old]
    }

    fn shown(&self, amount: i128) -> String {
        self.assets.czk().show(amount)
    }

    /// One account pays rewards to several, as a run of rows.
    async fn rewards(&self, payer: &str, payees: [&str; 3], fold: &mut Fold, booked: &mut Booked) -> Result<()> {
        const REWARD: i128 = 2_500;
        let (from, clerk, key) = (self.account(payer), &self.bank.clerk, |what: &str| self.bank.key(what));
        let order = json!({ "source": from.id, "name": "Rewards", "reference": key("rewards") });
        let run = clerk.post_until_answered("/v1/payout-runs", &key("payout/open"), &order).await?.expect(201)?;
        let path = format!("/v1/payout-runs/{}", run.text("/run_id")?);
        let row = |(payee, row): (&&str, u32)| format!("{row},{},{REWARD},reward\n", self.account(payee).number);
        let rows: String = payees.iter().zip(1..).map(row).collect();
        let table = format!("row,destination,amount,memo\n{rows}");
        clerk.post_table(&format!("{path}/rows"), &key("payout/rows"), table).await?.expect(200)?;
        let (count, total) = (payees.len(), REWARD * 3);
        let totals = json!({ "expected_rows": count, "expected_total": total.to_string() });
        let start = format!("{path}/start");
        let started = clerk.post_until_answered(&start, &key("payout/start"), &totals).await?.expect(202)?;
        let results = self.results(&path, started.token()).await?;
        ensure!(results.len() == count, "of {count} rewards {} came out", results.len());
        for result in &results {
            ensure!(result["status"] == "posted", "a reward was not paid: {result}");
            booked.transfers.insert(result["transfer_id"].as_str().context("a reward has no transfer")?.to_owned());
        }
        for payee in payees {
            ensure!(fold.transfer(payer, payee, REWARD), "the bank paid what the fold has not");
        }
        let (each, all) = (self.shown(REWARD), self.shown(total));
        let outcome =
            format!("{payer} pays {each} to each of {count} customers, {all} in all: a run of rows, each paid once");
        show::line("Rewards", &outcome);
        Ok(())
    }

    /// What came of the rows of a run, once it is finished.
    async fn results(&self, path: &str, token: Option<&str>) -> Result<Vec<Value>> {
        let clerk = &self.bank.clerk;
        let finished = async {
            while clerk.get(path, token).await?.expect(200)?.text("/status")? != "finished" {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Ok::<(), Error>(())
        };
        tokio::time::timeout(Duration::from_secs(60), finished).await.context("the run takes more than a minute")??;
        let results = clerk.get(&format!("{path}/results"), token).await?.expect(200)?;
        Ok(results.body["items"].as_array().cloned().unwrap_or_default())
    }

    /// The owner's phone shows a code, and a kiosk charges the account with it.
    async fn charge(&self, (payer, shop): (&str, &str), fold: &mut Fold, booked: &mut Booked) -> Result<()> {
        const AMOUNT: i128 = 12_000;
        let (from, to, key) = (self.account(payer), self.account(shop), |what: &str| self.bank.key(what));
        let order = json!({ "source": from.id, "max": czk(50_000) });
        let issued =
            from.owner.post_until_answered("/v1/payment-codes", &key("code/kiosk"), &order).await?.expect(201)?;
        let body = json!({
            "code": issued.text("/code")?, "destination": to.number, "money": czk(AMOUNT), "reference": "kiosk 4",
        });
        let reply = self.bank.clerk.post_until_answered("/v1/charges", &key("charge/kiosk"), &body).await?;
        if reply.status == 422 {
            // An earlier run stopped between the code and the charge, and the code is worth nothing any more.
            show::transfer(
                payer,
                shop,
                &self.shown(AMOUNT),
                "kiosk",
                "refused: the code of an earlier run has expired",
            );
            return Ok(());
        }
        booked.note(&reply.expect(201)?)?;
        ensure!(fold.transfer(payer, shop, AMOUNT), "the bank charged what the fold has not");
        show::transfer(payer, shop, &self.shown(AMOUNT), "kiosk", "charged with a code of 24 digits, which pays once");
        Ok(())
    }

    /// Crowns become coins, as quoted.
    async fn exchange(&self, customer: &str, fold: &mut Fold, booked: &mut Booked) -> Result<()> {
        const PAID: i128 = 50_000;
        if !self.assets.has("BUP") {
            return Ok(());
        }
        let (from, key) = (self.account(customer), |what: &str| self.bank.key(what));
        let opened =
            from.owner.post_until_answered("/v1/accounts", &key("open/coins"), &json!({ "asset": "BUP" })).await?;
        let coins = opened.expect(201)?.text("/account_id")?.to_owned();
        let rate = json!({ "rate": "0.0412", "spread_bps": 50, "valid_for": 2_592_000 });
        self.bank.clerk.put_with_key("/v1/rates/CZK/BUP", &key("rate/coins"), &rate).await?.expect(200)?;
        let order = json!({ "source": from.id, "destination": coins, "pay": PAID.to_string() });
        let quote =
            from.owner.post_until_answered("/v1/exchanges/quotes", &key("quote/coins"), &order).await?.expect(201)?;
        let take = json!({ "quote_id": quote.text("/quote_id")? });
        let reply = from.owner.post_until_answered("/v1/exchanges", &key("exchange/coins"), &take).await?;
        if reply.status == 422 {
            // As above: a quote holds for half a minute.
            show::line("Exchange", "refused: the quote of an earlier run has expired");
            return Ok(());
        }
        booked.note(&reply.expect(201)?)?;
        ensure!(fold.pay_the_bank(customer, PAID), "the bank took what the fold has not");
        let received = self.assets.of("BUP").show(quote.number("/receive")?);
        let rate = quote.text("/rate")?;
        show::line("Exchange", &format!("{customer} sells {} to the bank for {received}, at {rate}", self.shown(PAID)));
        Ok(())
    }

    /// A collectible is minted, offered, and sold.
    async fn trade(&self, (seller, buyer): (&str, &str), fold: &mut Fold, booked: &mut Booked) -> Result<()> {
        const PRICE: i128 = 35_000;
        let (from, to, key) = (self.account(buyer), self.account(seller), |what: &str| self.bank.key(what));
        let mint = json!({ "collection": "Charles Bridge", "serial": key("1 of 30"), "owner": to.number });
        let item = self.bank.clerk.post_until_answered("/v1/items", &key("item/bridge"), &mint).await?.expect(201)?;
        let order = json!({ "item_id": item.text("/item_id")?, "price": czk(PRICE), "destination": to.id });
        let offer = to.owner.post_until_answered("/v1/offers", &key("offer/bridge"), &order).await?.expect(201)?;
        let accept = format!("/v1/offers/{}/accept", offer.text("/offer_id")?);
        let source = json!({ "source": from.id });
        let reply = from.owner.post_until_answered(&accept, &key("trade/bridge"), &source).await?.expect(201)?;
        booked.note(&reply)?;
        ensure!(fold.transfer(buyer, seller, PRICE), "the bank traded what the fold has not");
        show::transfer(buyer, seller, &self.shown(PRICE), "bridge", "traded: money and collectible in one commit");
        Ok(())
    }

    /// The rent, each month.
    async fn standing_order(&self, (tenant, landlord): (&str, &str)) -> Result<()> {
        const RENT: i128 = 1_250_000;
        let (from, to) = (self.account(tenant), self.account(landlord));
        let order = json!({
            "source": from.id, "destination": to.id, "money": czk(RENT), "memo": "rent", "if_refused": "stop",
            "schedule": { "every": "month", "day": 25, "time": "09:00", "zone": "Europe/Prague" },
        });
        let reply = from.owner.post_until_answered("/v1/standing-orders", &self.bank.key("order/rent"), &order).await?;
        let reply = reply.expect(201)?;
        let outcome = format!("ordered for each month, the first time at {}", reply.text("/next_at")?);
        show::transfer(tenant, landlord, &self.shown(RENT), "rent", &outcome);
        Ok(())
    }

    /// An operator bounds what an account may pay at once.
    async fn limit(&self, (payer, payee): (&str, &str)) -> Result<()> {
        const MOST: i128 = 1_000_000;
        let (from, to, key) = (self.account(payer), self.account(payee), |what: &str| self.bank.key(what));
        let limit =
            json!({ "asset": "CZK", "kinds": ["transfer"], "everyone": false, "per_transfer": MOST.to_string() });
        let operator = &self.bank.operator;
        operator.put_with_key("/v1/limits/demonstration", &key("limit/set"), &limit).await?.expect(200)?;
        let names = json!({ "names": ["demonstration"] });
        let path = format!("/v1/accounts/{}/limits", from.id);
        operator.put_with_key(&path, &key("limit/assign"), &names).await?.expect(200)?;
        let order = json!({ "source": from.id, "destination": to.id, "money": czk(MOST + 1), "memo": "piano" });
        let refused = from.owner.post_until_answered("/v1/transfers", &key("transfer/piano"), &order).await?;
        ensure!(refused.code() == Some("limit-exceeded"), "the limit did not refuse: {}", refused.body);
        let most = self.shown(refused.number("/remaining")?);
        show::transfer(
            payer,
            payee,
            &self.shown(MOST + 1),
            "piano",
            &format!("refused: limit-exceeded, {most} at most"),
        );
        Ok(())
    }
}
