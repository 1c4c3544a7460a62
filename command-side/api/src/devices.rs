//! Devices of members, and what members want to be told.

use application::{
    DeviceRegistration, Locale, MemberCommand, MemberOutcome, NotificationPreferences, PushToken, QuietHours,
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::NaiveTime;
use kernel::{NotificationKind, Zone};
use platform::{
    extract::{Json, OptionalJson, Path, object},
    problem::{Code, Problem},
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::{
    answer::json,
    body::{Canonical, Confidential, Fields, NothingRequest, Secret, canonical, path_id},
    caller::{Caller, Members},
    endpoint::Endpoint,
    receive::{Request, receive},
    state::ApiState,
};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let endpoint =
        |handler| Endpoint::new(handler).by::<Members>().raises([Code::VaultUnavailable, Code::MemberUnknown]);
    vec![
        endpoint(routes!(keep_device)).raises([Code::TooManyDevices]),
        endpoint(routes!(remove_device)).raises([Code::DeviceUnknown]),
        endpoint(routes!(set_notifications)),
    ]
}

/// A device that the app runs on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DeviceRegistration)]
pub(crate) struct DeviceRequest {
    /// `android`, `ios` or `web`.
    #[schema(pattern = "^(android|ios|web)$", examples("android"))]
    platform: String,
    /// What the provider of pushes gave the app. It is sealed, and never shown again.
    #[schema(value_type = String, min_length = 8, max_length = 4096)]
    token: Secret,
    /// In which language it is told: Korean for tags of `ko`, else English. Korean if it is left out.
    #[serde(default)]
    #[schema(max_length = 35, examples("ko-KR"))]
    locale: Option<String>,
    /// By which clocks the quiet hours are: a name of the IANA database. The bank's own zone (`JANGBU_ZONE`) if it is left out.
    #[serde(default)]
    #[schema(max_length = 64, examples("Asia/Seoul"))]
    zone: Option<String>,
}

impl DeviceRequest {
    /// What is registered; `zone` is that of the bank.
    fn registration(&self, zone: Zone) -> Result<DeviceRegistration, Problem> {
        let mut fields = Fields::default();
        let platform = fields.read("platform", self.platform.parse());
        let token = fields.read("token", PushToken::parse(self.token.inner()));
        let locale = match &self.locale {
            Some(text) => fields.read("locale", text.parse()),
            None => Some(Locale::default()),
        };
        let zone = match &self.zone {
            Some(text) => fields.read("zone", text.parse()),
            None => Some(zone),
        };
        match (platform, token, locale, zone) {
            (Some(platform), Some(token), Some(locale), Some(zone)) => {
                Ok(DeviceRegistration { platform, token, locale, zone })
            }
            _ => Err(fields.problem()),
        }
    }
}

impl Confidential for DeviceRequest {
    fn canonical(&self) -> Canonical {
        canonical(&(self.platform.as_str(), self.token.expose(), self.locale.as_deref(), self.zone.as_deref()))
    }
}

/// What you want to be told. What is left out is as it is for somebody who never said anything.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NotificationsRequest)]
pub(crate) struct NotificationsRequest {
    /// What is pushed to your devices: `money.received`, `charge.posted`, `hold.placed`, `login.new_device`. All of it if the list is left out.
    #[serde(default)]
    #[schema(max_items = 20)]
    push: Option<Vec<String>>,
    /// What is mailed to you, if you are reached by e-mail. Nothing if the list is left out.
    #[serde(default)]
    #[schema(max_items = 20)]
    email: Option<Vec<String>>,
    /// When pushes wait, by the clocks of each device; a new log-in is pushed all the same. Never if it is left out.
    #[serde(default, deserialize_with = "optional_quiet")]
    quiet: Option<QuietDto>,
}

/// Hours of each day; over midnight if they end before they begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuietHoursRequest)]
pub(crate) struct QuietDto {
    /// Hour and minute.
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", examples("22:00"))]
    from: String,
    /// Hour and minute.
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", examples("07:00"))]
    until: String,
}

/// What is there is an object.
fn optional_quiet<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<QuietDto>, D::Error> {
    #[derive(Deserialize)]
    struct There(#[serde(deserialize_with = "object")] QuietDto);

    Ok(Option::<There>::deserialize(deserializer)?.map(|There(quiet)| quiet))
}

/// So many words a list has: more than there are kinds.
const MOST_KINDS: usize = 20;

/// The kinds of a list, each once, in one order.
fn kinds(words: &[String]) -> Result<Vec<NotificationKind>, String> {
    if words.len() > MOST_KINDS {
        return Err(format!("a list has at most {MOST_KINDS} notifications"));
    }
    let mut kinds = Vec::new();
    for word in words {
        kinds.push(word.parse::<NotificationKind>().map_err(|error| error.to_string())?);
    }
    kinds.sort_unstable();
    kinds.dedup();
    Ok(kinds)
}

/// Hour and minute, each with two digits.
fn time_of_day(text: &str) -> Result<NaiveTime, &'static str> {
    const FORM: &str = "a time of day is hour and minute, such as 22:00";
    let is_formed =
        text.len() == 5 && text.bytes().enumerate().all(|(at, b)| if at == 2 { b == b':' } else { b.is_ascii_digit() });
    let read = is_formed.then(|| NaiveTime::parse_from_str(text, "%H:%M").ok()).flatten();
    read.ok_or(FORM)
}

impl NotificationsRequest {
    fn preferences(&self) -> Result<NotificationPreferences, Problem> {
        let mut fields = Fields::default();
        let usual = NotificationPreferences::default();
        let push = match &self.push {
            Some(words) => fields.read("push", kinds(words)),
            None => Some(usual.push),
        };
        let email = match &self.email {
            Some(words) => fields.read("email", kinds(words)),
            None => Some(usual.email),
        };
        let quiet = match &self.quiet {
            Some(quiet) => {
                let from = fields.read("quiet.from", time_of_day(&quiet.from));
                let until = fields.read("quiet.until", time_of_day(&quiet.until));
                from.zip(until).and_then(|(from, until)| fields.read("quiet", QuietHours::new(from, until)))
            }
            None => None,
        };
        match (push, email) {
            (Some(push), Some(email)) if quiet.is_some() == self.quiet.is_some() => {
                Ok(NotificationPreferences { push, email, quiet })
            }
            _ => Err(fields.problem()),
        }
    }
}

impl Confidential for NotificationsRequest {
    fn canonical(&self) -> Canonical {
        let quiet = self.quiet.as_ref().map(|quiet| (quiet.from.as_str(), quiet.until.as_str()));
        canonical(&(&self.push, &self.email, quiet))
    }
}

/// What you are told from now on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NotificationsSet)]
pub(crate) struct NotificationsDto {
    /// What is pushed to your devices.
    push: Vec<&'static str>,
    /// What is mailed to you.
    email: Vec<&'static str>,
    /// When pushes wait.
    #[schema(required)]
    quiet: Option<QuietDto>,
}

impl From<&NotificationPreferences> for NotificationsDto {
    fn from(preferences: &NotificationPreferences) -> Self {
        let words = |kinds: &[NotificationKind]| kinds.iter().map(|kind| kind.as_str()).collect();
        let time = |time: NaiveTime| time.format("%H:%M").to_string();
        Self {
            push: words(&preferences.push),
            email: words(&preferences.email),
            quiet: preferences.quiet.map(|quiet| QuietDto { from: time(quiet.begin()), until: time(quiet.end()) }),
        }
    }
}

fn respond(outcome: &MemberOutcome) -> Option<Response> {
    Some(match outcome {
        MemberOutcome::Done => StatusCode::NO_CONTENT.into_response(),
        MemberOutcome::Notifications(preferences) => json(StatusCode::OK, &NotificationsDto::from(preferences)),
        _ => return None,
    })
}

/// Register a device
///
/// Or what changed of it, under the id that the app chose for its installation. You have at most 10 devices. A token that another member
/// registered before is yours from now on: they are not told on this device any more.
#[utoipa::path(
    put, path = "/v1/members/me/devices/{device_id}", tag = "members", security(("bearer" = [])),
    params(("device_id" = Uuid, Path, description = "The device: an id that the app makes when it is installed")),
    request_body = DeviceRequest,
    responses((status = 204, description = "Pushes go to the device")),
)]
pub(crate) async fn keep_device(
    State(state): State<ApiState>,
    caller: Caller<Members>,
    Path(device): Path<String>,
    Json(body): Json<DeviceRequest>,
) -> Result<Response, Problem> {
    const ROUTE: &str = "PUT /v1/members/me/devices/{device_id}";
    let device = path_id(&device)?;
    let registration = Box::new(body.registration(state.zone())?);
    let meta = Request::of(&caller, ROUTE, Some(device), &body).meta(&state)?;
    let command = MemberCommand::KeepDevice { member: caller.actor.id, device, registration };
    receive(&state, meta, ROUTE, command, respond).await
}

/// Remove a device
///
/// Nothing is pushed to it any more, what waits included. An app does that when its member logs out.
#[utoipa::path(
    delete, path = "/v1/members/me/devices/{device_id}", tag = "members", security(("bearer" = [])),
    params(("device_id" = Uuid, Path, description = "The device")),
    responses((status = 204, description = "The device is forgotten")),
)]
pub(crate) async fn remove_device(
    State(state): State<ApiState>,
    caller: Caller<Members>,
    Path(device): Path<String>,
    OptionalJson(body): OptionalJson<NothingRequest>,
) -> Result<Response, Problem> {
    const ROUTE: &str = "DELETE /v1/members/me/devices/{device_id}";
    let device = path_id(&device)?;
    let meta = Request::of(&caller, ROUTE, Some(device), &body).meta(&state)?;
    let command = MemberCommand::RemoveDevice { member: caller.actor.id, device };
    receive(&state, meta, ROUTE, command, respond).await
}

/// Set what you want to be told
///
/// It counts for what happens from now on, and for pushes that still wait.
#[utoipa::path(
    put, path = "/v1/members/me/notifications", tag = "members", security(("bearer" = [])),
    request_body = NotificationsRequest,
    responses((status = 200, description = "What you are told from now on", body = NotificationsDto)),
)]
pub(crate) async fn set_notifications(
    State(state): State<ApiState>,
    caller: Caller<Members>,
    Json(body): Json<NotificationsRequest>,
) -> Result<Response, Problem> {
    const ROUTE: &str = "PUT /v1/members/me/notifications";
    let preferences = body.preferences()?;
    let meta = Request::of(&caller, ROUTE, None, &body).meta(&state)?;
    let command = MemberCommand::SetNotifications { member: caller.actor.id, preferences };
    receive(&state, meta, ROUTE, command, respond).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_has_one_form() {
        for (text, hour, minute) in [("00:00", 0, 0), ("07:30", 7, 30), ("23:59", 23, 59)] {
            assert_eq!(time_of_day(text).ok(), NaiveTime::from_hms_opt(hour, minute, 0));
        }
        for bad in ["", "7:30", "07:3", "24:00", "07:60", "07-30", "07:30:00", " 7:30", "+7:30", "장부"] {
            assert!(time_of_day(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_list_names_each_kind_once() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let twice = words(&["hold.placed", "money.received", "hold.placed"]);
        assert_eq!(kinds(&twice), Ok(vec![NotificationKind::MoneyReceived, NotificationKind::HoldPlaced]));
        assert!(kinds(&words(&["holds"])).is_err());
        assert!(kinds(&vec!["hold.placed".to_owned(); 21]).is_err());
    }
}
