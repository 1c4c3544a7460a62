//! The log that is rebuilt from.

use anyhow::{Context, Result};

use crate::{connection::connect, fill::Filler};
use testkit::kit::Pair;

/// The accounts that the transfers go between.
const ACCOUNTS: i64 = 10_000;

/// Accounts and transfers between them, as the command servers write them; the last position.
pub(super) async fn fill(pair: &Pair, events: i64) -> Result<i64> {
    let mut filler = Filler::open(&pair.log).await?;
    // Five events open and fund an account, and a round of transfers is three for two accounts.
    let rounds = ((events - 5 * ACCOUNTS) * 2 / (3 * ACCOUNTS)).max(1);
    filler.add(ACCOUNTS, rounds).await?;
    filler.settle().await?;
    filler.close().await?;
    let mut log = connect(&pair.log.superuser_url()).await?;
    sqlx::query_scalar("select position from log_head").fetch_one(&mut log).await.context("reading the head")
}
