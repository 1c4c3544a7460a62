//! What admins do to a partner: its keys, which are shown once, and its quotas.

use axum::response::Response;
use kernel::Scope;
use platform::extract::Path;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::secrets::{Secret, Secrets};
use crate::{
    client::{Address, Failure, Server},
    page::Page,
    posted::{Posted, refused},
    visit::{SignedIn, Visit},
};

/// A key with its secret, as the command server tells it once.
#[derive(Deserialize)]
pub(super) struct Issued {
    key_id: String,
    secret: String,
    scopes: Vec<String>,
}

/// Issues a key. Its secret is on the page that answers, and nowhere else.
pub(crate) async fn issue(SignedIn(visit): SignedIn, Path(id): Path<Uuid>, form: Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let ticked = form.all("scopes");
    let known = Scope::ALL.iter().map(|scope| scope.as_str());
    let scopes: Vec<&str> = known.filter(|scope| ticked.contains(scope)).collect();
    let page = Page::plain(&visit, "partner-key-title");
    let mut body = json!({ "scopes": scopes });
    if !form.get("expires_at").trim().is_empty() {
        let expires = page.format.typed(form.get("expires_at")).ok_or_else(|| refused(400, "time-unreadable"))?;
        body["expires_at"] = expires.into();
    }
    let done = visit.act(at(id).segment("keys"), &act, &body).await?;
    if done.approval.is_some() {
        return Ok(done.leads_to(&back(id, "pending")));
    }
    let issued: Issued =
        serde_json::from_value(done.body).map_err(|error| Failure::Answer(Server::Command, error.to_string()))?;
    Ok(key_page(&visit, issued, "secrets-once", format!("/partners/{id}")))
}

/// The page of a key with its secret. `notice` is the key of who sees it.
pub(super) fn key_page(visit: &Visit, issued: Issued, notice: &str, back: String) -> Response {
    let page = Page::plain(visit, "partner-key-title");
    let secrets = vec![
        Secret { name: page.t("partner-key-id"), value: issued.key_id },
        Secret { name: page.t("partner-key-secret"), value: issued.secret },
    ];
    let (notice, help) = (page.t(notice), page.t("partner-key-help"));
    Secrets { page, notice, whose: issued.scopes.join(" "), help, secrets, link: None, back }.shown()
}

/// Revokes a key, for good.
pub(crate) async fn revoke(SignedIn(visit): SignedIn, Path(id): Path<Uuid>, form: Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let Ok(key) = Uuid::try_parse(form.get("revoked")) else { return Err(refused(400, "key-required")) };
    let address = at(id).segment("keys").segment(&key.to_string()).segment("revoke");
    let done = visit.act(address, &act, &json!({})).await?;
    Ok(done.leads_to(&back(id, "key-revoked")))
}

/// Sets the quotas, instead of those that were set before; what is empty is as usual.
pub(crate) async fn quotas(SignedIn(visit): SignedIn, Path(id): Path<Uuid>, form: Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let limits: Vec<&str> = form.get("limits").split([',', ' ']).filter(|name| !name.is_empty()).collect();
    let mut body = json!({ "limits": limits });
    for name in ["requests_per_second", "burst"] {
        let typed = form.get(name).trim();
        if !typed.is_empty() {
            let number: u32 = typed.parse().map_err(|_| refused(400, "number-unreadable"))?;
            body[name] = number.into();
        }
    }
    let done = visit.send(Method::PUT, at(id).segment("quotas"), &act, &body).await?;
    Ok(done.leads_to(&back(id, "quotas-set")))
}

fn at(id: Uuid) -> Address {
    Address::command("/v1/partners").segment(&id.to_string())
}

fn back(id: Uuid, done: &str) -> String {
    format!("/partners/{id}?done={done}")
}
