//! A public event, whichever way it came.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

/// How long an event may take to come, and the pause between two looks for it.
pub const LIMIT: Duration = Duration::from_secs(60);
pub const PAUSE: Duration = Duration::from_millis(50);

/// A CloudEvent.
#[derive(Clone, Debug)]
pub struct PublicEvent(Value);

impl PublicEvent {
    /// Reads one.
    pub fn parse(text: &[u8]) -> Result<Self> {
        serde_json::from_slice(text).map(Self).context("an event that is not JSON")
    }

    /// The same for the same event, whichever way it comes.
    pub fn id(&self) -> &str {
        self.0["id"].as_str().unwrap_or_default()
    }

    /// Its type as filters name it: `transfer.posted`.
    pub fn short_type(&self) -> &str {
        let name = self.0["type"].as_str().unwrap_or_default();
        name.strip_prefix("bank.jangbu.").and_then(|name| name.strip_suffix(".v1")).unwrap_or(name)
    }

    /// Whether it is about this account.
    pub fn is_about(&self, account: &str) -> bool {
        self.0["data"]["account_id"] == account
    }

    /// Grows with each change of the account; what changes no account has none.
    pub fn sequence(&self) -> Option<&str> {
        self.0["sequence"].as_str()
    }

    /// An amount of its data, in minor units.
    pub fn amount(&self, field: &str) -> Result<i128> {
        let amount = self.0["data"][field].as_str().and_then(|text| text.parse().ok());
        amount.with_context(|| format!("no amount {field} in {}", self.0))
    }
}
