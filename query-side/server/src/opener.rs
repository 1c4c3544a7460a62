//! Opens what is sealed, with the vault.

use std::{
    error::Error,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use kernel::MemberId;
use query_api::{Opener, OpenerError};
use reads::SealedText;
use secrecy::SecretString;
use tokio::time::{error::Elapsed, timeout};
use vault::{VaultError, VaultReader};

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

#[async_trait]
impl Opener for VaultOpener {
    async fn open(&self, member: MemberId, texts: &[&SealedText]) -> Result<Option<Vec<SecretString>>, OpenerError> {
        let found = timeout(self.limit, self.reader.key(member)).await;
        let key = match found.map_err(late).and_then(|key| key) {
            Ok(key) => key,
            Err(VaultError::Erased) => None,
            Err(error @ (VaultError::Unwrap | VaultError::Damaged(_))) => {
                tracing::error!(member.id = %member, error = &error as &dyn Error, "a data key cannot be used");
                return counted("refused", Err(OpenerError::Refused));
            }
            Err(error) => {
                self.note(Some(&error));
                return counted("unavailable", Err(OpenerError::Unavailable(Box::new(error))));
            }
        };
        self.note(None);
        let Some(key) = key else { return counted("gone", Ok(None)) };
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
}

fn late(late: Elapsed) -> VaultError {
    VaultError::Unavailable(Box::new(late))
}

fn counted<T>(outcome: &'static str, result: T) -> T {
    metrics::counter!("jangbu_query_opened_total", "outcome" => outcome).increment(1);
    result
}
