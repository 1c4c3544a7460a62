//! The process `standing-orders`: each run of a standing order is carried out when it is due.
//!
//! It only makes that happen: whether a run is the next one, and whether its time has come, is decided in the command, by the log's clock. The
//! id of that command derives from the order and from when the run is due, so no run is carried out twice.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat, Utc};
use events::recorded::{
    Event, StandingOrderCancelled, StandingOrderEvent, StandingOrderPaused, StandingOrderPlaced, StandingOrderRan,
    StandingOrderResumed, StandingOrderSkipped,
};
use kernel::OrderId;
use log::ProcessInstance;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    process::{Change, FirstStep, Followed, Next, Process, ProcessError},
    step::{PROCESS_RUNNER, step_meta},
};
use crate::{Command, CommandPort, ExecuteError, Outcome, RunOrder, Submission, commands::Members};

const NAME: &str = "standing-orders";
/// The clock of this server is before that of the log.
const PAUSE: Duration = Duration::from_secs(1);

/// One instance for each order; its id is that of the order.
pub struct StandingOrders {
    members: Members,
    bank: Arc<dyn CommandPort>,
}

/// What is known of an order. (Its step may be put off; then it is due later than the run.)
#[derive(Serialize, Deserialize)]
struct NextRun {
    due_at: DateTime<Utc>,
}

#[async_trait]
impl Process for StandingOrders {
    fn name(&self) -> &'static str {
        NAME
    }

    fn events(&self) -> &'static [&'static str] {
        &[
            StandingOrderPlaced::NAME,
            StandingOrderRan::NAME,
            StandingOrderSkipped::NAME,
            StandingOrderPaused::NAME,
            StandingOrderResumed::NAME,
            StandingOrderCancelled::NAME,
        ]
    }

    fn on(&self, followed: &Followed) -> Vec<Change> {
        let instance = followed.picked.event.stream.uuid();
        let Event::StandingOrder(event) = &followed.event else { return Vec::new() };
        let next_at = match event {
            StandingOrderEvent::Placed(placed) => Some(placed.next_at),
            StandingOrderEvent::Ran(ran) => ran.next_at,
            StandingOrderEvent::Skipped(skipped) => skipped.next_at,
            StandingOrderEvent::Resumed(resumed) => resumed.next_at,
            StandingOrderEvent::Paused(_) | StandingOrderEvent::Cancelled(_) => None,
        };
        vec![match next_at {
            Some(due_at) => Change::Start { instance, first: FirstStep::At(due_at), data: json!(NextRun { due_at }) },
            None => Change::End { instance },
        }]
    }

    /// That it is not the time yet shows when it is decided.
    async fn step(&self, instance: &ProcessInstance) -> Result<Next, ProcessError> {
        let NextRun { due_at } = NextRun::deserialize(&instance.data).map_err(ProcessError::Data)?;
        let step = format!("run/{}", due_at.to_rfc3339_opts(SecondsFormat::AutoSi, true));
        let submission = Submission {
            actor: PROCESS_RUNNER,
            meta: step_meta(&self.members, NAME, instance.instance, &step),
            act: None,
            command: Command::RunOrder(RunOrder { order: OrderId::new(instance.instance), due_at }),
        };
        let answer = match self.bank.execute(submission).await {
            Ok(answer) => answer,
            // The log was restored to a moment before it.
            Err(ExecuteError::OrderUnknown) => return Ok(Next::Done),
            Err(error) => return Err(ProcessError::Step(error.into())),
        };
        Ok(match answer.answer.as_ref() {
            // Not yet; or it is another run's turn, as an event says that is followed next.
            Outcome::Idle => Next::Again { after: PAUSE, waits_for: "the log's clock" },
            // The event of the run says when the next one is due.
            _ => Next::Done,
        })
    }
}

impl StandingOrders {
    pub fn new(members: Members, bank: Arc<dyn CommandPort>) -> Self {
        Self { members, bank }
    }
}
