//! What can need a second operator.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::OperatorRole;

/// What can need a second operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApprovalKind {
    /// Undoing a transfer.
    Reversal,
    /// Freezing many accounts at once.
    FreezeMany,
    /// Erasing a member.
    Erasure,
    /// Setting, deleting and assigning limits, and the quotas of partners, which assign limits.
    Limits,
    /// Setting rates of the exchange.
    Rates,
    /// Issuing keys to partners.
    PartnerKeys,
    /// Promoting a generation of a view that differs from the live one.
    Promotion,
}

impl ApprovalKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Reversal,
        Self::FreezeMany,
        Self::Erasure,
        Self::Limits,
        Self::Rates,
        Self::PartnerKeys,
        Self::Promotion,
    ];

    /// The kind as it stands in settings, bodies and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reversal => "reversal",
            Self::FreezeMany => "freeze-many",
            Self::Erasure => "erasure",
            Self::Limits => "limits",
            Self::Rates => "rates",
            Self::PartnerKeys => "partner-keys",
            Self::Promotion => "promotion",
        }
    }

    /// The lowest role of operators that may ask for it: whoever approves needs it, too.
    pub const fn role(self) -> OperatorRole {
        match self {
            Self::FreezeMany => OperatorRole::Support,
            Self::Reversal | Self::Erasure | Self::Promotion => OperatorRole::Operator,
            Self::Limits | Self::Rates | Self::PartnerKeys => OperatorRole::Admin,
        }
    }
}

impl fmt::Display for ApprovalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Not something that can need a second operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("approvals are for reversal, freeze-many, erasure, limits, rates, partner-keys, promotion")]
pub struct ApprovalKindError;

impl FromStr for ApprovalKind {
    type Err = ApprovalKindError;

    fn from_str(text: &str) -> Result<Self, ApprovalKindError> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(ApprovalKindError)
    }
}

/// A set of them. As text they are separated by commas; the empty text is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApprovalKinds(BTreeSet<ApprovalKind>);

impl ApprovalKinds {
    /// Every kind.
    pub fn all() -> Self {
        Self(ApprovalKind::ALL.into_iter().collect())
    }

    /// No kind.
    pub fn none() -> Self {
        Self::default()
    }

    /// Whether a kind is among them.
    pub fn contains(&self, kind: ApprovalKind) -> bool {
        self.0.contains(&kind)
    }
}

impl fmt::Display for ApprovalKinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, kind) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{kind}")?;
        }
        Ok(())
    }
}

impl FromStr for ApprovalKinds {
    type Err = ApprovalKindError;

    fn from_str(text: &str) -> Result<Self, ApprovalKindError> {
        let named = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        named.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_sets_of_them_read_back() {
        for kind in ApprovalKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(serde_json::to_string(&kind).expect("JSON"), format!("\"{kind}\""));
        }
        for wrong in ["", "Reversal", "freeze", "reversal "] {
            assert_eq!(wrong.parse::<ApprovalKind>(), Err(ApprovalKindError), "{wrong:?}");
        }
        let all = ApprovalKinds::all();
        assert_eq!(all.to_string(), "reversal,freeze-many,erasure,limits,rates,partner-keys,promotion");
        assert_eq!(all.to_string().parse(), Ok(all));
        let some: ApprovalKinds = " rates, reversal,".parse().expect("kinds");
        assert_eq!(some.to_string(), "reversal,rates");
        assert!(some.contains(ApprovalKind::Rates) && !some.contains(ApprovalKind::Limits));
        for none in ["", " ", ","] {
            assert_eq!(none.parse(), Ok(ApprovalKinds::none()), "{none:?}");
        }
        assert!("reversal,views".parse::<ApprovalKinds>().is_err());
    }
}
