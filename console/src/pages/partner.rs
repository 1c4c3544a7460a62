//! One partner: its keys, what they allow, and its quotas.

use askama::Template;
use axum::response::Response;
use kernel::Scope;
use platform::extract::Path;
use uuid::Uuid;

use super::{
    accounts::{self, Row, Rows},
    partners::{Key, Partner},
};
use crate::{
    client::{Address, Failure},
    format::{Moment, count},
    page::{Page, show},
    visit::SignedIn,
};

struct KeyRow {
    id: String,
    scopes: String,
    issued: Moment,
    expires: Option<Moment>,
    revoked: Option<Moment>,
}

#[derive(Template)]
#[template(path = "partner.html")]
struct Screen {
    page: Page,
    id: String,
    created: Moment,
    per_second: String,
    burst: String,
    limits: String,
    keys: Vec<KeyRow>,
    /// Keys that can be revoked.
    in_force: Vec<String>,
    scopes: Vec<&'static str>,
    rows: Vec<Row>,
    more: Option<String>,
    accounts_trouble: Option<String>,
    /// As the forms take them: numbers without groups.
    typed_per_second: String,
    typed_burst: String,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn, Path(id): Path<Uuid>) -> Result<Response, Failure> {
    let page = Page::new(&visit, "nav-partners").await;
    let text = id.to_string();
    let (partner, owned) = tokio::join!(
        visit.get::<Partner>(Address::query("/v1/partners").segment(&text)),
        accounts::owned_by(&visit, &page, &text),
    );
    let partner = partner?;
    let (owned, accounts_trouble) = page.part(owned);
    let Rows { rows, more } = owned.unwrap_or(Rows { rows: Vec::new(), more: None });
    let in_force = partner.keys.iter().filter(|key| key.revoked_at.is_none()).map(|key| key.key_id.clone());
    let (shown, typed) = (
        |number: Option<i64>| number.map(count).unwrap_or_default(),
        |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default(),
    );
    Ok(show(&Screen {
        created: page.format.time(&partner.created_at),
        per_second: shown(partner.quotas.requests_per_second),
        burst: shown(partner.quotas.burst),
        typed_per_second: typed(partner.quotas.requests_per_second),
        typed_burst: typed(partner.quotas.burst),
        limits: partner.quotas.limits.join(", "),
        in_force: in_force.collect(),
        keys: partner.keys.into_iter().map(|key| key_row(&page, key)).collect(),
        scopes: Scope::ALL.iter().map(|scope| scope.as_str()).collect(),
        rows,
        more,
        accounts_trouble,
        id: partner.partner_id,
        page: page.titled(partner.name),
    }))
}

fn key_row(page: &Page, key: Key) -> KeyRow {
    KeyRow {
        id: key.key_id,
        scopes: key.scopes.join(" "),
        issued: page.format.time(&key.issued_at),
        expires: key.expires_at.map(|text| page.format.time(&text)),
        revoked: key.revoked_at.map(|text| page.format.time(&text)),
    }
}
