//! Members, as operators see them: nothing personal.

use chrono::{DateTime, Utc};
use kernel::MemberId;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Account, Fresh, MemberStatus, Need, Page, Reads, ReadsError, View,
    cursor::List,
    freshness::Seen,
    row::{MissingRow, Snapshot, names},
};

const LIST: &[View] = &[View::Members];
const DETAIL: &[View] = &[View::Members, View::Accounts];

/// How many members are looked at for one page of those in a state. It bounds the work of a page, however rare the state is.
const LOOKED_AT: i64 = 20_000;
/// So many accounts are shown with a member; the list of accounts has all of them.
const ACCOUNTS: i64 = 100;

/// A member without anything personal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MemberRecord {
    /// Who.
    #[schema(value_type = Uuid)]
    pub member_id: MemberId,
    /// Where they are in their life here.
    #[schema(pattern = "^(active|erasing|erased)$")]
    pub state: String,
    /// Since when they are a member.
    pub joined_at: DateTime<Utc>,
    /// When they were erased; null if they were not.
    #[schema(required)]
    pub erased_at: Option<DateTime<Utc>>,
}

/// A member without anything personal, with their accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MemberDetail {
    /// The member.
    #[serde(flatten)]
    pub member: MemberRecord,
    /// Their newest accounts, newest first. `GET /v1/accounts?owner=` has all of them.
    #[schema(max_items = 100)]
    pub accounts: Vec<Account>,
    /// How many accounts they have, closed ones too.
    #[schema(minimum = 0)]
    pub account_count: i64,
}

/// What one statement found.
struct Looked {
    members: Vec<MemberRecord>,
    /// The last one that was looked at, if there may be more.
    down_to: Option<Uuid>,
}

impl Reads {
    /// Members, newest first; with a state those in it. With a state a page may have fewer members than asked for, even none, and yet go on.
    pub async fn members(
        &self,
        state: Option<MemberStatus>,
        cursor: Option<&str>,
        limit: u16,
        need: &Need,
    ) -> Result<Fresh<Page<MemberRecord>>, ReadsError> {
        let state = state.map(MemberStatus::as_str);
        let list = List::named("members").bound_to(state.unwrap_or_default().as_bytes());
        // The ids of members hold the time they were made, so their order is that of joining.
        let before = cursor.map(|cursor| list.after(cursor)).transpose()?.map_or(Uuid::max(), Uuid::from_u128);
        let fresh = self.gate.read(LIST, need, || self.members_now(state, before, limit)).await?;
        let cursor_at = |id: Uuid| list.cursor(id.as_u128());
        Ok(fresh.map(|Looked { members, down_to }| {
            let Page { items, next_cursor } = Page::of(members, limit, |last| cursor_at(last.member_id.uuid()));
            Page { items, next_cursor: next_cursor.or(down_to.map(cursor_at)) }
        }))
    }

    async fn members_now(
        &self,
        state: Option<&'static str>,
        before: Uuid,
        limit: u16,
    ) -> Result<Seen<Looked>, ReadsError> {
        let wanted = i64::from(limit) + 1;
        let looked_at = if state.is_some() { LOOKED_AT } else { wanted };
        let row = sqlx::query_file!("src/sql/members.sql", &names(LIST), state, before, wanted, looked_at)
            .fetch_one(&self.pool)
            .await?;
        let (Json(members), down_to) = (row.page, row.down_to);
        let missing = MissingRow::partial(row.missing);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }
            .with(LIST, Looked { members, down_to })
    }

    /// One member with their accounts; none if nobody ever joined under this id.
    pub async fn member_detail(
        &self,
        member: MemberId,
        need: &Need,
    ) -> Result<Fresh<Option<MemberDetail>>, ReadsError> {
        self.gate.read(DETAIL, need, || self.member_detail_now(member)).await
    }

    async fn member_detail_now(&self, member: MemberId) -> Result<Seen<Option<MemberDetail>>, ReadsError> {
        let row = sqlx::query_file!("src/sql/member_detail.sql", &names(DETAIL), member.uuid(), ACCOUNTS)
            .fetch_one(&self.pool)
            .await?;
        let found = row.found.map(|Json(found)| found);
        let missing = MissingRow::whole(row.missing);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(DETAIL, found)
    }
}
