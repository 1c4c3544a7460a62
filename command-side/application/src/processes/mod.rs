//! What has to follow from events, in the end, whatever crashed: one runner, and a file for each process.
//!
//! The runner follows the log in order, keeps an instance for each thing that a process sees through, and takes the steps that are
//! due. Cursors and instances stand beside the log (`log::ProcessStore`). The vault has a cursor of its own, which moves in
//! the same transaction as the messages that it queues: what a backup of the vault lost is done again. Notifications have a cursor of their
//! own, because they follow money, which is most of the log: they hold up nothing else.

mod accounts;
mod destroy_again;
mod erasure;
mod follow;
mod hold_expiry;
mod housekeeping;
mod messages;
mod notifications;
mod offer_expiry;
mod operators;
mod outside;
mod outside_calls;
mod outside_processes;
mod pace;
mod partners;
mod payout_runs;
mod process;
mod runner;
mod sign_up_expiry;
mod standing_orders;
mod step;
mod steps;

use std::sync::Arc;

use log::ProcessStore;
pub use outside::{
    BankAccount, BankProvider, CallError, CallKey, CallResult, ConfirmedPayment, GiftCardIssuer, GiftCode,
    PaymentProvider, Providers, RefusalCode, Reply,
};
pub use outside_processes::{OutsideOptions, OutsideProcesses};
pub use process::{Change, FirstStep, Followed, Next, Process, ProcessError};
pub use runner::ProcessRunner;
pub use step::{PROCESS_RUNNER, step_id};

use crate::{CommandPort, commands::Members};

/// Every process of the bank.
fn all(members: &Members, bank: Arc<dyn CommandPort>, store: &Arc<dyn ProcessStore>) -> Vec<Box<dyn Process>> {
    vec![
        Box::new(sign_up_expiry::SignUpExpiry::new(members.clone(), store.clone())),
        Box::new(erasure::Erasure::new(members.clone(), bank.clone())),
        Box::new(hold_expiry::HoldExpiry::new(members.clone(), bank.clone())),
        Box::new(offer_expiry::OfferExpiry::new(members.clone(), bank.clone())),
        Box::new(standing_orders::StandingOrders::new(members.clone(), bank.clone())),
        Box::new(payout_runs::PayoutRuns::new(members.clone(), bank)),
        Box::new(partners::TellPartners::new(members.clone())),
        Box::new(operators::EndOperatorSessions::new(members.clone())),
        Box::new(messages::SendMessages::new(members.clone())),
    ]
}
