//! A bank with two command servers, whose connections can be cut.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use kernel::{Ids, RandomIds, Role};
use reqwest::Url;
use testkit::{
    app::{TestApp, TestClient, eventually},
    chaos::{Part, TcpProxy, TestServers},
    kit::{NatsRole, Role as Login, Signal, free_port, nats_login},
};
use tokio::time::sleep;
use uuid::Uuid;

use crate::fault::{Fault, Link, Victim};

const PARTS: [Part; 6] = [Part::Command(0), Part::Command(1), Part::Relay, Part::Projector, Part::Query, Part::Auditor];
const ACCOUNTS: usize = 8;
const CLIENTS: usize = 32;
const FUNDS: u64 = 100_000;

pub struct FaultyBank {
    pub app: TestApp,
    servers: TestServers,
    /// From each command server to Postgres.
    to_postgres: [TcpProxy; 2],
    /// To each command server, from the other one.
    to_server: [TcpProxy; 2],
    relay_to_postgres: TcpProxy,
    relay_to_nats: TcpProxy,
}

/// Who sends what: each client at both servers.
pub struct People {
    pub accounts: Vec<Uuid>,
    pub clients: Vec<[TestClient; 2]>,
}

/// The same URL, at another port of this machine.
fn through(proxy: &TcpProxy, url: &str) -> String {
    let mut url = Url::parse(url).unwrap();
    url.set_host(Some("127.0.0.1")).unwrap();
    url.set_port(Some(proxy.address.port())).unwrap();
    url.into()
}

fn behind(url: &str) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, Url::parse(url).unwrap().port().unwrap()))
}

impl FaultyBank {
    pub async fn start() -> Self {
        let servers = TestServers::start().await.unwrap();
        let mut app = TestApp::start_on_servers(&servers, &[]).await;
        let postgres = behind(&servers.postgres_url().unwrap());
        let proxy = async |address| TcpProxy::before(address).await.unwrap();
        let to_postgres = [proxy(postgres).await, proxy(postgres).await];
        let internal = [(); 2].map(|()| SocketAddr::from((Ipv4Addr::LOCALHOST, free_port().unwrap())));
        let to_server = [proxy(internal[0]).await, proxy(internal[1]).await];
        let (relay_to_postgres, relay_to_nats) = (proxy(postgres).await, proxy(behind(&servers.nats_url())).await);
        for server in 0..2 {
            let (part, proxy) = (Part::Command(server), &to_postgres[server]);
            app.bank.set(part, "JANGBU_LOG_WRITER_URL", through(proxy, &app.pair.log.url(Login::Writer).unwrap()));
            app.bank.set(part, "JANGBU_VAULT_WRITER_URL", through(proxy, &app.pair.vault.url(Login::Vault).unwrap()));
            app.bank.set(part, "JANGBU_INTERNAL_ADDR", internal[server].to_string());
            app.bank.set(part, "JANGBU_INTERNAL_ADVERTISE", to_server[server].address.to_string());
        }
        let log = through(&relay_to_postgres, &app.pair.log.url(Login::Relay).unwrap());
        app.bank.set(Part::Relay, "JANGBU_LOG_RELAY_URL", log);
        let nats = nats_login(&through(&relay_to_nats, &servers.nats_url()), NatsRole::Relay).unwrap();
        app.bank.set(Part::Relay, "JANGBU_NATS_RELAY_URL", nats);
        app.bank.start(&PARTS).await.unwrap();
        Self { app, servers, to_postgres, to_server, relay_to_postgres, relay_to_nats }
    }

    pub async fn people(&mut self) -> People {
        let mut accounts = Vec::new();
        for _ in 0..ACCOUNTS {
            accounts.push(self.app.funded_member(FUNDS).await.1);
        }
        let mut operator = |id| [0, 1].map(|server| self.app.client_at(server, Role::Operator, id));
        let clients = (0..CLIENTS).map(|_| operator(RandomIds.fresh())).collect();
        People { accounts, clients }
    }

    async fn page(&mut self, part: Part, path: &str) -> Result<(u16, String), String> {
        let url = format!("http://{}{path}", self.app.bank.address(part).unwrap());
        let answer = reqwest::Client::new().get(url).timeout(Duration::from_secs(5)).send().await;
        let answer = answer.map_err(|error| error.to_string())?;
        let status = answer.status().as_u16();
        Ok((status, answer.text().await.map_err(|error| error.to_string())?))
    }

    async fn leads(&mut self, server: usize) -> Result<bool, String> {
        let (_, text) = self.page(Part::Command(server), "/metrics").await?;
        Ok(text.lines().any(|line| line == "command_leading 1"))
    }

    /// Waits until one command server leads, and everybody is ready. Which one leads, and which one does not.
    pub async fn wait_until_whole(&mut self) -> (usize, usize) {
        let roles = eventually("one server leads, and everybody is ready", async || {
            for part in PARTS {
                let (status, body) = self.page(part, "/readyz").await?;
                if status != 200 {
                    return Err(format!("{}: {body}", part.name()));
                }
            }
            match (self.leads(0).await?, self.leads(1).await?) {
                (true, false) => Ok((0, 1)),
                (false, true) => Ok((1, 0)),
                both => Err(format!("who leads: {both:?}")),
            }
        })
        .await;
        self.app.bank.check().unwrap();
        roles
    }

    /// A fault from its beginning to its end: when it began, and when it was over. A process that was killed runs again by then, and
    /// Postgres takes connections again.
    pub async fn suffer(&mut self, fault: Fault, duration: Duration) -> (Instant, Instant) {
        let (leader, follower) = self.wait_until_whole().await;
        let since = Instant::now();
        let part = |victim| match victim {
            Victim::Leader => Part::Command(leader),
            Victim::Follower => Part::Command(follower),
            Victim::Relay => Part::Relay,
            Victim::Projector => Part::Projector,
        };
        match fault {
            Fault::Kill(victim) => {
                self.app.bank.kill(part(victim)).unwrap();
                sleep(duration).await;
                self.app.bank.start(&[part(victim)]).await.unwrap();
            }
            Fault::Suspend(victim) => {
                let running = self.app.bank.running().unwrap();
                let (_, process) = running.into_iter().find(|(running, _)| *running == part(victim)).unwrap();
                process.signal(Signal::STOP).unwrap();
                sleep(duration).await;
                process.signal(Signal::CONT).unwrap();
            }
            Fault::Cut(link) => {
                let proxies = match link {
                    Link::LeaderToPostgres => vec![&self.to_postgres[leader]],
                    Link::FollowerToPostgres => vec![&self.to_postgres[follower]],
                    Link::BetweenServers => self.to_server.iter().collect(),
                    Link::RelayToPostgres => vec![&self.relay_to_postgres],
                    Link::RelayToNats => vec![&self.relay_to_nats],
                };
                proxies.iter().for_each(|proxy| proxy.close());
                sleep(duration).await;
                proxies.iter().for_each(|proxy| proxy.open());
            }
            Fault::CrashPostgres => {
                self.servers.crash_postgres();
                sleep(duration).await;
                self.servers.start_postgres().await.unwrap();
            }
            Fault::SuspendPostgres => {
                self.servers.signal_postgres(Signal::STOP).unwrap();
                sleep(duration).await;
                self.servers.signal_postgres(Signal::CONT).unwrap();
            }
        }
        (since, Instant::now())
    }
}
