//! `jangbu log adopt`, and what has to follow a log to its new id.

use std::net::TcpListener;

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use url::Url;

use crate::{
    bank::account,
    databases::TestDatabases,
    run::{Run, jangbu},
};

const ADOPT: [&str; 6] = ["log", "adopt", "--yes", "--reason", "restored", "--json"];

impl TestDatabases {
    fn adopt(&self) -> Value {
        self.run(&ADOPT).expect(0).json()
    }

    /// The binary with another address for one database.
    fn run_with(&self, variable: &'static str, url: &str, arguments: &[&str]) -> Run {
        let mut variables = self.variables();
        variables.iter_mut().filter(|(name, _)| *name == variable).for_each(|(_, value)| url.clone_into(value));
        jangbu(&variables, arguments)
    }

    /// The position at the end of a commit that is about so far from the beginning, with its command and time, in SQL.
    async fn commit_near(&self, position: i64) -> (i64, String) {
        let sql = format!(
            "select last_position, format('%s, %L, %L', last_position, command_id, recorded_at) from commits
             where last_position <= {position} order by first_position desc limit 1"
        );
        let mut connection = PgConnection::connect(self.log.as_str()).await.expect("connect");
        sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&mut connection).await.expect("a commit")
    }

    /// A vault that was brought so far, and has queued and counted messages of these positions.
    async fn brought(&self, position: i64, noted: &str, messages: &[i64]) {
        let member = "3e3b0000-0000-7000-8000-000000000001";
        let mut sql = format!(
            "delete from vault.message_cursor; delete from vault.messages; delete from vault.contact_messages; delete from vault.data_keys;
             insert into vault.data_keys (member_id, kek, wrapped) values ('{member}', 'k', 'w');
             insert into vault.message_cursor (position, noted_position, command_id, recorded_at) values ({position}, {noted});"
        );
        for at in messages {
            sql.push_str(&format!(
                "insert into vault.messages (position, member_id, channel, contact, stream_id, version, field, notice)
                 values ({at}, '{member}', 'email', 'c', '{member}', 1, 'f', 'n') on conflict do nothing;
                 insert into vault.contact_messages (position, contact, queued_at) values ({at}, '{member}', now());"
            ));
        }
        self.on_vault(&sql).await;
    }

    /// The cursor of the vault, the commit it names, and what is queued and counted.
    async fn vault_state(&self) -> (i64, Option<i64>, Vec<i64>, Vec<i64>) {
        let sql = "select position, noted_position,
                array(select position from vault.messages order by 1),
                array(select position from vault.contact_messages order by 1) from vault.message_cursor";
        let mut connection = PgConnection::connect(self.vault.as_str()).await.expect("connect");
        sqlx::query_as(sql).fetch_one(&mut connection).await.expect("a cursor")
    }
}

/// A view that the projector has not opened since the adoption stands on a commit of this log all the same.
#[tokio::test]
async fn generations_follow_an_adopted_log_without_a_projector() {
    let databases = TestDatabases::with_bank().await;
    let why = ["--reason", "a test", "--json"];
    let views = |arguments: &[&str]| databases.run(&[&["views"], arguments, &why].concat());
    views(&["rebuild", "transfers", "--no-promote"]).expect(0);
    databases.adopt();
    let made = views(&["rebuild", "accounts"]).expect(0);
    let outcome: Value = made.json();
    assert_eq!((&outcome["state"], &outcome["comparison"]["equal"]), (&"live".into(), &true.into()), "{made:?}");
    assert_eq!(outcome["rollback"]["refused"], Value::Null, "the way back is open: {made:?}");
    views(&["rollback", "accounts"]).expect(0);
    views(&["promote", "transfers"]).expect(0);
    views(&["rollback", "transfers"]).expect(0);
    let ids =
        "select to_json(count(distinct log_id)) from registry.generations where view in ('accounts', 'transfers')";
    assert_eq!(databases.views_lines(ids).await, [Value::from(1)], "all of them are bound to the new id");
    // Views that nobody has opened since are no findings either.
    databases.run(&["log", "verify"]).expect(0);
    databases.drop().await;
}

#[tokio::test]
async fn a_live_view_of_a_lost_history_is_not_bound_to_the_adopted_log() {
    let databases = TestDatabases::with_bank().await;
    databases.restore_to(85).await;
    while databases.head().await < 300 {
        databases.append_turns(account(2)).await;
    }
    let adopted = databases.adopt();
    assert_eq!(adopted["carried_over"], serde_json::json!([]), "{adopted}");
    let made = databases.run(&["views", "rebuild", "accounts", "--reason", "a test", "--json"]).expect(0).json();
    assert_eq!(made["state"], "live");
    let refused = made["rollback"]["refused"].as_str().expect("no way back");
    assert!(refused.contains("another history"), "{made}");
    databases.run(&["views", "rollback", "accounts", "--reason", "a test"]).expect(1);
    databases.drop().await;
}

#[tokio::test]
async fn what_the_vault_did_beyond_the_log_is_forgotten_and_counts_for_nobody() {
    let databases = TestDatabases::with_bank().await;
    let head = databases.head().await;
    let (_, held) = databases.commit_near(head).await;
    let lost = format!("{}, gen_random_uuid(), now()", head + 5);

    // It was brought along the lost history: it goes on from the end.
    databases.brought(head + 5, &lost, &[head - 1, head + 3]).await;
    assert_eq!(databases.adopt()["vault_brought_over"], true);
    assert_eq!(databases.vault_state().await, (head, Some(head), vec![head - 1], vec![head - 1]));

    // Its commit is held, and the cursor went on without one: what it followed since is followed again.
    let (kept, noted) = databases.commit_near(60).await;
    databases.brought(70, &noted, &[kept, 65]).await;
    assert_eq!(databases.adopt()["vault_brought_over"], true);
    assert_eq!(databases.vault_state().await, (kept, Some(kept), vec![kept], vec![kept]));

    // It stands on a commit of this log; what an earlier adoption left behind is of nobody.
    databases.brought(head, &held, &[head, head + 7]).await;
    assert_eq!(databases.adopt()["vault_brought_over"], false);
    assert_eq!(databases.vault_state().await, (head, Some(head), vec![head], vec![head]));
    databases.drop().await;
}

/// A log with a new id and a vault of the old one must not be left behind in silence.
#[tokio::test]
async fn nothing_is_adopted_while_a_database_is_away_and_a_repeat_finishes_the_rest() {
    let databases = TestDatabases::with_bank().await;
    let before = databases.log_id().await;
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    for variable in ["JANGBU_VAULT_DATABASE_URL", "JANGBU_VIEWS_DATABASE_URL"] {
        let away = databases.run_with(variable, &format!("postgres://nobody@{closed}/none"), &ADOPT).expect(1);
        assert!(away.stderr.contains("cannot reach"), "{away:?}");
        assert_eq!(databases.log_id().await, before, "{variable}: the log keeps its id");
    }

    // The vault answers and fails: the log has its new id by then, and the operator sees it.
    let mut unmigrated: Url = databases.vault.clone();
    unmigrated.set_path("postgres");
    let failed = databases.run_with("JANGBU_VAULT_DATABASE_URL", unmigrated.as_str(), &ADOPT).expect(1);
    let adopted = databases.log_id().await;
    assert_ne!(adopted, before);
    let outcome = failed.json();
    assert_eq!(
        (&outcome["adopted"], &outcome["new_log_id"]),
        (&true.into(), &adopted.to_string().into()),
        "{failed:?}"
    );
    assert!(failed.stderr.contains(&adopted.to_string()) && failed.stderr.contains("same command"), "{failed:?}");

    // The repeat finishes the rest under that id.
    let head = databases.head().await;
    databases.brought(head + 5, &format!("{}, gen_random_uuid(), now()", head + 5), &[]).await;
    let outcome = databases.adopt();
    assert_eq!((&outcome["adopted"], &outcome["vault_brought_over"]), (&false.into(), &true.into()), "{outcome}");
    assert_eq!(
        (outcome["new_log_id"].as_str(), databases.log_id().await),
        (Some(adopted.to_string().as_str()), adopted)
    );
    assert_eq!(databases.vault_state().await.0, head);
    let repeated = databases.run(&["log", "adopt", "--yes", "--reason", "restored"]).expect(0);
    assert!(repeated.stdout.contains("keeps that id"), "{repeated:?}");

    // A log that was restored to that very moment is distinguished by its operator; one that has grown is adopted again.
    databases.run(&["log", "adopt", "--yes", "--reason", "restored again", "--again"]).expect(0);
    let again = databases.log_id().await;
    assert_ne!(again, adopted);
    databases.append_turns(account(2)).await;
    assert_eq!(databases.adopt()["adopted"], true);
    assert_ne!(databases.log_id().await, again);
    databases.drop().await;
}
