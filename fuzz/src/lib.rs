//! What must hold of whatever comes in. Each function takes any bytes and panics if it does not hold.

use std::{
    fs,
    path::Path,
    sync::{Arc, OnceLock},
};

use anyhow::{Context, Result, ensure};
use domain::member::{Channel, Contact, LoginId, RealName};
use kernel::{CommandId, ConsistencyToken, Scopes, SystemClock};
use platform::auth::Verifier;
use reads::List;
use uuid::Uuid;
use vault::Names;

/// The text that the bytes are; most parsers are given text only.
fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// A contact that was taken can stand in a header, a URL and a line of SMTP, and is its own one spelling.
pub fn contact(data: &[u8]) {
    let Some(text) = text(data) else { return };
    for channel in [Channel::Email, Channel::Phone] {
        let Ok(contact) = Contact::parse(channel, text) else { continue };
        let value = contact.expose();
        let stands_in_a_line = value.chars().all(|c| !c.is_control() && !c.is_whitespace());
        assert!(value.len() <= 254 && stands_in_a_line && domain::characters::is_clear_name(value), "{value:?}");
        assert!(!value.bytes().any(|b| b"\"(),:;<>[\\]".contains(&b)), "{value:?}");
        let again = Contact::parse(channel, value).expect("what was taken is taken again");
        assert_eq!(again.expose(), value);
        match channel {
            Channel::Email => assert_eq!(value.bytes().filter(|b| *b == b'@').count(), 1),
            Channel::Phone => assert!(value[1..].bytes().all(|b| b.is_ascii_digit())),
        }
    }
}

/// A login id that was taken is exactly what was given.
pub fn login_id(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Ok(login_id) = text.parse::<LoginId>() else { return };
    assert_eq!(login_id.expose(), text);
    assert!((4..=32).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_')));
}

/// A name that was taken is seen, has no line of its own, and is in the one form in which it is kept.
pub fn real_name(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Ok(name) = text.parse::<RealName>() else { return };
    let kept = name.expose();
    assert!((1..=100).contains(&kept.chars().count()) && !kept.trim().is_empty(), "{kept:?}");
    assert!(!kept.chars().any(char::is_control), "{kept:?}");
    let again: RealName = kept.parse().expect("what was taken is taken again");
    assert_eq!(again.expose(), kept);
}

/// A token that was read is written as it was.
pub fn consistency_token(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Ok(token) = text.parse::<ConsistencyToken>() {
        assert_eq!(token.to_string(), text);
    }
}

/// A cursor that was read is one that this very list gave, and no other list takes it.
pub fn cursor(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let (own, other) = (List::named("fuzzed"), List::named("fuzzed").bound_to(b"other"));
    if let Ok(last) = own.after(text) {
        assert_eq!(own.cursor(last), text);
        assert!(other.after(text).is_err());
    }
}

/// Without the private key nobody makes a token that counts, whatever it looks like.
pub fn access_token(data: &[u8]) {
    static VERIFIER: OnceLock<Verifier> = OnceLock::new();
    let Some(text) = text(data) else { return };
    let verifier = VERIFIER.get_or_init(|| {
        // The public half of a key whose private half was thrown away.
        let set = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":"fuzzed",
            "x":"1AjoqjDp28sLc6a17KO0bHv9MLsOrDaK_L3qAkQb1BY"}]}"#;
        Verifier::from_jwks(set, Arc::new(SystemClock)).expect("a key set")
    });
    assert!(verifier.verify(text).is_err());
}

/// Of the rows of a table each is taken or named: those that were taken go up and pay something.
pub fn payout_table(data: &[u8]) {
    for table in [data.to_vec(), [b"row,destination,amount,memo\n", data].concat()] {
        let Ok(table) = command_api::payout_table(&table) else { continue };
        assert!(table.rows.windows(2).all(|pair| pair[0].row < pair[1].row));
        assert!(table.rows.iter().all(|row| row.row > 0 && row.amount.is_positive()));
        let is_clear = |memo: &str| (1..=256).contains(&memo.chars().count()) && !memo.chars().any(char::is_control);
        assert!(table.rows.iter().all(|row| row.memo.as_deref().is_none_or(is_clear)));
        assert!(table.errors.len() <= 100 && table.errors.is_empty() == (table.rejected == 0));
    }
}

/// Whether the last digit is the check digit of the others, by the formula of Luhn.
fn has_check_digit(digits: &[u8]) -> bool {
    let from_the_right = digits.iter().rev().enumerate();
    let sum: u32 = from_the_right
        .map(|(index, digit)| match (u32::from(digit - b'0'), index % 2) {
            (digit, 0) => digit,
            (digit, _) if digit > 4 => 2 * digit - 9,
            (digit, _) => 2 * digit,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// 24 digits and nothing else are read as a payment code, and no refusal repeats what it refuses. The code of any command is read, a
/// mistyped digit of it is noticed by its check digit, and no other text is known by the same id.
pub fn payment_code(data: &[u8]) {
    // Of a vault that is nowhere.
    let names = Names::new([7_u8; 32].into());
    let mut bytes = [0; 18];
    bytes.iter_mut().zip(data).for_each(|(byte, given)| *byte = *given);
    let [command @ .., place, digit] = bytes;
    let issued = names.payment_code(CommandId::new(Uuid::from_bytes(command)));
    assert_eq!(command_api::payment_code(&issued).ok(), Some(issued.as_str()));
    assert!(has_check_digit(issued.as_bytes()), "{}", issued.as_str());

    let (mut mistyped, place) = (issued.as_bytes().to_vec(), usize::from(place % 24));
    mistyped[place] = b'0' + (mistyped[place] - b'0' + 1 + digit % 9) % 10;
    assert!(!has_check_digit(&mistyped), "{mistyped:?}");

    let Some(text) = text(data) else { return };
    match command_api::payment_code(text) {
        Ok(code) => assert!(code == text && code.chars().count() == 24 && code.chars().all(|c| c.is_ascii_digit())),
        Err(refused) => {
            let of_nothing = command_api::payment_code("").expect_err("no code");
            assert_eq!(refused.to_json(Uuid::nil()), of_nothing.to_json(Uuid::nil()));
        }
    }
    assert!(text == issued.as_str() || names.payment_code_id(text) != names.payment_code_id(&issued));
}

/// A part of a form as it was before it was encoded.
fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let (byte, after) = match (*first, byte) {
            (b'%', Some(byte)) => (byte, &after[2..]),
            (b'+', _) => (b' ', after),
            (other, _) => (other, after),
        };
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A form that was taken asks for a token of the one grant there is, says nothing twice and holds no secret; any other is refused in a
/// word of RFC 6749. What is encoded as a form is read as it was, whatever it is.
pub fn token_form(data: &[u8]) {
    match command_api::token_form(data) {
        Err(code) => assert!(["invalid_request", "unsupported_grant_type", "invalid_scope"].contains(&code), "{code}"),
        Ok(scopes) => {
            let form = text(data).expect("a form is text");
            let fields = form.split('&').map(|field| field.split_once('=').unwrap_or((field, "")));
            let fields: Vec<_> = fields.map(|(name, value)| (decoded(name), decoded(value))).collect();
            let given = |name: &str| -> Vec<&str> {
                let of_name = fields.iter().filter(|(field, value)| field == name && !value.is_empty());
                of_name.map(|(_, value)| value.as_str()).collect()
            };
            assert_eq!(given("grant_type"), ["client_credentials"], "{form:?}");
            assert_eq!(given("client_secret"), [] as [&str; 0], "{form:?}");
            let asked: Vec<Option<Scopes>> = given("scope").into_iter().map(|scope| scope.parse().ok()).collect();
            let expected = if scopes.is_some() { vec![scopes] } else { vec![] };
            assert_eq!(asked, expected, "{form:?}");
        }
    }
    let Some(scope) = text(data).filter(|text| text.len() <= 4_096) else { return };
    let encoded: String = scope.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let form = format!("grant_type=client_credentials&scope={encoded}");
    let expected = if scope.is_empty() { Ok(None) } else { scope.parse().map(Some).map_err(|_| "invalid_scope") };
    assert_eq!(command_api::token_form(form.as_bytes()), expected, "{scope:?}");
}

/// Gives every seed of a target to it.
pub fn replay(target: &str, check: fn(&[u8])) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    let mut seeds = 0;
    for entry in fs::read_dir(&folder).with_context(|| format!("no seeds in {}", folder.display()))? {
        check(&fs::read(entry?.path())?);
        seeds += 1;
    }
    ensure!(seeds > 0, "no seeds in {}", folder.display());
    println!("{target}: {seeds} seeds");
    Ok(())
}
