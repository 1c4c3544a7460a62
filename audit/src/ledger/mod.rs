//! The oracle's own account book: what each account must look like after each event.

use std::collections::{HashMap, HashSet};

use events::recorded::{
    self, AccountEvent, AccountNumberEvent, AccountOpened, Holder, LimitUse, MemberEvent, OwnerEvent, TransferEvent,
    TransferKind, TransferPosted,
};
use kernel::{AssetCode, MemberId, Minor, TransferId};
use uuid::Uuid;

use super::{
    account::{Account, Left, Status, put_used, used_of},
    assemble::{Commit, Event},
    findings::{Findings, Rule},
    sum::Sum,
};

/// What an account was at a version.
#[derive(Clone, Debug)]
pub struct Noted {
    pub version: i64,
    /// What it came to, once that version was read.
    pub left: Option<Left>,
}

/// A debit or a credit.
#[derive(Clone, Copy)]
struct Posting {
    transfer: TransferId,
    amount: Minor,
    /// The amount with its sign: a debit is below zero.
    change: i128,
    balance: Minor,
}

/// All accounts.
#[derive(Default)]
pub struct Ledger {
    pub accounts: HashMap<Uuid, Account>,
    /// Members whose own stream of accounts says that they are leaving.
    pub left: HashSet<MemberId>,
    pub erased: HashSet<MemberId>,
    /// What these accounts are at a version that somebody asks for.
    pub noted: HashMap<Uuid, Noted>,
}

impl Ledger {
    /// Applies a commit, and notes what it breaks.
    pub fn apply(&mut self, commit: &Commit, findings: &mut Findings) {
        let mut moved: HashMap<AssetCode, Sum> = HashMap::new();
        for event in &commit.events {
            match &event.recorded {
                recorded::Event::Account(account) => self.account(account, event, commit, &mut moved, findings),
                recorded::Event::AccountNumber(AccountNumberEvent::Assigned(assigned)) => {
                    let known = self.accounts.contains_key(&assigned.account.uuid());
                    findings.require(Rule::Accounts, known, || {
                        format!(
                            "position {}: a number is given to account {}, which is not open",
                            event.position, assigned.account
                        )
                    });
                }
                recorded::Event::Owner(OwnerEvent::Left(left)) => {
                    self.left.insert(left.owner);
                }
                recorded::Event::Member(MemberEvent::Erased(_)) => {
                    self.erased.insert(MemberId::new(event.stream));
                }
                recorded::Event::Transfer(TransferEvent::Posted(posted)) => {
                    self.check_passing(posted, event, findings);
                }
                recorded::Event::Owner(
                    OwnerEvent::AccountAdded(_) | OwnerEvent::TopUpStarted(_) | OwnerEvent::TopUpEnded(_),
                )
                | recorded::Event::Transfer(_)
                | recorded::Event::Hold(_)
                | recorded::Event::Reference(_)
                | recorded::Event::Rate(_)
                | recorded::Event::Quote(_)
                | recorded::Event::Limits(_)
                | recorded::Event::PaymentCode(_)
                | recorded::Event::Item(_)
                | recorded::Event::Offer(_)
                | recorded::Event::StandingOrder(_)
                | recorded::Event::PayoutRun(_)
                | recorded::Event::PayoutRows(_)
                | recorded::Event::Webhook(_)
                | recorded::Event::WebhookList(_)
                | recorded::Event::Process(_)
                | recorded::Event::Partner(_)
                | recorded::Event::PartnerKey(_)
                | recorded::Event::KeyUse(_)
                | recorded::Event::Operator(_)
                | recorded::Event::OperatorList(_)
                | recorded::Event::OperatorAct(_)
                | recorded::Event::Approval(_)
                | recorded::Event::RefusedCommand(_)
                | recorded::Event::SignUp(_)
                | recorded::Event::PasswordReset(_)
                | recorded::Event::Reservation(_)
                | recorded::Event::Member(_) => {}
            }
        }
        Self::sum_up(commit, moved, findings);
    }

    /// The sum of each asset over all accounts, by the balances that the events state.
    pub fn sums(&self) -> HashMap<AssetCode, Sum> {
        let mut sums: HashMap<AssetCode, Sum> = HashMap::new();
        for account in self.accounts.values() {
            sums.entry(account.asset).or_default().add(account.balance);
        }
        sums
    }

    /// Holds the accounts that are not closed against those who were erased.
    pub fn check_owners(&self, findings: &mut Findings) {
        for (id, account) in &self.accounts {
            if let Holder::Member { owner, .. } = &account.holder {
                self.check_owned(*id, account, *owner, findings);
            }
        }
    }

    /// Holds the accounts of one member against that.
    pub fn check_owner(&self, member: MemberId, findings: &mut Findings) {
        for (id, account) in &self.accounts {
            if matches!(&account.holder, Holder::Member { owner, .. } if *owner == member) {
                self.check_owned(*id, account, member, findings);
            }
        }
    }

    fn check_owned(&self, id: Uuid, account: &Account, owner: MemberId, findings: &mut Findings) {
        let owned = account.status == Status::Closed || !self.erased.contains(&owner);
        findings.require(Rule::Owners, owned, || {
            format!("account {id} is {}, but its owner {owner} was erased", account.status.as_str())
        });
    }

    fn account(
        &mut self,
        account: &AccountEvent,
        event: &Event,
        commit: &Commit,
        moved: &mut HashMap<AssetCode, Sum>,
        findings: &mut Findings,
    ) {
        match account {
            AccountEvent::Opened(opened) => self.open(opened, event, commit, findings),
            AccountEvent::Debited(e) => {
                let (transfer, balance) = (e.transfer, e.balance);
                let posting = Posting { transfer, amount: e.amount, change: -e.amount.units(), balance };
                self.post(event, posting, commit, moved, findings);
            }
            AccountEvent::Credited(e) => {
                let (transfer, balance) = (e.transfer, e.balance);
                let posting = Posting { transfer, amount: e.amount, change: e.amount.units(), balance };
                self.post(event, posting, commit, moved, findings);
            }
            AccountEvent::FundsHeld(e) => self.hold(event, e.amount, e.held, findings),
            AccountEvent::FundsReleased(e) => self.release(event, e.amount, e.held, findings),
            AccountEvent::LimitsAssigned(e) => {
                if let Some(account) = self.touch(event, findings) {
                    account.limits.clone_from(&e.limits);
                    account.since.limits = event.version;
                }
            }
            AccountEvent::Frozen(e) => self.turn(event, Status::Frozen(e.scope), (e.balance, e.held), findings),
            AccountEvent::Unfrozen(e) => self.turn(event, Status::Open, (e.balance, e.held), findings),
            AccountEvent::Closed(_) => self.turn(event, Status::Closed, (Minor::ZERO, Minor::ZERO), findings),
        }
        self.set_used(event, used_of(account));
        if let Some(noted) = self.noted.get_mut(&event.stream).filter(|noted| noted.version == event.version) {
            noted.left = self.accounts.get(&event.stream).map(|account| account.left_at(event.version));
        }
    }

    fn open(&mut self, opened: &AccountOpened, event: &Event, commit: &Commit, findings: &mut Findings) {
        let fresh = !self.accounts.contains_key(&event.stream);
        findings.require(Rule::Accounts, fresh && event.version == 1, || {
            format!("position {}: account {} is opened as version {}", event.position, event.stream, event.version)
        });
        if let Holder::Member { number, owner } = &opened.holder {
            findings.require(Rule::Owners, !self.left.contains(owner), || {
                format!("position {}: account {} is opened for {owner}, who has left", event.position, event.stream)
            });
            let assigned = commit.events.iter().any(|e| {
                let assigned = &e.recorded;
                matches!(assigned, recorded::Event::AccountNumber(AccountNumberEvent::Assigned(a)) if a.account.uuid() == event.stream)
                    && e.stream == number.stream().uuid()
            });
            findings.require(Rule::Accounts, assigned, || {
                format!("position {}: number {number} is not reserved for account {}", event.position, event.stream)
            });
        }
        let (version, position, at) = (event.version, event.position, commit.recorded_at);
        self.accounts.entry(event.stream).or_insert_with(|| Account::opened(opened, version, position, at));
    }

    fn post(
        &mut self,
        event: &Event,
        posting: Posting,
        commit: &Commit,
        moved: &mut HashMap<AssetCode, Sum>,
        findings: &mut Findings,
    ) {
        let (position, id) = (event.position, event.stream);
        let Posting { transfer, amount, change, balance } = posting;
        let Some(account) = self.touch(event, findings) else { return };
        let (asset, before, status) = (account.asset, account.balance, account.status);
        // What the event states becomes the balance, so that one wrong event is reported once.
        account.balance = balance.units();
        account.since.balance = event.version;
        moved.entry(asset).or_default().add(change);
        findings.require(Rule::Balances, before.checked_add(change) == Some(balance.units()), || {
            format!("position {position}: account {id} had {before}, {change:+} is not {balance}")
        });
        findings.require(Rule::Accounts, status != Status::Closed, || {
            format!("position {position}: closed account {id} is posted to")
        });
        findings.require(Rule::Freezes, !status.is_frozen_for(change) || passes_freeze(commit, transfer), || {
            format!("position {position}: {} account {id} is posted to", status.as_str())
        });
        findings.require(Rule::Balanced, amount.is_positive(), || {
            format!("position {position}: the amount {amount} is not positive")
        });
        Self::check_funds(account, event, findings);
    }

    fn hold(&mut self, event: &Event, amount: Minor, held: Minor, findings: &mut Findings) {
        let (position, id) = (event.position, event.stream);
        let Some(account) = self.touch(event, findings) else { return };
        let status = account.status;
        findings.require(Rule::Freezes, status.freeze().is_none(), || {
            format!("position {position}: funds of frozen account {id} are held")
        });
        findings.require(Rule::Accounts, status != Status::Closed, || {
            format!("position {position}: funds of closed account {id} are held")
        });
        Self::set_held(account, event, (amount, amount.units(), held), findings);
        Self::check_funds(account, event, findings);
    }

    fn release(&mut self, event: &Event, amount: Minor, held: Minor, findings: &mut Findings) {
        let Some(account) = self.touch(event, findings) else { return };
        Self::set_held(account, event, (amount, -amount.units(), held), findings);
    }

    /// What an event states is what is used: whether it follows is for the book of limits.
    fn set_used(&mut self, event: &Event, used: &[LimitUse]) {
        let Some(account) = self.accounts.get_mut(&event.stream).filter(|_| !used.is_empty()) else { return };
        put_used(&mut account.used, used);
        account.since.used = event.version;
    }

    fn set_held(
        account: &mut Account,
        event: &Event,
        (amount, change, held): (Minor, i128, Minor),
        findings: &mut Findings,
    ) {
        let (position, id, before) = (event.position, event.stream, account.held);
        account.held = held.units();
        account.since.held = event.version;
        findings.require(Rule::Holds, before.checked_add(change) == Some(held.units()), || {
            format!("position {position}: {before} of account {id} was held, {change:+} is not {held}")
        });
        findings.require(Rule::Holds, amount.is_positive() && !held.is_negative(), || {
            format!("position {position}: {change:+} of account {id} is held, which leaves {held} held")
        });
    }

    fn check_funds(account: &Account, event: &Event, findings: &mut Findings) {
        if account.is_system() {
            return;
        }
        findings.require(Rule::Funds, account.held <= account.balance && account.balance >= 0, || {
            format!(
                "position {}: member's account {} is at {}, and {} of it is held",
                event.position, event.stream, account.balance, account.held
            )
        });
    }

    fn turn(&mut self, event: &Event, status: Status, (balance, held): (Minor, Minor), findings: &mut Findings) {
        let (position, id) = (event.position, event.stream);
        let Some(account) = self.touch(event, findings) else { return };
        let (before, held_before, was) = (account.balance, account.held, account.status);
        account.status = status;
        account.since.status = event.version;
        findings.require(Rule::Balances, before == balance.units(), || {
            format!("position {position}: account {id} had {before}, not {balance}, when it became {}", status.as_str())
        });
        findings.require(Rule::Holds, held_before == held.units(), || {
            format!(
                "position {position}: {held_before} of account {id} was held, not {held}, when it became {}",
                status.as_str()
            )
        });
        let follows = match status {
            Status::Open => was.freeze().is_some(),
            Status::Frozen(_) => was != status && was != Status::Closed,
            Status::Closed => was == Status::Open,
        };
        findings.require(Rule::Accounts, follows, || {
            format!("position {position}: account {id} was {} and became {}", was.as_str(), status.as_str())
        });
    }

    /// A transfer that says it passes a freeze: only a reversal does, or a capture for what was paid outside, and only where there is a
    /// freeze.
    fn check_passing(&self, posted: &TransferPosted, event: &Event, findings: &mut Findings) {
        if !posted.despite_freeze {
            return;
        }
        let passes = posted.legs.iter().any(|leg| {
            let account = self.accounts.get(&leg.account.uuid());
            account.is_some_and(|account| account.status.is_frozen_for(leg.amount.units()))
        });
        let to_outside = posted.legs.iter().any(|leg| {
            let account = self.accounts.get(&leg.account.uuid());
            leg.amount.is_positive() && account.is_some_and(Account::is_system)
        });
        let may_pass = match posted.kind {
            TransferKind::Reversal => true,
            TransferKind::Capture => to_outside,
            _ => false,
        };
        findings.require(Rule::Freezes, passes && may_pass, || {
            let (position, id, kind) = (event.position, event.stream, posted.kind.as_str());
            match passes {
                true => format!("position {position}: transfer {id} is a {kind}, and passes a freeze"),
                false => format!("position {position}: transfer {id} is said to pass a freeze, and there is none"),
            }
        });
    }

    /// The account an event is about, moved on to the event's version.
    fn touch(&mut self, event: &Event, findings: &mut Findings) -> Option<&mut Account> {
        let account = self.accounts.get_mut(&event.stream);
        findings.require(Rule::Accounts, account.is_some(), || {
            format!("position {}: account {} was never opened", event.position, event.stream)
        });
        let account = account?;
        account.version = event.version;
        account.position = event.position;
        Some(account)
    }

    fn sum_up(commit: &Commit, moved: HashMap<AssetCode, Sum>, findings: &mut Findings) {
        for (asset, change) in moved {
            // Reported where the sum leaves zero or moves on, not again at every commit after it.
            findings.require(Rule::Sums, change.is_zero(), || {
                format!("the commit that ends at {} moves the sum of {asset} by {change}", commit.last)
            });
        }
    }
}

/// Whether a transfer of the commit says that a freeze does not stop it, and may say so.
fn passes_freeze(commit: &Commit, transfer: TransferId) -> bool {
    commit.events.iter().any(|event| match &event.recorded {
        recorded::Event::Transfer(TransferEvent::Posted(posted)) => {
            let is_kind = matches!(posted.kind, TransferKind::Reversal | TransferKind::Capture);
            event.stream == transfer.uuid() && posted.despite_freeze && is_kind
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests;
