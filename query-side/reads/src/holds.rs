//! Holds: funds that are set aside, and what has become of them.

use chrono::{DateTime, Utc};
use kernel::{AccountId, HoldId, MemberId, Minor, Position};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Fresh, Need, Page, Reads, ReadsError, View, Viewer,
    cursor::List,
    freshness::Seen,
    row::{MissingRow, Snapshot, names},
    transfers::Money,
};

/// The view of accounts holds the owner of each side.
const VIEWS: &[View] = &[View::Holds, View::Accounts];

/// A hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hold {
    /// Which.
    #[schema(value_type = Uuid)]
    pub hold_id: HoldId,
    /// What has become of it: `active` while something remains, then what ended it. One whose time is over is `active` until that is
    /// recorded, and nothing is paid from it meanwhile.
    #[schema(value_type = String, pattern = "^(active|captured|released|expired)$")]
    pub status: HoldStatus,
    /// Whose funds.
    #[schema(value_type = Uuid)]
    pub source: AccountId,
    /// The only account that they can be paid to; null if each capture says where.
    #[schema(value_type = Option<Uuid>, required)]
    pub destination: Option<AccountId>,
    /// How much in all, with every increase.
    pub money: Money,
    /// How much of that was paid, in minor units.
    #[schema(value_type = String, pattern = "^[0-9]{1,38}$", examples("4000"))]
    pub captured: Minor,
    /// How much of that was given back, in minor units.
    #[schema(value_type = String, pattern = "^[0-9]{1,38}$", examples("0"))]
    pub released: Minor,
    /// How much of that is still held, in minor units.
    #[schema(value_type = String, pattern = "^[0-9]{1,38}$", examples("8500"))]
    pub remaining: Minor,
    /// From then on nothing is paid from it.
    pub expires_at: DateTime<Utc>,
    /// The words of whoever placed it.
    #[schema(required)]
    pub memo: Option<String>,
    /// What whoever placed it calls it.
    #[schema(required)]
    pub reference: Option<String>,
    /// The member, service or operator who placed it.
    #[schema(value_type = Uuid)]
    pub placed_by: MemberId,
    /// The position of the last event of the command that changed it last.
    #[schema(value_type = i64, minimum = 1)]
    pub position: Position,
    /// When that was, by the log's clock.
    pub recorded_at: DateTime<Utc>,
}

/// What has become of a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldStatus {
    /// Something remains of it.
    Active,
    /// A capture ended it.
    Captured,
    /// A release ended it.
    Released,
    /// Its time ended it.
    Expired,
}

impl HoldStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Active, Self::Captured, Self::Released, Self::Expired];

    /// The status as it stands in answers and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Captured => "captured",
            Self::Released => "released",
            Self::Expired => "expired",
        }
    }
}

/// A hold, with what its list and its readers are found by.
#[derive(Debug, Deserialize)]
struct HoldRow {
    #[serde(flatten)]
    hold: Hold,
    placed_position: i64,
    source_owner: Option<Uuid>,
    destination_owner: Option<Uuid>,
    #[serde(default)]
    source_known: bool,
    #[serde(default)]
    destination_known: bool,
}

impl HoldRow {
    /// Whoever pays or may be paid sees it; of services, the one that placed it.
    fn is_visible_to(&self, viewer: Viewer, service: Option<MemberId>) -> bool {
        match service {
            Some(service) => self.hold.placed_by == service,
            None => viewer.may_see(self.source_owner) || viewer.may_see(self.destination_owner),
        }
    }

    /// Whether it is known who may see it: neither side is absent from the view of accounts.
    fn has_known_viewers(&self) -> bool {
        self.source_known && self.destination_known
    }
}

impl Reads {
    /// One hold; none if there is none that the viewer may know of: a member must own one side of it, and a service must have placed it.
    pub async fn hold(
        &self,
        viewer: Viewer,
        service: Option<MemberId>,
        hold: HoldId,
        need: &Need,
    ) -> Result<Fresh<Option<Hold>>, ReadsError> {
        self.gate.read(VIEWS, need, || self.hold_now(viewer, service, hold)).await
    }

    async fn hold_now(
        &self,
        viewer: Viewer,
        service: Option<MemberId>,
        hold: HoldId,
    ) -> Result<Seen<Option<Hold>>, ReadsError> {
        let row = sqlx::query_file!("src/sql/hold.sql", &names(VIEWS), hold.uuid()).fetch_one(&self.pool).await?;
        // Who placed it stands in the hold itself.
        let known = row.found.as_ref().is_some_and(|found| service.is_some() || found.0.has_known_viewers());
        let visible = row.found.map(|found| found.0).filter(|found| found.is_visible_to(viewer, service));
        // What is not the viewer's is not there, parked or not.
        let missing = MissingRow::whole(row.missing).filter(|_| visible.is_some() || !known);
        let hold = visible.map(|found| found.hold);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, hold)
    }

    /// The holds of an account, of which it is either side, newest placed first; none if the viewer may not know of the account.
    ///
    /// A page is one run of an index for each side and status, so one status costs no more where there are many holds of the others.
    pub async fn holds(
        &self,
        viewer: Viewer,
        account: AccountId,
        status: Option<HoldStatus>,
        cursor: Option<&str>,
        limit: u16,
        need: &Need,
    ) -> Result<Fresh<Option<Page<Hold>>>, ReadsError> {
        let list = List::named("holds")
            .bound_to(account.uuid().as_bytes())
            .bound_to(status.map_or("", HoldStatus::as_str).as_bytes());
        let before = match cursor {
            Some(cursor) => i64::try_from(list.after(cursor)?).map_err(|_| ReadsError::Cursor)?,
            None => i64::MAX,
        };
        let query = || self.holds_now(viewer, account, status, before, limit);
        let fresh = self.gate.read(VIEWS, need, query).await?;
        let cursor = |last: &HoldRow| list.cursor(last.placed_position.unsigned_abs().into());
        Ok(fresh.map(|found| {
            found.map(|rows| {
                let Page { items, next_cursor } = Page::of(rows, limit, cursor);
                Page { items: items.into_iter().map(|row| row.hold).collect(), next_cursor }
            })
        }))
    }

    async fn holds_now(
        &self,
        viewer: Viewer,
        account: AccountId,
        status: Option<HoldStatus>,
        before: i64,
        limit: u16,
    ) -> Result<Seen<Option<Vec<HoldRow>>>, ReadsError> {
        let statuses = HoldStatus::ALL.into_iter().filter(|one| status.is_none_or(|status| status == *one));
        let statuses: Vec<String> = statuses.map(|status| status.as_str().to_owned()).collect();
        let row = sqlx::query_file!(
            "src/sql/holds.sql",
            &names(VIEWS),
            account.uuid(),
            &statuses,
            before,
            i64::from(limit) + 1,
        )
        .fetch_one(&self.pool)
        .await?;
        let is_visible = row.found && viewer.may_see(row.owner);
        let missing = match (row.found, is_visible) {
            (false, _) => MissingRow::whole(row.missing),
            (true, true) => MissingRow::partial(row.missing),
            // What is not the viewer's is not there, parked or not.
            (true, false) => None,
        };
        let rows = is_visible.then_some(row.page.0);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, rows)
    }
}
