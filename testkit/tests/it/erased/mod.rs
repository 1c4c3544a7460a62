//! The canary: somebody with a name like no other uses everything, leaves, and is nowhere any more.

mod outside;

use kernel::MemberId;
use serde_json::json;
use sqlx::{Connection, PgConnection};
use testkit::{
    chaos::{Jangbu, TestServers},
    search::{Finding, Words},
};
use uuid::Uuid;
use vault::{FileKek, Kek, KekError, Purpose, Wrapped};

use self::outside::{PARTS, Watchers, goes_outside, partner_pays, shown, start};
use crate::support::{
    Listener, TestApp, eventually, fresh_key,
    people::{By, Insider, Newcomer, code_after, message_after, other_than, post, texts_to},
};

/// What the payer wrote; it is in the log and in the views, and stays.
const MEMO: &str = "a memo like no other";

/// What the canary leaves with the money.
struct Traces {
    account: Uuid,
    /// What of it is personal.
    secrets: Vec<String>,
    /// What the canary was told on its stream of events.
    heard: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_of_a_member_who_was_erased() {
    let servers = TestServers::start().await.unwrap();
    let (mut app, _providers) = start(&servers).await;
    let watchers = Watchers::start(&mut app).await;
    let canary = Newcomer::new(By::Email);
    let second_contact = By::Phone.fresh();
    let new_password = format!("{}-again", canary.password);
    let push_token = format!("push-token-{}", Uuid::from_u128(rand::random()).simple());
    let (insider, traces) = uses_everything(&mut app, &canary, &second_contact, &new_password, &push_token).await;

    let copied = wrapped_key(&app, insider.client.id).await;
    let erasure = insider.leave(&new_password, &fresh_key()).await.expect(202).id("erasure_id");
    app.certificate(erasure).await;
    app.wait_until_level().await;

    let shown_number = second_contact.trim_start_matches('+').to_owned();
    let words = [
        &canary.real_name,
        &canary.login_id,
        &canary.contact,
        &shown_number,
        &canary.password,
        &insider.refresh_token,
        &insider.client.token,
        &push_token,
    ];
    let words = Words::new(words.into_iter().chain(&traces.secrets)).unwrap();
    nothing_is_told(&app, watchers, &insider, &traces, &words).await;
    let found = everywhere(&mut app, &servers, &words).await;
    assert_eq!(found.found, Vec::<String>::new());
    assert!(found.bytes > 10_000_000, "{} bytes were looked through", found.bytes);
    // The same search finds what is there to be found: the memo, and what the receiver answered, in the log of deliveries.
    let control = everywhere(&mut app, &servers, &Words::new([MEMO, "said the receiver"]).unwrap()).await;
    assert_eq!(control.found, [MEMO, "said the receiver"]);
    copies_end_with_their_key(&mut app, &servers, insider.client.id, &copied, erasure).await;
    app.close().await;
}

/// Whoever heard of what the canary did, in time or afterwards, heard of its account, of nothing personal, and of no memo.
async fn nothing_is_told(app: &TestApp, watchers: Watchers, insider: &Insider, traces: &Traces, words: &Words) {
    let [received, heard, published] = watchers.told(app, insider.client.id).await;
    let (account, memo) = (traces.account.to_string(), Words::new([MEMO]).unwrap());
    for told in [&received, &heard, &published, &traces.heard] {
        assert_eq!(words.in_text(told).unwrap().found, Vec::<String>::new());
        assert_eq!(memo.in_text(told).unwrap().found, Vec::<String>::new());
        assert_eq!(Words::new([&account]).unwrap().in_text(told).unwrap().found, std::slice::from_ref(&account));
    }
}

async fn wrapped_key(app: &TestApp, member: Uuid) -> Wrapped {
    let mut vault = PgConnection::connect(&app.pair.vault.superuser_url()).await.unwrap();
    let (kek, text) = sqlx::query_as("select kek, wrapped from vault.data_keys where member_id = $1")
        .bind(member)
        .fetch_one(&mut vault)
        .await
        .unwrap();
    Wrapped { kek, text }
}

/// The wrapped key is still in the files of Postgres, and opens with the key-encryption key; after a rotation that destroys it, a
/// copy is of no use, and the certificate says so.
async fn copies_end_with_their_key(
    app: &mut TestApp,
    servers: &TestServers,
    member: Uuid,
    copied: &Wrapped,
    erasure: Uuid,
) {
    let copies = Words::new([&copied.text]).unwrap().in_folder(servers.folder()).unwrap();
    assert_eq!(copies.found, std::slice::from_ref(&copied.text), "the write-ahead log still has it");
    let kek = FileKek::open(&app.keys.kek_file()).unwrap();
    let purpose = Purpose::Member(MemberId::new(member));
    assert!(kek.unwrap(purpose, copied).await.is_ok());
    let before = app.certificate(erasure).await;
    assert!(before.body["copies_unreadable_from"].is_null(), "{}", before.body);

    let jangbu = Jangbu::new(&app.bank.plan().binaries.clone(), &app.pair).unwrap();
    let address = app.keys.kek();
    jangbu.run(&["vault", "rotate", "--kek", &address, "--destroy-retired", "--yes"]).await.unwrap();
    assert!(matches!(kek.unwrap(purpose, copied).await, Err(KekError::Unknown(_))));
    let after = app.certificate(erasure).await;
    assert!(after.body["copies_unreadable_from"].is_string(), "{}", after.body);
    assert!(after.body["copies_unreadable_planned"].is_null(), "{}", after.body);
    assert_eq!(after.body["digest"], before.body["digest"], "the certificate is the same");
    // Whoever stays is not affected.
    let other = Newcomer::new(By::Phone);
    other.join(&app.stranger(), &app.catcher).await;
}

/// Every call there is for a member, the wrong ways included: what is refused is logged and counted, too.
async fn uses_everything(
    app: &mut TestApp,
    canary: &Newcomer,
    second_contact: &str,
    new_password: &str,
    push_token: &str,
) -> (Insider, Traces) {
    let anonymous = app.stranger();
    let sign_up = canary.sign_up(&anonymous).await;
    let code = code_after(&app.catcher, &canary.contact, 0).await;
    canary.verify(&anonymous, sign_up, &other_than(&code)).await.expect_problem(422, "code-wrong");
    let member = canary.verify(&anonymous, sign_up, &code).await.expect(201).id("member_id");
    for (field, bad) in [("real_name", json!("")), ("password", json!("short")), ("login_id", json!("NO"))] {
        let mut request = canary.sign_up_request();
        request[field] = bad;
        post(&anonymous, "/v1/signups", &fresh_key(), &request).await.expect_problem(400, "validation-failed");
    }
    let mistyped = Newcomer { password: format!("{}!", canary.password), ..canary.clone() };
    mistyped.log_in(&anonymous).await.expect_problem(401, "credentials-wrong");
    let taken = Newcomer { login_id: canary.login_id.clone(), ..Newcomer::new(By::Email) };
    post(&anonymous, "/v1/signups", &fresh_key(), &taken.sign_up_request()).await.expect_problem(409, "login-id-taken");
    let decoy = Newcomer { contact: canary.contact.clone(), ..Newcomer::new(By::Email) };
    decoy.sign_up(&anonymous).await;
    message_after(&app.catcher, &canary.contact, 1).await;

    let insider = canary.enter(&anonymous, member).await;
    is_told(&insider, push_token).await;
    let traces = pays(app, &insider).await;
    eventually("a push", async || {
        let pushes = app.catcher.caught.pushes(Some(push_token), 1);
        if pushes.is_empty() { Err("nothing was caught".to_owned()) } else { Ok(()) }
    })
    .await;
    let contact = json!({"contact": {"channel": "phone", "value": second_contact}});
    assert_eq!(insider.post("/v1/members/me/contact", contact).await.status, 202);
    let code = code_after(&app.catcher, second_contact, 0).await;
    let changed = insider.post("/v1/members/me/contact/verify", json!({"code": code})).await;
    assert!(changed.status < 300, "{}", changed.body);
    let body = json!({"current": canary.password, "new": new_password});
    insider.post("/v1/members/me/password", body).await.expect(204);
    // To the new contact: its code, and the notice of the password.
    eventually("both messages", async || {
        let texts = texts_to(&app.catcher, second_contact);
        if texts.len() > 1 { Ok(()) } else { Err(format!("{texts:?}")) }
    })
    .await;
    (Newcomer { password: new_password.to_owned(), ..canary.clone() }.enter(&anonymous, member).await, traces)
}

/// A device is registered, and everything is to be told by mail too. One device more is left with a token that cannot be one.
async fn is_told(insider: &Insider, push_token: &str) {
    let path = |number: u128| format!("/v1/members/me/devices/{}", Uuid::from_u128(number));
    let device = json!({"platform": "android", "token": push_token, "locale": "ko", "zone": "Asia/Seoul"});
    let kept = insider.client.put(&path(1), device).await.expect(204);
    let bad = json!({"platform": "android", "token": format!("{push_token} {push_token}")});
    insider.client.put(&path(2), bad).await.expect_problem(400, "validation-failed");
    let all = json!(["money.received", "charge.posted", "hold.placed", "login.new_device"]);
    insider.client.put("/v1/members/me/notifications", json!({"push": all, "email": all})).await.expect(200);
    let shown = insider.client.get_at("/v1/members/me/devices", kept.token()).await.expect(200);
    assert_eq!(shown.items().len(), 1);
}

/// Money comes and goes, also to and from the outside; the payer sees the canary's masked name, and the canary their own.
async fn pays(app: &mut TestApp, insider: &Insider) -> Traces {
    let mut listener = Listener::open(&insider.client, "", None).await;
    let (friend, at_friends) = app.funded_member(1_000).await;
    let account = insider.client.open("KRW").await;
    let body = json!({
        "source": at_friends, "destination": account, "memo": MEMO,
        "money": {"asset": "KRW", "amount": "400"},
    });
    let paid = friend.post("/v1/transfers", body).await.expect(201);
    let seen = insider.client.get_at(&format!("/v1/accounts/{account}"), paid.token()).await.expect(200);
    let number = seen.text("account_number");
    friend.get_at(&format!("/v1/payees?account_number={number}"), paid.token()).await.expect(200);
    insider.client.get_at("/v1/wallet/home", paid.token()).await.expect(200);
    insider.client.get_at("/v1/members/me", paid.token()).await.expect(200);
    partner_pays(app, account).await;
    let secrets = goes_outside(insider, account).await;
    insider.client.transfer(account, at_friends, 550).await.expect(201);
    insider.client.post(&format!("/v1/accounts/{account}/close"), json!({})).await.expect(200);
    let heard = listener.until(|frame| frame.tells("account.closed", account)).await;
    Traces { account, secrets, heard: shown(&heard) }
}

/// Every store there is: dumps of the databases, the raw files of Postgres (its write-ahead log included) and NATS, the
/// logs, and the metrics.
async fn everywhere(app: &mut TestApp, servers: &TestServers, words: &Words) -> Finding {
    let pair = app.pair.clone();
    let mut finding = Finding::default();
    for database in [&pair.log, &pair.views, &pair.vault] {
        finding = finding.join(words.in_database(&database.superuser_url()).unwrap());
    }
    for folder in [servers.folder().to_owned(), app.logs()] {
        finding = finding.join(words.in_folder(&folder).unwrap());
    }
    for part in PARTS {
        let address = app.bank.address(part).unwrap();
        finding = finding.join(words.in_page(&format!("http://{address}/metrics")).await.unwrap());
    }
    finding
}
