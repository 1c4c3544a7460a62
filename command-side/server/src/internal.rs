//! The internal address, where the other command servers bring their commands.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context, bail};
use platform::http::listen;
use tokio::net::TcpListener;

use crate::{config::Config, forwarding::InternalKeys};

/// What a server needs to forward commands and to take those of others; nothing without a key.
pub(crate) struct Internal {
    pub(crate) shared: Option<Shared>,
    /// How many commands may be on their way to the server that leads.
    pub(crate) limit: usize,
}

pub(crate) struct Shared {
    pub(crate) keys: Arc<InternalKeys>,
    pub(crate) listener: Arc<TcpListener>,
    /// Where the others reach it.
    pub(crate) address: String,
}

impl Internal {
    /// Reads the key and listens.
    pub(crate) async fn open(config: &Config) -> anyhow::Result<Self> {
        let (internal, limit) = (&config.internal, config.queue);
        let Some(key_file) = &internal.internal_key_file else { return Ok(Self { shared: None, limit }) };
        let keys = InternalKeys::open(key_file).context("JANGBU_INTERNAL_KEY_FILE cannot be used")?;
        let listener = listen(internal.internal_addr, "JANGBU_INTERNAL_ADDR").await?;
        let address = match &internal.internal_advertise {
            Some(address) => address.clone(),
            None => advertised(listener.local_addr()?)?,
        };
        let shared = Shared { keys: Arc::new(keys), listener: Arc::new(listener), address };
        Ok(Self { shared: Some(shared), limit })
    }
}

/// Other machines cannot connect to "any address".
fn advertised(address: SocketAddr) -> anyhow::Result<String> {
    if address.ip().is_unspecified() {
        bail!("JANGBU_INTERNAL_ADDR is {address}: set JANGBU_INTERNAL_ADVERTISE to where other servers reach it");
    }
    Ok(address.to_string())
}
