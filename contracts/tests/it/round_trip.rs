//! Whatever the bank can record, it reads back the same.

use contracts::recorded::{
    AccountClosed, AccountCredited, AccountDebited, AccountFrozen, AccountNumberAssigned, AccountOpened,
    AccountUnfrozen, CommandRefused, EVENT_TYPES, Holder, Recorded, Refusal, TransferFacts, TransferKind,
    TransferPosted, TransferRejected, TransferReversed,
};
use kernel::{AccountId, AccountNumber, AssetCode, MemberId, Minor, TransferId};
use proptest::{option, prelude::*};
use serde_json::value::RawValue;
use uuid::Uuid;

fn uuids() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

fn accounts() -> impl Strategy<Value = AccountId> {
    uuids().prop_map(AccountId::new)
}

fn transfers() -> impl Strategy<Value = TransferId> {
    uuids().prop_map(TransferId::new)
}

fn assets() -> impl Strategy<Value = AssetCode> {
    "[A-Z][A-Z0-9]{1,7}".prop_map(|code| code.parse().expect("a code"))
}

fn amounts() -> impl Strategy<Value = Minor> {
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
fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        Just(String::new()),
        Just("'; drop table events; --\r\nX: y".to_owned()),
        Just("\u{0}\u{1f}\u{7f}\u{2028}\u{feff}\u{10ffff}\\\"".to_owned()),
    ]
}

fn holders() -> impl Strategy<Value = Holder> {
    let members = (uuids().prop_map(MemberId::new), any::<u64>().prop_map(AccountNumber::from_digits));
    prop_oneof![
        members.prop_map(|(owner, number)| Holder::Member { owner, number }),
        words().prop_map(|name| Holder::System { name }),
    ]
}

fn kinds() -> impl Strategy<Value = TransferKind> {
    prop_oneof![
        Just(TransferKind::Transfer),
        Just(TransferKind::Deposit),
        Just(TransferKind::Withdrawal),
        Just(TransferKind::Reversal),
    ]
}

fn facts() -> impl Strategy<Value = TransferFacts> {
    let sides = (option::of(accounts()), option::of(accounts()));
    let texts = (option::of(words()), option::of(words()));
    (kinds(), sides, assets(), amounts(), texts, option::of(transfers())).prop_map(
        |(kind, (source, destination), asset, amount, (memo, reference), reverses)| TransferFacts {
            kind,
            source,
            destination,
            asset,
            amount,
            memo,
            reference,
            reverses,
        },
    )
}

fn refusals() -> impl Strategy<Value = Refusal> {
    ("[a-z]{1,10}(-[a-z]{1,10}){0,3}", option::of(amounts())).prop_map(|(code, available)| Refusal { code, available })
}

fn events() -> impl Strategy<Value = Recorded> {
    let reason = || option::of(words());
    let posting = || (transfers(), amounts(), amounts());
    prop_oneof![
        (holders(), assets()).prop_map(|(holder, asset)| AccountOpened { holder, asset }.into()),
        accounts().prop_map(|account| AccountNumberAssigned { account }.into()),
        posting().prop_map(|(transfer, amount, balance)| AccountDebited { transfer, amount, balance }.into()),
        posting().prop_map(|(transfer, amount, balance)| AccountCredited { transfer, amount, balance }.into()),
        (reason(), amounts()).prop_map(|(reason, balance)| AccountFrozen { reason, balance }.into()),
        (reason(), amounts()).prop_map(|(reason, balance)| AccountUnfrozen { reason, balance }.into()),
        reason().prop_map(|reason| AccountClosed { reason }.into()),
        facts().prop_map(|facts| TransferPosted(facts).into()),
        (facts(), refusals()).prop_map(|(facts, refusal)| TransferRejected { facts, refusal }.into()),
        transfers().prop_map(|by| TransferReversed { by }.into()),
        refusals().prop_map(|refusal| CommandRefused { refusal }.into()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_written_is_read_back_the_same(event in events()) {
        let payload = RawValue::from_string(event.payload().expect("can be written")).expect("JSON");
        let read = Recorded::decode(event.event_type(), event.schema_version(), &payload).expect("can be read");
        prop_assert_eq!(&read, &event);
        prop_assert_eq!(read.payload().expect("can be written"), payload.get());
        prop_assert!(payload.get().starts_with('{'), "a payload is a JSON object");
        prop_assert!(EVENT_TYPES.contains(&(event.event_type(), event.schema_version())));
    }

    #[test]
    fn any_text_as_payload_is_an_answer_or_an_error(text in any::<String>(), which in 0..EVENT_TYPES.len()) {
        let (event_type, version) = EVENT_TYPES[which];
        let raw = RawValue::from_string(serde_json::to_string(&text).expect("JSON")).expect("JSON");
        prop_assert!(Recorded::decode(event_type, version, &raw).is_err(), "a string is no payload");
    }
}
