//! A server that takes whatever it is sent: it counts, and answers 200.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// Takes requests until it is dropped.
#[derive(Debug)]
pub struct Sink {
    address: SocketAddr,
    taken: Arc<Taken>,
    receiver: AbortHandle,
}

#[derive(Debug, Default)]
struct Taken {
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl Sink {
    /// Begins to take, on a port of its own.
    pub async fn open() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port for the receiver")?;
        let (address, taken) = (listener.local_addr()?, Arc::new(Taken::default()));
        let receiver = tokio::spawn(receive(listener, taken.clone())).abort_handle();
        Ok(Self { address, taken, receiver })
    }

    /// Its address, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many requests were taken.
    pub fn requests(&self) -> u64 {
        self.taken.requests.load(Ordering::Relaxed)
    }

    /// How many bytes they had, heads included.
    pub fn bytes(&self) -> u64 {
        self.taken.bytes.load(Ordering::Relaxed)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.receiver.abort();
    }
}

async fn receive(listener: TcpListener, taken: Arc<Taken>) {
    let mut senders = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let taken = taken.clone();
        senders.spawn(async move {
            // A sender that goes away is no error.
            let _ = take(stream, &taken).await;
        });
    }
}

async fn take(mut stream: TcpStream, taken: &Taken) -> std::io::Result<()> {
    let mut read = Vec::new();
    loop {
        let head = loop {
            if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut read).await? == 0 {
                return Ok(());
            }
        };
        let whole = head + length_of(&read[..head]);
        while read.len() < whole {
            if stream.read_buf(&mut read).await? == 0 {
                return Ok(());
            }
        }
        read.drain(..whole);
        taken.requests.fetch_add(1, Ordering::Relaxed);
        taken.bytes.fetch_add(whole as u64, Ordering::Relaxed);
        stream.write_all(OK).await?;
    }
}

/// How long the body is that this head says.
fn length_of(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    length.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{Connection, Request};

    #[test]
    fn a_head_says_how_long_the_body_is() {
        assert_eq!(length_of(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 17\r\n\r\n"), 17);
        assert_eq!(length_of(b"GET / HTTP/1.1\r\n\r\n"), 0);
    }

    #[tokio::test]
    async fn whatever_is_sent_is_counted() {
        let sink = Sink::open().await.unwrap();
        let mut connection = Connection::to(sink.address);
        for body in ["", "17 bytes of spans"] {
            let request = Request { method: "POST", path: "/v1/traces", body, ..Request::default() };
            assert_eq!(connection.send(&request).await.unwrap().status, 200);
        }
        assert_eq!(sink.requests(), 2);
        assert!(sink.bytes() > 17, "{}", sink.bytes());
    }
}
