//! Counting what an account pays, and giving back what was counted.

use chrono::{DateTime, Utc};
use events::recorded::{Cap, Counted, LimitReached, LimitSet, LimitUse, LimitWindow, LimitedKind};
use kernel::{AssetCode, Minor, TimeWindow, Zone};

use super::BankLimits;
use crate::Refusal;

/// The log's clock, as a decision may ask for it.
pub trait LogTime {
    /// The time now; none if it is not known yet, and then what is decided counts for nothing.
    fn now(&self) -> Option<DateTime<Utc>>;

    /// Whether a moment has passed. The decision stands only if that is so when it is recorded.
    fn has_passed(&self, moment: DateTime<Utc>) -> bool;
}

/// The account that pays, as its limits look at it.
#[derive(Clone, Copy, Debug)]
pub struct Payer<'a> {
    /// Its asset.
    pub asset: AssetCode,
    /// Which limits count for it, beside those for everyone.
    pub assigned: &'a [String],
    /// What it has used of limits, in the newest window of each.
    pub used: &'a [LimitUse],
}

/// What an account pays.
#[derive(Clone, Copy, Debug)]
pub struct Paid {
    /// As limits tell it apart.
    pub kind: LimitedKind,
    /// In minor units of the account's asset.
    pub amount: Minor,
    /// How often: 1, or 0 if it adds to what was counted before.
    pub count: u32,
}

/// What a payment counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counting {
    /// What is used after it, of each limit and window that it counts for.
    pub used: Vec<LimitUse>,
    /// What it counted, so that it can be given back.
    pub counted: Vec<Counted>,
}

/// Counts what an account pays, if its limits leave so much.
pub fn count(limits: &BankLimits, payer: Payer<'_>, paid: Paid, time: &dyn LogTime) -> Result<Counting, Refusal> {
    let mut counting = Counting::default();
    for limit in limits.applying(paid.kind, payer.asset, payer.assigned) {
        if let Some(most) = limit.per_transfer.filter(|most| paid.amount > *most) {
            return Err(reached(limit, LimitWindow::Transfer, Some(most), None));
        }
        let caps = [(LimitWindow::Day, limit.per_day), (LimitWindow::Month, limit.per_month)];
        for (window, cap) in caps.into_iter().filter_map(|(window, cap)| Some((window, cap?))) {
            // It is decided again once the time is known.
            let Some(before) = current(payer.used, limit, window, time) else { continue };
            let used = add(limit, cap, before, paid)?;
            let (limit, until) = (used.limit.clone(), used.until);
            counting.counted.push(Counted { limit, window, until, amount: paid.amount, count: paid.count });
            counting.used.push(used);
        }
    }
    Ok(counting)
}

/// What is used of the window that holds the present moment. A window that has begun runs to its end, whatever becomes of the limit.
fn current(used: &[LimitUse], limit: &LimitSet, window: LimitWindow, time: &dyn LogTime) -> Option<LimitUse> {
    let begun = used.iter().find(|used| used.limit == limit.name && used.window == window);
    if let Some(used) = begun.filter(|used| !time.has_passed(used.until)) {
        return Some(used.clone());
    }
    let now = time.now()?;
    // Only zones of the database are recorded. One that a later database does not have any more counts as universal time.
    let zone: Zone = limit.zone.parse().unwrap_or(Zone::UTC);
    let span = if window == LimitWindow::Month { zone.month(now) } else { zone.day(now) };
    let TimeWindow { since, until } = span?;
    // It is not counted in a window that is over, or has not begun, when it is recorded.
    if !time.has_passed(since) || time.has_passed(until) {
        return None;
    }
    Some(LimitUse { limit: limit.name.clone(), window, until, amount: Minor::ZERO, count: 0 })
}

fn add(limit: &LimitSet, cap: Cap, before: LimitUse, paid: Paid) -> Result<LimitUse, Refusal> {
    let amount = before.amount.plus(paid.amount).map_err(|_| Refusal::AmountOverflow)?;
    let count = before.count.saturating_add(paid.count);
    if cap.count.is_some_and(|most| count > most) {
        return Err(reached(limit, before.window, None, Some(before.until)));
    }
    if let Some(most) = cap.amount.filter(|most| amount > *most) {
        // Less than was used before may have been set since.
        let left = most.minus(before.amount).ok().filter(|left| left.is_positive()).unwrap_or_default();
        return Err(reached(limit, before.window, Some(left), Some(before.until)));
    }
    Ok(LimitUse { amount, count, ..before })
}

fn reached(
    limit: &LimitSet,
    window: LimitWindow,
    remaining: Option<Minor>,
    resets_at: Option<DateTime<Utc>>,
) -> Refusal {
    Refusal::LimitReached(LimitReached { name: limit.name.clone(), window, remaining, resets_at })
}

/// What an account that has used so much uses after something is given back, of each window that it was counted in and that is still the
/// newest one.
pub fn give_back<'a>(used: &[LimitUse], counted: impl IntoIterator<Item = &'a Counted>) -> Vec<LimitUse> {
    let mut after: Vec<LimitUse> = Vec::new();
    for back in counted {
        let same = |used: &LimitUse| used.limit == back.limit && used.window == back.window && used.until == back.until;
        let earlier = after.iter().position(same);
        let Some(before) = earlier.map(|at| &after[at]).or_else(|| used.iter().find(|used| same(used))) else {
            continue;
        };
        let amount = before.amount.minus(back.amount).ok().filter(|left| !left.is_negative()).unwrap_or_default();
        let left = LimitUse { amount, count: before.count.saturating_sub(back.count), ..before.clone() };
        match earlier {
            Some(at) => after[at] = left,
            None => after.push(left),
        }
    }
    after
}
