//! The queue of pushes, and how far the log was followed for notifications.

use async_trait::async_trait;
use chrono::{DateTime, NaiveTime, Utc};
use database::Transaction;
use kernel::{MemberId, Position, Sealed};
use uuid::Uuid;

use super::{
    PostgresVault,
    classify::failed,
    messages::{charge, insert},
};
use crate::{
    DuePush, KnownNetworks, MessageBudget, NewMessage, NewNotification, NotificationCursor, Notifications, VaultError,
    Wishes,
};

/// So many pushes may wait for one device. The app shows what is left out.
const MOST_WAITING: i64 = 100;

#[async_trait]
impl Notifications for PostgresVault {
    async fn notification_cursor(&self) -> Result<NotificationCursor, VaultError> {
        let row = sqlx::query!(
            r#"select (select position from vault.notification_cursor) as "position?",
                   exists (select from vault.devices)
                       or exists (select from vault.notification_preferences where email <> '{}') as "anybody!""#
        )
        .fetch_one(&self.store.pool)
        .await
        .map_err(failed)?;
        Ok(NotificationCursor { position: row.position.map(Position::new), anybody: row.anybody })
    }

    async fn begin_notifications(&self, after: Position) -> Result<(), VaultError> {
        sqlx::query!(
            "insert into vault.notification_cursor (position) values ($1) on conflict (singleton) do nothing",
            after.number()
        )
        .execute(&self.store.pool)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn enqueue_notifications(
        &self,
        notifications: &[NewNotification],
        budget: MessageBudget,
        now: DateTime<Utc>,
        from: Position,
        to: Position,
    ) -> Result<bool, VaultError> {
        let mut transaction = self.store.begin().await?;
        // First, as for messages: of two servers that come with the same events, the slower waits here and finds the cursor moved.
        let moved = sqlx::query!(
            "update vault.notification_cursor set position = $2 where position = $1",
            from.number(),
            to.number()
        )
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        if moved.rows_affected() == 0 {
            return Ok(false);
        }
        queue(&mut transaction, notifications, budget, now).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(true)
    }

    async fn wishes(&self, members: &[MemberId]) -> Result<Vec<Wishes>, VaultError> {
        let members: Vec<Uuid> = members.iter().map(|member| member.uuid()).collect();
        let rows = sqlx::query!(
            r#"select member_id as "member_id!", bool_or(has_devices) as "has_devices!",
                   (select p.email from vault.notification_preferences p where p.member_id = w.member_id) as "email?",
                   (select p.changed_at from vault.notification_preferences p where p.member_id = w.member_id) as "since?"
               from (select member_id, true as has_devices from vault.devices where member_id = any($1)
                     union all
                     select member_id, false from vault.notification_preferences where member_id = any($1)) as w
               group by member_id"#,
            &members
        )
        .fetch_all(&self.store.pool)
        .await
        .map_err(failed)?;
        let wishes = rows.into_iter().map(|row| Wishes {
            member: MemberId::new(row.member_id),
            has_devices: row.has_devices,
            email: row.email.unwrap_or_default(),
            since: row.since,
        });
        Ok(wishes.collect())
    }

    async fn is_new_network(&self, member: MemberId, network: Uuid) -> Result<bool, VaultError> {
        sqlx::query_scalar!(
            r#"select not exists (
                   select from vault.known_networks where member_id = $1 and network = $2
               ) as "new!""#,
            member.uuid(),
            network
        )
        .fetch_one(&self.store.pool)
        .await
        .map_err(failed)
    }

    async fn note_log_in(
        &self,
        member: MemberId,
        network: Uuid,
        notification: &NewNotification,
    ) -> Result<(), VaultError> {
        let mut transaction = self.store.begin().await?;
        let remembered = sqlx::query!(
            "insert into vault.known_networks (member_id, network)
             select member_id, $2 from vault.data_keys where member_id = $1 for key share
             on conflict (member_id, network) do nothing",
            member.uuid(),
            network
        )
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        if remembered.rows_affected() == 0 {
            // Another log-in was faster, and told them.
            transaction.rollback().await.map_err(failed)?;
            return self.remember_network(member, network).await;
        }
        let (one, budget) = (std::slice::from_ref(notification), MessageBudget::default());
        queue(&mut transaction, one, budget, notification.at).await?;
        transaction.commit().await.map_err(failed)
    }

    async fn take_due_pushes(
        &self,
        now: DateTime<Utc>,
        lease_until: DateTime<Utc>,
        limit: i64,
    ) -> Result<Vec<DuePush>, VaultError> {
        let rows = sqlx::query_as!(
            Row,
            r#"with due as (
                   select member_id, device_id, push_id from vault.pushes where due_at <= $1 order by due_at limit $3
                   for update skip locked
               )
               update vault.pushes as q set due_at = $2, attempts = q.attempts + 1, reason = null
               from due
               join vault.devices d on d.member_id = due.member_id and d.device_id = due.device_id
               left join vault.notification_preferences p on p.member_id = due.member_id
               where q.member_id = due.member_id and q.device_id = due.device_id and q.push_id = due.push_id
               returning q.push_id as "push_id!", q.member_id as "member_id!", q.device_id as "device_id!", q.kind as "kind!",
                   q.about as "about!", q.happened_at as "happened_at!", q.until as "until!", d.token as "token!", d.token_name as "token_name!", d.locale as "locale!", d.zone as "zone!",
                   p.quiet_from as "quiet_from?", p.quiet_until as "quiet_until?",
                   q.kind = any(coalesce(p.push, array[q.kind])) as "is_wanted!", q.attempts - 1 as "attempts!""#,
            now,
            lease_until,
            limit
        )
        .fetch_all(&self.store.pool)
        .await
        .map_err(failed)?;
        Ok(rows.into_iter().map(DuePush::from).collect())
    }

    async fn settle_push(&self, push: &DuePush) -> Result<(), VaultError> {
        sqlx::query!(
            "delete from vault.pushes where member_id = $1 and device_id = $2 and push_id = $3",
            push.member.uuid(),
            push.device,
            push.id
        )
        .execute(&self.store.pool)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn postpone_push(&self, push: &DuePush, due_at: DateTime<Utc>, reason: &str) -> Result<(), VaultError> {
        sqlx::query!(
            "update vault.pushes set due_at = $4, reason = $5 where member_id = $1 and device_id = $2 and push_id = $3",
            push.member.uuid(),
            push.device,
            push.id,
            due_at,
            reason
        )
        .execute(&self.store.pool)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn forget_token(&self, push: &DuePush) -> Result<(), VaultError> {
        sqlx::query!(
            "delete from vault.devices where member_id = $1 and device_id = $2 and token_name = $3",
            push.member.uuid(),
            push.device,
            push.token_name
        )
        .execute(&self.store.pool)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn waiting_pushes(&self) -> Result<u64, VaultError> {
        let count = sqlx::query_scalar!(r#"select count(*) as "count!" from vault.pushes"#)
            .fetch_one(&self.store.pool)
            .await
            .map_err(failed)?;
        Ok(count.unsigned_abs())
    }
}

/// Queues notifications, the pushes and the mails.
async fn queue(
    transaction: &mut Transaction<'static>,
    notifications: &[NewNotification],
    budget: MessageBudget,
    now: DateTime<Utc>,
) -> Result<(), VaultError> {
    if notifications.is_empty() {
        return Ok(());
    }
    queue_pushes(transaction, notifications).await?;
    let mails: Vec<&NewMessage> = notifications.iter().filter_map(|notification| notification.mail.as_ref()).collect();
    if mails.is_empty() {
        return Ok(());
    }
    let numbers = sqlx::query_scalar!(
        r#"select nextval('vault.notice_numbers') as "number!" from generate_series(1::bigint, $1::bigint)"#,
        i64::try_from(mails.len()).unwrap_or(i64::MAX)
    )
    .fetch_all(&mut **transaction)
    .await
    .map_err(failed)?;
    let mails: Vec<NewMessage> = mails
        .into_iter()
        .zip(numbers)
        .map(|(mail, number)| NewMessage { position: Position::new(number), ..mail.clone() })
        .collect();
    let sent = charge(transaction, &mails, budget, now).await?;
    insert(transaction, &sent).await
}

/// One push for each device that was there when it happened. The members' keys are locked first, as by whoever changes their devices.
async fn queue_pushes(
    transaction: &mut Transaction<'static>,
    notifications: &[NewNotification],
) -> Result<(), VaultError> {
    let members: Vec<Uuid> = notifications.iter().map(|notification| notification.member.uuid()).collect();
    let ids: Vec<Uuid> = notifications.iter().map(|notification| notification.id).collect();
    let kinds: Vec<&str> = notifications.iter().map(|notification| notification.kind).collect();
    let abouts: Vec<&str> = notifications.iter().map(|notification| notification.about.as_str()).collect();
    let times: Vec<DateTime<Utc>> = notifications.iter().map(|notification| notification.at).collect();
    let untils: Vec<DateTime<Utc>> = notifications.iter().map(|notification| notification.until).collect();
    sqlx::query_scalar!(
        "select member_id from vault.data_keys where member_id = any($1) order by member_id for key share",
        &members
    )
    .fetch_all(&mut **transaction)
    .await
    .map_err(failed)?;
    sqlx::query!(
        "insert into vault.pushes (push_id, member_id, device_id, kind, about, happened_at, until)
         select n.id, d.member_id, d.device_id, n.kind, n.about, n.happened_at, n.until
         from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[])
              as n (id, member_id, kind, about, happened_at, until)
         join vault.devices d on d.member_id = n.member_id and d.registered_at <= n.happened_at
         left join vault.notification_preferences p on p.member_id = n.member_id
         where n.kind = any(coalesce(p.push, array[n.kind]))
           and (select count(*) from vault.pushes w where w.member_id = d.member_id and w.device_id = d.device_id) < $7
         for key share of d
         on conflict do nothing",
        &ids,
        &members,
        &kinds as &[&str],
        &abouts as &[&str],
        &times,
        &untils,
        MOST_WAITING
    )
    .execute(&mut **transaction)
    .await
    .map_err(failed)?;
    Ok(())
}

struct Row {
    push_id: Uuid,
    member_id: Uuid,
    device_id: Uuid,
    kind: String,
    about: String,
    happened_at: DateTime<Utc>,
    until: DateTime<Utc>,
    token: String,
    token_name: Uuid,
    locale: String,
    zone: String,
    quiet_from: Option<NaiveTime>,
    quiet_until: Option<NaiveTime>,
    is_wanted: bool,
    attempts: i64,
}

impl From<Row> for DuePush {
    fn from(row: Row) -> Self {
        Self {
            id: row.push_id,
            member: MemberId::new(row.member_id),
            device: row.device_id,
            kind: row.kind,
            about: row.about,
            at: row.happened_at,
            until: row.until,
            token: Sealed::new(row.token),
            token_name: row.token_name,
            locale: row.locale,
            zone: row.zone,
            quiet: row.quiet_from.zip(row.quiet_until),
            is_wanted: row.is_wanted,
            attempts: row.attempts,
        }
    }
}
