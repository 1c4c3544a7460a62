//! An operator asks that a generation of a view is promoted although it differs from the live one.

use std::sync::Arc;

use log::Appended;
use serde::{Deserialize, Serialize};

use super::MoneyRules;
use crate::{
    ExecuteError, Outcome,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Ask whether a generation that differs may become live; by an operator. The views are not in the log and the projector changes them, so nothing
/// is decided here: the command exists so that a second operator is asked in the one place where every command is looked at (`approval.rs`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromoteView {
    /// The view.
    pub view: String,
    /// Which generation.
    pub generation: i32,
    /// In how many rows it differs.
    pub differences: u64,
    /// Which differences these are.
    pub fingerprint: String,
}

impl Command for PromoteView {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, _: &mut Decision<'_>) -> Result<(), ExecuteError> {
        Ok(())
    }

    fn answer(
        &self,
        _: &[PendingEvent],
        _: Option<Appended>,
        _: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        Ok(Arc::new(Outcome::Idle))
    }
}
