//! The state of an account that the log keeps beside its events. Whoever writes it has a type of its own; what it must say is written
//! down here once more.

use events::recorded::{AccountEvent, Event, Holder};
use kernel::{AssetCode, Minor};
use serde::Deserialize;

use crate::ledger::{Account, Status};

/// The state schema that is known here. A state of another one is not looked into.
pub const SCHEMA: i32 = 1;

/// A state of that schema.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptState {
    holder: Holder,
    asset: AssetCode,
    balance: Minor,
    status: String,
}

impl KeptState {
    /// In what it differs from what never changes of an account.
    pub fn differs_in_what_stays(&self, account: &Account) -> Option<String> {
        if self.holder != account.holder {
            return Some("another holder".to_owned());
        }
        (self.asset != account.asset).then(|| format!("asset {} instead of {}", self.asset, account.asset))
    }

    /// In what it differs from a balance and a status.
    pub fn differs(&self, balance: i128, status: Status) -> Option<String> {
        if self.balance.units() != balance {
            return Some(format!("balance {} instead of {balance}", self.balance));
        }
        (self.status != status.as_str()).then(|| format!("status {} instead of {}", self.status, status.as_str()))
    }
}

/// What an event of an account leaves it at: by the other rules an event states the balance that all before it add up to, and money
/// moves only while an account is open.
pub fn left_by(event: &Event) -> Option<(i128, Status)> {
    let Event::Account(event) = event else { return None };
    Some(match event {
        AccountEvent::Opened(_) => (0, Status::Open),
        AccountEvent::Debited(e) => (e.balance.units(), Status::Open),
        AccountEvent::Credited(e) => (e.balance.units(), Status::Open),
        AccountEvent::Frozen(e) => (e.balance.units(), Status::Frozen),
        AccountEvent::Unfrozen(e) => (e.balance.units(), Status::Open),
        AccountEvent::Closed(_) => (0, Status::Closed),
    })
}
