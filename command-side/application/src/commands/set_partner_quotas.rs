//! The quotas of a partner are set: how often it may ask, and which limits count for its accounts.

use std::sync::Arc;

use domain::Partner;
use events::recorded::{AccountEvent, Event, PartnerEvent, PartnerQuotasSet};
use kernel::{AccountId, PartnerId, StreamId};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::{MoneyRules, refusal_outcome::refusal_outcome};
use crate::{
    ExecuteError, Outcome, QuotasAnswer,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Set the quotas of a partner; by an operator. The limits are assigned to every account that it has, in the same commit, and to each that it
/// opens later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetPartnerQuotas {
    /// Whose.
    pub partner: PartnerId,
    /// So many requests in a second; the usual number without it.
    pub requests_per_second: Option<u32>,
    /// So many at once.
    pub burst: Option<u32>,
    /// The names of the limits.
    pub limits: Vec<String>,
}

impl Command for SetPartnerQuotas {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let partner: &Partner = work.get(self.partner.into()).ok_or(ExecuteError::PartnerUnknown)?;
        let mut limits = self.limits.clone();
        limits.sort_unstable();
        limits.dedup();
        let changed = match partner.limits() == limits {
            // What an operator assigned to one account stays.
            true => Vec::new(),
            false => assigned(work, &partner.accounts, &limits),
        };
        let may = work.limits().may_assign(&limits);
        // An account that is not read yet would be left out.
        if work.lacks_any() {
            return Ok(());
        }
        if let Err(refusal) = may {
            work.rests_on(StreamId::LIMITS);
            work.refuse(refusal);
            return Ok(());
        }
        let (requests_per_second, burst) = (self.requests_per_second, self.burst);
        work.push(self.partner.into(), PartnerQuotasSet { requests_per_second, burst, limits });
        for (account, event) in changed {
            work.push(account.into(), event);
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
        let Event::Partner(PartnerEvent::QuotasSet(set)) = &first.recorded else { return Err(IncompleteEvents) };
        let answer = QuotasAnswer { partner_id: self.partner, set: set.clone(), position: place.first };
        Ok(Arc::new(Outcome::PartnerQuotasSet(answer)))
    }
}

/// What assigning these limits does to those of the accounts that can have them and have not.
fn assigned(work: &Decision<'_>, accounts: &[AccountId], limits: &[String]) -> Vec<(AccountId, AccountEvent)> {
    let assign = |id: &AccountId| {
        let account = work.account(*id).filter(|account| account.limits != limits)?;
        Some((*id, account.assign_limits(limits.to_vec()).ok()?))
    };
    accounts.iter().filter_map(assign).collect()
}
