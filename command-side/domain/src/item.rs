//! The item, which is one of a kind and belongs to a member, and the offer of an item for money.
//!
//! An item belongs to a member and not to an account: no freeze and no closing of an account touches it. Of a member who leaves, it stays
//! theirs, by the id of the member, and nobody can give it away any more. An offer of theirs cannot be accepted, since the account that it
//! is to be paid to is closed, and ends when its time is over.

use chrono::{DateTime, Utc};
use events::recorded::{ItemEvent, ItemMinted, ItemTransferred, OfferEvent, OfferOpened};
use kernel::{AccountId, ItemId, MemberId, Money, OfferId};
use serde::{Deserialize, Serialize};

use crate::{Account, EvolveError, Refusal, Status};

/// Whether an item can be given away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemStatus {
    /// It can.
    Free,
    /// Not while it is offered, also not if the time of the offer is over and that is not recorded yet.
    Offered,
}

impl ItemStatus {
    /// The status as it stands in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Offered => "offered",
        }
    }
}

/// An item as its events left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// How it came to be, which never changes.
    pub minted: ItemMinted,
    /// Whose it is.
    pub owner: MemberId,
    /// The offer of it that is open.
    pub offer: Option<OfferId>,
}

impl Item {
    /// The state after an event.
    pub fn evolve(state: Option<Self>, event: &ItemEvent) -> Result<Self, EvolveError> {
        let item = match (state, event) {
            (None, ItemEvent::Minted(minted)) => {
                return Ok(Self { minted: minted.clone(), owner: minted.owner, offer: None });
            }
            (None, _) => return Err(EvolveError::NotOpened),
            (Some(_), ItemEvent::Minted(_)) => return Err(EvolveError::OpenedTwice),
            (Some(item), _) => item,
        };
        let fits = match event {
            ItemEvent::Minted(_) => false,
            ItemEvent::Transferred(given) => item.offer.is_none() && item.owner == given.from,
            ItemEvent::Locked(_) => item.offer.is_none(),
            ItemEvent::Unlocked(unlocked) => item.offer == Some(unlocked.offer),
            ItemEvent::Traded(traded) => item.offer == Some(traded.offer) && item.owner == traded.from,
        };
        if fits { Ok(item.after(event)) } else { Err(EvolveError::OutOfOrder) }
    }

    /// What an event leaves of it. It can be put on a later state too: an answer is given again that way.
    pub fn after(self, event: &ItemEvent) -> Self {
        let (owner, offer) = match event {
            ItemEvent::Minted(minted) => (minted.owner, None),
            ItemEvent::Transferred(given) => (given.to, None),
            ItemEvent::Locked(locked) => (self.owner, Some(locked.offer)),
            ItemEvent::Unlocked(_) => (self.owner, None),
            ItemEvent::Traded(traded) => (traded.to, None),
        };
        Self { owner, offer, ..self }
    }

    /// Whether it can be given away.
    pub fn status(&self) -> ItemStatus {
        if self.offer.is_some() { ItemStatus::Offered } else { ItemStatus::Free }
    }

    /// Gives it to another member.
    pub fn transfer(&self, to: MemberId) -> Result<ItemTransferred, Refusal> {
        if to == self.owner {
            return Err(Refusal::SameAccount);
        }
        self.unlocked()?;
        Ok(ItemTransferred { from: self.owner, to })
    }

    /// Offers it at a price, which is paid to an account of its owner.
    pub fn offer(
        &self,
        item: ItemId,
        price: Money,
        (destination, account): (AccountId, Option<&Account>),
        expires_at: DateTime<Utc>,
    ) -> Result<OfferOpened, Refusal> {
        if !price.amount.is_positive() {
            return Err(Refusal::AmountNotPositive);
        }
        let seller = self.owner;
        let account = account.filter(|account| account.owner() == Some(seller)).ok_or(Refusal::AccountUnknown)?;
        if account.asset != price.asset {
            return Err(Refusal::AssetMismatch);
        }
        account.creditable()?;
        self.unlocked()?;
        let collection = self.minted.collection.clone();
        Ok(OfferOpened { item, collection, seller, price, destination, expires_at })
    }

    fn unlocked(&self) -> Result<(), Refusal> {
        if self.offer.is_some() { Err(Refusal::ItemLocked) } else { Ok(()) }
    }
}

/// The member who receives an item, by an account of theirs: of a number that nobody bears, or of a closed account, it is nobody.
pub fn receiver(account: Option<&Account>) -> Result<MemberId, Refusal> {
    let account = account.ok_or(Refusal::AccountUnknown)?;
    let owner = account.owner().ok_or(Refusal::AccountUnknown)?;
    if account.status == Status::Closed { Err(Refusal::AccountClosed) } else { Ok(owner) }
}

/// What has become of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferStatus {
    /// It can be accepted, until its time is over.
    Open,
    /// Somebody bought.
    Accepted,
    /// The seller took it back.
    Cancelled,
    /// Its time ended it.
    Expired,
}

impl OfferStatus {
    /// The status as it stands in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

/// An offer as its events left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// How it began, which never changes.
    pub opened: OfferOpened,
    /// Whether it is over, and how.
    pub status: OfferStatus,
}

impl Offer {
    /// The state after an event. An offer ends once.
    pub fn evolve(state: Option<Self>, event: &OfferEvent) -> Result<Self, EvolveError> {
        match (state, event) {
            (None, OfferEvent::Opened(opened)) => Ok(Self { opened: opened.clone(), status: OfferStatus::Open }),
            (None, _) => Err(EvolveError::NotOpened),
            (Some(_), OfferEvent::Opened(_)) => Err(EvolveError::OpenedTwice),
            (Some(offer), _) if offer.status != OfferStatus::Open => Err(EvolveError::AfterTheLast),
            (Some(offer), _) => Ok(offer.after(event)),
        }
    }

    /// What an event leaves of it. It can be put on a later state too: an answer is given again that way.
    pub fn after(self, event: &OfferEvent) -> Self {
        let status = match event {
            OfferEvent::Opened(_) => OfferStatus::Open,
            OfferEvent::Accepted(_) => OfferStatus::Accepted,
            OfferEvent::Cancelled(_) => OfferStatus::Cancelled,
            OfferEvent::Expired(_) => OfferStatus::Expired,
        };
        Self { status, ..self }
    }

    /// Whether it can be accepted or taken back. `has_expired`: by the log's clock its time is over, whether that is recorded or not.
    pub fn usable(&self, has_expired: bool) -> Result<(), Refusal> {
        match self.status {
            OfferStatus::Expired => Err(Refusal::OfferExpired),
            OfferStatus::Accepted | OfferStatus::Cancelled => Err(Refusal::OfferNotOpen),
            OfferStatus::Open if has_expired => Err(Refusal::OfferExpired),
            OfferStatus::Open => Ok(()),
        }
    }

    /// Whether this member may accept it: nobody buys from themselves.
    pub fn acceptable_by(&self, buyer: MemberId) -> Result<(), Refusal> {
        if buyer == self.opened.seller { Err(Refusal::OwnOffer) } else { Ok(()) }
    }
}
