//! A neighbour on the stream that loses, doubles, reorders and makes up.

use std::time::Duration;

use async_nats::{HeaderMap, jetstream};
use futures::TryStreamExt;
use testkit::{chaos::Part, kit::connect_nats};

use crate::{
    kill::people,
    support::{ALL, Crowd, TestApp},
};

pub struct Neighbour {
    pub context: jetstream::Context,
    stream: String,
}

impl Neighbour {
    pub async fn of(app: &TestApp) -> Self {
        let plan = app.bank.plan();
        let client = connect_nats(&plan.nats_url).await.unwrap();
        Self { context: jetstream::new(client), stream: plan.stream.clone() }
    }

    pub async fn stream(&self) -> jetstream::stream::Stream {
        self.context.get_stream(&self.stream).await.unwrap()
    }

    pub async fn subject(&self) -> String {
        self.stream().await.cached_info().config.subjects[0].clone()
    }

    /// Everything in the stream now.
    pub async fn messages(&self) -> Vec<(HeaderMap, Vec<u8>)> {
        let stream = self.stream().await;
        let state = stream.get_info().await.unwrap().state;
        let consumer = stream.create_consumer(jetstream::consumer::pull::OrderedConfig::default()).await.unwrap();
        let mut messages = consumer.messages().await.unwrap();
        let mut found = Vec::new();
        for _ in 0..state.messages {
            let next = tokio::time::timeout(Duration::from_secs(30), messages.try_next()).await.unwrap();
            let message = next.unwrap().unwrap();
            found.push((message.headers.clone().unwrap_or_default(), message.payload.to_vec()));
        }
        found
    }

    pub async fn publish(&self, headers: HeaderMap, payload: Vec<u8>) {
        let sent = self.context.publish_with_headers(self.subject().await, headers, payload.into()).await.unwrap();
        sent.await.unwrap();
    }
}

/// The headers without those by which the server itself would refuse a double or an intruder.
pub fn again(headers: &HeaderMap) -> HeaderMap {
    let mut copy = HeaderMap::new();
    for (name, values) in headers.iter().filter(|(name, _)| !name.to_string().starts_with("Nats-")) {
        for value in values {
            copy.append(name.clone(), value.clone());
        }
    }
    copy
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doubled_and_reordered_slices_change_nothing() {
    let mut app = TestApp::start(&ALL).await;
    let neighbour = Neighbour::of(&app).await;
    let (accounts, clients) = people(&mut app, &[0]).await;
    let crowd = Crowd::start(6, clients, accounts, false);
    for _ in 0..3 {
        crowd.journal.wait_for_more(40).await;
        let mut messages = neighbour.messages().await;
        messages.reverse();
        for (headers, payload) in messages.iter().step_by(2).chain(&messages) {
            neighbour.publish(again(headers), payload.clone()).await;
        }
    }
    let journal = crowd.stop().await;
    let ledger = app.close().await;
    assert_eq!(journal.check(&ledger), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_and_slices_of_another_log_are_passed_over() {
    let mut app = TestApp::start(&ALL).await;
    let neighbour = Neighbour::of(&app).await;
    let (accounts, clients) = people(&mut app, &[0]).await;
    let account = accounts[0];
    let crowd = Crowd::start(6, clients, accounts, false);
    let operator = app.operator();
    for round in 0..3 {
        crowd.journal.wait_for_more(30).await;
        let (headers, payload) = neighbour.messages().await.pop().expect("the relay has published");
        let text = String::from_utf8(payload.clone()).unwrap();
        let log = headers.iter().find(|(name, _)| name.to_string() == "Jangbu-Log-Id").unwrap().1[0].to_string();
        let foreign = text.replace(&log, "00000000-0000-0000-0000-00000000002a").into_bytes();
        let mut lying = HeaderMap::new();
        for (name, value) in
            [("Jangbu-Log-Id", log.as_str()), ("Jangbu-First", "9223372036854775807"), ("Jangbu-Last", "-1")]
        {
            lying.insert(name, value);
        }
        let garbage =
            [b"".to_vec(), b"garbage".to_vec(), b"{}".to_vec(), payload[..payload.len() / 2].to_vec(), foreign];
        for payload in garbage {
            neighbour.publish(HeaderMap::new(), payload.clone()).await;
            neighbour.publish(again(&headers), payload.clone()).await;
            neighbour.publish(lying.clone(), payload).await;
        }
        if round == 1 {
            // The relay starts from the stream's tail: garbage is there now.
            app.bank.kill(Part::Relay).unwrap();
            neighbour.publish(HeaderMap::new(), b"the last word".to_vec()).await;
            app.bank.start(&[Part::Relay]).await.unwrap();
        }
        crowd.journal.wait_for_more(10).await;
        let token = crowd.journal.last_token().unwrap();
        operator.get_at(&format!("/v1/accounts/{account}"), &token).await.expect(200);
    }
    let journal = crowd.stop().await;
    let ledger = app.close().await;
    assert_eq!(journal.check(&ledger), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slices_that_are_lost_are_read_from_the_log() {
    let mut app = TestApp::start(&ALL).await;
    let neighbour = Neighbour::of(&app).await;
    let (accounts, clients) = people(&mut app, &[0]).await;
    let crowd = Crowd::start(6, clients, accounts, false);
    for _ in 0..3 {
        crowd.journal.wait_for_more(30).await;
        app.bank.kill(Part::Projector).unwrap();
        crowd.journal.wait_for_more(30).await;
        neighbour.stream().await.purge().await.unwrap();
        app.bank.start(&[Part::Projector]).await.unwrap();
    }
    // And the whole stream, under everybody's feet.
    neighbour.context.delete_stream(&neighbour.stream).await.unwrap();
    crowd.journal.wait_for_more(30).await;
    let journal = crowd.stop().await;
    let ledger = app.close().await;
    assert_eq!(journal.check(&ledger), (0, 0));
}
