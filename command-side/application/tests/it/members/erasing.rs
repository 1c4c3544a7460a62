//! Leaving: accounts first, then everything else.

use application::{CloseAccount, Command, ExecuteError, MemberError, MemberStanding, OpenAccount, Outcome};
use events::recorded::{Event, MemberErased, MemberEvent};
use sha2::{Digest, Sha256};
use vault::Keys;

use super::app::{TestApp, as_member, email, hash, meta, operator, refused, until};
use crate::client::{TestClient, posted, submission, transfer};

#[tokio::test]
async fn one_with_open_accounts_stays() {
    let app = TestApp::new().await;
    let member = app.joined("minsu", "kim@example.com").await;
    let account = app.client.open(as_member(member), "a").await;
    let refusal = app.members.request_erasure(member, as_member(member), None, None, meta("e")).await;
    assert_eq!(refused(refusal), ("accounts-open", None));
    assert_eq!(app.members.state(member).await.expect("an answer"), Some(MemberStanding::Active));
    let close = Command::CloseAccount(CloseAccount { account, reason: None });
    app.client.outcome(as_member(member), "close", close).await;
    let again = app.members.request_erasure(member, as_member(member), None, None, meta("e")).await;
    assert_eq!(refused(again), ("accounts-open", None), "the same answer for ever under the same key");
    app.members.request_erasure(member, as_member(member), None, None, meta("e2")).await.expect("leaving");
    app.end().await;
}

#[tokio::test]
async fn the_certificate_is_the_one_the_log_names() {
    let app = TestApp::new().await;
    let member = app.joined("minsu", "kim@example.com").await;
    app.members.change_contact(member, email("pending@example.com"), meta("c")).await.expect("sent");
    let reason = Some("asked by letter".to_owned());
    let erasure =
        app.members.request_erasure(member, operator(), reason, None, meta("e")).await.expect("leaving").answer;
    assert_eq!(app.members.certificate(erasure).await.expect("an answer"), None, "not before it is done");
    let twice = app.members.request_erasure(member, operator(), None, None, meta("f")).await.expect("an answer").answer;
    assert_eq!(twice, erasure, "asked for twice, done once");
    let nothing = app.members.password_changed(member, hash("x"), meta("p")).await;
    assert!(matches!(nothing, Err(MemberError::MemberUnknown)));
    let runner = app.runner();
    until("the erasure is done", || async { app.log.count("MemberErased") == 1 }).await;
    runner.stop().await;
    let certificate = app.members.certificate(erasure).await.expect("an answer").expect("a certificate");
    assert_eq!(certificate.requested_by, operator().to_string());
    let digest: String = hex::encode(Sha256::digest(serde_json::to_vec(&certificate).expect("json")));
    let commits = app.log.commits();
    let erased = commits.iter().flat_map(|c| &c.events).find(|e| e.event_type == "MemberErased").expect("erased");
    let recorded = Event::decode(&erased.event_type, erased.schema_version, &erased.payload).expect("an event");
    assert_eq!(recorded, Event::Member(MemberEvent::Erased(MemberErased { erasure, digest })));
    assert_eq!(app.log.count("NameReleased"), 2, "login and contact; a contact that is only wanted holds nothing");
    let shown = app.members.disclose(member, operator(), "late".into(), None, meta("d")).await;
    assert!(matches!(shown, Err(MemberError::MemberUnknown)));
    assert_eq!(
        app.members.request_erasure(member, operator(), None, None, meta("g")).await.expect("an answer").answer,
        erasure
    );
    app.end().await;
}

/// A transfer to the leaving member is under way when they go: whichever comes first, no money is lost and nobody is
/// erased who holds some.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_erasure_during_a_transfer_waits_for_the_money() {
    let app = TestApp::new().await;
    let member = app.joined("minsu", "kim@example.com").await;
    let payer = app.client.funded("payer", 1_000).await;
    let erasure = app.leave_as_in_an_older_bank(member).await;
    // Opened by an older server, with a token that was still good there; money arrives in the same moment.
    let account = app.open_as_in_an_older_bank(member).await;
    posted(&app.client.outcome(operator_of(), "t", transfer(payer, account, 300)).await);
    let runner = app.runner();
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert_eq!(app.log.count("MemberErased"), 0, "it waits");
    assert!(app.vault.real.key(member).await.expect("the vault").is_some());
    assert_eq!(app.members.certificate(erasure).await.expect("an answer"), None);
    posted(&app.client.outcome(operator_of(), "back", transfer(account, payer, 300)).await);
    until("the erasure is done", || async { app.log.count("MemberErased") == 1 }).await;
    assert_eq!(app.log.count("AccountClosed"), 1);
    let late = app.client.outcome(operator_of(), "too late", transfer(payer, account, 1)).await;
    assert!(matches!(late, Outcome::Refused(_)), "{late:?}");
    runner.stop().await;
    app.end().await;
}

/// Transfers keep coming while the member goes: the sums hold, and the erasure ends when the account can be closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_member_under_fire_is_erased_only_when_empty() {
    let app = TestApp::new().await;
    let member = app.joined("minsu", "kim@example.com").await;
    let payer = app.client.funded("payer", 1_000).await;
    let erasure = app.leave_as_in_an_older_bank(member).await;
    let account = app.open_as_in_an_older_bank(member).await;
    let runner = app.runner();
    let bank = app.client.bank.clone();
    let fire = tokio::spawn(async move {
        for n in 0..40 {
            for (key, command) in [("in", transfer(payer, account, 1)), ("out", transfer(account, payer, 1))] {
                // Refused once the account is closed; what came in before goes out again.
                bank.execute(submission(operator_of(), &format!("{key}{n}"), command)).await.expect("an answer");
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    });
    fire.await.expect("task");
    until("the erasure is done", || async { app.log.count("MemberErased") == 1 }).await;
    assert!(app.members.certificate(erasure).await.expect("an answer").is_some());
    assert_eq!(app.log.count("TransferPosted") % 2, 1, "the funding, and as many in as out");
    runner.stop().await;
    app.end().await;
}

fn operator_of() -> kernel::Actor {
    crate::client::operator()
}

/// From the commit on in which somebody asks to be erased, no server opens an account for them, whatever it has cached.
#[tokio::test]
async fn no_account_is_opened_for_one_who_leaves() {
    let app = TestApp::new().await;
    let member = app.joined("minsu", "kim@example.com").await;
    // The owner's stream is in the cache of this server.
    let account = app.client.open(as_member(member), "a").await;
    app.client.outcome(as_member(member), "close", Command::CloseAccount(CloseAccount { account, reason: None })).await;
    app.members.request_erasure(member, as_member(member), None, None, meta("e")).await.expect("leaving");
    let open = || Command::OpenAccount(OpenAccount { asset: crate::client::krw() });
    assert_eq!(app.client.ask(as_member(member), "b", open()).await.unwrap_err(), ExecuteError::OwnerLeft);
    let runner = app.runner();
    until("the erasure is done", || async { app.log.count("MemberErased") == 1 }).await;
    runner.stop().await;
    let cold = TestClient::on(app.log.clone(), "server-1", |_| {});
    for client in [&app.client, &cold] {
        assert_eq!(client.ask(as_member(member), "c", open()).await.unwrap_err(), ExecuteError::OwnerLeft);
    }
    assert_eq!(app.log.count("OwnerLeft"), 1);
    let again = app.client.ask(as_member(member), "a", open()).await.expect("the first answer");
    assert!(matches!(&*again.answer, Outcome::Opened(opened) if opened.account_id == account), "{again:?}");
    drop(cold);
    app.end().await;
}

/// An account is opened between the look at the accounts and the append: the request conflicts, looks again, and is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whichever_of_opening_and_leaving_comes_second_is_decided_on_the_first() {
    let app = TestApp::new().await;
    for n in 0..40 {
        let member = app.joined(&format!("minsu_{n}"), &format!("k{n}@example.com")).await;
        let (key, meta) = (format!("open {n}"), meta(&format!("leave {n}")));
        let open =
            app.client.ask(as_member(member), &key, Command::OpenAccount(OpenAccount { asset: crate::client::krw() }));
        let leave = app.members.request_erasure(member, as_member(member), None, None, meta);
        match tokio::join!(open, leave) {
            (Ok(_), left) => assert_eq!(refused(left), ("accounts-open", None)),
            (Err(error), left) => {
                assert_eq!(error, ExecuteError::OwnerLeft);
                left.expect("leaving");
            }
        }
    }
    app.end().await;
}

/// A request that an older version of the bank wrote is fenced before anything is destroyed.
#[tokio::test]
async fn an_erasure_of_an_older_bank_is_fenced_first() {
    let app = TestApp::new().await;
    let member = app.joined("minsu", "kim@example.com").await;
    app.leave_as_in_an_older_bank(member).await;
    let open = Command::OpenAccount(OpenAccount { asset: crate::client::krw() });
    assert_eq!(app.client.ask(as_member(member), "b", open).await.unwrap_err(), ExecuteError::OwnerLeft);
    let runner = app.runner();
    until("the erasure is done", || async { app.log.count("MemberErased") == 1 }).await;
    runner.stop().await;
    let commits = app.log.commits();
    let order: Vec<_> = commits.iter().flat_map(|c| &c.events).map(|e| e.event_type.as_str()).collect();
    let at = |event_type| order.iter().position(|found| *found == event_type).expect("it happened");
    assert!(at("ErasureRequested") < at("OwnerLeft") && at("OwnerLeft") < at("MemberErased"), "{order:?}");
    app.end().await;
}
