//! The points of the overview's charts: one for each step of time, also where nothing happened.

use std::collections::BTreeMap;

use chrono::DateTime;

use crate::{chart::Point, format::count, page::Page};

/// Seconds of a day. Not all days of the bank are equally long, so it only says where to look for one.
const DAY: i64 = 86_400;
/// So many days are shown.
const DAYS: i64 = 31;

/// The sum of each step up to now; a step in which nothing happened is 0. `sums` by the second at which a step begins.
pub(super) fn filled(page: &Page, sums: &BTreeMap<i64, f64>, (now, step, steps): (i64, i64, i64)) -> Vec<Point> {
    if sums.is_empty() {
        return Vec::new();
    }
    let last = now - now.rem_euclid(step);
    let at = |index: i64| last - (steps - 1 - index) * step;
    (0..steps).map(|index| point(page, at(index), sums.get(&at(index)).copied().unwrap_or(0.0), false)).collect()
}

/// The sum of each of the last days. Where a day begins is the bank's to say.
pub(super) fn days(page: &Page, mut sums: BTreeMap<i64, f64>, now: i64) -> Vec<Point> {
    let Some((&newest, _)) = sums.last_key_value() else { return Vec::new() };
    let today = newest + (now - newest).max(0) / DAY * DAY;
    for at in (0..DAYS).map(|ago| today - ago * DAY) {
        if sums.range(at - DAY / 2..at + DAY / 2).next().is_none() {
            sums.insert(at, 0.0);
        }
    }
    sums.into_iter().map(|(at, sum)| point(page, at, sum, true)).collect()
}

fn point(page: &Page, at: i64, value: f64, days: bool) -> Point {
    let time = DateTime::from_timestamp(at, 0).unwrap_or_default().to_rfc3339();
    Point { at, label: page.format.short(&time, days), value, shown: count(value.round() as i64) }
}
