//! Who did it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{MemberId, StreamId};

/// What the holder of a token may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A person with accounts.
    Member,
    /// Staff: freezes, reverses, reads everything.
    Operator,
    /// Another program of the bank.
    Service,
    /// Another business with accounts, for what the scopes of its token allow.
    Partner,
}

impl Role {
    /// The role as it stands in a token.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Operator => "operator",
            Self::Service => "service",
            Self::Partner => "partner",
        }
    }

    /// Whether it reaches only what is its own; operators and services act for the bank.
    pub const fn is_customer(self) -> bool {
        matches!(self, Self::Member | Self::Partner)
    }
}

/// Not the name of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is one of member, operator, service, partner")]
pub struct RoleError;

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        [Self::Member, Self::Operator, Self::Service, Self::Partner]
            .into_iter()
            .find(|r| r.as_str() == text)
            .ok_or(RoleError)
    }
}

/// The verified subject of a request, kept with every commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Actor {
    /// What they may be.
    pub role: Role,
    /// Who they are.
    pub id: MemberId,
}

/// The namespace of the streams that say which references were used.
const REFERENCES: Uuid = Uuid::from_u128(0x6a61_6e67_6275_5f72_6566_7300_0000_0001);

/// The namespace of the streams that list the webhooks of one principal.
const WEBHOOKS: Uuid = Uuid::from_u128(0x6a61_6e67_6275_5f77_6562_686f_6f6b_0001);

impl Actor {
    /// The stream whose first event says for which transfer this principal used a reference that is to be unique.
    pub fn reference_stream(self, reference: &str) -> StreamId {
        StreamId::new(Uuid::new_v5(&REFERENCES, format!("{self}/{reference}").as_bytes()))
    }

    /// The stream that lists the webhooks of this principal.
    pub fn webhooks_stream(self) -> StreamId {
        StreamId::new(Uuid::new_v5(&WEBHOOKS, self.to_string().as_bytes()))
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.role.as_str(), self.id)
    }
}
