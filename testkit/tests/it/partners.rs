//! Partners: their keys, what they reach, how often they may ask, and what is recorded of it.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{SecondsFormat, TimeDelta};
use kernel::{Clock, Scope, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use testkit::chaos::Part;
use uuid::Uuid;

use crate::{
    runbooks::variables,
    support::{ALL, Answer, Page, TestApp, TestClient, count_on, eventually, money, verify},
};

/// A partner, and the operator who looks after it.
pub struct Partner {
    id: Uuid,
    operator: TestClient,
}

/// A key with its secret.
pub struct Key {
    id: Uuid,
    secret: String,
}

impl Partner {
    pub async fn create(app: &mut TestApp) -> Self {
        let operator = app.operator();
        let created = operator.post("/v1/partners", json!({"name": "Hangang Coffee"})).await.expect(201);
        Self { id: created.id("partner_id"), operator }
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/partners/{}{rest}", self.id)
    }

    pub async fn key(&self, scopes: &[&str]) -> Key {
        let issued = self.operator.post(&self.path("/keys"), json!({"scopes": scopes})).await.expect(201);
        Key { id: issued.id("key_id"), secret: issued.text("secret") }
    }

    async fn revoke(&self, key: &Key) -> Answer {
        self.operator.post(&self.path(&format!("/keys/{}/revoke", key.id)), json!({})).await
    }

    async fn quotas(&self, quotas: Value) -> Answer {
        self.operator.put(&self.path("/quotas"), quotas).await
    }
}

/// What the token endpoint of the first command server answers.
async fn exchange(app: &mut TestApp, key: &Key, scope: Option<&str>) -> Answer {
    let nobody = app.stranger();
    let basic = format!("Basic {}", STANDARD.encode(format!("{}:{}", key.id, key.secret)));
    let headers = [("authorization", basic.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let scope = scope.map(|scope| format!("&scope={}", scope.replace(' ', "+"))).unwrap_or_default();
    let form = format!("grant_type=client_credentials{scope}");
    nobody.send(Method::POST, &format!("{}/v1/oauth/token", nobody.command), &headers, Some(form.into())).await.unwrap()
}

/// The partner at a command server, with a token for a key.
pub async fn client(app: &mut TestApp, server: usize, partner: &Partner, key: &Key) -> TestClient {
    let token = exchange(app, key, None).await.expect(200).text("access_token");
    app.client_with(server, partner.id, token)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_partner_has_accounts_and_reaches_no_others() {
    let mut app = TestApp::start(&ALL).await;
    let (member, theirs) = app.funded_member(1_000).await;
    let partner = Partner::create(&mut app).await;
    let key =
        partner.key(&["accounts:read", "accounts:write", "transfers:write", "holds:write", "payouts:write"]).await;
    let shop = client(&mut app, 0, &partner, &key).await;
    let opened = shop.post("/v1/accounts", json!({"asset": "KRW"})).await.expect(201);
    assert_eq!(opened.id("owner"), partner.id);
    let own = opened.id("account_id");
    app.service().deposit(own, "KRW", 500).await;

    let paid = shop.transfer(own, theirs, 100).await.expect(201);
    let shown: Vec<_> = paid.body["postings"].as_array().unwrap().iter().map(|p| p["balance_after"].clone()).collect();
    assert_eq!(shown, [json!("400"), Value::Null], "the balance of another is not its to see");
    assert_eq!(shop.balance_at(own, paid.token()).await, "400");
    let held = json!({"source": own, "destination": theirs, "money": money("KRW", 50)});
    let hold = shop.post("/v1/holds", held).await.expect(201);
    shop.post(&format!("/v1/holds/{}/capture", hold.id("hold_id")), json!({}))
        .await
        .expect_problem(403, "hold-not-yours");
    member.post(&format!("/v1/holds/{}/capture", hold.id("hold_id")), json!({})).await.expect(201);

    // What belongs to others is theirs to pay from, and not even there to be read.
    shop.transfer(theirs, own, 1).await.expect_problem(403, "account-not-yours");
    let foreign = json!({"source": theirs, "destination": own, "money": money("KRW", 1)});
    shop.post("/v1/holds", foreign.clone()).await.expect_problem(403, "account-not-yours");
    let compound = json!({"postings": [{"source": theirs, "destination": own, "money": money("KRW", 1)}]});
    shop.post("/v1/transfers/compound", compound).await.expect_problem(403, "account-not-yours");
    let run = json!({"source": theirs, "name": "x", "reference": "x"});
    shop.post("/v1/payout-runs", run).await.expect_problem(403, "account-not-yours");
    shop.post(&format!("/v1/accounts/{theirs}/close"), json!({})).await.expect_problem(404, "account-unknown");
    for path in [format!("/v1/accounts/{theirs}"), format!("/v1/accounts/{theirs}/transactions")] {
        shop.get(&path).await.expect_problem(404, "account-unknown");
    }
    let listed = shop.get_at("/v1/accounts", paid.token()).await.expect(200);
    assert_eq!(listed.items().len(), 1);
    shop.get(&format!("/v1/accounts?owner={}", member.id)).await.expect_problem(403, "forbidden");
    shop.post("/v1/deposits", json!({})).await.expect_problem(403, "forbidden");

    // Whoever asks sees the refusal of what they asked for, and nobody else does.
    let refused = shop.transfer(own, theirs, 5_000).await.expect_problem(422, "insufficient-funds");
    let path = format!("/v1/transfers/{}", refused.id("transfer_id"));
    assert_eq!(shop.get_at(&path, refused.token()).await.expect(200).text("code"), "insufficient-funds");
    member.get(&path).await.expect_problem(404, "transfer-unknown");
    verify(app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_till_of_a_partner_charges_to_its_own_accounts() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1_000).await;
    let partner = Partner::create(&mut app).await;
    let key = partner.key(&["accounts:read", "accounts:write", "charges:write", "holds:write"]).await;
    let till = client(&mut app, 0, &partner, &key).await;
    let (own, other) = (till.open("KRW").await, app.member().open("KRW").await);
    let charge = |code: &str, destination: Uuid, hold: bool| json!({"code": code, "destination": destination, "money": money("KRW", 300), "reference": "till 4", "hold": hold});
    let code = payer.post("/v1/payment-codes", json!({"source": from})).await.expect(201).text("code");
    till.post("/v1/charges", charge(&code, other, false)).await.expect_problem(403, "account-not-yours");
    let paid = till.post("/v1/charges", charge(&code, own, false)).await.expect(201);
    assert_eq!(till.balance_at(own, paid.token()).await, "300");
    // Found by what it is called, without the balance of whoever paid.
    let found = till.get_at("/v1/transfers?reference=till%204", paid.token()).await.expect(200);
    let balances: Vec<_> =
        found.items()[0]["postings"].as_array().unwrap().iter().map(|p| &p["balance_after"]).collect();
    assert_eq!(balances, [&Value::Null, &json!("300")]);

    let code = payer.post("/v1/payment-codes", json!({"source": from})).await.expect(201).text("code");
    let held = till.post("/v1/charges", charge(&code, own, true)).await.expect(201);
    let captured = till.post(&format!("/v1/holds/{}/capture", held.id("hold_id")), json!({})).await.expect(201);
    assert_eq!(till.balance_at(own, captured.token()).await, "600");
    verify(app).await;
}

/// The path with an id that nothing has in the place of each name.
fn filled(path: &str) -> String {
    let part = |part: &str| match part.strip_prefix('{') {
        None => part.to_owned(),
        Some("from}") => "USD".to_owned(),
        Some("to}") => "KRW".to_owned(),
        Some("name}") => "some-limit".to_owned(),
        Some(_) => "01a22256-cbb6-759b-b159-cb9039febc35".to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// Both documents name one scope for each operation, or that it is for no partner: and so it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_needs_its_scope_and_no_other() {
    let mut app = TestApp::start(&ALL).await;
    let partner = Partner::create(&mut app).await;
    let all: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    let key = partner.key(&all).await;
    partner.quotas(json!({"requests_per_second": 10_000})).await.expect(200);
    let with = async |app: &mut TestApp, scopes: Vec<&str>| {
        let token = exchange(app, &key, Some(&scopes.join(" "))).await.expect(200).text("access_token");
        app.client_with(0, partner.id, token)
    };
    let everything = with(&mut app, all.clone()).await;
    eventually("the quota at the query server", async || {
        let reply = everything.get("/v1/accounts").await;
        match reply.header("ratelimit-policy") == Some("\"default\";q=10000;w=1") {
            true => Ok(()),
            false => Err(format!("{:?}", reply.headers)),
        }
    })
    .await;
    let mut used = BTreeSet::new();
    for server in [everything.command.clone(), everything.query.clone()] {
        let document = everything.send(Method::GET, &format!("{server}/openapi.json"), &[], None).await.unwrap().body;
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let named = operation["x-scope"].as_str().unwrap_or_else(|| panic!("{method} {path} has no scope"));
                let (method, url) =
                    (method.to_uppercase().parse::<Method>().unwrap(), format!("{server}{}", filled(path)));
                let ask = async |who: &TestClient| who.send(method.clone(), &url, &[], None).await.unwrap();
                let Ok(scope) = named.parse::<Scope>() else {
                    assert!(named == "public" || named.ends_with(" only"), "{method} {path}: {named}");
                    if named != "public" {
                        ask(&everything).await.expect_problem(403, "forbidden");
                    }
                    continue;
                };
                used.insert(scope);
                let others = with(&mut app, all.iter().copied().filter(|other| *other != named).collect()).await;
                let refused = ask(&others).await.expect_problem(403, "scope-missing");
                assert_eq!(refused.text("scope"), named);
                let only = with(&mut app, vec![named]).await;
                let answer = ask(&only).await;
                assert!(![401, 403, 429].contains(&answer.status), "{method} {path}: {}", answer.body);
            }
        }
    }
    assert!(used.len() >= 8, "{used:?}");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_key_is_refused_by_every_server_and_another_goes_on() {
    let parts: Vec<Part> = ALL.into_iter().chain([Part::Command(1)]).collect();
    let mut app = TestApp::start(&parts).await;
    let partner = Partner::create(&mut app).await;
    let (old, new) = (partner.key(&["accounts:read"]).await, partner.key(&["accounts:read", "accounts:write"]).await);
    let (at_first, at_second) = (client(&mut app, 0, &partner, &old).await, client(&mut app, 1, &partner, &old).await);
    let path = "/v1/accounts";
    at_first.get(path).await.expect(200);
    at_second.post(path, json!({})).await.expect_problem(403, "scope-missing");

    let revoked = partner.revoke(&old).await.expect(200);
    assert_eq!((revoked.id("key_id"), revoked.text("status").as_str()), (old.id, "revoked"));
    for (server, who) in [&at_first, &at_second].into_iter().enumerate() {
        eventually("the revocation", async || match who.post(path, json!({})).await.status {
            401 => Ok(()),
            status => Err(format!("command server {server} answers {status}")),
        })
        .await;
    }
    eventually("the revocation", async || match at_first.get(path).await.status {
        401 => Ok(()),
        status => Err(format!("the query server answers {status}")),
    })
    .await;
    let answer = exchange(&mut app, &old, None).await.expect(401);
    assert_eq!(answer.text("error"), "invalid_client");
    assert!(answer.header("www-authenticate").is_some_and(|challenge| challenge.starts_with("Basic")));
    // It may be revoked again; and the key that took its place is not touched.
    partner.revoke(&old).await.expect(200);
    let shop = client(&mut app, 1, &partner, &new).await;
    shop.open("KRW").await;
    shop.get(path).await.expect(200);
    let nobodys = Key { id: Uuid::from_u128(5), secret: new.secret.clone() };
    partner.revoke(&nobodys).await.expect_problem(404, "key-unknown");
    assert_eq!(exchange(&mut app, &nobodys, None).await.expect(401).body, answer.body, "told apart by nothing");
    verify(app).await;
}

/// A token lives no longer than its key.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_and_its_tokens_end_when_it_expires() {
    let mut app = TestApp::start(&ALL).await;
    let partner = Partner::create(&mut app).await;
    let expires_at = (SystemClock.now() + TimeDelta::seconds(8)).to_rfc3339_opts(SecondsFormat::Millis, true);
    let body = json!({"scopes": ["accounts:read"], "expires_at": expires_at});
    let issued = partner.operator.post(&partner.path("/keys"), body).await.expect(201);
    let key = Key { id: issued.id("key_id"), secret: issued.text("secret") };
    let answer = exchange(&mut app, &key, None).await.expect(200);
    assert!(answer.number("expires_in") <= 8, "no longer than the key: {}", answer.body);
    let token = answer.text("access_token");
    let shop = app.client_with(0, partner.id, token);
    eventually("the end of the token", async || match shop.get("/v1/accounts").await.status {
        401 => Ok(()),
        status => Err(status.to_string()),
    })
    .await;
    let after = exchange(&mut app, &key, None).await.expect(401);
    assert_eq!(after.text("error"), "invalid_client");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quotas_are_of_requests_and_of_money() {
    let mut app = TestApp::start(&ALL).await;
    let (member, theirs) = app.funded_member(0).await;
    let partner = Partner::create(&mut app).await;
    let key = partner.key(&["accounts:read", "accounts:write", "transfers:write"]).await;
    let shop = client(&mut app, 0, &partner, &key).await;
    let before = shop.open("KRW").await;
    let limit = json!({"asset": "KRW", "kinds": ["transfer"], "everyone": false, "per_transfer": "100"});
    app.operator().put("/v1/limits/partners", limit).await.expect(200);
    partner.quotas(json!({"limits": ["nothing"]})).await.expect_problem(422, "limit-unknown");
    let quotas = json!({"requests_per_second": 500, "limits": ["partners"]});
    partner.quotas(quotas.clone()).await.expect(200);
    let after = shop.open("KRW").await;
    for account in [before, after] {
        app.service().deposit(account, "KRW", 1_000).await;
        shop.transfer(account, theirs, 101).await.expect_problem(422, "limit-exceeded");
        shop.transfer(account, theirs, 100).await.expect(201);
        assert_eq!(count_on(&app, account, "AccountLimitsAssigned").await, 1);
    }
    let unknown = app.operator().put(&format!("/v1/partners/{}/quotas", Uuid::nil()), quotas).await;
    unknown.expect_problem(404, "partner-unknown");

    // Three at once, and one each second: the fourth is one too many, at each server.
    let set = partner.quotas(json!({"requests_per_second": 1, "burst": 3})).await.expect(200);
    let is_too_many = |reply: Answer| match reply.header("ratelimit-policy") == Some("\"default\";q=3;w=3") {
        true if reply.status == 429 => Ok(reply),
        _ => Err(format!("{} {:?}", reply.status, reply.headers)),
    };
    let read = eventually("a read too many", async || is_too_many(shop.get("/v1/accounts").await)).await;
    let sent = eventually("a command too many", async || {
        is_too_many(shop.post("/v1/accounts", json!({"asset": "XXX"})).await)
    })
    .await;
    for reply in [read, sent] {
        let reply = reply.expect_problem(429, "too-many-requests");
        assert_eq!((reply.header("retry-after"), reply.header("ratelimit")), (Some("1"), Some("\"default\";r=0;t=1")));
    }
    member.get("/v1/accounts").await.expect(200);
    let shown = app.operator().get_at(&partner.path(""), set.token()).await.expect(200);
    assert_eq!(shown.body["quotas"]["burst"], 3);
    verify(app).await;
}

/// What a key did stands in the log, with the partner as the actor of the commit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_key_did_is_in_the_log_and_secrets_are_not() {
    let mut app = TestApp::start(&ALL).await;
    let partner = Partner::create(&mut app).await;
    let body = json!({"scopes": ["accounts:read", "accounts:write"]});
    let issued = partner.operator.post_keyed(&partner.path("/keys"), "issue", body.clone()).await.expect(201);
    let again = partner.operator.post_keyed(&partner.path("/keys"), "issue", body).await.expect(201);
    assert!(again.replayed() && again.body == issued.body, "a lost answer is given again: {}", again.body);
    let one = Key { id: issued.id("key_id"), secret: issued.text("secret") };
    let other = partner.key(&["accounts:write"]).await;
    assert_ne!(one.secret, other.secret);

    let (first, second) = (client(&mut app, 0, &partner, &one).await, client(&mut app, 0, &partner, &other).await);
    let opened = first.post_keyed("/v1/accounts", "open", json!({"asset": "KRW"})).await.expect(201);
    let replayed = second.post_keyed("/v1/accounts", "open", json!({"asset": "KRW"})).await.expect(201);
    assert!(replayed.replayed() && replayed.body == opened.body, "the principal is the partner, not the key");
    let account = opened.id("account_id");
    second.post(&format!("/v1/accounts/{account}/close"), json!({})).await.expect(200);

    let mut log = PgConnection::connect(&app.pair.log.superuser_url()).await.unwrap();
    let uses: Vec<(String, Uuid, Value)> = sqlx::query_as(
        "select c.actor_role::text, c.actor_id, e.payload::jsonb from events e
         join log_commits c on e.position between c.first_position and c.last_position and c.first_position > 0
         where e.type = 'PartnerKeyUsed' order by e.position",
    )
    .fetch_all(&mut log)
    .await
    .unwrap();
    let used = |key: &Key| ("p".to_owned(), partner.id, json!({"partner": partner.id, "key": key.id}));
    assert_eq!(uses, [used(&one), used(&other)], "one for each commit, and none for the repetition");
    let text: String =
        sqlx::query_scalar("select string_agg(events::text, '') from log_commits where first_position > 0")
            .fetch_one(&mut log)
            .await
            .unwrap();
    assert!(!text.contains(&one.secret[4..]) && !text.contains(&other.secret[4..]));

    let shown = partner.operator.get_at(&partner.path(""), again.token()).await.expect(200);
    let keys: Vec<_> = shown.body["keys"].as_array().unwrap().iter().map(|key| key["key_id"].clone()).collect();
    assert!(keys.contains(&json!(one.id)) && !shown.body.to_string().contains("jbk_"), "{}", shown.body);
    let listed = partner.operator.get_at("/v1/partners", again.token()).await.expect(200);
    assert_eq!(listed.items()[0]["partner_id"], json!(partner.id));
    first.get("/v1/partners").await.expect_problem(403, "forbidden");
    app.member().get("/v1/partners").await.expect_problem(403, "forbidden");
    partner.operator.get(&format!("/v1/partners/{}", Uuid::nil())).await.expect_problem(404, "partner-unknown");
    verify(app).await;
}

/// The page for whoever lets partners in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_of_the_page_runs() {
    let mut app = TestApp::start(&ALL).await;
    let mut page = Page::open_in(".", "partners", variables(&mut app.bank));
    let out = page.next().await;
    let lines: Vec<Value> = out.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [account, missing, shown, revoked, after] = &lines[..] else { panic!("{}\n{}", out.stdout, out.stderr) };
    assert_eq!((&account["asset"], &account["status"]), (&json!("KRW"), &json!("open")));
    assert_eq!([&missing["code"], &missing["scope"]], ["scope-missing", "transfers:write"]);
    assert_eq!([&shown["name"], &shown["quotas"]["requests_per_second"]], [&json!("Hangang Coffee"), &json!(50)]);
    assert_eq!([&revoked["status"], &after["code"]], ["revoked", "unauthorized"]);
    page.end();
    verify(app).await;
}
