//! The certificate of an erasure: what was destroyed. Whoever has its address may read it; it names nobody.

use askama::Template;
use axum::response::Response;
use platform::extract::Path;
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    client::{Address, Failure},
    format::{Moment, count},
    page::{Page, show},
    visit::Visit,
};

#[derive(Deserialize)]
struct Certificate {
    member_id: String,
    requested_at: String,
    erased_at: String,
    copies_unreadable_planned: Option<String>,
    copies_unreadable_from: Option<String>,
    destroyed: Vec<Destroyed>,
    digest: String,
}

#[derive(Deserialize)]
struct Destroyed {
    what: String,
    count: i64,
}

struct Row {
    what: String,
    count: String,
}

struct Shown {
    member: String,
    requested: Moment,
    erased: Moment,
    /// From when on backups cannot be read either.
    copies: Moment,
    rows: Vec<Row>,
    digest: String,
}

#[derive(Template)]
#[template(path = "wallet/certificate.html")]
struct Screen {
    page: Page,
    id: Uuid,
    /// None while the erasure goes on.
    certificate: Option<Shown>,
}

pub(crate) async fn screen(visit: Visit, Path(id): Path<Uuid>) -> Result<Response, Failure> {
    let page = Page::plain(&visit, "certificate-title");
    let address = Address::command("/v1/erasures").segment(&id.to_string());
    let certificate = match visit.get::<Certificate>(address).await {
        Ok(certificate) => Some(shown(&page, certificate)),
        Err(failure) if failure.is_not_found() => None,
        Err(failure) => return Err(failure),
    };
    Ok(show(&Screen { id, certificate, page }))
}

fn shown(page: &Page, certificate: Certificate) -> Shown {
    let copies = certificate.copies_unreadable_from.or(certificate.copies_unreadable_planned);
    let row = |destroyed: Destroyed| Row { what: destroyed.what, count: count(destroyed.count) };
    Shown {
        member: certificate.member_id,
        requested: page.format.time(&certificate.requested_at),
        erased: page.format.time(&certificate.erased_at),
        copies: copies.map(|at| page.format.time(&at)).unwrap_or_default(),
        rows: certificate.destroyed.into_iter().map(row).collect(),
        digest: certificate.digest,
    }
}
