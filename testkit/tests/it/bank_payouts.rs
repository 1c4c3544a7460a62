//! Bank payouts: money of an account goes to an account at another bank.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    outside::{bank_payout, booked, control, gift_card, heal, held, once, start, steps},
    runbooks::variables,
    support::{ALL, Answer, Page, TestApp, TestClient, eventually, verify},
};

const NUMBER: &str = "110-234-567890";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payout_is_held_until_it_has_settled() {
    let (mut app, providers) = start(&ALL).await;
    let (owner, account) = app.funded_member(1_000).await;
    control(&providers, "bank", json!({"settle_ms": 1_500})).await;
    let started = owner.post("/v1/bank-payouts", bank_payout(account, 600, NUMBER)).await.expect(202);
    assert_eq!(started.body["steps"][0]["name"], "hold");
    let waiting = once(&owner, &started, &["waiting", "done"]).await;
    if waiting.body["state"] == "waiting" {
        assert_eq!(held(&owner, account, &waiting).await, ("600".into(), "1000".into()));
    }
    // Nobody else touches what is held for it, and what is held cannot be spent.
    let (operator, service) = (app.operator(), app.service());
    let hold = format!("/v1/holds/{}", waiting.id("hold_id"));
    for who in [&operator, &service, &owner] {
        who.post(&format!("{hold}/release"), json!({})).await.expect_problem(403, "hold-not-yours");
    }
    operator.post(&format!("{hold}/capture"), json!({})).await.expect_problem(403, "hold-not-yours");
    owner.post("/v1/bank-payouts", bank_payout(account, 401, NUMBER)).await.expect_problem(422, "insufficient-funds");
    let done = once(&owner, &started, &["done"]).await;
    assert_eq!(steps(&done), ["hold done", "submit done", "settle done", "capture done"]);
    assert_eq!(held(&owner, account, &done).await, ("0".into(), "400".into()));
    assert_eq!(booked(&providers, "bank").await.0, 600);
    let ledger = verify(app).await;
    assert_eq!((ledger.accounts[&account].balance, ledger.accounts[&account].held), (400, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_back_or_is_refused_is_free_again() {
    let (mut app, providers) = start(&ALL).await;
    let (owner, account) = app.funded_member(1_000).await;
    for (number, step) in [("00-110-234", "settle"), ("99-110-234", "submit")] {
        let started = owner.post("/v1/bank-payouts", bank_payout(account, 700, number)).await.expect(202);
        let ended = once(&owner, &started, &["compensated"]).await;
        let refused = format!("{step} refused");
        assert!(steps(&ended).iter().any(|step| step.starts_with(&refused)), "{}", ended.body);
        assert_eq!(held(&owner, account, &ended).await, ("0".into(), "1000".into()));
    }
    assert_eq!(booked(&providers, "bank").await.0, 0);
    verify(app).await;
}

/// The bank takes it, and its leader dies before it is recorded.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_while_it_asks_leaves_nothing_undecided() {
    let (mut app, providers) = start(&ALL).await;
    let (owner, account) = app.funded_member(1_000).await;
    control(&providers, "bank", json!({"late": 1, "late_ms": 3_000})).await;
    let started = owner.post("/v1/bank-payouts", bank_payout(account, 300, NUMBER)).await.expect(202);
    eventually("the bank is asked", async || match booked(&providers, "bank").await.1 {
        0 => Err("nothing is booked".to_owned()),
        _ => Ok(()),
    })
    .await;
    app.bank.kill(testkit::chaos::Part::Command(0)).unwrap();
    app.bank.start(&[testkit::chaos::Part::Command(0)]).await.unwrap();
    once(&owner, &started, &["done"]).await;
    assert_eq!(booked(&providers, "bank").await, (300, 1));
    assert_eq!(verify(app).await.accounts[&account].balance, 700);
}

/// The money is outside when the freeze comes, and only this bank does not know it yet: for a payout and for a gift card, and for either
/// scope of a freeze.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_outside_already_is_captured_whatever_is_frozen_meanwhile() {
    let (mut app, providers) = start(&ALL).await;
    let operator = app.operator();
    for (provider, scope) in [("bank", "debits"), ("bank", "all"), ("gift-cards", "debits"), ("gift-cards", "all")] {
        let (owner, account) = app.funded_member(1_000).await;
        let path = format!("/v1/{}", if provider == "bank" { "bank-payouts" } else { provider });
        let asked = |amount| match provider {
            "bank" => bank_payout(account, amount, NUMBER),
            _ => gift_card(account, amount, "coffee"),
        };
        let before = booked(&providers, provider).await.0;
        control(&providers, provider, json!({"lost": 1_000})).await;
        let started = owner.post(&path, asked(600)).await.expect(202);
        eventually("the money is outside", async || match booked(&providers, provider).await.0 - before {
            600 => Ok(()),
            other => Err(format!("{other} of 600")),
        })
        .await;
        let freeze = json!({"scope": scope, "reason": "a test"});
        let frozen = operator.post(&format!("/v1/accounts/{account}/freeze"), freeze).await.expect(200);
        assert_eq!(["balance", "held", "freeze"].map(|field| frozen.text(field)), ["1000", "600", scope]);
        owner.post(&path, asked(1)).await.expect_problem(422, "account-frozen");

        heal(&providers, provider).await;
        let done = done(&operator, &owner, &started).await;
        assert_eq!(held(&owner, account, &done).await, ("0".into(), "400".into()));
        says_that_it_passed(&mut app, &owner, account, scope).await;
    }
    verify(app).await;
}

/// The process, once it is done; an operator has it tried again if it has waited too long.
async fn done(operator: &TestClient, owner: &TestClient, started: &Answer) -> Answer {
    if once(owner, started, &["done", "stuck"]).await.body["state"] == "stuck" {
        let retry = format!("/v1/processes/{}/retry", started.id("process_id"));
        operator.post(&retry, json!({"reason": "the provider answers again"})).await.expect(200);
    }
    once(owner, started, &["done"]).await
}

/// The account is frozen as it was, and the one capture of it says that it was captured all the same.
async fn says_that_it_passed(app: &mut TestApp, owner: &TestClient, account: Uuid, scope: &str) {
    app.wait_until_level().await;
    let shown = owner.get(&format!("/v1/accounts/{account}")).await.expect(200);
    assert_eq!([shown.text("status"), shown.text("freeze")], ["frozen", scope]);
    let lines = owner.get(&format!("/v1/accounts/{account}/transactions?kind=capture")).await.expect(200);
    let [line] = lines.items() else { panic!("{}", lines.body) };
    let path = format!("/v1/transfers/{}", line["transfer_id"].as_str().unwrap());
    let transfer = owner.get(&path).await.expect(200);
    assert_eq!(transfer.body["despite_freeze"], true, "{}", transfer.body);
    let hold = owner.get(&format!("/v1/holds/{}", transfer.id("hold_id"))).await.expect(200);
    assert_eq!([hold.text("status"), hold.text("captured")], ["captured", "600"]);
}

/// The page for whoever takes money in and out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_of_the_page_runs() {
    let (mut app, _providers) = start(&ALL).await;
    let mut page = Page::open_in(".", "processes-outside", variables(&mut app.bank));
    let out = page.next().await;
    let lines: Vec<Value> = out.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [topped_up, returned] = &lines[..] else { panic!("{}\n{}", out.stdout, out.stderr) };
    assert_eq!((&topped_up["kind"], &topped_up["state"]), (&json!("top-up"), &json!("done")));
    assert_eq!((&returned["kind"], &returned["state"]), (&json!("bank-payout"), &json!("compensated")));
    page.end();
    verify(app).await;
}
