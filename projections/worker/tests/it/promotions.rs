//! Promotions of generations that differ: what the log says of their approvals, and nothing else, is carried out.

use events::recorded::{
    ApprovalAction, ApprovalEvent, ApprovalGranted, ApprovalRejected, ApprovalRequested, ApprovalWithdrawn, Event,
};
use kernel::{Actor, CommandId, CorrelationId, Ids, MemberId, OperatorId, RandomIds, Role, StreamId, Version};
use log::{Append, Fingerprint, NewCommit, NewEvent};
use projector::Config;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::{
    changes::{Operated, ended, problem},
    fixture::{Projector, SOON},
};

/// What stands on the stream of an approval.
fn commit(approval: Uuid, version: i64, recorded: impl Into<ApprovalEvent>) -> NewCommit {
    let recorded: ApprovalEvent = recorded.into();
    let recorded = Event::from(recorded);
    let event_type = recorded.event_type();
    let event = NewEvent {
        stream: StreamId::new(approval),
        version: Version::new(version),
        event_type: event_type.name,
        schema_version: event_type.schema_version,
        payload: recorded.payload().expect("json"),
        kind: "approval",
        opens_stream: version == 1,
        owner: None,
    };
    NewCommit {
        // The approval has the id of the command that asked.
        command_id: CommandId::new(if version == 1 { approval } else { RandomIds.fresh() }),
        fingerprint: Fingerprint([1; 16]),
        actor: Actor { role: Role::Operator, id: MemberId::new(RandomIds.fresh()) },
        correlation: CorrelationId::new(RandomIds.fresh()),
        events: vec![event],
    }
}

fn granted() -> ApprovalEvent {
    let (approver, session) = (OperatorId::new(RandomIds.fresh()), RandomIds.fresh());
    let (approver_name, reason) = ("second".to_owned(), "looked at it".to_owned());
    ApprovalGranted { approver, approver_name, session, reason, refused: None }.into()
}

impl Operated {
    /// Minji asks that this generation of the accounts is promoted although it differs in these rows; the approval.
    async fn ask_in_log(&self, generation: i32, found: &Value) -> Uuid {
        let approval = RandomIds.fresh();
        let action = ApprovalAction::ViewPromotion {
            view: "accounts".to_owned(),
            generation,
            differences: found["unexpected"].as_u64().expect("a number"),
            fingerprint: found["fingerprint"].as_str().expect("a fingerprint").to_owned(),
        };
        let requested = ApprovalRequested {
            action,
            requested_by: OperatorId::new(RandomIds.fresh()),
            requested_by_name: "minji".to_owned(),
            session: RandomIds.fresh(),
            reason: "the live one is wrong".to_owned(),
            expires_at: "2999-12-01T00:00:00Z".parse().expect("a time"),
            seen: None,
        };
        self.decide_in_log(approval, 1, requested).await;
        approval
    }

    async fn decide_in_log(&self, approval: Uuid, version: i64, event: impl Into<ApprovalEvent>) {
        self.fixture.log.append(&[commit(approval, version, event)]).await.expect("append");
    }

    /// The balance of an account in the live generation.
    async fn misbook(&self, generation: i32, balance: i64) {
        let wrong = format!(
            "update accounts_g{generation}.accounts set balance = {balance}
             where account_id = (select account_id from accounts_g{generation}.accounts order by account_id limit 1)"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(wrong)).execute(&self.fixture.views.pool).await.expect("changed");
    }

    /// What a rebuild finds that differs from the live generation, and the generation that it made.
    async fn differing(&self, projector: &Projector) -> (i32, Value) {
        let body = json!({"reason": "it is wrong", "restart": true});
        self.ask(projector, "POST", "accounts/rebuild", Some(body)).await;
        let made = self.rebuild_once(projector, "accounts", ended).await;
        assert_eq!(made["outcome"]["state"], "failed", "{made}");
        let generation = made["outcome"]["generation"].as_i64().and_then(|number| i32::try_from(number).ok());
        (generation.expect("a generation"), made["outcome"]["comparison"].clone())
    }

    /// The promotion of this approval, once it is in a state.
    async fn promotion_once(&self, projector: &Projector, approval: Uuid, state: &str) -> Value {
        let deadline = Instant::now() + SOON;
        loop {
            let (status, listed) = self.ask(projector, "GET", "accounts/promotions", None).await;
            assert_eq!(status, 200, "{listed}");
            let items = listed["items"].as_array().expect("items");
            let found = items.iter().find(|item| item["approval_id"] == json!(approval) && item["state"] == state);
            if let Some(found) = found {
                return found.clone();
            }
            assert!(Instant::now() < deadline, "not {state}: {listed}");
            sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    /// Once the projector follows approvals: what stood in the log before is not looked at.
    async fn followed(&self) {
        let deadline = Instant::now() + SOON;
        while self.fixture.views.lines("select position::text from registry.promotions_followed").await.is_empty() {
            assert!(Instant::now() < deadline, "approvals are not followed");
            sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    async fn live(&self) -> String {
        let live = "select generation::text from registry.generations where view = 'accounts' and state = 'live'";
        self.fixture.views.lines(live).await.pop().expect("a live generation")
    }
}

#[tokio::test]
async fn what_the_log_says_was_approved_is_promoted_once() {
    let bank = Operated::new().await;
    let projector = bank.start(10).await;
    bank.followed().await;
    bank.misbook(1, 7).await;
    let (generation, found) = bank.differing(&projector).await;
    let approval = bank.ask_in_log(generation, &found).await;
    let pending = bank.promotion_once(&projector, approval, "pending").await;
    assert_eq!((&pending["generation"], &pending["requested_by_name"]), (&json!(generation), &json!("minji")));
    assert_eq!((&pending["differences"], &pending["fingerprint"]), (&found["unexpected"], &found["fingerprint"]));
    assert_eq!(bank.live().await, "1", "nobody approved it");
    // Approved while no projector runs.
    projector.stop().await;
    bank.decide_in_log(approval, 2, granted()).await;
    let projector = bank.fixture.start(bank.config()).await;
    let done = bank.promotion_once(&projector, approval, "promoted").await;
    assert_eq!((&done["approved_by_name"], &done["error"]), (&json!("second"), &Value::Null), "{done}");
    assert_eq!(bank.live().await, generation.to_string());
    // Read once more, as after a crash before it was written down, it is not done once more.
    let (status, back) = bank.order(&projector, "accounts/rollback", "a look at it").await;
    assert_eq!((status, &back["generation"]), (200, &json!(1)), "{back}");
    let again = "update registry.promotion_requests set ended_at = null, outcome = null;
                 update registry.promotions_followed set position = 0";
    sqlx::raw_sql(again).execute(&bank.fixture.views.pool).await.expect("changed");
    bank.promotion_once(&projector, approval, "promoted").await;
    assert_eq!(bank.live().await, "1", "an approval is used once");
    let written = "select generation || ' ' || differences || ' ' || reason from registry.promotions
                   where approval_id is not null";
    assert_eq!(
        bank.fixture.views.lines(written).await,
        [format!("{generation} {} the live one is wrong", found["unexpected"])]
    );
    // The audit names whoever asked, in which session, and whoever approved.
    let named = "select concat_ws(' ', operator_id is not null, session_id is not null, address is null, details ->> 'approved_by',
                     details -> 'before' ->> 'live', details -> 'after' ->> 'live')
                 from registry.audit where details ->> 'approval' is not null";
    assert_eq!(bank.fixture.views.lines(named).await, [format!("t t t second 1 {generation}")]);
    projector.stop().await;
    bank.end().await;
}

#[tokio::test]
async fn nothing_but_what_was_approved_is_promoted() {
    let bank = Operated::new().await;
    let projector = bank.start(10).await;
    bank.followed().await;
    bank.misbook(1, 7).await;
    let (generation, found) = bank.differing(&projector).await;
    let rejected = bank.ask_in_log(generation, &found).await;
    let (rejected_by, rejected_by_name) = (OperatorId::new(RandomIds.fresh()), "second".to_owned());
    let no = ApprovalRejected { rejected_by, rejected_by_name, session: RandomIds.fresh(), reason: "no".to_owned() };
    bank.decide_in_log(rejected, 2, no).await;
    bank.promotion_once(&projector, rejected, "rejected").await;
    let withdrawn = bank.ask_in_log(generation, &found).await;
    bank.decide_in_log(withdrawn, 2, ApprovalWithdrawn { reason: "a mistake".to_owned() }).await;
    bank.promotion_once(&projector, withdrawn, "withdrawn").await;
    // What the log does not say was not approved, whatever stands in the registry.
    let forged = bank.ask_in_log(generation, &found).await;
    bank.promotion_once(&projector, forged, "pending").await;
    let forging = format!(
        "update registry.promotion_requests set approved_by_name = 'x', approved_at = now(), approved_position = 1
         where approval_id = '{forged}'"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(forging)).execute(&bank.fixture.views.pool).await.expect("changed");
    let refused = bank.promotion_once(&projector, forged, "refused").await;
    assert_eq!(refused["error"], "the log does not hold the approval");
    // By hand, past the projector.
    let by_hand = format!(
        "update registry.generations set state = 'ready' where view = 'accounts' and generation = {generation}"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(by_hand)).execute(&bank.fixture.views.pool).await.expect("changed");
    let past = bank.order(&projector, "accounts/promote", "it is ready").await;
    assert_eq!(problem(&past), (422, "view-change-refused"), "the gate knows that it differs: {}", past.1);
    let back = format!(
        "update registry.generations set state = 'failed' where view = 'accounts' and generation = {generation}"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(back)).execute(&bank.fixture.views.pool).await.expect("changed");
    // It differs in another row by the time it is approved.
    let approval = bank.ask_in_log(generation, &found).await;
    bank.promotion_once(&projector, approval, "pending").await;
    let others = "update accounts_g1.accounts set balance = 9
                  where account_id = (select account_id from accounts_g1.accounts order by account_id desc limit 1)";
    sqlx::raw_sql(others).execute(&bank.fixture.views.pool).await.expect("changed");
    bank.decide_in_log(approval, 2, granted()).await;
    let refused = bank.promotion_once(&projector, approval, "refused").await;
    assert!(refused["error"].as_str().is_some_and(|why| why.contains("does not differ")), "{refused}");
    assert_eq!(bank.live().await, "1");
    projector.stop().await;
    bank.end().await;
}

#[tokio::test]
async fn without_the_command_server_nobody_can_be_asked() {
    let bank = Operated::new().await;
    let projector = bank.start(5).await;
    bank.followed().await;
    bank.misbook(1, 7).await;
    let (generation, found) = bank.differing(&projector).await;
    let promote = async |projector: &Projector, generation: Value, fingerprint: &Value| {
        let body = json!({"reason": "x", "generation": generation, "fingerprint": fingerprint});
        bank.ask(projector, "POST", "accounts/promote", Some(body)).await
    };
    let refused = promote(&projector, json!(generation), &found["fingerprint"]).await;
    assert_eq!(problem(&refused), (422, "view-change-refused"), "{}", refused.1);
    let refused = promote(&projector, json!(generation), &json!("00")).await;
    assert_eq!(problem(&refused), (422, "view-change-refused"), "{}", refused.1);
    let refused = promote(&projector, Value::Null, &found["fingerprint"]).await;
    assert_eq!(problem(&refused), (400, "validation-failed"), "{}", refused.1);
    projector.stop().await;
    let nowhere = Config { command_url: Some("http://127.0.0.1:9".parse().expect("an address")), ..bank.config() };
    let projector = bank.fixture.start(nowhere).await;
    let away = promote(&projector, json!(generation), &found["fingerprint"]).await;
    assert_eq!(problem(&away), (503, "view-unavailable"), "{}", away.1);
    assert_eq!(bank.live().await, "1");
    projector.stop().await;
    bank.end().await;
}
