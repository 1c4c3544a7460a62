//! One approval: what is asked for, and the decision about it.

use askama::Template;
use axum::response::Response;
use platform::extract::Path;
use serde_json::json;
use uuid::Uuid;

use super::{
    approval_details::{Detail, details},
    approvals::{Approval, Told},
    partner_acts::{Issued, key_page},
};
use crate::{
    client::{Address, Failure},
    page::{Page, show},
    posted::{Posted, refused},
    visit::SignedIn,
};

#[derive(Template)]
#[template(path = "approval.html")]
struct Screen {
    page: Page,
    approval: Approval,
    details: Vec<Detail>,
    is_pending: bool,
    /// Whether the reader asked for it: they may take it back, and nobody approves their own.
    is_own: bool,
    may_decide: bool,
    /// Whether it issued a key, which is shown to whoever asked for it.
    has_key: bool,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn, Path(id): Path<Uuid>) -> Result<Response, Failure> {
    let page = Page::new(&visit, "approval-title").await;
    let told: Told = visit.get(Address::query("/v1/approvals").segment(&id.to_string())).await?;
    let approval = Approval::of(&page, told, visit.house().now());
    let is_own = visit.operator().is_some_and(|operator| operator.id.to_string() == approval.requested_by);
    let details = details(&visit, &page, &approval.asked).await;
    Ok(show(&Screen {
        details,
        is_pending: approval.is_pending(),
        may_decide: !is_own && page.may(approval.least_role()),
        has_key: is_own && approval.kind == "partner-keys" && approval.tone == "approved",
        is_own,
        page: page.titled(approval.action.clone()),
        approval,
    }))
}

/// `POST /approvals/{id}/{act}`: approves, rejects, or takes back.
pub(crate) async fn act(
    SignedIn(visit): SignedIn,
    Path((id, what)): Path<(Uuid, String)>,
    form: Posted,
) -> Result<Response, Failure> {
    let done = match what.as_str() {
        "approve" => "approved",
        "reject" => "rejected",
        "withdraw" => "withdrawn",
        _ => return Err(refused(404, "not-found")),
    };
    let act = form.act()?;
    let address = Address::command("/v1/approvals").segment(&id.to_string()).segment(&what);
    let answered = visit.act(address, &act, &json!({ "reason": act.reason })).await?;
    let (status, action) = (&answered.body["status"], &answered.body["action"]);
    // What was approved may have been refused by a rule: the page says so. A promotion is not done yet.
    let word = match done {
        _ if status == "refused" => "approval-refused",
        "approved" if action == "promotion" => "approval-promotion",
        _ => done,
    };
    Ok(answered.leads_to(&format!("/approvals/{id}?done={word}")))
}

/// Shows the key that was issued to whoever asked for it: the answer to the request had none yet. It is read and changes nothing; it is
/// a form so that no address brings a secret.
pub(crate) async fn key(SignedIn(visit): SignedIn, Path(id): Path<Uuid>, _form: Posted) -> Result<Response, Failure> {
    let address = Address::command("/v1/approvals").segment(&id.to_string()).segment("key");
    let issued: Issued = visit.get(address).await?;
    Ok(key_page(&visit, issued, "secrets-own", format!("/approvals/{id}")))
}
