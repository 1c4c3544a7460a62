use chrono::DateTime;
use domain::{Account, EvolveError, Item, ItemStatus, Offer, OfferStatus, Refusal, item::receiver};
use events::recorded::{
    ItemEvent, ItemLocked, ItemMinted, ItemTraded, ItemTransferred, ItemUnlocked, OfferAccepted, OfferCancelled,
    OfferEvent, OfferExpired, OfferOpened,
};
use kernel::{ItemId, MemberId, Money, OfferId};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{account_id, closed, debits_frozen, frozen, given, money, opened, system, transfer};

/// The owner of the accounts that these tests open is member 1.
fn member(number: u128) -> MemberId {
    MemberId::new(Uuid::from_u128(number))
}

fn offer_id(number: u128) -> OfferId {
    OfferId::new(Uuid::from_u128(number))
}

fn item_id() -> ItemId {
    ItemId::of("cats", "7")
}

fn minted(owner: u128) -> ItemMinted {
    let (collection, serial) = ("cats".to_owned(), "7".to_owned());
    ItemMinted { collection, serial, owner: member(owner), metadata_url: None, digest: None }
}

fn item() -> Item {
    Item::evolve(None, &minted(1).into()).expect("an item")
}

fn try_on(item: &Item, event: impl Into<ItemEvent>) -> Result<Item, EvolveError> {
    Item::evolve(Some(item.clone()), &event.into())
}

fn after(item: &Item, event: impl Into<ItemEvent>) -> Item {
    try_on(item, event).expect("an item")
}

fn given_to(from: u128, to: u128) -> ItemTransferred {
    ItemTransferred { from: member(from), to: member(to) }
}

fn traded(offer: u128, from: u128, to: u128) -> ItemTraded {
    ItemTraded { offer: offer_id(offer), from: member(from), to: member(to), transfer: transfer() }
}

fn locked(offer: u128) -> ItemLocked {
    ItemLocked { offer: offer_id(offer) }
}

fn unlocked(offer: u128) -> ItemUnlocked {
    ItemUnlocked { offer: offer_id(offer) }
}

fn offered(item: &Item, price: Money, account: Option<&Account>) -> Result<OfferOpened, Refusal> {
    item.offer(item_id(), price, (account_id(1), account), DateTime::UNIX_EPOCH)
}

fn offer() -> Offer {
    let account = given(&[opened("KRW")]);
    let opened = offered(&item(), money("KRW", 900), Some(&account)).expect("an offer");
    Offer::evolve(None, &opened.into()).expect("an offer")
}

#[test]
fn an_item_is_given_to_another_member() {
    let item = item();
    assert_eq!((item.owner, item.status()), (member(1), ItemStatus::Free));
    let item = after(&item, item.transfer(member(2)).expect("given"));
    assert_eq!(item.owner, member(2));
    assert_eq!(item.minted.owner, member(1));
    assert_eq!(item.transfer(member(2)), Err(Refusal::SameAccount));
}

#[test]
fn an_offered_item_is_neither_given_away_nor_offered_again() {
    let account = given(&[opened("KRW")]);
    let locked = after(&item(), locked(5));
    assert_eq!((locked.status(), locked.offer), (ItemStatus::Offered, Some(offer_id(5))));
    assert_eq!(locked.transfer(member(2)), Err(Refusal::ItemLocked));
    assert_eq!(offered(&locked, money("KRW", 1), Some(&account)), Err(Refusal::ItemLocked));
    let free = after(&locked, unlocked(5));
    assert_eq!((free.status(), free.owner), (ItemStatus::Free, member(1)));
    let sold = after(&locked, traded(5, 1, 2));
    assert_eq!((sold.status(), sold.owner), (ItemStatus::Free, member(2)));
}

#[test]
fn an_offer_is_paid_to_an_account_of_the_seller_that_takes_money() {
    let account = given(&[opened("KRW")]);
    let opened_for = offered(&item(), money("KRW", 900), Some(&account)).expect("an offer");
    assert_eq!((opened_for.seller, opened_for.collection.as_str()), (member(1), "cats"));
    assert_eq!((opened_for.item, opened_for.destination), (item_id(), account_id(1)));
    let debits = given(&[opened("KRW"), debits_frozen(0)]);
    assert_eq!(offered(&item(), money("KRW", 1), Some(&debits)).map(drop), Ok(()));

    let (shut, gone) = (given(&[opened("KRW"), frozen(0)]), given(&[opened("KRW"), closed()]));
    let bank = given(&[system("KRW")]);
    let foreign = after(&item(), given_to(1, 2));
    for (item, price, account, refusal) in [
        (&item(), money("KRW", 0), Some(&account), Refusal::AmountNotPositive),
        (&item(), money("KRW", -1), Some(&account), Refusal::AmountNotPositive),
        (&item(), money("KRW", 1), None, Refusal::AccountUnknown),
        (&item(), money("KRW", 1), Some(&bank), Refusal::AccountUnknown),
        (&foreign, money("KRW", 1), Some(&account), Refusal::AccountUnknown),
        (&item(), money("EUR", 1), Some(&account), Refusal::AssetMismatch),
        (&item(), money("KRW", 1), Some(&shut), Refusal::AccountFrozen),
        (&item(), money("KRW", 1), Some(&gone), Refusal::AccountClosed),
    ] {
        assert_eq!(offered(item, price, account), Err(refusal));
    }
}

#[test]
fn a_member_receives_by_an_account_that_is_not_closed() {
    assert_eq!(receiver(Some(&given(&[opened("KRW")]))), Ok(member(1)));
    // No money moves.
    assert_eq!(receiver(Some(&given(&[opened("KRW"), frozen(0)]))), Ok(member(1)));
    assert_eq!(receiver(Some(&given(&[opened("KRW"), closed()]))), Err(Refusal::AccountClosed));
    assert_eq!(receiver(Some(&given(&[system("KRW")]))), Err(Refusal::AccountUnknown));
    assert_eq!(receiver(None), Err(Refusal::AccountUnknown));
}

#[test]
fn events_of_an_item_that_do_not_fit_are_damage() {
    let (free, offered) = (item(), after(&item(), locked(5)));
    assert_eq!(Item::evolve(None, &locked(5).into()), Err(EvolveError::NotOpened));
    assert_eq!(try_on(&free, minted(1)), Err(EvolveError::OpenedTwice));
    let misfits: [(&Item, ItemEvent); 8] = [
        (&free, unlocked(5).into()),
        (&free, traded(5, 1, 2).into()),
        (&free, given_to(2, 3).into()),
        (&offered, given_to(1, 2).into()),
        (&offered, locked(6).into()),
        (&offered, unlocked(6).into()),
        (&offered, traded(6, 1, 2).into()),
        (&offered, traded(5, 2, 3).into()),
    ];
    for (item, event) in misfits {
        assert_eq!(try_on(item, event.clone()), Err(EvolveError::OutOfOrder), "{event:?}");
    }
}

#[test]
fn an_offer_ends_once() {
    let open = offer();
    assert_eq!((open.usable(false), open.usable(true)), (Ok(()), Err(Refusal::OfferExpired)));
    assert_eq!((open.acceptable_by(member(2)), open.acceptable_by(member(1))), (Ok(()), Err(Refusal::OwnOffer)));
    let ends: [(OfferEvent, OfferStatus, Refusal); 3] = [
        (OfferAccepted { buyer: member(2), transfer: transfer() }.into(), OfferStatus::Accepted, Refusal::OfferNotOpen),
        (OfferCancelled {}.into(), OfferStatus::Cancelled, Refusal::OfferNotOpen),
        (OfferExpired {}.into(), OfferStatus::Expired, Refusal::OfferExpired),
    ];
    for (end, status, refusal) in &ends {
        let over = Offer::evolve(Some(open.clone()), end).expect("it ends");
        assert_eq!(over.status, *status);
        // Whether its time is over too makes no difference any more.
        assert_eq!((over.usable(false), over.usable(true)), (Err(refusal.clone()), Err(refusal.clone())));
        for (again, ..) in &ends {
            assert_eq!(Offer::evolve(Some(over.clone()), again), Err(EvolveError::AfterTheLast));
        }
        assert_eq!(Offer::evolve(None, end), Err(EvolveError::NotOpened));
    }
    let opened = OfferEvent::from(open.opened.clone());
    assert_eq!(Offer::evolve(Some(open), &opened), Err(EvolveError::OpenedTwice));
}

proptest! {
    /// Whatever is wished for: an item has one owner, who is the seller of the offer that is open, and is given away only while none is.
    #[test]
    fn an_item_is_sold_only_by_its_owner(wishes in prop::collection::vec((0..5_u8, 1..4_u128), 0..40)) {
        let mut item = item();
        let mut open: Option<(u128, MemberId)> = None;
        for (number, (wish, to)) in (100..).zip(wishes) {
            let seller = item.owner;
            let event: Option<ItemEvent> = match (wish, open) {
                (0, _) => item.transfer(member(to)).ok().map(ItemEvent::from),
                (1, _) => Some(locked(number).into()),
                (2, Some((offer, _))) => Some(unlocked(offer).into()),
                (3, Some((offer, _))) => {
                    let traded = ItemTraded { from: seller, ..traded(offer, 1, to) };
                    Some(traded.into())
                }
                (4, _) => Some(traded(number, to, 1).into()),
                _ => None,
            };
            let Some(event) = event else { continue };
            let Ok(next) = try_on(&item, event.clone()) else {
                prop_assert!(!matches!(event, ItemEvent::Transferred(_)), "it was allowed");
                continue;
            };
            match &event {
                ItemEvent::Locked(_) => {
                    prop_assert_eq!(open, None);
                    open = Some((number, seller));
                }
                ItemEvent::Transferred(_) => prop_assert_eq!(open, None),
                ItemEvent::Traded(traded) => {
                    prop_assert_eq!(open.take().map(|(_, seller)| seller), Some(traded.from));
                }
                _ => open = None,
            }
            item = next;
            prop_assert_eq!(item.offer, open.map(|(offer, _)| offer_id(offer)));
            prop_assert!(open.is_none_or(|(_, seller)| seller == item.owner));
        }
    }
}
