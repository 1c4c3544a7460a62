//! Members with a password, signed up as anybody would be.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use tokio::time::sleep;

use crate::load::{Connection, Request};
use testkit::mail::Catcher;

#[derive(Deserialize)]
struct Started {
    signup_id: String,
}

/// So many of them; login ids and passwords.
pub(super) async fn sign_up(command: SocketAddr, catcher: &Catcher, count: usize) -> Result<Vec<(String, String)>> {
    let mut connection = Connection::to(command);
    let mut people = Vec::with_capacity(count);
    for number in 0..count {
        let (login_id, password) = (format!("bench_{number}"), format!("right horse {number}!"));
        let contact = format!("bench-{number}@example.com");
        let sign_up = format!(
            r#"{{"login_id":"{login_id}","password":"{password}","real_name":"Bench","consents":[{{"document":"terms","version":"1","agreed":true}}],
                "contact":{{"channel":"email","value":"{contact}"}}}}"#
        );
        let body = post(&mut connection, "/v1/signups", &format!("start-{number}"), &sign_up, 202).await?;
        let Started { signup_id } = serde_json::from_slice(&body).context("reading a sign-up")?;
        let code = format!(r#"{{"code":"{}"}}"#, code(catcher, &contact).await?);
        let path = format!("/v1/signups/{signup_id}/verify");
        post(&mut connection, &path, &format!("verify-{number}"), &code, 201).await?;
        people.push((login_id, password));
    }
    Ok(people)
}

async fn post(connection: &mut Connection, path: &str, key: &str, body: &str, expected: u16) -> Result<Vec<u8>> {
    let headers = [("idempotency-key", key)];
    let request = Request { method: "POST", path, token: "", headers: &headers, body, content_type: "" };
    let reply = connection.send(&request).await.with_context(|| format!("POST {path}"))?;
    let answer = String::from_utf8_lossy(reply.body);
    ensure!(reply.status == expected, "POST {path} was answered {} {answer}", reply.status);
    Ok(reply.body.to_vec())
}

/// The only run of six digits in the message.
async fn code(catcher: &Catcher, contact: &str) -> Result<String> {
    for _ in 0..200 {
        if let Some(message) = catcher.caught.messages(Some(contact), 1).pop() {
            let mut runs = message.text.split(|c: char| !c.is_ascii_digit());
            return runs.find(|run| run.len() == 6).map(str::to_owned).context("a message without a code");
        }
        sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("no code for {contact} within ten seconds")
}
