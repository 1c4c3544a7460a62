//! A connection that can send an answer twice.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// A connection. While `twice` is set, what is written is written once more at the next flush, which also unsets it.
#[derive(Debug)]
pub struct Doubling {
    stream: TcpStream,
    twice: Arc<AtomicBool>,
    again: Vec<u8>,
}

impl Doubling {
    /// Sends everything once until `twice` is set.
    pub fn new(stream: TcpStream, twice: Arc<AtomicBool>) -> Self {
        Self { stream, twice, again: Vec::new() }
    }
}

impl AsyncRead for Doubling {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Doubling {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(Pin::new(&mut this.stream).poll_write(context, bytes))?;
        if this.twice.load(Ordering::SeqCst) {
            this.again.extend_from_slice(&bytes[..written]);
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while !this.again.is_empty() {
            this.twice.store(false, Ordering::SeqCst);
            let written = ready!(Pin::new(&mut this.stream).poll_write(context, &this.again))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            this.again.drain(..written);
        }
        Pin::new(&mut this.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
