//! Holds the history against the log and the views.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    time::Instant,
};

use serde_json::{Value, json};
use sqlx::{Connection, PgConnection, Row};
use testkit::{
    app::{Answer, Ledger, eventually},
    chaos::Jangbu,
};
use uuid::Uuid;

use crate::{
    bank::FaultyBank,
    history::{Entry, History, Outcome},
};

/// Posted and rejected transfers of the clients after a position, each at the end of its commit.
const RECORDED: &str = "select c.last_position as position, e.stream_id as id, e.payload->>'memo' as memo,
        e.payload->'refusal'->>'code' as code
    from events e
    cross join lateral (
        select last_position from commits where first_position <= e.position order by first_position desc limit 1
    ) c
    where e.position > $1 and e.type in ('TransferPosted', 'TransferRejected') and e.payload->>'memo' like 'fault-%'
    order by e.position";
const SHOWN: &str = "select position, transfer_id as id, memo, code from live.transfers
    where position > $1 and position <= $2 and memo like 'fault-%' order by position";

/// A transfer as it is recorded or shown.
#[derive(Clone, Debug, PartialEq)]
struct Found {
    position: i64,
    id: Uuid,
    /// Why it was refused.
    code: Option<String>,
}

pub struct Checker {
    log: String,
    views: String,
    /// By key, as far as the log was read.
    found: HashMap<String, Vec<Found>>,
    read_to: i64,
}

/// What a check has seen.
#[derive(Debug, Default)]
pub struct Counted {
    posted: usize,
    refused: usize,
    unanswered: usize,
    /// Of those without an answer.
    carried_out: usize,
    history: String,
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { posted, refused, unanswered, carried_out, history } = self;
        write!(
            f,
            "{posted} posted, {refused} refused, {unanswered} given up ({carried_out} of them carried out); {history}"
        )
    }
}

impl Checker {
    pub fn new(bank: &FaultyBank) -> Self {
        let (log, views) = (bank.app.pair.log.superuser_url(), bank.app.pair.views.superuser_url());
        Self { log, views, found: HashMap::new(), read_to: 0 }
    }

    /// Whatever was answered before now is in the log once, as it was answered, and in the view of transfers too; what was not
    /// answered is there once or not at all; there is nothing that nobody asked for, and no alarm.
    pub async fn check(&mut self, bank: &mut FaultyBank, history: &History) -> Counted {
        history.assert_right();
        let now = Instant::now();
        let mut log = PgConnection::connect(&self.log).await.unwrap();
        let head: i64 = sqlx::query_scalar("select position from log_head").fetch_one(&mut log).await.unwrap();
        let recorded = rows(sqlx::query(RECORDED).bind(self.read_to).fetch_all(&mut log).await.unwrap());
        let alarms: i64 = sqlx::query_scalar("select count(*) from audit_alarms").fetch_one(&mut log).await.unwrap();
        assert_eq!(alarms, 0, "the auditor found something");
        bank.app.wait_until_level().await;
        let mut views = PgConnection::connect(&self.views).await.unwrap();
        let shown = sqlx::query(SHOWN).bind(self.read_to).bind(head).fetch_all(&mut views).await.unwrap();
        // Events after `head` may have been read already, and are compared next time.
        let until_head: Vec<_> = recorded.into_iter().filter(|(_, found)| found.position <= head).collect();
        let shown = rows(shown);
        let difference = until_head.iter().zip(&shown).find(|(recorded, shown)| recorded != shown);
        assert_eq!(difference, None, "the log, and what the view shows");
        assert_eq!(until_head.len(), shown.len(), "transfers in the log, and in the view");
        for (key, found) in until_head {
            self.found.entry(key).or_default().push(found);
        }
        self.read_to = head;
        self.compare(history, now)
    }

    fn compare(&self, history: &History, now: Instant) -> Counted {
        let entries = history.entries();
        for (key, found) in &self.found {
            assert!(entries.contains_key(key), "nobody asked for {key}: {found:?}");
            assert!(found.len() == 1, "{key} is in the log {} times: {found:?}", found.len());
        }
        let mut counted = Counted { history: history.to_string(), ..Counted::default() };
        for (key, Entry { ended, .. }) in entries.iter() {
            let found = self.found.get(key).map(|found| &found[0]);
            match ended {
                Some((at, Outcome::Posted(answer))) if *at <= now => {
                    let ought = Found { position: answer.number("position"), id: answer.id("transfer_id"), code: None };
                    assert_eq!(found, Some(&ought), "{key} was answered 201");
                    counted.posted += 1;
                }
                Some((at, Outcome::Refused(answer))) if *at <= now => {
                    let found = found.map(|found| (found.id, found.code.as_deref()));
                    let ought = (answer.id("transfer_id"), Some(answer.code()));
                    assert_eq!(found, Some(ought), "{key} was answered 422");
                    counted.refused += 1;
                }
                Some((_, Outcome::Nothing)) => {
                    counted.unanswered += 1;
                    counted.carried_out += usize::from(found.is_some());
                }
                _ => {}
            }
        }
        counted
    }

    /// The whole log once more by a fold of its own, the order of commands that did not overlap, and the proof of the views.
    pub async fn prove(self, mut bank: FaultyBank, history: &History, is_long: bool) {
        history.assert_right();
        in_order(history);
        let ledger = bank.app.ledger().await;
        postings_are_recorded(history, &ledger);
        let jangbu = Jangbu::new(&bank.app.bank.plan().binaries, &bank.app.pair).unwrap();
        let head = bank.app.head().await;
        eventually("the log is audited", async || {
            let shown = jangbu.run(&["audit", "show"]).await.map_err(|error| format!("{error:#}"))?;
            assert_eq!((&shown["alarms"], &shown["stopped_by"]), (&json!([]), &Value::Null), "{shown}");
            let rules = shown["invariants"].as_array().unwrap();
            assert!(rules.iter().all(|rule| rule["found"] == 0), "{shown}");
            Ok(())
        })
        .await;
        jangbu.run(&["log", "verify"]).await.unwrap();
        println!("{head} events: `jangbu log verify` finds nothing");
        // A long history is not read again page by page: the proof has compared the views.
        if is_long {
            bank.app.bank.end_all().await.unwrap();
            std::fs::remove_dir_all(bank.app.logs().parent().unwrap()).unwrap();
        } else {
            bank.app.close().await;
        }
    }
}

fn rows(rows: Vec<sqlx::postgres::PgRow>) -> Vec<(String, Found)> {
    let row = |row: sqlx::postgres::PgRow| {
        (row.get("memo"), Found { position: row.get("position"), id: row.get("id"), code: row.get("code") })
    };
    rows.into_iter().map(row).collect()
}

/// A command that was sent after another one was answered stands behind it in the log.
fn in_order(history: &History) {
    let entries = history.entries();
    let posted = |(key, entry): (&String, &Entry)| match &entry.ended {
        Some((at, Outcome::Posted(answer))) => Some((key.clone(), entry.begun, *at, answer.number("position"))),
        _ => None,
    };
    let posted: Vec<_> = entries.iter().filter_map(posted).collect();
    let mut answers: BTreeMap<Instant, i64> = BTreeMap::new();
    for (_, _, at, position) in &posted {
        answers.insert(*at, *position);
    }
    let mut highest = 0;
    for position in answers.values_mut() {
        highest = highest.max(*position);
        *position = highest;
    }
    for (key, begun, _, position) in posted {
        let before = answers.range(..begun).next_back().map_or(0, |(_, position)| *position);
        assert!(position > before, "{key} is at {position}, and began after the answer of {before}");
    }
}

/// The balances and versions in the answers are those of the log.
fn postings_are_recorded(history: &History, ledger: &Ledger) {
    let mut recorded: HashMap<(Uuid, Uuid), i128> = HashMap::new();
    for (account, state) in &ledger.accounts {
        recorded.extend(state.postings.iter().map(|(transfer, _, after)| ((*account, *transfer), *after)));
    }
    let check = |answer: &Answer| {
        for posting in answer.body["postings"].as_array().unwrap() {
            let account: Uuid = posting["account_id"].as_str().unwrap().parse().unwrap();
            // What is not the payer's own may be hidden.
            let Some(after) = posting["balance_after"].as_str() else { continue };
            let after: i128 = after.parse().unwrap();
            let found = recorded.get(&(account, answer.id("transfer_id")));
            assert_eq!(found, Some(&after), "an acknowledged write was lost: {}", answer.body);
        }
    };
    for entry in history.entries().values() {
        if let Some((_, Outcome::Posted(answer))) = &entry.ended {
            check(answer);
        }
    }
}

/// What the checker must not let through.
#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;

    const ID: Uuid = Uuid::from_u128(1);

    fn answer(position: i64) -> Outcome {
        let body = json!({"transfer_id": ID, "position": position, "postings": []});
        Outcome::Posted(Answer { status: 201, headers: HeaderMap::new(), body })
    }

    fn refusal(code: &str) -> Outcome {
        let body = json!({"transfer_id": ID, "code": code});
        Outcome::Refused(Answer { status: 422, headers: HeaderMap::new(), body })
    }

    fn history(outcomes: impl IntoIterator<Item = Outcome>) -> History {
        let history = History::default();
        for (number, outcome) in outcomes.into_iter().enumerate() {
            let key = format!("fault-{number}");
            history.begin(&key, Instant::now());
            history.end(&key, Instant::now(), outcome);
        }
        history
    }

    fn compare(outcome: Outcome, found: &[(i64, Option<&str>)]) -> Counted {
        let found =
            found.iter().map(|(position, code)| Found { position: *position, id: ID, code: code.map(str::to_owned) });
        let found: Vec<Found> = found.collect();
        let found = if found.is_empty() { HashMap::new() } else { [("fault-0".to_owned(), found)].into() };
        let checker = Checker { log: String::new(), views: String::new(), found, read_to: 0 };
        checker.compare(&history([outcome]), Instant::now())
    }

    #[test]
    fn what_is_as_it_was_answered_passes() {
        assert_eq!(compare(answer(3), &[(3, None)]).posted, 1);
        assert_eq!(compare(refusal("insufficient-funds"), &[(3, Some("insufficient-funds"))]).refused, 1);
        assert_eq!(compare(Outcome::Nothing, &[(3, None)]).carried_out, 1);
        assert_eq!(compare(Outcome::Nothing, &[]).unanswered, 1);
        in_order(&history([answer(3), answer(6)]));
    }

    #[test]
    #[should_panic(expected = "was answered 201")]
    fn a_lost_write_is_noticed() {
        compare(answer(3), &[]);
    }

    #[test]
    #[should_panic(expected = "is in the log 2 times")]
    fn a_doubled_command_is_noticed() {
        compare(Outcome::Nothing, &[(3, None), (6, None)]);
    }

    #[test]
    #[should_panic(expected = "was answered 422")]
    fn a_refused_command_that_was_carried_out_is_noticed() {
        compare(refusal("insufficient-funds"), &[(3, None)]);
    }

    #[test]
    #[should_panic(expected = "began after the answer of 6")]
    fn a_command_before_one_that_was_answered_earlier_is_noticed() {
        in_order(&history([answer(6), answer(3)]));
    }
}
