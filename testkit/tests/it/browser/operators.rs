//! The main task of each screen, done as an operator does it, while payments go on; what needs a second operator gets one.

use serde_json::json;
use uuid::Uuid;

use super::{
    person::{ENTER, Person},
    scene::{Load, Scene, hand_over, opened, pay},
};
use crate::{
    support::eventually,
    webhook_delivery::receiver::{Receiver, well},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operators_do_their_work_while_payments_go_on() {
    let mut scene = Scene::start().await;
    let (mut minji, mut second) = (scene.app.staff("minji", "admin").await, scene.app.staff("second", "admin").await);
    let (payer, from) = scene.app.funded_member(1_000_000).await;
    let (_, to) = scene.app.funded_member(0).await;
    scene.deposit(to, 120_000, "INV-2026-0042").await;
    let paid = pay(&payer, from, to, 40, "twice").await.id("transfer_id");
    let (newcomer, insider) = scene.member("홍길동").await;
    scene.app.wait_until_level().await;
    let load = Load::start(payer, from, to);
    let person = scene.operator(&mut minji).await;

    finds_a_transfer(&person).await;
    freezes_and_unfreezes(&person, to).await;
    retries_a_process(&mut scene, &person).await;
    sends_a_webhook_again(&mut scene, &person).await;
    reads_the_log(&person).await;
    adds_a_partner_and_an_operator(&person).await;
    let approvals = [
        asks_for_a_reversal(&person, paid).await,
        asks_for_a_limit(&person).await,
        asks_for_a_rate(&person).await,
        asks_for_an_erasure(&person, insider.client.id, &newcomer.real_name).await,
    ];
    hand_over(&person, &mut second).await;
    approves(&person, &approvals).await;
    sees_what_was_done(&person, paid, insider.client.id).await;
    drop(person);
    load.stop().await;
    scene.close().await;
}

async fn finds_a_transfer(person: &Person) {
    person.open("/").await;
    person.see("The books").await;
    person.press(&format!("/INV-2026-0042{ENTER}")).await;
    person.see("Legs").await;
    person.see("INV-2026-0042").await;
    assert!(person.path().await.starts_with("/transfers/"), "what is found alone is shown at once");
    // All that is found is a list.
    person.open("/transfers").await;
    person.send("Find", &[("Reference", "INV-2026-0042")]).await;
    person.see("deposit").await;
    person.click_first_row().await;
    person.see("120,000 KRW").await;
}

async fn freezes_and_unfreezes(person: &Person, account: Uuid) {
    person.open("/accounts").await;
    person.send("Show", &[]).await;
    person.open(&format!("/accounts/{account}")).await;
    person.send("Freeze", &[("Reason", "lost card"), ("Scope", "Outgoing only")]).await;
    person.see("The account is frozen.").await;
    person.send("Unfreeze", &[("Reason", "found again")]).await;
    person.see("The account is not frozen any more.").await;
}

async fn retries_a_process(scene: &mut Scene, person: &Person) {
    let (owner, account) = scene.app.funded_member(0).await;
    scene.stuck_top_up(&owner, account).await;
    person.open("/processes").await;
    person.send("Show", &[("State", "stuck")]).await;
    person.see("700 KRW").await;
    person.click_first_row().await;
    person.see("Steps").await;
    person.send("Try again", &[("Reason", "the provider is back")]).await;
    person.see("The step is tried again.").await;
    person.reload_until("Ended").await;
    let path = format!("/v1/accounts/{account}");
    eventually("the account is credited", async || {
        let seen = owner.get(&path).await;
        if seen.body["balance"] == "700" { Ok(()) } else { Err(seen.body.to_string()) }
    })
    .await;
}

async fn sends_a_webhook_again(scene: &mut Scene, person: &Person) {
    let (receiver, service) = (Receiver::start(well).await, scene.app.service());
    let body = json!({"url": receiver.url, "events": ["account.opened"], "description": "the shop"});
    let webhook = service.post("/v1/webhooks", body).await.expect(201);
    receiver.knows(webhook.text("secret"));
    opened(&scene.app.member()).await;
    eventually("it arrives", async || if receiver.received().is_empty() { Err(String::new()) } else { Ok(()) }).await;
    person.open("/webhooks").await;
    person.click_first_row().await;
    person.reload_until("delivered").await;
    person.click_at("a delivery", "//main//input[@name='delivery']").await;
    person.send("Send the chosen one again", &[("Reason", "the shop lost it")]).await;
    person.see("The sender was asked to send it again.").await;
    eventually("it arrives again, as the same", async || {
        let ids: Vec<Uuid> = receiver.received().iter().map(|received| received.id).collect();
        if ids.iter().any(|id| ids.iter().filter(|other| *other == id).count() > 1) {
            Ok(())
        } else {
            Err(format!("{ids:?}"))
        }
    })
    .await;
}

async fn reads_the_log(person: &Person) {
    person.open("/log").await;
    person.click_first_row().await;
    person.see("Stream").await;
    person.click_at("a stream", "//main//a[starts-with(@href, '/log/streams/')]").await;
    person.click("Show the state after each step").await;
    person.see("The state after it").await;
}

async fn adds_a_partner_and_an_operator(person: &Person) {
    person.open("/partners").await;
    person.send("Create a partner", &[("Name", "Hangang Coffee"), ("Reason", "contract 17")]).await;
    person.see("The partner was created.").await;
    person.open("/operators").await;
    person.send("Add an operator", &[("Name", "sumin"), ("Role", "viewer"), ("Reason", "hired")]).await;
    person.see("This is shown once.").await;
}

async fn asks_for_a_reversal(person: &Person, transfer: Uuid) -> String {
    person.open(&format!("/transfers/{transfer}")).await;
    person.send("Reverse", &[("Reason", "paid twice")]).await;
    person.waits_for_approval().await
}

async fn asks_for_a_limit(person: &Person) -> String {
    person.open("/limits").await;
    let limit = [
        ("Name", "a-day"),
        ("Asset", "KRW"),
        ("transfers", "yes"),
        ("A day, amount", "5000000"),
        ("Reason", "the new rule"),
    ];
    person.send("Set a limit", &limit).await;
    person.waits_for_approval().await
}

async fn asks_for_a_rate(person: &Person) -> String {
    person.open("/rates").await;
    let rate = [("From", "USD"), ("To", "KRW"), ("Rate", "1350.25"), ("Reason", "of today")];
    person.send("Set a rate", &rate).await;
    person.waits_for_approval().await
}

async fn asks_for_an_erasure(person: &Person, member: Uuid, name: &str) -> String {
    person.open(&format!("/members/{member}")).await;
    person.send("Show personal data", &[("Reason", "they called")]).await;
    person.see(name).await;
    person.click("Back").await;
    person.see("This cannot be undone.").await;
    person.send("Erase", &[("Reason", "they asked"), ("Id of the member", &member.to_string())]).await;
    person.waits_for_approval().await
}

async fn approves(person: &Person, approvals: &[String]) {
    for action in ["Reversal of a transfer", "Limits", "Rates", "Erasure of a member"] {
        person.see(action).await;
    }
    for approval in approvals {
        person.open(approval).await;
        person.see("minji").await;
        person.send("Approve", &[("Reason", "checked")]).await;
        person.see("It was approved, and done.").await;
    }
}

async fn sees_what_was_done(person: &Person, transfer: Uuid, member: Uuid) {
    person.open(&format!("/transfers/{transfer}")).await;
    person.reload_until("Reversed by").await;
    person.open("/limits").await;
    person.reload_until("a-day").await;
    person.open("/rates").await;
    person.reload_until("1350.25").await;
    person.open(&format!("/members/{member}")).await;
    person.reload_until("erased").await;
    person.open("/audit").await;
    for text in ["Proven up to", "minji", "paid twice", "lost card", "second"] {
        person.see(text).await;
    }
    person.open("/health").await;
    person.see("ready").await;
    person.click("command-server").await;
    person.see("Metrics").await;
}
