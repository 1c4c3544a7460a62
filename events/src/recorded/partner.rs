//! Partners: other businesses that use the bank over its API, with keys of their own.

use chrono::{DateTime, Utc};
use kernel::{AccountId, PartnerId, PartnerKeyId, Scope};
use serde::{Deserialize, Serialize};

use super::event_type::event_types;

event_types! {
    /// An event of a partner.
    Partner(PartnerEvent) {
        /// A partner was created.
        Created(PartnerCreated) = 1, opens;
        /// Its quotas were set.
        QuotasSet(PartnerQuotasSet) = 1, on;
        /// It opened an account.
        AccountAdded(PartnerAccountAdded) = 1, on;
    }
}

event_types! {
    /// An event of a key of a partner.
    PartnerKey(PartnerKeyEvent) {
        /// The key was issued.
        Issued(PartnerKeyIssued) = 1, opens;
        /// The key was revoked.
        Revoked(PartnerKeyRevoked) = 1, on;
    }
}

event_types! {
    /// What is recorded of the use of a partner's key.
    KeyUse(KeyUseEvent) {
        /// A command was sent with the key.
        Used(PartnerKeyUsed) = 1, opens;
    }
}

/// A partner was created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerCreated {
    /// What people call it: the name of a business.
    pub name: String,
}

/// What a partner may do was set; what was set before counts no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerQuotasSet {
    /// So many requests in a second; the usual number without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_second: Option<u32>,
    /// So many requests at once; without it, as many as in a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<u32>,
    /// The names of the limits that count for each of its accounts, beside those for everyone.
    pub limits: Vec<String>,
}

/// A partner opened an account. In the same commit as the account's own first event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerAccountAdded {
    /// The account.
    pub account: AccountId,
}

/// A key was issued to a partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerKeyIssued {
    /// Whose.
    pub partner: PartnerId,
    /// What it allows, each once.
    pub scopes: Vec<Scope>,
    /// From this time on it is good for nothing; never without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// The SHA-256 digest of its secret, in hexadecimal digits. The secret has 256 random bits: there is nothing shorter to guess.
    pub digest: String,
}

/// A key was revoked. Last on its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerKeyRevoked {
    /// Whose.
    pub partner: PartnerId,
}

/// A partner sent the command with this key. Last event of the command's commit, on a stream that has no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerKeyUsed {
    /// The partner; the commit's actor.
    pub partner: PartnerId,
    /// The key.
    pub key: PartnerKeyId,
}
