//! What deposits, withdrawals and charges have in common: a reference of the outside, which may have to be unique.

use domain::Refusal;
use events::recorded::ReferenceUsed;
use kernel::{StreamId, TransferId};

use super::{
    MoneyRules,
    posting::{PendingTransfer, post},
};
use crate::engine::Decision;

/// A reference that is free, if it has to be.
pub struct FreeReference(Option<StreamId>);

/// Looks whether the actor has used a reference that is to be unique; records the refusal if so. Before any event is added.
pub fn free_reference(work: &mut Decision<'_>, reference: &str, unique: bool) -> Option<FreeReference> {
    if !unique {
        return Some(FreeReference(None));
    }
    let stream = work.actor.reference_stream(reference);
    let Some(transfer) = work.get::<TransferId>(stream).copied() else { return Some(FreeReference(Some(stream))) };
    work.rests_on(stream);
    work.refuse(Refusal::ReferenceTaken { transfer });
    None
}

/// Posts a booking and gives its transfer, or records why not. A reference is used by what is posted.
pub fn post_booking(
    rules: &MoneyRules,
    work: &mut Decision<'_>,
    booking: PendingTransfer,
    reference: FreeReference,
) -> Option<TransferId> {
    let transfer = work.next_transfer();
    if post(rules, work, booking).is_some() {
        return None;
    }
    if let Some(stream) = reference.0 {
        work.push(stream, ReferenceUsed { transfer });
    }
    Some(transfer)
}
