//! Which public events a recorded event becomes.

use std::collections::HashMap;

use events::recorded::{
    AccountNumberEvent, Event, HoldEvent, LimitReached, LimitsEvent, MemberEvent, OwnerEvent, PasswordResetEvent,
    PaymentCodeEvent, PayoutRowsEvent, ProcessEvent, ProcessState, QuoteEvent, RateEvent, ReferenceEvent, Refusal,
    RefusedCommandEvent, ReservationEvent, SignUpEvent,
};
use kernel::{AccountId, Actor, HoldId, MemberId, ProcessId, Role, TransferId};

use super::{
    error::TranslateError,
    index::{Index, Recorded},
    writer::{Audience, Writer},
};
use crate::{Earlier, EventType, data};

/// The code of refusals that a limit causes.
const LIMIT_EXCEEDED: &str = "limit-exceeded";

/// Tells the events of one commit.
pub(super) struct Teller<'e, 'c> {
    pub index: Index<'e>,
    pub earlier: &'e Earlier,
    pub writer: Writer<'c>,
    /// Who asked for the commit.
    pub actor: Actor,
    /// How many legs of a transfer were told for an account.
    pub legs: HashMap<(TransferId, AccountId), usize>,
    /// How many changes of an account were told for a hold.
    pub holds: HashMap<HoldId, usize>,
}

impl Teller<'_, '_> {
    /// Tells one event. The match names every recorded event: what is new in the record is decided on here. What is private becomes nothing.
    pub(super) fn tell(&mut self, recorded: &Recorded) -> Result<(), TranslateError> {
        self.writer.stand_at(recorded.position);
        match &recorded.event {
            Event::Account(event) => self.account(recorded, event),
            Event::Transfer(event) => self.transfer(recorded, event),
            Event::Item(event) => self.item(recorded, event),
            Event::Offer(event) => self.offer(recorded, event),
            Event::StandingOrder(event) => self.standing_order(recorded, event),
            Event::PayoutRun(event) => self.payout_run(recorded, event),
            Event::Member(event) => self.member(recorded, event),
            Event::Process(event) => self.process(recorded, event),
            Event::RefusedCommand(RefusedCommandEvent::Refused(refused)) => {
                self.limit_exceeded(recorded, (None, None), &refused.refusal)
            }
            // Told with the event of the account in the same commit, so that the order of an account's events is that of its versions.
            Event::Hold(
                HoldEvent::Placed(_)
                | HoldEvent::Increased(_)
                | HoldEvent::Captured(_)
                | HoldEvent::Released(_)
                | HoldEvent::Expired(_),
            ) => Ok(()),
            // What they lead to is told with the transfer or the hold.
            Event::PaymentCode(PaymentCodeEvent::Issued(_) | PaymentCodeEvent::Used(_))
            | Event::Quote(QuoteEvent::Made(_) | QuoteEvent::Used(_))
            | Event::Reference(ReferenceEvent::Used(_))
            | Event::PayoutRows(PayoutRowsEvent::Added(_)) => Ok(()),
            // How the bank is set.
            Event::Rate(RateEvent::Set(_)) | Event::Limits(LimitsEvent::Set(_) | LimitsEvent::Deleted(_)) => Ok(()),
            // Told with the account itself.
            Event::AccountNumber(AccountNumberEvent::Assigned(_)) | Event::Owner(OwnerEvent::AccountAdded(_)) => Ok(()),
            // How a person signs up, is reached and leaves: `member.joined` and `member.erased` say all that others may know.
            Event::SignUp(
                SignUpEvent::Started(_)
                | SignUpEvent::CodeIssued(_)
                | SignUpEvent::CodeRefused(_)
                | SignUpEvent::Completed(_)
                | SignUpEvent::Ended(_),
            )
            | Event::PasswordReset(
                PasswordResetEvent::Started(_) | PasswordResetEvent::CodeRefused(_) | PasswordResetEvent::Completed(_),
            )
            | Event::Reservation(ReservationEvent::Reserved(_) | ReservationEvent::Released(_))
            | Event::Owner(OwnerEvent::Left(_)) => Ok(()),
            // Told with the process.
            Event::Owner(OwnerEvent::TopUpStarted(_) | OwnerEvent::TopUpEnded(_)) => Ok(()),
            // What others are told, and with which key they asked.
            Event::Webhook(_) | Event::WebhookList(_) | Event::Partner(_) | Event::PartnerKey(_) | Event::KeyUse(_) => {
                Ok(())
            }
            // Who runs the bank, what they ask one another for, and why they did what they did.
            Event::Operator(_) | Event::OperatorList(_) | Event::OperatorAct(_) | Event::Approval(_) => Ok(()),
        }
    }

    fn member(&mut self, recorded: &Recorded, event: &MemberEvent) -> Result<(), TranslateError> {
        let member_id = MemberId::new(recorded.stream.uuid());
        let (subject, audience) = (member_id.uuid(), Audience::owner(Some(member_id)));
        match event {
            MemberEvent::Joined(_) => {
                self.writer.tell(EventType::MemberJoined, subject, audience, &data::MemberJoined { member_id })
            }
            MemberEvent::Erased(erased) => {
                let erased = data::MemberErased { member_id, erasure_id: erased.erasure };
                self.writer.tell(EventType::MemberErased, subject, audience, &erased)
            }
            MemberEvent::ContactChangeStarted(_)
            | MemberEvent::ContactCodeRefused(_)
            | MemberEvent::ContactChanged(_)
            | MemberEvent::PasswordChanged(_)
            | MemberEvent::PersonalDataDisclosed(_)
            | MemberEvent::ErasureRequested(_) => Ok(()),
        }
    }

    fn process(&mut self, recorded: &Recorded, event: &ProcessEvent) -> Result<(), TranslateError> {
        let (of, leaves, code) = match event {
            ProcessEvent::Started(_) | ProcessEvent::StepBegun(_) => return Ok(()),
            ProcessEvent::StepTaken(taken) => (taken.of, taken.leaves, None),
            ProcessEvent::StepFailed(failed) => (failed.of, failed.leaves, Some(failed.code.clone())),
            ProcessEvent::Directed(directed) => (directed.of, directed.leaves, None),
        };
        let event_type = match leaves {
            ProcessState::Running | ProcessState::Waiting | ProcessState::Compensating => return Ok(()),
            ProcessState::Done => EventType::ProcessDone,
            ProcessState::Compensated => EventType::ProcessCompensated,
            ProcessState::Stuck => EventType::ProcessStuck,
        };
        let process = data::Process {
            process_id: ProcessId::new(recorded.stream.uuid()),
            kind: of.kind.as_str(),
            account_id: of.account,
            code,
        };
        self.writer.tell(event_type, recorded.stream.uuid(), Audience::owner(Some(of.owner)), &process)
    }

    /// Nothing unless a limit is the reason. Who asked is not told what is left of a limit of somebody else: of a transfer the owner of the
    /// paying account is told, of anything else operators only.
    pub(super) fn limit_exceeded(
        &mut self,
        recorded: &Recorded,
        (account_id, transfer_id): (Option<AccountId>, Option<TransferId>),
        refusal: &Refusal,
    ) -> Result<(), TranslateError> {
        if refusal.code != LIMIT_EXCEEDED {
            return Ok(());
        }
        let reached: Option<&LimitReached> = refusal.limit.as_deref();
        let exceeded = data::LimitExceeded {
            account_id,
            transfer_id,
            limit: reached.map(|limit| limit.name.clone()),
            window: reached.map(|limit| limit.window.as_str()),
            remaining: reached.and_then(|limit| limit.remaining),
            resets_at: reached.and_then(|limit| limit.resets_at),
        };
        let subject = account_id.map_or(recorded.stream.uuid(), AccountId::uuid);
        self.writer.tell(EventType::LimitExceeded, subject, Audience::of_account(account_id), &exceeded)
    }
}

/// Who may hear of what they asked for themselves; operators and services hear of everything.
pub(super) fn asker(actor: Actor) -> Option<MemberId> {
    match actor.role {
        Role::Member | Role::Partner => Some(actor.id),
        Role::Operator | Role::Service => None,
    }
}
