//! The rows of a payout run, sent as a table: comma-separated values (RFC 4180) in UTF-8.

use application::{
    AddPayoutRows, Answer, Command, Destination, Meta, OperatorAct, Outcome, PayoutAnswer, PayoutDestination,
    PayoutRow, Submission,
};
use axum::{extract::State, http::StatusCode, response::Response};
use csv::{Position, ReaderBuilder, StringRecord};
use kernel::{Actor, CommandId, Minor, PayoutRunId};
use platform::{
    extract::{Csv, Path},
    problem::Problem,
};
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    answer::json,
    body::{Note, PayeeRef, path_id},
    caller::{Caller, PayoutRunners},
    identity::fingerprint,
    problems,
    state::ApiState,
    submit::{command_id, respond_to},
};

const ROUTE: &str = "POST /v1/payout-runs/{id}/rows";
/// The first line of a table.
const HEADER: [&str; 4] = ["row", "destination", "amount", "memo"];
/// So many wrong fields are named; what is wrong with thousands of rows is mostly wrong with the first of them too.
const MOST_NAMED: usize = 100;

/// What a table of rows says.
#[derive(Debug, Default, PartialEq)]
pub struct PayoutTable {
    /// The rows that are right, in the order of their numbers.
    pub rows: Vec<PayoutRow>,
    /// How many rows are wrong, and left out.
    pub rejected: u32,
    /// What is wrong with them: the first 100 wrong fields.
    pub errors: Vec<PayoutRowError>,
}

/// A wrong field of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PayoutRowError {
    /// The line of the table on which the row begins; the header stands on line 1.
    #[schema(minimum = 1)]
    pub line: u64,
    /// The number of the row; null if it has none.
    #[schema(required, minimum = 1)]
    pub row: Option<u32>,
    /// `row`, `destination`, `amount` or `memo`.
    #[schema(value_type = String, pattern = "^(row|destination|amount|memo)$", examples("amount"))]
    pub field: &'static str,
    /// What is wrong with it.
    pub message: String,
}

/// Reads a table of rows. A row with a wrong field is left out, and named.
///
/// # Errors
///
/// If it is no text in UTF-8, or does not begin with the header.
pub fn payout_table(bytes: &[u8]) -> Result<PayoutTable, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::invalid("body", "the table is text in UTF-8"))?;
    // Spreadsheets put a mark of the byte order before it.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let unreadable = |_: csv::Error| Problem::invalid("body", "the table cannot be read");
    if !reader.headers().map_err(unreadable)?.iter().eq(HEADER) {
        return Err(Problem::invalid("body", format!("the first line is {}", HEADER.join(","))));
    }
    let (mut table, mut last_row) = (PayoutTable::default(), 0);
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        match read_row(&record, last_row) {
            Ok(row) => {
                last_row = row.row;
                table.rows.push(row);
            }
            Err(wrong) => {
                table.rejected = table.rejected.saturating_add(1);
                let line = record.position().map_or(0, Position::line);
                let room = MOST_NAMED.saturating_sub(table.errors.len());
                let named = wrong.fields.into_iter().take(room);
                table.errors.extend(named.map(|(field, message)| PayoutRowError {
                    line,
                    row: wrong.number,
                    field,
                    message,
                }));
            }
        }
    }
    Ok(table)
}

/// What is wrong with a row.
struct Wrong {
    number: Option<u32>,
    fields: Vec<(&'static str, String)>,
}

fn read_row(record: &StringRecord, last_row: u32) -> Result<PayoutRow, Wrong> {
    let field = |index: usize| record.get(index).unwrap_or_default();
    let number = row_number(field(0).trim());
    if record.len() != HEADER.len() {
        let fields = vec![("row", format!("a row has {} fields, and this one has {}", HEADER.len(), record.len()))];
        return Err(Wrong { number, fields });
    }
    let row = match number {
        None => Err("the number of a row is a whole number from 1 to 4294967295".to_owned()),
        Some(number) if number <= last_row => Err("the row has no higher number than the one before it".to_owned()),
        Some(number) => Ok(number),
    };
    let destination = field(1).trim().parse().map(destination);
    let amount = amount(field(2).trim());
    let memo = field(3).parse().map(|Note(text)| (!text.is_empty()).then_some(text)).map_err(str::to_owned);
    match (row, destination, amount, memo) {
        (Ok(row), Ok(destination), Ok(amount), Ok(memo)) => Ok(PayoutRow { row, destination, amount, memo }),
        (row, destination, amount, memo) => {
            let messages = [row.err(), destination.err(), amount.err(), memo.err()];
            let fields = HEADER.into_iter().zip(messages).filter_map(|(field, message)| Some((field, message?)));
            Err(Wrong { number, fields: fields.collect() })
        }
    }
}

fn row_number(text: &str) -> Option<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_number && *number > 0)
}

fn destination(PayeeRef(payee): PayeeRef) -> PayoutDestination {
    match payee {
        Destination::Account(account) => PayoutDestination::Account(account),
        Destination::Number(number) => PayoutDestination::Number(number),
    }
}

fn amount(text: &str) -> Result<Minor, String> {
    match text.parse::<Minor>() {
        Ok(amount) if amount.is_positive() => Ok(amount),
        Ok(_) => Err("the amount must be more than zero".to_owned()),
        Err(_) => Err("an amount is minor units: 1 to 38 digits and nothing else".to_owned()),
    }
}

/// What was added to a run.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AddedRows)]
pub(crate) struct AddedDto {
    /// How many rows the run has now.
    #[schema(minimum = 0, maximum = 1_000_000)]
    rows: u32,
    /// What they come to, in minor units.
    #[schema(value_type = String, pattern = "^[0-9]{1,38}$", examples("12500"))]
    total: Minor,
    /// How many rows of this table were added.
    #[schema(minimum = 0)]
    added: usize,
    /// How many rows of this table were left out, since something is wrong with them.
    #[schema(minimum = 0)]
    rejected: u32,
    /// What is wrong with them: the first 100 wrong fields.
    #[schema(max_items = 100)]
    errors: Vec<PayoutRowError>,
}

/// Add rows
///
/// A table of rows, as `text/csv` in UTF-8 with the header `row,destination,amount,memo`: the number of the row, higher than that of the row
/// before it; the id or the number of the account that is paid; the amount in minor units; words for the payee, which may be empty. Rows that
/// are right are added; the others are left out, and named in `errors`. Up to 4 MiB in a request, and a million rows in a run.
#[utoipa::path(
    post, path = "/v1/payout-runs/{id}/rows", tag = "payout runs", security(("bearer" = [])),
    params(("id" = uuid::Uuid, Path, description = "The payout run")),
    request_body(
        content = String, content_type = "text/csv", description = "The table",
        example = "row,destination,amount,memo\n1,123456789189,2500000,November\n2,01980c5e-2f7a-7c31-9d0e-5b1f6a3c8e02,2700000,\n",
    ),
    responses((status = 200, description = "How many rows the run has, and what is wrong with those left out", body = AddedDto)),
)]
pub(crate) async fn add_payout_rows(
    State(state): State<ApiState>,
    caller: Caller<PayoutRunners>,
    Path(id): Path<String>,
    Csv(body): Csv,
) -> Result<Response, Problem> {
    let id = path_id(&id)?;
    let PayoutTable { rows, rejected, errors } = payout_table(&body)?;
    let meta = Meta {
        command_id: command_id(&state, &caller)?,
        fingerprint: fingerprint(ROUTE, Some(id), &String::from_utf8_lossy(&body))?,
        correlation: caller.context.correlation,
        deadline: Instant::now() + state.deadline(),
        token: Some(caller.token()),
        trace: caller.context.trace,
    };
    let (added, act) = (rows.len(), caller.act()?);
    let (answer, command_id) = add(&state, (caller.actor, act), meta, PayoutRunId::new(id), &rows).await?;
    respond_to(&answer, caller.actor, command_id, |outcome, _, _| match outcome {
        Outcome::PayoutChanged(PayoutAnswer { rows, total, .. }) => {
            Some(json(StatusCode::OK, &AddedDto { rows: *rows, total: *total, added, rejected, errors }))
        }
        _ => None,
    })
}

/// Adds the rows, by several commands if they are many. A retry under the same key goes on where it was: those that were carried out are
/// answered again. Gives the first refusal, or the last answer.
async fn add(
    state: &ApiState,
    (actor, act): (Actor, Option<OperatorAct>),
    meta: Meta,
    run: PayoutRunId,
    rows: &[PayoutRow],
) -> Result<(Answer, CommandId), Problem> {
    let bank = state.bank().map_err(problems::of_execution)?;
    let (mut left, mut number) = (rows, 0);
    loop {
        let (part, rest) = left.split_at(left.len().min(AddPayoutRows::MOST));
        let meta =
            Meta { command_id: part_id(meta.command_id, number), deadline: Instant::now() + state.deadline(), ..meta };
        tracing::debug!(
            correlation.id = %meta.correlation, command.id = %meta.command_id, %actor, route = ROUTE,
            rows = part.len(), "a command"
        );
        let command = Command::AddPayoutRows(AddPayoutRows { run, rows: part.to_vec() });
        let answer = bank
            .execute(Submission { actor, meta, act: act.clone(), command })
            .await
            .map_err(problems::of_execution)?;
        if rest.is_empty() || matches!(answer.answer.as_ref(), Outcome::Refused(_)) {
            return Ok((answer, meta.command_id));
        }
        (left, number) = (rest, number + 1);
    }
}

/// The id of a part of what is asked for under one key: the first has the id that follows from the key.
fn part_id(first: CommandId, number: u32) -> CommandId {
    match number {
        0 => first,
        number => CommandId::new(Uuid::new_v5(&first.uuid(), format!("payout-rows/{number}").as_bytes())),
    }
}
