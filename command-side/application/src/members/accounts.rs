//! The accounts of a member, for whoever wants to know whether the member may go.

use domain::Status;
use kernel::{AccountId, MemberId, Version};
use log::{OwnedAccounts, ReadError, ReadStreams};

use crate::executor::{
    load,
    stream::{FoldError, State, Stream},
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

/// Why the accounts of a member are not known.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    #[error("the accounts of a member cannot be read")]
    Read(#[source] ReadError),
    #[error("an account of a member cannot be folded")]
    Fold(#[source] FoldError),
}

/// The accounts of a member that are not closed, read afresh.
pub async fn not_closed(
    log: &(impl ReadStreams + OwnedAccounts + ?Sized),
    member: MemberId,
) -> Result<Vec<OpenAccount>, AccountsError> {
    let owned = log.owned_accounts(member).await.map_err(AccountsError::Read)?;
    let held = owned.iter().map(|account| ((*account).into(), Stream::EMPTY)).collect();
    let loaded = load::load(log, held).await.map_err(AccountsError::Read)?;
    let mut open = Vec::new();
    for (account, loaded) in owned.into_iter().zip(loaded) {
        let stream = loaded.map_err(AccountsError::Fold)?;
        if let State::Account(state) = stream.state
            && state.status != Status::Closed
        {
            let closable = state.close().is_ok();
            open.push(OpenAccount { account, version: stream.version, closable });
        }
    }
    Ok(open)
}
