//! One operator: role, state and sessions.

use askama::Template;
use axum::response::Response;
use platform::extract::Path;
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::{
    operator_forms::{end_session_form, role_form},
    operators::{Operator, Operators},
};
use crate::{
    client::{Address, Failure},
    form::Form,
    format::Moment,
    page::{Page, show},
    posted::{Posted, refused},
    visit::{SignedIn, Visit},
};

/// So many pages of operators are looked through.
const MOST_PAGES: usize = 20;

#[derive(Deserialize)]
struct Sessions {
    items: Vec<Session>,
}

/// A session, as the command server tells it.
#[derive(Deserialize)]
pub(super) struct Session {
    session_id: String,
    began_at: String,
    began_from: Place,
    used_at: String,
    used_from: Place,
    ends_at: String,
    #[serde(default)]
    current: bool,
}

#[derive(Deserialize)]
struct Place {
    address: String,
    user_agent: String,
}

pub(super) struct SessionRow {
    pub(super) id: String,
    pub(super) began: Moment,
    pub(super) began_from: String,
    pub(super) used: Moment,
    pub(super) used_from: String,
    pub(super) ends: Moment,
    pub(super) is_current: bool,
}

#[derive(Template)]
#[template(path = "operator.html")]
struct Screen {
    page: Page,
    id: String,
    role: String,
    status: String,
    tone: String,
    is_enabled: bool,
    added: Moment,
    changed: Moment,
    set_role: Option<Form>,
    sessions: Vec<SessionRow>,
    sessions_trouble: Option<String>,
    end_session: Option<Form>,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn, Path(id): Path<Uuid>) -> Result<Response, Failure> {
    let page = Page::plain(&visit, "nav-operators");
    let (operator, sessions) = tokio::join!(find(&visit, id), sessions(&visit, &page, id));
    let operator = operator?;
    let (sessions, sessions_trouble) = page.part(sessions);
    let sessions = sessions.unwrap_or_default();
    let may_end = !sessions.is_empty() && (is_own(&visit, id) || page.may("admin"));
    Ok(show(&Screen {
        set_role: page.may("admin").then(|| role_form(&page, id, &operator.role)),
        end_session: may_end.then(|| end_form(&visit, &page, id, &sessions)),
        role: page.word("role", &operator.role),
        status: page.word("operator-status", &operator.status),
        is_enabled: operator.status == "enabled",
        tone: operator.status,
        added: page.format.time(&operator.added_at),
        changed: page.format.time(&operator.changed_at),
        sessions,
        sessions_trouble,
        id: operator.operator_id,
        page: page.titled(operator.name),
    }))
}

/// There is no read of one operator: they are few, so the list is looked through.
async fn find(visit: &Visit, id: Uuid) -> Result<Operator, Failure> {
    let (text, mut cursor) = (id.to_string(), String::new());
    for _ in 0..MOST_PAGES {
        let address = Address::query("/v1/operators").with("limit", "200").with("cursor", &cursor);
        let Operators { items, next_cursor } = visit.get(address).await?;
        if let Some(found) = items.into_iter().find(|operator| operator.operator_id == text) {
            return Ok(found);
        }
        match next_cursor {
            Some(next) => cursor = next,
            None => break,
        }
    }
    Err(refused(404, "operator-unknown"))
}

async fn sessions(visit: &Visit, page: &Page, id: Uuid) -> Result<Vec<SessionRow>, Failure> {
    let sessions: Sessions = visit.get(sessions_of(id)).await?;
    Ok(sessions.items.into_iter().map(|session| session_row(page, session)).collect())
}

pub(super) fn session_row(page: &Page, session: Session) -> SessionRow {
    let place = |place: Place| format!("{} {}", place.address, place.user_agent).trim().to_owned();
    SessionRow {
        id: session.session_id,
        began: page.format.time(&session.began_at),
        began_from: place(session.began_from),
        used: page.format.time(&session.used_at),
        used_from: place(session.used_from),
        ends: page.format.time(&session.ends_at),
        is_current: session.current,
    }
}

fn is_own(visit: &Visit, id: Uuid) -> bool {
    visit.operator().is_some_and(|operator| operator.id == id)
}

fn end_form(visit: &Visit, page: &Page, id: Uuid, sessions: &[SessionRow]) -> Form {
    let sessions: Vec<&str> = sessions.iter().map(|session| session.id.as_str()).collect();
    end_session_form(page, id, is_own(visit, id), &sessions)
}

/// Ends a session: another's, or one's own.
pub(crate) async fn end_session(
    SignedIn(visit): SignedIn,
    Path(id): Path<Uuid>,
    form: Posted,
) -> Result<Response, Failure> {
    match ended(&visit, id, &form).await {
        Err(failure) => {
            let page = Page::plain(&visit, "nav-operators");
            // Where nobody says which sessions there are, the chosen one is offered alone.
            let sessions = sessions(&visit, &page, id).await.unwrap_or_default();
            end_form(&visit, &page, id, &sessions).again(&form, failure, &format!("/operators/{id}"))
        }
        leads => leads,
    }
}

async fn ended(visit: &Visit, id: Uuid, form: &Posted) -> Result<Response, Failure> {
    let Ok(session) = Uuid::try_parse(form.get("session")) else { return Err(refused(400, "session-required")) };
    let address = sessions_of(id).segment(&session.to_string());
    let act = if is_own(visit, id) { form.plain_act() } else { form.act()? };
    let done = visit.send(Method::DELETE, address, &act, &Value::Null).await?;
    Ok(done.leads_to(&format!("/operators/{id}?done=session-ended")))
}

fn sessions_of(id: Uuid) -> Address {
    Address::command("/v1/operators").segment(&id.to_string()).segment("sessions")
}
