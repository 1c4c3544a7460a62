//! What admins do to limits: they set one, delete one, and assign some to an account.

use axum::response::Response;
use platform::extract::Path;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    client::{Address, Failure},
    form::{Field, Form},
    page::{Choice, Page},
    posted::{Posted, refused, refused_at},
    visit::{SignedIn, Visit},
};

const KINDS: [&str; 8] = ["transfer", "withdrawal", "compound", "hold", "charge", "exchange", "payout", "trade"];
/// Characters of all names of limits.
const LONGEST: usize = 2000;

pub(super) fn set_form(page: &Page) -> Form {
    let assets = page.format.decimals.keys().map(|code| Choice::plain(code)).collect();
    let kinds = page.choices("limited", &KINDS, "transfer");
    Form::new(page, "/limits", "limit-set")
        .helped("limit-set-help")
        .field(Field::line("name", "column-name", 40).about(&["name-required"]))
        .field(Field::choice("asset", "column-asset", assets).about(&["asset-unknown"]))
        .field(Field::tick("everyone", "limit-everyone"))
        .field(Field::ticks("kinds", "limit-kinds", kinds))
        .field(Field::digits("per_transfer", "limit-per-transfer", 38).optional())
        .field(Field::digits("per_day.amount", "limit-day-amount", 38).optional())
        .field(Field::digits("per_day.count", "limit-day-count", 10).optional())
        .field(Field::digits("per_month.amount", "limit-month-amount", 38).optional())
        .field(Field::digits("per_month.count", "limit-month-count", 10).optional())
        .field(Field::line("zone", "limit-zone", 64).optional().helped("limit-zone-help"))
        .field(Field::reason())
}

pub(super) fn delete_form(page: &Page, names: &[String]) -> Form {
    let names = names.iter().map(|name| Choice::plain(name)).collect();
    Form::new(page, "/limits/delete", "limit-delete")
        .dangerous()
        .field(Field::choice("name", "column-limit", names).about(&["name-required", "limit-unknown"]))
        .field(Field::reason())
}

pub(super) fn assign_form(page: &Page, account: Uuid) -> Form {
    Form::new(page, &format!("/accounts/{account}/limits"), "limit-assign")
        .helped("limit-assign-help")
        .field(Field::line("names", "limit-names", LONGEST).optional().about(&["limit-unknown"]))
        .field(Field::reason())
}

/// Sets a limit, instead of what was set under its name.
pub(crate) async fn set(SignedIn(visit): SignedIn, form: Posted) -> Result<Response, Failure> {
    match was_set(&visit, &form).await {
        Err(failure) => set_form(&Page::new(&visit, "nav-limits").await).again(&form, failure, "/limits"),
        leads => leads,
    }
}

async fn was_set(visit: &Visit, form: &Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let (address, body) = (named(form)?, body(form)?);
    let done = visit.send(Method::PUT, address, &act, &body).await?;
    Ok(done.leads_to("/limits?done=limit-set"))
}

fn named(form: &Posted) -> Result<Address, Failure> {
    let name = filled(form, "name").ok_or_else(|| refused(400, "name-required"))?;
    Ok(Address::command("/v1/limits").segment(name))
}

/// What is left empty is left out.
fn body(form: &Posted) -> Result<Value, Failure> {
    let mut body = json!({
        "asset": form.get("asset").trim(),
        "kinds": form.all("kinds"),
        "everyone": !form.get("everyone").is_empty(),
    });
    for name in ["per_transfer", "zone"] {
        if let Some(typed) = filled(form, name) {
            body[name] = typed.into();
        }
    }
    for window in ["per_day", "per_month"] {
        let mut cap = json!({});
        if let Some(amount) = filled(form, &format!("{window}.amount")) {
            cap["amount"] = amount.into();
        }
        let count = format!("{window}.count");
        if let Some(number) = filled(form, &count) {
            let number: u32 = number.parse().map_err(|_| refused_at(&count, "number-unreadable"))?;
            cap["count"] = number.into();
        }
        if cap != json!({}) {
            body[window] = cap;
        }
    }
    Ok(body)
}

fn filled<'a>(form: &'a Posted, name: &str) -> Option<&'a str> {
    Some(form.get(name).trim()).filter(|value| !value.is_empty())
}

/// Deletes a limit.
pub(crate) async fn delete(SignedIn(visit): SignedIn, form: Posted) -> Result<Response, Failure> {
    match deleted(&visit, &form).await {
        // The others are chosen in the list, where the form leads back to.
        Err(failure) => delete_form(&Page::plain(&visit, "nav-limits"), &[]).again(&form, failure, "/limits"),
        leads => leads,
    }
}

async fn deleted(visit: &Visit, form: &Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let address = named(form)?;
    let done = visit.send(Method::DELETE, address, &act, &Value::Null).await?;
    Ok(done.leads_to("/limits?done=limit-deleted"))
}

/// Assigns limits to an account, instead of those that were assigned before.
pub(crate) async fn assign(
    SignedIn(visit): SignedIn,
    Path(account): Path<Uuid>,
    form: Posted,
) -> Result<Response, Failure> {
    match assigned(&visit, account, &form).await {
        Err(failure) => {
            let page = Page::plain(&visit, "account-limits");
            assign_form(&page, account).again(&form, failure, &format!("/accounts/{account}"))
        }
        leads => leads,
    }
}

async fn assigned(visit: &Visit, account: Uuid, form: &Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let address = Address::command("/v1/accounts").segment(&account.to_string()).segment("limits");
    let done = visit.send(Method::PUT, address, &act, &json!({ "names": form.names("names") })).await?;
    Ok(done.leads_to(&format!("/accounts/{account}?done=limits-assigned")))
}
