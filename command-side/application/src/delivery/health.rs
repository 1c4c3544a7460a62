//! The health of delivery: whether messages get through, for metrics and for whoever asks whether the server is well.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use vault::WaitingMessages;

use super::Channels;

/// The channels there are.
const CHANNELS: [&str; 2] = ["email", "phone"];
/// A message that waits longer than this is held up: a mail server that puts a stranger off once is not yet away.
const HELD_UP: Duration = Duration::from_secs(120);

/// The delivery health of a server. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct DeliveryHealth(Arc<Mutex<[Standing; CHANNELS.len()]>>);

#[derive(Clone, Copy, Debug, Default)]
struct Standing {
    missing: bool,
    count: u64,
    oldest: Duration,
}

impl DeliveryHealth {
    /// With what is configured; nothing waits as far as is known.
    pub fn new(channels: &Channels) -> Self {
        let board = Self::default();
        for (standing, name) in board.standings().iter_mut().zip(CHANNELS) {
            standing.missing = channels.of(name).is_none();
            metrics::gauge!("courier_channel_configured", "channel" => name).set(f64::from(!standing.missing));
        }
        board
    }

    /// Why messages of a channel do not get through, if they do not.
    pub fn check(&self, channel: &str) -> Result<(), String> {
        let standings = self.standings();
        let Some(place) = CHANNELS.iter().position(|name| *name == channel) else { return Ok(()) };
        match standings[place] {
            Standing { missing: true, count, .. } => {
                Err(format!("no such channel is configured; {count} messages wait"))
            }
            Standing { count, oldest, .. } if oldest > HELD_UP => {
                Err(format!("{count} messages wait, the oldest for {} seconds", oldest.as_secs()))
            }
            _ => Ok(()),
        }
    }

    /// Writes down what waits now.
    pub(super) fn write(&self, waiting: &[WaitingMessages]) {
        for (standing, name) in self.standings().iter_mut().zip(CHANNELS) {
            let of = waiting.iter().find(|waiting| waiting.channel == name);
            (standing.count, standing.oldest) = of.map(|waiting| (waiting.count, waiting.oldest)).unwrap_or_default();
            metrics::gauge!("courier_waiting_messages", "channel" => name).set(standing.count as f64);
            metrics::gauge!("courier_oldest_waiting_seconds", "channel" => name).set(standing.oldest.as_secs_f64());
        }
    }

    fn standings(&self) -> std::sync::MutexGuard<'_, [Standing; CHANNELS.len()]> {
        // Numbers are whole after any panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(channel: &str, seconds: u64) -> WaitingMessages {
        WaitingMessages { channel: channel.to_owned(), count: 3, oldest: Duration::from_secs(seconds) }
    }

    #[test]
    fn a_channel_that_is_missing_or_held_up_is_told_and_one_that_tries_again_is_not() {
        let missing = DeliveryHealth::new(&Channels::default());
        assert!(missing.check("email").is_err_and(|error| error.contains("configured")));
        let board = DeliveryHealth::default();
        for (seconds, held_up) in [(0, false), (119, false), (121, true)] {
            board.write(&[waiting("email", seconds)]);
            assert_eq!(board.check("email").is_err(), held_up, "{seconds}");
            assert_eq!(board.check("phone"), Ok(()));
        }
        board.write(&[]);
        assert_eq!(board.check("email"), Ok(()), "they went");
    }
}
