//! What a command must have on the desk before it can be decided.

use kernel::StreamId;

use super::{desk::Desk, system::SystemAccounts};
use crate::{Command, Destination, Submission, TransferOrder};

/// The streams a command names. Some are known only after others are there, so this is asked again after each load. What
/// they are, is not asked: that is told by what they hold.
pub fn named(submission: &Submission, desk: &Desk, system: &SystemAccounts) -> Vec<StreamId> {
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
        Command::Transfer(order) => of_order(order, desk, &mut named),
        Command::TransferBatch { orders, .. } => {
            for order in orders {
                of_order(order, desk, &mut named);
            }
        }
        Command::Reverse { transfer, .. } => {
            named.push((*transfer).into());
            if let Some(Ok((source, destination, _))) = desk.transfer(*transfer).map(domain::Transfer::reverse) {
                named.extend([StreamId::from(source), destination.into()]);
            }
        }
    }
    named
}

/// Those that are still missing. Empty means the command can be decided.
pub fn missing(submission: &Submission, desk: &Desk, system: &SystemAccounts) -> Vec<StreamId> {
    let mut missing = named(submission, desk, system);
    missing.retain(|id| !desk.knows(*id));
    missing
}

fn of_order(order: &TransferOrder, desk: &Desk, named: &mut Vec<StreamId>) {
    named.push(order.source.into());
    match order.destination {
        Destination::Account(account) => named.push(account.into()),
        Destination::Number(number) => {
            named.push(number.stream());
            named.extend(desk.bearer(number).map(StreamId::from));
        }
    }
}
