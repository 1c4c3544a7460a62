//! The faults of the catcher on request: for tests, and for seeing what the courier does.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde::Deserialize;

/// Which side does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Mail: the answer to the end of the data.
    Smtp,
    /// Text messages.
    Sms,
    /// Pushes.
    Push,
}

/// What it does wrong, and how often.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which side.
    pub side: Side,
    /// The answer; the message is caught only if there is none given here.
    #[serde(default)]
    pub code: Option<u16>,
    /// It answers so many milliseconds later.
    #[serde(default)]
    pub delay_ms: u64,
    /// For so many messages.
    #[serde(default = "once")]
    pub times: u32,
}

fn once() -> u32 {
    1
}

/// The faults that were asked for, in that order.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    /// One more fault, after those that were asked for before.
    pub fn add(&self, fault: Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    /// Does everything right again.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What to do wrong with the next message.
    pub(super) fn next(&self, side: Side) -> (Option<u16>, Duration) {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(found) = faults.iter().position(|fault| fault.side == side) else { return (None, Duration::ZERO) };
        let fault = &mut faults[found];
        let answer = (fault.code, Duration::from_millis(fault.delay_ms));
        fault.times = fault.times.saturating_sub(1);
        if fault.times == 0 {
            faults.remove(found);
        }
        answer
    }
}
