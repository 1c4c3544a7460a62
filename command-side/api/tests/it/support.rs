//! The routes behind the edge, tokens for them, and a bank that keeps what it received.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use application::{
    Answer, AuthError, ErasureProof, ExecuteError, MemberCommand, MemberOutcome, Meta, Outcome, PartnerQuota,
    PartnerSecret, PartnerToken, Receipt, Refused, Submission, Tokens, VaultError, WebhookKeys,
};
use async_trait::async_trait;
use axum::{Router, body::Body, http::Request};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta};
use command_api::{ApiOptions, ApiState, AuthPort, BODY_LIMITS, CommandIds, CommandPort, Connected, Services};
use domain::member::LoginId;
use ed25519_dalek::{Signer, SigningKey};
use events::recorded::Refusal;
use http_body_util::BodyExt;
use kernel::{
    Actor, Assets, CommandId, ConsistencyToken, Ids, LogId, ManualClock, MemberId, PartnerId, PartnerKeyId,
    PaymentCodeId, Place, Position, ProcessId, Role, Scope, Scopes, Sealed, WebhookId, Zone,
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
use zeroize::Zeroizing;

use crate::bank::posted;
pub use crate::bank::{
    ALICE, BOB, CODE, DESTINATION, HOLD, NOW, SOURCE, TRANSFER, account, answer, booking, code_id, hold, hold_order,
    order, payment, transfer,
};
pub use crate::reply::Reply;

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

    fn taken(&self) -> u64 {
        0
    }
}

/// What the authentication service was asked for that is no command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    LogIn {
        from: IpAddr,
        login_id: String,
        password: String,
    },
    Refresh {
        from: IpAddr,
        token: String,
    },
    LogOut {
        member: MemberId,
        session: Option<Uuid>,
    },
    EndSession {
        member: MemberId,
        session: Uuid,
    },
    Certificate(Option<IpAddr>, Uuid),
    Find(String),
    Revoked(PartnerKeyId),
    Quota(PartnerId, PartnerQuota),
    /// Something of operators, in words.
    Operator(String),
}

type MemberRule = dyn Fn(&MemberCommand) -> Result<Receipt<MemberOutcome>, AuthError> + Send + Sync;
type SaidRule = dyn Fn(&Said) -> Result<Option<ErasureProof>, AuthError> + Send + Sync;

/// An authentication service that answers by rules and keeps what it received.
pub struct FakeAuth {
    pub members: Box<MemberRule>,
    pub others: Box<SaidRule>,
    commands: Mutex<Vec<(MemberCommand, Meta)>>,
    said: Mutex<Vec<Said>>,
    /// For which commands a payment code was asked for.
    codes: Mutex<Vec<CommandId>>,
    wrong_codes: Mutex<Vec<Actor>>,
}

/// So many wrong payment codes are allowed.
pub const WRONG_CODES: usize = 2;

impl FakeAuth {
    pub fn new(
        members: impl Fn(&MemberCommand) -> Result<Receipt<MemberOutcome>, AuthError> + Send + Sync + 'static,
        others: impl Fn(&Said) -> Result<Option<ErasureProof>, AuthError> + Send + Sync + 'static,
    ) -> Self {
        let (members, others) = (Box::new(members), Box::new(others));
        Self {
            members,
            others,
            commands: Mutex::default(),
            said: Mutex::default(),
            codes: Mutex::default(),
            wrong_codes: Mutex::default(),
        }
    }

    /// Keeps what was said, and answers by the rule.
    pub fn hear(&self, said: Said) -> Result<Option<ErasureProof>, AuthError> {
        let answer = (self.others)(&said);
        self.note(said);
        answer
    }

    /// Keeps what was said.
    pub fn note(&self, said: Said) {
        self.said.lock().expect("not poisoned").push(said);
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

    fn payment_code(&self, command: CommandId) -> Result<Zeroizing<String>, AuthError> {
        self.codes.lock().expect("not poisoned").push(command);
        Ok(Zeroizing::new(CODE.to_owned()))
    }

    fn payment_code_id(&self, code: &str) -> Result<PaymentCodeId, AuthError> {
        Ok(code_id(code))
    }

    fn top_up(&self, _: &str, _: &str) -> Result<ProcessId, AuthError> {
        Ok(ProcessId::new(HOLD))
    }

    /// Not sealed: a test can see what went in.
    async fn seal(&self, _: MemberId, place: Place, text: &SecretString) -> Result<Sealed, AuthError> {
        Ok(Sealed::new(format!("{}: {}", place.field, text.expose_secret())))
    }

    async fn may_try_payment_code(&self, actor: Actor, _: CommandId) -> Result<(), AuthError> {
        let wrong = self.wrong_codes.lock().expect("not poisoned").iter().filter(|other| **other == actor).count();
        match wrong < WRONG_CODES {
            true => Ok(()),
            false => Err(AuthError::TooMany {
                retry_after: Duration::from_secs(20),
                tries: 2,
                window: Some(Duration::from_secs(60)),
            }),
        }
    }

    fn count_wrong_payment_code(&self, actor: Actor) {
        self.wrong_codes.lock().expect("not poisoned").push(actor);
    }

    /// Not a secret: a test can see what it is of.
    async fn webhook_keys(&self, webhook: WebhookId, number: u32) -> Result<WebhookKeys, AuthError> {
        let (secret, public_key) = (format!("whsec_{webhook}.{number}"), format!("whpk_{webhook}.{number}"));
        Ok(WebhookKeys { secret: Zeroizing::new(secret), public_key })
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

    async fn member_by_login_id(&self, login_id: &LoginId) -> Result<Option<MemberId>, AuthError> {
        let is_known = login_id.expose() != "nobody_here";
        self.hear(Said::Find(login_id.expose().to_owned())).map(|_| is_known.then(|| MemberId::new(ALICE)))
    }

    async fn log_out(&self, member: MemberId, session: Option<Uuid>) -> Result<Option<ConsistencyToken>, AuthError> {
        self.hear(Said::LogOut { member, session }).map(|_| Some(seen()))
    }

    async fn end_session(&self, member: MemberId, session: Uuid) -> Result<Option<ConsistencyToken>, AuthError> {
        self.hear(Said::EndSession { member, session }).map(|_| Some(seen()))
    }

    async fn certificate(&self, from: Option<IpAddr>, erasure: Uuid) -> Result<Option<ErasureProof>, AuthError> {
        self.hear(Said::Certificate(from, erasure))
    }

    /// A secret that shows whose it is.
    fn partner_secret(&self, key: PartnerKeyId) -> Result<PartnerSecret, AuthError> {
        Ok(PartnerSecret { text: SecretString::from(format!("jbk_{key}")), digest: "its digest".to_owned() })
    }

    async fn partner_token(
        &self,
        _: IpAddr,
        (key, secret): (PartnerKeyId, SecretString),
        scopes: Option<Scopes>,
    ) -> Result<PartnerToken, AuthError> {
        if secret.expose_secret() != format!("jbk_{key}") {
            return Err(AuthError::ClientUnknown);
        }
        let own = Scopes::NONE.with(Scope::AccountsRead).with(Scope::HoldsWrite);
        let scopes = scopes.unwrap_or(own);
        match own.contains_all(scopes) {
            true => Ok(PartnerToken { access: "a.partners.token".into(), expires_in: TimeDelta::minutes(5), scopes }),
            false => Err(AuthError::ScopeNotGranted),
        }
    }

    async fn partner_key_revoked(&self, key: PartnerKeyId) -> Result<(), AuthError> {
        self.note(Said::Revoked(key));
        Ok(())
    }

    async fn partner_quota_set(&self, partner: PartnerId, quota: PartnerQuota, _: Position) -> Result<(), AuthError> {
        self.note(Said::Quota(partner, quota));
        Ok(())
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
        let (zone, deadline) = (Zone::SEOUL, Duration::from_secs(5));
        let connected = Connected { payments: vec!["toss".to_owned()], bank: true, gift_cards: true };
        let options = ApiOptions { assets, zone, deadline, required_consents, trust_forwarded, connected };
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
        Self::answering(Outcome::Refused(Refused { refusal: Refusal::of(code), transfer: None }))
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

    /// For which commands payment codes were derived.
    pub fn codes(&self) -> Vec<CommandId> {
        self.services.auth.codes.lock().expect("not poisoned").clone()
    }

    /// Who gave wrong payment codes.
    pub fn wrong_codes(&self) -> Vec<Actor> {
        self.services.auth.wrong_codes.lock().expect("not poisoned").clone()
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
        self.command("POST", role, path, body).await
    }

    /// The same with any method.
    pub async fn command(&self, method: &str, role: Role, path: &str, body: impl Into<Body>) -> Reply {
        let bearer = bearer(role, ALICE);
        self.ask(method, path, &[("authorization", &bearer), ("idempotency-key", "key-1")], body).await
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

/// Of a partner: with every scope.
pub fn bearer_until(role: Role, subject: Uuid, exp: i64) -> String {
    let mut claims = json!({"sub": subject, "role": role.as_str(), "exp": exp});
    if role == Role::Partner {
        let all: Scopes = Scope::ALL.iter().copied().collect();
        (claims["key"], claims["scope"]) = (json!(PARTNER_KEY), json!(all.to_string()));
    }
    bearer_of(&claims)
}

/// The key of partners' tokens.
pub const PARTNER_KEY: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_00aa);

pub fn bearer_of(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&json!({"typ": "JWT", "alg": "EdDSA"})), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(key().sign(message.as_bytes()).to_bytes());
    format!("Bearer {message}.{signature}")
}
