//! Where a command is executed: here, while this server leads, and else by the one that does.
//!
//! Routing is for speed. Whatever it gets wrong, the log takes a command id once, each version once, and nothing of an older epoch.

use std::{sync::Arc, time::Duration};

use application::{Answer, Bank, CommandPort, ExecuteError, Submission};
use async_trait::async_trait;
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until, timeout},
};

use crate::forwarding::{ForwardError, Forwarder};

/// Where commands are executed at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// Nobody is known to lead.
    Nowhere,
    /// This server leads.
    Here,
    /// Another server leads.
    There,
}

/// The bank, wherever it is. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Router(Arc<Parts>);

struct Parts {
    bank: Bank,
    route: watch::Receiver<Route>,
    /// None without a key.
    forwarder: Option<Forwarder>,
}

/// The bank for commands of other servers: they are executed here or not at all, so that none goes round in a circle.
pub(crate) struct Local(pub(crate) Router);

/// What became of one try.
enum Tried {
    Answered(Result<Answer, ExecuteError>),
    /// It was not executed.
    NotExecuted,
    /// It may have been executed, and may still be.
    Lost,
}

/// After a try that came to nothing.
const PAUSE: Duration = Duration::from_millis(20);
/// How long the log may take to say what became of a command.
const LOOK_UP: Duration = Duration::from_secs(2);

impl Router {
    pub(crate) fn new(bank: Bank, route: watch::Receiver<Route>, forwarder: Option<Forwarder>) -> Self {
        Self(Arc::new(Parts { bank, route, forwarder }))
    }

    /// Whether the engine is there to take commands.
    pub(crate) fn is_alive(&self) -> bool {
        self.0.bank.is_alive()
    }

    /// How many commands wait here, or are on their way to the server that leads.
    pub(crate) fn waiting(&self) -> usize {
        self.0.bank.waiting() + self.0.forwarder.as_ref().map_or(0, Forwarder::waiting)
    }

    /// An error text if no command can be executed.
    pub(crate) fn check_leader(&self) -> Result<(), String> {
        match (self.route(), &self.0.forwarder) {
            (Route::Here, _) => Ok(()),
            (Route::Nowhere, _) => Err("no server leads; this one is waiting for its turn".to_owned()),
            (Route::There, None) => Err("another server leads, and JANGBU_INTERNAL_KEY_FILE is not set".to_owned()),
            (Route::There, Some(forwarder)) if forwarder.is_connected() => Ok(()),
            (Route::There, Some(_)) => Err("another server leads, and is not connected".to_owned()),
        }
    }

    fn route(&self) -> Route {
        *self.0.route.borrow()
    }

    async fn try_once(&self, submission: &Submission) -> Tried {
        match (self.route(), &self.0.forwarder) {
            (Route::Nowhere, _) => Tried::NotExecuted,
            (Route::Here, _) => match self.0.bank.execute(submission.clone()).await {
                Err(ExecuteError::NotLeader) => Tried::NotExecuted,
                result => Tried::Answered(result),
            },
            (Route::There, None) => Tried::Answered(Err(ExecuteError::NotLeader)),
            (Route::There, Some(forwarder)) => match forwarder.execute(submission).await {
                Ok(answer) => Tried::Answered(Ok(answer)),
                Err(ForwardError::Failed(ExecuteError::NotLeader | ExecuteError::ShuttingDown)) => Tried::NotExecuted,
                Err(ForwardError::Failed(error)) => Tried::Answered(Err(error)),
                Err(ForwardError::NotConnected) => Tried::NotExecuted,
                Err(ForwardError::Lost) => Tried::Lost,
            },
        }
    }

    /// What the log says of a command that was lost on its way; none if it is not there, or the log cannot be asked.
    async fn look_up(&self, submission: &Submission) -> Option<Result<Answer, ExecuteError>> {
        let recalled = timeout(LOOK_UP, self.0.bank.recall(&submission.meta, &submission.command)).await;
        match recalled.ok()? {
            Ok(answer) => answer.map(Ok),
            Err(ExecuteError::KeyReused) => Some(Err(ExecuteError::KeyReused)),
            Err(_) => None,
        }
    }
}

#[async_trait]
impl CommandPort for Router {
    async fn execute(&self, submission: Submission) -> Result<Answer, ExecuteError> {
        let mut route = self.0.route.clone();
        let mut is_lost = false;
        loop {
            route.mark_unchanged();
            match self.try_once(&submission).await {
                // Of a command that was lost: the leader is still at it.
                Tried::Answered(Err(ExecuteError::InFlight)) if is_lost => {}
                Tried::Answered(Err(error)) if is_lost => return Err(of_lost(error)),
                Tried::Answered(result) => return result,
                Tried::NotExecuted => {}
                Tried::Lost => {
                    is_lost = true;
                    if let Some(result) = self.look_up(&submission).await {
                        return result;
                    }
                }
            }
            let deadline = submission.meta.deadline;
            if Instant::now() < deadline {
                tokio::select! {
                    _ = route.changed() => {}
                    () = sleep(PAUSE) => {}
                    () = sleep_until(deadline) => {}
                }
            } else if is_lost {
                return self.look_up(&submission).await.unwrap_or(Err(ExecuteError::OutcomeUnknown));
            } else {
                return Err(ExecuteError::NotLeader);
            }
        }
    }

    fn taken(&self) -> u64 {
        self.0.bank.taken()
    }
}

/// "Nothing was written" would be a guess: the try that was lost may have written it. Errors of the rules rest on the log, where its
/// key was looked up.
fn of_lost(error: ExecuteError) -> ExecuteError {
    match error {
        ExecuteError::Overloaded { .. }
        | ExecuteError::DeadlinePassed
        | ExecuteError::TokenRefused
        | ExecuteError::Contended
        | ExecuteError::NotLeader
        | ExecuteError::LogUnavailable
        | ExecuteError::Stopped
        | ExecuteError::OutcomeUnknown
        | ExecuteError::ShuttingDown
        | ExecuteError::Internal => ExecuteError::OutcomeUnknown,
        ExecuteError::InFlight
        | ExecuteError::KeyReused
        | ExecuteError::AccountUnknown
        | ExecuteError::TransferUnknown
        | ExecuteError::HoldUnknown
        | ExecuteError::HoldNotYours
        | ExecuteError::LimitUnknown
        | ExecuteError::ItemUnknown
        | ExecuteError::ItemNotYours
        | ExecuteError::OfferUnknown
        | ExecuteError::OfferNotYours
        | ExecuteError::OrderUnknown
        | ExecuteError::PayoutUnknown
        | ExecuteError::WebhookUnknown
        | ExecuteError::ProcessUnknown
        | ExecuteError::PartnerUnknown
        | ExecuteError::KeyUnknown
        | ExecuteError::OperatorUnknown
        | ExecuteError::ApprovalUnknown
        | ExecuteError::ApprovalOwn
        | ExecuteError::ApprovalNotIndependent
        | ExecuteError::ApprovalNotOwn
        | ExecuteError::OperatorRoleMissing(_)
        | ExecuteError::NoOperatorAccount
        | ExecuteError::NotOwnDestination
        | ExecuteError::NotOwner
        | ExecuteError::OwnerLeft => error,
    }
}

#[async_trait]
impl CommandPort for Local {
    async fn execute(&self, submission: Submission) -> Result<Answer, ExecuteError> {
        match self.0.route() {
            Route::Here => self.0.0.bank.execute(submission).await,
            Route::Nowhere | Route::There => Err(ExecuteError::NotLeader),
        }
    }

    fn taken(&self) -> u64 {
        self.0.0.bank.taken()
    }
}
