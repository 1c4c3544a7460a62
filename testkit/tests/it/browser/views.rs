//! A view is rebuilt by button while payments go on: its progress can be watched, what differs is shown, and it is promoted and rolled back.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use testkit::chaos::Part;

use super::{
    person::Person,
    scene::{Load, Scene},
};
use crate::support::eventually;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_is_rebuilt_by_button_while_payments_go_on() {
    let mut scene = Scene::start().await;
    let mut minji = scene.app.staff("minji", "operator").await;
    let (payer, from) = scene.app.funded_member(1_000_000).await;
    let (_, to) = scene.app.funded_member(0).await;
    let (_, still) = scene.app.funded_member(1_000).await;
    let load = Load::start(payer, from, to);
    let person = scene.operator(&mut minji).await;
    person.open("/views").await;
    person.click("transactions").await;
    person.see("No rebuild is under way.").await;
    person.send("Rebuild", &[("Reason", "ticket 17"), ("Promote it if it is equal", "yes")]).await;
    person.see("The rebuild has begun.").await;
    // From here on the page renews itself.
    person.script("window.__same = true").await;
    person.see("Comparison with the live generation").await;
    person.see("equal").await;
    let operator = scene.app.operator();
    eventually("the new generation is live", async || {
        let view = operator.get("/v1/views/transactions").await;
        if view.body["generation"] == 2 { Ok(()) } else { Err(view.body.to_string()) }
    })
    .await;
    assert_eq!(person.script("return window.__same").await, true, "it was not loaded again");
    // The form names the generation, and forms do not renew themselves.
    person.open("/views/transactions").await;
    person.send("Roll back to generation 1", &[("Reason", "a rehearsal")]).await;
    person.see("The view was rolled back.").await;
    person.send("Promote", &[("Generation", "2"), ("Reason", "it is equal")]).await;
    person.see("The generation was promoted.").await;
    person.send("Pause", &[("Reason", "a look")]).await;
    person.see("Paused since").await;
    person.send("Resume", &[("Reason", "looked")]).await;
    person.see("The view was resumed.").await;
    load.stop().await;

    // A row that is not what the log says.
    scene.app.wait_until_level().await;
    let url = scene.app.pair.views.superuser_url();
    let change = async |by: i64| {
        let mut views = PgConnection::connect(&url).await.unwrap();
        let sql = format!("update accounts_g1.accounts set balance = balance + {by} where account_id = '{still}'");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut views).await.unwrap();
    };
    change(5).await;
    person.open("/views/accounts").await;
    person.send("Rebuild", &[("Reason", "it looks wrong")]).await;
    person.see("Unexpected differences:").await;
    person.see("balance: 1005 1000").await;
    change(-5).await;
    let again = "Begin again: drop what an earlier rebuild made and did not promote";
    let asked = [("Reason", "it is right now"), ("Promote it if it is equal", "yes"), (again, "yes")];
    person.send("Rebuild", &asked).await;
    person.see("it is right now").await;
    person.see("equal").await;
    says_when_it_is_not_live(&mut scene, &person).await;
    drop(person);
    scene.close().await;
}

/// The page stays as it is while the query server is away, says so, and goes on by itself.
async fn says_when_it_is_not_live(scene: &mut Scene, person: &Person) {
    const SAID: &str = "This page is not updated at the moment";
    person.open("/views/accounts").await;
    person.script("window.__same = true").await;
    person.see_no_more(SAID).await;
    scene.app.bank.kill(Part::Query).unwrap();
    person.see(SAID).await;
    scene.app.bank.start(&[Part::Query]).await.unwrap();
    person.see_no_more(SAID).await;
    assert_eq!(person.script("return window.__same").await, true, "it was not loaded again");
}
