//! Counting requests: handles are looked up once for each route, not for each request.

use std::{sync::OnceLock, time::Instant};

use axum::http::{Method, StatusCode};
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

/// The statuses worth a handle of their own; others are looked up when they come.
const COMMON: [u16; 16] = [200, 201, 202, 204, 302, 303, 400, 401, 403, 404, 405, 409, 413, 415, 422, 503];

/// The meters of one route.
pub(super) struct Meters {
    method: &'static str,
    route: String,
    duration: Histogram,
    under_way: Gauge,
    answers: [OnceLock<Counter>; COMMON.len()],
}

impl Meters {
    pub(super) fn new(method: &Method, route: Option<&str>) -> Self {
        // An address nobody registered is one series, whatever clients make up.
        let (method, route) = match route {
            Some(route) => (known(method), route.to_owned()),
            None => ("*", "unmatched".to_owned()),
        };
        Self {
            method,
            duration: histogram!("http_request_duration_seconds", "method" => method, "route" => route.clone()),
            under_way: gauge!("http_requests_under_way"),
            answers: Default::default(),
            route,
        }
    }

    pub(super) fn begun(&self) {
        self.under_way.increment(1.0);
    }

    /// The request went away without an answer.
    pub(super) fn given_up(&self) {
        self.under_way.decrement(1.0);
    }

    pub(super) fn answered(&self, status: StatusCode, begun: Instant) {
        self.under_way.decrement(1.0);
        self.duration.record(begun.elapsed().as_secs_f64());
        match COMMON.iter().position(|&common| common == status.as_u16()) {
            Some(place) => self.answers[place].get_or_init(|| self.counter(status)).increment(1),
            None => self.counter(status).increment(1),
        }
    }

    pub(super) fn method(&self) -> &'static str {
        self.method
    }

    pub(super) fn route(&self) -> &str {
        &self.route
    }

    fn counter(&self, status: StatusCode) -> Counter {
        let status = status.as_str().to_owned();
        counter!("http_requests_total", "method" => self.method, "route" => self.route.clone(), "status" => status)
    }
}

fn known(method: &Method) -> &'static str {
    match method.as_str() {
        // HEAD is served by the GET route and counted with it.
        "GET" | "HEAD" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => "*",
    }
}
