//! What admins do to operators, and everybody to their own password.

use axum::response::{IntoResponse, Redirect, Response};
use platform::extract::Path;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::{
    operator_forms::{password_form, role_form},
    secrets::{Secret, Secrets},
};
use crate::{
    client::{Address, Done, Failure, Server},
    page::Page,
    posted::{Posted, refused},
    visit::{SignedIn, Visit},
};

/// What an operator logs in with the first time.
#[derive(Deserialize)]
struct Credentials {
    operator_id: String,
    name: String,
    password: String,
    totp_secret: String,
    otpauth_url: String,
}

/// `POST /operators/{id}/{act}`: another role, disabled, enabled, or new credentials.
pub(crate) async fn act(
    SignedIn(visit): SignedIn,
    Path((id, what)): Path<(Uuid, String)>,
    form: Posted,
) -> Result<Response, Failure> {
    match carried_out(&visit, id, &what, &form).await {
        Err(failure) if what == "role" => {
            role_form(&Page::plain(&visit, "nav-operators"), id, "").again(&form, failure, &page_of(id))
        }
        answer => answer,
    }
}

async fn carried_out(visit: &Visit, id: Uuid, what: &str, form: &Posted) -> Result<Response, Failure> {
    let done = match what {
        "role" => "operator-role",
        "disable" => "operator-disabled",
        "enable" => "operator-enabled",
        "reset" => "",
        _ => return Err(refused(404, "not-found")),
    };
    let act = form.act()?;
    let mut body = json!({ "reason": act.reason });
    if what == "role" {
        body["role"] = form.get("role").into();
    }
    let answered = visit.act(at(id).segment(what), &act, &body).await?;
    if what == "reset" {
        return shown_once(visit, answered, &page_of(id));
    }
    Ok(answered.leads_to(&format!("{}?done={done}", page_of(id))))
}

/// Changes one's own password. All other sessions end.
pub(crate) async fn password(SignedIn(visit): SignedIn, form: Posted) -> Result<Response, Failure> {
    match changed(&visit, &form).await {
        Err(failure) => password_form(&Page::plain(&visit, "own-title")).again(&form, failure, "/operators/me"),
        leads => leads,
    }
}

async fn changed(visit: &Visit, form: &Posted) -> Result<Response, Failure> {
    if form.get("new") != form.get("again") {
        return Err(refused(400, "password-differs"));
    }
    // Authenticators show the code in two groups.
    let code: String = form.get("totp").chars().filter(|letter| !letter.is_whitespace()).collect();
    let body = json!({ "current": form.get("current"), "new": form.get("new"), "totp": code });
    match visit.act(Address::command("/v1/operators/me/password"), &form.plain_act(), &body).await {
        Ok(_) => Ok(Redirect::to("/operators/me?done=password-changed").into_response()),
        // A wrong password is no end of the session.
        Err(Failure::Refused(refusal)) if refusal.code == "credentials-wrong" => Err(refused(403, &refusal.code)),
        Err(failure) => Err(failure),
    }
}

/// The page of what an operator logs in with.
pub(super) fn shown_once(visit: &Visit, done: Done, back: &str) -> Result<Response, Failure> {
    if done.approval.is_some() {
        return Ok(done.leads_to(back));
    }
    let credentials: Credentials =
        serde_json::from_value(done.body).map_err(|error| Failure::Answer(Server::Command, error.to_string()))?;
    let page = Page::plain(visit, "operator-secrets-title");
    let secret = |key: &str, value: String| Secret { name: page.t(key), value };
    let secrets = vec![
        secret("login-name", credentials.name.clone()),
        secret("login-password", credentials.password),
        secret("operator-totp", credentials.totp_secret),
        secret("operator-otpauth", credentials.otpauth_url.clone()),
    ];
    let (whose, back) = (credentials.name, format!("/operators/{}", credentials.operator_id));
    let (notice, help) = (page.t("secrets-once"), page.t("operator-secrets-help"));
    let link = Some(credentials.otpauth_url);
    Ok(Secrets { page, notice, whose, help, secrets, link, back }.shown())
}

fn at(id: Uuid) -> Address {
    Address::command("/v1/operators").segment(&id.to_string())
}

fn page_of(id: Uuid) -> String {
    format!("/operators/{id}")
}
