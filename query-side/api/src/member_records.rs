//! Members, as operators see them: nothing personal. An audited call of the command server shows that.

use std::convert::identity;

use axum::extract::State;
use chrono::{DateTime, Utc};
use kernel::MemberId;
use platform::{
    auth::Admitted,
    extract::Query,
    problem::{Code, Problem},
};
use reads::{Fresh, MemberDetail, MemberRecord, MemberStatus, Need, Page};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use uuid::Uuid;

use crate::{
    answer::Answer,
    opener::{self, KeptSession, OpenedDevice, OpenerError},
    params::{ById, Freshness, Limit, Nothing},
    problem::problem_of,
    readers::MemberReaders,
    route::Route,
    state::Api,
};

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    let of_vault = &[Code::Forbidden, Code::MemberUnknown, Code::VaultUnavailable];
    vec![
        Route::of::<MemberReaders>(routes!(list)).answers(&[Code::Forbidden, Code::CursorInvalid]),
        Route::of::<MemberReaders>(routes!(one)).answers(&[Code::Forbidden, Code::MemberUnknown]),
        Route::of::<MemberReaders>(routes!(sessions)).answers(of_vault),
        Route::of::<MemberReaders>(routes!(devices)).answers(of_vault),
    ]
}

/// Part of the list of members.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberRecordPage {
    /// Those who joined last first.
    pub items: Vec<MemberRecord>,
    /// Where the list goes on; null at its end.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl From<Page<MemberRecord>> for MemberRecordPage {
    fn from(page: Page<MemberRecord>) -> Self {
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}

/// A session of a member.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberSession {
    /// Which.
    pub session_id: Uuid,
    /// `open`; `expired` if nobody refreshed it in time; `ended` by the member, or because something was wrong with it.
    #[schema(value_type = String, pattern = "^(open|expired|ended)$")]
    pub state: &'static str,
    /// When it began; null if its id does not say.
    #[schema(required)]
    pub began_at: Option<DateTime<Utc>>,
    /// When it ends if nobody refreshes it.
    pub expires_at: DateTime<Utc>,
    /// When it was ended before that; null if it was not.
    #[schema(required)]
    pub ended_at: Option<DateTime<Utc>>,
}

/// The sessions of a member that the vault has not forgotten.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberSessionPage {
    /// Those that end last first.
    #[schema(max_items = 100)]
    pub items: Vec<MemberSession>,
    /// Always null: the list is short.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

/// A device of a member, without its push token.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberDevice {
    /// Its id, which the app chose.
    pub device_id: Uuid,
    /// What it runs.
    #[schema(pattern = "^(android|ios|web)$")]
    pub platform: String,
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
pub struct MemberDevicePage {
    /// In the order in which they were registered.
    #[schema(max_items = 10)]
    pub items: Vec<MemberDevice>,
    /// Always null: the list is short.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl MemberSession {
    pub(crate) fn at(now: DateTime<Utc>, kept: KeptSession) -> Self {
        let KeptSession { session, expires_at, ended_at } = kept;
        let state = match ended_at {
            Some(_) => "ended",
            None if expires_at <= now => "expired",
            None => "open",
        };
        Self { session_id: session, state, began_at: began_at(session), expires_at, ended_at }
    }
}

/// The ids of sessions hold the time they were made.
fn began_at(session: Uuid) -> Option<DateTime<Utc>> {
    let (seconds, nanos) = session.get_timestamp()?.to_unix();
    DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)
}

impl From<OpenedDevice> for MemberDevice {
    fn from(device: OpenedDevice) -> Self {
        Self {
            device_id: device.device,
            platform: device.platform,
            locale: device.locale,
            zone: device.zone,
            registered_at: device.registered_at,
            changed_at: device.changed_at,
        }
    }
}

/// Which members.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MembersQuery {
    /// In this state only.
    #[param(nullable = false, example = "active", pattern = "^(active|erasing|erased)$")]
    state: Option<String>,
    /// How many at most.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, nullable = false)]
    limit: Option<Limit>,
    /// The `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

impl MembersQuery {
    fn state(&self) -> Result<Option<MemberStatus>, Problem> {
        let Some(state) = self.state.as_deref() else { return Ok(None) };
        let known = MemberStatus::ALL.into_iter().find(|known| known.as_str() == state);
        known.map(Some).ok_or_else(|| Problem::invalid("state", "is one of active, erasing, erased"))
    }
}

/// Members, those who joined last first
///
/// Nothing personal is shown. With `state` a page may have fewer members than asked for, even none, and yet go on: the end is where
/// `next_cursor` is null.
#[utoipa::path(get, operation_id = "members", security(("bearer" = [])), path = "/v1/members", tag = "members",
    params(MembersQuery), responses((status = 200, description = "Part of the list", body = MemberRecordPage)))]
pub async fn list(
    State(api): State<Api>,
    _: Admitted<MemberReaders>,
    Freshness(need, asked): Freshness,
    Query(query): Query<MembersQuery>,
) -> Result<Answer<MemberRecordPage>, Problem> {
    let state = query.state()?;
    let members = api.reads.members(state, query.cursor.as_deref(), Limit::or_usual(query.limit), &need).await;
    Ok(Answer::of(members, MemberRecordPage::from)?.preferred(asked))
}

/// One member with their accounts. Nothing personal is shown.
#[utoipa::path(get, operation_id = "member_by_id", security(("bearer" = [])), path = "/v1/members/{id}", tag = "members",
    params(("id" = String, Path, format = Uuid, description = "The member"),),
    responses((status = 200, description = "The member", body = MemberDetail)))]
pub async fn one(
    State(api): State<Api>,
    _: Admitted<MemberReaders>,
    Freshness(need, asked): Freshness,
    ById(id): ById,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<MemberDetail>, Problem> {
    let member = api.reads.member_detail(MemberId::new(id), &need).await;
    Ok(Answer::found(member, identity, unknown)?.preferred(asked))
}

/// The sessions of a member, those that end last first.
#[utoipa::path(get, operation_id = "member_sessions", security(("bearer" = [])), path = "/v1/members/{id}/sessions", tag = "members",
    params(("id" = String, Path, format = Uuid, description = "The member"),),
    responses((status = 200, description = "The sessions", body = MemberSessionPage)))]
pub async fn sessions(
    State(api): State<Api>,
    _: Admitted<MemberReaders>,
    Freshness(need, asked): Freshness,
    ById(id): ById,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<MemberSessionPage>, Problem> {
    let (member, now) = (MemberId::new(id), api.reads.now());
    let known = known(&api, member, &need).await?;
    let page = |sessions: Vec<KeptSession>| MemberSessionPage {
        items: sessions.into_iter().map(|session| MemberSession::at(now, session)).collect(),
        next_cursor: None,
    };
    Ok(answered(known, api.opener.sessions(member).await, page).preferred(asked))
}

/// The devices of a member, without anything of their push tokens.
#[utoipa::path(get, operation_id = "member_devices_by_id", security(("bearer" = [])), path = "/v1/members/{id}/devices", tag = "members",
    params(("id" = String, Path, format = Uuid, description = "The member"),),
    responses((status = 200, description = "The devices", body = MemberDevicePage)))]
pub async fn devices(
    State(api): State<Api>,
    _: Admitted<MemberReaders>,
    Freshness(need, asked): Freshness,
    ById(id): ById,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<MemberDevicePage>, Problem> {
    let member = MemberId::new(id);
    let known = known(&api, member, &need).await?;
    let page = |devices: Vec<OpenedDevice>| MemberDevicePage {
        items: devices.into_iter().map(MemberDevice::from).collect(),
        next_cursor: None,
    };
    Ok(answered(known, api.opener.devices(member).await, page).preferred(asked))
}

/// Whether the view knows a member, and how fresh it is.
async fn known(api: &Api, member: MemberId, need: &Need) -> Result<Fresh<bool>, Problem> {
    let read = api.reads.member(member, need).await.map_err(problem_of)?;
    Ok(read.map(|member| member.is_some()))
}

fn answered<M, T>(known: Fresh<bool>, found: Result<M, OpenerError>, form: impl FnOnce(M) -> T) -> Answer<T> {
    Answer::from_result(known.map(|is_known| match is_known {
        true => found.map(form).map_err(opener::problem_of),
        false => Err(unknown()),
    }))
}

fn unknown() -> Problem {
    Problem::new(Code::MemberUnknown).detail("nobody ever signed up under this id")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_open_until_it_ends_or_its_time_is_over() {
        let at = |seconds: i64| DateTime::from_timestamp(seconds, 0).expect("a time");
        // 2026-11-29T09:30:00.123Z, as a UUID of version 7 has it.
        let session = Uuid::from_u128((1_795_944_600_123_u128 << 80) | (7 << 76) | (2 << 62) | 1);
        let kept = |ended_at| KeptSession { session, expires_at: at(100), ended_at };
        let state = |now, ended_at| MemberSession::at(at(now), kept(ended_at)).state;
        assert_eq!((state(99, None), state(100, None), state(99, Some(at(50)))), ("open", "expired", "ended"));
        let began = MemberSession::at(at(0), kept(None)).began_at;
        assert_eq!(began.map(|began| began.timestamp_millis()), Some(1_795_944_600_123));
        assert_eq!(began_at(Uuid::from_u128(1)), None);
    }
}
