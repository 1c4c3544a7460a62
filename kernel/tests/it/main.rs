//! The words of the bank as others meet them: as text and as JSON. Whatever comes in is refused, or means one thing only.

use kernel::{AccountNumber, AssetCode, Assets, ConsistencyToken, Minor, Money};
use proptest::prelude::*;
use serde_json::json;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_token_has_one_spelling(body in "[A-Za-z0-9_-]{30,34}|[ -~]{0,40}") {
        let text = format!("v1.{body}");
        if let Ok(token) = text.parse::<ConsistencyToken>() {
            prop_assert_eq!(token.to_string(), text);
            prop_assert!(token.position.number() >= 0);
        }
    }

    #[test]
    fn an_amount_is_digits_or_refused(text in "[-+]?[0-9 .eE_,]{0,42}|.{0,40}") {
        let plain = text.strip_prefix('-').unwrap_or(&text);
        let is_amount = (1..=38).contains(&plain.len()) && plain.bytes().all(|b| b.is_ascii_digit());
        match text.parse::<Minor>() {
            Ok(amount) => {
                prop_assert!(is_amount, "{text:?}");
                let digits = plain.trim_start_matches('0');
                prop_assert_eq!(amount.units().unsigned_abs().to_string(), if digits.is_empty() { "0" } else { digits });
                prop_assert_eq!(amount.is_negative(), text.starts_with('-') && !digits.is_empty());
            }
            Err(_) => prop_assert!(!is_amount, "{text:?}"),
        }
    }

    #[test]
    fn two_swapped_digits_of_an_account_number_are_caught(digits in 0..10_000_000_000_u64, place in 0..11_usize) {
        let mut text = AccountNumber::from_digits(digits).to_string().into_bytes();
        prop_assume!(text[place] != text[place + 1]);
        text.swap(place, place + 1);
        let text = String::from_utf8(text).expect("digits");
        prop_assert!(text.parse::<AccountNumber>().is_err(), "{text}");
    }

    #[test]
    fn account_numbers_have_streams_of_their_own(a in 0..10_000_000_000_u64, b in 0..10_000_000_000_u64) {
        let (a, b) = (AccountNumber::from_digits(a), AccountNumber::from_digits(b));
        prop_assert_eq!(a == b, a.stream() == b.stream());
    }

    #[test]
    fn an_asset_code_is_upper_case_and_short_or_refused(text in ".{0,10}|[A-Z0-9]{0,10}") {
        let legal = (2..=8).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            && text.starts_with(|c: char| c.is_ascii_uppercase());
        prop_assert_eq!(text.parse::<AssetCode>().is_ok(), legal, "{:?}", text);
        if let Ok(code) = text.parse::<AssetCode>() {
            prop_assert_eq!(code.as_str(), text);
        }
    }

    #[test]
    fn a_list_of_assets_is_read_or_refused_without_panic(text in "[A-Z0-9:,a-z ]{0,60}|.{0,60}") {
        if let Ok(assets) = text.parse::<Assets>() {
            for asset in assets.iter() {
                prop_assert_eq!(assets.get(asset.code), Some(asset));
                prop_assert!(asset.scale <= 30);
            }
        }
    }
}

#[test]
fn money_is_two_fields_and_no_other() {
    let money: Money = serde_json::from_value(json!({"asset": "KRW", "amount": "12500"})).expect("money");
    assert_eq!(serde_json::to_value(money).expect("JSON"), json!({"asset": "KRW", "amount": "12500"}));
    for bad in [
        json!({"asset": "KRW"}),
        json!({"amount": "1"}),
        json!({"asset": "KRW", "amount": 1}),
        json!({"asset": "KRW", "amount": "1", "scale": 0}),
        json!({"asset": "krw", "amount": "1"}),
        json!("KRW 1"),
    ] {
        assert!(serde_json::from_value::<Money>(bad.clone()).is_err(), "{bad}");
    }
    assert!(serde_json::from_str::<Money>(r#"{"asset":"KRW","amount":"1","amount":"2"}"#).is_err(), "twice");
}
