//! The hasher under load.

use std::time::Duration;

use futures::future::join_all;
use secrecy::SecretString;
use vault::{Busy, PasswordParams, Passwords, Verified};

fn password(text: &str) -> SecretString {
    SecretString::from(text)
}

#[tokio::test]
async fn what_was_hashed_is_verified() {
    let passwords = Passwords::start(PasswordParams::new(64, 1, 1, 8).unwrap());
    let hash = passwords.hash(password("correct horse 1!")).await.unwrap();
    let right = passwords.verify(password("correct horse 1!"), Some(hash.clone())).await;
    assert_eq!(right, Ok(Verified { matches: true, outdated: false }));
    let wrong = passwords.verify(password("correct horse 2!"), Some(hash.clone())).await;
    assert_eq!(wrong, Ok(Verified { matches: false, outdated: false }));
    let nobody = passwords.verify(password("correct horse 1!"), None).await;
    assert_eq!(nobody, Ok(Verified { matches: false, outdated: false }));
    let stronger = Passwords::start(PasswordParams::new(128, 1, 1, 8).unwrap());
    let outdated = stronger.verify(password("correct horse 1!"), Some(hash)).await;
    assert_eq!(outdated, Ok(Verified { matches: true, outdated: true }));
}

#[tokio::test]
async fn more_than_can_wait_are_told_at_once_and_the_rest_is_served() {
    let passwords = Passwords::start(PasswordParams::new(4096, 4, 1, 4).unwrap());
    let outcomes = join_all((0..64).map(|_| passwords.verify(password("x"), None))).await;
    let busy = outcomes.iter().filter(|outcome| **outcome == Err(Busy)).count();
    let served = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    // Four wait; a few more get in if the thread takes some from the queue meanwhile.
    assert!(served >= 4 && busy >= 32 && served + busy == 64, "{served} served, {busy} told");
    assert!(passwords.verify(password("x"), None).await.is_ok(), "and then there is room again");
}

#[tokio::test]
async fn who_no_longer_waits_costs_no_work() {
    let passwords = Passwords::start(PasswordParams::new(32 * 1024, 8, 1, 64).unwrap());
    let started = std::time::Instant::now();
    passwords.verify(password("x"), None).await.unwrap();
    let one = started.elapsed();
    for _ in 0..3 {
        let given_up = join_all((0..20).map(|_| passwords.verify(password("x"), None)));
        let _ = tokio::time::timeout(Duration::from_millis(1), given_up).await;
    }
    let started = std::time::Instant::now();
    passwords.verify(password("x"), None).await.unwrap();
    // Sixty were asked for; at most those that were in hand were done.
    assert!(started.elapsed() < one * 20, "{:?} against {one:?}", started.elapsed());
}

/// On Linux the fields of `/proc/.../stat` after the name in brackets: the nice value is the seventeenth, the policy the
/// thirty-ninth (5 is `SCHED_IDLE`).
#[tokio::test]
async fn the_thread_has_the_lowest_priority_and_no_other_has() {
    let passwords = Passwords::start(PasswordParams::new(64, 1, 1, 1).unwrap());
    passwords.hash(password("x")).await.unwrap();
    let told_of = |task: &std::path::Path| -> Option<(String, i64, i64)> {
        let stat = std::fs::read_to_string(task.join("stat")).ok()?;
        let (name, fields) = stat.split_once('(')?.1.rsplit_once(')')?;
        let fields: Vec<i64> = fields.split_whitespace().map(|field| field.parse().unwrap_or_default()).collect();
        Some((name.to_owned(), *fields.get(16)?, *fields.get(38)?))
    };
    let threads = || -> Vec<_> {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
        tasks.filter_map(|task| told_of(&task.path())).collect()
    };
    let wanted = [("passwords".to_owned(), 19, 5), ("late-passwords".to_owned(), 19, 0)];
    let there = async {
        while !wanted.iter().all(|wanted| threads().contains(wanted)) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), there).await.unwrap_or_else(|_| panic!("{:?}", threads()));
    let others = threads().into_iter().filter(|(name, ..)| !name.ends_with("passwords"));
    assert!(others.clone().all(|(_, nice, policy)| nice < 19 && policy == 0), "{:?}", threads());
}
