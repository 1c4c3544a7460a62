//! What waits for a second operator, and what became of what did.

use askama::Template;
use axum::response::Response;
use chrono::{DateTime, Utc};
use platform::extract::Query;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    client::Address,
    format::Moment,
    links,
    page::{Choice, Page, show},
    visit::SignedIn,
};

const ALL: &str = "all";
const STATUSES: [&str; 7] = ["pending", "approved", "refused", "rejected", "withdrawn", "expired", ALL];

/// Which, and from where.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    status: String,
    #[serde(default)]
    cursor: String,
}

#[derive(Deserialize)]
struct Approvals {
    items: Vec<Told>,
    next_cursor: Option<String>,
}

/// An approval, as the query server tells it.
#[derive(Deserialize)]
pub(super) struct Told {
    approval_id: String,
    status: String,
    action: String,
    /// What exactly is asked for: there are more kinds of it than this console knows.
    #[serde(default)]
    details: Value,
    requested_by: String,
    requested_by_name: String,
    reason: String,
    requested_at: String,
    expires_at: String,
    decided_by_name: Option<String>,
    decision_reason: Option<String>,
    decided_at: Option<String>,
    refusal: Option<String>,
    /// What came of a promotion after it was approved.
    carried_out: Option<CarriedOut>,
}

#[derive(Deserialize)]
struct CarriedOut {
    state: String,
    at: Option<String>,
    error: Option<String>,
}

/// An approval as its screens show it.
pub(super) struct Approval {
    pub(super) id: String,
    pub(super) href: String,
    /// The word of the servers.
    pub(super) kind: String,
    pub(super) action: String,
    pub(super) status: String,
    pub(super) tone: String,
    pub(super) requested_by: String,
    pub(super) requested_by_name: String,
    pub(super) requested: Moment,
    pub(super) reason: String,
    pub(super) expires: Moment,
    pub(super) decided_by_name: String,
    pub(super) decided: Option<Moment>,
    pub(super) decision_reason: String,
    /// The rule that refused it after it was approved.
    pub(super) refusal: Option<String>,
    /// What exactly is asked for, as the server has it.
    pub(super) asked: Value,
    /// What the projector made of it, and when; none but of a promotion that was approved.
    pub(super) carried_out: Option<Done>,
}

/// What came of a promotion after it was approved.
pub(super) struct Done {
    pub(super) state: String,
    pub(super) tone: String,
    pub(super) at: Option<Moment>,
    pub(super) error: Option<String>,
}

#[derive(Template)]
#[template(path = "approvals.html")]
struct Screen {
    page: Page,
    statuses: Vec<Choice>,
    rows: Vec<Approval>,
    more: Option<String>,
    trouble: Option<String>,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn, Query(asked): Query<Asked>) -> Response {
    let page = Page::plain(&visit, "nav-approvals");
    let chosen = STATUSES.into_iter().find(|status| *status == asked.status).unwrap_or("pending");
    let status = if chosen == ALL { "" } else { chosen };
    let address = Address::query("/v1/approvals").with("status", status).with("cursor", &asked.cursor);
    let (found, trouble) = page.part(visit.get::<Approvals>(address).await);
    let cursor = found.as_ref().and_then(|found| found.next_cursor.as_ref());
    let more = links::more("/approvals", &[("status", chosen)], cursor);
    let items = found.map(|found| found.items).unwrap_or_default();
    let now = visit.house().now();
    let rows = items.into_iter().map(|told| Approval::of(&page, told, now)).collect();
    let statuses = page.choices("approval-status", &STATUSES, chosen);
    show(&Screen { page, statuses, rows, more, trouble })
}

impl Approval {
    pub(super) fn of(page: &Page, told: Told, now: i64) -> Self {
        let ends = told.expires_at.parse::<DateTime<Utc>>().map_or(i64::MAX, |at| at.timestamp());
        // That its time is over is recorded nowhere.
        let is_over = told.status == "pending" && ends <= now;
        let status = if is_over { "expired".to_owned() } else { told.status };
        Self {
            href: links::to("approval", &told.approval_id),
            id: told.approval_id,
            action: page.word("approval-action", &told.action),
            kind: told.action,
            status: page.word("approval-status", &status),
            tone: status,
            requested_by: told.requested_by,
            requested_by_name: told.requested_by_name,
            requested: page.format.time(&told.requested_at),
            reason: told.reason,
            expires: page.format.time(&told.expires_at),
            decided_by_name: told.decided_by_name.unwrap_or_default(),
            decided: told.decided_at.map(|text| page.format.time(&text)),
            decision_reason: told.decision_reason.unwrap_or_default(),
            refusal: told.refusal.map(|code| page.word("problem", &code)),
            asked: told.details,
            carried_out: told.carried_out.map(|done| Done::of(page, done)),
        }
    }

    pub(super) fn is_pending(&self) -> bool {
        self.tone == "pending"
    }

    /// The lowest role that may ask for it, and that whoever approves needs, too. The servers decide; the page only leaves out what they
    /// would refuse.
    pub(super) fn least_role(&self) -> &'static str {
        match self.kind.as_str() {
            "freeze-many" => "support",
            "limits" | "rates" | "partner-keys" => "admin",
            _ => "operator",
        }
    }
}

impl Done {
    fn of(page: &Page, CarriedOut { state, at, error }: CarriedOut) -> Self {
        let at = at.map(|text| page.format.time(&text));
        Self { state: page.word("promotion", &state), tone: state, at, error }
    }
}
