//! A receiver that answers what a test tells it to.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::future::BoxFuture;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use traces::TraceContext;
use uuid::Uuid;
use webhook_sender::{
    client::{Client, ClientOptions, Message},
    names::{Names, SystemNames},
};

/// What it does with a request that it has read.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Writes this and closes the connection.
    Text(String),
    /// Writes this, and then letters until nobody reads them.
    Endless(String),
    /// Writes this, and then nothing.
    Silence(String),
}

impl Answer {
    /// A status and a body.
    pub fn status(status: u16, body: &str) -> Self {
        Self::with_headers(status, "", body)
    }

    /// A status, headers, each with its end of line, and a body.
    pub fn with_headers(status: u16, headers: &str, body: &str) -> Self {
        let length = body.len();
        Self::Text(format!(
            "HTTP/1.1 {status} Said\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
        ))
    }
}

/// A receiver.
pub struct Receiver {
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    /// One that always answers the same.
    pub async fn start(answer: Answer) -> Self {
        Self::on((Ipv4Addr::LOCALHOST, 0).into(), answer).await
    }

    /// The same at a certain address.
    pub async fn on(address: SocketAddr, answer: Answer) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let (address, heard) = (listener.local_addr().unwrap(), requests.clone());
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, answer.clone(), heard.clone()));
            }
        });
        Self { address, requests }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hooks", self.address)
    }

    /// What was sent to it so far: head and body of each request.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// Answers one request. Whoever is connected may go away at any time.
pub async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: Answer, heard: Arc<Mutex<Vec<String>>>) {
    let Some(request) = read_request(&mut stream).await else { return };
    heard.lock().unwrap().push(request);
    match answer {
        Answer::Text(text) => {
            let _ = stream.write_all(text.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
        Answer::Endless(text) => {
            let _ = stream.write_all(text.as_bytes()).await;
            while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
        }
        Answer::Silence(text) => {
            let _ = stream.write_all(text.as_bytes()).await;
            let _ = stream.read_u8().await;
        }
    }
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            if body.len() >= length.unwrap_or_default() {
                return Some(text);
            }
        }
        if stream.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
    }
}

/// Whether nothing has connected to a listener, which nobody accepts at.
pub async fn is_quiet(listener: &TcpListener) -> bool {
    let connected: Result<_, _> = tokio::time::timeout(Duration::from_millis(1), listener.accept()).await;
    let connected: Option<(TcpStream, SocketAddr)> = connected.ok().and_then(Result::ok);
    connected.is_none()
}

/// Names that lead where a test says, each time elsewhere; the last address stays.
pub struct TestNames {
    answers: Mutex<Vec<Vec<IpAddr>>>,
    pub asked: Mutex<usize>,
}

impl TestNames {
    pub fn of(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |answer: &&[&str]| answer.iter().map(|address| address.parse().unwrap()).collect();
        Arc::new(Self { answers: Mutex::new(answers.iter().map(parse).collect()), asked: Mutex::new(0) })
    }
}

impl Names for TestNames {
    fn look_up(&self, _: String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> {
        *self.asked.lock().unwrap() += 1;
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
        Box::pin(async move { Ok(answer) })
    }
}

/// A client that may reach these networks beside the public internet.
pub fn client(allow: &str, limit: Duration) -> Client {
    client_with(allow, Arc::new(SystemNames), limit)
}

/// The same with names of its own.
pub fn client_with(allow: &str, names: Arc<dyn Names>, limit: Duration) -> Client {
    Client::new(ClientOptions { addresses: allow.parse().unwrap(), names, authorities: None, limit }).unwrap()
}

/// A message for a URL.
pub fn message(url: &str) -> Message {
    Message {
        url: url.to_owned(),
        id: Uuid::from_u128(9),
        timestamp: 1_796_000_000,
        signature: "v1,c2lnbmVk".to_owned(),
        body: r#"{"id":"9"}"#.to_owned(),
        trace: TraceContext::UNRECORDED,
    }
}
