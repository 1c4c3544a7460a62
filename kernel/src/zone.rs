//! Time zones: what the bank calls a day, by the rules of the IANA database.

use std::{fmt, str::FromStr};

use chrono::{
    DateTime, Datelike, Days, MappedLocalTime, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A time zone of the IANA database, such as `Asia/Seoul`. Its rules are those of the copy that this build has.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zone(Tz);

/// The text names no time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a time zone has a name of the IANA database, such as Asia/Seoul or UTC")]
pub struct ZoneError;

/// From one moment to another, which is not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeWindow {
    /// When it begins.
    pub since: DateTime<Utc>,
    /// When it is over.
    pub until: DateTime<Utc>,
}

impl Zone {
    /// Universal time.
    pub const UTC: Self = Self(Tz::UTC);
    /// The zone of the bank, if no setting says another.
    pub const SEOUL: Self = Self(Tz::Asia__Seoul);

    /// Its name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The day that the clocks of the zone show.
    pub fn date(self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.0).date_naive()
    }

    /// The day that holds a moment, from its first moment to the first of the next day. Where clocks change it has 23 or 25 hours, or other
    /// numbers of them.
    pub fn day(self, at: DateTime<Utc>) -> Option<TimeWindow> {
        Some(self.around(at, self.date(at), day_after)?.1)
    }

    /// The date of the day that holds a moment. It is what the clocks show, but for an hour that is shown twice over midnight: it never goes
    /// back as time goes on.
    pub fn day_of(self, at: DateTime<Utc>) -> NaiveDate {
        let shown = self.date(at);
        self.around(at, shown, day_after).map_or(shown, |(date, _)| date)
    }

    /// The first moment of a day: midnight, or the end of the gap if the clocks leave midnight out. None outside of the years that can be written.
    pub fn begin(self, date: NaiveDate) -> Option<DateTime<Utc>> {
        self.moment(date.and_time(NaiveTime::MIN))
    }

    /// The calendar month that holds a moment.
    pub fn month(self, at: DateTime<Utc>) -> Option<TimeWindow> {
        let next = |first: NaiveDate| first.checked_add_months(Months::new(1));
        Some(self.around(at, self.date(at).with_day(1)?, next)?.1)
    }

    /// When the clocks of the zone show a time. If they leave it out, the first moment after they were set forward; if they show it twice, the
    /// first of the two. None outside of the years that can be written.
    pub fn at(self, date: NaiveDate, time: NaiveTime) -> Option<DateTime<Utc>> {
        self.moment(date.and_time(time))
    }

    /// The window that holds a moment, and its first day. Clocks that are set back over midnight show the day before once more: that hour is part of the day that
    /// had begun, so that no two windows overlap.
    fn around(
        self,
        at: DateTime<Utc>,
        first: NaiveDate,
        next: impl Fn(NaiveDate) -> Option<NaiveDate>,
    ) -> Option<(NaiveDate, TimeWindow)> {
        let mut first = first;
        loop {
            let following = next(first)?;
            let window = TimeWindow { since: self.begin(first)?, until: self.begin(following)? };
            if at < window.until {
                return Some((first, window));
            }
            first = following;
        }
    }

    fn moment(self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        match self.0.from_local_datetime(&local) {
            MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => Some(at.with_timezone(&Utc)),
            MappedLocalTime::None => self.after_gap(local),
        }
    }

    /// The first moment after a gap that holds this local time. By the offset before the gap the local time lies behind its end; the end is
    /// found by halving. No gap is longer than two days.
    fn after_gap(self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        let shows = |at: DateTime<Utc>| at.with_timezone(&self.0).naive_local();
        let middle = local.and_utc();
        let mut before = middle.checked_sub_signed(TimeDelta::days(2))?.timestamp();
        let mut after = middle.checked_add_signed(TimeDelta::days(2))?.timestamp();
        while after - before > 1 {
            let at = before + (after - before) / 2;
            match shows(DateTime::from_timestamp(at, 0)?) < local {
                true => before = at,
                false => after = at,
            }
        }
        DateTime::from_timestamp(after, 0)
    }
}

fn day_after(date: NaiveDate) -> Option<NaiveDate> {
    date.checked_add_days(Days::new(1))
}

impl FromStr for Zone {
    type Err = ZoneError;

    fn from_str(text: &str) -> Result<Self, ZoneError> {
        text.parse().map(Self).map_err(|_| ZoneError)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn zone(name: &str) -> Zone {
        name.parse().expect("a zone")
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn window(since: &str, until: &str) -> Option<TimeWindow> {
        Some(TimeWindow { since: at(since), until: at(until) })
    }

    #[test]
    fn a_day_is_what_the_clocks_of_the_zone_say() {
        let noon = at("2026-11-30T12:00:00Z");
        assert_eq!(Zone::SEOUL.day(noon), window("2026-11-29T15:00:00Z", "2026-11-30T15:00:00Z"));
        assert_eq!(Zone::SEOUL.month(noon), window("2026-10-31T15:00:00Z", "2026-11-30T15:00:00Z"));
        assert_eq!(
            Zone::SEOUL.month(at("2026-11-30T15:00:00Z")),
            window("2026-11-30T15:00:00Z", "2026-12-31T15:00:00Z")
        );
        assert_eq!(Zone::UTC.day(noon), window("2026-11-30T00:00:00Z", "2026-12-01T00:00:00Z"));
        assert!("Asia/Nowhere".parse::<Zone>().is_err() && "".parse::<Zone>().is_err());
    }

    #[test]
    fn the_days_on_which_clocks_change_have_other_lengths() {
        let hours = |name: &str, noon: &str| {
            let day = zone(name).day(at(noon)).expect("a day");
            (day.until - day.since).num_minutes()
        };
        assert_eq!(hours("America/New_York", "2026-03-08T16:00:00Z"), 23 * 60);
        assert_eq!(hours("America/New_York", "2026-11-01T16:00:00Z"), 25 * 60);
        assert_eq!(hours("Australia/Lord_Howe", "2026-10-04T03:00:00Z"), 23 * 60 + 30);
        // Set forward at midnight: the day begins at one o'clock. Set back at midnight: the hour belongs to the day before.
        assert_eq!(hours("Africa/Cairo", "2026-04-24T12:00:00Z"), 23 * 60);
        assert_eq!(hours("America/Sao_Paulo", "2018-02-17T12:00:00Z"), 25 * 60);
    }

    #[test]
    fn an_hour_that_is_shown_again_over_midnight_is_of_the_day_that_had_begun() {
        // At one minute past midnight the clocks of Newfoundland were set back to one minute past eleven.
        let st_johns = zone("America/St_Johns");
        let (first, again) = (at("2010-11-07T02:30:30Z"), at("2010-11-07T02:45:00Z"));
        let day = |day| NaiveDate::from_ymd_opt(2010, 11, day).expect("a day");
        assert_eq!((st_johns.date(first), st_johns.date(again)), (day(7), day(6)));
        assert_eq!((st_johns.day_of(first), st_johns.day_of(again)), (day(7), day(7)));
        assert_eq!(st_johns.begin(day(7)), Some(at("2010-11-07T02:30:00Z")));
        // Cairo had no midnight on this day.
        let gap = NaiveDate::from_ymd_opt(2026, 4, 24).expect("a day");
        assert_eq!(zone("Africa/Cairo").begin(gap), Some(at("2026-04-23T22:00:00Z")));
    }

    #[test]
    fn a_time_that_clocks_leave_out_or_show_twice_is_one_moment() {
        let new_york = zone("America/New_York");
        let day = |month, day| NaiveDate::from_ymd_opt(2026, month, day).expect("a day");
        let half_past = |hour| NaiveTime::from_hms_opt(hour, 30, 0).expect("a time");
        assert_eq!(new_york.at(day(3, 8), half_past(2)), Some(at("2026-03-08T07:00:00Z")));
        assert_eq!(new_york.at(day(11, 1), half_past(1)), Some(at("2026-11-01T05:30:00Z")));
        assert_eq!(new_york.at(day(11, 1), half_past(2)), Some(at("2026-11-01T07:30:00Z")));
        // Samoa had no 30 December 2011.
        let left_out = NaiveDate::from_ymd_opt(2011, 12, 30).expect("a day");
        assert_eq!(zone("Pacific/Apia").at(left_out, half_past(9)), Some(at("2011-12-30T10:00:00Z")));
    }

    proptest! {
        #[test]
        fn each_moment_is_in_one_day_and_one_month(second in 1_400_000_000_i64..2_100_000_000, index in 0_usize..600) {
            let zone = Zone(chrono_tz::TZ_VARIANTS[index % chrono_tz::TZ_VARIANTS.len()]);
            let moment = DateTime::from_timestamp(second, 0).expect("a time");
            for of in [Zone::day, Zone::month] {
                let window = of(zone, moment).expect("a window");
                prop_assert!(window.since <= moment && moment < window.until);
                prop_assert_eq!(of(zone, window.since), Some(window));
                prop_assert_eq!(of(zone, window.until).expect("the next one").since, window.until);
            }
            let day = zone.day(moment).expect("a window");
            prop_assert_eq!(zone.begin(zone.day_of(moment)), Some(day.since));
            prop_assert!(zone.day_of(day.until) > zone.day_of(moment));
        }
    }
}
