//! Which messages of the stream are believed: those that a holder of the slice keys has sealed, and no other.

use std::time::{Duration, Instant};

use async_nats::jetstream::Message;
use log::seal::{Authentic, KeyWatch, Rejected, verify};

/// Stands between the stream and the views.
pub(crate) struct SealCheck {
    stream: String,
    subject: String,
    keys: KeyWatch,
    /// When each reason was last logged, and how often it has occurred since.
    logged: [(Option<Instant>, u64); Rejected::ALL.len()],
}

impl SealCheck {
    /// Each reason is logged once in so long.
    const LOG_INTERVAL: Duration = Duration::from_secs(60);

    pub(crate) fn new(stream: &str, keys: KeyWatch) -> Self {
        metrics::describe_counter!(
            "projector_slices_rejected_total",
            "messages of the stream that no relay has sealed; nothing in them was used"
        );
        for rejected in Rejected::ALL {
            metrics::counter!("projector_slices_rejected_total", "reason" => rejected.as_str()).increment(0);
        }
        let subject = format!("{}.slices", stream.to_lowercase().replace('_', "."));
        Self { stream: stream.to_owned(), subject, keys, logged: Default::default() }
    }

    /// The stream that is followed.
    pub(crate) fn stream(&self) -> &str {
        &self.stream
    }

    /// The message, if a relay has sent it.
    pub(crate) fn admit(&mut self, message: &Message) -> Option<Authentic> {
        let header = |name: &str| message.headers.as_ref()?.get(name).map(|value| value.as_str());
        let mut verdict = verify(&self.keys.keys(), &self.subject, header, &message.payload);
        if verdict.as_ref().err() == Some(&Rejected::UnknownKey) {
            // The relay may use a key that was made a moment ago.
            verdict = verify(&self.keys.keys_for_unknown(), &self.subject, header, &message.payload);
        }
        verdict.map_err(|rejected| self.report(rejected)).ok()
    }

    fn report(&mut self, rejected: Rejected) {
        metrics::counter!("projector_slices_rejected_total", "reason" => rejected.as_str()).increment(1);
        let (last, count) = &mut self.logged[rejected as usize];
        *count += 1;
        if last.is_some_and(|last| last.elapsed() < Self::LOG_INTERVAL) {
            return;
        }
        *last = Some(Instant::now());
        tracing::warn!(
            reason = %rejected,
            messages = std::mem::take(count),
            advice = advice(rejected),
            "ignored messages of the stream; the views read the log instead"
        );
    }
}

fn advice(rejected: Rejected) -> &'static str {
    match rejected {
        Rejected::Unsealed => "is a relay of an earlier build running? if not, find out who can publish to the stream",
        Rejected::UnknownKey => "JANGBU_SLICE_KEY_FILE must name the same keys at relay and projector",
        Rejected::NotASlice | Rejected::Forged => "find out who can publish to the stream",
    }
}
