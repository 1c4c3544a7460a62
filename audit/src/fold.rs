//! The fold of the log: what `jangbu log verify` and the process that follows the log both hold it against.

use std::collections::HashMap;

use uuid::Uuid;

use crate::{
    assemble::Commit,
    findings::Findings,
    ledger::Ledger,
    streams::Streams,
    transfers::{self, Reversal, TransferEvents},
};

/// What the log says so far.
#[derive(Default)]
pub struct Fold {
    pub ledger: Ledger,
    pub streams: Streams,
}

impl Fold {
    /// Takes the next commit, notes what it breaks, and gives back its reversals: what they undo has to be looked up.
    pub fn apply(
        &mut self,
        commit: &Commit,
        transfer_events: &HashMap<Uuid, TransferEvents<'_>>,
        findings: &mut Findings,
    ) -> Vec<Reversal> {
        self.streams.apply(commit, findings);
        self.ledger.apply(commit, findings);
        transfers::check(commit, transfer_events, &self.ledger, findings)
    }
}
