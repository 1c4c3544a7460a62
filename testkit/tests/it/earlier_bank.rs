//! A bank that an earlier build wrote is upgraded in place: everything in it is still true, old keys get their old
//! answers byte for byte, and it goes on. How the bank was written: `testkit/data/banks/write-bank.py`.

use std::path::{Path, PathBuf};

use kernel::{Ids, RandomIds, Role};
use serde_json::{Value, json};
use testkit::chaos::Jangbu;
use uuid::Uuid;

use crate::support::{
    ALL, TestApp, TestClient, fresh_key,
    people::{By, Newcomer, post},
};

fn folder_of(date: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/banks").join(date)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_of_the_build_of_2026_11_28_upgrades_and_goes_on() {
    let folder = folder_of("2026-11-28");
    let earlier: Value = serde_json::from_str(&std::fs::read_to_string(folder.join("bank.json")).unwrap()).unwrap();
    let mut app = TestApp::restore(&folder).await;
    let jangbu = Jangbu::new(&app.bank.plan().binaries.clone(), &app.pair).unwrap();
    jangbu.run(&["migrate", "up"]).await.unwrap();
    jangbu.run(&["log", "convert", "--yes"]).await.unwrap();
    // Each new generation is compared with what the earlier build wrote before it is promoted.
    jangbu.run(&["views", "upgrade", "--reason", "newer versions"]).await.unwrap();
    app.bank.start(&ALL).await.unwrap();
    app.wait_until_level().await;

    what_was_recorded_is_still_there(&mut app, &earlier).await;
    old_keys_get_their_old_answers(&mut app, &earlier).await;
    jangbu.run(&["log", "verify"]).await.unwrap();
    old_copies_end(&mut app, &jangbu, &earlier).await;
    members_go_on(&mut app, &earlier).await;
    money_goes_on(&mut app, &earlier).await;
    jangbu.run(&["views", "rebuild", "--all", "--reason", "after the upgrade"]).await.unwrap();
    jangbu.run(&["log", "verify"]).await.unwrap();
    app.close().await;
}

async fn what_was_recorded_is_still_there(app: &mut TestApp, earlier: &Value) {
    let operator = app.operator();
    for (id, ought) in earlier["accounts"].as_object().unwrap() {
        let seen = operator.get(&format!("/v1/accounts/{id}")).await.expect(200);
        for (field, ought) in ought.as_object().unwrap() {
            assert_eq!(&seen.body[field], ought, "{field} of account {id}");
        }
    }
    let certificate = format!("{}/v1/erasures/{}", operator.command, earlier["erasure"].as_str().unwrap());
    let certificate = operator.send(reqwest::Method::GET, &certificate, &[], None).await.unwrap().expect(200);
    assert!(certificate.body["erased_at"].is_string(), "{}", certificate.body);
    // Which keys had wrapped the data key was not noted then: all that were there have to be destroyed first.
    assert!(certificate.body["key_epochs"].is_null(), "{}", certificate.body);
    assert!(certificate.body["copies_unreadable_from"].is_null(), "{}", certificate.body);
    assert!(certificate.body["copies_unreadable_planned"].is_string(), "{}", certificate.body);
}

/// The key that wrapped everything is the first epoch. When it is destroyed, so are the copies of what was erased before.
async fn old_copies_end(app: &mut TestApp, jangbu: &Jangbu, earlier: &Value) {
    let kek = app.keys.kek();
    let keys = jangbu.run(&["vault", "status", "--kek", &kek]).await.unwrap();
    assert_eq!((&keys[0]["epoch"], &keys[0]["state"]), (&json!(1), &json!("current")), "{keys}");
    let rotated = jangbu.run(&["vault", "rotate", "--kek", &kek, "--destroy-retired", "--yes"]).await.unwrap();
    assert_eq!((&rotated["dropped"][0], &rotated["lost"]), (&keys[0]["kek"], &json!(0)), "{rotated}");
    let certificate = app.certificate(earlier["erasure"].as_str().unwrap().parse().unwrap()).await;
    assert!(certificate.body["copies_unreadable_from"].is_string(), "{}", certificate.body);
}

async fn old_keys_get_their_old_answers(app: &mut TestApp, earlier: &Value) {
    for old in earlier["answers"].as_array().unwrap() {
        let role = match old["role"].as_str().unwrap() {
            "member" => Role::Member,
            "service" => Role::Service,
            _ => Role::Operator,
        };
        let who = app.client(role, old["subject"].as_str().unwrap().parse().unwrap());
        // An erased member has no token that counts.
        if old["subject"] == earlier["members"]["chris"] {
            continue;
        }
        let (path, key) = (old["path"].as_str().unwrap(), old["key"].as_str().unwrap());
        let request = who.http.post(format!("{}{path}", who.command)).bearer_auth(&who.token);
        let again = request.header("idempotency-key", key).json(&old["body"]).send().await.unwrap();
        assert_eq!(u64::from(again.status().as_u16()), old["status"].as_u64().unwrap(), "{path}");
        assert_eq!(again.headers()["idempotency-replayed"], "true", "{path}");
        let (was, is) = (old["answer"].as_str().unwrap(), again.text().await.unwrap());
        let is = without_assets_of_postings(&is);
        assert_eq!(without_request_id(&is), without_request_id(was), "{path}");
    }
}

/// An answer without what each of its postings has gained since: the asset after the account.
fn without_assets_of_postings(text: &str) -> String {
    let mut parts = text.split(r#","asset":""#);
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (asset, rest) = part.split_once('"').unwrap();
        let before = plain.len().checked_sub(r#""account_id":"""#.len() + 36).map(|at| &plain[at..]);
        if before.is_some_and(|before| before.starts_with(r#""account_id":""#)) && rest.starts_with(r#","amount":"#) {
            plain.push_str(rest);
        } else {
            plain.push_str(&format!(r#","asset":"{asset}"{rest}"#));
        }
    }
    plain
}

/// An answer, byte for byte, but for the id of the request that a problem names.
fn without_request_id(text: &str) -> String {
    let Some((before, after)) = text.split_once(r#""request_id":""#) else { return text.to_owned() };
    format!("{before}{}", after.split_once('"').map_or("", |(_, rest)| rest))
}

async fn members_go_on(app: &mut TestApp, earlier: &Value) {
    let anonymous = app.stranger();
    for name in ["anna_alt", "boram_alt"] {
        let insider = log_in(&anonymous, name, earlier).await;
        let home = insider.get("/v1/members/me").await.expect(200);
        assert_eq!(home.text("login_id"), name);
        assert!(home.text("real_name").ends_with("카나리아"), "{}", home.body);
    }
    let erased = json!({"login_id": "chris_alt", "password": earlier["passwords"]["chris_alt"]});
    post(&anonymous, "/v1/sessions", &fresh_key(), &erased).await.expect_problem(401, "credentials-wrong");
    // The sign-up that was pending is over by now; what it had reserved is free.
    let dora = Newcomer { login_id: "dora_alt".to_owned(), ..Newcomer::new(By::Email) };
    dora.join(&anonymous, &app.catcher).await;
}

async fn log_in(anonymous: &TestClient, name: &str, earlier: &Value) -> TestClient {
    let request = json!({"login_id": name, "password": earlier["passwords"][name]});
    let answer = post(anonymous, "/v1/sessions", &fresh_key(), &request).await.expect(201);
    TestClient { token: answer.text("access_token"), ..anonymous.clone() }
}

async fn money_goes_on(app: &mut TestApp, earlier: &Value) {
    let anna: Uuid = earlier["members"]["anna"].as_str().unwrap().parse().unwrap();
    let anna = app.client(Role::Member, anna);
    let rent = earlier["answers"].as_array().unwrap().iter().find(|old| old["body"]["memo"] == "rent 월세").unwrap();
    let (source, number) = (&rent["body"]["source"], &rent["body"]["destination"]);
    let balance = anna.get(&format!("/v1/accounts/{}", source.as_str().unwrap())).await.expect(200);
    let before: i64 = balance.text("balance").parse().unwrap();
    let body = json!({"source": source, "destination": number, "money": {"asset": "KRW", "amount": "7"}});
    // An earlier build may have carried this key out, and it would have given the command an id without the key's time.
    let key = RandomIds.fresh().to_string();
    let paid = anna.post_keyed("/v1/transfers", &key, body).await.expect(201);
    assert_ne!(app.newest_command().await.to_string()[..13], key[..13]);
    let line = paid.body["postings"].as_array().unwrap().iter().find(|line| line["account_id"] == *source).unwrap();
    assert_eq!(line["balance_after"], (before - 7).to_string());
    let account = anna.post("/v1/accounts", json!({"asset": "USD"})).await.expect(201);
    anna.post(&format!("/v1/accounts/{}/close", account.text("account_id")), json!({})).await.expect(200);
}
