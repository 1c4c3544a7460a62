//! Changing views on request: rebuilds, promotions, pauses, parked events. The work is the engine's, as `jangbu views` does it.

mod actions;
mod approvals;
mod promotion_runner;
mod promotions;
mod rebuilders;
mod report;
mod requests;
mod runner;
mod thread;

pub(crate) use actions::{Actions, ViewAction, Wanted};
pub(crate) use approvals::ApprovalFollower;
pub(crate) use promotion_runner::PromotionRunner;
pub(crate) use promotions::{PromotionStatus, Promotions};
pub(crate) use rebuilders::{Rebuilders, named};
pub(crate) use report::{RebuildOutcome, RebuildStatus};
pub(crate) use requests::{Added, NewRequest, Requests};
pub(crate) use runner::RebuildRunner;
pub(crate) use thread::{BrokenOff, ChangeThread};
