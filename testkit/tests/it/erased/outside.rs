//! What the canary has to do with the world outside, and who hears of it.

use harness::LocalProviders;
use kernel::{Ids, RandomIds};
use serde_json::{Value, json};
use testkit::chaos::{Part, TestServers};
use uuid::Uuid;

use crate::{
    outside::{SETTINGS, bank_payout, gift_card, once, payment_key, top_up},
    partners::{Partner, client as partner_client},
    public_events::reader::read,
    support::{Frame, Listener, TestApp, TestClient, eventually, people::Insider},
    webhook_delivery::receiver::{Receiver, Reply},
};

/// Every process that an event passes, to a view, to whoever listens, to a reader of the stream, to a receiver of webhooks.
pub const PARTS: [Part; 6] =
    [Part::Command(0), Part::Relay, Part::Projector, Part::Query, Part::Publisher, Part::Webhooks(0)];

/// A bank with local providers, on these servers.
pub async fn start(servers: &TestServers) -> (TestApp, LocalProviders) {
    let soon = vec!["50ms"; 60].join(",");
    let webhooks = [("JANGBU_WEBHOOK_ALLOW", "127.0.0.0/8"), ("JANGBU_WEBHOOK_SCHEDULE", soon.as_str())];
    let settings = [&SETTINGS[..], &webhooks[..]].concat();
    TestApp::start_on_servers_with_providers(servers, &PARTS, &settings).await
}

/// Those who hear of everything that happens: a webhook of an operator, and an operator who listens.
pub struct Watchers {
    receiver: Receiver,
    listener: Listener,
}

impl Watchers {
    /// The receiver takes each event at the second attempt, so that the delivery log has both.
    pub async fn start(app: &mut TestApp) -> Self {
        let operator = app.operator();
        let receiver = Receiver::start(|_, before| Reply::Status(if before == 0 { 500 } else { 200 })).await;
        let asked = json!({"url": receiver.url, "events": ["*"]});
        let created = operator.post("/v1/webhooks", asked).await.expect(201);
        receiver.knows(created.text("secret"));
        let example = format!("/v1/webhooks/{}/example", created.id("webhook_id"));
        operator.post(&example, json!({"event": "member.joined"})).await.expect(202);
        Self { receiver, listener: Listener::open(&operator, "", None).await }
    }

    /// What each of them was told, and what the stream of public events holds, up to the end of a member.
    pub async fn told(mut self, app: &TestApp, member: Uuid) -> [String; 3] {
        let subject = member.to_string();
        let is_last = |event: &Value| event["type"] == "bank.jangbu.member.erased.v1" && event["subject"] == subject;
        let received = eventually("the receiver is told", async || {
            let taken = self.receiver.taken();
            let is_told = taken.iter().any(|taken| is_last(&taken.event));
            if is_told { Ok(self.receiver.received()) } else { Err(format!("{} events", taken.len())) }
        })
        .await;
        let received = received.iter().map(|it| format!("{:?} {}", it.headers, String::from_utf8_lossy(&it.body)));
        let heard = self.listener.until(|frame| frame.tells("member.erased", member)).await;
        let published = eventually("the stream is told", async || {
            let messages = read(app.bank.plan()).await;
            let is_told = messages.iter().any(|message| is_last(&message.body));
            if is_told { Ok(messages) } else { Err(format!("{} messages", messages.len())) }
        })
        .await;
        let published = published.iter().map(|it| format!("{} {:?} {}", it.subject, it.headers, it.body));
        [received.collect(), shown(&heard), published.collect()]
    }
}

/// Frames as they came.
pub fn shown(frames: &[Frame]) -> String {
    frames.iter().map(|frame| format!("{frame:?} {}", frame.data())).collect()
}

/// A partner pays somebody 50.
pub async fn partner_pays(app: &mut TestApp, account: Uuid) {
    let partner = Partner::create(app).await;
    let key = partner.key(&["accounts:read", "accounts:write", "transfers:write"]).await;
    let shop = partner_client(app, 0, &partner, &key).await;
    let till = shop.open("KRW").await;
    app.service().deposit(till, "KRW", 50).await;
    shop.transfer(till, account, 50).await.expect(201);
}

/// Brings 500 in, pays 300 out and buys a gift card for 100; each of it also in a way that is refused. What of it is personal.
pub async fn goes_outside(insider: &Insider, account: Uuid) -> Vec<String> {
    let client = &insider.client;
    let unique = || RandomIds.fresh().simple().to_string();
    let (paid, declined) = (payment_key("ok"), payment_key("refuse"));
    for (key, state) in [(&paid, "done"), (&declined, "compensated")] {
        let started = client.post("/v1/top-ups", top_up(account, 500, key)).await.expect(202);
        once(client, &started, &[state]).await;
    }
    client.post("/v1/top-ups", top_up(account, 500, &paid)).await.expect_problem(409, "payment-key-used");

    // What the local bank does follows from how the number begins.
    let holder = format!("Holder {} 카나리아", unique());
    let [number, refused, returned] = ["11-", "99-", "00-"].map(|begin| format!("{begin}{}", &unique()[4..]));
    let payout = |number: &str| {
        let mut body = bank_payout(account, 300, number);
        body["bank_account"]["holder"] = json!(holder);
        body
    };
    for (number, state) in [(&number, "done"), (&refused, "compensated"), (&returned, "compensated")] {
        let started = client.post("/v1/bank-payouts", payout(number)).await.expect(202);
        once(client, &started, &[state]).await;
    }
    let mistyped = payout(&format!("{number}!"));
    client.post("/v1/bank-payouts", mistyped).await.expect_problem(400, "validation-failed");
    let code = buys_a_card(client, account).await;
    vec![paid, declined, holder, number, refused, returned, code]
}

/// The code of a gift card, which its owner reads; and one that is not sold.
async fn buys_a_card(client: &TestClient, account: Uuid) -> String {
    let refused = client.post("/v1/gift-cards", gift_card(account, 100, "sold-out")).await.expect(202);
    once(client, &refused, &["compensated"]).await;
    let bought = client.post("/v1/gift-cards", gift_card(account, 100, "coffee")).await.expect(202);
    once(client, &bought, &["done"]).await;
    let path = format!("/v1/gift-cards/{}", bought.id("process_id"));
    eventually("the code is there", async || {
        let card = client.get(&path).await;
        card.body["code"].as_str().map(str::to_owned).ok_or_else(|| card.body.to_string())
    })
    .await
}
