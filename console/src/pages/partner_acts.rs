//! What admins do to a partner: its keys, which are shown once, and its quotas.

use axum::response::Response;
use kernel::Scope;
use platform::extract::Path;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{
    partners::Partner,
    secrets::{Secret, Secrets},
};
use crate::{
    client::{Address, Failure, Server},
    form::{Field, Form},
    page::{Choice, Page},
    posted::{Posted, refused, refused_at},
    visit::{SignedIn, Visit},
};

/// A key with its secret, as the command server tells it once.
#[derive(Deserialize)]
pub(super) struct Issued {
    key_id: String,
    secret: String,
    scopes: Vec<String>,
}

pub(super) fn issue_form(page: &Page, id: Uuid) -> Form {
    let scopes = Scope::ALL.iter().map(|scope| Choice::plain(scope.as_str())).collect();
    Form::new(page, &format!("/partners/{id}/keys"), "partner-issue")
        .field(Field::ticks("scopes", "partner-scopes", scopes))
        .field(Field::time("expires_at", "partner-expires").optional())
        .field(Field::reason())
}

pub(super) fn revoke_form(page: &Page, id: Uuid, keys: &[&str]) -> Form {
    let keys = keys.iter().map(|key| Choice::plain(key)).collect();
    Form::new(page, &format!("/partners/{id}/revoke"), "partner-revoke")
        .dangerous()
        .field(Field::choice("revoked", "partner-key-id", keys).about(&["key-required", "key-unknown"]))
        .field(Field::reason())
}

/// With what is set now: requests in a second, requests at once, and names of limits.
pub(super) fn quotas_form(page: &Page, id: Uuid, [per_second, burst, limits]: [&str; 3]) -> Form {
    Form::new(page, &format!("/partners/{id}/quotas"), "partner-quotas")
        .helped("partner-quotas-help")
        .field(Field::digits("requests_per_second", "partner-per-second", 6).optional().filled(per_second))
        .field(Field::digits("burst", "partner-burst", 6).optional().filled(burst))
        .field(Field::line("limits", "account-limits", 2000).optional().filled(limits).about(&["limit-unknown"]))
        .field(Field::reason())
}

/// Issues a key. Its secret is on the page that answers, and nowhere else.
pub(crate) async fn issue(SignedIn(visit): SignedIn, Path(id): Path<Uuid>, form: Posted) -> Result<Response, Failure> {
    match issued(&visit, id, &form).await {
        Err(failure) => issue_form(&Page::plain(&visit, "nav-partners"), id).again(&form, failure, &page_of(id)),
        shown => shown,
    }
}

async fn issued(visit: &Visit, id: Uuid, form: &Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let ticked = form.all("scopes");
    let known = Scope::ALL.iter().map(|scope| scope.as_str());
    let scopes: Vec<&str> = known.filter(|scope| ticked.contains(scope)).collect();
    let page = Page::plain(visit, "partner-key-title");
    let mut body = json!({ "scopes": scopes });
    if !form.get("expires_at").trim().is_empty() {
        let expires = page.format.typed(form.get("expires_at"));
        body["expires_at"] = expires.ok_or_else(|| refused_at("expires_at", "time-unreadable"))?.into();
    }
    let done = visit.act(at(id).segment("keys"), &act, &body).await?;
    if done.approval.is_some() {
        return Ok(done.leads_to(&back(id, "pending")));
    }
    let issued: Issued =
        serde_json::from_value(done.body).map_err(|error| Failure::Answer(Server::Command, error.to_string()))?;
    Ok(key_page(visit, issued, "secrets-once", page_of(id)))
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
    match revoked(&visit, id, &form).await {
        Err(failure) => {
            // Where nobody says which keys there are, the chosen one is offered alone.
            let partner = visit.get::<Partner>(Address::query("/v1/partners").segment(&id.to_string())).await;
            let keys = partner.as_ref().map(Partner::keys_in_force).unwrap_or_default();
            revoke_form(&Page::plain(&visit, "nav-partners"), id, &keys).again(&form, failure, &page_of(id))
        }
        leads => leads,
    }
}

async fn revoked(visit: &Visit, id: Uuid, form: &Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let Ok(key) = Uuid::try_parse(form.get("revoked")) else { return Err(refused(400, "key-required")) };
    let address = at(id).segment("keys").segment(&key.to_string()).segment("revoke");
    let done = visit.act(address, &act, &json!({})).await?;
    Ok(done.leads_to(&back(id, "key-revoked")))
}

/// Sets the quotas, instead of those that were set before; what is empty is as usual.
pub(crate) async fn quotas(SignedIn(visit): SignedIn, Path(id): Path<Uuid>, form: Posted) -> Result<Response, Failure> {
    match quotas_set(&visit, id, &form).await {
        Err(failure) => {
            quotas_form(&Page::plain(&visit, "nav-partners"), id, [""; 3]).again(&form, failure, &page_of(id))
        }
        leads => leads,
    }
}

async fn quotas_set(visit: &Visit, id: Uuid, form: &Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let mut body = json!({ "limits": form.names("limits") });
    for name in ["requests_per_second", "burst"] {
        let typed = form.get(name).trim();
        if !typed.is_empty() {
            let number: u32 = typed.parse().map_err(|_| refused_at(name, "number-unreadable"))?;
            body[name] = number.into();
        }
    }
    let done = visit.send(Method::PUT, at(id).segment("quotas"), &act, &body).await?;
    Ok(done.leads_to(&back(id, "quotas-set")))
}

fn at(id: Uuid) -> Address {
    Address::command("/v1/partners").segment(&id.to_string())
}

fn page_of(id: Uuid) -> String {
    format!("/partners/{id}")
}

fn back(id: Uuid, done: &str) -> String {
    format!("{}?done={done}", page_of(id))
}
