//! Items and offers that are right, and each way in which they can be wrong.

use chrono::TimeDelta;
use events::recorded::{ItemLocked, ItemTransferred, ItemUnlocked, OfferCancelled, OfferExpired, Trade};
use kernel::{OfferId, TransferId};

use super::*;
use crate::test_log::{Events, TestLog, account, between, member, money, posted};

const OFFER: u128 = 90;

fn item() -> ItemId {
    ItemId::of("cards", "1/100")
}

fn stream() -> u128 {
    item().uuid().as_u128()
}

fn offer() -> OfferId {
    OfferId::new(Uuid::from_u128(OFFER))
}

fn minted() -> ItemMinted {
    let (collection, serial) = ("cards".to_owned(), "1/100".to_owned());
    ItemMinted { collection, serial, owner: member(1), metadata_url: None, digest: None }
}

/// A log with an item of the first member.
fn with_item() -> TestLog {
    let mut log = TestLog::new();
    log.sound(vec![(stream(), minted().into())]);
    log
}

fn opened(log: &TestLog) -> OfferOpened {
    let expires_at = log.now + TimeDelta::seconds(60);
    let (collection, price, destination) = ("cards".to_owned(), money(250), account(1));
    OfferOpened { item: item(), collection, seller: member(1), price, destination, expires_at }
}

fn offered(opened: OfferOpened) -> Events {
    vec![(OFFER, opened.into()), (stream(), ItemLocked { offer: offer() }.into())]
}

/// The same, and the item is offered for a minute.
fn with_offer() -> TestLog {
    let mut log = with_item();
    let opened = opened(&log);
    log.sound(offered(opened));
    log
}

fn given(from: u128, to: u128) -> Events {
    vec![(stream(), ItemTransferred { from: member(from), to: member(to) }.into())]
}

/// The second member buys.
fn traded(log: &TestLog) -> Events {
    let trade = Some(Trade { item: item(), offer: offer() });
    let mut events = log.pay(11, TransferPosted { trade, ..posted(TransferKind::Trade, between(2, 1, 250)) }, vec![]);
    let transfer = TransferId::new(Uuid::from_u128(11));
    events.push((OFFER, OfferAccepted { buyer: member(2), transfer }.into()));
    events.push((stream(), ItemTraded { offer: offer(), from: member(1), to: member(2), transfer }.into()));
    events
}

#[test]
fn an_item_is_given_offered_and_sold() {
    let mut log = with_item();
    log.sound(given(1, 2));
    log.sound(given(2, 1));
    let opened = opened(&log);
    log.sound(offered(opened));
    let kept: Items = serde_json::from_str(&serde_json::to_string(&log.fold.items).expect("JSON")).expect("items");
    log.fold.items = kept;
    log.sound(traded(&log));
    assert!(log.fold.items.open.is_empty());
    log.sound(given(2, 3));

    let mut log = with_offer();
    let unlocked = || (stream(), Event::from(ItemUnlocked { offer: offer() }));
    log.sound(vec![(OFFER, OfferCancelled {}.into()), unlocked()]);
    let mut log = with_offer();
    log.wrong(vec![(OFFER, OfferExpired {}.into()), unlocked()], "and is recorded as expired at 2026-11-30 03:00");
    let mut log = with_offer();
    log.now += TimeDelta::seconds(59);
    log.sound(vec![(OFFER, OfferExpired {}.into()), unlocked()]);
    log.wrong(vec![(OFFER, OfferExpired {}.into()), unlocked()], "was never opened, or is over");
}

#[test]
fn an_item_has_one_owner() {
    let wrong = |log: &mut TestLog, events: Events, words: &str| log.wrong(events, words);
    wrong(&mut with_item(), given(2, 3), "is given away by 00000000-0000-0000-0000-000000000002, and is 00000000");
    wrong(&mut with_offer(), given(1, 2), "is given away, and is offered in 00000000");
    wrong(&mut TestLog::new(), given(1, 2), "never came to be");
    wrong(&mut with_item(), vec![(stream(), minted().into())], "comes to be as version 2");
    wrong(&mut TestLog::new(), vec![(7, minted().into())], "is number 1/100 of cards, whose id is");
    let mut log = with_offer();
    let again = vec![(stream(), Event::from(ItemLocked { offer: OfferId::new(Uuid::from_u128(91)) }))];
    wrong(&mut log, again, "and is offered in 00000000-0000-0000-0000-00000000005a");
    let unlocked = |offer| vec![(stream(), Event::from(ItemUnlocked { offer }))];
    wrong(
        &mut with_offer(),
        unlocked(offer()),
        "is not offered any more in 00000000-0000-0000-0000-00000000005a, which",
    );
    wrong(&mut with_item(), unlocked(offer()), "any more, and was not before");
    wrong(&mut with_item(), vec![(stream(), ItemLocked { offer: offer() }.into())], "which does not say so");
}

#[test]
fn an_offer_is_of_the_sellers_item_and_paid_to_the_sellers_account() {
    let wrong = |change: fn(&mut OfferOpened), words: &str| {
        let mut log = with_item();
        let mut opened = opened(&log);
        change(&mut opened);
        log.wrong(offered(opened), words);
    };
    wrong(|opened| opened.seller = member(2), "which is not 00000000-0000-0000-0000-000000000002's");
    wrong(
        |opened| opened.destination = account(2),
        "which is no account of 00000000-0000-0000-0000-000000000001 of KRW",
    );
    wrong(|opened| opened.price = money(0), "is for 0");
    let mut log = with_item();
    let opened = opened(&log);
    log.wrong(vec![(OFFER, opened.into())], "which does not say so");
    let mut log = with_offer();
    log.wrong(vec![(OFFER, OfferCancelled {}.into())], "is still offered");
}

/// A sale in which something was changed, and what is found.
fn sale(change: impl Fn(&mut Event), words: &str) {
    let mut log = with_offer();
    let mut events = traded(&log);
    events.iter_mut().for_each(|(_, event)| change(event));
    log.wrong(events, words);
}

/// Changes the transfer.
fn of_transfer(change: impl Fn(&mut TransferPosted)) -> impl Fn(&mut Event) {
    move |event| {
        if let Event::Transfer(TransferEvent::Posted(posted)) = event {
            change(posted);
        }
    }
}

/// Another amount, or other accounts.
fn paying(amount: i128, source: u128, destination: u128) -> impl Fn(&mut Event) {
    of_transfer(move |posted| posted.legs = between(source, destination, amount))
}

/// Other members.
fn parties(buyer: u128, from: u128, to: u128) -> impl Fn(&mut Event) {
    move |event| match event {
        Event::Offer(OfferEvent::Accepted(accepted)) => accepted.buyer = member(buyer),
        Event::Item(ItemEvent::Traded(traded)) => (traded.from, traded.to) = (member(from), member(to)),
        _ => {}
    }
}

#[test]
fn money_and_item_change_hands_together() {
    let mut log = with_offer();
    log.now += TimeDelta::seconds(59);
    log.wrong(traded(&log), "and is accepted at 2026-11-30 03:01");
    for place in [0, 3, 4] {
        let mut log = with_offer();
        let mut events = traded(&log);
        events.remove(place);
        let words = ["which is no trade of it", "", "", "which does not say so", "is not sold so"][place];
        log.wrong(events, words);
    }
    sale(of_transfer(|posted| posted.kind = TransferKind::Transfer), "which is no trade of it");
    sale(of_transfer(|posted| posted.trade = None), "is a trade of no item");
    sale(paying(249, 2, 1), "pays 249 KRW to 00000000-0000-0000-0000-000000000001");
    sale(paying(250, 2, 3), "pays 250 KRW to 00000000-0000-0000-0000-000000000003");
    sale(paying(250, 3, 1), "and paid from account 00000000-0000-0000-0000-000000000003");
}

#[test]
fn an_item_goes_from_the_seller_to_the_buyer() {
    sale(parties(1, 1, 1), "is accepted by 00000000-0000-0000-0000-000000000001, who opened it");
    sale(parties(3, 1, 2), "is not sold so");
    sale(parties(3, 1, 3), "and paid from account 00000000-0000-0000-0000-000000000002");
    sale(parties(2, 3, 2), "is sold by 00000000-0000-0000-0000-000000000003, and is 00000000");
}
