//! People who sign up, reached by mail or by text message; everything else about them is the same.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::mail::Catcher;
use uuid::Uuid;

use super::{Answer, TestClient, eventually, fresh_key};

/// By what a person is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Email,
    Phone,
}

impl By {
    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }

    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Email => Self::Phone,
            Self::Phone => Self::Email,
        }
    }

    /// An address or number nobody else has.
    pub fn fresh(self) -> String {
        match self {
            Self::Email => format!("{}@example.com", letters(14)),
            Self::Phone => format!("+8210{:08}", rand::random::<u32>() % 100_000_000),
        }
    }
}

/// Somebody nobody has heard of.
#[derive(Clone, Debug)]
pub struct Newcomer {
    pub real_name: String,
    pub login_id: String,
    pub password: String,
    pub by: By,
    pub contact: String,
}

impl Newcomer {
    pub fn new(by: By) -> Self {
        let unique = letters(12);
        Self {
            real_name: format!("Canary {unique} 카나리아"),
            login_id: format!("who_{unique}"),
            password: format!("Wing-{}-7!", letters(10)),
            by,
            contact: by.fresh(),
        }
    }

    /// The body of their sign-up.
    pub fn sign_up_request(&self) -> Value {
        json!({
            "login_id": self.login_id,
            "password": self.password,
            "contact": {"channel": self.by.name(), "value": self.contact},
            "real_name": self.real_name,
            "consents": [
                {"document": "terms", "version": "1", "agreed": true},
                {"document": "letters", "version": "1", "agreed": false},
            ],
        })
    }

    /// Asks to become a member; the sign-up's id.
    pub async fn sign_up(&self, anonymous: &TestClient) -> Uuid {
        post(anonymous, "/v1/signups", &fresh_key(), &self.sign_up_request()).await.expect(202).id("signup_id")
    }

    /// Tries a code.
    pub async fn verify(&self, anonymous: &TestClient, sign_up: Uuid, code: &str) -> Answer {
        post(anonymous, &format!("/v1/signups/{sign_up}/verify"), &fresh_key(), &json!({"code": code})).await
    }

    /// Tries to log in.
    pub async fn log_in(&self, anonymous: &TestClient) -> Answer {
        post(anonymous, "/v1/sessions", &fresh_key(), &json!({"login_id": self.login_id, "password": self.password}))
            .await
    }

    /// All the way: signed up, verified, logged in.
    pub async fn join(&self, anonymous: &TestClient, catcher: &Catcher) -> Insider {
        let before = texts_to(catcher, &self.contact).len();
        let sign_up = self.sign_up(anonymous).await;
        let code = code_after(catcher, &self.contact, before).await;
        let member = self.verify(anonymous, sign_up, &code).await.expect(201).id("member_id");
        self.enter(anonymous, member).await
    }

    /// Logs in.
    pub async fn enter(&self, anonymous: &TestClient, member: Uuid) -> Insider {
        let answer = self.log_in(anonymous).await.expect(201);
        let client = TestClient { token: answer.text("access_token"), id: member, ..anonymous.clone() };
        Insider { client, refresh_token: answer.text("refresh_token") }
    }
}

/// Somebody who is in.
#[derive(Clone, Debug)]
pub struct Insider {
    pub client: TestClient,
    pub refresh_token: String,
}

impl Insider {
    /// A command without an answer to wait for in a view.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        post(&self.client, path, &fresh_key(), &body).await
    }

    /// Exchanges the refresh token.
    pub async fn refresh(&self) -> Answer {
        let anonymous = TestClient { token: String::new(), ..self.client.clone() };
        post(&anonymous, "/v1/sessions/refresh", &fresh_key(), &json!({"refresh_token": self.refresh_token})).await
    }

    /// Logs out.
    pub async fn log_out(&self) -> Answer {
        let url = format!("{}/v1/sessions/current", self.client.command);
        self.client.send(Method::DELETE, &url, &[("idempotency-key", &fresh_key())], None).await.unwrap()
    }

    /// Asks to be erased.
    pub async fn leave(&self, password: &str, key: &str) -> Answer {
        let url = format!("{}/v1/members/me", self.client.command);
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        let body = json!({"password": password}).to_string().into_bytes();
        eventually("an answer to a request to leave", async || {
            let answer = self.client.send(Method::DELETE, &url, &headers, Some(body.clone())).await;
            settled(answer)
        })
        .await
    }
}

/// Sends the same under the same key until it is answered: what broke off or says "not now" is sent again.
pub async fn post(client: &TestClient, path: &str, key: &str, body: &Value) -> Answer {
    eventually(path, async || settled(client.try_post(path, key, body).await)).await
}

fn settled(answer: reqwest::Result<Answer>) -> Result<Answer, String> {
    let answer = answer.map_err(|error| error.to_string())?;
    let not_now = matches!(answer.status, 500 | 503) || answer.code() == "idempotency-key-in-flight";
    if not_now { Err(answer.body.to_string()) } else { Ok(answer) }
}

/// All messages to this contact, the newest first.
pub fn texts_to(catcher: &Catcher, contact: &str) -> Vec<String> {
    catcher.caught.messages(Some(contact), usize::MAX).into_iter().map(|message| message.text).collect()
}

/// Waits for the next message after so many, and reads the code in it.
pub async fn code_after(catcher: &Catcher, contact: &str, before: usize) -> String {
    let text = message_after(catcher, contact, before).await;
    codes(&text).first().unwrap_or_else(|| panic!("no code in: {text}")).clone()
}

/// Waits for the next message after so many.
pub async fn message_after(catcher: &Catcher, contact: &str, before: usize) -> String {
    eventually("a message", async || {
        let messages = texts_to(catcher, contact);
        if messages.len() > before { Ok(messages[0].clone()) } else { Err("nothing was caught".to_owned()) }
    })
    .await
}

/// The runs of digits in a text that have six of them.
pub fn codes(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() == 6).map(str::to_owned).collect()
}

/// A code that is not this one.
pub fn other_than(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

fn letters(count: usize) -> String {
    (0..count).map(|_| char::from(b'a' + rand::random::<u8>() % 26)).collect()
}
