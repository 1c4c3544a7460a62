//! What admins do at their desk while payments go on: many accounts are frozen and a partner gets a key, which a second
//! one approves; a webhook is created and tried; a password is changed.

use testkit::app::Staff;
use uuid::Uuid;

use super::{
    person::Person,
    scene::{Load, Scene, hand_over},
};
use crate::{
    support::eventually,
    webhook_delivery::receiver::{Receiver, well},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn admins_do_their_work_while_payments_go_on() {
    let mut scene = Scene::start().await;
    let (mut minji, mut second) = (scene.app.staff("minji", "admin").await, scene.app.staff("second", "admin").await);
    let (payer, from) = scene.app.funded_member(1_000_000).await;
    let (_, to) = scene.app.funded_member(0).await;
    let (owner, account) = scene.app.funded_member(1_000).await;
    let accounts = [account, owner.open("KRW").await];
    scene.app.wait_until_level().await;
    let load = Load::start(payer, from, to);
    let person = scene.operator(&mut minji).await;
    let freeze = asks_to_freeze_them(&person, owner.id, accounts).await;
    let key = asks_for_a_key(&person).await;
    creates_a_webhook(&person).await;

    hand_over(&person, &mut second).await;
    for action in ["Freeze of many accounts", "Keys of partners"] {
        person.see(action).await;
    }
    for approval in [&freeze, &key] {
        person.open(approval).await;
        person.see("minji").await;
        person.send("Approve", &[("Reason", "checked")]).await;
        person.see("It was approved, and done.").await;
    }
    for account in accounts {
        person.open(&format!("/accounts/{account}")).await;
        person.reload_until("Unfreeze").await;
    }
    changes_the_password(&person, &mut second).await;
    // Who logs in again needs the new one.
    hand_over(&person, &mut second).await;

    hand_over(&person, &mut minji).await;
    person.open(&key).await;
    person.send("Show the key", &[]).await;
    person.see("Only you are shown this: you asked for it.").await;
    assert_ne!(person.figure("Secret").await.unwrap(), "", "the secret of the key");
    drop(person);
    load.stop().await;
    scene.close().await;
}

/// Finds them by their owner, ticks them, and asks.
async fn asks_to_freeze_them(person: &Person, owner: Uuid, accounts: [Uuid; 2]) -> String {
    person.open("/accounts").await;
    person.send("Show", &[("Id of the owner", &owner.to_string())]).await;
    person.arrive("owner=").await;
    for account in accounts {
        let tick = format!("//main//tr[.//a[contains(@href, '{account}')]]//input");
        person.click_at("the account", &tick).await;
    }
    person.click("Freeze many accounts").await;
    person.see("Ids of the accounts").await;
    person.send("Freeze many accounts", &[("Scope", "Outgoing only"), ("Reason", "a court order")]).await;
    let approval = person.waits_for_approval().await;
    for account in accounts {
        person.see(&account.to_string()).await;
    }
    approval
}

async fn asks_for_a_key(person: &Person) -> String {
    person.open("/partners").await;
    person.send("Create a partner", &[("Name", "Hangang Coffee"), ("Reason", "contract 17")]).await;
    person.see("The partner was created.").await;
    person.send("Issue a key", &[("transfers:write", "yes"), ("Reason", "contract 17")]).await;
    person.waits_for_approval().await
}

async fn creates_a_webhook(person: &Person) {
    let receiver = Receiver::start(well).await;
    person.open("/webhooks").await;
    let webhook: [(&str, &str); 4] = [
        ("Address", &receiver.url),
        ("Events", "account.opened"),
        ("Description", "the shop"),
        ("Reason", "contract 17"),
    ];
    person.send("Create a webhook", &webhook).await;
    person.see("This is shown once.").await;
    receiver.knows(person.figure("Secret").await.unwrap());
    person.click("Back").await;
    person.send("Send an example", &[("Event", "account.opened"), ("Reason", "is it there?")]).await;
    person.see("The sender was asked to send an example.").await;
    person.reload_until("delivered").await;
    eventually("the example arrives", async || {
        if receiver.received().is_empty() { Err("nothing arrived".to_owned()) } else { Ok(()) }
    })
    .await;
}

async fn changes_the_password(person: &Person, staff: &mut Staff) {
    let (present, code) = (staff.password.clone(), staff.code().await);
    staff.password = "Another-pass-2026".to_owned();
    person.open("/operators/me").await;
    let change: [(&str, &str); 4] = [
        ("Present password", &present),
        ("New password", &staff.password),
        ("New password again", &staff.password),
        ("Code", &code),
    ];
    person.send("Change", &change).await;
    person.see("The password was changed.").await;
}
