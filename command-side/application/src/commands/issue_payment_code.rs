//! A member is given a code that pays once from an account of theirs.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::payment_code;
use events::recorded::{Event, PaymentCodeEvent};
use kernel::{AccountId, Money, PaymentCodeId, StreamId};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{MoneyRules, own_stream::is_new, refusal_outcome::refusal_outcome, transfer::require_owner};
use crate::{
    ExecuteError, Outcome, PaymentCodeAnswer,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Issue a payment code; by the owner of the account. Only its id is known here: the code is derived from the command by whoever answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IssuePaymentCode {
    /// The keyed hash of the code.
    pub code: PaymentCodeId,
    /// The account that pays.
    pub source: AccountId,
    /// For how long it pays, in seconds.
    pub expires_in: u32,
    /// The most that it pays.
    pub max: Option<Money>,
}

impl Command for IssuePaymentCode {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        require_owner(work, self.source)?;
        let stream = StreamId::from(self.code);
        // That two commands have one code is not to be expected: there are 10^23.
        is_new(work, stream)?;
        // Without the time it is asked again.
        let Some(now) = work.log_time() else { return Ok(()) };
        let expires_at = now + TimeDelta::seconds(self.expires_in.into());
        match payment_code::issue(self.source, work.account(self.source), self.max, expires_at) {
            Ok(issued) => work.push(stream, issued),
            Err(refusal) => {
                work.rests_on(self.source.into());
                work.refuse(refusal);
            }
        }
        Ok(())
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        place: Option<Appended>,
        _: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        let (first, place) = events.first().zip(place).ok_or(IncompleteEvents)?;
        if let Some(refused) = refusal_outcome(first) {
            return Ok(refused);
        }
        let Event::PaymentCode(PaymentCodeEvent::Issued(issued)) = &first.recorded else {
            return Err(IncompleteEvents);
        };
        let (issued, position, recorded_at) = (issued.clone(), place.first, place.recorded_at);
        Ok(Arc::new(Outcome::PaymentCodeIssued(PaymentCodeAnswer { issued, position, recorded_at })))
    }
}
