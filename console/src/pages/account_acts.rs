//! What operators do to an account.

use axum::response::Response;
use platform::extract::Path;
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::{
    client::{Address, Failure},
    posted::Posted,
    visit::SignedIn,
};

/// Freezes it: all of it, or what goes out.
pub(crate) async fn freeze(SignedIn(visit): SignedIn, Path(id): Path<Uuid>, form: Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let scope = if form.get("scope") == "debits" { "debits" } else { "all" };
    let body = json!({ "reason": act.reason, "scope": scope });
    let done = visit.act(at(id, "freeze"), &act, &body).await?;
    Ok(done.leads_to(&back(id, "frozen")))
}

pub(crate) async fn unfreeze(
    SignedIn(visit): SignedIn,
    Path(id): Path<Uuid>,
    form: Posted,
) -> Result<Response, Failure> {
    let act = form.act()?;
    let done = visit.act(at(id, "unfreeze"), &act, &json!({ "reason": act.reason })).await?;
    Ok(done.leads_to(&back(id, "unfrozen")))
}

/// Assigns limits to it, instead of those that were assigned before.
pub(crate) async fn assign_limits(
    SignedIn(visit): SignedIn,
    Path(id): Path<Uuid>,
    form: Posted,
) -> Result<Response, Failure> {
    let act = form.act()?;
    let names: Vec<&str> = form.get("names").split([',', ' ']).filter(|name| !name.is_empty()).collect();
    let done = visit.send(Method::PUT, at(id, "limits"), &act, &json!({ "names": names })).await?;
    Ok(done.leads_to(&back(id, "limits-assigned")))
}

fn at(id: Uuid, act: &str) -> Address {
    Address::command("/v1/accounts").segment(&id.to_string()).segment(act)
}

fn back(id: Uuid, done: &str) -> String {
    format!("/accounts/{id}?done={done}")
}
