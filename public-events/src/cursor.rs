//! A place among the public events.

use std::{fmt, str::FromStr};

use kernel::Position;

/// The place of a public event among all of them: the position of the recorded event that it was made from, and its number among those made
/// from the same one. As text `<position>.<number>`, such as `4711.0`. The public events of a log are ordered by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventCursor {
    /// The position of the recorded event.
    pub position: Position,
    /// Counted from 0.
    pub number: u16,
}

/// Not the text of an [`EventCursor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the place of an event is `<position>.<number>`, such as `4711.0`")]
pub struct CursorError;

impl EventCursor {
    /// Before the first event.
    pub const START: Self = Self { position: Position::ZERO, number: 0 };
}

impl fmt::Display for EventCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.position, self.number)
    }
}

impl FromStr for EventCursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let (position, number) = text.split_once('.').ok_or(CursorError)?;
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(position) || !digits(number) {
            return Err(CursorError);
        }
        let position = Position::new(position.parse().map_err(|_| CursorError)?);
        Ok(Self { position, number: number.parse().map_err(|_| CursorError)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_is_written() {
        let cursor = EventCursor { position: Position::new(i64::MAX), number: u16::MAX };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        assert_eq!("0.0".parse(), Ok(EventCursor::START));
        for bad in
            ["", ".", "1", "1.", ".1", "-1.0", "1.-1", "+1.0", "1.0.0", "1.65536", "9223372036854775808.0", " 1.0"]
        {
            assert_eq!(bad.parse::<EventCursor>(), Err(CursorError), "{bad:?}");
        }
    }

    #[test]
    fn position_comes_first() {
        let at = |position, number| EventCursor { position: Position::new(position), number };
        assert!(at(1, 9) < at(2, 0) && at(2, 0) < at(2, 1));
    }
}
