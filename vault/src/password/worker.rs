//! The thread that hashes.

use std::{sync::mpsc::Receiver, thread, time::Duration};

use argon2::password_hash::phc::{PasswordHash as Phc, Salt};
use rand::TryRng;
use rustix::time::{ClockId, clock_gettime};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::oneshot;

use super::{
    argon::Argon,
    params::{PasswordParams, PasswordParamsError},
};
use crate::PasswordHash;

/// What came of comparing a password with a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Whether it is the password.
    pub matches: bool,
    /// Whether the hash was made with less than is asked for now: if the password matches, hash it again.
    pub outdated: bool,
}

/// What it is asked to do. Who no longer waits for the answer costs no work.
pub(super) enum Job {
    Hash { password: SecretString, answer: oneshot::Sender<PasswordHash> },
    Verify { password: SecretString, hash: Option<PasswordHash>, answer: oneshot::Sender<Verified> },
}

impl Job {
    fn is_given_up(&self) -> bool {
        match self {
            Self::Hash { answer, .. } => answer.is_closed(),
            Self::Verify { answer, .. } => answer.is_closed(),
        }
    }
}

/// The lowest ordinary priority: every other thread that wants the processor gets it first, and a machine that is never idle still lets
/// this thread have a little. `SCHED_IDLE`, which promises more, was measured to cost transfers more (docs/benchmarks).
const NICE: i32 = 19;

pub(super) struct Worker {
    argon: Argon,
    share: u32,
}

impl Worker {
    pub fn new(params: PasswordParams) -> Result<Self, PasswordParamsError> {
        Ok(Self { argon: Argon::new(params.argon2()?), share: params.share })
    }

    /// Works until nobody can ask any more.
    pub fn run(&mut self, jobs: &Receiver<Job>) {
        // Before it steps back: on a busy machine the first to log in would wait for this.
        let nobodys = self.nobodys();
        // On Linux a priority belongs to a thread, and "no process" means the calling one.
        if let Err(error) = rustix::process::setpriority_process(None, NICE) {
            tracing::warn!(%error, "passwords are hashed at ordinary priority: a flood of log-ins will slow transfers");
        }
        while let Ok(job) = jobs.recv() {
            if job.is_given_up() {
                continue;
            }
            let began = processor_time();
            tasks::fault_point("passwords");
            match job {
                Job::Hash { password, answer } => {
                    // Without a hash the answer is dropped, and the caller is asked to retry.
                    if let Some(hash) = self.hash(&password) {
                        let _ = answer.send(hash);
                    }
                }
                Job::Verify { password, hash, answer } => {
                    let _ = answer.send(self.verify(&password, hash.as_ref(), &nobodys));
                }
            }
            thread::sleep(rest_after(processor_time().saturating_sub(began), self.share));
        }
    }

    fn hash(&mut self, password: &SecretString) -> Option<PasswordHash> {
        let mut salt = [0; 16];
        if let Err(error) = rand::rngs::SysRng.try_fill_bytes(&mut salt) {
            tracing::error!(%error, "no salt for a password: the machine's random source gave nothing");
            return None;
        }
        let salt = Salt::new(&salt).ok()?;
        self.argon.hash(password, salt).map(|phc| PasswordHash(phc.into())).ok()
    }

    /// A hash with the parameters of today, to compare with when there is none.
    fn nobodys(&mut self) -> PasswordHash {
        self.hash(&SecretString::from("nobody's")).unwrap_or_else(|| PasswordHash(SecretString::from("")))
    }

    fn verify(&mut self, password: &SecretString, hash: Option<&PasswordHash>, nobodys: &PasswordHash) -> Verified {
        let known = hash.and_then(|hash| {
            let phc = Phc::new(hash.0.expose_secret()).ok().filter(|phc| phc.salt.is_some() && phc.hash.is_some());
            if phc.is_none() {
                tracing::error!("a stored password hash cannot be read");
            }
            phc
        });
        match known {
            Some(phc) => Verified { matches: self.equal(password, &phc), outdated: self.argon.is_outdated(&phc) },
            None => {
                // The work of a comparison, whose outcome is of no interest.
                if let Ok(phc) = Phc::new(nobodys.0.expose_secret()) {
                    self.equal(password, &phc);
                }
                Verified { matches: false, outdated: false }
            }
        }
    }

    fn equal(&mut self, password: &SecretString, phc: &Phc) -> bool {
        self.argon.matches(password, phc).unwrap_or_else(|error| {
            tracing::error!(%error, "a stored password hash cannot be used");
            false
        })
    }
}

/// What the calling thread had of the processor. Not what went by: on a busy machine a thread of low priority waits most of
/// the time, and would rest for its waiting too.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// How long to rest after so much work, for it to be no more than this share (in percent) of the time.
fn rest_after(work: Duration, share: u32) -> Duration {
    work * (100 - share) / share
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worker(memory_kib: u32, passes: u32) -> Worker {
        let params = PasswordParams { memory_kib, passes, lanes: 1, queue: 1, share: 100 };
        Worker::new(params).expect("parameters")
    }

    #[test]
    fn only_the_password_matches_and_two_hashes_of_it_differ() {
        let (mut worker, password) = (worker(64, 1), SecretString::from("tr0ub4dor&3"));
        let (one, two) = (worker.hash(&password).expect("a hash"), worker.hash(&password).expect("a hash"));
        assert_ne!(one.0.expose_secret(), two.0.expose_secret());
        assert!(one.0.expose_secret().starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{}", one.0.expose_secret());
        let nobodys = worker.nobodys();
        let mut verified = |text: &str| worker.verify(&SecretString::from(text), Some(&one), &nobodys);
        assert_eq!(verified("tr0ub4dor&3"), Verified { matches: true, outdated: false });
        assert!(!verified("tr0ub4dor&4").matches);
        assert!(!verified("").matches);
    }

    #[test]
    fn without_a_hash_or_with_a_broken_one_nothing_matches() {
        let mut worker = worker(64, 1);
        let nobodys = worker.nobodys();
        let broken = PasswordHash(SecretString::from("$argon2id$broken"));
        for hash in [None, Some(&broken), Some(&PasswordHash(SecretString::from("")))] {
            for text in ["nobody's", "", "anything"] {
                let verified = worker.verify(&SecretString::from(text), hash, &nobodys);
                assert_eq!(verified, Verified { matches: false, outdated: false }, "{text}");
            }
        }
    }

    #[test]
    fn a_hash_made_with_less_is_outdated_and_one_made_with_more_is_not() {
        let password = SecretString::from("tr0ub4dor&3");
        let hash = worker(64, 2).hash(&password).expect("a hash");
        for (memory, passes, outdated) in [(64, 2, false), (128, 2, true), (64, 3, true), (32, 1, false)] {
            let mut worker = worker(memory, passes);
            let nobodys = worker.nobodys();
            let verified = worker.verify(&password, Some(&hash), &nobodys);
            assert_eq!(verified, Verified { matches: true, outdated }, "{memory} {passes}");
        }
    }

    #[test]
    fn it_rests_for_what_it_worked() {
        let work = Duration::from_millis(30);
        let rests = [100, 75, 50, 30, 1].map(|share| rest_after(work, share).as_millis());
        assert_eq!(rests, [0, 10, 30, 70, 2970]);
    }
}
