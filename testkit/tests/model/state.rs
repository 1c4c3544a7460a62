//! The world: one database, some servers, and clients that send one command each.

use crate::scope::Faults;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    pub database: Database,
    pub servers: Vec<Server>,
    pub clients: Vec<Client>,
    /// Requests of clients that a server has not answered.
    pub requests: Vec<Request>,
    /// Commands between servers.
    pub frames: Vec<Frame>,
    pub left: Faults,
}

/// `log_head`, `log_leader`, `commits`, the advisory lock, and statements that have not been executed yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Database {
    pub log: Vec<Commit>,
    pub epoch: u8,
    pub newest_leader: Option<usize>,
    pub lock: Option<Session>,
    pub statements: Vec<Append>,
}

/// A connection of one life of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Session {
    pub server: usize,
    pub life: u8,
}

/// The id of a command. `copy` is always 0, but for one planted flaw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    pub command: usize,
    pub copy: u8,
}

/// One try of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Try {
    pub command: usize,
    pub number: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Commit {
    pub id: Id,
    /// For which try it was written: no server knows, the checker does.
    pub of: Try,
    pub version: u8,
    pub epoch: u8,
    pub is_of_ahead: bool,
}

/// An append on its way to the database. It is executed at any later time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Append {
    pub session: Session,
    pub id: Id,
    pub of: Try,
    pub version: u8,
    pub epoch: u8,
    /// Whether it was decided while the append before it was in flight.
    pub is_of_ahead: bool,
    /// Whether its server still waits for the answer.
    pub is_awaited: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Server {
    pub life: u8,
    /// It has the lock, and has not raised the epoch yet.
    pub is_raising: bool,
    /// It believes that it holds the lead.
    pub leads: bool,
    /// The epoch that its appends name, 0 if it never led.
    pub epoch: u8,
    pub route: Route,
    /// The version of the stream in its memory.
    pub known: Option<u8>,
    pub queue: Vec<Job>,
    pub work: Option<Work>,
    /// Decided on the state that the append in flight leaves.
    pub ahead: Option<Job>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Route {
    #[default]
    Nowhere,
    Here,
    There(usize),
}

/// A command in the queue of an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Job {
    pub id: Id,
    pub of: Try,
    pub from: Origin,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    Here,
    Forwarded { by: usize, number: u8 },
}

/// The command that an engine is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Work {
    pub job: Job,
    pub step: Step,
    /// An append of it may have come through, or may yet.
    pub outcome_unknown: bool,
    pub appends: u8,
    pub is_ahead: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Its append is at the database.
    Appending,
    /// After a conflict or an unknown outcome.
    Reconciling,
    /// The database said that another one leads.
    GivingBack,
    /// It comes to nothing: its key is looked up before that is answered.
    LookingUp,
}

/// What an engine or a router answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// It is in the log, there.
    Done(u8),
    /// By the rules, without an event.
    Refused,
    /// `NotLeader`: nothing was written by this server, and another one may execute it.
    NotLeader,
    /// 503 `log-unavailable`, `contended`, `deadline-passed`: nothing was written in this try.
    NotWritten,
    /// 503 `outcome-unknown`.
    Unknown,
    /// 409: somebody is at it.
    InFlight,
    /// The connection to the client broke.
    Broken,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Client {
    /// What it was answered, try by try.
    pub answers: Vec<Answer>,
}

/// A request at the server that the client chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Request {
    pub of: Try,
    pub server: usize,
    pub at: Place,
    pub is_lost: bool,
    pub forwards: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// In the router's loop.
    Router,
    /// In this server's engine.
    Engine,
    /// On its way to another server, as this number.
    Sent { to: usize, number: u8 },
}

/// A forwarded command on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Frame {
    pub of: Try,
    pub id: Id,
    pub by: usize,
    pub to: usize,
    pub number: u8,
}

impl World {
    pub fn session(&self, server: usize) -> Session {
        Session { server, life: self.servers[server].life }
    }

    /// Where a command is in the log, counted from 1.
    pub fn find(&self, id: Id) -> Option<u8> {
        self.database.log.iter().position(|commit| commit.id == id).map(|index| index as u8 + 1)
    }

    pub fn is_finished(&self, command: usize) -> bool {
        matches!(self.clients[command].answers.last(), Some(Answer::Done(_) | Answer::Refused))
    }

    /// The order of what is under way means nothing: worlds that differ only in it are one.
    pub fn in_order(mut self) -> Self {
        self.database.statements.sort_unstable();
        self.requests.sort_unstable();
        self.frames.sort_unstable();
        self.servers.iter_mut().for_each(|server| server.queue.sort_unstable());
        self
    }
}

impl Server {
    /// Whether it is at this command: `InFlight` of the engine.
    pub fn is_at(&self, id: Id) -> bool {
        self.jobs().any(|job| job.id == id)
    }

    /// The commands that its engine has.
    pub fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.queue.iter().chain(&self.ahead).chain(self.work.iter().map(|work| &work.job))
    }
}
