//! Limits, and what accounts have used of them.

use chrono::{DateTime, Utc};
use kernel::{AccountId, AssetCode, Minor, Position, StreamId, Zone};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;

use crate::{
    Fresh, Need, Page, Reads, ReadsError, View, Viewer,
    cursor::List,
    freshness::Seen,
    row::{MissingRow, Snapshot, names},
};

const LIMITS: &[View] = &[View::Limits];
/// The view of accounts holds the owner and the asset.
const OF_ACCOUNT: &[View] = &[View::Limits, View::Accounts];

/// A limit as it stands in the view.
#[derive(Clone, Debug, Deserialize)]
struct Limit {
    name: String,
    asset: AssetCode,
    kinds: Vec<String>,
    everyone: bool,
    per_transfer: Option<Minor>,
    per_day: Option<Cap>,
    per_month: Option<Cap>,
    zone: String,
    position: Position,
    recorded_at: DateTime<Utc>,
}

/// The most within a window: how much, how often, or both.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Cap {
    amount: Option<Minor>,
    count: Option<u32>,
}

/// One window of a limit, as it is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LimitWindow {
    /// The limit.
    pub name: String,
    /// Over what it counts: one transfer, a day or a calendar month of its time zone.
    #[schema(pattern = "^(transfer|day|month)$")]
    pub window: &'static str,
    /// How much; left out if that is not limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<MostAmount>,
    /// How often; left out if that is not limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<MostCount>,
    /// When the present window ends; null for one transfer.
    #[schema(required)]
    pub resets_at: Option<DateTime<Utc>>,
    /// The asset that it counts.
    #[schema(value_type = String, pattern = "^[A-Z][A-Z0-9]{1,7}$")]
    pub asset: AssetCode,
    /// What it counts: `transfer`, `withdrawal`, `compound`, `hold`, `charge`, `exchange`, `payout`, `trade`.
    pub kinds: Vec<String>,
    /// Whether it counts for every member's account; if not, for those that it is assigned to.
    pub everyone: bool,
    /// Whose days and months: a name of the IANA database.
    pub zone: String,
    /// The position of the event that set the limit as it is.
    #[schema(value_type = i64, minimum = 1)]
    pub position: Position,
    /// When that was, by the log's clock.
    pub recorded_at: DateTime<Utc>,
}

/// How much each account may pay, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MostAmount {
    /// The most.
    #[schema(value_type = String, pattern = "^[0-9]{1,38}$")]
    pub limit: Minor,
}

/// How often each account may pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MostCount {
    /// The most.
    #[schema(minimum = 0)]
    pub limit: u32,
}

/// What an account has used of a limit in one window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AccountLimit {
    /// The limit.
    pub name: String,
    /// Over what it counts: one transfer, a day or a calendar month of its time zone.
    #[schema(pattern = "^(transfer|day|month)$")]
    pub window: &'static str,
    /// How much, in minor units; left out if that is not limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<AmountUse>,
    /// How often; left out if that is not limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<CountUse>,
    /// When the window ends, and nothing of the next one is used; null for one transfer.
    #[schema(required)]
    pub resets_at: Option<DateTime<Utc>>,
}

/// How much may be paid, was paid, and may still be paid, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AmountUse {
    /// The most.
    #[schema(value_type = String, pattern = "^[0-9]{1,38}$")]
    pub limit: Minor,
    /// Used so far.
    #[schema(value_type = String, pattern = "^[0-9]{1,38}$")]
    pub used: Minor,
    /// Left.
    #[schema(value_type = String, pattern = "^[0-9]{1,38}$")]
    pub remaining: Minor,
}

/// How often may be paid, was paid, and may still be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CountUse {
    /// The most.
    #[schema(minimum = 0)]
    pub limit: u32,
    /// Used so far.
    #[schema(minimum = 0)]
    pub used: u32,
    /// Left.
    #[schema(minimum = 0)]
    pub remaining: u32,
}

/// A limit, with what its place in lists is found by.
#[derive(Debug, Deserialize)]
struct LimitRow {
    #[serde(flatten)]
    limit: Limit,
    first_position: i64,
}

/// A limit that counts for an account, and what the account has used of it.
#[derive(Debug, Deserialize)]
pub(crate) struct AppliedRow {
    #[serde(flatten)]
    row: LimitRow,
    uses: Vec<UseRow>,
}

#[derive(Debug, Deserialize)]
struct UseRow {
    per: String,
    until: DateTime<Utc>,
    amount: Minor,
    count: u32,
}

/// Over what a limit counts, in the order of lists, which is by falling keys.
#[derive(Clone, Copy)]
enum Window {
    Month,
    Day,
    Transfer,
}

impl Cap {
    /// Columns that are all null limit nothing.
    fn bounds(&self) -> bool {
        self.amount.is_some() || self.count.is_some()
    }
}

impl Window {
    fn as_str(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// When the window that holds a moment ends; none for one transfer.
    fn end(self, zone: &str, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // A zone that this build does not know counts as universal time, as it does where limits are held.
        let zone: Zone = zone.parse().unwrap_or(Zone::UTC);
        let present = match self {
            Self::Transfer => None,
            Self::Day => zone.day(at),
            Self::Month => zone.month(at),
        };
        present.map(|present| present.until)
    }
}

impl LimitRow {
    /// Its windows, each with its key in lists. Limits that were set later come first, and of one limit the shorter window.
    fn windows(&self) -> Vec<(u128, Window, Cap)> {
        let key = u128::from(self.first_position.unsigned_abs()) << 2;
        let Limit { per_transfer, per_day, per_month, .. } = &self.limit;
        let one = per_transfer.map(|amount| Cap { amount: Some(amount), count: None });
        let windows = [(Window::Transfer, one), (Window::Day, *per_day), (Window::Month, *per_month)];
        let capped = windows.into_iter().filter_map(|(window, cap)| Some((window, cap.filter(Cap::bounds)?)));
        capped.map(|(window, cap)| (key | window as u128, window, cap)).collect()
    }

    /// Its windows as they are set, each with its key in the list.
    fn as_set(&self, now: DateTime<Utc>) -> Vec<(u128, LimitWindow)> {
        let of_limit = |window: Window, cap: Cap| {
            let Limit { name, asset, kinds, everyone, zone, position, recorded_at, .. } = self.limit.clone();
            LimitWindow {
                name,
                window: window.as_str(),
                amount: cap.amount.map(|limit| MostAmount { limit }),
                count: cap.count.map(|limit| MostCount { limit }),
                resets_at: window.end(&zone, now),
                asset,
                kinds,
                everyone,
                zone,
                position,
                recorded_at,
            }
        };
        self.windows().into_iter().map(|(key, window, cap)| (key, of_limit(window, cap))).collect()
    }
}

impl AppliedRow {
    /// Its windows, each with its key in the list.
    pub(crate) fn windows(self, now: DateTime<Utc>) -> Vec<(u128, AccountLimit)> {
        let Self { row, uses } = self;
        row.windows().into_iter().map(|(key, window, cap)| (key, used(&row.limit, window, cap, &uses, now))).collect()
    }
}

/// What is used of a window. One that is over by the clock is not: nothing of the present one is used yet.
fn used(limit: &Limit, window: Window, cap: Cap, uses: &[UseRow], now: DateTime<Utc>) -> AccountLimit {
    let newest = uses.iter().find(|used| used.per == window.as_str() && used.until > now);
    let (amount, count) = newest.map_or((Minor::ZERO, 0), |used| (used.amount, used.count));
    let left = |limit: Minor| limit.minus(amount).ok().filter(|left| left.is_positive()).unwrap_or(Minor::ZERO);
    AccountLimit {
        name: limit.name.clone(),
        window: window.as_str(),
        amount: cap.amount.map(|limit| AmountUse { limit, used: amount, remaining: left(limit) }),
        count: cap.count.map(|limit| CountUse { limit, used: count, remaining: limit.saturating_sub(count) }),
        resets_at: newest.map(|used| used.until).or_else(|| window.end(&limit.zone, now)),
    }
}

/// The part of a whole list, by falling keys, that follows a key.
fn page<T>(mut all: Vec<(u128, T)>, list: &List, before: Option<u128>, limit: u16) -> Page<T> {
    all.sort_unstable_by_key(|(key, _)| std::cmp::Reverse(*key));
    all.retain(|(key, _)| before.is_none_or(|before| *key < before));
    let Page { items, next_cursor } = Page::of(all, limit, |(key, _)| list.cursor(*key));
    Page { items: items.into_iter().map(|(_, item)| item).collect(), next_cursor }
}

impl Reads {
    /// The windows of the limits that are set; those of limits that were set first come last.
    pub async fn limits(
        &self,
        cursor: Option<&str>,
        limit: u16,
        need: &Need,
    ) -> Result<Fresh<Page<LimitWindow>>, ReadsError> {
        let list = List::named("limits");
        let before = cursor.map(|cursor| list.after(cursor)).transpose()?;
        let fresh = self.gate.read(LIMITS, need, || self.limits_now()).await?;
        let now = self.clock.now();
        Ok(fresh.map(|rows| {
            let all = rows.iter().flat_map(|row| row.as_set(now)).collect();
            page(all, &list, before, limit)
        }))
    }

    async fn limits_now(&self) -> Result<Seen<Vec<LimitRow>>, ReadsError> {
        let row = sqlx::query_file!("src/sql/limits.sql", &names(LIMITS), StreamId::LIMITS.to_string())
            .fetch_one(&self.pool)
            .await?;
        let missing = MissingRow::partial(row.missing);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }
            .with(LIMITS, row.limits.0)
    }

    /// The limits that count for an account, each with what is used of it in each of its windows; none if the viewer may not know of the
    /// account. No limit counts for an account of the bank.
    pub async fn account_limits(
        &self,
        viewer: Viewer,
        account: AccountId,
        cursor: Option<&str>,
        limit: u16,
        need: &Need,
    ) -> Result<Fresh<Option<Page<AccountLimit>>>, ReadsError> {
        let list = List::named("account limits").bound_to(account.uuid().as_bytes());
        let before = cursor.map(|cursor| list.after(cursor)).transpose()?;
        let fresh = self.gate.read(OF_ACCOUNT, need, || self.account_limits_now(viewer, account)).await?;
        let now = self.clock.now();
        Ok(fresh.map(|found| {
            found.map(|rows| {
                let all = rows.into_iter().flat_map(|row| row.windows(now)).collect();
                page(all, &list, before, limit)
            })
        }))
    }

    async fn account_limits_now(
        &self,
        viewer: Viewer,
        account: AccountId,
    ) -> Result<Seen<Option<Vec<AppliedRow>>>, ReadsError> {
        let row = sqlx::query_file!(
            "src/sql/account_limits.sql",
            &names(OF_ACCOUNT),
            account.uuid(),
            StreamId::LIMITS.to_string(),
        )
        .fetch_one(&self.pool)
        .await?;
        let is_visible = row.found && viewer.may_see(row.owner);
        // What is not the viewer's is not there, parked or not.
        let missing = MissingRow::whole(row.missing).filter(|_| is_visible || !row.found);
        let rows = is_visible.then_some(row.limits.0);
        Snapshot { position: row.position, recorded_at: row.recorded_at, live: row.live, missing }
            .with(OF_ACCOUNT, rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn amount(units: i128) -> Minor {
        Minor::new(units).expect("an amount")
    }

    /// A limit of Seoul with 100 in a day and 5 payments in a month, of which one day and one month are used.
    fn applied() -> AppliedRow {
        let cap = |amount, count| Some(Cap { amount, count });
        let limit = Limit {
            name: "daily".into(),
            asset: "KRW".parse().expect("an asset"),
            kinds: vec!["transfer".into()],
            everyone: true,
            per_transfer: Some(amount(70)),
            per_day: cap(Some(amount(100)), None),
            per_month: cap(None, Some(5)),
            zone: "Asia/Seoul".into(),
            position: Position::new(9),
            recorded_at: at("2026-11-01T00:00:00Z"),
        };
        let used = |per: &str, until: &str, units, count| UseRow {
            per: per.into(),
            until: at(until),
            amount: amount(units),
            count,
        };
        let uses = vec![used("day", "2026-11-30T15:00:00Z", 130, 2), used("month", "2026-11-30T15:00:00Z", 900, 3)];
        AppliedRow { row: LimitRow { limit, first_position: 7 }, uses }
    }

    #[test]
    fn a_window_that_is_over_is_unused_and_the_next_one_ends_later() {
        let windows = |now| applied().windows(at(now)).into_iter().map(|(_, window)| window).collect::<Vec<_>>();
        let [one, day, month] = windows("2026-11-30T14:59:59Z").try_into().expect("three windows");
        let all = AmountUse { limit: amount(70), used: Minor::ZERO, remaining: amount(70) };
        assert_eq!((one.window, one.amount, one.count, one.resets_at), ("transfer", Some(all), None, None));
        // More was used than may be used since it was set anew.
        let over = AmountUse { limit: amount(100), used: amount(130), remaining: Minor::ZERO };
        let end = Some(at("2026-11-30T15:00:00Z"));
        assert_eq!((day.window, day.amount, day.count, day.resets_at), ("day", Some(over), None, end));
        let often = CountUse { limit: 5, used: 3, remaining: 2 };
        assert_eq!((month.window, month.amount, month.count, month.resets_at), ("month", None, Some(often), end));

        let [_, day, month] = windows("2026-11-30T15:00:00Z").try_into().expect("three windows");
        assert_eq!(day.amount.map(|day| (day.used, day.remaining)), Some((Minor::ZERO, amount(100))));
        assert_eq!(day.resets_at, Some(at("2026-12-01T15:00:00Z")));
        assert_eq!(month.count.map(|month| (month.used, month.remaining)), Some((0, 5)));
        assert_eq!(month.resets_at, Some(at("2026-12-31T15:00:00Z")));
    }

    #[test]
    fn what_is_set_is_shown_window_by_window_with_the_end_of_the_present_one() {
        let row = applied().row;
        let set = |now| row.as_set(at(now)).into_iter().map(|(_, window)| window).collect::<Vec<_>>();
        let [one, day, month] = set("2026-11-30T14:59:59Z").try_into().expect("three windows");
        let most = |units| Some(MostAmount { limit: amount(units) });
        assert_eq!((one.window, one.amount, one.count, one.resets_at), ("transfer", most(70), None, None));
        let end = Some(at("2026-11-30T15:00:00Z"));
        assert_eq!((day.window, day.amount, day.count, day.resets_at), ("day", most(100), None, end));
        let often = Some(MostCount { limit: 5 });
        assert_eq!((month.window, month.amount, month.count, month.resets_at), ("month", None, often, end));
        let ends: Vec<_> = set("2026-11-30T15:00:00Z").into_iter().map(|window| window.resets_at).collect();
        assert_eq!(ends, [None, Some(at("2026-12-01T15:00:00Z")), Some(at("2026-12-31T15:00:00Z"))]);
        // The key of a window stays when the limit is set anew, and a later limit comes before all of it.
        let keys = |row: &LimitRow| row.as_set(at("2026-11-30T15:00:00Z")).into_iter().map(|(key, _)| key);
        let mut anew = applied().row;
        anew.limit.position = Position::new(70);
        assert!(keys(&row).eq(keys(&anew)) && keys(&row).is_sorted_by(|one, next| one > next));
        let later = LimitRow { first_position: row.first_position + 1, ..anew };
        assert!(keys(&later).min() > keys(&row).max());
    }

    #[test]
    fn pages_of_a_whole_list_join() {
        let list = List::named("a list");
        let all = || vec![(4_u128, "d"), (1, "a"), (9, "e"), (2, "b"), (3, "c")];
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let Page { items, next_cursor } = page(all(), &list, before, 2);
            seen.extend(items);
            let Some(cursor) = next_cursor else { break };
            before = Some(list.after(&cursor).expect("a cursor of this list"));
        }
        assert_eq!(seen, ["e", "d", "c", "b", "a"]);
    }
}
