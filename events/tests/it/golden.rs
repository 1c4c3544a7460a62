//! The golden corpus: payloads exactly as they stand in some log. Files are added, never changed or removed.

use std::collections::BTreeSet;

use events::recorded::{DecodeError, Event, LegsError, TransferEvent};
use serde_json::{Value, json};

use crate::corpus::{Golden, corpus, decode, encode, every_type};

#[test]
fn every_payload_ever_stored_is_read_as_the_event_it_is() {
    for golden in corpus() {
        let event = golden.decode(&golden.payload).unwrap_or_else(|error| panic!("{}: {error:?}", golden.file));
        assert_eq!(event.event_type().name, golden.event_type, "{}", golden.file);
        if golden.is_current() {
            assert_eq!(encode(&event), golden.payload, "{} is written differently today", golden.file);
        } else {
            assert!(
                golden.schema_version < event.event_type().schema_version,
                "{} is of a version not yet written",
                golden.file
            );
        }
    }
}

#[test]
fn every_event_has_a_golden_file_for_every_schema_version_up_to_todays() {
    let held: BTreeSet<(String, i16)> = corpus().into_iter().map(|g| (g.event_type, g.schema_version)).collect();
    let needed = every_type().flat_map(|(name, current)| (1..=current).map(move |v| (name.to_owned(), v)));
    assert_eq!(held, needed.collect::<BTreeSet<_>>());
}

#[test]
fn a_payload_that_lost_a_field_is_refused_or_was_complete_without_it() {
    let mut refused = 0;
    for golden in corpus().into_iter().filter(Golden::is_current) {
        let fields: Vec<String> = golden.payload.as_object().expect("an object").keys().cloned().collect();
        for field in fields {
            let mut payload = golden.payload.clone();
            payload.as_object_mut().expect("an object").remove(&field);
            match golden.decode(&payload) {
                Ok(event) => assert_eq!(encode(&event), payload, "{} without {field}", golden.file),
                Err(DecodeError::Payload { .. }) => refused += 1,
                Err(other) => panic!("{} without {field}: {other}", golden.file),
            }
        }
    }
    assert!(refused > 0, "at least one field of one event is needed");
}

#[test]
fn amounts_that_are_numbers_are_refused_in_every_event() {
    for golden in corpus().into_iter().filter(|g| g.payload.get("amount").is_some()) {
        for bad in [json!(12500), json!(1.5), json!("1.5"), json!("+1"), json!("9".repeat(39)), json!(null)] {
            let mut payload = golden.payload.clone();
            payload["amount"] = bad.clone();
            assert!(golden.decode(&payload).is_err(), "{} with amount {bad}", golden.file);
        }
    }
}

#[test]
fn unknown_names_and_versions_are_told_apart_from_broken_payloads() {
    for (event_type, current) in every_type() {
        for version in [0, -1, current + 1] {
            let error = decode(event_type, version, &json!({})).expect_err("no such version");
            assert!(matches!(error, DecodeError::Unknown { schema_version, .. } if schema_version == version));
        }
        let error = decode(event_type, current, &json!(7)).expect_err("a number is no payload");
        assert!(matches!(error, DecodeError::Payload { .. }), "{event_type}: {error}");
    }
    let error = decode("accountOpened", 1, &json!({})).expect_err("names are exact");
    assert!(matches!(error, DecodeError::Unknown { event_type, .. } if event_type == "accountOpened"));
}

#[test]
fn a_transfer_of_version_1_is_read_as_two_legs_with_the_debit_first() {
    let mut read = 0;
    for golden in corpus().into_iter().filter(|g| (g.event_type.as_str(), g.schema_version) == ("TransferPosted", 1)) {
        let Ok(Event::Transfer(TransferEvent::Posted(posted))) = golden.decode(&golden.payload) else {
            panic!("{}", golden.file)
        };
        let said = |field: &str| golden.payload[field].as_str();
        let leg =
            |account: &str, amount: String| json!({"account": said(account), "asset": said("asset"), "amount": amount});
        let amount = said("amount").expect("an amount");
        let legs = json!([leg("source", format!("-{amount}")), leg("destination", amount.to_owned())]);
        assert_eq!(serde_json::to_value(&posted.legs).expect("JSON"), legs, "{}", golden.file);
        assert_eq!((posted.memo.as_deref(), posted.reference.as_deref()), (said("memo"), said("reference")));
        assert_eq!(posted.reverses.map(|id| id.to_string()).as_deref(), said("reverses"));
        assert_eq!(Some(posted.kind.as_str()), said("kind"));
        read += 1;
    }
    assert!(read >= 4, "every kind is in the corpus");
}

#[test]
fn legs_that_make_no_transfer_are_an_error_of_their_own() {
    let account = "01980c5e-2f7a-7c31-9d0e-5b1f6a3c8e01";
    let leg = |asset: &str, amount: &str| json!({"account": account, "asset": asset, "amount": amount});
    let read = |legs: Value| decode("TransferPosted", 2, &json!({"kind": "transfer", "legs": legs}));
    for few in [json!([]), json!([leg("KRW", "0")])] {
        let error = read(few).expect_err("too few");
        assert!(matches!(error, DecodeError::Legs { source: LegsError::TooFew, .. }), "{error:?}");
    }
    for odd in [
        json!([leg("KRW", "-5"), leg("KRW", "4")]),
        json!([leg("KRW", "-5"), leg("USD", "5")]),
        json!([leg("USD", "-5"), leg("USD", "5"), leg("KRW", "1"), leg("KRW", "-2")]),
    ] {
        let error = read(odd).expect_err("unbalanced");
        assert!(matches!(error, DecodeError::Legs { source: LegsError::Unbalanced(_), .. }), "{error:?}");
    }
    let nobody = json!({"kind": "transfer", "source": account, "asset": "KRW", "amount": "5"});
    let error = decode("TransferPosted", 1, &nobody).expect_err("no destination");
    assert!(matches!(error, DecodeError::Legs { source: LegsError::TooFew, .. }), "{error:?}");
}
