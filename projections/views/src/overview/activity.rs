//! Transfers counted by time.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use events::recorded::{Leg, TransferFacts, TransferKind, TransferPosted};
use kernel::{AssetCode, Zone};
use projection_engine::WriteError;
use sqlx::PgConnection;

use crate::{copy::CopyRows, wide::Wide};

/// What happened within a minute to one asset by one kind of transfer.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    posted: i64,
    rejected: i64,
    volume: Wide,
}

/// Counts of some commits, by minute; hours and days are added up from them when they are written.
#[derive(Debug)]
pub(super) struct Activity {
    /// Whose days.
    zone: Zone,
    minutes: HashMap<(i64, AssetCode, TransferKind), Count>,
}

/// Length and start of a bucket, and what is counted in it.
type Bucket = (&'static str, i64, AssetCode, TransferKind);

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;

impl Activity {
    /// Nothing yet; days will be those of a zone.
    pub(super) fn none(zone: Zone) -> Self {
        Self { zone, minutes: HashMap::new() }
    }

    /// Counts a transfer once for each asset in it, with what was credited of it.
    pub(super) fn posted(&mut self, posted: &TransferPosted, at: DateTime<Utc>) {
        for (index, Leg { asset, amount, .. }) in posted.legs.iter().enumerate() {
            let is_first = !posted.legs[..index].iter().any(|leg| leg.asset == *asset);
            let count = self.count(*asset, posted.kind, at);
            count.posted += i64::from(is_first);
            if amount.is_positive() {
                count.volume.add(*amount);
            }
        }
    }

    pub(super) fn rejected(&mut self, facts: &TransferFacts, at: DateTime<Utc>) {
        self.count(facts.asset, facts.kind, at).rejected += 1;
    }

    fn count(&mut self, asset: AssetCode, kind: TransferKind, at: DateTime<Utc>) -> &mut Count {
        let minute = at.timestamp().div_euclid(MINUTE) * MINUTE;
        self.minutes.entry((minute, asset, kind)).or_default()
    }

    /// How many minutes something happened in.
    pub(super) fn len(&self) -> usize {
        self.minutes.len()
    }

    /// Adds its buckets to the rows of a COPY: bucket, start, asset, kind, posted, rejected, volume as text.
    pub(super) fn copy(&self, rows: &mut CopyRows) {
        for ((bucket, start, asset, kind), count) in self.buckets() {
            rows.row()
                .text(bucket)
                .time(DateTime::UNIX_EPOCH + Duration::seconds(start))
                .text(asset.as_str())
                .text(kind.as_str())
                .int8(count.posted)
                .int8(count.rejected)
                .text(&count.volume.to_string());
        }
    }

    /// When the day began that holds a minute: every day begins with one.
    fn day(&self, minute: i64) -> i64 {
        let at = DateTime::UNIX_EPOCH + Duration::seconds(minute);
        // Only outside of the years that can be written no day is found.
        self.zone.day(at).map_or(minute, |day| day.since.timestamp())
    }

    fn buckets(&self) -> Vec<(Bucket, Count)> {
        let mut buckets: HashMap<Bucket, Count> = HashMap::new();
        for (&(minute, asset, kind), count) in &self.minutes {
            let hour = minute.div_euclid(HOUR) * HOUR;
            for (bucket, start) in [("minute", minute), ("hour", hour), ("day", self.day(minute))] {
                let sum = buckets.entry((bucket, start, asset, kind)).or_default();
                sum.posted += count.posted;
                sum.rejected += count.rejected;
                sum.volume.add_wide(count.volume);
            }
        }
        let mut buckets: Vec<_> = buckets.into_iter().collect();
        buckets.sort_unstable_by_key(|((bucket, start, asset, kind), _)| (*bucket, *start, *asset, kind.as_str()));
        buckets
    }

    pub(super) async fn write(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        let buckets = self.buckets();
        if buckets.is_empty() {
            return Ok(());
        }
        let column = buckets.iter();
        let bucket: Vec<&str> = column.clone().map(|((bucket, ..), _)| *bucket).collect();
        let start: Vec<_> =
            column.clone().map(|((_, start, ..), _)| DateTime::UNIX_EPOCH + Duration::seconds(*start)).collect();
        let asset: Vec<String> = column.clone().map(|((_, _, asset, _), _)| asset.to_string()).collect();
        let kind: Vec<&str> = column.clone().map(|((_, _, _, kind), _)| kind.as_str()).collect();
        let posted: Vec<i64> = column.clone().map(|(_, count)| count.posted).collect();
        let rejected: Vec<i64> = column.clone().map(|(_, count)| count.rejected).collect();
        let volume: Vec<String> = column.map(|(_, count)| count.volume.to_string()).collect();
        sqlx::query!(
            "insert into activity (bucket, bucket_start, asset, kind, posted_count, rejected_count, posted_volume)
             select bucket, bucket_start, asset, kind, posted_count, rejected_count, posted_volume::numeric
             from unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::int8[], $6::int8[], $7::text[])
                as added(bucket, bucket_start, asset, kind, posted_count, rejected_count, posted_volume)
             on conflict (bucket, bucket_start, asset, kind) do update
             set posted_count = activity.posted_count + excluded.posted_count,
                rejected_count = activity.rejected_count + excluded.rejected_count,
                posted_volume = activity.posted_volume + excluded.posted_volume",
            &bucket as &[&str],
            &start,
            &asset,
            &kind as &[&str],
            &posted,
            &rejected,
            &volume
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}
