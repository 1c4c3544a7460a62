//! Rows for `COPY ... FROM STDIN (FORMAT binary)`: for the tables that only grow.
//!
//! A row that comes by COPY costs the server about half of one that comes by `insert ... select from unnest`: no arrays to
//! take apart, no texts to read, and one WAL record for a page of rows. The types are not checked at build time; the
//! tests compare every column.

use chrono::{DateTime, Utc};
use kernel::Minor;
use projection_engine::WriteError;
use sqlx::{PgConnection, types::Uuid};

/// Rows in Postgres' binary COPY format.
#[derive(Debug)]
pub(crate) struct CopyRows {
    statement: &'static str,
    columns: i16,
    rows: u64,
    bytes: Vec<u8>,
}

/// Signature, no flags, no header extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const NULL: i32 = -1;
/// So many bytes are sent at once.
const PIECE: usize = 128 * 1024;
/// Numbers of Postgres have four decimal digits in each digit.
const BASE: u128 = 10_000;
/// Postgres counts time from 2000-01-01.
const EPOCH_MICROS: i64 = 946_684_800_000_000;

impl CopyRows {
    /// No rows yet, for a COPY statement with so many columns.
    pub(crate) fn new(statement: &'static str, columns: i16) -> Self {
        Self { statement, columns, rows: 0, bytes: HEADER.to_vec() }
    }

    /// Begins a row; every column must follow, in the statement's order.
    pub(crate) fn row(&mut self) -> &mut Self {
        self.rows += 1;
        self.bytes.extend_from_slice(&self.columns.to_be_bytes());
        self
    }

    pub(crate) fn int8(&mut self, number: i64) -> &mut Self {
        self.field(&number.to_be_bytes())
    }

    pub(crate) fn uuid(&mut self, uuid: Uuid) -> &mut Self {
        self.field(uuid.as_bytes())
    }

    pub(crate) fn time(&mut self, time: DateTime<Utc>) -> &mut Self {
        self.int8(time.timestamp_micros() - EPOCH_MICROS)
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.field(text.as_bytes())
    }

    pub(crate) fn numeric(&mut self, amount: Minor) -> &mut Self {
        const NEGATIVE: u16 = 0x4000;
        // At most 38 decimal digits: ten of base 10000.
        let mut digits = [0_i16; 10];
        let mut count = 0;
        let mut rest = amount.units().unsigned_abs();
        while rest > 0 {
            digits[count] = (rest % BASE) as i16;
            rest /= BASE;
            count += 1;
        }
        let sign = if amount.is_negative() { NEGATIVE } else { 0 };
        let weight = (count as i16 - 1).max(0);
        self.length(8 + 2 * count as i32);
        self.bytes.extend_from_slice(&(count as i16).to_be_bytes());
        self.bytes.extend_from_slice(&weight.to_be_bytes());
        self.bytes.extend_from_slice(&sign.to_be_bytes());
        // No digits after the point.
        self.bytes.extend_from_slice(&0_i16.to_be_bytes());
        for digit in digits[..count].iter().rev() {
            self.bytes.extend_from_slice(&digit.to_be_bytes());
        }
        self
    }

    /// A column of type `jsonb`.
    pub(crate) fn jsonb(&mut self, value: serde_json::Value) -> &mut Self {
        const VERSION: u8 = 1;
        let text = value.to_string();
        self.length(1 + text.len() as i32);
        self.bytes.push(VERSION);
        self.bytes.extend_from_slice(text.as_bytes());
        self
    }

    pub(crate) fn null(&mut self) -> &mut Self {
        self.length(NULL)
    }

    /// A column that may be null.
    pub(crate) fn maybe<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T) -> &mut Self) -> &mut Self {
        match value {
            Some(value) => write(self, value),
            None => self.null(),
        }
    }

    /// Whether there are no rows.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// How many bytes it holds.
    pub(crate) fn held(&self) -> usize {
        self.bytes.len()
    }

    /// Sends the rows and forgets them.
    pub(crate) async fn flush(&mut self, connection: &mut PgConnection) -> Result<(), WriteError> {
        self.send(connection).await?;
        self.rows = 0;
        self.bytes.truncate(HEADER.len());
        Ok(())
    }

    pub(crate) fn bool(&mut self, value: bool) -> &mut Self {
        self.field(&[u8::from(value)])
    }

    fn field(&mut self, bytes: &[u8]) -> &mut Self {
        self.length(bytes.len() as i32);
        self.bytes.extend_from_slice(bytes);
        self
    }

    fn length(&mut self, length: i32) -> &mut Self {
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self
    }

    /// Sends the rows, if there are any.
    pub(crate) async fn send(&self, connection: &mut PgConnection) -> Result<(), WriteError> {
        const END: [u8; 2] = (-1_i16).to_be_bytes();
        if self.rows == 0 {
            return Ok(());
        }
        let mut copy = connection.copy_in_raw(self.statement).await?;
        // In pieces: the connection keeps a copy of what it sends, and a large one is new memory each time.
        for piece in self.bytes.chunks(PIECE) {
            copy.send(piece).await?;
        }
        copy.send(END.as_slice()).await?;
        let written = copy.finish().await?;
        if written != self.rows {
            return Err(WriteError::Inconsistent(format!("{written} rows were copied of {}", self.rows)));
        }
        Ok(())
    }
}
