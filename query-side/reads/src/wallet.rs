//! The first screen of the app in one read.

use kernel::{AccountId, AssetCode, MemberId};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::{
    Account, Entry, Fresh, Need, Page, Reads, ReadsError, SealedText, View,
    accounts::{accounts_of, cursor_at},
    freshness::Seen,
    members::NameRow,
    row::{MissingRow, Snapshot, names},
    transactions::{Named, NamedRow},
};

const VIEWS: &[View] = &[View::Accounts, View::Transactions, View::Members];
/// More accounts than a person has; beyond it the list of accounts goes on.
const ACCOUNTS: u16 = 200;
/// How many transactions the first screen shows.
pub const RECENT: i64 = 20;

/// What a member sees first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    /// Whose it is.
    pub member: MemberId,
    /// Their name, sealed; none if the owner of the token never signed up, or has left.
    pub real_name: Option<SealedText>,
    /// Their accounts, newest first: the first page of [`Reads::accounts`].
    pub accounts: Page<Account>,
    /// The last transactions over these accounts, newest first.
    pub recent: Vec<Named<WalletEntry>>,
}

/// A transaction among those of several accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WalletEntry {
    /// Whose balance it changed.
    #[schema(value_type = Uuid)]
    pub account_id: AccountId,
    /// What that account holds.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$")]
    pub asset: AssetCode,
    /// The change.
    #[serde(flatten)]
    pub entry: Entry,
}

impl AsMut<Entry> for WalletEntry {
    fn as_mut(&mut self) -> &mut Entry {
        &mut self.entry
    }
}

impl Reads {
    /// The first screen of a member.
    pub async fn wallet(&self, member: MemberId, need: &Need) -> Result<Fresh<Wallet>, ReadsError> {
        self.gate.read(VIEWS, need, || self.wallet_now(member)).await
    }

    async fn wallet_now(&self, member: MemberId) -> Result<Seen<Wallet>, ReadsError> {
        let row =
            sqlx::query_file!("src/sql/wallet.sql", &names(VIEWS), member.uuid(), i64::from(ACCOUNTS) + 1, RECENT)
                .fetch_one(&self.pool)
                .await?;
        let list = accounts_of(Some(member));
        let wallet = Wallet {
            member,
            real_name: match row.name {
                Some(Json(name)) => name.name()?.map(|(_, name)| name),
                None => None,
            },
            accounts: Page::of(row.accounts.0, ACCOUNTS, |last| cursor_at(&list, last)),
            recent: NamedRow::all(row.recent.0)?,
        };
        let missing = MissingRow::partial(row.missing);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, wallet)
    }
}
