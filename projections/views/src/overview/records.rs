//! Holds and standing orders that are not over: what the numbers of them are counted from.

use std::collections::{BTreeMap, HashMap};

use kernel::{AssetCode, Position};
use projection_engine::WriteError;
use sqlx::{PgConnection, types::Uuid};

use super::counts::Counts;
use crate::copy::CopyRows;

pub(super) const OPEN_HOLDS: &str = "open_holds";
pub(super) const ACTIVE_ORDERS: &str = "orders_active";
pub(super) const PAUSED_ORDERS: &str = "orders_paused";

/// Records that began or changed, in the order of their keys.
#[derive(Debug, Default)]
pub(super) struct Records {
    /// Those that are not over, with their assets and what they are counted as.
    begun: BTreeMap<Uuid, (AssetCode, &'static str)>,
    /// Those that began earlier, with what they are counted as from now on; none if they are over.
    changed: BTreeMap<Uuid, Option<&'static str>>,
}

/// How many more, or fewer, there are.
#[derive(Debug)]
pub(super) struct RecordNumbers {
    /// Open holds of each asset.
    pub(super) holds: HashMap<AssetCode, i64>,
    /// What is counted for the whole bank.
    pub(super) counts: Counts,
}

impl RecordNumbers {
    fn add(&mut self, asset: AssetCode, counted_as: &str, number: i64) {
        match counted_as {
            OPEN_HOLDS => *self.holds.entry(asset).or_default() += number,
            _ => self.counts.add(counted_as, number),
        }
    }
}

impl Records {
    pub(super) fn began(&mut self, record: Uuid, asset: AssetCode, counted_as: &'static str) {
        self.begun.insert(record, (asset, counted_as));
    }

    pub(super) fn became(&mut self, record: Uuid, counted_as: &'static str) {
        match self.begun.get_mut(&record) {
            Some(begun) => begun.1 = counted_as,
            None => {
                self.changed.insert(record, Some(counted_as));
            }
        }
    }

    /// One that began and ended in these commits leaves nothing.
    pub(super) fn ended(&mut self, record: Uuid) {
        if self.begun.remove(&record).is_none() {
            self.changed.insert(record, None);
        }
    }

    /// How many records there are in it.
    pub(super) fn len(&self) -> usize {
        self.begun.len() + self.changed.len()
    }

    /// Adds its records to the rows of a COPY: record, position, asset, what it is counted as.
    pub(super) fn copy(&self, rows: &mut CopyRows, position: Position) {
        for (record, (asset, counted_as)) in &self.begun {
            rows.row().uuid(*record).int8(position.number()).text(asset.as_str()).text(counted_as);
        }
        for (record, counted_as) in &self.changed {
            let row = rows.row().uuid(*record).int8(position.number());
            row.null().maybe(*counted_as, CopyRows::text);
        }
    }

    /// Writes what there is now, and says how the numbers change.
    pub(super) async fn write(
        &self,
        connection: &mut PgConnection,
        numbers: &mut RecordNumbers,
    ) -> Result<(), WriteError> {
        // Before those that begin: what changes began in earlier commits, or is found not to have.
        if !self.changed.is_empty() {
            self.update(connection, numbers).await?;
            self.delete(connection, numbers).await?;
        }
        if !self.begun.is_empty() {
            self.insert(connection).await?;
            for (asset, counted_as) in self.begun.values() {
                numbers.add(*asset, counted_as, 1);
            }
        }
        Ok(())
    }

    async fn insert(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let record: Vec<Uuid> = self.begun.keys().copied().collect();
        let asset: Vec<String> = self.begun.values().map(|(asset, _)| asset.to_string()).collect();
        let counted_as: Vec<&str> = self.begun.values().map(|(_, counted_as)| *counted_as).collect();
        sqlx::query!(
            "insert into record_states (record_id, asset, counted_as)
             select * from unnest($1::uuid[], $2::text[], $3::text[])",
            &record,
            &asset,
            &counted_as as &[&str]
        )
        .execute(connection)
        .await?;
        Ok(())
    }

    async fn update(&self, connection: &mut PgConnection, numbers: &mut RecordNumbers) -> Result<(), WriteError> {
        let (record, counted_as): (Vec<Uuid>, Vec<&str>) =
            self.changed.iter().filter_map(|(record, counted_as)| Some((*record, (*counted_as)?))).unzip();
        if record.is_empty() {
            return Ok(());
        }
        // What it was counted as comes back with the update: what is counted up as one is counted down as the other.
        let changed = sqlx::query!(
            "update record_states
             set counted_as = changed.counted_as
             from unnest($1::uuid[], $2::text[]) as changed(record_id, counted_as), record_states as before
             where record_states.record_id = changed.record_id and before.record_id = changed.record_id
             returning record_states.asset, before.counted_as as counted_before,
                record_states.counted_as as counted_now",
            &record,
            &counted_as as &[&str]
        )
        .fetch_all(connection)
        .await?;
        all_were_there(changed.len(), record.len())?;
        for row in changed {
            let asset = asset(&row.asset)?;
            numbers.add(asset, &row.counted_before, -1);
            numbers.add(asset, &row.counted_now, 1);
        }
        Ok(())
    }

    async fn delete(&self, connection: &mut PgConnection, numbers: &mut RecordNumbers) -> Result<(), WriteError> {
        let over = self.changed.iter().filter(|(_, counted_as)| counted_as.is_none());
        let record: Vec<Uuid> = over.map(|(record, _)| *record).collect();
        if record.is_empty() {
            return Ok(());
        }
        let deleted =
            sqlx::query!("delete from record_states where record_id = any($1) returning asset, counted_as", &record)
                .fetch_all(connection)
                .await?;
        all_were_there(deleted.len(), record.len())?;
        for row in deleted {
            numbers.add(asset(&row.asset)?, &row.counted_as, -1);
        }
        Ok(())
    }
}

fn all_were_there(found: usize, looked_for: usize) -> Result<(), WriteError> {
    if found == looked_for {
        return Ok(());
    }
    Err(WriteError::Inconsistent("a hold or standing order changed that is over, or never began".into()))
}

/// The asset that a row names.
pub(super) fn asset(text: &str) -> Result<AssetCode, WriteError> {
    text.parse().map_err(|_| WriteError::Inconsistent(format!("`{text}` is no asset")))
}
