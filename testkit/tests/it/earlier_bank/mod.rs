//! Banks that earlier builds wrote are upgraded in place: everything in them is still true, old keys get their old answers
//! byte for byte, and they go on. How the banks were written: `testkit/data/banks/write-bank.py`.

mod at_rest;
mod under_load;

use std::path::{Path, PathBuf};

use kernel::Role;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::chaos::Jangbu;
use uuid::Uuid;

use crate::support::{TestApp, TestClient, fresh_key, people::post};

/// A bank that an earlier build wrote.
struct Earlier {
    folder: PathBuf,
    /// What its build answered and showed.
    kept: Value,
}

impl Earlier {
    fn of(date: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/banks").join(date);
        let kept = std::fs::read_to_string(folder.join("bank.json")).unwrap();
        Self { folder, kept: serde_json::from_str(&kept).unwrap() }
    }

    fn member(&self, name: &str) -> Uuid {
        id(&self.kept["members"][name])
    }

    /// What was asked and answered, in its order.
    fn answers(&self) -> &[Value] {
        self.kept["answers"].as_array().unwrap()
    }

    /// The first request to this path.
    fn asked(&self, path: &str) -> &Value {
        &self.answers().iter().find(|old| old["path"] == path).unwrap()["body"]
    }
}

fn id(value: &Value) -> Uuid {
    value.as_str().unwrap().parse().unwrap()
}

fn jangbu(app: &TestApp) -> Jangbu {
    Jangbu::new(&app.bank.plan().binaries, &app.pair).unwrap()
}

/// Accounts and the certificate of an erasure are as they were. Money moved since on the accounts that are `paying`.
async fn what_was_recorded_is_still_there(app: &mut TestApp, earlier: &Earlier, paying: &[Uuid]) {
    let operator = app.operator();
    for (account, ought) in earlier.kept["accounts"].as_object().unwrap() {
        let seen = operator.get(&format!("/v1/accounts/{account}")).await.expect(200);
        let has_moved = paying.contains(&account.parse().unwrap());
        for (field, ought) in ought.as_object().unwrap() {
            if !has_moved || !["balance", "available", "version"].contains(&field.as_str()) {
                assert_eq!(&seen.body[field], ought, "{field} of account {account}");
            }
        }
    }
    app.certificate(id(&earlier.kept["erasure"])).await;
}

/// `without_what_is_new`: takes from an answer of this build what it has gained since.
async fn old_keys_get_their_old_answers(
    app: &mut TestApp,
    earlier: &Earlier,
    without_what_is_new: impl Fn(&str) -> String,
) {
    for old in earlier.answers() {
        let role = match old["role"].as_str().unwrap() {
            "member" => Role::Member,
            "service" => Role::Service,
            _ => Role::Operator,
        };
        let who = app.client(role, id(&old["subject"]));
        // An erased member has no token that counts.
        if old["subject"] == earlier.kept["members"]["chris"] {
            continue;
        }
        let (path, key) = (old["path"].as_str().unwrap(), old["key"].as_str().unwrap());
        let method: Method = old["method"].as_str().unwrap().parse().unwrap();
        let request = who.http.request(method, format!("{}{path}", who.command)).bearer_auth(&who.token);
        let again = request.header("idempotency-key", key).json(&old["body"]).send().await.unwrap();
        assert_eq!(u64::from(again.status().as_u16()), old["status"].as_u64().unwrap(), "{path}");
        assert_eq!(again.headers()["idempotency-replayed"], "true", "{path}");
        let (was, is) = (old["answer"].as_str().unwrap(), without_what_is_new(&again.text().await.unwrap()));
        assert_eq!(without_request_id(&is), without_request_id(was), "{path}");
    }
}

/// An answer, byte for byte, but for the id of the request that a problem names.
fn without_request_id(text: &str) -> String {
    let Some((before, after)) = text.split_once(r#""request_id":""#) else { return text.to_owned() };
    format!("{before}{}", after.split_once('"').map_or("", |(_, rest)| rest))
}

/// Members log in with the passwords of then, and what is sealed of them opens.
async fn members_are_known(app: &mut TestApp, earlier: &Earlier) {
    let anonymous = app.stranger();
    let passwords = &earlier.kept["passwords"];
    for name in ["anna_alt", "boram_alt"] {
        let insider = log_in(&anonymous, name, passwords).await;
        let home = insider.get("/v1/members/me").await.expect(200);
        assert_eq!(home.text("login_id"), name);
        assert!(home.text("real_name").ends_with("카나리아"), "{}", home.body);
    }
    let erased = json!({"login_id": "chris_alt", "password": passwords["chris_alt"]});
    post(&anonymous, "/v1/sessions", &fresh_key(), &erased).await.expect_problem(401, "credentials-wrong");
}

async fn log_in(anonymous: &TestClient, name: &str, passwords: &Value) -> TestClient {
    let request = json!({"login_id": name, "password": passwords[name]});
    let answer = post(anonymous, "/v1/sessions", &fresh_key(), &request).await.expect(201);
    TestClient { token: answer.text("access_token"), ..anonymous.clone() }
}
