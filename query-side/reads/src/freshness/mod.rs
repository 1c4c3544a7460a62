//! The freshness gate: no read answers with less than was asked for.
//!
//! `board` knows how far each live view has got, `feed` keeps that up to date, `horizon` knows how far the log has got, and `gate`
//! makes a read wait for one and checks it against the other.

mod board;
mod commits;
mod feed;
mod gate;
mod history;
mod horizon;

pub(crate) use board::{Board, Progress};
pub(crate) use feed::Feed;
pub(crate) use gate::Missing;
pub(crate) use gate::Seen;
pub use gate::{Fresh, Gate, Need};
pub(crate) use history::OTHER_HISTORY;
pub(crate) use horizon::Horizon;
