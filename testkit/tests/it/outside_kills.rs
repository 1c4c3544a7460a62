//! The server that sees a process with the outside world through dies at every place where it can die between two records, and the next
//! one ends the process: once, and in both books.

use application::KillPoint;
use events::recorded::ProcessKind;
use harness::LocalProviders;
use serde_json::{Value, json};
use testkit::chaos::{Bank, Part};
use uuid::Uuid;

use crate::{
    outside::{control, heal, once, steps},
    outside_kinds::{FUNDS, QUICK, Verdict, books_agree, path, provider, request},
    support::{ALL, TestApp, TestClient, eventually, fresh_key, people::post, verify},
};

const SERVER: Part = Part::Command(0);
const POINT: &str = "JANGBU_FAULT_POINT";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_top_up_is_ended_once_wherever_the_server_dies() {
    dies_at_each_place_of(ProcessKind::TopUp).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bank_payout_is_ended_once_wherever_the_server_dies() {
    dies_at_each_place_of(ProcessKind::BankPayout).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gift_card_is_ended_once_wherever_the_server_dies() {
    dies_at_each_place_of(ProcessKind::GiftCard).await;
}

/// How a process is brought to a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    /// All goes well.
    Forward,
    /// The provider refuses: what is held is given back.
    Refused,
    /// The provider has it and does not answer, and an operator has it taken back.
    TakenBack,
}

impl Course {
    /// The course on which a process comes to the place.
    fn to(point: KillPoint) -> Self {
        match point.step {
            "cancel" | "compensated" => Self::TakenBack,
            "release" => Self::Refused,
            _ => Self::Forward,
        }
    }

    fn verdict(self) -> Verdict {
        if self == Self::Refused { Verdict::Refused } else { Verdict::Done }
    }

    /// What the steps come to, whoever dies.
    fn steps(self, kind: ProcessKind) -> &'static [&'static str] {
        match (kind, self) {
            (ProcessKind::TopUp, Self::Forward) => &["confirm done", "credit done"],
            (ProcessKind::TopUp, Self::Refused) => &["confirm refused card-refused"],
            (ProcessKind::TopUp, Self::TakenBack) => &["confirm failed outcome-unknown", "cancel done"],
            (ProcessKind::BankPayout, Self::Forward) => &["hold done", "submit done", "settle done", "capture done"],
            (ProcessKind::BankPayout, Self::Refused) => {
                &["hold done", "submit done", "settle refused returned", "release done"]
            }
            (ProcessKind::BankPayout, Self::TakenBack) => {
                &["hold done", "submit failed outcome-unknown", "cancel done", "release done"]
            }
            (ProcessKind::GiftCard, Self::Forward) => &["hold done", "issue done", "capture done"],
            (ProcessKind::GiftCard, Self::Refused) => &["hold done", "issue refused sold-out", "release done"],
            (ProcessKind::GiftCard, Self::TakenBack) => {
                &["hold done", "issue failed outcome-unknown", "cancel done", "release done"]
            }
        }
    }
}

/// A process that is to come to a place.
struct Round<'a> {
    point: KillPoint,
    providers: &'a LocalProviders,
    owner: &'a TestClient,
    operator: &'a TestClient,
    /// The key under which its owner asks for it, and what they ask for.
    key: String,
    body: Value,
}

impl Round<'_> {
    /// Lets the process go until the server dies.
    async fn go(&self, bank: &mut Bank) {
        let (kind, point) = (self.point.kind, self.point);
        let (path, provider) = (path(kind), provider(kind));
        if Course::to(point) == Course::TakenBack {
            // It is carried out, and as long as nobody says so it is not known.
            control(self.providers, provider, json!({"broken": 1_000, "settle_ms": 60_000})).await;
            let started = post(self.owner, path, &self.key, &self.body).await.expect(202);
            once(self.owner, &started, &["stuck"]).await;
            heal(self.providers, provider).await;
            let path = format!("/v1/processes/{}/compensate", started.id("process_id"));
            ask(bank, self.operator, &path, &fresh_key(), &json!({"reason": "a test"})).await;
        } else {
            control(self.providers, provider, json!({"settle_ms": 100})).await;
            ask(bank, self.owner, path, &self.key, &self.body).await;
        }
        let how = eventually(&format!("the server dies at `{point}`"), async || match bank.check() {
            Err(error) => Ok(format!("{error:#}")),
            Ok(()) => Err("it runs".to_owned()),
        })
        .await;
        assert!(how.contains("SIGABRT"), "it died of something else than `{point}`: {how}");
    }
}

/// Asks until there is an answer, or nobody who could give one.
async fn ask(bank: &mut Bank, client: &TestClient, path: &str, key: &str, body: &Value) {
    eventually(path, async || match client.try_post(path, key, body).await {
        Ok(answer) if answer.status < 500 => Ok(()),
        _ if bank.check().is_err() => Ok(()),
        Ok(answer) => Err(answer.body.to_string()),
        Err(error) => Err(error.to_string()),
    })
    .await;
}

async fn dies_at_each_place_of(kind: ProcessKind) {
    let (mut app, providers) = TestApp::start_with_providers(&ALL, &QUICK).await;
    let operator = app.operator();
    let points: Vec<KillPoint> = KillPoint::all().into_iter().filter(|point| point.kind == kind).collect();
    let mut owners: Vec<(TestClient, Uuid)> = Vec::new();
    for _ in &points {
        owners.push(app.funded_member(FUNDS).await);
    }
    for (point, (owner, account)) in points.iter().zip(&owners) {
        let (point, course) = (*point, Course::to(*point));
        app.bank.kill(SERVER).unwrap();
        app.bank.set(SERVER, POINT, point.to_string());
        app.bank.start(&[SERVER]).await.unwrap();
        let (key, body) = (fresh_key(), request(kind, *account, course.verdict()));
        let round = Round { point, providers: &providers, owner, operator: &operator, key, body };
        round.go(&mut app.bank).await;

        app.bank.set(SERVER, POINT, "");
        app.bank.start(&[SERVER]).await.unwrap();
        // Whoever was not answered asks again.
        let started = post(owner, path(kind), &round.key, &round.body).await.expect(202);
        let ended = once(owner, &started, &["done", "compensated"]).await;
        let expected = if course == Course::Forward { "done" } else { "compensated" };
        assert_eq!(ended.body["state"], expected, "{point}: {}", ended.body);
        assert_eq!(steps(&ended), course.steps(kind), "{point}");
        books_agree(&providers, kind, (owner, *account), &ended).await;
        heal(&providers, provider(kind)).await;
    }
    println!("{} places at which the server died", points.len());
    let ledger = verify(app).await;
    assert!(owners.iter().all(|(_, account)| ledger.accounts[account].held == 0));
}
