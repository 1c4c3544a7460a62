//! Whatever the bank can record, it reads back the same.

use events::recorded::{
    Counted, CountedFor, Event, Leg, Legs, LimitWindow, Trade, TransferCount, TransferKind, TransferPosted,
};
use kernel::{AccountId, Actor, HoldId, ItemId, MemberId, OfferId, OrderId, Role, TransferId};
use proptest::{option, prelude::*};
use serde_json::{Value, value::RawValue};

use crate::{
    corpus::{Golden, corpus, encode},
    fields::{Form, amounts, assets, fields, times, uuids, words},
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
        Just(TransferKind::Compound),
        Just(TransferKind::Capture),
        Just(TransferKind::Exchange),
        Just(TransferKind::Charge),
        Just(TransferKind::Trade),
        Just(TransferKind::Payout),
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

/// What is counted, and whether it is what the first leg pays, which is recorded in a shorter form.
fn counted() -> impl Strategy<Value = (CountedFor, bool)> {
    let windows = prop_oneof![Just(LimitWindow::Day), Just(LimitWindow::Month)];
    let parts = (accounts(), words(), windows, times(), amounts(), any::<u32>());
    (parts, any::<bool>()).prop_map(|((account, limit, window, until, amount, count), is_of_first_leg)| {
        let counted = Counted { limit, window, until, amount, count };
        (CountedFor { account, counted }, is_of_first_leg)
    })
}

/// What a transfer with these legs counts, and reads what is recorded of it.
fn recorded(counted: Vec<(CountedFor, bool)>, legs: &Legs) -> Vec<TransferCount> {
    let record = |(mut of, is_of_first_leg): (CountedFor, bool)| {
        if is_of_first_leg {
            of.account = legs[0].account;
            (of.counted.amount, of.counted.count) = (legs[0].amount.negated(), 1);
        }
        let recorded = TransferCount::new(of.clone(), legs);
        assert_eq!(recorded.read(legs), Some(of));
        recorded
    };
    counted.into_iter().map(record).collect()
}

fn trades() -> impl Strategy<Value = Trade> {
    (uuids(), uuids()).prop_map(|(item, offer)| Trade { item: ItemId::new(item), offer: OfferId::new(offer) })
}

fn actors() -> impl Strategy<Value = Actor> {
    let roles = prop_oneof![Just(Role::Service), Just(Role::Operator), Just(Role::Member), Just(Role::Partner)];
    (roles, uuids()).prop_map(|(role, id)| Actor { role, id: MemberId::new(id) })
}

fn posted() -> impl Strategy<Value = TransferPosted> {
    let texts = (option::of(words()), option::of(words()));
    let others =
        (option::of(uuids().prop_map(TransferId::new)), option::of(uuids().prop_map(HoldId::new)), any::<bool>());
    let causes = (option::of(trades()), option::of(uuids().prop_map(OrderId::new)), option::of(actors()));
    let counted = prop::collection::vec(counted(), 0..3);
    (kinds(), legs(), texts, others, causes, counted).prop_map(|(kind, legs, texts, others, causes, counted)| {
        let ((memo, reference), (reverses, hold, despite_freeze), (trade, order, asked_by)) = (texts, others, causes);
        let counted = recorded(counted, &legs);
        TransferPosted { kind, legs, memo, reference, reverses, hold, despite_freeze, trade, order, asked_by, counted }
    })
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

/// What no random value is made for is only what says of which sort the rest is, and the legs, which have [`posted`]. (A schedule of every
/// day is the only one whose sort is a text.)
#[test]
fn every_field_of_every_event_takes_random_values() {
    for golden in todays() {
        for form in forms(&golden).iter().filter(|form| !form.varies()) {
            let at = form.pointer();
            let is_sort = ["/holder/kind", "/schedule/every/every", "/purpose/kind", "/action/kind"].contains(&at);
            let is_expected = is_sort || at.starts_with("/legs/");
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
