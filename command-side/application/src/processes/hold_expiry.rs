//! The process `hold-expiry`: what remains of a hold is given back when its time is over.
//!
//! It only makes that happen: whether the time of a hold is over is decided in each command, by the log's clock.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::hold::remaining;
use events::recorded::{Event, HoldCaptured, HoldEvent, HoldExpired, HoldPlaced, HoldReleased};
use kernel::{HoldId, Minor};
use log::ProcessInstance;
use serde_json::json;

use super::{
    process::{Change, FirstStep, Followed, Next, Process, ProcessError},
    step::{PROCESS_RUNNER, step_meta},
};
use crate::{Command, CommandPort, ExecuteError, ExpireHold, Outcome, Submission, commands::Members};

const NAME: &str = "hold-expiry";
/// The clock of this server is before that of the log.
const PAUSE: Duration = Duration::from_secs(1);

/// One instance for each hold; its id is that of the hold.
pub struct HoldExpiry {
    members: Members,
    bank: Arc<dyn CommandPort>,
}

#[async_trait]
impl Process for HoldExpiry {
    fn name(&self) -> &'static str {
        NAME
    }

    fn events(&self) -> &'static [&'static str] {
        &[HoldPlaced::NAME, HoldCaptured::NAME, HoldReleased::NAME, HoldExpired::NAME]
    }

    fn on(&self, followed: &Followed) -> Vec<Change> {
        let instance = followed.picked.event.stream.uuid();
        let Event::Hold(event) = &followed.event else { return Vec::new() };
        let left = match event {
            HoldEvent::Placed(placed) => {
                let first = FirstStep::At(placed.expires_at);
                return vec![Change::Start { instance, first, data: json!({}) }];
            }
            HoldEvent::Increased(_) => return Vec::new(),
            HoldEvent::Captured(captured) => &captured.left,
            HoldEvent::Released(released) => &released.left,
            HoldEvent::Expired(expired) => &expired.left,
        };
        if remaining(left) == Minor::ZERO { vec![Change::End { instance }] } else { Vec::new() }
    }

    /// That it is over already shows when it is decided.
    async fn step(&self, instance: &ProcessInstance) -> Result<Next, ProcessError> {
        let submission = Submission {
            actor: PROCESS_RUNNER,
            meta: step_meta(&self.members, NAME, instance.instance, "expire"),
            act: None,
            command: Command::ExpireHold(ExpireHold { hold: HoldId::new(instance.instance) }),
        };
        let answer = match self.bank.execute(submission).await {
            Ok(answer) => answer,
            // The log was restored to a moment before it.
            Err(ExecuteError::HoldUnknown) => return Ok(Next::Done),
            Err(error) => return Err(ProcessError::Step(error.into())),
        };
        Ok(match answer.answer.as_ref() {
            // Not yet, or it is over; then its instance ends with the event that says so.
            Outcome::Idle => Next::Again { after: PAUSE, waits_for: "the log's clock" },
            _ => Next::Done,
        })
    }
}

impl HoldExpiry {
    pub fn new(members: Members, bank: Arc<dyn CommandPort>) -> Self {
        Self { members, bank }
    }
}
