//! The app's first screen.

use kernel::AssetCode;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Account, Entry};

/// The app's first screen in one call.
#[derive(Debug, Serialize, ToSchema)]
pub struct Wallet {
    /// Whose it is.
    pub member: Member,
    /// Their accounts, newest first.
    pub accounts: Vec<Account>,
    /// The last 20 transactions over all of them, newest first.
    #[schema(max_items = 20)]
    pub transactions: Vec<WalletEntry>,
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
pub struct Member {
    /// Who.
    pub member_id: Uuid,
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

impl From<reads::Wallet> for Wallet {
    fn from(wallet: reads::Wallet) -> Self {
        let entries = wallet.recent.into_iter().map(|recent| WalletEntry {
            account_id: recent.account_id.uuid(),
            asset: recent.asset,
            entry: recent.entry.into(),
        });
        Self {
            member: Member { member_id: wallet.member.uuid() },
            accounts: wallet.accounts.into_iter().map(Account::from).collect(),
            transactions: entries.collect(),
        }
    }
}
