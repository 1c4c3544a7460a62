//! Members, as they see themselves.

use std::fmt;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

/// A member, as they see themselves. Once they asked to leave, nothing personal is left to see.
#[derive(Debug, Serialize, ToSchema)]
pub struct Member {
    /// Who.
    pub member_id: Uuid,
    /// What they log in with; null once they asked to leave.
    #[schema(value_type = Option<String>, required, pattern = "^[a-z0-9_]{4,32}$")]
    pub login_id: Option<Shown>,
    /// What they are called, as they gave it; null once they asked to leave.
    #[schema(value_type = Option<String>, required)]
    pub real_name: Option<Shown>,
    /// Where they are reached; null once they asked to leave.
    #[schema(required)]
    pub contact: Option<Contact>,
    /// Where they are in their life here.
    #[schema(value_type = String, pattern = "^(active|erasing|erased)$")]
    pub status: &'static str,
    /// Since when they are a member.
    pub joined_at: DateTime<Utc>,
}

/// Where a member is reached.
#[derive(Debug, Serialize, ToSchema)]
pub struct Contact {
    /// By what.
    #[schema(value_type = String, pattern = "^(email|phone)$")]
    pub channel: &'static str,
    /// The address or the number.
    #[schema(value_type = String)]
    pub value: Shown,
}

/// Something personal on its way into an answer. It shows itself there and nowhere else, and is wiped from memory when
/// the answer was written.
pub struct Shown(pub SecretString);

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown(..)")
    }
}

impl Member {
    /// The part that is not sealed.
    pub fn bare(member: &reads::Member) -> Self {
        Self {
            member_id: member.member_id.uuid(),
            login_id: None,
            real_name: None,
            contact: None,
            status: member.status.as_str(),
            joined_at: member.joined_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_personal_shows_itself_in_json_only() {
        let shown = Shown(SecretString::from("홍길동"));
        assert_eq!(format!("{shown:?}"), "Shown(..)");
        assert_eq!(serde_json::to_string(&shown).expect("JSON"), "\"홍길동\"");
    }
}
