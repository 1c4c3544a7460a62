//! Limits that are set, assigned and deleted, and what is used of them.

use chrono::Duration;
use events::recorded::{
    AccountLimitsAssigned, Cap, LimitDeleted, LimitSet, LimitUse, LimitWindow, LimitedKind, LimitsEvent,
};
use kernel::{Minor, StreamId, Zone};

use super::{Bank, units};

/// The limits of the bank.
#[derive(Default)]
pub struct BankLimits {
    version: i64,
    /// Those that are set.
    names: Vec<String>,
}

const KINDS: [LimitedKind; 8] = [
    LimitedKind::Transfer,
    LimitedKind::Withdrawal,
    LimitedKind::Compound,
    LimitedKind::Hold,
    LimitedKind::Charge,
    LimitedKind::Exchange,
    LimitedKind::Payout,
    LimitedKind::Trade,
];

impl Bank {
    /// One more thing that can happen to limits.
    pub(super) fn limit(&mut self) {
        match self.random.below(10) {
            0..=4 => self.assign(),
            5 => self.delete_limit(),
            6 => {
                // Within one commit it is gone and there again.
                self.delete_limit();
                self.set_limit();
                self.set_limit();
            }
            _ => self.set_limit(),
        }
    }

    fn set_limit(&mut self) {
        let name = format!("limit-{}", self.random.below(6));
        let kinds = &KINDS[..1 + self.random.below(KINDS.len())];
        let zone = ["Asia/Seoul", "America/New_York", "UTC"][self.random.below(3)];
        let set = LimitSet {
            name: name.clone(),
            asset: self.accounts[self.random.below(self.accounts.len())].asset,
            kinds: kinds.to_vec(),
            everyone: self.random.percent(50),
            per_transfer: self.some_amount(),
            per_day: self.cap(),
            per_month: self.cap(),
            zone: zone.to_owned(),
        };
        self.limits.names.retain(|known| *known != name);
        self.limits.names.push(name);
        self.record_limit(set.into());
    }

    fn delete_limit(&mut self) {
        if self.limits.names.is_empty() {
            return;
        }
        let at = self.random.below(self.limits.names.len());
        let name = self.limits.names.remove(at);
        self.record_limit(LimitDeleted { name }.into());
    }

    fn record_limit(&mut self, event: LimitsEvent) {
        self.limits.version += 1;
        self.record(StreamId::LIMITS, self.limits.version, event);
    }

    fn assign(&mut self) {
        let members: Vec<_> = (0..self.accounts.len()).filter(|&at| !self.accounts[at].system).collect();
        let account = members[self.random.below(members.len())];
        let many = self.random.below(4);
        let limits = self.limits.names.iter().take(many).cloned().collect();
        let account = &mut self.accounts[account];
        account.version += 1;
        let (stream, version) = (account.id.into(), account.version);
        self.record(stream, version, AccountLimitsAssigned { limits });
    }

    fn some_amount(&mut self) -> Option<Minor> {
        let amounts = [None, Some(Minor::MAX), Some(units(1)), Some(units(1_000_000))];
        amounts[self.random.below(amounts.len())]
    }

    fn cap(&mut self) -> Option<Cap> {
        let (amount, count) = (self.some_amount(), self.random.percent(50).then_some(u32::MAX));
        (amount.is_some() || count.is_some()).then_some(Cap { amount, count })
    }

    /// What an account has used of limits after an event. Views believe the event, so any use will do.
    pub fn used(&mut self, at: usize) -> Vec<LimitUse> {
        if self.accounts[at].system || self.random.percent(60) {
            return Vec::new();
        }
        let many = self.random.below(3);
        let names: Vec<String> = self.limits.names.iter().rev().take(many).cloned().collect();
        names.into_iter().flat_map(|limit| self.used_of(&limit)).collect()
    }

    fn used_of(&mut self, limit: &str) -> Vec<LimitUse> {
        let now = self.now - Duration::hours(self.random.below(30) as i64);
        let day = Zone::SEOUL.day(now).map(|window| (LimitWindow::Day, window));
        let month = Zone::SEOUL.month(now).map(|window| (LimitWindow::Month, window));
        let windows = [day, month.filter(|_| self.random.percent(50))];
        let used = windows.into_iter().flatten().map(|(per, window)| LimitUse {
            limit: limit.to_owned(),
            window: per,
            until: window.until,
            amount: if self.random.percent(10) { Minor::MAX } else { units(self.random.below(1_000_000) as i128) },
            count: if self.random.percent(10) { u32::MAX } else { self.random.below(100) as u32 },
        });
        used.collect()
    }
}
