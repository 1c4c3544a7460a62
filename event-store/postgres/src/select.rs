//! Reading by the partial indexes: some types of events, and who opened what.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::{AccountId, Actor, MemberId, Position, StreamId, Version};
use log::{OwnedAccounts, Picked, ReadError, ReadTyped};
use uuid::Uuid;

use crate::{
    classify::read_error,
    rows::{EventRow, damaged, role},
    store::PostgresLog,
};

/// The types of events in the partial index `events_of_members`. The same list stands in the index and in `read_typed.sql`,
/// where Postgres looks for it to see that the index will do. For other types all events in the range are gone through.
pub const INDEXED_TYPES: [&str; 18] = [
    "SignUpStarted",
    "SignUpCodeIssued",
    "SignUpCodeRefused",
    "SignUpCompleted",
    "SignUpEnded",
    "NameReserved",
    "NameReleased",
    "MemberJoined",
    "ContactChangeStarted",
    "ContactCodeRefused",
    "ContactChanged",
    "PasswordChanged",
    "PersonalDataDisclosed",
    "ErasureRequested",
    "MemberErased",
    "PasswordResetStarted",
    "PasswordResetCodeRefused",
    "PasswordResetCompleted",
];

struct PickedRow {
    position: i64,
    version: i64,
    stream_id: Uuid,
    schema_version: i16,
    event_type: String,
    payload: String,
    recorded_at: DateTime<Utc>,
    actor_id: Uuid,
    actor_role: i8,
}

impl PickedRow {
    fn into_picked(self) -> Result<Picked, ReadError> {
        let Self { position, version, stream_id, schema_version, event_type, payload, .. } = self;
        let row = EventRow { position, version, stream_id, schema_version, event_type, payload };
        let role = role(self.actor_role).ok_or_else(|| damaged(position, "a commit's actor has an unknown role"))?;
        Ok(Picked {
            position: Position::new(position),
            recorded_at: self.recorded_at,
            actor: Actor { role, id: MemberId::new(self.actor_id) },
            event: row.into_event()?,
        })
    }
}

#[async_trait]
impl ReadTyped for PostgresLog {
    async fn read_typed(
        &self,
        types: &[&str],
        after: Position,
        up_to: Position,
        limit: i64,
    ) -> Result<Vec<Picked>, ReadError> {
        let is_indexed = types.iter().all(|name| INDEXED_TYPES.contains(name));
        let types: Vec<String> = types.iter().map(|name| (*name).to_owned()).collect();
        let (after, up_to, limit) = (after.number(), up_to.number(), limit.max(1));
        let mut connection = self.connection().await?;
        let rows = if is_indexed {
            sqlx::query_file_as!(PickedRow, "src/sql/read_typed.sql", &types, after, up_to, limit)
                .fetch_all(&mut *connection)
                .await
        } else {
            sqlx::query_file_as!(PickedRow, "src/sql/read_any_typed.sql", &types, after, up_to, limit)
                .fetch_all(&mut *connection)
                .await
        };
        rows.map_err(read_error)?.into_iter().map(PickedRow::into_picked).collect()
    }

    async fn read_picked(&self, stream: StreamId, version: Version) -> Result<Option<Picked>, ReadError> {
        sqlx::query_file_as!(PickedRow, "src/sql/read_picked.sql", stream.uuid(), version.number())
            .fetch_optional(&mut *self.connection().await?)
            .await
            .map_err(read_error)?
            .map(PickedRow::into_picked)
            .transpose()
    }
}

#[async_trait]
impl OwnedAccounts for PostgresLog {
    async fn owned_accounts(&self, owner: MemberId) -> Result<Vec<AccountId>, ReadError> {
        let rows = sqlx::query_file_scalar!("src/sql/owned_accounts.sql", owner.to_string())
            .fetch_all(&mut *self.connection().await?)
            .await
            .map_err(read_error)?;
        Ok(rows.into_iter().map(AccountId::new).collect())
    }
}
