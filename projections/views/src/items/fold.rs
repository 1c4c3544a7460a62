//! What a run of commits does to items and offers, each once.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use events::recorded::{Event, ItemEvent, ItemMinted, OfferEvent, OfferOpened};
use kernel::{ItemId, MemberId, OfferId, Position, TransferId};
use projection_engine::{Commit, Fault};

use crate::fault::fault;

/// How items and offers came out of the commits.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) items: BTreeMap<ItemId, Item>,
    pub(super) owners: Vec<Owner>,
    pub(super) offers: BTreeMap<OfferId, Offer>,
}

/// How an item came out of them.
#[derive(Debug)]
pub(super) struct Item {
    /// How it came to be, if these commits hold that.
    pub(super) minted: Option<ItemMinted>,
    /// To whom it came last, and at which position, if these commits hold that.
    pub(super) owned: Option<(MemberId, Position)>,
    /// The open offer of it.
    pub(super) offer: Option<OfferId>,
    /// The end of the last commit that changed it: the position that the command was answered with.
    pub(super) position: Position,
    pub(super) recorded_at: DateTime<Utc>,
}

/// An item came to an owner.
#[derive(Debug)]
pub(super) struct Owner {
    pub(super) item: ItemId,
    pub(super) owner: MemberId,
    pub(super) how: &'static str,
    pub(super) position: Position,
    pub(super) since: DateTime<Utc>,
}

/// How an offer came out of them.
#[derive(Debug)]
pub(super) struct Offer {
    /// How it began, and at which position, if these commits hold that.
    pub(super) opened: Option<(OfferOpened, Position)>,
    pub(super) status: &'static str,
    /// Who bought, and the transfer that paid.
    pub(super) accepted: Option<(MemberId, TransferId)>,
    /// The end of the last commit that changed it: the position that the command was answered with.
    pub(super) position: Position,
    pub(super) recorded_at: DateTime<Utc>,
}

pub(super) fn fold(commits: &[&Commit<Event>]) -> Result<Changes, Fault> {
    let mut changes = Changes::default();
    for commit in commits {
        for (position, event) in commit.positioned() {
            let Some(body) = &event.body else { continue };
            match body {
                Event::Item(item) => changes.item(commit, position, ItemId::new(event.stream.uuid()), item, body)?,
                Event::Offer(offer) => {
                    changes.offer(commit, position, OfferId::new(event.stream.uuid()), offer, body)?
                }
                _ => {}
            }
        }
    }
    Ok(changes)
}

impl Changes {
    fn item(
        &mut self,
        commit: &Commit<Event>,
        position: Position,
        item: ItemId,
        event: &ItemEvent,
        body: &Event,
    ) -> Result<(), Fault> {
        let before = self.items.remove(&item);
        if before.is_some() && matches!(event, ItemEvent::Minted(_)) {
            return Err(fault(position, body, "the item has events before it was minted"));
        }
        let (owner, offer) = match event {
            ItemEvent::Minted(minted) => (Some((minted.owner, "minted")), None),
            ItemEvent::Transferred(transferred) => (Some((transferred.to, "transferred")), None),
            ItemEvent::Locked(locked) => (None, Some(locked.offer)),
            ItemEvent::Unlocked(_) => (None, None),
            ItemEvent::Traded(traded) => (Some((traded.to, "traded")), None),
        };
        if let Some((owner, how)) = owner {
            self.owners.push(Owner { item, owner, how, position, since: commit.recorded_at });
        }
        let (minted_before, owned_before) = before.map_or((None, None), |before| (before.minted, before.owned));
        let minted = match event {
            ItemEvent::Minted(minted) => Some(minted.clone()),
            _ => minted_before,
        };
        let owned = owner.map(|(owner, _)| (owner, position)).or(owned_before);
        let (position, recorded_at) = (commit.last(), commit.recorded_at);
        self.items.insert(item, Item { minted, owned, offer, position, recorded_at });
        Ok(())
    }

    fn offer(
        &mut self,
        commit: &Commit<Event>,
        position: Position,
        offer: OfferId,
        event: &OfferEvent,
        body: &Event,
    ) -> Result<(), Fault> {
        let before = self.offers.remove(&offer);
        let opened = match event {
            OfferEvent::Opened(_) if before.is_some() => {
                return Err(fault(position, body, "the offer has events before it was opened"));
            }
            OfferEvent::Opened(opened) => Some((opened.clone(), position)),
            _ if before.as_ref().is_some_and(|before| before.status != "open") => {
                return Err(fault(position, body, "the offer is over"));
            }
            _ => before.and_then(|before| before.opened),
        };
        let (status, accepted) = match event {
            OfferEvent::Opened(_) => ("open", None),
            OfferEvent::Accepted(accepted) => ("accepted", Some((accepted.buyer, accepted.transfer))),
            OfferEvent::Cancelled(_) => ("cancelled", None),
            OfferEvent::Expired(_) => ("expired", None),
        };
        let (position, recorded_at) = (commit.last(), commit.recorded_at);
        self.offers.insert(offer, Offer { opened, status, accepted, position, recorded_at });
        Ok(())
    }
}
