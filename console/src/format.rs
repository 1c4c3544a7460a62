//! Amounts, times and numbers, as people read them.

use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;

use crate::{language::Language, scales::Decimals};

/// A moment in two forms: as people read it, and exactly, for `datetime`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) shown: String,
    pub(crate) exact: String,
}

/// How this page shows things.
#[derive(Clone, Debug)]
pub(crate) struct Format {
    pub(crate) decimals: Decimals,
    pub(crate) zone: Tz,
    pub(crate) language: Language,
}

impl Format {
    /// Minor units of an asset, with its code: `12,500 KRW`, `-0.05 EUR`. Of an asset that nobody knows they stay minor
    /// units, and say so.
    pub(crate) fn money(&self, amount: &str, asset: &str) -> String {
        format!("{} {asset}", self.amount(amount, asset))
    }

    /// The same without the code.
    pub(crate) fn amount(&self, amount: &str, asset: &str) -> String {
        match self.decimals.get(asset) {
            Some(scale) => decimal(amount, *scale),
            None => self.language.text_with("amount-minor", &[("amount", &decimal(amount, 0))]),
        }
    }

    /// A number of whole units for a chart: exact enough to be drawn. Of an asset that nobody knows it is a number of minor units: the
    /// drawing is the same but for its scale, and the amounts beside it are texts.
    pub(crate) fn units(&self, amount: &str, asset: &str) -> f64 {
        decimal(amount, self.decimals.get(asset).copied().unwrap_or(0)).replace(',', "").parse().unwrap_or(0.0)
    }

    /// A time as servers write it, in the zone of the console; as it is if it is no time.
    pub(crate) fn time(&self, text: &str) -> Moment {
        match text.parse::<DateTime<Utc>>() {
            Ok(at) => self.moment(at),
            Err(_) => Moment { shown: text.to_owned(), exact: text.to_owned() },
        }
    }

    pub(crate) fn moment(&self, at: DateTime<Utc>) -> Moment {
        Moment {
            shown: at.with_timezone(&self.zone).format("%Y-%m-%d %H:%M:%S").to_string(),
            exact: at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        }
    }

    /// A time as people type it, in the zone of the console, as servers take it; none if it is no time.
    pub(crate) fn typed(&self, text: &str) -> Option<String> {
        let text = text.trim();
        let forms = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"];
        let local = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
        let at = match local {
            Some(local) => self.zone.from_local_datetime(&local).earliest()?.with_timezone(&Utc),
            None => text.parse::<DateTime<Utc>>().ok()?,
        };
        Some(at.format("%Y-%m-%dT%H:%M:%SZ").to_string())
    }

    /// Hour, minute and second.
    pub(crate) fn clock(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).format("%H:%M:%S").to_string()
    }

    /// Hour and minute, or the day if it is another one.
    pub(crate) fn short(&self, text: &str, days: bool) -> String {
        let Ok(at) = text.parse::<DateTime<Utc>>() else { return text.to_owned() };
        at.with_timezone(&self.zone).format(if days { "%m-%d" } else { "%H:%M" }).to_string()
    }
}

/// Digits with a decimal point so many places from the right, in groups of three. What is no whole number stays as it is.
pub(crate) fn decimal(amount: &str, scale: usize) -> String {
    let (sign, digits) = match amount.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", amount),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return amount.to_owned();
    }
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, part) = padded.split_at(padded.len() - scale);
    let point = if scale == 0 { "" } else { "." };
    format!("{sign}{}{point}{part}", grouped(whole))
}

/// A count in groups of three.
pub(crate) fn count(number: i64) -> String {
    let digits = grouped(&number.unsigned_abs().to_string());
    if number < 0 { format!("-{digits}") } else { digits }
}

fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Milliseconds as people say them: `340 ms`, `2.5 s`, `3 min`, `2 h`.
pub(crate) fn duration(milliseconds: i64) -> String {
    let seconds = milliseconds / 1_000;
    if milliseconds < 1_000 {
        format!("{milliseconds} ms")
    } else if seconds < 10 {
        format!("{seconds}.{} s", milliseconds % 1_000 / 100)
    } else if seconds < 120 {
        format!("{seconds} s")
    } else if seconds < 7_200 {
        format!("{} min", seconds / 60)
    } else {
        format!("{} h", seconds / 3_600)
    }
}

/// Bytes as people say them.
pub(crate) fn bytes(number: f64) -> String {
    if number < 1_048_576.0 {
        format!("{:.0} KiB", number / 1024.0)
    } else {
        format!("{:.0} MiB", number / 1_048_576.0)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc};

    use super::*;

    #[test]
    fn amounts_have_the_decimals_of_their_asset() {
        for (amount, scale, shown) in [
            ("12500", 0, "12,500"),
            ("0", 0, "0"),
            ("-5", 2, "-0.05"),
            ("123456789", 2, "1,234,567.89"),
            ("1", 18, "0.000000000000000001"),
            ("99999999999999999999999999999999999999", 0, "99,999,999,999,999,999,999,999,999,999,999,999,999"),
            ("100", 0, "100"),
            ("-1000", 0, "-1,000"),
            ("<b>", 2, "<b>"),
            ("", 2, ""),
        ] {
            assert_eq!(decimal(amount, scale), shown, "{amount} {scale}");
        }
        let decimals = Arc::new(BTreeMap::from([("EUR".to_owned(), 2)]));
        let format = Format { decimals, zone: Tz::Asia__Seoul, language: Language::En };
        assert_eq!(format.money("1050", "EUR"), "10.50 EUR");
        assert_eq!(format.money("1050", "XYZ"), "1,050 minor units XYZ", "an asset that nobody knows");
        assert_eq!((count(-1234567), count(0)), ("-1,234,567".to_owned(), "0".to_owned()));
    }

    #[test]
    fn times_are_those_of_the_zone() {
        let format = Format { decimals: Arc::default(), zone: Tz::Asia__Seoul, language: Language::En };
        let moment = format.time("2026-12-01T15:30:00.123456Z");
        assert_eq!((moment.shown.as_str(), moment.exact.as_str()), ("2026-12-02 00:30:00", "2026-12-01T15:30:00.123Z"));
        assert_eq!(format.time("no time").shown, "no time");
        assert_eq!(format.short("2026-12-01T15:30:00Z", false), "00:30");
        assert_eq!(format.short("2026-12-01T15:30:00Z", true), "12-02");
    }

    #[test]
    fn a_time_is_typed_in_the_zone_of_the_console() {
        let format = Format { decimals: Arc::default(), zone: Tz::Asia__Seoul, language: Language::En };
        for (typed, sent) in [
            ("2026-12-02T00:30", Some("2026-12-01T15:30:00Z")),
            (" 2026-12-02 00:30:15 ", Some("2026-12-01T15:30:15Z")),
            ("2026-12-01T15:30:00Z", Some("2026-12-01T15:30:00Z")),
            ("", None),
            ("yesterday", None),
            ("2026-13-02T00:30", None),
        ] {
            assert_eq!(format.typed(typed).as_deref(), sent, "{typed}");
        }
    }

    #[test]
    fn durations_are_said_in_their_largest_unit() {
        for (ms, shown) in
            [(0, "0 ms"), (999, "999 ms"), (2_540, "2.5 s"), (61_000, "61 s"), (180_000, "3 min"), (7_200_000, "2 h")]
        {
            assert_eq!(duration(ms), shown);
        }
    }
}
