//! One message, from its lease to its end.

use std::{borrow::Cow, error::Error, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use domain::member::Contact;
use kernel::{Clock, CorrelationId, Place};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, sleep, timeout};
use traces::TraceContext;
use uuid::Uuid;
use vault::{DueMessage, Keys, Messages, NewMessage, VaultError};

use super::{Channel, Channels, CourierOptions, DeliverError, Text, retry, superseded::Newest};

/// How often the settling of a message that was taken is tried: each failure would send it again.
const SETTLING: u32 = 5;

/// What attends to messages; shared by all that are under way.
pub(super) struct DeliveryContext<V: ?Sized> {
    pub(super) vault: Arc<V>,
    pub(super) channels: Channels,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) options: CourierOptions,
    pub(super) newest: Newest,
}

/// What is to become of a message.
enum Fate {
    /// Forget it, counted under this word.
    Settle(&'static str),
    /// Try it again at this time.
    Postpone(DateTime<Utc>, Cow<'static, str>),
}

impl<V: Keys + Messages + ?Sized> DeliveryContext<V> {
    /// Sends the message, forgets it, or puts it off. If even that fails, the lease runs out and it is taken again.
    pub(super) async fn attend(&self, due: DueMessage) {
        let fate = self.fate(&due).await.unwrap_or_else(|error| {
            tracing::warn!(error = &error as &dyn Error, message.position = due.message.position.number(), "no key");
            self.later(due.attempts, "the data key cannot be had")
        });
        let position = due.message.position;
        let done = match fate {
            Fate::Settle(outcome) => {
                metrics::counter!("courier_messages_total", "channel" => due.message.channel, "outcome" => outcome)
                    .increment(1);
                self.settle(&due.message).await
            }
            Fate::Postpone(at, reason) => {
                metrics::counter!("courier_retries_total", "channel" => due.message.channel).increment(1);
                self.vault.postpone(position, at, &reason).await
            }
        };
        if let Err(error) = done {
            let error = &error as &dyn Error;
            tracing::warn!(error, message.position = position.number(), "what became of a message cannot be noted");
        }
    }

    async fn fate(&self, due: &DueMessage) -> Result<Fate, VaultError> {
        let message = &due.message;
        if message.until.is_some_and(|until| until <= self.clock.now()) {
            return Ok(Fate::Settle("late"));
        }
        if self.newest.has_passed(message.notice) {
            return Ok(Fate::Settle("superseded"));
        }
        let Some(channel) = self.channels.of(message.channel) else {
            metrics::counter!("courier_without_channel_total", "channel" => message.channel).increment(1);
            return Ok(self.later(due.attempts, "this server has no such channel"));
        };
        let Some(key) = self.vault.key(message.member).await? else { return Ok(Fate::Settle("erased")) };
        let place = Place { stream: message.stream, version: message.version, field: message.field };
        let Ok(to) = key.open(&place, &message.contact) else {
            tracing::error!(message.position = message.position.number(), "a message's contact does not open");
            return Ok(Fate::Settle("unreadable"));
        };
        drop(key);
        let to = in_todays_spelling(message.channel, to);
        let text = Text::compose(message, self.vault.names());
        Ok(self.verdict(due, self.deliver(channel.as_ref(), &to, &text, message).await))
    }

    async fn deliver(
        &self,
        channel: &dyn Channel,
        to: &SecretString,
        text: &Text,
        message: &NewMessage,
    ) -> Result<(), DeliverError> {
        let since = Instant::now();
        // All tries of a message are one trace, whose id follows from its key.
        let trace = || Some(CorrelationId::new(Uuid::new_v5(&Uuid::NAMESPACE_OID, text.key.as_bytes())));
        let mut span = TraceContext::of_found(trace).begin("deliver message");
        span.text("message.channel", message.channel);
        let taken = timeout(self.options.patience, span.context().scope(channel.deliver(to, text))).await;
        metrics::histogram!("courier_delivery_seconds", "channel" => message.channel).record(since.elapsed());
        let taken = taken.unwrap_or_else(|_| Err(DeliverError::transient("the channel took too long")));
        if taken.is_err() {
            span.fail();
        }
        taken
    }

    fn verdict(&self, due: &DueMessage, taken: Result<(), DeliverError>) -> Fate {
        let (position, channel) = (due.message.position.number(), due.message.channel);
        match taken {
            Ok(()) => Fate::Settle("sent"),
            Err(DeliverError::Permanent { reason }) => {
                tracing::warn!(message.position = position, channel, %reason, "a message was refused for good");
                Fate::Settle("refused")
            }
            Err(DeliverError::Transient { reason }) if retry::is_hopeless(due.attempts) => {
                tracing::warn!(message.position = position, channel, %reason, "a message is given up");
                Fate::Settle("given-up")
            }
            Err(DeliverError::Transient { reason }) => {
                // The first time only: a mail server that is away for an hour would fill the log.
                if due.attempts <= 0 {
                    tracing::warn!(message.position = position, channel, %reason, "a message was not taken; trying on");
                }
                self.later(due.attempts, reason)
            }
        }
    }

    fn later(&self, attempts: i32, reason: impl Into<Cow<'static, str>>) -> Fate {
        Fate::Postpone(self.clock.now() + retry::pause(attempts), reason.into())
    }

    async fn settle(&self, message: &NewMessage) -> Result<(), VaultError> {
        let mut pause = Duration::from_millis(50);
        for _ in 1..SETTLING {
            if self.vault.settle_message(message.position).await.is_ok() {
                return Ok(());
            }
            sleep(pause).await;
            pause *= 4;
        }
        self.vault.settle_message(message.position).await
    }
}

/// The contact as it would be kept today: an earlier build kept telephone numbers with prefixes that are dialled inside
/// their country only.
fn in_todays_spelling(channel: &str, kept: SecretString) -> SecretString {
    let today = channel.parse().ok().and_then(|channel| Contact::parse(channel, kept.expose_secret()).ok());
    today.map_or(kept, |contact| contact.expose().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_an_earlier_build_is_reached_in_the_form_of_today() {
        let reached = |channel, kept: &str| in_todays_spelling(channel, kept.into()).expose_secret().to_owned();
        assert_eq!(reached("phone", "+8201012345678"), "+821012345678");
        assert_eq!(reached("phone", "+821012345678"), "+821012345678");
        assert_eq!(reached("phone", "+390612345678"), "+390612345678");
        assert_eq!(reached("phone", "+99912345678"), "+99912345678", "what no plan has is left to the provider");
        assert_eq!(reached("email", "kim@example.com"), "kim@example.com");
    }
}
