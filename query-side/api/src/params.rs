//! The input: headers, path and query parameters, parsed before a handler runs.

use std::{borrow::Cow, str::FromStr};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, request::Parts},
};
use chrono::{DateTime, Datelike, NaiveDate, SubsecRound, TimeDelta, Utc};
use kernel::{AccountId, AccountNumber, AssetCode, Minor, Position, Role};
use live_events::{EventCursor, EventType, Types};
use platform::{
    auth::Principal,
    extract::Path,
    http::RequestContext,
    problem::{Code, Problem},
};
use reads::{DeliveryStatus, HoldStatus, Need, PayeeKey, Viewer};
use serde::{Deserialize, Deserializer, de::Error};
use uuid::Uuid;

use crate::prefer::{Asked, Preferences};

const TOKEN: HeaderName = HeaderName::from_static("consistency-token");
const PREFER: HeaderName = HeaderName::from_static("prefer");

/// How fresh the answer has to be, and which preferences of the client that follows.
#[derive(Clone, Copy, Debug)]
pub struct Freshness(pub Need, pub Asked);

impl<S: Send + Sync> FromRequestParts<S> for Freshness {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let (mut need, asked) = need(&parts.headers)?;
        need.trace = parts.extensions.get::<RequestContext>().map(|request| request.trace).unwrap_or_default();
        Ok(Self(need, asked))
    }
}

fn need(headers: &HeaderMap) -> Result<(Need, Asked), Problem> {
    let mut tokens = headers.get_all(TOKEN).iter();
    let token = match (tokens.next(), tokens.next()) {
        (None, _) => None,
        (Some(token), None) => {
            let token = token.to_str().ok().and_then(|text| text.parse().ok());
            Some(token.ok_or_else(|| bad_token("send the Consistency-Token of a command's answer as it was given"))?)
        }
        _ => return Err(bad_token("send one Consistency-Token, the newest")),
    };
    let said = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    let Preferences { wait, stale_ok, asked } = Preferences::parse(said);
    Ok((Need { token, wait, stale_ok, ..Need::default() }, asked))
}

fn bad_token(detail: &'static str) -> Problem {
    Problem::new(Code::ConsistencyTokenInvalid).detail(detail)
}

/// As whom the asker looks: people see what is theirs, the bank's own people and programs see everything.
pub fn viewer(principal: &Principal) -> Viewer {
    match principal.actor.role {
        Role::Member | Role::Partner => Viewer::Member(principal.actor.id),
        Role::Operator | Role::Service => Viewer::Bank,
    }
}

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

/// A UUID.
#[derive(Clone, Copy, Debug)]
pub struct Id(pub Uuid);

/// How many instants.
#[derive(Clone, Copy, Debug)]
pub struct Points(pub u16);

/// Yes or no.
#[derive(Clone, Copy, Debug)]
pub struct Flag(pub bool);

/// How many items of a list.
#[derive(Clone, Copy, Debug)]
pub struct Limit(pub u16);

/// A time, RFC 3339.
#[derive(Clone, Copy, Debug)]
pub struct Time(pub DateTime<Utc>);

/// A day.
#[derive(Clone, Copy, Debug)]
pub struct Day(pub NaiveDate);

/// The code of an asset.
#[derive(Clone, Copy, Debug)]
pub struct Asset(pub AssetCode);

/// A position of the log.
#[derive(Clone, Copy, Debug)]
pub struct At(pub Position);

/// An account number.
#[derive(Clone, Copy, Debug)]
pub struct Number(pub AccountNumber);

/// The reference of a transfer.
#[derive(Clone, Debug)]
pub struct Reference(pub String);

/// An amount in minor units.
#[derive(Clone, Copy, Debug)]
pub struct Amount(pub Minor);

/// A kind of movement.
#[derive(Clone, Debug)]
pub struct Kind(pub String);

/// What has become of a hold.
#[derive(Clone, Copy, Debug)]
pub struct HoldState(pub HoldStatus);

/// What became of a delivery.
#[derive(Clone, Copy, Debug)]
pub struct DeliveryState(pub DeliveryStatus);

/// The member who asks.
#[derive(Clone, Copy, Debug)]
pub struct Me;

/// A collection of items.
#[derive(Clone, Debug)]
pub struct Collection(pub String);

/// Types of public events.
#[derive(Clone, Copy, Debug)]
pub struct EventTypes(pub Types);

/// Accounts.
#[derive(Clone, Debug)]
pub struct AccountList(pub Vec<AccountId>);

/// The id of a public event.
#[derive(Clone, Copy, Debug)]
pub struct Cursor(pub EventCursor);

/// The account on the other side, by id or by number.
#[derive(Clone, Copy, Debug)]
pub struct Counterparty(pub PayeeKey);

from_text! {
    Amount => |text| match text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse()) {
        Some(Ok(amount)) => Ok(Amount(amount)),
        _ => Err("a whole number of minor units, of 1 to 38 digits"),
    };
    Kind => |text| match reads::KINDS.contains(&text) {
        true => Ok(Kind(text.to_owned())),
        false => Err("not a kind of movement: transfer, deposit, withdrawal, reversal, compound, capture, exchange, charge, trade or payout"),
    };
    HoldState => |text| match HoldStatus::ALL.into_iter().find(|status| status.as_str() == text) {
        Some(status) => Ok(HoldState(status)),
        None => Err("not a status of a hold: active, captured, released or expired"),
    };
    DeliveryState => |text| match DeliveryStatus::ALL.into_iter().find(|status| status.as_str() == text) {
        Some(status) => Ok(DeliveryState(status)),
        None => Err("not a status of a delivery: pending, delivered, failed or dropped"),
    };
    Counterparty => |text| match (uuid(text), text.parse()) {
        (Ok(id), _) => Ok(Counterparty(PayeeKey::Id(AccountId::new(id)))),
        (_, Ok(number)) => Ok(Counterparty(PayeeKey::Number(number))),
        _ => Err("neither the id nor the number of an account"),
    };
    EventTypes => |text| match text {
        "" => Ok(EventTypes(Types::ALL)),
        text => match text.split(',').map(|one| EventType::from_short(one.trim())).collect() {
            Some(types) => Ok(EventTypes(types)),
            None => Err("not types of public events, such as transfer.posted,account.frozen"),
        },
    };
    AccountList => |text| match text {
        "" => Ok(AccountList(Vec::new())),
        text => match text.split(',').map(|one| uuid(one.trim()).map(AccountId::new)).collect::<Result<Vec<_>, _>>() {
            Ok(accounts) if accounts.len() <= 100 => Ok(AccountList(accounts)),
            _ => Err("not the ids of 1 to 100 accounts, separated by commas"),
        },
    };
    Cursor => |text| text.parse().map(Cursor).map_err(|_| "not the id of an event, such as 4711.0");
    Me => |text| if text == "me" { Ok(Me) } else { Err("the word me: everybody lists their own") };
    Collection => |text| match text.chars().count() {
        // Postgres keeps no text with a NUL in it, so there is none to find.
        1..=80 if !text.contains('\0') => Ok(Collection(text.to_owned())),
        _ => Err("1 to 80 characters"),
    };
    Id => |text| uuid(text).map(Id);
    Points => |text| match digits::<u16>(text) {
        Some(points @ 2..=400) => Ok(Points(points)),
        _ => Err("a whole number from 2 to 400"),
    };
    Flag => |text| match text {
        "true" => Ok(Flag(true)),
        "false" => Ok(Flag(false)),
        _ => Err("true or false"),
    };
    Limit => |text| match digits::<u16>(text) {
        Some(limit @ 1..=200) => Ok(Limit(limit)),
        _ => Err("a whole number from 1 to 200"),
    };
    Time => |text| match DateTime::parse_from_rfc3339(text) {
        // What RFC 3339 can write; more than this, Postgres cannot keep.
        Ok(time) if (0..=9999).contains(&time.with_timezone(&Utc).year()) => Ok(Time(time.with_timezone(&Utc))),
        _ => Err("not a time as RFC 3339 writes it, such as 2026-11-21T09:30:00Z"),
    };
    Day => |text| match text.parse::<NaiveDate>() {
        // One way to write a day, and years that Postgres can keep.
        Ok(day) if (1..=9999).contains(&day.year()) && day.to_string() == text => Ok(Day(day)),
        _ => Err("not a day such as 2026-11-21"),
    };
    Asset => |text| text.parse().map(Asset).map_err(|_| "not the code of an asset, such as KRW");
    At => |text| match digits(text) {
        Some(position) => Ok(At(Position::new(position))),
        None => Err("a whole number from 0 to 9223372036854775807"),
    };
    Reference => |text| match text.chars().count() {
        // Postgres keeps no text with a NUL in it, so there is none to find.
        1..=256 if !text.contains('\0') => Ok(Reference(text.to_owned())),
        _ => Err("1 to 256 characters"),
    };
    Number => |text| text.parse().map(Number).map_err(|_| "twelve digits of which the last two check the others; spaces and dashes may stand between them");
}

impl Time {
    /// The first whole microsecond that is not before this time: where a range begins or ends, for the log's clock has
    /// no finer times.
    pub fn or_after(self) -> DateTime<Utc> {
        let before = self.or_before();
        if before < self.0 { before + TimeDelta::microseconds(1) } else { before }
    }

    /// The last whole microsecond that is not after this time.
    pub fn or_before(self) -> DateTime<Utc> {
        self.0.trunc_subsecs(6)
    }
}

impl Limit {
    /// What was asked for, or the usual.
    pub fn or_usual(limit: Option<Self>) -> u16 {
        limit.map_or(50, |limit| limit.0)
    }
}

/// Digits and nothing else: no sign, no space.
fn digits<T: FromStr>(text: &str) -> Option<T> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) { None } else { text.parse().ok() }
}

/// The `{id}` of a path.
#[derive(Clone, Copy, Debug)]
pub struct ById(pub Uuid);

impl<S: Send + Sync> FromRequestParts<S> for ById {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(id) = Path::<String>::from_request_parts(parts, state).await?;
        uuid(&id).map(Self).map_err(|message| Problem::invalid("id", message))
    }
}

/// The `{position}` of a path.
#[derive(Clone, Copy, Debug)]
pub struct ByPosition(pub Position);

impl<S: Send + Sync> FromRequestParts<S> for ByPosition {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await?;
        let position = digits(&text).map(|position| Self(Position::new(position)));
        position.ok_or_else(|| Problem::invalid("position", "a whole number from 0 to 9223372036854775807"))
    }
}

/// A UUID in its one usual form; the parser knows three more.
fn uuid(text: &str) -> Result<Uuid, &'static str> {
    if text.len() == 36 { Uuid::try_parse(text).map_err(|_| "not a UUID") } else { Err("not a UUID") }
}

/// Where no parameter is known, every one is unknown.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read<T: for<'de> Deserialize<'de>>(text: &str) -> Option<T> {
        serde_json::from_value(serde_json::Value::String(text.to_owned())).ok()
    }

    #[test]
    fn only_the_usual_forms_are_taken() {
        assert!(read::<Id>("0193a5f0-0000-7000-8000-000000000001").is_some());
        for odd in ["", "0193a5f000007000800000000000000 1", "{0193a5f0-0000-7000-8000-00000000000}", "x"] {
            assert!(read::<Id>(odd).is_none(), "{odd}");
        }
        assert_eq!(read::<Limit>("200").map(|l| l.0), Some(200));
        for odd in ["", "0", "201", "-1", "+5", " 5", "5.0", "1e2", "99999999999"] {
            assert!(read::<Limit>(odd).is_none(), "{odd}");
        }
        assert_eq!(read::<At>("9223372036854775807").map(|p| p.0), Some(Position::new(i64::MAX)));
        for odd in ["", "-1", "9223372036854775808", "0x1"] {
            assert!(read::<At>(odd).is_none(), "{odd}");
        }
        assert_eq!(read::<Amount>(&"9".repeat(38)).map(|amount| amount.0), Some(Minor::MAX));
        for odd in ["", "-1", "+1", "1.5", "1e3", &"9".repeat(39)] {
            assert!(read::<Amount>(odd).is_none(), "{odd}");
        }
        assert!(reads::KINDS.iter().all(|kind| read::<Kind>(kind).is_some()));
        assert!(read::<Kind>("Transfer").is_none() && read::<Kind>("").is_none());
        assert!(HoldStatus::ALL.iter().all(|status| read::<HoldState>(status.as_str()).is_some()));
        assert!(read::<Me>("me").is_some() && read::<Me>("Me").is_none() && read::<Me>("").is_none());
        assert!(read::<Collection>(&"\u{d55c}".repeat(80)).is_some());
        for odd in ["", "a\0b", &"x".repeat(81)] {
            assert!(read::<Collection>(odd).is_none(), "{odd}");
        }
        assert!(read::<HoldState>("Active").is_none() && read::<HoldState>("").is_none());
        assert_eq!(read::<EventTypes>("").map(|types| types.0), Some(Types::ALL));
        let two = Types::from_iter([EventType::TransferPosted, EventType::AccountFrozen]);
        assert_eq!(read::<EventTypes>("transfer.posted, account.frozen").map(|types| types.0), Some(two));
        for odd in ["transfer", "transfer.posted,", "Transfer.posted", "transfer.posted;account.frozen", "*"] {
            assert!(read::<EventTypes>(odd).is_none(), "{odd}");
        }
        let ids = |count| vec!["0193a5f0-0000-7000-8000-000000000001"; count].join(",");
        for count in [1, 2, 100] {
            assert_eq!(read::<AccountList>(&ids(count)).map(|list| list.0.len()), Some(count));
        }
        assert!(read::<AccountList>(&ids(101)).is_none() && read::<AccountList>("me").is_none());
        assert!(read::<Cursor>("4711.0").is_some() && read::<Cursor>("4711").is_none() && read::<Cursor>("").is_none());
        assert!(DeliveryStatus::ALL.iter().all(|status| read::<DeliveryState>(status.as_str()).is_some()));
        assert!(read::<DeliveryState>("Failed").is_none() && read::<DeliveryState>("").is_none());
        assert!(read::<Counterparty>("0193a5f0-0000-7000-8000-000000000001").is_some());
        assert!(read::<Counterparty>("1234 5678 9092").is_some() && read::<Counterparty>("123456789090").is_none());
        assert!(read::<Day>("2026-02-28").is_some() && read::<Asset>("KRW").is_some());
        for odd in ["", "2026-2-28", "2026-02-30", "0000-01-01", "+12026-01-01", "2026-02-28T00:00:00Z", "krw"] {
            assert!(read::<Day>(odd).is_none() && read::<Asset>(odd).is_none(), "{odd}");
        }
        assert!(read::<Time>("2026-02-28T23:59:60.123+09:00").is_some());
        for odd in ["", "2026-02-30T00:00:00Z", "2026-02-28", "0000-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00"]
        {
            assert!(read::<Time>(odd).is_none(), "{odd}");
        }
    }

    #[test]
    fn a_time_between_two_microseconds_is_on_the_right_side_of_both() {
        let time = |text: &str| read::<Time>(text).expect("a time");
        for (between, before, after) in [
            ("2026-11-21T09:30:00.0000005Z", "2026-11-21T09:30:00Z", "2026-11-21T09:30:00.000001Z"),
            ("2026-11-21T09:30:00.999999999Z", "2026-11-21T09:30:00.999999Z", "2026-11-21T09:30:01Z"),
            ("1969-12-31T23:59:59.9999995Z", "1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z"),
            ("2026-11-21T09:30:00.000001Z", "2026-11-21T09:30:00.000001Z", "2026-11-21T09:30:00.000001Z"),
        ] {
            assert_eq!(time(between).or_before(), time(before).0, "{between}");
            assert_eq!(time(between).or_after(), time(after).0, "{between}");
        }
    }

    #[test]
    fn a_token_is_read_once_and_whole() {
        let token = kernel::ConsistencyToken::untagged(kernel::LogId::new(Uuid::nil()), Position::new(7));
        let mut headers = HeaderMap::new();
        assert_eq!(need(&headers).expect("nothing").0.token, None);
        headers.insert(TOKEN, token.to_string().parse().expect("ascii"));
        assert_eq!(need(&headers).expect("a token").0.token, Some(token));
        headers.append(TOKEN, token.to_string().parse().expect("ascii"));
        assert_eq!(need(&headers).expect_err("two").code(), Code::ConsistencyTokenInvalid);
        headers.insert(TOKEN, "v1.garbage".parse().expect("ascii"));
        assert_eq!(need(&headers).expect_err("garbage").code(), Code::ConsistencyTokenInvalid);
    }

    proptest! {
        /// What was taken is written in one way, and is within its bounds.
        #[test]
        fn any_text_is_taken_as_it_is_or_not_at_all(text in prop_oneof![".{0,60}", "[+0-9a-fTZ:. -]{1,40}"]) {
            if let Some(Id(id)) = read::<Id>(&text) {
                prop_assert_eq!(id.to_string(), text.to_ascii_lowercase());
            }
            if let Some(Limit(limit)) = read::<Limit>(&text) {
                prop_assert!((1..=200).contains(&limit) && text.trim_start_matches('0') == limit.to_string());
            }
            if let Some(At(position)) = read::<At>(&text) {
                prop_assert!(position >= Position::ZERO && text.bytes().all(|b| b.is_ascii_digit()));
            }
            if let Some(Time(time)) = read::<Time>(&text) {
                prop_assert!((0..=9999).contains(&time.year()));
            }
            if let Some(Day(day)) = read::<Day>(&text) {
                prop_assert_eq!(day.to_string(), text.as_str());
            }
            if let Some(Number(number)) = read::<Number>(&text) {
                let digits: String = text.chars().filter(char::is_ascii_digit).collect();
                prop_assert_eq!(number.to_string(), digits);
            }
        }

        #[test]
        fn a_header_of_a_token_is_a_token_or_refused(text in "[ -~]{0,60}") {
            let mut headers = HeaderMap::new();
            headers.insert(TOKEN, text.parse().expect("visible ASCII"));
            match need(&headers) {
                Ok((need, _)) => prop_assert_eq!(need.token.map(|token| token.to_string()), Some(text)),
                Err(problem) => prop_assert_eq!(problem.code(), Code::ConsistencyTokenInvalid),
            }
        }
    }
}
