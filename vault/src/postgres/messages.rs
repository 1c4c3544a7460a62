//! The queue of messages.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use database::Transaction;
use kernel::{CommandId, CommitRef, MemberId, Position, Sealed, StreamId, Version};
use uuid::Uuid;

use super::{
    PostgresVault,
    classify::failed,
    notices::{channel, columns, field, notice},
    store::Store,
};
use crate::{Charge, DueMessage, MessageBudget, Messages, NewMessage, Queued, SentCode, VaultError, WaitingMessages};

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

    async fn noted_commit(&self) -> Result<Option<CommitRef>, VaultError> {
        let row = sqlx::query!("select noted_position, command_id, recorded_at from vault.message_cursor")
            .fetch_one(&self.store.pool)
            .await
            .map_err(failed)?;
        let noted = row.noted_position.zip(row.command_id).zip(row.recorded_at);
        Ok(noted.map(|((position, command_id), recorded_at)| CommitRef {
            position: Position::new(position),
            command_id: CommandId::new(command_id),
            recorded_at,
        }))
    }

    async fn note_commit(&self, commit: CommitRef) -> Result<(), VaultError> {
        sqlx::query!(
            "update vault.message_cursor set noted_position = $1, command_id = $2, recorded_at = $3
             where noted_position is null or noted_position < $1",
            commit.position.number(),
            commit.command_id.uuid(),
            commit.recorded_at
        )
        .execute(&self.store.pool)
        .await
        .map_err(failed)
        .map(drop)
    }

    async fn enqueue(
        &self,
        messages: &[NewMessage],
        budget: MessageBudget,
        now: DateTime<Utc>,
        from: Position,
        to: Position,
        seen: Option<CommitRef>,
    ) -> Result<Option<Queued>, VaultError> {
        let mut transaction = self.store.begin().await?;
        // First: of two servers that come with the same events, the slower waits here and finds the cursor moved.
        let moved = sqlx::query!(
            "update vault.message_cursor
             set position = $2, noted_position = coalesce($3, noted_position), command_id = coalesce($4, command_id),
                 recorded_at = coalesce($5, recorded_at)
             where position = $1",
            from.number(),
            to.number(),
            seen.map(|commit| commit.position.number()),
            seen.map(|commit| commit.command_id.uuid()),
            seen.map(|commit| commit.recorded_at)
        )
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        if moved.rows_affected() == 0 {
            return Ok(None);
        }
        let sent = charge(&mut transaction, messages, budget, now).await?;
        insert(&mut transaction, &sent).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(Some(Queued { held: (messages.len() - sent.len()) as u64 }))
    }

    async fn codes_sent(&self, subject: Uuid) -> Result<Vec<SentCode>, VaultError> {
        let sent = sqlx::query!(
            r#"select serial as "serial!", case when bound then contact end as contact
               from vault.contact_messages where subject = $1 and serial is not null"#,
            subject
        )
        .fetch_all(&self.store.pool)
        .await
        .map_err(failed)?;
        let code = |serial, contact: Option<Uuid>| {
            Some(SentCode { serial: u32::try_from(serial).ok()?, contact: contact.map(StreamId::new) })
        };
        Ok(sent.into_iter().filter_map(|row| code(row.serial, row.contact)).collect())
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
                 until, code_contact, attempts - 1 as \"attempts!\"",
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

/// Puts messages to the account of their contacts, in order; those that may be sent.
pub(super) async fn charge<'a>(
    transaction: &mut Transaction<'static>,
    messages: &'a [NewMessage],
    budget: MessageBudget,
    now: DateTime<Utc>,
) -> Result<Vec<&'a NewMessage>, VaultError> {
    let mut sent = Vec::with_capacity(messages.len());
    for message in messages {
        let may_be_sent = match message.charge {
            Some(charge) => charge_one(transaction, message, charge, budget, now).await?,
            None => true,
        };
        if may_be_sent {
            sent.push(message);
        }
    }
    Ok(sent)
}

/// Whether one more message may reach the contact, from this origin; if so, it counts. The last message of an hour and of a
/// day is kept for an origin that has caused none in that time. A message that was counted at the same position is of a
/// history that was lost. Queueing holds the cursor's row until the commit, so nobody else counts at the same time.
async fn charge_one(
    transaction: &mut Transaction<'static>,
    message: &NewMessage,
    charge: Charge,
    budget: MessageBudget,
    now: DateTime<Utc>,
) -> Result<bool, VaultError> {
    let (_, subject, serial) = columns(message.notice);
    let share = budget.of_one_origin();
    let counted = sqlx::query!(
        "insert into vault.contact_messages (position, contact, origin, subject, serial, queued_at, bound)
         select $1, $2, asked.origin, $4, $5, $6, $13
         from (select coalesce($3::uuid, (select origin from vault.pending_passwords where sign_up = $7)) as origin)
              as asked,
              lateral (
                  select count(*) filter (where queued_at > $6::timestamptz - interval '1 hour') as hour,
                         count(*) as day,
                         count(*) filter (where origin = asked.origin and queued_at > $6 - interval '1 hour') as own_hour,
                         count(*) filter (where origin = asked.origin) as own_day
                  from vault.contact_messages where contact = $2 and queued_at > $6 - interval '1 day'
              ) as had
         where exists (select from vault.data_keys where member_id = $8)
             and had.hour < $9 - least(had.own_hour, 1) and had.day < $10 - least(had.own_day, 1)
             and had.own_hour < $11 and had.own_day < $12
         on conflict (position) do update
             set contact = excluded.contact, origin = excluded.origin, subject = excluded.subject, serial = excluded.serial,
                 queued_at = excluded.queued_at, bound = excluded.bound
             where (contact_messages.contact, contact_messages.subject, contact_messages.serial)
                 is distinct from (excluded.contact, excluded.subject, excluded.serial)",
        message.position.number(),
        charge.contact.uuid(),
        charge.origin,
        subject,
        serial,
        now,
        message.stream.uuid(),
        message.member.uuid(),
        i64::from(budget.per_hour),
        i64::from(budget.per_day),
        i64::from(share.per_hour),
        i64::from(share.per_day),
        message.code_contact.is_some()
    )
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    Ok(counted.rows_affected() == 1)
}

/// Inserts the messages of those who have a data key. To anyone else nothing could be sent: the contact does not open.
pub(super) async fn insert(transaction: &mut Transaction<'static>, messages: &[&NewMessage]) -> Result<(), VaultError> {
    if messages.is_empty() {
        return Ok(());
    }
    let mut c = Columns::default();
    for message in messages {
        c.push(message);
    }
    sqlx::query!(
        "insert into vault.messages
             (position, member_id, channel, contact, stream_id, version, field, notice, subject, serial, until,
              code_contact)
         select w.position, w.member_id, w.channel, w.contact, w.stream_id, w.version, w.field, w.notice, w.subject,
                w.serial, w.until, w.code_contact
         from unnest($1::bigint[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::bigint[], $7::text[],
                     $8::text[], $9::uuid[], $10::bigint[], $11::timestamptz[], $12::uuid[])
              as w (position, member_id, channel, contact, stream_id, version, field, notice, subject, serial, until,
                    code_contact)
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
        &c.untils as &[Option<DateTime<Utc>>],
        &c.code_contacts as &[Option<Uuid>]
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
    code_contacts: Vec<Option<Uuid>>,
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
        self.code_contacts.push(message.code_contact.map(StreamId::uuid));
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
    code_contact: Option<Uuid>,
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
            code_contact: row.code_contact.map(StreamId::new),
            charge: None,
        };
        Ok(Self { message, attempts: row.attempts })
    }
}
