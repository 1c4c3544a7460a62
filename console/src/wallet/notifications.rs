//! What the member wants to be notified of.

use axum::response::{IntoResponse, Redirect, Response};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::member::LoggedIn;
use crate::{
    client::{Address, Failure},
    page::Page,
    posted::Posted,
    visit::Visit,
};

/// What members can be notified of. The key of its name has a dash for each dot and underscore.
const KINDS: [&str; 4] = ["money.received", "charge.posted", "hold.placed", "login.new_device"];

#[derive(Deserialize)]
struct Settings {
    push: Vec<String>,
    email: Vec<String>,
    quiet: Option<Quiet>,
}

#[derive(Deserialize)]
struct Quiet {
    from: String,
    until: String,
}

/// For the form.
pub(crate) struct Notifications {
    pub(crate) kinds: Vec<Kind>,
    pub(crate) from: String,
    pub(crate) until: String,
}

/// One line of it.
pub(crate) struct Kind {
    pub(crate) word: &'static str,
    pub(crate) name: String,
    pub(crate) is_pushed: bool,
    pub(crate) is_mailed: bool,
}

pub(crate) async fn read(visit: &Visit, page: &Page) -> Result<Notifications, Failure> {
    let settings: Settings = visit.get(Address::query("/v1/members/me/notifications")).await?;
    let holds = |words: &[String], word: &str| words.iter().any(|known| known == word);
    let kind = |word: &'static str| Kind {
        word,
        name: page.word("notification", &word.replace(['.', '_'], "-")),
        is_pushed: holds(&settings.push, word),
        is_mailed: holds(&settings.email, word),
    };
    let kinds = KINDS.map(kind).into_iter().collect();
    let (from, until) = settings.quiet.map(|quiet| (quiet.from, quiet.until)).unwrap_or_default();
    Ok(Notifications { kinds, from, until })
}

pub(crate) async fn choose(LoggedIn(visit): LoggedIn, form: Posted) -> Result<Response, Failure> {
    let ticked = |way: &str| -> Vec<&'static str> {
        KINDS.into_iter().filter(|kind| form.get(&format!("{way}-{kind}")) == "yes").collect()
    };
    let (from, until) = (form.get("from").trim(), form.get("until").trim());
    let is_quiet = !from.is_empty() || !until.is_empty();
    let quiet = if is_quiet { json!({ "from": from, "until": until }) } else { Value::Null };
    let body = json!({ "push": ticked("push"), "email": ticked("email"), "quiet": quiet });
    let address = Address::command("/v1/members/me/notifications");
    visit.send(Method::PUT, address, &form.plain_act(), &body).await?;
    Ok(Redirect::to("/wallet/profile?done=told").into_response())
}
