//! What operators send, and what they are answered beside rebuilds.

use chrono::{DateTime, Utc};
use kernel::Position;
use platform::problem::Problem;
use projection_engine::{Operator, ParkedKey, Retried};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::acting::Acting;
use crate::changes::PromotionStatus;

/// How long a reason is at most, in characters.
const LONGEST_REASON: usize = 200;

/// A rebuild.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RebuildOrder {
    /// Why; kept in the audit of the views.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
    /// Whether the new generation becomes live if it equals the live one. Without it, it waits to be promoted.
    #[serde(default)]
    #[schema(required = false)]
    pub(crate) promote: bool,
    /// Whether what an earlier rebuild made and did not promote is dropped first. Without it, that is gone on with.
    #[serde(default)]
    #[schema(required = false)]
    pub(crate) restart: bool,
}

/// A promotion.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PromoteOrder {
    /// Why; kept in the audit of the views.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
    /// The generation; without it the newest that is ready. Needed with `fingerprint`.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub(crate) generation: Option<i32>,
    /// Promote it although it differs from the live one: the `fingerprint` of the comparison that was looked at.
    #[serde(default)]
    #[schema(pattern = "^[0-9a-f]{32}$")]
    pub(crate) fingerprint: Option<String>,
}

/// A change of which generation is live.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SwapOrder {
    /// Why; kept in the audit of the views.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
    /// The generation; without it the newest for which it makes sense.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub(crate) generation: Option<i32>,
}

/// A change of the live generation as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ViewOrder {
    /// Why; kept in the audit of the views.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

/// Another try of parked events.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParkedRetryOrder {
    /// Why; kept in the audit of the views.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
    /// This key only; without it every key.
    #[serde(default)]
    pub(crate) key: Option<String>,
}

macro_rules! with_reasons {
    ($($order:ident),*) => {$(
        impl $order {
            /// Who asks, and why.
            pub(crate) fn operator(&self, acting: &Acting) -> Result<Operator, Problem> {
                operator(acting, &self.reason)
            }
        }
    )*};
}

with_reasons!(RebuildOrder, PromoteOrder, SwapOrder, ViewOrder, ParkedRetryOrder);

fn operator(acting: &Acting, reason: &str) -> Result<Operator, Problem> {
    let reason = reason.trim();
    if !(1..=LONGEST_REASON).contains(&reason.chars().count()) || reason.chars().any(char::is_control) {
        return Err(Problem::invalid("reason", format!("1 to {LONGEST_REASON} characters, and no control characters")));
    }
    let who = format!("operator {}", acting.actor.id);
    Ok(Operator { who, reason: reason.to_owned(), origin: acting.origin() })
}

/// What was done to the live generation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ViewChanged {
    /// The view.
    pub(crate) view: String,
    /// What.
    #[schema(value_type = String, pattern = "^(paused|resumed|retried)$")]
    pub(crate) done: &'static str,
}

/// What of a view is parked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ParkedPage {
    /// Those parked first come first.
    pub(crate) items: Vec<ParkedItem>,
    /// Always null: whoever parks keys does it one by one.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// Promotions of generations that differ.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PromotionPage {
    /// Those asked for last come first; 50 at most.
    #[schema(max_items = 50)]
    pub(crate) items: Vec<PromotionStatus>,
    /// Always null: a view has few.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
}

/// A key that was parked because an event of it cannot be applied.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ParkedItem {
    /// In which generation.
    #[schema(minimum = 1)]
    pub(crate) generation: i32,
    /// The key: the id of an account, a transfer or another thing.
    pub(crate) key: String,
    /// The event because of which it was parked.
    #[schema(value_type = i64, minimum = 1)]
    pub(crate) position: Position,
    /// How many events wait behind it.
    #[schema(minimum = 0)]
    pub(crate) events: i64,
    /// Why it was parked.
    pub(crate) reason: String,
    /// By whom.
    pub(crate) parked_by: String,
    /// When.
    pub(crate) parked_at: DateTime<Utc>,
    /// Why the last try to apply its events failed; null if there was none.
    #[schema(required)]
    pub(crate) error: Option<String>,
}

impl From<ParkedKey> for ParkedItem {
    fn from(parked: ParkedKey) -> Self {
        let ParkedKey { view: _, generation, key, position, reason, parked_by, parked_at, events, error } = parked;
        Self { generation, key, position, events, reason, parked_by, parked_at, error }
    }
}

/// What came of another try of parked events.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RetriedPage {
    /// The keys that were tried.
    pub(crate) items: Vec<RetriedItem>,
}

/// A key whose events were tried again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RetriedItem {
    /// The key.
    pub(crate) key: String,
    /// How many of its events were applied.
    #[schema(minimum = 0)]
    pub(crate) applied: u64,
    /// Whether it is parked no more.
    pub(crate) lifted: bool,
    /// Why it is still parked; null if it is not.
    #[schema(required)]
    pub(crate) error: Option<String>,
}

impl From<Retried> for RetriedItem {
    fn from(retried: Retried) -> Self {
        let Retried { key, applied, error } = retried;
        Self { key, applied, lifted: error.is_none(), error }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use kernel::{Actor, MemberId, Role};
    use projection_engine::Origin;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_reason_is_one_line_that_says_something() {
        let (id, session) = (Uuid::from_u128(7), Some(Uuid::from_u128(8)));
        let actor = Actor { role: Role::Operator, id: MemberId::new(id) };
        let (address, key) = (IpAddr::from([192, 0, 2, 7]), Some("0198-a".to_owned()));
        let acting = Acting { actor, session, address, key: key.clone() };
        let asked = operator(&acting, "  a column was wrong ").expect("a reason");
        assert_eq!((asked.reason.as_str(), asked.who.len()), ("a column was wrong", "operator ".len() + 36));
        for wrong in ["", "  ", "two\nlines", &"x".repeat(201)] {
            assert!(operator(&acting, wrong).is_err(), "{wrong:?}");
        }
        let origin = Origin { operator: Some(id), session, address: Some("192.0.2.7".to_owned()), key };
        assert_eq!(asked.origin, origin);
    }
}
