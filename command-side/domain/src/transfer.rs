//! The transfer: postings that happen together, or a refusal that is kept.

use events::recorded::{CountedFor, Legs, TransferEvent};

use crate::{EvolveError, Refusal};

/// A transfer as its events left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// Money moved, and may be moved back.
    Posted {
        /// What went where.
        legs: Legs,
        /// What it counted for limits.
        counted: Vec<CountedFor>,
    },
    /// Refused.
    Rejected,
    /// Moved and moved back.
    Reversed,
}

impl Transfer {
    /// The state after an event. A transfer is decided once, and undone once at most.
    pub fn evolve(state: Option<Self>, event: &TransferEvent) -> Result<Self, EvolveError> {
        match (state, event) {
            (None, TransferEvent::Posted(posted)) => {
                Ok(Self::Posted { legs: posted.legs.clone(), counted: posted.counted_for() })
            }
            (None, TransferEvent::Rejected(_)) => Ok(Self::Rejected),
            (None, TransferEvent::Reversed(_)) => Err(EvolveError::NotOpened),
            (Some(Self::Posted { .. }), TransferEvent::Reversed(_)) => Ok(Self::Reversed),
            (Some(Self::Rejected | Self::Reversed), TransferEvent::Reversed(_)) => Err(EvolveError::AfterTheLast),
            (Some(_), TransferEvent::Posted(_) | TransferEvent::Rejected(_)) => Err(EvolveError::OpenedTwice),
        }
    }

    /// Whether it may be undone: gives the legs of the reversal, so that of a payment debits its destination first, and what it gives back
    /// of limits.
    pub fn reverse(&self) -> Result<(Legs, &[CountedFor]), Refusal> {
        match self {
            Self::Posted { legs, counted } => Ok((legs.negated(), counted)),
            Self::Rejected => Err(Refusal::TransferNotPosted),
            Self::Reversed => Err(Refusal::AlreadyReversed),
        }
    }
}
