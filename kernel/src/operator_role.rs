//! What an operator may do.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What an operator may do. A role may do all that a lower one may, and they are in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperatorRole {
    /// Reads everything.
    Viewer,
    /// Helps members: freezes, shows personal data for a reason, has webhooks and processes tried again.
    Support,
    /// Moves money, and settles what is stuck.
    Operator,
    /// Sets how the bank is run: limits, rates, partners, webhooks, operators.
    Admin,
}

impl OperatorRole {
    /// Every role, the lowest first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Support, Self::Operator, Self::Admin];

    /// The role as it stands in tokens, in the log and in bodies.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Support => "support",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for OperatorRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Not the role of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is one of viewer, support, operator, admin")]
pub struct OperatorRoleError;

impl FromStr for OperatorRole {
    type Err = OperatorRoleError;

    fn from_str(text: &str) -> Result<Self, OperatorRoleError> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(OperatorRoleError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_reads_back_and_each_is_above_the_one_before() {
        for role in OperatorRole::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
            assert_eq!(serde_json::to_string(&role).expect("JSON"), format!("\"{role}\""));
        }
        assert!(OperatorRole::ALL.is_sorted());
        for wrong in ["", "Admin", "root", "admin "] {
            assert_eq!(wrong.parse::<OperatorRole>(), Err(OperatorRoleError), "{wrong:?}");
        }
    }
}
