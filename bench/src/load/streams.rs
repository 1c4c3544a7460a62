//! Clients that listen to the live stream, thousands of them on one thread; and browsers with pages that renew themselves.

use std::{
    cell::Cell,
    net::SocketAddr,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::{oneshot, watch},
    task::LocalSet,
    time::{Instant, sleep},
};

use super::ThreadCpu;

/// What stands before the body of each event of the query server.
const EVENT: &[u8] = b"\ndata: ";
/// How each part begins that a page of the console is renewed with.
const PART: &[u8] = b"\nevent: part";
/// How the answer begins.
const OK: &[u8] = b"HTTP/1.1 200";
/// Streams that are opened at once.
const AT_ONCE: usize = 64;
/// How often one is tried again.
const TRIES: usize = 50;

/// Streams that are open until they are closed.
pub struct Streams {
    open: Arc<AtomicU64>,
    close: watch::Sender<bool>,
    found: oneshot::Receiver<Result<StreamsFound>>,
}

/// What came of them.
#[derive(Clone, Debug, Serialize)]
pub struct StreamsFound {
    /// How many there were.
    pub streams: usize,
    /// Events that they were told, or parts that they were sent, all together.
    pub events: u64,
    /// Streams that ended, or were never opened.
    pub ended: u64,
    /// The share of one core that their thread took.
    pub generator_cpu: f64,
}

struct Shared {
    server: SocketAddr,
    requests: Vec<String>,
    count: usize,
    /// What is counted.
    mark: &'static [u8],
    open: Arc<AtomicU64>,
    close: watch::Receiver<bool>,
    next: Cell<usize>,
    events: Cell<u64>,
    ended: Cell<u64>,
}

impl Streams {
    /// Opens so many, dealt out to the owners of these tokens, and waits until all are.
    pub async fn open(server: SocketAddr, tokens: Vec<String>, count: usize) -> Result<Self> {
        let request = |token: &String| {
            format!("GET /v1/events/stream HTTP/1.1\r\nhost: jangbu\r\nauthorization: Bearer {token}\r\n\r\n")
        };
        Self::open_all(server, tokens.iter().map(request).collect(), count, EVENT).await
    }

    /// Opens the live parts of pages of the console, each a path with the cookie of a browser, and waits until each has its first one.
    pub async fn open_pages(console: SocketAddr, pages: &[(String, String)]) -> Result<Self> {
        let request = |(path, cookie): &(String, String)| {
            format!("GET {path} HTTP/1.1\r\nhost: jangbu\r\naccept: text/event-stream\r\ncookie: {cookie}\r\n\r\n")
        };
        Self::open_all(console, pages.iter().map(request).collect(), pages.len(), PART).await
    }

    async fn open_all(server: SocketAddr, requests: Vec<String>, count: usize, mark: &'static [u8]) -> Result<Self> {
        let open = Arc::new(AtomicU64::new(0));
        let ((close, closed), (send, found)) = (watch::channel(false), oneshot::channel());
        let counter = open.clone();
        std::thread::Builder::new()
            .name("streams".to_owned())
            .spawn(move || drop(send.send(run_here((server, requests), (count, mark), (counter, closed)))))
            .context("starting the thread of the streams")?;
        let streams = Self { open, close, found };
        let since = Instant::now();
        while streams.open.load(Ordering::Relaxed) < count as u64 {
            ensure!(
                since.elapsed() < Duration::from_secs(120),
                "only {} of {count} streams are open: is the limit of open files too low (`ulimit -n`)?",
                streams.open.load(Ordering::Relaxed)
            );
            sleep(Duration::from_millis(50)).await;
        }
        Ok(streams)
    }

    /// Closes all of them.
    pub async fn close(self) -> Result<StreamsFound> {
        self.close.send_replace(true);
        self.found.await.context("the thread of the streams died")?
    }
}

fn run_here(
    (server, requests): (SocketAddr, Vec<String>),
    (count, mark): (usize, &'static [u8]),
    (open, close): (Arc<AtomicU64>, watch::Receiver<bool>),
) -> Result<StreamsFound> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
    let cpu = ThreadCpu::start();
    let (next, events, ended) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let shared = Rc::new(Shared { server, requests, count, mark, open, close, next, events, ended });
    let tasks = LocalSet::new();
    for _ in 0..AT_ONCE.min(count) {
        let shared = shared.clone();
        tasks.spawn_local(open_some(shared));
    }
    runtime.block_on(tasks);
    let (events, ended) = (shared.events.get(), shared.ended.get());
    Ok(StreamsFound { streams: count, events, ended, generator_cpu: cpu.share() })
}

/// Opens one stream after the other; each is read by a task of its own.
async fn open_some(shared: Rc<Shared>) {
    loop {
        let number = shared.next.replace(shared.next.get() + 1);
        if number >= shared.count || *shared.close.borrow() {
            return;
        }
        let mut begun = begin(&shared, number).await;
        // "Not now": the views are behind, or the server does not follow the events yet.
        for _ in 0..TRIES {
            if begun.is_ok() || *shared.close.borrow() {
                break;
            }
            sleep(Duration::from_millis(200)).await;
            begun = begin(&shared, number).await;
        }
        match begun {
            Ok((stream, first)) => {
                shared.open.fetch_add(1, Ordering::Relaxed);
                tokio::task::spawn_local(listen(shared.clone(), stream, first));
            }
            Err(_) => shared.ended.set(shared.ended.get() + 1),
        }
    }
}

/// Asks for a stream, and reads until its first frame is there.
async fn begin(shared: &Shared, number: usize) -> Result<(TcpStream, Vec<u8>)> {
    let mut stream = TcpStream::connect(shared.server).await?;
    let request = &shared.requests[number % shared.requests.len()];
    stream.write_all(request.as_bytes()).await?;
    let mut read = Vec::new();
    // A frame ends with an empty line; the lines of the head end otherwise.
    while !read.windows(2).any(|window| window == b"\n\n") {
        ensure!(stream.read_buf(&mut read).await? > 0, "the stream ended at once");
        let is_taken = read.len() < OK.len() || read.starts_with(OK);
        ensure!(is_taken, "the stream was refused: {}", String::from_utf8_lossy(&read));
    }
    Ok((stream, read))
}

async fn listen(shared: Rc<Shared>, mut stream: TcpStream, first: Vec<u8>) {
    let (mut close, mut matched, mark) = (shared.close.clone(), 0, shared.mark);
    let mut count = |bytes: &[u8]| {
        for byte in bytes {
            matched = if *byte == mark[matched] { matched + 1 } else { usize::from(*byte == mark[0]) };
            if matched == mark.len() {
                matched = 0;
                shared.events.set(shared.events.get() + 1);
            }
        }
    };
    count(&first);
    let mut bytes = vec![0; 4096];
    loop {
        let read = tokio::select! {
            read = stream.read(&mut bytes) => read,
            _ = close.wait_for(|close| *close) => return,
        };
        match read {
            Ok(read @ 1..) => count(&bytes[..read]),
            Ok(0) | Err(_) => {
                shared.ended.set(shared.ended.get() + 1);
                return;
            }
        }
    }
}
