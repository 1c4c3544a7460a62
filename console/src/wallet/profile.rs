//! Who the member is, and how they are reached.

use askama::Template;
use axum::response::Response;
use serde::Deserialize;

use super::{
    filled::Filled,
    member::LoggedIn,
    notifications::{self, Notifications},
    own::{Choice, words},
};
use crate::{
    client::{Address, Failure},
    format::Moment,
    page::{Page, show},
    visit::Visit,
};

const CHANNELS: [&str; 2] = ["email", "phone"];

#[derive(Deserialize)]
struct Me {
    member_id: String,
    login_id: Option<String>,
    real_name: Option<String>,
    contact: Option<Contact>,
    status: String,
    joined_at: String,
}

#[derive(Deserialize)]
struct Contact {
    channel: String,
    value: String,
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
struct Sessions {
    items: Vec<Session>,
}

#[derive(Deserialize)]
struct Session {
    session_id: String,
    began_at: Option<String>,
    expires_at: String,
    current: bool,
}

struct SessionRow {
    id: String,
    began: Moment,
    expires: Moment,
    is_current: bool,
}

struct DeviceRow {
    id: String,
    platform: String,
    since: Moment,
}

#[derive(Template)]
#[template(path = "wallet/profile.html")]
struct Screen {
    page: Page,
    id: String,
    login_id: String,
    real_name: String,
    contact: String,
    state: String,
    joined: Moment,
    channels: Vec<Choice>,
    shows_mail: bool,
    sessions: Vec<SessionRow>,
    sessions_trouble: Option<String>,
    devices: Vec<DeviceRow>,
    devices_trouble: Option<String>,
    notifications: Option<Notifications>,
    notifications_trouble: Option<String>,
    filled: Filled,
}

pub(crate) async fn screen(LoggedIn(visit): LoggedIn) -> Result<Response, Failure> {
    shown(&visit, Filled::default()).await
}

/// The page; with a form that was not taken, if there is one.
pub(super) async fn shown(visit: &Visit, filled: Filled) -> Result<Response, Failure> {
    let page = Page::plain(visit, "wallet-profile");
    let (me, sessions, devices, told) = tokio::join!(
        visit.get::<Me>(Address::query("/v1/members/me")),
        visit.get::<Sessions>(Address::query("/v1/members/me/sessions")),
        visit.get::<Devices>(Address::query("/v1/members/me/devices")),
        notifications::read(visit, &page),
    );
    let me = me?;
    let (sessions, sessions_trouble) = page.part(sessions);
    let (devices, devices_trouble) = page.part(devices);
    let (notifications, notifications_trouble) = page.part(told);
    let session = |session: Session| SessionRow {
        id: session.session_id,
        began: session.began_at.map(|at| page.format.time(&at)).unwrap_or_default(),
        expires: page.format.time(&session.expires_at),
        is_current: session.current,
    };
    let device = |device: Device| DeviceRow {
        id: device.device_id,
        platform: page.word("platform", &device.platform),
        since: page.format.time(&device.registered_at),
    };
    let contact = me.contact.map(|contact| format!("{} · {}", page.word("channel", &contact.channel), contact.value));
    Ok(show(&Screen {
        id: me.member_id,
        login_id: me.login_id.unwrap_or_default(),
        real_name: me.real_name.unwrap_or_default(),
        contact: contact.unwrap_or_default(),
        state: page.word("member", &me.status),
        joined: page.format.time(&me.joined_at),
        channels: words(&page, "channel", &CHANNELS, filled.value("contact", "channel", "")),
        shows_mail: visit.house().mail_url.is_some(),
        sessions: sessions.map(|sessions| sessions.items).unwrap_or_default().into_iter().map(session).collect(),
        sessions_trouble,
        devices: devices.map(|devices| devices.items).unwrap_or_default().into_iter().map(device).collect(),
        devices_trouble,
        notifications,
        notifications_trouble,
        filled,
        page,
    }))
}
