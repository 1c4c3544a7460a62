//! A partner is created.

use std::sync::Arc;

use events::recorded::{Event, PartnerCreated, PartnerEvent};
use kernel::PartnerId;
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{MoneyRules, own_stream::is_opened_first};
use crate::{
    ExecuteError, Outcome, PartnerAnswer,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Create a partner; by an operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CreatePartner {
    /// What people call it.
    pub name: String,
}

impl Command for CreatePartner {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        is_opened_first(work)?;
        // The partner has the id of its command.
        work.push(work.command_id.into(), PartnerCreated { name: self.name.clone() });
        Ok(())
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        place: Option<Appended>,
        _: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        let (first, place) = events.first().zip(place).ok_or(IncompleteEvents)?;
        let Event::Partner(PartnerEvent::Created(created)) = &first.recorded else { return Err(IncompleteEvents) };
        let (partner_id, name) = (PartnerId::new(first.stream.uuid()), created.name.clone());
        Ok(Arc::new(Outcome::PartnerCreated(PartnerAnswer { partner_id, name, recorded_at: place.recorded_at })))
    }
}
