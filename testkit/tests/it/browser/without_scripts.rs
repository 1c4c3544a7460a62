//! Everything works in a browser that runs no scripts.

use super::{
    chrome::Reader,
    person::Person,
    scene::{Scene, log_in},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operators_work_without_scripts() {
    let mut scene = Scene::start().await;
    let mut helper = scene.app.staff("helper", "support").await;
    let (_, account) = scene.app.funded_member(0).await;
    scene.deposit(account, 120_000, "INV-2026-0042").await;
    scene.app.wait_until_level().await;
    let person = Person::start_as(&scene.url, Reader { language: "en", scripts: false }).await;
    person.open("/accounts").await;
    log_in(&person, &mut helper).await;
    assert!(person.path().await.starts_with("/accounts"), "where it was asked for");
    assert_eq!(person.script("return typeof window.htmx").await, "undefined", "no script of the page ran");

    person.open("/find").await;
    person.send("Find", &[("Find by account number, id, reference, login id or position", "INV-2026-0042")]).await;
    person.see("Legs").await;
    person.click(&account.to_string()).await;
    person.see("Statement").await;
    person.see("120,000").await;
    person.send("Freeze", &[("Reason", "lost card"), ("Scope", "Outgoing only")]).await;
    person.see("The account is frozen.").await;
    person.send("Unfreeze", &[("Reason", "found again")]).await;
    person.see("The account is not frozen any more.").await;
    // Figures of charts are in tables.
    person.open("/").await;
    person.click("한국어").await;
    person.see("개요").await;
    person.click("로그아웃").await;
    person.see("로그인").await;
    drop(person);
    assert_eq!(scene.app.count_events("AccountFrozen").await, 1);
    scene.close().await;
}
