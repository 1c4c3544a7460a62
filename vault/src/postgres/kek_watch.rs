//! Whether the key-encryption key opens the vault, as often as somebody asks, without asking its holder each time.

use std::{error::Error, sync::Arc, time::Duration};

use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use super::reader::VaultReader;
use crate::KekFault;

/// An answer is given again for so long: a remote holder of the key is not asked each time.
const FRESH: Duration = Duration::from_secs(2);
/// A database or a holder that takes longer says nothing against the key.
const LIMIT: Duration = Duration::from_millis(1500);

/// What was found last, shared by clones.
#[derive(Clone)]
pub struct KekWatch {
    reader: VaultReader,
    last: Arc<Mutex<Option<(Instant, Found)>>>,
}

#[derive(Clone, Debug)]
enum Found {
    Well,
    Away(String),
    Wrong(String),
}

impl KekWatch {
    /// Asks nothing yet.
    pub fn new(reader: VaultReader) -> Self {
        Self { reader, last: Arc::default() }
    }

    /// An error text if the key is missing or another one than that of the vault.
    pub async fn is_right(self) -> Result<(), String> {
        match self.found().await {
            Found::Wrong(error) => Err(error),
            Found::Well | Found::Away(_) => Ok(()),
        }
    }

    /// An error text if its holder does not answer.
    pub async fn answers(self) -> Result<(), String> {
        match self.found().await {
            Found::Away(error) => Err(error),
            Found::Well | Found::Wrong(_) => Ok(()),
        }
    }

    async fn found(&self) -> Found {
        let mut last = self.last.lock().await;
        match &*last {
            Some((at, found)) if at.elapsed() < FRESH => return found.clone(),
            _ => {}
        }
        let found = match timeout(LIMIT, self.reader.check_kek()).await {
            Ok(Ok(())) => Found::Well,
            Ok(Err(fault @ KekFault::Away(_))) => Found::Away(chain(&fault)),
            Ok(Err(fault @ KekFault::Wrong(_))) => Found::Wrong(chain(&fault)),
            // What was wrong stays wrong until it was seen to be right.
            Err(_) => last.as_ref().map_or(Found::Well, |(_, found)| found.clone()),
        };
        *last = Some((Instant::now(), found.clone()));
        found
    }
}

impl std::fmt::Debug for KekWatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KekWatch(..)")
    }
}

fn chain(error: &dyn Error) -> String {
    let texts = std::iter::successors(Some(error), |error| (*error).source()).map(ToString::to_string);
    texts.collect::<Vec<_>>().join(": ")
}
