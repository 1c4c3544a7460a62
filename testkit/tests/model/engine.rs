//! From the queue to the answer: `command-side/application/src/engine/{handle,batch,write}.rs`, and the append as the database
//! executes it: `event-store/postgres/src/{append.rs,sql/append.sql}`. A batch has one command here: batches are atomic at the append.

use crate::{
    scope::{Flaw, Rule, Scope},
    state::{Answer, Append, Commit, Job, Origin, Place, Step, Work, World},
};

impl World {
    /// The engine takes a command from its queue and decides it on what it has in memory.
    pub fn begin(&mut self, scope: &Scope, flaw: Option<Flaw>, server: usize, job: Job) {
        let queue = &mut self.servers[server].queue;
        queue.retain(|queued| *queued != job);
        if self.servers[server].known.is_none() {
            self.servers[server].known = Some(self.database.log.len() as u8);
        }
        self.decide(scope, flaw, server, fresh(job, false));
    }

    /// `Run::decide_ahead`: decided on the state that the append in flight leaves. What comes to no event is decided when it has ended.
    pub fn decide_ahead(&mut self, scope: &Scope, flaw: Option<Flaw>, server: usize, job: Job) {
        let writes = scope.commands[job.of.command] == Rule::Always;
        if flaw == Some(Flaw::AnswersAhead) && !writes {
            self.servers[server].queue.retain(|queued| *queued != job);
            return self.answered(flaw, server, job, Answer::Refused);
        }
        let at = &mut self.servers[server];
        if writes {
            at.queue.retain(|queued| *queued != job);
            at.ahead = Some(job);
        }
    }

    /// `Founded`: the append below is durable, so what was decided on it is written as the very next thing. Its version follows.
    fn go_on(&mut self, scope: &Scope, flaw: Option<Flaw>, server: usize) {
        if let Some(job) = self.servers[server].ahead.take() {
            self.decide(scope, flaw, server, fresh(job, true));
        }
    }

    /// `Ahead::give_back`: the append below failed, so what was decided on it is decided again, in its turn.
    fn give_back(&mut self, flaw: Option<Flaw>, server: usize) {
        let at = &mut self.servers[server];
        at.queue.extend(at.ahead.take());
        if flaw == Some(Flaw::KeepsStateOfFailedAppend) {
            at.known = at.known.map(|known| known + 1);
        }
    }

    /// `Run::gather`: it came too late, and nothing of it was written.
    pub fn expire(&mut self, flaw: Option<Flaw>, server: usize, job: Job) {
        self.servers[server].queue.retain(|queued| *queued != job);
        self.answered(flaw, server, job, Answer::NotWritten);
    }

    /// Decides on the stream in memory, and appends.
    fn decide(&mut self, scope: &Scope, flaw: Option<Flaw>, server: usize, mut work: Work) {
        let session = self.session(server);
        let at = &mut self.servers[server];
        let known = at.known.unwrap_or_default();
        if scope.commands[work.job.of.command] == Rule::First && known > 0 {
            work.step = Step::LookingUp;
        } else if at.epoch == 0 {
            // `WriterEpoch::NONE`: no append of it can be under way.
            work.step = Step::GivingBack;
        } else {
            (work.step, work.appends) = (Step::Appending, work.appends + 1);
            let Job { id, of, .. } = work.job;
            let (version, epoch, is_of_ahead) = (known + 1, at.epoch, work.is_ahead);
            let append = Append { session, id, of, version, epoch, is_of_ahead, is_awaited: true };
            self.database.statements.push(append);
        }
        self.servers[server].work = Some(work);
        if flaw == Some(Flaw::RefusesWithoutLookUp) && work.step == Step::LookingUp {
            self.finish(flaw, server, Answer::Refused);
        }
    }

    /// The one statement that appends: it writes all of it or nothing.
    pub fn execute(&mut self, scope: &Scope, flaw: Option<Flaw>, append: Append) {
        self.database.statements.retain(|statement| *statement != append);
        let Append { session, id, of, version, epoch, is_of_ahead, is_awaited } = append;
        let server = session.server;
        if epoch != self.database.epoch && flaw != Some(Flaw::NoEpochInAppend) {
            if is_awaited {
                self.give_back(flaw, server);
                self.go_to(server, Step::GivingBack);
                if flaw == Some(Flaw::NotLeaderWithoutLookUp) {
                    self.finish(flaw, server, Answer::NotLeader);
                }
            }
            return;
        }
        let is_new = self.find(id).is_none() || flaw == Some(Flaw::CommandIdNotUnique);
        let is_next = version as usize == self.database.log.len() + 1 || flaw == Some(Flaw::NoVersionInAppend);
        if is_new && is_next {
            self.database.log.push(Commit { id, of, version, epoch, is_of_ahead });
            if is_awaited {
                self.servers[server].known = Some(version);
                self.finish(flaw, server, Answer::Done(self.database.log.len() as u8));
                self.go_on(scope, flaw, server);
            }
        } else if is_awaited {
            self.give_back(flaw, server);
            self.go_to(server, Step::Reconciling);
        }
    }

    pub fn can_lose_append(&self, server: usize) -> bool {
        self.left.answers > 0 && self.servers[server].work.is_some_and(|work| work.step == Step::Appending)
    }

    /// The connection broke, or the answer took too long: the append may have come through, or may yet.
    pub fn lose_append(&mut self, flaw: Option<Flaw>, server: usize) {
        self.left.answers -= 1;
        self.give_back(flaw, server);
        let session = self.session(server);
        for statement in self.database.statements.iter_mut().filter(|append| append.session == session) {
            statement.is_awaited = false;
        }
        if let Some(work) = &mut self.servers[server].work {
            (work.step, work.outcome_unknown) = (Step::Reconciling, true);
        }
    }

    /// Reads what the present step needs, and goes on.
    pub fn read(&mut self, scope: &Scope, flaw: Option<Flaw>, server: usize) {
        let Some(work) = self.servers[server].work else { return };
        if let Some(position) = self.find(work.job.id) {
            self.servers[server].known = Some(self.database.log.len() as u8);
            return self.finish(flaw, server, Answer::Done(position));
        }
        match work.step {
            Step::Appending => {}
            Step::Reconciling if work.appends >= scope.appends => {
                let answer = if work.outcome_unknown { Answer::Unknown } else { Answer::NotWritten };
                self.finish(flaw, server, answer);
            }
            // Decided again under the same id: should a lost append come through, the second conflicts with it.
            Step::Reconciling => {
                self.servers[server].known = Some(self.database.log.len() as u8);
                self.decide(scope, flaw, server, work);
            }
            Step::GivingBack => self.finish(flaw, server, Answer::NotLeader),
            Step::LookingUp if work.outcome_unknown => self.finish(flaw, server, Answer::Unknown),
            Step::LookingUp => self.finish(flaw, server, Answer::Refused),
        }
    }

    /// The log cannot be read.
    pub fn fail_to_read(&mut self, flaw: Option<Flaw>, server: usize) {
        self.left.answers -= 1;
        let Some(work) = self.servers[server].work else { return };
        let answer = match work.step {
            _ if work.outcome_unknown => Answer::Unknown,
            Step::GivingBack => Answer::NotLeader,
            _ => Answer::NotWritten,
        };
        self.finish(flaw, server, answer);
    }

    pub fn is_reading(&self, server: usize) -> bool {
        self.servers[server].work.is_some_and(|work| work.step != Step::Appending)
    }

    fn go_to(&mut self, server: usize, step: Step) {
        if let Some(work) = &mut self.servers[server].work {
            work.step = step;
        }
    }

    fn finish(&mut self, flaw: Option<Flaw>, server: usize, answer: Answer) {
        if let Some(work) = self.servers[server].work.take() {
            self.answered(flaw, server, work.job, answer);
        }
    }

    /// An answer goes to the request that waits for it, if one still does.
    pub fn answered(&mut self, flaw: Option<Flaw>, server: usize, job: Job, answer: Answer) {
        let (by, at) = match job.from {
            Origin::Here => (server, Place::Engine),
            Origin::Forwarded { by, number } => (by, Place::Sent { to: server, number }),
        };
        let waits =
            self.requests.iter().position(|request| (request.of, request.server, request.at) == (job.of, by, at));
        if let Some(index) = waits {
            self.heard(flaw, index, answer);
        }
    }
}

fn fresh(job: Job, is_ahead: bool) -> Work {
    Work { job, step: Step::Reconciling, outcome_unknown: false, appends: 0, is_ahead }
}
