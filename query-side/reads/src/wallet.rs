//! The first screen of the app in one read.

use chrono::{DateTime, Utc};
use kernel::{AccountId, AssetCode, MemberId, OrderId, StreamId};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::{
    Account, AccountLimit, Entry, Fresh, Hold, Item, Need, Page, Reads, ReadsError, SealedText, View,
    accounts::{accounts_of, cursor_at},
    freshness::Seen,
    limits::AppliedRow,
    members::NameRow,
    row::{MissingRow, Snapshot, names},
    transactions::{Named, NamedRow},
    transfers::Money,
};

const VIEWS: &[View] =
    &[View::Accounts, View::Transactions, View::Members, View::Holds, View::StandingOrders, View::Items, View::Limits];
/// More accounts than a person has; beyond it the list of accounts goes on.
const ACCOUNTS: u16 = 200;
/// How many transactions the first screen shows, and how many holds, orders and items.
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
    /// The newest holds of funds of these accounts of which something remains.
    pub holds: Vec<Hold>,
    /// The standing orders whose next runs are due first.
    pub orders: Vec<PendingOrder>,
    /// The items that came to them last.
    pub items: Vec<Item>,
    /// Today's use of the limits that count for these accounts.
    pub limits: Vec<WalletLimit>,
}

/// A standing order that waits for its next run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PendingOrder {
    /// Which.
    #[schema(value_type = Uuid)]
    pub order_id: OrderId,
    /// When its next run is due.
    pub next_at: DateTime<Utc>,
    /// The account that pays.
    #[schema(value_type = Uuid)]
    pub source: AccountId,
    /// The account that receives.
    #[schema(value_type = Uuid)]
    pub destination: AccountId,
    /// How much it pays.
    pub money: Money,
    /// The payer's words.
    #[schema(required)]
    pub memo: Option<String>,
}

/// What one of several accounts has used of a limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WalletLimit {
    /// The account.
    #[schema(value_type = Uuid)]
    pub account_id: AccountId,
    /// The limit, and what is used of it.
    #[serde(flatten)]
    pub limit: AccountLimit,
}

/// A limit that counts for one of several accounts.
#[derive(Debug, Deserialize)]
struct LimitRow {
    account_id: AccountId,
    #[serde(flatten)]
    applied: AppliedRow,
}

impl LimitRow {
    fn today(self, now: DateTime<Utc>) -> impl Iterator<Item = WalletLimit> {
        let account_id = self.account_id;
        let windows = self.applied.windows(now).into_iter().map(|(_, limit)| limit);
        windows.filter(|limit| limit.window == "day").map(move |limit| WalletLimit { account_id, limit })
    }
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

impl Reads {
    /// The first screen of a member.
    pub async fn wallet(&self, member: MemberId, need: &Need) -> Result<Fresh<Wallet>, ReadsError> {
        self.gate.read(VIEWS, need, || self.wallet_now(member)).await
    }

    async fn wallet_now(&self, member: MemberId) -> Result<Seen<Wallet>, ReadsError> {
        let row = sqlx::query_file!(
            "src/sql/wallet.sql",
            &names(VIEWS),
            member.uuid(),
            i64::from(ACCOUNTS) + 1,
            RECENT,
            StreamId::LIMITS.to_string(),
        )
        .fetch_one(&self.pool)
        .await?;
        let (list, now) = (accounts_of(Some(member)), self.clock.now());
        let mut limits: Vec<_> = row.limits.0.into_iter().flat_map(|limit| limit.today(now)).collect();
        limits.sort_by(|one, other| {
            other.account_id.cmp(&one.account_id).then_with(|| one.limit.name.cmp(&other.limit.name))
        });
        let wallet = Wallet {
            member,
            real_name: match row.name {
                Some(Json(name)) => name.name()?.map(|(_, name)| name),
                None => None,
            },
            accounts: Page::of(row.accounts.0, ACCOUNTS, |last| cursor_at(&list, last)),
            recent: NamedRow::all(row.recent.0)?,
            holds: row.holds.0,
            orders: row.orders.0,
            items: row.items.0,
            limits,
        };
        let missing = MissingRow::partial(row.missing);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, wallet)
    }
}
