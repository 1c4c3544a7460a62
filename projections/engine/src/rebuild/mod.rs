//! Making, comparing, promoting and dropping generations while the live one serves.
//!
//! Everything a rebuild knows is in the registry: killed at any moment, it goes on from there. The generation in the making
//! belongs to the holder of the view's advisory lock; the projector does not know of it until it is live.

mod accept;
mod build;
mod compare;
mod creation;
mod dropping;
mod error;
mod follow;
mod history;
mod indexes;
mod lane;
mod load;
mod merge;
mod part;
mod plan;
mod progress;
mod promote;
mod reading;
mod repeated;
mod right;
mod session;
mod together;
mod writing;

use std::sync::Arc;

use kernel::Zone;
use log::{CommitRanges, ReadCommits};
use sqlx::postgres::PgConnectOptions;

pub use self::{
    accept::{Accepted, Approved},
    build::{Outcome, RebuildRequest, Rollback, Until},
    compare::{Change, Comparison, Difference, Expectation, Expected, Fingerprint, Shape, TableComparison},
    error::RebuildError,
    plan::Plan,
    progress::{Phase, Progress, Reporter},
    together::rebuild_together,
};
pub(crate) use self::{
    error::doing,
    repeated::repeated,
    session::{connect, connect_by_key},
};
use crate::{Decode, Projection, Settings};

/// Where the generations of one view are made.
pub struct Rebuilder<E: Send + Sync + 'static> {
    /// The view.
    pub projection: Arc<dyn Projection<Event = E>>,
    /// Whose days a new generation counts, if the view counts by day. One that was begun keeps its own.
    pub zone: Zone,
    /// The views database; the login is [`crate::GENERATIONS_ROLE`], a member of it or a superuser.
    pub database: PgConnectOptions,
    /// The log, in order: for the tail.
    pub log: Arc<dyn ReadCommits>,
    /// The log, or its archive, in ranges: for the bulk load.
    pub ranges: Arc<dyn CommitRanges>,
    /// Reads the events.
    pub decoder: Arc<dyn Decode<Event = E>>,
    /// For the tail.
    pub settings: Settings,
    /// Bounds.
    pub options: Options,
    /// Where the progress is reported.
    pub reporter: Reporter,
}

/// What a rebuild may take.
#[derive(Clone, Debug)]
pub struct Options {
    /// So many ranges are loaded at once, each with a connection to the log and one to the views.
    pub connections: usize,
    /// At most so many events a second are read; none for as many as possible.
    pub rate: Option<u32>,
    /// So many differing rows are kept to be shown.
    pub shown: usize,
    /// So many times, five a second, it is looked whether a live generation that is behind catches up.
    pub catch_up_tries: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { connections: 4, rate: None, shown: 50, catch_up_tries: 150 }
    }
}
