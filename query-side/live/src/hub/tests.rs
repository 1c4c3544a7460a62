use std::sync::atomic::AtomicBool;

use super::*;
use crate::{
    event::{
        Types,
        tests::{at, posted},
    },
    interest::tests::{opened, owner},
};

const RING: usize = 1 << 20;

fn always() -> Holds {
    Arc::new(|| true)
}

/// A hub that knows these events.
fn hub(ring_bytes: usize, events: impl IntoIterator<Item = Event>) -> Arc<Hub> {
    let hub = Hub::new(ring_bytes);
    events.into_iter().for_each(|event| assert_eq!(hub.publish(event), Published::New));
    hub.set_ready();
    hub
}

fn everything() -> Interest {
    Interest { scope: Scope::All, types: Types::ALL }
}

fn join(hub: &Arc<Hub>, interest: Interest, after: EventCursor) -> Result<(Seat, Vec<EventCursor>), NotJoined> {
    let (seat, missed) = hub.join(&mut Some(interest), after, &always())?;
    Ok((seat, missed.iter().map(|event| event.cursor).collect()))
}

/// What waits for a client.
fn waiting(seat: &mut Seat) -> Vec<EventCursor> {
    std::iter::from_fn(|| seat.events.try_recv().ok()).map(|event| event.cursor).collect()
}

#[test]
fn a_client_gets_what_it_lacks_and_then_what_comes_each_once() {
    let hub = hub(RING, (1..=9).map(|position| posted(position, 0, 1)));
    let (mut seat, missed) = join(&hub, everything(), at(6, 0)).expect("joined");
    assert_eq!(missed, [at(7, 0), at(8, 0), at(9, 0)]);
    hub.publish(posted(10, 0, 1));
    assert_eq!(hub.publish(posted(9, 0, 1)), Published::Again, "the stream is being filled again");
    hub.publish(posted(10, 1, 1));
    assert_eq!(waiting(&mut seat), [at(10, 0), at(10, 1)]);
}

#[test]
fn a_client_that_is_ahead_of_this_server_gets_nothing_twice() {
    let hub = hub(RING, [posted(1, 0, 1)]);
    let (mut seat, missed) = join(&hub, everything(), at(3, 0)).expect("joined");
    assert!(missed.is_empty(), "{missed:?}");
    for position in 2..=4 {
        hub.publish(posted(position, 0, 1));
    }
    assert_eq!(waiting(&mut seat), [at(4, 0)]);
}

#[test]
fn whoever_lacks_what_is_not_here_is_told_from_where_on_it_is() {
    let size = posted(1, 0, 1).size();
    let hub = hub(2 * size, (1..=5).map(|position| posted(position, 0, 1)));
    assert_eq!(join(&hub, everything(), at(2, 0)).err(), Some(NotJoined::Behind(at(3, 0))));
    assert_eq!(join(&hub, everything(), at(3, 0)).map(|(_, missed)| missed), Ok(vec![at(4, 0), at(5, 0)]));
}

#[test]
fn nobody_joins_before_the_end_of_the_stream_was_reached() {
    let hub = Hub::new(RING);
    assert_eq!(hub.known(), Known::Nothing);
    hub.publish(posted(5, 0, 1));
    assert_eq!((hub.known(), hub.newest()), (Known::Nothing, Some(at(5, 0))));
    assert_eq!(join(&hub, everything(), at(5, 0)).err(), Some(NotJoined::Unknown));
    hub.set_ready();
    assert_eq!(hub.known(), Known::UpTo(at(5, 0)));
    assert!(join(&hub, everything(), at(5, 0)).is_ok());
}

#[test]
fn where_there_is_nothing_only_those_join_who_have_nothing() {
    let hub = hub(RING, []);
    assert_eq!(hub.known(), Known::Empty);
    assert_eq!(join(&hub, everything(), at(7, 0)).err(), Some(NotJoined::Unknown), "the stream was wiped");
    let (mut seat, _) = join(&hub, everything(), EventCursor::START).expect("joined");
    hub.publish(posted(1, 0, 1));
    assert_eq!(waiting(&mut seat), [at(1, 0)]);
}

#[test]
fn each_gets_what_is_theirs() {
    let hub = hub(RING, [posted(1, 0, 99)]);
    let join = |interest| join(&hub, interest, at(1, 0)).expect("joined").0;
    let (mut alice, mut bob, mut all) = (join(owner(1, &[10])), join(owner(2, &[20, 21])), join(everything()));
    let holds = Interest { types: Types::from_iter([public_events::EventType::HoldPlaced]), ..owner(1, &[10]) };
    let mut none = join(holds);
    for (position, account) in [(2, 10), (3, 20), (4, 30), (5, 21)] {
        hub.publish(posted(position, 0, account));
    }
    // An account that is opened while they listen.
    hub.publish(opened(6, 30, 1));
    hub.publish(posted(7, 0, 30));
    assert_eq!(waiting(&mut alice), [at(2, 0), at(6, 0), at(7, 0)]);
    assert_eq!(waiting(&mut bob), [at(3, 0), at(5, 0)]);
    assert_eq!(waiting(&mut all), (2..=7).map(|position| at(position, 0)).collect::<Vec<_>>());
    assert!(waiting(&mut none).is_empty());
}

#[test]
fn one_that_is_slow_is_dropped_and_keeps_what_it_got_in_order() {
    let hub = hub(RING, [posted(1, 0, 1)]);
    let (mut slow, _) = join(&hub, everything(), at(1, 0)).expect("joined");
    let (mut quick, _) = join(&hub, everything(), at(1, 0)).expect("joined");
    let mut seen = Vec::new();
    for position in 2..=(WAITING as i64 + 10) {
        hub.publish(posted(position, 0, 1));
        seen.extend(waiting(&mut quick));
    }
    assert_eq!((quick.ended(), seen.len()), (Ended::Not, WAITING + 9));
    let got = waiting(&mut slow);
    assert_eq!((slow.ended(), got.len()), (Ended::TooSlow, WAITING));
    // It resumes where it was.
    let last = *got.last().expect("some");
    let (_, missed) = join(&hub, everything(), last).expect("joined");
    assert_eq!(missed.len(), 9);
    assert_eq!(missed[0].position, last.position.next());
}

#[test]
fn whoever_goes_leaves_nothing_behind() {
    let hub = hub(RING, [posted(1, 0, 1)]);
    let seats: Vec<_> = (1..=3)
        .flat_map(|number| [owner(number, &[10, 11]), everything()])
        .map(|interest| join(&hub, interest, at(1, 0)).expect("joined").0)
        .collect();
    hub.publish(opened(2, 12, 1));
    drop(seats);
    let inner = hub.lock();
    assert!(inner.clients.is_empty() && inner.everything.is_empty());
    assert!(inner.by_account.is_empty() && inner.by_owner.is_empty());
}

#[tokio::test]
async fn a_stream_ends_when_its_token_holds_no_more() {
    let hub = hub(RING, [posted(1, 0, 1)]);
    let held = Arc::new(AtomicBool::new(true));
    let asked = held.clone();
    let holds: Holds = Arc::new(move || asked.load(Ordering::Relaxed));
    let (mut seat, _) = hub.join(&mut Some(everything()), at(1, 0), &holds).expect("joined");
    let (mut other, _) = join(&hub, everything(), at(1, 0)).expect("joined");
    hub.end_without_token().await;
    assert_eq!(seat.ended(), Ended::Not);
    held.store(false, Ordering::Relaxed);
    hub.end_without_token().await;
    assert_eq!(seat.ended(), Ended::Token);
    assert!(seat.events.recv().await.is_none());
    hub.publish(posted(2, 0, 1));
    assert_eq!((other.ended(), waiting(&mut other)), (Ended::Not, vec![at(2, 0)]));
}

#[tokio::test]
async fn another_history_ends_every_stream() {
    let other_log = Event { log: LogId::new(uuid::Uuid::from_u128(2)), ..posted(3, 0, 1) };
    let other_event = Event { frame: bytes::Bytes::from_static(b"other"), ..posted(1, 0, 1) };
    for other in [other_log, other_event] {
        let hub = hub(RING, [posted(1, 0, 1), posted(2, 0, 1)]);
        let (mut seat, _) = join(&hub, everything(), at(2, 0)).expect("joined");
        let begins_at = other.cursor;
        assert_eq!(hub.publish(other), Published::OtherHistory);
        assert_eq!((seat.ended(), hub.known(), hub.newest()), (Ended::Lost, Known::Nothing, Some(begins_at)));
        assert!(seat.events.recv().await.is_none());
    }
}

#[test]
fn nobody_stays_when_the_server_ends() {
    let hub = hub(RING, [posted(1, 0, 1)]);
    let (seat, _) = join(&hub, everything(), at(1, 0)).expect("joined");
    hub.close();
    assert_eq!(seat.ended(), Ended::Shutdown);
    assert_eq!(join(&hub, everything(), at(1, 0)).err(), Some(NotJoined::Closed));
}
