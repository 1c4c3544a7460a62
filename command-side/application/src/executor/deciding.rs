//! Deciding: one command against the desk gives the events it writes, or says why there are none.

use contracts::recorded::{AccountNumberAssigned, CommandRefused, TransferFacts, TransferPosted, TransferRejected};
use domain::{Account, AccountEvent, Holder, Limits, Movement, Postings, Refusal, TransferKind};
use kernel::{AccountId, AccountNumber, AssetCode, Ids, Money, Role, StreamId, TransferId};

use super::{ExecutorOptions, desk::Desk, drafting::Drafts, stream::Kind, system::SystemAccounts};
use crate::{Command, Destination, ExecuteError, Submission, TransferOrder, stored};

/// What a command comes to.
pub struct Decision {
    /// What it writes, or why it writes nothing.
    pub drafts: Result<Drafts, ExecuteError>,
    /// The streams whose state a refusal rests on: it stands only if they are as the log has them.
    pub refused_on: Vec<StreamId>,
}

/// Decides commands, one after the other, each on what the ones before left on the desk.
pub struct Decider<'a> {
    pub desk: &'a mut Desk,
    pub options: &'a ExecutorOptions,
    pub system: &'a SystemAccounts,
    pub ids: &'a dyn Ids,
}

/// A movement with what belongs to it, ready to be tried.
struct Plan {
    kind: TransferKind,
    source: AccountId,
    destination: Option<AccountId>,
    money: Money,
    memo: Option<String>,
    reference: Option<String>,
    reverses: Option<TransferId>,
}

/// The command at hand: what it has drafted so far and what its refusals rest on.
#[derive(Default)]
struct Sheet {
    drafts: Drafts,
    refused_on: Vec<StreamId>,
}

type Change = fn(&Account) -> Result<AccountEvent, Refusal>;

impl Decider<'_> {
    pub fn decide(&mut self, submission: &Submission) -> Decision {
        let mut sheet = Sheet::default();
        let result = self.dispatch(submission, &mut sheet);
        Decision { drafts: result.map(|()| sheet.drafts), refused_on: sheet.refused_on }
    }

    fn dispatch(&mut self, submission: &Submission, sheet: &mut Sheet) -> Result<(), ExecuteError> {
        match &submission.command {
            Command::OpenAccount { asset } => self.open(submission, *asset, sheet),
            Command::CloseAccount { account, reason } => {
                self.change(submission, *account, reason, Account::close, sheet)
            }
            Command::FreezeAccount { account, reason } => {
                self.change(submission, *account, reason, Account::freeze, sheet)
            }
            Command::UnfreezeAccount { account, reason } => {
                self.change(submission, *account, reason, Account::unfreeze, sheet)
            }
            Command::Deposit { account, money, reference } => {
                let cash = self.cash(money.asset, sheet);
                let plan =
                    Plan { reference: Some(reference.clone()), ..Plan::new(TransferKind::Deposit, cash, *money) };
                self.post(Plan { destination: Some(*account), ..plan }, sheet);
                Ok(())
            }
            Command::Withdraw { account, money, reference } => {
                let cash = self.cash(money.asset, sheet);
                let plan = Plan::new(TransferKind::Withdrawal, *account, *money);
                self.post(Plan { destination: Some(cash), reference: Some(reference.clone()), ..plan }, sheet);
                Ok(())
            }
            Command::Transfer(order) => self.order(submission, order, sheet).map(|_| ()),
            Command::TransferBatch { atomic, orders } => self.batch(submission, *atomic, orders, sheet),
            Command::Reverse { transfer, reason } => self.reverse(submission, *transfer, reason, sheet),
        }
    }

    fn open(&mut self, submission: &Submission, asset: AssetCode, sheet: &mut Sheet) -> Result<(), ExecuteError> {
        // A number that is taken shows as a conflict on its stream, and the next attempt draws another.
        let number = AccountNumber::from_digits(self.ids.digits());
        let account = AccountId::new(self.ids.fresh());
        let holder = Holder::Member { owner: submission.actor.id, number };
        self.record_account(account, AccountEvent::Opened { holder, asset }, None, sheet);
        sheet.drafts.push(self.desk, number.stream(), Kind::Number, AccountNumberAssigned { account }.into());
        Ok(())
    }

    fn change(
        &mut self,
        submission: &Submission,
        id: AccountId,
        reason: &Option<String>,
        change: Change,
        sheet: &mut Sheet,
    ) -> Result<(), ExecuteError> {
        let account = self.desk.account(id).ok_or(ExecuteError::AccountUnknown)?;
        // System accounts are nobody's to freeze or close; a member's account is nobody else's to know of.
        let owner = account.owner().ok_or(ExecuteError::AccountUnknown)?;
        if submission.actor.role == Role::Member && owner != submission.actor.id {
            return Err(ExecuteError::AccountUnknown);
        }
        match change(account) {
            Ok(event) => self.record_account(id, event, reason.clone(), sheet),
            Err(refusal) => {
                sheet.refused_on.push(id.into());
                self.refuse_command(submission, refusal, sheet);
            }
        }
        Ok(())
    }

    fn batch(
        &mut self,
        submission: &Submission,
        atomic: bool,
        orders: &[TransferOrder],
        sheet: &mut Sheet,
    ) -> Result<(), ExecuteError> {
        let savepoint = atomic.then(|| self.desk.savepoint());
        let mut refused = Vec::new();
        for order in orders {
            refused.push(self.order(submission, order, sheet)?);
        }
        let (Some(savepoint), true) = (savepoint, refused.iter().any(Option::is_some)) else { return Ok(()) };
        self.desk.roll_back(savepoint);
        sheet.drafts = Drafts::default();
        // The first no stands; what came after it was decided on money that will not move.
        let culprit = refused.iter().position(Option::is_some);
        for (index, order) in orders.iter().enumerate() {
            let refusal = match refused[index] {
                Some(refusal) if Some(index) == culprit => refusal,
                _ => Refusal::BatchAborted,
            };
            let plan = Plan::of(order, self.destination(order));
            self.reject(plan, refusal, sheet);
        }
        Ok(())
    }

    fn order(
        &mut self,
        submission: &Submission,
        order: &TransferOrder,
        sheet: &mut Sheet,
    ) -> Result<Option<Refusal>, ExecuteError> {
        let owner = self.desk.account(order.source).map(Account::owner);
        if submission.actor.role == Role::Member && owner.is_some_and(|owner| owner != Some(submission.actor.id)) {
            return Err(ExecuteError::NotOwner);
        }
        Ok(self.post(Plan::of(order, self.destination(order)), sheet))
    }

    fn destination(&self, order: &TransferOrder) -> Option<AccountId> {
        match order.destination {
            Destination::Account(account) => Some(account),
            Destination::Number(number) => self.desk.bearer(number),
        }
    }

    fn reverse(
        &mut self,
        submission: &Submission,
        id: TransferId,
        reason: &str,
        sheet: &mut Sheet,
    ) -> Result<(), ExecuteError> {
        let transfer = self.desk.transfer(id).ok_or(ExecuteError::TransferUnknown)?;
        let (source, destination, money) = match transfer.reverse() {
            Ok(parts) => parts,
            Err(refusal) => {
                sheet.refused_on.push(id.into());
                self.refuse_command(submission, refusal, sheet);
                return Ok(());
            }
        };
        let memo = Some(reason.to_owned());
        let plan = Plan { memo, reverses: Some(id), ..Plan::new(TransferKind::Reversal, source, money) };
        self.post(Plan { destination: Some(destination), ..plan }, sheet);
        Ok(())
    }

    /// Tries a movement: posts it, or keeps the refusal.
    fn post(&mut self, plan: Plan, sheet: &mut Sheet) -> Option<Refusal> {
        let transfer = TransferId::new(self.ids.fresh());
        match self.movement(transfer, &plan) {
            Ok(postings) => {
                if let Some(original) = plan.reverses {
                    let reversed = stored::record_reversed(transfer);
                    sheet.drafts.push(self.desk, original.into(), Kind::Transfer, reversed);
                }
                let (source, destination) = (plan.source, plan.destination);
                sheet.drafts.push_new(transfer.into(), TransferPosted(plan.facts()));
                self.record_account(source, postings.debit, None, sheet);
                if let Some(destination) = destination {
                    self.record_account(destination, postings.credit, None, sheet);
                }
                None
            }
            Err(refusal) => {
                self.reject(plan, refusal, sheet);
                Some(refusal)
            }
        }
    }

    fn movement(&self, transfer: TransferId, plan: &Plan) -> Result<Postings, Refusal> {
        let moves_to = plan.destination.unwrap_or(AccountId::new(uuid::Uuid::nil()));
        // The bank's own accounts are touched only where the outside is meant, or where an earlier movement did.
        let (system_pays, system_receives) = match plan.kind {
            TransferKind::Transfer => (false, false),
            TransferKind::Deposit => (true, false),
            TransferKind::Withdrawal => (false, true),
            TransferKind::Reversal => (true, true),
        };
        let account = |id, system| self.desk.account(id).filter(|account| system || account.owner().is_some());
        let movement = Movement {
            transfer,
            source: (plan.source, account(plan.source, system_pays)),
            destination: (moves_to, account(moves_to, system_receives)),
            money: plan.money,
        };
        let limits = if plan.kind == TransferKind::Transfer { &self.options.limits } else { const { &Limits::NONE } };
        movement.decide(limits)
    }

    fn reject(&self, plan: Plan, refusal: Refusal, sheet: &mut Sheet) {
        let transfer = TransferId::new(self.ids.fresh());
        sheet.refused_on.push(plan.source.into());
        sheet.refused_on.extend(plan.destination.map(StreamId::from));
        let rejected = TransferRejected { facts: plan.facts(), refusal: stored::record_refusal(refusal) };
        sheet.drafts.push_new(transfer.into(), rejected);
    }

    fn refuse_command(&self, submission: &Submission, refusal: Refusal, sheet: &mut Sheet) {
        let refused = CommandRefused { refusal: stored::record_refusal(refusal) };
        sheet.drafts.push_new(submission.command_id.into(), refused);
    }

    /// This server's account for money outside; opened when it is first needed.
    fn cash(&mut self, asset: AssetCode, sheet: &mut Sheet) -> AccountId {
        let id = self.system.cash(asset);
        if self.desk.account(id).is_none() {
            let holder = Holder::System { name: self.system.cash_name() };
            self.record_account(id, AccountEvent::Opened { holder, asset }, None, sheet);
        }
        id
    }

    fn record_account(&mut self, id: AccountId, event: AccountEvent, reason: Option<String>, sheet: &mut Sheet) {
        let balance = self.desk.account(id).map(|account| account.balance).unwrap_or_default();
        let recorded = stored::record_account(event, balance, reason);
        sheet.drafts.push(self.desk, id.into(), Kind::Account, recorded);
    }
}

impl Plan {
    fn new(kind: TransferKind, source: AccountId, money: Money) -> Self {
        Self { kind, source, destination: None, money, memo: None, reference: None, reverses: None }
    }

    fn of(order: &TransferOrder, destination: Option<AccountId>) -> Self {
        let plan = Self::new(TransferKind::Transfer, order.source, order.money);
        Self { destination, memo: order.memo.clone(), ..plan }
    }

    fn facts(self) -> TransferFacts {
        TransferFacts {
            kind: stored::record_kind(self.kind),
            source: Some(self.source),
            destination: self.destination,
            asset: self.money.asset,
            amount: self.money.amount,
            memo: self.memo,
            reference: self.reference,
            reverses: self.reverses,
        }
    }
}
