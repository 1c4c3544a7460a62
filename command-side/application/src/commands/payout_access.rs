//! Who may do what with a payout run.

use domain::{PayoutRun, Refusal};
use events::recorded::Event;
use kernel::{PayoutRunId, Role};

use crate::{ExecuteError, engine::Decision};

/// A run, for whoever opened it or an operator. Nobody else learns that it is there.
pub fn run_for(work: &Decision<'_>, id: PayoutRunId) -> Result<PayoutRun, ExecuteError> {
    let run: &PayoutRun = work.get(id.into()).ok_or(ExecuteError::PayoutUnknown)?;
    match work.actor.role == Role::Operator || run.opened.opened_by == work.actor {
        true => Ok(run.clone()),
        false => Err(ExecuteError::PayoutUnknown),
    }
}

/// Changes a run, or records why not.
pub fn change<E: Into<Event>>(
    work: &mut Decision<'_>,
    id: PayoutRunId,
    change: impl FnOnce(&PayoutRun) -> Result<E, Refusal>,
) -> Result<(), ExecuteError> {
    match change(&run_for(work, id)?) {
        Ok(event) => work.push(id.into(), event),
        Err(refusal) => refuse(work, id, refusal),
    }
    Ok(())
}

/// A refusal of what somebody wants to do with a run is recorded.
pub fn refuse(work: &mut Decision<'_>, id: PayoutRunId, refusal: Refusal) {
    work.rests_on(id.into());
    work.refuse(refusal);
}
