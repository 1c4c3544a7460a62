//! What operators ask one another for.

use events::recorded::{
    ApprovalAction, ApprovalEvent, ApprovalGranted, ApprovalRejected, ApprovalRequested, ApprovalWithdrawn, FreezeScope,
};
use kernel::{AccountId, ApprovalId, TransferId};
use uuid::Uuid;

use super::Bank;

impl Bank {
    /// Something is asked for, or what was asked for is decided; sometimes in one commit.
    pub(super) fn approval(&mut self) {
        if self.asked.is_empty() || self.random.percent(55) {
            self.ask();
        }
        if !self.asked.is_empty() && self.random.percent(50) {
            self.decide();
        }
    }

    fn ask(&mut self) {
        let id = ApprovalId::new(Uuid::from_u128(self.random.bits()));
        let (by, session) = (self.random.below(self.staff.len()), Uuid::from_u128(self.random.bits()));
        let action = match self.random.below(3) {
            0 => {
                let transfer = TransferId::new(Uuid::from_u128(self.random.bits()));
                ApprovalAction::Reversal { transfer, reason: "'; drop table approvals; --".to_owned() }
            }
            1 => {
                let accounts = vec![AccountId::new(Uuid::from_u128(self.random.bits()))];
                ApprovalAction::FreezeMany { accounts, scope: FreezeScope::All, reason: None }
            }
            _ => ApprovalAction::LimitDeleted { name: "daily".to_owned() },
        };
        let requested = ApprovalRequested {
            action,
            requested_by: self.staff_id(by),
            requested_by_name: self.staff_name(by),
            session,
            reason: ["ticket 4711", "고객 | 요청", ""][self.random.below(3)].to_owned(),
            expires_at: self.now + chrono::Duration::hours(24),
            seen: None,
        };
        self.record(id.into(), 1, requested);
        self.asked.push(id);
    }

    fn decide(&mut self) {
        let id = self.asked.swap_remove(self.random.below(self.asked.len()));
        let (by, session) = (self.random.below(self.staff.len()), Uuid::from_u128(self.random.bits()));
        let (who, name, reason) = (self.staff_id(by), self.staff_name(by), "looked | at it".to_owned());
        let granted = |refused: Option<String>| ApprovalGranted {
            approver: who,
            approver_name: name.clone(),
            session,
            reason: reason.clone(),
            refused,
        };
        let event: ApprovalEvent = match self.random.below(4) {
            0 => granted(None).into(),
            1 => granted(Some("already-reversed".to_owned())).into(),
            2 => {
                let (rejected_by_name, reason) = (name.clone(), reason.clone());
                ApprovalRejected { rejected_by: who, rejected_by_name, session, reason }.into()
            }
            _ => ApprovalWithdrawn { reason: reason.clone() }.into(),
        };
        self.record(id.into(), 2, event);
    }
}
