//! The fields of a payload, and random values of the form that each of them takes. Which form that is, is found by trying.

use chrono::{DateTime, SecondsFormat, Utc};
use kernel::{AccountNumber, AssetCode, Minor};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

pub fn uuids() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

pub fn assets() -> impl Strategy<Value = AssetCode> {
    "[A-Z][A-Z0-9]{1,7}".prop_map(|code| code.parse().expect("a code"))
}

pub fn amounts() -> impl Strategy<Value = Minor> {
    let edge = Minor::MAX.units();
    prop_oneof![
        4 => -edge..=edge,
        2 => -1_000_000..=1_000_000_i128,
        1 => Just(edge),
        1 => Just(-edge),
    ]
    .prop_map(|units| Minor::new(units).expect("at most 38 digits"))
}

/// Words as people write them, and as attackers do: any character JSON can carry.
pub fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        Just(String::new()),
        Just("'; drop table events; --\r\nX: y".to_owned()),
        Just("\u{0}\u{1f}\u{7f}\u{2028}\u{feff}\u{10ffff}\\\"".to_owned()),
    ]
}

pub fn times() -> impl Strategy<Value = DateTime<Utc>> {
    (0..4_000_000_000_i64, 0..1_000_000_u32)
        .prop_map(|(seconds, micros)| DateTime::from_timestamp(seconds, micros * 1_000).expect("a time"))
}

/// What a field can hold.
#[derive(Clone, Debug)]
enum Takes {
    Words,
    Id,
    Time,
    Amount,
    Asset,
    AccountNumber,
    Number,
    /// One that fits in a byte.
    SmallNumber,
    Flag,
    /// One of these texts of the corpus.
    OneOf(Vec<Value>),
    /// Items like the one that is there, as many as one likes.
    Many(Value),
}

const FORMS: [Takes; 9] = [
    Takes::Words,
    Takes::Id,
    Takes::Time,
    Takes::Amount,
    Takes::Asset,
    Takes::AccountNumber,
    Takes::Number,
    Takes::SmallNumber,
    Takes::Flag,
];

impl Takes {
    /// Values that only a field of this form takes all of.
    fn samples(&self) -> Vec<Value> {
        match self {
            Self::Words => vec![json!(""), json!("\u{0}\u{10ffff}"), json!("words")],
            Self::Id => vec![json!(Uuid::nil()), json!(Uuid::max())],
            Self::Time => vec![time(DateTime::UNIX_EPOCH), json!("2026-11-22T03:00:30.123456Z")],
            Self::Amount => vec![json!(Minor::MAX), json!("-1"), json!("0")],
            Self::Asset => vec![json!("AB"), json!("Z0000000")],
            Self::AccountNumber => vec![json!(AccountNumber::from_digits(0)), json!(AccountNumber::from_digits(4_711))],
            Self::Number => vec![json!(0), json!(u32::MAX)],
            Self::SmallNumber => vec![json!(0), json!(u8::MAX)],
            Self::Flag => vec![json!(false), json!(true)],
            Self::OneOf(texts) => texts.clone(),
            Self::Many(item) => vec![json!([]), json!([item, item])],
        }
    }

    fn values(self) -> BoxedStrategy<Value> {
        match self {
            Self::Words => words().prop_map(Value::from).boxed(),
            Self::Id => uuids().prop_map(|id| json!(id)).boxed(),
            Self::Time => times().prop_map(time).boxed(),
            Self::Amount => amounts().prop_map(|amount| json!(amount)).boxed(),
            Self::Asset => assets().prop_map(|asset| json!(asset)).boxed(),
            Self::AccountNumber => any::<u64>().prop_map(|digits| json!(AccountNumber::from_digits(digits))).boxed(),
            Self::Number => any::<u32>().prop_map(Value::from).boxed(),
            Self::SmallNumber => any::<u8>().prop_map(Value::from).boxed(),
            Self::Flag => any::<bool>().prop_map(Value::from).boxed(),
            Self::OneOf(texts) => prop::sample::select(texts).boxed(),
            Self::Many(item) => (0..4_usize).prop_map(move |count| json!(vec![item.clone(); count])).boxed(),
        }
    }
}

fn time(at: DateTime<Utc>) -> Value {
    json!(at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

/// A field of a payload, with the form that it takes.
#[derive(Clone, Debug)]
pub struct Form {
    pointer: String,
    takes: Takes,
    is_optional: bool,
}

/// Another value for a field; none leaves it out.
#[derive(Clone, Debug)]
pub struct Change {
    pointer: String,
    value: Option<Value>,
}

impl Form {
    /// Where it stands, as a JSON pointer.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// Whether another value than the one in the corpus is known to fit.
    pub fn varies(&self) -> bool {
        self.is_optional || !matches!(&self.takes, Takes::OneOf(texts) if texts.len() < 2)
    }

    /// Random changes of it.
    pub fn values(self) -> BoxedStrategy<Change> {
        let Self { pointer, takes, is_optional } = self;
        let kept = if is_optional { 0.7 } else { 1.0 };
        let value = (takes.values(), prop::bool::weighted(kept)).prop_map(|(value, is_kept)| is_kept.then_some(value));
        value.prop_map(move |value| Change { pointer: pointer.clone(), value }).boxed()
    }
}

impl Change {
    /// Makes it, if what it changes is still there.
    pub fn make(self, payload: &mut Value) {
        let Some(value) = self.value else { return remove(payload, &self.pointer) };
        if let Some(field) = payload.pointer_mut(&self.pointer) {
            *field = value;
        }
    }
}

fn remove(payload: &mut Value, pointer: &str) {
    let Some((parent, name)) = pointer.rsplit_once('/') else { return };
    if let Some(fields) = payload.pointer_mut(parent).and_then(Value::as_object_mut) {
        fields.remove(name);
    }
}

/// The fields of a payload, those of a list after the list. `fits` says whether a payload can be read; `texts` are all texts of
/// the corpus, in which those that stand for a choice are looked for.
pub fn fields(payload: &Value, texts: &[Value], fits: impl Fn(&Value) -> bool) -> Vec<Form> {
    let mut forms = Vec::new();
    let mut open = vec![String::new()];
    while let Some(pointer) = open.pop() {
        let with = |value: Option<Value>| {
            let mut changed = payload.clone();
            Change { pointer: pointer.clone(), value }.make(&mut changed);
            changed
        };
        let takes = |form: &Takes| form.samples().into_iter().all(|sample| fits(&with(Some(sample))));
        let takes = match payload.pointer(&pointer).expect("it is there") {
            Value::Object(inner) => {
                open.extend(inner.keys().map(|name| format!("{pointer}/{name}")));
                continue;
            }
            Value::Array(items) => {
                open.extend((0..items.len()).map(|index| format!("{pointer}/{index}")));
                match items.first().map(|item| Takes::Many(item.clone())).filter(&takes) {
                    Some(many) => many,
                    None => continue,
                }
            }
            leaf => FORMS.into_iter().find(&takes).unwrap_or_else(|| {
                let others = texts.iter().filter(|text| *text != leaf && fits(&with(Some((*text).clone()))));
                Takes::OneOf(others.chain([leaf]).cloned().collect())
            }),
        };
        let is_optional = fits(&with(None));
        forms.push(Form { pointer, takes, is_optional });
    }
    forms
}
