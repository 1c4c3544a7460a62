//! A key of a partner is revoked.

use std::sync::Arc;

use domain::PartnerKey;
use events::recorded::PartnerKeyIssued;
use kernel::{PartnerId, PartnerKeyId};
use log::Appended;
use serde::{Deserialize, Serialize};

use super::MoneyRules;
use crate::{
    ExecuteError, Outcome, PartnerKeyAnswer,
    engine::{Command, Decision, IncompleteEvents, PendingEvent, UnitOfWork},
};

/// Revoke a key of a partner, for good; by an operator. One that was revoked stays so, and nothing is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RevokePartnerKey {
    /// Whose.
    pub partner: PartnerId,
    /// Which.
    pub key: PartnerKeyId,
}

impl Command for RevokePartnerKey {
    type Rules = MoneyRules;
    type Answer = Arc<Outcome>;
    type Error = ExecuteError;

    fn decide(&self, _: &MoneyRules, work: &mut Decision<'_>) -> Result<(), ExecuteError> {
        let key: Option<&PartnerKey> = work.get(self.key.into());
        let key = key.filter(|key| key.partner() == self.partner).ok_or(ExecuteError::KeyUnknown)?;
        if let Some(revoked) = key.revoke() {
            work.push(self.key.into(), revoked);
        }
        Ok(())
    }

    fn answer(
        &self,
        _: &[PendingEvent],
        _: Option<Appended>,
        unit: &UnitOfWork,
    ) -> Result<Arc<Outcome>, IncompleteEvents> {
        // How it was issued is the same on any day.
        let key: &PartnerKey = unit.get(self.key.into()).ok_or(IncompleteEvents)?;
        let PartnerKeyIssued { partner, scopes, expires_at, .. } = key.issued.clone();
        let answer = PartnerKeyAnswer { key_id: self.key, partner_id: partner, scopes, expires_at };
        Ok(Arc::new(Outcome::PartnerKeyRevoked(answer)))
    }
}
