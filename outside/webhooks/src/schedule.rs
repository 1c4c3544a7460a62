//! When an attempt is made again.

use std::{str::FromStr, time::Duration};

use chrono::{DateTime, Utc};

/// An answer cannot ask for a longer pause.
pub const LONGEST_ASKED: Duration = Duration::from_secs(24 * 60 * 60);

/// The pause before each attempt, the first included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule(Vec<Duration>);

impl Schedule {
    /// The schedule of Standard Webhooks.
    pub const DEFAULT: &'static str = "0s,5s,5m,30m,2h,5h,10h,14h,20h,24h";

    /// The pause after so many failed attempts; none if there is no further attempt. It is not shorter than what the answer asked
    /// for, and up to a fifth longer than the schedule says, by `spread` thousandths of that fifth: what failed together is not
    /// tried again together.
    pub fn pause(&self, tries: u32, asked: Option<Duration>, spread: u16) -> Option<Duration> {
        let next = self.0.get(tries as usize)?;
        let pause = asked.map_or(*next, |asked| asked.min(LONGEST_ASKED).max(*next));
        Some(pause + pause * u32::from(spread.min(1_000)) / 5_000)
    }
}

/// Not a schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a list of pauses separated by commas, such as {default}", default = Schedule::DEFAULT)]
pub struct ScheduleError(String);

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let pauses: Option<Vec<Duration>> = text.split(',').map(|pause| parse_pause(pause.trim())).collect();
        pauses.filter(|pauses| pauses.len() <= 100).map(Self).ok_or_else(|| ScheduleError(text.to_owned()))
    }
}

/// A number and a unit: `ms`, `s`, `m`, `h` or `d`. None for anything else, and for more than a year.
fn parse_pause(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let milliseconds: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    let pause = number.parse::<u64>().ok()?.checked_mul(milliseconds)?;
    (pause <= 366 * 86_400_000).then_some(Duration::from_millis(pause))
}

/// The pause that a header `Retry-After` asks for: seconds, or a date (RFC 9110, 10.2.3). None if it asks for neither.
pub fn retry_after(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let date = DateTime::parse_from_rfc2822(value.trim()).ok()?;
    Some((date.to_utc() - now).to_std().unwrap_or_default())
}
