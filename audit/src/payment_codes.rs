//! The oracle's own book of payment codes: each is used once, in its time, and for no more than it was issued for.
//!
//! A code that was used is forgotten, and one whose time is over some time later: so memory grows with those that can still be used.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use events::recorded::{
    Event, HoldEvent, PaymentCodeEvent, PaymentCodeIssued, PaymentCodeUsed, TransferEvent, TransferKind, UsedFor,
};
use kernel::{AssetCode, HoldId, Minor, TransferId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    assemble::{self, Commit},
    findings::{Findings, Rule},
    ledger::Ledger,
    transfers::{Payment, TransferEvents},
};

/// So many codes are kept before those whose time is over are forgotten.
const KEPT: usize = 1024;

/// A code that was not used yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Code {
    source: Uuid,
    asset: AssetCode,
    max: Option<Minor>,
    expires_at: DateTime<Utc>,
}

/// All codes that were not used.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PaymentCodes {
    unused: HashMap<Uuid, Code>,
    /// How many there were when those whose time is over were forgotten last.
    kept: usize,
}

/// What is paid with a code, or held.
struct Paid {
    source: Uuid,
    asset: AssetCode,
    amount: i128,
}

impl PaymentCodes {
    /// Applies a commit that the ledger has taken, and notes what it breaks.
    pub fn apply(
        &mut self,
        commit: &Commit,
        transfers: &HashMap<Uuid, TransferEvents<'_>>,
        ledger: &Ledger,
        findings: &mut Findings,
    ) {
        for event in &commit.events {
            let id = event.stream;
            let fault = match &event.recorded {
                Event::PaymentCode(PaymentCodeEvent::Issued(issued)) => self.issue(event, issued, ledger),
                Event::PaymentCode(PaymentCodeEvent::Used(used)) => self.use_code(id, used, commit, transfers),
                Event::Transfer(TransferEvent::Posted(posted)) if posted.kind == TransferKind::Charge => {
                    let codes = codes_for(UsedFor::Transfer(TransferId::new(id)), commit);
                    (codes != 1).then(|| format!("is a charge with {codes} payment codes"))
                }
                Event::Hold(HoldEvent::Placed(_)) => {
                    let codes = codes_for(UsedFor::Hold(HoldId::new(id)), commit);
                    (codes > 1).then(|| format!("is placed with {codes} payment codes"))
                }
                _ => continue,
            };
            findings.require(Rule::PaymentCodes, fault.is_none(), || {
                let (position, kind) = (event.position, event.recorded.event_type().kind);
                format!("position {position}: {kind} {id} {}", fault.unwrap_or_default())
            });
        }
        self.forget(commit.recorded_at);
    }

    /// A code is issued; what is wrong with that.
    fn issue(&mut self, event: &assemble::Event, issued: &PaymentCodeIssued, ledger: &Ledger) -> Option<String> {
        let PaymentCodeIssued { source, asset, max, expires_at } = *issued;
        let code = Code { source: source.uuid(), asset, max, expires_at };
        let is_known = self.unused.insert(event.stream, code).is_some();
        if is_known || event.version != 1 {
            return Some(format!("is issued as version {}", event.version));
        }
        let account = ledger.accounts.get(&source.uuid()).filter(|account| account.asset == asset);
        let is_members = account.is_some_and(|account| !account.is_system());
        (!is_members).then(|| format!("is for {source}, which is no member's account of {asset}"))
    }

    /// A code is used; what is wrong with that.
    fn use_code(
        &mut self,
        id: Uuid,
        used: &PaymentCodeUsed,
        commit: &Commit,
        transfers: &HashMap<Uuid, TransferEvents<'_>>,
    ) -> Option<String> {
        let Some(code) = self.unused.remove(&id) else {
            return Some("was never issued, or was used before".to_owned());
        };
        let (at, Code { source, asset, max, expires_at }) = (commit.recorded_at, code);
        if at >= expires_at {
            return Some(format!("ended at {expires_at}, and is used at {at}"));
        }
        let paid = match used.used_for {
            UsedFor::Transfer(transfer) => paid_by(transfer.uuid(), transfers),
            UsedFor::Hold(hold) => held_by(hold.uuid(), commit),
        };
        let Some(paid) = paid else {
            return Some(format!("is used for {}, which is no charge of its commit", shown(used.used_for)));
        };
        if (paid.source, paid.asset) != (source, asset) {
            let (is, ought) = (format!("{} {}", paid.source, paid.asset), format!("{source} {asset}"));
            return Some(format!("is used for account {is}, and was issued for {ought}"));
        }
        let most = max.filter(|max| paid.amount > max.units())?;
        Some(format!("is used for {}, and pays {most} at most", paid.amount))
    }

    fn forget(&mut self, at: DateTime<Utc>) {
        if self.unused.len() >= KEPT.max(2 * self.kept) {
            self.unused.retain(|_, code| at < code.expires_at);
            self.kept = self.unused.len();
        }
    }
}

/// How many codes a commit uses for something.
fn codes_for(what: UsedFor, commit: &Commit) -> usize {
    let is_used = |event: &&assemble::Event| match &event.recorded {
        Event::PaymentCode(PaymentCodeEvent::Used(used)) => used.used_for == what,
        _ => false,
    };
    commit.events.iter().filter(is_used).count()
}

fn paid_by(transfer: Uuid, transfers: &HashMap<Uuid, TransferEvents<'_>>) -> Option<Paid> {
    let posted = transfers.get(&transfer)?.posted.filter(|posted| posted.kind == TransferKind::Charge)?;
    let Payment { source, asset, amount, .. } = Payment::of(posted)?;
    Some(Paid { source, asset, amount })
}

fn held_by(hold: Uuid, commit: &Commit) -> Option<Paid> {
    commit.events.iter().find_map(|event| match &event.recorded {
        Event::Hold(HoldEvent::Placed(placed)) if event.stream == hold => {
            Some(Paid { source: placed.source.uuid(), asset: placed.asset, amount: placed.amount.units() })
        }
        _ => None,
    })
}

fn shown(used_for: UsedFor) -> String {
    match used_for {
        UsedFor::Transfer(transfer) => format!("transfer {transfer}"),
        UsedFor::Hold(hold) => format!("hold {hold}"),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use events::recorded::{AccountFundsHeld, HoldPlaced};
    use kernel::{Actor, Role};

    use super::*;
    use crate::test_log::{Events, TestLog, account, between, krw, member, minor, posted};

    const CODE: u128 = 80;

    /// A code of the first member that pays at most 100 for a minute.
    fn issued(log: &TestLog) -> PaymentCodeIssued {
        let expires_at = log.now + TimeDelta::seconds(60);
        PaymentCodeIssued { source: account(1), asset: krw(), max: Some(minor(100)), expires_at }
    }

    fn with_code() -> TestLog {
        let mut log = TestLog::new();
        let issued = issued(&log);
        log.sound(vec![(CODE, issued.into())]);
        log
    }

    fn used_for(transfer: u128) -> (u128, Event) {
        let used_for = UsedFor::Transfer(TransferId::new(Uuid::from_u128(transfer)));
        (CODE, PaymentCodeUsed { used_for }.into())
    }

    /// The code is used, and this paid.
    fn charge(log: &TestLog, kind: TransferKind, from: u128, amount: i128) -> Events {
        let mut events = log.pay(11, posted(kind, between(from, 3, amount)), vec![]);
        events.push(used_for(11));
        events
    }

    #[test]
    fn a_code_pays_once_and_is_forgotten() {
        let mut log = with_code();
        let kept = serde_json::to_string(&log.fold.payment_codes).expect("JSON");
        log.fold.payment_codes = serde_json::from_str(&kept).expect("codes");
        log.now += TimeDelta::seconds(57);
        log.sound(charge(&log, TransferKind::Charge, 1, 100));
        assert!(log.fold.payment_codes.unused.is_empty());
        let again = log.pay(12, posted(TransferKind::Charge, between(1, 3, 5)), vec![]);
        log.wrong([again, vec![used_for(12)]].concat(), "was never issued, or was used before");
    }

    #[test]
    fn each_way_to_use_a_code_wrong_is_found() {
        let wrong = |kind: TransferKind, from: u128, amount: i128, words: &str| {
            let mut log = with_code();
            log.wrong(charge(&log, kind, from, amount), words);
        };
        wrong(TransferKind::Charge, 1, 101, "is used for 101, and pays 100 at most");
        wrong(TransferKind::Charge, 2, 5, "is used for account 00000000-0000-0000-0000-000000000002 KRW");
        wrong(TransferKind::Transfer, 1, 5, "which is no charge of its commit");
        let mut log = with_code();
        log.now += TimeDelta::seconds(59);
        log.wrong(charge(&log, TransferKind::Charge, 1, 5), "and is used at 2026-11-30 03:01");
        let mut log = with_code();
        log.wrong(vec![used_for(11)], "which is no charge of its commit");
        let without = log.pay(12, posted(TransferKind::Charge, between(1, 3, 5)), vec![]);
        log.wrong(without, "is a charge with 0 payment codes");
        let mut log = with_code();
        let again = issued(&log);
        log.wrong(vec![(CODE, again.into())], "is issued as version 2");
        let of_the_bank = PaymentCodeIssued { source: account(crate::test_log::CASH), ..issued(&log) };
        log.wrong(vec![(CODE + 1, of_the_bank.into())], "which is no member's account of KRW");
    }

    #[test]
    fn a_code_can_hold_funds() {
        let (hold, amount) = (HoldId::new(Uuid::from_u128(70)), minor(40));
        let held_of = |source: u128, log: &TestLog| -> Events {
            let placed = HoldPlaced {
                source: account(source),
                destination: Some(account(3)),
                asset: krw(),
                amount,
                expires_at: log.now + TimeDelta::days(7),
                memo: None,
                reference: None,
                placed_by: Actor { role: Role::Service, id: member(9) },
                counted: Vec::new(),
            };
            let held = AccountFundsHeld { hold, amount, held: amount, used: Vec::new() };
            let used = PaymentCodeUsed { used_for: UsedFor::Hold(hold) };
            vec![(70, placed.into()), (source, held.into()), (CODE, used.into())]
        };
        let mut log = with_code();
        log.sound(held_of(1, &log));
        let mut log = with_code();
        log.wrong(held_of(2, &log), "and was issued for 00000000-0000-0000-0000-000000000001 KRW");
    }

    #[test]
    fn codes_whose_time_is_over_are_forgotten() {
        let mut log = TestLog::new();
        for number in 0..u128::try_from(KEPT).expect("a number") {
            let issued = issued(&log);
            log.sound(vec![(5000 + number, issued.into())]);
        }
        assert_eq!(log.fold.payment_codes.unused.len(), 59);
    }
}
