//! The SQL of the view `limits`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use events::recorded::{Cap, LimitSet, LimitedKind};
use kernel::Minor;
use projection_engine::{Rows, WriteError};
use sqlx::{PgConnection, types::Uuid};

use super::fold::{Changes, Set};

/// What is to be written.
#[derive(Debug, Default)]
pub(super) struct LimitRows {
    deleted: Vec<String>,
    limits: Limits,
    /// The accounts whose assignments are replaced.
    assigned: Vec<Uuid>,
    assignments: Assignments,
    uses: Uses,
}

#[derive(Debug, Default)]
struct Limits {
    first_position: Vec<i64>,
    position: Vec<i64>,
    recorded_at: Vec<DateTime<Utc>>,
    day_count: Vec<Option<i64>>,
    month_count: Vec<Option<i64>>,
    per_transfer: Vec<Option<String>>,
    day_amount: Vec<Option<String>>,
    month_amount: Vec<Option<String>>,
    everyone: Vec<bool>,
    name: Vec<String>,
    asset: Vec<String>,
    kinds: Vec<String>,
    zone: Vec<String>,
}

#[derive(Debug, Default)]
struct Assignments {
    position: Vec<i64>,
    account_id: Vec<Uuid>,
    name: Vec<String>,
}

#[derive(Debug, Default)]
struct Uses {
    position: Vec<i64>,
    count: Vec<i64>,
    until: Vec<DateTime<Utc>>,
    account_id: Vec<Uuid>,
    amount: Vec<String>,
    name: Vec<String>,
    per: Vec<&'static str>,
}

/// The kinds of payment that a limit counts, as they stand in the table.
pub(super) fn kinds(limit: &LimitSet) -> String {
    limit.kinds.iter().map(|kind| name(*kind)).collect::<Vec<_>>().join(" ")
}

fn name(kind: LimitedKind) -> &'static str {
    match kind {
        LimitedKind::Transfer => "transfer",
        LimitedKind::Withdrawal => "withdrawal",
        LimitedKind::Compound => "compound",
        LimitedKind::Hold => "hold",
        LimitedKind::Charge => "charge",
        LimitedKind::Exchange => "exchange",
        LimitedKind::Payout => "payout",
        LimitedKind::Trade => "trade",
    }
}

/// How much and how often, of a window that may have no limit.
pub(super) fn cap(cap: Option<Cap>) -> (Option<Minor>, Option<i64>) {
    (cap.and_then(|cap| cap.amount), cap.and_then(|cap| cap.count).map(i64::from))
}

impl From<Changes> for LimitRows {
    fn from(changes: Changes) -> Self {
        let mut rows = Self::default();
        for (name, change) in changes.limits {
            if change.deleted {
                rows.deleted.push(name);
            }
            if let Some(set) = change.set {
                rows.limits.push(set);
            }
        }
        for (account, (names, position)) in changes.assigned {
            rows.assigned.push(account.uuid());
            for name in names {
                rows.assignments.position.push(position.number());
                rows.assignments.account_id.push(account.uuid());
                rows.assignments.name.push(name);
            }
        }
        // In the order of the key: neighbours in the index are touched together.
        for ((account, name, per), (used, position)) in changes.used {
            rows.uses.position.push(position.number());
            rows.uses.count.push(i64::from(used.count));
            rows.uses.until.push(used.until);
            rows.uses.account_id.push(account.uuid());
            rows.uses.amount.push(used.amount.to_string());
            rows.uses.name.push(name);
            rows.uses.per.push(per);
        }
        rows
    }
}

impl Limits {
    fn push(&mut self, set: Set) {
        let Set { first, limit, position, recorded_at } = set;
        let text = |amount: Option<Minor>| amount.map(|amount| amount.to_string());
        let ((day_amount, day_count), (month_amount, month_count)) = (cap(limit.per_day), cap(limit.per_month));
        self.first_position.push(first.number());
        self.position.push(position.number());
        self.recorded_at.push(recorded_at);
        self.day_count.push(day_count);
        self.month_count.push(month_count);
        self.per_transfer.push(text(limit.per_transfer));
        self.day_amount.push(text(day_amount));
        self.month_amount.push(text(month_amount));
        self.everyone.push(limit.everyone);
        self.asset.push(limit.asset.to_string());
        self.kinds.push(kinds(&limit));
        self.name.push(limit.name);
        self.zone.push(limit.zone);
    }

    /// What is set again keeps the position at which it was set first.
    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        sqlx::query!(
            "insert into limits (first_position, position, recorded_at, day_count, month_count, per_transfer, day_amount,
                month_amount, everyone, name, asset, kinds, zone)
             select first_position, position, recorded_at, day_count, month_count, per_transfer::numeric,
                day_amount::numeric, month_amount::numeric, everyone, name, asset, kinds, zone
             from unnest($1::int8[], $2::int8[], $3::timestamptz[], $4::int8[], $5::int8[], $6::text[], $7::text[],
                $8::text[], $9::bool[], $10::text[], $11::text[], $12::text[], $13::text[])
                as changed(first_position, position, recorded_at, day_count, month_count, per_transfer, day_amount,
                    month_amount, everyone, name, asset, kinds, zone)
             on conflict (name) do update
             set position = excluded.position, recorded_at = excluded.recorded_at, day_count = excluded.day_count,
                month_count = excluded.month_count, per_transfer = excluded.per_transfer,
                day_amount = excluded.day_amount, month_amount = excluded.month_amount, everyone = excluded.everyone,
                asset = excluded.asset, kinds = excluded.kinds, zone = excluded.zone",
            &self.first_position,
            &self.position,
            &self.recorded_at,
            &self.day_count as &[Option<i64>],
            &self.month_count as &[Option<i64>],
            &self.per_transfer as &[Option<String>],
            &self.day_amount as &[Option<String>],
            &self.month_amount as &[Option<String>],
            &self.everyone,
            &self.name,
            &self.asset,
            &self.kinds,
            &self.zone
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

impl Assignments {
    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        sqlx::query!(
            "insert into limit_assignments (position, account_id, name)
             select * from unnest($1::int8[], $2::uuid[], $3::text[])",
            &self.position,
            &self.account_id,
            &self.name
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

impl Uses {
    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        sqlx::query!(
            "insert into limit_uses (position, count, until, account_id, amount, name, per)
             select position, count, until, account_id, amount::numeric, name, per
             from unnest($1::int8[], $2::int8[], $3::timestamptz[], $4::uuid[], $5::text[], $6::text[], $7::text[])
                as changed(position, count, until, account_id, amount, name, per)
             on conflict (account_id, name, per) do update
             set position = excluded.position, count = excluded.count, until = excluded.until,
                amount = excluded.amount",
            &self.position,
            &self.count,
            &self.until,
            &self.account_id,
            &self.amount,
            &self.name,
            &self.per as &[&str]
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

#[async_trait]
impl Rows for LimitRows {
    fn is_empty(&self) -> bool {
        self.deleted.is_empty()
            && self.limits.name.is_empty()
            && self.assigned.is_empty()
            && self.uses.account_id.is_empty()
    }

    async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        if !self.deleted.is_empty() {
            sqlx::query!("delete from limits where name = any($1)", &self.deleted).execute(&mut *connection).await?;
        }
        if !self.limits.name.is_empty() {
            self.limits.write(connection).await?;
        }
        if !self.assigned.is_empty() {
            sqlx::query!("delete from limit_assignments where account_id = any($1)", &self.assigned)
                .execute(&mut *connection)
                .await?;
            self.assignments.write(connection).await?;
        }
        if !self.uses.account_id.is_empty() {
            self.uses.write(connection).await?;
        }
        Ok(())
    }
}
