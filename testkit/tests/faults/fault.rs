//! What fails, and in which order.

use std::{fmt, time::Duration};

use rand::{RngExt, SeedableRng, rngs::SmallRng, seq::SliceRandom};

/// A fault. `Leader` and `Follower` are whoever leads or follows when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// kill -9, and a new start after a while.
    Kill(Victim),
    /// SIGSTOP, and SIGCONT after a while.
    Suspend(Victim),
    /// No byte passes in either direction for a while; connections stay open, and what was on its way arrives later.
    Cut(Link),
    /// Postgres ends at once and is started again after a while.
    CrashPostgres,
    /// SIGSTOP to Postgres and all its sessions.
    SuspendPostgres,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Victim {
    Leader,
    Follower,
    Relay,
    Projector,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Link {
    LeaderToPostgres,
    FollowerToPostgres,
    BetweenServers,
    RelayToPostgres,
    RelayToNats,
}

impl Fault {
    pub const ALL: [Self; 15] = [
        Self::Kill(Victim::Leader),
        Self::Kill(Victim::Follower),
        Self::Kill(Victim::Relay),
        Self::Kill(Victim::Projector),
        Self::Suspend(Victim::Leader),
        Self::Suspend(Victim::Follower),
        Self::Suspend(Victim::Relay),
        Self::Suspend(Victim::Projector),
        Self::Cut(Link::LeaderToPostgres),
        Self::Cut(Link::FollowerToPostgres),
        Self::Cut(Link::BetweenServers),
        Self::Cut(Link::RelayToPostgres),
        Self::Cut(Link::RelayToNats),
        Self::CrashPostgres,
        Self::SuspendPostgres,
    ];
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Kill(Victim::Leader) => "kill -9 of the leader",
            Self::Kill(Victim::Follower) => "kill -9 of the follower",
            Self::Kill(Victim::Relay) => "kill -9 of the relay",
            Self::Kill(Victim::Projector) => "kill -9 of the projector",
            Self::Suspend(Victim::Leader) => "SIGSTOP of the leader",
            Self::Suspend(Victim::Follower) => "SIGSTOP of the follower",
            Self::Suspend(Victim::Relay) => "SIGSTOP of the relay",
            Self::Suspend(Victim::Projector) => "SIGSTOP of the projector",
            Self::Cut(Link::LeaderToPostgres) => "leader cut off from Postgres",
            Self::Cut(Link::FollowerToPostgres) => "follower cut off from Postgres",
            Self::Cut(Link::BetweenServers) => "servers cut off from each other",
            Self::Cut(Link::RelayToPostgres) => "relay cut off from Postgres",
            Self::Cut(Link::RelayToNats) => "relay cut off from NATS",
            Self::CrashPostgres => "immediate stop of Postgres",
            Self::SuspendPostgres => "SIGSTOP of Postgres",
        };
        f.pad(text)
    }
}

/// All faults in an order by chance, then all of them in another one, and so on.
pub struct Deck {
    random: SmallRng,
    left: Vec<Fault>,
}

impl Deck {
    pub fn shuffled(seed: u64) -> Self {
        Self { random: SmallRng::seed_from_u64(seed), left: Vec::new() }
    }

    /// The next fault, and how long it lasts.
    pub fn draw(&mut self) -> (Fault, Duration) {
        if self.left.is_empty() {
            self.left.extend(Fault::ALL);
            self.left.shuffle(&mut self.random);
        }
        let fault = self.left.pop().unwrap();
        // Longer and shorter than a lease (2 s) and than the silence after which a connection is given up (2.5 s).
        let milliseconds = match fault {
            Fault::Kill(_) | Fault::CrashPostgres => 100..3_000,
            Fault::Suspend(_) | Fault::Cut(_) | Fault::SuspendPostgres => 500..6_000,
        };
        (fault, Duration::from_millis(self.random.random_range(milliseconds)))
    }
}
