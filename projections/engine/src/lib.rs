//! What every view has in common: a position that moves in the same transaction as its tables.
//!
//! The engine gives each view the commits of the log in order, each exactly once in effect, whatever is lost, doubled or
//! reordered on the way, and even if a process is killed at any moment. It knows nothing of what the events mean.

mod apply;
mod audit;
mod batch;
mod bulk;
mod checkpoint;
mod error;
mod history;
mod inbox;
mod intake;
mod lag;
mod limits;
mod parking;
mod projection;
mod rebuild;
mod registry;
mod runner;
mod settings;
mod silent;
mod standby;
mod status;
#[cfg(feature = "testing")]
pub mod testing;

pub use audit::{Operator, Origin, audit};
pub use batch::{Commit, Decode, Event, Fault, Slice};
pub use bulk::{Bulk, Loader};
pub use error::{OpenError, OtherHistory, RegistryError, WriteError};
pub use inbox::{Inbox, Outlet, inbox};
pub use lag::Lag;
pub use parking::{ParkWhat, ParkedKey, Retried};
pub use projection::{DayColumn, Projection, Rows, SumColumn};
pub use rebuild::{
    Accepted, Approved, Change, Comparison, Difference, Expectation, Expected, Fingerprint, Options, Outcome, Phase,
    Plan, Progress, RebuildError, RebuildRequest, Rebuilder, Reporter, Rollback, Shape, TableComparison, Until,
    rebuild_together,
};
pub use registry::{GENERATIONS_ROLE, ensure};
pub use runner::{Runner, Sources};
pub use settings::Settings;
pub use status::{State, Status};
