//! Digests of tables: rows dealt into buckets by their keys, each bucket with a count and a sum of hashes.

use sqlx::{AssertSqlSafe, PgConnection, Row};

use super::{
    super::error::{RebuildError, doing},
    tables::{Pair, Side},
};
use crate::SumColumn;

/// A power of two.
pub(super) const BUCKETS: usize = 1024;

/// Row count and sum of hashes of each bucket. The sum does not depend on the order of rows, and unlike an exclusive or
/// it notices a row that is there twice.
pub(super) struct Digest(Vec<(i64, String)>);

impl Digest {
    pub(super) async fn of(connection: &mut PgConnection, side: &Side) -> Result<Self, RebuildError> {
        let Side { name, row, .. } = side;
        let sql = format!(
            "select {bucket} as bucket, count(*) as rows, sum(hash_record_extended({row}, 1)::numeric)::text as hashes
             from {name} group by 1",
            bucket = bucket(side)
        );
        let found = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await.map_err(failed())?;
        let mut buckets = vec![(0, String::new()); BUCKETS];
        for row in found {
            let bucket: i64 = row.try_get("bucket").map_err(failed())?;
            let count = row.try_get("rows").map_err(failed())?;
            let hashes = row.try_get("hashes").map_err(failed())?;
            if let Some(place) = usize::try_from(bucket).ok().and_then(|bucket| buckets.get_mut(bucket)) {
                *place = (count, hashes);
            }
        }
        Ok(Self(buckets))
    }

    pub(super) fn rows(&self) -> i64 {
        self.0.iter().map(|(rows, _)| rows).sum()
    }

    /// The buckets that are not the same in both, each with how many rows it holds.
    pub(super) fn differing(&self, other: &Self) -> Vec<(i64, i64)> {
        let both = self.0.iter().zip(&other.0).zip(0_i64..);
        both.filter(|((one, two), _)| one != two).map(|((one, two), bucket)| (bucket, one.0.max(two.0))).collect()
    }
}

/// The bucket of a row, in SQL.
pub(super) fn bucket(side: &Side) -> String {
    format!("(hash_record_extended({}, 0) & {})", side.key, BUCKETS - 1)
}

/// What a column adds up to in both.
pub(super) async fn sums(
    live: &mut PgConnection,
    new: &mut PgConnection,
    pair: &Pair,
    sum: &SumColumn,
) -> Result<Vec<(String, String, String)>, RebuildError> {
    let wanted = [Some(sum.column), sum.by];
    if !wanted.iter().flatten().all(|column| pair.columns.iter().any(|known| known == column)) {
        return Ok(Vec::new());
    }
    let sql = |side: &Side| {
        let by = sum.by.map_or("''".to_owned(), |by| format!("\"{by}\"::text"));
        let (column, name) = (sum.column, &side.name);
        format!("select {by} as by, coalesce(sum(\"{column}\"), 0)::text as total from {name} group by 1 order by 1")
    };
    let read = async |connection: &mut PgConnection, side: &Side| {
        sqlx::query_as::<_, (String, String)>(AssertSqlSafe(sql(side))).fetch_all(connection).await.map_err(failed())
    };
    let (live, new) = tokio::try_join!(read(live, &pair.live), read(new, &pair.new))?;
    let mut by: Vec<String> = live.iter().chain(&new).map(|(by, _)| by.clone()).collect();
    by.sort_unstable();
    by.dedup();
    let total = |rows: &[(String, String)], by: &str| {
        rows.iter().find(|(of, _)| of == by).map_or("0".to_owned(), |(_, total)| total.clone())
    };
    let told = by.into_iter().map(|by| {
        let name = if by.is_empty() { sum.column.to_owned() } else { format!("{} {by}", sum.column) };
        (name, total(&live, &by), total(&new, &by))
    });
    Ok(told.collect())
}

fn failed() -> impl FnOnce(sqlx::Error) -> RebuildError {
    doing("comparing the tables")
}
