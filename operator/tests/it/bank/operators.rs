//! The operators of the synthetic bank.

use chrono::TimeDelta;
use events::recorded::{
    ApprovalAction, ApprovalGranted, ApprovalRejected, ApprovalRequested, OperatorActed, OperatorAdded,
    OperatorApproval, OperatorCredentialsReset, OperatorDisabled, OperatorEnabled, OperatorListed, OperatorRoleSet,
    PartnerQuotasSet,
};
use kernel::{ApprovalId, OperatorId, OperatorRole, PartnerId, StreamId};

use super::{
    Bank, Events,
    ids::{approval, command, operator, partner},
};

impl Bank {
    /// Two operators: the first one adds the second, changes everything about them that can be changed, does alone what the bank was set not to
    /// ask a second one for, and asks for two things: the second one approves the first and rejects the other.
    pub(super) fn employ_operators(&mut self) {
        let admin = added(1, "admin", OperatorRole::Admin, None);
        self.commit(admin);
        let minji = added(2, "minji", OperatorRole::Viewer, Some("hired".into()));
        self.act(1, minji);
        let reason = Some("ticket | 17".to_owned());
        let role = OperatorRole::Support;
        self.act(2, vec![(operator(2), OperatorRoleSet { role, reason: reason.clone(), by: None }.into())]);
        self.act(3, vec![(operator(2), OperatorDisabled { reason: reason.clone() }.into())]);
        self.act(4, vec![(operator(2), OperatorEnabled { reason: None, by: None }.into())]);
        self.act(5, vec![(operator(2), OperatorCredentialsReset { credentials: 2, reason, by: None }.into())]);
        self.act(6, quotas(9));
        self.ask_and_decide();
        // Nobody with an account.
        self.commit(quotas(8));
    }

    fn ask_and_decide(&mut self) {
        let asked = |bank: &Self| ApprovalRequested {
            action: ApprovalAction::PartnerQuotas {
                partner: PartnerId::new(partner(2)),
                requests_per_second: Some(10),
                burst: None,
                limits: Vec::new(),
            },
            requested_by: OperatorId::new(operator(1)),
            requested_by_name: "admin".into(),
            session: command(0x0e55_0001),
            reason: reason(9),
            expires_at: bank.now + TimeDelta::hours(24),
            seen: None,
        };
        let (approver, session) = (OperatorId::new(operator(2)), command(0x0e55_0002));
        let [name, why] = ["minji", "looked | at it"].map(str::to_owned);
        let first = asked(self);
        self.act(7, vec![(approval(1), first.into())]);
        let second = asked(self);
        self.act(8, vec![(approval(2), second.into())]);
        let (approver_name, reason) = (name.clone(), why.clone());
        let granted = ApprovalGranted { approver, approver_name, session, reason, refused: None };
        let mut events = quotas(10);
        events.push((approval(1), granted.into()));
        self.sign(9, events, 1, true);
        let rejected = ApprovalRejected { rejected_by: approver, rejected_by_name: name, session, reason: why };
        self.sign(10, vec![(approval(2), rejected.into())], 2, false);
    }

    /// The first operator does it, and says why.
    fn act(&mut self, n: u128, events: Events) {
        self.sign(n, events, 1, false);
    }

    /// It is the act of an operator; if it is approved, by the second one.
    fn sign(&mut self, n: u128, mut events: Events, of: u128, is_approved: bool) {
        let (subject, first) = events.first().expect("something is done");
        let first = first.event_type();
        let acted = OperatorActed {
            operator: OperatorId::new(operator(of)),
            name: if of == 1 { "admin".into() } else { "minji".into() },
            session: command(0x0e55_0000 + of),
            from: Some(std::net::Ipv4Addr::new(192, 0, 2, 7).into()),
            reason: reason(n),
            action: first.name.to_owned(),
            subject: StreamId::new(*subject),
            approval: is_approved.then(|| OperatorApproval {
                approval_id: ApprovalId::new(approval(1)),
                approver: OperatorId::new(operator(2)),
                approver_name: "minji".into(),
            }),
            unapproved: first == PartnerQuotasSet::TYPE && !is_approved,
        };
        events.push((command(0x0ac7_0000 + n), acted.into()));
        self.commit(events);
        let sender = if is_approved { 2 } else { of };
        self.commits.last_mut().expect("a commit").actor = Some(("o", operator(sender)));
    }
}

fn reason(n: u128) -> String {
    format!("\u{c0ac}\u{c720} {n}")
}

fn quotas(requests_per_second: u32) -> Events {
    let requests_per_second = Some(requests_per_second);
    vec![(partner(2), PartnerQuotasSet { requests_per_second, burst: None, limits: Vec::new() }.into())]
}

fn added(n: u128, name: &str, role: OperatorRole, reason: Option<String>) -> Events {
    let listed = OperatorListed { operator: OperatorId::new(operator(n)), name: name.into() };
    let added = OperatorAdded { name: name.into(), role, reason, by: None };
    vec![(operator(n), added.into()), (StreamId::OPERATORS.uuid(), listed.into())]
}
