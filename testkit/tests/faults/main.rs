//! Rounds of faults under load, with a history checker: every answered command is in the log and in the views exactly once, no
//! acknowledged write is lost, and no read with a token is older than it.
//!
//! `./justw soak-faults` runs fifty rounds, the tests run a few; both are this.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bank;
mod checker;
mod fault;
mod history;
mod load;
mod outages;

use std::time::Instant;

use bank::FaultyBank;
use checker::Checker;
use fault::Deck;
use load::Load;
use outages::Outages;
use testkit::kit::test_variable;

/// Enough answers before and after a fault to see what it does.
const ANSWERS: usize = 150;
/// After more rounds the views are not read page by page.
const MANY: u64 = 10;

fn setting(name: &str, default: u64) -> u64 {
    let Ok(text) = test_variable(name) else { return default };
    text.parse().unwrap_or_else(|_| panic!("{name} is {text}, which is no number"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_whatever_fails() {
    let rounds = setting("JANGBU_TEST_FAULT_ROUNDS", 4);
    let seed = setting("JANGBU_TEST_FAULT_SEED", 1);
    let mut bank = FaultyBank::start().await;
    let people = bank.people().await;
    let load = Load::start(people);
    let (mut deck, mut checker, mut outages) = (Deck::shuffled(seed), Checker::new(&bank), Outages::default());
    let began = Instant::now();
    for round in 1..=rounds {
        bank.wait_until_whole().await;
        load.history.wait_for_more(ANSWERS).await;
        let (fault, duration) = deck.draw();
        let (since, until) = bank.suffer(fault, duration).await;
        bank.wait_until_whole().await;
        load.history.wait_for_more(ANSWERS).await;
        let outage = load.history.outage(since, until);
        println!("round {round}: {fault} for {duration:?}: {outage}");
        outages.note(fault, outage);
        checker.check(&mut bank, &load.history).await;
    }
    let history = load.stop().await;
    bank.wait_until_whole().await;
    let counted = checker.check(&mut bank, &history).await;
    let took = began.elapsed();
    println!("{rounds} rounds of seed {seed} in {} s: {counted}", took.as_secs());
    println!("{outages}");
    checker.prove(bank, &history, rounds > MANY).await;
}
