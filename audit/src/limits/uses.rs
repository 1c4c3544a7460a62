//! What accounts say that they have used of limits, event by event of a commit.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use chrono::{DateTime, Utc};
use events::recorded::{AccountEvent, Cap, Counted, CountedFor, Event, LimitSet, LimitUse, LimitWindow};
use kernel::{TimeWindow, Zone};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    account::{put_used, used_of},
    assemble,
    ledger::Ledger,
};

/// A window of a limit; when it ends tells it from those before and after it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Slot {
    pub limit: String,
    pub window: LimitWindow,
    pub until: DateTime<Utc>,
}

/// How much, and how often. Below zero if it is given back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    pub amount: i128,
    pub count: i64,
}

/// What is counted, or given back, by window.
pub type Shares = BTreeMap<Slot, Share>;

/// What an account counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    Transfer(Uuid),
    Hold(Uuid),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transfer(id) => write!(f, "transfer {id}"),
            Self::Hold(id) => write!(f, "hold {id}"),
        }
    }
}

/// What an account has used before a transfer came to it, and after it.
#[derive(Clone, Debug)]
pub struct Restored {
    pub account: Uuid,
    pub before: Vec<LimitUse>,
    pub after: Vec<LimitUse>,
}

/// What the accounts of one commit say.
pub struct Uses<'a> {
    ledger: &'a Ledger,
    at: DateTime<Utc>,
    /// What the accounts that were met have used so far.
    used: HashMap<Uuid, Vec<LimitUse>>,
    /// What was counted, and what was given back, for what by which account.
    counted: HashMap<(Cause, Uuid), Shares>,
    given_back: HashMap<(Cause, Uuid), Shares>,
}

impl Slot {
    fn of_use(used: &LimitUse) -> Self {
        Self { limit: used.limit.clone(), window: used.window, until: used.until }
    }

    pub fn of(counted: &Counted) -> Self {
        Self { limit: counted.limit.clone(), window: counted.window, until: counted.until }
    }

    /// The use of this very window, if it is the newest one of its limit.
    fn find<'a>(&self, used: &'a [LimitUse]) -> Option<&'a LimitUse> {
        used.iter().find(|used| (&used.limit, used.window, used.until) == (&self.limit, self.window, self.until))
    }
}

impl Share {
    fn of(counted: &Counted) -> Self {
        Self { amount: counted.amount.units(), count: counted.count.into() }
    }

    pub fn add(&mut self, other: Self) {
        self.amount = self.amount.saturating_add(other.amount);
        self.count = self.count.saturating_add(other.count);
    }
}

/// What a list of counted shares comes to.
pub fn shares<'a>(counted: impl IntoIterator<Item = &'a Counted>) -> Shares {
    let mut shares = Shares::new();
    counted.into_iter().for_each(|counted| shares.entry(Slot::of(counted)).or_default().add(Share::of(counted)));
    shares
}

/// What of these shares can be given back, as changes: what the newest window of its limit has, and no more than is used.
pub fn returnable(shares: &Shares, used: &[LimitUse]) -> Shares {
    let change = |(slot, share): (&Slot, &Share)| {
        let used = slot.find(used)?;
        let amount = -share.amount.min(used.amount.units());
        let change = Share { amount, count: -share.count.min(used.count.into()) };
        (change != Share::default()).then(|| (slot.clone(), change))
    };
    shares.iter().filter_map(change).collect()
}

impl<'a> Uses<'a> {
    /// Of a commit that the ledger has not taken yet.
    pub fn new(ledger: &'a Ledger, at: DateTime<Utc>) -> Self {
        Self { ledger, at, used: HashMap::new(), counted: HashMap::new(), given_back: HashMap::new() }
    }

    /// What an account has used so far.
    pub fn of_account(&self, account: Uuid) -> &[LimitUse] {
        let of_ledger = || self.ledger.accounts.get(&account).map(|account| account.used.as_slice());
        self.used.get(&account).map(Vec::as_slice).or_else(of_ledger).unwrap_or_default()
    }

    /// Whether nothing was counted or given back that is not taken yet.
    pub fn is_empty(&self) -> bool {
        self.counted.is_empty() && self.given_back.is_empty()
    }

    /// What an account has counted for something; nothing is left of it then.
    pub fn take_counted(&mut self, cause: Cause, account: Uuid) -> Shares {
        self.counted.remove(&(cause, account)).unwrap_or_default()
    }

    /// What an account has taken back for something; nothing is left of it then.
    pub fn take_given_back(&mut self, cause: Cause, account: Uuid) -> Shares {
        self.given_back.remove(&(cause, account)).unwrap_or_default()
    }

    /// What was counted or given back for nothing that says so.
    pub fn rest(&self) -> impl Iterator<Item = &(Cause, Uuid)> {
        self.counted.keys().chain(self.given_back.keys())
    }

    /// Takes what an event of an account says, and gives what is wrong with it by itself.
    pub fn take(&mut self, event: &assemble::Event, limits: &BTreeMap<String, LimitSet>) -> Option<String> {
        let Event::Account(account) = &event.recorded else { return None };
        let used = used_of(account);
        let (cause, is_back) = match account {
            AccountEvent::Debited(e) => (Cause::Transfer(e.transfer.uuid()), false),
            AccountEvent::Credited(e) => (Cause::Transfer(e.transfer.uuid()), true),
            AccountEvent::FundsHeld(e) => (Cause::Hold(e.hold.uuid()), false),
            AccountEvent::FundsReleased(e) => (Cause::Hold(e.hold.uuid()), true),
            _ => return None,
        };
        let mut fault = None;
        for after in used {
            let same = |before: &&LimitUse| (&before.limit, before.window) == (&after.limit, after.window);
            let before = self.of_account(event.stream).iter().find(same);
            let result = match is_back {
                true => given_back(before, after),
                false => counted(before, after, limits.get(&after.limit), self.at),
            };
            match result {
                Ok(share) => {
                    let all = if is_back { &mut self.given_back } else { &mut self.counted };
                    let shares = all.entry((cause, event.stream)).or_default();
                    shares.entry(Slot::of_use(after)).or_default().add(share);
                }
                Err(what) => fault = fault.or(Some(what)),
            }
            let mut now = self.of_account(event.stream).to_vec();
            put_used(&mut now, std::slice::from_ref(after));
            self.used.insert(event.stream, now);
        }
        fault
    }
}

/// By how much the use of a window grows; or what is wrong with it.
fn counted(
    before: Option<&LimitUse>,
    after: &LimitUse,
    limit: Option<&LimitSet>,
    at: DateTime<Utc>,
) -> Result<Share, String> {
    let name = format!("limit {} in the {}", after.limit, after.window.as_str());
    let Some(limit) = limit else { return Err(format!("counts for {name}, and there is no such limit")) };
    let running = before.filter(|before| at < before.until);
    let until = match running {
        Some(before) => before.until,
        None => window_of(limit, after.window, at).ok_or_else(|| format!("counts for {name}, which has none"))?.until,
    };
    if after.until != until || at >= until {
        return Err(format!("counts for {name} to {}, and at {at} it is to {until}", after.until));
    }
    let of_before = running.map(|used| (used.amount.units(), used.count)).unwrap_or_default();
    let (amount, count) =
        (after.amount.units().saturating_sub(of_before.0), i64::from(after.count) - i64::from(of_before.1));
    let cap = if after.window == LimitWindow::Month { limit.per_month } else { limit.per_day };
    let Cap { amount: most, count: often } = cap.unwrap_or(Cap { amount: None, count: None });
    if let Some(most) = most.filter(|most| after.amount > *most) {
        return Err(format!("comes to {} of {name}, which is at most {most}", after.amount));
    }
    if let Some(often) = often.filter(|often| after.count > *often) {
        return Err(format!("comes to {} times of {name}, which is at most {often}", after.count));
    }
    Ok(Share { amount, count })
}

/// By how much the use of a window shrinks; or what is wrong with it.
fn given_back(before: Option<&LimitUse>, after: &LimitUse) -> Result<Share, String> {
    let name = format!("limit {} in the {} to {}", after.limit, after.window.as_str(), after.until);
    let same = before.filter(|before| before.until == after.until);
    let Some(before) = same else { return Err(format!("gives back to {name}, of which nothing is used")) };
    let share = Share {
        amount: after.amount.units().saturating_sub(before.amount.units()),
        count: i64::from(after.count) - i64::from(before.count),
    };
    match share.amount > 0 || share.count > 0 || after.amount.is_negative() {
        true => Err(format!("gives back to {name}: {} was used, and {} is left", before.amount, after.amount)),
        false => Ok(share),
    }
}

/// The day or month of a limit that holds a moment.
fn window_of(limit: &LimitSet, window: LimitWindow, at: DateTime<Utc>) -> Option<TimeWindow> {
    // A zone that is not known is found where the limit is set.
    let zone: Zone = limit.zone.parse().unwrap_or(Zone::UTC);
    match window {
        LimitWindow::Day => zone.day(at),
        LimitWindow::Month => zone.month(at),
        LimitWindow::Transfer => None,
    }
}

/// What is wrong with what a reversal gave back, if anything is.
pub fn reversal_fault(restored: &[Restored], counted: &[CountedFor]) -> Option<String> {
    restored.iter().find_map(|Restored { account, before, after }| {
        let of_account = counted.iter().filter(|of| of.account.uuid() == *account);
        let ought = returnable(&shares(of_account.map(|of| &of.counted)), before);
        let is = |slot: &Slot| {
            let (before, after) = (slot.find(before)?, slot.find(after)?);
            let amount = after.amount.units().saturating_sub(before.amount.units());
            Some(Share { amount, count: i64::from(after.count) - i64::from(before.count) })
        };
        // What it has used of other windows is as it was.
        let slots = before.iter().map(Slot::of_use);
        slots.into_iter().find_map(|slot| {
            let (ought, is) = (ought.get(&slot).copied().unwrap_or_default(), is(&slot)?);
            (is != ought).then(|| {
                let Slot { limit, window, .. } = &slot;
                let (ought, is) = (shown(ought), shown(is));
                format!("gives {is} of limit {limit} in the {} back to account {account}, not {ought}", window.as_str())
            })
        })
    })
}

/// A share in words.
pub fn shown(share: Share) -> String {
    format!("{} in {}", share.amount, share.count)
}
