//! Accounts and what happened on them.

use chrono::{DateTime, Utc};
use kernel::{AccountNumber, AssetCode, Minor};
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{mask::mask, opener::Name};

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub struct Account {
    /// Which.
    pub account_id: Uuid,
    /// What people type; null for an account of the bank.
    #[schema(value_type = Option<String>, required, pattern = "^[0-9]{12}$")]
    pub account_number: Option<AccountNumber>,
    /// Whose; null for an account of the bank.
    #[schema(required)]
    pub owner: Option<Uuid>,
    /// What an account of the bank stands for; left out of a member's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it holds.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$")]
    pub asset: AssetCode,
    /// Whether money may move.
    #[schema(value_type = String, pattern = "^(open|frozen|closed)$")]
    pub status: &'static str,
    /// How much is on it, in minor units.
    #[schema(value_type = String, pattern = "^-?[0-9]{1,38}$")]
    pub balance: Minor,
    /// How much of that could be spent, in minor units.
    #[schema(value_type = String, pattern = "^-?[0-9]{1,38}$")]
    pub available: Minor,
    /// How many events its stream has.
    #[schema(minimum = 1)]
    pub version: i64,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
}

/// Part of a list of accounts.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountPage {
    /// Newest first.
    pub items: Vec<Account>,
    /// Where the list goes on; null at its end.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

/// One change of an account's balance.
#[derive(Debug, Serialize, ToSchema)]
pub struct Entry {
    /// The transfer it is one side of.
    pub transfer_id: Uuid,
    /// What kind of movement.
    #[schema(pattern = "^(transfer|deposit|withdrawal|reversal)$")]
    pub kind: String,
    /// How much, in minor units; negative went out.
    #[schema(value_type = String, pattern = "^-?[0-9]{1,38}$")]
    pub amount: Minor,
    /// The balance after it.
    #[schema(value_type = String, pattern = "^-?[0-9]{1,38}$")]
    pub balance_after: Minor,
    /// The version of the account after it.
    #[schema(minimum = 1)]
    pub version: i64,
    /// The account on the other side.
    pub counterparty: Uuid,
    /// The payer's words.
    #[schema(required)]
    pub memo: Option<String>,
    /// The outside's reference of a deposit or withdrawal.
    #[schema(required)]
    pub reference: Option<String>,
    /// The transfer that it undoes, if it is one side of a reversal. Also null until the view that holds it is promoted.
    #[schema(required)]
    pub reverses: Option<Uuid>,
    /// Its place in the log.
    #[schema(minimum = 1)]
    pub position: i64,
    /// When, by the log's clock.
    pub recorded_at: DateTime<Utc>,
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

/// What was on an account at a moment.
#[derive(Debug, Serialize, ToSchema)]
pub struct Balance {
    /// Which.
    pub account_id: Uuid,
    /// What it holds.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$")]
    pub asset: AssetCode,
    /// How much it held, in minor units.
    #[schema(value_type = String, pattern = "^-?[0-9]{1,38}$")]
    pub balance: Minor,
    /// The version of the account after the last posting that counts; null if nothing had been posted.
    #[schema(required)]
    pub version: Option<i64>,
    /// The position of the log that the moment stands for.
    #[schema(minimum = 0)]
    pub position: i64,
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

impl From<reads::Account> for Account {
    fn from(account: reads::Account) -> Self {
        Self {
            account_id: account.account_id.uuid(),
            account_number: account.account_number,
            owner: account.owner.map(kernel::MemberId::uuid),
            name: account.name,
            asset: account.asset,
            status: account.status.as_str(),
            balance: account.balance,
            available: account.available,
            version: account.version.number(),
            opened_at: account.opened_at,
        }
    }
}

impl From<reads::Page<reads::Account>> for AccountPage {
    fn from(page: reads::Page<reads::Account>) -> Self {
        Self { items: page.items.into_iter().map(Account::from).collect(), next_cursor: page.next_cursor }
    }
}

impl From<reads::Entry> for Entry {
    fn from(entry: reads::Entry) -> Self {
        Self {
            transfer_id: entry.transfer_id.uuid(),
            kind: entry.kind,
            amount: entry.amount,
            balance_after: entry.balance_after,
            version: entry.version.number(),
            counterparty: entry.counterparty.uuid(),
            memo: entry.memo,
            reference: entry.reference,
            reverses: entry.reverses.map(kernel::TransferId::uuid),
            position: entry.position.number(),
            recorded_at: entry.recorded_at,
        }
    }
}

impl From<reads::Page<reads::Entry>> for EntryPage {
    fn from(page: reads::Page<reads::Entry>) -> Self {
        Self { items: page.items.into_iter().map(Entry::from).collect(), next_cursor: page.next_cursor }
    }
}

impl From<reads::Balance> for Balance {
    fn from(balance: reads::Balance) -> Self {
        Self {
            account_id: balance.account_id.uuid(),
            asset: balance.asset,
            balance: balance.balance,
            version: balance.version.map(kernel::Version::number),
            position: balance.position.number(),
        }
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
