//! Sign-up: who somebody is, and where a code reaches them.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    own::{Choice, words},
    trouble::{Trouble, again},
};
use crate::{
    client::{Address, Failure, Server},
    page::{Page, show},
    posted::Posted,
    session::SignUp,
    visit::Visit,
};

/// The version of the documents that the wallet shows.
const VERSION: &str = "1";
const CHANNELS: [&str; 2] = ["email", "phone"];

struct Consent {
    /// The field of the form.
    field: String,
    name: String,
    is_agreed: bool,
}

#[derive(Template)]
#[template(path = "wallet/sign_up.html")]
struct Screen {
    page: Page,
    login_id: String,
    real_name: String,
    contact: String,
    channels: Vec<Choice>,
    consents: Vec<Consent>,
    trouble: Option<Trouble>,
}

pub(crate) async fn screen(visit: Visit) -> Response {
    if visit.member().is_some() {
        return Redirect::to(visit.home()).into_response();
    }
    let page = Page::plain(&visit, "signup-title");
    let (channels, consents) = (words(&page, "channel", &CHANNELS, ""), consents(&visit, &page, None));
    let [login_id, real_name, contact] = [const { String::new() }; 3];
    show(&Screen { page, login_id, real_name, contact, channels, consents, trouble: None })
}

pub(crate) async fn sign_up(form: Posted) -> Response {
    let visit = form.visit();
    match ask(visit, &form).await {
        Ok(()) => Redirect::to("/wallet/signup/verify").into_response(),
        Err(failure) => {
            let page = Page::plain(visit, "signup-title");
            let typed = |name: &str| form.get(name).trim().to_owned();
            let filled = Screen {
                login_id: typed("login_id"),
                real_name: typed("real_name"),
                contact: typed("contact"),
                channels: words(&page, "channel", &CHANNELS, form.get("channel")),
                consents: consents(visit, &page, Some(&form)),
                trouble: Some(Trouble::of(&failure, visit.language())),
                page,
            };
            again(failure, show(&filled))
        }
    }
}

async fn ask(visit: &Visit, form: &Posted) -> Result<(), Failure> {
    let (login_id, contact) = (form.get("login_id").trim().to_owned(), form.get("contact").trim().to_owned());
    let agreed = |document: &String| {
        let is_agreed = form.get(&field(document)) == "yes";
        json!({ "document": document, "version": VERSION, "agreed": is_agreed })
    };
    let consents: Vec<Value> = visit.house().consents.iter().map(agreed).collect();
    let body = json!({
        "login_id": login_id,
        "password": form.get("password"),
        "contact": { "channel": form.get("channel"), "value": contact },
        "real_name": form.get("real_name").trim(),
        "consents": consents,
    });
    let done = visit.act(Address::command("/v1/signups"), &form.plain_act(), &body).await?;
    let id = done.body["signup_id"].as_str().and_then(|id| Uuid::try_parse(id).ok());
    let id = id.ok_or_else(|| Failure::Answer(Server::Command, "a sign-up without an id".to_owned()))?;
    let mailed = visit.house().mail_url.as_ref().map(|_| contact);
    visit.change(|session| {
        session.sign_up = Some(SignUp { id, login_id });
        session.mailed = mailed;
    });
    Ok(())
}

fn consents(visit: &Visit, page: &Page, form: Option<&Posted>) -> Vec<Consent> {
    let consent = |document: &String| {
        let field = field(document);
        let is_agreed = form.is_some_and(|form| form.get(&field) == "yes");
        Consent { name: page.word("consent", document), is_agreed, field }
    };
    visit.house().consents.iter().map(consent).collect()
}

fn field(document: &str) -> String {
    format!("consent-{document}")
}
