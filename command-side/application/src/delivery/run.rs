//! The courier's loop.

use std::{error::Error, sync::Arc, time::Duration};

use chrono::TimeDelta;
use kernel::Clock;
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{Instant, sleep},
};
use vault::{Keys, Messages, VaultError};

use super::{Channels, CourierOptions, DeliveryHealth, deliver::DeliveryContext, superseded::Newest};

/// How long to wait when the vault is away.
const RETRY: Duration = Duration::from_secs(1);
/// How often the queue is reported.
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// Takes messages that are due and sees each to its end.
pub struct Courier<V: ?Sized> {
    unit: Arc<DeliveryContext<V>>,
    bell: Arc<Notify>,
    board: DeliveryHealth,
}

impl<V: Keys + Messages + ?Sized + 'static> Courier<V> {
    /// A courier for this vault's queue.
    pub fn new(vault: Arc<V>, channels: Channels, clock: Arc<dyn Clock>, options: CourierOptions) -> Self {
        for (name, channel) in [("email", &channels.email), ("phone", &channels.phone)] {
            if channel.is_none() {
                tracing::warn!(channel = name, "no such channel is configured: its messages wait");
            }
        }
        let board = DeliveryHealth::new(&channels);
        let unit = DeliveryContext { vault, channels, clock, options, newest: Newest::new() };
        Self { unit: Arc::new(unit), bell: Arc::default(), board }
    }

    /// The same, and the length of the queue is reported to this.
    pub fn reporting(self, board: DeliveryHealth) -> Self {
        Self { board, ..self }
    }

    /// To be rung (`notify_one`) when messages were queued, so that they need not wait for the next look.
    pub fn bell(&self) -> Arc<Notify> {
        self.bell.clone()
    }

    /// Works until `stop`; then takes no more, and ends when what is under way has ended.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        let mut stop = std::pin::pin!(stop);
        let mut under_way = JoinSet::new();
        let mut away = false;
        let mut reported: Option<Instant> = None;
        loop {
            if reported.is_none_or(|at| at.elapsed() >= REPORT_EVERY) {
                self.report().await;
                reported = Some(Instant::now());
            }
            let pause = match self.take(&mut under_way).await {
                Ok(more) => {
                    if std::mem::take(&mut away) {
                        tracing::info!("the queue of messages can be read again");
                    }
                    // Full hands: what is left is taken as soon as one is free.
                    if more { Duration::MAX } else { self.unit.options.poll }
                }
                Err(error) => {
                    if !std::mem::replace(&mut away, true) {
                        tracing::warn!(error = &error as &dyn Error, "the queue of messages cannot be read; trying on");
                    }
                    RETRY
                }
            };
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(_) = under_way.join_next() => {}
                () = self.bell.notified(), if pause != Duration::MAX => {}
                () = sleep(pause), if pause != Duration::MAX => {}
            }
        }
        while under_way.join_next().await.is_some() {}
    }

    /// Reports the length of the queue. That the queue cannot be read is reported when messages are taken.
    async fn report(&self) {
        if let Ok(waiting) = self.unit.vault.waiting_messages().await {
            self.board.write(&waiting);
        }
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
        let due = self.unit.vault.take_due(now, now + lease, limit).await?;
        due.iter().for_each(|due| self.unit.newest.see(due.message.notice));
        let full = due.len() == free;
        for message in due {
            let unit = self.unit.clone();
            under_way.spawn(async move { unit.attend(message).await });
        }
        Ok(full)
    }
}
