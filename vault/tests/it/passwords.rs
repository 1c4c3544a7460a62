//! The hasher under load.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use futures::future::join_all;
use secrecy::SecretString;
use vault::{Busy, PasswordParams, Passwords, Verified};

/// Little work, and no rest.
const QUICK: PasswordParams = PasswordParams { memory_kib: 64, passes: 1, lanes: 1, queue: 64, share: 100 };

fn started(params: PasswordParams) -> Passwords {
    Passwords::start(params).unwrap()
}

fn password(text: &str) -> SecretString {
    SecretString::from(text)
}

#[tokio::test]
async fn what_was_hashed_is_verified() {
    let passwords = started(QUICK);
    let hash = passwords.hash(password("correct horse 1!")).await.unwrap();
    let right = passwords.verify(password("correct horse 1!"), Some(hash.clone())).await;
    assert_eq!(right, Ok(Verified { matches: true, outdated: false }));
    let wrong = passwords.verify(password("correct horse 2!"), Some(hash.clone())).await;
    assert_eq!(wrong, Ok(Verified { matches: false, outdated: false }));
    let nobody = passwords.verify(password("correct horse 1!"), None).await;
    assert_eq!(nobody, Ok(Verified { matches: false, outdated: false }));
    let stronger = started(PasswordParams { memory_kib: 128, ..QUICK });
    let outdated = stronger.verify(password("correct horse 1!"), Some(hash)).await;
    assert_eq!(outdated, Ok(Verified { matches: true, outdated: true }));
}

#[tokio::test]
async fn more_than_can_wait_are_refused_at_once_and_the_rest_is_served() {
    let passwords = started(PasswordParams { memory_kib: 4096, passes: 4, queue: 4, ..QUICK });
    let outcomes = join_all((0..64).map(|_| passwords.verify(password("x"), None))).await;
    let busy = outcomes.iter().filter(|outcome| **outcome == Err(Busy)).count();
    let served = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    // Four wait; a few more get in if the thread takes some from the queue meanwhile.
    assert!(served >= 4 && busy >= 32 && served + busy == 64, "{served} served, {busy} refused");
    assert!(passwords.verify(password("x"), None).await.is_ok(), "and then there is room again");
}

#[tokio::test]
async fn who_no_longer_waits_costs_no_work() {
    let passwords = started(PasswordParams { memory_kib: 32 * 1024, passes: 8, ..QUICK });
    let asked = Instant::now();
    passwords.verify(password("x"), None).await.unwrap();
    let one = asked.elapsed();
    for _ in 0..3 {
        let given_up = join_all((0..20).map(|_| passwords.verify(password("x"), None)));
        let _ = tokio::time::timeout(Duration::from_millis(1), given_up).await;
    }
    let asked = Instant::now();
    passwords.verify(password("x"), None).await.unwrap();
    // Sixty were asked for; at most those that were in hand were done.
    assert!(asked.elapsed() < one * 20, "{:?} against {one:?}", asked.elapsed());
}

/// The threads of this process that hash, and the others.
fn threads() -> (Vec<PathBuf>, Vec<PathBuf>) {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten().map(|task| task.path());
    tasks.partition(|task| std::fs::read_to_string(task.join("comm")).is_ok_and(|name| name.trim() == "passwords"))
}

/// On Linux the seventeenth of the fields of `/proc/.../stat` after the name in brackets; none of a thread that has ended.
fn nice(task: &Path) -> Option<i64> {
    let stat = std::fs::read_to_string(task.join("stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(16)?.parse().ok()
}

#[tokio::test]
async fn the_thread_has_the_lowest_priority_and_no_other_has() {
    let passwords = started(QUICK);
    passwords.hash(password("x")).await.unwrap();
    let (hashing, others) = threads();
    assert!(!hashing.is_empty() && hashing.iter().all(|task| nice(task) == Some(19)), "{hashing:?}");
    assert!(!others.is_empty() && others.iter().filter_map(|task| nice(task)).all(|nice| nice < 19), "{others:?}");
}

/// What it takes of a core is bounded however many ask, and even if nothing else is to be done: what a container may use in
/// a while, or the other half of a core, is used up by idle work too.
#[tokio::test]
async fn hashing_takes_no_more_than_its_share_of_a_core() {
    let passwords = started(PasswordParams { memory_kib: 4096, passes: 2, share: 20, ..QUICK });
    passwords.verify(password("x"), None).await.unwrap();
    // Nanoseconds on a processor since the thread began. In a process of several tests the busiest is this one's.
    let worked = || -> Duration {
        let time_of =
            |task: &PathBuf| std::fs::read_to_string(task.join("schedstat")).ok()?.split(' ').next()?.parse().ok();
        Duration::from_nanos(threads().0.iter().filter_map(time_of).max().unwrap())
    };
    let (began, before) = (Instant::now(), worked());
    let asked = join_all((0..20).map(|_| passwords.verify(password("x"), None))).await;
    let (took, worked) = (began.elapsed(), worked() - before);
    assert!(asked.iter().all(Result::is_ok));
    assert!(worked > Duration::ZERO && took > worked * 4, "{worked:?} of {took:?}");
}
