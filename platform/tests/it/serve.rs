//! Real sockets: clients that are too big, too slow, or in the way of a shutdown.

use std::{net::SocketAddr, time::Duration};

use platform::{
    http::{ServeOptions, serve_with},
    shutdown::Shutdown,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

use crate::support::app;

struct Server {
    addr: SocketAddr,
    shutdown: Shutdown,
    task: JoinHandle<std::io::Result<()>>,
}

impl Server {
    async fn start(options: ServeOptions) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        let shutdown = Shutdown::new();
        let task = tokio::spawn(serve_with(listener, app(), options, shutdown.clone()));
        Self { addr, shutdown, task }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.addr).await.expect("a connection")
    }

    async fn stop(self) -> Duration {
        let begun = Instant::now();
        self.shutdown.trigger();
        timeout(Duration::from_secs(10), self.task).await.expect("ends").expect("no panic").expect("no error");
        begun.elapsed()
    }
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = timeout(Duration::from_secs(5), stream.read_to_end(&mut bytes)).await.expect("the server closes");
    read.expect("no reset");
    String::from_utf8(bytes).expect("UTF-8")
}

#[tokio::test]
async fn a_gibibyte_is_refused_before_it_is_sent() {
    let server = Server::start(ServeOptions::default()).await;
    let mut stream = server.connect().await;
    let head = "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1073741824\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("sent");
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("payload-too-large") && answer.contains("connection: close"), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_sends_on_still_reads_the_413() {
    let server = Server::start(ServeOptions::default()).await;
    let mut stream = server.connect().await;
    let head = "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("sent");
    let chunk = format!("1000\r\n{}\r\n", " ".repeat(4096));
    let mut sent = 0;
    // Two mebibytes and no look at the answer in between: a reset would throw the answer away.
    while sent < 2 * 1024 * 1024 && stream.write_all(chunk.as_bytes()).await.is_ok() {
        sent += chunk.len();
    }
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn an_endless_body_is_not_read_for_ever() {
    let server = Server::start(ServeOptions::default()).await;
    let mut stream = server.connect().await;
    let head = "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("sent");
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(65536));
    let flood = async { while stream.write_all(chunk.as_bytes()).await.is_ok() {} };
    timeout(Duration::from_secs(5), flood).await.expect("the server hangs up");
    server.stop().await;
}

#[tokio::test]
async fn a_head_that_drips_is_hung_up_on() {
    let server = Server::start(ServeOptions { http_header_timeout: 1, ..ServeOptions::default() }).await;
    let mut stream = server.connect().await;
    let begun = Instant::now();
    let drip = async {
        for byte in b"GET /ids HTTP/1.1\r\nx-slow: ".iter().chain(std::iter::repeat(&b'a')) {
            if stream.write_all(&[*byte]).await.is_err() {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(8), drip).await.expect("the server hangs up");
    assert!(begun.elapsed() >= Duration::from_secs(1));
    server.stop().await;
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let server = Server::start(ServeOptions::default()).await;
    let mut stream = server.connect().await;
    let head = format!("GET /ids HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n", "a".repeat(60_000));
    stream.write_all(head.as_bytes()).await.expect("sent");
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn requests_under_way_are_finished_at_shutdown_and_idle_connections_closed() {
    let server = Server::start(ServeOptions::default()).await;
    let mut busy = server.connect().await;
    busy.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
    let mut idle = server.connect().await;
    idle.write_all(b"GET /ids HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
    sleep(Duration::from_millis(100)).await;
    let addr = server.addr;
    let stopping = tokio::spawn(server.stop());
    assert!(rest(&mut busy).await.ends_with("slow but whole"));
    assert!(rest(&mut idle).await.starts_with("HTTP/1.1 200 "));
    stopping.await.expect("stopped");
    assert!(TcpStream::connect(addr).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn who_holds_on_is_cut_after_the_drain_time() {
    let server = Server::start(ServeOptions { http_drain_timeout: 1, ..ServeOptions::default() }).await;
    let mut half = server.connect().await;
    half.write_all(b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{")
        .await
        .expect("sent");
    sleep(Duration::from_millis(50)).await;
    let took = server.stop().await;
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[tokio::test]
async fn the_one_too_many_waits_for_a_place() {
    let server = Server::start(ServeOptions { http_max_connections: 1, ..ServeOptions::default() }).await;
    let first = server.connect().await;
    sleep(Duration::from_millis(50)).await;
    let mut second = server.connect().await;
    second.write_all(b"GET /ids HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.expect("sent");
    let mut byte = [0];
    assert!(timeout(Duration::from_millis(200), second.peek(&mut byte)).await.is_err(), "no place yet");
    drop(first);
    assert!(rest(&mut second).await.starts_with("HTTP/1.1 200 "));
    server.stop().await;
}

#[tokio::test]
async fn a_request_knows_where_it_came_from() {
    let server = Server::start(ServeOptions::default()).await;
    let mut stream = server.connect().await;
    stream
        .write_all(b"GET /from HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-forwarded-for: 6.6.6.6\r\n\r\n")
        .await
        .expect("sent");
    assert!(rest(&mut stream).await.ends_with("127.0.0.1"));
    server.stop().await;
}

/// Requests whose answers are never read: they fill the buffers between the two, and then the server waits.
async fn flood_without_reading(stream: &mut TcpStream) -> std::io::Error {
    let request = "GET /large HTTP/1.1\r\nhost: x\r\n\r\n".repeat(64);
    loop {
        if let Err(error) = stream.write_all(request.as_bytes()).await {
            return error;
        }
    }
}

#[tokio::test]
async fn who_does_not_read_is_hung_up_on() {
    let options = ServeOptions { http_write_timeout: 1, http_max_connections: 1, ..ServeOptions::default() };
    let server = Server::start(options).await;
    let mut stream = server.connect().await;
    timeout(Duration::from_secs(20), flood_without_reading(&mut stream)).await.expect("the server hangs up");
    // The place is free again.
    let mut next = server.connect().await;
    next.write_all(b"GET /ids HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.expect("sent");
    assert!(rest(&mut next).await.starts_with("HTTP/1.1 200 "));
    server.stop().await;
}

#[tokio::test]
async fn who_reads_a_little_now_and_then_is_hung_up_on() {
    let server = Server::start(ServeOptions { http_write_timeout: 1, ..ServeOptions::default() }).await;
    let (mut reading, mut writing) = server.connect().await.into_split();
    let writer = async {
        let request = "GET /large HTTP/1.1\r\nhost: x\r\n\r\n".repeat(64);
        while writing.write_all(request.as_bytes()).await.is_ok() {}
    };
    let reader = async {
        let mut byte = [0; 16];
        loop {
            let _ = reading.read(&mut byte).await;
            sleep(Duration::from_millis(100)).await;
        }
    };
    let ended = async {
        tokio::select! { () = writer => {}, () = reader => {} }
    };
    timeout(Duration::from_secs(20), ended).await.expect("the server hangs up");
    server.stop().await;
}

#[tokio::test]
async fn one_address_holds_no_more_than_its_places() {
    let server = Server::start(ServeOptions { http_max_connections: 4, ..ServeOptions::default() }).await;
    let first = server.connect().await;
    let mut second = server.connect().await;
    second.write_all(b"GET /ids HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
    let mut byte = [0];
    second.peek(&mut byte).await.expect("an answer");
    let mut third = server.connect().await;
    let read = timeout(Duration::from_secs(5), third.read(&mut byte)).await.expect("closed at once");
    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
    drop(first);
    let again = async {
        loop {
            let mut stream = server.connect().await;
            let sent = stream.write_all(b"GET /ids HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
            let mut bytes = Vec::new();
            if sent.is_ok() && stream.read_to_end(&mut bytes).await.is_ok() && bytes.starts_with(b"HTTP/1.1 200 ") {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(5), again).await.expect("its place is free again");
    server.stop().await;
}
