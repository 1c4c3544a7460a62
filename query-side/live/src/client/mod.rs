//! The stream of one client, from its first frame to its last.

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{Stream, stream};
use kernel::LogId;
use public_events::EventCursor;
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, timeout_at},
};

use crate::{
    event::Event,
    history::{Reading, event_in},
    hub::{Ended, Holds, Hub, Known, NotJoined, Seat},
    interest::Interest,
    places::Place,
};

/// How often a comment is sent, so that both sides notice when the other is gone.
const BEAT: Duration = Duration::from_secs(15);
/// How long one client may read old events at once. Then it comes again, and others have their turn.
const LONGEST_CATCH_UP: Duration = Duration::from_secs(60);
/// Old events that are read between two looks at token and time.
const LOOK_EVERY: u32 = 256;

/// What a stream is made of.
pub(crate) struct Client {
    hub: Arc<Hub>,
    /// Given to the hub when the client joins.
    interest: Option<Interest>,
    holds: Holds,
    /// Every event up to here that is for this client has been sent, or is in `phase`.
    after: EventCursor,
    beat: Instant,
    phase: Phase,
    _place: Place,
}

/// Where a client begins.
pub(crate) enum Start {
    /// With old events, which JetStream has.
    Past(Past),
    /// With what was in the ring, and with what comes.
    Present(Seat, VecDeque<Arc<Event>>),
}

enum Phase {
    /// Nothing was sent yet.
    First(Start),
    /// Old events are read from JetStream.
    Past(Past),
    /// The ring should have the rest; if it has moved on, there is more to read.
    Joining(Past),
    /// Events come from the hub; first those that were in the ring.
    Present { seat: Seat, missed: VecDeque<Arc<Event>> },
    /// The last frame is to be sent.
    Ending(Ended),
    /// It was.
    Over,
}

/// Reading old events.
pub(crate) struct Past {
    reading: Reading,
    /// From this place on the ring may have the rest.
    until: EventCursor,
    ends: Instant,
    read: u32,
    /// The log of the events that were read.
    log: Option<LogId>,
    _permit: OwnedSemaphorePermit,
}

impl Past {
    /// Reads until the ring, which began after this place a moment ago, may have the rest.
    pub(crate) fn new(reading: Reading, until: EventCursor, permit: OwnedSemaphorePermit) -> Self {
        Self { reading, until, ends: Instant::now() + LONGEST_CATCH_UP, read: 0, log: None, _permit: permit }
    }
}

impl Client {
    /// A client that has every event up to a place, and begins there. Its interest is the hub's if it has joined.
    pub(crate) fn new(
        hub: Arc<Hub>,
        place: Place,
        interest: Option<Interest>,
        holds: Holds,
        (after, start): (EventCursor, Start),
    ) -> Self {
        Self { hub, interest, holds, after, beat: Instant::now() + BEAT, phase: Phase::First(start), _place: place }
    }

    /// Its frames.
    pub(crate) fn frames(self) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + 'static {
        stream::unfold(self, |mut client| async move { client.next().await.map(|frame| (Ok(frame), client)) })
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            let frame = match std::mem::replace(&mut self.phase, Phase::Over) {
                Phase::First(start) => {
                    self.phase = match start {
                        Start::Past(past) => Phase::Past(past),
                        Start::Present(seat, missed) => Phase::Present { seat, missed },
                    };
                    // The place tells a client that loses the connection before the first event where it was.
                    Some(format!("retry: 2000\nid: {}\n\n", self.after).into())
                }
                Phase::Past(past) => self.read_on(past).await,
                Phase::Joining(past) => {
                    self.join(past);
                    None
                }
                Phase::Present { seat, missed } => self.wait(seat, missed).await,
                Phase::Ending(why) => last_frame(why),
                Phase::Over => return None,
            };
            if frame.is_some() {
                return frame;
            }
        }
    }

    /// Reads the next old event. Nothing to send if it is not for this client.
    async fn read_on(&mut self, mut past: Past) -> Option<Bytes> {
        let due = Instant::now() >= self.beat;
        past.read += 1;
        if (due || past.read.is_multiple_of(LOOK_EVERY))
            && let Some(why) = self.why_not_on(&past)
        {
            self.phase = Phase::Ending(why);
            return None;
        }
        if due {
            self.phase = Phase::Past(past);
            return Some(self.heartbeat(self.after));
        }
        let message = match timeout_at(self.beat, past.reading.next()).await {
            Ok(Ok(message)) => message,
            Ok(Err(error)) => {
                tracing::debug!(%error, "old events could not be read on for a client, which has to come again");
                self.phase = Phase::Ending(Ended::Lost);
                return None;
            }
            // It is time for a comment.
            Err(_) => {
                self.phase = Phase::Past(past);
                return None;
            }
        };
        // What cannot be read was reported by whoever follows the stream.
        let Ok(event) = event_in(&message) else {
            self.phase = Phase::Past(past);
            return None;
        };
        if past.log.replace(event.log).is_some_and(|log| log != event.log) {
            self.phase = Phase::Ending(Ended::Lost);
            return None;
        }
        if event.cursor <= self.after {
            self.phase = Phase::Past(past);
            return None;
        }
        self.after = event.cursor;
        let is_for_them = self.interest.as_mut().is_some_and(|interest| interest.takes(&event));
        self.phase = if self.after < past.until { Phase::Past(past) } else { Phase::Joining(past) };
        is_for_them.then_some(event.frame)
    }

    /// Why old events are not read on.
    fn why_not_on(&self, past: &Past) -> Option<Ended> {
        if self.hub.is_closed() {
            Some(Ended::Shutdown)
        } else if !(self.holds)() {
            Some(Ended::Token)
        } else if Instant::now() >= past.ends {
            Some(Ended::TooSlow)
        } else {
            None
        }
    }

    fn join(&mut self, past: Past) {
        self.phase = match self.hub.join(&mut self.interest, self.after, &self.holds) {
            Ok((seat, missed)) => Phase::Present { seat, missed },
            Err(NotJoined::Behind(floor)) => Phase::Past(Past { until: floor, ..past }),
            Err(NotJoined::Closed) => Phase::Ending(Ended::Shutdown),
            Err(NotJoined::Unknown) => Phase::Ending(Ended::Lost),
        };
    }

    /// Waits for the next event. Nothing to send if it was time for a comment, or if there is no next event.
    async fn wait(&mut self, mut seat: Seat, mut missed: VecDeque<Arc<Event>>) -> Option<Bytes> {
        // What waits for one that was slow is theirs, and in order. Nobody else gets anything after the end.
        if !matches!(seat.ended(), Ended::Not | Ended::TooSlow) {
            self.phase = Phase::Ending(seat.ended());
            return None;
        }
        if Instant::now() >= self.beat {
            let place = self.place(&seat, &missed);
            self.phase = Phase::Present { seat, missed };
            return Some(self.heartbeat(place));
        }
        let event = match missed.pop_front() {
            Some(event) => Ok(Some(event)),
            None => timeout_at(self.beat, seat.events.recv()).await,
        };
        match event {
            // The token may have ended while it waited.
            Ok(Some(event)) if seat.ended() != Ended::Token => {
                self.after = event.cursor;
                self.phase = Phase::Present { seat, missed };
                Some(event.frame.clone())
            }
            Ok(_) => {
                self.phase = Phase::Ending(seat.ended());
                None
            }
            Err(_) => {
                self.phase = Phase::Present { seat, missed };
                None
            }
        }
    }

    /// The place up to which the client has everything. First it is asked how far the events are known, then whether any waits: so none
    /// is passed over.
    fn place(&mut self, seat: &Seat, missed: &VecDeque<Arc<Event>>) -> EventCursor {
        let known = self.hub.known();
        let has_all = missed.is_empty() && seat.events.is_empty() && seat.ended() == Ended::Not;
        if let (true, Known::UpTo(newest)) = (has_all, known) {
            self.after = self.after.max(newest);
        }
        self.after
    }

    /// A comment, and the place up to which the client has everything: one for whom nothing happens for days resumes where it is, and
    /// not where its last event was.
    fn heartbeat(&mut self, place: EventCursor) -> Bytes {
        self.beat = Instant::now() + BEAT;
        format!(": all up to {place}\nid: {place}\n\n").into()
    }
}

/// What a client learns of the end. It resumes after the place that it has.
fn last_frame(why: Ended) -> Option<Bytes> {
    Some(match why {
        Ended::Not => return None,
        Ended::Token => Bytes::from_static(b": the token holds no more\n\n"),
        Ended::Shutdown => Bytes::from_static(b": the server is shutting down\n\n"),
        Ended::TooSlow | Ended::Lost => format!("event: dropped\ndata: {{\"reason\":\"{}\"}}\n\n", why.as_str()).into(),
    })
}

#[cfg(test)]
mod tests;
