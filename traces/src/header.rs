//! The header `traceparent` of W3C Trace Context.

use std::fmt;

use crate::{SpanId, TraceId};

/// What a caller says of the trace that its request belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traceparent {
    /// The trace.
    pub trace: TraceId,
    /// The span of the caller.
    pub parent: SpanId,
    /// Whether the caller records it.
    pub sampled: bool,
}

/// How long a header of version 0 is, in bytes.
const LENGTH: usize = 55;
/// The flag that the caller records the trace.
const SAMPLED: u128 = 1;

impl Traceparent {
    /// Reads a header. A header of a later version is read as far as version 0 goes, as the specification wants it; nothing else that
    /// differs from the form counts.
    pub fn parse(header: &[u8]) -> Option<Self> {
        let dashes = [2, 35, 52];
        if !dashes.iter().all(|&at| header.get(at) == Some(&b'-')) {
            return None;
        }
        let version = hex(header.get(..2)?)?;
        let is_whole = match version {
            0 => header.len() == LENGTH,
            0xff => false,
            _ => header.get(LENGTH).is_none_or(|&next| next == b'-'),
        };
        if !is_whole {
            return None;
        }
        let (trace, parent) = (hex(header.get(3..35)?)?, hex(header.get(36..52)?)?);
        let flags = hex(header.get(53..LENGTH)?)?;
        Some(Self {
            trace: TraceId::from_u128(trace)?,
            parent: SpanId::from_u64(parent as u64)?,
            sampled: flags & SAMPLED != 0,
        })
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{:02x}", self.trace, self.parent, u8::from(self.sampled))
    }
}

/// At most 32 digits, in lower case.
fn hex(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0_u128, |number, &digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some((number << 4) | u128::from(value))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn parse(text: &str) -> Option<Traceparent> {
        Traceparent::parse(text.as_bytes())
    }

    #[test]
    fn a_header_of_the_specification_is_read_and_written() {
        let read = parse(HEADER).expect("a header");
        assert_eq!((read.trace.to_string().as_str(), read.sampled), ("4bf92f3577b34da6a3ce929d0e0e4736", true));
        assert_eq!((read.parent.to_string().as_str(), read.to_string().as_str()), ("00f067aa0ba902b7", HEADER));
        assert!(!parse(&HEADER.replace("-01", "-00")).expect("a header").sampled);
        assert!(parse(&HEADER.replace("-01", "-03")).expect("other flags are not for us").sampled);
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        let later = HEADER.replacen("00", "cc", 1);
        assert!(parse(&later).is_some());
        assert!(parse(&format!("{later}-what-the-future-brings")).is_some());
        assert_eq!(parse(&format!("{later}.what")), None);
    }

    #[test]
    fn what_has_another_form_counts_for_nothing() {
        for bad in [
            String::new(),
            HEADER.to_uppercase(),
            HEADER.replacen("00", "ff", 1),
            HEADER[..54].to_owned(),
            format!("{HEADER}-"),
            format!("{HEADER} "),
            format!(" {HEADER}"),
            HEADER.replace('-', "_"),
            HEADER.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            HEADER.replace("00f067aa0ba902b7", &"0".repeat(16)),
            HEADER.replace("-01", "-0g"),
            "é".repeat(30),
        ] {
            assert_eq!(parse(&bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..70)) {
            let _ = Traceparent::parse(&bytes);
        }

        #[test]
        fn what_is_written_is_read(trace in 1..=u128::MAX, parent in 1..=u64::MAX, sampled in any::<bool>()) {
            let (trace, parent) = (TraceId::from_u128(trace).expect("one"), SpanId::from_u64(parent).expect("one"));
            let written = Traceparent { trace, parent, sampled };
            prop_assert_eq!(parse(&written.to_string()), Some(written));
        }
    }
}
