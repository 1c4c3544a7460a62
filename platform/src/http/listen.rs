//! Where a process listens.

use std::{io, net::SocketAddr};

use tokio::net::TcpListener;

/// The address could not be had.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}, which {variable} sets")]
pub struct ListenError {
    address: SocketAddr,
    variable: &'static str,
    source: io::Error,
}

/// Listens. Where that cannot be, the error names the address and the variable that sets it.
pub async fn listen(address: SocketAddr, variable: &'static str) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|source| ListenError { address, variable, source })
}
