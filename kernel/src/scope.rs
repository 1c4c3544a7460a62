//! What a partner's token allows.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

macro_rules! scopes {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// One thing that a partner's token may allow. Members, operators and services need none.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Scope {
            $($(#[$doc])* $name,)*
        }

        impl Scope {
            /// Every scope, in the order in which lists of them are written.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The scope as it stands in tokens and bodies.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

scopes! {
    /// Reading what is one's own: accounts, transfers, holds, items, payout runs.
    AccountsRead = "accounts:read";
    /// Opening and closing accounts of one's own.
    AccountsWrite = "accounts:write";
    /// Paying from accounts of one's own.
    TransfersWrite = "transfers:write";
    /// Placing holds on accounts of one's own; capturing, increasing and releasing holds that one has a part in.
    HoldsWrite = "holds:write";
    /// Charging payment codes to accounts of one's own.
    ChargesWrite = "charges:write";
    /// Payout runs from accounts of one's own.
    PayoutsWrite = "payouts:write";
    /// Minting items, and giving away one's own.
    ItemsWrite = "items:write";
    /// Setting the rates of the exchange.
    RatesWrite = "rates:write";
    /// Managing one's own webhooks.
    WebhooksWrite = "webhooks:write";
    /// Following the events of one's own accounts.
    EventsRead = "events:read";
}

impl Scope {
    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Not the name of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a scope")]
pub struct ScopeError;

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        Self::ALL.iter().copied().find(|scope| scope.as_str() == text).ok_or(ScopeError)
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// A set of scopes. As text they are separated by spaces (RFC 6749, section 3.3), in JSON they are a list; in the order of
/// [`Scope::ALL`], each once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scopes(u16);

impl Scopes {
    /// No scope.
    pub const NONE: Self = Self(0);

    /// Whether the set has this scope.
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether the set has every scope of the other one.
    pub const fn contains_all(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether there is none in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The set with this scope.
    #[must_use]
    pub const fn with(self, scope: Scope) -> Self {
        Self(self.0 | scope.bit())
    }

    /// The scopes of the set.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.iter().copied().filter(move |scope| self.contains(*scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        scopes.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

impl FromStr for Scopes {
    type Err = ScopeError;

    /// The empty text is the empty set; a name may stand more than once.
    fn from_str(text: &str) -> Result<Self, ScopeError> {
        text.split(' ').filter(|name| !name.is_empty()).map(str::parse).collect()
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Scope>::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_reads_back_in_one_order() {
        let set: Scopes = "holds:write accounts:read holds:write".parse().expect("scopes");
        assert_eq!(set.to_string(), "accounts:read holds:write");
        assert!(set.contains(Scope::HoldsWrite) && !set.contains(Scope::AccountsWrite));
        assert_eq!(serde_json::to_string(&set).expect("JSON"), r#"["accounts:read","holds:write"]"#);
        assert_eq!(serde_json::from_str::<Scopes>(r#"["holds:write","accounts:read"]"#).expect("a set"), set);
        assert_eq!("".parse(), Ok(Scopes::NONE));
        for wrong in ["accounts", "accounts:read,holds:write", "Accounts:read", "*"] {
            assert_eq!(wrong.parse::<Scopes>(), Err(ScopeError), "{wrong}");
        }
    }

    #[test]
    fn every_scope_is_a_bit_of_its_own() {
        let all: Scopes = Scope::ALL.iter().copied().collect();
        assert_eq!(all.iter().collect::<Vec<_>>(), Scope::ALL);
        assert!(all.contains_all(Scopes::NONE.with(Scope::EventsRead)));
        assert!(!Scopes::NONE.contains_all(all) && Scopes::NONE.is_empty());
    }
}
