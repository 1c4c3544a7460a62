//! Consistency tokens: "at least as fresh as this position of this log".

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use crate::{LogId, Position};

/// What a command answers and a read may ask for. Opaque to clients; written `v1.` and 24 bytes in base64url.
///
/// The token is a claim, not a capability: it opens nothing, so it carries no signature. A forged one can
/// only name a position, and one the log has not reached is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsistencyToken {
    /// The log the position belongs to.
    pub log: LogId,
    /// The position that must have been seen.
    pub position: Position,
}

impl fmt::Display for ConsistencyToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0; 24];
        bytes[..16].copy_from_slice(self.log.uuid().as_bytes());
        bytes[16..].copy_from_slice(&self.position.number().to_be_bytes());
        write!(f, "v1.{}", URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for ConsistencyToken {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let body = text.strip_prefix("v1.").ok_or(TokenError)?;
        let bytes: [u8; 24] = URL_SAFE_NO_PAD.decode(body).ok().and_then(|b| b.try_into().ok()).ok_or(TokenError)?;
        let (log, position) = bytes.split_at(16);
        let position = i64::from_be_bytes(position.try_into().map_err(|_| TokenError)?);
        if position < 0 {
            return Err(TokenError);
        }
        Ok(Self { log: LogId::new(Uuid::from_slice(log).map_err(|_| TokenError)?), position: Position::new(position) })
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
        fn text_goes_there_and_back(log: u128, position in 0..=i64::MAX) {
            let token = ConsistencyToken { log: LogId::new(Uuid::from_u128(log)), position: Position::new(position) };
            prop_assert_eq!(token.to_string().parse::<ConsistencyToken>(), Ok(token));
        }

        #[test]
        fn garbage_is_refused_without_panic(text in ".{0,60}") {
            prop_assume!(!text.starts_with("v1."));
            prop_assert_eq!(text.parse::<ConsistencyToken>(), Err(TokenError));
        }
    }

    #[test]
    fn cut_lengthened_and_negative_tokens_are_refused() {
        let token = ConsistencyToken { log: LogId::new(Uuid::nil()), position: Position::new(7) }.to_string();
        assert!(token[..token.len() - 1].parse::<ConsistencyToken>().is_err());
        assert!(format!("{token}A").parse::<ConsistencyToken>().is_err());
        let mut bytes = [0; 24];
        bytes[16] = 0x80;
        assert!(format!("v1.{}", URL_SAFE_NO_PAD.encode(bytes)).parse::<ConsistencyToken>().is_err());
    }
}
