//! What a provider does wrong on request.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::Deserialize;

/// One thing that goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Answered 503, and nothing is done.
    Fail,
    /// Carried out, and answered 500.
    Broken,
    /// Carried out, and not answered for a minute.
    Timeout,
    /// Carried out, and the connection is closed instead of an answer.
    Lost,
    /// Decided and answered later.
    Late,
    /// Answered twice on the same connection.
    Twice,
    /// Carried out, and answered with what is not true.
    Wrong(Lie),
}

/// What is not true in a wrong answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lie {
    /// The amount is another.
    #[default]
    Amount,
    /// The key is another.
    Key,
    /// The state is one that no contract knows.
    State,
    /// It says that it was refused.
    Refusal,
}

/// What is asked for at `POST /control`. What is not named stays as it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Control {
    /// So many calls are answered 503, and nothing is done.
    fail: Option<u32>,
    /// So many are carried out and answered 500.
    broken: Option<u32>,
    /// So many are carried out and not answered for a minute.
    timeout: Option<u32>,
    /// So many are carried out, and the connection is closed.
    lost: Option<u32>,
    /// So many are decided and answered after `late_ms`.
    late: Option<u32>,
    /// So many are answered twice.
    twice: Option<u32>,
    /// So many are carried out and answered wrongly.
    wrong: Option<u32>,
    /// What is wrong with them: `amount` unless it is set.
    wrong_how: Option<Lie>,
    /// How long a late answer takes, in milliseconds.
    late_ms: Option<u64>,
    /// How long it takes to settle, in milliseconds.
    settle_ms: Option<u64>,
    /// Forgets every key and every entry of the book, as after a restart without memory.
    pub forget: bool,
}

/// The faults of one provider.
#[derive(Debug)]
pub struct Faults {
    normal: Times,
    now: Mutex<State>,
}

/// How long things take.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// A late answer.
    pub late: Duration,
    /// To settle.
    pub settle: Duration,
}

#[derive(Debug)]
struct State {
    times: Times,
    how: Lie,
    /// How often each is left, in the order in which they happen.
    left: [(Fault, u32); 7],
}

impl State {
    fn new(times: Times) -> Self {
        let faults = [
            Fault::Fail,
            Fault::Broken,
            Fault::Timeout,
            Fault::Lost,
            Fault::Late,
            Fault::Twice,
            Fault::Wrong(Lie::Amount),
        ];
        Self { times, how: Lie::Amount, left: faults.map(|fault| (fault, 0)) }
    }
}

impl Faults {
    /// None yet.
    pub fn new(normal: Times) -> Self {
        Self { normal, now: Mutex::new(State::new(normal)) }
    }

    /// Does what is asked.
    pub fn set(&self, control: &Control) {
        let mut state = self.lock();
        let asked =
            [control.fail, control.broken, control.timeout, control.lost, control.late, control.twice, control.wrong];
        for ((_, left), asked) in state.left.iter_mut().zip(asked) {
            *left = asked.unwrap_or(*left);
        }
        state.how = control.wrong_how.unwrap_or(state.how);
        state.times.late = control.late_ms.map_or(state.times.late, Duration::from_millis);
        state.times.settle = control.settle_ms.map_or(state.times.settle, Duration::from_millis);
    }

    /// Does everything right again.
    pub fn clear(&self) {
        *self.lock() = State::new(self.normal);
    }

    /// What goes wrong with the next call.
    pub fn next(&self) -> Option<Fault> {
        let mut state = self.lock();
        let how = state.how;
        let (fault, left) = state.left.iter_mut().find(|(_, left)| *left > 0)?;
        *left -= 1;
        Some(if matches!(fault, Fault::Wrong(_)) { Fault::Wrong(how) } else { *fault })
    }

    /// How long things take now.
    pub fn times(&self) -> Times {
        self.lock().times
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
