//! The accounts of a member, for whoever wants to know whether the member may go.

use std::error::Error;

use domain::Status;
use kernel::{AccountId, MemberId, Version};
use log::{OwnedAccounts, ReadStreams};

use crate::{
    ExecuteError,
    engine::{State, Stream, load, read_failed},
};

/// An account that stands in the way of an erasure.
#[derive(Clone, Copy, Debug)]
pub struct OpenAccount {
    /// Which.
    pub account: AccountId,
    /// How many events it has.
    pub version: Version,
    /// Whether it is empty and may be closed.
    pub closable: bool,
}

/// The accounts of a member that are not closed, read afresh.
pub async fn not_closed(
    log: &(impl ReadStreams + OwnedAccounts + ?Sized),
    member: MemberId,
) -> Result<Vec<OpenAccount>, ExecuteError> {
    let owned = log.owned_accounts(member).await.map_err(|error| read_failed(&error))?;
    let held = owned.iter().map(|account| ((*account).into(), Stream::EMPTY)).collect();
    let loaded = load(log, held).await.map_err(|error| read_failed(&error))?;
    let mut open = Vec::new();
    for (account, loaded) in owned.into_iter().zip(loaded) {
        let stream = loaded.map_err(|error| {
            tracing::error!(error = &error as &dyn Error, "an account of a member cannot be folded");
            ExecuteError::Internal
        })?;
        if let State::Account(state) = stream.state
            && state.status != Status::Closed
        {
            let closable = state.close(None).is_ok();
            open.push(OpenAccount { account, version: stream.version, closable });
        }
    }
    Ok(open)
}
