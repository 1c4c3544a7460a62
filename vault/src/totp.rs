//! One-time codes of six digits, good for thirty seconds: TOTP (RFC 6238) with HMAC-SHA-1, as all authenticator apps have it.
//!
//! SHA-1 is broken for signatures; that does not touch HMAC, and some apps know nothing else.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

/// How long a code is good for, in seconds.
const STEP: i64 = 30;
/// So many codes before and after that of now are taken: clocks differ, and people type slowly.
const SKEW: i64 = 1;

/// The secret that codes follow from: 160 bits.
pub struct TotpSecret(Zeroizing<[u8; 20]>);

impl TotpSecret {
    /// With these bytes.
    pub fn new(bytes: Zeroizing<[u8; 20]>) -> Self {
        Self(bytes)
    }

    /// The secret as people type it: 32 characters in Base32 (RFC 4648).
    pub fn base32(&self) -> Zeroizing<String> {
        base32(self.0.as_ref())
    }

    /// The step whose code this is, if it is one of about now. It takes the same time for every code.
    pub fn step_of(&self, code: &str, now: DateTime<Utc>) -> Option<i64> {
        let current = now.timestamp().div_euclid(STEP);
        let (mut is_found, mut found) = (Choice::from(0), 0_i64);
        for step in current - SKEW..=current + SKEW {
            let fits = self.code(step).as_bytes().ct_eq(code.as_bytes());
            found.conditional_assign(&step, fits);
            is_found |= fits;
        }
        bool::from(is_found).then_some(found)
    }

    /// The code of a time.
    pub fn code_at(&self, now: DateTime<Utc>) -> Zeroizing<String> {
        self.code(now.timestamp().div_euclid(STEP))
    }

    /// HOTP (RFC 4226) of the number of the step.
    fn code(&self, step: i64) -> Zeroizing<String> {
        let mut mac = Hmac::<Sha1>::new_from_slice(self.0.as_ref()).expect("HMAC takes keys of any length");
        mac.update(&step.to_be_bytes());
        let digest: [u8; 20] = mac.finalize().into_bytes().into();
        let offset = usize::from(digest[19] & 0x0f);
        let mut word = [0; 4];
        word.copy_from_slice(&digest[offset..offset + 4]);
        Zeroizing::new(format!("{:06}", (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000))
    }
}

impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpSecret(..)")
    }
}

/// Bytes in Base32 (RFC 4648), without padding.
pub(crate) fn base32(bytes: &[u8]) -> Zeroizing<String> {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = Zeroizing::new(String::with_capacity(bytes.len().div_ceil(5) * 8));
    let (mut word, mut bits) = (0_u32, 0_u32);
    for byte in bytes {
        word = (word << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[((word >> bits) & 31) as usize]));
        }
        // What was written is not needed any more.
        word &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(char::from(ALPHABET[((word << (5 - bits)) & 31) as usize]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> TotpSecret {
        TotpSecret::new(Zeroizing::new(*b"12345678901234567890"))
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("a time")
    }

    /// RFC 6238, appendix B; of its eight digits the last six.
    const VECTORS: [(i64, &str); 6] = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];

    #[test]
    fn the_codes_are_those_of_the_standard() {
        for (seconds, code) in VECTORS {
            assert_eq!(*secret().code_at(at(seconds)), code, "{seconds}");
            assert_eq!(secret().step_of(code, at(seconds)), Some(seconds / 30));
        }
    }

    #[test]
    fn a_code_is_good_one_step_before_and_after_its_own() {
        let code = secret().code_at(at(3_000));
        for (now, is_good) in [(2_939, false), (2_970, true), (3_000, true), (3_059, true), (3_060, false)] {
            assert_eq!(secret().step_of(&code, at(now)), is_good.then_some(100), "{now}");
        }
        for wrong in ["", "28708", "2870820", "28708a", "２８７０８２"] {
            assert_eq!(secret().step_of(wrong, at(59)), None, "{wrong}");
        }
    }

    #[test]
    fn base32_is_that_of_the_standard() {
        // RFC 4648, section 10, without the padding.
        for (bytes, text) in
            [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("foobar", "MZXW6YTBOI")]
        {
            assert_eq!(*base32(bytes.as_bytes()), text);
        }
        assert_eq!(*secret().base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }
}
