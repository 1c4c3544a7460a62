//! One request of one browser: who it is, how they read, and what of it changes.

use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    body::Bytes,
    extract::FromRequestParts,
    http::{Extensions, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use platform::{http::RequestContext, problem::Problem};
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;
use traces::{Propagation, TraceContext};
use url::form_urlencoded::byte_serialize;
use uuid::Uuid;

use crate::{
    client::{Act, Address, Caller, Client, Done, Failure},
    house::House,
    language::Language,
    scales::Decimals,
    session::{Operator, Session, Theme, Tokens},
};

/// One request. Clones share it.
#[derive(Clone)]
pub(crate) struct Visit(Arc<Inner>);

struct Inner {
    house: Arc<House>,
    session: Mutex<Session>,
    facts: Facts,
    /// The span of the request, once its route is known.
    trace: OnceLock<TraceContext>,
    /// The command server did not answer this request already: it is not waited for once more.
    is_command_server_away: AtomicBool,
}

/// What a request says of itself.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// Path and query, as they were asked for.
    pub(crate) asked: String,
    pub(crate) language: Language,
    pub(crate) correlation: Uuid,
    pub(crate) propagation: Propagation,
    pub(crate) address: String,
    pub(crate) agent: String,
}

impl Visit {
    pub(crate) fn new(house: Arc<House>, session: Session, facts: Facts) -> Self {
        let (session, trace) = (Mutex::new(session), OnceLock::new());
        Self(Arc::new(Inner { house, session, facts, trace, is_command_server_away: AtomicBool::new(false) }))
    }

    /// The visit of a request whose route is known: its calls belong into the span of the request.
    pub(crate) fn of(extensions: &Extensions) -> Option<Self> {
        let visit = extensions.get::<Self>().cloned()?;
        if let Some(request) = extensions.get::<RequestContext>() {
            // It is the same each time.
            let _ = visit.0.trace.set(request.trace);
        }
        Some(visit)
    }

    pub(crate) fn house(&self) -> &House {
        &self.0.house
    }

    pub(crate) fn client(&self) -> &Client {
        &self.0.house.client
    }

    pub(crate) fn asked(&self) -> &str {
        &self.0.facts.asked
    }

    /// The path that was asked for, without the query.
    pub(crate) fn path(&self) -> &str {
        self.asked().split('?').next().unwrap_or_default()
    }

    /// As the reader chose, else as the browser asks.
    pub(crate) fn language(&self) -> Language {
        self.session().language.unwrap_or(self.0.facts.language)
    }

    pub(crate) fn theme(&self) -> Option<Theme> {
        self.session().theme
    }

    pub(crate) fn csrf(&self) -> String {
        self.session().csrf.clone()
    }

    pub(crate) fn operator(&self) -> Option<Operator> {
        self.session().operator.clone()
    }

    pub(crate) fn member(&self) -> Option<Tokens> {
        self.session().member.clone()
    }

    /// Whether somebody is logged in: an operator, or in the wallet a member.
    pub(crate) fn is_logged_in(&self) -> bool {
        self.session().tokens().is_some()
    }

    /// When their token ends, in seconds since 1970.
    pub(crate) fn token_ends(&self) -> i64 {
        self.session().tokens().map_or(0, |tokens| tokens.token_ends)
    }

    /// The first screen of this part of the console.
    pub(crate) fn home(&self) -> &'static str {
        if is_of_wallet(self.path()) { WALLET } else { "/" }
    }

    /// The session as it is now.
    pub(crate) fn current(&self) -> Session {
        self.session().clone()
    }

    /// Changes the session: the answer carries the cookie.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Session)) {
        change(&mut self.session());
    }

    fn session(&self) -> MutexGuard<'_, Session> {
        self.0.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn caller(&self) -> Caller {
        let session = self.session();
        Caller {
            token: session.tokens().map(|tokens| tokens.access_token.clone()),
            correlation: self.0.facts.correlation,
            trace: self.0.trace.get().copied().unwrap_or_default(),
            propagation: self.0.facts.propagation.clone(),
            seen: session.seen.clone(),
            address: self.0.facts.address.clone(),
            agent: self.0.facts.agent.clone(),
        }
    }

    /// What is there, as the operator may see it.
    pub(crate) async fn get<T: DeserializeOwned>(&self, address: Address) -> Result<T, Failure> {
        self.client().get(address, &self.caller()).await
    }

    /// What is there, and may be shown to all operators: asked for once for all who look at the same moment.
    pub(crate) async fn shared<T: DeserializeOwned>(&self, address: Address) -> Result<T, Failure> {
        let server = address.server;
        let house = self.house();
        let value = house.shared.get(self.client(), address, &self.caller(), house.now()).await?;
        T::deserialize(&*value).map_err(|error| Failure::Answer(server, error.to_string()))
    }

    /// A part of a page that is made of what is shared: all operators of one role who read one language see the same, so it is made once
    /// for all who look at the same moment.
    pub(crate) async fn shared_part(
        &self,
        name: &str,
        make: impl Future<Output = Result<Arc<str>, Failure>>,
    ) -> Result<Arc<str>, Failure> {
        let role = self.operator().map(|operator| operator.role).unwrap_or_default();
        let key = format!("{name} {role} {:?}", self.language());
        self.house().shared.part(&key, make).await
    }

    /// Whether the operator's session goes on: what is shared between operators is shown to nobody whose session has ended. True where
    /// no operator is logged in: what members see is read with their own token.
    pub(crate) async fn goes_on(&self) -> bool {
        let Some(operator) = self.operator() else { return true };
        let caller = Caller { seen: None, ..self.caller() };
        self.0.house.sessions.goes_on(&operator.tokens.access_token, self.client(), &caller).await
    }

    /// The command server does not answer.
    pub(crate) fn note_command_server_away(&self) {
        self.0.is_command_server_away.store(true, Ordering::Relaxed);
    }

    /// A command of the operator. Reads that follow show what it did.
    pub(crate) async fn act(&self, address: Address, act: &Act, body: &Value) -> Result<Done, Failure> {
        self.send(Method::POST, address, act, body).await
    }

    /// The same with another method.
    pub(crate) async fn send(
        &self,
        method: Method,
        address: Address,
        act: &Act,
        body: &Value,
    ) -> Result<Done, Failure> {
        let done = self.client().send(method, address, &self.caller(), act, body).await?;
        Ok(self.seen(done))
    }

    /// A command whose body is a table of comma-separated values.
    pub(crate) async fn send_table(&self, address: Address, act: &Act, table: Bytes) -> Result<Done, Failure> {
        let done = self.client().send_table(address, &self.caller(), act, table).await?;
        Ok(self.seen(done))
    }

    fn seen(&self, done: Done) -> Done {
        if let Some(token) = &done.consistency {
            self.change(|session| session.seen = Some(token.clone()));
        }
        done
    }

    /// How amounts are shown.
    pub(crate) async fn decimals(&self) -> Decimals {
        self.0.house.scales.get(self.client()).await
    }

    /// How many decimals are typed for an asset; none if nobody knows it.
    pub(crate) async fn scale(&self, asset: &str) -> Result<Option<usize>, Failure> {
        self.0.house.scales.of(self.client(), asset).await
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Self::of(&parts.extensions).ok_or_else(|| Problem::internal("the route is outside of the console's layer"))
    }
}

/// A request of somebody who is logged in. Everybody else is sent to the log-in, and from there back.
#[derive(Clone)]
pub(crate) struct SignedIn(pub(crate) Visit);

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let visit = Visit::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        if visit.operator().is_none() {
            return Err(to_log_in(visit.asked()));
        }
        // A server that is away ends no session, so there is no need to wait for it once more.
        if visit.0.is_command_server_away.load(Ordering::Relaxed) || visit.goes_on().await {
            return Ok(Self(visit));
        }
        // The browser forgets a session that was ended elsewhere.
        visit.change(|session| *session = session.rotated());
        Err(to_log_in(if parts.method == Method::GET { visit.asked() } else { visit.home() }))
    }
}

/// To the log-in, and from there back to where somebody wanted to go.
pub(crate) fn to_log_in(asked: &str) -> Response {
    let next: String = byte_serialize(asked.as_bytes()).collect();
    let (page, home) = if is_of_wallet(asked) { ("/wallet/login", WALLET) } else { ("/login", "/") };
    Redirect::to(&if asked == home { page.to_owned() } else { format!("{page}?next={next}") }).into_response()
}

/// The first screen of the wallet.
pub(crate) const WALLET: &str = "/wallet";

/// Whether an address is one of the wallet: its session is another one.
pub(crate) fn is_of_wallet(asked: &str) -> bool {
    asked.strip_prefix(WALLET).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}
