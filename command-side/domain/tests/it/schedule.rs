//! When the runs of a standing order are due: by hand, and against a rule that looks at each day.

use std::iter::successors;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use domain::schedule::next_run;
use events::recorded::{Every, Repeated, Schedule};
use kernel::Zone;
use proptest::{option, prelude::*};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn date(text: &str) -> Option<NaiveDate> {
    Some(text.parse().expect("a date"))
}

/// Every so often, when the clocks of the zone show this.
pub fn repeated(every: Every, time: &str, zone: &str) -> Repeated {
    let time = time.parse().expect("a time of the day");
    Repeated { every, time, zone: zone.to_owned(), from: None, until: None, count: None }
}

/// All runs that are due after a moment.
fn runs(schedule: &Schedule, after: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
    let next = |after: &DateTime<Utc>| next_run(schedule, *after).expect("a known zone");
    successors(next(&after), next)
}

/// These are the first runs after a moment.
fn assert_due(repeated: Repeated, after: &str, expected: &[&str]) {
    let schedule = Schedule::Every(repeated);
    let due: Vec<_> = runs(&schedule, at(after)).take(expected.len()).collect();
    let expected: Vec<_> = expected.iter().map(|text| at(text)).collect();
    assert_eq!(due, expected, "{schedule:?} after {after}");
}

#[test]
fn a_week_and_a_month_begin_wherever_one_looks_from() {
    let fridays = repeated(Every::Week(Weekday::Fri), "09:00:00", "Asia/Seoul");
    assert_due(fridays.clone(), "2026-11-30T00:00:00Z", &["2026-12-04T00:00:00Z", "2026-12-11T00:00:00Z"]);
    // A run that is due now is not one after now.
    assert_due(fridays.clone(), "2026-12-04T00:00:00Z", &["2026-12-11T00:00:00Z"]);
    assert_due(fridays, "2026-12-03T23:59:59.999999Z", &["2026-12-04T00:00:00Z"]);
    let tenth = repeated(Every::Month(10), "23:00:00", "UTC");
    assert_due(tenth.clone(), "2026-12-10T22:59:59Z", &["2026-12-10T23:00:00Z", "2027-01-10T23:00:00Z"]);
    assert_due(tenth, "2026-12-10T23:00:00Z", &["2027-01-10T23:00:00Z"]);
}

#[test]
fn a_day_past_the_end_of_the_month_is_its_last_day() {
    let thirty_first = repeated(Every::Month(31), "09:30:00", "Asia/Seoul");
    let due = [
        "2026-11-30T00:30:00Z",
        "2026-12-31T00:30:00Z",
        "2027-01-31T00:30:00Z",
        "2027-02-28T00:30:00Z",
        "2027-03-31T00:30:00Z",
        "2027-04-30T00:30:00Z",
    ];
    assert_due(thirty_first, "2026-11-30T00:00:00Z", &due);
    let thirtieth = repeated(Every::Month(30), "00:00:00", "UTC");
    assert_due(thirtieth, "2028-01-31T00:00:00Z", &["2028-02-29T00:00:00Z", "2028-03-30T00:00:00Z"]);
}

#[test]
fn it_begins_and_ends_on_its_days() {
    let (from, until) = (date("2026-12-03"), date("2026-12-05"));
    let days = Repeated { from, until, ..repeated(Every::Day, "00:30:00", "Asia/Seoul") };
    let due: Vec<_> = runs(&Schedule::Every(days.clone()), at("2026-11-30T00:00:00Z")).collect();
    assert_eq!(due, ["2026-12-02T15:30:00Z", "2026-12-03T15:30:00Z", "2026-12-04T15:30:00Z"].map(at));
    let none = |repeated: Repeated, after: &str| next_run(&Schedule::Every(repeated), at(after)) == Ok(None);
    assert!(none(days.clone(), "2026-12-04T15:30:00Z"));
    assert!(none(Repeated { until: date("2026-12-02"), ..days }, "2026-11-30T00:00:00Z"));
    // No 30th lies between.
    let thirtieth = Repeated { from, until, ..repeated(Every::Month(30), "00:30:00", "Asia/Seoul") };
    assert!(none(thirtieth, "2026-11-30T00:00:00Z"));
    assert!(none(repeated(Every::Month(0), "00:30:00", "UTC"), "2026-11-30T00:00:00Z"));
    // The years of RFC 3339 have four digits.
    assert!(none(repeated(Every::Day, "00:00:00", "UTC"), "9999-12-31T12:00:00Z"));
}

#[test]
fn once_is_once() {
    let once = Schedule::At(at("2026-12-01T00:00:00Z"));
    assert_eq!(next_run(&once, at("2026-11-30T00:00:00Z")), Ok(Some(at("2026-12-01T00:00:00Z"))));
    assert_eq!(next_run(&once, at("2026-12-01T00:00:00Z")), Ok(None));
}

#[test]
fn a_zone_that_is_not_known_is_an_error_and_not_an_end() {
    let nowhere = Schedule::Every(repeated(Every::Day, "00:00:00", "Asia/Nowhere"));
    assert!(next_run(&nowhere, at("2026-12-01T00:00:00Z")).is_err());
}

#[test]
fn a_night_in_which_clocks_change_has_one_run() {
    let daily = |time, zone| repeated(Every::Day, time, zone);
    let spring = ["2026-03-07T07:30:00Z", "2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"];
    assert_due(daily("02:30:00", "America/New_York"), "2026-03-07T00:00:00Z", &spring);
    let autumn = ["2026-10-31T05:30:00Z", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"];
    assert_due(daily("01:30:00", "America/New_York"), "2026-10-31T00:00:00Z", &autumn);
    // Set forward at midnight.
    let cairo = ["2026-04-22T22:00:00Z", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"];
    assert_due(daily("00:00:00", "Africa/Cairo"), "2026-04-22T00:00:00Z", &cairo);
    // Set forward to midnight: the run of the day before is due at midnight.
    let nuuk = ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"];
    assert_due(daily("23:30:00", "America/Nuuk"), "2026-03-28T00:00:00Z", &nuuk);
    // Samoa had no 30 December 2011. What was due at its midnight is due with the run of the day after.
    let samoa = ["2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"];
    assert_due(daily("00:00:00", "Pacific/Apia"), "2011-12-29T00:00:00Z", &samoa);
}

const ZONES: [&str; 6] =
    ["America/New_York", "Europe/London", "Australia/Lord_Howe", "Africa/Cairo", "America/Nuuk", "Asia/Seoul"];

fn every() -> impl Strategy<Value = Every> {
    prop_oneof![
        3 => Just(Every::Day),
        1 => (0..7_u8).prop_map(|day| Every::Week(Weekday::try_from(day).expect("a day of the week"))),
        1 => (1..=31_u8).prop_map(Every::Month),
    ]
}

/// The nights more often than the days.
fn times() -> impl Strategy<Value = NaiveTime> {
    let minutes = prop_oneof![0..1_440_u32, 0..240_u32, 1_320..1_440_u32];
    minutes.prop_map(|minute| NaiveTime::from_num_seconds_from_midnight_opt(minute * 60, 0).expect("a time"))
}

fn starts() -> impl Strategy<Value = DateTime<Utc>> {
    // From 2026 to 2031.
    (1_767_225_600_i64..1_924_992_000).prop_map(|second| DateTime::from_timestamp(second, 0).expect("a time"))
}

/// A schedule, and a moment to look from.
fn schedules() -> impl Strategy<Value = (Repeated, DateTime<Utc>)> {
    let days = (option::of(-40..400_i64), option::of(-10..900_i64));
    (every(), times(), 0..ZONES.len(), starts(), days).prop_map(|(every, time, zone, start, (from, until))| {
        let day = |days: i64| (start + TimeDelta::days(days)).date_naive();
        let (from, until, zone) = (from.map(day), until.map(day), ZONES[zone].to_owned());
        (Repeated { every, time, zone, from, until, count: None }, start)
    })
}

fn is_day_of(repeated: &Repeated, day: NaiveDate) -> bool {
    let is_day = match repeated.every {
        Every::Day => true,
        Every::Week(weekday) => day.weekday() == weekday,
        Every::Month(number) => {
            let (number, is_last) = (u32::from(number), (day + Days::new(1)).day() == 1);
            day.day() == number || (is_last && day.day() < number)
        }
    };
    is_day && repeated.from.is_none_or(|from| day >= from) && repeated.until.is_none_or(|until| day <= until)
}

/// What is due after a moment, up to another, with the day that it belongs to: each day is looked at.
fn day_by_day(repeated: &Repeated, after: DateTime<Utc>, end: DateTime<Utc>) -> Vec<(NaiveDate, DateTime<Utc>)> {
    let zone: Zone = repeated.zone.parse().expect("a zone");
    let first = after.date_naive() - Days::new(4);
    let days = first.iter_days().take_while(|day| *day < end.date_naive() + Days::new(4));
    let due = days.filter(|day| is_day_of(repeated, *day)).map(|day| {
        let due = zone.at(day, repeated.time).expect("a moment");
        (day, due)
    });
    due.filter(|(_, due)| *due > after && *due <= end).collect()
}

/// Whether the clocks of a zone leave a time out: the next minute is the same moment.
fn is_left_out(zone: Zone, day: NaiveDate, time: NaiveTime) -> bool {
    let minute_later = day.and_time(time) + TimeDelta::minutes(1);
    zone.at(day, time) == zone.at(minute_later.date(), minute_later.time())
}

proptest! {
    #[test]
    fn no_run_is_lost_and_none_is_doubled((repeated, start) in schedules(), days in 1..800_i64) {
        let end = start + TimeDelta::days(days);
        let zone: Zone = repeated.zone.parse().expect("a zone");
        let due: Vec<_> = runs(&Schedule::Every(repeated.clone()), start).take_while(|due| *due <= end).collect();
        let expected = day_by_day(&repeated, start, end);
        prop_assert_eq!(&due, &expected.iter().map(|(_, due)| *due).collect::<Vec<_>>());
        prop_assert!(due.is_sorted_by(|earlier, later| earlier < later));
        // One on each local day.
        for (day, due) in expected {
            prop_assert!(zone.date(due) == day || is_left_out(zone, day, repeated.time), "{} on {}", due, day);
        }
        // Whatever the clocks do: in these zones they are never set by more than an hour.
        if repeated.every == Every::Day {
            for pair in due.windows(2) {
                let hours = pair[1] - pair[0];
                prop_assert!(hours >= TimeDelta::hours(23) && hours <= TimeDelta::hours(25), "{:?}", pair);
            }
        }
    }

    #[test]
    fn the_next_run_is_the_same_until_it_is_due((repeated, start) in schedules(), seconds in 0..4_000_000_i64) {
        let schedule = Schedule::Every(repeated);
        let next = next_run(&schedule, start).expect("a known zone");
        let later = start + TimeDelta::seconds(seconds);
        let from_later = next_run(&schedule, later).expect("a known zone");
        match next {
            Some(next) if later < next => prop_assert_eq!(from_later, Some(next)),
            Some(next) => prop_assert!(from_later.is_none_or(|found| found > next && found > later)),
            None => prop_assert_eq!(from_later, None),
        }
    }
}
