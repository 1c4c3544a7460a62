//! The one layer around every route.
//!
//! One layer and not a stack of them: each boxed layer costs an allocation and a clone of everything beneath it, and
//! a command has 200 microseconds for everything.

use std::{
    any::Any,
    convert::Infallible,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{
        Arc, LazyLock, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Instant,
};

use axum::{
    body::{Body, HttpBody},
    extract::{MatchedPath, Request},
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::{FutureExt, future::CatchUnwind};
use tower::{Layer, Service};
use traces::OpenSpan;
use uuid::Uuid;

use super::{
    context::{CORRELATION_ID, REQUEST_ID, Recorded, RequestContext},
    cors::CrossOrigin,
    measure::Meters,
    options::HttpOptions,
};
use crate::{
    auth::Presented,
    problem::{self, Code, Problem},
};

/// Makes [`Edge`]s.
#[derive(Clone)]
pub(super) struct EdgeLayer(Arc<HttpOptions>);

impl EdgeLayer {
    pub(super) fn new(options: Arc<HttpOptions>) -> Self {
        Self(options)
    }
}

impl<S> Layer<S> for EdgeLayer {
    type Service = Edge<S>;

    fn layer(&self, inner: S) -> Edge<S> {
        Edge { inner, options: self.0.clone(), route: Arc::default() }
    }
}

/// What is known of a route once its first request came.
struct RouteFacts {
    meters: Arc<Meters>,
    body_limit: usize,
}

/// The edge around one route.
#[derive(Clone)]
pub(super) struct Edge<S> {
    inner: S,
    options: Arc<HttpOptions>,
    route: Arc<OnceLock<RouteFacts>>,
}

impl<S> Service<Request> for Edge<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = EdgeFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> EdgeFuture<S::Future> {
        let route = self.route.get_or_init(|| {
            let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
            RouteFacts {
                meters: Arc::new(Meters::new(request.method(), path)),
                body_limit: self.options.limit_of(path),
            }
        });
        let (context, span) = RequestContext::begin(
            request.headers(),
            self.options.ids.as_ref(),
            route.body_limit,
            self.options.body_timeout,
        );
        // A read shows what its caller may see when it is answered, however long it waited. What a command did is reported even so.
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let presented = (Presented::of(request.extensions_mut()), reads);
        let cross_origin = self.options.cors_origins.of(request.method(), request.headers());
        let passage = Passage::begin((context, span), route.meters.clone(), presented, cross_origin);
        // Refused by its length alone: not a byte of a body that is too large is read.
        if request.body().size_hint().lower() > route.body_limit as u64 {
            return EdgeFuture::Refused { passage: Some(passage), limit: route.body_limit };
        }
        request.extensions_mut().insert(context);
        EdgeFuture::Inner { future: AssertUnwindSafe(self.inner.call(request)).catch_unwind(), passage: Some(passage) }
    }
}

pin_project_lite::pin_project! {
    #[project = Project]
    pub(super) enum EdgeFuture<F> {
        Inner { #[pin] future: CatchUnwind<AssertUnwindSafe<F>>, passage: Option<Passage> },
        Refused { passage: Option<Passage>, limit: usize },
    }
}

impl<F> Future for EdgeFuture<F>
where
    F: Future<Output = Result<Response, Infallible>>,
{
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (response, passage) = match self.project() {
            Project::Inner { future, passage } => match ready!(future.poll(cx)) {
                Ok(Ok(response)) => (response, passage),
                Ok(Err(never)) => match never {},
                Err(panic) => (Problem::internal(panic_message(panic.as_ref())).into_response(), passage),
            },
            Project::Refused { passage, limit } => (crate::extract::too_large(*limit).into_response(), passage),
        };
        match passage.take() {
            Some(passage) => Poll::Ready(Ok(passage.finish(response))),
            None => Poll::Ready(Ok(response)),
        }
    }
}

/// A request on its way through; counts itself out even when the client goes away first.
pub(super) struct Passage {
    context: RequestContext,
    meters: Arc<Meters>,
    /// What the answer says to a page of another site.
    cross_origin: Option<CrossOrigin>,
    /// The token of the request, and where a partner stands with its quota.
    presented: Presented,
    reads: bool,
    begun: Instant,
    span: OpenSpan,
    done: bool,
}

impl Drop for Passage {
    fn drop(&mut self) {
        if !self.done {
            self.meters.given_up();
            self.span.text("error.type", "given-up");
        }
    }
}

impl Passage {
    fn begin(
        (context, mut span): (RequestContext, OpenSpan),
        meters: Arc<Meters>,
        (presented, reads): (Presented, bool),
        cross_origin: Option<CrossOrigin>,
    ) -> Self {
        meters.begun();
        if span.is_recorded() {
            span.rename(format_args!("{} {}", meters.method(), meters.route()));
            span.text("http.request.method", meters.method());
            span.text("http.route", meters.route());
            span.text("request.id", context.request_id);
        }
        Self { context, meters, cross_origin, presented, reads, begun: Instant::now(), span, done: false }
    }

    fn finish(mut self, mut response: Response) -> Response {
        if self.reads
            && let Err(refused) = self.presented.check_again()
        {
            response = refused.into_response();
        }
        if let Some(standing) = self.presented.standing() {
            standing.write(response.headers_mut());
        }
        let problem = problem_of(&mut response);
        let mut request_id = self.request_id(&mut response);
        if let Some(problem) = &problem {
            request_id = problem.inner().request_id.unwrap_or(request_id);
            *response.body_mut() = Body::from(problem::render(problem.inner(), request_id));
            response.headers_mut().insert(header::CONTENT_TYPE, problem::CONTENT_TYPE);
        }
        let status = response.status();
        self.sign(&mut response, request_id);
        self.log(status, problem.as_ref());
        self.trace(status, problem.as_ref());
        self.meters.answered(status, self.begun);
        self.done = true;
        response
    }

    /// The id that the answer shows.
    fn request_id(&self, response: &mut Response) -> Uuid {
        let own = self.context.request_id;
        match response.extensions_mut().remove::<Recorded>() {
            Some(Recorded { id, before }) if before || self.context.correlation.uuid() != own => id,
            _ => own,
        }
    }

    fn sign(&mut self, response: &mut Response, request_id: Uuid) {
        let status = response.status();
        let headers = response.headers_mut();
        headers.reserve(5);
        let id = header_value(request_id);
        let correlation = self.context.correlation.uuid();
        let correlation = if correlation == request_id { id.clone() } else { header_value(correlation) };
        headers.insert(REQUEST_ID, id);
        headers.insert(CORRELATION_ID, correlation);
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        if matches!(status, StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT) {
            // The rest of the body is still on its way; nothing that follows on this connection can be trusted.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(cross_origin) = self.cross_origin.take() {
            cross_origin.sign(status, headers);
        }
    }

    /// What the span says of the answer. A refusal is no failure of ours.
    fn trace(&mut self, status: StatusCode, problem: Option<&Problem>) {
        self.span.number("http.response.status_code", i64::from(status.as_u16()));
        if let Some(problem) = problem {
            self.span.text("error.type", problem.code().as_str());
        }
        if status.is_server_error() {
            self.span.fail();
        }
    }

    /// One line for one failure of ours; everything else only when someone looks.
    fn log(&self, status: StatusCode, problem: Option<&Problem>) {
        let (request, correlation) = (self.context.request_id, self.context.correlation);
        let (route, status) = (self.meters.route(), status.as_u16());
        let Some(problem) = problem else {
            tracing::debug!(
                request.id = %request, correlation.id = %correlation, http.route = route, http.status = status,
                took_us = self.begun.elapsed().as_micros(), "answered"
            );
            return;
        };
        let code = problem.code().as_str();
        let cause = problem.inner().cause.as_deref().unwrap_or_default();
        metrics::counter!("http_problems_total", "code" => code).increment(1);
        if problem.code() == Code::Internal {
            tracing::error!(
                request.id = %request, correlation.id = %correlation, http.route = route, http.status = status,
                problem.code = code, problem.cause = cause, "a request hit a defect"
            );
        } else if status >= 500 && !cause.is_empty() && is_first_of_a_second() {
            tracing::warn!(
                request.id = %request, correlation.id = %correlation, http.route = route, http.status = status,
                problem.code = code, problem.cause = cause, "a request could not be served; of its kind one a second is reported"
            );
        } else {
            tracing::debug!(
                request.id = %request, correlation.id = %correlation, http.route = route, http.status = status,
                problem.code = code, problem.cause = cause, "answered with a problem"
            );
        }
    }
}

/// In an outage all requests fail alike: one line a second says why.
fn is_first_of_a_second() -> bool {
    static SINCE: LazyLock<Instant> = LazyLock::new(Instant::now);
    static REPORTED: AtomicU64 = AtomicU64::new(0);
    let now = SINCE.elapsed().as_secs() + 1;
    REPORTED.fetch_max(now, Ordering::Relaxed) < now
}

/// The problem in a response: the one a handler made, or one for an error that a library answered in its own words.
fn problem_of(response: &mut Response) -> Option<Problem> {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        return Some(problem);
    }
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    // A library's own words are plain text. Pages for people are written by a server that means them.
    let typed = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let ours = typed.is_some_and(|value| value.starts_with(b"application/") || value.starts_with(b"text/html"));
    (!ours).then(|| Problem::new(Code::for_status(status)).status(status))
}

fn header_value(id: Uuid) -> HeaderValue {
    let mut buffer = Uuid::encode_buffer();
    HeaderValue::from_str(id.as_hyphenated().encode_lower(&mut buffer)).unwrap_or(HeaderValue::from_static(""))
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panic: {}", text.unwrap_or_else(|| "no message".to_owned()))
}
