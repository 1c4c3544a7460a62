//! Messages that were sent and not yet acknowledged.

use std::{collections::VecDeque, future::Future, pin::Pin};

use async_nats::jetstream::{context::PublishError, publish::PublishAck};
use kernel::CommitRef;
use traces::OpenSpan;

type Ack = Pin<Box<dyn Future<Output = Result<PublishAck, PublishError>> + Send>>;

/// A message under way.
pub(crate) struct Flight {
    /// The last commit in it.
    pub last: CommitRef,
    /// The sequence it must get.
    pub sequence: u64,
    /// Its acknowledgement.
    pub ack: Ack,
    /// What ends when it is acknowledged.
    pub _spans: Vec<OpenSpan>,
}

/// Why a message did not arrive as it should have.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FlightError {
    /// It was refused, or nobody answered.
    #[error("a slice was not acknowledged")]
    Refused(#[source] PublishError),
    /// It arrived somewhere else in the stream than after its predecessor.
    #[error("a slice got the sequence {got} instead of {due}")]
    Elsewhere {
        /// Where it had to arrive.
        due: u64,
        /// Where it did.
        got: u64,
    },
}

/// The messages under way, oldest first.
#[derive(Default)]
pub(crate) struct Flights(VecDeque<Flight>);

impl Flights {
    pub(crate) fn push(&mut self, flight: Flight) {
        self.0.push_back(flight);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Waits for the oldest, and answers up to where the log has arrived with it. Nothing is lost if the wait is given up.
    /// Waits for ever if none is under way.
    pub(crate) async fn oldest(&mut self) -> Result<CommitRef, FlightError> {
        let Some(flight) = self.0.front_mut() else { return std::future::pending().await };
        let acked = flight.ack.as_mut().await;
        let (due, last) = (flight.sequence, flight.last);
        self.0.pop_front();
        let ack = acked.map_err(FlightError::Refused)?;
        if ack.sequence != due {
            return Err(FlightError::Elsewhere { due, got: ack.sequence });
        }
        Ok(last)
    }
}
