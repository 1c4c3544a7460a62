//! Accounts and what happened on them.

use kernel::AssetCode;
use reads::{Account, Entry};
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{mask::mask, opener::Name};

/// Part of a list of accounts.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountPage {
    /// Newest first.
    pub items: Vec<Account>,
    /// Where the list goes on; null at its end.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

/// Part of an account's history.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryPage {
    /// Newest first.
    pub items: Vec<Entry>,
    /// Where the list goes on; null at its end.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

/// What a payer may know of the account behind a number.
#[derive(Debug, Serialize, ToSchema)]
pub struct Payee {
    /// Which.
    pub account_id: Uuid,
    /// What it takes.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$")]
    pub asset: AssetCode,
    /// The owner's name, mostly hidden: the first and the last letter, `*` for the others. Null where there is none: the
    /// owner never signed up, or left; and for everybody who is no member.
    #[schema(required)]
    pub masked_name: Option<String>,
    /// There and true if there is a name that cannot be read now.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub degraded: bool,
}

/// An asset.
#[derive(Debug, Serialize, ToSchema)]
pub struct Asset {
    /// Its code.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$")]
    pub code: AssetCode,
    /// How many decimal digits a minor unit is below one unit.
    #[schema(minimum = 0, maximum = 30)]
    pub scale: u8,
    /// Its name.
    pub name: String,
}

/// Every asset.
#[derive(Debug, Serialize, ToSchema)]
pub struct Assets {
    /// By code.
    pub items: Vec<Asset>,
    /// Always null: the list is short.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl From<reads::Page<Account>> for AccountPage {
    fn from(page: reads::Page<Account>) -> Self {
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}

impl From<reads::Page<Entry>> for EntryPage {
    fn from(page: reads::Page<Entry>) -> Self {
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}

impl Payee {
    /// The payee with the name that was opened for it.
    pub fn new(payee: &reads::Payee, name: Name) -> Self {
        let (masked_name, degraded) = match name {
            Name::Known(name) => (name.map(|name| mask(name.expose_secret())), false),
            Name::Degraded => (None, true),
        };
        Self { account_id: payee.account_id.uuid(), asset: payee.asset, masked_name, degraded }
    }
}

impl From<&kernel::Assets> for Assets {
    fn from(assets: &kernel::Assets) -> Self {
        let items = assets.iter().map(|a| Asset { code: a.code, scale: a.scale, name: a.name.clone() });
        Self { items: items.collect(), next_cursor: None }
    }
}
