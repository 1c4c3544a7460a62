//! Items, offers, standing orders and payout runs.

use events::recorded::{
    Event, ItemEvent, OfferEvent, PayoutRowsPaid, PayoutRunEvent, StandingOrderEvent, StandingOrderRan,
};
use kernel::{ItemId, MemberId, OfferId, OrderId, PayoutRunId, TransferId};

use super::{
    error::TranslateError,
    index::Recorded,
    tell::{Teller, asker},
    writer::Audience,
};
use crate::{EventType, data};

impl Teller<'_, '_> {
    pub(super) fn item(&mut self, recorded: &Recorded, event: &ItemEvent) -> Result<(), TranslateError> {
        let item_id = ItemId::new(recorded.stream.uuid());
        match event {
            ItemEvent::Minted(minted) => {
                let (collection, serial) = (minted.collection.clone(), minted.serial.clone());
                let told = data::ItemMinted { item_id, collection, serial, owner: minted.owner };
                let audience = Audience::owner(Some(minted.owner));
                self.writer.tell(EventType::ItemMinted, item_id.uuid(), audience, &told)
            }
            ItemEvent::Transferred(given) => self.changed_hands(item_id, [given.from, given.to], None),
            ItemEvent::Traded(traded) => {
                self.changed_hands(item_id, [traded.from, traded.to], Some((traded.offer, traded.transfer)))
            }
            // Told with the offer.
            ItemEvent::Locked(_) | ItemEvent::Unlocked(_) => Ok(()),
        }
    }

    /// Each of the two is told of their own part.
    fn changed_hands(
        &mut self,
        item_id: ItemId,
        [from, to]: [MemberId; 2],
        sold: Option<(OfferId, TransferId)>,
    ) -> Result<(), TranslateError> {
        for (member_id, part) in [(from, "given"), (to, "received")] {
            let told = data::ItemTransferred {
                item_id,
                member_id,
                part,
                offer_id: sold.map(|(offer, _)| offer),
                transfer_id: sold.map(|(_, transfer)| transfer),
            };
            let audience = Audience::owner(Some(member_id));
            self.writer.tell(EventType::ItemTransferred, item_id.uuid(), audience, &told)?;
        }
        Ok(())
    }

    pub(super) fn offer(&mut self, recorded: &Recorded, event: &OfferEvent) -> Result<(), TranslateError> {
        let offer_id = OfferId::new(recorded.stream.uuid());
        match event {
            OfferEvent::Opened(opened) => {
                let told = data::OfferOpened {
                    offer_id,
                    item_id: opened.item,
                    collection: opened.collection.clone(),
                    seller: opened.seller,
                    price: opened.price,
                    account_id: opened.destination,
                    expires_at: opened.expires_at,
                };
                let audience = Audience::owner(Some(opened.seller));
                self.writer.tell(EventType::OfferOpened, offer_id.uuid(), audience, &told)
            }
            OfferEvent::Accepted(accepted) => {
                let position = recorded.position;
                let traded = self.index.traded(offer_id);
                let (item_id, traded) =
                    traded.ok_or(TranslateError::Incomplete { position, what: "which item was sold" })?;
                for (member_id, part) in [(traded.from, "sold"), (accepted.buyer, "bought")] {
                    let transfer_id = accepted.transfer;
                    let told = data::OfferAccepted { offer_id, item_id, member_id, part, transfer_id };
                    let audience = Audience::owner(Some(member_id));
                    self.writer.tell(EventType::OfferAccepted, offer_id.uuid(), audience, &told)?;
                }
                Ok(())
            }
            // Only the seller may take an offer back.
            OfferEvent::Cancelled(_) => self.ended(recorded, offer_id, "cancelled", asker(self.actor)),
            OfferEvent::Expired(_) => {
                let seller = self.seller(recorded, offer_id)?;
                self.ended(recorded, offer_id, "expired", seller)
            }
        }
    }

    /// Whose an offer was that expired: its commit does not say so.
    fn seller(&self, recorded: &Recorded, offer_id: OfferId) -> Result<Option<MemberId>, TranslateError> {
        let Some(opened) = self.earlier.opened(offer_id) else { return Ok(None) };
        let position = recorded.position;
        let decoded = Event::decode(&opened.event_type, opened.schema_version, &opened.payload)
            .map_err(|source| TranslateError::Unreadable { position, source })?;
        match decoded {
            Event::Offer(OfferEvent::Opened(opened)) => Ok(Some(opened.seller)),
            _ => Ok(None),
        }
    }

    fn ended(
        &mut self,
        recorded: &Recorded,
        offer_id: OfferId,
        status: &'static str,
        owner: Option<MemberId>,
    ) -> Result<(), TranslateError> {
        let position = recorded.position;
        let unlocked = self.index.unlocked(offer_id);
        let item_id = unlocked.ok_or(TranslateError::Incomplete { position, what: "which item was offered" })?;
        let told = data::OfferEnded { offer_id, item_id, status };
        self.writer.tell(EventType::OfferEnded, offer_id.uuid(), Audience::owner(owner), &told)
    }

    pub(super) fn standing_order(
        &mut self,
        recorded: &Recorded,
        event: &StandingOrderEvent,
    ) -> Result<(), TranslateError> {
        match event {
            StandingOrderEvent::Ran(ran) => self.ran(recorded, ran),
            StandingOrderEvent::Placed(_)
            | StandingOrderEvent::Skipped(_)
            | StandingOrderEvent::Paused(_)
            | StandingOrderEvent::Resumed(_)
            | StandingOrderEvent::Cancelled(_) => Ok(()),
        }
    }

    fn ran(&mut self, recorded: &Recorded, ran: &StandingOrderRan) -> Result<(), TranslateError> {
        let order_id = OrderId::new(recorded.stream.uuid());
        let StandingOrderRan { due_at, transfer: transfer_id, refusal, next_at } = ran;
        let (due_at, transfer_id, next_at) = (*due_at, *transfer_id, *next_at);
        let incomplete = TranslateError::Incomplete { position: recorded.position, what: "what the run paid" };
        if let Some(refusal) = refusal {
            let account_id = self.index.rejected(transfer_id).ok_or(incomplete)?.facts.source;
            let code = refusal.code.clone();
            let told = data::OrderRefused { order_id, account_id, transfer_id, code, due_at, next_at };
            let audience = Audience::of_account(account_id);
            return self.writer.tell(EventType::OrderRefused, order_id.uuid(), audience, &told);
        }
        let Some(pair) = self.index.posted(transfer_id).and_then(|posted| posted.legs.pair()) else {
            return Err(incomplete);
        };
        let told = data::OrderRun { order_id, account_id: pair.source, transfer_id, due_at, next_at };
        let audience = Audience::of_account(Some(pair.source));
        self.writer.tell(EventType::OrderRun, order_id.uuid(), audience, &told)
    }

    pub(super) fn payout_run(&mut self, recorded: &Recorded, event: &PayoutRunEvent) -> Result<(), TranslateError> {
        let run_id = PayoutRunId::new(recorded.stream.uuid());
        let (finished, owner) = match event {
            PayoutRunEvent::Started(_) => {
                let audience = Audience::owner(asker(self.actor));
                let told = data::PayoutRunStarted { run_id };
                return self.writer.tell(EventType::PayoutRunStarted, run_id.uuid(), audience, &told);
            }
            PayoutRunEvent::RowsPaid(paid) if paid.finished => {
                let (posted, refused) = (Some(paid.posted), Some(paid.refused));
                let told =
                    data::PayoutRunFinished { run_id, status: "finished", posted, refused, paid: Some(paid.paid) };
                (told, self.asked_for(paid))
            }
            PayoutRunEvent::Cancelled(_) => {
                let told =
                    data::PayoutRunFinished { run_id, status: "cancelled", posted: None, refused: None, paid: None };
                (told, asker(self.actor))
            }
            // The rows are told as transfers.
            PayoutRunEvent::RowsPaid(_)
            | PayoutRunEvent::Opened(_)
            | PayoutRunEvent::ChunkAdded(_)
            | PayoutRunEvent::Paused(_)
            | PayoutRunEvent::Resumed(_) => return Ok(()),
        };
        self.writer.tell(EventType::PayoutRunFinished, run_id.uuid(), Audience::owner(owner), &finished)
    }

    /// Who opened the run whose rows were paid: a process sent the command, and the transfers name who asked.
    fn asked_for(&self, paid: &PayoutRowsPaid) -> Option<MemberId> {
        let transfer = paid.results.first()?.transfer;
        let posted = self.index.posted(transfer).and_then(|posted| posted.asked_by);
        let rejected = self.index.rejected(transfer).and_then(|rejected| rejected.asked_by);
        posted.or(rejected).and_then(asker)
    }
}
