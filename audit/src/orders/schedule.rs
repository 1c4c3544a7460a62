//! When a standing order is due, by a rule of its own: day after day of the zone, whether the order runs on it.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use events::recorded::{Every, Repeated, Schedule};
use kernel::Zone;

/// A run of a day may be due some days later: clocks that are set forward leave out two days at most.
const BEFORE: u64 = 3;
/// Within so many days there is a run of each schedule, if there is any.
const WITHIN: usize = 40;

/// The first run of a schedule that is due after a moment; none if there is none. How often it runs is not looked at.
pub fn first_after(schedule: &Schedule, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let repeated = match schedule {
        Schedule::At(at) => return (*at > after).then_some(*at),
        Schedule::Every(repeated) => repeated,
    };
    let zone: Zone = repeated.zone.parse().ok()?;
    let earliest = zone.date(after).checked_sub_days(Days::new(BEFORE))?;
    let from = repeated.from.map_or(earliest, |from| from.max(earliest));
    let days = from.iter_days().take(WITHIN).filter(|day| runs_on(repeated, *day));
    // The years of the times that can be written have four digits.
    days.filter_map(|day| zone.at(day, repeated.time)).find(|due| *due > after && due.year() <= 9999)
}

/// How often it runs at most.
pub fn most_runs(schedule: &Schedule) -> Option<u32> {
    match schedule {
        Schedule::At(_) => Some(1),
        Schedule::Every(repeated) => repeated.count,
    }
}

/// Whether it runs on a day of the calendar.
fn runs_on(repeated: &Repeated, day: NaiveDate) -> bool {
    let is_last_of_month = day.succ_opt().is_none_or(|next| next.day() == 1);
    let fits = match repeated.every {
        Every::Day => true,
        Every::Week(weekday) => day.weekday() == weekday,
        Every::Month(of_month) => {
            let of_month = u32::from(of_month);
            day.day() == of_month || (is_last_of_month && day.day() < of_month)
        }
    };
    fits && repeated.from.is_none_or(|from| day >= from) && repeated.until.is_none_or(|until| day <= until)
}

#[cfg(test)]
mod tests {
    use chrono::Weekday;

    use super::*;

    fn every(every: Every, time: &str, zone: &str) -> Repeated {
        let time = time.parse().expect("a time");
        Repeated { every, time, zone: zone.to_owned(), from: None, until: None, count: None }
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    /// So many runs after a moment.
    fn runs(repeated: &Repeated, after: &str, count: usize) -> Vec<String> {
        let schedule = Schedule::Every(repeated.clone());
        let next = |before: &DateTime<Utc>| first_after(&schedule, *before);
        let runs = std::iter::successors(next(&at(after)), next).take(count);
        runs.map(|due| due.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)).collect()
    }

    #[test]
    fn a_day_of_the_month_past_its_end_is_its_last_day() {
        let rent = every(Every::Month(31), "09:00:00", "Asia/Seoul");
        let due = ["2027-01-31T00:00:00Z", "2027-02-28T00:00:00Z", "2027-03-31T00:00:00Z", "2027-04-30T00:00:00Z"];
        assert_eq!(runs(&rent, "2027-01-01T00:00:00Z", 4), due);
    }

    #[test]
    fn clocks_that_change_neither_lose_a_run_nor_double_one() {
        let daily = every(Every::Day, "02:30:00", "America/New_York");
        let spring = ["2026-03-07T07:30:00Z", "2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"];
        assert_eq!(runs(&daily, "2026-03-06T12:00:00Z", 3), spring);
        let early = every(Every::Day, "01:30:00", "America/New_York");
        let autumn = ["2026-10-31T05:30:00Z", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"];
        assert_eq!(runs(&early, "2026-10-30T12:00:00Z", 3), autumn);
    }

    #[test]
    fn it_runs_between_its_days_only() {
        let from = NaiveDate::from_ymd_opt(2027, 5, 1);
        let until = NaiveDate::from_ymd_opt(2027, 5, 11);
        let weekly = Repeated { from, until, ..every(Every::Week(Weekday::Mon), "12:00:00", "UTC") };
        assert_eq!(runs(&weekly, "2026-01-01T00:00:00Z", 9), ["2027-05-03T12:00:00Z", "2027-05-10T12:00:00Z"]);
        let once = Schedule::At(at("2027-05-03T12:00:00Z"));
        assert_eq!(first_after(&once, at("2027-05-03T11:59:59Z")), Some(at("2027-05-03T12:00:00Z")));
        assert_eq!(first_after(&once, at("2027-05-03T12:00:00Z")), None);
        assert_eq!(most_runs(&once), Some(1));
    }
}
