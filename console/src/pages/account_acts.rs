//! What operators do to an account.

use axum::response::Response;
use platform::extract::Path;
use serde_json::json;
use uuid::Uuid;

use crate::{
    client::{Address, Failure},
    form::{Field, Form},
    page::Page,
    posted::Posted,
    visit::{SignedIn, Visit},
};

pub(super) fn freeze_form(page: &Page, id: Uuid) -> Form {
    let scopes = page.choices("freeze", &["all", "debits"], "all");
    Form::new(page, &format!("/accounts/{id}/freeze"), "account-freeze")
        .dangerous()
        .field(Field::choice("scope", "account-scope", scopes))
        .field(Field::reason())
}

/// Freezes it: all of it, or what goes out.
pub(crate) async fn freeze(SignedIn(visit): SignedIn, Path(id): Path<Uuid>, form: Posted) -> Result<Response, Failure> {
    match frozen(&visit, id, &form).await {
        Err(failure) => {
            let page = Page::plain(&visit, "nav-accounts");
            freeze_form(&page, id).again(&form, failure, &format!("/accounts/{id}"))
        }
        leads => leads,
    }
}

async fn frozen(visit: &Visit, id: Uuid, form: &Posted) -> Result<Response, Failure> {
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

fn at(id: Uuid, act: &str) -> Address {
    Address::command("/v1/accounts").segment(&id.to_string()).segment(act)
}

fn back(id: Uuid, done: &str) -> String {
    format!("/accounts/{id}?done={done}")
}
