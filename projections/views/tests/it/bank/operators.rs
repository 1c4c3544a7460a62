//! Operators who are added, who change, and who act.

use std::net::Ipv4Addr;

use events::recorded::{
    OperatorActed, OperatorAdded, OperatorApproval, OperatorCredentialsReset, OperatorDisabled, OperatorEnabled,
    OperatorEvent, OperatorListed, OperatorRoleSet, OperatorSessionEnded, PartnerCreated,
};
use kernel::{ApprovalId, CommandId, OperatorId, OperatorRole, StreamId};
use uuid::Uuid;

use super::Bank;

/// An operator.
pub struct Staff {
    id: OperatorId,
    name: String,
    version: i64,
    credentials: u32,
    is_enabled: bool,
}

impl Bank {
    /// One more thing that can happen to operators, or that one of them does.
    pub(super) fn operator(&mut self) {
        if self.staff.is_empty() || self.random.percent(15) {
            self.add_operator();
        }
        if self.random.percent(40) {
            return self.approval();
        }
        let at = self.random.below(self.staff.len());
        match self.random.below(10) {
            0..=2 => self.change_operator(at),
            3 => {
                // Twice within one commit.
                self.change_operator(at);
                self.change_operator(at);
            }
            _ => self.act(at),
        }
    }

    /// An operator who is disabled and enabled again.
    pub fn operator_enabled_again(&mut self) {
        self.add_operator();
        let at = self.staff.len() - 1;
        self.switch_operator(at, None);
        self.switch_operator(at, None);
    }

    fn switch_operator(&mut self, at: usize, reason: Option<String>) {
        let operator = &mut self.staff[at];
        operator.version += 1;
        operator.is_enabled = !operator.is_enabled;
        let event: OperatorEvent = match operator.is_enabled {
            true => OperatorEnabled { reason, by: None }.into(),
            false => OperatorDisabled { reason }.into(),
        };
        let (id, version) = (operator.id, operator.version);
        self.record(id.into(), version, event);
    }

    pub(super) fn staff_id(&self, at: usize) -> OperatorId {
        self.staff[at].id
    }

    pub(super) fn staff_name(&self, at: usize) -> String {
        self.staff[at].name.clone()
    }

    fn some_role(&mut self) -> OperatorRole {
        OperatorRole::ALL[self.random.below(OperatorRole::ALL.len())]
    }

    fn add_operator(&mut self) {
        let id = OperatorId::new(Uuid::from_u128(self.random.bits()));
        let (name, role) = (format!("operator-{}", self.staff.len()), self.some_role());
        self.record(id.into(), 1, OperatorAdded { name: name.clone(), role, reason: None, by: None });
        let listed = OperatorListed { operator: id, name: name.clone() };
        self.staff.push(Staff { id, name, version: 1, credentials: 1, is_enabled: true });
        self.record(StreamId::OPERATORS, self.staff.len() as i64, listed);
    }

    fn change_operator(&mut self, at: usize) {
        let (role, kind) = (self.some_role(), self.random.below(3));
        let reason = Some("'; drop table operators; --".to_owned());
        if kind == 2 {
            return self.switch_operator(at, reason);
        }
        let operator = &mut self.staff[at];
        operator.version += 1;
        let event: OperatorEvent = match kind {
            _ if operator.version % 4 == 0 => OperatorSessionEnded { session: operator.id.uuid(), reason }.into(),
            0 => OperatorRoleSet { role, reason, by: None }.into(),
            _ => {
                operator.credentials += 1;
                OperatorCredentialsReset { credentials: operator.credentials, reason, by: None }.into()
            }
        };
        let (id, version) = (operator.id, operator.version);
        self.record(id.into(), version, event);
    }

    /// They create something, and say why; sometimes somebody else approved it.
    fn act(&mut self, at: usize) {
        let subject = StreamId::new(Uuid::from_u128(self.random.bits()));
        self.record(subject, 1, PartnerCreated { name: "created by an operator".to_owned() });
        let (command, session) = (self.random.bits(), self.random.bits());
        let approval = self.random.percent(30).then(|| OperatorApproval {
            approval_id: ApprovalId::new(Uuid::from_u128(self.random.bits())),
            approver: self.staff[0].id,
            approver_name: self.staff[0].name.clone(),
        });
        let acted = OperatorActed {
            operator: self.staff[at].id,
            name: self.staff[at].name.clone(),
            session: Uuid::from_u128(session),
            from: [None, Some(Ipv4Addr::new(192, 0, 2, 7).into())][self.random.below(2)],
            reason: ["ticket 4711", "고객 | 요청", ""][self.random.below(3)].to_owned(),
            action: "PartnerCreated".to_owned(),
            subject,
            unapproved: approval.is_none() && command % 4 == 0,
            approval,
        };
        self.record(CommandId::new(Uuid::from_u128(command)).operator_act_stream(), 1, acted);
    }
}
