//! The rows that differ, found in the buckets that do.

use std::collections::HashMap;

use sqlx::{AssertSqlSafe, PgConnection};

use super::{
    super::error::{RebuildError, doing},
    beside::beside,
    difference::{Change, Difference},
    digest::{bucket, hash},
    tables::{Pair, Side},
};

/// So many rows are held at once.
const ROWS_AT_ONCE: i64 = 50_000;

type Texts = Vec<Option<String>>;
type Rows = HashMap<String, Vec<Texts>>;

/// Reads the rows of the differing buckets, some buckets at a time, and reports each difference.
pub(super) async fn differences(
    live: &mut PgConnection,
    new: &mut PgConnection,
    pair: &Pair,
    buckets: &[(i64, i64)],
    mut report: impl FnMut(Difference),
) -> Result<(), RebuildError> {
    for buckets in portions(buckets) {
        let rows_of_live = async |live: &mut PgConnection| rows(live, &pair.live, &buckets).await;
        let (live, new) = beside(live, rows_of_live, rows(new, &pair.new, &buckets)).await?;
        for difference in hold(pair, live, new) {
            report(difference);
        }
    }
    Ok(())
}

/// Buckets, put together as long as their rows are not too many.
fn portions(buckets: &[(i64, i64)]) -> Vec<Vec<i64>> {
    let mut portions: Vec<Vec<i64>> = Vec::new();
    let mut held = ROWS_AT_ONCE;
    for (bucket, rows) in buckets {
        if held + rows > ROWS_AT_ONCE {
            portions.push(Vec::new());
            held = 0;
        }
        held += rows;
        if let Some(portion) = portions.last_mut() {
            portion.push(*bucket);
        }
    }
    portions
}

async fn rows(connection: &mut PgConnection, side: &Side, buckets: &[i64]) -> Result<Rows, RebuildError> {
    let Side { name, key_text, texts, .. } = side;
    // The hash stands last: a row that differs is found even if the texts of its columns are the same.
    let hash = hash(side);
    let texts = format!("{texts} || encode({hash}, 'hex')");
    let sql = format!("select {key_text}, {texts} from {name} where {} = any($1) order by 2", bucket(side));
    let found = sqlx::query_as::<_, (String, Texts)>(AssertSqlSafe(sql))
        .bind(buckets)
        .fetch_all(connection)
        .await
        .map_err(doing("reading the rows that differ"))?;
    let mut rows = Rows::new();
    for (key, texts) in found {
        rows.entry(key).or_default().push(texts);
    }
    Ok(rows)
}

/// The differences between rows of the same buckets, in the order of their keys.
fn hold(pair: &Pair, live: Rows, mut new: Rows) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut report = |key: &str, change| {
        found.push(Difference { table: pair.table.clone(), key: key.to_owned(), change });
    };
    for (key, theirs) in live {
        let ours = new.remove(&key).unwrap_or_default();
        for i in 0..theirs.len().max(ours.len()) {
            match (theirs.get(i), ours.get(i)) {
                (Some(theirs), Some(ours)) if theirs != ours => report(&key, columns(pair, theirs, ours)),
                (Some(_), None) => report(&key, Change::Missing),
                (None, Some(_)) => report(&key, Change::Extra),
                _ => {}
            }
        }
    }
    for (key, ours) in new {
        ours.iter().for_each(|_| report(&key, Change::Extra));
    }
    found.sort_by(|one, two| one.key.cmp(&two.key));
    found
}

fn columns(pair: &Pair, live: &Texts, new: &Texts) -> Change {
    let both = pair.columns.iter().zip(live.iter().zip(new));
    let differing = both.filter(|(_, (live, new))| live != new);
    Change::Columns(differing.map(|(column, (live, new))| (column.clone(), live.clone(), new.clone())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_read_together_as_long_as_they_are_small() {
        assert!(portions(&[]).is_empty());
        assert_eq!(
            portions(&[(1, 20_000), (2, 30_000), (3, 1), (4, 90_000), (5, 2)]),
            [vec![1, 2], vec![3], vec![4], vec![5]]
        );
    }
}
