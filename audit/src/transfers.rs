//! Each transfer by itself: its legs, what follows from them, and what a reversal undoes.

use std::collections::HashMap;

use events::recorded::{AccountEvent, Event, Leg, ReferenceEvent, TransferEvent, TransferKind, TransferPosted};
use kernel::AssetCode;
use uuid::Uuid;

use super::{
    assemble::{self, Commit},
    findings::{Findings, Rule},
    ledger::Ledger,
    limits::{Restorations, Restored, reversal_fault},
};

/// What a leg came to, as the account's event says.
#[derive(Clone, Copy, Debug)]
pub struct Side {
    pub account: Uuid,
    /// Signed: a debit is below zero.
    pub amount: i128,
    pub balance: i128,
    pub version: i64,
    pub position: i64,
}

/// What one commit says of one transfer.
#[derive(Debug, Default)]
pub struct TransferEvents<'a> {
    pub posted: Option<&'a TransferPosted>,
    /// In the order of their events.
    pub sides: Vec<Side>,
}

/// A transfer from one account to another.
#[derive(Clone, Copy, Debug)]
pub struct Payment {
    pub source: Uuid,
    pub destination: Uuid,
    pub asset: AssetCode,
    pub amount: i128,
}

impl Payment {
    /// A transfer of two legs as a payment.
    pub fn of(posted: &TransferPosted) -> Option<Self> {
        let [one, other]: &[Leg; 2] = posted.legs[..].try_into().ok()?;
        let (from, to) = if other.amount.units() < 0 { (other, one) } else { (one, other) };
        let amount = to.amount.units();
        Some(Self { source: from.account.uuid(), destination: to.account.uuid(), asset: to.asset, amount })
    }
}

/// A reversal whose original is to be looked up, for it may be anywhere before.
#[derive(Debug)]
pub struct Reversal {
    pub position: i64,
    pub original: Uuid,
    pub posted: TransferPosted,
    /// What it does to what the accounts have used of limits.
    pub restored: Vec<Restored>,
}

/// The posted transfers of a commit, with the sides that name them.
pub fn transfers_of(commit: &Commit) -> HashMap<Uuid, TransferEvents<'_>> {
    let mut transfers: HashMap<Uuid, TransferEvents<'_>> = HashMap::new();
    for event in &commit.events {
        let side = |amount: i128, balance: kernel::Minor| Side {
            account: event.stream,
            amount,
            balance: balance.units(),
            version: event.version,
            position: event.position,
        };
        match &event.recorded {
            Event::Transfer(TransferEvent::Posted(posted)) => {
                transfers.entry(event.stream).or_default().posted = Some(posted)
            }
            Event::Account(AccountEvent::Debited(e)) => {
                transfers.entry(e.transfer.uuid()).or_default().sides.push(side(-e.amount.units(), e.balance));
            }
            Event::Account(AccountEvent::Credited(e)) => {
                transfers.entry(e.transfer.uuid()).or_default().sides.push(side(e.amount.units(), e.balance));
            }
            _ => {}
        }
    }
    transfers
}

/// Checks the legs of every transfer of a commit, and gives back the reversals.
pub fn check(
    commit: &Commit,
    transfers: &HashMap<Uuid, TransferEvents<'_>>,
    mut restorations: Restorations,
    ledger: &Ledger,
    findings: &mut Findings,
) -> Vec<Reversal> {
    for (id, transfer_events) in transfers {
        let fault = fault(transfer_events, ledger);
        findings.require(Rule::Balanced, fault.is_none(), || {
            format!("transfer {id}, in the commit that ends at {}: {}", commit.last, fault.unwrap_or_default())
        });
    }
    let mut reversals = Vec::new();
    for event in &commit.events {
        match &event.recorded {
            Event::Transfer(TransferEvent::Reversed(reversed)) => {
                let by = transfers.get(&reversed.by.uuid()).and_then(|transfer_events| transfer_events.posted);
                let names_it = by.is_some_and(|p| p.reverses.is_some_and(|r| r.uuid() == event.stream));
                findings.require(Rule::Reversals, names_it, || {
                    format!(
                        "position {}: {} is reversed by {}, which is not there",
                        event.position, event.stream, reversed.by
                    )
                });
            }
            Event::Transfer(TransferEvent::Posted(posted))
                if posted.reverses.is_some() || posted.kind == TransferKind::Reversal =>
            {
                let restored = restorations.remove(&event.stream).unwrap_or_default();
                reversals.extend(reversal(commit, event, posted, restored, findings));
            }
            Event::Reference(ReferenceEvent::Used(used)) => {
                let by = transfers.get(&used.transfer.uuid()).and_then(|transfer_events| transfer_events.posted);
                findings.require(Rule::References, by.is_some_and(|posted| posted.reference.is_some()), || {
                    format!("position {}: a reference is used by {}, which has none", event.position, used.transfer)
                });
            }
            _ => {}
        }
    }
    reversals
}

fn reversal(
    commit: &Commit,
    event: &assemble::Event,
    posted: &TransferPosted,
    restored: Vec<Restored>,
    findings: &mut Findings,
) -> Option<Reversal> {
    let (id, position) = (event.stream, event.position);
    let original = posted.reverses.map(|r| r.uuid());
    let marked = commit.events.iter().any(|e| {
        Some(e.stream) == original
            && matches!(&e.recorded, Event::Transfer(TransferEvent::Reversed(r)) if r.by.uuid() == id)
    });
    findings.require(Rule::Reversals, marked && posted.kind == TransferKind::Reversal, || {
        format!("position {position}: reversal {id} does not mark what it reverses")
    });
    Some(Reversal { position, original: original?, posted: posted.clone(), restored })
}

/// Holds a reversal against what it reverses: the same legs with the other sign, from the last one to the first.
pub fn check_mirror(reversal: &Reversal, original: Option<&TransferPosted>, findings: &mut Findings) {
    let mirrors = original.is_some_and(|original| {
        let back = original.legs.iter().rev().map(|leg| (leg.account, leg.asset, -leg.amount.units()));
        back.eq(reversal.posted.legs.iter().map(|leg| (leg.account, leg.asset, leg.amount.units())))
    });
    findings.require(Rule::Reversals, mirrors, || {
        format!("position {}: the reversal is not the mirror of transfer {}", reversal.position, reversal.original)
    });
    let counted = original.map(TransferPosted::counted_for).unwrap_or_default();
    let fault = reversal_fault(&reversal.restored, &counted);
    findings.require(Rule::Limits, fault.is_none(), || {
        format!("position {}: the reversal of {} {}", reversal.position, reversal.original, fault.unwrap_or_default())
    });
}

/// What is wrong with what the accounts say of a transfer, if anything is.
fn fault(transfer_events: &TransferEvents<'_>, ledger: &Ledger) -> Option<String> {
    let Some(posted) = transfer_events.posted else {
        return Some("accounts are posted to, but the transfer is not there".into());
    };
    let (legs, sides) = (&posted.legs, &transfer_events.sides);
    if legs.len() != sides.len() {
        let debits = sides.iter().filter(|side| side.amount < 0).count();
        return Some(format!("{debits} debits and {} credits for {} legs", sides.len() - debits, legs.len()));
    }
    for (leg, side) in legs.iter().zip(sides) {
        if leg.amount.units() != side.amount {
            let done = if side.amount < 0 { "debited" } else { "credited" };
            let (ought, is) = (leg.amount.units().abs(), side.amount.abs());
            return Some(format!("{ought} is to be moved, {is} is {done}"));
        }
        if leg.account.uuid() != side.account {
            let (is, ought) = (side.account, leg.account);
            return Some(format!("accounts are posted to that are not those it names: {is} instead of {ought}"));
        }
        if ledger.accounts.get(&side.account).is_some_and(|account| account.asset != leg.asset) {
            return Some(format!("an account does not hold {}", leg.asset));
        }
    }
    let within_one = sides.iter().all(|side| side.account == sides[0].account);
    within_one.then(|| format!("account {} pays itself", sides[0].account))
}
