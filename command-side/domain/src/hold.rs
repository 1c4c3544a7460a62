//! The hold: funds of an account that are set aside, to be paid or given back.
//!
//! A hold moves no money: it says what of a balance cannot be spent otherwise. A capture is a transfer. Each decision here goes with
//! one on the source account ([`Account::hold`](crate::Account::hold), [`Account::release`](crate::Account::release)) in the same commit.

use events::recorded::{
    AccountEvent, Counted, HoldAmounts, HoldCaptured, HoldEvent, HoldExpired, HoldIncreased, HoldPlaced, HoldReleased,
};
use kernel::{AccountId, AssetCode, HoldId, Minor, Money, TransferId};
use serde::{Deserialize, Serialize};

use crate::{Account, EvolveError, Limited, Refusal, Status, segments::Segments};

/// What has become of a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldStatus {
    /// Something remains of it.
    Active,
    /// A capture ended it.
    Captured,
    /// A release ended it.
    Released,
    /// Its time ended it.
    Expired,
}

impl HoldStatus {
    /// The status as it stands in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Captured => "captured",
            Self::Released => "released",
            Self::Expired => "expired",
        }
    }
}

/// A hold as its events left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// How it began, which never changes.
    pub placed: HoldPlaced,
    /// What became of its funds.
    pub amounts: HoldAmounts,
    /// Whether it is over, and how.
    pub status: HoldStatus,
    /// What remains, by when it was held.
    segments: Segments,
}

/// A capture that may happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// Where the funds go.
    pub destination: AccountId,
    /// How much is paid.
    pub paid: Minor,
    /// How much is not held any more: what is paid, and with a final capture also the rest.
    pub freed: Minor,
    /// What of the paid part was counted for limits: a reversal gives it back.
    pub counted: Vec<Counted>,
    /// What is given back to limits, since it is not paid.
    pub back: Vec<Counted>,
    /// Whether it ends the hold.
    is_final: bool,
}

/// What remains of held funds.
pub fn remaining(amounts: &HoldAmounts) -> Minor {
    let HoldAmounts { amount, captured, released } = *amounts;
    // It is never below zero, and each of them is below 10^38.
    amount.minus(captured).and_then(|left| left.minus(released)).unwrap_or_default()
}

impl Hold {
    /// The state after an event.
    pub fn evolve(state: Option<Self>, event: &HoldEvent) -> Result<Self, EvolveError> {
        let hold = match (state, event) {
            (None, HoldEvent::Placed(placed)) => {
                let amounts = HoldAmounts { amount: placed.amount, captured: Minor::ZERO, released: Minor::ZERO };
                let segments = Segments::of(placed);
                return Ok(Self { placed: placed.clone(), amounts, status: HoldStatus::Active, segments });
            }
            (None, _) => return Err(EvolveError::NotOpened),
            (Some(_), HoldEvent::Placed(_)) => return Err(EvolveError::OpenedTwice),
            (Some(hold), _) if hold.status != HoldStatus::Active => return Err(EvolveError::AfterTheLast),
            (Some(hold), _) => hold,
        };
        Ok(hold.after(event))
    }

    /// What an event leaves of it. An event states what it leaves, so it can be put on a later state too: an answer is given again that
    /// way.
    pub fn after(self, event: &HoldEvent) -> Self {
        let (amounts, ended) = match event {
            HoldEvent::Placed(placed) => (
                HoldAmounts { amount: placed.amount, captured: Minor::ZERO, released: Minor::ZERO },
                HoldStatus::Active,
            ),
            HoldEvent::Increased(increased) => (increased.left, HoldStatus::Active),
            HoldEvent::Captured(captured) => (captured.left, HoldStatus::Captured),
            HoldEvent::Released(released) => (released.left, HoldStatus::Released),
            HoldEvent::Expired(expired) => (expired.left, HoldStatus::Expired),
        };
        let status = if remaining(&amounts) == Minor::ZERO { ended } else { HoldStatus::Active };
        let segments = self.segments.after(event);
        Self { amounts, status, segments, ..self }
    }

    /// What remains of it, in minor units.
    pub fn remaining(&self) -> Minor {
        remaining(&self.amounts)
    }

    /// Whether anything may be done with it. `has_expired`: by the log's clock its time is over, whether that is recorded or not.
    pub fn usable(&self, has_expired: bool) -> Result<(), Refusal> {
        match self.status {
            HoldStatus::Expired => Err(Refusal::HoldExpired),
            HoldStatus::Captured | HoldStatus::Released => Err(Refusal::HoldNotActive),
            HoldStatus::Active if has_expired => Err(Refusal::HoldExpired),
            HoldStatus::Active => Ok(()),
        }
    }

    /// Whether funds of it may be paid; without `money` all that remains. `named`: where they are to go, if that is said.
    pub fn capture(&self, money: Option<Money>, named: Option<AccountId>, is_final: bool) -> Result<Capture, Refusal> {
        let paid = self.part(money)?;
        let destination = match (self.placed.destination, named) {
            (Some(only), Some(named)) if only != named => return Err(Refusal::DestinationDiffers),
            (Some(only), _) => only,
            (None, named) => named.ok_or(Refusal::DestinationMissing)?,
        };
        let freed = if is_final { self.remaining() } else { paid };
        let mut segments = self.segments.clone();
        let counted = segments.capture(paid);
        let back = segments.give_back(freed.minus(paid).unwrap_or_default(), false);
        Ok(Capture { destination, paid, freed, counted, back, is_final })
    }

    /// What such a capture by this transfer leaves.
    pub fn captured(&self, capture: &Capture, transfer: TransferId) -> HoldCaptured {
        let sum = |a: Minor, b: Minor| a.plus(b).unwrap_or(a);
        let given_back = capture.freed.minus(capture.paid).unwrap_or_default();
        let left = HoldAmounts {
            captured: sum(self.amounts.captured, capture.paid),
            released: sum(self.amounts.released, given_back),
            ..self.amounts
        };
        HoldCaptured { transfer, paid: capture.paid, is_final: capture.is_final, left }
    }

    /// Whether more may be held, and what then happens. It is not counted yet.
    pub fn increase(&self, money: Money) -> Result<HoldIncreased, Refusal> {
        let by = positive(self.placed.asset, money)?;
        let amount = self.amounts.amount.plus(by).map_err(|_| Refusal::AmountOverflow)?;
        Ok(HoldIncreased { by, left: HoldAmounts { amount, ..self.amounts }, counted: Vec::new() })
    }

    /// Whether funds may be given back, and what then happens; without `money` all that remains.
    pub fn release(&self, money: Option<Money>, reason: Option<String>) -> Result<HoldReleased, Refusal> {
        let given_back = self.part(money)?;
        Ok(HoldReleased { given_back, reason, left: self.without(given_back)? })
    }

    /// What happens when its time is over; nothing if it is over already.
    pub fn expire(&self) -> Option<HoldExpired> {
        let given_back = self.remaining();
        let left = self.without(given_back).ok()?;
        (self.status == HoldStatus::Active).then_some(HoldExpired { given_back, left })
    }

    /// What of funds that are given back was counted for limits. If nothing of the hold was ever paid, how often is given back with the last
    /// of it.
    pub fn counted_of(&self, given_back: Minor) -> Vec<Counted> {
        let as_if_never = given_back == self.remaining() && self.amounts.captured == Minor::ZERO;
        self.segments.clone().give_back(given_back, as_if_never)
    }

    fn without(&self, given_back: Minor) -> Result<HoldAmounts, Refusal> {
        let released = self.amounts.released.plus(given_back).map_err(|_| Refusal::AmountOverflow)?;
        Ok(HoldAmounts { released, ..self.amounts })
    }

    /// A part of what remains.
    fn part(&self, money: Option<Money>) -> Result<Minor, Refusal> {
        let remaining = self.remaining();
        let Some(money) = money else { return Ok(remaining) };
        let amount = positive(self.placed.asset, money)?;
        if amount > remaining { Err(Refusal::HoldExceeded { remaining }) } else { Ok(amount) }
    }
}

/// An amount of this asset, more than zero.
fn positive(asset: AssetCode, money: Money) -> Result<Minor, Refusal> {
    if !money.amount.is_positive() {
        return Err(Refusal::AmountNotPositive);
    }
    if money.asset == asset { Ok(money.amount) } else { Err(Refusal::AssetMismatch) }
}

/// Holds funds of an account, if they can be spent and its limits leave so much: gives what happens to the hold and to the account. The
/// account that they are for may be frozen, since no money moves yet.
pub fn place(
    hold: HoldId,
    placed: HoldPlaced,
    source: Option<&Account>,
    destination: Option<&Account>,
    limited: Limited<'_>,
) -> Result<(HoldPlaced, AccountEvent), Refusal> {
    if !placed.amount.is_positive() {
        return Err(Refusal::AmountNotPositive);
    }
    if placed.destination == Some(placed.source) {
        return Err(Refusal::SameAccount);
    }
    let source = source.ok_or(Refusal::AccountUnknown)?;
    let destination = match placed.destination {
        Some(_) => Some(destination.ok_or(Refusal::AccountUnknown)?),
        None => None,
    };
    if source.asset != placed.asset || destination.is_some_and(|account| account.asset != placed.asset) {
        return Err(Refusal::AssetMismatch);
    }
    if destination.is_some_and(|account| account.status == Status::Closed) {
        return Err(Refusal::AccountClosed);
    }
    let (event, counted) = hold_funds(hold, source, (placed.amount, 1), limited)?;
    Ok((HoldPlaced { counted, ..placed }, event))
}

/// Holds more funds of the account: gives what happens to the hold and to the account.
pub fn increase(
    id: HoldId,
    hold: &Hold,
    money: Money,
    source: Option<&Account>,
    limited: Limited<'_>,
) -> Result<(HoldIncreased, AccountEvent), Refusal> {
    let increased = hold.increase(money)?;
    let source = source.ok_or(Refusal::AccountUnknown)?;
    let (event, counted) = hold_funds(id, source, (increased.by, 0), limited)?;
    Ok((HoldIncreased { counted, ..increased }, event))
}

/// Counts funds that are held, and how often that is, and holds them.
fn hold_funds(
    hold: HoldId,
    source: &Account,
    (amount, count): (Minor, u32),
    limited: Limited<'_>,
) -> Result<(AccountEvent, Vec<Counted>), Refusal> {
    source.debitable()?;
    let counting = limited.count(source, amount, count)?;
    Ok((source.hold(hold, amount, counting.used)?, counting.counted))
}
