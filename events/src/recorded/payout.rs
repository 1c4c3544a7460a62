//! Events of payout runs: one account pays many, row by row.
//!
//! The rows stand on streams of their own, in chunks, so that what a run adds up to is read without them.

use kernel::{AccountId, AccountNumber, Actor, AssetCode, Minor, TransferId};
use serde::{Deserialize, Serialize};

use super::{account::one_or_two, decode::Unreadable, event_type::event_types, refusal::Refusal};

event_types! {
    /// An event of a payout run.
    PayoutRun(PayoutRunEvent) {
        /// A run was opened.
        Opened(PayoutRunOpened) = 1, opens;
        /// Rows were added.
        ChunkAdded(PayoutChunkAdded) = 1, on;
        /// Rows are paid from now on.
        Started(PayoutRunStarted) = 1, on;
        /// Some rows were paid, or refused.
        RowsPaid(PayoutRowsPaid) = 2, on, read by PayoutRowsPaid::read;
        /// Nothing is paid until it is resumed.
        Paused(PayoutRunPaused) = 1, on;
        /// It goes on.
        Resumed(PayoutRunResumed) = 1, on;
        /// What is not paid yet is never paid.
        Cancelled(PayoutRunCancelled) = 1, on;
    }
}

event_types! {
    /// An event of a chunk of rows.
    PayoutRows(PayoutRowsEvent) {
        /// The rows.
        Added(PayoutRowsAdded) = 1, opens;
    }
}

/// A run was opened. First on its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutRunOpened {
    /// The account that pays.
    pub source: AccountId,
    /// The asset of the account.
    pub asset: AssetCode,
    /// What people call it.
    pub name: String,
    /// What whoever opened it calls it; each of its transfers has it too.
    pub reference: String,
    /// Who opened it.
    pub opened_by: Actor,
}

/// Rows were added to a run that has not started; they stand on a stream of their own, in the same commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutChunkAdded {
    /// The number of the chunk; the first is 1.
    pub chunk: u32,
    /// The number of its last row.
    pub last_row: u32,
    /// How many rows the run has, with these.
    pub rows: u32,
    /// What all of them come to, in minor units.
    pub total: Minor,
}

/// Where a row pays to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayoutDestination {
    /// By id.
    Account(AccountId),
    /// By what people type.
    Number(AccountNumber),
}

/// A row of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutRow {
    /// Its number; each row of a run has a higher one than the row before it.
    pub row: u32,
    /// Where it pays to.
    pub destination: PayoutDestination,
    /// How much, in minor units; more than zero.
    pub amount: Minor,
    /// Words for whoever is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<String>,
}

/// The rows of a chunk, in the order of their numbers. First and only event on its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutRowsAdded {
    /// At least one.
    pub rows: Vec<PayoutRow>,
}

/// Rows are paid from now on: the run has as many, and they come to as much, as whoever started it said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutRunStarted {}

/// What came of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutResult {
    /// Its number.
    pub row: u32,
    /// Its transfer, posted or rejected in the same commit.
    pub transfer: TransferId,
    /// Why it was refused, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
}

/// The next rows were paid, or refused; their transfers are in the same commit. Once all rows are, the run is finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutRowsPaid {
    /// What came of them, in the order of the rows; at least one.
    pub results: Vec<PayoutResult>,
    /// How many rows of the run were posted, with these.
    pub posted: u32,
    /// How many were refused.
    pub refused: u32,
    /// What the posted ones come to, in minor units.
    pub paid: Minor,
    /// Whether these were the last rows. New in version 2: version 1 does not say, and then it is false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub finished: bool,
}

impl PayoutRowsPaid {
    /// Reads the payload of either version: what version 1 has not is empty.
    pub(super) fn read(schema_version: i16, payload: &str) -> Result<Self, Unreadable> {
        one_or_two(schema_version, payload)
    }
}

/// Nothing is paid until the run is resumed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutRunPaused {}

/// The run goes on with the next row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutRunResumed {}

/// What is not paid yet is never paid. Last on its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutRunCancelled {}
