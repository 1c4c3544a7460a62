//! The threads that hash.

use std::time::Duration;

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::{PasswordHash as Phc, SaltString},
};
use rand::TryRngCore;
use secrecy::{ExposeSecret, SecretString};
use thread_priority::{
    NormalThreadSchedulePolicy::Idle, ThreadPriority, ThreadSchedulePolicy::Normal, set_thread_priority_and_policy,
    thread_native_id,
};
use tokio::sync::oneshot;

use super::{PasswordParams, Verified, queue::Queue};
use crate::PasswordHash;

/// What it is asked to do. Who no longer waits for the answer costs no work.
pub(super) enum Job {
    Hash { password: SecretString, answer: oneshot::Sender<PasswordHash> },
    Verify { password: SecretString, hash: Option<PasswordHash>, answer: oneshot::Sender<Verified> },
}

/// The lowest ordinary priority.
const NICE: i32 = 19;
/// What has waited so long is not left to the idle hand alone.
const PATIENCE: Duration = Duration::from_secs(1);

/// Which of the threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hand {
    /// Runs when nobody else wants the processor, and gives it up at once to whoever does (`SCHED_IDLE`): an ordinary thread
    /// of the lowest priority may keep it for some milliseconds, several times in the life of one transfer.
    Idle,
    /// Has a small share also of a machine that is never idle.
    Nice,
}

impl Hand {
    pub fn name(self) -> &'static str {
        match self {
            Self::Idle => "passwords",
            Self::Nice => "late-passwords",
        }
    }

    fn patience(self) -> Duration {
        match self {
            Self::Idle => Duration::ZERO,
            Self::Nice => PATIENCE,
        }
    }

    /// Steps back behind everybody else. A machine that does not let it only loses speed.
    fn step_back(self) {
        let idle = || set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, Normal(Idle));
        if self == Self::Idle
            && let Err(error) = idle()
        {
            tracing::warn!(?error, "passwords are hashed at the lowest ordinary priority: log-ins slow transfers more");
        }
        // On Linux a priority belongs to a thread, and "no process" means the calling one.
        if let Err(error) = rustix::process::setpriority_process(None, NICE) {
            tracing::warn!(%error, "passwords are hashed at ordinary priority: a flood of log-ins will slow transfers");
        }
    }
}

pub(super) struct Worker {
    params: Params,
}

impl Worker {
    pub fn new(params: PasswordParams) -> Self {
        Self { params: params.argon2() }
    }

    /// Works until nobody can ask any more.
    pub fn run(self, hand: Hand, jobs: &Queue<Job>) {
        // Before it steps back: on a busy machine the first to log in would wait for this.
        let nobodys = self.nobodys();
        hand.step_back();
        while let Some(job) = jobs.take(hand.patience()) {
            match job {
                Job::Hash { answer, .. } if answer.is_closed() => {}
                Job::Verify { answer, .. } if answer.is_closed() => {}
                Job::Hash { password, answer } => {
                    // Without a hash the answer is dropped, and the caller told to come again.
                    if let Some(hash) = self.hash(&password) {
                        let _ = answer.send(hash);
                    }
                }
                Job::Verify { password, hash, answer } => {
                    let _ = answer.send(self.verify(&password, hash.as_ref(), &nobodys));
                }
            }
        }
    }

    fn argon2(&self) -> Argon2<'static> {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone())
    }

    fn hash(&self, password: &SecretString) -> Option<PasswordHash> {
        let mut salt = [0; 16];
        if let Err(error) = rand::rngs::OsRng.try_fill_bytes(&mut salt) {
            tracing::error!(%error, "no salt for a password: the machine's random source gave nothing");
            return None;
        }
        let salt = SaltString::encode_b64(&salt).ok()?;
        let phc = self.argon2().hash_password(password.expose_secret().as_bytes(), &salt);
        phc.map(|phc| PasswordHash(phc.to_string().into())).ok()
    }

    /// A hash with the parameters of today, to compare with when there is none.
    fn nobodys(&self) -> PasswordHash {
        self.hash(&SecretString::from("nobody's")).unwrap_or_else(|| PasswordHash(SecretString::from("")))
    }

    fn verify(&self, password: &SecretString, hash: Option<&PasswordHash>, nobodys: &PasswordHash) -> Verified {
        let known = hash.and_then(|hash| {
            let phc = Phc::new(hash.0.expose_secret()).ok().filter(|phc| phc.salt.is_some() && phc.hash.is_some());
            if phc.is_none() {
                tracing::error!("a stored password hash cannot be read");
            }
            phc
        });
        match known {
            Some(phc) => Verified { matches: self.equal(password, &phc), outdated: self.outdated(&phc) },
            None => {
                // The work of a comparison, whose outcome is of no interest.
                if let Ok(phc) = Phc::new(nobodys.0.expose_secret()) {
                    self.equal(password, &phc);
                }
                Verified { matches: false, outdated: false }
            }
        }
    }

    fn equal(&self, password: &SecretString, phc: &Phc<'_>) -> bool {
        self.argon2().verify_password(password.expose_secret().as_bytes(), phc).is_ok()
    }

    fn outdated(&self, phc: &Phc<'_>) -> bool {
        let Ok(made) = Params::try_from(phc) else { return true };
        made.m_cost() < self.params.m_cost()
            || made.t_cost() < self.params.t_cost()
            || made.p_cost() < self.params.p_cost()
            || phc.algorithm != Algorithm::Argon2id.ident()
            || phc.version != Some(Version::V0x13.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worker(memory: u32, passes: u32) -> Worker {
        Worker::new(PasswordParams::new(memory, passes, 1, 1).expect("parameters"))
    }

    #[test]
    fn only_the_password_matches_and_two_hashes_of_it_differ() {
        let (worker, password) = (worker(64, 1), SecretString::from("tr0ub4dor&3"));
        let (one, two) = (worker.hash(&password).expect("a hash"), worker.hash(&password).expect("a hash"));
        assert_ne!(one.0.expose_secret(), two.0.expose_secret());
        assert!(one.0.expose_secret().starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{}", one.0.expose_secret());
        let nobodys = worker.nobodys();
        let verified = |text: &str| worker.verify(&SecretString::from(text), Some(&one), &nobodys);
        assert_eq!(verified("tr0ub4dor&3"), Verified { matches: true, outdated: false });
        assert!(!verified("tr0ub4dor&4").matches);
        assert!(!verified("").matches);
    }

    #[test]
    fn without_a_hash_or_with_a_broken_one_nothing_matches() {
        let worker = worker(64, 1);
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
            let worker = worker(memory, passes);
            let verified = worker.verify(&password, Some(&hash), &worker.nobodys());
            assert_eq!(verified, Verified { matches: true, outdated }, "{memory} {passes}");
        }
    }
}
