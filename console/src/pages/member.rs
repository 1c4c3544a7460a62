//! One member: state, accounts, sessions and devices. Personal data are shown once, after a reason, and that is recorded.

use askama::Template;
use axum::response::Response;
use platform::extract::Path;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::{
    client::{Act, Address, Failure, Server},
    form::{Field, Form},
    format::Moment,
    page::{Page, show},
    pages::accounts::{self, Row, Rows},
    posted::{Posted, refused},
    visit::{SignedIn, Visit},
};

#[derive(Deserialize)]
struct Member {
    member_id: String,
    state: String,
    joined_at: String,
}

#[derive(Deserialize)]
struct Sessions {
    items: Vec<Session>,
}

#[derive(Deserialize)]
struct Session {
    state: String,
    began_at: Option<String>,
    expires_at: String,
    ended_at: Option<String>,
}

#[derive(Deserialize)]
struct Devices {
    items: Vec<Device>,
}

#[derive(Deserialize)]
struct Device {
    device_id: String,
    platform: String,
    registered_at: String,
}

#[derive(Deserialize)]
struct Person {
    login_id: String,
    real_name: String,
    contact: Contact,
}

#[derive(Deserialize)]
struct Contact {
    channel: String,
    value: String,
}

struct SessionRow {
    state: String,
    tone: String,
    began: Moment,
    expires: Moment,
    ended: Moment,
}

struct DeviceRow {
    id: String,
    platform: String,
    registered: Moment,
}

#[derive(Template)]
#[template(path = "member.html")]
struct Screen {
    page: Page,
    id: String,
    state: String,
    tone: String,
    is_active: bool,
    joined: Moment,
    rows: Vec<Row>,
    more: Option<String>,
    accounts_trouble: Option<String>,
    sessions: Vec<SessionRow>,
    sessions_trouble: Option<String>,
    devices: Vec<DeviceRow>,
    devices_trouble: Option<String>,
    erase: Option<Form>,
}

/// Shown once, and kept nowhere.
#[derive(Template)]
#[template(path = "member_person.html")]
struct Disclosed {
    page: Page,
    id: Uuid,
    login_id: String,
    real_name: String,
    channel: String,
    contact: String,
    reason: String,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn, Path(id): Path<Uuid>) -> Result<Response, Failure> {
    let page = Page::new(&visit, "nav-members").await;
    let text = id.to_string();
    let at = || Address::query("/v1/members").segment(&text);
    let (member, owned, sessions, devices) = tokio::join!(
        visit.get::<Member>(at()),
        accounts::owned_by(&visit, &page, &text),
        visit.get::<Sessions>(at().segment("sessions")),
        visit.get::<Devices>(at().segment("devices")),
    );
    let member = member?;
    let (owned, accounts_trouble) = page.part(owned);
    let (sessions, sessions_trouble) = page.part(sessions);
    let (devices, devices_trouble) = page.part(devices);
    let Rows { rows, more } = owned.unwrap_or(Rows { rows: Vec::new(), more: None });
    let sessions = sessions.map(|sessions| sessions.items).unwrap_or_default();
    let devices = devices.map(|devices| devices.items).unwrap_or_default();
    let is_active = member.state == "active";
    Ok(show(&Screen {
        state: page.word("member", &member.state),
        is_active,
        tone: member.state,
        joined: page.format.time(&member.joined_at),
        rows,
        more,
        accounts_trouble,
        sessions: sessions.into_iter().map(|session| session_row(&page, session)).collect(),
        sessions_trouble,
        devices: devices.into_iter().map(|device| device_row(&page, device)).collect(),
        devices_trouble,
        erase: (is_active && page.may("operator")).then(|| erase_form(&page, id)),
        id: member.member_id,
        page,
    }))
}

fn session_row(page: &Page, session: Session) -> SessionRow {
    let time = |text: Option<String>| text.map(|text| page.format.time(&text)).unwrap_or_default();
    SessionRow {
        state: page.word("session", &session.state),
        tone: session.state,
        began: time(session.began_at),
        expires: page.format.time(&session.expires_at),
        ended: time(session.ended_at),
    }
}

fn device_row(page: &Page, device: Device) -> DeviceRow {
    let registered = page.format.time(&device.registered_at);
    DeviceRow { id: device.device_id, platform: device.platform, registered }
}

/// Shows who the member is. The answer is the page itself: a redirect would have to carry what nobody may keep. Each look has a key of its
/// own: under the key of the form, a page that is loaded again would show the data once more, and nothing would record it.
pub(crate) async fn disclose(
    SignedIn(visit): SignedIn,
    Path(id): Path<Uuid>,
    form: Posted,
) -> Result<Response, Failure> {
    let act = Act { key: visit.house().ids.fresh().to_string(), ..form.act()? };
    let address = Address::command("/v1/members").segment(&id.to_string()).segment("disclosures");
    let done = visit.act(address, &act, &json!({ "reason": act.reason })).await?;
    if done.approval.is_some() {
        return Ok(done.leads_to("/members"));
    }
    let person: Person =
        serde_json::from_value(done.body).map_err(|error| Failure::Answer(Server::Command, error.to_string()))?;
    let page = Page::plain(&visit, "member-person-title");
    Ok(show(&Disclosed {
        id,
        login_id: person.login_id,
        real_name: person.real_name,
        channel: page.word("channel", &person.contact.channel),
        contact: person.contact.value,
        reason: act.reason,
        page,
    }))
}

fn erase_form(page: &Page, id: Uuid) -> Form {
    Form::new(page, &format!("/members/{id}/erase"), "member-erase")
        .dangerous()
        .helped("member-erase-help")
        .field(Field::line("confirm", "member-confirm", 36).about(&["not-confirmed"]))
        .field(Field::reason())
}

/// Erases the member. What was typed must be the id: this cannot be undone.
pub(crate) async fn erase(SignedIn(visit): SignedIn, Path(id): Path<Uuid>, form: Posted) -> Result<Response, Failure> {
    match erased(&visit, id, &form).await {
        Err(failure) => {
            let page = Page::plain(&visit, "nav-members");
            erase_form(&page, id).again(&form, failure, &format!("/members/{id}"))
        }
        leads => leads,
    }
}

async fn erased(visit: &Visit, id: Uuid, form: &Posted) -> Result<Response, Failure> {
    let act = form.act()?;
    if form.get("confirm").trim() != id.to_string() {
        return Err(refused(400, "not-confirmed"));
    }
    let address = Address::command("/v1/members").segment(&id.to_string()).segment("erase");
    let done = visit.act(address, &act, &json!({ "reason": act.reason })).await?;
    Ok(done.leads_to(&format!("/members/{id}?done=erasing")))
}
