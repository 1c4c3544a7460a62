//! What answers alike does alike: the log grows by the same events of the same sizes, for any owner of a contact or a login id,
//! and later as well. Times are measured and kept in docs/security.md.

use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, Row};

use crate::support::{
    ALL, Answer, TestApp, TestClient, eventually, fresh_key,
    people::{By, Insider, Newcomer, code_after, message_after, post},
};

/// What a stranger, or an eavesdropper on the log, sees of a call: status, code, fields and headers of the answer, and the
/// events that were written with their sizes.
#[derive(Debug, PartialEq)]
struct Seen {
    call: &'static str,
    status: u16,
    code: String,
    tries_left: Option<i64>,
    fields: Vec<String>,
    headers: Vec<String>,
    events: Vec<(String, i64)>,
}

/// Notes what each call writes.
struct Watch {
    log: PgConnection,
    position: i64,
    seen: Vec<Seen>,
}

impl Watch {
    async fn of(app: &TestApp) -> Self {
        let log = PgConnection::connect(&app.pair.log.superuser_url()).await.unwrap();
        Self { log, position: app.head().await, seen: Vec::new() }
    }

    /// The events since the last look. Times are left out: their last digits may be zeros, which are not written.
    async fn events(&mut self) -> Vec<(String, i64)> {
        let rows = sqlx::query(
            r#"select position, type, length(regexp_replace(payload::text, '"[0-9]{4}-[0-9]{2}-[0-9]{2}T[^"]*"', '""', 'g'))::int8
               from events where position > $1 order by position"#,
        )
        .bind(self.position)
        .fetch_all(&mut self.log)
        .await
        .unwrap();
        self.position = rows.last().map_or(self.position, |row| row.get(0));
        rows.iter().map(|row| (row.get(1), row.get(2))).collect()
    }

    async fn note(&mut self, call: &'static str, answer: &Answer) {
        let fields = answer.body.as_object().map(|body| body.keys().cloned().collect()).unwrap_or_default();
        let mut headers: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
        headers.sort();
        let (status, code) = (answer.status, answer.code().to_owned());
        let tries_left = answer.body["tries_left"].as_i64();
        let events = self.events().await;
        self.seen.push(Seen { call, status, code, tries_left, fields, headers, events });
    }

    /// Waits for an event of the process runner.
    async fn wait_for(&mut self, call: &'static str, event: &str) {
        let mut found = Vec::new();
        eventually(event, async || {
            found.extend(self.events().await);
            if found.iter().any(|(kind, _)| kind == event) { Ok(()) } else { Err(format!("{found:?}")) }
        })
        .await;
        let (code, fields, headers) = (String::new(), Vec::new(), Vec::new());
        self.seen.push(Seen { call, status: 0, code, tries_left: None, fields, headers, events: found });
    }
}

/// A contact as long as any other of its kind.
fn person_with(by: By, contact: String) -> Newcomer {
    Newcomer { contact, ..Newcomer::new(by) }
}

async fn resend(anonymous: &TestClient, sign_up: uuid::Uuid) -> Answer {
    post(anonymous, &format!("/v1/signups/{sign_up}/resend"), &fresh_key(), &json!({})).await
}

/// Everything somebody can do with a sign-up who does not read the contact's messages.
async fn sign_up_as_a_stranger(app: &mut TestApp, by: By, contact: String) -> Vec<Seen> {
    let anonymous = app.stranger();
    let mut watch = Watch::of(app).await;
    let person = person_with(by, contact.clone());
    let begun = post(&anonymous, "/v1/signups", &fresh_key(), &person.sign_up_request()).await.expect(202);
    let sign_up = begun.id("signup_id");
    watch.note("begin", &begun).await;
    watch.note("too early", &resend(&anonymous, sign_up).await).await;
    for _ in 0..6 {
        watch.note("a wrong code", &person.verify(&anonymous, sign_up, "000000").await).await;
    }
    let other = Newcomer::new(by).login_id;
    let path = format!("/v1/signups/{sign_up}/verify");
    let renamed = post(&anonymous, &path, &fresh_key(), &json!({"code": "000000", "login_id": other})).await;
    watch.note("with another login id", &renamed).await;
    let again = eventually("another code may be asked for", async || {
        let answer = resend(&anonymous, sign_up).await;
        if answer.status == 429 { Err(answer.body.to_string()) } else { Ok(answer) }
    })
    .await;
    watch.note("another code", &again.expect(202)).await;
    watch.note("a wrong code", &person.verify(&anonymous, sign_up, "000000").await).await;
    watch.note("log in", &person.log_in(&anonymous).await).await;
    watch.wait_for("the end", "SignUpEnded").await;
    watch.note("after the end", &person.verify(&anonymous, sign_up, "000000").await).await;
    watch.note("after the end", &resend(&anonymous, sign_up).await).await;
    watch.seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_up_with_a_members_contact_looks_like_any_other() {
    let settings =
        [("JANGBU_CODE_DELAYS", "2,2"), ("JANGBU_SIGN_UP_SECONDS", "12"), ("JANGBU_CONTACT_MESSAGES_PER_HOUR", "1000")];
    let mut app = TestApp::start_with(&ALL, &settings).await;
    for by in [By::Email, By::Phone] {
        let member = Newcomer::new(by);
        member.join(&app.stranger(), &app.catcher).await;
        let known = sign_up_as_a_stranger(&mut app, by, member.contact.clone()).await;
        let unknown = sign_up_as_a_stranger(&mut app, by, by.fresh()).await;
        assert_eq!(known, unknown);
    }
    app.close().await;
}

async fn post_as(insider: &Insider, path: &str, body: Value) -> Answer {
    post(&insider.client, path, &fresh_key(), &body).await
}

/// Everything a member can do with a change to a contact whose messages they do not read.
async fn change_as_a_stranger(app: &TestApp, insider: &Insider, by: By, contacts: [String; 2]) -> Vec<Seen> {
    let mut watch = Watch::of(app).await;
    for contact in contacts {
        let wanted = json!({"contact": {"channel": by.name(), "value": contact}});
        let begun = eventually("a change may be asked for", async || {
            let answer = post_as(insider, "/v1/members/me/contact", wanted.clone()).await;
            if answer.status == 429 { Err(answer.body.to_string()) } else { Ok(answer) }
        })
        .await;
        watch.note("begin", &begun.expect(202)).await;
        watch.note("too early", &post_as(insider, "/v1/members/me/contact", wanted).await).await;
        for _ in 0..6 {
            let wrong = post_as(insider, "/v1/members/me/contact/verify", json!({"code": "000000"})).await;
            watch.note("a wrong code", &wrong).await;
        }
    }
    watch.seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_to_a_members_contact_looks_like_any_other() {
    let settings = [("JANGBU_CODE_DELAYS", "3"), ("JANGBU_CONTACT_MESSAGES_PER_HOUR", "1000")];
    let mut app = TestApp::start_with(&ALL, &settings).await;
    let anonymous = app.stranger();
    for by in [By::Email, By::Phone] {
        let (one, two) = (Newcomer::new(by), Newcomer::new(by));
        for member in [&one, &two] {
            member.join(&anonymous, &app.catcher).await;
        }
        let asking = Newcomer::new(By::Email).join(&anonymous, &app.catcher).await;
        let also = Newcomer::new(By::Email).join(&anonymous, &app.catcher).await;
        let known = [one.contact.clone(), two.contact.clone()];
        let known = change_as_a_stranger(&app, &asking, by, known).await;
        let unknown = change_as_a_stranger(&app, &also, by, [by.fresh(), by.fresh()]).await;
        assert_eq!(known, unknown);
    }
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_in_writes_nothing_and_answers_alike_for_everyone() {
    let mut app = TestApp::start(&ALL).await;
    let (anonymous, member, gone) = (app.stranger(), Newcomer::new(By::Email), Newcomer::new(By::Email));
    member.join(&anonymous, &app.catcher).await;
    let insider = gone.join(&anonymous, &app.catcher).await;
    let erasure = insider.leave(&gone.password, &fresh_key()).await.expect(202).id("erasure_id");
    app.certificate(erasure).await;
    let pending = Newcomer::new(By::Email);
    pending.sign_up(&anonymous).await;
    message_after(&app.catcher, &pending.contact, 0).await;
    let mut watch = Watch::of(&app).await;
    for login_id in [member.login_id, gone.login_id, pending.login_id, Newcomer::new(By::Email).login_id] {
        let wrong = Newcomer { login_id, ..Newcomer::new(By::Email) };
        watch.note("log in", &wrong.log_in(&anonymous).await).await;
    }
    for seen in &watch.seen {
        assert_eq!((seen.status, seen.events.len()), (401, 0));
        assert_eq!(*seen, watch.seen[0]);
    }
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_at_a_payee_writes_nothing_and_shows_only_payees() {
    let mut app = TestApp::start(&ALL).await;
    let (anonymous, person) = (app.stranger(), Newcomer::new(By::Email));
    let payee = person.join(&anonymous, &app.catcher).await;
    let account = payee.client.open("KRW").await;
    let deposit = app.service().deposit(account, "KRW", 1).await;
    let shown = payee.client.get_at(&format!("/v1/accounts/{account}"), deposit.token()).await;
    let number = shown.expect(200).text("account_number");
    let asking = Newcomer::new(By::Email).join(&anonymous, &app.catcher).await;
    let mut watch = Watch::of(&app).await;
    let mut other: Vec<u8> = number.clone().into_bytes();
    // Another check digit: no such number can exist. And one that fits but nobody has.
    other[11] = if other[11] == b'0' { b'1' } else { other[11] - 1 };
    let unknown = String::from_utf8(other).unwrap();
    for number in [unknown.as_str(), number.as_str()] {
        let answer = asking.client.get(&format!("/v1/payees?account_number={number}")).await;
        watch.note("payee", &answer).await;
    }
    assert!(watch.seen.iter().all(|seen| seen.events.is_empty()));
    assert_ne!(watch.seen[0].status, 200);
    assert_eq!(watch.seen[1].status, 200);
    app.close().await;
}

/// A stranger who began a sign-up does not see in the log that the contact's owner became a member by another one: the
/// owner's own events are written, and none of the stranger's before its time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_up_that_lost_its_contact_looks_as_before() {
    let mut app = TestApp::start(&ALL).await;
    let (anonymous, owner) = (app.stranger(), Newcomer::new(By::Email));
    let mut pending = Vec::new();
    for _ in 0..3 {
        let stranger = person_with(By::Email, owner.contact.clone());
        pending.push((stranger.sign_up(&anonymous).await, stranger));
    }
    message_after(&app.catcher, &owner.contact, 2).await;
    let sign_up = owner.sign_up(&anonymous).await;
    let code = code_after(&app.catcher, &owner.contact, 3).await;
    let (lost, stranger) = &pending[0];
    let mut watch = Watch::of(&app).await;
    watch.note("a wrong code", &stranger.verify(&anonymous, *lost, "000000").await).await;
    owner.verify(&anonymous, sign_up, &code).await.expect(201);
    let owners = watch.events().await;
    assert_eq!(owners.len(), 4, "{owners:?}");
    // the process runner has seen it: a message of a later sign-up went out.
    let last = Newcomer::new(By::Email);
    last.sign_up(&anonymous).await;
    message_after(&app.catcher, &last.contact, 0).await;
    assert_eq!(watch.events().await.len(), 1, "the later sign-up, and nothing else");
    watch.note("a wrong code", &stranger.verify(&anonymous, *lost, "000000").await).await;
    assert_eq!(watch.seen[1].tries_left, Some(3));
    let alike = |seen: &Seen| (seen.status, seen.code.clone(), seen.events.clone());
    assert_eq!(alike(&watch.seen[0]), alike(&watch.seen[1]));
    app.close().await;
}
