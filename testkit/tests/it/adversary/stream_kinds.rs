//! Ids of one kind where another kind is meant. All streams share one space of ids, and many ids are public: those of cash
//! accounts and account numbers are derived from constants, others stand in answers.

use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::join_all;
use kernel::{Ids, RandomIds, Role};
use serde_json::{Value, json};
use testkit::chaos::{Jangbu, Part};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::support::{ALL, Answer, TestApp, TestClient, money};

const CASH: Uuid = Uuid::from_u128(0x6a61_6e67_6275_5f73_7973_7465_6d5f_0001);
const NUMBERS: Uuid = Uuid::from_u128(0x6a61_6e67_6275_5f6e_756d_6265_7273_0001);
const OWNERS: Uuid = Uuid::from_u128(0x6a61_6e67_6275_5f6f_776e_6572_7300_0001);
/// Where the members' process keeps its snapshot.
const PROCESS_RUNNER: Uuid = Uuid::from_u128(0x6a61_6e67_6275_5f62_8061_636b_6f66_6663);

fn cash(asset: &str) -> Uuid {
    Uuid::new_v5(&CASH, format!("cash/server-0/{asset}").as_bytes())
}

fn number_stream(number: &str) -> Uuid {
    Uuid::new_v5(&NUMBERS, number.as_bytes())
}

/// The command server again, with nothing in its caches.
async fn cold(app: &mut TestApp) {
    app.bank.kill(Part::Command(0)).unwrap();
    app.bank.start(&[Part::Command(0)]).await.unwrap();
}

/// Has the operator's command line prove the log.
async fn verify(app: &TestApp) {
    let jangbu = Jangbu::new(&app.bank.plan().binaries, &app.pair).unwrap();
    jangbu.run(&["log", "verify"]).await.unwrap();
}

async fn reverse(operator: &TestClient, id: Uuid) -> Answer {
    operator.post(&format!("/v1/transfers/{id}/reverse"), json!({"reason": "an attack"})).await
}

fn deposit(account: Uuid, asset: &str) -> Value {
    json!({"account_id": account, "money": money(asset, 1000), "reference": "a deposit"})
}

/// Twenty reversals of what is no transfer, beside one deposit, on a server that was just started.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cash_account_that_is_reversed_like_a_transfer_stays_one_account() {
    let mut app = TestApp::start(&ALL).await;
    let (member, won) = app.funded_member(500).await;
    let euro = member.open("EUR").await;
    let first = app.service().deposit(won, "KRW", 1).await;
    assert_eq!(first.body["source"], cash("KRW").to_string(), "the id is known beforehand");
    // That of KRW is there already, that of EUR comes into being with the deposit.
    for (asset, account) in [("KRW", won), ("EUR", euro)] {
        cold(&mut app).await;
        let (operator, service) = (app.operator(), app.service());
        let attack = join_all((0..20).map(async |_| reverse(&operator, cash(asset)).await));
        let (attacked, deposited) = tokio::join!(attack, service.post("/v1/deposits", deposit(account, asset)));
        deposited.expect(201);
        attacked.into_iter().for_each(|answer| drop(answer.expect_problem(404, "transfer-unknown")));
        service.post("/v1/deposits", deposit(account, asset)).await.expect(201);
    }
    let opened: Vec<_> =
        app.ledger().await.accounts.into_iter().filter(|(_, account)| account.owner.is_none()).collect();
    assert_eq!(opened.len(), 2, "one cash account for each asset: {opened:?}");
    verify(&app).await;
    app.close().await;
}

/// Transfers to the stream of somebody's account number, beside payments to that number: cold and warm.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn payments_to_a_number_pass_whatever_is_sent_to_its_stream() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(1_000_000).await;
    let (attacker, own) = app.funded_member(1_000_000).await;
    let opened = app.member().post("/v1/accounts", json!({"asset": "KRW"})).await.expect(201);
    let number = opened.text("account_number");
    for round in 0..3 {
        if round < 2 {
            cold(&mut app).await;
        }
        let attacker = TestClient { command: app.operator().command, ..attacker.clone() };
        let payer = TestClient { command: attacker.command.clone(), ..payer.clone() };
        // The attack is under way before the first payment comes, and goes on until the last one is answered.
        let (began, done) = (Notify::new(), AtomicBool::new(false));
        let attack = join_all((0..16).map(async |_| {
            while !done.load(Ordering::Relaxed) {
                let answer = attacker.transfer(own, number_stream(&number), 1).await;
                answer.expect_problem(422, "account-unknown");
                began.notify_one();
            }
        }));
        let body = json!({"source": from, "destination": number, "money": money("KRW", 1)});
        let pay = async {
            began.notified().await;
            let paid = join_all((0..20).map(async |_| payer.post("/v1/transfers", body.clone()).await)).await;
            done.store(true, Ordering::Relaxed);
            paid.into_iter().for_each(|answer| drop(answer.expect(201)));
        };
        tokio::join!(attack, pay);
    }
    let ledger = app.close().await;
    assert_eq!(ledger.accounts[&opened.id("account_id")].balance, 60);
}

/// Every id that can be known in every place where an id may stand: each gets the answer of an unknown one, nobody else's
/// command fails, and the log stays sound.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_id_of_one_kind_is_taken_for_another() {
    let mut app = TestApp::start(&ALL).await;
    let (member, account) = app.funded_member(1_000_000).await;
    let opened = app.member().post("/v1/accounts", json!({"asset": "KRW"})).await.expect(201);
    let (payee, number) = (opened.id("account_id"), opened.text("account_number"));
    let transfer = member.transfer(account, payee, 1).await.expect(201).id("transfer_id");
    let foreign = [
        transfer,
        cash("KRW"),
        cash("USD"),
        number_stream(&number),
        number_stream("000000000098"),
        member.id,
        Uuid::new_v5(&OWNERS, member.id.as_bytes()),
        PROCESS_RUNNER,
        Uuid::nil(),
        RandomIds.fresh(),
    ];
    for round in 0..3 {
        if round < 2 {
            cold(&mut app).await;
        }
        let (operator, service) = (app.operator(), app.service());
        let member = app.client(Role::Member, member.id);
        let stranger = app.stranger();
        let attack = join_all(foreign.iter().map(async |&id| {
            member.transfer(account, id, 1).await.expect_problem(422, "account-unknown");
            operator.transfer(id, account, 1).await.expect_problem(422, "account-unknown");
            for step in ["close", "freeze", "unfreeze"] {
                let who = if step == "close" { &member } else { &operator };
                let answer = who.post(&format!("/v1/accounts/{id}/{step}"), json!({})).await;
                answer.expect_problem(404, "account-unknown");
            }
            let refused = service.post("/v1/deposits", deposit(id, "KRW")).await;
            assert!(matches!(refused.code(), "account-unknown" | "same-account"), "{}", refused.body);
            if id != transfer {
                reverse(&operator, id).await.expect_problem(404, "transfer-unknown");
            }
            let code = json!({"code": "123456"});
            let verified = stranger.post(&format!("/v1/signups/{id}/verify"), code).await;
            assert!(matches!(verified.code(), "signup-unknown" | "too-many-requests"), "{}", verified.body);
            let erase = operator.post(&format!("/v1/members/{id}/erase"), json!({"reason": "none"})).await;
            erase.expect_problem(404, "member-unknown");
        }));
        let honest = join_all((0..20).map(async |_| {
            member.transfer(account, payee, 1).await.expect(201);
            let body = json!({"source": account, "destination": number, "money": money("KRW", 1)});
            member.post("/v1/transfers", body).await.expect(201);
            service.post("/v1/deposits", deposit(account, "KRW")).await.expect(201);
        }));
        tokio::join!(attack, honest);
    }
    verify(&app).await;
    let ledger = app.close().await;
    assert_eq!(ledger.accounts[&payee].balance, 121);
}
