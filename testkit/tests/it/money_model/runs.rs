//! What must have become of payout runs and of their rows.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};
use uuid::Uuid;

use super::done::{Done, id, sides, units};

#[derive(Default)]
pub struct Runs {
    runs: HashMap<Uuid, Run>,
    /// Of all rows of all runs.
    transfers: HashSet<Uuid>,
}

pub struct Run {
    source: Uuid,
    reference: Value,
    pub status: &'static str,
    rows: Vec<Row>,
    pub posted: usize,
    pub refused: usize,
    paid: i128,
}

struct Row {
    number: i64,
    destination: Value,
    account: Uuid,
    amount: i128,
}

impl Run {
    fn total(&self) -> i128 {
        self.rows.iter().map(|row| row.amount).sum()
    }

    /// How many rows were paid or refused.
    fn done(&self) -> usize {
        self.posted + self.refused
    }

    /// How many rows never were.
    pub fn pending(&self) -> usize {
        self.rows.len() - self.done()
    }

    /// A body that shows the run shows it as it is here.
    pub fn check(&self, body: &Value) {
        let seen = (body["status"].as_str().unwrap(), &body["rows"], units(&body["total"]));
        assert_eq!(seen, (self.status, &json!(self.rows.len()), self.total()), "{body}");
        let seen = (&body["posted"], &body["refused"], units(&body["paid"]));
        assert_eq!(seen, (&json!(self.posted), &json!(self.refused), self.paid), "{body}");
    }
}

impl Runs {
    /// A client opened, changed, started, paused, resumed or cancelled one.
    pub fn changed(&mut self, done: &Done) {
        let (asked, body) = (&done.asked, &done.answer.body);
        if done.what == "open-run" {
            let (source, reference) = (id(&asked["source"]), asked["reference"].clone());
            let (status, rows, posted, refused, paid) = ("open", Vec::new(), 0, 0, 0);
            let run = Run { source, reference, status, rows, posted, refused, paid };
            run.check(body);
            assert!(self.runs.insert(id(&body["run_id"]), run).is_none(), "a run of one id twice");
            return;
        }
        if done.what == "rows" {
            return self.added(done);
        }
        let run = self.runs.get_mut(&id(&body["run_id"])).expect("it was opened");
        let before: &[&str] = match done.what {
            "start-run" => &["open"],
            "pause-run" => &["running"],
            "resume-run" => &["paused"],
            _ => &["open", "running", "paused"],
        };
        assert!(before.contains(&run.status), "{} of a run that is {}: {body}", done.what, run.status);
        run.status = match done.what {
            "start-run" => {
                assert_eq!(asked["expected_rows"], run.rows.len(), "{asked}");
                assert_eq!(units(&asked["expected_total"]), run.total(), "{asked}");
                "running"
            }
            "pause-run" => "paused",
            "resume-run" => "running",
            _ => "cancelled",
        };
        run.check(body);
    }

    fn added(&mut self, done: &Done) {
        let (asked, body) = (&done.asked, &done.answer.body);
        let run = self.runs.get_mut(&id(&asked["run_id"])).expect("it was opened");
        assert_eq!(run.status, "open", "rows were added to a run that has begun");
        let (before, rows) = (run.rows.len(), asked["rows"].as_array().unwrap());
        for row in rows.iter().filter(|row| units(&row["amount"]) > 0) {
            let (number, destination) = (row["row"].as_i64().unwrap(), row["destination"].clone());
            assert!(run.rows.last().is_none_or(|last| last.number < number), "rows are out of order: {asked}");
            let (account, amount) = (id(&row["account"]), units(&row["amount"]));
            run.rows.push(Row { number, destination, account, amount });
        }
        let added = run.rows.len() - before;
        assert_eq!((&body["added"], &body["rejected"]), (&json!(added), &json!(rows.len() - added)), "{body}");
        assert_eq!((&body["rows"], units(&body["total"])), (&json!(run.rows.len()), run.total()), "{body}");
    }

    /// A row was paid or refused: it was the next one, and the run was being paid. Whether it was posted.
    pub fn paid(&mut self, done: &Done) -> bool {
        let (result, body) = (&done.asked, &done.answer.body);
        let run = self.runs.get_mut(&id(&result["run_id"])).expect("it was opened");
        assert_eq!(run.status, "running", "a row of a run that is not being paid was paid: {result} {body}");
        let row = &run.rows[run.done()];
        let seen = (result["row"].as_i64(), &result["destination"], units(&result["amount"]));
        assert_eq!(seen, (Some(row.number), &row.destination, row.amount), "the next row: {result}");
        assert!(self.transfers.insert(id(&body["transfer_id"])), "a transfer pays two rows: {result}");
        assert_eq!((&body["kind"], &body["reference"]), (&json!("payout"), &run.reference), "{body}");
        let is_posted = result["status"] == "posted";
        if is_posted {
            assert_eq!((&body["status"], &result["code"]), (&json!("posted"), &Value::Null), "{body}");
            let legs: Vec<_> = sides(body).iter().map(|side| (side.account, side.amount)).collect();
            assert_eq!(legs, [(run.source, -row.amount), (row.account, row.amount)], "{body}");
            run.posted += 1;
            run.paid += row.amount;
        } else {
            assert_eq!((&body["status"], &body["code"]), (&json!("rejected"), &result["code"]), "{result}");
            run.refused += 1;
        }
        if run.pending() == 0 {
            run.status = "finished";
        }
        is_posted
    }

    pub fn all(&self) -> impl Iterator<Item = (Uuid, &Run)> {
        self.runs.iter().map(|(id, run)| (*id, run))
    }
}
