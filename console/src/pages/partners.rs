//! Partners: other businesses with accounts, those created last first.

use askama::Template;
use axum::response::Response;
use platform::extract::Query;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::{
    client::{Address, Failure},
    form::{Field, Form},
    format::{Moment, count},
    links,
    page::{Page, show},
    posted::Posted,
    visit::{SignedIn, Visit},
};

/// From where.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    cursor: String,
}

#[derive(Deserialize)]
struct Partners {
    items: Vec<Partner>,
    next_cursor: Option<String>,
}

/// A partner, as the query server tells it.
#[derive(Deserialize)]
pub(super) struct Partner {
    pub(super) partner_id: String,
    pub(super) name: String,
    pub(super) keys: Vec<Key>,
    pub(super) quotas: Quotas,
    pub(super) created_at: String,
}

#[derive(Deserialize)]
pub(super) struct Key {
    pub(super) key_id: String,
    pub(super) scopes: Vec<String>,
    pub(super) issued_at: String,
    pub(super) expires_at: Option<String>,
    pub(super) revoked_at: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Quotas {
    pub(super) requests_per_second: Option<i64>,
    pub(super) burst: Option<i64>,
    pub(super) limits: Vec<String>,
}

impl Partner {
    /// Keys that can be revoked.
    pub(super) fn keys_in_force(&self) -> Vec<&str> {
        self.keys.iter().filter(|key| key.revoked_at.is_none()).map(|key| key.key_id.as_str()).collect()
    }
}

struct Row {
    href: String,
    name: String,
    keys: String,
    per_second: String,
    limits: String,
    created: Moment,
}

#[derive(Template)]
#[template(path = "partners.html")]
struct Screen {
    page: Page,
    rows: Vec<Row>,
    more: Option<String>,
    trouble: Option<String>,
    create: Option<Form>,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn, Query(asked): Query<Asked>) -> Response {
    let page = Page::plain(&visit, "nav-partners");
    let address = Address::query("/v1/partners").with("cursor", &asked.cursor);
    let (found, trouble) = page.part(visit.get::<Partners>(address).await);
    let more = links::more("/partners", &[], found.as_ref().and_then(|found| found.next_cursor.as_ref()));
    let items = found.map(|found| found.items).unwrap_or_default();
    let rows = items.into_iter().map(|partner| row(&page, partner)).collect();
    let create = page.may("admin").then(|| create_form(&page));
    show(&Screen { page, rows, more, trouble, create })
}

fn row(page: &Page, partner: Partner) -> Row {
    let in_force = partner.keys_in_force().len();
    Row {
        href: links::to("partner", &partner.partner_id),
        name: partner.name,
        keys: in_force.to_string(),
        per_second: partner.quotas.requests_per_second.map(count).unwrap_or_default(),
        limits: partner.quotas.limits.join(", "),
        created: page.format.time(&partner.created_at),
    }
}

fn create_form(page: &Page) -> Form {
    Form::new(page, "/partners", "partner-create").field(Field::line("name", "column-name", 80)).field(Field::reason())
}

/// Creates a partner, and shows it.
pub(crate) async fn create(SignedIn(visit): SignedIn, form: Posted) -> Result<Response, Failure> {
    match created(&visit, &form).await {
        Err(failure) => create_form(&Page::plain(&visit, "nav-partners")).again(&form, failure, "/partners"),
        leads => leads,
    }
}

async fn created(visit: &Visit, form: &Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    let body = json!({ "name": form.get("name").trim() });
    let done = visit.act(Address::command("/v1/partners"), &act, &body).await?;
    let partner = done.body["partner_id"].as_str().and_then(|id| Uuid::try_parse(id).ok());
    let page = partner.map_or_else(|| "/partners".to_owned(), |id| format!("/partners/{id}"));
    Ok(done.leads_to(&format!("{page}?done=partner-created")))
}
