//! What a command must have in the unit of work before it can be decided.

use kernel::StreamId;

use super::{system::SystemAccounts, unit_of_work::UnitOfWork};
use crate::{Command, Destination, Submission, TransferOrder};

/// The streams a command names. Some are known only after others are there, so this is asked again after each load. What
/// they are, is not asked: that is told by what they hold.
pub fn named(submission: &Submission, unit: &UnitOfWork, system: &SystemAccounts) -> Vec<StreamId> {
    let mut named: Vec<StreamId> = Vec::new();
    match &submission.command {
        Command::OpenAccount { .. } => {
            let owner = submission.actor.id;
            named.extend([owner.owner_stream(), StreamId::new(owner.uuid())]);
        }
        Command::CloseAccount { account, .. }
        | Command::FreezeAccount { account, .. }
        | Command::UnfreezeAccount { account, .. } => named.push((*account).into()),
        Command::Deposit { account, money, .. } | Command::Withdraw { account, money, .. } => {
            named.extend([StreamId::from(*account), system.cash(money.asset).into()]);
        }
        Command::Transfer(order) => of_order(order, unit, &mut named),
        Command::TransferBatch { orders, .. } => {
            for order in orders {
                of_order(order, unit, &mut named);
            }
        }
        Command::Reverse { transfer, .. } => {
            named.push((*transfer).into());
            if let Some(Ok((source, destination, _))) = unit.transfer(*transfer).map(domain::Transfer::reverse) {
                named.extend([StreamId::from(source), destination.into()]);
            }
        }
    }
    named
}

/// Those that are still missing. Empty means the command can be decided.
pub fn missing(submission: &Submission, unit: &UnitOfWork, system: &SystemAccounts) -> Vec<StreamId> {
    let mut missing = named(submission, unit, system);
    missing.retain(|id| !unit.knows(*id));
    missing
}

fn of_order(order: &TransferOrder, unit: &UnitOfWork, named: &mut Vec<StreamId>) {
    named.push(order.source.into());
    match order.destination {
        Destination::Account(account) => named.push(account.into()),
        Destination::Number(number) => {
            named.push(number.stream());
            named.extend(unit.reserved_for(number).map(StreamId::from));
        }
    }
}
