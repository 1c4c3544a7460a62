//! Operators with accounts: their names, their roles, and what each of them did, and why.
//!
//! A name stands in the log for ever. Nothing else personal is recorded: passwords and sessions are kept in the vault.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use kernel::{ApprovalId, OperatorId, OperatorRole, StreamId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event_type::event_types;

event_types! {
    /// An event of an operator.
    Operator(OperatorEvent) {
        /// An operator was added.
        Added(OperatorAdded) = 1, opens;
        /// The operator has another role.
        RoleSet(OperatorRoleSet) = 1, on;
        /// The operator may not log in any more.
        Disabled(OperatorDisabled) = 1, on;
        /// The operator may log in again.
        Enabled(OperatorEnabled) = 1, on;
        /// The operator has a new first password and a new secret of one-time codes.
        CredentialsReset(OperatorCredentialsReset) = 1, on;
        /// Another operator ended a session of the operator.
        SessionEnded(OperatorSessionEnded) = 1, on;
    }
}

event_types! {
    /// An event of the list of all operators.
    OperatorList(OperatorListEvent) {
        /// An operator was added.
        Added(OperatorListed) = 1, on;
    }
}

event_types! {
    /// What is recorded of the act of an operator.
    OperatorAct(OperatorActEvent) {
        /// An operator sent a command.
        Acted(OperatorActed) = 1, opens;
    }
}

/// The operator with an account who let another one in, or gave them their role. Commits of a build before do not say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByOperator {
    /// The operator; the commit's actor.
    pub operator: OperatorId,
    /// When it was decided, by the log's clock: a little before it was recorded.
    pub at: DateTime<Utc>,
}

/// An operator was added, enabled. First on its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorAdded {
    /// What they log in with: unique, for ever.
    pub name: String,
    /// What they may do.
    pub role: OperatorRole,
    /// Why, in the words of who added them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Which operator with an account did it, and when; none if nobody with an account did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<ByOperator>,
}

/// The operator has another role. All sessions end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorRoleSet {
    /// What they may do from now on.
    pub role: OperatorRole,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Which operator with an account did it, and when; none if nobody with an account did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<ByOperator>,
}

/// The operator may not log in any more. All sessions end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorDisabled {
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The operator may log in again, as before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorEnabled {
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Which operator with an account did it, and when; none if nobody with an account did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<ByOperator>,
}

/// The password, the secret of one-time codes and the subject at a provider of identities count no more; those with the new number do. All
/// sessions end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorCredentialsReset {
    /// The number of the new credentials: one more than that of the last. An operator begins with number 1.
    pub credentials: u32,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Which operator with an account did it, and when; none if nobody with an account did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<ByOperator>,
}

/// Another operator ended a session of this one. What an operator does to their own sessions is not recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorSessionEnded {
    /// The session.
    pub session: Uuid,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// An operator of this name was added. In the same commit as the operator's own first event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorListed {
    /// The operator.
    pub operator: OperatorId,
    /// The name.
    pub name: String,
}

/// An operator with an account sent the command, or asked for it and another one approved. Last event of the command's commit, on a stream that
/// has no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorActed {
    /// The operator; the commit's actor, unless another one approved: then that one is.
    pub operator: OperatorId,
    /// Their name.
    pub name: String,
    /// The session that it was sent in, or asked for in.
    pub session: Uuid,
    /// Where the command of this commit was sent from; of IPv6 the network. If another operator approved, it is theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<IpAddr>,
    /// Why, in their words.
    pub reason: String,
    /// What it came to: the name of the type of the commit's first event.
    pub action: String,
    /// The stream of that event.
    pub subject: StreamId,
    /// Who approved it, if it needed that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<OperatorApproval>,
    /// What was done is of a kind that can need a second operator, and the bank was set not to ask for one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unapproved: bool,
}

/// The approval of a command by a second operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorApproval {
    /// Which.
    pub approval_id: ApprovalId,
    /// Who approved it.
    pub approver: OperatorId,
    /// Their name.
    pub approver_name: String,
}
