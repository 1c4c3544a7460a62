//! The app's first screen.

use axum::extract::State;
use platform::{
    auth::Admitted,
    extract::Query,
    problem::{Code, Problem},
};
use reads::{Account, Hold, Item, PendingOrder, WalletEntry, WalletLimit};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::{
    answer::Answer,
    counterparty,
    members::Shown,
    opener::{self, Name},
    params::{Freshness, Nothing},
    problem::problem_of,
    readers::Members,
    route::Route,
    state::Api,
};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![Route::of::<Members>(routes!(home)).answers(&[Code::Forbidden])]
}

/// The app's first screen in one call.
#[derive(Debug, Serialize, ToSchema)]
pub struct Wallet {
    /// Whose it is.
    pub member: WalletMember,
    /// Their accounts, newest first.
    #[schema(max_items = 200)]
    pub accounts: Vec<Account>,
    /// Null if these are all; else the `cursor` with which `GET /v1/accounts` gives the others.
    #[schema(required)]
    pub accounts_next_cursor: Option<String>,
    /// The last 20 transactions over the accounts shown here, newest first.
    #[schema(max_items = 20)]
    pub transactions: Vec<WalletEntry>,
    /// The last 20 holds of funds of the accounts shown here of which something remains, newest placed first.
    #[schema(max_items = 20)]
    pub holds: Vec<Hold>,
    /// The 20 standing orders whose next runs are due first.
    #[schema(max_items = 20)]
    pub standing_orders: Vec<PendingOrder>,
    /// The last 20 items that came to the member, the newest first.
    #[schema(max_items = 20)]
    pub items: Vec<Item>,
    /// What the accounts shown here have used today of the limits on a day that count for them.
    pub limits: Vec<WalletLimit>,
    /// There and true if there are names of other sides that cannot be read now.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub degraded: bool,
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
    /// The screen with the names that were opened for it.
    pub fn new(wallet: reads::Wallet, name: Name, transactions: Vec<WalletEntry>, degraded: bool) -> Self {
        let (real_name, no_name) = match name {
            Name::Known(name) => (name.map(Shown), false),
            Name::Degraded => (None, true),
        };
        Self {
            member: WalletMember { member_id: wallet.member.uuid(), real_name, degraded: no_name },
            accounts: wallet.accounts.items,
            accounts_next_cursor: wallet.accounts.next_cursor,
            transactions,
            holds: wallet.holds,
            standing_orders: wallet.orders,
            items: wallet.items,
            limits: wallet.limits,
            degraded,
        }
    }
}

/// The app's first screen in one call: the member, the accounts with balances, the last 20 transactions, open holds, standing orders that are
/// due next, items, and what is used of limits today. Of more than 200 accounts it shows the newest, and where `GET /v1/accounts` goes on.
#[utoipa::path(get, operation_id = "wallet_home", security(("bearer" = [])), path = "/v1/wallet/home", tag = "accounts",
    responses((status = 200, description = "The first screen", body = Wallet)))]
pub async fn home(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<Members>,
    Freshness(need, asked): Freshness,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<Wallet>, Problem> {
    let mut read = api.reads.wallet(principal.actor.id, &need).await.map_err(problem_of)?;
    let own = read.value.real_name.take().map(|name| (principal.actor.id, name));
    let name = opener::name(api.opener.as_ref(), own).await;
    let recent = std::mem::take(&mut read.value.recent);
    let (opener, role) = (api.opener.as_ref(), principal.actor.role);
    let (recent, degraded) =
        counterparty::name(opener, role, recent, |recent| &mut recent.entry.counterparty_name).await;
    Ok(Answer::from_result(read.map(|wallet| Ok(Wallet::new(wallet, name, recent, degraded)))).preferred(asked))
}
