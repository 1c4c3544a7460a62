//! Why an operator who logged in sends a command: the header `Jangbu-Reason`.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName};
use domain::characters::is_clear_note;
use platform::problem::{Code, Problem};

pub(crate) const REASON: HeaderName = HeaderName::from_static("jangbu-reason");

/// The most characters of a reason in the header.
const LONGEST: usize = 200;

/// The reason in the header: text in UTF-8, percent-encoded (RFC 3986, section 2.1), since a header is ASCII. None without the header; an error if
/// it is there twice, or is no reason.
pub(crate) fn reason_in(headers: &HeaderMap) -> Result<Option<Arc<str>>, Problem> {
    let mut given = headers.get_all(REASON).iter();
    match (given.next(), given.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => decoded(value.as_bytes()).filter(|text| is_reason(text)).map(Some).ok_or_else(missing),
        (Some(_), Some(_)) => Err(missing()),
    }
}

/// What an operator is told who does not say why.
pub(crate) fn missing() -> Problem {
    Problem::new(Code::ReasonRequired)
        .detail("say why, in the header Jangbu-Reason: 1 to 200 characters, percent-encoded")
}

fn is_reason(text: &str) -> bool {
    (1..=LONGEST).contains(&text.chars().count()) && is_clear_note(text) && !text.trim().is_empty()
}

fn decoded(value: &[u8]) -> Option<Arc<str>> {
    let (mut bytes, mut rest) = (Vec::with_capacity(value.len()), value);
    while let Some((first, others)) = rest.split_first() {
        match (first, others) {
            (b'%', [high, low, others @ ..]) => {
                bytes.push((digit(*high)? << 4) | digit(*low)?);
                rest = others;
            }
            (b'%', _) => return None,
            (byte, others) => {
                bytes.push(*byte);
                rest = others;
            }
        }
    }
    String::from_utf8(bytes).ok().map(Arc::from)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn read(values: &[&str]) -> Result<Option<String>, Code> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(REASON, HeaderValue::from_str(value).expect("a value"));
        }
        reason_in(&headers).map(|reason| reason.map(|text| text.to_string())).map_err(|problem| problem.code())
    }

    fn encoded(text: &str) -> String {
        text.bytes().map(|byte| format!("%{byte:02X}")).collect()
    }

    #[test]
    fn a_reason_is_text_that_people_can_read() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["ticket 4711"]), Ok(Some("ticket 4711".to_owned())));
        assert_eq!(read(&["%ED%8B%B0%ec%bc%93%204711"]), Ok(Some("티켓 4711".to_owned())));
        assert_eq!(read(&["a+b%2B"]), Ok(Some("a+b+".to_owned())));
        assert!(read(&[&encoded(&"장".repeat(200))]).is_ok());
        let long = encoded(&"장".repeat(201));
        for wrong in ["", "%20", "%", "%4", "%4g", "%zz", "%ff", "a%00", "%0d%0aSet-Cookie:x", "%E2%80%AEtxt", &long] {
            assert_eq!(read(&[wrong]), Err(Code::ReasonRequired), "{wrong:?}");
        }
        assert_eq!(read(&["one", "two"]), Err(Code::ReasonRequired));
    }

    proptest! {
        #[test]
        fn any_text_comes_through_or_is_refused(text in any::<String>()) {
            let fits = is_reason(&text);
            let read = read(&[&encoded(&text)]);
            prop_assert_eq!(read, if fits { Ok(Some(text)) } else { Err(Code::ReasonRequired) });
        }
    }
}
