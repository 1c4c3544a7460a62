//! Requests that are sent again because nobody saw their answers.

use kernel::Role;
use serde_json::{Value, json};

use crate::{
    changes::{Operated, ended, problem},
    fixture::Projector,
};

impl Operated {
    /// What the operator is answered to a request with this key.
    async fn keyed(&self, projector: &Projector, path: &str, key: &str, body: Value) -> (u16, Value) {
        let headers = format!("authorization: Bearer {}\r\nidempotency-key: {key}\r\n", self.token(Role::Operator));
        projector.send_with("POST", &format!("/v1/views/{path}"), &headers, Some(body)).await
    }

    async fn line(&self, sql: &'static str) -> String {
        self.fixture.views.lines(sql).await.concat()
    }

    /// Rebuilds the view, and waits for it.
    async fn rebuilt(&self, projector: &Projector) {
        assert_eq!(self.order(projector, "accounts/rebuild", "a test").await.0, 202);
        self.rebuild_once(projector, "accounts", ended).await;
    }
}

const LIVE: &str = "select generation::text from registry.live_positions where view = 'accounts'";

#[tokio::test]
async fn a_roll_back_that_is_sent_again_does_not_undo_itself() {
    let bank = Operated::new().await;
    let projector = bank.start(5).await;
    bank.rebuilt(&projector).await;
    let promote = || json!({"reason": "ticket 1", "generation": 2});
    for _ in 0..2 {
        let (status, live) = bank.keyed(&projector, "accounts/promote", "k-promote", promote()).await;
        assert_eq!((status, &live["generation"], &live["state"]), (200, &json!(2), &json!("live")), "{live}");
    }
    // Without a generation, it is about the one that was retired last: after the first time that is the bad one.
    for _ in 0..2 {
        let (status, live) = bank.keyed(&projector, "accounts/rollback", "k-back", json!({"reason": "ticket 2"})).await;
        assert_eq!((status, &live["generation"], &live["state"]), (200, &json!(1), &json!("live")), "{live}");
        assert_eq!(bank.line(LIVE).await, "1");
    }
    let acts = "select string_agg(what, ' ' order by id) from registry.audit where what in ('promote', 'rollback')";
    assert_eq!(bank.line(acts).await, "promote rollback");
    // A key is for one request.
    for (path, body) in [
        ("accounts/rollback", json!({"reason": "ticket 2", "generation": 2})),
        ("accounts/promote", promote()),
        ("accounts/pause", json!({"reason": "ticket 2"})),
    ] {
        let refused = bank.keyed(&projector, path, "k-back", body).await;
        assert_eq!(problem(&refused), (422, "idempotency-key-reused"), "{path}: {}", refused.1);
    }
    // Whoever names the generation needs no key for that.
    let named = json!({"reason": "ticket 3", "generation": 1});
    let refused = bank.ask(&projector, "POST", "accounts/rollback", Some(named)).await;
    assert_eq!(problem(&refused), (422, "view-change-refused"), "{}", refused.1);
    assert_eq!(bank.line(LIVE).await, "1");
    let wrong = bank.keyed(&projector, "accounts/pause", "two words", json!({"reason": "ticket 4"})).await;
    assert_eq!(problem(&wrong), (400, "validation-failed"), "{}", wrong.1);
    projector.stop().await;
    bank.end().await;
}

#[tokio::test]
async fn a_rebuild_that_is_asked_for_again_under_its_key_is_one_request() {
    let bank = Operated::new().await;
    let projector = bank.start(3).await;
    let order = |reason: &str| json!({ "reason": reason });
    let (status, asked) = bank.keyed(&projector, "accounts/rebuild", "k-1", order("ticket 1")).await;
    assert_eq!(status, 202, "{asked}");
    bank.rebuild_once(&projector, "accounts", ended).await;
    let (status, again) = bank.keyed(&projector, "accounts/rebuild", "k-1", order("ticket 1")).await;
    assert_eq!((status, &again["requested_at"]), (202, &asked["requested_at"]), "{again}");
    assert_eq!((&again["state"], &again["view"]), (&json!("ended"), &json!("accounts")), "{again}");
    let refused = bank.keyed(&projector, "accounts/rebuild", "k-1", order("ticket 2")).await;
    assert_eq!(problem(&refused), (422, "idempotency-key-reused"), "{}", refused.1);
    assert_eq!(bank.line("select count(*)::text from registry.rebuild_requests").await, "1");
    projector.stop().await;
    bank.end().await;
}

#[tokio::test]
async fn a_pause_that_is_sent_again_after_somebody_resumed_the_view_pauses_it_no_more() {
    let bank = Operated::new().await;
    let projector = bank.start(1).await;
    let order = || json!({"reason": "a look"});
    let paused = "select (paused_at is not null)::text from registry.views where view = 'accounts'";
    assert_eq!(bank.keyed(&projector, "accounts/pause", "k-pause", order()).await.0, 200);
    assert_eq!(bank.line(paused).await, "true");
    assert_eq!(bank.keyed(&projector, "accounts/resume", "k-resume", order()).await.0, 200);
    let (status, again) = bank.keyed(&projector, "accounts/pause", "k-pause", order()).await;
    assert_eq!((status, &again["done"]), (200, &json!("paused")), "as it was answered before");
    assert_eq!(bank.line(paused).await, "false");
    projector.stop().await;
    bank.end().await;
}
