//! One keep-alive HTTP/1.1 connection, with as little between caller and socket as there can be.

use std::{fmt::Write as _, io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A request put together from its parts; for the hot path there are templates instead.
#[derive(Clone, Debug, Default)]
pub struct Request<'a> {
    /// `GET`, `POST`, ...
    pub method: &'a str,
    /// Path and query.
    pub path: &'a str,
    /// Bearer token; empty for none.
    pub token: &'a str,
    /// Further headers.
    pub headers: &'a [(&'a str, &'a str)],
    /// Empty for none.
    pub body: &'a str,
    /// What the body is; `application/json` if empty.
    pub content_type: &'a str,
}

impl Request<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let mut head = format!("{} {} HTTP/1.1\r\nhost: jangbu\r\n", self.method, self.path);
        if !self.token.is_empty() {
            let _ = write!(head, "authorization: Bearer {}\r\n", self.token);
        }
        for (name, value) in self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if !self.body.is_empty() {
            let content_type = if self.content_type.is_empty() { "application/json" } else { self.content_type };
            let _ = write!(head, "content-type: {content_type}\r\n");
        }
        let _ = write!(head, "content-length: {}\r\n\r\n", self.body.len());
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(self.body.as_bytes());
    }
}

/// An answer, still in the connection's buffer.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    /// The status code.
    pub status: u16,
    head: &'a [u8],
    /// The body, as long as the server said it is.
    pub body: &'a [u8],
}

impl<'a> Reply<'a> {
    /// A header's value, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        header(self.head, name.as_bytes()).and_then(|v| std::str::from_utf8(v).ok())
    }
}

/// One connection, opened when first needed and again after the server closed it.
#[derive(Debug)]
pub struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
    out: Vec<u8>,
    read: Vec<u8>,
}

impl Connection {
    /// A connection to be opened when first needed.
    pub fn to(address: SocketAddr) -> Self {
        Self { address, stream: None, out: Vec::with_capacity(1024), read: Vec::with_capacity(8192) }
    }

    /// Opens it now, so that the first request does not wait for that.
    pub async fn open(&mut self) -> io::Result<()> {
        self.stream = Some(connect(self.address).await?);
        Ok(())
    }

    /// Sends a request and waits for its answer. After an error the connection is opened again; whether the server
    /// acted on the request is then unknown.
    pub async fn send(&mut self, request: &Request<'_>) -> io::Result<Reply<'_>> {
        self.exchange(|out| request.write(out)).await
    }

    /// The same for bytes that the caller writes.
    pub async fn exchange(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> io::Result<Reply<'_>> {
        self.out.clear();
        write(&mut self.out);
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => connect(self.address).await?,
        };
        stream.write_all(&self.out).await?;
        self.read.clear();
        let (head, length) = read_head(&mut stream, &mut self.read).await?;
        while self.read.len() < head + length {
            fill(&mut stream, &mut self.read).await?;
        }
        let (head, body) = self.read[..head + length].split_at(head);
        let closing = header(head, b"connection").is_some_and(|v| v.eq_ignore_ascii_case(b"close"));
        if !closing {
            self.stream = Some(stream);
        }
        Ok(Reply { status: status(head)?, head, body })
    }
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn fill(stream: &mut TcpStream, read: &mut Vec<u8>) -> io::Result<()> {
    read.reserve(4096);
    match stream.read_buf(read).await? {
        0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection before it answered")),
        _ => Ok(()),
    }
}

/// Reads until the head is whole; gives the lengths of head and body.
async fn read_head(stream: &mut TcpStream, read: &mut Vec<u8>) -> io::Result<(usize, usize)> {
    let mut searched = 0_usize;
    loop {
        fill(stream, read).await?;
        let from = searched.saturating_sub(3);
        if let Some(at) = read[from..].windows(4).position(|w| w == b"\r\n\r\n") {
            let end = from + at + 4;
            return Ok((end, content_length(&read[..end])?));
        }
        searched = read.len();
    }
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn status(head: &[u8]) -> io::Result<u16> {
    let digits = head.get(9..12).filter(|d| head.starts_with(b"HTTP/1.") && d.iter().all(u8::is_ascii_digit));
    let digits = digits.ok_or_else(|| invalid("no status line"))?;
    Ok(digits.iter().fold(0, |n, d| n * 10 + u16::from(d - b'0')))
}

fn content_length(head: &[u8]) -> io::Result<usize> {
    match header(head, b"content-length") {
        Some(digits) => std::str::from_utf8(digits).ok().and_then(|d| d.parse().ok()),
        None if matches!(status(head)?, 204 | 304) => Some(0),
        None => None,
    }
    .ok_or_else(|| invalid("the answer does not declare its length"))
}

fn header<'a>(head: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    head.split(|b| *b == b'\n').skip(1).find_map(|line| {
        let (found, rest) = line.split_at_checked(name.len())?;
        let value = rest.strip_prefix(b":")?;
        found.eq_ignore_ascii_case(name).then(|| value.trim_ascii())
    })
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// A server that answers each piece it reads with the next canned piece, one byte at a time if asked.
    async fn canned(answers: Vec<&'static str>, trickle: bool) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 4096];
            for answer in answers {
                assert_ne!(stream.read(&mut buffer).await.unwrap(), 0);
                for piece in answer.as_bytes().chunks(if trickle { 1 } else { usize::MAX }) {
                    stream.write_all(piece).await.unwrap();
                    tokio::task::yield_now().await;
                }
            }
        });
        address
    }

    #[tokio::test]
    async fn answers_are_read_whole_however_they_arrive() {
        for trickle in [false, true] {
            let first = "HTTP/1.1 201 Created\r\nContent-Length: 5\r\nX-Y: z\r\n\r\nhello";
            let second = "HTTP/1.1 422 Unprocessable Entity\r\ncontent-length: 0\r\n\r\n";
            let mut connection = Connection::to(canned(vec![first, second], trickle).await);
            let request = Request { method: "GET", path: "/", ..Request::default() };
            let reply = connection.send(&request).await.unwrap();
            assert_eq!((reply.status, reply.body, reply.header("x-y")), (201, b"hello".as_slice(), Some("z")));
            let reply = connection.send(&request).await.unwrap();
            assert_eq!((reply.status, reply.body.len()), (422, 0));
        }
    }

    #[tokio::test]
    async fn a_closed_connection_is_an_error_and_not_an_answer() {
        let half = "HTTP/1.1 201 Created\r\ncontent-length: 50\r\n\r\nhalf";
        let mut connection = Connection::to(canned(vec![half], false).await);
        let request = Request { method: "POST", path: "/", body: "{}", ..Request::default() };
        assert_eq!(connection.send(&request).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
