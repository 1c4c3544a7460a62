//! What was caught: in memory only, the newest ten thousand.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use kernel::Clock;
use serde::{Deserialize, Serialize};

const KEPT: usize = 10_000;

/// One message to one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who sent it; of a text message, nobody.
    pub from: String,
    /// Whom it was for: an address or a number.
    pub to: String,
    /// Its heading; of a text message, none.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// When it was caught.
    pub received_at: DateTime<Utc>,
    /// `email` or `phone`.
    pub channel: String,
}

/// One push to one device, as often as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaughtPush {
    /// The token of the device.
    pub token: String,
    /// What a device recognises a repetition by.
    pub id: String,
    /// What of.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its heading.
    pub title: String,
    /// What it says.
    pub body: String,
    /// When it was caught.
    pub received_at: DateTime<Utc>,
}

/// All of it.
pub struct Caught {
    clock: Arc<dyn Clock>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    messages: VecDeque<Message>,
    pushes: VecDeque<CaughtPush>,
    keys: VecDeque<String>,
}

impl Caught {
    /// Nothing yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, kept: Mutex::default() }
    }

    /// Takes in a mail.
    pub fn mail(&self, from: String, to: &str, subject: String, text: String) {
        self.keep(from, to, subject, text, "email");
    }

    /// Takes in a text message; one with a key that was seen before is the same one again.
    pub fn text_message(&self, to: &str, text: String, key: &str) {
        let mut kept = self.lock();
        if kept.keys.iter().any(|known| known == key) {
            return;
        }
        kept.keys.push_back(key.to_owned());
        if kept.keys.len() > KEPT {
            kept.keys.pop_front();
        }
        drop(kept);
        self.keep(String::new(), to, String::new(), text, "phone");
    }

    /// Takes in a push. One that comes again is kept again: it is for the device to show it once.
    pub fn push(&self, token: &str, id: &str, kind: &str, (title, body): (&str, &str)) {
        let push = CaughtPush {
            token: token.to_owned(),
            id: id.to_owned(),
            kind: kind.to_owned(),
            title: title.to_owned(),
            body: body.to_owned(),
            received_at: self.clock.now(),
        };
        let mut kept = self.lock();
        kept.pushes.push_front(push);
        kept.pushes.truncate(KEPT);
    }

    /// Those to one device, or all of them; the newest first.
    pub fn pushes(&self, token: Option<&str>, limit: usize) -> Vec<CaughtPush> {
        let kept = self.lock();
        let wanted = |push: &&CaughtPush| token.is_none_or(|token| push.token == token);
        kept.pushes.iter().filter(wanted).take(limit).cloned().collect()
    }

    fn keep(&self, from: String, to: &str, subject: String, text: String, channel: &str) {
        let (to, channel) = (to.to_owned(), channel.to_owned());
        let message = Message { from, to, subject, text, received_at: self.clock.now(), channel };
        let mut kept = self.lock();
        kept.messages.push_front(message);
        kept.messages.truncate(KEPT);
    }

    /// Those for one address or number, or all of them; the newest first.
    pub fn messages(&self, to: Option<&str>, limit: usize) -> Vec<Message> {
        let kept = self.lock();
        let wanted = |message: &&Message| to.is_none_or(|to| message.to.eq_ignore_ascii_case(to));
        kept.messages.iter().filter(wanted).take(limit).cloned().collect()
    }

    /// Forgets all of them.
    pub fn clear(&self) {
        *self.lock() = Kept::default();
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use kernel::SystemClock;

    use super::*;

    #[test]
    fn the_newest_are_kept_and_come_first() {
        let caught = Caught::new(Arc::new(SystemClock));
        for number in 0..KEPT + 5 {
            caught.mail(String::new(), "a@b.example", number.to_string(), String::new());
        }
        let all = caught.messages(None, usize::MAX);
        assert_eq!(all.len(), KEPT);
        assert_eq!(all[0].subject, (KEPT + 4).to_string());
        assert_eq!(caught.messages(Some("A@B.example"), 3).len(), 3);
        assert_eq!(caught.messages(Some("b@b.example"), 3), []);
        caught.clear();
        assert_eq!(caught.messages(None, 1), []);
    }

    #[test]
    fn a_text_message_that_comes_again_is_the_same() {
        let caught = Caught::new(Arc::new(SystemClock));
        caught.text_message("+821012345678", "one".to_owned(), "k");
        caught.text_message("+821012345678", "one".to_owned(), "k");
        caught.text_message("+821012345678", "two".to_owned(), "l");
        assert_eq!(caught.messages(Some("+821012345678"), 10).len(), 2);
    }
}
