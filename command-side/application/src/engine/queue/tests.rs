use kernel::{MemberId, Role};
use uuid::Uuid;

use super::*;

/// Whose, which, and how heavy.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Item(u128, usize, usize);

impl Waiting for Item {
    fn principal(&self) -> Actor {
        Actor { role: Role::Member, id: MemberId::new(Uuid::from_u128(self.0)) }
    }

    fn weight(&self) -> usize {
        self.2
    }
}

fn filled(capacity: usize, items: impl IntoIterator<Item = Item>) -> (Entrance<Item>, Arc<FairQueue<Item>>) {
    let (entrance, queue) = Entrance::new(capacity);
    for item in items {
        assert_eq!(entrance.push(item), Ok(None));
    }
    (entrance, queue)
}

fn of(principal: u128, numbers: std::ops::Range<usize>) -> impl Iterator<Item = Item> {
    numbers.map(move |number| Item(principal, number, 1))
}

fn whose(batch: &[Item]) -> Vec<u128> {
    batch.iter().map(|item| item.0).collect()
}

#[tokio::test]
async fn each_principal_has_its_turn_and_its_own_order() {
    let (entrance, queue) = filled(100, of(1, 0..4).chain(of(2, 0..2)).chain(of(3, 0..1)));
    assert_eq!(whose(&queue.take(5)), [1, 1, 2, 2, 3], "two of each as far as there are, as they came");
    let rest = queue.take(5);
    assert_eq!(rest, [Item(1, 2, 1), Item(1, 3, 1)]);
    assert_eq!(entrance.taken(), 7);
    assert!(queue.is_empty());
}

#[tokio::test]
async fn alone_a_principal_gets_all_of_a_batch_and_with_others_a_share() {
    let (entrance, queue) = filled(4096, of(1, 0..1000));
    assert_eq!(queue.take(512).len(), 512);
    entrance.push(Item(2, 0, 1)).expect("queued");
    assert_eq!(whose(&queue.take(512)).iter().filter(|&&whose| whose == 1).count(), LEAST_SHARE);
    assert_eq!(queue.take(512).len(), LEAST_SHARE, "the other may be back at any moment");
    for other in 100..164 {
        entrance.push(Item(other, 0, 1)).expect("queued");
    }
    assert_eq!(queue.take(512).len(), 64 + 65, "no more than doubled");
}

#[tokio::test(start_paused = true)]
async fn some_time_after_the_others_left_a_principal_is_alone_again() {
    let (entrance, queue) = filled(4096, of(1, 0..1000).chain(of(2, 0..1)));
    assert_eq!(queue.take(512).len(), LEAST_SHARE + 1);
    tokio::time::advance(COMPANY).await;
    assert_eq!(queue.take(512).len(), 512);
    drop(entrance);
}

#[tokio::test]
async fn heavy_items_are_taken_and_nobody_passes_them() {
    let (_entrance, queue) = filled(100, [Item(1, 0, 1), Item(2, 0, 100), Item(3, 0, 1), Item(1, 1, 1)]);
    assert_eq!(whose(&queue.take(10)), [1]);
    assert_eq!(whose(&queue.take(10)), [2]);
    assert_eq!(whose(&queue.take(10)), [3, 1]);
}

#[tokio::test]
async fn more_of_a_batch_is_within_its_limit_and_its_shares() {
    let (entrance, queue) = filled(4096, of(1, 0..20).chain(of(2, 0..1)));
    assert_eq!(whose(&queue.take(512)).iter().filter(|&&whose| whose == 1).count(), LEAST_SHARE);
    assert_eq!(queue.take_more(LEAST_SHARE + 1, 512), [], "it had its share");
    for item in of(3, 0..4) {
        entrance.push(item).expect("queued");
    }
    assert_eq!(whose(&queue.take_more(LEAST_SHARE + 1, LEAST_SHARE + 3)), [3, 3]);
    assert_eq!(queue.take_more(LEAST_SHARE + 3, LEAST_SHARE + 3), []);
    assert_eq!(whose(&queue.take(512)), [1, 1, 1, 1, 3, 3], "the next batch has shares of its own");
}

#[tokio::test]
async fn who_waits_for_several_is_woken_for_so_many() {
    let (entrance, queue) = filled(4, of(1, 0..1));
    let consumer = queue.clone();
    let waiting = tokio::spawn(async move { consumer.ready_for(3).await.then(|| consumer.take(10).len()) });
    tokio::task::yield_now().await;
    entrance.push(Item(1, 1, 1)).expect("queued");
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    entrance.push(Item(1, 2, 1)).expect("queued");
    assert_eq!(waiting.await.expect("no panic"), Some(3));
    entrance.push(Item(1, 3, 1)).expect("queued");
    queue.close();
    assert!(!queue.ready_for(2).await, "one waits, and none will come");
    assert!(queue.ready().await);
}

#[tokio::test]
async fn in_a_full_queue_the_longest_line_gives_way() {
    let (entrance, queue) = filled(4, of(1, 0..4));
    assert_eq!(entrance.push(Item(1, 4, 1)), Err(NotQueued::Full), "it is its own line that is full");
    assert_eq!(entrance.push(Item(2, 0, 1)), Ok(Some(Item(1, 3, 1))), "the newest");
    assert_eq!(entrance.push(Item(2, 1, 1)), Ok(Some(Item(1, 2, 1))));
    assert_eq!(entrance.push(Item(2, 2, 1)), Err(NotQueued::Full), "they have two each");
    assert_eq!(entrance.push(Item(3, 0, 1)).map(|displaced| displaced.is_some()), Ok(true));
    assert_eq!(entrance.push(Item(4, 0, 1)).map(|displaced| displaced.is_some()), Ok(true));
    assert_eq!(entrance.push(Item(5, 0, 1)), Err(NotQueued::Full), "they have one each");
    assert_eq!((entrance.waiting(), queue.take(10).len()), (4, 4));
}

#[tokio::test]
async fn a_closed_queue_gives_what_it_has() {
    let (entrance, queue) = filled(4, of(1, 0..2));
    queue.close();
    assert_eq!(entrance.push(Item(2, 0, 1)), Err(NotQueued::Closed));
    assert!(queue.ready().await);
    assert_eq!(queue.take(10).len(), 2);
    assert!(!queue.ready().await);
}

#[tokio::test]
async fn without_a_way_in_nothing_more_comes() {
    let (entrance, queue) = filled(4, []);
    let waiting = tokio::spawn(async move { queue.ready().await });
    tokio::task::yield_now().await;
    drop(entrance);
    assert!(!waiting.await.expect("no panic"));
}

#[tokio::test]
async fn who_waits_is_woken() {
    let (entrance, queue) = filled(4, []);
    let waiting = tokio::spawn(async move { queue.ready().await.then(|| queue.take(10)) });
    tokio::task::yield_now().await;
    entrance.push(Item(1, 0, 1)).expect("queued");
    assert_eq!(waiting.await.expect("no panic"), Some(vec![Item(1, 0, 1)]));
}
