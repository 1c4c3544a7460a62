//! The consumer that fills the ring: one for each server.

use std::{error::Error, sync::Arc, time::Duration};

use async_nats::jetstream::{Message, stream::Stream};
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::{
    event::EventError,
    history::{Found, History, HistoryError, Reading, event_in},
    hub::{Hub, Known, Published},
};

/// Between two tries to open the stream.
const PAUSE: Duration = Duration::from_millis(500);
/// How often it is looked whether the stream is still the same.
const LOOK: Duration = Duration::from_secs(1);
/// How many events are read before the newest at the start, so that clients that come back find theirs in memory.
const AHEAD: u64 = 20_000;

/// Why following the stream ended.
#[derive(Debug, thiserror::Error)]
enum FollowError {
    #[error(transparent)]
    History(#[from] HistoryError),
    #[error("the stream of public events was made again or emptied")]
    Replaced,
    #[error("events went from the stream of public events before they were read")]
    Missing,
}

impl FollowError {
    /// Whether what is here and what comes next do not fit together.
    fn loses_events(&self) -> bool {
        matches!(self, Self::Missing | Self::History(HistoryError::Gap { .. }))
    }
}

/// Follows the stream of public events for ever.
pub(crate) struct Follower {
    history: History,
    hub: Arc<Hub>,
    warned: bool,
    /// Whether it was said that there are messages that cannot be read.
    said_unreadable: bool,
}

/// One time that the stream is followed without a break.
struct Round {
    reading: Reading,
    /// When the stream was made, as JetStream writes it.
    created: String,
    /// The end of the stream when it was opened: what comes after is new.
    end: u64,
    /// The stream was empty, and there are events here: its first message says whether some went between.
    unproven: bool,
}

impl Follower {
    pub(crate) fn new(history: History, hub: Arc<Hub>) -> Self {
        Self { history, hub, warned: false, said_unreadable: false }
    }

    /// Opens the stream again whenever it ends. Clients stay meanwhile, and go on where they were, unless events were lost.
    pub(crate) async fn run(mut self) {
        loop {
            let error = match self.begin().await {
                Ok(round) => self.follow(round).await,
                Err(error) => error,
            };
            if error.loses_events() {
                self.hub.reset();
            }
            metrics::gauge!("live_following").set(0.0);
            // A stream that is not made yet would fill the log with the same line.
            if !std::mem::replace(&mut self.warned, true) {
                let error = &error as &dyn Error;
                tracing::warn!(error, "public events are not being followed; they are asked for again until they come");
            }
            sleep(PAUSE).await;
        }
    }

    /// Finds where to go on: after the newest event that is here, or, where there is none, some events before the end.
    async fn begin(&self) -> Result<Round, FollowError> {
        let stream = self.history.stream().await?;
        let (info, newest) = (stream.cached_info(), self.hub.newest());
        let (first, end) = (info.state.first_sequence.max(1), info.state.last_sequence);
        let is_empty = info.state.messages == 0;
        let from = match newest {
            Some(_) if is_empty => end + 1,
            Some(newest) => match self.history.find(newest).await? {
                Found::At { sequence, log } if log == self.hub.log() => sequence,
                Found::At { .. } | Found::Gone(_) => return Err(FollowError::Missing),
            },
            // Whoever joined while there was nothing wants all that comes.
            None if self.hub.known() == Known::Empty => first,
            None => first.max((end + 1).saturating_sub(AHEAD)),
        };
        let reading = self.history.read_from(from).await?;
        if from > end {
            self.hub.set_ready();
        }
        let created = created(&stream);
        Ok(Round { reading, created, end, unproven: is_empty && newest.is_some() })
    }

    async fn follow(&mut self, mut round: Round) -> FollowError {
        metrics::gauge!("live_following").set(1.0);
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let followed = tokio::select! {
                message = round.reading.next() => match message {
                    Ok(message) => self.take(&message, &mut round),
                    Err(error) => Err(error.into()),
                },
                _ = looks.tick() => self.look(&round.created, round.reading.next_sequence()).await,
            };
            if let Err(error) = followed {
                return error;
            }
        }
    }

    fn take(&mut self, message: &Message, round: &mut Round) -> Result<(), FollowError> {
        match event_in(message) {
            Ok(event) => {
                if std::mem::take(&mut round.unproven) && self.hub.newest().is_some_and(|newest| event.cursor > newest)
                {
                    return Err(FollowError::Missing);
                }
                if self.hub.publish(event) == Published::OtherHistory {
                    tracing::warn!(
                        "the public events tell another history from here on: every stream has ended, and clients come again"
                    );
                }
                if std::mem::take(&mut self.warned) {
                    tracing::info!("public events are followed again");
                }
            }
            Err(error) => self.pass_over(&error, round.reading.next_sequence() - 1),
        }
        if round.reading.next_sequence() > round.end {
            self.hub.set_ready();
        }
        Ok(())
    }

    fn pass_over(&mut self, error: &EventError, sequence: u64) {
        metrics::counter!("live_events_unreadable_total").increment(1);
        if !std::mem::replace(&mut self.said_unreadable, true) {
            tracing::error!(
                error = error as &dyn Error,
                nats.sequence = sequence,
                "a message in the stream of public events is no event that this build knows, and no client gets it; if the publisher is \
                 of a newer build, update the query server. Further ones are only counted"
            );
        }
    }

    /// The consumer goes on by number. In a stream that was made again the numbers mean other messages.
    async fn look(&self, made: &str, next: u64) -> Result<(), FollowError> {
        let stream = self.history.stream().await?;
        if created(&stream) != made || stream.cached_info().state.last_sequence + 1 < next {
            return Err(FollowError::Replaced);
        }
        Ok(())
    }
}

fn created(stream: &Stream) -> String {
    stream.cached_info().created.to_string()
}
