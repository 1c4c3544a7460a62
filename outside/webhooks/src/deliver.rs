//! The active sender makes attempts, and writes down what came of them.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use chrono::{DateTime, Utc};
use kernel::{Clock, CorrelationId, DeliveryId, SystemClock, WebhookId};
use serde::Deserialize;
use traces::TraceContext;
use uuid::Uuid;
use vault::WebhookSecrets;

use crate::{
    active::{Active, Landed, SendError},
    client::{Message, Outcome},
    endpoint::Endpoint,
    signing::signature,
    status,
    store::{Attempt, DueDelivery, Room, Status, Tried},
};

/// A webhook whose attempts have failed for so long gets one at a time: places are for those that answer.
const FAILING: Duration = Duration::from_secs(30);

impl Active<'_> {
    /// Begins attempts at what is due, as many as there is room for.
    pub(crate) async fn dispatch(&mut self) -> Result<(), SendError> {
        let now = SystemClock.now();
        let free = self.means.config.in_flight.saturating_sub(self.under_way.len());
        let rooms = self.rooms(now, free);
        // A sender that was suspended finds here that another may send.
        if !self.held.is_held() {
            return Ok(());
        }
        if rooms.is_empty() {
            self.means.status.set_well();
            return Ok(());
        }
        let Some(secrets) = self.secrets().await else { return Ok(()) };
        let under_way: Vec<_> = self.under_way.keys().map(|id| id.uuid()).collect();
        let due = self.means.store.due(&rooms, &under_way, now).await?;
        for delivery in due.into_iter().take(free) {
            self.begin_attempt(delivery, &secrets);
        }
        self.means.status.set_well();
        status::under_way(self.under_way.len());
        Ok(())
    }

    /// Which webhooks may be sent how much.
    fn rooms(&mut self, now: DateTime<Utc>, free: usize) -> Vec<Room> {
        let mut busy: HashMap<WebhookId, usize> = HashMap::new();
        for webhook in self.under_way.values() {
            *busy.entry(*webhook).or_default() += 1;
        }
        let each = self.means.config.in_flight_each.max(1);
        let is_failing = |since: DateTime<Utc>| (now - since).to_std().is_ok_and(|failing| failing > FAILING);
        let room = |endpoint: &Endpoint| {
            let most = if endpoint.health.failing_since.is_some_and(is_failing) { 1 } else { each };
            let places = most.saturating_sub(busy.get(&endpoint.id).copied().unwrap_or_default()).min(free);
            Room { webhook: endpoint.id, places: i32::try_from(places).unwrap_or(i32::MAX) }
        };
        let may_be_sent = |endpoint: &&Endpoint| {
            endpoint.is_served() && endpoint.health.paused_until.is_none_or(|until| until <= now)
        };
        let rooms = self.webhooks.all().filter(may_be_sent).map(room);
        let mut rooms: Vec<Room> = rooms.filter(|room| room.places > 0).collect();
        if !rooms.is_empty() {
            let first = self.turn % rooms.len();
            rooms.rotate_left(first);
        }
        self.turn = self.turn.wrapping_add(1);
        rooms
    }

    /// What derives the secrets. Without it nothing is sent, and the log is followed all the same.
    async fn secrets(&mut self) -> Option<WebhookSecrets> {
        if self.secrets.is_none() {
            let failure = match self.means.keys.secrets().await {
                Ok(Some(secrets)) => {
                    self.secrets = Some(secrets);
                    None
                }
                Ok(None) => Some("the vault has no key for webhooks: is it an older copy of the vault?".to_owned()),
                Err(error) => Some(chain(&error)),
            };
            if let Some(failure) = failure
                && self.means.status.set_failure(failure.clone())
            {
                tracing::error!(failure, "webhooks cannot be signed: nothing is sent");
            }
        }
        self.secrets.clone()
    }

    fn begin_attempt(&mut self, delivery: DueDelivery, secrets: &WebhookSecrets) {
        let at = SystemClock.now();
        let Some(endpoint) = self.webhooks.get(delivery.webhook) else { return };
        let numbers = endpoint.signing(at);
        let signing: Vec<_> = numbers.map(|number| secrets.secret(delivery.webhook, number)).collect();
        let message = Message {
            url: endpoint.url.clone(),
            id: delivery.event,
            timestamp: at.timestamp(),
            signature: signature(&signing, delivery.event, at.timestamp(), &delivery.payload),
            body: delivery.payload.clone(),
            trace: TraceContext::of_found(|| correlation(&delivery.payload)),
        };
        self.under_way.insert(delivery.id, delivery.webhook);
        let client = self.means.client.clone();
        let attempt = tasks::brief(async move { client.send(message).await });
        self.flights.push(Box::pin(async move {
            let outcome = attempt.await.unwrap_or_else(|_| Outcome::interrupted());
            Landed { delivery, at, outcome }
        }));
    }

    /// Writes down what attempts came to.
    pub(crate) async fn record(&mut self, landed: Vec<Landed>) -> Result<(), SendError> {
        let now = SystemClock.now();
        let (mut tried, mut changed) = (Vec::with_capacity(landed.len()), BTreeSet::new());
        for landed in landed {
            self.under_way.remove(&landed.delivery.id);
            status::attempted(&landed.outcome);
            if self.note_health(&landed, now) {
                changed.insert(landed.delivery.webhook);
            }
            tried.push(self.tried(landed, now));
        }
        let changed: Vec<&Endpoint> = changed.iter().filter_map(|id| self.webhooks.get(*id)).collect();
        self.means.store.keep_results(self.epoch, &tried, &changed, now).await?;
        Ok(())
    }

    /// What an attempt shows of its webhook; whether that is something else than before.
    fn note_health(&mut self, landed: &Landed, now: DateTime<Utc>) -> bool {
        let limit = self.means.config.disable_after();
        let Some(endpoint) = self.webhooks.get_mut(landed.delivery.webhook) else { return false };
        let before = endpoint.health;
        endpoint.health = before.after(&landed.outcome, now, limit);
        if let (None, Some((_, reason))) = (before.stopped, endpoint.health.stopped) {
            status::stopped(reason);
            // Somebody has to tell the owner: partners have no address that the bank could write to.
            tracing::error!(
                webhook.id = %endpoint.id,
                owner = %endpoint.owner,
                reason = reason.as_str(),
                "nothing more is sent to a webhook, until its owner enables it again; see docs/runbooks/webhooks-failing.md"
            );
        }
        endpoint.health != before
    }

    fn tried(&self, landed: Landed, now: DateTime<Utc>) -> Tried {
        let Landed { delivery, at, outcome } = landed;
        let tries = delivery.tries + u32::from(!outcome.is_success());
        let pause = match outcome.status {
            _ if outcome.is_success() => Err(Status::Delivered),
            Some(410) => Err(Status::Failed),
            _ => {
                let pause = self.means.config.schedule.pause(tries, outcome.retry_after, spread(delivery.id, tries));
                pause.ok_or(Status::Failed)
            }
        };
        let status = pause.map_or_else(|ended| ended, |pause| Status::Again(now + pause));
        if status == Status::Failed {
            status::failed();
        }
        let attempt = Attempt {
            at,
            status: outcome.status,
            duration_ms: u64::try_from(outcome.duration.as_millis()).unwrap_or(u64::MAX),
            error: outcome.error,
            response_start: Some(outcome.response_start).filter(|start| !start.is_empty()),
        };
        let DueDelivery { id, webhook, line, round, .. } = delivery;
        Tried { id, webhook, line, round, tries, status, attempt }
    }
}

/// The request that an event follows from, as the event says.
fn correlation(payload: &str) -> Option<CorrelationId> {
    #[derive(Deserialize)]
    struct Event {
        correlationid: Uuid,
    }
    serde_json::from_str::<Event>(payload).ok().map(|event| CorrelationId::new(event.correlationid))
}

/// Thousandths by which a pause differs from those of other deliveries: any number will do that is another for each.
fn spread(delivery: DeliveryId, tries: u32) -> u16 {
    let bytes = delivery.uuid().into_bytes();
    let number = u32::from_be_bytes([bytes[12], bytes[13], bytes[14], bytes[15]]);
    (number.wrapping_mul(tries | 1) % 1_001) as u16
}

/// An error with its causes, on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let texts = std::iter::successors(Some(error), |error| (*error).source()).map(ToString::to_string);
    texts.collect::<Vec<_>>().join(": ")
}
