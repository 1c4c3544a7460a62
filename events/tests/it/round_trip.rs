//! Whatever the bank can record, it reads back the same.

use chrono::{DateTime, Utc};
use events::recorded::{
    AccountClosed, AccountCredited, AccountDebited, AccountFrozen, AccountNumberAssigned, AccountOpened,
    AccountUnfrozen, Channel, CommandRefused, Consent, ContactChangeStarted, ContactChanged, ContactCodeRefused,
    ErasureRequested, Event, Holder, Leg, Legs, MemberErased, MemberJoined, NameHolder, NameKind, NameReleased,
    NameReserved, OwnerAccountAdded, OwnerLeft, PasswordChanged, PersonalDataDisclosed, Refusal, SignUpCodeIssued,
    SignUpCodeRefused, SignUpCompleted, SignUpEnd, SignUpEnded, SignUpStarted, TransferFacts, TransferKind,
    TransferPosted, TransferRejected, TransferReversed,
};
use kernel::{AccountId, AccountNumber, AssetCode, MemberId, Minor, Sealed, StreamId, TransferId};
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

/// Legs in whatever order, each with another that cancels it.
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
    (kinds(), legs(), texts, option::of(transfers()))
        .prop_map(|(kind, legs, (memo, reference), reverses)| TransferPosted { kind, legs, memo, reference, reverses })
}

fn refusals() -> impl Strategy<Value = Refusal> {
    ("[a-z]{1,10}(-[a-z]{1,10}){0,3}", option::of(amounts())).prop_map(|(code, available)| Refusal { code, available })
}

fn members() -> impl Strategy<Value = MemberId> {
    uuids().prop_map(MemberId::new)
}

fn streams() -> impl Strategy<Value = StreamId> {
    uuids().prop_map(StreamId::new)
}

fn sealed() -> impl Strategy<Value = Sealed> {
    "[A-Za-z0-9+/]{0,80}".prop_map(Sealed::new)
}

fn channels() -> impl Strategy<Value = Channel> {
    prop_oneof![Just(Channel::Email), Just(Channel::Phone)]
}

fn times() -> impl Strategy<Value = DateTime<Utc>> {
    (0..4_000_000_000_i64, 0..1_000_000_u32)
        .prop_map(|(seconds, micros)| DateTime::from_timestamp(seconds, micros * 1_000).expect("a time"))
}

fn consents() -> impl Strategy<Value = Vec<Consent>> {
    let one = (words(), words(), any::<bool>());
    let one = one.prop_map(|(document, version, agreed)| Consent { document, version, agreed });
    prop::collection::vec(one, 0..4)
}

fn name_holders() -> impl Strategy<Value = NameHolder> {
    prop_oneof![
        (uuids(), times()).prop_map(|(sign_up, until)| NameHolder::SignUp { sign_up, until }),
        (members(), times()).prop_map(|(member, until)| NameHolder::Change { member, until }),
        members().prop_map(|member| NameHolder::Member { member }),
    ]
}

fn sign_up_events() -> impl Strategy<Value = Event> {
    let texts = (channels(), sealed(), sealed(), sealed(), consents());
    let facts = (members(), streams(), streams(), any::<bool>(), (times(), times(), times()));
    let started = (texts, facts).prop_map(|(texts, facts)| {
        let (channel, login_id, contact, real_name, consents) = texts;
        let (member, login_key, contact_key, decoy, (expires_at, code_expires_at, resend_after)) = facts;
        SignUpStarted {
            member,
            channel,
            login_id,
            contact,
            real_name,
            consents,
            login_key,
            contact_key,
            decoy,
            expires_at,
            code_expires_at,
            resend_after,
        }
        .into()
    });
    prop_oneof![
        started,
        (any::<u32>(), times(), times()).prop_map(|(serial, expires_at, resend_after)| {
            SignUpCodeIssued { serial, expires_at, resend_after }.into()
        }),
        any::<(u32, u32)>().prop_map(|(serial, tries_left)| SignUpCodeRefused { serial, tries_left }.into()),
        members().prop_map(|member| SignUpCompleted { member }.into()),
        any::<bool>().prop_map(|expired| {
            SignUpEnded { why: if expired { SignUpEnd::Expired } else { SignUpEnd::Superseded } }.into()
        }),
        (any::<bool>(), name_holders()).prop_map(|(login, holder)| {
            NameReserved { name: if login { NameKind::LoginId } else { NameKind::Contact }, holder }.into()
        }),
        Just(NameReleased {}.into()),
    ]
}

fn member_events() -> impl Strategy<Value = Event> {
    let texts = (channels(), sealed(), sealed(), sealed(), consents());
    let joined = (texts, (uuids(), streams(), streams())).prop_map(|(texts, (sign_up, login_key, contact_key))| {
        let (channel, login_id, contact, real_name, consents) = texts;
        MemberJoined { sign_up, channel, login_id, contact, real_name, consents, login_key, contact_key }.into()
    });
    let facts = (streams(), any::<bool>(), any::<u32>(), times(), times());
    let change = (channels(), sealed(), facts).prop_map(|(channel, contact, facts)| {
        let (contact_key, decoy, serial, expires_at, resend_after) = facts;
        ContactChangeStarted { channel, contact, contact_key, decoy, serial, expires_at, resend_after }.into()
    });
    let changed = (channels(), sealed(), streams(), channels(), sealed());
    prop_oneof![
        joined,
        change,
        any::<(u32, u32)>().prop_map(|(serial, tries_left)| ContactCodeRefused { serial, tries_left }.into()),
        changed.prop_map(|(channel, contact, contact_key, old_channel, old_contact)| {
            ContactChanged { channel, contact, contact_key, old_channel, old_contact }.into()
        }),
        Just(PasswordChanged {}.into()),
        words().prop_map(|reason| PersonalDataDisclosed { reason }.into()),
        (uuids(), option::of(words())).prop_map(|(erasure, reason)| ErasureRequested { erasure, reason }.into()),
        (uuids(), "[0-9a-f]{64}").prop_map(|(erasure, digest)| MemberErased { erasure, digest }.into()),
    ]
}

fn events() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => money_events(),
        2 => sign_up_events(),
        2 => member_events(),
    ]
}

fn money_events() -> impl Strategy<Value = Event> {
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
        posted().prop_map(Event::from),
        (facts(), refusals()).prop_map(|(facts, refusal)| TransferRejected { facts, refusal }.into()),
        transfers().prop_map(|by| TransferReversed { by }.into()),
        refusals().prop_map(|refusal| CommandRefused { refusal }.into()),
        (members(), accounts()).prop_map(|(owner, account)| OwnerAccountAdded { owner, account }.into()),
        (members(), uuids()).prop_map(|(owner, erasure)| OwnerLeft { owner, erasure }.into()),
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
