//! The courier of pushes: one push to one device, from its lease to its end.
//!
//! As the courier of messages, it delivers **at least once**: a server that dies between the provider's "taken" and the settling
//! sends the push again, under the same id, and the device shows it once.

use std::{borrow::Cow, error::Error, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{Assets, Clock, CorrelationId, NotificationKind, Zone};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use traces::TraceContext;
use vault::{DuePush, Keys, NewDevice, Notifications, QUIET_HOURS, VaultError};

use super::{
    CourierOptions,
    push::{Push, PushChannel, PushError},
    push_text::words,
    retry,
};
use crate::notifications::QuietHours;

/// How long to wait when the vault is away.
const RETRY: Duration = Duration::from_secs(1);
/// How often the length of the queue is reported.
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// Takes pushes that are due and sees each to its end.
pub struct PushCourier<V: ?Sized> {
    unit: Arc<Unit<V>>,
}

/// What attends to pushes; shared by all that are under way.
struct Unit<V: ?Sized> {
    vault: Arc<V>,
    channel: Arc<dyn PushChannel>,
    clock: Arc<dyn Clock>,
    assets: Assets,
    options: CourierOptions,
}

/// What is to become of a push.
enum Fate {
    /// Forget it, counted under this word.
    Settle(&'static str),
    /// Forget it with its device.
    ForgetDevice,
    /// Try it again at this time.
    Postpone(DateTime<Utc>, Cow<'static, str>),
}

impl<V: Keys + Notifications + ?Sized + 'static> PushCourier<V> {
    /// A courier for this vault's queue.
    pub fn new(
        vault: Arc<V>,
        channel: Arc<dyn PushChannel>,
        clock: Arc<dyn Clock>,
        assets: Assets,
        options: CourierOptions,
    ) -> Self {
        Self { unit: Arc::new(Unit { vault, channel, clock, assets, options }) }
    }

    /// Works until `stop`; then takes no more, and ends when what is under way has ended.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        let mut stop = std::pin::pin!(stop);
        let mut under_way = JoinSet::new();
        let mut away = false;
        let mut reported: Option<Instant> = None;
        loop {
            if reported.is_none_or(|at| at.elapsed() >= REPORT_EVERY) {
                if let Ok(count) = self.unit.vault.waiting_pushes().await {
                    metrics::gauge!("push_waiting").set(count as f64);
                }
                reported = Some(Instant::now());
            }
            let pause = match self.take(&mut under_way).await {
                Ok(full) => {
                    if std::mem::take(&mut away) {
                        tracing::info!("the queue of pushes can be read again");
                    }
                    if full { Duration::MAX } else { self.unit.options.poll }
                }
                Err(error) => {
                    if !std::mem::replace(&mut away, true) {
                        tracing::warn!(error = &error as &dyn Error, "the queue of pushes cannot be read; trying on");
                    }
                    RETRY
                }
            };
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(_) = under_way.join_next() => {}
                () = sleep(pause), if pause != Duration::MAX => {}
            }
        }
        while under_way.join_next().await.is_some() {}
    }

    /// Takes as many as there are hands free. Whether all hands are full now.
    async fn take(&self, under_way: &mut JoinSet<()>) -> Result<bool, VaultError> {
        while under_way.try_join_next().is_some() {}
        let free = self.unit.options.at_once.max(1).saturating_sub(under_way.len());
        if free == 0 {
            return Ok(true);
        }
        let now = self.unit.clock.now();
        let lease = TimeDelta::from_std(self.unit.options.lease).unwrap_or(TimeDelta::minutes(1));
        let limit = i64::try_from(free).unwrap_or(i64::MAX);
        let due = self.unit.vault.take_due_pushes(now, now + lease, limit).await?;
        let full = due.len() == free;
        for push in due {
            let unit = self.unit.clone();
            under_way.spawn(async move { unit.attend(push).await });
        }
        Ok(full)
    }
}

impl<V: Keys + Notifications + ?Sized> Unit<V> {
    /// Sends the push, forgets it, or puts it off. If even that fails, the lease runs out and it is taken again.
    async fn attend(&self, due: DuePush) {
        let fate = self.fate(&due).await.unwrap_or_else(|error| {
            tracing::warn!(error = &error as &dyn Error, push.id = %due.id, "no key");
            self.later(&due, "the data key cannot be had")
        });
        let done = match fate {
            Fate::Settle(outcome) => {
                metrics::counter!("push_messages_total", "outcome" => outcome).increment(1);
                self.vault.settle_push(&due).await
            }
            Fate::ForgetDevice => {
                metrics::counter!("push_messages_total", "outcome" => "unregistered").increment(1);
                match self.vault.forget_token(&due).await {
                    // The device may have another token by now: then the push is still there.
                    Ok(()) => self.vault.settle_push(&due).await,
                    failed => failed,
                }
            }
            Fate::Postpone(at, reason) => {
                metrics::counter!("push_retries_total").increment(1);
                self.vault.postpone_push(&due, at, &reason).await
            }
        };
        if let Err(error) = done {
            let error = &error as &dyn Error;
            tracing::warn!(error, push.id = %due.id, "what became of a push cannot be noted");
        }
    }

    async fn fate(&self, due: &DuePush) -> Result<Fate, VaultError> {
        let now = self.clock.now();
        if due.until <= now {
            return Ok(Fate::Settle("late"));
        }
        if !due.is_wanted {
            return Ok(Fate::Settle("unwanted"));
        }
        let Ok(kind) = due.kind.parse::<NotificationKind>() else { return Ok(Fate::Settle("unreadable")) };
        if let Some(end) = self.quiet_until(due, kind, now) {
            // What would wait for longer than it is worth is dropped, so that nobody wakes to old news.
            let is_late = end >= due.until;
            return Ok(if is_late { Fate::Settle("late") } else { Fate::Postpone(end, QUIET_HOURS.into()) });
        }
        let Some(key) = self.vault.key(due.member).await? else { return Ok(Fate::Settle("erased")) };
        let opened = key.open(&NewDevice::token_place(due.device), &due.token);
        drop(key);
        let said = words(kind, &due.about, &due.locale, &self.assets);
        let (Ok(token), Some(said)) = (opened, said) else {
            tracing::error!(push.id = %due.id, "a push cannot be read; run `jangbu doctor`");
            return Ok(Fate::Settle("unreadable"));
        };
        let (id, at, until) = (due.id, due.at, due.until);
        let push = Push { id, token, kind: kind.as_str(), title: said.title, body: said.body, at, until };
        Ok(self.verdict(due, self.deliver(&push).await))
    }

    /// When the quiet hours end that a push has to wait for. That somebody else logged in does not wait.
    fn quiet_until(&self, due: &DuePush, kind: NotificationKind, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let (begin, end) = due.quiet.filter(|_| kind != NotificationKind::NewDevice)?;
        let zone = due.zone.parse().unwrap_or(Zone::SEOUL);
        QuietHours::new(begin, end).ok()?.end_of(now, zone)
    }

    async fn deliver(&self, push: &Push) -> Result<(), PushError> {
        let since = Instant::now();
        // All tries of a push are one trace, whose id is that of the push.
        let mut span = TraceContext::of(CorrelationId::new(push.id)).begin("deliver push");
        let taken = timeout(self.options.patience, span.context().scope(self.channel.push(push))).await;
        metrics::histogram!("push_delivery_seconds").record(since.elapsed());
        let taken = taken.unwrap_or_else(|_| Err(PushError::Transient { reason: "the provider took too long".into() }));
        if taken.is_err() {
            span.fail();
        }
        taken
    }

    fn verdict(&self, due: &DuePush, taken: Result<(), PushError>) -> Fate {
        match taken {
            Ok(()) => Fate::Settle("sent"),
            Err(PushError::Unregistered) => Fate::ForgetDevice,
            Err(PushError::Permanent { reason }) => {
                tracing::warn!(push.id = %due.id, %reason, "a push was refused for good");
                Fate::Settle("refused")
            }
            Err(PushError::Transient { reason }) => {
                // The first time only: a provider that is away for an hour would fill the log.
                if due.attempts <= 0 {
                    tracing::warn!(push.id = %due.id, %reason, "a push was not taken; trying on");
                }
                self.later(due, reason)
            }
        }
    }

    fn later(&self, due: &DuePush, reason: impl Into<Cow<'static, str>>) -> Fate {
        let attempts = i32::try_from(due.attempts).unwrap_or(i32::MAX);
        Fate::Postpone(self.clock.now() + retry::pause(attempts), reason.into())
    }
}
