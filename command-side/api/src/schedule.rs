//! When a standing order is carried out, as clients write it.

use std::fmt;

use application::{Every, Repeated, Schedule};
use chrono::{DateTime, NaiveDate, NaiveTime, Timelike, Utc, Weekday};
use kernel::Zone;
use platform::problem::Problem;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, Visitor},
};
use utoipa::{
    ToSchema,
    openapi::schema::{ObjectBuilder, OneOfBuilder, Type},
};

use crate::body::optional_time;

/// When an order is carried out: once, `at` a time, or again and again, by the clocks of a time zone. Either `at` is given and nothing else,
/// or `every` and `time`, with `weekday` for each week and `day` for each month.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OrderSchedule)]
pub(crate) struct ScheduleDto {
    /// Once, at this time.
    #[serde(default, deserialize_with = "optional_time", skip_serializing_if = "Option::is_none")]
    at: Option<DateTime<Utc>>,
    /// `day`, `week` or `month`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^(day|week|month)$", examples("month"))]
    every: Option<Frequency>,
    /// On which day of each week.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = weekday_schema)]
    weekday: Option<DayOfWeek>,
    /// On which day of each month; past the month's end it is its last day.
    #[serde(default, deserialize_with = "day", skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 31, examples(25))]
    day: Option<u8>,
    /// Hour and minute. A time that the clocks leave out is when they have been set forward; one that they show twice is the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", examples("09:00"))]
    time: Option<TimeOfDay>,
    /// Whose clocks: a name of the IANA database. The bank's own zone (`JANGBU_ZONE`) if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 64, examples("Asia/Seoul"))]
    zone: Option<Zone>,
    /// Not before this day.
    #[serde(default, deserialize_with = "date", skip_serializing_if = "Option::is_none")]
    from: Option<NaiveDate>,
    /// Not after this day.
    #[serde(default, deserialize_with = "date", skip_serializing_if = "Option::is_none")]
    until: Option<NaiveDate>,
    /// At most so many runs.
    #[serde(default, deserialize_with = "count", skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 4_294_967_295_u32, examples(12))]
    count: Option<u32>,
}

impl ScheduleDto {
    /// The schedule; `zone` is that of the bank.
    pub(crate) fn schedule(&self, zone: Zone) -> Result<Schedule, Problem> {
        let Some(frequency) = self.every else { return self.once() };
        if self.at.is_some() {
            return Err(invalid("at", "give either `at` or `every`, and not both"));
        }
        let time = self.time.ok_or_else(|| invalid("time", "missing field `time`"))?;
        let every = match (frequency, self.weekday, self.day) {
            (Frequency::Day, None, None) => Every::Day,
            (Frequency::Week, Some(weekday), None) => Every::Week(weekday.0),
            (Frequency::Month, None, Some(day)) => Every::Month(day),
            (Frequency::Week, None, _) => return Err(invalid("weekday", "missing field `weekday`")),
            (Frequency::Month, _, None) => return Err(invalid("day", "missing field `day`")),
            (Frequency::Day | Frequency::Month, Some(_), _) => {
                return Err(invalid("weekday", "only a schedule for each week has a weekday"));
            }
            (Frequency::Day | Frequency::Week, _, Some(_)) => {
                return Err(invalid("day", "only a schedule for each month has a day"));
            }
        };
        Ok(Schedule::Every(Repeated {
            every,
            time: time.0,
            zone: self.zone.unwrap_or(zone).name().to_owned(),
            from: self.from,
            until: self.until,
            count: self.count,
        }))
    }

    fn once(&self) -> Result<Schedule, Problem> {
        let at = self.at.ok_or_else(|| invalid("every", "give `at` or `every`"))?;
        let others = [
            ("weekday", self.weekday.is_some()),
            ("day", self.day.is_some()),
            ("time", self.time.is_some()),
            ("zone", self.zone.is_some()),
            ("from", self.from.is_some()),
            ("until", self.until.is_some()),
            ("count", self.count.is_some()),
        ];
        match others.into_iter().find(|(_, is_given)| *is_given) {
            Some((field, _)) => Err(invalid(field, "a schedule with `at` has no other field")),
            None => Ok(Schedule::At(at)),
        }
    }
}

impl From<&Schedule> for ScheduleDto {
    fn from(schedule: &Schedule) -> Self {
        let nothing = Self {
            at: None,
            every: None,
            weekday: None,
            day: None,
            time: None,
            zone: None,
            from: None,
            until: None,
            count: None,
        };
        let repeated = match schedule {
            Schedule::At(at) => return Self { at: Some(*at), ..nothing },
            Schedule::Every(repeated) => repeated,
        };
        let (every, weekday, day) = match repeated.every {
            Every::Day => (Frequency::Day, None, None),
            Every::Week(weekday) => (Frequency::Week, Some(DayOfWeek(weekday)), None),
            Every::Month(day) => (Frequency::Month, None, Some(day)),
        };
        Self {
            every: Some(every),
            weekday,
            day,
            time: Some(TimeOfDay(repeated.time)),
            zone: repeated.zone.parse().ok(),
            from: repeated.from,
            until: repeated.until,
            count: repeated.count,
            ..nothing
        }
    }
}

fn invalid(field: &str, message: &'static str) -> Problem {
    Problem::invalid(format!("schedule.{field}"), message)
}

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frequency {
    Day,
    Week,
    Month,
}

impl Serialize for Frequency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        })
    }
}

/// A text; a derived enum would take an object, too.
impl<'de> Deserialize<'de> for Frequency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "day" => Ok(Self::Day),
            "week" => Ok(Self::Week),
            "month" => Ok(Self::Month),
            _ => Err(D::Error::custom("an order is carried out every `day`, `week` or `month`")),
        }
    }
}

/// A day of the week: by its English name, in full or the first three letters of it, or by its number, 1 for Monday (ISO 8601).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct DayOfWeek(Weekday);

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Mon),
    ("tuesday", Weekday::Tue),
    ("wednesday", Weekday::Wed),
    ("thursday", Weekday::Thu),
    ("friday", Weekday::Fri),
    ("saturday", Weekday::Sat),
    ("sunday", Weekday::Sun),
];

impl DayOfWeek {
    fn named(text: &str) -> Option<Self> {
        let is_named = |name: &str| text.eq_ignore_ascii_case(name) || text.eq_ignore_ascii_case(&name[..3]);
        WEEKDAYS.iter().find(|(name, _)| is_named(name)).map(|(_, day)| Self(*day))
    }

    fn numbered(number: u64) -> Option<Self> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        WEEKDAYS.get(index).map(|(_, day)| Self(*day))
    }
}

impl Serialize for DayOfWeek {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = WEEKDAYS.iter().find(|(_, day)| *day == self.0).map_or("", |(name, _)| *name);
        serializer.serialize_str(name)
    }
}

impl<'de> Deserialize<'de> for DayOfWeek {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NameOrNumber)
    }
}

struct NameOrNumber;

impl Visitor<'_> for NameOrNumber {
    type Value = DayOfWeek;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a day of the week, or a number from 1 for Monday to 7")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<DayOfWeek, E> {
        DayOfWeek::named(text).ok_or_else(|| E::custom("a day of the week has its English name, such as `monday`"))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<DayOfWeek, E> {
        DayOfWeek::numbered(number).ok_or_else(|| E::custom("the days of a week are 1 (Monday) to 7"))
    }
}

fn weekday_schema() -> OneOfBuilder {
    const NAMES: &str =
        "^([Mm]on(day)?|[Tt]ue(sday)?|[Ww]ed(nesday)?|[Tt]hu(rsday)?|[Ff]ri(day)?|[Ss]at(urday)?|[Ss]un(day)?)$";
    let name = ObjectBuilder::new().schema_type(Type::String).pattern(Some(NAMES));
    let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(7));
    OneOfBuilder::new().item(name).item(number).description(Some(
        "On which day of each week: its English name, or its number from 1 for Monday to 7. Answers have the name in full.",
    ))
}

/// A time of the day, in hours and minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TimeOfDay(NaiveTime);

impl Serialize for TimeOfDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:02}:{:02}", self.0.hour(), self.0.minute()))
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_short = text.len() == 5 && text.is_ascii();
        let time = is_short.then(|| NaiveTime::parse_from_str(&text, "%H:%M").ok()).flatten();
        time.map(Self).ok_or_else(|| D::Error::custom("a time of the day is HH:MM, from 00:00 to 23:59"))
    }
}

fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
    match Option::<u8>::deserialize(deserializer)? {
        None => Ok(None),
        Some(day @ 1..=31) => Ok(Some(day)),
        Some(_) => Err(D::Error::custom("the days of a month are 1 to 31")),
    }
}

fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let date = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok().filter(|date| date.to_string() == text);
    date.map(Some).ok_or_else(|| D::Error::custom("a day is YYYY-MM-DD"))
}

fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    match Option::<u32>::deserialize(deserializer)? {
        Some(0) => Err(D::Error::custom("an order has at least one run")),
        count => Ok(count),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(text: Value) -> Result<ScheduleDto, String> {
        serde_json::from_value(text).map_err(|error| error.to_string())
    }

    fn schedule(text: Value) -> Schedule {
        read(text).expect("a form").schedule(Zone::SEOUL).expect("a schedule")
    }

    #[test]
    fn what_is_read_is_shown_in_the_same_form() {
        for text in [
            json!({"at": "2026-12-01T00:00:00Z"}),
            json!({"every": "day", "time": "09:05", "zone": "Asia/Seoul"}),
            json!({"every": "week", "weekday": "friday", "time": "00:00", "zone": "Europe/Prague", "count": 3}),
            json!({
                "every": "month", "day": 31, "time": "23:59", "zone": "UTC", "from": "2026-12-01", "until": "2027-12-01",
            }),
        ] {
            let shown = serde_json::to_value(ScheduleDto::from(&schedule(text.clone()))).expect("JSON");
            assert_eq!(shown, text);
        }
    }

    #[test]
    fn the_zone_of_the_bank_is_the_default() {
        let of = |zone: Zone| {
            let dto = read(json!({"every": "day", "time": "09:00"})).expect("a form");
            match dto.schedule(zone).expect("a schedule") {
                Schedule::Every(repeated) => repeated.zone,
                Schedule::At(_) => panic!("it repeats"),
            }
        };
        assert_eq!([of(Zone::SEOUL), of(Zone::UTC)], ["Asia/Seoul", "UTC"]);
    }

    #[test]
    fn a_day_of_the_week_has_a_name_or_a_number() {
        for weekday in [json!("wednesday"), json!("Wednesday"), json!("wed"), json!("WED"), json!(3)] {
            let read = schedule(json!({"every": "week", "weekday": weekday, "time": "09:00"}));
            let Schedule::Every(Repeated { every: Every::Week(Weekday::Wed), .. }) = read else { panic!("{read:?}") };
        }
        for weekday in [json!("we"), json!("wednes"), json!(""), json!(0), json!(8), json!(-1), json!(1.5), json!("3")]
        {
            assert!(read(json!({"every": "week", "weekday": weekday, "time": "09:00"})).is_err(), "{weekday}");
        }
    }

    #[test]
    fn fields_of_the_wrong_form_are_refused() {
        let good = json!({"every": "month", "day": 1, "time": "09:00"});
        for (field, value) in [
            ("every", json!("year")),
            ("every", json!({"day": null})),
            ("day", json!(0)),
            ("day", json!(32)),
            ("time", json!("9:00")),
            ("time", json!("24:00")),
            ("time", json!("09:60")),
            ("time", json!("09:00:00")),
            ("time", json!("09.00")),
            ("zone", json!("Asia/Nowhere")),
            ("zone", json!("+09:00")),
            ("from", json!("2026-2-1")),
            ("from", json!("2026-02-30")),
            ("until", json!("01.02.2026")),
            ("count", json!(0)),
            ("at", json!("tomorrow")),
            ("often", json!(true)),
        ] {
            let mut text = good.clone();
            text[field] = value;
            assert!(read(text.clone()).is_err(), "{text}");
        }
    }

    #[test]
    fn fields_that_do_not_belong_together_are_refused() {
        for (text, field) in [
            (json!({}), "every"),
            (json!({"time": "09:00"}), "every"),
            (json!({"at": "2026-12-01T00:00:00Z", "every": "day", "time": "09:00"}), "at"),
            (json!({"at": "2026-12-01T00:00:00Z", "count": 1}), "count"),
            (json!({"every": "day"}), "time"),
            (json!({"every": "week", "time": "09:00"}), "weekday"),
            (json!({"every": "month", "time": "09:00"}), "day"),
            (json!({"every": "day", "time": "09:00", "day": 1}), "day"),
            (json!({"every": "day", "time": "09:00", "weekday": "monday"}), "weekday"),
            (json!({"every": "week", "time": "09:00", "weekday": "monday", "day": 1}), "day"),
            (json!({"every": "month", "time": "09:00", "weekday": "monday", "day": 1}), "weekday"),
        ] {
            let problem = read(text.clone()).expect("a form").schedule(Zone::UTC).expect_err("refused");
            let shown = problem.to_json(uuid::Uuid::nil());
            assert_eq!(shown["errors"][0]["field"], format!("schedule.{field}"), "{text}");
        }
    }
}
