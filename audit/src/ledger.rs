//! The oracle's own account book: what each account must look like after each event.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use events::recorded::{self, AccountEvent, AccountNumberEvent, AccountOpened, Holder, MemberEvent, OwnerEvent};
use kernel::{AssetCode, MemberId, Minor};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    assemble::{Commit, Event},
    findings::{Findings, Rule},
    sum::Sum,
};

/// The life of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Status {
    Open,
    Frozen,
    Closed,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Frozen => "frozen",
            Self::Closed => "closed",
        }
    }
}

/// One account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Account {
    pub holder: Holder,
    pub asset: AssetCode,
    pub status: Status,
    pub balance: i128,
    pub version: i64,
    pub position: i64,
    pub opened_at: DateTime<Utc>,
}

impl Account {
    fn opened(opened: &AccountOpened, event: &Event, opened_at: DateTime<Utc>) -> Self {
        Self {
            holder: opened.holder.clone(),
            asset: opened.asset,
            status: Status::Open,
            balance: 0,
            version: event.version,
            position: event.position,
            opened_at,
        }
    }

    pub fn is_system(&self) -> bool {
        matches!(self.holder, Holder::System { .. })
    }
}

/// What an account was at a version.
#[derive(Clone, Copy, Debug)]
pub struct Noted {
    pub version: i64,
    /// Its balance and status, once that version was read.
    pub left: Option<(i128, Status)>,
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
                recorded::Event::Owner(OwnerEvent::AccountAdded(_))
                | recorded::Event::Transfer(_)
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
            AccountEvent::Debited(e) => self.post(event, e.amount, -e.amount.units(), e.balance, moved, findings),
            AccountEvent::Credited(e) => self.post(event, e.amount, e.amount.units(), e.balance, moved, findings),
            AccountEvent::Frozen(e) => self.turn(event, Status::Frozen, e.balance, findings),
            AccountEvent::Unfrozen(e) => self.turn(event, Status::Open, e.balance, findings),
            AccountEvent::Closed(_) => self.turn(event, Status::Closed, Minor::ZERO, findings),
        }
        if let Some(noted) = self.noted.get_mut(&event.stream).filter(|noted| noted.version == event.version) {
            noted.left = self.accounts.get(&event.stream).map(|account| (account.balance, account.status));
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
        self.accounts.entry(event.stream).or_insert_with(|| Account::opened(opened, event, commit.recorded_at));
    }

    fn post(
        &mut self,
        event: &Event,
        amount: Minor,
        change: i128,
        balance: Minor,
        moved: &mut HashMap<AssetCode, Sum>,
        findings: &mut Findings,
    ) {
        let position = event.position;
        let Some(account) = self.touch(event, findings) else { return };
        let (asset, before, member) = (account.asset, account.balance, !account.is_system());
        let status = account.status;
        // What the event states becomes the balance, so that one wrong event is reported once.
        account.balance = balance.units();
        moved.entry(asset).or_default().add(change);
        findings.require(Rule::Balances, before.checked_add(change) == Some(balance.units()), || {
            format!("position {position}: account {} had {before}, {change:+} is not {balance}", event.stream)
        });
        findings.require(Rule::Accounts, status == Status::Open, || {
            format!("position {position}: {} account {} is posted to", status.as_str(), event.stream)
        });
        findings.require(Rule::Balanced, amount.is_positive(), || {
            format!("position {position}: the amount {amount} is not positive")
        });
        if member {
            findings.require(Rule::Funds, !balance.is_negative(), || {
                format!("position {position}: member's account {} is at {balance}", event.stream)
            });
        }
    }

    fn turn(&mut self, event: &Event, status: Status, balance: Minor, findings: &mut Findings) {
        let position = event.position;
        let Some(account) = self.touch(event, findings) else { return };
        let (before, was) = (account.balance, account.status);
        account.status = status;
        findings.require(Rule::Balances, before == balance.units(), || {
            format!(
                "position {position}: account {} had {before}, not {balance}, when it became {}",
                event.stream,
                status.as_str()
            )
        });
        let follows = match status {
            Status::Open => was == Status::Frozen,
            Status::Frozen | Status::Closed => was == Status::Open,
        };
        findings.require(Rule::Accounts, follows, || {
            format!("position {position}: account {} was {} and became {}", event.stream, was.as_str(), status.as_str())
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
