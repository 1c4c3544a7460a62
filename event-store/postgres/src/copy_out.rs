//! Rows from `COPY ... TO STDOUT (FORMAT binary)`, taken apart by hand.

use chrono::{DateTime, Utc};
use database::Connection;
use log::ReadError;
use uuid::Uuid;

use crate::{classify::read_error, rows::damaged};

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// Signature, flags and the length of an extension that nobody has.
const HEADER: usize = SIGNATURE.len() + 8;
/// Postgres counts time from 2000-01-01.
const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// The fields of one row, from the first to the last.
pub(crate) struct Fields<'r> {
    rest: &'r [u8],
}

impl<'r> Fields<'r> {
    pub(crate) fn int8(&mut self) -> Option<i64> {
        Some(i64::from_be_bytes(self.bytes()?.try_into().ok()?))
    }

    /// A `"char"`.
    pub(crate) fn char(&mut self) -> Option<i8> {
        Some(i8::from_be_bytes(self.bytes()?.try_into().ok()?))
    }

    pub(crate) fn uuid(&mut self) -> Option<Uuid> {
        Uuid::from_slice(self.bytes()?).ok()
    }

    pub(crate) fn time(&mut self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_micros(self.int8()?.checked_add(EPOCH_MICROS)?)
    }

    pub(crate) fn text(&mut self) -> Option<String> {
        std::str::from_utf8(self.bytes()?).ok().map(ToOwned::to_owned)
    }

    /// A field that is not null.
    pub(crate) fn bytes(&mut self) -> Option<&'r [u8]> {
        let (length, rest) = self.rest.split_first_chunk()?;
        let length = usize::try_from(i32::from_be_bytes(*length)).ok()?;
        let (field, rest) = rest.split_at_checked(length)?;
        self.rest = rest;
        Some(field)
    }
}

/// Runs a COPY statement and gives each row to `take`, which answers `None` if the row is not what it expects.
pub(crate) async fn copy_out(
    connection: &mut Connection,
    statement: &str,
    mut take: impl FnMut(&mut Fields<'_>) -> Option<()>,
) -> Result<(), ReadError> {
    use futures::TryStreamExt;
    let mut stream = connection.copy_out(statement).await.map_err(read_error)?;
    let mut first = true;
    // One message is one row; the first of them has the header before it, and the last one says that it is the last.
    while let Some(message) = stream.try_next().await.map_err(read_error)? {
        let mut rest: &[u8] = &message;
        if std::mem::take(&mut first) {
            rest = rest.strip_prefix(SIGNATURE).and_then(|_| rest.get(HEADER..)).ok_or_else(garbled)?;
        }
        let Some((columns, fields)) = rest.split_first_chunk() else { continue };
        if i16::from_be_bytes(*columns) < 0 {
            continue;
        }
        let mut fields = Fields { rest: fields };
        if take(&mut fields).is_none() || !fields.rest.is_empty() {
            return Err(garbled());
        }
    }
    Ok(())
}

fn garbled() -> ReadError {
    damaged(0, "a row is not what COPY should give")
}
