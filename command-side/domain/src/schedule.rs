//! When the runs of a standing order are due.
//!
//! A schedule that repeats has one run for each of its days, a day being a date of the calendar. It is due when the clocks of its zone show
//! the time of the schedule on that day: at the first of the two moments if they show it twice, and at the first moment after it if they
//! leave it out, even where that is on the next day already. Days whose runs would be due at the same moment have one run.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use events::recorded::{Every, Repeated, Schedule};
use kernel::{Zone, ZoneError};

/// The last year that a run can be due in: RFC 3339 writes four digits.
const LAST_YEAR: i32 = 9999;
/// The run of a day may be due a day later or two: no clock is set forward by more.
const LONGEST_GAP: Days = Days::new(2);

/// The first run of a schedule that is due after a moment; none if there is none. How many runs there may be is not looked at.
///
/// # Errors
///
/// If this build does not know the time zone.
pub fn next_run(schedule: &Schedule, after: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, ZoneError> {
    let next = match schedule {
        Schedule::At(at) => (*at > after).then_some(*at),
        Schedule::Every(repeated) => next_repeated(repeated, repeated.zone.parse()?, after),
    };
    Ok(next.filter(|next| next.year() <= LAST_YEAR))
}

fn next_repeated(repeated: &Repeated, zone: Zone, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let earliest = zone.date(after).checked_sub_days(LONGEST_GAP)?;
    let mut from = repeated.from.map_or(earliest, |from| from.max(earliest));
    loop {
        let day = day_from(repeated.every, from)?;
        if repeated.until.is_some_and(|until| day > until) {
            return None;
        }
        let due = zone.at(day, repeated.time)?;
        if due > after {
            return Some(due);
        }
        from = day.succ_opt()?;
    }
}

/// The first day of a schedule that is not before this one.
fn day_from(every: Every, from: NaiveDate) -> Option<NaiveDate> {
    match every {
        Every::Day => Some(from),
        Every::Week(weekday) => from.checked_add_days(Days::new(weekday.days_since(from.weekday()).into())),
        Every::Month(day) => {
            let first = from.with_day(1)?;
            let this = day_of_month(first, day)?;
            if this >= from { Some(this) } else { day_of_month(first.checked_add_months(Months::new(1))?, day) }
        }
    }
}

/// That day of the month that begins on `first`; its last day if it has not so many.
fn day_of_month(first: NaiveDate, day: u8) -> Option<NaiveDate> {
    let last = first.checked_add_months(Months::new(1))?.pred_opt()?;
    first.with_day(u32::from(day).min(last.day()))
}
