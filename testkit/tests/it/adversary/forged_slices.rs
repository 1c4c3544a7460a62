//! A client that reaches NATS, with every right there, writes nothing into a view and stops nobody.

use async_nats::HeaderMap;
use serde_json::{Value, json};
use testkit::chaos::Part;

use crate::{
    hostile::{Neighbour, again},
    support::{ALL, TestApp, eventually},
};

const FORGED: &str = "1000000010";

/// The last message of the stream as it would look if the next commit gave every account in it a fortune.
fn forged(headers: &HeaderMap, payload: &[u8], head: i64, ahead: i64) -> (HeaderMap, Vec<u8>) {
    let mut slice: Value = serde_json::from_slice(payload).unwrap();
    let mut commit = slice["commits"].as_array().unwrap().last().unwrap().clone();
    let first = head + 1 + ahead;
    let last = first + commit["events"].as_array().unwrap().len() as i64 - 1;
    commit["first"] = json!(first);
    enrich(&mut commit);
    slice["commits"] = json!([commit]);
    let mut copy = again(headers);
    copy.insert("Jangbu-First", first.to_string());
    copy.insert("Jangbu-Last", last.to_string());
    (copy, slice.to_string().into_bytes())
}

fn enrich(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match name.as_str() {
                    "balance" => *value = json!(FORGED),
                    "version" => *value = json!(value.as_i64().unwrap() + 1),
                    _ => enrich(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(enrich),
        _ => {}
    }
}

/// What the projector counts as not a relay's.
async fn rejected(app: &mut TestApp) -> f64 {
    let url = format!("http://{}/metrics", app.bank.address(Part::Projector).unwrap());
    let page = reqwest::get(url).await.unwrap().text().await.unwrap();
    let lines = page.lines().filter(|line| line.starts_with("projector_slices_rejected_total"));
    lines.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_slice_writes_no_balance_whatever_its_headers_and_body_say() {
    let mut app = TestApp::start(&ALL).await;
    let neighbour = Neighbour::of(&app).await;
    let (payer, from) = app.funded_member(1_000).await;
    let (_, to) = app.funded_member(0).await;
    payer.transfer(from, to, 10).await.expect(201);
    app.wait_until_level().await;
    for ahead in [0, 1, 5_000] {
        let (headers, payload) = neighbour.messages().await.pop().expect("the relay has published");
        let (false_headers, false_body) = forged(&headers, &payload, app.head().await, ahead);
        let before = rejected(&mut app).await;
        let mut unsealed = false_headers.clone();
        let mut in_log = false_headers.clone();
        in_log.insert("Jangbu-Body", "log");
        unsealed = unsealed.iter().filter(|(name, _)| !is_seal(name.as_ref())).fold(
            HeaderMap::new(),
            |mut copy, (name, values)| {
                values.iter().for_each(|value| copy.append(name.clone(), value.clone()));
                copy
            },
        );
        let attacks = [
            // True headers with their seal, and a false body; false headers, and a true body; both false; no body at all.
            (again(&headers), false_body.clone()),
            (false_headers.clone(), payload.clone()),
            (false_headers.clone(), false_body.clone()),
            (in_log, Vec::new()),
            (unsealed.clone(), false_body.clone()),
            (unsealed, payload.clone()),
        ];
        let number = attacks.len() as f64;
        for (headers, body) in attacks {
            neighbour.publish(headers, body).await;
        }
        eventually("the projector has seen every attack", async || {
            let now = rejected(&mut app).await;
            if now >= before + number { Ok(()) } else { Err(format!("{now} of {}", before + number)) }
        })
        .await;
        // A view that had believed one would be ahead of the log, or show the fortune.
        let posted = payer.transfer(from, to, 1).await.expect(201);
        let balance = payer.balance_at(from, posted.token()).await;
        assert_eq!(balance, posted.body["postings"][0]["balance_after"].as_str().unwrap());
        let operator = app.operator();
        let head = app.head().await;
        let views = operator.get("/v1/views").await.expect(200).body;
        for view in views.as_array().unwrap() {
            assert!(view["position"].as_i64().unwrap() <= head && view["state"] == "live", "{view}");
        }
    }
    app.close().await;
}

fn is_seal(name: &str) -> bool {
    matches!(name, "Jangbu-Seal" | "Jangbu-Key-Id")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_tail_stops_no_relay_and_old_slices_sent_again_change_nothing() {
    let mut app = TestApp::start(&ALL).await;
    let neighbour = Neighbour::of(&app).await;
    let (payer, from) = app.funded_member(1_000).await;
    let (_, to) = app.funded_member(0).await;
    for _ in 0..5 {
        payer.transfer(from, to, 10).await.expect(201);
    }
    app.wait_until_level().await;
    for ahead in [0, 700, i64::MAX / 2] {
        let messages = neighbour.messages().await;
        let (headers, payload) = messages.iter().rfind(|(_, payload)| payload.starts_with(b"{")).unwrap();
        let (false_headers, false_body) = forged(headers, payload, app.head().await, ahead);
        app.bank.kill(Part::Relay).unwrap();
        neighbour.publish(false_headers, false_body).await;
        // Ready means that it publishes; before, a tail ahead of the log stopped it for ever.
        app.bank.start(&[Part::Relay]).await.unwrap();
        let posted = payer.transfer(from, to, 1).await.expect(201);
        payer.balance_at(from, posted.token()).await;

        // Authentic ones, from the oldest to the newest, while the relay restarts on one of them.
        app.bank.kill(Part::Relay).unwrap();
        for (headers, payload) in &messages {
            neighbour.publish(again(headers), payload.clone()).await;
        }
        let (oldest, payload) = &messages[0];
        neighbour.publish(again(oldest), payload.clone()).await;
        app.bank.start(&[Part::Relay]).await.unwrap();
        let posted = payer.transfer(from, to, 1).await.expect(201);
        payer.balance_at(from, posted.token()).await;
    }
    // And the stream filled with noise, emptied, and gone.
    for _ in 0..200 {
        neighbour.publish(HeaderMap::new(), vec![b'x'; 1_000]).await;
    }
    payer.transfer(from, to, 1).await.expect(201);
    neighbour.stream().await.purge().await.unwrap();
    payer.transfer(from, to, 1).await.expect(201);
    neighbour.context.delete_stream(&app.bank.plan().stream).await.unwrap();
    let posted = payer.transfer(from, to, 1).await.expect(201);
    payer.balance_at(from, posted.token()).await;
    app.close().await;
}
