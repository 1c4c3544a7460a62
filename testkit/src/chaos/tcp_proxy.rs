//! A proxy between two processes that can be told to pass nothing on.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// Passes bytes on to an address, both ways, unless it is closed: then connections open and stay silent.
#[derive(Debug)]
pub struct TcpProxy {
    /// Where it takes connections.
    pub address: SocketAddr,
    open: watch::Sender<bool>,
}

impl TcpProxy {
    /// Before whoever listens there, now or later.
    pub async fn before(behind: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("a proxy cannot listen")?;
        let address = listener.local_addr().context("a proxy has no address")?;
        let (open, state) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let state = state.clone();
                tokio::spawn(async move {
                    let Ok(server) = TcpStream::connect(behind).await else { return };
                    // Nobody listens there, and the kernel has connected the port to itself: it must not keep it.
                    if server.local_addr().is_ok_and(|address| address == behind) {
                        return;
                    }
                    let (from_client, to_client) = client.into_split();
                    let (from_server, to_server) = server.into_split();
                    tokio::select! {
                        () = pass(from_client, to_server, state.clone()) => {}
                        () = pass(from_server, to_client, state) => {}
                    }
                });
            }
        });
        Ok(Self { address, open })
    }

    /// From now on nothing is passed on; what was on its way is held back.
    pub fn close(&self) {
        self.open.send_replace(false);
    }

    /// Everything is passed on again.
    pub fn open(&self) {
        self.open.send_replace(true);
    }
}

async fn pass(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut open: watch::Receiver<bool>,
) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(size @ 1..) = from.read(&mut bytes).await {
        if open.wait_for(|open| *open).await.is_err() || to.write_all(&bytes[..size]).await.is_err() {
            return;
        }
    }
}
