//! The socket of a client: answers must be taken in time, and it is closed so that the last one arrives.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

/// How long and how much is read after the last answer.
const TIME: Duration = Duration::from_millis(500);
const BYTES: usize = 4 * 1024 * 1024;

/// A socket with a limit on the time that a client takes for an answer, which is read for a little while after its last write.
///
/// A client that sends requests and reads no answer would hold its connection for ever. The time runs from the first write that
/// has to wait until all that was to be written is out: a client that reads a byte now and then gains nothing.
///
/// A socket closed with unread bytes in it answers the peer with a reset, and the reset throws away the answer that
/// is still on its way: a client that sends a body that is too large would see "connection reset" instead of 413.
pub(super) struct Lingering {
    stream: TcpStream,
    closing: Option<Closing>,
    write_timeout: Duration,
    /// Runs while the client lets an answer wait.
    write_ends: Option<Pin<Box<Sleep>>>,
}

struct Closing {
    until: Pin<Box<Sleep>>,
    left: usize,
}

impl Lingering {
    pub(super) fn new(stream: TcpStream, write_timeout: Duration) -> Self {
        Self { stream, closing: None, write_timeout, write_ends: None }
    }

    pub(super) fn set_nodelay(&self) -> io::Result<()> {
        self.stream.set_nodelay(true)
    }

    /// What became of a write of so many bytes, if the client is not too slow.
    fn in_time(
        &mut self,
        cx: &mut Context<'_>,
        bytes: usize,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Ready(Ok(taken)) if *taken >= bytes => self.write_ends = None,
            Poll::Ready(Err(_)) => {}
            Poll::Ready(Ok(_)) | Poll::Pending => {
                let limit = self.write_timeout;
                let ends = self.write_ends.get_or_insert_with(|| Box::pin(sleep(limit)));
                if ends.as_mut().poll(cx).is_ready() {
                    metrics::counter!("http_write_timeouts_total").increment(1);
                    // What the kernel still holds for this client goes with the connection.
                    let _ = self.stream.set_zero_linger();
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
            }
        }
        written
    }
}

impl AsyncRead for Lingering {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Lingering {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.in_time(cx, bytes.len(), written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.in_time(cx, bytes.iter().map(|part| part.len()).sum(), written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.closing.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
        }
        let closing = this.closing.get_or_insert_with(|| Closing { until: Box::pin(sleep(TIME)), left: BYTES });
        let mut bytes = [0; 8192];
        while closing.left > 0 && closing.until.as_mut().poll(cx).is_pending() {
            let mut buf = ReadBuf::new(&mut bytes);
            match ready!(Pin::new(&mut this.stream).poll_read(cx, &mut buf)) {
                Ok(()) if !buf.filled().is_empty() => closing.left = closing.left.saturating_sub(buf.filled().len()),
                _ => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}
