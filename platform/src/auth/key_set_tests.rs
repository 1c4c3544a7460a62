//! Looks at a file that does not answer.

use std::sync::Condvar;

use kernel::ManualClock;
use tokio::time::sleep;

use super::*;

/// A set with these key ids.
fn set(kids: &[&str]) -> String {
    // The public key of RFC 8032, test 1.
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let keys: Vec<_> =
        kids.iter().map(|kid| serde_json::json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid})).collect();
    serde_json::json!({ "keys": keys }).to_string()
}

/// A place where reads hang while it is closed. A read that hung gives what the file held when it began.
#[derive(Default)]
struct Mount {
    hangs: Mutex<bool>,
    held: AtomicUsize,
    answers: Condvar,
}

impl Mount {
    fn set_hanging(&self, hangs: bool) {
        *self.hangs.lock().unwrap() = hangs;
        self.answers.notify_all();
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let bytes = std::fs::read(path);
        let hangs = self.hangs.lock().unwrap();
        self.held.fetch_add(1, Ordering::AcqRel);
        drop(self.answers.wait_while(hangs, |hangs| *hangs).unwrap());
        self.held.fetch_sub(1, Ordering::AcqRel);
        bytes
    }
}

struct KeySetFixture {
    path: PathBuf,
    mount: Arc<Mount>,
    clock: Arc<ManualClock>,
    set: Arc<KeySet>,
}

impl KeySetFixture {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("jangbu-key-set-{}-{name}.json", std::process::id()));
        std::fs::write(&path, set(&["old"])).unwrap();
        let mount = Arc::new(Mount::default());
        let read = mount.clone();
        let clock = Arc::new(ManualClock::new(at(0)));
        let set = KeySet::from_file_with(&path, Box::new(move |path| read.read(path)), clock.clone()).unwrap();
        Self { path, mount, clock, set: Arc::new(set) }
    }

    fn file(&self) -> &File {
        self.set.file.as_ref().unwrap()
    }

    fn look(&self, number: u64, seconds: i64) -> Look {
        Look { number, at: at(seconds).timestamp() }
    }

    fn end(&self, look: Look, kids: Option<&[&str]>) {
        let found = match kids {
            Some(kids) => Ok(Some((Stamp::of(&self.path).unwrap(), Keys::parse_again(set(kids).as_bytes()).unwrap()))),
            None => Keys::parse_again(b"{").map(|_| None),
        };
        self.set.end(self.file(), look, found);
    }

    fn ids(&self) -> Vec<String> {
        self.set.keys().ids()
    }

    fn is_outdated(&self, seconds: i64) -> bool {
        self.set.is_outdated(at(seconds).timestamp())
    }
}

impl Drop for KeySetFixture {
    fn drop(&mut self) {
        self.mount.set_hanging(false);
        let _ = std::fs::remove_file(&self.path);
    }
}

fn at(seconds: i64) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

#[test]
fn a_look_that_ends_late_does_not_replace_what_a_later_one_found() {
    let fixture = KeySetFixture::new("late");
    fixture.end(fixture.look(2, 5), Some(&["new"]));
    fixture.end(fixture.look(1, 0), Some(&["old"]));
    assert_eq!(fixture.ids(), ["new"]);
    fixture.end(fixture.look(1, 0), None);
    assert!(!fixture.is_outdated(100_000), "nor is its failure one");
    fixture.set.failed(fixture.file(), fixture.look(2, 5), &LookError::Hung);
    assert!(!fixture.is_outdated(100_000), "a look that ended just in time has not failed");
}

#[test]
fn failures_count_from_the_first_one_and_end_with_a_success() {
    let fixture = KeySetFixture::new("failures");
    fixture.set.failed(fixture.file(), fixture.look(1, 10), &LookError::Hung);
    fixture.set.failed(fixture.file(), fixture.look(2, 20), &LookError::Skipped(1));
    assert!(!fixture.is_outdated(610) && fixture.is_outdated(611));
    fixture.end(fixture.look(3, 30), Some(&["old"]));
    assert!(!fixture.is_outdated(100_000));
    fixture.end(fixture.look(4, 700), None);
    fixture.end(fixture.look(5, 701), None);
    assert!(!fixture.is_outdated(1300) && fixture.is_outdated(1301));
    fixture.clock.set(at(1301));
    assert!(fixture.set.check().unwrap_err().contains("could not be read for 600 s"));
    // The sixth ends after the seventh was given up: the keys were good when the sixth began.
    fixture.set.failed(fixture.file(), fixture.look(7, 1310), &LookError::Hung);
    fixture.end(fixture.look(6, 1305), Some(&["new"]));
    assert_eq!(fixture.ids(), ["new"]);
    assert!(!fixture.is_outdated(1905) && fixture.is_outdated(1906));
}

/// Waits on the paused clock of the runtime, which runs faster than the threads: a look that works may count as one that
/// hangs for a moment.
async fn until(what: &str, condition: impl Fn() -> bool) {
    let began = std::time::Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_micros(100));
        sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn looks_that_hang_hold_up_no_later_one() {
    let fixture = KeySetFixture::new("hangs");
    let following = tokio::spawn(fixture.set.clone().follow());
    fixture.mount.set_hanging(true);
    std::fs::write(&fixture.path, set(&["old", "more"])).unwrap();
    let running = || fixture.file().running.load(Ordering::Acquire);
    let failing = || fixture.set.failing_since.load(Ordering::Relaxed) != 0;
    until("a look hangs", || running() > 0).await;
    until("that is a failure", failing).await;
    until("another look begins", || running() > 1).await;
    assert!(!fixture.set.want_look(), "nobody waits for it");
    until("no more than so many hang", || running() == MAX_HUNG).await;
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(running(), MAX_HUNG);
    fixture.clock.set(at(KEPT_SECONDS + 1));
    assert!(fixture.set.check().unwrap_err().contains("restart the process"));

    std::fs::write(&fixture.path, set(&["new"])).unwrap();
    fixture.mount.set_hanging(false);
    until("the file as it is now is read", || fixture.ids() == ["new"] && !failing()).await;
    until("all looks end", || running() == 0).await;
    assert_eq!(fixture.set.check(), Ok(()));
    following.abort();
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_put_in_place_of_one_that_hangs_is_read_while_the_look_still_hangs() {
    let fixture = KeySetFixture::new("replaced");
    let draft = fixture.path.with_extension("draft");
    let release = fixture.mount.clone();
    // Only the first file hangs, for ever.
    let first = Stamp::of(&fixture.path).unwrap();
    let read = move |path: &Path| match Stamp::of(path)? == first {
        true => release.read(path),
        false => std::fs::read(path),
    };
    let following = Arc::new(KeySet::from_file_with(&fixture.path, Box::new(read), fixture.clock.clone()).unwrap());
    fixture.mount.set_hanging(true);
    fixture.clock.set(at(REREAD_SECONDS));
    let task = tokio::spawn(following.clone().follow());
    let running = || following.file.as_ref().unwrap().running.load(Ordering::Acquire);
    let held = || fixture.mount.held.load(Ordering::Acquire);
    until("looks hang", || held() > 2).await;
    std::fs::write(&draft, set(&["new"])).unwrap();
    std::fs::rename(&draft, &fixture.path).unwrap();
    until("the new file is in force", || following.keys().ids() == ["new"]).await;
    until("that ends the failure", || following.failing_since.load(Ordering::Relaxed) == 0).await;
    assert!(held() > 2, "the looks at the old one still hang");
    fixture.mount.set_hanging(false);
    until("all looks end", || running() == 0).await;
    assert_eq!(following.keys().ids(), ["new"], "they change nothing");
    task.abort();
}
