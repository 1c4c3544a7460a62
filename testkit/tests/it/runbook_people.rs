//! Runbooks about people who log in, what they ask for, and what they look at.

use serde_json::json;
use testkit::chaos::Part;

use crate::{
    runbooks::page,
    support::{ALL, TestApp, eventually},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_ins_refused() {
    let mut app = TestApp::start(&ALL).await;
    app.staff("minji", "support").await;
    let wrong = json!({"name": "minji", "password": "aaaaa-bbbbb-ccccc-ddddd", "totp": "000000"});
    app.log_in_answer(wrong).await.expect_problem(401, "credentials-wrong");
    app.wait_until_level().await;
    let mut page = page(&mut app, "log-ins-refused").await;
    let seen = page.next().await.stdout;
    assert!(seen.contains("operator_log_ins_total{outcome=\"refused\"} 1"), "{seen}");
    assert!(seen.contains("minji") && seen.contains("support"), "{seen}");
    let after = page.next().await.stdout;
    assert!(after.contains("operator_log_ins_total{outcome=\"refused\"} 1"), "{after}");
    page.end();
    app.close().await;
}

/// What waits is shown, and counted for the alert; what was decided is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn approvals_waiting() {
    let mut app = TestApp::start(&ALL).await;
    let (minji, second) = (app.logged_in("minji", "admin").await, app.logged_in("second", "admin").await);
    let (payer, from) = app.funded_member(100).await;
    let (_, to) = app.funded_member(0).await;
    let paid = payer.transfer(from, to, 40).await.expect(201).id("transfer_id");
    let asked = minji.post(&format!("/v1/transfers/{paid}/reverse"), json!({"reason": "paid twice"})).await.expect(202);
    let approval = asked.id("approval_id");
    minji.get_at(&format!("/v1/approvals/{approval}"), asked.token()).await.expect(200);
    let mut page = page(&mut app, "approvals-waiting").await;
    let seen = page.next().await.stdout;
    assert!(seen.contains("reversal") && seen.contains("minji"), "{seen}");
    pending(&mut app, "1").await;

    let rejected = second.post(&format!("/v1/approvals/{approval}/reject"), json!({})).await.expect(200);
    minji.get_at(&format!("/v1/approvals/{approval}"), rejected.token()).await.expect(200);
    let seen = page.next().await.stdout;
    assert!(!seen.contains("reversal"), "{seen}");
    page.end();
    pending(&mut app, "0").await;
    app.close().await;
}

async fn pending(app: &mut TestApp, expected: &str) {
    let url = format!("http://{}/metrics", app.bank.address(Part::Query).unwrap());
    eventually("the figure of the alert", async || {
        let shown = reqwest::get(&url).await.map_err(|error| error.to_string())?;
        let shown = shown.text().await.map_err(|error| error.to_string())?;
        let line = format!("jangbu_query_approvals_pending {expected}");
        let found: Vec<_> = shown.lines().filter(|line| line.starts_with("jangbu_query_approvals")).collect();
        if found.contains(&line.as_str()) { Ok(()) } else { Err(format!("{found:?}")) }
    })
    .await;
}

/// The servers behind the console are asked how they are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn console_down() {
    let mut app = TestApp::start(&ALL).await;
    let mut page = page(&mut app, "console-down").await;
    let seen = page.next().await.stdout;
    assert_eq!(seen.matches("\"status\":").count(), 2, "{seen}");
    page.end();
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_dropped() {
    let nobody = format!("http://127.0.0.1:{}", testkit::kit::free_port().unwrap());
    let settings = [("JANGBU_OTLP_URL", nobody.as_str()), ("JANGBU_TRACE_SAMPLE", "1")];
    let mut app = TestApp::start_with(&ALL, &settings).await;
    app.member().open("KRW").await;
    let mut page = page(&mut app, "spans-dropped").await;
    let mut seen = page.next().await.stdout;
    for _ in 0..400 {
        if seen.contains("trace_spans_dropped_total{reason=\"collector\"}") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        seen = page.again().await.stdout;
    }
    assert!(seen.contains("trace_spans_dropped_total{reason=\"collector\"}"), "{seen}");
    page.end();
    app.close().await;
}
