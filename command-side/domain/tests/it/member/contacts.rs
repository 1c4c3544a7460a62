//! Contacts in their one spelling: telephone numbers by numbering plan, e-mail addresses in any script.

use domain::member::{Channel, Contact, ContactError};
use proptest::prelude::*;
use secrecy::ExposeSecret;

fn email(text: &str) -> Result<String, ContactError> {
    Contact::parse(Channel::Email, text).map(|contact| contact.expose().to_owned())
}

fn phone(text: &str) -> Result<String, ContactError> {
    Contact::parse(Channel::Phone, text).map(|contact| contact.expose().to_owned())
}

#[test]
fn a_number_with_its_countrys_prefix_is_the_same_number() {
    for (country, with_prefix, number) in [
        ("Korea", "+8201012345678", "+821012345678"),
        ("Korea, Seoul", "+82021234567", "+8221234567"),
        ("Mexico, mobile until 2019", "+5215512345678", "+525512345678"),
        ("United Kingdom", "+4407700900123", "+447700900123"),
        ("Germany", "+49015112345678", "+4915112345678"),
        ("France", "+330612345678", "+33612345678"),
        ("Japan", "+8109012345678", "+819012345678"),
        ("Australia", "+610412345678", "+61412345678"),
        ("Russia", "+789161234567", "+79161234567"),
        ("United States", "+112025550123", "+12025550123"),
        ("Hungary", "+3606201234567", "+36201234567"),
        ("Thailand", "+660812345678", "+66812345678"),
        ("Egypt", "+2001001234567", "+201001234567"),
    ] {
        assert_eq!(phone(number).as_deref(), Ok(number), "{country}");
        assert_eq!(phone(with_prefix).as_deref(), Ok(number), "{country}");
    }
}

#[test]
fn a_zero_that_is_part_of_the_number_stays() {
    for number in ["+390612345678", "+39021234567", "+3780549886377", "+2250123456789"] {
        assert_eq!(phone(number).as_deref(), Ok(number));
    }
    assert_eq!(phone("+393123456789").as_deref(), Ok("+393123456789"), "an Italian mobile has none");
    assert_ne!(phone("+390612345678"), phone("+39612345678"), "another number, or none");
}

#[test]
fn what_no_country_has_is_refused() {
    for bad in
        ["+99912345678", "+8210123", "+1202555012", "+1202555012345", "+210123456789", "+33612345", "+4412345678901234"]
    {
        assert_eq!(phone(bad), Err(ContactError::Phone), "{bad}");
    }
}

#[test]
fn the_spellings_of_earlier_builds_are_known() {
    let spellings = |text: &str| -> Vec<String> {
        let contact = Contact::parse(Channel::Phone, text).expect("a number");
        contact.earlier_spellings().iter().map(|spelling| spelling.expose().to_owned()).collect()
    };
    let korean = spellings("+821012345678");
    assert!(korean.contains(&"+8201012345678".to_owned()), "{korean:?}");
    assert!(korean.len() < 20 && !korean.contains(&"+821012345678".to_owned()), "{korean:?}");
    assert_eq!(spellings("+8201012345678"), korean, "whichever was given");
    assert!(spellings("+36201234567").contains(&"+3606201234567".to_owned()));
    assert_eq!(spellings("+390612345678"), Vec::<String>::new(), "Italy has no prefix");
    let address = Contact::parse(Channel::Email, "kim@example.com").expect("an address");
    assert!(address.earlier_spellings().is_empty());
}

/// Lower case tells the two small sigmas by their place, and a dot is no end of a word for it.
#[test]
fn one_greek_address_is_one_contact() {
    let identity = |text: &str| {
        let contact = Contact::parse(Channel::Email, text).expect("an address");
        contact.identity().expose_secret().to_owned()
    };
    let spellings =
        ["ΝΙΚΟΣ.ΠΑΠΠΑΣ@example.gr", "Νικος.Παππας@example.gr", "νικος.παππας@example.gr", "νικοσ.παππασ@example.gr"];
    for spelling in spellings {
        assert_eq!(identity(spelling), identity(spellings[0]), "{spelling}");
    }
    assert_eq!(identity("Kim@example.com"), "kim@example.com");
}

#[test]
fn an_email_address_may_be_in_any_script() {
    for (given, kept) in [
        ("김민지@example.com", "김민지@example.com"),
        ("\u{1100}\u{1175}\u{11b7}@example.com", "김@example.com"),
        ("สำราญ@example.com", "สำราญ@example.com"),
        ("ΔΟΚΙΜΉ@παράδειγμα.example", "δοκιμή@xn--hxajbheg2az3al.example"),
        ("Jos\u{c9}@example.com", "josé@example.com"),
        ("Jose\u{301}@example.com", "josé@example.com"),
        ("أحمد.علي@example.com", "أحمد.علي@example.com"),
        ("用户+tag@例子.测试", "用户+tag@xn--fsqu00a.xn--0zwm56d"),
        ("संपर्क@example.com", "संपर्क@example.com"),
        ("やまだ.太郎-taro@example.com", "やまだ.太郎-taro@example.com"),
        ("ශ\u{dca}\u{200d}ර\u{dd3}@example.com", "ශ\u{dca}\u{200d}ර\u{dd3}@example.com"),
    ] {
        assert_eq!(email(given).as_deref(), Ok(kept), "{given}");
        assert_eq!(email(kept).as_deref(), Ok(kept), "{given}");
    }
    for bad in [
        "a\u{202e}b@example.com",
        "a\u{200b}@example.com",
        "a\u{200d}b@example.com",
        "\u{301}a@example.com",
        "ａｂｃ@example.com",
        "ﬁ@example.com",
        "a\u{a0}b@example.com",
        "a\u{3000}b@example.com",
        "a＠b@example.com",
        "a，b@example.com",
        "a“b”@example.com",
        "a\u{85}b@example.com",
        "a\u{2028}b@example.com",
        "a\u{e000}@example.com",
        "김..민지@example.com",
        "мinji@example.com",
        "αdmin@example.com",
        "김привет@example.com",
        ".김@example.com",
        &format!("{}@example.com", "가".repeat(22)),
    ] {
        assert_eq!(email(bad), Err(ContactError::Email), "{bad:?}");
    }
}

proptest! {
    #[test]
    fn a_number_has_one_spelling(text in "\\+[1-9][0-9]{5,16}") {
        if let Ok(number) = phone(&text) {
            prop_assert_eq!(phone(&number), Ok(number.clone()));
            prop_assert!((9..=16).contains(&number.len()) && number[1..].bytes().all(|b| b.is_ascii_digit()));
            let contact = Contact::parse(Channel::Phone, &number).expect("its own spelling");
            for spelling in contact.earlier_spellings() {
                prop_assert_eq!(phone(spelling.expose()), Ok(number.clone()));
            }
        }
    }
}
