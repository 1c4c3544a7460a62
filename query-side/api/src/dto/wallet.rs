//! The app's first screen.

use reads::{Account, WalletEntry};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Shown;
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

impl Wallet {
    /// The screen with the name that was opened for it.
    pub fn new(wallet: reads::Wallet, name: Name) -> Self {
        let (real_name, degraded) = match name {
            Name::Known(name) => (name.map(Shown), false),
            Name::Degraded => (None, true),
        };
        Self {
            member: WalletMember { member_id: wallet.member.uuid(), real_name, degraded },
            accounts: wallet.accounts,
            transactions: wallet.recent,
        }
    }
}
