//! Freezing many accounts at once, which waits for a second operator.

use axum::response::Response;
use serde_json::json;
use url::form_urlencoded;

use crate::{
    client::{Address, Failure},
    form::{Field, Form},
    page::Page,
    posted::{Posted, refused},
    visit::{SignedIn, Visit},
};

/// So many ids fit into the form: 1000 with a line break each.
const LONGEST: usize = 40_000;
const SCOPES: [&str; 2] = ["all", "debits"];

fn freeze_form(page: &Page, accounts: &str) -> Form {
    let scopes = page.choices("freeze", &SCOPES, "all");
    Form::new(page, "/accounts/freeze", "accounts-freeze")
        .dangerous()
        .helped("accounts-freeze-help")
        .field(
            Field::lines("accounts", "accounts-ids", LONGEST)
                .filled(accounts)
                .helped("accounts-ids-help")
                .about(&["account-unknown", "account-closed"]),
        )
        .field(Field::choice("scope", "account-scope", scopes))
        .field(Field::reason())
}

/// The form, with the accounts that were chosen in the list.
pub(crate) async fn screen(SignedIn(visit): SignedIn) -> Result<Response, Failure> {
    let page = Page::plain(&visit, "accounts-freeze");
    if !page.may("support") {
        return Err(refused(403, "operator-role-missing"));
    }
    let query = visit.asked().split_once('?').map(|(_, query)| query).unwrap_or_default();
    let chosen = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "account");
    let accounts: Vec<String> = chosen.map(|(_, id)| id.into_owned()).collect();
    Ok(freeze_form(&page, &accounts.join("\n")).alone("/accounts"))
}

pub(crate) async fn freeze(SignedIn(visit): SignedIn, form: Posted) -> Result<Response, Failure> {
    match frozen(&visit, &form).await {
        Err(failure) => freeze_form(&Page::plain(&visit, "accounts-freeze"), "").again(&form, failure, "/accounts"),
        leads => leads,
    }
}

async fn frozen(visit: &Visit, form: &Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let scope = if form.get("scope") == "debits" { "debits" } else { "all" };
    let body = json!({ "accounts": form.names("accounts"), "scope": scope, "reason": act.reason });
    let done = visit.act(Address::command("/v1/accounts/freeze"), &act, &body).await?;
    Ok(done.leads_to("/accounts?done=accounts-frozen"))
}
