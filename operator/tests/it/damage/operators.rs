//! Damages of the log in operators and in what they did.

use serde_json::json;
use testkit::kit::EditedLog;

use super::{Damage, Harm};
use crate::bank::{operator, partner};

const fn log(name: &'static str, edit: fn(&mut EditedLog), words: &'static [&'static str]) -> Damage {
    Damage { name, harm: Harm::Log(edit), words }
}

const APPROVALS: &str = "what needs a second operator is done once, by the approval of another one, in time";
const RULE: &str = "whatever an operator with an account does says who and why, once";

pub const OPERATORS: &[Damage] = &[
    log(
        "an act that another operator is said to have done",
        |log| log.of_type("OperatorActed")[5].set("operator", json!(operator(2))),
        &[RULE, "says that 09e40000-0000-7000-8000-000000000002 sent a command that is not theirs"],
    ),
    log(
        "an act under another name",
        |log| log.of_type("OperatorActed")[5].set("name", json!("minji")),
        &[RULE, "calls 09e40000-0000-7000-8000-000000000001 by another name"],
    ),
    log(
        "an act that is said to be another one",
        |log| log.of_type("OperatorActed")[5].set("action", json!("PartnerCreated")),
        &[RULE, "says that PartnerCreated of 9a270000-0000-7000-8000-000000000002 was done"],
    ),
    log(
        "an act that is said to be of something else",
        |log| log.of_type("OperatorActed")[5].set("subject", json!(partner(1))),
        &[RULE, "says that PartnerQuotasSet of 9a270000-0000-7000-8000-000000000001 was done"],
    ),
    log(
        "a command of an operator that says nothing of who and why",
        |log| {
            let last = log.commits.last_mut().expect("a commit");
            (last.actor_role, last.actor_id) = ("o".into(), operator(1));
        },
        &[RULE, "is of operator 09e40000-0000-7000-8000-000000000001, and says 0 times why"],
    ),
    log(
        "an act that a member is said to have done",
        |log| {
            log.commits.iter_mut().rfind(|commit| commit.actor_role == "o").expect("a commit").actor_role = "m".into()
        },
        &[RULE, "sent a command that is not theirs"],
    ),
    log(
        "a role that was not changed to another one",
        |log| log.of_type("OperatorRoleSet")[0].set("role", json!("viewer")),
        &[RULE, "does not follow on what they were"],
    ),
    log(
        "credentials that were given anew before",
        |log| log.of_type("OperatorCredentialsReset")[0].set("credentials", json!(1)),
        &[RULE, "does not follow on what they were"],
    ),
    log(
        "an operator with the name of another one",
        |log| log.event_of(operator(2), 1).set("name", json!("admin")),
        &[RULE, "is added with a name that is not theirs"],
    ),
    log(
        "what one operator did alone where a second one was needed",
        |log| log.of_type("OperatorActed")[5].set("unapproved", json!(false)),
        &[APPROVALS, "did what needs a second operator (limits) alone"],
    ),
    log(
        "an approval that whoever asked is said to have given",
        |log| log.of_type("ApprovalGranted")[0].set("approver", json!(operator(1))),
        &[APPROVALS, "is said to be decided by 09e40000-0000-7000-8000-000000000001, who did not send the command"],
    ),
    log(
        "an approval of something else than was done",
        |log| {
            let asked = json!({"kind": "limit-deleted", "name": "daily"});
            log.of_type("ApprovalRequested")[0].set("action", asked);
        },
        &[APPROVALS, "is not what was done"],
    ),
    log(
        "an approval that came too late",
        |log| log.of_type("ApprovalRequested")[0].set("expires_at", json!("2026-03-01T00:00:00Z")),
        &[APPROVALS, "is decided after its time"],
    ),
];
