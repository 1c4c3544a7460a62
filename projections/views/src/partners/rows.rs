//! The SQL of the view `partners`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use events::recorded::{PartnerKeyIssued, PartnerQuotasSet};
use kernel::{PartnerId, PartnerKeyId, Scope};
use projection_engine::{Rows, WriteError};
use sqlx::{PgConnection, types::Uuid};

use super::fold::{Changes, New};

/// What is to be written: partners and keys that came to be, and changes of them and of those of before.
#[derive(Debug, Default)]
pub(super) struct PartnerRows {
    created: Created,
    quotas: Quotas,
    issued: Issued,
    revoked: Revoked,
}

#[derive(Debug, Default)]
struct Created {
    created_position: Vec<i64>,
    created_at: Vec<DateTime<Utc>>,
    partner_id: Vec<Uuid>,
    name: Vec<String>,
}

#[derive(Debug, Default)]
struct Quotas {
    requests_per_second: Vec<Option<i64>>,
    burst: Vec<Option<i64>>,
    partner_id: Vec<Uuid>,
    limits: Vec<String>,
}

#[derive(Debug, Default)]
struct Issued {
    issued_position: Vec<i64>,
    issued_at: Vec<DateTime<Utc>>,
    expires_at: Vec<Option<DateTime<Utc>>>,
    key_id: Vec<Uuid>,
    partner_id: Vec<Uuid>,
    scopes: Vec<String>,
}

#[derive(Debug, Default)]
struct Revoked {
    key_id: Vec<Uuid>,
    revoked_at: Vec<DateTime<Utc>>,
}

impl From<Changes> for PartnerRows {
    fn from(changes: Changes) -> Self {
        let mut rows = Self::default();
        for New { id, event, position, at } in changes.created {
            rows.created.created_position.push(position.number());
            rows.created.created_at.push(at);
            rows.created.partner_id.push(id.uuid());
            rows.created.name.push(event.name);
        }
        changes.quotas.into_iter().for_each(|(id, set)| rows.quotas.push(id, &set));
        changes.issued.into_iter().for_each(|new| rows.issued.push(&new));
        for (key, at) in changes.revoked {
            rows.revoked.key_id.push(key.uuid());
            rows.revoked.revoked_at.push(at);
        }
        rows
    }
}

impl Created {
    async fn insert(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        sqlx::query!(
            "insert into partners (created_position, created_at, partner_id, name, limits)
             select created_position, created_at, partner_id, name, ''
             from unnest($1::int8[], $2::timestamptz[], $3::uuid[], $4::text[])
                as created(created_position, created_at, partner_id, name)",
            &self.created_position,
            &self.created_at,
            &self.partner_id,
            &self.name
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

impl Quotas {
    fn push(&mut self, partner: PartnerId, set: &PartnerQuotasSet) {
        self.requests_per_second.push(set.requests_per_second.map(i64::from));
        self.burst.push(set.burst.map(i64::from));
        self.partner_id.push(partner.uuid());
        self.limits.push(set.limits.join(" "));
    }

    async fn update(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let updated = sqlx::query!(
            "update partners
             set requests_per_second = changed.requests_per_second, burst = changed.burst, limits = changed.limits
             from unnest($1::int8[], $2::int8[], $3::uuid[], $4::text[])
                as changed(requests_per_second, burst, partner_id, limits)
             where partners.partner_id = changed.partner_id",
            &self.requests_per_second as &[Option<i64>],
            &self.burst as &[Option<i64>],
            &self.partner_id,
            &self.limits
        )
        .execute(connection)
        .await?;
        if updated.rows_affected() != self.partner_id.len() as u64 {
            return Err(WriteError::Inconsistent("quotas were set of a partner that was never created".into()));
        }
        Ok(())
    }
}

impl Issued {
    fn push(&mut self, new: &New<PartnerKeyId, PartnerKeyIssued>) {
        let names: Vec<&str> = new.event.scopes.iter().copied().map(Scope::as_str).collect();
        self.issued_position.push(new.position.number());
        self.issued_at.push(new.at);
        self.expires_at.push(new.event.expires_at);
        self.key_id.push(new.id.uuid());
        self.partner_id.push(new.event.partner.uuid());
        self.scopes.push(names.join(" "));
    }

    async fn insert(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        sqlx::query!(
            "insert into partner_keys (issued_position, issued_at, expires_at, key_id, partner_id, scopes)
             select * from unnest($1::int8[], $2::timestamptz[], $3::timestamptz[], $4::uuid[], $5::uuid[], $6::text[])",
            &self.issued_position,
            &self.issued_at,
            &self.expires_at as &[Option<DateTime<Utc>>],
            &self.key_id,
            &self.partner_id,
            &self.scopes
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

impl Revoked {
    async fn update(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let updated = sqlx::query!(
            "update partner_keys set revoked_at = changed.revoked_at
             from unnest($1::uuid[], $2::timestamptz[]) as changed(key_id, revoked_at)
             where partner_keys.key_id = changed.key_id",
            &self.key_id,
            &self.revoked_at
        )
        .execute(connection)
        .await?;
        if updated.rows_affected() != self.key_id.len() as u64 {
            return Err(WriteError::Inconsistent("a key was revoked that was never issued".into()));
        }
        Ok(())
    }
}

#[async_trait]
impl Rows for PartnerRows {
    fn is_empty(&self) -> bool {
        self.created.partner_id.is_empty()
            && self.quotas.partner_id.is_empty()
            && self.issued.key_id.is_empty()
            && self.revoked.key_id.is_empty()
    }

    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        if !self.created.partner_id.is_empty() {
            self.created.insert(&mut *connection).await?;
        }
        if !self.quotas.partner_id.is_empty() {
            self.quotas.update(&mut *connection).await?;
        }
        if !self.issued.key_id.is_empty() {
            self.issued.insert(&mut *connection).await?;
        }
        if !self.revoked.key_id.is_empty() {
            self.revoked.update(connection).await?;
        }
        Ok(())
    }
}
