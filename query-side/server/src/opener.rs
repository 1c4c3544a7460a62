//! Opens what is sealed, with the vault.

use std::{
    error::Error,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use kernel::MemberId;
use query_api::{KeptPreferences, KeptSession, OpenedDevice, Opener, OpenerError};
use reads::SealedText;
use secrecy::SecretString;
use tokio::time::{error::Elapsed, timeout};
use uuid::Uuid;
use vault::{DataKey, NewDevice, VaultError, VaultReader};

/// Opens sealed texts with keys that it asks for each time again: a key that was destroyed opens nothing a moment later.
#[derive(Debug)]
pub struct VaultOpener {
    reader: VaultReader,
    limit: Duration,
    well: AtomicBool,
}

impl VaultOpener {
    /// Asks this vault, and gives up after the limit.
    pub fn new(reader: VaultReader, limit: Duration) -> Self {
        Self { reader, limit, well: AtomicBool::new(true) }
    }

    /// One line when the vault goes away, and one when it is back.
    fn note(&self, failure: Option<&(dyn Error + 'static)>) {
        match failure {
            Some(error) if self.well.swap(false, Ordering::Relaxed) => {
                tracing::warn!(error, "the vault cannot be asked: what is personal is not shown");
            }
            None if !self.well.swap(true, Ordering::Relaxed) => tracing::info!("the vault answers again"),
            _ => {}
        }
    }
}

impl VaultOpener {
    /// What the vault answers, within the limit.
    async fn ask<T>(
        &self,
        member: MemberId,
        asked: impl Future<Output = Result<T, VaultError>> + Send,
    ) -> Result<Option<T>, OpenerError> {
        match timeout(self.limit, asked).await.map_err(late).and_then(|answer| answer) {
            Ok(answer) => {
                self.note(None);
                Ok(Some(answer))
            }
            Err(VaultError::Erased) => {
                self.note(None);
                Ok(None)
            }
            Err(error @ (VaultError::Unwrap | VaultError::Damaged(_))) => {
                tracing::error!(member.id = %member, error = &error as &dyn Error, "a data key cannot be used");
                counted("refused", Err(OpenerError::Refused))
            }
            Err(error) => {
                self.note(Some(&error));
                counted("unavailable", Err(OpenerError::Unavailable(Box::new(error))))
            }
        }
    }

    async fn key(&self, member: MemberId) -> Result<Option<DataKey>, OpenerError> {
        Ok(self.ask(member, self.reader.key(member)).await?.flatten())
    }
}

#[async_trait]
impl Opener for VaultOpener {
    async fn open(&self, member: MemberId, texts: &[&SealedText]) -> Result<Option<Vec<SecretString>>, OpenerError> {
        let Some(key) = self.key(member).await? else { return counted("gone", Ok(None)) };
        let opened: Result<Vec<_>, &SealedText> =
            texts.iter().map(|text| key.open(&text.place, &text.sealed).map_err(|_| *text)).collect();
        match opened {
            Ok(opened) => counted("opened", Ok(Some(opened))),
            Err(text) => {
                let place = &text.place;
                tracing::error!(
                    member.id = %member,
                    event.stream = %place.stream,
                    event.version = %place.version,
                    event.field = place.field,
                    "a sealed text of the view members does not open at its place: it was damaged or exchanged"
                );
                counted("refused", Err(OpenerError::Refused))
            }
        }
    }

    async fn devices(&self, member: MemberId) -> Result<Vec<OpenedDevice>, OpenerError> {
        let Some(key) = self.key(member).await? else { return counted("gone", Ok(Vec::new())) };
        let kept = self.ask(member, self.reader.devices(member)).await?.unwrap_or_default();
        let opened: Result<Vec<_>, Uuid> = kept
            .into_iter()
            .map(|device| {
                let masked = key.open(&NewDevice::masked_place(device.device), &device.masked);
                Ok(OpenedDevice {
                    device: device.device,
                    platform: device.platform,
                    masked: masked.map_err(|_| device.device)?,
                    locale: device.locale,
                    zone: device.zone,
                    registered_at: device.registered_at,
                    changed_at: device.changed_at,
                })
            })
            .collect();
        opened.or_else(|device| {
            tracing::error!(member.id = %member, device.id = %device, "what is shown of a push token does not open");
            counted("refused", Err(OpenerError::Refused))
        })
    }

    async fn sessions(&self, member: MemberId) -> Result<Vec<KeptSession>, OpenerError> {
        let kept = self.ask(member, self.reader.sessions(member)).await?.unwrap_or_default();
        let sessions = kept.into_iter().map(|kept| KeptSession {
            session: kept.session,
            expires_at: kept.expires_at,
            ended_at: kept.ended_at,
        });
        Ok(sessions.collect())
    }

    async fn preferences(&self, member: MemberId) -> Result<Option<KeptPreferences>, OpenerError> {
        let kept = self.ask(member, self.reader.preferences(member)).await?.flatten();
        Ok(kept.map(|kept| KeptPreferences { push: kept.push, email: kept.email, quiet: kept.quiet }))
    }
}

fn late(late: Elapsed) -> VaultError {
    VaultError::Unavailable(Box::new(late))
}

fn counted<T>(outcome: &'static str, result: T) -> T {
    metrics::counter!("jangbu_query_opened_total", "outcome" => outcome).increment(1);
    result
}
