//! Keyed hashes: reservations without names, codes that are stored nowhere, fingerprints that give no password away.

use hmac::{Hmac, KeyInit, Mac};
use kernel::{CommandId, OperatorId, PartnerKeyId, PaymentCodeId, ProcessId, StreamId};
use sha2::Sha256;
use uuid::Builder;
use zeroize::Zeroizing;

use crate::totp::{TotpSecret, base32};

/// Derives from the vault's own secret. Without the vault nobody can test a guess or link two names.
#[derive(Clone)]
pub struct Names(Zeroizing<[u8; 32]>);

impl Names {
    /// With the vault's secret.
    pub fn new(secret: Zeroizing<[u8; 32]>) -> Self {
        Self(secret)
    }

    /// The reservation stream of a login id.
    pub fn login(&self, login_id: &str) -> StreamId {
        self.stream(b"login", &[login_id.as_bytes()])
    }

    /// The reservation stream of a contact in its one spelling; `channel` is `email` or `phone`.
    pub fn contact(&self, channel: &str, value: &str) -> StreamId {
        self.stream(b"contact", &[channel.as_bytes(), value.as_bytes()])
    }

    /// The code of six digits with this serial on this stream: HOTP (RFC 4226) with a key for each stream. So a code is
    /// stored nowhere, not even hashed.
    pub fn code(&self, stream: StreamId, serial: u32) -> Zeroizing<String> {
        six_digits(&self.digest(b"code", &[stream.uuid().as_bytes(), &serial.to_be_bytes()]))
    }

    /// The same for a code that only a reader of this contact's messages can have: a stream that changes its contact may
    /// have had this serial before, in a history that was lost by a restore.
    pub fn code_to(&self, contact: StreamId, stream: StreamId, serial: u32) -> Zeroizing<String> {
        let (contact, stream) = (contact.uuid(), stream.uuid());
        six_digits(&self.digest(b"code to", &[contact.as_bytes(), stream.as_bytes(), &serial.to_be_bytes()]))
    }

    /// The payment code that a command issues: 23 digits and a check digit (Luhn). It is stored nowhere, and the same command gives
    /// it again. There are 10^23 codes; that two commands give the same one is not to be expected.
    pub fn payment_code(&self, command: CommandId) -> Zeroizing<String> {
        let digest = Zeroizing::new(self.half(b"payment code", &[command.uuid().as_bytes()]));
        let mut code = Zeroizing::new(String::with_capacity(24));
        // 2^128 numbers for 10^23 codes: none is noticeably more likely than another.
        code.push_str(&Zeroizing::new(format!("{:023}", u128::from_be_bytes(*digest) % 10_u128.pow(23))));
        let check = check_digit(&code);
        code.push(check);
        code
    }

    /// What the log knows a payment code by. A text that is no code, such as one with another check digit, has an id too: there is nothing
    /// on that stream.
    pub fn payment_code_id(&self, code: &str) -> PaymentCodeId {
        PaymentCodeId::new(self.stream(b"payment code id", &[code.as_bytes()]).uuid())
    }

    /// The process that tops an account up with a payment at a provider: of one payment there is one process.
    pub fn top_up(&self, provider: &str, payment_key: &str) -> ProcessId {
        ProcessId::new(self.stream(b"top-up", &[provider.as_bytes(), payment_key.as_bytes()]).uuid())
    }

    /// The secret of a partner's key: 256 bits that nobody guesses. It is stored nowhere, and the same key gives it again, so that a
    /// lost answer can be repeated; it is recognized by its digest in the log, not by this.
    pub fn partner_secret(&self, key: PartnerKeyId) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.digest(b"partner key", &[key.uuid().as_bytes()]))
    }

    /// The first password of an operator's credentials with this number: 100 bits in four groups. It is stored nowhere, and the same number
    /// gives it again.
    pub fn operator_password(&self, operator: OperatorId, number: u32) -> Zeroizing<String> {
        let digest =
            Zeroizing::new(self.digest(b"operator password", &[operator.uuid().as_bytes(), &number.to_be_bytes()]));
        let text = base32(&digest[..13]);
        let mut password = Zeroizing::new(String::with_capacity(23));
        for group in 0..4 {
            if group > 0 {
                password.push('-');
            }
            text[group * 5..group * 5 + 5].chars().for_each(|digit| password.push(digit.to_ascii_lowercase()));
        }
        password
    }

    /// The secret of the one-time codes of an operator's credentials with this number. It is stored nowhere.
    pub fn operator_totp(&self, operator: OperatorId, number: u32) -> TotpSecret {
        let digest =
            Zeroizing::new(self.digest(b"operator code", &[operator.uuid().as_bytes(), &number.to_be_bytes()]));
        let mut secret = Zeroizing::new([0; 20]);
        secret.copy_from_slice(&digest[..20]);
        TotpSecret::new(secret)
    }

    /// What a request asked for, as the log may keep it: nobody without the vault can try passwords against it.
    pub fn fingerprint(&self, canonical: &[u8]) -> [u8; 16] {
        self.half(b"fingerprint", &[canonical])
    }

    /// A key for counting how often something was tried, such as a login id or an address.
    pub fn throttle(&self, kind: &str, value: &str) -> [u8; 16] {
        self.half(b"throttle", &[kind.as_bytes(), value.as_bytes()])
    }

    fn stream(&self, purpose: &[u8], parts: &[&[u8]]) -> StreamId {
        StreamId::new(Builder::from_custom_bytes(self.half(purpose, parts)).into_uuid())
    }

    fn half(&self, purpose: &[u8], parts: &[&[u8]]) -> [u8; 16] {
        let digest = self.digest(purpose, parts);
        let mut half = [0; 16];
        half.copy_from_slice(&digest[..16]);
        half
    }

    /// Each part with its length before it, so that no two lists of parts are the same bytes.
    fn digest(&self, purpose: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_ref()).expect("HMAC takes keys of any length");
        for part in std::iter::once(&purpose).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// The dynamic truncation of HOTP.
fn six_digits(digest: &[u8; 32]) -> Zeroizing<String> {
    let offset = usize::from(digest[31] & 0x0f);
    let mut word = [0; 4];
    word.copy_from_slice(&digest[offset..offset + 4]);
    Zeroizing::new(format!("{:06}", (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000))
}

/// The check digit by the formula of Luhn (ISO/IEC 7812-1, annex B). With it a reader notices each digit that is wrong, and nearly all
/// neighbours that are swapped; to one who guesses it is worth nothing but a digit.
fn check_digit(digits: &str) -> char {
    let weighted = digits.bytes().rev().enumerate().map(|(index, digit)| {
        let digit = u32::from(digit.wrapping_sub(b'0'));
        let weighted = if index % 2 == 0 { digit * 2 } else { digit };
        weighted / 10 + weighted % 10
    });
    char::from_digit((10 - weighted.sum::<u32>() % 10) % 10, 10).unwrap_or('0')
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Names(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn names(secret: u8) -> Names {
        Names::new(Zeroizing::new([secret; 32]))
    }

    fn command(number: u128) -> CommandId {
        CommandId::new(Uuid::from_u128(number))
    }

    /// As whoever scans a code checks it: all digits with the last one, the second from the right doubled, and so on.
    fn is_valid(code: &str) -> bool {
        let digits: Vec<u32> = code.chars().map(|digit| digit.to_digit(10).expect("a digit")).collect();
        let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
        let even = digits.iter().rev().step_by(2).sum::<u32>();
        let odd = digits.iter().rev().skip(1).step_by(2).map(|digit| doubled(*digit)).sum::<u32>();
        (even + odd) % 10 == 0
    }

    #[test]
    fn the_check_digit_is_that_of_luhn() {
        // The example of the standard, and numbers that are printed for tests.
        for number in ["79927398713", "4242424242424242", "378282246310005", "0"] {
            let (digits, check) = number.split_at(number.len() - 1);
            assert_eq!(check_digit(digits).to_string(), check, "{number}");
            assert!(is_valid(number), "{number}");
        }
    }

    #[test]
    fn each_command_has_a_code_of_its_own() {
        let names = names(7);
        let codes: HashSet<String> = (0..2_000).map(|number| names.payment_code(command(number)).to_string()).collect();
        assert_eq!(codes.len(), 2_000);
        for place in 0..23 {
            let digits: HashSet<u8> = codes.iter().map(|code| code.as_bytes()[place]).collect();
            assert_eq!(digits.len(), 10, "place {place} takes every digit");
        }
    }

    #[test]
    fn each_key_of_a_partner_has_a_secret_of_its_own() {
        let (names, other) = (names(7), names(8));
        let key = |number| PartnerKeyId::new(Uuid::from_u128(number));
        assert_eq!(*names.partner_secret(key(1)), *names.partner_secret(key(1)), "a lost answer is given again");
        assert_ne!(*names.partner_secret(key(1)), *names.partner_secret(key(2)));
        assert_ne!(*names.partner_secret(key(1)), *other.partner_secret(key(1)), "nobody makes it without the vault");
    }

    #[test]
    fn each_operator_begins_with_a_password_and_a_secret_of_their_own() {
        let (names, other) = (names(7), names(8));
        let operator = |number| OperatorId::new(Uuid::from_u128(number));
        let password = names.operator_password(operator(1), 1);
        assert_eq!(*password, *names.operator_password(operator(1), 1), "a lost answer is given again");
        let is_group = |group: &str| group.len() == 5 && group.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'));
        assert!(password.split('-').count() == 4 && password.split('-').all(is_group));
        for another in [
            names.operator_password(operator(1), 2),
            names.operator_password(operator(2), 1),
            other.operator_password(operator(1), 1),
        ] {
            assert_ne!(*password, *another);
        }
        let secret = names.operator_totp(operator(1), 1).base32();
        assert_eq!(secret.len(), 32);
        for another in [names.operator_totp(operator(1), 2), other.operator_totp(operator(1), 1)] {
            assert_ne!(*secret, *another.base32());
        }
    }

    #[test]
    fn nothing_of_a_code_shows_in_its_id() {
        let (names, other) = (names(7), names(8));
        let code = names.payment_code(command(1));
        assert_ne!(*code, *other.payment_code(command(1)), "the secret makes the code");
        assert_ne!(names.payment_code_id(&code), other.payment_code_id(&code), "and the id");
        assert_ne!(names.payment_code_id(&code).uuid(), command(1).uuid());
        // A wrong check digit is another code.
        let (digits, check) = code.split_at(23);
        let mut wrong = (0..10).map(|digit| format!("{digits}{digit}")).filter(|wrong| !wrong.ends_with(check));
        assert!(wrong.all(|wrong| names.payment_code_id(&wrong) != names.payment_code_id(&code)));
    }

    proptest! {
        #[test]
        fn a_code_is_24_digits_that_are_checked(
            secret in any::<u8>(), number in any::<u128>(), place in 0_usize..24, by in 1_u8..10
        ) {
            let (names, command) = (names(secret), command(number));
            let code = names.payment_code(command);
            prop_assert!(code.len() == 24 && code.bytes().all(|digit| digit.is_ascii_digit()));
            prop_assert!(is_valid(&code));
            prop_assert!(*code == *names.payment_code(command));
            let mut misread = code.as_bytes().to_vec();
            misread[place] = b'0' + (misread[place] - b'0' + by) % 10;
            prop_assert!(!is_valid(&String::from_utf8(misread).expect("digits")));
        }
    }
}
