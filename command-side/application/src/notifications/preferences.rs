//! What a member wants to be told.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use kernel::{NotificationKind, Zone};

/// How long after it happened something is worth telling.
pub const WORTH_TELLING: TimeDelta = TimeDelta::hours(12);

/// What a member wants to be told, each kind once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationPreferences {
    /// The kinds that are pushed to devices.
    pub push: Vec<NotificationKind>,
    /// The kinds that are mailed.
    pub email: Vec<NotificationKind>,
    /// When pushes wait.
    pub quiet: Option<QuietHours>,
}

/// Hours of each day, by the clocks of the zone of each device; over midnight if they end before they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    from: NaiveTime,
    until: NaiveTime,
}

/// Quiet hours that begin when they end: that is all day, or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("quiet hours do not end when they begin")]
pub struct QuietHoursError;

impl QuietHours {
    /// From one time until another.
    pub fn new(from: NaiveTime, until: NaiveTime) -> Result<Self, QuietHoursError> {
        if from == until { Err(QuietHoursError) } else { Ok(Self { from, until }) }
    }

    /// When they begin.
    pub fn begin(self) -> NaiveTime {
        self.from
    }

    /// When they end.
    pub fn end(self) -> NaiveTime {
        self.until
    }

    /// When the quiet hours end that a moment lies in; none if it lies in none.
    pub fn end_of(self, at: DateTime<Utc>, zone: Zone) -> Option<DateTime<Utc>> {
        let today = zone.date(at);
        // Those that began yesterday may not be over.
        [today.pred_opt(), Some(today)].into_iter().flatten().find_map(|day| {
            let last = if self.until > self.from { day } else { day.succ_opt()? };
            let (begin, end) = (zone.at(day, self.from)?, zone.at(last, self.until)?);
            (begin <= at && at < end).then_some(end)
        })
    }
}

impl Default for NotificationPreferences {
    /// As for a member who never said anything: every push, no mail, no quiet hours.
    fn default() -> Self {
        Self { push: NotificationKind::ALL.to_vec(), email: Vec::new(), quiet: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet(from: &str, until: &str) -> QuietHours {
        let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").expect("a time");
        QuietHours::new(time(from), time(until)).expect("hours")
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn quiet_hours_may_pass_midnight() {
        let night = quiet("22:00", "07:00");
        // Seoul is nine hours ahead.
        let end = Some(at("2026-11-30T22:00:00Z"));
        assert_eq!(night.end_of(at("2026-11-30T13:00:00Z"), Zone::SEOUL), end);
        assert_eq!(night.end_of(at("2026-11-30T21:59:59Z"), Zone::SEOUL), end);
        assert_eq!(night.end_of(at("2026-11-30T22:00:00Z"), Zone::SEOUL), None);
        assert_eq!(night.end_of(at("2026-11-30T12:59:59Z"), Zone::SEOUL), None);
        assert_eq!(night.end_of(at("2026-11-30T13:00:00Z"), Zone::UTC), None);
        let noon = quiet("12:00", "13:00");
        assert_eq!(noon.end_of(at("2026-11-30T12:30:00Z"), Zone::UTC), Some(at("2026-11-30T13:00:00Z")));
        assert_eq!(noon.end_of(at("2026-11-30T11:30:00Z"), Zone::UTC), None);
    }

    #[test]
    fn quiet_hours_end_on_days_on_which_clocks_change() {
        let new_york: Zone = "America/New_York".parse().expect("a zone");
        let night = quiet("23:00", "02:30");
        // Half past two is left out on this day: the hours end when the clocks are set forward.
        let end = night.end_of(at("2026-03-08T06:00:00Z"), new_york).expect("quiet");
        assert_eq!(end, at("2026-03-08T07:00:00Z"));
        for hour in 0..48 {
            let moment = at("2026-10-31T12:00:00Z") + TimeDelta::hours(hour);
            assert!(
                night.end_of(moment, new_york).is_none_or(|end| moment < end && end - moment < TimeDelta::hours(25))
            );
        }
    }

    #[test]
    fn hours_that_end_when_they_begin_are_none() {
        assert_eq!(QuietHours::new(NaiveTime::MIN, NaiveTime::MIN), Err(QuietHoursError));
    }
}
