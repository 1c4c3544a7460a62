//! Deciding: one command against the desk gives the events it writes, or says why there are none.

use std::error::Error;

use contracts::recorded::{
    AccountNumberAssigned, CommandRefused, Recorded, TransferFacts, TransferPosted, TransferRejected,
};
use domain::{Account, AccountEvent, Holder, Limits, Movement, OwnerEvent, Postings, Refusal, TransferKind};
use kernel::{AccountId, AccountNumber, AssetCode, Ids, Money, Role, StreamId, TransferId};

use super::{ExecutorOptions, desk::Desk, drafting::Drafts, needs, stream::FoldError, system::SystemAccounts};
use crate::{Command, Destination, ExecuteError, Submission, TransferOrder, stored};

/// What a command comes to.
pub struct Decision {
    /// What it writes, or why it writes nothing.
    pub drafts: Result<Drafts, ExecuteError>,
    /// The streams whose state a refusal rests on: it stands only if they are as the log has them.
    pub refused_on: Vec<StreamId>,
    /// An event of it does not fit its stream. What it left on the desk is worth nothing: without it, the rest of the batch
    /// is decided again from the start.
    pub is_defect: bool,
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

/// Why a command comes to nothing.
enum Nothing {
    /// The answer says it.
    Error(ExecuteError),
    /// An event of it does not fit its stream.
    Defect(FoldError),
}

impl From<ExecuteError> for Nothing {
    fn from(error: ExecuteError) -> Self {
        Self::Error(error)
    }
}

impl From<FoldError> for Nothing {
    fn from(error: FoldError) -> Self {
        Self::Defect(error)
    }
}

type Change = fn(&Account) -> Result<AccountEvent, Refusal>;

/// So many account numbers are drawn for one account before the command is turned away.
const DRAWS: usize = 16;

impl Decider<'_> {
    pub fn decide(&mut self, submission: &Submission) -> Decision {
        let mut sheet = Sheet::default();
        let (drafts, is_defect) = match self.dispatch(submission, &mut sheet) {
            Ok(()) => (Ok(sheet.drafts), false),
            Err(Nothing::Error(error)) => (Err(error), false),
            Err(Nothing::Defect(error)) => {
                let error = &error as &dyn Error;
                tracing::error!(error, command.id = %submission.command_id, "a command does not fit the log");
                (Err(ExecuteError::Internal), true)
            }
        };
        Decision { drafts, refused_on: sheet.refused_on, is_defect }
    }

    fn dispatch(&mut self, submission: &Submission, sheet: &mut Sheet) -> Result<(), Nothing> {
        if self.desk.has_broken() {
            let named = needs::named(submission, self.desk, self.system);
            if named.into_iter().any(|id| self.desk.is_broken(id)) {
                return Err(ExecuteError::Internal.into());
            }
        }
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
                let cash = self.cash(money.asset, sheet)?;
                let plan =
                    Plan { reference: Some(reference.clone()), ..Plan::new(TransferKind::Deposit, cash, *money) };
                self.post(Plan { destination: Some(*account), ..plan }, sheet)?;
                Ok(())
            }
            Command::Withdraw { account, money, reference } => {
                let cash = self.cash(money.asset, sheet)?;
                let plan = Plan::new(TransferKind::Withdrawal, *account, *money);
                self.post(Plan { destination: Some(cash), reference: Some(reference.clone()), ..plan }, sheet)?;
                Ok(())
            }
            Command::Transfer(order) => self.order(submission, order, sheet).map(|_| ()),
            Command::TransferBatch { atomic, orders } => self.batch(submission, *atomic, orders, sheet),
            Command::Reverse { transfer, reason } => self.reverse(submission, *transfer, reason, sheet),
        }
    }

    fn open(&mut self, submission: &Submission, asset: AssetCode, sheet: &mut Sheet) -> Result<(), Nothing> {
        let owner = submission.actor.id;
        if self.desk.has_left(owner) {
            return Err(ExecuteError::OwnerLeft.into());
        }
        let number = self.free_number()?;
        let account = AccountId::new(self.ids.fresh());
        let holder = Holder::Member { owner, number };
        self.record_account(account, AccountEvent::Opened { holder, asset }, None, sheet)?;
        sheet.push(self.desk, number.stream(), AccountNumberAssigned { account }.into())?;
        // Leaving writes to this stream too: whichever of the two comes second conflicts, and is decided again.
        let added = stored::record_owner(owner, OwnerEvent::AccountAdded { account });
        sheet.push(self.desk, owner.owner_stream(), added)
    }

    /// A number that nobody bears as far as the desk knows. One that is taken shows as a conflict on its stream, and the
    /// next attempt draws another.
    fn free_number(&self) -> Result<AccountNumber, ExecuteError> {
        let is_free = |number: &AccountNumber| match self.desk.stream(number.stream()) {
            Some(stream) => stream.state.kind().is_none(),
            None => !self.desk.is_broken(number.stream()),
        };
        let mut drawn = (0..DRAWS).map(|_| AccountNumber::from_digits(self.ids.digits()));
        drawn.find(is_free).ok_or(ExecuteError::Contended)
    }

    fn change(
        &mut self,
        submission: &Submission,
        id: AccountId,
        reason: &Option<String>,
        change: Change,
        sheet: &mut Sheet,
    ) -> Result<(), Nothing> {
        let account = self.desk.account(id).ok_or(ExecuteError::AccountUnknown)?;
        // System accounts are nobody's to freeze or close; a member's account is nobody else's to know of.
        let owner = account.owner().ok_or(ExecuteError::AccountUnknown)?;
        if submission.actor.role == Role::Member && owner != submission.actor.id {
            return Err(ExecuteError::AccountUnknown.into());
        }
        match change(account) {
            Ok(event) => self.record_account(id, event, reason.clone(), sheet)?,
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
    ) -> Result<(), Nothing> {
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
    ) -> Result<Option<Refusal>, Nothing> {
        let owner = self.desk.account(order.source).map(Account::owner);
        if submission.actor.role == Role::Member && owner.is_some_and(|owner| owner != Some(submission.actor.id)) {
            return Err(ExecuteError::NotOwner.into());
        }
        self.post(Plan::of(order, self.destination(order)), sheet)
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
    ) -> Result<(), Nothing> {
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
        self.post(Plan { destination: Some(destination), ..plan }, sheet)?;
        Ok(())
    }

    /// Tries a movement: posts it, or keeps the refusal.
    fn post(&mut self, plan: Plan, sheet: &mut Sheet) -> Result<Option<Refusal>, Nothing> {
        let transfer = TransferId::new(self.ids.fresh());
        match self.movement(transfer, &plan) {
            Ok(postings) => {
                if let Some(original) = plan.reverses {
                    let reversed = stored::record_reversed(transfer);
                    sheet.push(self.desk, original.into(), reversed)?;
                }
                let (source, destination) = (plan.source, plan.destination);
                sheet.drafts.push_new(transfer.into(), TransferPosted(plan.facts()));
                self.record_account(source, postings.debit, None, sheet)?;
                if let Some(destination) = destination {
                    self.record_account(destination, postings.credit, None, sheet)?;
                }
                Ok(None)
            }
            Err(refusal) => {
                self.reject(plan, refusal, sheet);
                Ok(Some(refusal))
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
    fn cash(&mut self, asset: AssetCode, sheet: &mut Sheet) -> Result<AccountId, Nothing> {
        let id = self.system.cash(asset);
        if self.desk.account(id).is_none() {
            let holder = Holder::System { name: self.system.cash_name() };
            self.record_account(id, AccountEvent::Opened { holder, asset }, None, sheet)?;
        }
        Ok(id)
    }

    fn record_account(
        &mut self,
        id: AccountId,
        event: AccountEvent,
        reason: Option<String>,
        sheet: &mut Sheet,
    ) -> Result<(), Nothing> {
        let balance = self.desk.account(id).map(|account| account.balance).unwrap_or_default();
        sheet.push(self.desk, id.into(), stored::record_account(event, balance, reason))
    }
}

impl Sheet {
    /// Drafts one more event and puts it on the desk, if it fits its stream.
    fn push(&mut self, desk: &mut Desk, stream: StreamId, recorded: Recorded) -> Result<(), Nothing> {
        self.drafts.push(desk, stream, recorded).map_err(Nothing::Defect)
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
