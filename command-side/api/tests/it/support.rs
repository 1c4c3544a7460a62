//! The routes behind the edge, tokens for them, and a bank that keeps what it received.

use std::{
    fmt::Write,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use application::{
    AccountAnswer, Answer, AuthError, Command, ErasureProof, ExecuteError, MemberCommand, MemberOutcome, Meta, Outcome,
    Posting, Receipt, Refused, Submission, Tokens, TransferAnswer, TransferBatch, VaultError,
};
use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta};
use command_api::{ApiOptions, ApiState, AuthPort, BODY_LIMITS, CommandIds, CommandPort, Services};
use ed25519_dalek::{Signer, SigningKey};
use events::recorded::{Legs, Refusal, TransferKind, TransferPosted};
use http_body_util::BodyExt;
use kernel::{
    AccountId, AccountNumber, Assets, ConsistencyToken, Ids, LogId, ManualClock, MemberId, Minor, Money, Position,
    Role, TransferId, Version,
};
use log::Fingerprint;
use platform::{
    auth::Verifier,
    http::{HttpOptions, TrustForwarded, service},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tower::ServiceExt;
use uuid::Uuid;

pub const NOW: i64 = 1_800_000_000;
pub const ALICE: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_000a);
pub const BOB: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_000b);
pub const SOURCE: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001);
pub const DESTINATION: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0002);
pub const TRANSFER: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0003);

type Rule = dyn Fn(&Submission) -> Result<Answer, ExecuteError> + Send + Sync;

/// A bank that answers by a rule and keeps the submissions.
struct FakeBank {
    rule: Box<Rule>,
    submissions: Mutex<Vec<Submission>>,
}

#[async_trait]
impl CommandPort for FakeBank {
    async fn execute(&self, submission: Submission) -> Result<Answer, ExecuteError> {
        let answer = (self.rule)(&submission);
        self.submissions.lock().expect("not poisoned").push(submission);
        answer
    }
}

/// What the authentication service was asked for that is no command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    LogIn { from: IpAddr, login_id: String, password: String },
    Refresh { from: IpAddr, token: String },
    LogOut { member: MemberId, session: Option<Uuid> },
    Certificate(Option<IpAddr>, Uuid),
}

type MemberRule = dyn Fn(&MemberCommand) -> Result<Receipt<MemberOutcome>, AuthError> + Send + Sync;
type SaidRule = dyn Fn(&Said) -> Result<Option<ErasureProof>, AuthError> + Send + Sync;

/// An authentication service that answers by rules and keeps what it received.
pub struct FakeAuth {
    pub members: Box<MemberRule>,
    pub others: Box<SaidRule>,
    commands: Mutex<Vec<(MemberCommand, Meta)>>,
    said: Mutex<Vec<Said>>,
}

impl FakeAuth {
    pub fn new(
        members: impl Fn(&MemberCommand) -> Result<Receipt<MemberOutcome>, AuthError> + Send + Sync + 'static,
        others: impl Fn(&Said) -> Result<Option<ErasureProof>, AuthError> + Send + Sync + 'static,
    ) -> Self {
        let (members, others) = (Box::new(members), Box::new(others));
        Self { members, others, commands: Mutex::default(), said: Mutex::default() }
    }

    fn hear(&self, said: Said) -> Result<Option<ErasureProof>, AuthError> {
        let answer = (self.others)(&said);
        self.said.lock().expect("not poisoned").push(said);
        answer
    }
}

pub fn seen() -> ConsistencyToken {
    ConsistencyToken::untagged(LogId::new(Uuid::from_u128(1)), Position::new(5))
}

pub fn tokens() -> Tokens {
    Tokens {
        access: "an.access.token".into(),
        refresh: "a-refresh-token".into(),
        replayed: false,
        expires_in: TimeDelta::minutes(10),
        seen: Some(seen()),
    }
}

#[async_trait]
impl AuthPort for FakeAuth {
    /// Not a digest: a test can see what went in.
    fn fingerprint(&self, canonical: &[u8]) -> Result<Fingerprint, AuthError> {
        let mut half = [0_u8; 16];
        canonical
            .iter()
            .enumerate()
            .for_each(|(i, byte)| half[i % 16] = byte.wrapping_add(half[i % 16].rotate_left(3)));
        Ok(Fingerprint(half))
    }

    async fn execute(&self, command: MemberCommand, meta: Meta) -> Result<Receipt<MemberOutcome>, AuthError> {
        let answer = (self.members)(&command);
        self.commands.lock().expect("not poisoned").push((command, meta));
        answer
    }

    async fn log_in(&self, from: IpAddr, login_id: SecretString, password: SecretString) -> Result<Tokens, AuthError> {
        let (login_id, password) = (login_id.expose_secret().to_owned(), password.expose_secret().to_owned());
        self.hear(Said::LogIn { from, login_id, password }).map(|_| tokens())
    }

    async fn refresh(&self, from: IpAddr, token: SecretString, _: Option<&[u8]>) -> Result<Tokens, AuthError> {
        self.hear(Said::Refresh { from, token: token.expose_secret().to_owned() }).map(|_| tokens())
    }

    async fn log_out(&self, member: MemberId, session: Option<Uuid>) -> Result<Option<ConsistencyToken>, AuthError> {
        self.hear(Said::LogOut { member, session }).map(|_| Some(seen()))
    }

    async fn certificate(&self, from: Option<IpAddr>, erasure: Uuid) -> Result<Option<ErasureProof>, AuthError> {
        self.hear(Said::Certificate(from, erasure))
    }
}

/// Request ids that are the same in every run.
struct SameIds;

impl Ids for SameIds {
    fn fresh(&self) -> Uuid {
        Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_00ff)
    }

    fn digits(&self) -> u64 {
        0
    }
}

/// A bank and an authentication service that are there from the first moment.
struct FakeServices {
    bank: FakeBank,
    auth: FakeAuth,
}

impl Services for FakeServices {
    fn command_ids(&self) -> Result<CommandIds, ExecuteError> {
        Ok(CommandIds::ordered_from(DateTime::UNIX_EPOCH))
    }

    fn bank(&self) -> Result<&dyn CommandPort, ExecuteError> {
        Ok(&self.bank)
    }

    fn auth(&self) -> Result<&dyn AuthPort, AuthError> {
        Ok(&self.auth)
    }
}

pub struct Api {
    router: Router,
    services: Arc<FakeServices>,
}

impl Api {
    pub fn new(rule: impl Fn(&Submission) -> Result<Answer, ExecuteError> + Send + Sync + 'static) -> Self {
        let closed = || AuthError::from(VaultError::Unavailable("away".into()));
        Self::with(rule, FakeAuth::new(move |_| Err(closed()), move |_| Err(closed())), TrustForwarded(false))
    }

    /// An authentication service and no bank.
    pub fn receiving(auth: FakeAuth) -> Self {
        Self::with(|_| Err(ExecuteError::Internal), auth, TrustForwarded(false))
    }

    pub fn with(
        rule: impl Fn(&Submission) -> Result<Answer, ExecuteError> + Send + Sync + 'static,
        auth: FakeAuth,
        trust_forwarded: TrustForwarded,
    ) -> Self {
        let bank = FakeBank { rule: Box::new(rule), submissions: Mutex::default() };
        let clock = Arc::new(ManualClock::new(DateTime::from_timestamp(NOW, 0).expect("a time")));
        let verifier = Verifier::from_jwks(&jwks(), clock).expect("keys");
        let assets: Assets = Assets::DEFAULT.parse().expect("assets");
        let services = Arc::new(FakeServices { bank, auth });
        let required_consents = vec!["terms".to_owned()];
        let options = ApiOptions { assets, deadline: Duration::from_secs(5), required_consents, trust_forwarded };
        let state = ApiState::new(services.clone(), verifier, options);
        let options =
            HttpOptions { route_body_limits: BODY_LIMITS.to_vec(), ids: Arc::new(SameIds), ..HttpOptions::default() };
        Self { router: service(command_api::router(state), options), services }
    }

    /// A bank that would post anything.
    pub fn posting() -> Self {
        Self::new(|submission| Ok(posted(submission)))
    }

    pub fn answering(outcome: Outcome) -> Self {
        Self::new(move |_| Ok(answer(outcome.clone())))
    }

    pub fn refusing(code: &str) -> Self {
        let refusal = Refusal { code: code.to_owned(), available: None };
        Self::answering(Outcome::Refused(Refused { refusal, transfer: None }))
    }

    pub fn failing(error: ExecuteError) -> Self {
        Self::new(move |_| Err(error.clone()))
    }

    pub fn submissions(&self) -> Vec<Submission> {
        self.services.bank.submissions.lock().expect("not poisoned").clone()
    }

    /// The members' commands that the authentication service received.
    pub fn received(&self) -> Vec<(MemberCommand, Meta)> {
        self.services.auth.commands.lock().expect("not poisoned").clone()
    }

    /// Everything else that it received.
    pub fn said(&self) -> Vec<Said> {
        self.services.auth.said.lock().expect("not poisoned").clone()
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.expect("a router does not fail");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
        Reply { status: parts.status, headers: parts.headers, text }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    /// A command in good form but for its body.
    pub async fn post(&self, role: Role, path: &str, body: impl Into<Body>) -> Reply {
        let request = Request::post(path)
            .header("authorization", bearer(role, ALICE))
            .header("idempotency-key", "key-1")
            .header("content-type", "application/json");
        self.send(request.body(body.into()).expect("a request")).await
    }

    /// The same without a token, with any method.
    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Reply {
        let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.into()).expect("a request")).await
    }

    pub async fn post_json(&self, role: Role, path: &str, body: Value) -> Reply {
        self.post(role, path, body.to_string()).await
    }
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn jwks() -> String {
    let x = URL_SAFE_NO_PAD.encode(key().verifying_key().as_bytes());
    json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "test", "x": x}]}).to_string()
}

pub fn bearer(role: Role, subject: Uuid) -> String {
    bearer_until(role, subject, NOW + 60)
}

pub fn bearer_until(role: Role, subject: Uuid, exp: i64) -> String {
    bearer_of(&json!({"sub": subject, "role": role.as_str(), "exp": exp}))
}

pub fn bearer_of(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&json!({"typ": "JWT", "alg": "EdDSA"})), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(key().sign(message.as_bytes()).to_bytes());
    format!("Bearer {message}.{signature}")
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The code of a problem, whose form is checked on the way.
    pub fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text);
        let json = self.json();
        assert_eq!(json["status"], self.status.as_u16());
        assert_eq!(json["request_id"].as_str(), self.header("x-request-id"));
        json["code"].as_str().expect("a code").to_owned()
    }

    /// What a snapshot keeps: the status, the headers that are ours, the body.
    pub fn shown(&self) -> String {
        let mut text = format!("{}\n", self.status.as_u16());
        for name in ["consistency-token", "content-type", "idempotency-replayed", "retry-after", "www-authenticate"] {
            if let Some(value) = self.header(name) {
                writeln!(text, "{name}: {value}").expect("a string");
            }
        }
        match self.text.is_empty() {
            true => text,
            false => format!("{text}\n{}", serde_json::to_string_pretty(&self.json()).expect("JSON")),
        }
    }
}

pub fn answer(outcome: Outcome) -> Answer {
    let token = ConsistencyToken::untagged(LogId::new(Uuid::from_u128(0x10c)), Position::new(42));
    Answer { answer: Arc::new(outcome), replayed: false, token }
}

pub fn account(status: &'static str) -> AccountAnswer {
    AccountAnswer {
        account_id: AccountId::new(SOURCE),
        account_number: AccountNumber::from_digits(1_234_567_890),
        owner: MemberId::new(ALICE),
        asset: "KRW".parse().expect("a code"),
        status,
        balance: Minor::ZERO,
        version: Version::new(1),
    }
}

/// Alice's account pays Bob's.
pub fn transfer(kind: TransferKind) -> TransferAnswer {
    let minor = |units| Minor::new(units).expect("an amount");
    let side = |account: Uuid, owner: Uuid, amount, after, version| Posting {
        account_id: AccountId::new(account),
        asset: "KRW".parse().expect("a code"),
        owner: Some(MemberId::new(owner)),
        amount: minor(amount),
        balance_after: minor(after),
        version: Version::new(version),
    };
    TransferAnswer {
        transfer_id: TransferId::new(TRANSFER),
        posted: TransferPosted {
            kind,
            legs: Legs::between(
                AccountId::new(SOURCE),
                AccountId::new(DESTINATION),
                Money { asset: "KRW".parse().expect("a code"), amount: minor(12_500) },
            ),
            memo: Some("rent".to_owned()),
            reference: None,
            reverses: None,
        },
        postings: vec![side(SOURCE, ALICE, -12_500, 87_500, 3), side(DESTINATION, BOB, 12_500, 12_500, 2)],
        position: Position::new(42),
        recorded_at: DateTime::from_timestamp_micros(NOW * 1_000_000 + 123_456).expect("a time"),
    }
}

/// What a bank with money enough answers; to what is no movement of money, an account as it was left.
fn posted(submission: &Submission) -> Answer {
    answer(match &submission.command {
        Command::OpenAccount(_) => Outcome::Opened(account("open")),
        Command::Deposit(_) => Outcome::Posted(transfer(TransferKind::Deposit)),
        Command::Withdraw(_) => Outcome::Posted(transfer(TransferKind::Withdrawal)),
        Command::Transfer(_) => Outcome::Posted(transfer(TransferKind::Transfer)),
        Command::Reverse(_) => Outcome::Posted(transfer(TransferKind::Reversal)),
        Command::CompoundTransfer(_) => Outcome::Posted(transfer(TransferKind::Compound)),
        Command::TransferBatch(TransferBatch { orders, .. }) => {
            Outcome::Batch(orders.iter().map(|_| Ok(transfer(TransferKind::Transfer))).collect())
        }
        _ => Outcome::Changed(account("open")),
    })
}

pub fn order() -> Value {
    json!({"source": SOURCE, "destination": DESTINATION, "money": {"asset": "KRW", "amount": "12500"}, "memo": "rent"})
}

/// One of the payments of a compound transfer.
pub fn payment() -> Value {
    json!({"source": SOURCE, "destination": DESTINATION, "money": {"asset": "KRW", "amount": "12500"}})
}

pub fn booking() -> Value {
    json!({"account_id": SOURCE, "money": {"asset": "KRW", "amount": "12500"}, "reference": "bank-17"})
}
