//! Events of items, and of the offers of them.

use chrono::{DateTime, Utc};
use kernel::{AccountId, ItemId, MemberId, Money, OfferId, TransferId};
use serde::{Deserialize, Serialize};

use super::event_type::event_types;

event_types! {
    /// An event of an item.
    Item(ItemEvent) {
        /// An item came to be.
        Minted(ItemMinted) = 1, opens;
        /// An item was given to another member.
        Transferred(ItemTransferred) = 1, on;
        /// An item is offered: it cannot be given away meanwhile.
        Locked(ItemLocked) = 1, on;
        /// The offer of an item ended without a trade.
        Unlocked(ItemUnlocked) = 1, on;
        /// An item was sold: it has another owner, and is offered no more.
        Traded(ItemTraded) = 1, on;
    }
}

event_types! {
    /// An event of an offer.
    Offer(OfferEvent) {
        /// An item was offered.
        Opened(OfferOpened) = 1, opens;
        /// An offer was accepted.
        Accepted(OfferAccepted) = 1, on;
        /// An offer was taken back.
        Cancelled(OfferCancelled) = 1, on;
        /// The time of an offer was over.
        Expired(OfferExpired) = 1, on;
    }
}

/// An item came to be. First on its stream, whose id follows from collection and serial: there is one of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemMinted {
    /// What it is one of.
    pub collection: String,
    /// Which of them.
    pub serial: String,
    /// Whose it is.
    pub owner: MemberId,
    /// Where it is described.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_url: Option<String>,
    /// The SHA-256 digest of the description, in 64 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// An item was given to another member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemTransferred {
    /// Who gave it.
    pub from: MemberId,
    /// Whose it is now.
    pub to: MemberId,
}

/// An item is offered; the offer is opened in the same commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemLocked {
    /// The offer.
    pub offer: OfferId,
}

/// The offer of an item ended without a trade, in the same commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemUnlocked {
    /// The offer.
    pub offer: OfferId,
}

/// An item was sold; the offer was accepted and the money paid in the same commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemTraded {
    /// The offer.
    pub offer: OfferId,
    /// Who sold it.
    pub from: MemberId,
    /// Whose it is now.
    pub to: MemberId,
    /// The transfer that paid it.
    pub transfer: TransferId,
}

/// An item was offered for money. First on the offer's stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferOpened {
    /// The item.
    pub item: ItemId,
    /// What the item is one of.
    pub collection: String,
    /// Who offers it.
    pub seller: MemberId,
    /// For how much.
    pub price: Money,
    /// The seller's account that the price is paid to.
    pub destination: AccountId,
    /// From this time on it cannot be accepted.
    pub expires_at: DateTime<Utc>,
}

/// An offer was accepted. Last on its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferAccepted {
    /// Who bought.
    pub buyer: MemberId,
    /// The transfer that paid; posted in the same commit.
    pub transfer: TransferId,
}

/// An offer was taken back. Last on its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferCancelled {}

/// The time of an offer was over. Last on its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferExpired {}
