//! The devices and sessions of a member, and what they want to be told. The vault alone has them; the view says who is a member.

use axum::extract::State;
use chrono::{DateTime, NaiveTime, Utc};
use kernel::{MemberId, NotificationKind};
use platform::{
    auth::{Admitted, Principal},
    extract::Query,
    problem::{Code, Problem},
};
use reads::Need;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::{
    answer::Answer,
    member_records::MemberSession,
    members::Shown,
    opener::{self, KeptPreferences, KeptSession, OpenedDevice, OpenerError},
    params::{Freshness, Nothing},
    problem::problem_of,
    readers::Members,
    route::Route,
    state::Api,
};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let problems = &[Code::Forbidden, Code::MemberUnknown, Code::VaultUnavailable];
    vec![
        Route::of::<Members>(routes!(devices)).answers(problems),
        Route::of::<Members>(routes!(own_sessions)).answers(problems),
        Route::of::<Members>(routes!(notifications)).answers(problems),
    ]
}

/// A device that the app runs on.
#[derive(Debug, Serialize, ToSchema)]
pub struct Device {
    /// Its id, which the app chose.
    pub device_id: Uuid,
    /// What it runs.
    #[schema(pattern = "^(android|ios|web)$")]
    pub platform: String,
    /// The end of its push token: enough to tell two devices apart.
    #[schema(value_type = String)]
    pub token: Shown,
    /// In which language it is told.
    pub locale: String,
    /// By which clocks the quiet hours are.
    pub zone: String,
    /// When it was first registered.
    pub registered_at: DateTime<Utc>,
    /// When it was last registered.
    pub changed_at: DateTime<Utc>,
}

/// All devices of a member.
#[derive(Debug, Serialize, ToSchema)]
pub struct DevicePage {
    /// In the order in which they were registered.
    #[schema(max_items = 10)]
    pub items: Vec<Device>,
    /// Always null: the list is short.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

/// A session of yours that goes on.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnSession {
    /// Its id, by which it is ended.
    pub session_id: Uuid,
    /// When it began; null if its id does not say.
    #[schema(required)]
    pub began_at: Option<DateTime<Utc>>,
    /// When it ends if it is not refreshed.
    pub expires_at: DateTime<Utc>,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// Your sessions.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnSessionPage {
    /// Those that end last first.
    #[schema(max_items = 100)]
    pub items: Vec<OwnSession>,
    /// Always null: the list is short.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl OwnSession {
    /// If it goes on.
    fn open(now: DateTime<Utc>, kept: KeptSession, current: Option<Uuid>) -> Option<Self> {
        let MemberSession { session_id, state, began_at, expires_at, .. } = MemberSession::at(now, kept);
        let own = Self { session_id, began_at, expires_at, current: current == Some(session_id) };
        (state == "open").then_some(own)
    }
}

/// Hours of each day, by the clocks of each device; over midnight if they end before they begin.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuietHours {
    /// Hour and minute.
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    pub from: String,
    /// Hour and minute.
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    pub until: String,
}

/// What a member is told.
#[derive(Debug, Serialize, ToSchema)]
pub struct Notifications {
    /// What is pushed to their devices.
    pub push: Vec<String>,
    /// What is mailed to them.
    pub email: Vec<String>,
    /// When pushes wait; null if they never do.
    #[schema(required)]
    pub quiet: Option<QuietHours>,
}

impl From<OpenedDevice> for Device {
    fn from(device: OpenedDevice) -> Self {
        Self {
            device_id: device.device,
            platform: device.platform,
            token: Shown(device.masked),
            locale: device.locale,
            zone: device.zone,
            registered_at: device.registered_at,
            changed_at: device.changed_at,
        }
    }
}

impl From<Option<KeptPreferences>> for Notifications {
    /// Whoever never said anything is pushed everything and mailed nothing.
    fn from(kept: Option<KeptPreferences>) -> Self {
        let all = || NotificationKind::ALL.map(|kind| kind.as_str().to_owned()).to_vec();
        let kept = kept.unwrap_or_else(|| KeptPreferences { push: all(), email: Vec::new(), quiet: None });
        let text = |time: NaiveTime| time.format("%H:%M").to_string();
        let quiet = kept.quiet.map(|(from, until)| QuietHours { from: text(from), until: text(until) });
        Self { push: kept.push, email: kept.email, quiet }
    }
}

/// Your devices. Of a push token only the end is shown.
#[utoipa::path(get, operation_id = "member_devices", security(("bearer" = [])), path = "/v1/members/me/devices",
    tag = "members", responses((status = 200, description = "The devices", body = DevicePage)))]
pub async fn devices(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<Members>,
    Freshness(need, asked): Freshness,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<DevicePage>, Problem> {
    let (member, answer) = known(&api, &principal, &need).await?;
    let page = |devices: Vec<OpenedDevice>| DevicePage {
        items: devices.into_iter().map(Device::from).collect(),
        next_cursor: None,
    };
    Ok(answered(answer, api.opener.devices(member).await, page).preferred(asked))
}

/// Your sessions that go on, and which of them asks.
#[utoipa::path(get, operation_id = "own_sessions", security(("bearer" = [])), path = "/v1/members/me/sessions",
    tag = "members", responses((status = 200, description = "The sessions", body = OwnSessionPage)))]
pub async fn own_sessions(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<Members>,
    Freshness(need, asked): Freshness,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<OwnSessionPage>, Problem> {
    let (now, current) = (api.reads.now(), principal.session);
    let (member, answer) = known(&api, &principal, &need).await?;
    let page = |sessions: Vec<KeptSession>| OwnSessionPage {
        items: sessions.into_iter().filter_map(|session| OwnSession::open(now, session, current)).collect(),
        next_cursor: None,
    };
    Ok(answered(answer, api.opener.sessions(member).await, page).preferred(asked))
}

/// What you are told, and how.
#[utoipa::path(get, operation_id = "member_notifications", security(("bearer" = [])),
    path = "/v1/members/me/notifications", tag = "members",
    responses((status = 200, description = "What you are told", body = Notifications)))]
pub async fn notifications(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<Members>,
    Freshness(need, asked): Freshness,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<Notifications>, Problem> {
    let (member, answer) = known(&api, &principal, &need).await?;
    Ok(answered(answer, api.opener.preferences(member).await, Notifications::from).preferred(asked))
}

/// Whether the view knows the member who asks, and how fresh it is.
type Known = reads::Fresh<bool>;

async fn known(api: &Api, principal: &Principal, need: &Need) -> Result<(MemberId, Known), Problem> {
    let member = principal.actor.id;
    let read = api.reads.member(member, need).await.map_err(problem_of)?;
    Ok((member, read.map(|member| member.is_some())))
}

fn answered<M, T>(known: Known, found: Result<M, OpenerError>, form: impl FnOnce(M) -> T) -> Answer<T> {
    Answer::from_result(known.map(|is_known| match is_known {
        true => found.map(form).map_err(opener::problem_of),
        false => Err(Problem::new(Code::MemberUnknown).detail("nobody ever signed up under the subject of this token")),
    }))
}
