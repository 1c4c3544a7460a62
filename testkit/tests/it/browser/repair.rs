//! What is wrong in a view is put right by button while payments go on: an event that cannot be applied, and a row that
//! is not what the log says, which a second operator has to agree to.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use testkit::chaos::Jangbu;
use uuid::Uuid;

use super::{
    person::{Person, text_of},
    scene::{Load, Scene, hand_over, pay},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_in_a_view_is_put_right_by_button_while_payments_go_on() {
    let mut scene = Scene::start().await;
    let (mut minji, mut second) =
        (scene.app.staff("minji", "operator").await, scene.app.staff("second", "operator").await);
    let (payer, from) = scene.app.funded_member(1_000_000).await;
    let (_, to) = scene.app.funded_member(0).await;
    let (_, still) = scene.app.funded_member(1_000).await;
    scene.app.wait_until_level().await;
    let load = Load::start(payer, from, to);
    let person = scene.operator(&mut minji).await;
    retries_what_was_parked(&mut scene, &person).await;
    asks_for_the_promotion(&scene, &person, still).await;
    hand_over(&person, &mut second).await;
    approves_the_promotion(&person, still).await;
    drop(person);
    load.stop().await;
    scene.close().await;
}

/// With the rights of the owner of the database, past the projector.
async fn in_the_views(scene: &Scene, sql: &str) {
    let mut views = PgConnection::connect(&scene.app.pair.views.superuser_url()).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut views).await.unwrap();
}

/// An event that fails makes the view stuck; it is parked, and retried once in vain and once with success.
async fn retries_what_was_parked(scene: &mut Scene, person: &Person) {
    let (payer, from) = scene.app.funded_member(100).await;
    let (_, to) = scene.app.funded_member(0).await;
    let fault = "alter table transactions_g1.entries add constraint fault check (amount <> -13) not valid";
    in_the_views(scene, fault).await;
    pay(&payer, from, to, 13, "thirteen").await;
    person.open("/views/transactions").await;
    let link = person
        .until("the page says at which event the view is stuck", async || {
            let link = person.find("//main//p[@role='alert']//a").await.map_err(text_of)?;
            link.attr("href").await.map_err(text_of)?.ok_or_else(|| "no address".to_owned())
        })
        .await;
    let at = link.rsplit('/').next().unwrap_or_default().to_owned();
    // It is parked on the command line: there is no button for it.
    let jangbu = Jangbu::new(&scene.app.bank.plan().binaries, &scene.app.pair).unwrap();
    let park = ["views", "parked", "add", "transactions", "--commit", at.as_str(), "--reason", "ticket 12"];
    jangbu.ask(&park).await.unwrap().expect(0);
    // Once the view goes on, the event waits under its key.
    person.reload_until_is("State", "live").await;
    person.see_row(&[&at, "ticket 12"]).await;
    // The cause is still there: what failed stands at the event.
    person.send("Retry parked events", &[("Reason", "a first try")]).await;
    person.see_row(&[&at, "ticket 12", "violates check constraint"]).await;
    in_the_views(scene, "alter table transactions_g1.entries drop constraint fault").await;
    person.send("Retry parked events", &[("Reason", "the check is gone")]).await;
    person.see("There are no parked events.").await;
    person.open(&format!("/accounts/{from}")).await;
    person.reload_until("thirteen").await;
}

/// A row of the live generation is changed by hand; a rebuild shows it, and the new generation is to take its place.
async fn asks_for_the_promotion(scene: &Scene, person: &Person, still: Uuid) {
    let wrong = format!("update accounts_g1.accounts set balance = balance + 5 where account_id = '{still}'");
    in_the_views(scene, &wrong).await;
    person.open(&format!("/accounts/{still}")).await;
    person.see("1,005 KRW").await;
    person.open("/views/accounts").await;
    person.send("Rebuild", &[("Reason", "a balance is wrong")]).await;
    person.see("Unexpected differences:").await;
    person.see_row(&["accounts", &still.to_string(), "changed"]).await;
    person.see("balance: 1005 1000").await;
    person.click("Act on what differs").await;
    person.send("Promote although it differs: generation 2", &[("Reason", "the log has 1000")]).await;
    person.waits_for_approval().await;
    person.open("/views/accounts").await;
    person.reload_until("waits for a second operator").await;
    person.see_row(&["2", "waits for a second operator", "minji"]).await;
}

async fn approves_the_promotion(person: &Person, still: Uuid) {
    person.see("Promotion of a view that differs").await;
    person.click_first_row().await;
    person.see("the log has 1000").await;
    person.send("Approve", &[("Reason", "compared with the log")]).await;
    person.see("It was approved. The projector promotes the generation now.").await;
    person.reload_until_is("What came of it", "promoted").await;
    person.click("accounts").await;
    person.see_row(&["2", "promoted", "minji", "second"]).await;
    person.reload_until_is("Generation", "2").await;
    person.open(&format!("/accounts/{still}")).await;
    person.reload_until("1,000 KRW").await;
}
