//! Partners: other businesses with accounts, their keys and their quotas.

use chrono::{DateTime, Utc};
use kernel::{PartnerId, PartnerKeyId, Scope};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::{
    ToSchema,
    openapi::schema::{ArrayBuilder, ObjectBuilder, Type},
};

use crate::{
    Fresh, Need, Page, Reads, ReadsError, View,
    cursor::List,
    freshness::Seen,
    row::{MissingRow, Snapshot, names},
};

const VIEWS: &[View] = &[View::Partners];

/// So many keys of a partner are shown, the newest.
const SHOWN_KEYS: i64 = 100;

/// A partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Partner {
    /// Which: the subject of its tokens, and the owner of its accounts.
    #[schema(value_type = Uuid)]
    pub partner_id: PartnerId,
    /// What people call it.
    pub name: String,
    /// Its last 100 keys, the newest first. Their secrets are known to nobody but the partner.
    #[schema(max_items = 100)]
    pub keys: Vec<PartnerKey>,
    /// What it may do.
    pub quotas: PartnerQuotas,
    /// When it was created, by the log's clock.
    pub created_at: DateTime<Utc>,
}

/// A key of a partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PartnerKey {
    /// Which.
    #[schema(value_type = Uuid)]
    pub key_id: PartnerKeyId,
    /// What it allows.
    #[schema(schema_with = scopes)]
    pub scopes: Vec<String>,
    /// When it was issued, by the log's clock.
    pub issued_at: DateTime<Utc>,
    /// From then on it is good for nothing; null if never.
    #[schema(required)]
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked, by the log's clock; null if it was not.
    #[schema(required)]
    pub revoked_at: Option<DateTime<Utc>>,
}

/// What a partner may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartnerQuotas {
    /// So many requests in a second; null for the usual number.
    #[schema(required, minimum = 1, examples(50))]
    pub requests_per_second: Option<i64>,
    /// So many at once; null for the usual number.
    #[schema(required, minimum = 1, examples(100))]
    pub burst: Option<i64>,
    /// The limits that count for each of its accounts, beside those for everyone.
    #[schema(max_items = 50)]
    pub limits: Vec<String>,
}

fn scopes() -> ArrayBuilder {
    let names = Scope::ALL.iter().map(|scope| scope.as_str());
    let scope = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names));
    ArrayBuilder::new().items(scope).unique_items(true).description(Some("What it allows."))
}

#[derive(Debug, Deserialize)]
struct PartnerRow {
    partner_id: PartnerId,
    name: String,
    requests_per_second: Option<i64>,
    burst: Option<i64>,
    limits: Vec<String>,
    keys: Vec<PartnerKey>,
    created_at: DateTime<Utc>,
    created_position: i64,
}

impl From<PartnerRow> for Partner {
    fn from(row: PartnerRow) -> Self {
        let PartnerRow { partner_id, name, requests_per_second, burst, limits, keys, created_at, .. } = row;
        let quotas = PartnerQuotas { requests_per_second, burst, limits };
        Self { partner_id, name, keys, quotas, created_at }
    }
}

impl Reads {
    /// Every partner, those created last first.
    pub async fn partners(
        &self,
        cursor: Option<&str>,
        limit: u16,
        need: &Need,
    ) -> Result<Fresh<Page<Partner>>, ReadsError> {
        let list = List::named("partners");
        let before = match cursor {
            Some(cursor) => i64::try_from(list.after(cursor)?).map_err(|_| ReadsError::Cursor)?,
            None => i64::MAX,
        };
        let fresh = self.gate.read(VIEWS, need, || self.partners_now(before, limit)).await?;
        let cursor = |last: &PartnerRow| list.cursor(last.created_position.unsigned_abs().into());
        Ok(fresh.map(|rows| {
            let Page { items, next_cursor } = Page::of(rows, limit, cursor);
            Page { items: items.into_iter().map(Partner::from).collect(), next_cursor }
        }))
    }

    async fn partners_now(&self, before: i64, limit: u16) -> Result<Seen<Vec<PartnerRow>>, ReadsError> {
        let (views, most) = (names(VIEWS), i64::from(limit) + 1);
        let row =
            sqlx::query_file!("src/sql/partners.sql", &views, before, most, SHOWN_KEYS).fetch_one(&self.pool).await?;
        let (Json(rows), missing) = (row.page, MissingRow::partial(row.missing));
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, rows)
    }

    /// One partner.
    pub async fn partner(&self, partner: PartnerId, need: &Need) -> Result<Fresh<Option<Partner>>, ReadsError> {
        self.gate.read(VIEWS, need, || self.partner_now(partner)).await
    }

    async fn partner_now(&self, partner: PartnerId) -> Result<Seen<Option<Partner>>, ReadsError> {
        let row = sqlx::query_file!("src/sql/partner.sql", &names(VIEWS), partner.uuid(), SHOWN_KEYS)
            .fetch_one(&self.pool)
            .await?;
        let (found, missing) = (row.found.map(|Json(found)| Partner::from(found)), MissingRow::whole(row.missing));
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }.with(VIEWS, found)
    }
}
