//! The file of the key set, followed while it is replaced by things that are no file.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{path::PathBuf, process::Command, time::Duration};

use platform::auth::{TokenError, Verifier};
use serde_json::json;

use crate::support::{claims, clock, jwk, token};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("jangbu-keys-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self) -> PathBuf {
        self.0.join("jwks.json")
    }

    /// As `jangbu keys` does: whole, or not at all.
    fn publish(&self, kids: &[(u8, &str)]) {
        let keys: Vec<_> = kids.iter().map(|(seed, kid)| jwk(*seed, kid)).collect();
        let draft = self.0.join("draft");
        std::fs::write(&draft, json!({ "keys": keys }).to_string()).unwrap();
        std::fs::rename(draft, self.file()).unwrap();
    }

    fn put_pipe(&self) {
        let draft = self.0.join("draft");
        assert!(Command::new("mkfifo").arg(&draft).status().unwrap().success());
        std::fs::rename(draft, self.file()).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(60), async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(waited.await.is_ok(), "{what}");
}

#[test]
fn a_key_withdrawn_behind_a_pipe_that_nobody_writes_is_withdrawn() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    // A failure must not wait for a thread that never ends.
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| runtime.block_on(withdraw_behind_a_pipe())));
    runtime.shutdown_background();
    outcome.unwrap();
}

async fn withdraw_behind_a_pipe() {
    let (folder, clock) = (Folder::new("pipe"), clock());
    folder.publish(&[(1, "one"), (2, "two")]);
    let verifier = Verifier::from_jwks_file_with(folder.file(), clock).expect("keys");
    let following = tokio::spawn(verifier.clone().follow_keys());
    let (one, two) = (token(1, Some("one"), &claims("member")), token(2, Some("two"), &claims("member")));
    assert!(verifier.verify(&one).is_ok() && verifier.verify(&two).is_ok());
    let three = token(3, Some("three"), &claims("member"));
    folder.put_pipe();
    // Long enough that the file was looked at, more than once.
    let looks = tokio::time::Instant::now() + Duration::from_millis(2500);
    while tokio::time::Instant::now() < looks {
        let made_up = verifier.clone();
        let asked = three.clone();
        let asked = tokio::time::timeout(Duration::from_secs(5), tokio::spawn(async move { made_up.verify(&asked) }));
        assert_eq!(asked.await.expect("it does not block").unwrap(), Err(TokenError::Key));
        assert!(verifier.verify(&one).is_ok(), "the keys stay in force");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    folder.publish(&[(2, "two")]);
    until("the token of the withdrawn key is refused", || verifier.verify(&one) == Err(TokenError::Key)).await;
    assert!(verifier.verify(&two).is_ok());
    assert_eq!(verifier.check_keys(), Ok(()));

    folder.publish(&[(3, "three")]);
    until("the next change counts too", || verifier.verify(&three).is_ok()).await;
    following.abort();
}

#[tokio::test]
async fn the_first_token_of_a_new_key_holds_where_a_task_follows_the_file() {
    let (folder, clock) = (Folder::new("first"), clock());
    folder.publish(&[(1, "one")]);
    let verifier = Verifier::from_jwks_file_with(folder.file(), clock).expect("keys");
    let following = tokio::spawn(verifier.clone().follow_keys());
    tokio::task::yield_now().await;
    folder.publish(&[(1, "one"), (2, "two")]);
    let (new, made_up) = (token(2, Some("two"), &claims("member")), token(3, Some("three"), &claims("member")));
    assert!(verifier.verify_with_new_keys(&new).await.is_ok());
    assert_eq!(verifier.verify_with_new_keys(&made_up).await, Err(TokenError::Key));
    following.abort();
}

#[test]
fn a_pipe_at_the_start_is_refused() {
    let folder = Folder::new("start");
    folder.put_pipe();
    let refused = Verifier::from_jwks_file_with(folder.file(), clock()).map(|_| ()).unwrap_err();
    let why = std::error::Error::source(&refused).unwrap().to_string();
    assert_eq!(why, "it is not a regular file");
}
