//! Which commands can need a second operator, as they are recorded, and back.

use events::recorded::{ApprovalAction, LimitSet};
use kernel::CommandId;

use super::{
    AssignLimits, Command, DeleteLimit, FreezeAccounts, IssuePartnerKey, PromoteView, Reverse, SetLimit,
    SetPartnerQuotas, SetRate,
};

/// What is recorded of a command that can need a second operator; none of any other. `id`: that of the command.
pub(super) fn action_of(command: &Command, id: CommandId) -> Option<ApprovalAction> {
    Some(match command {
        Command::Reverse(Reverse { transfer, reason }) => {
            ApprovalAction::Reversal { transfer: *transfer, reason: reason.clone() }
        }
        Command::FreezeAccounts(FreezeAccounts { accounts, scope, reason }) => {
            ApprovalAction::FreezeMany { accounts: accounts.clone(), scope: *scope, reason: reason.clone() }
        }
        Command::SetLimit(set) => ApprovalAction::LimitSet(Box::new(set.set())),
        Command::DeleteLimit(DeleteLimit { name }) => ApprovalAction::LimitDeleted { name: name.clone() },
        Command::AssignLimits(AssignLimits { account, limits }) => {
            ApprovalAction::LimitsAssigned { account: *account, limits: limits.clone() }
        }
        Command::SetPartnerQuotas(SetPartnerQuotas { partner, requests_per_second, burst, limits }) => {
            let (requests_per_second, burst, limits) = (*requests_per_second, *burst, limits.clone());
            ApprovalAction::PartnerQuotas { partner: *partner, requests_per_second, burst, limits }
        }
        Command::SetRate(SetRate { from, to, rate, spread_bps, valid_for }) => ApprovalAction::RateSet {
            from: *from,
            to: *to,
            rate: rate.to_string(),
            spread_bps: *spread_bps,
            valid_for: *valid_for,
        },
        Command::IssuePartnerKey(IssuePartnerKey { partner, key, scopes, expires_at, digest }) => {
            let (scopes, expires_at, digest) = (scopes.clone(), *expires_at, digest.clone());
            let key = key.unwrap_or_else(|| id.partner_key());
            ApprovalAction::PartnerKey { partner: *partner, key, scopes, expires_at, digest }
        }
        Command::PromoteView(PromoteView { view, generation, differences, fingerprint }) => {
            let (view, fingerprint) = (view.clone(), fingerprint.clone());
            ApprovalAction::ViewPromotion { view, generation: *generation, differences: *differences, fingerprint }
        }
        _ => return None,
    })
}

/// The command that was asked for; none if it is not one of the bank's, or cannot be read any more.
pub(super) fn command_of(action: ApprovalAction) -> Option<Command> {
    Some(match action {
        ApprovalAction::Reversal { transfer, reason } => Command::Reverse(Reverse { transfer, reason }),
        ApprovalAction::FreezeMany { accounts, scope, reason } => {
            Command::FreezeAccounts(FreezeAccounts { accounts, scope, reason })
        }
        ApprovalAction::LimitSet(set) => {
            let LimitSet { name, asset, kinds, everyone, per_transfer, per_day, per_month, zone } = *set;
            let zone = zone.parse().ok()?;
            Command::SetLimit(SetLimit { name, asset, kinds, everyone, per_transfer, per_day, per_month, zone })
        }
        ApprovalAction::LimitDeleted { name } => Command::DeleteLimit(DeleteLimit { name }),
        ApprovalAction::LimitsAssigned { account, limits } => Command::AssignLimits(AssignLimits { account, limits }),
        ApprovalAction::PartnerQuotas { partner, requests_per_second, burst, limits } => {
            Command::SetPartnerQuotas(SetPartnerQuotas { partner, requests_per_second, burst, limits })
        }
        ApprovalAction::RateSet { from, to, rate, spread_bps, valid_for } => {
            let rate = rate.parse().ok()?;
            Command::SetRate(SetRate { from, to, rate, spread_bps, valid_for })
        }
        ApprovalAction::PartnerKey { partner, key, scopes, expires_at, digest } => {
            Command::IssuePartnerKey(IssuePartnerKey { partner, key: Some(key), scopes, expires_at, digest })
        }
        ApprovalAction::ViewPromotion { view, generation, differences, fingerprint } => {
            Command::PromoteView(PromoteView { view, generation, differences, fingerprint })
        }
        // Decided where members are.
        ApprovalAction::Erasure { .. } => return None,
    })
}

#[cfg(test)]
mod tests {
    use events::recorded::{Cap, FreezeScope, LimitedKind};
    use kernel::{AccountId, ApprovalKind, Minor, PartnerId, PartnerKeyId, Scope, TransferId, Zone};
    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    #[test]
    fn what_was_recorded_is_the_command_that_was_sent() {
        let text = |text: &str| text.to_owned();
        let cap = Cap { amount: Some(Minor::new(5).expect("an amount")), count: Some(2) };
        let (partner, account) = (PartnerId::new(id(3)), AccountId::new(id(1)));
        let commands = [
            Command::Reverse(Reverse { transfer: TransferId::new(id(7)), reason: text("x") }),
            Command::FreezeAccounts(FreezeAccounts {
                accounts: vec![account, AccountId::new(id(2))],
                scope: FreezeScope::Debits,
                reason: None,
            }),
            Command::SetLimit(SetLimit {
                name: text("daily"),
                asset: "KRW".parse().expect("a code"),
                kinds: vec![LimitedKind::Transfer, LimitedKind::Charge],
                everyone: true,
                per_transfer: cap.amount,
                per_day: Some(cap),
                per_month: None,
                zone: Zone::SEOUL,
            }),
            Command::DeleteLimit(DeleteLimit { name: text("daily") }),
            Command::AssignLimits(AssignLimits { account, limits: vec![text("daily")] }),
            Command::SetPartnerQuotas(SetPartnerQuotas {
                partner,
                requests_per_second: Some(5),
                burst: None,
                limits: vec![text("daily")],
            }),
            Command::SetRate(SetRate {
                from: "USD".parse().expect("a code"),
                to: "KRW".parse().expect("a code"),
                rate: "1350.25".parse().expect("a rate"),
                spread_bps: 50,
                valid_for: 60,
            }),
            Command::IssuePartnerKey(IssuePartnerKey {
                partner,
                key: Some(PartnerKeyId::new(id(4))),
                scopes: vec![Scope::AccountsRead],
                expires_at: None,
                digest: text("ab"),
            }),
            Command::PromoteView(PromoteView {
                view: text("accounts"),
                generation: 3,
                differences: 12,
                fingerprint: text("5f2b"),
            }),
        ];
        let mut kinds = Vec::new();
        for command in commands {
            let action = action_of(&command, CommandId::new(id(9))).expect("it can need a second operator");
            kinds.push(action.kind());
            // As it stands in the log.
            let written = serde_json::to_string(&action).expect("JSON");
            let read: ApprovalAction = serde_json::from_str(&written).expect("an action");
            assert_eq!(command_of(read), Some(command), "{written}");
        }
        kinds.dedup();
        let others = ApprovalKind::ALL.into_iter().filter(|kind| *kind != ApprovalKind::Erasure);
        assert_eq!(kinds, others.collect::<Vec<_>>());
    }
}
