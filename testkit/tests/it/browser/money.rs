//! What moves money from the console, done by button while payments go on: payout runs, holds, and processes that are
//! stuck.

use serde_json::json;
use uuid::Uuid;

use super::{
    person::Person,
    scene::{Load, Scene},
};
use crate::{
    outside::{bank_payout, booked, control, gift_card, heal, payment_key, top_up},
    support::TestClient,
};

const PROVIDERS: [&str; 3] = ["gift-cards", "bank", "toss"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operators_move_money_by_button_while_payments_go_on() {
    let mut scene = Scene::start().await;
    let mut minji = scene.app.staff("minji", "operator").await;
    let (payer, from) = scene.app.funded_member(1_000_000).await;
    let (_, to) = scene.app.funded_member(0).await;
    let (owner, account) = scene.app.funded_member(100_000).await;
    scene.app.wait_until_level().await;
    let load = Load::start(payer, from, to);
    let person = scene.operator(&mut minji).await;
    pays_out(&person, account, to).await;
    uses_a_hold(&person, account, to).await;
    ends_what_is_stuck(&scene, &person, &owner, account).await;
    // 5000 by the run, 15000 from the hold, a gift card of 200 and a payout of 300.
    person.open(&format!("/accounts/{account}")).await;
    person.reload_until("79,500 KRW").await;
    person.open("/audit").await;
    let reasons = ["payroll of November", "booking 17", "the cards are back", "the bank paid it", "they changed it"];
    for reason in reasons {
        person.reload_until(reason).await;
    }
    drop(person);
    load.stop().await;
    scene.close().await;
}

async fn pays_out(person: &Person, from: Uuid, to: Uuid) {
    let source = from.to_string();
    person.open("/payout-runs").await;
    let run: [(&str, &str); 4] = [
        ("Paid from", &source),
        ("Name", "Salaries, November"),
        ("Reference", "payroll-2026-11"),
        ("Reason", "payroll of November"),
    ];
    person.send("Open a payout run", &run).await;
    person.see("The run is open. Add its rows.").await;

    // A row with something wrong in it is left out, and named.
    let rows = format!("row,destination,amount,memo\n1,{to},3000,November\n2,{to},2000,\n3,{to},-5,\n");
    let file = person.chrome.file("salaries.csv", &rows);
    person.send("Add rows", &[("Table (CSV)", &file), ("Reason", "from the payroll")]).await;
    person.see("Rows left out").await;
    person.see_row(&["3", "amount"]).await;
    person.click("Back").await;
    let rows = format!("row,destination,amount,memo\n4,{},100,\n", Uuid::from_u128(404));
    let file = person.chrome.file("more.csv", &rows);
    person.send("Add rows", &[("Table (CSV)", &file), ("Reason", "one more")]).await;
    person.see("The rows were added.").await;

    // It starts with the control totals that it has, and with no others.
    let sum = ("Sum of the rows (minor units)", "5100");
    let totals = |rows: &'static str| [("Rows", rows), sum, ("Reason", "checked")];
    person.send("Start", &totals("4")).await;
    person.see("The number of rows or their sum differs.").await;
    person.send("Start", &totals("3")).await;
    person.see("The run has started.").await;
    // From here on the page renews its figures; the rows come with the page.
    person.see("finished").await;
    person.reload_until("There is no such account.").await;
    person.see_row(&["3,000 KRW", "posted"]).await;
    person.see_row(&["2,000 KRW", "posted"]).await;
    person.see_row(&["100 KRW", "refused", "There is no such account."]).await;
    person.click_at("the transfer of a row", "//main//tbody//a[starts-with(@href, '/transfers/')]").await;
    person.reload_until("Legs").await;
    person.see("payroll-2026-11").await;
}

async fn uses_a_hold(person: &Person, from: Uuid, to: Uuid) {
    let destination = to.to_string();
    person.open(&format!("/accounts/{from}")).await;
    person.click("All holds, and placing one").await;
    let hold: [(&str, &str); 4] =
        [("Amount (minor units)", "20000"), ("Paid to", &destination), ("Memo", "hotel"), ("Reason", "booking 17")];
    person.send("Place a hold", &hold).await;
    person.see("The hold was placed.").await;
    let path = person.path().await;
    let path = path.split('?').next().unwrap_or_default();
    person.send("Increase", &[("Amount (minor units)", "500"), ("Reason", "breakfast")]).await;
    person.see("More is held now.").await;
    person.reload_until_is("Remaining", "20,500 KRW").await;
    let part = [
        ("Amount (minor units)", "15000"),
        ("The rest", "stays held for more captures"),
        ("Reason", "the first two nights"),
    ];
    person.send("Capture", &part).await;
    person.see("The hold was captured. This is the transfer.").await;
    person.open(path).await;
    person.reload_until_is("Remaining", "5,500 KRW").await;
    person.send("Release", &[("Reason", "they left early")]).await;
    person.see("The hold was released.").await;
    person.open(path).await;
    person.reload_until_is("Released", "5,500 KRW").await;
}

/// One of each kind is carried out outside, and nobody hears of it. Then the outside is well again, and each goes on as
/// an operator says.
async fn ends_what_is_stuck(scene: &Scene, person: &Person, owner: &TestClient, account: Uuid) {
    for provider in PROVIDERS {
        control(&scene.providers, provider, json!({"broken": 1_000})).await;
    }
    let card = gift_card(account, 200, "coffee");
    let payout = bank_payout(account, 300, "110-234-567890");
    let top_up = top_up(account, 700, &payment_key("ok"));
    for (path, body) in [("/v1/gift-cards", card), ("/v1/bank-payouts", payout), ("/v1/top-ups", top_up)] {
        owner.post(path, body).await.expect(202);
    }
    person.open("/").await;
    person.click("Processes that are stuck: 3").await;
    person.see_row(&["gift card", "stuck", "200 KRW"]).await;
    for provider in PROVIDERS {
        heal(&scene.providers, provider).await;
    }
    goes_on(person, "gift card", ("Try again", "the cards are back"), "The step is tried again.", "done").await;
    person.see_row(&["issue", "done"]).await;
    goes_on(person, "bank payout", ("Skip the step", "the bank paid it"), "The step counts as done.", "done").await;
    person.see_row(&["submit", "skipped"]).await;
    goes_on(person, "top-up", ("Take back", "they changed it"), "What was done is taken back.", "taken back").await;
    person.see_row(&["cancel", "done"]).await;
    person.open("/processes?state=stuck").await;
    person.see("There are no such processes.").await;
    // The outside says the same.
    for (provider, amount) in PROVIDERS.into_iter().zip([200, 300, 0]) {
        assert_eq!(booked(&scene.providers, provider).await.0, amount, "{provider}");
    }
}

/// Finds the process of a kind that is stuck and has it go on, with a reason; it comes to this.
async fn goes_on(person: &Person, kind: &str, (button, reason): (&str, &str), said: &str, state: &str) {
    person.open("/processes").await;
    person.send("Show", &[("Kind", kind), ("State", "stuck")]).await;
    person.arrive("state=stuck").await;
    person.click_first_row().await;
    person.see("Steps").await;
    person.reload_until_is("Kind", kind).await;
    person.see_row(&["stuck"]).await;
    person.send(button, &[("Reason", reason)]).await;
    person.see(said).await;
    person.reload_until_is("State", state).await;
}
