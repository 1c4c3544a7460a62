//! How much work a guess shall cost.

/// The parameters of argon2id, and how many passwords may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordParams {
    pub(super) memory_kib: u32,
    pub(super) passes: u32,
    pub(super) lanes: u32,
    pub(super) queue: usize,
}

/// Parameters that argon2id does not have, or that protect nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("argon2id takes 8 KiB or more for each lane, one pass or more, and a queue of one or more")]
pub struct PasswordParamsError;

impl PasswordParams {
    /// Memory for one hash, passes over it, lanes, and how many passwords may wait.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32, queue: usize) -> Result<Self, PasswordParamsError> {
        let params = Self { memory_kib, passes, lanes, queue };
        match argon2::Params::new(memory_kib, passes, lanes, None) {
            Ok(_) if queue > 0 => Ok(params),
            _ => Err(PasswordParamsError),
        }
    }

    pub(super) fn argon2(self) -> argon2::Params {
        argon2::Params::new(self.memory_kib, self.passes, self.lanes, None).expect("checked when they were made")
    }
}

impl Default for PasswordParams {
    /// What OWASP recommends: 19 MiB, two passes, one lane. A queue of 64 is worked off in about two seconds, and fifty who sign up at once find room.
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2, lanes: 1, queue: 64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_argon2id_does_not_take_is_refused() {
        for (memory, passes, lanes, queue) in [(7, 1, 1, 1), (8, 0, 1, 1), (8, 1, 0, 1), (8, 1, 2, 1), (8, 1, 1, 0)] {
            assert_eq!(PasswordParams::new(memory, passes, lanes, queue), Err(PasswordParamsError));
        }
        let default = PasswordParams::default();
        assert_eq!(PasswordParams::new(19_456, 2, 1, 64), Ok(default));
    }
}
