//! What somebody writes is a text for everybody else, whatever it is.

use super::{
    inspection::Findings,
    scene::{Scene, Words, enter_wallet},
};

/// Leaves an attribute, an element and a script behind it, and runs if it does.
const HOSTILE: &str = "\"><img src=x onerror=window.__hit=1><script>window.__hit=1</script>";
/// On at least so many pages it can be read, so it was stored, and shown.
const SHOWN_ON: usize = 15;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_stored_script_ever_runs() {
    let mut scene = Scene::start().await;
    let mut admin = scene.app.staff("minji", "admin").await;
    let filled = scene.fill(Words { name: HOSTILE, text: HOSTILE }).await;
    let (mut findings, mut shown) = (Findings::default(), Vec::new());
    let person = scene.operator(&mut admin).await;
    enter_wallet(&person, &filled.member).await;
    for (_, path) in filled.screens.iter().chain(&filled.wallet) {
        findings.visit(&person, path).await;
        if person.text().await.unwrap().contains(HOSTILE) {
            shown.push(path.as_str());
        }
    }
    assert!(shown.len() >= SHOWN_ON, "it is shown on {} pages only: {shown:?}", shown.len());

    // Pages that answer a form: personal data, a code, and who is about to be paid.
    let member = filled.screens.iter().find(|(name, _)| *name == "member").unwrap();
    person.open(&member.1).await;
    person.send("Show personal data", &[("Reason", HOSTILE)]).await;
    person.see("This access was recorded.").await;
    person.see(HOSTILE).await;
    findings.look(&person, "a member's personal data").await;
    // What was typed comes back with the refusal.
    person.open("/wallet/pay").await;
    let typed = [("Account number", "<script>1</script>"), ("Amount", "1"), ("Memo", HOSTILE)];
    person.send("Next", &typed).await;
    person
        .until("the form comes back", async || {
            let memo = person.script("return document.getElementById('memo')?.value ?? ''").await;
            if memo == HOSTILE { Ok(()) } else { Err(memo.to_string()) }
        })
        .await;
    assert_eq!(person.script("return typeof window.__hit").await, "undefined");
    drop(person);
    findings.expect_none_on(filled.screens.len() + filled.wallet.len() + 1);
    scene.close().await;
}
