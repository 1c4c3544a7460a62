//! Deciding: one command against the unit of work gives the events it writes, or says why there are none.

use std::error::Error;

use contracts::recorded::{
    AccountNumberAssigned, CommandRefused, Recorded, TransferFacts, TransferPosted, TransferRejected,
};
use domain::{Account, AccountEvent, Holder, Limits, Movement, OwnerEvent, Postings, Refusal, TransferKind};
use kernel::{AccountId, AccountNumber, AssetCode, Ids, Money, Role, StreamId, TransferId};

use super::{
    ExecutorOptions, needs, pending_events::PendingEvents, stream::FoldError, system::SystemAccounts,
    unit_of_work::UnitOfWork,
};
use crate::{Command, Destination, ExecuteError, Submission, TransferOrder, stored};

/// What a command comes to.
pub struct Decision {
    /// What it writes, or why it writes nothing.
    pub pending: Result<PendingEvents, ExecuteError>,
    /// The streams whose state a refusal rests on: it stands only if they are as the log has them.
    pub refused_on: Vec<StreamId>,
    /// An event of it does not fit its stream. What it left in the unit of work is worth nothing: without it, the rest of the batch
    /// is decided again from the start.
    pub is_defect: bool,
}

/// Decides commands, one after the other, each on what the ones before left in the unit of work.
pub struct Decider<'a> {
    pub unit: &'a mut UnitOfWork,
    pub options: &'a ExecutorOptions,
    pub system: &'a SystemAccounts,
    pub ids: &'a dyn Ids,
}

/// A movement with what belongs to it, ready to be tried.
struct PendingTransfer {
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
struct DecisionBuilder {
    pending: PendingEvents,
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
        let mut builder = DecisionBuilder::default();
        let (pending, is_defect) = match self.dispatch(submission, &mut builder) {
            Ok(()) => (Ok(builder.pending), false),
            Err(Nothing::Error(error)) => (Err(error), false),
            Err(Nothing::Defect(error)) => {
                let error = &error as &dyn Error;
                tracing::error!(error, command.id = %submission.command_id, "a command does not fit the log");
                (Err(ExecuteError::Internal), true)
            }
        };
        Decision { pending, refused_on: builder.refused_on, is_defect }
    }

    fn dispatch(&mut self, submission: &Submission, builder: &mut DecisionBuilder) -> Result<(), Nothing> {
        if self.unit.has_broken() {
            let named = needs::named(submission, self.unit, self.system);
            if named.into_iter().any(|id| self.unit.is_broken(id)) {
                return Err(ExecuteError::Internal.into());
            }
        }
        match &submission.command {
            Command::OpenAccount { asset } => self.open(submission, *asset, builder),
            Command::CloseAccount { account, reason } => {
                self.change(submission, *account, reason, Account::close, builder)
            }
            Command::FreezeAccount { account, reason } => {
                self.change(submission, *account, reason, Account::freeze, builder)
            }
            Command::UnfreezeAccount { account, reason } => {
                self.change(submission, *account, reason, Account::unfreeze, builder)
            }
            Command::Deposit { account, money, reference } => {
                let cash = self.cash(money.asset, builder)?;
                let plan = PendingTransfer {
                    reference: Some(reference.clone()),
                    ..PendingTransfer::new(TransferKind::Deposit, cash, *money)
                };
                self.post(PendingTransfer { destination: Some(*account), ..plan }, builder)?;
                Ok(())
            }
            Command::Withdraw { account, money, reference } => {
                let cash = self.cash(money.asset, builder)?;
                let plan = PendingTransfer::new(TransferKind::Withdrawal, *account, *money);
                self.post(
                    PendingTransfer { destination: Some(cash), reference: Some(reference.clone()), ..plan },
                    builder,
                )?;
                Ok(())
            }
            Command::Transfer(order) => self.order(submission, order, builder).map(|_| ()),
            Command::TransferBatch { atomic, orders } => self.batch(submission, *atomic, orders, builder),
            Command::Reverse { transfer, reason } => self.reverse(submission, *transfer, reason, builder),
        }
    }

    fn open(
        &mut self,
        submission: &Submission,
        asset: AssetCode,
        builder: &mut DecisionBuilder,
    ) -> Result<(), Nothing> {
        let owner = submission.actor.id;
        if self.unit.has_left(owner) {
            return Err(ExecuteError::OwnerLeft.into());
        }
        let number = self.free_number()?;
        let account = AccountId::new(self.ids.fresh());
        let holder = Holder::Member { owner, number };
        self.record_account(account, AccountEvent::Opened { holder, asset }, None, builder)?;
        builder.push(self.unit, number.stream(), AccountNumberAssigned { account }.into())?;
        // Leaving writes to this stream too: whichever of the two comes second conflicts, and is decided again.
        let added = stored::record_owner(owner, OwnerEvent::AccountAdded { account });
        builder.push(self.unit, owner.owner_stream(), added)
    }

    /// A number that nobody bears as far as the unit of work knows. One that is taken shows as a conflict on its stream, and the
    /// next attempt draws another.
    fn free_number(&self) -> Result<AccountNumber, ExecuteError> {
        let is_free = |number: &AccountNumber| match self.unit.stream(number.stream()) {
            Some(stream) => stream.state.kind().is_none(),
            None => !self.unit.is_broken(number.stream()),
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
        builder: &mut DecisionBuilder,
    ) -> Result<(), Nothing> {
        let account = self.unit.account(id).ok_or(ExecuteError::AccountUnknown)?;
        // System accounts are nobody's to freeze or close; a member's account is nobody else's to know of.
        let owner = account.owner().ok_or(ExecuteError::AccountUnknown)?;
        if submission.actor.role == Role::Member && owner != submission.actor.id {
            return Err(ExecuteError::AccountUnknown.into());
        }
        match change(account) {
            Ok(event) => self.record_account(id, event, reason.clone(), builder)?,
            Err(refusal) => {
                builder.refused_on.push(id.into());
                self.refuse_command(submission, refusal, builder);
            }
        }
        Ok(())
    }

    fn batch(
        &mut self,
        submission: &Submission,
        atomic: bool,
        orders: &[TransferOrder],
        builder: &mut DecisionBuilder,
    ) -> Result<(), Nothing> {
        let savepoint = atomic.then(|| self.unit.savepoint());
        let mut refused = Vec::new();
        for order in orders {
            refused.push(self.order(submission, order, builder)?);
        }
        let (Some(savepoint), true) = (savepoint, refused.iter().any(Option::is_some)) else { return Ok(()) };
        self.unit.roll_back(savepoint);
        builder.pending = PendingEvents::default();
        // The first no stands; what came after it was decided on money that will not move.
        let culprit = refused.iter().position(Option::is_some);
        for (index, order) in orders.iter().enumerate() {
            let refusal = match refused[index] {
                Some(refusal) if Some(index) == culprit => refusal,
                _ => Refusal::BatchAborted,
            };
            let plan = PendingTransfer::of(order, self.destination(order));
            self.reject(plan, refusal, builder);
        }
        Ok(())
    }

    fn order(
        &mut self,
        submission: &Submission,
        order: &TransferOrder,
        builder: &mut DecisionBuilder,
    ) -> Result<Option<Refusal>, Nothing> {
        let owner = self.unit.account(order.source).map(Account::owner);
        if submission.actor.role == Role::Member && owner.is_some_and(|owner| owner != Some(submission.actor.id)) {
            return Err(ExecuteError::NotOwner.into());
        }
        self.post(PendingTransfer::of(order, self.destination(order)), builder)
    }

    fn destination(&self, order: &TransferOrder) -> Option<AccountId> {
        match order.destination {
            Destination::Account(account) => Some(account),
            Destination::Number(number) => self.unit.reserved_for(number),
        }
    }

    fn reverse(
        &mut self,
        submission: &Submission,
        id: TransferId,
        reason: &str,
        builder: &mut DecisionBuilder,
    ) -> Result<(), Nothing> {
        let transfer = self.unit.transfer(id).ok_or(ExecuteError::TransferUnknown)?;
        let (source, destination, money) = match transfer.reverse() {
            Ok(parts) => parts,
            Err(refusal) => {
                builder.refused_on.push(id.into());
                self.refuse_command(submission, refusal, builder);
                return Ok(());
            }
        };
        let memo = Some(reason.to_owned());
        let plan =
            PendingTransfer { memo, reverses: Some(id), ..PendingTransfer::new(TransferKind::Reversal, source, money) };
        self.post(PendingTransfer { destination: Some(destination), ..plan }, builder)?;
        Ok(())
    }

    /// Tries a movement: posts it, or keeps the refusal.
    fn post(&mut self, plan: PendingTransfer, builder: &mut DecisionBuilder) -> Result<Option<Refusal>, Nothing> {
        let transfer = TransferId::new(self.ids.fresh());
        match self.movement(transfer, &plan) {
            Ok(postings) => {
                if let Some(original) = plan.reverses {
                    let reversed = stored::record_reversed(transfer);
                    builder.push(self.unit, original.into(), reversed)?;
                }
                let (source, destination) = (plan.source, plan.destination);
                builder.pending.push_new(transfer.into(), TransferPosted(plan.facts()));
                self.record_account(source, postings.debit, None, builder)?;
                if let Some(destination) = destination {
                    self.record_account(destination, postings.credit, None, builder)?;
                }
                Ok(None)
            }
            Err(refusal) => {
                self.reject(plan, refusal, builder);
                Ok(Some(refusal))
            }
        }
    }

    fn movement(&self, transfer: TransferId, plan: &PendingTransfer) -> Result<Postings, Refusal> {
        let moves_to = plan.destination.unwrap_or(AccountId::new(uuid::Uuid::nil()));
        // The bank's own accounts are touched only where the outside is meant, or where an earlier movement did.
        let (system_pays, system_receives) = match plan.kind {
            TransferKind::Transfer => (false, false),
            TransferKind::Deposit => (true, false),
            TransferKind::Withdrawal => (false, true),
            TransferKind::Reversal => (true, true),
        };
        let account = |id, system| self.unit.account(id).filter(|account| system || account.owner().is_some());
        let movement = Movement {
            transfer,
            source: (plan.source, account(plan.source, system_pays)),
            destination: (moves_to, account(moves_to, system_receives)),
            money: plan.money,
        };
        let limits = if plan.kind == TransferKind::Transfer { &self.options.limits } else { const { &Limits::NONE } };
        movement.decide(limits)
    }

    fn reject(&self, plan: PendingTransfer, refusal: Refusal, builder: &mut DecisionBuilder) {
        let transfer = TransferId::new(self.ids.fresh());
        builder.refused_on.push(plan.source.into());
        builder.refused_on.extend(plan.destination.map(StreamId::from));
        let rejected = TransferRejected { facts: plan.facts(), refusal: stored::record_refusal(refusal) };
        builder.pending.push_new(transfer.into(), rejected);
    }

    fn refuse_command(&self, submission: &Submission, refusal: Refusal, builder: &mut DecisionBuilder) {
        let refused = CommandRefused { refusal: stored::record_refusal(refusal) };
        builder.pending.push_new(submission.command_id.into(), refused);
    }

    /// This server's account for money outside; opened when it is first needed.
    fn cash(&mut self, asset: AssetCode, builder: &mut DecisionBuilder) -> Result<AccountId, Nothing> {
        let id = self.system.cash(asset);
        if self.unit.account(id).is_none() {
            let holder = Holder::System { name: self.system.cash_name() };
            self.record_account(id, AccountEvent::Opened { holder, asset }, None, builder)?;
        }
        Ok(id)
    }

    fn record_account(
        &mut self,
        id: AccountId,
        event: AccountEvent,
        reason: Option<String>,
        builder: &mut DecisionBuilder,
    ) -> Result<(), Nothing> {
        let balance = self.unit.account(id).map(|account| account.balance).unwrap_or_default();
        builder.push(self.unit, id.into(), stored::record_account(event, balance, reason))
    }
}

impl DecisionBuilder {
    /// Adds one more event and puts it in the unit of work, if it fits its stream.
    fn push(&mut self, unit: &mut UnitOfWork, stream: StreamId, recorded: Recorded) -> Result<(), Nothing> {
        self.pending.push(unit, stream, recorded).map_err(Nothing::Defect)
    }
}

impl PendingTransfer {
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
