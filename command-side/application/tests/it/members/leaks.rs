//! Nothing personal, no code and no password stands in the log, whatever was done.

use domain::member::Contact;
use vault::Keys;

use super::app::{TestApp, as_member, email, hash, meta, operator, sign_up_request, until};

#[tokio::test]
async fn the_log_holds_no_name_no_contact_no_code_and_no_password() {
    let app = TestApp::new().await;
    let runner = app.runner();
    let mut wanted = sign_up_request("canary_login", "canary@canary-mail.example");
    wanted.real_name = "Canaria 카나리아".parse().expect("a name");
    wanted.password_hash = hash("canaryhash");
    let sent = app.members.sign_up(wanted.clone(), meta("s")).await.expect("sent").answer;
    app.wait(30);
    app.members.resend(sent.id, meta("r")).await.expect("sent");
    let wrong = app.wrong_code(sent.id, 2);
    app.members.verify(sent.id, wrong.clone(), None, meta("w")).await.expect_err("wrong");
    let member = app.members.verify(sent.id, app.code(sent.id, 2), None, meta("v")).await.expect("a member").answer;
    wanted.login_id = "canary_other".parse().expect("a login id");
    app.members.sign_up(wanted, meta("decoy")).await.expect("sent");
    app.members.change_contact(member, email("second@canary-mail.example"), meta("c")).await.expect("sent");
    app.members.verify_contact(member, app.wrong_code(member.uuid(), 1), meta("cw")).await.expect_err("wrong");
    app.members.verify_contact(member, app.code(member.uuid(), 1), meta("cv")).await.expect("moved");
    app.wait(60);
    let phone = Contact::parse(domain::member::Channel::Phone, "+829876543210").expect("a number");
    app.members.change_contact(member, phone, meta("c2")).await.expect("sent");
    app.members.password_changed(member, hash("canaryhash2"), meta("p")).await.expect("changed");
    app.members.refuse(as_member(member), "password-wrong", meta("x")).await;
    app.members.disclose(member, operator(), "why".into(), None, meta("d")).await.expect("shown");
    app.members.request_erasure(member, as_member(member), None, None, meta("e")).await.expect("leaving");
    until("the erasure is done", || async { app.log.count("MemberErased") == 1 }).await;
    runner.stop().await;

    let codes = [(sent.id, 1), (sent.id, 2), (member.uuid(), 1), (member.uuid(), 2)];
    let mut secrets: Vec<String> = codes.map(|(id, serial)| app.code(id, serial).expose().to_owned()).into();
    secrets.push(wrong.expose().to_owned());
    secrets.extend(["canary", "canaria", "카나리아", "argon2", "9876543210"].map(str::to_owned));
    let names = app.vault.names();
    assert_ne!(names.login("canary_login"), names.login("canary_other"));
    let commits = app.log.commits();
    assert!(commits.len() > 12, "all of it was done");
    for event in commits.iter().flat_map(|commit| &commit.events) {
        let payload: serde_json::Value = serde_json::from_str(event.payload.get()).expect("json");
        for text in texts(&payload) {
            let lower = text.to_lowercase();
            for secret in &secrets {
                // A code is six digits, and ciphertext may hold any six characters by chance.
                let found = if secret.len() == 6 { lower == *secret } else { lower.contains(secret.as_str()) };
                assert!(!found, "{} holds {secret}: {text}", event.event_type);
            }
        }
    }
    let snapshots = format!("{:?}", app.log.snapshots()).to_lowercase();
    assert!(!snapshots.contains("canary"), "nor the snapshots");
    let instances = app.processes.text().to_lowercase();
    assert!(instances.contains("sign-up-expiry") && !instances.contains("canary"), "nor what the processes keep");
    app.end().await;
}

fn texts(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::String(text) => vec![text.clone()],
        serde_json::Value::Array(items) => items.iter().flat_map(texts).collect(),
        serde_json::Value::Object(fields) => fields.values().flat_map(texts).collect(),
        other => vec![other.to_string()],
    }
}
