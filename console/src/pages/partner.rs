//! One partner: its keys, what they allow, and its quotas.

use askama::Template;
use axum::response::Response;
use platform::extract::Path;
use uuid::Uuid;

use super::{
    accounts::{self, Row, Rows},
    partner_acts::{issue_form, quotas_form, revoke_form},
    partners::{Key, Partner},
};
use crate::{
    client::{Address, Failure},
    form::Form,
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
    rows: Vec<Row>,
    more: Option<String>,
    accounts_trouble: Option<String>,
    /// What admins may do to it.
    forms: Vec<Form>,
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
    let forms = if page.may("admin") { forms(&page, id, &partner) } else { Vec::new() };
    let shown = |number: Option<i64>| number.map(count).unwrap_or_default();
    Ok(show(&Screen {
        created: page.format.time(&partner.created_at),
        per_second: shown(partner.quotas.requests_per_second),
        burst: shown(partner.quotas.burst),
        limits: partner.quotas.limits.join(", "),
        keys: partner.keys.into_iter().map(|key| key_row(&page, key)).collect(),
        rows,
        more,
        accounts_trouble,
        forms,
        id: partner.partner_id,
        page: page.titled(partner.name),
    }))
}

fn forms(page: &Page, id: Uuid, partner: &Partner) -> Vec<Form> {
    let keys = partner.keys_in_force();
    // As the form takes them: numbers without groups.
    let typed = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    let quotas = &partner.quotas;
    let (per_second, burst) = (typed(quotas.requests_per_second), typed(quotas.burst));
    let revoke = (!keys.is_empty()).then(|| revoke_form(page, id, &keys));
    let set_quotas = quotas_form(page, id, [&per_second, &burst, &quotas.limits.join(", ")]);
    [Some(issue_form(page, id)), revoke, Some(set_quotas)].into_iter().flatten().collect()
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
