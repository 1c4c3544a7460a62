//! A person who signs up as anybody would: through the API, with the code from the mail.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use kernel::{Actor, MemberId, Role};
use serde_json::{Value, json};
use testkit::client::{Caller, Reply};
use tokio::time::{Instant, sleep};

use crate::bank::DemoBank;

/// Somebody nobody has heard of: every run makes up new people.
pub struct Person {
    /// What they are called.
    pub real_name: String,
    /// What they log in with.
    pub login_id: String,
    /// Where they are reached.
    pub email: String,
    password: String,
}

/// Somebody who is in.
pub struct Member {
    /// Who.
    pub person: Person,
    /// Their access token.
    pub caller: Caller,
    refresh_token: String,
}

/// What came of a sign-up on the way.
pub struct Code {
    /// The code.
    pub code: String,
    /// The heading of the mail it stood in.
    pub subject: String,
    /// How long it took from the answer to the mail.
    pub took: Duration,
}

impl Person {
    /// Someone with this first name; the rest is made up.
    pub fn new(first_name: &str) -> Self {
        let unique = letters(9);
        let family: String = unique[..1].to_uppercase() + &unique[1..];
        let lower = first_name.to_lowercase();
        Self {
            real_name: format!("{first_name} {family}"),
            login_id: format!("{lower}_{unique}"),
            email: format!("{lower}.{unique}@example.com"),
            password: format!("{}-7-{}", letters(8), letters(8)),
        }
    }

    /// What must be nowhere once they are erased. All of it holds the made-up part, which no other word does.
    pub fn words(&self) -> [&str; 4] {
        [&self.real_name, &self.login_id, &self.email, &self.password]
    }

    /// Asks to become a member; the sign-up's id.
    pub async fn sign_up(&self, bank: &DemoBank) -> Result<String> {
        let body = json!({
            "login_id": self.login_id,
            "password": self.password,
            "contact": { "channel": "email", "value": self.email },
            "real_name": self.real_name,
            "consents": [{ "document": "terms", "version": "1", "agreed": true }],
        });
        let reply = bank.api.stranger().post("/v1/signups", &body).await?.expect(202)?;
        Ok(reply.text("/signup_id")?.to_owned())
    }

    /// Reads the code from the mail that was caught.
    pub async fn read_code(&self, mail_url: &str) -> Result<Code> {
        let since = Instant::now();
        let client = reqwest::Client::new();
        while since.elapsed() < Duration::from_secs(30) {
            let asked = client.get(format!("{mail_url}/messages")).query(&[("to", &self.email)]).send().await;
            let page: Value = asked.context("the catcher of mail does not answer")?.json().await?;
            if let Some(mail) = page["items"].get(0) {
                let text = mail["text"].as_str().unwrap_or_default();
                let code = six_digits(text).with_context(|| format!("there is no code in this mail: {text}"))?;
                let subject = mail["subject"].as_str().unwrap_or_default().to_owned();
                return Ok(Code { code: code.to_owned(), subject, took: since.elapsed() });
            }
            sleep(Duration::from_millis(20)).await;
        }
        bail!("no mail to {} was caught within 30 s", self.email)
    }

    /// Proves that the contact is theirs; the member's id.
    pub async fn verify(&self, bank: &DemoBank, sign_up: &str, code: &str) -> Result<MemberId> {
        let path = format!("/v1/signups/{sign_up}/verify");
        let reply = bank.api.stranger().post(&path, &json!({ "code": code })).await?.expect(201)?;
        reply.text("/member_id")?.parse().context("a member id that is none")
    }

    /// Tries to log in.
    pub async fn log_in(&self, bank: &DemoBank) -> Result<Reply> {
        let body = json!({ "login_id": self.login_id, "password": self.password });
        bank.api.stranger().post("/v1/sessions", &body).await
    }

    /// Logs in.
    pub async fn enter(self, bank: &DemoBank, member: MemberId) -> Result<Member> {
        let reply = self.log_in(bank).await?.expect(201)?;
        let token = reply.text("/access_token")?.to_owned();
        let caller = bank.api.caller_with(Actor { role: Role::Member, id: member }, token);
        Ok(Member { person: self, caller, refresh_token: reply.text("/refresh_token")?.to_owned() })
    }
}

impl Member {
    /// What must be nowhere once they are erased.
    pub fn words(&self) -> Vec<&str> {
        self.person.words().into_iter().chain([self.refresh_token.as_str()]).collect()
    }

    /// Asks to be erased; the erasure's id.
    pub async fn leave(&self) -> Result<String> {
        let reply = self.caller.delete("/v1/members/me", &json!({ "password": self.person.password })).await?;
        Ok(reply.expect(202)?.text("/erasure_id")?.to_owned())
    }
}

/// Waits for the certificate of an erasure. Its id is enough: whoever left has no token that counts.
pub async fn certificate(bank: &DemoBank, erasure: &str) -> Result<Value> {
    let since = Instant::now();
    let owner = bank.api.stranger();
    loop {
        let reply = owner.ask(&format!("/v1/erasures/{erasure}")).await?;
        if reply.status == 200 && reply.body["erased_at"].is_string() {
            return Ok(reply.body);
        }
        ensure!(matches!(reply.status, 200 | 404), "the certificate cannot be read: {}", reply.body);
        ensure!(since.elapsed() < Duration::from_secs(60), "nobody was erased within a minute: {}", reply.body);
        sleep(Duration::from_millis(100)).await;
    }
}

/// The only run of exactly six digits.
fn six_digits(text: &str) -> Option<&str> {
    let mut runs = text.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() == 6);
    runs.next().filter(|_| runs.next().is_none())
}

fn letters(count: usize) -> String {
    (0..count).map(|_| char::from(b'a' + rand::random::<u8>() % 26)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_the_only_run_of_six_digits() {
        assert_eq!(six_digits("Your code:\n\n    012345\n\nIn 2026."), Some("012345"));
        assert_eq!(six_digits("1234567 12345"), None);
        assert_eq!(six_digits("123456 or 654321"), None);
    }

    #[test]
    fn everything_of_a_person_holds_a_word_of_their_own() {
        let (one, two) = (Person::new("Minji"), Person::new("Minji"));
        assert!(one.words().iter().zip(two.words()).all(|(one, two)| *one != two && one.len() >= 12));
    }
}
