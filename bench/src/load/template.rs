//! Transfer requests made beforehand: of each only key, accounts and amount are patched.

use std::ops::Range;

use kernel::{Clock, SystemClock};

/// Where a patch goes is the same in every template of one member.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    bytes: Vec<u8>,
    key: Range<usize>,
    source: Range<usize>,
    destination: Range<usize>,
    amount: Range<usize>,
}

/// An account id as it stands in a request.
pub(crate) type IdText = [u8; 36];

/// Amounts have three digits, so that every request has the same length.
pub(crate) const AMOUNTS: Range<u16> = 100..1000;

/// A key as it stands in a request: a UUID of version 7, as clients are told to send (docs/api.md).
const KEY: &str = "00000000-0000-7000-8000-000000000000";
const ID: &str = "00000000-0000-0000-0000-000000000000";

impl Template {
    /// A transfer by the holder of this token.
    pub(crate) fn new(token: &str, asset: &str) -> Self {
        let body = format!(r#"{{"source":"{ID}","destination":"{ID}","money":{{"asset":"{asset}","amount":"000"}}}}"#);
        let head = format!(
            "POST /v1/transfers HTTP/1.1\r\nhost: jangbu\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\nidempotency-key: {KEY}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let text = head + &body;
        let find = |needle: &str| text.rfind(needle).unwrap_or_default() + needle.len();
        let at = |end: usize, length: usize| end..end + length;
        let key = at(find("idempotency-key: "), KEY.len());
        let source = at(find(r#""source":""#), ID.len());
        let destination = at(find(r#""destination":""#), ID.len());
        let amount = at(find(r#""amount":""#), 3);
        Self { bytes: text.into_bytes(), key, source, destination, amount }
    }

    /// Writes the request with these values; the time, `run` and `number` together make the key.
    pub(crate) fn write(
        &self,
        out: &mut Vec<u8>,
        (run, number): (u32, u64),
        source: &IdText,
        destination: &IdText,
        amount: u16,
    ) {
        let start = out.len();
        out.extend_from_slice(&self.bytes);
        let request = &mut out[start..];
        let key = &mut request[self.key.clone()];
        let time = SystemClock.now().timestamp_millis() as u64;
        hex(&mut key[..8], time >> 16);
        hex(&mut key[9..13], time);
        hex(&mut key[15..18], u64::from(run >> 12));
        hex(&mut key[20..23], u64::from(run));
        hex(&mut key[24..], number);
        request[self.source.clone()].copy_from_slice(source);
        request[self.destination.clone()].copy_from_slice(destination);
        let digits = [amount / 100, amount / 10 % 10, amount % 10].map(|d| b'0' + d as u8);
        request[self.amount.clone()].copy_from_slice(&digits);
    }
}

fn hex(out: &mut [u8], mut number: u64) {
    for place in out.iter_mut().rev() {
        *place = b"0123456789abcdef"[(number & 15) as usize];
        number >>= 4;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_land_where_they_belong() {
        let template = Template::new("a.b.c", "KRW");
        let mut out = b"before".to_vec();
        let (source, destination) = ([b'1'; 36], [b'2'; 36]);
        template.write(&mut out, (0xab, 0x1f), &source, &destination, 407);
        let text = String::from_utf8(out).unwrap();
        let text = text.strip_prefix("before").unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("authorization: Bearer a.b.c\r\n"));
        let (_, key) = head.split_once("idempotency-key: ").unwrap();
        assert_eq!(&key[13..38], "-7000-80ab-00000000001f\r\n");
        assert!(head.ends_with(&format!("content-length: {}", body.len())));
        let expected = serde_json::json!({
            "source": "1".repeat(36), "destination": "2".repeat(36), "money": {"asset": "KRW", "amount": "407"},
        });
        assert_eq!(serde_json::from_str::<serde_json::Value>(body).unwrap(), expected);
    }
}
