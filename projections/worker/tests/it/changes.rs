//! Views that operators change by HTTP.

use std::path::PathBuf;

use database::migrations::Database;
use kernel::{Actor, Ids, MemberId, RandomIds, Role};
use projector::Config;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use testkit::kit::{Keys, TestDatabase};
use tokio::time::{Instant, sleep};

use crate::fixture::{Projector, ProjectorFixture, SOON};

/// A bank whose projector operators reach.
pub struct Operated {
    pub fixture: ProjectorFixture,
    vault: TestDatabase,
    pub keys: Keys,
    folder: PathBuf,
    pub operator: MemberId,
}

impl Operated {
    pub async fn new() -> Self {
        let fixture = ProjectorFixture::new().await;
        let vault = TestDatabase::migrated("vault", Database::Vault).await.expect("a vault");
        let folder = std::env::temp_dir().join(format!("{}.keys", vault.name));
        let keys = Keys::open(&folder).expect("keys");
        Self { fixture, vault, keys, folder, operator: MemberId::new(RandomIds.fresh()) }
    }

    pub fn config(&self) -> Config {
        Config {
            vault_projector_url: Some(self.vault.url.clone()),
            jwks_file: Some(self.keys.jwks_file()),
            ..self.fixture.config()
        }
    }

    /// A projector, once its views show this many new accounts.
    pub async fn start(&self, accounts: usize) -> Projector {
        let projector = self.fixture.start(self.config()).await;
        self.fixture.open_accounts(accounts).await;
        self.fixture.level().await;
        projector
    }

    pub fn token(&self, role: Role) -> String {
        self.keys.token(Actor { role, id: self.operator }, 1)
    }

    /// What the operator is answered.
    pub async fn ask(&self, projector: &Projector, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        projector.send(method, &format!("/v1/views/{path}"), Some(&self.token(Role::Operator)), body).await
    }

    /// What comes of an order, for this reason.
    pub async fn order(&self, projector: &Projector, path: &str, reason: &str) -> (u16, Value) {
        self.ask(projector, "POST", path, Some(json!({"reason": reason}))).await
    }

    /// The rebuild of a view, once it is as wanted.
    pub async fn rebuild_once(&self, projector: &Projector, view: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let (path, deadline) = (format!("{view}/rebuild"), Instant::now() + SOON);
        loop {
            let (status, seen) = self.ask(projector, "GET", &path, None).await;
            assert_eq!(status, 200, "{seen}");
            if wanted(&seen) {
                return seen;
            }
            assert!(Instant::now() < deadline, "{seen}");
            sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    pub async fn end(self) {
        let Self { fixture, vault, folder, .. } = self;
        drop(fixture);
        std::fs::remove_dir_all(folder).expect("keys");
        vault.drop().await.expect("dropped");
    }

    /// Somebody at a terminal, who has the right to change a view until the connection is closed.
    pub async fn hold(&self, view: &str) -> PgConnection {
        let mut held = PgConnection::connect_with(&self.fixture.views.database).await.expect("connect");
        sqlx::query("select pg_advisory_lock(hashtext('registry.rebuild'), hashtext($1))")
            .bind(view)
            .execute(&mut held)
            .await
            .expect("locked");
        held
    }
}

pub fn ended(seen: &Value) -> bool {
    seen["state"] == "ended"
}

/// Status and code of a problem.
pub fn problem(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn a_view_is_rebuilt_promoted_and_rolled_back() {
    let bank = Operated::new().await;
    let projector = bank.start(20).await;
    let held = bank.hold("accounts").await;
    let (status, asked) = bank.order(&projector, "accounts/rebuild", "ticket 1").await;
    let operator = format!("operator {}", bank.operator);
    assert_eq!((status, &asked["requested_by"], &asked["reason"]), (202, &json!(operator), &json!("ticket 1")));
    assert_eq!((&asked["promote"], &asked["ended_at"]), (&json!(false), &Value::Null));
    // One at a time, and what waits says for what.
    let again = bank.order(&projector, "accounts/rebuild", "ticket 1").await;
    assert_eq!(problem(&again), (409, "view-busy"));
    assert_eq!(problem(&bank.order(&projector, "accounts/promote", "ticket 1").await), (409, "view-busy"));
    let waits = |seen: &Value| seen["progress"]["waits_for"].is_string();
    assert_eq!(bank.rebuild_once(&projector, "accounts", waits).await["state"], "running");
    held.close().await.expect("closed");
    let made = bank.rebuild_once(&projector, "accounts", ended).await;
    let (outcome, found) = (&made["outcome"], &made["outcome"]["comparison"]);
    assert_eq!((&outcome["generation"], &outcome["state"]), (&json!(2), &json!("ready")), "{made}");
    assert_eq!((&found["live"], &found["new"], &found["equal"]), (&json!(1), &json!(2), &json!(true)), "{made}");
    let table = found["tables"].as_array().and_then(|tables| tables.iter().find(|table| table["table"] == "accounts"));
    assert_eq!(table.expect("the table")["live_rows"], 20, "{made}");
    assert_eq!(found["differences"], json!([]), "{made}");

    // It waits as long as nobody promotes it, and is brought level then.
    bank.fixture.open_accounts(5).await;
    bank.fixture.level().await;
    let (status, live) = bank.order(&projector, "accounts/promote", "ticket 2").await;
    assert_eq!((status, &live["generation"], &live["state"]), (200, &json!(2), &json!("live")), "{live}");
    bank.fixture.open_accounts(5).await;
    bank.fixture.level().await;
    let again = bank.order(&projector, "accounts/promote", "ticket 2").await;
    assert_eq!(problem(&again), (422, "view-change-refused"), "{}", again.1);
    let (status, live) = bank.order(&projector, "accounts/rollback", "ticket 3").await;
    assert_eq!((status, &live["generation"], &live["state"]), (200, &json!(1), &json!("live")), "{live}");
    bank.fixture.level().await;
    let audit = "select distinct who || ', ' || reason from registry.audit where reason like 'ticket %' order by 1";
    let tickets = [1, 2, 3].map(|ticket| format!("{operator}, ticket {ticket}"));
    assert_eq!(bank.fixture.views.lines(audit).await, tickets);
    projector.stop().await;
    bank.end().await;
}

#[tokio::test]
async fn what_was_asked_of_a_projector_that_is_gone_is_done_by_the_next() {
    let bank = Operated::new().await;
    let projector = bank.start(10).await;
    let held = bank.hold("accounts").await;
    let body = json!({"reason": "a column was wrong", "promote": true});
    let (status, asked) = bank.ask(&projector, "POST", "accounts/rebuild", Some(body)).await;
    assert_eq!((status, &asked["promote"]), (202, &json!(true)));
    projector.stop().await;
    held.close().await.expect("closed");
    let projector = bank.start(3).await;
    let made = bank.rebuild_once(&projector, "accounts", ended).await;
    assert_eq!((&made["error"], &made["reason"]), (&Value::Null, &json!("a column was wrong")), "{made}");
    assert_eq!((&made["outcome"]["generation"], &made["outcome"]["state"]), (&json!(2), &json!("live")), "{made}");
    bank.fixture.level().await;
    projector.stop().await;
    bank.end().await;
}

#[tokio::test]
async fn differences_are_shown_and_a_generation_that_differs_is_not_promoted() {
    let bank = Operated::new().await;
    let projector = bank.start(10).await;
    let wrong =
        "update accounts_g1.accounts set balance = 7 where account_id = (select account_id from live.accounts limit 1)";
    sqlx::raw_sql(wrong).execute(&bank.fixture.views.pool).await.expect("changed");
    bank.order(&projector, "accounts/rebuild", "it is wrong").await;
    let made = bank.rebuild_once(&projector, "accounts", ended).await;
    let (outcome, found) = (&made["outcome"], &made["outcome"]["comparison"]);
    assert_eq!((&outcome["state"], &found["equal"]), (&json!("failed"), &json!(false)), "{made}");
    let shown = found["differences"].as_array().expect("differences");
    let changed = shown.iter().find(|difference| difference["what"] == "changed").expect("a row");
    assert_eq!(changed["columns"], json!([{"column": "balance", "live": "7", "new": "0"}]), "{changed}");
    let promoted =
        bank.ask(&projector, "POST", "accounts/promote", Some(json!({"reason": "x", "generation": 2}))).await;
    assert_eq!(problem(&promoted), (422, "view-change-refused"), "{}", promoted.1);
    projector.stop().await;
    bank.end().await;
}

#[tokio::test]
async fn a_view_is_paused_and_resumed() {
    let bank = Operated::new().await;
    let projector = bank.start(2).await;
    let (status, paused) = bank.order(&projector, "accounts/pause", "a look").await;
    assert_eq!((status, paused), (200, json!({"view": "accounts", "done": "paused"})));
    bank.fixture.open_accounts(2).await;
    projector.says("/metrics", "projection_state{view=\"accounts\",state=\"paused\"} 1").await;
    projector.says("/metrics", "projection_lag_events{view=\"accounts\"} 2").await;
    let (status, resumed) = bank.order(&projector, "accounts/resume", "looked").await;
    assert_eq!((status, &resumed["done"]), (200, &json!("resumed")));
    bank.fixture.level().await;
    let none = json!({"items": [], "next_cursor": null});
    assert_eq!(bank.ask(&projector, "GET", "accounts/parked", None).await, (200, none));
    let (status, tried) = bank.order(&projector, "accounts/parked/retry", "again").await;
    assert_eq!((status, tried), (200, json!({"items": []})));
    projector.stop().await;
    bank.end().await;
}

#[tokio::test]
async fn operators_alone_change_views_and_say_why() {
    let bank = Operated::new().await;
    let projector = bank.start(1).await;
    let why = || Some(json!({"reason": "a test"}));
    for verb in ["rebuild", "promote", "rollback", "pause", "resume", "retry", "parked/retry"] {
        let path = format!("/v1/views/accounts/{verb}");
        for role in [Role::Member, Role::Service] {
            let refused = projector.send("POST", &path, Some(&bank.token(role)), why()).await;
            assert_eq!(problem(&refused), (403, "forbidden"), "{path}");
        }
        assert_eq!(problem(&projector.send("POST", &path, None, why()).await), (401, "unauthorized"), "{path}");
        let path = path.trim_start_matches("/v1/views/");
        for body in [json!({}), json!({"reason": " "}), json!({"reason": "a\nb"}), json!({"reason": "x", "why": 1})] {
            let refused = bank.ask(&projector, "POST", path, Some(body)).await;
            assert_eq!(problem(&refused), (400, "validation-failed"), "{path}: {}", refused.1);
        }
        let unknown = path.replace("accounts", "ledgers");
        assert_eq!(problem(&bank.order(&projector, &unknown, "a test").await), (404, "view-unknown"));
    }
    assert_eq!(
        problem(&bank.ask(&projector, "GET", "accounts/rebuild", None).await),
        (404, "not-found"),
        "never asked"
    );
    let refused = projector.send("GET", "/v1/views/accounts/parked", Some(&bank.token(Role::Member)), None).await;
    assert_eq!(problem(&refused), (403, "forbidden"));
    projector.stop().await;

    // Without a login that tells whose tokens count no more, nobody is let in.
    let projector = bank.fixture.start(bank.fixture.config()).await;
    bank.fixture.level().await;
    assert_eq!(bank.order(&projector, "accounts/pause", "a test").await.0, 404);
    projector.stop().await;
    bank.end().await;
}
