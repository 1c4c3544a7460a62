//! The app's first screen.

use axum::extract::State;
use kernel::Role;
use platform::{auth::Principal, extract::Query, problem::Problem};

use crate::{
    Api,
    answer::Answer,
    dto::Wallet,
    opener,
    params::{Freshness, Nothing},
    problem::problem_of,
};

/// The app's first screen in one call: the member, the accounts with balances, the last 20 transactions.
#[utoipa::path(get, operation_id = "wallet_home", security(("bearer" = [])), path = "/v1/wallet/home", tag = "accounts",
    responses((status = 200, description = "The first screen", body = Wallet)))]
pub async fn home(
    State(api): State<Api>,
    principal: Principal,
    Freshness(need): Freshness,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<Wallet>, Problem> {
    principal.require(&[Role::Member])?;
    let mut read = api.reads.wallet(principal.actor.id, &need).await.map_err(problem_of)?;
    let own = read.value.real_name.take().map(|name| (principal.actor.id, name));
    let name = opener::name(api.opener.as_ref(), own).await;
    Ok(Answer::from_result(read.map(|wallet| Ok(Wallet::new(wallet, name)))))
}
