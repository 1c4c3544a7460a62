//! Each transfer by itself: its two sides, and what a reversal undoes.

use std::collections::HashMap;

use contracts::recorded::{Recorded, TransferFacts, TransferKind};
use kernel::AssetCode;
use uuid::Uuid;

use super::{
    assemble::Commit,
    findings::{Findings, Rule},
    ledger::Ledger,
};

/// One side of a transfer, as the account's event tells it.
#[derive(Clone, Copy, Debug)]
pub struct Side {
    pub account: Uuid,
    pub amount: i128,
    pub balance: i128,
    pub version: i64,
    pub position: i64,
}

/// What one commit says of one transfer.
#[derive(Debug, Default)]
pub struct Told<'a> {
    pub facts: Option<&'a TransferFacts>,
    pub debits: Vec<Side>,
    pub credits: Vec<Side>,
}

/// A reversal whose original is to be looked up, for it may be anywhere before.
#[derive(Debug)]
pub struct Reversal {
    pub position: i64,
    pub original: Uuid,
    pub facts: TransferFacts,
}

/// The posted transfers of a commit, with the sides that name them.
pub fn told(commit: &Commit) -> HashMap<Uuid, Told<'_>> {
    let mut transfers: HashMap<Uuid, Told<'_>> = HashMap::new();
    for event in &commit.events {
        let side = |amount: kernel::Minor, balance: kernel::Minor| Side {
            account: event.stream,
            amount: amount.units(),
            balance: balance.units(),
            version: event.version,
            position: event.position,
        };
        match &event.recorded {
            Recorded::TransferPosted(posted) => transfers.entry(event.stream).or_default().facts = Some(&posted.0),
            Recorded::AccountDebited(e) => {
                transfers.entry(e.transfer.uuid()).or_default().debits.push(side(e.amount, e.balance));
            }
            Recorded::AccountCredited(e) => {
                transfers.entry(e.transfer.uuid()).or_default().credits.push(side(e.amount, e.balance));
            }
            _ => {}
        }
    }
    transfers
}

/// Checks the two sides of every transfer of a commit, and gives back the reversals.
pub fn check(
    commit: &Commit,
    transfers: &HashMap<Uuid, Told<'_>>,
    ledger: &Ledger,
    findings: &mut Findings,
) -> Vec<Reversal> {
    for (id, told) in transfers {
        let fault = fault(told, ledger);
        findings.require(Rule::Balanced, fault.is_none(), || {
            format!("transfer {id}, in the commit that ends at {}: {}", commit.last, fault.unwrap_or_default())
        });
    }
    let mut reversals = Vec::new();
    for event in &commit.events {
        match &event.recorded {
            Recorded::TransferReversed(reversed) => {
                let by = transfers.get(&reversed.by.uuid()).and_then(|told| told.facts);
                let names_it = by.is_some_and(|f| f.reverses.is_some_and(|r| r.uuid() == event.stream));
                findings.require(Rule::Reversals, names_it, || {
                    format!(
                        "position {}: {} is reversed by {}, which is not there",
                        event.position, event.stream, reversed.by
                    )
                });
            }
            Recorded::TransferPosted(posted)
                if posted.0.reverses.is_some() || posted.0.kind == TransferKind::Reversal =>
            {
                reversals.extend(reversal(commit, event.stream, event.position, &posted.0, findings));
            }
            _ => {}
        }
    }
    reversals
}

fn reversal(
    commit: &Commit,
    id: Uuid,
    position: i64,
    facts: &TransferFacts,
    findings: &mut Findings,
) -> Option<Reversal> {
    let original = facts.reverses.map(|r| r.uuid());
    let marked = commit.events.iter().any(|e| {
        Some(e.stream) == original && matches!(&e.recorded, Recorded::TransferReversed(r) if r.by.uuid() == id)
    });
    findings.require(Rule::Reversals, marked && facts.kind == TransferKind::Reversal, || {
        format!("position {position}: reversal {id} does not mark what it reverses")
    });
    Some(Reversal { position, original: original?, facts: facts.clone() })
}

/// Holds a reversal against what it reverses.
pub fn check_mirror(reversal: &Reversal, original: Option<&TransferFacts>, findings: &mut Findings) {
    let facts = &reversal.facts;
    let mirrors = original.is_some_and(|original| {
        (original.source, original.destination) == (facts.destination, facts.source)
            && (original.asset, original.amount) == (facts.asset, facts.amount)
    });
    findings.require(Rule::Reversals, mirrors, || {
        format!("position {}: the reversal is not the mirror of transfer {}", reversal.position, reversal.original)
    });
}

/// What is wrong with the two sides, if anything is.
fn fault(told: &Told<'_>, ledger: &Ledger) -> Option<String> {
    let Some(facts) = told.facts else {
        return Some("accounts are posted to, but the transfer is not there".into());
    };
    let ([debit], [credit]) = (told.debits.as_slice(), told.credits.as_slice()) else {
        return Some(format!("{} debits and {} credits", told.debits.len(), told.credits.len()));
    };
    let amount = facts.amount.units();
    if (debit.amount, credit.amount) != (amount, amount) {
        return Some(format!("{amount} is to be moved, {} is debited and {} credited", debit.amount, credit.amount));
    }
    let named = (facts.source.map(|a| a.uuid()), facts.destination.map(|a| a.uuid()));
    if named != (Some(debit.account), Some(credit.account)) || debit.account == credit.account {
        return Some(format!("accounts {} and {} are posted to, not those it names", debit.account, credit.account));
    }
    let holds = |account: Uuid, asset: AssetCode| ledger.accounts.get(&account).is_none_or(|a| a.asset == asset);
    if !holds(debit.account, facts.asset) || !holds(credit.account, facts.asset) {
        return Some(format!("an account does not hold {}", facts.asset));
    }
    None
}
