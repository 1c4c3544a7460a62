//! A proxy before Postgres that can go silent: connections open, and answers do not come.

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, SocketAddr},
};

use reqwest::Url;
use testkit::kit::test_variable;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp},
    sync::watch,
};

/// The proxy. Dropping it cuts no connection.
pub struct Freezer {
    address: SocketAddr,
    server: Url,
    frozen: watch::Sender<BTreeSet<String>>,
}

/// The end of a successful start of a session: ReadyForQuery, idle.
const READY: &[u8] = b"Z\0\0\0\x05I";

impl Freezer {
    /// Before the Postgres of this test run.
    pub async fn start() -> Self {
        let server = Url::parse(&test_variable("JANGBU_TEST_POSTGRES_URL").unwrap()).unwrap();
        let behind = format!("{}:{}", server.host_str().unwrap(), server.port().unwrap_or(5432));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (frozen, state) = watch::channel(BTreeSet::new());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, behind.clone(), state.clone()));
            }
        });
        Self { address, server, frozen }
    }

    /// The superuser's URL through the proxy.
    pub fn url(&self) -> String {
        let mut url = self.server.clone();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(self.address.port())).unwrap();
        url.into()
    }

    /// From now on nothing that was asked in this database is answered. Sessions can still be opened.
    pub fn freeze(&self, database: &str) {
        self.frozen.send_modify(|frozen| {
            frozen.insert(database.to_owned());
        });
    }

    /// Every answer that was held back is given.
    pub fn thaw(&self) {
        self.frozen.send_replace(BTreeSet::new());
    }
}

async fn pass(client: TcpStream, behind: String, frozen: watch::Receiver<BTreeSet<String>>) -> std::io::Result<()> {
    let (mut from_client, mut to_client) = client.into_split();
    let mut start = vec![0; 4096];
    let mut size = from_client.read(&mut start).await?;
    // A request for TLS comes first, and is refused.
    if size == 8 {
        to_client.write_all(b"N").await?;
        size = from_client.read(&mut start).await?;
    }
    let start = &start[..size];
    let words: Vec<_> = start.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
    let database = words.iter().skip_while(|word| *word != "database").nth(1).cloned().unwrap_or_default().into_owned();
    let (from_server, mut to_server) = TcpStream::connect(behind).await?.into_split();
    to_server.write_all(start).await?;
    let answers = tokio::spawn(answer(from_server, to_client, database, frozen));
    tokio::io::copy(&mut from_client, &mut to_server).await?;
    answers.abort();
    Ok(())
}

async fn answer(
    mut server: tcp::OwnedReadHalf,
    mut client: tcp::OwnedWriteHalf,
    database: String,
    mut frozen: watch::Receiver<BTreeSet<String>>,
) -> std::io::Result<()> {
    let (mut buffer, mut started) = (vec![0; 64 * 1024], false);
    loop {
        let size = server.read(&mut buffer).await?;
        if size == 0 {
            return client.shutdown().await;
        }
        let answer = &buffer[..size];
        if started && frozen.wait_for(|frozen| !frozen.contains(&database)).await.is_err() {
            return Ok(());
        }
        started |= answer.ends_with(READY);
        client.write_all(answer).await?;
    }
}
