//! System accounts: the bank's own, standing for the outside.
//!
//! Every deposit and withdrawal touches one, so each command server has its own: two servers would else collide on
//! every one of them. What the outside holds is the sum over the servers.

use kernel::{AccountId, AssetCode};
use uuid::Uuid;

const NAMESPACE: Uuid = Uuid::from_u128(0x6a61_6e67_6275_5f73_7973_7465_6d5f_0001);

/// The system accounts of one command server.
pub struct SystemAccounts {
    server: String,
}

impl SystemAccounts {
    pub fn new(server: String) -> Self {
        Self { server }
    }

    /// The name of the account that stands for money outside. Number 0 is the usual one; the next is taken when a balance
    /// would have more digits than there are.
    pub fn cash_name(&self, number: u32) -> String {
        match number {
            0 => format!("cash/{}", self.server),
            more => format!("cash/{}#{more}", self.server),
        }
    }

    /// The name of the account that exchanges with members; numbered in the same way.
    pub fn exchange_name(&self, number: u32) -> String {
        match number {
            0 => format!("exchange/{}", self.server),
            more => format!("exchange/{}#{more}", self.server),
        }
    }

    /// The id of the account of this name for an asset: the same for ever.
    pub fn id(name: &str, asset: AssetCode) -> AccountId {
        AccountId::new(Uuid::new_v5(&NAMESPACE, format!("{name}/{asset}").as_bytes()))
    }
}
