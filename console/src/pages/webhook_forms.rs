//! What admins do to webhooks: create, change, rotate the secret, delete. Secrets are shown once.

use axum::response::{IntoResponse, Redirect, Response};
use platform::extract::Path;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::secrets::{Secret, Secrets};
use crate::{
    client::{Address, Done, Failure, Server},
    form::{Field, Form},
    page::Page,
    posted::{Posted, refused},
    visit::{SignedIn, Visit},
};

/// Characters of an address, and of all names of events.
const LONGEST: usize = 2000;
const OF_URL: &[&str] = &["url-not-allowed"];

/// What signatures are verified with, as the command server tells it once.
#[derive(Deserialize)]
struct Keys {
    webhook_id: Uuid,
    secret: String,
    public_key: String,
    /// Until when the secret before it signs, too.
    #[serde(default)]
    overlap_until: Option<String>,
}

pub(super) fn create_form(page: &Page) -> Form {
    Form::new(page, "/webhooks", "webhook-create")
        .field(Field::line("url", "column-url", LONGEST).filled("https://").about(OF_URL))
        .field(Field::lines("events", "column-events", LONGEST).filled("*").helped("webhook-events-help"))
        .field(Field::line("description", "webhook-description", 256).optional())
        .field(Field::reason())
}

pub(super) fn change_form(page: &Page, id: Uuid, url: &str, events: &[String]) -> Form {
    Form::new(page, &format!("/webhooks/{id}/change"), "webhook-change")
        .field(Field::line("url", "column-url", LONGEST).filled(url).about(OF_URL))
        .field(
            Field::lines("events", "column-events", LONGEST).filled(&events.join("\n")).helped("webhook-events-help"),
        )
        .field(Field::reason())
}

pub(super) fn rotate_form(page: &Page, id: Uuid) -> Form {
    let overlap = Field::digits("overlap", "webhook-overlap", 6).filled("86400");
    Form::new(page, &format!("/webhooks/{id}/rotate"), "webhook-rotate")
        .field(overlap.helped("webhook-overlap-help").about(&["number-unreadable"]))
        .field(Field::reason())
}

pub(super) fn delete_form(page: &Page, id: Uuid) -> Form {
    Form::new(page, &format!("/webhooks/{id}/delete"), "webhook-delete")
        .dangerous()
        .helped("webhook-delete-help")
        .field(Field::reason())
}

/// Creates a webhook. Its secret is on the page that answers, and nowhere else.
pub(crate) async fn create(SignedIn(visit): SignedIn, form: Posted) -> Result<Response, Failure> {
    match created(&visit, &form).await {
        Err(failure) => create_form(&Page::plain(&visit, "webhook-title")).again(&form, failure, "/webhooks"),
        shown => shown,
    }
}

async fn created(visit: &Visit, form: &Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let mut body = json!({ "url": form.get("url").trim(), "events": form.names("events") });
    let description = form.get("description").trim();
    if !description.is_empty() {
        body["description"] = description.into();
    }
    keys_page(visit, visit.act(Address::command("/v1/webhooks"), &act, &body).await?)
}

/// Changes where events are sent to, and which.
pub(crate) async fn change(SignedIn(visit): SignedIn, Path(id): Path<Uuid>, form: Posted) -> Result<Response, Failure> {
    match changed(&visit, id, &form).await {
        Err(failure) => {
            change_form(&Page::plain(&visit, "webhook-title"), id, "", &[]).again(&form, failure, &page_of(id))
        }
        leads => leads,
    }
}

async fn changed(visit: &Visit, id: Uuid, form: &Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let body = json!({ "url": form.get("url").trim(), "events": form.names("events") });
    let done = visit.send(Method::PATCH, at(id), &act, &body).await?;
    Ok(done.leads_to(&format!("{}?done=webhook-changed", page_of(id))))
}

/// Makes a new secret, shown on the page that answers.
pub(crate) async fn rotate(SignedIn(visit): SignedIn, Path(id): Path<Uuid>, form: Posted) -> Result<Response, Failure> {
    match rotated(&visit, id, &form).await {
        Err(failure) => rotate_form(&Page::plain(&visit, "webhook-title"), id).again(&form, failure, &page_of(id)),
        shown => shown,
    }
}

async fn rotated(visit: &Visit, id: Uuid, form: &Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let overlap: u32 = form.get("overlap").trim().parse().map_err(|_| refused(400, "number-unreadable"))?;
    keys_page(visit, visit.act(at(id).segment("rotate"), &act, &json!({ "overlap": overlap })).await?)
}

/// Deletes it, with what is still to be delivered.
pub(crate) async fn delete(SignedIn(visit): SignedIn, Path(id): Path<Uuid>, form: Posted) -> Result<Response, Failure> {
    match deleted(&visit, id, &form).await {
        Err(failure) => delete_form(&Page::plain(&visit, "webhook-title"), id).again(&form, failure, &page_of(id)),
        leads => leads,
    }
}

async fn deleted(visit: &Visit, id: Uuid, form: &Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    visit.send(Method::DELETE, at(id), &act, &Value::Null).await?;
    Ok(Redirect::to("/webhooks?done=webhook-deleted").into_response())
}

/// The page of a secret, with what it belongs to.
fn keys_page(visit: &Visit, done: Done) -> Result<Response, Failure> {
    let keys: Keys =
        serde_json::from_value(done.body).map_err(|error| Failure::Answer(Server::Command, error.to_string()))?;
    let page = Page::plain(visit, "webhook-keys-title");
    let whose = match keys.overlap_until {
        Some(until) => {
            let until = page.format.time(&until).shown;
            page.language().text_with("webhook-overlap-until", &[("until", &until)])
        }
        None => keys.webhook_id.to_string(),
    };
    let secrets = vec![
        Secret { name: page.t("webhook-secret"), value: keys.secret },
        Secret { name: page.t("webhook-public-key"), value: keys.public_key },
    ];
    let (notice, help, back) = (page.t("secrets-once"), page.t("webhook-keys-help"), page_of(keys.webhook_id));
    Ok(Secrets { page, notice, whose, help, secrets, link: None, back }.shown())
}

fn at(id: Uuid) -> Address {
    Address::command("/v1/webhooks").segment(&id.to_string())
}

fn page_of(id: Uuid) -> String {
    format!("/webhooks/{id}")
}
