//! What operators ask of webhooks and of their sender.

use axum::response::Response;
use platform::extract::Path;
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::{
    client::{Address, Failure},
    form::{Field, Form},
    page::Page,
    posted::{Posted, refused},
    visit::{SignedIn, Visit},
};

/// Drawn only where it was not taken, with the delivery that was chosen: the page of the webhook has the list.
fn resend_form(page: &Page, id: Uuid) -> Form {
    Form::new(page, &format!("{}/resend", page_of(id)), "webhook-resend")
        .field(Field::choice("delivery", "webhook-delivery", Vec::new()).about(&["delivery-required"]))
        .field(Field::reason())
}

pub(super) fn recover_form(page: &Page, id: Uuid) -> Form {
    Form::new(page, &format!("{}/recover", page_of(id)), "webhook-recover")
        .helped("webhook-recover-help")
        .field(Field::time("since", "webhook-since").about(&["time-unreadable"]))
        .field(Field::reason())
}

/// With an event that may be sent.
pub(super) fn example_form(page: &Page, id: Uuid, event: &str) -> Form {
    Form::new(page, &format!("{}/example", page_of(id)), "webhook-example")
        .field(Field::line("event", "column-event", 60).filled(event))
        .field(Field::reason())
}

/// Sends a delivery once more.
pub(crate) async fn resend(SignedIn(visit): SignedIn, Path(id): Path<Uuid>, form: Posted) -> Result<Response, Failure> {
    match resent(&visit, id, &form).await {
        Err(failure) => resend_form(&Page::plain(&visit, "webhook-title"), id).again(&form, failure, &page_of(id)),
        leads => leads,
    }
}

async fn resent(visit: &Visit, id: Uuid, form: &Posted) -> Result<Response, Failure> {
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
    match recovered(&visit, id, &form).await {
        Err(failure) => recover_form(&Page::plain(&visit, "webhook-title"), id).again(&form, failure, &page_of(id)),
        leads => leads,
    }
}

async fn recovered(visit: &Visit, id: Uuid, form: &Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let since = Page::plain(visit, "webhook-title").format.typed(form.get("since"));
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
    match example_sent(&visit, id, &form).await {
        Err(failure) => example_form(&Page::plain(&visit, "webhook-title"), id, "").again(&form, failure, &page_of(id)),
        leads => leads,
    }
}

async fn example_sent(visit: &Visit, id: Uuid, form: &Posted) -> Result<Response, Failure> {
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

fn page_of(id: Uuid) -> String {
    format!("/webhooks/{id}")
}

fn back(id: Uuid, done: &str) -> String {
    format!("{}?done={done}", page_of(id))
}
