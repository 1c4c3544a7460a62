//! The header `tracestate` of W3C Trace Context.

use std::{collections::HashSet, sync::Arc};

/// What the systems before this one keep in the trace. It is passed on as it came and shown nowhere: anybody may write anything into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracestate(Arc<str>);

/// A longer one is not passed on: the specification asks for 512 characters.
const LONGEST: usize = 512;
/// The specification allows no more members.
const MEMBERS: usize = 32;
/// How long keys and values may be, in bytes.
const KEY: usize = 256;
const VALUE: usize = 256;

impl Tracestate {
    /// Reads the headers in their order. What has another form than the specification gives it counts for nothing, as a whole.
    pub fn parse<'h>(headers: impl IntoIterator<Item = &'h [u8]>) -> Option<Self> {
        let mut state = String::new();
        let mut keys = HashSet::new();
        for header in headers {
            let header = std::str::from_utf8(header).ok()?;
            // The specification allows members that are empty, and gives them no meaning.
            let members = header.split(',').map(|member| member.trim_matches([' ', '\t']));
            for member in members.filter(|member| !member.is_empty()) {
                let (key, value) = member.split_once('=')?;
                if !is_key(key) || !is_value(value) || !keys.insert(key) {
                    return None;
                }
                if !state.is_empty() {
                    state.push(',');
                }
                state.push_str(member);
                if state.len() > LONGEST || keys.len() > MEMBERS {
                    return None;
                }
            }
        }
        (!state.is_empty()).then(|| Self(state.into()))
    }

    /// As it is passed on, in one header.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_key(key: &str) -> bool {
    let is_of_key = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-*/@".contains(&byte);
    let begins = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    key.len() <= KEY && key.as_bytes().first().is_some_and(begins) && key.bytes().all(is_of_key)
}

/// Spaces at the end were cut off before.
fn is_value(value: &str) -> bool {
    (1..=VALUE).contains(&value.len())
        && value.bytes().all(|byte| byte == b' ' || (byte.is_ascii_graphic() && byte != b'='))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(headers: &[&str]) -> Option<String> {
        let state = Tracestate::parse(headers.iter().map(|header| header.as_bytes()));
        state.map(|state| state.as_str().to_owned())
    }

    #[test]
    fn members_are_passed_on_in_their_order_as_one_header() {
        assert_eq!(parse(&["rojo=00f067aa0ba902b7"]).as_deref(), Some("rojo=00f067aa0ba902b7"));
        let several = ["a=1, ,b=two words\t", "", "t@s=x/y", " c*/_-=~!"];
        assert_eq!(parse(&several).as_deref(), Some("a=1,b=two words,t@s=x/y,c*/_-=~!"));
        assert_eq!(parse(&[]), None);
        assert_eq!(parse(&["", " , "]), None);
    }

    #[test]
    fn what_has_another_form_counts_for_nothing() {
        let (long_key, long_value) = (format!("{}=1", "k".repeat(257)), format!("k={}", "v".repeat(257)));
        let members = |count: usize| (0..count).map(|number| format!("k{number}=1")).collect::<Vec<_>>().join(",");
        let all_too_long = format!("a={},b={},c=1", "v".repeat(256), "v".repeat(252));
        let (fits, one_too_many) = (members(32), members(33));
        assert_eq!(parse(&[fits.as_str()]), Some(fits.clone()));
        for bad in [
            "a",
            "a=",
            "=1",
            "A=1",
            "a b=1",
            "_a=1",
            "a=1=2",
            "a=1,a=2",
            "a=é",
            "é=a",
            "a=1\u{7f}",
            long_key.as_str(),
            long_value.as_str(),
            all_too_long.as_str(),
            one_too_many.as_str(),
        ] {
            assert_eq!(parse(&[bad]), None, "{bad}");
            assert_eq!(parse(&["ok=1", bad]), None, "{bad}");
        }
        assert_eq!(parse(&["a=1", "a=2"]), None, "twice, in two headers");
        assert!(Tracestate::parse([&b"a=\xff"[..]]).is_none());
    }

    proptest! {
        #[test]
        fn nothing_panics_and_what_is_passed_on_is_read_again(bytes in prop::collection::vec(any::<u8>(), 0..70)) {
            if let Some(state) = Tracestate::parse([bytes.as_slice()]) {
                prop_assert_eq!(Tracestate::parse([state.as_str().as_bytes()]), Some(state));
            }
        }
    }
}
