//! Payout runs.

use std::{convert::identity, fmt::Write, future::ready};

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use kernel::{MemberId, PayoutRunId, Role};
use platform::{
    auth::{Admitted, Principal},
    extract::Query,
    problem::{Code, Problem},
};
use reads::{Need, Page, PayoutResult, PayoutRun, ReadsError};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use crate::{
    answer::Answer,
    params::{ById, Freshness, Limit, Nothing},
    readers::Senders,
    route::Route,
    state::Api,
};

/// The media type of results that are exported.
const CSV: &str = "text/csv";

/// How many rows of an export are read at once.
const AT_ONCE: u16 = 1000;

/// The routes of this file.
pub fn routes() -> Vec<Route> {
    vec![
        Route::of::<Senders>(routes!(list)).answers(&[Code::Forbidden, Code::CursorInvalid]),
        Route::of::<Senders>(routes!(one)).answers(&[Code::Forbidden, Code::PayoutUnknown]),
        Route::of::<Senders>(routes!(results)).answers(&[Code::Forbidden, Code::PayoutUnknown, Code::CursorInvalid]),
    ]
}

/// Part of a list of payout runs.
#[derive(Debug, Serialize, ToSchema)]
pub struct PayoutRunPage {
    /// Newest opened first.
    pub items: Vec<PayoutRun>,
    /// Where the list goes on; null at its end.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl From<Page<PayoutRun>> for PayoutRunPage {
    fn from(page: Page<PayoutRun>) -> Self {
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}

/// Part of the rows of a payout run.
#[derive(Debug, Serialize, ToSchema)]
pub struct PayoutResultPage {
    /// In the order of their numbers.
    pub items: Vec<PayoutResult>,
    /// Where the list goes on; null at its end.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl From<Page<PayoutResult>> for PayoutResultPage {
    fn from(page: Page<PayoutResult>) -> Self {
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}

/// Which part of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PartQuery {
    /// How many at most.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, nullable = false)]
    limit: Option<Limit>,
    /// The `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// The service or partner that asks, if it is one: it sees nobody else's.
fn service(principal: &Principal) -> Option<MemberId> {
    Some(principal.actor).filter(|actor| matches!(actor.role, Role::Service | Role::Partner)).map(|actor| actor.id)
}

fn unknown() -> Problem {
    Problem::new(Code::PayoutUnknown).detail("there is no such payout run of yours")
}

/// Payout runs, newest opened first; a service sees those that it opened.
#[utoipa::path(get, operation_id = "payout_runs", security(("bearer" = [])), path = "/v1/payout-runs", tag = "payout runs",
    params(PartQuery), responses((status = 200, description = "Part of the list", body = PayoutRunPage)))]
pub async fn list(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<Senders>,
    Freshness(need, asked): Freshness,
    Query(query): Query<PartQuery>,
) -> Result<Answer<PayoutRunPage>, Problem> {
    let (cursor, limit) = (query.cursor.as_deref(), Limit::or_usual(query.limit));
    let runs = api.reads.payout_runs(service(&principal), cursor, limit, &need).await;
    Ok(Answer::of(runs, PayoutRunPage::from)?.preferred(asked))
}

/// One payout run, with how far it is; a service must have opened it.
#[utoipa::path(get, operation_id = "payout_run_by_id", security(("bearer" = [])), path = "/v1/payout-runs/{id}", tag = "payout runs",
    params(("id" = String, Path, format = Uuid, description = "The payout run"),),
    responses((status = 200, description = "The payout run", body = PayoutRun)))]
pub async fn one(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<Senders>,
    Freshness(need, asked): Freshness,
    ById(id): ById,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Answer<PayoutRun>, Problem> {
    let run = api.reads.payout_run(service(&principal), PayoutRunId::new(id), &need).await;
    Ok(Answer::found(run, identity, unknown)?.preferred(asked))
}

/// The rows of a payout run in the order of their numbers, and what came of each; a service must have opened the run. With
/// `Accept: text/csv` all of them from the cursor on, whatever the limit.
#[utoipa::path(get, operation_id = "payout_results", security(("bearer" = [])), path = "/v1/payout-runs/{id}/results",
    tag = "payout runs", params(("id" = String, Path, format = Uuid, description = "The payout run"), PartQuery),
    responses((status = 200, description = "Part of the list, or all of it as CSV", content(
        (PayoutResultPage = "application/json"),
        (String = "text/csv", example = json!("row,destination,amount,status,transfer_id,code\r\n1,123456789189,250000,pending,,\r\n")),
    ))))]
pub async fn results(
    State(api): State<Api>,
    Admitted { principal, .. }: Admitted<Senders>,
    Freshness(need, asked): Freshness,
    ById(id): ById,
    Query(query): Query<PartQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (service, run, as_csv) = (service(&principal), PayoutRunId::new(id), wants_csv(&headers));
    let limit = if as_csv { AT_ONCE } else { Limit::or_usual(query.limit) };
    let page = api.reads.payout_results(service, run, query.cursor.as_deref(), limit, &need).await;
    if !as_csv {
        return Ok(Answer::found(page, PayoutResultPage::from, unknown)?.preferred(asked).into_response());
    }
    let answer = Answer::found(page, identity, unknown)?.preferred(asked);
    Ok(answer.respond(|page| Export { api, service, run, need, page: Some(page) }.into_response()))
}

/// Whether the client named CSV among what it accepts.
fn wants_csv(headers: &HeaderMap) -> bool {
    let named = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut types = named.flat_map(|value| value.split(',')).filter_map(|one| one.split(';').next());
    types.any(|one| one.trim().eq_ignore_ascii_case(CSV))
}

/// The rows of a run as CSV, read page by page while they are sent: memory does not grow with their number.
struct Export {
    api: Api,
    service: Option<MemberId>,
    run: PayoutRunId,
    need: Need,
    /// What was read and not sent; none at the end.
    page: Option<Page<PayoutResult>>,
}

impl Export {
    fn into_response(self) -> Response {
        let heading = "row,destination,amount,status,transfer_id,code\r\n".to_owned();
        let lines = stream::once(ready(Ok(heading))).chain(stream::try_unfold(self, Self::next));
        ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], Body::from_stream(lines)).into_response()
    }

    /// The lines of the page that was read, and the rest. A client that gets an error in the middle sees a body that was cut off.
    async fn next(mut self) -> Result<Option<(String, Self)>, ReadsError> {
        let Some(Page { items, next_cursor }) = self.page.take() else { return Ok(None) };
        let mut lines = String::new();
        items.iter().for_each(|result| add_line(&mut lines, result));
        if next_cursor.is_some() {
            let (cursor, need) = (next_cursor.as_deref(), &self.need);
            let next = self.api.reads.payout_results(self.service, self.run, cursor, AT_ONCE, need).await?;
            self.page = next.value;
        }
        Ok(Some((lines, self)))
    }
}

/// No value of a row has a comma or a quote in it, so none is quoted.
fn add_line(lines: &mut String, result: &PayoutResult) {
    let PayoutResult { row, destination, amount, status, transfer_id, code } = result;
    let transfer = transfer_id.map(|transfer| transfer.to_string()).unwrap_or_default();
    let code = code.as_deref().unwrap_or_default();
    // Writing to a string never fails.
    let _ = write!(lines, "{row},{destination},{amount},{status},{transfer},{code}\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_is_sent_to_whoever_accepts_it() {
        for (accepted, is_csv) in [
            ("text/csv", true),
            ("Text/CSV; charset=utf-8", true),
            ("application/json, text/csv;q=0.5", true),
            ("application/json", false),
            ("*/*", false),
            ("text/csvx", false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, accepted.parse().expect("a header"))]);
            assert_eq!(wants_csv(&headers), is_csv, "{accepted}");
        }
        assert!(!wants_csv(&HeaderMap::new()));
    }

    #[test]
    fn a_row_is_a_line() {
        let result = |code: Option<&str>| PayoutResult {
            row: 7,
            destination: "123456789189".into(),
            amount: "250000".parse().expect("an amount"),
            status: "refused".into(),
            transfer_id: None,
            code: code.map(Into::into),
        };
        let mut lines = String::new();
        add_line(&mut lines, &result(Some("account-closed")));
        add_line(&mut lines, &result(None));
        assert_eq!(lines, "7,123456789189,250000,refused,,account-closed\r\n7,123456789189,250000,refused,,\r\n");
    }
}
