//! One command server leads and executes; the others forward to it. It is killed, suspended, ended and cut off.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use kernel::{Ids, RandomIds, Role};
use reqwest::{Method, Url};
use sqlx::{Connection, PgConnection};
use testkit::{
    chaos::{Bank, BankPlan, Jangbu, Part, TcpProxy},
    kit::{Keys, Role as Login, Signal, free_port},
};
use tokio::task::JoinSet;

use crate::{
    kill::people,
    support::{Answer, Crowd, Journal, TestApp, TestClient, eventually},
};

const TWO: [Part; 5] = [Part::Command(0), Part::Command(1), Part::Relay, Part::Projector, Part::Query];

async fn page(bank: &mut Bank, part: Part, path: &str) -> Result<(u16, String), String> {
    let url = format!("http://{}{path}", bank.address(part).unwrap());
    let answer = reqwest::Client::new().get(url).timeout(Duration::from_secs(5)).send().await;
    let answer = answer.map_err(|error| error.to_string())?;
    let status = answer.status().as_u16();
    Ok((status, answer.text().await.map_err(|error| error.to_string())?))
}

/// The sum of a metric over its labels; 0 if it is not there.
async fn metric(bank: &mut Bank, part: Part, name: &str) -> Result<i64, String> {
    let (_, text) = page(bank, part, "/metrics").await?;
    let value = |line: &str| {
        let rest = line.strip_prefix(name)?;
        if rest.starts_with(' ') || rest.starts_with('{') { rest.rsplit(' ').next()?.parse::<i64>().ok() } else { None }
    };
    Ok(text.lines().filter_map(value).sum())
}

async fn leads(bank: &mut Bank, part: Part) -> bool {
    metric(bank, part, "command_leading").await.is_ok_and(|value| value == 1)
}

/// Which of the two leads, once the other one is connected to it.
pub async fn leader(app: &mut TestApp) -> (usize, usize) {
    eventually("one server leads, and the other one is connected", async || {
        for (one, other) in [(0, 1), (1, 0)] {
            if leads(&mut app.bank, Part::Command(one)).await
                && page(&mut app.bank, Part::Command(other), "/readyz").await?.0 == 200
                && !leads(&mut app.bank, Part::Command(other)).await
            {
                return Ok((one, other));
            }
        }
        Err("nobody".to_owned())
    })
    .await
}

/// Waits until that server leads; how long it took.
async fn takes_over(bank: &mut Bank, part: Part) -> Duration {
    let since = Instant::now();
    eventually("another server leads", async || if leads(bank, part).await { Ok(()) } else { Err(String::new()) })
        .await;
    since.elapsed()
}

async fn epoch(app: &TestApp) -> i64 {
    let mut log = PgConnection::connect(&app.pair.log.superuser_url()).await.unwrap();
    sqlx::query_scalar("select epoch from log_head").fetch_one(&mut log).await.unwrap()
}

fn signal(bank: &Bank, part: Part, signal: Signal) {
    let running = bank.running().unwrap();
    let (_, identity) = running.iter().find(|(found, _)| *found == part).expect("it runs");
    identity.signal(signal).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_at_two_servers_are_executed_by_one_and_none_is_contended() {
    let mut app = TestApp::start(&TWO).await;
    let (_, other) = leader(&mut app).await;
    let before = epoch(&app).await;
    let mut accounts = Vec::new();
    for _ in 0..4 {
        accounts.push(app.funded_member(100_000).await.1);
    }
    let mut clients = JoinSet::new();
    for number in 0..16 {
        let client = app.client_at(number % 2, Role::Operator, RandomIds.fresh());
        let accounts = accounts.clone();
        clients.spawn(async move {
            for count in 0..40 {
                // Everybody takes from the first account.
                client.transfer(accounts[0], accounts[1 + (number + count) % 3], 1).await.expect(201);
            }
        });
    }
    clients.join_all().await;
    assert_eq!(epoch(&app).await, before, "nobody else led");
    for part in [Part::Command(0), Part::Command(1)] {
        assert_eq!(metric(&mut app.bank, part, "executor_conflicts_total").await.unwrap(), 0);
    }
    let forwarded = metric(&mut app.bank, Part::Command(other), "forward_commands_total").await.unwrap();
    assert!(forwarded >= 320, "{forwarded} were forwarded");
    assert_eq!(metric(&mut app.bank, Part::Command(other), "executor_commands_total").await.unwrap(), 0);
    let batches = metric(&mut app.bank, Part::Command(other), "forward_batches_total").await.unwrap();
    println!("{forwarded} commands in {batches} frames");
    let ledger = app.close().await;
    assert_eq!(ledger.accounts[&accounts[0]].balance, 100_000 - 16 * 40);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_at_two_servers_is_one_command() {
    let mut app = TestApp::start(&TWO).await;
    leader(&mut app).await;
    let (_, from) = app.funded_member(1_000).await;
    let (_, to) = app.funded_member(0).await;
    let id = RandomIds.fresh();
    for round in 0..20 {
        let clients = [0, 1].map(|server| app.client_at(server, Role::Operator, id));
        let key = format!("both-{round}");
        let ask = async |client: &TestClient| loop {
            let answer = client.post_keyed("/v1/transfers", &key, TestClient::transfer_body(from, to, 1)).await;
            // While the other one is being answered.
            if answer.status != 409 {
                break answer.expect(201);
            }
            answer.expect_problem(409, "idempotency-key-in-flight");
        };
        let (one, other) = tokio::join!(ask(&clients[0]), ask(&clients[1]));
        assert_eq!(one.body, other.body);
        assert!(one.replayed() != other.replayed(), "one of them is the first");
        let reused = clients[1].post_keyed("/v1/transfers", &key, TestClient::transfer_body(from, to, 2)).await;
        reused.expect_problem(422, "idempotency-key-reused");
    }
    let ledger = app.close().await;
    assert_eq!(ledger.accounts[&to].balance, 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_is_killed_under_load_loses_and_doubles_nothing() {
    let mut app = TestApp::start(&TWO).await;
    let (accounts, clients) = people(&mut app, &[0, 1]).await;
    let crowd = Crowd::start(12, clients, accounts, false);
    for _ in 0..4 {
        let (leading, following) = leader(&mut app).await;
        let before = epoch(&app).await;
        crowd.journal.wait_for_more(40).await;
        app.bank.kill(Part::Command(leading)).unwrap();
        let outage = takes_over(&mut app.bank, Part::Command(following)).await;
        println!("after kill -9 the other server leads within {outage:?}");
        crowd.journal.wait_for_more(40).await;
        assert!(epoch(&app).await > before, "under a newer epoch");
        app.bank.start(&[Part::Command(leading)]).await.unwrap();
        crowd.journal.wait_for_more(20).await;
    }
    let journal = crowd.stop().await;
    let ledger = app.close().await;
    assert_eq!(journal.check(&ledger), (0, 0), "everybody has an answer, and it is true");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_is_suspended_is_replaced_and_writes_nothing_when_it_goes_on() {
    let mut app = TestApp::start(&TWO).await;
    let (accounts, clients) = people(&mut app, &[0, 1]).await;
    let total = Journal::default();
    for _ in 0..2 {
        let (leading, following) = leader(&mut app).await;
        let before = epoch(&app).await;
        // A crowd at the follower alone, and one at the leader, which waits for its answers until it goes on.
        let at = |server: usize| clients.iter().map(|person| vec![person[server].clone()]).collect();
        let crowd = Crowd::start(6, at(following), accounts.clone(), false);
        let stuck = Crowd::start(6, at(leading), accounts.clone(), false);
        crowd.journal.wait_for_more(30).await;
        signal(&app.bank, Part::Command(leading), Signal::STOP);
        let outage = takes_over(&mut app.bank, Part::Command(following)).await;
        println!("after SIGSTOP the other server leads within {outage:?}");
        crowd.journal.wait_for_more(60).await;
        assert!(epoch(&app).await > before);
        signal(&app.bank, Part::Command(leading), Signal::CONT);
        stuck.journal.wait_for_more(30).await;
        eventually("the woken server follows", async || match leads(&mut app.bank, Part::Command(leading)).await {
            false => Ok(()),
            true => Err("it leads".to_owned()),
        })
        .await;
        let (journal, stuck) = (crowd.stop().await, stuck.stop().await);
        total.absorb(&journal);
        total.absorb(&stuck);
    }
    let ledger = app.close().await;
    assert_eq!(total.check(&ledger), (0, 0), "everybody has an answer, and it is true");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_is_asked_to_end_hands_over_and_no_command_is_turned_away() {
    let mut app = TestApp::start(&TWO).await;
    let (_, from) = app.funded_member(100_000).await;
    let (_, to) = app.funded_member(0).await;
    for _ in 0..2 {
        let (leading, following) = leader(&mut app).await;
        let mut clients = JoinSet::new();
        for number in 0..8 {
            let client = app.client_at(following, Role::Operator, RandomIds.fresh());
            clients.spawn(async move {
                let (mut longest, since) = (Duration::ZERO, Instant::now());
                for count in 0.. {
                    let (begun, key) = (Instant::now(), format!("end-{number}-{count}"));
                    let body = TestClient::transfer_body(from, to, 1);
                    client.post_keyed("/v1/transfers", &key, body).await.expect(201);
                    longest = longest.max(begun.elapsed());
                    if since.elapsed() > Duration::from_secs(3) {
                        break;
                    }
                }
                longest
            });
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(app.bank.end(Part::Command(leading), Duration::from_secs(30)).await.unwrap(), "it ends by itself");
        takes_over(&mut app.bank, Part::Command(following)).await;
        let longest = clients.join_all().await.into_iter().max().unwrap();
        println!("the longest command during a hand-over took {longest:?}");
        app.bank.start(&[Part::Command(leading)]).await.unwrap();
    }
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_the_right_key_is_not_ready_and_executes_nothing() {
    let mut app = TestApp::start(&[Part::Command(0)]).await;
    let (payer, from) = app.funded_member(1_000).await;
    let (_, to) = app.funded_member(0).await;
    let head = app.head().await;
    let keys = Arc::new(Keys::open(&app.logs().join("other-keys")).unwrap());
    for file in ["kek.json", "jwks.json", "signing-key.pem", "slice-keys.json"] {
        std::fs::copy(app.keys.kek_file().with_file_name(file), keys.kek_file().with_file_name(file)).unwrap();
    }
    let plan = BankPlan { logs: app.logs().join("other"), keys, ..app.bank.plan().clone() };
    let mut stranger = Bank::new(plan).unwrap();
    stranger.spawn(Part::Command(0)).unwrap();
    eventually("the stranger says that it is not connected", async || {
        match page(&mut stranger, Part::Command(0), "/readyz").await? {
            (503, body) if body.contains("\"leader\":\"failing\"") => Ok(()),
            (status, body) => Err(format!("{status}: {body}")),
        }
    })
    .await;
    let command = format!("http://{}", stranger.address(Part::Command(0)).unwrap());
    let at_stranger = TestClient { command, ..payer.clone() };
    at_stranger.transfer(from, to, 1).await.expect_problem(503, "log-unavailable");
    eventually("the leader counts it", async || {
        match metric(&mut app.bank, Part::Command(0), "internal_refused_connections_total").await? {
            1.. => Ok(()),
            other => Err(other.to_string()),
        }
    })
    .await;
    assert_eq!(app.head().await, head, "nothing was written");
    payer.transfer(from, to, 1).await.expect(201);
    stranger.end_all().await.unwrap();
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follower_that_is_cut_off_says_so_guesses_nothing_and_comes_back() {
    // The first server of a bank leads. Its internal address is reached through a proxy.
    let internal = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port().unwrap()));
    let proxy = TcpProxy::before(internal).await.unwrap();
    let settings =
        [("JANGBU_INTERNAL_ADDR", internal.to_string()), ("JANGBU_INTERNAL_ADVERTISE", proxy.address.to_string())];
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut app = TestApp::start_with(&[Part::Command(0), Part::Relay, Part::Projector, Part::Query], &settings).await;
    let plan = app.bank.plan().clone();
    let mut others = Bank::new(BankPlan { logs: app.logs().join("others"), settings: vec![], ..plan }).unwrap();
    others.start(&[Part::Command(0)]).await.unwrap();
    let (payer, from) = app.funded_member(100_000).await;
    let (_, to) = app.funded_member(0).await;
    let command = format!("http://{}", others.address(Part::Command(0)).unwrap());
    let at_follower = TestClient { command, ..payer.clone() };
    at_follower.transfer(from, to, 1).await.expect(201);
    for round in 0..3 {
        proxy.close();
        let key = format!("cut-off-{round}");
        let body = TestClient::transfer_body(from, to, 1);
        // It reaches the leader, or it does not; its answer does not come back. A follower that knows already sends nothing.
        let answer = at_follower.post_keyed("/v1/transfers", &key, body.clone()).await.expect(503);
        assert!(matches!(answer.code(), "outcome-unknown" | "log-unavailable"), "{}", answer.body);
        eventually("the follower says that it is cut off", async || {
            match page(&mut others, Part::Command(0), "/readyz").await? {
                (503, body) if body.contains("\"leader\":\"failing\"") => Ok(()),
                (status, body) => Err(format!("{status}: {body}")),
            }
        })
        .await;
        payer.transfer(from, to, 1).await.expect(201);
        proxy.open();
        let answer = eventually("the same key has its answer", async || {
            match at_follower.post_keyed("/v1/transfers", &key, body.clone()).await {
                Answer { status: 503 | 409, body, .. } => Err(body.to_string()),
                answer => Ok(answer.expect(201)),
            }
        })
        .await;
        let again = payer_at(&mut app, &payer).post_keyed("/v1/transfers", &key, body).await.expect(201);
        assert_eq!(answer.body, again.body);
    }
    others.end_all().await.unwrap();
    let ledger = app.close().await;
    assert_eq!(ledger.accounts[&to].balance, 1 + 3 * 2);
}

fn payer_at(app: &mut TestApp, payer: &TestClient) -> TestClient {
    TestClient { command: format!("http://{}", app.bank.address(Part::Command(0)).unwrap()), ..payer.clone() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_loses_postgres_is_replaced_and_follows_when_it_is_back() {
    let mut app = TestApp::start(&[]).await;
    let mut url = Url::parse(&app.pair.log.url(Login::Writer).unwrap()).unwrap();
    let port = url.port().unwrap_or(5432);
    let proxy = TcpProxy::before(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await.unwrap();
    url.set_host(Some("127.0.0.1")).unwrap();
    url.set_port(Some(proxy.address.port())).unwrap();
    let mut settings = app.bank.plan().settings.clone();
    settings.push(("JANGBU_LOG_WRITER_URL".to_owned(), url.to_string()));
    let mut first =
        Bank::new(BankPlan { logs: app.logs().join("first"), settings, ..app.bank.plan().clone() }).unwrap();
    first.start(&[Part::Command(0)]).await.unwrap();
    app.bank.start(&[Part::Command(0), Part::Relay, Part::Projector, Part::Query]).await.unwrap();
    assert!(leads(&mut first, Part::Command(0)).await, "the first one leads");
    let (accounts, clients) = people(&mut app, &[0]).await;
    let command = format!("http://{}", first.address(Part::Command(0)).unwrap());
    let at_first = |client: &TestClient| TestClient { command: command.clone(), ..client.clone() };
    let clients = clients.into_iter().map(|person| vec![person[0].clone(), at_first(&person[0])]).collect();
    let crowd = Crowd::start(8, clients, accounts, false);
    crowd.journal.wait_for_more(40).await;
    proxy.close();
    let outage = takes_over(&mut app.bank, Part::Command(0)).await;
    println!("after the leader lost Postgres the other server leads within {outage:?}");
    crowd.journal.wait_for_more(40).await;
    proxy.open();
    eventually("the first one follows", async || {
        let (status, body) = page(&mut first, Part::Command(0), "/readyz").await?;
        let connected = metric(&mut first, Part::Command(0), "forward_connected").await?;
        if status == 200 && connected == 1 { Ok(()) } else { Err(format!("{status} {connected}: {body}")) }
    })
    .await;
    crowd.journal.wait_for_more(40).await;
    let journal = crowd.stop().await;
    first.end_all().await.unwrap();
    let ledger = app.close().await;
    assert_eq!(journal.check(&ledger), (0, 0), "everybody has an answer, and it is true");
}

/// Whoever knows no key is told nothing, whatever they send.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_internal_address_answers_no_stranger() {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };
    let internal = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port().unwrap()));
    let settings = [("JANGBU_INTERNAL_ADDR", internal.to_string())];
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut app = TestApp::start_with(&[Part::Command(0)], &settings).await;
    let head = app.head().await;
    let sent: [&[u8]; 4] = [b"", b"GET / HTTP/1.1\r\n\r\n", &[0xff; 4096], &[0; 200]];
    for bytes in sent {
        let mut stream = TcpStream::connect(internal).await.unwrap();
        let _ = stream.write_all(bytes).await;
        let mut heard = Vec::new();
        // The nonce, and nothing after it.
        let read = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut heard)).await;
        let _ = read.expect("it is closed");
        assert!(heard.len() <= 32, "{} bytes", heard.len());
    }
    assert_eq!(app.head().await, head);
    let refused = metric(&mut app.bank, Part::Command(0), "internal_refused_connections_total").await.unwrap();
    assert_eq!(refused, 4);
    let answer = app.stranger().send(Method::GET, &format!("http://{internal}/"), &[], None).await;
    assert!(answer.is_err(), "it speaks no HTTP");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_has_the_leader_hand_over_if_there_is_somebody_to_hand_over_to() {
    let mut app = TestApp::start(&TWO).await;
    let jangbu = Jangbu::new(&app.bank.plan().binaries, &app.pair).unwrap();
    let (_, from) = app.funded_member(100_000).await;
    let (_, to) = app.funded_member(0).await;
    for _ in 0..3 {
        let (leading, following) = leader(&mut app).await;
        let before = jangbu.run(&["leader", "show"]).await.unwrap();
        jangbu.ask(&["leader", "step-down"]).await.unwrap().expect(2);
        let clients = [leading, following].map(|server| app.client_at(server, Role::Operator, RandomIds.fresh()));
        let mut posting = JoinSet::new();
        for client in clients {
            posting.spawn(async move {
                for _ in 0..50 {
                    client.transfer(from, to, 1).await.expect(201);
                }
            });
        }
        let after = jangbu.run(&["leader", "step-down", "--yes"]).await.unwrap();
        assert!(after["epoch"].as_i64() > before["epoch"].as_i64(), "{before} {after}");
        assert_ne!(after["server"], before["server"]);
        posting.join_all().await;
        assert_eq!(leader(&mut app).await, (following, leading));
    }
    let (leading, following) = leader(&mut app).await;
    app.bank.end(Part::Command(following), Duration::from_secs(30)).await.unwrap();
    eventually("nobody is connected", async || {
        match metric(&mut app.bank, Part::Command(leading), "internal_followers").await? {
            0 => Ok(()),
            other => Err(other.to_string()),
        }
    })
    .await;
    jangbu.ask(&["leader", "step-down", "--yes"]).await.unwrap().expect(1);
    assert!(leads(&mut app.bank, Part::Command(leading)).await, "it goes on");
    app.bank.start(&[Part::Command(following)]).await.unwrap();
    let ledger = app.close().await;
    assert_eq!(ledger.accounts[&to].balance, 3 * 2 * 50);
}
