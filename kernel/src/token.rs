//! Consistency tokens: "at least as fresh as this position of this log".

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use crate::{CommitRef, CommitTag, LogId, Position};

/// What a command answers and a read may ask for. Opaque to clients; written `v2.` and 32 bytes in base64url: the log, the
/// position, and the tag of the commit that ends there. `v1.` and 24 bytes is a token without a tag.
///
/// The tag distinguishes a commit from another that took its position after a restore. The token is a claim, not a capability: it
/// opens nothing, so it carries no signature. A forged one can only name a position, and one the log has not reached is
/// refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsistencyToken {
    /// The log the position belongs to.
    pub log: LogId,
    /// The position that must have been seen.
    pub position: Position,
    /// The commit that ends there; none in a token of an earlier build, or at the beginning of the log.
    pub tag: Option<CommitTag>,
}

impl ConsistencyToken {
    /// A token for a commit of a log; `None` is the beginning of the log.
    pub fn of(log: LogId, commit: Option<CommitRef>) -> Self {
        let position = commit.map_or(Position::ZERO, |commit| commit.position);
        Self { log, position, tag: commit.map(|commit| commit.tag()) }
    }

    /// A token that does not say which commit ends at its position.
    pub fn untagged(log: LogId, position: Position) -> Self {
        Self { log, position, tag: None }
    }
}

impl fmt::Display for ConsistencyToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::with_capacity(32);
        bytes.extend_from_slice(self.log.uuid().as_bytes());
        bytes.extend_from_slice(&self.position.number().to_be_bytes());
        let version = match self.tag {
            Some(CommitTag(tag)) => {
                bytes.extend_from_slice(&tag.to_be_bytes());
                "v2"
            }
            None => "v1",
        };
        write!(f, "{version}.{}", URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for ConsistencyToken {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let (version, body) = text.split_once('.').ok_or(TokenError)?;
        let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| TokenError)?;
        let (log, rest) = bytes.split_at_checked(16).ok_or(TokenError)?;
        let (position, rest) = rest.split_at_checked(8).ok_or(TokenError)?;
        let tag = match (version, rest) {
            ("v1", []) => None,
            ("v2", tag) => Some(CommitTag(u64::from_be_bytes(tag.try_into().map_err(|_| TokenError)?))),
            _ => return Err(TokenError),
        };
        let position = i64::from_be_bytes(position.try_into().map_err(|_| TokenError)?);
        if position < 0 {
            return Err(TokenError);
        }
        let log = LogId::new(Uuid::from_slice(log).map_err(|_| TokenError)?);
        Ok(Self { log, position: Position::new(position), tag })
    }
}

/// The text is not a consistency token of a version known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a consistency token of a known version")]
pub struct TokenError;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn text_goes_there_and_back(log: u128, position in 0..=i64::MAX, tag: Option<u64>) {
            let (log, position) = (LogId::new(Uuid::from_u128(log)), Position::new(position));
            let token = ConsistencyToken { log, position, tag: tag.map(CommitTag) };
            prop_assert_eq!(token.to_string().parse::<ConsistencyToken>(), Ok(token));
        }

        #[test]
        fn garbage_is_refused_without_panic(text in ".{0,60}") {
            prop_assume!(!text.starts_with("v1.") && !text.starts_with("v2."));
            prop_assert_eq!(text.parse::<ConsistencyToken>(), Err(TokenError));
        }
    }

    #[test]
    fn cut_lengthened_and_negative_tokens_are_refused() {
        for tag in [None, Some(CommitTag(9))] {
            let token = ConsistencyToken { log: LogId::new(Uuid::nil()), position: Position::new(7), tag }.to_string();
            assert!(token[..token.len() - 1].parse::<ConsistencyToken>().is_err());
            assert!(format!("{token}A").parse::<ConsistencyToken>().is_err());
            let other = if tag.is_some() { token.replacen("v2", "v1", 1) } else { token.replacen("v1", "v2", 1) };
            assert!(other.parse::<ConsistencyToken>().is_err(), "a version has one length");
        }
        let mut bytes = [0; 24];
        bytes[16] = 0x80;
        assert!(format!("v1.{}", URL_SAFE_NO_PAD.encode(bytes)).parse::<ConsistencyToken>().is_err());
    }

    #[test]
    fn a_token_of_the_build_before_is_read_without_a_tag() {
        let token: ConsistencyToken = format!("v1.{}", URL_SAFE_NO_PAD.encode([0; 24])).parse().expect("a token");
        assert_eq!(token, ConsistencyToken::untagged(LogId::new(Uuid::nil()), Position::ZERO));
    }
}
