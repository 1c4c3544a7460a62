//! What a command must have on the desk before it can be decided.

use kernel::StreamId;

use super::{desk::Desk, stream::Kind, system::SystemAccounts};
use crate::{Command, Destination, TransferOrder};

/// The streams that are still missing. Empty means the command can be decided; some are known only after others are
/// there, so this is asked again after each load.
pub fn missing(command: &Command, desk: &Desk, system: &SystemAccounts) -> Vec<(StreamId, Kind)> {
    let mut wanted: Vec<(StreamId, Kind)> = Vec::new();
    match command {
        Command::OpenAccount { .. } => {}
        Command::CloseAccount { account, .. }
        | Command::FreezeAccount { account, .. }
        | Command::UnfreezeAccount { account, .. } => wanted.push(((*account).into(), Kind::Account)),
        Command::Deposit { account, money, .. } | Command::Withdraw { account, money, .. } => {
            wanted.push(((*account).into(), Kind::Account));
            wanted.push((system.cash(money.asset).into(), Kind::Account));
        }
        Command::Transfer(order) => of_order(order, desk, &mut wanted),
        Command::TransferBatch { orders, .. } => {
            for order in orders {
                of_order(order, desk, &mut wanted);
            }
        }
        Command::Reverse { transfer, .. } => {
            wanted.push(((*transfer).into(), Kind::Transfer));
            if let Some(Ok((source, destination, _))) = desk.transfer(*transfer).map(domain::Transfer::reverse) {
                wanted.push((source.into(), Kind::Account));
                wanted.push((destination.into(), Kind::Account));
            }
        }
    }
    wanted.retain(|(id, _)| desk.stream(*id).is_none());
    wanted
}

fn of_order(order: &TransferOrder, desk: &Desk, wanted: &mut Vec<(StreamId, Kind)>) {
    wanted.push((order.source.into(), Kind::Account));
    match order.destination {
        Destination::Account(account) => wanted.push((account.into(), Kind::Account)),
        Destination::Number(number) => {
            wanted.push((number.stream(), Kind::Number));
            wanted.extend(desk.bearer(number).map(|account| (account.into(), Kind::Account)));
        }
    }
}
