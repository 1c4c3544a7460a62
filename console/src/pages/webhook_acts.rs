//! What operators ask of webhooks and of their sender.

use axum::response::Response;
use platform::extract::Path;
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::{
    client::{Address, Failure},
    page::Page,
    posted::{Posted, refused},
    visit::SignedIn,
};

/// Sends a delivery once more.
pub(crate) async fn resend(SignedIn(visit): SignedIn, Path(id): Path<Uuid>, form: Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let Ok(delivery) = Uuid::try_parse(form.get("delivery")) else { return Err(refused(400, "delivery-required")) };
    let address = at(id).segment("deliveries").segment(&delivery.to_string()).segment("resend");
    let done = visit.act(address, &act, &json!({})).await?;
    Ok(done.leads_to(&back(id, "webhook-resent")))
}

/// Sends what was not delivered since then.
pub(crate) async fn recover(
    SignedIn(visit): SignedIn,
    Path(id): Path<Uuid>,
    form: Posted,
) -> Result<Response, Failure> {
    let act = form.act()?;
    let since = Page::plain(&visit, "webhook-title").format.typed(form.get("since"));
    let since = since.ok_or_else(|| refused(400, "time-unreadable"))?;
    let done = visit.act(at(id).segment("recover"), &act, &json!({ "since": since })).await?;
    Ok(done.leads_to(&back(id, "webhook-recovering")))
}

/// Sends an event that is made up.
pub(crate) async fn example(
    SignedIn(visit): SignedIn,
    Path(id): Path<Uuid>,
    form: Posted,
) -> Result<Response, Failure> {
    let act = form.act()?;
    let body = json!({ "event": form.get("event").trim() });
    let done = visit.act(at(id).segment("example"), &act, &body).await?;
    Ok(done.leads_to(&back(id, "webhook-example")))
}

/// Enables or disables it.
pub(crate) async fn switch(SignedIn(visit): SignedIn, Path(id): Path<Uuid>, form: Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let (status, word) = match form.get("status") {
        "enabled" => ("enabled", "webhook-enabled"),
        _ => ("disabled", "webhook-disabled"),
    };
    let done = visit.send(Method::PATCH, at(id), &act, &json!({ "status": status })).await?;
    Ok(done.leads_to(&back(id, word)))
}

fn at(id: Uuid) -> Address {
    Address::command("/v1/webhooks").segment(&id.to_string())
}

fn back(id: Uuid, done: &str) -> String {
    format!("/webhooks/{id}?done={done}")
}
