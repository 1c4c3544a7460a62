//! Items and trades: an item has one owner, and money and item change hands together.

use application::{
    AcceptOffer, CancelOffer, CloseAccount, Command, ExecuteError, ExpireOffer, ItemAnswer, MintItem, OfferAnswer,
    OpenAccount, OpenOffer, Outcome, Reverse, TransferAnswer, TransferItem,
};
use chrono::TimeDelta;
use domain::{ItemStatus, OfferStatus};
use events::recorded::{Trade, TransferKind};
use kernel::{AccountId, AccountNumber, Actor, ItemId, MemberId, Money, OfferId, Role};
use log::InstanceState;
use uuid::Uuid;

use crate::{
    client::{TestClient, krw, member, operator, posted, refused, submission, transfer, won},
    members::app::{TestApp, until},
};

fn service() -> Actor {
    Actor { role: Role::Service, id: MemberId::new(Uuid::from_u128(7)) }
}

fn item(serial: &str) -> ItemId {
    ItemId::of("cats", serial)
}

fn mint(serial: &str, owner: AccountNumber) -> Command {
    let (collection, serial) = ("cats".to_owned(), serial.to_owned());
    let (metadata_url, digest) = (Some("https://items.example/cats".to_owned()), Some("ab".repeat(32)));
    Command::MintItem(MintItem { collection, serial, owner, metadata_url, digest })
}

fn give(item: ItemId, to: AccountNumber) -> Command {
    Command::TransferItem(TransferItem { item, to })
}

fn offer(item: ItemId, price: Money, destination: AccountId) -> Command {
    Command::OpenOffer(OpenOffer { item, price, destination, expires_in: 60 })
}

fn accept(offer: OfferId, source: AccountId) -> Command {
    Command::AcceptOffer(AcceptOffer { offer, source })
}

fn cancel(offer: OfferId) -> Command {
    Command::CancelOffer(CancelOffer { offer })
}

fn expire(offer: OfferId) -> Command {
    Command::ExpireOffer(ExpireOffer { offer })
}

fn of_item(outcome: &Outcome) -> &ItemAnswer {
    match outcome {
        Outcome::ItemMinted(item) | Outcome::ItemTransferred(item) => item,
        other => panic!("no item: {other:?}"),
    }
}

fn of_offer(outcome: &Outcome) -> &OfferAnswer {
    match outcome {
        Outcome::OfferOpened(offer) | Outcome::OfferEnded(offer) => offer,
        other => panic!("no offer: {other:?}"),
    }
}

fn of_trade(outcome: &Outcome) -> &TransferAnswer {
    match outcome {
        Outcome::Posted(transfer) => transfer,
        other => panic!("not posted: {other:?}"),
    }
}

#[derive(Clone, Copy)]
struct Account {
    id: AccountId,
    number: AccountNumber,
}

async fn account(client: &TestClient, owner: Actor, key: &str) -> Account {
    match client.outcome(owner, key, Command::OpenAccount(OpenAccount { asset: krw() })).await {
        Outcome::Opened(account) => Account { id: account.account_id, number: account.account_number },
        other => panic!("not opened: {other:?}"),
    }
}

/// Member 1 has item 7; members 2 and 3 have 100 each.
struct Market {
    client: TestClient,
    seller: Account,
    buyer: Account,
    other: Account,
}

impl Market {
    async fn on(client: TestClient) -> Self {
        let seller = account(&client, member(1), "seller").await;
        let buyer = account(&client, member(2), "buyer").await;
        let other = account(&client, member(3), "other").await;
        posted(&client.deposit(buyer.id, 100, "fund buyer").await);
        posted(&client.deposit(other.id, 100, "fund other").await);
        of_item(&client.outcome(service(), "mint", mint("7", seller.number)).await);
        Self { client, seller, buyer, other }
    }

    async fn new() -> Self {
        Self::on(TestClient::new()).await
    }

    async fn ask(&self, who: u128, key: &str, command: Command) -> Outcome {
        self.client.outcome(member(who), key, command).await
    }

    /// Item 7 for 40, by member 1.
    async fn offered(&self, key: &str) -> OfferId {
        of_offer(&self.ask(1, key, offer(item("7"), won(40), self.seller.id)).await).offer_id
    }

    /// The error that a member gets.
    async fn error(&self, who: u128, command: Command) -> ExecuteError {
        self.client.ask(member(who), &format!("{command:?}"), command).await.expect_err("an error")
    }
}

fn types_of_last_commit(client: &TestClient) -> Vec<String> {
    let commit = client.log.commits().pop().expect("a commit");
    commit.events.iter().map(|event| event.event_type.clone()).collect()
}

#[tokio::test]
async fn an_item_is_minted_once_and_given_away() {
    let market = Market::new().await;
    let minted = market.client.outcome(service(), "m", mint("8", market.seller.number)).await;
    let minted = of_item(&minted);
    assert_eq!((minted.item_id, minted.owner, minted.status), (item("8"), member(1).id, ItemStatus::Free));
    assert_eq!((minted.minted.collection.as_str(), minted.minted.serial.as_str()), ("cats", "8"));
    // Whoever it is for.
    for (key, number) in [("again", market.seller.number), ("other", market.buyer.number)] {
        let outcome = market.client.outcome(operator(), key, mint("8", number)).await;
        assert_eq!(refused(&outcome), "serial-taken");
    }
    let given = market.ask(1, "give", give(item("8"), market.buyer.number)).await;
    assert!(matches!(given, Outcome::ItemTransferred(_)));
    let given = of_item(&given);
    assert_eq!((given.owner, given.minted.owner), (member(2).id, member(1).id));
    assert_eq!(given.position, market.client.log.commits().last().expect("a commit").last());
    assert_eq!(market.error(1, give(item("8"), market.seller.number)).await, ExecuteError::ItemNotYours);
    let back = market.ask(2, "back", give(item("8"), market.seller.number)).await;
    assert_eq!(of_item(&back).owner, member(1).id);
}

#[tokio::test]
async fn who_receives_an_item_is_known_by_an_account_that_is_not_closed() {
    let market = Market::new().await;
    let closed = account(&market.client, member(2), "closed").await;
    let close = Command::CloseAccount(CloseAccount { account: closed.id, reason: None });
    market.ask(2, "close", close).await;
    let nobody = AccountNumber::from_digits(404);
    for (key, number, expected) in [("nobody", nobody, "account-unknown"), ("closed", closed.number, "account-closed")]
    {
        let minted = market.client.outcome(service(), &format!("mint {key}"), mint("9", number)).await;
        assert_eq!(refused(&minted), expected);
        assert_eq!(refused(&market.ask(1, key, give(item("7"), number)).await), expected);
    }
    assert_eq!(refused(&market.ask(1, "self", give(item("7"), market.seller.number)).await), "same-account");
}

#[tokio::test]
async fn money_and_item_change_hands_in_one_commit() {
    let market = Market::new().await;
    let opened = market.ask(1, "offer", offer(item("7"), won(40), market.seller.id)).await;
    assert!(matches!(opened, Outcome::OfferOpened(_)));
    assert_eq!(types_of_last_commit(&market.client), ["OfferOpened", "ItemLocked"]);
    let opened = of_offer(&opened);
    assert_eq!((opened.opened.seller, opened.status), (member(1).id, OfferStatus::Open));
    assert_eq!((opened.opened.price, opened.opened.collection.as_str()), (won(40), "cats"));

    let outcome = market.ask(2, "accept", accept(opened.offer_id, market.buyer.id)).await;
    let trade = of_trade(&outcome);
    assert_eq!(trade.posted.kind, TransferKind::Trade);
    assert_eq!(trade.posted.trade, Some(Trade { item: item("7"), offer: opened.offer_id }));
    let lines: Vec<_> =
        trade.postings.iter().map(|p| (p.account_id, p.amount.units(), p.balance_after.units())).collect();
    assert_eq!(lines, [(market.buyer.id, -40, 60), (market.seller.id, 40, 40)]);
    assert_eq!(
        types_of_last_commit(&market.client),
        ["TransferPosted", "AccountDebited", "AccountCredited", "OfferAccepted", "ItemTraded"]
    );
    assert_eq!(market.error(1, give(item("7"), market.other.number)).await, ExecuteError::ItemNotYours);
    assert_eq!(refused(&market.ask(3, "late", accept(opened.offer_id, market.other.id)).await), "offer-not-open");
    assert_eq!(refused(&market.ask(1, "cancel", cancel(opened.offer_id)).await), "offer-not-open");
    // It goes on: the buyer sells it.
    let next = market.ask(2, "next", offer(item("7"), won(100), market.buyer.id)).await;
    posted(&market.ask(3, "buy", accept(of_offer(&next).offer_id, market.other.id)).await);
    assert_eq!(of_item(&market.ask(3, "give", give(item("7"), market.seller.number)).await).owner, member(1).id);
}

#[tokio::test]
async fn an_offered_item_is_locked_until_the_offer_is_taken_back() {
    let market = Market::new().await;
    let id = market.offered("offer").await;
    assert_eq!(refused(&market.ask(1, "give", give(item("7"), market.buyer.number)).await), "item-locked");
    let second = market.ask(1, "second", offer(item("7"), won(1), market.seller.id)).await;
    assert_eq!(refused(&second), "item-locked");
    let cancelled = market.ask(1, "cancel", cancel(id)).await;
    assert!(matches!(cancelled, Outcome::OfferEnded(_)));
    assert_eq!(of_offer(&cancelled).status, OfferStatus::Cancelled);
    assert_eq!(types_of_last_commit(&market.client), ["OfferCancelled", "ItemUnlocked"]);
    assert_eq!(refused(&market.ask(2, "late", accept(id, market.buyer.id)).await), "offer-not-open");
    assert_eq!(market.client.outcome(operator(), "expire", expire(id)).await, Outcome::Idle);
    of_item(&market.ask(1, "now", give(item("7"), market.buyer.number)).await);
}

#[tokio::test]
async fn who_may_do_what() {
    let market = Market::new().await;
    let (missing, nothing) = (item("404"), OfferId::new(Uuid::from_u128(404)));
    let (seller, buyer) = (market.seller, market.buyer);
    let id = market.offered("offer").await;
    for (who, command, expected) in [
        (1, give(missing, buyer.number), ExecuteError::ItemUnknown),
        (2, give(item("7"), buyer.number), ExecuteError::ItemNotYours),
        (1, offer(missing, won(1), seller.id), ExecuteError::ItemUnknown),
        (2, offer(item("7"), won(1), buyer.id), ExecuteError::ItemNotYours),
        // The price goes to nobody else.
        (1, offer(item("7"), won(1), buyer.id), ExecuteError::NotOwner),
        (2, accept(nothing, buyer.id), ExecuteError::OfferUnknown),
        (2, accept(id, seller.id), ExecuteError::NotOwner),
        (1, cancel(nothing), ExecuteError::OfferUnknown),
        (2, cancel(id), ExecuteError::OfferNotYours),
        // The id of something else is no offer and no item.
        (2, accept(OfferId::new(item("7").uuid()), buyer.id), ExecuteError::OfferUnknown),
        (1, give(ItemId::new(id.uuid()), buyer.number), ExecuteError::ItemUnknown),
    ] {
        assert_eq!(market.error(who, command.clone()).await, expected, "{command:?}");
    }
    assert_eq!(refused(&market.ask(1, "own", accept(id, seller.id)).await), "own-offer");
    let unknown = AccountId::new(Uuid::from_u128(404));
    assert_eq!(refused(&market.ask(2, "from nowhere", accept(id, unknown)).await), "account-unknown");
    market.ask(1, "cancel", cancel(id)).await;
    for (key, price, destination, expected) in [
        ("nothing", won(0), seller.id, "amount-not-positive"),
        ("euros", Money { asset: "EUR".parse().expect("asset"), ..won(1) }, seller.id, "asset-mismatch"),
        ("nowhere", won(1), unknown, "account-unknown"),
    ] {
        assert_eq!(refused(&market.ask(1, key, offer(item("7"), price, destination)).await), expected, "{key}");
    }
}

#[tokio::test]
async fn a_refused_payment_leaves_the_offer_open() {
    let market = Market::new().await;
    let dear = offer(item("7"), won(101), market.seller.id);
    let id = of_offer(&market.ask(1, "dear", dear).await).offer_id;
    let outcome = market.ask(2, "poor", accept(id, market.buyer.id)).await;
    assert_eq!(refused(&outcome), "insufficient-funds");
    let Outcome::Refused(no) = outcome else { panic!() };
    assert!(no.transfer.is_some(), "it is kept as a rejected transfer");
    posted(&market.client.deposit(market.buyer.id, 1, "more").await);
    posted(&market.ask(2, "rich", accept(id, market.buyer.id)).await);
}

#[tokio::test]
async fn what_was_paid_for_an_item_is_given_back_without_the_item() {
    let market = Market::new().await;
    let id = market.offered("offer").await;
    let trade = posted(&market.ask(2, "accept", accept(id, market.buyer.id)).await);
    let reverse = Command::Reverse(Reverse { transfer: trade, reason: "mistake".into() });
    posted(&market.client.outcome(operator(), "reverse", reverse).await);
    posted(&market.ask(2, "all", transfer(market.buyer.id, market.other.id, 100)).await);
    of_item(&market.ask(2, "back", give(item("7"), market.seller.number)).await);
}

/// A member who leaves has closed all accounts before.
#[tokio::test]
async fn nothing_is_bought_from_a_member_who_leaves() {
    let market = Market::new().await;
    let id = market.offered("offer").await;
    let close = Command::CloseAccount(CloseAccount { account: market.seller.id, reason: None });
    market.ask(1, "close", close).await;
    assert_eq!(refused(&market.ask(2, "buy", accept(id, market.buyer.id)).await), "account-closed");
    // The offer ends all the same. The engine learns the time by writing.
    market.client.log.pass(TimeDelta::seconds(62));
    posted(&market.client.deposit(market.buyer.id, 1, "later").await);
    let ended = market.client.outcome(operator(), "expire", expire(id)).await;
    assert_eq!(of_offer(&ended).status, OfferStatus::Expired);
}

#[tokio::test]
async fn its_time_is_over_by_the_clock_of_the_log() {
    let market = Market::new().await;
    let id = market.offered("offer").await;
    assert_eq!(market.client.outcome(operator(), "early", expire(id)).await, Outcome::Idle);
    market.client.log.pass(TimeDelta::seconds(62));
    // This server thinks that there is time.
    assert_eq!(refused(&market.ask(2, "late", accept(id, market.buyer.id)).await), "offer-expired");
    assert_eq!(refused(&market.ask(1, "cancel", cancel(id)).await), "offer-expired");
    // The item is locked until that is recorded.
    assert_eq!(refused(&market.ask(1, "give", give(item("7"), market.buyer.number)).await), "item-locked");
    let expired = market.client.outcome(operator(), "expire", expire(id)).await;
    assert_eq!(of_offer(&expired).status, OfferStatus::Expired);
    assert_eq!(types_of_last_commit(&market.client), ["OfferExpired", "ItemUnlocked"]);
    assert_eq!(market.client.outcome(operator(), "again", expire(id)).await, Outcome::Idle);
    assert_eq!(refused(&market.ask(2, "later", accept(id, market.buyer.id)).await), "offer-expired");
    of_item(&market.ask(1, "now", give(item("7"), market.buyer.number)).await);
}

#[tokio::test]
async fn of_many_buyers_at_once_one_buys() {
    let market = Market::new().await;
    let id = market.offered("offer").await;
    let log = market.client.log.hold.lock().await;
    let wishes = (0..40).map(|index| match index % 3 {
        0 => (member(2), format!("a{index}"), accept(id, market.buyer.id)),
        1 => (member(3), format!("b{index}"), accept(id, market.other.id)),
        _ => (member(1), format!("c{index}"), cancel(id)),
    });
    let sent = wishes.map(|(actor, key, command)| {
        let (bank, submission) = (market.client.bank.clone(), submission(actor, &key, command));
        tokio::spawn(async move { bank.execute(submission).await })
    });
    let sent: Vec<_> = sent.collect();
    tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    drop(log);
    let mut ended = 0;
    for sent in sent {
        match &*sent.await.expect("task").expect("an answer").answer {
            Outcome::Posted(_) | Outcome::OfferEnded(_) => ended += 1,
            outcome => assert_eq!(refused(outcome), "offer-not-open"),
        }
    }
    let count = |name| market.client.log.count(name);
    assert_eq!((ended, count("OfferAccepted") + count("OfferCancelled")), (1, 1));
    assert_eq!(count("ItemTraded") + count("ItemUnlocked"), 1);
}

#[tokio::test]
async fn every_answer_is_given_again_from_the_log_and_from_memory() {
    let few = |options: &mut application::ExecutorOptions| options.cached_answers = 1;
    let market = Market::on(TestClient::on(std::sync::Arc::default(), "server-0", few)).await;
    let (seller, buyer) = (market.seller, market.buyer);
    let mut steps = vec![
        (service(), "m", mint("8", seller.number)),
        (service(), "n", mint("8", buyer.number)),
        (member(1), "o", offer(item("7"), won(40), seller.id)),
        (member(1), "p", offer(item("7"), won(40), seller.id)),
    ];
    let mut first = Vec::new();
    for (actor, key, command) in &steps {
        first.push(market.client.outcome(*actor, key, command.clone()).await);
    }
    let id = of_offer(&first[2]).offer_id;
    let more = [
        (member(1), "c", cancel(id)),
        (member(2), "l", accept(id, buyer.id)),
        (member(1), "g", give(item("7"), buyer.number)),
        (member(2), "h", give(item("7"), seller.number)),
    ];
    for (actor, key, command) in more {
        first.push(market.client.outcome(actor, key, command.clone()).await);
        steps.push((actor, key, command));
    }
    let again = market.offered("again").await;
    let bought = (member(2), "b", accept(again, buyer.id));
    first.push(market.client.outcome(bought.0, bought.1, bought.2.clone()).await);
    steps.push(bought);
    posted(&market.client.deposit(seller.id, 1, "the last answer in memory").await);

    let written = market.client.log.commits().len();
    let other = TestClient::on(market.client.log.clone(), "server-1", |_| {});
    for client in [&market.client, &other] {
        for ((actor, key, command), first) in steps.iter().zip(&first) {
            let again = client.ask(*actor, key, command.clone()).await.expect("an answer");
            assert!(again.replayed, "{key}");
            assert_eq!(again.answer.as_ref(), first, "{key}");
        }
    }
    assert_eq!(market.client.log.commits().len(), written, "nothing was written twice");
}

/// Two offers of a minute: one is taken back before, the other is not.
#[tokio::test]
async fn an_offer_ends_when_its_time_is_over() {
    let app = TestApp::new().await;
    app.clock.set(app.log.now());
    let seller = account(&app.client, member(1), "seller").await;
    let runner = app.runner();
    let mut offers = Vec::new();
    for serial in ["kept", "taken back"] {
        of_item(&app.client.outcome(service(), serial, mint(serial, seller.number)).await);
        let open = offer(item(serial), won(30), seller.id);
        let opened = app.client.outcome(member(1), &format!("offer {serial}"), open).await;
        offers.push(of_offer(&opened).offer_id.uuid());
    }
    app.client.outcome(member(1), "cancel", cancel(OfferId::new(offers[1]))).await;
    let sorted = |mut states: Vec<(Uuid, InstanceState)>| {
        states.sort_unstable_by_key(|(offer, _)| *offer);
        states
    };
    let expected = |kept| sorted(vec![(offers[0], kept), (offers[1], InstanceState::Done)]);
    let of_offers = || sorted(app.processes.states("offer-expiry"));
    until("they are seen", || async { of_offers() == expected(InstanceState::Waiting) }).await;
    // The server thinks that it is time, and the log does not.
    app.clock.set(app.log.now() + TimeDelta::seconds(62));
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(app.log.count("OfferExpired"), 0);
    app.log.pass(TimeDelta::seconds(62));
    until("it is over", || async { of_offers() == expected(InstanceState::Done) }).await;
    assert_eq!((app.log.count("OfferExpired"), app.log.count("ItemUnlocked")), (1, 2));
    runner.stop().await;
    app.end().await;
}
