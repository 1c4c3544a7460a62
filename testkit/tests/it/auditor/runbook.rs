//! The runbook of an alarm, on a bank that has one.

use std::time::Instant;

use testkit::chaos::Part;

use super::{
    Audited,
    plants::{How, Template, plant},
};
use crate::runbooks::page;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn audit_alarm() {
    let mut audited = Audited::start(&[Part::Command(0), Part::Auditor]).await;
    let transfer = audited.payer.transfer(audited.from, audited.to, 37).await.expect(201).id("transfer_id");
    let mut events = Template::of(&audited.log, transfer).await.again().await;
    events[1].version += 1;
    plant(&audited.log, &events, How::default()).await;
    let (alarm, rule, _) = audited.alarm("a skipped version", Instant::now()).await;

    let mut page = page(&mut audited.app, "audit-alarm").await;
    page.set("ALARM", alarm);
    page.set("POSITION", audited.app.head().await);
    let out = page.next().await;
    assert!(out.stdout.contains(&rule) && out.stdout.contains(&format!("alarm {alarm}: OPEN")), "{}", out.stdout);
    let out = page.next().await;
    assert!(out.stdout.contains("AccountCredited"), "{}", out.stdout);
    let out = page.next().await;
    assert!(out.stdout.contains(&format!("WRONG: {rule}")), "{}", out.stdout);
    page.next().await;
    let out = page.next().await;
    assert!(out.stdout.contains("ticket 4711") && out.stdout.contains("No alarm stops commands"), "{}", out.stdout);
    page.end();
    audited.app.funded_member(10).await;
    audited.end().await;
}
