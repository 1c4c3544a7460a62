//! Every request, every answer, and when.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use testkit::app::{Answer, eventually};

#[derive(Clone, Debug)]
pub enum Outcome {
    /// 201.
    Posted(Answer),
    /// 422.
    Refused(Answer),
    /// The client gave up.
    Nothing,
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub begun: Instant,
    /// When, and with what.
    pub ended: Option<(Instant, Outcome)>,
}

#[derive(Debug, Default)]
pub struct History {
    /// By key; the memo of a transfer is its key.
    entries: Mutex<HashMap<String, Entry>>,
    answered: AtomicUsize,
    replays: AtomicUsize,
    reads: AtomicUsize,
    not_now: Mutex<BTreeMap<String, usize>>,
    wrong: Mutex<Vec<String>>,
}

/// How long nobody was answered.
#[derive(Clone, Copy, Debug)]
pub struct Outage {
    /// From the fault to the first answer of a command that was sent after it.
    pub first: Duration,
    /// The longest time without any answer.
    pub longest: Duration,
    /// How much of the time to the first answer came after the fault was over.
    pub after_end: Duration,
}

impl History {
    pub fn begin(&self, key: &str, at: Instant) {
        self.entries().insert(key.to_owned(), Entry { begun: at, ended: None });
    }

    pub fn end(&self, key: &str, at: Instant, outcome: Outcome) {
        if !matches!(outcome, Outcome::Nothing) {
            self.answered.fetch_add(1, Ordering::Relaxed);
        }
        self.entries().get_mut(key).unwrap().ended = Some((at, outcome));
    }

    pub fn wrong(&self, what: String) {
        self.wrong.lock().unwrap().push(what);
    }

    /// Nothing was wrong so far.
    pub fn assert_right(&self) {
        let wrong = self.wrong.lock().unwrap();
        assert!(wrong.is_empty(), "{} are wrong: {:#?}", wrong.len(), &wrong[..wrong.len().min(10)]);
    }

    pub fn count_replay(&self) {
        self.replays.fetch_add(1, Ordering::Relaxed);
    }

    pub fn count_read(&self) {
        self.reads.fetch_add(1, Ordering::Relaxed);
    }

    /// 409 or 503 with this code.
    pub fn count_not_now(&self, code: &str) {
        *self.not_now.lock().unwrap().entry(code.to_owned()).or_default() += 1;
    }

    pub fn entries(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.entries.lock().unwrap()
    }

    /// Waits until so many more commands have been answered.
    pub async fn wait_for_more(&self, count: usize) {
        let goal = self.answered.load(Ordering::Relaxed) + count;
        eventually("the bank goes on answering", async || {
            let answered = self.answered.load(Ordering::Relaxed);
            if answered >= goal { Ok(()) } else { Err(format!("{answered} of {goal}")) }
        })
        .await;
    }

    /// How long nobody was answered because of a fault from then to then.
    pub fn outage(&self, since: Instant, until: Instant) -> Outage {
        let entries = self.entries();
        let ended = |entry: &Entry| match &entry.ended {
            Some((at, Outcome::Posted(_) | Outcome::Refused(_))) if *at >= since => Some((*at, entry.begun)),
            _ => None,
        };
        let mut answers: Vec<(Instant, Instant)> = entries.values().filter_map(ended).collect();
        answers.sort_unstable();
        let first = answers.iter().filter(|(_, begun)| *begun >= since).map(|(at, _)| *at - since).min();
        let before = std::iter::once(since).chain(answers.iter().map(|(at, _)| *at));
        let longest = before.zip(&answers).map(|(before, (at, _))| *at - before).max();
        let first = first.unwrap_or_default();
        Outage { first, longest: longest.unwrap_or_default(), after_end: first.saturating_sub(until - since) }
    }
}

impl fmt::Display for Outage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, after_end, longest] = [self.first, self.after_end, self.longest].map(|time| time.as_millis());
        write!(f, "first answer after {first} ms ({after_end} ms after its end), longest time without one {longest} ms")
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        let (answered, replays, reads) = (count(&self.answered), count(&self.replays), count(&self.reads));
        let not_now = self.not_now.lock().unwrap();
        write!(f, "{answered} commands answered, {replays} repeated, {reads} reads by token; \"not now\": {not_now:?}")
    }
}
