//! A provider over HTTP: orders under keys, what became of them, the book, and what goes wrong on request.

use std::{collections::BTreeMap, marker::PhantomData, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Query, State as Extracted},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use kernel::{AssetCode, Clock, Ids, Minor, Money};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use tokio::time::sleep;

use crate::{
    book::{Book, Entry, Outcome, State, Taken},
    faults::{Control, Fault, Faults, Lie, Times},
    options::Options,
    order::{Order, Verdict},
    serve::Manner,
};

/// How long a call is left without an answer.
const HANGS: Duration = Duration::from_secs(60);
const LONGEST_KEY: usize = 64;

/// One provider.
pub struct Provider<O> {
    api_key: Option<String>,
    book: Book,
    faults: Faults,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    takes: PhantomData<fn(O)>,
}

type Shared<O> = Extracted<Arc<Provider<O>>>;

impl<O: Order> Provider<O> {
    /// With what its book holds.
    pub fn open(options: &Options, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Result<Arc<Self>> {
        if let Some(folder) = &options.folder {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let file = options.folder.as_ref().map(|folder| folder.join(format!("{}.json", O::WORDS.name)));
        Ok(Arc::new(Self {
            api_key: options.api_key.clone(),
            book: Book::open(file)?,
            faults: Faults::new(Times { late: options.late, settle: options.settle }),
            clock,
            ids,
            takes: PhantomData,
        }))
    }

    fn is_known(&self, headers: &HeaderMap) -> bool {
        let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        self.api_key.is_none() || token == self.api_key.as_deref()
    }

    fn entry(&self, key: &str, order: &O, is_late: bool) -> Entry {
        let times = self.faults.times();
        let outcome = match order.verdict() {
            Verdict::Done => Outcome::Done,
            Verdict::Refused(reason) => Outcome::Refused(reason.to_owned()),
            Verdict::Returned => Outcome::Returned,
            Verdict::Spent => Outcome::Spent,
        };
        let takes = match &outcome {
            _ if is_late => times.late,
            Outcome::Refused(_) => Duration::ZERO,
            _ if order.takes_time() => times.settle,
            _ => Duration::ZERO,
        };
        Entry {
            key: key.to_owned(),
            subject: order.subject().to_owned(),
            money: Some(order.money()),
            digest: hex::encode(Sha256::digest(serde_json::to_vec(order).unwrap_or_default())),
            outcome,
            stands_at: self.clock.now() + takes,
            is_undone: false,
            secret: order.secret(self.ids.as_ref()),
        }
    }

    /// An entry as it stands in answers.
    fn record(&self, entry: &Entry) -> Value {
        let (words, state) = (O::WORDS, entry.state(self.clock.now()));
        let (word, reason) = match (state, &entry.outcome) {
            (State::Pending, _) => (words.pending, None),
            (State::Done, _) => (words.done, None),
            (State::Refused, Outcome::Refused(reason)) => ("refused", Some(reason.as_str())),
            (State::Refused, _) => ("refused", None),
            (State::Returned, _) => ("returned", Some("account-closed")),
            (State::Undone, _) => (words.undone, Some(words.undone)),
        };
        let mut record = Map::new();
        record.insert("key".to_owned(), json!(entry.key));
        record.insert("state".to_owned(), json!(word));
        if let Some(reason) = reason {
            record.insert("reason".to_owned(), json!(reason));
        }
        if let Some(money) = entry.money {
            record.insert(words.subject.to_owned(), json!(entry.subject));
            record.insert("asset".to_owned(), json!(money.asset));
            record.insert("amount".to_owned(), json!(money.amount));
        }
        if let (State::Done, Some(secret)) = (state, &entry.secret) {
            record.insert("code".to_owned(), json!(secret));
        }
        Value::Object(record)
    }

    /// How long a late answer about this entry takes from now.
    fn wait_for(&self, entry: &Entry) -> Duration {
        match (entry.stands_at - self.clock.now()).to_std() {
            // A little more, so that it is decided then on this clock too.
            Ok(rest) if !rest.is_zero() => rest + Duration::from_millis(5),
            _ => self.faults.times().late,
        }
    }
}

/// The routes of a provider.
pub fn routes<O: Order>(provider: Arc<Provider<O>>) -> Router {
    let words = O::WORDS;
    let submit_path = if words.is_exclusive { format!("{}/confirm", words.path) } else { words.path.to_owned() };
    Router::new()
        .route(&submit_path, post(submit::<O>))
        .route(words.undo_path, post(undo::<O>))
        .route(words.path, get(find::<O>))
        .route("/books", get(books::<O>))
        .route("/control", post(control::<O>).delete(heal::<O>))
        .layer(DefaultBodyLimit::max(16 * 1024))
        .with_state(provider)
}

async fn submit<O: Order>(Extracted(provider): Shared<O>, headers: HeaderMap, Json(order): Json<O>) -> Response {
    let key = match admit(&provider, &headers) {
        Ok(key) => key,
        Err(refused) => return *refused,
    };
    if !order.money().amount.is_positive() {
        return said(StatusCode::BAD_REQUEST, "amount-not-positive");
    }
    let asked = provider.faults.next();
    if asked == Some(Fault::Fail) {
        return said(StatusCode::SERVICE_UNAVAILABLE, "unavailable");
    }
    // What is asked for at the control goes before what the order itself asks for, which happens once.
    let fault = asked.or_else(|| order.fault());
    let entry = provider.entry(&key, &order, fault == Some(Fault::Late));
    match provider.book.take(entry, O::WORDS.is_exclusive) {
        Ok(Taken::New(entry)) => answer(&provider, fault, entry, judge_order).await,
        // As long as it is not decided, a late one is late for whoever asks again.
        Ok(Taken::Known(entry)) => {
            let is_late = order.fault() == Some(Fault::Late) && entry.state(provider.clock.now()) == State::Pending;
            answer(&provider, asked.or(is_late.then_some(Fault::Late)), entry, judge_order).await
        }
        Ok(Taken::KeyReused) => {
            (StatusCode::CONFLICT, Json(json!({"key": key, "reason": "key-reused"}))).into_response()
        }
        Err(_) => said(StatusCode::INTERNAL_SERVER_ERROR, "book-not-written"),
    }
}

/// The status of an answer to an order.
fn judge_order(state: State) -> StatusCode {
    match state {
        State::Pending => StatusCode::ACCEPTED,
        State::Done => StatusCode::OK,
        State::Refused | State::Returned | State::Undone => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

#[derive(Deserialize)]
struct Wanted {
    key: String,
}

async fn find<O: Order>(Extracted(provider): Shared<O>, headers: HeaderMap, Query(wanted): Query<Wanted>) -> Response {
    if !provider.is_known(&headers) {
        return said(StatusCode::UNAUTHORIZED, "api-key-unknown");
    }
    let fault = provider.faults.next();
    if fault == Some(Fault::Fail) {
        return said(StatusCode::SERVICE_UNAVAILABLE, "unavailable");
    }
    match provider.book.find(&wanted.key) {
        Some(entry) => answer(&provider, fault, entry, |_| StatusCode::OK).await,
        None => absent(&wanted.key),
    }
}

/// What is to be undone. The payment and the money are compared where they are given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Undo {
    key: String,
    payment_key: Option<String>,
    asset: Option<AssetCode>,
    amount: Option<Minor>,
}

impl Undo {
    fn is_about(&self, entry: &Entry) -> bool {
        let Some(money) = entry.money else { return true };
        self.payment_key.as_ref().is_none_or(|subject| *subject == entry.subject)
            && self.asset.is_none_or(|asset| asset == money.asset)
            && self.amount.is_none_or(|amount| amount == money.amount)
    }
}

async fn undo<O: Order>(Extracted(provider): Shared<O>, headers: HeaderMap, Json(undo): Json<Undo>) -> Response {
    if let Err(refused) = admit(&provider, &headers) {
        return *refused;
    }
    let fault = provider.faults.next();
    if fault == Some(Fault::Fail) {
        return said(StatusCode::SERVICE_UNAVAILABLE, "unavailable");
    }
    if provider.book.find(&undo.key).is_some_and(|entry| !undo.is_about(&entry)) {
        return (StatusCode::CONFLICT, Json(json!({"key": undo.key, "reason": "key-reused"}))).into_response();
    }
    let now = provider.clock.now();
    let never = Entry {
        key: undo.key.clone(),
        subject: undo.payment_key.clone().unwrap_or_default(),
        money: None,
        digest: String::new(),
        outcome: Outcome::Done,
        stands_at: now,
        is_undone: true,
        secret: None,
    };
    let may = |entry: &Entry| match entry.state(now) {
        State::Pending => true,
        State::Done => O::WORDS.undoes_done && entry.outcome != Outcome::Spent,
        State::Refused | State::Returned | State::Undone => false,
    };
    match provider.book.undo(never, may) {
        Ok(entry) if O::WORDS.misses_unknown && !was_there(&entry) => absent(&entry.key),
        Ok(entry) => answer(&provider, fault, entry, judge_undo).await,
        Err(_) => said(StatusCode::INTERNAL_SERVER_ERROR, "book-not-written"),
    }
}

/// Whether there was ever something to undo.
fn was_there(entry: &Entry) -> bool {
    entry.money.is_some() && !matches!(entry.outcome, Outcome::Refused(_))
}

/// The status of an answer to what is to be undone.
fn judge_undo(state: State) -> StatusCode {
    if state == State::Done { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
}

/// Answers with how the entry stands, or not; rightly, or not.
async fn answer<O: Order>(
    provider: &Provider<O>,
    fault: Option<Fault>,
    entry: Entry,
    judge: fn(State) -> StatusCode,
) -> Response {
    match fault {
        Some(Fault::Late) => sleep(provider.wait_for(&entry)).await,
        Some(Fault::Timeout) => sleep(HANGS).await,
        _ => {}
    }
    // It may have been undone meanwhile, or forgotten.
    let Some(entry) = provider.book.find(&entry.key) else { return absent(&entry.key) };
    let status = judge(entry.state(provider.clock.now()));
    let mut record = provider.record(&entry);
    if status == StatusCode::UNPROCESSABLE_ENTITY && record.get("reason").is_none() {
        record["reason"] = json!(O::WORDS.spent);
    }
    let mut response = match fault {
        Some(Fault::Broken) => return said(StatusCode::INTERNAL_SERVER_ERROR, "broken"),
        Some(Fault::Wrong(lie)) => distort(status, record, lie).into_response(),
        _ => (status, Json(record)).into_response(),
    };
    match fault {
        Some(Fault::Lost | Fault::Timeout) => response.extensions_mut().insert(Manner::Lost),
        Some(Fault::Twice) => response.extensions_mut().insert(Manner::Twice),
        _ => None,
    };
    response
}

/// What is not true.
fn distort(status: StatusCode, mut record: Value, lie: Lie) -> (StatusCode, Json<Value>) {
    match lie {
        Lie::Amount => record["amount"] = json!("1"),
        Lie::Key => record["key"] = json!("00000000-0000-0000-0000-000000000000"),
        Lie::State => record["state"] = json!("perhaps"),
        Lie::Refusal => {
            (record["state"], record["reason"]) = (json!("refused"), json!("card-refused"));
            return (StatusCode::UNPROCESSABLE_ENTITY, Json(record));
        }
    }
    (status, Json(record))
}

async fn books<O: Order>(Extracted(provider): Shared<O>, headers: HeaderMap) -> Response {
    if !provider.is_known(&headers) {
        return said(StatusCode::UNAUTHORIZED, "api-key-unknown");
    }
    let now = provider.clock.now();
    let mut totals: BTreeMap<AssetCode, i128> = BTreeMap::new();
    let mut items = Vec::new();
    for entry in provider.book.all() {
        if let (State::Done, Some(Money { asset, amount })) = (entry.state(now), entry.money) {
            let total = totals.entry(asset).or_default();
            *total = total.saturating_add(amount.units());
        }
        let mut item = provider.record(&entry);
        // Who reads the book does not get the cards.
        if let Some(fields) = item.as_object_mut() {
            fields.remove("code");
        }
        items.push(item);
    }
    let totals: Vec<Value> =
        totals.iter().map(|(asset, amount)| json!({"asset": asset, "amount": amount.to_string()})).collect();
    Json(json!({"items": items, "totals": totals})).into_response()
}

async fn control<O: Order>(Extracted(provider): Shared<O>, Json(control): Json<Control>) -> Response {
    provider.faults.set(&control);
    if control.forget && provider.book.forget().is_err() {
        return said(StatusCode::INTERNAL_SERVER_ERROR, "book-not-written");
    }
    StatusCode::NO_CONTENT.into_response()
}

async fn heal<O: Order>(Extracted(provider): Shared<O>) -> StatusCode {
    provider.faults.clear();
    StatusCode::NO_CONTENT
}

/// The key of a call that may be made.
fn admit<O: Order>(provider: &Provider<O>, headers: &HeaderMap) -> Result<String, Box<Response>> {
    if !provider.is_known(headers) {
        return Err(Box::new(said(StatusCode::UNAUTHORIZED, "api-key-unknown")));
    }
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok());
    let key = key.filter(|key| (1..=LONGEST_KEY).contains(&key.len()));
    key.map(str::to_owned).ok_or_else(|| Box::new(said(StatusCode::BAD_REQUEST, "idempotency-key-missing")))
}

fn absent(key: &str) -> Response {
    (StatusCode::NOT_FOUND, Json(json!({"key": key, "reason": "not-found"}))).into_response()
}

fn said(status: StatusCode, reason: &str) -> Response {
    (status, Json(json!({ "reason": reason }))).into_response()
}
