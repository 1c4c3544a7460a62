//! The money of a process with the outside world: each movement in the commit that says that its step is done.

use domain::{Account, Hold, OutsideProcess, Refusal, member::StateReader, process::MostTries};
use events::recorded::{
    CountedFor, OwnerTopUpEnded, ProcessFailure, ProcessKind, ProcessState, ProcessStep, TransferKind,
};
use kernel::{Money, ProcessId};

use super::{
    MoneyRules,
    posting::{Particulars, cash, movement, movement_to_outside, push_moved},
};
use crate::engine::Decision;

/// Takes the step at hand, if it is one that moves money here. A refusal is recorded as that of the step.
pub fn move_money(rules: &MoneyRules, work: &mut Decision<'_>, id: ProcessId, process: &OutsideProcess) {
    let start = work.savepoint();
    let moved = match process.step() {
        Some(ProcessStep::Credit) => credit(rules, work, id, process),
        Some(ProcessStep::Capture) => capture(rules, work, id, process),
        Some(ProcessStep::Release) => release(work, id, process),
        _ => return,
    };
    let Err(refusal) = moved else { return };
    work.roll_back(start);
    work.rests_on(id.into());
    work.rests_on(process.started.account.into());
    if let Some(hold) = process.started.hold {
        work.rests_on(hold.into());
    }
    if let Some(failed) = process.failed(ProcessFailure::Refused, refusal.code(), MostTries::default()) {
        work.push(id.into(), failed);
    }
}

/// The member may leave once their top-up is over: to be called with what its last event leaves of it.
pub fn end_top_up(work: &mut Decision<'_>, id: ProcessId, process: &OutsideProcess, leaves: ProcessState) {
    let owner = process.started.owner;
    if leaves.is_over() && process.kind() == ProcessKind::TopUp && work.owner(owner).is_topping_up() {
        work.push(owner.owner_stream(), OwnerTopUpEnded { owner, process: id });
    }
}

/// Money that was paid at the provider comes to the account.
fn credit(rules: &MoneyRules, work: &mut Decision<'_>, id: ProcessId, process: &OutsideProcess) -> Result<(), Refusal> {
    let money = process.started.money;
    let cash = cash(rules, work, money.asset, money.amount.negated());
    let legs = domain::payment(cash, process.started.account, money)?;
    let moved = movement(rules, work, legs, TransferKind::Deposit, None, &[])?;
    let taken = process.taken(Some(moved.transfer), None).ok_or(Refusal::ProcessOver)?;
    let leaves = taken.leaves;
    work.push(id.into(), taken);
    push_moved(work, moved, particulars(TransferKind::Deposit, id));
    end_top_up(work, id, process, leaves);
    Ok(())
}

/// The held funds are paid to the account that stands for the outside.
fn capture(
    rules: &MoneyRules,
    work: &mut Decision<'_>,
    id: ProcessId,
    process: &OutsideProcess,
) -> Result<(), Refusal> {
    let hold_id = process.started.hold.ok_or(Refusal::HoldNotActive)?;
    let hold: Hold = work.get(hold_id.into()).cloned().ok_or(Refusal::HoldNotActive)?;
    hold.usable(work.has_passed(hold.placed.expires_at))?;
    let capture = hold.capture(None, None, true)?;
    let source = hold.placed.source;
    let account = work.account(source).ok_or(Refusal::AccountUnknown)?;
    let released = account.release(hold_id, capture.freed, &capture.back)?;
    let after = Account::evolve(Some(account.clone()), &released).map_err(|_| Refusal::AccountUnknown)?;
    let money = Money { asset: hold.placed.asset, amount: capture.paid };
    let legs = domain::payment(source, capture.destination, money)?;
    let mut moved = movement_to_outside(rules, work, legs, (source, &after))?;
    let counted = capture.counted.iter().cloned();
    moved.counted = counted.map(|counted| CountedFor { account: source, counted }).collect();
    let taken = process.taken(Some(moved.transfer), None).ok_or(Refusal::ProcessOver)?;
    work.push(id.into(), taken);
    work.push(source.into(), released);
    work.push(hold_id.into(), hold.captured(&capture, moved.transfer));
    push_moved(work, moved, Particulars { hold: Some(hold_id), ..particulars(TransferKind::Capture, id) });
    Ok(())
}

/// The held funds are given back.
fn release(work: &mut Decision<'_>, id: ProcessId, process: &OutsideProcess) -> Result<(), Refusal> {
    let hold_id = process.started.hold.ok_or(Refusal::HoldNotActive)?;
    let hold: Hold = work.get(hold_id.into()).cloned().ok_or(Refusal::HoldNotActive)?;
    hold.usable(work.has_passed(hold.placed.expires_at))?;
    let released = hold.release(None, None)?;
    let account = work.account(hold.placed.source).ok_or(Refusal::AccountUnknown)?;
    let event = account.release(hold_id, released.given_back, &hold.counted_of(released.given_back))?;
    let taken = process.taken(None, None).ok_or(Refusal::ProcessOver)?;
    work.push(id.into(), taken);
    work.push(hold_id.into(), released);
    work.push(hold.placed.source.into(), event);
    Ok(())
}

fn particulars(kind: TransferKind, id: ProcessId) -> Particulars {
    Particulars { reference: Some(id.to_string()), ..Particulars::of(kind) }
}
