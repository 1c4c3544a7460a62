//! The parameters of lists, in the forms that the query server takes.

use std::borrow::Cow;

use chrono::{DateTime, Datelike, SubsecRound, TimeDelta, Utc};
use serde::{Deserialize, Deserializer, de::Error};
use uuid::Uuid;

/// A UUID.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Id(pub(super) Uuid);

/// How many items of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit(u16);

/// A time, RFC 3339.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Time(DateTime<Utc>);

/// What a view may be called, whether or not there is one.
#[derive(Clone, Debug)]
pub(crate) struct ViewName(pub(super) String);

/// A parameter that comes as text.
macro_rules! from_text {
    ($($name:ident => $parse:expr;)*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                let parse: fn(&str) -> Result<$name, &'static str> = $parse;
                parse(&text).map_err(D::Error::custom)
            }
        }
    )*};
}

from_text! {
    // In its one usual form; the parser knows three more.
    Id => |text| match Uuid::try_parse(text) {
        Ok(id) if text.len() == 36 => Ok(Id(id)),
        _ => Err("not a UUID"),
    };
    Limit => |text| match text.parse::<u16>() {
        Ok(limit @ 1..=100) if text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(Limit(limit)),
        _ => Err("a whole number from 1 to 100"),
    };
    Time => |text| match DateTime::parse_from_rfc3339(text) {
        // What RFC 3339 can write; more than this, Postgres cannot keep.
        Ok(time) if (0..=9999).contains(&time.with_timezone(&Utc).year()) => Ok(Time(time.with_timezone(&Utc))),
        _ => Err("not a time as RFC 3339 writes it, such as 2026-11-21T09:30:00Z"),
    };
    ViewName => |text| match text.len() {
        1..=41 if text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') => {
            Ok(ViewName(text.to_owned()))
        }
        _ => Err("not the name of a view, such as accounts"),
    };
}

impl Limit {
    /// What was asked for, or the usual.
    pub(super) fn or_usual(limit: Option<Self>) -> u16 {
        limit.map_or(50, |limit| limit.0)
    }
}

impl Time {
    /// The first whole microsecond that is not before this time: where a range begins or ends, for Postgres keeps no finer times.
    pub(super) fn or_after(self) -> DateTime<Utc> {
        let before = self.0.trunc_subsecs(6);
        if before < self.0 { before + TimeDelta::microseconds(1) } else { before }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: for<'de> Deserialize<'de>>(text: &str) -> Option<T> {
        serde_json::from_value(serde_json::Value::String(text.to_owned())).ok()
    }

    #[test]
    fn only_the_usual_forms_are_taken() {
        assert!(read::<Id>("0193a5f0-0000-7000-8000-000000000001").is_some());
        for odd in ["", "0193a5f0000070008000000000000001", "{0193a5f0-0000-7000-8000-000000000001}", "x"] {
            assert!(read::<Id>(odd).is_none(), "{odd}");
        }
        assert_eq!(Limit::or_usual(read("100")), 100);
        for odd in ["", "0", "101", "-1", "+5", " 5", "5.0", "1e2", "99999999999"] {
            assert!(read::<Limit>(odd).is_none(), "{odd}");
        }
        assert!(read::<ViewName>("standing_orders").is_some());
        for odd in ["", "Accounts", "a b", "a\0", &"x".repeat(42)] {
            assert!(read::<ViewName>(odd).is_none(), "{odd}");
        }
        assert!(read::<Time>("2026-02-28").is_none() && read::<Time>("9999-12-31T23:59:59-23:00").is_none());
        let time = read::<Time>("2026-11-21T09:30:00.0000005+09:00").expect("a time").or_after();
        assert_eq!(time, "2026-11-21T00:30:00.000001Z".parse::<DateTime<Utc>>().expect("a time"));
    }
}
