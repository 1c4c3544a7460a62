//! What is answered to commands about partners.

use chrono::{DateTime, Utc};
use events::recorded::PartnerQuotasSet;
use kernel::{PartnerId, PartnerKeyId, Position, Scope};
use serde::{Deserialize, Serialize};

/// A partner that was created.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartnerAnswer {
    /// Which.
    pub partner_id: PartnerId,
    /// What people call it.
    pub name: String,
    /// When, by the log's clock.
    pub recorded_at: DateTime<Utc>,
}

/// The quotas of a partner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuotasAnswer {
    /// Whose.
    pub partner_id: PartnerId,
    /// What was set.
    pub set: PartnerQuotasSet,
    /// The position of its event.
    pub position: Position,
}

/// A key of a partner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartnerKeyAnswer {
    /// Which.
    pub key_id: PartnerKeyId,
    /// Whose.
    pub partner_id: PartnerId,
    /// What it allows.
    pub scopes: Vec<Scope>,
    /// Until when it is good for anything.
    pub expires_at: Option<DateTime<Utc>>,
}
