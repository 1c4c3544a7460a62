//! What was answered to the command that a transfer came of, as operators are shown it.

use std::sync::Arc;

use application::{Answer, AnsweredTransfer, AuthError, ExecuteError, MemberError, Outcome, Refused};
use events::recorded::{Refusal, TransferKind};
use kernel::{Actor, CommandId, MemberId, Role, TransferId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    approvals,
    support::{ALICE, Api, DESTINATION, HOLD, Reply, SOURCE, TRANSFER, order, seen, transfer},
};

/// A transfer that an approval posted.
const APPROVED: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_00f1);

/// What the authentication service knows of a transfer: Alice's that was posted, hers that was refused, a step of a process, one that was approved.
pub fn known(id: TransferId) -> Result<AnsweredTransfer, AuthError> {
    let refused = || Outcome::Refused(Refused { refusal: Refusal::of("insufficient-funds"), transfer: Some(id) });
    let outcome = match id.uuid() {
        TRANSFER => Some(Outcome::Posted(transfer(TransferKind::Transfer))),
        DESTINATION => Some(refused()),
        APPROVED => Some(Outcome::ApprovalDecided(approvals::decided())),
        HOLD => None,
        _ => return Err(AuthError::Member(MemberError::Execute(ExecuteError::TransferUnknown))),
    };
    let answer = outcome.map(|outcome| Answer { answer: Arc::new(outcome), replayed: true, token: seen() });
    let actor = Actor { role: Role::Member, id: MemberId::new(ALICE) };
    Ok(AnsweredTransfer { command_id: CommandId::new(id.uuid()), actor, answer })
}

async fn shown(api: &Api, role: Role, id: Uuid) -> Reply {
    let token = crate::support::bearer(role, SOURCE);
    api.ask("GET", &format!("/v1/transfers/{id}/answer"), &[("authorization", token.as_str())], "").await
}

#[tokio::test]
async fn it_is_what_whoever_sent_the_command_was_answered() {
    let api = Api::posting();
    let reply = shown(&api, Role::Operator, TRANSFER).await;
    assert_eq!(reply.status.as_u16(), 200, "{}", reply.text);
    let body = reply.json();
    assert_eq!([&body["transfer_id"], &body["command_id"]], [&json!(TRANSFER); 2]);
    assert_eq!((&body["actor"], &body["status"]), (&json!({"role": "member", "id": ALICE}), &json!(201)));
    let headers = json!({
        "consistency-token": seen().to_string(), "content-type": "application/json", "idempotency-replayed": "true",
    });
    assert_eq!(body["headers"], headers);
    // Alice's own answer, and not what an operator would have got: Bob's balance is not in it.
    let own = Api::answering(Outcome::Posted(transfer(TransferKind::Transfer)));
    let own = own.post_json(Role::Member, "/v1/transfers", order()).await;
    assert_eq!((own.status.as_u16(), own.json()), (201, body["body"].clone()));
    assert_eq!(body["body"]["postings"][1]["balance_after"], Value::Null);
    for name in ["consistency-token", "idempotency-replayed"] {
        assert_eq!(reply.header(name), None, "the headers of the command are not those of this answer");
    }
}

#[tokio::test]
async fn a_refusal_is_shown_as_its_problem() {
    let body = shown(&Api::posting(), Role::Operator, DESTINATION).await.json();
    assert_eq!((&body["status"], &body["headers"]["content-type"]), (&json!(422), &json!("application/problem+json")));
    assert_eq!(body["headers"]["idempotency-replayed"], "true");
    let problem = &body["body"];
    assert_eq!((&problem["code"], &problem["status"]), (&json!("insufficient-funds"), &json!(422)));
    assert_eq!((&problem["request_id"], &problem["transfer_id"]), (&json!(DESTINATION), &json!(DESTINATION)));
}

#[tokio::test]
async fn what_was_approved_is_shown_as_the_answer_to_whoever_approved_it() {
    let body = shown(&Api::posting(), Role::Operator, APPROVED).await.json();
    assert_eq!((&body["status"], &body["body"]["status"]), (&json!(200), &json!("approved")));
}

#[tokio::test]
async fn it_is_for_operators_and_for_transfers_that_a_client_asked_for() {
    let api = Api::posting();
    for role in [Role::Member, Role::Service, Role::Partner] {
        let reply = shown(&api, role, TRANSFER).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (403, "forbidden"), "{role:?}");
    }
    let step = shown(&api, Role::Operator, HOLD).await;
    assert_eq!((step.status.as_u16(), step.code().as_str()), (404, "not-found"));
    assert!(step.text.contains("a step of a process of the bank"), "{}", step.text);
    let unknown = shown(&api, Role::Operator, SOURCE).await;
    assert_eq!((unknown.status.as_u16(), unknown.code().as_str()), (404, "transfer-unknown"));
    let path = "/v1/transfers/nothing/answer";
    let token = crate::support::bearer(Role::Operator, SOURCE);
    let wrong = api.ask("GET", path, &[("authorization", token.as_str())], "").await;
    assert_eq!((wrong.status.as_u16(), wrong.code().as_str()), (400, "validation-failed"));
}
