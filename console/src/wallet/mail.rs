//! The mail and the text messages that were caught on this machine. There is no such page elsewhere.

use std::time::Duration;

use askama::Template;
use axum::response::Response;
use serde::Deserialize;
use url::Url;

use crate::{
    client::Failure,
    format::Moment,
    page::{Page, show},
    posted::{Posted, refused},
    visit::Visit,
};

/// A page waits no longer for it.
const LIMIT: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
struct Caught {
    items: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    subject: Option<String>,
    text: String,
    received_at: String,
}

struct Row {
    subject: String,
    text: String,
    at: Moment,
}

#[derive(Template)]
#[template(path = "wallet/mail.html")]
struct Screen {
    page: Page,
    to: String,
    is_asked: bool,
    rows: Vec<Row>,
}

/// What came to where the last code was sent.
pub(crate) async fn screen(visit: Visit) -> Result<Response, Failure> {
    let to = visit.current().mailed.unwrap_or_default();
    caught(&visit, to).await
}

/// What came to another address. It stands in no address of a page, so it is in no history.
pub(crate) async fn look(form: Posted) -> Result<Response, Failure> {
    caught(form.visit(), form.get("to").trim().to_owned()).await
}

async fn caught(visit: &Visit, to: String) -> Result<Response, Failure> {
    let Some(base) = &visit.house().mail_url else { return Err(refused(404, "not-found")) };
    let page = Page::plain(visit, "wallet-mail");
    let found = if to.is_empty() { Vec::new() } else { read(visit, base, &to).await? };
    let row = |message: Message| Row {
        subject: message.subject.unwrap_or_default(),
        text: message.text,
        at: page.format.time(&message.received_at),
    };
    let rows = found.into_iter().map(row).collect();
    Ok(show(&Screen { is_asked: !to.is_empty(), to, rows, page }))
}

async fn read(visit: &Visit, base: &str, to: &str) -> Result<Vec<Message>, Failure> {
    let away = || refused(502, "mail-away");
    let url = Url::parse_with_params(&format!("{base}/messages"), &[("to", to)]).map_err(|_| away())?;
    let response = visit.client().http().get(url).timeout(LIMIT).send().await.map_err(|_| away())?;
    let caught: Caught = response.json().await.map_err(|_| away())?;
    Ok(caught.items)
}
