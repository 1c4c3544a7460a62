//! A key is issued to a partner.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::Partner;
use events::recorded::{Event, PartnerKeyEvent, PartnerKeyIssued};
use kernel::{PartnerId, PartnerKeyId, Scope};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::MoneyRules;
use crate::{
    ExecuteError, Outcome, PartnerKeyAnswer,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Issue a key to a partner; by an operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IssuePartnerKey {
    /// To whom.
    pub partner: PartnerId,
    /// Its id, if another command asked for it; else it follows from that of this one.
    #[serde(default)]
    pub key: Option<PartnerKeyId>,
    /// What it allows; at least one.
    pub scopes: Vec<Scope>,
    /// Until when.
    pub expires_at: Option<DateTime<Utc>>,
    /// The digest of its secret, in hexadecimal digits.
    pub digest: String,
}

impl Command for IssuePartnerKey {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let _: &Partner = work.get(self.partner.into()).ok_or(ExecuteError::PartnerUnknown)?;
        let issued = PartnerKeyIssued {
            partner: self.partner,
            scopes: self.scopes.clone(),
            expires_at: self.expires_at,
            digest: self.digest.clone(),
        };
        // Nobody knows of the key before this is answered.
        let key = self.key.unwrap_or_else(|| work.command_id.partner_key());
        work.push_new(key.into(), issued);
        Ok(())
    }

    fn answer(
        &self,
        events: &[PendingEvent],
        _: Option<Appended>,
        _: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        let first = events.first().ok_or(IncompleteEvents)?;
        let Event::PartnerKey(PartnerKeyEvent::Issued(issued)) = &first.recorded else { return Err(IncompleteEvents) };
        let key_id = PartnerKeyId::new(first.stream.uuid());
        let PartnerKeyIssued { partner, scopes, expires_at, .. } = issued.clone();
        let answer = PartnerKeyAnswer { key_id, partner_id: partner, scopes, expires_at };
        Ok(Arc::new(Outcome::PartnerKeyIssued(answer)))
    }
}
