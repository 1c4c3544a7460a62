//! The model oracle: what clients were answered, put in the order of the log, must make one consistent story.

use std::collections::HashMap;

use uuid::Uuid;

use super::Answer;

/// Plays answered transfers (201, with both sides visible) in the order of their positions against balances and versions;
/// every answer must show exactly what the model has. The balances at the end.
pub fn replay(start: &HashMap<Uuid, (i128, i64)>, answers: &[Answer]) -> HashMap<Uuid, (i128, i64)> {
    let mut model = start.clone();
    let mut answers: Vec<&Answer> = answers.iter().collect();
    answers.sort_by_key(|answer| answer.number("position"));
    let mut before = 0;
    for answer in answers {
        let position = answer.number("position");
        assert!(position >= before + 3, "two transfers share positions: {}", answer.body);
        before = position;
        for posting in answer.body["postings"].as_array().unwrap() {
            let id: Uuid = posting["account_id"].as_str().unwrap().parse().unwrap();
            let number = |field: &str| -> i128 { posting[field].as_str().unwrap().parse().unwrap() };
            let Some((balance, version)) = model.get_mut(&id) else { continue };
            *balance += number("amount");
            *version += 1;
            assert!(*balance >= 0, "account {id} went below zero: {}", answer.body);
            assert_eq!(number("balance_after"), *balance, "a lost update: {}", answer.body);
            assert_eq!(posting["version"].as_i64(), Some(*version), "a lost update: {}", answer.body);
        }
    }
    model
}
