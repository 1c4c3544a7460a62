//! The fold of the log: what `jangbu log verify` and the process that follows the log both hold it against.

use std::collections::HashMap;

use uuid::Uuid;

use crate::{
    approvals::Approvals,
    assemble::Commit,
    exchange::Exchange,
    findings::Findings,
    holds::Holds,
    items::Items,
    ledger::Ledger,
    limits::Limits,
    operators::Operators,
    orders::Orders,
    partners::Partners,
    payment_codes::PaymentCodes,
    payouts::Payouts,
    processes::Processes,
    streams::Streams,
    transfers::{self, Reversal, TransferEvents},
};

/// What the log says so far.
#[derive(Default)]
pub struct Fold {
    pub ledger: Ledger,
    pub holds: Holds,
    pub limits: Limits,
    pub payment_codes: PaymentCodes,
    pub items: Items,
    pub orders: Orders,
    pub payouts: Payouts,
    pub processes: Processes,
    pub exchange: Exchange,
    pub partners: Partners,
    pub operators: Operators,
    pub approvals: Approvals,
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
        // It needs what accounts have used before the commit.
        let restorations = self.limits.apply(commit, &self.ledger, findings);
        self.ledger.apply(commit, findings);
        self.holds.apply(commit, transfer_events, &self.ledger, findings);
        self.payment_codes.apply(commit, transfer_events, &self.ledger, findings);
        self.items.apply(commit, transfer_events, &self.ledger, findings);
        self.orders.apply(commit, &self.ledger, findings);
        self.payouts.apply(commit, &self.ledger, findings);
        self.processes.apply(commit, transfer_events, &self.ledger, findings);
        self.exchange.apply(commit, transfer_events, &self.ledger, findings);
        self.partners.apply(commit, findings);
        self.operators.apply(commit, findings);
        self.approvals.apply(commit, findings);
        transfers::check(commit, transfer_events, restorations, &self.ledger, findings)
    }
}
