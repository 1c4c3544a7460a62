//! Digests of tables: rows are put into buckets by their keys, each bucket has a count and two sums of hashes.
//!
//! A hash is the SHA-256 of the whole row in a byte form that is different for different rows (`record_send`: type, length
//! or null, value of each column). The hash functions of Postgres' types are not used for this: they serve equality in
//! hash joins, and `hash_numeric` leaves the sign out.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AssertSqlSafe, PgConnection};

use super::{
    super::error::{RebuildError, doing},
    tables::Side,
};
use crate::SumColumn;

/// A power of two.
pub(super) const BUCKETS: usize = 1024;

/// Row count and sums of hashes of each bucket, and what columns add up to, from one reading of a table. The sums do not
/// depend on the order of rows, and unlike an exclusive or they notice a row that is there twice.
pub(super) struct Digest {
    buckets: Vec<(i64, String)>,
    /// Each column that is summed, by what, and how much it is.
    sums: BTreeMap<(usize, String), String>,
}

/// What a column adds up to, in the live generation and in the new one.
pub(super) struct Sum {
    pub(super) column: String,
    /// The column, and for which group of rows.
    pub(super) of: String,
    pub(super) live: String,
    pub(super) new: String,
}

/// A group of rows: those of a bucket, or those that are added up together.
#[derive(sqlx::FromRow)]
struct Group {
    /// Which columns the group is not made by, one bit for each.
    made_by: i32,
    bucket: Option<i64>,
    by: String,
    rows: i64,
    hashes: Option<String>,
    sums: Vec<String>,
}

impl Digest {
    pub(super) async fn of(
        connection: &mut PgConnection,
        side: &Side,
        wanted: &[&SumColumn],
    ) -> Result<Self, RebuildError> {
        let ways = ways(wanted);
        let found = sqlx::query_as::<_, Group>(AssertSqlSafe(statement(side, wanted, &ways)))
            .fetch_all(connection)
            .await
            .map_err(doing("comparing the tables"))?;
        let mut digest = Self { buckets: vec![(0, String::new()); BUCKETS], sums: BTreeMap::new() };
        for group in found {
            match group.bucket {
                Some(bucket) => {
                    let place = usize::try_from(bucket).ok().and_then(|bucket| digest.buckets.get_mut(bucket));
                    place.into_iter().for_each(|place| {
                        *place = (group.rows, group.hashes.clone().unwrap_or_default());
                    });
                }
                None => digest.add_up(group, wanted, &ways),
            }
        }
        Ok(digest)
    }

    fn add_up(&mut self, group: Group, wanted: &[&SumColumn], ways: &[Option<&str>]) {
        for (place, (sum, total)) in wanted.iter().zip(&group.sums).enumerate() {
            let way = ways.iter().position(|way| *way == sum.by);
            if way.is_some_and(|way| mask(ways, way) == group.made_by) {
                self.sums.insert((place, group.by.clone()), total.clone());
            }
        }
    }

    pub(super) fn rows(&self) -> i64 {
        self.buckets.iter().map(|(rows, _)| rows).sum()
    }

    /// The buckets that are not the same in both, each with how many rows it holds.
    pub(super) fn differing(&self, other: &Self) -> Vec<(i64, i64)> {
        let both = self.buckets.iter().zip(&other.buckets).zip(0_i64..);
        both.filter(|((one, two), _)| one != two).map(|((one, two), bucket)| (bucket, one.0.max(two.0))).collect()
    }

    /// What columns add up to in both.
    pub(super) fn sums(&self, other: &Self, wanted: &[&SumColumn]) -> Vec<Sum> {
        let places: BTreeSet<&(usize, String)> = self.sums.keys().chain(other.sums.keys()).collect();
        let total = |digest: &Self, place| digest.sums.get(place).cloned().unwrap_or_else(|| "0".to_owned());
        let sums = places.into_iter().filter_map(|place| {
            let column = wanted.get(place.0)?.column;
            let of = if place.1.is_empty() { column.to_owned() } else { format!("{column} {}", place.1) };
            Some(Sum { column: column.to_owned(), of, live: total(self, place), new: total(other, place) })
        });
        sums.collect()
    }
}

/// The bucket of a row, in SQL.
pub(super) fn bucket(side: &Side) -> String {
    format!("(hashtextextended(encode(record_send({}), 'hex') collate \"C\", 0) & {})", side.key, BUCKETS - 1)
}

/// The hash of a row, in SQL.
pub(super) fn hash(side: &Side) -> String {
    format!("sha256(record_send({}))", side.row)
}

/// The sum of eight bytes of each hash, in SQL: `sum` of `bigint` is exact and does not overflow.
fn sum_of_hashes(first_byte: usize) -> String {
    format!("sum(('x' || encode(substr(hash, {first_byte}, 8), 'hex'))::bit(64)::bigint)")
}

/// By what columns are added up, each way once.
fn ways<'s>(wanted: &[&'s SumColumn]) -> Vec<Option<&'s str>> {
    let ways: BTreeSet<Option<&str>> = wanted.iter().map(|sum| sum.by).collect();
    ways.into_iter().collect()
}

/// What Postgres' `grouping` says of a way: the bit of what the group is made by is not set. The bucket has the highest
/// bit, then the ways in their order.
fn mask(ways: &[Option<&str>], way: usize) -> i32 {
    let all = (1 << (ways.len() + 1)) - 1;
    all & !(1 << (ways.len() - 1 - way))
}

/// Grouping sets read the table once for all of it; a statement for each sum took as long again as the hashes. `offset 0`
/// hides the columns from the planner: it would take the buckets for as many as there are keys, and sort the table.
fn statement(side: &Side, wanted: &[&SumColumn], ways: &[Option<&str>]) -> String {
    let name = &side.name;
    let mut columns = vec![format!("{} as bucket, {} as hash", bucket(side), hash(side))];
    let (mut grouped, mut sets, mut by) = ("bucket".to_owned(), "(bucket)".to_owned(), "''".to_owned());
    for (place, way) in ways.iter().enumerate() {
        columns.push(format!("{} as by_{place}", way.map_or("''::text".to_owned(), |way| format!("\"{way}\"::text"))));
        grouped.push_str(&format!(", by_{place}"));
        sets.push_str(&format!(", (by_{place})"));
        by = format!("coalesce(by_{place}, {by})");
    }
    let mut totals = Vec::new();
    for (place, sum) in wanted.iter().enumerate() {
        columns.push(format!("\"{}\" as sum_{place}", sum.column));
        totals.push(format!("coalesce(sum(sum_{place}), 0)::text"));
    }
    format!(
        "select grouping({grouped}) as made_by, bucket, {by} as by, count(*) as rows,
            {} || ' ' || {} as hashes, array[{}]::text[] as sums
         from (select {} from {name} offset 0) as read group by grouping sets ({sets})",
        sum_of_hashes(1),
        sum_of_hashes(9),
        totals.join(", "),
        columns.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_has_its_bit() {
        let sum = |by| SumColumn { table: "t", column: "c", by };
        let (one, two, three) = (sum(Some("a")), sum(None), sum(Some("a")));
        let ways = ways(&[&one, &two, &three]);
        assert_eq!(ways, [None, Some("a")]);
        assert_eq!((mask(&ways, 0), mask(&ways, 1)), (0b101, 0b110));
    }
}
