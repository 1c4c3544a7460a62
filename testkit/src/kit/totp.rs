//! One-time codes as an authenticator app makes them (RFC 6238 with the usual thirty seconds and six digits). It shares no code with the vault.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// How long a code is good for, in seconds.
pub const CODE_SECONDS: i64 = 30;

/// The code that an app shows at this time, for a secret in Base32.
pub fn one_time_code(secret: &str, at: DateTime<Utc>) -> Result<String> {
    let key = decoded(secret).context("the secret is not Base32")?;
    let step = at.timestamp().div_euclid(CODE_SECONDS);
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).context("no key of HMAC")?;
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let from = usize::from(digest[digest.len() - 1] % 16);
    let word = digest[from..from + 4].iter().fold(0_u32, |word, byte| (word << 8) | u32::from(*byte));
    Ok(format!("{:06}", (word & 0x7fff_ffff) % 1_000_000))
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut word, mut bits) = (Vec::new(), 0_u32, 0_u32);
    for letter in text.trim().trim_end_matches('=').bytes() {
        let value = match letter.to_ascii_uppercase() {
            letter @ b'A'..=b'Z' => letter - b'A',
            digit @ b'2'..=b'7' => digit - b'2' + 26,
            _ => return None,
        };
        word = (word << 5) | u32::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(((word >> bits) & 0xff) as u8);
            word &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_the_standard() {
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
            let at = DateTime::from_timestamp(seconds, 0).expect("a time");
            assert_eq!(one_time_code(secret, at).expect("a code"), code);
            assert_eq!(one_time_code(&secret.to_lowercase(), at).expect("a code"), code);
        }
        assert!(one_time_code("GEZD1", DateTime::UNIX_EPOCH).is_err());
    }
}
