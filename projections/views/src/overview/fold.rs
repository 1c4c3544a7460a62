//! What a run of commits adds to the totals.

use std::collections::HashMap;

use events::recorded::{
    AccountClosed, AccountEvent, AccountFrozen, AccountFundsHeld, AccountFundsReleased, AccountOpened, AccountUnfrozen,
    CommandRefused, Event, HoldEvent, Holder, ItemEvent, ItemMinted, OfferEvent, RefusedCommandEvent,
    StandingOrderEvent, StandingOrderRan, StandingOrderResumed, StandingOrderSkipped, TransferEvent, TransferPosted,
    TransferRejected,
};
use kernel::{AccountId, AssetCode, Zone};
use projection_engine::Commit;
use sqlx::types::Uuid;

use super::{
    activity::Activity,
    counts::{Counts, ITEMS, OPEN_OFFERS},
    records::{ACTIVE_ORDERS, OPEN_HOLDS, PAUSED_ORDERS, Records},
    refusals::{COMMAND, Refusals},
    states::States,
};
use crate::wide::Wide;

/// Whether events of this type change something here.
pub(super) fn is_used(event_type: &str) -> bool {
    const USED: &[&str] = &[
        AccountOpened::NAME,
        AccountFrozen::NAME,
        AccountUnfrozen::NAME,
        AccountClosed::NAME,
        AccountFundsHeld::NAME,
        AccountFundsReleased::NAME,
        TransferPosted::NAME,
        TransferRejected::NAME,
        CommandRefused::NAME,
        ItemMinted::NAME,
    ];
    [USED, HoldEvent::NAMES, StandingOrderEvent::NAMES, OfferEvent::NAMES].iter().any(|of| of.contains(&event_type))
}

/// What is to be added.
#[derive(Debug)]
pub(super) struct Additions {
    /// By how much each account's balance changed. Whether it is a member's is looked up when it is written.
    pub(super) moved: HashMap<AccountId, (AssetCode, Wide)>,
    /// By how much what is held of each account changed. The asset is looked up when it is written.
    pub(super) held: HashMap<AccountId, Wide>,
    pub(super) states: States,
    pub(super) records: Records,
    pub(super) counts: Counts,
    pub(super) activity: Activity,
    pub(super) refusals: Refusals,
}

pub(super) fn fold(commits: &[&Commit<Event>], zone: Zone) -> Additions {
    let mut additions = Additions::none(zone);
    commits.iter().for_each(|commit| additions.commit(commit));
    additions
}

impl Additions {
    /// Nothing yet; days will be those of a zone.
    pub(super) fn none(zone: Zone) -> Self {
        let (moved, held, states, records, counts, refusals) = Default::default();
        Self { moved, held, states, records, counts, activity: Activity::none(zone), refusals }
    }

    pub(super) fn commit(&mut self, commit: &Commit<Event>) {
        for event in &commit.events {
            if let Some(body) = &event.body {
                self.event(commit, event.stream.uuid(), body);
            }
        }
    }

    fn event(&mut self, commit: &Commit<Event>, stream: Uuid, body: &Event) {
        match body {
            Event::Account(account) => self.account(AccountId::new(stream), account),
            Event::Transfer(TransferEvent::Posted(posted)) => {
                for leg in posted.legs.iter() {
                    self.moved.entry(leg.account).or_insert((leg.asset, Wide::default())).1.add(leg.amount);
                }
                self.activity.posted(posted, commit.recorded_at);
            }
            Event::Transfer(TransferEvent::Rejected(TransferRejected { facts, refusal, .. })) => {
                self.activity.rejected(facts, commit.recorded_at);
                self.refusals.add(&refusal.code, facts.kind.as_str(), commit.recorded_at);
            }
            Event::RefusedCommand(RefusedCommandEvent::Refused(CommandRefused { refusal })) => {
                self.refusals.add(&refusal.code, COMMAND, commit.recorded_at);
            }
            Event::Hold(hold) => self.hold(stream, hold),
            Event::StandingOrder(order) => self.order(stream, order),
            Event::Item(ItemEvent::Minted(_)) => self.counts.add(ITEMS, 1),
            Event::Offer(OfferEvent::Opened(_)) => self.counts.add(OPEN_OFFERS, 1),
            Event::Offer(OfferEvent::Accepted(_) | OfferEvent::Cancelled(_) | OfferEvent::Expired(_)) => {
                self.counts.add(OPEN_OFFERS, -1);
            }
            _ => {}
        }
    }

    fn account(&mut self, account: AccountId, event: &AccountEvent) {
        match event {
            AccountEvent::Opened(opened) => {
                let system = matches!(opened.holder, Holder::System { .. });
                self.states.opened(account, opened.asset, system);
            }
            AccountEvent::Frozen(_) => self.states.became(account, "frozen"),
            AccountEvent::Unfrozen(_) => self.states.became(account, "open"),
            AccountEvent::Closed(_) => self.states.became(account, "closed"),
            AccountEvent::FundsHeld(held) => self.held.entry(account).or_default().add(held.amount),
            AccountEvent::FundsReleased(released) => self.held.entry(account).or_default().subtract(released.amount),
            _ => {}
        }
    }

    fn hold(&mut self, hold: Uuid, event: &HoldEvent) {
        let left = match event {
            HoldEvent::Placed(placed) => return self.records.began(hold, placed.asset, OPEN_HOLDS),
            HoldEvent::Increased(_) => return,
            HoldEvent::Captured(captured) => captured.left,
            HoldEvent::Released(released) => released.left,
            HoldEvent::Expired(expired) => expired.left,
        };
        // It is over once nothing remains.
        if left.captured.plus(left.released) == Ok(left.amount) {
            self.records.ended(hold);
        }
    }

    fn order(&mut self, order: Uuid, event: &StandingOrderEvent) {
        match event {
            StandingOrderEvent::Placed(placed) => self.records.began(order, placed.money.asset, ACTIVE_ORDERS),
            StandingOrderEvent::Paused(_) => self.records.became(order, PAUSED_ORDERS),
            StandingOrderEvent::Resumed(StandingOrderResumed { next_at: Some(_) }) => {
                self.records.became(order, ACTIVE_ORDERS);
            }
            // It goes on as it was: most events of an order are these, and cost nothing here.
            StandingOrderEvent::Ran(StandingOrderRan { next_at: Some(_), .. })
            | StandingOrderEvent::Skipped(StandingOrderSkipped { next_at: Some(_), .. }) => {}
            StandingOrderEvent::Ran(_)
            | StandingOrderEvent::Skipped(_)
            | StandingOrderEvent::Resumed(_)
            | StandingOrderEvent::Cancelled(_) => self.records.ended(order),
        }
    }
}
