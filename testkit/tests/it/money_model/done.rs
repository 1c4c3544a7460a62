//! A command that was carried out, and how its answer is read.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::support::Answer;

/// A command that was carried out: a client's, with its answer, or one of the bank's own, with the transfer that it
/// made.
pub struct Done {
    pub what: &'static str,
    /// Who asked; none for an operator, and for the bank itself.
    pub person: Option<usize>,
    pub asked: Value,
    pub answer: Answer,
    /// Where it stands in the log.
    pub position: i64,
}

/// One leg of a transfer.
#[derive(Clone, Debug, PartialEq)]
pub struct Side {
    pub account: Uuid,
    pub asset: String,
    pub amount: i128,
    /// The account's balance after it, if whoever reads it may know.
    pub balance_after: Option<i128>,
}

pub fn units(value: &Value) -> i128 {
    value.as_str().unwrap_or_else(|| panic!("no amount: {value}")).parse().unwrap()
}

pub fn id(value: &Value) -> Uuid {
    value.as_str().unwrap_or_else(|| panic!("no id: {value}")).parse().unwrap()
}

pub fn time(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap_or_else(|| panic!("no time: {value}")).parse().unwrap()
}

/// The legs of a posted transfer.
pub fn sides(body: &Value) -> Vec<Side> {
    let postings = body["postings"].as_array().unwrap_or_else(|| panic!("no transfer: {body}"));
    let side = |posting: &Value| Side {
        account: id(&posting["account_id"]),
        asset: posting["asset"].as_str().unwrap().to_owned(),
        amount: units(&posting["amount"]),
        balance_after: posting["balance_after"].as_str().map(|text| text.parse().unwrap()),
    };
    postings.iter().map(side).collect()
}
