//! The channels against a real catcher: plain, STARTTLS and TLS; failures, late answers, and bad addresses.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{path::PathBuf, time::Duration};

use application::{Channel, Channels, DeliverError, Push, PushError, Text};
use chrono::TimeDelta;
use command_server::channels::ChannelOptions;
use kernel::{Clock, Ids, RandomIds, SystemClock};
use secrecy::SecretString;
use std::sync::Arc;
use testkit::mail::{Catcher, Fault, Message, Plan, Side, server_config};

const TO: &str = "someone@example.com";
const NUMBER: &str = "+821012345678";

fn text() -> Text {
    let body = "Your Jangbu code:\n\n    123456\n\n장부 인증번호입니다.\n";
    Text {
        key: RandomIds.fresh().simple().to_string(), subject: "Your Jangbu code / 장부 인증번호", body: body.into()
    }
}

fn to(contact: &str) -> SecretString {
    contact.into()
}

fn channels(options: &ChannelOptions) -> Channels {
    options.channels().unwrap()
}

fn email(url: String) -> Arc<dyn Channel> {
    email_trusting(url, None)
}

fn email_trusting(url: String, ca: Option<PathBuf>) -> Arc<dyn Channel> {
    let options = ChannelOptions {
        smtp_url: Some(url.into()),
        mail_from: Some("Jangbu 장부 <no-reply@jangbu.example>".to_owned()),
        smtp_ca_file: ca,
        ..ChannelOptions::default()
    };
    channels(&options).email.unwrap()
}

fn phone(url: String, token_file: Option<PathBuf>) -> Arc<dyn Channel> {
    let options = ChannelOptions { sms_url: Some(url.into()), sms_token_file: token_file, ..ChannelOptions::default() };
    channels(&options).phone.unwrap()
}

async fn catcher() -> Catcher {
    Catcher::start(Plan::local().await.unwrap()).unwrap()
}

fn caught(catcher: &Catcher, to: &str) -> Vec<Message> {
    catcher.caught.messages(Some(to), 10)
}

fn reason(taken: Result<(), DeliverError>) -> (bool, String) {
    match taken.unwrap_err() {
        DeliverError::Transient { reason } => (false, reason.into_owned()),
        DeliverError::Permanent { reason } => (true, reason.into_owned()),
    }
}

/// A certificate for `localhost` and its key, in files of their own.
struct Certificate {
    certificate: PathBuf,
    key: PathBuf,
}

impl Certificate {
    fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let name = RandomIds.fresh().simple().to_string();
        let file = |kind: &str| std::env::temp_dir().join(format!("jangbu-{name}-{kind}.pem"));
        let (certificate, key) = (file("certificate"), file("key"));
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        Self { certificate, key }
    }

    async fn catcher(&self) -> Catcher {
        let config = server_config(&self.certificate, &self.key).unwrap();
        Catcher::start(Plan::local().await.unwrap().with_tls(config).await.unwrap()).unwrap()
    }
}

impl Drop for Certificate {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.certificate);
        let _ = std::fs::remove_file(&self.key);
    }
}

#[tokio::test]
async fn mail_arrives_as_it_was_written() {
    let catcher = catcher().await;
    let email = email(format!("smtp://{}", catcher.smtp));
    let text = text();
    email.deliver(&to(TO), &text).await.unwrap();
    let [mail] = &caught(&catcher, TO)[..] else { panic!("one mail") };
    assert_eq!((mail.subject.as_str(), mail.channel.as_str()), (text.subject, "email"));
    assert_eq!(mail.from, "Jangbu 장부 <no-reply@jangbu.example>");
    assert_eq!(mail.text, secrecy::ExposeSecret::expose_secret(&text.body));
    email.deliver(&to(TO), &self::text()).await.unwrap();
    assert_eq!(caught(&catcher, TO).len(), 2);
}

#[tokio::test]
async fn an_address_in_any_script_is_reached_where_the_server_takes_it() {
    let with = catcher().await;
    let without = Catcher::start(Plan { smtputf8: false, ..Plan::local().await.unwrap() }).unwrap();
    for address in ["민지@example.com", "δοκιμή.1@example.com", "أحمد@example.com", "用户+a@xn--fsqu00a.xn--0zwm56d"]
    {
        email(format!("smtp://{}", with.smtp)).deliver(&to(address), &text()).await.unwrap();
        assert_eq!(caught(&with, address).len(), 1, "{address}");
        let (permanent, reason) =
            reason(email(format!("smtp://{}", without.smtp)).deliver(&to(address), &text()).await);
        assert!(permanent && reason.contains("SMTPUTF8"), "{address}: {reason}");
        assert!(!reason.contains(address), "the address is told to nobody");
    }
    assert_eq!(without.caught.messages(None, 10), []);
    email(format!("smtp://{}", without.smtp)).deliver(&to(TO), &text()).await.unwrap();
}

#[tokio::test]
async fn starttls_and_tls_are_spoken_with_a_server_that_is_trusted() {
    let certificate = Certificate::new();
    let catcher = certificate.catcher().await;
    let (plain, wrapped) = (catcher.smtp.port(), catcher.smtps.unwrap().port());
    for url in [
        format!("smtp://localhost:{plain}?tls=required"),
        format!("smtp://localhost:{plain}?tls=opportunistic"),
        format!("smtps://localhost:{wrapped}"),
        format!("smtps://jangbu:pass%20word@localhost:{wrapped}"),
    ] {
        catcher.caught.clear();
        let email = email_trusting(url.clone(), Some(certificate.certificate.clone()));
        email.deliver(&to(TO), &text()).await.unwrap_or_else(|error| panic!("{url}: {error}"));
        assert_eq!(caught(&catcher, TO).len(), 1, "{url}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_trusted_or_has_no_tls_gets_nothing() {
    let certificate = Certificate::new();
    let with_tls = certificate.catcher().await;
    let without = catcher().await;
    for url in [
        format!("smtp://localhost:{}?tls=required", with_tls.smtp.port()),
        format!("smtps://localhost:{}", with_tls.smtps.unwrap().port()),
        format!("smtp://localhost:{}?tls=required", without.smtp.port()),
        // The certificate is for another name.
        format!("smtps://127.0.0.1:{}", with_tls.smtps.unwrap().port()),
    ] {
        let (permanent, _) = reason(email(url.clone()).deliver(&to(TO), &text()).await);
        assert!(!permanent, "{url}: a setting can be fixed");
        assert_eq!((caught(&with_tls, TO), caught(&without, TO)), (vec![], vec![]), "{url}");
    }
}

#[tokio::test]
async fn what_a_mail_server_says_decides_whether_to_try_again() {
    let catcher = catcher().await;
    let email = email(format!("smtp://{}", catcher.smtp));
    for (code, permanent) in [(421, false), (451, false), (452, false), (535, false), (550, true), (554, true)] {
        catcher.faults.add(Fault { side: Side::Smtp, code: Some(code), delay_ms: 0, times: 1 });
        let verdict = reason(email.deliver(&to(TO), &text()).await);
        assert_eq!(verdict, (permanent, format!("the mail server said {code}")));
    }
    assert_eq!(caught(&catcher, TO), []);
    email.deliver(&to(TO), &text()).await.unwrap();
    assert_eq!(caught(&catcher, TO).len(), 1);
}

#[tokio::test]
async fn a_server_that_is_away_or_silent_is_tried_again() {
    let catcher = catcher().await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", catcher.smtp);
    catcher.faults.add(Fault { side: Side::Smtp, code: None, delay_ms: 30_000, times: 1 });
    let (late, refused, mute) = tokio::join!(
        async { reason(email(url).deliver(&to(TO), &text()).await) },
        async { reason(email("smtp://127.0.0.1:1".to_owned()).deliver(&to(TO), &text()).await) },
        async { reason(email(format!("smtp://{}", silent.local_addr().unwrap())).deliver(&to(TO), &text()).await) },
    );
    assert!(!late.0 && !refused.0 && !mute.0, "{late:?} {refused:?} {mute:?}");
    assert!(late.1.contains("too long") && mute.1.contains("too long"), "{late:?} {mute:?}");
    // What was given up leaves nothing behind that could break the next mail.
    let email = email(format!("smtp://{}", catcher.smtp));
    email.deliver(&to(TO), &text()).await.unwrap();
    assert_eq!(caught(&catcher, TO).len(), 2);
}

#[tokio::test]
async fn a_contact_cannot_carry_headers_or_more_recipients() {
    let catcher = catcher().await;
    let email = email(format!("smtp://{}", catcher.smtp));
    for bad in [
        "a@example.com\r\nBcc: b@example.com",
        "a@example.com\nSubject: x",
        "a@example.com, b@example.com",
        "a@example.com>\r\nRCPT TO:<b@example.com",
        "<a@example.com>",
        "not an address",
        NUMBER,
        "",
    ] {
        let (permanent, text) = reason(email.deliver(&to(bad), &text()).await);
        assert!(permanent, "{bad:?}");
        assert!(!text.contains("example.com"), "a reason names nobody: {text}");
    }
    assert_eq!(catcher.caught.messages(None, 10), []);
}

#[tokio::test]
async fn a_text_message_arrives_once_however_often_its_answer_was_lost() {
    let catcher = catcher().await;
    let phone = phone(format!("{}/sms", catcher.url()), None);
    let text = text();
    // Taken, but answered after the client has hung up; then again, with the same key.
    catcher.faults.add(Fault { side: Side::Sms, code: None, delay_ms: 30_000, times: 1 });
    let (permanent, verdict) = reason(phone.deliver(&to(NUMBER), &text).await);
    assert!(!permanent && verdict.contains("too long"), "{verdict}");
    phone.deliver(&to(NUMBER), &text).await.unwrap();
    let [message] = &caught(&catcher, NUMBER)[..] else { panic!("one message") };
    assert_eq!(message.text, secrecy::ExposeSecret::expose_secret(&text.body));
    assert_eq!(message.channel, "phone");
}

#[tokio::test]
async fn what_a_provider_says_decides_whether_to_try_again() {
    let catcher = catcher().await;
    let phone = phone(format!("{}/sms", catcher.url()), None);
    for (code, permanent) in
        [(429, false), (500, false), (503, false), (302, false), (401, false), (400, true), (422, true)]
    {
        catcher.faults.add(Fault { side: Side::Sms, code: Some(code), delay_ms: 0, times: 1 });
        let verdict = reason(phone.deliver(&to(NUMBER), &text()).await);
        assert_eq!(verdict, (permanent, format!("the provider of text messages said {code}")));
    }
    let (permanent, _) =
        reason(self::phone("http://127.0.0.1:1/".to_owned(), None).deliver(&to(NUMBER), &text()).await);
    assert!(!permanent);
    let (permanent, verdict) = reason(phone.deliver(&to(TO), &text()).await);
    assert!(permanent && !verdict.contains('@'));
}

#[tokio::test]
async fn the_token_is_read_again_for_each_message() {
    let plan = Plan { sms_token: Some("new".to_owned()), ..Plan::local().await.unwrap() };
    let catcher = Catcher::start(plan).unwrap();
    let file = std::env::temp_dir().join(format!("jangbu-{}.token", RandomIds.fresh().simple()));
    let phone = phone(format!("{}/sms", catcher.url()), Some(file.clone()));
    assert!(!reason(phone.deliver(&to(NUMBER), &text()).await).0, "no file yet");
    std::fs::write(&file, "old\n").unwrap();
    assert_eq!(reason(phone.deliver(&to(NUMBER), &text()).await).1, "the provider of text messages said 401");
    std::fs::write(&file, "new\n").unwrap();
    phone.deliver(&to(NUMBER), &text()).await.unwrap();
    std::fs::remove_file(file).unwrap();
    assert_eq!(caught(&catcher, NUMBER).len(), 1);
}

#[test]
fn settings_that_cannot_work_are_reported_at_the_start() {
    let error_of = |options: ChannelOptions| options.channels().err().map(|error| error.to_string());
    let smtp = |url: &str, from: Option<&str>| ChannelOptions {
        smtp_url: Some(url.into()),
        mail_from: from.map(str::to_owned),
        ..ChannelOptions::default()
    };
    let password = "smtp://user:hunter2@mail.example";
    assert_eq!(error_of(ChannelOptions::default()), None);
    assert_eq!(error_of(smtp("", None)), None, "set, but to nothing");
    assert!(error_of(smtp(password, None)).unwrap().contains("JANGBU_MAIL_FROM"));
    assert!(error_of(smtp(password, Some("nobody"))).unwrap().contains("JANGBU_MAIL_FROM"));
    assert!(error_of(smtp(password, Some("A <a@b.example>\r\nBcc: c@d.example"))).is_some());
    let wrong = error_of(smtp("http://user:hunter2@mail.example", Some("a@b.example"))).unwrap();
    assert!(wrong.contains("JANGBU_SMTP_URL") && !wrong.contains("hunter2"), "{wrong}");
    let sms = ChannelOptions { sms_url: Some("ftp://x".into()), ..ChannelOptions::default() };
    assert!(error_of(sms).unwrap().contains("JANGBU_SMS_URL"));
    assert!(!format!("{:?}", smtp(password, None)).contains("hunter2"));
}

#[tokio::test]
async fn a_catcher_can_be_asked_over_http() {
    let catcher = catcher().await;
    let phone = phone(format!("{}/sms", catcher.url()), None);
    phone.deliver(&to(NUMBER), &text()).await.unwrap();
    email(format!("smtp://{}", catcher.smtp)).deliver(&to(TO), &text()).await.unwrap();
    let get = async |query: &str| -> serde_json::Value {
        reqwest::get(format!("{}/messages{query}", catcher.url())).await.unwrap().json().await.unwrap()
    };
    assert_eq!(get("").await["items"].as_array().unwrap().len(), 2);
    assert_eq!(get("").await["items"][0]["to"], TO, "the newest first");
    for number in [format!("?to={NUMBER}"), format!("?to={}", NUMBER.replace('+', "%2B"))] {
        let found = get(&number).await;
        assert_eq!(found["items"].as_array().unwrap().len(), 1, "{number}");
        assert!(found["items"][0]["received_at"].is_string());
    }
    let client = reqwest::Client::builder().timeout(Duration::from_secs(5)).build().unwrap();
    client.delete(format!("{}/messages", catcher.url())).send().await.unwrap().error_for_status().unwrap();
    assert_eq!(get("").await["items"].as_array().unwrap().len(), 0);
}

fn a_push(token: &str) -> Push {
    let at = SystemClock.now();
    Push {
        id: RandomIds.fresh(),
        token: token.into(),
        kind: "money.received",
        title: "Money received",
        body: "400 KRW came to your account.".to_owned(),
        at,
        until: at + TimeDelta::hours(12),
    }
}

#[tokio::test]
async fn a_push_is_taken_or_put_off_or_its_device_is_gone() {
    let catcher = Catcher::start(Plan::local().await.unwrap()).unwrap();
    let url = format!("{}{}", catcher.url(), testkit::chaos::PUSH_PATH);
    let options = ChannelOptions { push_url: Some(url.into()), ..ChannelOptions::default() };
    let provider = options.push().unwrap().unwrap();
    let push = a_push("token-of-a-telephone");
    catcher.faults.add(Fault { side: Side::Push, code: Some(503), delay_ms: 0, times: 1 });
    let away = provider.push(&push).await.unwrap_err();
    assert!(matches!(&away, PushError::Transient { reason } if reason.contains("503") && !reason.contains("token")));
    provider.push(&push).await.unwrap();
    let caught = catcher.caught.pushes(Some("token-of-a-telephone"), 10);
    assert_eq!((caught.len(), caught[0].id.as_str()), (1, push.id.to_string().as_str()));
    assert_eq!((caught[0].kind.as_str(), caught[0].body.as_str()), (push.kind, push.body.as_str()));
    assert_eq!(provider.push(&a_push("unregistered-telephone")).await, Err(PushError::Unregistered));
    // A wrong address answers 404, too: no device is forgotten for it.
    let wrong =
        ChannelOptions { push_url: Some(format!("{}/nowhere", catcher.url()).into()), ..ChannelOptions::default() };
    let answer = wrong.push().unwrap().unwrap().push(&push).await;
    assert!(matches!(answer, Err(PushError::Transient { .. })), "{answer:?}");
    assert!(ChannelOptions::default().push().unwrap().is_none());
    let none = ChannelOptions { push_url: Some("ftp://x".into()), ..ChannelOptions::default() };
    assert!(none.push().is_err_and(|error| error.to_string().contains("JANGBU_PUSH_URL")));
}
