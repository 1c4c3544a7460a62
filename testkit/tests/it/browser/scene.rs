//! A bank of every process with the console in front, and what operators and members do there.

use std::time::Duration;

use axum::{Router, http::StatusCode, routing::post};
use harness::LocalProviders;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{app::Staff, chaos::Part};
use tokio::net::TcpListener;
use uuid::Uuid;

use super::person::Person;
use crate::{
    outside::{bank_payout, control, heal, once, payment_key, top_up},
    support::{
        ALL, Answer, TestApp, TestClient, eventually, money,
        people::{By, Insider, Newcomer},
    },
};

/// What is lost is given up soon, and webhooks may reach this machine.
const SETTINGS: [(&str, &str); 5] = [
    ("JANGBU_OUTSIDE_FIRST_PAUSE_MS", "20"),
    ("JANGBU_OUTSIDE_TRIES", "4"),
    ("JANGBU_WEBHOOK_ALLOW", "127.0.0.0/8"),
    ("JANGBU_WEBHOOK_SCHEDULE", "50ms,50ms"),
    ("JANGBU_WEBHOOK_TIMEOUT_MS", "2000"),
];

pub struct Scene {
    pub app: TestApp,
    pub providers: LocalProviders,
    /// Where the console is.
    pub url: String,
}

/// What people write into the fields that others see.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    pub name: &'static str,
    pub text: &'static str,
}

pub const PLAIN: Words = Words { name: "홍길동", text: "Rent for November, 11월 월세" };

/// A screen: the name of its picture, and its address.
pub type Screens = Vec<(&'static str, String)>;

/// A bank in which everything has happened once.
pub struct Filled {
    pub screens: Screens,
    pub wallet: Screens,
    /// Whose wallet it is.
    pub member: Newcomer,
}

impl Scene {
    pub async fn start() -> Self {
        let others = [Part::Auditor, Part::Publisher, Part::Webhooks(0)];
        let parts: Vec<Part> = ALL.into_iter().chain(others).collect();
        let (mut app, providers) = TestApp::start_with_providers(&parts, &SETTINGS).await;
        app.bank.set(Part::Console, "JANGBU_MAIL_URL", app.catcher.url());
        app.bank.start(&[Part::Console]).await.unwrap();
        let url = format!("http://{}", app.bank.address(Part::Console).unwrap());
        Self { app, providers, url }
    }

    /// Somebody who has just signed up.
    pub async fn member(&mut self, name: &str) -> (Newcomer, Insider) {
        let newcomer = Newcomer { real_name: name.to_owned(), ..Newcomer::new(By::Email) };
        let anonymous = self.app.stranger();
        let insider = newcomer.join(&anonymous, &self.app.catcher).await;
        (newcomer, insider)
    }

    /// Money from outside, under a name of the outside.
    pub async fn deposit(&mut self, account: Uuid, amount: u64, reference: &str) -> Answer {
        let body = json!({"account_id": account, "money": money("KRW", amount), "reference": reference});
        self.app.service().post("/v1/deposits", body).await.expect(201)
    }

    /// A top-up that nobody heard the end of.
    pub async fn stuck_top_up(&mut self, owner: &TestClient, account: Uuid) -> Answer {
        control(&self.providers, "toss", json!({"broken": 1_000})).await;
        let started = owner.post("/v1/top-ups", top_up(account, 700, &payment_key("ok"))).await.expect(202);
        let stuck = once(owner, &started, &["stuck"]).await;
        heal(&self.providers, "toss").await;
        stuck
    }

    /// Tells the projector to rebuild a view.
    pub async fn rebuild(&mut self, view: &str, reason: &str) {
        let operator = self.app.operator();
        let url = format!("http://{}/v1/views/{view}/rebuild", self.app.bank.address(Part::Projector).unwrap());
        let headers = [("content-type", "application/json")];
        let body = json!({"reason": reason}).to_string().into_bytes();
        operator.send(Method::POST, &url, &headers, Some(body)).await.unwrap().expect(202);
        eventually("the rebuild has ended", async || {
            let seen = operator.send(Method::GET, &url, &[], None).await.map_err(|error| error.to_string())?;
            if seen.body["state"] == "ended" { Ok(()) } else { Err(seen.body.to_string()) }
        })
        .await;
    }

    /// Everything happens once, in these words; all screens then have something to show.
    pub async fn fill(&mut self, words: Words) -> Filled {
        let (newcomer, insider) = self.member(words.name).await;
        let (_, other) = self.member(words.name).await;
        let (member, other) = (insider.client, other.client);
        let (account, number) = opened(&member).await;
        let (other_account, other_number) = opened(&other).await;
        self.deposit(account, 2_000_000, words.text).await;
        self.deposit(other_account, 500_000, words.text).await;
        let paid = pay(&member, account, other_account, 38_000, words.text).await;
        pay(&other, other_account, account, 12_500, words.text).await;
        let mut wallet =
            self.fill_wallet(words, (&member, account, &number), (&other, other_account, &other_number)).await;
        let mut screens = self.fill_screens(words, &member, account).await;
        let transfer = paid.id("transfer_id");
        screens.extend([
            ("account", format!("/accounts/{account}")),
            ("transfer", format!("/transfers/{transfer}")),
            ("member", format!("/members/{}", member.id)),
            ("log-stream", format!("/log/streams/{account}?fold=true")),
            ("find", format!("/find?q={account}")),
        ]);
        wallet.push(("wallet-transfer", format!("/wallet/transfers/{transfer}")));
        self.app.wait_until_level().await;
        Filled { screens, wallet, member: newcomer }
    }

    /// What a wallet shows.
    async fn fill_wallet(
        &mut self,
        words: Words,
        (member, account, number): (&TestClient, Uuid, &str),
        (other, other_account, other_number): (&TestClient, Uuid, &str),
    ) -> Screens {
        let hold =
            json!({"source": account, "destination": other_account, "money": money("KRW", 20_000), "memo": words.text});
        let hold = member.post("/v1/holds", hold).await.expect(201).id("hold_id");
        let schedule = json!({"every": "month", "day": 25, "time": "09:30", "zone": "Asia/Seoul", "count": 12});
        let order = json!({
            "source": account, "destination": other_account, "money": money("KRW", 450_000), "memo": words.text,
            "schedule": schedule,
        });
        let order = member.post("/v1/standing-orders", order).await.expect(201).id("order_id");
        let item = self.mint(words.text, "17/100", number).await;
        let theirs = self.mint(words.text, "18/100", other_number).await;
        let offer = json!({"item_id": theirs, "price": money("KRW", 30_000), "destination": other_account});
        other.post("/v1/offers", offer).await.expect(201);
        let payout = member.post("/v1/bank-payouts", bank_payout(account, 50_000, "110-234")).await.expect(202);
        let payout = once(member, &payout, &["done"]).await.id("process_id");
        let screens = [
            ("wallet-home", "/wallet".to_owned()),
            ("wallet-pay", format!("/wallet/pay?source={account}")),
            ("wallet-code", "/wallet/code".to_owned()),
            ("wallet-account", format!("/wallet/accounts/{account}")),
            ("wallet-holds", format!("/wallet/holds?account={account}")),
            ("wallet-hold", format!("/wallet/holds/{hold}")),
            ("wallet-orders", "/wallet/orders".to_owned()),
            ("wallet-order-new", "/wallet/orders/new".to_owned()),
            ("wallet-order", format!("/wallet/orders/{order}")),
            ("wallet-items", "/wallet/items".to_owned()),
            ("wallet-item", format!("/wallet/items/{item}")),
            ("wallet-offers", "/wallet/offers".to_owned()),
            ("wallet-outside", "/wallet/outside".to_owned()),
            ("wallet-process", format!("/wallet/processes/{payout}")),
            ("wallet-profile", "/wallet/profile".to_owned()),
            ("wallet-leave", "/wallet/leave".to_owned()),
        ];
        screens.into()
    }

    async fn mint(&mut self, collection: &str, serial: &str, owner: &str) -> Uuid {
        let body = json!({"collection": collection, "serial": serial, "owner": owner, "digest": "ab".repeat(32)});
        self.app.service().post("/v1/items", body).await.expect(201).id("item_id")
    }

    /// What operators see of others, and what they do themselves.
    async fn fill_screens(&mut self, words: Words, member: &TestClient, account: Uuid) -> Screens {
        let (service, operator) = (self.app.service(), self.app.operator());
        let run = json!({"source": account, "name": words.text, "reference": words.text});
        let run = service.post("/v1/payout-runs", run).await.expect(201).id("run_id");
        let (_, to) = self.app.funded_member(0).await;
        let url = format!("{}/v1/payout-runs/{run}/rows", service.command);
        let rows = format!("row,destination,amount,memo\n1,{to},3000,November\n").into_bytes();
        let headers = [("content-type", "text/csv"), ("idempotency-key", "rows-of-the-scene")];
        service.send(Method::POST, &url, &headers, Some(rows)).await.unwrap().expect(200);
        let started = json!({"expected_rows": 1, "expected_total": "3000"});
        service.post(&format!("/v1/payout-runs/{run}/start"), started).await.expect(202);

        let partner = operator.post("/v1/partners", json!({"name": words.text})).await.expect(201).id("partner_id");
        let key = json!({"scopes": ["transfers:write"]});
        operator.post(&format!("/v1/partners/{partner}/keys"), key).await.expect(201);
        let limit = json!({"asset": "KRW", "kinds": ["transfer"], "everyone": true, "per_day": {"amount": "5000000"}});
        operator.put("/v1/limits/a-day", limit).await.expect(200);
        let rate = json!({"rate": "1350.25", "spread_bps": 50, "valid_for": 3_600});
        operator.put("/v1/rates/USD/KRW", rate).await.expect(200);
        let webhook = self.failing_webhook(words).await;
        pay(member, account, to, 1_000, words.text).await;
        self.failed_once(webhook).await;
        let process = self.stuck_top_up(member, account).await.id("process_id");
        let approval = self.acts_of_an_operator(words, member, account, to).await;
        self.rebuild("accounts", words.text).await;
        let id = self.app.staff("viewer", "viewer").await.id;
        let mut screens: Screens = AREAS.map(|(name, path)| (name, path.to_owned())).into();
        screens.extend([
            ("transfers-found", format!("/transfers?reference={}", encoded(words.text))),
            ("payout-run", format!("/payout-runs/{run}")),
            ("process", format!("/processes/{process}")),
            ("approval", format!("/approvals/{approval}")),
            ("view", "/views/accounts".to_owned()),
            ("log-position", format!("/log/positions/{}", self.app.head().await)),
            ("webhook", format!("/webhooks/{webhook}")),
            ("partner", format!("/partners/{partner}")),
            ("operator", format!("/operators/{id}")),
            ("own", "/operators/me".to_owned()),
            ("health-process", "/health/command-server".to_owned()),
        ]);
        screens
    }

    /// A webhook whose receiver answers each delivery with an error and these words.
    async fn failing_webhook(&mut self, words: Words) -> Uuid {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        let answer = move || async move { (StatusCode::INTERNAL_SERVER_ERROR, words.text) };
        let router = Router::new().route("/hooks", post(answer));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let body = json!({"url": url, "events": ["transfer.posted"], "description": words.text});
        self.app.service().post("/v1/webhooks", body).await.expect(201).id("webhook_id")
    }

    async fn failed_once(&mut self, webhook: Uuid) {
        let service = self.app.service();
        eventually("a delivery has failed", async || {
            let list = service.get(&format!("/v1/webhooks/{webhook}/deliveries?status=failed")).await;
            let is_there = list.body["items"].as_array().is_some_and(|items| !items.is_empty());
            if is_there { Ok(()) } else { Err(list.body.to_string()) }
        })
        .await;
    }

    /// An operator freezes an account and asks for a reversal; the approval that waits.
    async fn acts_of_an_operator(&mut self, words: Words, member: &TestClient, from: Uuid, to: Uuid) -> Uuid {
        let operator = self.app.logged_in("jisoo", "operator").await;
        let operator = TestClient { reason: words.text.to_owned(), ..operator };
        let paid = pay(member, from, to, 2_000, words.text).await.id("transfer_id");
        let reverse = format!("/v1/transfers/{paid}/reverse");
        let asked = operator.post(&reverse, json!({"reason": words.text})).await.expect(202);
        operator.post(&format!("/v1/accounts/{to}/freeze"), json!({"reason": words.text})).await.expect(200);
        asked.id("approval_id")
    }

    /// Somebody at a browser who logs in as an operator.
    pub async fn operator(&self, staff: &mut Staff) -> Person {
        let person = Person::start(&self.url).await;
        person.open("/").await;
        log_in(&person, staff).await;
        person
    }

    /// Everything holds together, and every process still runs.
    pub async fn close(self) {
        crate::support::verify(self.app).await;
    }
}

/// The areas of the menu, which a bank has from its first moment.
pub const AREAS: [(&str, &str); 17] = [
    ("overview", "/"),
    ("find-empty", "/find"),
    ("accounts", "/accounts"),
    ("transfers", "/transfers"),
    ("members", "/members"),
    ("payout-runs", "/payout-runs"),
    ("processes", "/processes"),
    ("approvals", "/approvals"),
    ("views", "/views"),
    ("log", "/log"),
    ("audit", "/audit"),
    ("webhooks", "/webhooks"),
    ("partners", "/partners"),
    ("limits", "/limits"),
    ("rates", "/rates"),
    ("operators", "/operators"),
    ("health", "/health"),
];

/// Logs in at the page that asks for it.
pub async fn log_in(person: &Person, staff: &mut Staff) {
    let (name, password, code) = (staff.name.clone(), staff.password.clone(), staff.code().await);
    person.send("Log in", &[("Name", &name), ("Password", &password), ("Code", &code)]).await;
    person.see(&name).await;
    person.see("Log out").await;
}

/// Whoever is logged in leaves, and another operator sees what waits for a decision.
pub async fn hand_over(person: &Person, to: &mut Staff) {
    person.click("Log out").await;
    person.see("The six digits").await;
    person.open("/approvals").await;
    log_in(person, to).await;
}

/// Logs in to the wallet.
pub async fn enter_wallet(person: &Person, member: &Newcomer) {
    person.open("/wallet/login").await;
    person.send("Log in", &[("Login id", &member.login_id), ("Password", &member.password)]).await;
    person.see("Log out").await;
}

/// An account of somebody, and its number.
pub async fn opened(client: &TestClient) -> (Uuid, String) {
    let opened = client.post("/v1/accounts", json!({"asset": "KRW"})).await.expect(201);
    (opened.id("account_id"), opened.text("account_number"))
}

/// Pays with a note.
pub async fn pay(client: &TestClient, from: Uuid, to: Uuid, amount: u64, memo: &str) -> Answer {
    let mut body: Value = TestClient::transfer_body(from, to, amount);
    body["memo"] = json!(memo);
    client.post("/v1/transfers", body).await.expect(201)
}

/// Pays one won again and again until it is dropped.
pub struct Load(tokio::task::JoinHandle<()>);

impl Load {
    pub fn start(payer: TestClient, from: Uuid, to: Uuid) -> Self {
        Self(tokio::spawn(async move {
            loop {
                payer.transfer(from, to, 1).await.expect(201);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }))
    }

    /// Stops it; it must have worked until now.
    pub async fn stop(self) {
        self.0.abort();
        let ended = self.0.await;
        assert!(ended.is_err_and(|error| error.is_cancelled()), "the bank worked meanwhile");
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}
