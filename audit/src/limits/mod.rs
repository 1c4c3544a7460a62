//! The oracle's own book of limits: what applies to a payment is counted by the account that pays, in the window that holds the commit's
//! time, and comes to no more than the limit says. What is given back was counted, and is given back once.
//!
//! What an account has used stands in the ledger. Here are the limits that are set, and of each active hold in which windows it was
//! counted: so memory grows with those.

mod parts;
mod uses;

use std::collections::{BTreeMap, HashMap, HashSet};

use events::recorded::{
    AccountEvent, Event, HoldEvent, LimitSet, LimitWindow, LimitedKind, LimitsEvent, PaymentCodeEvent, ProcessEvent,
    TransferEvent, TransferKind, TransferPosted, UsedFor,
};
use kernel::{StreamId, Zone};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::uses::{Restored, reversal_fault};
use self::{
    parts::{Order, Parts},
    uses::{Cause, Share, Shares, Uses, returnable, shares, shown},
};
use crate::{
    assemble::{self, Commit},
    findings::{Findings, Rule},
    ledger::Ledger,
};

/// What the reversals of a commit do to what their accounts have used, by the id of the reversal.
pub type Restorations = HashMap<Uuid, Vec<Restored>>;

/// All limits that are set, and the active holds as far as they were counted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Limits {
    set: BTreeMap<String, LimitSet>,
    holds: HashMap<Uuid, Held>,
}

/// A hold of which something remains.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Held {
    source: Uuid,
    parts: Parts,
}

/// A payment, or funds that are held.
struct Paid {
    kind: LimitedKind,
    account: Uuid,
    amount: i128,
    /// 1, or 0 for what adds to an earlier payment.
    count: i64,
}

impl Limits {
    /// Applies a commit that the ledger has not taken yet, and notes what it breaks.
    pub fn apply(&mut self, commit: &Commit, ledger: &Ledger, findings: &mut Findings) -> Restorations {
        let mut uses = Uses::new(ledger, commit.recorded_at);
        let restored = self.take(commit, &mut uses, findings);
        for event in &commit.events {
            let fault = match &event.recorded {
                Event::Limits(limits) => self.change(event, limits),
                Event::Account(AccountEvent::LimitsAssigned(assigned)) => self.assigned_fault(&assigned.limits),
                Event::Transfer(TransferEvent::Posted(posted)) => {
                    self.transfer_fault(event.stream, posted, ledger, &mut uses)
                }
                Event::Hold(hold) => self.hold_fault(event, hold, commit, ledger, &mut uses),
                _ => continue,
            };
            findings.require(Rule::Limits, fault.is_none(), || {
                let (position, kind) = (event.position, event.recorded.event_type().kind);
                format!("position {position}: {kind} {} {}", event.stream, fault.unwrap_or_default())
            });
        }
        for (cause, account) in uses.rest() {
            findings.require(Rule::Limits, false, || {
                let last = commit.last;
                format!("the commit that ends at {last}: account {account} counts for {cause}, which does not say so")
            });
        }
        restored
    }

    /// Takes what the accounts of a commit say, and gives what its reversals do to them.
    fn take(&self, commit: &Commit, uses: &mut Uses<'_>, findings: &mut Findings) -> Restorations {
        let (reversals, mut all) = (reversals_in(commit), Restorations::new());
        for event in &commit.events {
            let account = event.stream;
            let before = uses.of_account(account).to_vec();
            if let Some(fault) = uses.take(event, &self.set) {
                findings
                    .require(Rule::Limits, false, || format!("position {}: account {account} {fault}", event.position));
            }
            let Event::Account(AccountEvent::Credited(credited)) = &event.recorded else { continue };
            let reversal = credited.transfer.uuid();
            if !reversals.contains(&reversal) {
                continue;
            }
            uses.take_given_back(Cause::Transfer(reversal), account);
            let (restored, after) = (all.entry(reversal).or_default(), uses.of_account(account).to_vec());
            match restored.iter_mut().find(|restored| restored.account == account) {
                Some(restored) => restored.after = after,
                None => restored.push(Restored { account, before, after }),
            }
        }
        all
    }

    /// A limit is set or deleted; what is wrong with that.
    fn change(&mut self, event: &assemble::Event, limits: &LimitsEvent) -> Option<String> {
        let elsewhere = event.stream != StreamId::LIMITS.uuid();
        let fault = match limits {
            LimitsEvent::Set(set) => {
                let mut kinds = set.kinds.clone();
                kinds.sort_unstable();
                kinds.dedup();
                let is_right = !kinds.is_empty() && kinds.len() == set.kinds.len() && set.zone.parse::<Zone>().is_ok();
                self.set.insert(set.name.clone(), set.clone());
                (!is_right).then(|| format!("set limit {} of the kinds {:?} in zone {}", set.name, set.kinds, set.zone))
            }
            LimitsEvent::Deleted(deleted) => {
                let was_set = self.set.remove(&deleted.name).is_some();
                (!was_set).then(|| format!("delete limit {}, which is not set", deleted.name))
            }
        };
        fault.or_else(|| elsewhere.then(|| "are not the limits of the bank".to_owned()))
    }

    fn assigned_fault(&self, names: &[String]) -> Option<String> {
        let mut sorted: Vec<&String> = names.iter().collect();
        sorted.sort_unstable();
        sorted.dedup();
        let unknown = names.iter().find(|name| !self.set.contains_key(*name));
        let is_right = sorted.len() == names.len() && unknown.is_none();
        (!is_right).then(|| format!("is assigned the limits {names:?}, of which one is not set or comes twice"))
    }

    /// What is wrong with what a transfer counts, if anything is.
    fn transfer_fault(
        &self,
        id: Uuid,
        posted: &TransferPosted,
        ledger: &Ledger,
        uses: &mut Uses<'_>,
    ) -> Option<String> {
        if self.set.is_empty() && posted.counted.is_empty() && uses.is_empty() {
            return None;
        }
        let mut paid: BTreeMap<Uuid, i128> = BTreeMap::new();
        for leg in posted.legs.iter().filter(|leg| leg.amount.is_negative()) {
            let sum = paid.entry(leg.account.uuid()).or_default();
            *sum = sum.saturating_sub(leg.amount.units());
        }
        let counted = posted.counted_for();
        let stranger = counted.iter().find(|of| !paid.contains_key(&of.account.uuid()));
        let mut fault = stranger.map(|of| format!("counts for account {}, which pays nothing", of.account));
        for (account, amount) in paid {
            let is_counted = uses.take_counted(Cause::Transfer(id), account);
            let stated = counted.iter().filter(|of| of.account.uuid() == account).map(|of| &of.counted);
            let stated = shares(stated);
            let found = match (kind_of(posted.kind), posted.hold) {
                (Some(kind), _) => {
                    let paid = Paid { kind, account, amount, count: 1 };
                    self.paid_fault(&paid, &is_counted, ledger).or_else(|| stated_fault(&stated, &is_counted))
                }
                // What a capture takes over is known where its hold says so.
                (None, Some(_)) => nothing_fault(&is_counted),
                (None, None) => nothing_fault(&is_counted).or_else(|| nothing_fault(&stated)),
            };
            fault = fault.or(found);
        }
        fault
    }

    /// What is wrong with what a hold counts or gives back, if anything is.
    fn hold_fault(
        &mut self,
        event: &assemble::Event,
        hold: &HoldEvent,
        commit: &Commit,
        ledger: &Ledger,
        uses: &mut Uses<'_>,
    ) -> Option<String> {
        let id = event.stream;
        if let HoldEvent::Placed(placed) = hold {
            self.holds.insert(id, Held { source: placed.source.uuid(), parts: Parts::default() });
        }
        // What was never placed, or is over, is found by the book of holds.
        let held = self.holds.get_mut(&id)?;
        let account = held.source;
        let (counted, amount, kind, count) = match hold {
            HoldEvent::Placed(placed) => {
                let kind = match (is_charge(id, commit), is_for_process(id, commit)) {
                    (true, _) => LimitedKind::Charge,
                    (false, true) => LimitedKind::Withdrawal,
                    (false, false) => LimitedKind::Hold,
                };
                (&placed.counted, placed.amount.units(), kind, 1)
            }
            HoldEvent::Increased(increased) => (&increased.counted, increased.by.units(), LimitedKind::Hold, 0),
            _ => return self.freed_fault(id, hold, commit, ledger, uses),
        };
        held.parts.add(amount, counted);
        let is_counted = uses.take_counted(Cause::Hold(id), account);
        let paid = Paid { kind, account, amount, count };
        self.paid_fault(&paid, &is_counted, ledger).or_else(|| stated_fault(&shares(counted), &is_counted))
    }

    /// What is wrong with what is given back of a hold, and with what a capture takes over.
    fn freed_fault(
        &mut self,
        id: Uuid,
        hold: &HoldEvent,
        commit: &Commit,
        ledger: &Ledger,
        uses: &mut Uses<'_>,
    ) -> Option<String> {
        let held = self.holds.get_mut(&id)?;
        let account = held.source;
        let mut fault = None;
        let (given_back, left) = match hold {
            HoldEvent::Captured(captured) => {
                held.parts.is_paid = true;
                let ought = held.parts.take(captured.paid.units(), Order::OldestFirst, false);
                fault = capture_fault(captured.transfer.uuid(), &ought, commit);
                // A final capture gives all back that remains.
                (if captured.is_final { i128::MAX } else { 0 }, captured.left)
            }
            HoldEvent::Released(released) => (released.given_back.units(), released.left),
            HoldEvent::Expired(expired) => (expired.given_back.units(), expired.left),
            HoldEvent::Placed(_) | HoldEvent::Increased(_) => return None,
        };
        let paid = left.captured.units().checked_add(left.released.units());
        let is_over = paid.is_none_or(|gone| gone >= left.amount.units());
        let with_count = is_over && !held.parts.is_paid;
        let back = held.parts.take(given_back, Order::NewestFirst, with_count);
        if is_over || held.parts.is_empty() {
            self.holds.remove(&id);
        }
        let mut is_back = uses.take_given_back(Cause::Hold(id), account);
        is_back.retain(|_, share| *share != Share::default());
        let used = ledger.accounts.get(&account).map(|account| account.used.as_slice()).unwrap_or_default();
        let ought = returnable(&back, used);
        fault.or_else(|| differ(&ought, &is_back).map(|what| format!("gives back to account {account} {what}")))
    }

    /// What is wrong with what an account counts for a payment, if anything is: all that applies, and nothing else.
    fn paid_fault(&self, paid: &Paid, is_counted: &Shares, ledger: &Ledger) -> Option<String> {
        let Paid { kind, account: id, amount, count } = *paid;
        let account = ledger.accounts.get(&id)?;
        let applying = |limit: &&LimitSet| {
            !account.is_system()
                && limit.asset == account.asset
                && limit.kinds.contains(&kind)
                && (limit.everyone || account.limits.contains(&limit.name))
        };
        let mut slots = 0;
        for limit in self.set.values().filter(applying) {
            if let Some(most) = limit.per_transfer.filter(|most| amount > most.units()) {
                return Some(format!("pays {amount} from account {id}, and limit {} is {most} for each", limit.name));
            }
            let windows = [(LimitWindow::Day, limit.per_day), (LimitWindow::Month, limit.per_month)];
            for (window, _) in windows.into_iter().filter(|(_, cap)| cap.is_some()) {
                slots += 1;
                let of_window = is_counted.iter().find(|(slot, _)| (&slot.limit, slot.window) == (&limit.name, window));
                let (ought, is) = (Share { amount, count }, of_window.map(|(_, share)| *share).unwrap_or_default());
                if is != ought {
                    let (ought, is) = (shown(ought), shown(is));
                    let name = format!("limit {} in the {}", limit.name, window.as_str());
                    return Some(format!("pays {ought} from account {id}, which counts {is} for {name}"));
                }
            }
        }
        let name = |slot: &uses::Slot| format!("limit {} in the {}", slot.limit, slot.window.as_str());
        let others: Vec<String> = is_counted.keys().map(name).collect();
        (others.len() != slots).then(|| format!("counts for {}, of which one does not apply", others.join(", ")))
    }
}

/// As what limits count a kind of transfer.
fn kind_of(kind: TransferKind) -> Option<LimitedKind> {
    match kind {
        TransferKind::Transfer => Some(LimitedKind::Transfer),
        TransferKind::Withdrawal => Some(LimitedKind::Withdrawal),
        TransferKind::Compound => Some(LimitedKind::Compound),
        TransferKind::Exchange => Some(LimitedKind::Exchange),
        TransferKind::Charge => Some(LimitedKind::Charge),
        TransferKind::Trade => Some(LimitedKind::Trade),
        TransferKind::Payout => Some(LimitedKind::Payout),
        // What is captured was counted when it was held.
        TransferKind::Deposit | TransferKind::Reversal | TransferKind::Capture => None,
    }
}

/// Whether a hold is placed for a process with the outside world.
fn is_for_process(hold: Uuid, commit: &Commit) -> bool {
    commit.events.iter().any(|event| match &event.recorded {
        Event::Process(ProcessEvent::Started(started)) => started.hold.is_some_and(|id| id.uuid() == hold),
        _ => false,
    })
}

/// Whether a hold was placed with a payment code.
fn is_charge(hold: Uuid, commit: &Commit) -> bool {
    commit.events.iter().any(|event| match &event.recorded {
        Event::PaymentCode(PaymentCodeEvent::Used(used)) => {
            matches!(used.used_for, UsedFor::Hold(used) if used.uuid() == hold)
        }
        _ => false,
    })
}

/// The reversals of a commit.
fn reversals_in(commit: &Commit) -> HashSet<Uuid> {
    let is_reversal = |event: &&assemble::Event| match &event.recorded {
        Event::Transfer(TransferEvent::Posted(posted)) => {
            posted.kind == TransferKind::Reversal && posted.reverses.is_some()
        }
        _ => false,
    };
    commit.events.iter().filter(is_reversal).map(|event| event.stream).collect()
}

/// What is wrong with what a capture says that it takes over from its hold, if anything is.
fn capture_fault(transfer: Uuid, ought: &Shares, commit: &Commit) -> Option<String> {
    let counted = commit.events.iter().find_map(|event| match &event.recorded {
        Event::Transfer(TransferEvent::Posted(posted)) if event.stream == transfer => Some(posted.counted_for()),
        _ => None,
    })?;
    let stated = shares(counted.iter().map(|of| &of.counted));
    differ(ought, &stated).map(|what| format!("is paid by transfer {transfer}, which takes over {what}"))
}

/// What is wrong with what an event says that it counted, held against the events of the account.
fn stated_fault(stated: &Shares, is_counted: &Shares) -> Option<String> {
    differ(is_counted, stated).map(|what| format!("says that it counts {what}"))
}

fn nothing_fault(counted: &Shares) -> Option<String> {
    let (slot, share) = counted.first_key_value()?;
    Some(format!("counts {} for limit {}, and does not count", shown(*share), slot.limit))
}

/// Where shares differ from what they ought to be, in words.
fn differ(ought: &Shares, is: &Shares) -> Option<String> {
    let slot = ought.keys().chain(is.keys()).find(|slot| ought.get(*slot) != is.get(*slot))?;
    let share = |shares: &Shares| shown(shares.get(slot).copied().unwrap_or_default());
    let (is, ought, window) = (share(is), share(ought), slot.window.as_str());
    Some(format!("{is} of limit {} in the {window} to {}, not {ought}", slot.limit, slot.until))
}

#[cfg(test)]
mod tests;
