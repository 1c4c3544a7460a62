//! A decision under way: what a command sees, and the events it comes to.

use std::{collections::HashMap, net::IpAddr, ops::Deref};

use domain::{Operator, approval::Decider};
use events::recorded::{
    self, ApprovalRequested, CommandRefused, OperatorActed, OperatorApproval, PartnerKeyUsed, Refusal,
    RefusedCommandEvent, TransferEvent,
};
use kernel::{Actor, ApprovalId, CommandId, Ids, OperatorId, PartnerId, PartnerKeyId, Role, StreamId, TransferId};

use log::Wanted;

use super::{FoldError, OperatorAct, PendingEvent, PresentedToken, UnitOfWork, layer::Changed};
use crate::ExecuteError;

/// What a command decides with. It reads the unit of work as the commands before it in the batch left it, and adds events.
pub struct Decision<'a> {
    unit: &'a mut UnitOfWork,
    /// Fresh ids and random digits.
    pub ids: &'a dyn Ids,
    /// Who asks.
    pub actor: Actor,
    /// The command.
    pub command_id: CommandId,
    events: Vec<PendingEvent>,
    refused_on: Vec<StreamId>,
    /// The operator who asks, if they logged in, and why.
    acting: Option<Decider>,
    /// Where they sent it from.
    from: Option<IpAddr>,
    /// What another operator asked for and this one approves.
    approved: Option<(ApprovalId, ApprovalRequested)>,
    /// Whether the bank is set not to ask for a second operator where it could.
    unapproved: bool,
    defect: Option<FoldError>,
}

/// What a decision came to.
pub struct Decided {
    /// What it writes; nothing if it was refused without a record, or if nothing has to be written.
    pub events: Vec<PendingEvent>,
    /// The streams whose state a refusal rests on: it stands only if they are as the log has them.
    pub refused_on: Vec<StreamId>,
    /// Why it cannot be decided: a stream that it names cannot be folded, or an event of it does not fit its stream.
    pub defect: Option<Defect>,
}

/// Why a command cannot be decided on what the log holds.
#[derive(Debug, thiserror::Error)]
pub enum Defect {
    #[error("a command names a stream that must be fetched from the archive first")]
    NotFetched(Wanted),
    #[error("a command names a stream that cannot be folded")]
    BrokenStream,
    #[error("an event of a command does not fit its stream")]
    Event(#[source] FoldError),
    #[error("a command came to an error after it had added events")]
    LateError,
}

/// The state of a decision, to go back to.
pub struct Savepoint(HashMap<StreamId, Changed>);

impl<'a> Decision<'a> {
    pub(super) fn new(unit: &'a mut UnitOfWork, ids: &'a dyn Ids, actor: Actor, command_id: CommandId) -> Self {
        unit.begin_command();
        let (events, refused_on) = (Vec::new(), Vec::new());
        let (acting, from, approved, unapproved, defect) = (None, None, None, false, None);
        Self { unit, ids, actor, command_id, events, refused_on, acting, from, approved, unapproved, defect }
    }

    /// The operator who asks, if they logged in. Nobody while their stream is missing.
    pub fn acting(&self) -> Option<&Decider> {
        self.acting.as_ref()
    }

    /// Whoever asks approves of what another operator asked for: it is recorded as that one's act.
    pub fn act_for(&mut self, approval: ApprovalId, requested: ApprovalRequested) {
        self.approved = Some((approval, requested));
    }

    /// What is decided could need a second operator, and the bank is set not to ask for one.
    pub fn go_unapproved(&mut self) {
        self.unapproved = true;
    }

    /// The code of the refusal that the command has come to so far.
    pub fn refused_with(&self) -> Option<&str> {
        self.events.iter().find_map(|event| match &event.recorded {
            recorded::Event::RefusedCommand(RefusedCommandEvent::Refused(refused)) => {
                Some(refused.refusal.code.as_str())
            }
            recorded::Event::Transfer(TransferEvent::Rejected(rejected)) => Some(rejected.refusal.code.as_str()),
            _ => None,
        })
    }

    /// What the command has come to so far.
    pub fn recorded(&self) -> impl Iterator<Item = &recorded::Event> {
        self.events.iter().map(|event| &event.recorded)
    }

    /// Adds one more event and puts it in the unit of work. One that does not fit its stream makes the command a defect.
    pub fn push(&mut self, stream: StreamId, recorded: impl Into<recorded::Event>) {
        let recorded = recorded.into();
        match self.unit.apply(stream, &recorded) {
            Ok(version) => self.events.push(PendingEvent { stream, version, recorded }),
            Err(error) => self.defect = self.defect.take().or(Some(error)),
        }
    }

    /// Adds the first event of a stream that nothing else of the batch can know of, so it need not be in the unit of work.
    pub fn push_new(&mut self, stream: StreamId, recorded: impl Into<recorded::Event>) {
        self.events.push(PendingEvent::first(stream, recorded));
    }

    /// The id of the next transfer of this command. The first takes the id of the command: such a stream is found by its command, and the log
    /// need not keep a row for it.
    pub fn next_transfer(&self) -> TransferId {
        let own = StreamId::from(self.command_id);
        let is_taken = self.events.iter().any(|event| event.stream == own);
        TransferId::new(if is_taken { self.ids.fresh() } else { own.uuid() })
    }

    /// Records a refusal, on the command's own stream: there it collides with nothing but itself.
    pub fn refuse(&mut self, refusal: impl Into<Refusal>) {
        self.push_new(self.command_id.into(), CommandRefused { refusal: refusal.into() });
    }

    /// A refusal rests on the state of this stream.
    pub fn rests_on(&mut self, stream: StreamId) {
        self.refused_on.push(stream);
    }

    /// What was changed so far, to go back to.
    pub fn savepoint(&self) -> Savepoint {
        Savepoint(self.unit.savepoint())
    }

    /// Goes back to a savepoint of a moment at which the command had no events.
    pub fn roll_back(&mut self, to: Savepoint) {
        self.unit.roll_back(to.0);
        self.events.clear();
    }

    /// Refuses an operator who logged in and was disabled since, whatever the list of revoked tokens says; else takes note of who acts. Before
    /// anything is decided: what is refused so is not recorded.
    pub(super) fn admit(
        &mut self,
        token: Option<PresentedToken>,
        act: Option<&OperatorAct>,
    ) -> Result<(), ExecuteError> {
        let Some(act) = act.filter(|_| self.actor.role == Role::Operator) else { return Ok(()) };
        let operator = OperatorId::new(self.actor.id.uuid());
        let known: Option<&Operator> = self.unit.get(operator.into());
        // A stream that is missing is read first.
        if self.unit.lacks_any() {
            return Ok(());
        }
        let session = token.and_then(|token| token.session);
        let (known, session) = known.filter(|known| known.is_enabled).zip(session).ok_or(ExecuteError::TokenRefused)?;
        let (name, role, reason) = (known.name.clone(), known.role, act.reason.as_ref().to_owned());
        self.acting = Some(Decider { operator, name, role, session, reason });
        self.from = act.from;
        Ok(())
    }

    /// Records with which key a partner sent the command, or which operator did and why: the actor of the commit is the partner, whichever of
    /// its keys it used. Last, so that what was decided is found where it always is.
    pub(super) fn sign(&mut self, token: Option<PresentedToken>) {
        let key = token.and_then(|token| token.session).filter(|_| self.actor.role == Role::Partner);
        if let Some(key) = key.filter(|_| !self.events.is_empty()) {
            let (partner, key) = (PartnerId::new(self.actor.id.uuid()), PartnerKeyId::new(key));
            self.push_new(self.command_id.key_use_stream(), PartnerKeyUsed { partner, key });
        }
        let first = self.events.first().map(|first| (first.recorded.event_type().name, first.stream));
        if let (Some(acting), Some((action, subject))) = (self.acting.take(), first) {
            let acted = self.act_of(acting, action.to_owned(), subject);
            self.push_new(self.command_id.operator_act_stream(), acted);
        }
    }

    /// Whose act it is: of whoever asks, or of the operator whose request they approve.
    fn act_of(&mut self, acting: Decider, action: String, subject: StreamId) -> OperatorActed {
        let (unapproved, from) = (self.unapproved, self.from);
        let Decider { operator, name, session, reason, .. } = acting;
        match self.approved.take() {
            None => {
                let approval = None;
                OperatorActed { operator, name, session, from, reason, action, subject, approval, unapproved }
            }
            Some((approval_id, requested)) => OperatorActed {
                operator: requested.requested_by,
                name: requested.requested_by_name,
                session: requested.session,
                from,
                reason: requested.reason,
                action,
                subject,
                approval: Some(OperatorApproval { approval_id, approver: operator, approver_name: name }),
                unapproved,
            },
        }
    }

    /// What it comes to; nothing is written after an error.
    pub(super) fn finish(self, is_error: bool) -> Decided {
        let broken = self.unit.met_broken_stream().then_some(Defect::BrokenStream);
        let not_fetched = self.unit.met_not_fetched().map(Defect::NotFetched);
        let late = (is_error && !self.events.is_empty()).then_some(Defect::LateError);
        let events = if is_error { Vec::new() } else { self.events };
        let defect = not_fetched.or(broken).or(self.defect.map(Defect::Event)).or(late);
        Decided { events, refused_on: self.refused_on, defect }
    }
}

impl Deref for Decision<'_> {
    type Target = UnitOfWork;

    fn deref(&self) -> &UnitOfWork {
        self.unit
    }
}
