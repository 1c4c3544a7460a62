//! Operators with accounts: added, changed, and named by what they do.

use std::sync::Arc;

use application::{
    AddOperator, Command, ExecuteError, FreezeAccount, OperatorAct, OperatorAnswer, Outcome, PresentedToken,
    ResetOperator, SetOperatorRole, SwitchOperator,
};
use events::recorded::FreezeScope;
use kernel::{Actor, MemberId, OperatorId, OperatorRole, Role, StreamId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::{TestClient, member, operator, refused, submission};

const SESSION: Uuid = Uuid::from_u128(0x5e55);

fn add(name: &str, role: OperatorRole) -> Command {
    Command::AddOperator(AddOperator { name: name.parse().expect("a name"), role, reason: None })
}

fn switch(operator: OperatorId, enable: bool) -> Command {
    Command::SwitchOperator(SwitchOperator { operator, enable, reason: None })
}

fn set_role(operator: OperatorId, role: OperatorRole) -> Command {
    Command::SetOperatorRole(SetOperatorRole { operator, role, reason: Some("moved".into()) })
}

fn answer(outcome: &Outcome) -> &OperatorAnswer {
    match outcome {
        Outcome::OperatorAdded(answer)
        | Outcome::OperatorRoleSet(answer)
        | Outcome::OperatorSwitched(answer)
        | Outcome::OperatorReset(answer) => answer,
        other => panic!("not of an operator: {other:?}"),
    }
}

async fn added(client: &TestClient, name: &str, role: OperatorRole) -> OperatorId {
    answer(&client.outcome(operator(), name, add(name, role)).await).operator_id
}

fn actor(operator: OperatorId) -> Actor {
    Actor { role: Role::Operator, id: MemberId::new(operator.uuid()) }
}

/// A command of an operator who logged in.
async fn acting(
    client: &TestClient,
    who: OperatorId,
    key: &str,
    command: Command,
) -> Result<Arc<Outcome>, ExecuteError> {
    let mut submission = submission(actor(who), key, command);
    submission.meta.token = Some(PresentedToken { subject: actor(who).id, session: Some(SESSION) });
    submission.act = Some(OperatorAct { reason: "case 17".into(), from: Some([192, 0, 2, 7].into()) });
    client.bank.execute(submission).await.map(|answer| answer.answer)
}

/// The last commit: its events, and what the last of them says.
fn last(client: &TestClient) -> (Vec<String>, StreamId, Value) {
    let commit = client.log.commits().pop().expect("a commit");
    let event = commit.events.last().expect("an event");
    let payload = serde_json::from_str(event.payload.get()).expect("json");
    (commit.events.iter().map(|event| event.event_type.clone()).collect(), event.stream, payload)
}

#[tokio::test]
async fn a_name_is_given_once() {
    let client = TestClient::new();
    let first = client.ask(operator(), "add", add("minji", OperatorRole::Support)).await.expect("an answer");
    let again = client.ask(operator(), "add", add("minji", OperatorRole::Support)).await.expect("an answer");
    assert!(again.replayed && again.answer == first.answer);
    let answer = answer(&first.answer);
    assert_eq!((answer.name.as_str(), answer.role, answer.is_enabled), ("minji", OperatorRole::Support, true));
    assert_eq!(answer.credentials, 1);
    let taken = client.outcome(operator(), "other", add("minji", OperatorRole::Viewer)).await;
    assert_eq!(refused(&taken), "operator-name-taken");
    // Another server knows nothing yet, and reads it.
    let second = TestClient::on(client.log.clone(), "server-1", |_| {});
    let taken = second.outcome(operator(), "elsewhere", add("minji", OperatorRole::Viewer)).await;
    assert_eq!(refused(&taken), "operator-name-taken");
    let disabled = second.outcome(operator(), "disable", switch(answer.operator_id, false)).await;
    assert!(matches!(disabled, Outcome::OperatorSwitched(answer) if !answer.is_enabled));
    let still = second.outcome(operator(), "after", add("minji", OperatorRole::Viewer)).await;
    assert_eq!(refused(&still), "operator-name-taken");
    assert_eq!(client.log.count("OperatorAdded"), 1);
}

#[tokio::test]
async fn the_last_admin_who_is_enabled_stays_one() {
    let client = TestClient::new();
    let first = added(&client, "first", OperatorRole::Admin).await;
    for (key, command) in [("off", switch(first, false)), ("less", set_role(first, OperatorRole::Operator))] {
        assert_eq!(refused(&client.outcome(operator(), key, command).await), "last-admin");
    }
    let same = client.outcome(operator(), "same", set_role(first, OperatorRole::Admin)).await;
    assert_eq!(answer(&same).role, OperatorRole::Admin);
    assert_eq!(client.log.count("OperatorRoleSet"), 0, "nothing changes");
    let second = added(&client, "second", OperatorRole::Admin).await;
    client.outcome(operator(), "now", switch(first, false)).await;
    assert_eq!(refused(&client.outcome(operator(), "both", switch(second, false)).await), "last-admin");
    let nobody = OperatorId::new(Uuid::from_u128(5));
    for (key, command) in [("who", switch(nobody, true)), ("what", set_role(nobody, OperatorRole::Admin))] {
        let error = client.ask(operator(), key, command).await.expect_err("unknown");
        assert_eq!(error, ExecuteError::OperatorUnknown);
    }
}

/// Two admins who disable each other at once: one of them stays.
#[tokio::test]
async fn two_admins_do_not_end_each_other() {
    let client = TestClient::new();
    let first = added(&client, "first", OperatorRole::Admin).await;
    let second = added(&client, "second", OperatorRole::Admin).await;
    let (here, there) = tokio::join!(
        client.outcome(operator(), "a", switch(first, false)),
        client.outcome(operator(), "b", switch(second, false))
    );
    let refusals = [&here, &there].into_iter().filter(|outcome| matches!(outcome, Outcome::Refused(_))).count();
    assert_eq!(refusals, 1, "{here:?} {there:?}");
}

#[tokio::test]
async fn each_reset_has_a_number_of_its_own() {
    let client = TestClient::new();
    let minji = added(&client, "minji", OperatorRole::Viewer).await;
    let reset = || Command::ResetOperator(ResetOperator { operator: minji, reason: None });
    for (key, number) in [("one", 2), ("two", 3), ("one", 2)] {
        assert_eq!(answer(&client.outcome(operator(), key, reset()).await).credentials, number, "{key}");
    }
}

#[tokio::test]
async fn what_an_operator_does_is_said_last() {
    let client = TestClient::new();
    let (minji, account) =
        (added(&client, "minji", OperatorRole::Admin).await, client.open(member(1), "account").await);
    let freeze = || Command::FreezeAccount(FreezeAccount { account, scope: FreezeScope::All, reason: None });
    acting(&client, minji, "freeze", freeze()).await.expect("frozen");
    let (types, stream, act) = last(&client);
    assert_eq!(types, ["AccountFrozen", "OperatorActed"]);
    assert_eq!(
        act,
        json!({
            "operator": minji, "name": "minji", "session": SESSION, "from": "192.0.2.7", "reason": "case 17",
            "action": "AccountFrozen", "subject": account,
        })
    );
    assert_ne!(stream, StreamId::from(account));
    // The repetition is answered from the log, and nothing is done twice.
    let written = client.log.commits().len();
    acting(&client, minji, "freeze", freeze()).await.expect("frozen");
    assert_eq!(client.log.commits().len(), written);
    // What is refused was asked for.
    let nothing = acting(&client, minji, "name", add("minji", OperatorRole::Viewer)).await.expect("an answer");
    assert_eq!(refused(&nothing), "operator-name-taken");
    assert_eq!(last(&client).0, ["CommandRefused", "OperatorActed"]);
    // Nobody with an account: nothing is said.
    client.outcome(operator(), "other", add("jiwoo", OperatorRole::Viewer)).await;
    assert_eq!(last(&client).0, ["OperatorAdded", "OperatorListed"]);
}

/// The log says who is disabled: a server that has not heard of it otherwise refuses their commands all the same.
#[tokio::test]
async fn whoever_was_disabled_sends_no_command() {
    let client = TestClient::new();
    added(&client, "admin", OperatorRole::Admin).await;
    let minji = added(&client, "minji", OperatorRole::Admin).await;
    acting(&client, minji, "one", add("one", OperatorRole::Viewer)).await.expect("added");
    client.outcome(operator(), "disable", switch(minji, false)).await;
    let written = client.log.commits().len();
    let error = acting(&client, minji, "two", add("two", OperatorRole::Viewer)).await.expect_err("refused");
    assert_eq!(error, ExecuteError::TokenRefused);
    let elsewhere = TestClient::on(client.log.clone(), "server-1", |_| {});
    let error = acting(&elsewhere, minji, "three", add("three", OperatorRole::Viewer)).await.expect_err("refused");
    assert_eq!(error, ExecuteError::TokenRefused);
    let nobody = OperatorId::new(Uuid::from_u128(7));
    let error = acting(&client, nobody, "four", add("four", OperatorRole::Viewer)).await.expect_err("refused");
    assert_eq!(error, ExecuteError::TokenRefused);
    assert_eq!(client.log.commits().len(), written);
    client.outcome(operator(), "enable", switch(minji, true)).await;
    acting(&client, minji, "five", add("five", OperatorRole::Viewer)).await.expect("added");
}
