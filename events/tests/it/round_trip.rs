//! Whatever the bank can record, it reads back the same.

use events::recorded::{Event, Leg, Legs, TransferKind, TransferPosted};
use kernel::{AccountId, TransferId};
use proptest::{option, prelude::*};
use serde_json::{Value, value::RawValue};

use crate::{
    corpus::{Golden, corpus, encode},
    fields::{Form, amounts, assets, fields, uuids, words},
};

fn accounts() -> impl Strategy<Value = AccountId> {
    uuids().prop_map(AccountId::new)
}

fn kinds() -> impl Strategy<Value = TransferKind> {
    prop_oneof![
        Just(TransferKind::Transfer),
        Just(TransferKind::Deposit),
        Just(TransferKind::Withdrawal),
        Just(TransferKind::Reversal),
    ]
}

/// Legs in whatever order, each with another that cancels it: random fields alone would not.
fn legs() -> impl Strategy<Value = Legs> {
    let pair = (accounts(), accounts(), assets(), amounts()).prop_map(|(one, other, asset, amount)| {
        let leg = |account, amount| Leg { account, asset, amount };
        [leg(one, amount), leg(other, amount.negated())]
    });
    let legs = prop::collection::vec(pair, 1..5).prop_map(|pairs| pairs.concat()).prop_shuffle();
    legs.prop_map(|legs| Legs::new(legs).expect("they cancel"))
}

fn posted() -> impl Strategy<Value = TransferPosted> {
    let texts = (option::of(words()), option::of(words()));
    (kinds(), legs(), texts, option::of(uuids().prop_map(TransferId::new)))
        .prop_map(|(kind, legs, (memo, reference), reverses)| TransferPosted { kind, legs, memo, reference, reverses })
}

fn todays() -> Vec<Golden> {
    corpus().into_iter().filter(Golden::is_current).collect()
}

/// The fields of a file of the corpus, each with the form of its values.
fn forms(golden: &Golden) -> Vec<Form> {
    let known = |payload: &Value| golden.decode(payload).is_ok_and(|event| encode(&event) == *payload);
    let mut texts: Vec<Value> = todays().iter().flat_map(|golden| strings(&golden.payload)).collect();
    texts.sort_by_key(Value::to_string);
    texts.dedup();
    fields(&golden.payload, &texts, known)
}

/// A file of the corpus with other values in all of its fields: an event needs no generator of its own.
fn varied() -> impl Strategy<Value = Event> {
    let files = todays().into_iter().map(|golden| {
        let changes: Vec<_> = forms(&golden).into_iter().map(Form::values).collect();
        changes.prop_map(move |changes| {
            let mut payload = golden.payload.clone();
            changes.into_iter().for_each(|change| change.make(&mut payload));
            let event = golden.decode(&payload).unwrap_or_else(|error| panic!("{}: {error}: {payload}", golden.file));
            assert_eq!(encode(&event), payload, "{} is written differently", golden.file);
            event
        })
    });
    proptest::strategy::Union::new(files)
}

fn strings(value: &Value) -> Vec<Value> {
    match value {
        Value::String(_) => vec![value.clone()],
        Value::Array(items) => items.iter().flat_map(strings).collect(),
        Value::Object(fields) => fields.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

/// What no random value is made for is only what says of which sort the rest is, and the legs, which have [`posted`].
#[test]
fn every_field_of_every_event_takes_random_values() {
    for golden in todays() {
        for form in forms(&golden).iter().filter(|form| !form.varies()) {
            let at = form.pointer();
            let is_expected = at == "/holder/kind" || at.starts_with("/legs/");
            assert!(is_expected, "{}: nothing but {:?} is known to fit {at}", golden.file, golden.payload.pointer(at));
        }
    }
}

fn events() -> impl Strategy<Value = Event> {
    prop_oneof![
        9 => varied(),
        1 => posted().prop_map(Event::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_written_is_read_back_the_same(event in events()) {
        let payload = RawValue::from_string(event.payload().expect("can be written")).expect("JSON");
        let of = event.event_type();
        let read = Event::decode(of.name, of.schema_version, &payload).expect("can be read");
        prop_assert_eq!(&read, &event);
        prop_assert_eq!(read.payload().expect("can be written"), payload.get());
        prop_assert!(payload.get().starts_with('{'), "a payload is a JSON object");
        prop_assert_eq!(Event::TYPES.iter().filter(|known| known.name == of.name).collect::<Vec<_>>(), vec![&of]);
    }

    #[test]
    fn any_text_as_payload_is_an_answer_or_an_error(text in any::<String>(), which in 0..Event::TYPES.len()) {
        let known = Event::TYPES[which];
        let raw = RawValue::from_string(serde_json::to_string(&text).expect("JSON")).expect("JSON");
        prop_assert!(Event::decode(known.name, known.schema_version, &raw).is_err(), "a string is no payload");
    }
}
