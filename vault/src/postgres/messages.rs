//! The queue of messages.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::{MemberId, Position, Sealed, StreamId, Version};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::{
    PostgresVault,
    classify::failed,
    notices::{channel, columns, field, notice},
    store::Store,
};
use crate::{DueMessage, Messages, NewMessage, VaultError, WaitingMessages};

impl Store {
    /// Puts the cursor before everything, if there is none.
    pub async fn begin_cursor(&self) -> Result<(), VaultError> {
        sqlx::query!("insert into vault.message_cursor (position) values (0) on conflict (singleton) do nothing")
            .execute(&self.pool)
            .await
            .map_err(failed)?;
        Ok(())
    }
}

#[async_trait]
impl Messages for PostgresVault {
    async fn cursor(&self) -> Result<Position, VaultError> {
        let position = sqlx::query_scalar!("select position from vault.message_cursor")
            .fetch_one(&self.store.pool)
            .await
            .map_err(failed)?;
        Ok(Position::new(position))
    }

    async fn enqueue(&self, messages: &[NewMessage], from: Position, to: Position) -> Result<bool, VaultError> {
        let mut transaction = self.store.begin().await?;
        // First: of two servers that come with the same events, the slower waits here and finds the cursor moved.
        let moved = sqlx::query!(
            "update vault.message_cursor set position = $2 where position = $1",
            from.number(),
            to.number()
        )
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        if moved.rows_affected() == 0 {
            return Ok(false);
        }
        insert(&mut transaction, messages).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(true)
    }

    async fn take_due(
        &self,
        now: DateTime<Utc>,
        lease_until: DateTime<Utc>,
        limit: i64,
    ) -> Result<Vec<DueMessage>, VaultError> {
        let rows = sqlx::query_as!(
            Row,
            "with due as (
                 select position from vault.messages where due_at <= $1 order by due_at, position limit $3
                 for update skip locked
             )
             update vault.messages m set due_at = $2, attempts = attempts + 1 from due where m.position = due.position
             returning m.position, member_id, channel, contact, stream_id, version, field, notice, subject, serial,
                 until, attempts - 1 as \"attempts!\"",
            now,
            lease_until,
            limit
        )
        .fetch_all(&self.store.pool)
        .await
        .map_err(failed)?;
        rows.into_iter().map(DueMessage::try_from).collect()
    }

    async fn settle_message(&self, position: Position) -> Result<(), VaultError> {
        sqlx::query!("delete from vault.messages where position = $1", position.number())
            .execute(&self.store.pool)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn postpone(&self, position: Position, due_at: DateTime<Utc>, reason: &str) -> Result<(), VaultError> {
        sqlx::query!(
            "update vault.messages set due_at = $2, reason = $3 where position = $1",
            position.number(),
            due_at,
            reason
        )
        .execute(&self.store.pool)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn waiting_messages(&self) -> Result<Vec<WaitingMessages>, VaultError> {
        let rows = sqlx::query!(
            r#"select channel, count(*) as "count!",
                   (extract(epoch from clock_timestamp() - min(queued_at)) * 1000)::int8 as "oldest_ms!"
               from vault.messages group by channel"#
        )
        .fetch_all(&self.store.pool)
        .await
        .map_err(failed)?;
        let waiting = rows.into_iter().map(|row| WaitingMessages {
            channel: row.channel,
            count: row.count.unsigned_abs(),
            oldest: Duration::from_millis(u64::try_from(row.oldest_ms).unwrap_or_default()),
        });
        Ok(waiting.collect())
    }
}

/// Inserts the messages of those who have a data key. To anyone else nothing could be sent: the contact does not open.
async fn insert(transaction: &mut Transaction<'static, Postgres>, messages: &[NewMessage]) -> Result<(), VaultError> {
    if messages.is_empty() {
        return Ok(());
    }
    let mut c = Columns::default();
    for message in messages {
        c.push(message);
    }
    sqlx::query!(
        "insert into vault.messages
             (position, member_id, channel, contact, stream_id, version, field, notice, subject, serial, until)
         select w.position, w.member_id, w.channel, w.contact, w.stream_id, w.version, w.field, w.notice, w.subject,
                w.serial, w.until
         from unnest($1::bigint[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::bigint[], $7::text[],
                     $8::text[], $9::uuid[], $10::bigint[], $11::timestamptz[])
              as w (position, member_id, channel, contact, stream_id, version, field, notice, subject, serial, until)
         join (select member_id from vault.data_keys where member_id = any($2) order by member_id for key share) as k
              on k.member_id = w.member_id
         on conflict (position) do nothing",
        &c.positions,
        &c.members,
        &c.channels as &[&str],
        &c.contacts as &[&str],
        &c.streams,
        &c.versions,
        &c.fields as &[&str],
        &c.notices as &[&str],
        &c.subjects as &[Option<Uuid>],
        &c.serials as &[Option<i64>],
        &c.untils as &[Option<DateTime<Utc>>]
    )
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    Ok(())
}

/// The messages turned by ninety degrees: one array for each column, as the statement wants them.
#[derive(Default)]
struct Columns<'a> {
    positions: Vec<i64>,
    members: Vec<Uuid>,
    channels: Vec<&'a str>,
    contacts: Vec<&'a str>,
    streams: Vec<Uuid>,
    versions: Vec<i64>,
    fields: Vec<&'a str>,
    notices: Vec<&'a str>,
    subjects: Vec<Option<Uuid>>,
    serials: Vec<Option<i64>>,
    untils: Vec<Option<DateTime<Utc>>>,
}

impl<'a> Columns<'a> {
    fn push(&mut self, message: &'a NewMessage) {
        let (notice, subject, serial) = columns(message.notice);
        self.positions.push(message.position.number());
        self.members.push(message.member.uuid());
        self.channels.push(message.channel);
        self.contacts.push(message.contact.as_str());
        self.streams.push(message.stream.uuid());
        self.versions.push(message.version.number());
        self.fields.push(message.field);
        self.notices.push(notice);
        self.subjects.push(subject);
        self.serials.push(serial);
        self.untils.push(message.until);
    }
}

struct Row {
    position: i64,
    member_id: Uuid,
    channel: String,
    contact: String,
    stream_id: Uuid,
    version: i64,
    field: String,
    notice: String,
    subject: Option<Uuid>,
    serial: Option<i64>,
    until: Option<DateTime<Utc>>,
    attempts: i32,
}

impl TryFrom<Row> for DueMessage {
    type Error = VaultError;

    fn try_from(row: Row) -> Result<Self, VaultError> {
        let message = NewMessage {
            position: Position::new(row.position),
            member: MemberId::new(row.member_id),
            channel: channel(&row.channel)?,
            contact: Sealed::new(row.contact),
            stream: StreamId::new(row.stream_id),
            version: Version::new(row.version),
            field: field(&row.field)?,
            notice: notice(&row.notice, row.subject, row.serial)?,
            until: row.until,
        };
        Ok(Self { message, attempts: row.attempts })
    }
}
