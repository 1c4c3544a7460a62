//! The SQL of the view `members`.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use kernel::MemberId;
use projection_engine::{Rows, WriteError};
use sqlx::{PgConnection, types::Uuid};

use super::fold::{Change, Contact, Joined, Status};

/// What is to be written: members who joined in these commits, and changes of those who joined before.
#[derive(Debug, Default)]
pub(super) struct MemberRows {
    joined: Joiners,
    changed: Changed,
    counts: BTreeMap<&'static str, i64>,
}

#[derive(Debug, Default)]
struct Joiners {
    member_id: Vec<Uuid>,
    joined_at: Vec<DateTime<Utc>>,
    erased_at: Vec<Option<DateTime<Utc>>>,
    status: Vec<&'static str>,
    login_id: Vec<Option<String>>,
    login_id_version: Vec<Option<i64>>,
    real_name: Vec<Option<String>>,
    real_name_version: Vec<Option<i64>>,
    contact: Contacts,
    position: Vec<i64>,
}

#[derive(Debug, Default)]
struct Changed {
    member_id: Vec<Uuid>,
    left: Vec<Option<&'static str>>,
    erased_at: Vec<Option<DateTime<Utc>>>,
    contact: Contacts,
    position: Vec<i64>,
}

#[derive(Debug, Default)]
struct Contacts {
    channel: Vec<Option<&'static str>>,
    contact: Vec<Option<String>>,
    version: Vec<Option<i64>>,
}

impl Contacts {
    fn push(&mut self, contact: Option<&Contact>) {
        self.channel.push(contact.map(|contact| contact.channel));
        self.contact.push(contact.map(|contact| contact.value.sealed.as_str().to_owned()));
        self.version.push(contact.map(|contact| contact.value.version));
    }
}

impl From<BTreeMap<MemberId, Change>> for MemberRows {
    fn from(changes: BTreeMap<MemberId, Change>) -> Self {
        let mut rows = Self::default();
        for (member, change) in changes {
            match &change.joined {
                Some(joined) => {
                    *rows.counts.entry(change.left.unwrap_or_default().as_str()).or_default() += 1;
                    rows.joined.push(member, joined, &change);
                }
                None => rows.changed.push(member, &change),
            }
        }
        rows
    }
}

impl Joiners {
    fn push(&mut self, member: MemberId, joined: &Joined, change: &Change) {
        // Who left within the same commits leaves nothing behind.
        let active = change.left.is_none();
        let (login_id, real_name) = (active.then_some(&joined.login_id), active.then_some(&joined.real_name));
        self.member_id.push(member.uuid());
        self.joined_at.push(joined.at);
        self.erased_at.push(change.erased_at);
        self.status.push(change.left.unwrap_or_default().as_str());
        self.login_id.push(login_id.map(|text| text.sealed.as_str().to_owned()));
        self.login_id_version.push(login_id.map(|text| text.version));
        self.real_name.push(real_name.map(|text| text.sealed.as_str().to_owned()));
        self.real_name_version.push(real_name.map(|text| text.version));
        self.contact.push(change.contact.as_ref().filter(|_| active));
        self.position.push(change.position);
    }

    async fn insert(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        sqlx::query!(
            "insert into members (member_id, joined_at, erased_at, status, login_id, login_id_version, real_name,
                real_name_version, channel, contact, contact_version, position)
             select * from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::text[], $6::int8[],
                $7::text[], $8::int8[], $9::text[], $10::text[], $11::int8[], $12::int8[])",
            &self.member_id,
            &self.joined_at,
            &self.erased_at as &[Option<DateTime<Utc>>],
            &self.status as &[&str],
            &self.login_id as &[Option<String>],
            &self.login_id_version as &[Option<i64>],
            &self.real_name as &[Option<String>],
            &self.real_name_version as &[Option<i64>],
            &self.contact.channel as &[Option<&str>],
            &self.contact.contact as &[Option<String>],
            &self.contact.version as &[Option<i64>],
            &self.position
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

impl Changed {
    fn push(&mut self, member: MemberId, change: &Change) {
        self.member_id.push(member.uuid());
        self.left.push(change.left.map(Status::as_str));
        self.erased_at.push(change.erased_at);
        self.contact.push(change.contact.as_ref());
        self.position.push(change.position);
    }

    /// Writes the changes; returns the states before and after, each with how many members.
    async fn update(&self, connection: &mut PgConnection) -> Result<Vec<(String, String)>, WriteError> {
        // The old states come back with the update: who is counted in one state is no longer counted in the other.
        let changed = sqlx::query!(
            "update members
             set status = coalesce(changed.status, members.status),
                erased_at = coalesce(changed.erased_at, members.erased_at),
                login_id = case when changed.status is null then members.login_id end,
                login_id_version = case when changed.status is null then members.login_id_version end,
                real_name = case when changed.status is null then members.real_name end,
                real_name_version = case when changed.status is null then members.real_name_version end,
                channel = case when changed.status is null then changed.channel end,
                contact = case when changed.status is null then changed.contact end,
                contact_version = case when changed.status is null then changed.contact_version end,
                position = changed.position
             from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::int8[], $7::int8[])
                as changed(member_id, status, erased_at, channel, contact, contact_version, position),
                members as before
             where members.member_id = changed.member_id and before.member_id = changed.member_id
                and members.status <> 'erased' and (changed.status is not null or members.status = 'active')
             returning before.status as old_status, members.status as new_status",
            &self.member_id,
            &self.left as &[Option<&str>],
            &self.erased_at as &[Option<DateTime<Utc>>],
            &self.contact.channel as &[Option<&str>],
            &self.contact.contact as &[Option<String>],
            &self.contact.version as &[Option<i64>],
            &self.position
        )
        .fetch_all(connection)
        .await?;
        if changed.len() != self.member_id.len() {
            return Err(WriteError::Inconsistent("a member changed who never joined, or has left".into()));
        }
        Ok(changed.into_iter().map(|row| (row.old_status, row.new_status)).collect())
    }
}

#[async_trait]
impl Rows for MemberRows {
    fn is_empty(&self) -> bool {
        self.joined.member_id.is_empty() && self.changed.member_id.is_empty()
    }

    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let mut counts: BTreeMap<String, i64> = self.counts.iter().map(|(&s, &n)| (s.to_owned(), n)).collect();
        if !self.joined.member_id.is_empty() {
            self.joined.insert(connection).await?;
        }
        if !self.changed.member_id.is_empty() {
            for (old, new) in self.changed.update(connection).await? {
                *counts.entry(old).or_default() -= 1;
                *counts.entry(new).or_default() += 1;
            }
        }
        counts.retain(|_, number| *number != 0);
        if counts.is_empty() { Ok(()) } else { add(connection, &counts).await }
    }
}

async fn add(connection: &mut PgConnection, counts: &BTreeMap<String, i64>) -> Result<(), WriteError> {
    let status: Vec<String> = counts.keys().cloned().collect();
    let number: Vec<i64> = counts.values().copied().collect();
    sqlx::query!(
        "insert into member_counts (status, members)
         select * from unnest($1::text[], $2::int8[])
         on conflict (status) do update set members = member_counts.members + excluded.members",
        &status,
        &number
    )
    .execute(&mut *connection)
    .await?;
    // However the events were batched, the table is the same: what nobody is has no row.
    sqlx::query!("delete from member_counts where members = 0").execute(connection).await?;
    Ok(())
}
