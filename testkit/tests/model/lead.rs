//! Taking, losing and giving back the lead: `command-side/server/src/leading.rs`, `event-store/postgres/src/{leader,lock}.rs`.

use crate::{
    scope::Scope,
    state::{Answer, Job, Origin, Place, Route, Server, Try, World},
};

impl World {
    pub fn can_take(&self, scope: &Scope, server: usize) -> bool {
        let asking = self.servers.iter().filter(|server| server.is_raising).count() as u8;
        let Server { leads, is_raising, .. } = self.servers[server];
        self.database.lock.is_none() && !leads && !is_raising && self.database.epoch + asking < scope.leads
    }

    /// `pg_try_advisory_lock`.
    pub fn take(&mut self, server: usize) {
        self.database.lock = Some(self.session(server));
        self.servers[server].is_raising = true;
    }

    /// `LeaderSeat::raise`, and `State::lead_from`. The lock may be lost by now: the epoch is raised all the same.
    pub fn raise(&mut self, server: usize) {
        self.database.epoch += 1;
        self.database.newest_leader = Some(server);
        let epoch = self.database.epoch;
        let server = &mut self.servers[server];
        (server.is_raising, server.leads, server.epoch, server.route) = (false, true, epoch, Route::Here);
    }

    /// Whether the database may take the lock away: always from a process that is gone.
    pub fn can_end_session(&self) -> bool {
        self.database.lock.is_some_and(|held| self.left.sessions > 0 || held != self.session(held.server))
    }

    pub fn end_session(&mut self) {
        if let Some(held) = self.database.lock.take()
            && held == self.session(held.server)
        {
            self.left.sessions -= 1;
        }
    }

    /// Whether a server that believes to lead could see that it does not.
    pub fn can_notice(&self, server: usize) -> bool {
        let Server { leads, epoch, .. } = self.servers[server];
        leads && (self.database.lock != Some(self.session(server)) || self.database.epoch != epoch)
    }

    /// The route stays: the log says what an append is worth.
    pub fn notice(&mut self, server: usize) {
        self.servers[server].leads = false;
        self.unlock(server);
    }

    /// `State::stand_by`: where the newest leader is. Its own last lead counts until there is a newer one.
    pub fn follow(&mut self, server: usize) {
        let (epoch, newest) = (self.database.epoch, self.database.newest_leader);
        let server = &mut self.servers[server];
        if let Some(newest) = newest
            && !server.leads
            && !server.is_raising
            && server.epoch != epoch
        {
            server.route = Route::There(newest);
        }
    }

    pub fn can_hand_over(&self, server: usize) -> bool {
        self.servers[server].leads && self.left.handovers > 0
    }

    /// `State::step_down`: commands under way are written under this epoch, or given to the next leader.
    pub fn hand_over(&mut self, server: usize) {
        self.left.handovers -= 1;
        (self.servers[server].leads, self.servers[server].route) = (false, Route::Nowhere);
        self.unlock(server);
    }

    fn unlock(&mut self, server: usize) {
        if self.database.lock == Some(self.session(server)) {
            self.database.lock = None;
        }
    }

    /// kill -9, and a new start. Its statements stay at the database, its session and its frames until somebody notices.
    pub fn crash(&mut self, server: usize) {
        self.left.crashes -= 1;
        for statement in self.database.statements.iter_mut().filter(|append| append.session.server == server) {
            statement.is_awaited = false;
        }
        for request in self.requests.extract_if(.., |request| request.server == server) {
            self.clients[request.of.command].answers.push(Answer::Broken);
        }
        self.frames.retain(|frame| frame.to != server);
        self.servers[server] = Server { life: self.servers[server].life + 1, ..Server::default() };
    }

    /// Whether nobody is left who could answer a forwarded command.
    pub fn is_abandoned(&self, place: Place, by: usize, of: Try) -> bool {
        let Place::Sent { to, number } = place else { return false };
        let origin = Origin::Forwarded { by, number };
        let is_it = |job: &Job| job.of == of && job.from == origin;
        let is_there = self.servers[to].jobs().any(is_it);
        !is_there && !self.frames.iter().any(|frame| frame.of == of && frame.by == by && frame.number == number)
    }
}
