//! How much work a guess shall cost, and how much of the machine guesses may cost.

/// The parameters of argon2id, how many passwords may wait, and what hashing may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordParams {
    /// KiB of memory for one hash.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes of it.
    pub lanes: u32,
    /// Passwords that may wait.
    pub queue: usize,
    /// Percent of one core that hashing may take, 1 to 100.
    pub share: u32,
}

/// Parameters that argon2id does not have, or that protect nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "argon2id takes 8 KiB or more for each lane and one pass or more; a queue holds one or more, a share is 1 to 100 percent"
)]
pub struct PasswordParamsError;

impl PasswordParams {
    pub(super) fn argon2(self) -> Result<argon2::Params, PasswordParamsError> {
        let params = argon2::Params::new(self.memory_kib, self.passes, self.lanes, None);
        params.ok().filter(|_| self.queue > 0 && (1..=100).contains(&self.share)).ok_or(PasswordParamsError)
    }
}

impl Default for PasswordParams {
    /// What OWASP recommends: 19 MiB, two passes, one lane. That is 15 milliseconds of a core of 2026, so 30 percent of one are
    /// 20 passwords a second; a queue of 64 is emptied in three, and fifty who sign up at once find room.
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2, lanes: 1, queue: 64, share: 30 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_argon2id_does_not_take_and_what_would_never_work_is_refused() {
        let fine = PasswordParams { memory_kib: 8, passes: 1, lanes: 1, queue: 1, share: 1 };
        for fine in [fine, PasswordParams { share: 100, ..fine }, PasswordParams::default()] {
            assert!(fine.argon2().is_ok(), "{fine:?}");
        }
        for wrong in [
            PasswordParams { memory_kib: 7, ..fine },
            PasswordParams { passes: 0, ..fine },
            PasswordParams { lanes: 0, ..fine },
            PasswordParams { lanes: 2, ..fine },
            PasswordParams { queue: 0, ..fine },
            PasswordParams { share: 0, ..fine },
            PasswordParams { share: 101, ..fine },
        ] {
            assert_eq!(wrong.argon2(), Err(PasswordParamsError), "{wrong:?}");
        }
    }
}
