//! What is sealed opens where it belongs and nowhere else.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use kernel::{Place, Sealed, StreamId, Version};
use proptest::prelude::*;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;
use vault::DataKey;
use zeroize::Zeroizing;

fn key(bytes: [u8; 32]) -> DataKey {
    DataKey::from_bytes(Zeroizing::new(bytes))
}

fn places() -> impl Strategy<Value = Place> {
    let field = prop_oneof![Just("login_id"), Just("contact"), Just("old_contact"), Just("real_name")];
    (any::<u128>(), 1..i64::MAX, field).prop_map(|(stream, version, field)| Place {
        stream: StreamId::new(Uuid::from_u128(stream)),
        version: Version::new(version),
        field,
    })
}

fn seal(key: &DataKey, place: &Place, text: &str) -> Sealed {
    key.seal(place, &SecretString::from(text)).expect("sealed")
}

proptest! {
    #[test]
    fn it_opens_with_its_key_at_its_place(bytes: [u8; 32], place in places(), text in ".{0,120}") {
        let sealed = seal(&key(bytes), &place, &text);
        let opened = key(bytes).open(&place, &sealed).unwrap();
        prop_assert_eq!(opened.expose_secret(), text.as_str());
    }

    #[test]
    fn the_same_text_is_never_sealed_the_same_twice(bytes: [u8; 32], place in places(), text in ".{0,20}") {
        prop_assert_ne!(seal(&key(bytes), &place, &text), seal(&key(bytes), &place, &text));
    }

    #[test]
    fn with_the_key_of_another_it_does_not_open(one: [u8; 32], two: [u8; 32], place in places(), text in ".{0,40}") {
        prop_assume!(one != two);
        prop_assert!(key(two).open(&place, &seal(&key(one), &place, &text)).is_err());
    }

    #[test]
    fn moved_to_another_place_it_does_not_open(bytes: [u8; 32], from in places(), to in places(), text in ".{0,40}") {
        let key = key(bytes);
        let sealed = seal(&key, &from, &text);
        let moves = [
            to,
            Place { stream: to.stream, ..from },
            Place { version: to.version, ..from },
            Place { version: from.version.next(), ..from },
            Place { field: to.field, ..from },
        ];
        for place in moves.into_iter().filter(|place| *place != from) {
            prop_assert!(key.open(&place, &sealed).is_err(), "{:?}", place);
        }
    }

    #[test]
    fn swapped_with_another_text_of_the_same_member_it_does_not_open(
        bytes: [u8; 32], one in places(), two in places(), text in ".{0,40}"
    ) {
        prop_assume!(one != two);
        let key = key(bytes);
        let (here, there) = (seal(&key, &one, &text), seal(&key, &two, &text));
        prop_assert!(key.open(&one, &there).is_err());
        prop_assert!(key.open(&two, &here).is_err());
    }

    #[test]
    fn a_changed_bit_anywhere_is_noticed(bytes: [u8; 32], place in places(), text in ".{0,40}", at: prop::sample::Index, bit in 0..8_u8) {
        let key = key(bytes);
        let mut raw = STANDARD_NO_PAD.decode(seal(&key, &place, &text).as_str()).unwrap();
        let at = at.index(raw.len());
        raw[at] ^= 1 << bit;
        prop_assert!(key.open(&place, &Sealed::new(STANDARD_NO_PAD.encode(raw))).is_err());
    }

    #[test]
    fn cut_anywhere_it_does_not_open(bytes: [u8; 32], place in places(), text in ".{0,40}", at: prop::sample::Index) {
        let key = key(bytes);
        let sealed = seal(&key, &place, &text);
        let cut = &sealed.as_str()[..at.index(sealed.as_str().len())];
        prop_assert!(key.open(&place, &Sealed::new(cut)).is_err());
    }

    #[test]
    fn anything_else_does_not_open_and_does_not_panic(bytes: [u8; 32], place in places(), text in ".{0,200}") {
        prop_assert!(key(bytes).open(&place, &Sealed::new(text)).is_err());
    }
}

#[test]
fn neither_key_nor_sealed_text_shows_itself() {
    let key = key([7; 32]);
    let place = Place { stream: StreamId::new(Uuid::from_u128(1)), version: Version::new(1), field: "real_name" };
    let sealed = seal(&key, &place, "Ada Lovelace");
    assert_eq!(format!("{key:?} {sealed:?}"), "DataKey(..) Sealed(..)");
}
