//! The app's first screen.

use kernel::AssetCode;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Account, Entry, Shown};
use crate::opener::Name;

/// The app's first screen in one call.
#[derive(Debug, Serialize, ToSchema)]
pub struct Wallet {
    /// Whose it is.
    pub member: WalletMember,
    /// Their accounts, newest first.
    pub accounts: Vec<Account>,
    /// The last 20 transactions over all of them, newest first.
    #[schema(max_items = 20)]
    pub transactions: Vec<WalletEntry>,
}

/// Whose first screen it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct WalletMember {
    /// Who.
    pub member_id: Uuid,
    /// What they are called; null for one who never signed up, or asked to leave.
    #[schema(value_type = Option<String>, required)]
    pub real_name: Option<Shown>,
    /// There and true if there is a name that cannot be read now.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub degraded: bool,
}

/// A transaction among those of several accounts.
#[derive(Debug, Serialize, ToSchema)]
pub struct WalletEntry {
    /// Whose balance it changed.
    pub account_id: Uuid,
    /// What that account holds.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$")]
    pub asset: AssetCode,
    /// The change.
    #[serde(flatten)]
    pub entry: Entry,
}

impl Wallet {
    /// The screen with the name that was opened for it.
    pub fn new(wallet: reads::Wallet, name: Name) -> Self {
        let entries = wallet.recent.into_iter().map(|recent| WalletEntry {
            account_id: recent.account_id.uuid(),
            asset: recent.asset,
            entry: recent.entry.into(),
        });
        let (real_name, degraded) = match name {
            Name::Known(name) => (name.map(Shown), false),
            Name::Degraded => (None, true),
        };
        Self {
            member: WalletMember { member_id: wallet.member.uuid(), real_name, degraded },
            accounts: wallet.accounts.into_iter().map(Account::from).collect(),
            transactions: entries.collect(),
        }
    }
}
