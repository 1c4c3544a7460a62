//! The way of slices to one view: bounded by events, and dropping rather than waiting, for the log has them all.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::mpsc;

use crate::Slice;

/// An inbox for at most about `max_events` events, and the outlet that fills it.
pub fn inbox<E: Send + Sync + 'static>(max_events: usize) -> (Outlet<E>, Inbox<E>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    (Outlet { sender, waiting: waiting.clone(), max_events }, Inbox { receiver, waiting })
}

/// Where slices are offered to a view.
#[derive(Debug)]
pub struct Outlet<E> {
    sender: mpsc::UnboundedSender<Arc<Slice<E>>>,
    waiting: Arc<AtomicUsize>,
    max_events: usize,
}

impl<E: Send + Sync + 'static> Outlet<E> {
    /// Offers a slice; `false` if the view has too much waiting already. It will meet the gap and read the log.
    pub fn offer(&self, slice: &Arc<Slice<E>>) -> bool {
        let events = slice.events();
        let waiting = self.waiting.fetch_add(events, Ordering::AcqRel);
        // An empty inbox takes a slice of any size, or a large one would never come through.
        let room = waiting == 0 || waiting + events <= self.max_events;
        if room && self.sender.send(slice.clone()).is_ok() {
            return true;
        }
        self.waiting.fetch_sub(events, Ordering::AcqRel);
        false
    }
}

/// Where a view takes its slices from.
#[derive(Debug)]
pub struct Inbox<E> {
    receiver: mpsc::UnboundedReceiver<Arc<Slice<E>>>,
    waiting: Arc<AtomicUsize>,
}

impl<E: Send + Sync + 'static> Inbox<E> {
    /// The next slice; `None` when the outlet is gone and everything was taken.
    pub(crate) async fn next(&mut self) -> Option<Arc<Slice<E>>> {
        let slice = self.receiver.recv().await?;
        Some(self.taken(slice))
    }

    /// The next slice, if one waits.
    pub(crate) fn waiting(&mut self) -> Option<Arc<Slice<E>>> {
        let slice = self.receiver.try_recv().ok()?;
        Some(self.taken(slice))
    }

    fn taken(&self, slice: Arc<Slice<E>>) -> Arc<Slice<E>> {
        self.waiting.fetch_sub(slice.events(), Ordering::AcqRel);
        slice
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use kernel::{CorrelationId, LogId, Position, StreamId, Version};
    use serde_json::value::RawValue;

    use super::*;

    struct Nothing;

    impl crate::Decode for Nothing {
        type Event = ();

        fn decode(&self, _: &log::Event) -> Result<(), String> {
            Ok(())
        }
    }

    fn slice(first: i64, events: usize) -> Arc<Slice<()>> {
        let event = log::Event {
            stream: StreamId::new(Default::default()),
            version: Version::new(1),
            event_type: "Any".into(),
            schema_version: 1,
            payload: RawValue::from_string("{}".into()).expect("json"),
        };
        let commit = log::Commit {
            first: Position::new(first),
            command_id: kernel::CommandId::new(Default::default()),
            fingerprint: log::Fingerprint([0; 16]),
            actor: kernel::Actor { role: kernel::Role::Service, id: kernel::MemberId::new(Default::default()) },
            correlation: CorrelationId::new(Default::default()),
            recorded_at: DateTime::UNIX_EPOCH,
            events: vec![event; events],
        };
        let slice = log::Slice::new(LogId::new(Default::default()), before(first), vec![commit]).expect("sound");
        Arc::new(Slice::decode(&slice, &Nothing))
    }

    fn before(first: i64) -> Option<kernel::CommitRef> {
        let position = Position::new(first - 1);
        let command_id = kernel::CommandId::new(Default::default());
        (first > 1).then_some(kernel::CommitRef { position, command_id, recorded_at: DateTime::UNIX_EPOCH })
    }

    #[test]
    fn a_full_inbox_drops_and_takes_again_when_emptied() {
        let (outlet, mut inbox) = inbox(5);
        assert!(outlet.offer(&slice(1, 3)));
        assert!(outlet.offer(&slice(4, 2)));
        assert!(!outlet.offer(&slice(6, 1)), "full");
        assert_eq!(inbox.waiting().map(|s| s.first().number()), Some(1));
        assert!(outlet.offer(&slice(7, 3)));
        assert_eq!(inbox.waiting().map(|s| s.first().number()), Some(4));
        assert_eq!(inbox.waiting().map(|s| s.first().number()), Some(7));
        assert!(inbox.waiting().is_none());
    }

    #[test]
    fn an_empty_inbox_takes_a_slice_of_any_size() {
        let (outlet, mut inbox) = inbox(5);
        assert!(outlet.offer(&slice(1, 50)));
        assert!(!outlet.offer(&slice(51, 1)));
        assert!(inbox.waiting().is_some());
        assert!(outlet.offer(&slice(51, 1)));
    }
}
