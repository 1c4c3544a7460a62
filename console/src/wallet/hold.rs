//! One hold, and its release.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use platform::extract::Path;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{
    holds::Hold,
    member::LoggedIn,
    own::{self, Account},
};
use crate::{
    client::{Address, Failure},
    format::Moment,
    page::{Page, show},
    posted::Posted,
};

#[derive(Deserialize)]
struct Me {
    member_id: String,
}

#[derive(Template)]
#[template(path = "wallet/hold.html")]
struct Screen {
    page: Page,
    id: String,
    state: String,
    tone: String,
    money: String,
    remaining: String,
    captured: String,
    released: String,
    expires: Moment,
    memo: String,
    may_be_released: bool,
}

pub(crate) async fn screen(LoggedIn(visit): LoggedIn, Path(id): Path<Uuid>) -> Result<Response, Failure> {
    let page = Page::new(&visit, "column-hold").await;
    let (hold, own, me) = tokio::join!(
        visit.get::<Hold>(Address::query("/v1/holds").segment(&id.to_string())),
        own::accounts(&visit),
        visit.get::<Me>(Address::query("/v1/members/me")),
    );
    let hold = hold?;
    let me = me.map(|me| me.member_id).unwrap_or_default();
    let may_be_released = may_release(&hold, &own.unwrap_or_default(), &me);
    let money = |amount: &str| page.format.money(amount, &hold.money.asset);
    Ok(show(&Screen {
        money: money(&hold.money.amount),
        remaining: money(&hold.remaining),
        captured: money(&hold.captured),
        released: money(&hold.released),
        state: page.word("hold-state", &hold.status),
        expires: page.format.time(&hold.expires_at),
        memo: hold.memo.clone().unwrap_or_default(),
        may_be_released,
        tone: hold.status.clone(),
        id: hold.hold_id.clone(),
        page: page.clone(),
    }))
}

/// Who placed it and whom it is for may give it back; who pays, only if it is for nobody yet. The servers decide; the page leaves
/// out what they would refuse.
fn may_release(hold: &Hold, own: &[Account], me: &str) -> bool {
    let is_own = |id: &String| own.iter().any(|account| account.account_id == *id);
    let is_free = hold.destination.is_none() && is_own(&hold.source);
    let is_for_me = hold.destination.as_ref().is_some_and(is_own);
    hold.status == "active" && (hold.placed_by == me || is_for_me || is_free)
}

pub(crate) async fn release(
    LoggedIn(visit): LoggedIn,
    Path(id): Path<Uuid>,
    form: Posted,
) -> Result<Response, Failure> {
    let address = Address::command("/v1/holds").segment(&id.to_string()).segment("release");
    visit.act(address, &form.plain_act(), &json!({})).await?;
    Ok(Redirect::to(&format!("/wallet/holds/{id}?done=released")).into_response())
}
