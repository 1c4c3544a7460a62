//! The process `offer-expiry`: an offer ends when its time is over, and its item is free again.
//!
//! It only makes that happen: whether the time of an offer is over is decided in each command, by the log's clock.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use events::recorded::{Event, OfferAccepted, OfferCancelled, OfferEvent, OfferExpired, OfferOpened};
use kernel::OfferId;
use log::ProcessInstance;
use serde_json::json;

use super::{
    process::{Change, FirstStep, Followed, Next, Process, ProcessError},
    step::{PROCESS_RUNNER, step_meta},
};
use crate::{Command, CommandPort, ExecuteError, ExpireOffer, Outcome, Submission, commands::Members};

const NAME: &str = "offer-expiry";
/// The clock of this server is before that of the log.
const PAUSE: Duration = Duration::from_secs(1);

/// One instance for each offer; its id is that of the offer.
pub struct OfferExpiry {
    members: Members,
    bank: Arc<dyn CommandPort>,
}

#[async_trait]
impl Process for OfferExpiry {
    fn name(&self) -> &'static str {
        NAME
    }

    fn events(&self) -> &'static [&'static str] {
        &[OfferOpened::NAME, OfferAccepted::NAME, OfferCancelled::NAME, OfferExpired::NAME]
    }

    fn on(&self, followed: &Followed) -> Vec<Change> {
        let instance = followed.picked.event.stream.uuid();
        let Event::Offer(event) = &followed.event else { return Vec::new() };
        match event {
            OfferEvent::Opened(opened) => {
                vec![Change::Start { instance, first: FirstStep::At(opened.expires_at), data: json!({}) }]
            }
            OfferEvent::Accepted(_) | OfferEvent::Cancelled(_) | OfferEvent::Expired(_) => {
                vec![Change::End { instance }]
            }
        }
    }

    /// That it is over already shows when it is decided.
    async fn step(&self, instance: &ProcessInstance) -> Result<Next, ProcessError> {
        let submission = Submission {
            actor: PROCESS_RUNNER,
            meta: step_meta(&self.members, NAME, instance.instance, "expire"),
            act: None,
            command: Command::ExpireOffer(ExpireOffer { offer: OfferId::new(instance.instance) }),
        };
        let answer = match self.bank.execute(submission).await {
            Ok(answer) => answer,
            // The log was restored to a moment before it.
            Err(ExecuteError::OfferUnknown) => return Ok(Next::Done),
            Err(error) => return Err(ProcessError::Step(error.into())),
        };
        Ok(match answer.answer.as_ref() {
            // Not yet, or it is over; then its instance ends with the event that says so.
            Outcome::Idle => Next::Again { after: PAUSE, waits_for: "the log's clock" },
            _ => Next::Done,
        })
    }
}

impl OfferExpiry {
    pub fn new(members: Members, bank: Arc<dyn CommandPort>) -> Self {
        Self { members, bank }
    }
}
