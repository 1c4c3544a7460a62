//! What the sender keeps: made once, sent in order, and written by one sender only.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use event_store_postgres::{PoolOptions, connect};
use kernel::{Actor, Clock, DeliveryId, Ids, LogId, MemberId, Position, RandomIds, Role, SystemClock, WebhookId};
use testkit::kit::{Databases, Pair, Role as Login};
use uuid::Uuid;
use webhook_sender::{
    endpoint::{Endpoint, SecretInForce, Wanted},
    health::{Health, StopReason},
    store::{
        Attempt, Cursor, DueDelivery, NewDelivery, Order, PageWrite, Recovery, Room, Status, Store, StoreError, Tried,
    },
};

struct Fixture {
    databases: Databases,
    pair: Pair,
    store: Store,
    cursor: Cursor,
    webhook: WebhookId,
    now: DateTime<Utc>,
}

impl Fixture {
    /// A sender that has just begun, with the rights that it has in a bank.
    async fn new() -> Self {
        let databases = Databases::of_this_test_run().unwrap();
        let pair = databases.fresh_pair().await.unwrap();
        let pool = connect(&pair.views.url(Login::Webhooks).unwrap(), &PoolOptions::log("test", 3)).unwrap();
        let (store, now) = (Store::new(pool), SystemClock.now());
        assert_eq!(store.take_over("a").await.unwrap(), None, "nobody ever sent from here");
        store.begin_at(LogId::new(RandomIds.fresh()), None, now).await.unwrap();
        let cursor = store.take_over("a").await.unwrap().unwrap();
        Self { databases, pair, store, cursor, webhook: WebhookId::new(RandomIds.fresh()), now }
    }

    async fn end(self) {
        self.databases.drop_pair(&self.pair).await.unwrap();
    }

    fn delivery(&self, position: i64, line: &str) -> NewDelivery {
        let event = Uuid::from_u128(u128::from(position.unsigned_abs()));
        NewDelivery {
            id: NewDelivery::id_of(self.webhook, event),
            webhook: self.webhook,
            event,
            position: Position::new(position),
            number: 0,
            event_type: "transfer.posted",
            line: line.to_owned(),
            payload: "{}".to_owned(),
        }
    }

    async fn keep(&self, deliveries: &[NewDelivery], orders: &[Order]) {
        let page = PageWrite { log: self.cursor.log, reached: None, changed: Vec::new(), deliveries, orders };
        self.store.keep_page(self.cursor.epoch, &page, self.now).await.unwrap();
    }

    async fn due(&self, places: i32, under_way: &[Uuid]) -> Vec<DueDelivery> {
        let room = Room { webhook: self.webhook, places };
        let later = self.now + TimeDelta::minutes(1);
        let mut due = self.store.due(&[room], under_way, later).await.unwrap();
        due.sort_by_key(|due| due.event);
        due
    }

    /// The positions of what is due.
    async fn positions(&self) -> Vec<u128> {
        self.due(100, &[]).await.iter().map(|due| due.event.as_u128()).collect()
    }

    fn tried(&self, due: &DueDelivery, status: Status) -> Tried {
        let attempt = Attempt {
            at: self.now,
            status: Some(500),
            duration_ms: 7,
            error: None,
            response_start: Some("no".to_owned()),
        };
        let tries = due.tries + u32::from(status != Status::Delivered);
        Tried { id: due.id, webhook: due.webhook, line: due.line.clone(), round: due.round, tries, status, attempt }
    }

    async fn settle(&self, position: u128, status: Status) {
        let due = self.due(100, &[]).await;
        let due = due.iter().find(|due| due.event.as_u128() == position).expect("it is due");
        self.store.keep_results(self.cursor.epoch, &[self.tried(due, status)], &[], self.now).await.unwrap();
    }

    fn endpoint(&self) -> Endpoint {
        Endpoint {
            id: self.webhook,
            owner: Actor { role: Role::Service, id: MemberId::new(Uuid::from_u128(1)) },
            url: "https://receiver.example".to_owned(),
            filter: vec!["*".to_owned()],
            secrets: vec![
                SecretInForce { number: 1, until: DateTime::from_timestamp(1_796_000_000, 0) },
                SecretInForce { number: 2, until: None },
            ],
            wanted: Wanted::Enabled,
            health: Health::default(),
        }
    }
}

#[tokio::test]
async fn deliveries_of_one_line_go_one_after_the_other() {
    let fixture = Fixture::new().await;
    let all = [1, 2, 3].map(|position| fixture.delivery(position, "a"));
    fixture.keep(&all, &[]).await;
    fixture.keep(&[fixture.delivery(4, "b"), fixture.delivery(5, "a")], &[]).await;
    assert_eq!(fixture.positions().await, [1, 4], "the first of each line");
    fixture.settle(1, Status::Delivered).await;
    assert_eq!(fixture.positions().await, [2, 4]);
    fixture.settle(2, Status::Failed).await;
    assert_eq!(fixture.positions().await, [3, 4], "what is given up holds up nothing");
    let later = fixture.now + TimeDelta::hours(1);
    fixture.settle(3, Status::Again(later)).await;
    assert_eq!(fixture.positions().await, [4], "what is tried again holds up its line");
    fixture.end().await;
}

#[tokio::test]
async fn what_failed_four_times_holds_up_its_line_no_more() {
    let fixture = Fixture::new().await;
    fixture.keep(&[1, 2, 3].map(|position| fixture.delivery(position, "a")), &[]).await;
    for _ in 0..3 {
        fixture.settle(1, Status::Again(fixture.now)).await;
        assert_eq!(fixture.positions().await, [1]);
    }
    fixture.settle(1, Status::Again(fixture.now)).await;
    assert_eq!(fixture.positions().await, [1, 2], "both are tried");
    fixture.settle(2, Status::Delivered).await;
    assert_eq!(fixture.positions().await, [1, 3]);
    fixture.end().await;
}

#[tokio::test]
async fn what_is_under_way_is_left_out_and_room_is_kept() {
    let fixture = Fixture::new().await;
    let lines = ["a", "b", "c", "d"];
    let all: Vec<_> = (1..).zip(lines).map(|(position, line)| fixture.delivery(position, line)).collect();
    fixture.keep(&all, &[]).await;
    let first = fixture.due(2, &[]).await;
    assert_eq!(first.len(), 2);
    let under_way: Vec<Uuid> = first.iter().map(|due| due.id.uuid()).collect();
    let others = fixture.due(4, &under_way).await;
    assert_eq!(others.len(), 2);
    assert!(others.iter().all(|due| !under_way.contains(&due.id.uuid())));
    fixture.end().await;
}

#[tokio::test]
async fn a_page_that_is_kept_twice_makes_nothing_twice() {
    let fixture = Fixture::new().await;
    let page = [fixture.delivery(1, "a"), fixture.delivery(2, "b")];
    fixture.keep(&page, &[]).await;
    fixture.settle(1, Status::Delivered).await;
    fixture.keep(&page, &[]).await;
    assert_eq!(fixture.positions().await, [2]);
    fixture.end().await;
}

#[tokio::test]
async fn a_sender_that_another_one_followed_writes_nothing() {
    let fixture = Fixture::new().await;
    fixture.keep(&[fixture.delivery(1, "a")], &[]).await;
    let due = fixture.due(1, &[]).await;
    let newer = fixture.store.take_over("b").await.unwrap().unwrap();
    assert_eq!(newer.epoch, fixture.cursor.epoch + 1);
    let (epoch, now) = (fixture.cursor.epoch, fixture.now);
    let late = [fixture.delivery(2, "b")];
    let page = PageWrite { log: newer.log, reached: None, changed: vec![], deliveries: &late, orders: &[] };
    let recovery =
        Recovery { webhook: fixture.webhook, asked: Position::new(9), since: now, begun: true, reached: None };
    let tried = [fixture.tried(&due[0], Status::Delivered)];
    let refused = [
        fixture.store.keep_page(epoch, &page, now).await,
        fixture.store.keep_results(epoch, &tried, &[], now).await,
        fixture.store.go_on_with(epoch, &recovery, &late, now).await,
        fixture.store.end_recovery(epoch, &recovery).await,
        fixture.store.forget(epoch, now).await.map(drop),
    ];
    assert!(refused.iter().all(|refused| matches!(refused, Err(StoreError::Fenced))), "{refused:?}");
    assert_eq!(fixture.positions().await, [1]);
    fixture.end().await;
}

#[tokio::test]
async fn what_was_given_up_comes_back_when_it_is_asked_for() {
    let fixture = Fixture::new().await;
    let all = [1, 2, 3, 4].map(|position| fixture.delivery(position, "a"));
    fixture.keep(&all, &[]).await;
    fixture.settle(1, Status::Delivered).await;
    fixture.settle(2, Status::Failed).await;
    fixture.keep(&[], &[Order::Drop { webhook: fixture.webhook, before: Position::new(4) }]).await;
    assert_eq!(fixture.positions().await, [4], "3 was the first of the line, and holds up nothing any more");

    let asked = Position::new(6);
    let order = Order::Recover { webhook: fixture.webhook, since: fixture.now, asked };
    fixture.keep(&[], &[order, order]).await;
    let recovery = fixture.store.next_recovery().await.unwrap().expect("one");
    assert_eq!((recovery.asked, recovery.begun, recovery.reached), (asked, false, None));
    let found: Vec<_> = all.iter().chain(&[fixture.delivery(7, "b")]).cloned().collect();
    fixture.store.go_on_with(fixture.cursor.epoch, &recovery, &found, fixture.now).await.unwrap();
    assert_eq!(fixture.positions().await, [2, 4, 7], "given up before, not there before; never what was delivered");
    fixture.store.end_recovery(fixture.cursor.epoch, &recovery).await.unwrap();
    assert_eq!(fixture.store.next_recovery().await.unwrap(), None);
    fixture.end().await;
}

#[tokio::test]
async fn a_delivery_is_sent_again_for_its_own_webhook_only() {
    let fixture = Fixture::new().await;
    fixture.keep(&[fixture.delivery(1, "a"), fixture.delivery(2, "a")], &[]).await;
    let first = fixture.due(1, &[]).await.remove(0);
    fixture.settle(1, Status::Delivered).await;
    let another = WebhookId::new(RandomIds.fresh());
    let unknown = DeliveryId::new(RandomIds.fresh());
    fixture.keep(&[], &[Order::Resend { webhook: another, delivery: first.id }]).await;
    fixture.keep(&[], &[Order::Resend { webhook: fixture.webhook, delivery: unknown }]).await;
    assert_eq!(fixture.positions().await, [2]);
    fixture.keep(&[], &[Order::Resend { webhook: fixture.webhook, delivery: first.id }]).await;
    assert_eq!(fixture.positions().await, [1, 2], "it holds up nothing");
    // What an attempt of the round before came to is written down, and changes nothing.
    let late = fixture.tried(&first, Status::Delivered);
    fixture.store.keep_results(fixture.cursor.epoch, &[late], &[], fixture.now).await.unwrap();
    assert_eq!(fixture.positions().await, [1, 2]);
    fixture.end().await;
}

#[tokio::test]
async fn a_webhook_at_which_the_sender_stops_keeps_nothing_pending() {
    let fixture = Fixture::new().await;
    fixture.keep(&[1, 2].map(|position| fixture.delivery(position, "a")), &[]).await;
    fixture.keep(&[fixture.delivery(3, "b")], &[]).await;
    let due = fixture.due(1, &[]).await.remove(0);
    let health = Health { stopped: Some((fixture.now, StopReason::Gone)), ..Health::default() };
    let stopped = Endpoint { health, ..fixture.endpoint() };
    let tried = [fixture.tried(&due, Status::Failed)];
    fixture.store.keep_results(fixture.cursor.epoch, &tried, &[&stopped], fixture.now).await.unwrap();
    assert_eq!(fixture.positions().await, Vec::<u128>::new());
    let kept = fixture.store.endpoints().await.unwrap();
    let health = kept.iter().map(|endpoint| endpoint.health.stopped.map(|(_, reason)| reason)).collect::<Vec<_>>();
    assert_eq!(health, [Some(StopReason::Gone)]);
    fixture.end().await;
}

#[tokio::test]
async fn a_webhook_is_kept_as_it_is_and_what_is_old_is_forgotten() {
    let fixture = Fixture::new().await;
    let endpoint = fixture.endpoint();
    let deliveries = [fixture.delivery(1, "a"), fixture.delivery(2, "b")];
    let page = PageWrite {
        log: fixture.cursor.log,
        reached: None,
        changed: vec![&endpoint],
        deliveries: &deliveries,
        orders: &[],
    };
    fixture.store.keep_page(fixture.cursor.epoch, &page, fixture.now).await.unwrap();
    assert_eq!(fixture.store.endpoints().await.unwrap(), [endpoint]);
    fixture.settle(1, Status::Delivered).await;
    let backlog = fixture.store.backlog().await.unwrap();
    assert_eq!((backlog.pending, backlog.failing), (1, 0));
    let epoch = fixture.cursor.epoch;
    assert!(!fixture.store.forget(epoch, fixture.now).await.unwrap(), "nothing is old enough");
    let later = fixture.now + Duration::from_secs(1);
    assert!(!fixture.store.forget(epoch, later).await.unwrap(), "no more than one statement takes");
    // What is forgotten could be made again: nothing but the cursor keeps that from happening.
    fixture.keep(&deliveries, &[]).await;
    assert_eq!(fixture.positions().await, [1, 2]);
    fixture.end().await;
}
