//! The list of commands that move money or change an account.

use std::sync::Arc;

use log::Appended;

use super::{
    CloseAccount, Deposit, FreezeAccount, MoneyRules, OpenAccount, Reverse, TransferBatch, TransferOrder,
    UnfreezeAccount, Withdraw,
};
use crate::{
    ExecuteError, Outcome,
    engine::{self, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Everything the bank can be asked to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Open an account for the actor.
    OpenAccount(OpenAccount),
    /// Close an empty account; by its owner.
    CloseAccount(CloseAccount),
    /// Freeze an account; by an operator.
    FreezeAccount(FreezeAccount),
    /// Lift a freeze; by an operator.
    UnfreezeAccount(UnfreezeAccount),
    /// Money comes in from outside; by an operator or a service.
    Deposit(Deposit),
    /// Money goes outside; by an operator or a service.
    Withdraw(Withdraw),
    /// One transfer between accounts; by the source's owner or an operator.
    Transfer(TransferOrder),
    /// Up to a thousand transfers in one commit; by an operator or a service.
    TransferBatch(TransferBatch),
    /// Undo a posted transfer by another; by an operator.
    Reverse(Reverse),
}

type MoneyCommand = dyn engine::Command<Rules = MoneyRules, Answer = Arc<Outcome>, Error = ExecuteError>;

impl Command {
    fn command(&self) -> &MoneyCommand {
        match self {
            Self::OpenAccount(command) => command,
            Self::CloseAccount(command) => command,
            Self::FreezeAccount(command) => command,
            Self::UnfreezeAccount(command) => command,
            Self::Deposit(command) => command,
            Self::Withdraw(command) => command,
            Self::Transfer(command) => command,
            Self::TransferBatch(command) => command,
            Self::Reverse(command) => command,
        }
    }
}

impl engine::Command for Command {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn weight(&self) -> usize {
        self.command().weight()
    }

    fn decide(&self, rules: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        self.command().decide(rules, work)
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        place: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        self.command().answer(events, place, unit)
    }
}
