//! `jangbu log verify` on logs and views that were damaged: each kind of damage is found, and its place is reported.

mod exchange;
mod holds;
mod items;
mod limits;
mod log;
mod operators;
mod partners;
mod payouts;
mod processes;
mod views;

use testkit::kit::EditedLog;

use crate::databases::TestDatabases;

/// What is done.
enum Harm {
    /// An edit of the log.
    Log(fn(&mut EditedLog)),
    /// SQL in the database of the log.
    LogSql(&'static str),
    /// SQL in the database of the views.
    Views(&'static str),
}

/// A damage, and words that the report must have under WRONG.
struct Damage {
    name: &'static str,
    harm: Harm,
    words: &'static [&'static str],
}

#[tokio::test]
async fn every_damage_of_the_log_is_found() {
    each(log::LOG).await;
}

#[tokio::test]
async fn every_damage_of_holds_and_freezes_is_found() {
    each(holds::HOLDS).await;
}

#[tokio::test]
async fn every_damage_of_limits_and_payment_codes_is_found() {
    each(limits::LIMITS).await;
}

#[tokio::test]
async fn every_damage_of_items_and_offers_is_found() {
    each(items::ITEMS).await;
}

#[tokio::test]
async fn every_damage_of_standing_orders_is_found() {
    each(items::ORDERS).await;
}

#[tokio::test]
async fn every_damage_of_payout_runs_is_found() {
    each(payouts::PAYOUTS).await;
}

#[tokio::test]
async fn every_damage_of_processes_with_the_outside_is_found() {
    each(processes::PROCESSES).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_damage_of_partners_is_found() {
    each(partners::PARTNERS).await;
}

#[tokio::test]
async fn every_damage_of_operators_is_found() {
    each(operators::OPERATORS).await;
}

#[tokio::test]
async fn every_damage_of_the_exchange_is_found() {
    each(exchange::EXCHANGE).await;
}

#[tokio::test]
async fn every_damage_of_the_views_is_found() {
    each(views::VIEWS).await;
}

async fn each(damages: &[Damage]) {
    let sound = TestDatabases::with_bank().await;
    sound.run(&["log", "verify"]).expect(0);
    for damage in damages {
        let (databases, arguments): (TestDatabases, &[&str]) = match damage.harm {
            // The views are as they were, and not of interest here.
            Harm::Log(_) | Harm::LogSql(_) => (sound.with_copied_log().await, &["log", "verify", "--no-views"]),
            Harm::Views(_) => (sound.with_copied_views().await, &["log", "verify"]),
        };
        match damage.harm {
            Harm::Log(edit) => databases.edit_log(edit).await,
            Harm::LogSql(sql) => databases.on_log(sql).await,
            Harm::Views(sql) => databases.on_views(sql).await,
        }
        let run = databases.run(arguments);
        assert_eq!(run.code, 1, "{}: {}", damage.name, run.all());
        let wrong = run.stdout.split("WRONG:").skip(1).collect::<String>();
        for word in damage.words {
            assert!(wrong.contains(word), "{}: `{word}` is missing: {}", damage.name, run.all());
        }
        databases.drop().await;
    }
    sound.drop().await;
}
