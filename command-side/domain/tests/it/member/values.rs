use domain::member::{
    Channel, Code, Consent, ConsentError, Consents, Contact, ContactError, LoginId, Password, PasswordError, RealName,
    RealNameError, UnknownChannel, as_typed,
};
use proptest::prelude::*;
use secrecy::{ExposeSecret, SecretString};

fn email(text: &str) -> Result<String, ContactError> {
    Contact::parse(Channel::Email, text).map(|contact| contact.expose().to_owned())
}

fn phone(text: &str) -> Result<String, ContactError> {
    Contact::parse(Channel::Phone, text).map(|contact| contact.expose().to_owned())
}

fn password(text: &str) -> Result<String, PasswordError> {
    let login: LoginId = "kim_minsu".parse().expect("a login id");
    Password::parse(&SecretString::from(text), &login).map(|p| p.expose().expose_secret().to_owned())
}

fn name(text: &str) -> Result<String, RealNameError> {
    text.parse::<RealName>().map(|name| name.expose().to_owned())
}

#[test]
fn login_ids() {
    for good in ["abcd", "a_1_", "0000", &"z".repeat(32)] {
        assert_eq!(good.parse::<LoginId>().expect(good).expose(), good);
    }
    for bad in ["", "abc", &"z".repeat(33), "Abcd", "ab cd", "abcd\n", "abcd\0", "аbcd", "김민수요", "a-bcd", "a.bcd"]
    {
        assert!(bad.parse::<LoginId>().is_err(), "{bad:?}");
    }
}

#[test]
fn codes() {
    assert_eq!("012345".parse::<Code>().expect("a code").expose(), "012345");
    for bad in ["", "12345", "1234567", " 12345", "12345 ", "12 345", "12345a", "１２３４５６", "+12345", "12345\n"]
    {
        assert!(bad.parse::<Code>().is_err(), "{bad:?}");
    }
}

#[test]
fn an_email_address_has_one_spelling() {
    assert_eq!(email("Kim.MinSu@Example.COM").expect("good"), "kim.minsu@example.com");
    assert_eq!(email("a+tag@mail.example.co.kr").expect("good"), "a+tag@mail.example.co.kr");
    assert_eq!(email("o'brien@example.com").expect("good"), "o'brien@example.com");
    assert_eq!(email("a@bücher.example").expect("good"), "a@xn--bcher-kva.example");
    assert_eq!(email("a@BÜCHER.example"), email("a@xn--bcher-kva.example"), "two spellings, one domain");
}

#[test]
fn what_is_no_email_address_or_more_than_one_is_refused() {
    let long = format!("{}@{}.com", "a".repeat(64), "b".repeat(63));
    assert!(email(&long).is_ok());
    let too_long = format!("{}@{}.example.com", "a".repeat(64), vec!["b".repeat(60); 4].join("."));
    let bad = [
        "",
        "@",
        "a",
        "a@",
        "@b.com",
        "a@b",
        "a@localhost",
        "a b@c.com",
        "a@b c.com",
        "a@b..com",
        "a@.b.com",
        "a@b.com.",
        ".a@b.com",
        "a.@b.com",
        "a..b@c.com",
        "\"a b\"@c.com",
        "a(x)@b.com",
        "a@b.com(x)",
        "<a@b.com>",
        "a@b.com>",
        "a,b@c.com",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a@1.2.3.4",
        "a@b.123",
        "a@-b.com",
        "a@b-.com",
        "a@b_c.com",
        "a@@b.com",
        "a@b@c.com",
        "a@b.com\r\nBcc: x@y.com",
        "a\r\n@b.com",
        "a@b.com\n",
        "a@b.com\0",
        "\u{202e}a@b.com",
        "a@b.com, c@d.com",
        "a@b.com;c@d.com",
        "mailto:a@b.com",
        "a\\@b.com",
        "a@b.com%0d%0a",
        &"a".repeat(300),
        &too_long,
        &format!("{}@b.com", "a".repeat(65)),
        &format!("a@{}.com", "b".repeat(64)),
        "a@xn--.com",
        "a@b\u{ad}.c\u{200b}om\r",
    ];
    for text in bad {
        assert_eq!(email(text), Err(ContactError::Email), "{text:?}");
    }
}

#[test]
fn telephone_numbers() {
    assert_eq!(phone("+821012345678").expect("good"), "+821012345678");
    for bad in [
        "",
        "+",
        "821012345678",
        "+8210-1234-5678",
        "+1234567",
        "+1234567890123456",
        "+0123456789",
        "+82 1012345678",
        "+８２１０１２３４５６７８",
        "+82101234567\n",
        "++82101234567",
    ] {
        assert_eq!(phone(bad), Err(ContactError::Phone), "{bad:?}");
    }
    assert_eq!("email".parse(), Ok(Channel::Email));
    assert_eq!("phone".parse(), Ok(Channel::Phone));
    assert_eq!("Email".parse::<Channel>(), Err(UnknownChannel));
}

#[test]
fn names_are_kept_as_given_in_one_normal_form() {
    assert_eq!(name("김민수").expect("good"), "김민수");
    assert_eq!(name("\u{1100}\u{1175}\u{11b7}").expect("good"), "김", "typed letter by letter");
    assert_eq!(name("Ame\u{301}lie O'Neil-Smith Jr.").expect("good"), "Amélie O'Neil-Smith Jr.");
    assert_eq!(name("Аnna").expect("Cyrillic A"), "Аnna", "a look-alike is a letter like any other");
    assert_eq!(name(&"가".repeat(100)).expect("good").chars().count(), 100);
    assert_eq!(name(&"e\u{301}".repeat(100)).expect("good").chars().count(), 100, "counted in normal form");
}

#[test]
fn names_that_cannot_be_seen_or_steer_the_page_are_refused() {
    for blank in ["", " ", "\u{3000}", "\u{3164}", "\u{2800}", "\u{301}", " \u{a0} "] {
        assert_eq!(name(blank), Err(RealNameError::Blank), "{blank:?}");
    }
    for unseen in [
        "a\0",
        "a\nb",
        "a\r\nX: y",
        "a\u{202e}b",
        "a\u{200b}b",
        "\u{feff}a",
        "a\u{2028}b",
        "a\u{2066}b",
        "a\u{e000}",
        "\u{7f}a",
    ] {
        assert_eq!(name(unseen), Err(RealNameError::Unseen), "{unseen:?}");
    }
    assert_eq!(name(&"a".repeat(101)), Err(RealNameError::TooLong));
    assert_eq!(name(&"\u{301}".repeat(100_000)), Err(RealNameError::TooLong), "seen at once");
}

#[test]
fn passwords() {
    for good in
        ["tr0ub4dor&3xyz", "correct-horse-9-battery", "비밀번호는 아주 길어야 1", &format!("{}1!", "aXq7#".repeat(25))]
    {
        password(good).unwrap_or_else(|error| panic!("{good}: {error}"));
    }
    let cases = [
        ("short1!", PasswordError::Length),
        ("nine1!abc", PasswordError::Length),
        ("", PasswordError::Length),
        ("no digits here!", PasswordError::Kinds),
        ("nospecial12345", PasswordError::Kinds),
        ("1234567890!!", PasswordError::Kinds),
        ("abc\0defghi1!", PasswordError::Control),
        ("abcdefghi1!\n", PasswordError::Control),
        ("x9!Kim_Minsu-zz", PasswordError::ContainsLoginId),
        ("x9!ＫＩＭ＿ＭＩＮＳＵ-zz", PasswordError::ContainsLoginId),
        ("Password123!", PasswordError::Common),
        ("P@ssw0rd12", PasswordError::Common),
        ("qwertyuiop1!", PasswordError::Common),
    ];
    for (text, error) in cases {
        assert_eq!(password(text), Err(error), "{text:?}");
    }
    let letter = |n: usize| char::from(b'a' + (n.wrapping_mul(2_654_435_761) >> 16) as u8 % 26);
    let of = |length: usize| (0..length - 2).map(letter).chain("1!".chars()).collect::<String>();
    assert!(password(&of(128)).is_ok());
    assert_eq!(password(&of(129)), Err(PasswordError::Length));
    assert_eq!(password(&"a1!".repeat(1_000_000)), Err(PasswordError::Length), "without a closer look");
}

#[test]
fn a_password_is_the_same_whatever_keyboard_it_was_typed_on() {
    let (joined, apart) =
        (SecretString::from("비밀é9!"), SecretString::from("\u{1107}\u{1175}\u{1106}\u{1175}\u{11af}e\u{301}9!"));
    assert_eq!(as_typed(&joined).expose_secret(), as_typed(&apart).expose_secret());
}

#[test]
fn consents() {
    let consent = |document, agreed| Consents::consent(document, "2026-01", agreed).expect("good");
    let of = |consents: Vec<Consent>, required: &[&str]| {
        Consents::new(consents, &required.iter().map(|r| (*r).to_owned()).collect::<Vec<_>>()).map(|c| c.iter().count())
    };
    assert_eq!(of(vec![consent("terms", true), consent("news", false)], &["terms"]), Ok(2));
    assert_eq!(of(vec![], &[]), Err(ConsentError::NoneAgreed));
    assert_eq!(of(vec![consent("terms", false)], &[]), Err(ConsentError::NoneAgreed));
    assert_eq!(of(vec![consent("terms", true)], &["privacy"]), Err(ConsentError::Required("privacy".into())));
    let both = vec![consent("terms", true), consent("privacy", false)];
    assert_eq!(of(both, &["privacy"]), Err(ConsentError::Required("privacy".into())));
    assert_eq!(of(vec![consent("terms", true), consent("terms", false)], &[]), Err(ConsentError::Repeated));
    let many = (0..21).map(|n| consent(Box::leak(format!("d{n}").into_boxed_str()), true)).collect();
    assert_eq!(of(many, &[]), Err(ConsentError::TooMany));
    for bad in ["", " ", "a\n", "a\u{202e}", &"d".repeat(65)] {
        assert_eq!(Consents::consent(bad, "1", true), Err(ConsentError::Document), "{bad:?}");
    }
    assert!(Consents::consent(&"약".repeat(64), &"v".repeat(32), true).is_ok(), "characters, not bytes");
    assert_eq!(Consents::consent("terms", &"v".repeat(33), true), Err(ConsentError::Version));
}

#[test]
fn nothing_personal_is_shown_by_debug_or_by_an_error() {
    let login: LoginId = "canary_login".parse().expect("good");
    let contact = Contact::parse(Channel::Email, "canary@example.com").expect("good");
    let real_name: RealName = "Canary Kim".parse().expect("good");
    let code: Code = "987654".parse().expect("good");
    let typed = SecretString::from("canary-Secret-77");
    let secret = Password::parse(&typed, &"someone".parse().expect("good")).expect("good");
    let shown = format!("{login:?} {contact:?} {real_name:?} {code:?} {secret:?}").to_lowercase();
    assert!(!shown.contains("canary") && !shown.contains("987654"), "{shown}");
    let errors = format!("{:?} {}", password("canary"), password("canary").expect_err("short"));
    assert!(!errors.contains("canary"));
}

proptest! {
    #[test]
    fn any_text_is_a_value_or_a_refusal(text in ".{0,80}") {
        let _ = (text.parse::<LoginId>().is_ok(), text.parse::<Code>().is_ok(), password(&text).is_ok());
        if let Ok(email) = email(&text) {
            let again = Contact::parse(Channel::Email, &email).expect("its own spelling");
            prop_assert_eq!(again.expose(), &email);
            let domain = email.rsplit('@').next().unwrap_or_default();
            prop_assert!(domain.is_ascii() && email.len() <= 254 && email.matches('@').count() == 1);
            prop_assert!(!email.contains(|c: char| c.is_whitespace() || c.is_control() || "\"<>(),;:\\[]".contains(c)));
        }
        if let Ok(name) = name(&text) {
            let again: RealName = name.parse().expect("its own form");
            prop_assert_eq!(again.expose(), &name);
        }
    }

    #[test]
    fn addresses_that_people_have_are_taken(local in "[a-z0-9]{1,10}([.+_-][a-z0-9]{1,10}){0,3}", domain in "[a-z0-9]{1,20}(\\.[a-z]{2,10}){1,3}") {
        let address = format!("{local}@{domain}");
        prop_assert_eq!(email(&address.to_uppercase()), Ok(address));
    }

    #[test]
    fn changed_or_lengthened_codes_are_other_codes_or_none(code in "[0-9]{6}", extra in ".{1,3}") {
        prop_assert!(code.parse::<Code>().is_ok());
        prop_assert!((code.clone() + &extra).parse::<Code>().is_err());
        prop_assert!((extra + &code).parse::<Code>().is_err());
    }
}

#[test]
fn the_characters_of_a_password_show_which_login_ids_it_may_contain() {
    let text = SecretString::from("horse-Zqxj7kw_battery 9!");
    let characters = Password::parse_without_login_id(&text).expect("a password").characters();
    assert_eq!(characters.expose(), "abehjkoqrstwxyz79_");
    for (login_id, may) in [("zqxj7kw", true), ("battery", true), ("kbat", true), ("minji", false), ("horse8", false)] {
        assert_eq!(characters.may_contain(&login_id.parse().expect("a login id")), may, "{login_id}");
    }
    let wide = Password::parse_without_login_id(&"ＱＸＪ-7 wkzv!".into()).expect("a password").characters();
    assert!(wide.may_contain(&"qxj7".parse().expect("a login id")));
    assert!(!format!("{characters:?}").contains("abe"));
}

#[test]
fn a_password_is_checked_against_a_login_id_that_is_learned_later() {
    let password = Password::parse_without_login_id(&"x9!Kim_Minsu-zz".into()).expect("a password");
    assert_eq!(password.check_against(&"kim_minsu".parse().expect("a login id")), Err(PasswordError::ContainsLoginId));
    assert_eq!(password.check_against(&"kim_minji".parse().expect("a login id")), Ok(()));
    for (text, error) in [("short1!", PasswordError::Length), ("Password123!", PasswordError::Common)] {
        let refused = Password::parse_without_login_id(&text.into()).map(|_| ());
        assert_eq!(refused, Err(error), "{text}");
    }
}
