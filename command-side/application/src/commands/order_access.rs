//! Who may do what with a standing order.

use std::error::Error;

use chrono::{DateTime, Utc};
use domain::Order;
use kernel::{OrderId, Role, ZoneError};

use crate::{ExecuteError, engine::Decision};

/// An order, for its owner or an operator. Nobody else learns that it is there.
pub fn order_for(work: &Decision<'_>, id: OrderId) -> Result<Order, ExecuteError> {
    let order: &Order = work.get(id.into()).ok_or(ExecuteError::OrderUnknown)?;
    match work.actor.role == Role::Operator || order.placed.owner == work.actor.id {
        true => Ok(order.clone()),
        false => Err(ExecuteError::OrderUnknown),
    }
}

/// A refusal of what somebody wants to do with an order is recorded.
pub fn refuse(work: &mut Decision<'_>, id: OrderId, refusal: domain::Refusal) {
    work.rests_on(id.into());
    work.refuse(refusal);
}

/// What is decided is recorded before this moment, which is ahead, or it is decided again.
pub fn record_before(work: &Decision<'_>, moment: DateTime<Utc>) {
    // To have asked is what makes it so.
    let _ = work.has_passed(moment);
}

/// The zone of an order is of a later build: nothing is decided here.
pub fn unknown_zone(id: OrderId, error: &ZoneError) -> ExecuteError {
    let error = error as &dyn Error;
    tracing::error!(error, order.id = %id, "this build does not know the time zone of a standing order");
    ExecuteError::Internal
}
