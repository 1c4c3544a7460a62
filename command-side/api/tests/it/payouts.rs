//! Payout runs: what the bank receives, how tables of rows are read, what is answered.

use application::{
    AddPayoutRows, CancelPayoutRun, Command, ExecuteError, OpenPayoutRun, Outcome, PausePayoutRun, PayoutDestination,
    PayoutRow, Refused, ResumePayoutRun, StartPayoutRun,
};
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use command_api::payout_table;
use domain::PayoutStatus;
use events::recorded::{PayoutTotals, Refusal};
use kernel::{AccountId, AccountNumber, Minor, PayoutRunId, Role};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    bad_input::refused,
    bank::payout,
    commands::{PROGRAMS, Sample, sample},
    support::{ALICE, Api, DESTINATION, HOLD, Reply, SOURCE, answer, bearer},
};

const HEADER: &str = "row,destination,amount,memo\n";

fn minor(units: i128) -> Minor {
    Minor::new(units).expect("an amount")
}

/// One of each command with a body in JSON.
pub fn samples() -> Vec<Sample> {
    let run = PayoutRunId::new(HOLD);
    let open = OpenPayoutRun {
        source: AccountId::new(SOURCE),
        name: "Salaries, November".to_owned(),
        reference: "payroll-2026-11".to_owned(),
    };
    let opened = json!({"source": SOURCE, "name": "Salaries, November", "reference": "payroll-2026-11"});
    let start = StartPayoutRun { run, expected_rows: 2, expected_total: minor(5_200_000) };
    let totals = json!({"expected_rows": 2, "expected_total": "5200000"});
    let of = |route, id, body, command| sample(route, id, body, PROGRAMS, command);
    vec![
        of("/v1/payout-runs", Uuid::nil(), opened, Command::OpenPayoutRun(open)),
        of("/v1/payout-runs/{id}/start", HOLD, totals, Command::StartPayoutRun(start)),
        of("/v1/payout-runs/{id}/pause", HOLD, json!({}), Command::PausePayoutRun(PausePayoutRun { run })),
        of("/v1/payout-runs/{id}/resume", HOLD, json!({}), Command::ResumePayoutRun(ResumePayoutRun { run })),
        of("/v1/payout-runs/{id}/cancel", HOLD, json!({}), Command::CancelPayoutRun(CancelPayoutRun { run })),
    ]
}

/// Sends a table as this content type.
async fn send_as(api: &Api, role: Role, content_type: &str, table: impl Into<Body>) -> Reply {
    let request = Request::post(format!("/v1/payout-runs/{HOLD}/rows"))
        .header("content-type", content_type)
        .header("authorization", bearer(role, ALICE))
        .header("idempotency-key", "key-1");
    api.send(request.body(table.into()).expect("a request")).await
}

async fn send(api: &Api, table: impl Into<Body>) -> Reply {
    send_as(api, Role::Service, "text/csv", table).await
}

fn rows_of(command: &Command) -> &[PayoutRow] {
    match command {
        Command::AddPayoutRows(AddPayoutRows { run, rows }) if *run == PayoutRunId::new(HOLD) => rows,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_run_is_answered_as_it_is() {
    let api = Api::posting();
    let opened = api.post_json(Role::Service, "/v1/payout-runs", samples()[0].body.clone()).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.text);
    let expected = json!({
        "run_id": HOLD, "status": "open", "source": SOURCE, "asset": "KRW", "name": "Salaries, November",
        "reference": "payroll-2026-11", "rows": 2, "total": "5200000", "posted": 0, "refused": 0, "paid": "0",
        "position": 42, "recorded_at": "2027-01-15T08:00:00.123456Z",
    });
    assert_eq!(opened.json(), expected);
    for (verb, status, is) in [("start", 202, "running"), ("pause", 200, "paused"), ("resume", 200, "running")] {
        let body = samples().into_iter().find(|sample| sample.route.ends_with(verb)).expect("a sample").body;
        let changed = api.post_json(Role::Operator, &format!("/v1/payout-runs/{HOLD}/{verb}"), body).await;
        assert_eq!((changed.status.as_u16(), &changed.json()["status"]), (status, &json!(is)), "{verb}");
    }
    let path = format!("/v1/payout-runs/{HOLD}/cancel");
    assert_eq!(api.post(Role::Operator, &path, "").await.json()["status"], "cancelled");
}

#[tokio::test]
async fn good_rows_are_added_and_bad_ones_named() {
    let number = AccountNumber::from_digits(1_234_567_890);
    let table = format!(
        "{HEADER}1,{DESTINATION},2500000,\"November, \"\"thanks\"\"\"\n\
         2, {number} ,2700000,\n\
         x,{DESTINATION},1,\n\
         2,{DESTINATION},1,\n\
         3,nobody,0,bell\u{7}\n\
         4,{DESTINATION},1.5\n\
         \n\
         5,{DESTINATION},1,last"
    );
    let api = Api::posting();
    let reply = send(&api, table).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    let body = reply.json();
    assert_eq!((&body["rows"], &body["added"], &body["rejected"]), (&json!(3), &json!(3), &json!(4)));
    let errors = body["errors"].as_array().expect("a list").iter();
    let errors: Vec<_> = errors.map(|error| (&error["line"], &error["row"], error["field"].as_str())).collect();
    let at = |line: u64, row: Value, field: &'static str| (json!(line), row, field);
    let expected = [
        at(4, json!(null), "row"),
        at(5, json!(2), "row"),
        at(6, json!(3), "destination"),
        at(6, json!(3), "amount"),
        at(6, json!(3), "memo"),
        at(7, json!(4), "row"),
    ];
    assert_eq!(errors.len(), expected.len(), "{body}");
    for (found, (line, row, field)) in errors.iter().zip(&expected) {
        assert_eq!(*found, (line, row, Some(*field)));
    }
    let account = PayoutDestination::Account(AccountId::new(DESTINATION));
    let row = |row, destination, units, memo: Option<&str>| PayoutRow {
        row,
        destination,
        amount: minor(units),
        memo: memo.map(str::to_owned),
    };
    let submissions = api.submissions();
    assert_eq!(submissions.len(), 1);
    let expected = [
        row(1, account, 2_500_000, Some("November, \"thanks\"")),
        row(2, PayoutDestination::Number(number), 2_700_000, None),
        row(5, account, 1, Some("last")),
    ];
    assert_eq!(rows_of(&submissions[0].command), expected);
}

#[tokio::test]
async fn a_table_of_bad_rows_adds_none_and_says_how_many_there_are() {
    let api = Api::new(|_| Ok(answer(Outcome::PayoutChanged(payout(PayoutStatus::Open)))));
    let bad: String = (1..=200).map(|row| format!("{row},{DESTINATION},0,\n")).collect();
    let reply = send(&api, format!("\u{feff}{HEADER}{bad}")).await;
    let body = reply.json();
    assert_eq!((&body["rows"], &body["added"], &body["rejected"]), (&json!(2), &json!(0), &json!(200)));
    assert_eq!(body["errors"].as_array().map(Vec::len), Some(100));
    assert!(rows_of(&api.submissions()[0].command).is_empty());
}

#[tokio::test]
async fn many_rows_are_several_commands_with_ids_of_their_own() {
    let table: String = (1..=25_000).map(|row| format!("{row},{DESTINATION},1,\n")).collect();
    let table = format!("{HEADER}{table}");
    let api = Api::posting();
    assert_eq!(send(&api, table.clone()).await.json()["added"], 25_000);
    assert_eq!(send(&api, table.clone()).await.status, StatusCode::OK);
    let submissions = api.submissions();
    let sizes: Vec<_> = submissions.iter().map(|submission| rows_of(&submission.command).len()).collect();
    assert_eq!(sizes, [10_000, 10_000, 5_000, 10_000, 10_000, 5_000]);
    assert_eq!(rows_of(&submissions[1].command)[0].row, 10_001);
    let ids: Vec<_> = submissions.iter().map(|submission| submission.meta.command_id).collect();
    assert_eq!(ids[..3], ids[3..], "a retry asks for the same again");
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
    let prints: Vec<_> = submissions.iter().map(|submission| submission.meta.fingerprint).collect();
    assert!(prints.iter().all(|print| *print == prints[0]));
    // The first has the id of any other request with this key.
    api.post_json(Role::Service, "/v1/payout-runs", samples()[0].body.clone()).await;
    assert_eq!(api.submissions().last().map(|submission| submission.meta.command_id), Some(ids[0]));
    // Another table is another request.
    send(&api, table.replace(",1,\n", ",2,\n")).await;
    assert_ne!(api.submissions()[7].meta.fingerprint, prints[0]);
    // The first refusal is the answer.
    let refusing = Api::refusing("payout-not-open");
    let reply = send(&refusing, table).await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (422, "payout-not-open"));
    assert_eq!(refusing.submissions().len(), 1);
}

#[tokio::test]
async fn what_is_no_table_is_refused() {
    let api = Api::posting();
    let table = format!("{HEADER}1,{DESTINATION},1,\n");
    for wrong in
        ["", "1,2,3,4\n", "row;destination;amount;memo\n", "Row,Destination,Amount,Memo\n", "row,destination\n"]
    {
        let reply = send(&api, wrong).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (400, "validation-failed"), "{wrong:?}");
    }
    assert_eq!(send(&api, &b"row,destination,amount,memo\n\xff"[..]).await.code(), "validation-failed");
    for content_type in ["application/json", "text/plain", "text/csv; charset=utf-16"] {
        let reply = send_as(&api, Role::Service, content_type, table.clone()).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (415, "unsupported-media-type"), "{content_type}");
    }
    let reply = send_as(&api, Role::Member, "text/csv", table.clone()).await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (403, "forbidden"));
    let large = format!("{HEADER}{}", " ".repeat(4 * 1024 * 1024));
    assert_eq!(send(&api, large).await.code(), "payload-too-large");
    assert!(api.submissions().is_empty());
    let nearly = format!("{HEADER}1,{DESTINATION},1,{}", "x".repeat(4 * 1024 * 1024 - 100));
    assert_eq!(send(&api, nearly).await.status, StatusCode::OK, "the memo is too long, and the table is not");
}

#[tokio::test]
async fn a_mismatch_says_what_the_run_has() {
    let totals = Some(PayoutTotals { rows: 2, total: minor(5_200_000) });
    let refusal = Refusal { totals, ..Refusal::of("control-total-mismatch") };
    let api = Api::answering(Outcome::Refused(Refused { refusal, transfer: None }));
    let reply = api.post_json(Role::Service, &format!("/v1/payout-runs/{HOLD}/start"), samples()[1].body.clone()).await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (422, "control-total-mismatch"));
    let body = reply.json();
    assert_eq!((&body["rows"], &body["total"]), (&json!(2), &json!("5200000")));
    let unknown = Api::failing(ExecuteError::PayoutUnknown);
    let reply = unknown.post(Role::Service, &format!("/v1/payout-runs/{HOLD}/pause"), "").await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (404, "payout-unknown"));
}

#[tokio::test]
async fn requests_of_the_wrong_form_are_refused() {
    let start = format!("/v1/payout-runs/{HOLD}/start");
    for (path, field, value) in [
        ("/v1/payout-runs", "source", json!("x")),
        ("/v1/payout-runs", "name", json!("")),
        ("/v1/payout-runs", "reference", json!("x".repeat(257))),
        (start.as_str(), "expected_rows", json!(0)),
        (start.as_str(), "expected_rows", json!(1_000_001)),
        (start.as_str(), "expected_rows", json!("2")),
        (start.as_str(), "expected_total", json!(5_200_000)),
    ] {
        let mut body = samples()[usize::from(path == start)].body.clone();
        body[field] = value;
        let answer = refused(Role::Service, path, body.to_string()).await;
        assert_eq!(answer, (400, "validation-failed".into(), field.into()), "{body}");
    }
}

proptest! {
    /// Whatever is sent: the rows that are taken are right, and the others are counted.
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), lines in "[0-9a-z,\" \n-]{0,200}") {
        let _ = payout_table(&bytes);
        let table = payout_table(format!("{HEADER}{lines}").as_bytes()).expect("a table");
        prop_assert!(table.rows.windows(2).all(|pair| pair[0].row < pair[1].row));
        prop_assert!(table.rows.iter().all(|row| row.row > 0 && row.amount.is_positive()));
        prop_assert!(table.errors.len() <= 100 && (table.rejected == 0) == table.errors.is_empty());
    }
}
