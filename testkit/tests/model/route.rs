//! Where a command is executed, and forwarding: `command-side/server/src/router.rs`, `command-side/server/src/forwarding/`.

use crate::{
    scope::{Flaw, Scope},
    state::{Answer, Frame, Id, Job, Origin, Place, Request, Route, Try, World},
};

impl World {
    pub fn can_send(&self, scope: &Scope, command: usize) -> bool {
        let waits = self.requests.iter().any(|request| request.of.command == command);
        !waits && !self.is_finished(command) && self.clients[command].answers.len() < scope.tries
    }

    /// A client sends its command, under the key it always has.
    pub fn send(&mut self, command: usize, server: usize) {
        let of = Try { command, number: self.clients[command].answers.len() };
        self.requests.push(Request { of, server, at: Place::Router, is_lost: false, forwards: 0 });
    }

    /// `Router::try_once`.
    pub fn route(&mut self, scope: &Scope, flaw: Option<Flaw>, request: Request) {
        let Some(index) = self.requests.iter().position(|other| *other == request) else { return };
        let Request { of, server, forwards, .. } = request;
        let fresh = if flaw == Some(Flaw::ForwardsUnderFreshId) { forwards } else { 0 };
        let id = Id { command: of.command, copy: fresh };
        match self.servers[server].route {
            Route::Nowhere => {}
            Route::Here if self.servers[server].is_at(id) => self.heard(flaw, index, Answer::InFlight),
            Route::Here => {
                self.servers[server].queue.push(Job { id, of, from: Origin::Here });
                self.requests[index].at = Place::Engine;
            }
            // Its own address, from an earlier life: it forwards to itself, and is told that it does not lead.
            Route::There(to) if to == server || forwards >= scope.forwards => {}
            Route::There(to) => {
                self.frames.push(Frame { of, id, by: server, to, number: forwards });
                self.requests[index].at = Place::Sent { to, number: forwards };
                self.requests[index].forwards += 1;
            }
        }
    }

    /// A frame arrives: `Local::execute`. One that arrives a second time ends the connection by its number, and is not executed.
    pub fn deliver(&mut self, flaw: Option<Flaw>, frame: Frame, is_replay: bool) {
        if is_replay {
            self.left.replays -= 1;
        } else {
            self.frames.retain(|other| *other != frame);
        }
        let Frame { of, id, by, to, number } = frame;
        let job = Job { id, of, from: Origin::Forwarded { by, number } };
        if self.servers[to].route != Route::Here {
            self.answered(flaw, to, job, Answer::NotLeader);
        } else if self.servers[to].is_at(id) {
            self.answered(flaw, to, job, Answer::InFlight);
        } else {
            self.servers[to].queue.push(job);
        }
    }

    /// What the router makes of an answer.
    pub fn heard(&mut self, flaw: Option<Flaw>, index: usize, answer: Answer) {
        let is_lost = self.requests[index].is_lost && flaw != Some(Flaw::ForgetsWhatWasLost);
        match answer {
            Answer::NotLeader => self.requests[index].at = Place::Router,
            Answer::InFlight if is_lost => self.requests[index].at = Place::Router,
            Answer::NotWritten if is_lost => self.tell(index, Answer::Unknown),
            answer => self.tell(index, answer),
        }
    }

    fn tell(&mut self, index: usize, answer: Answer) {
        let request = self.requests.remove(index);
        self.clients[request.of.command].answers.push(answer);
    }

    /// The connection that it was sent over breaks: it may have been executed, and may still be. It is looked up.
    pub fn lose(&mut self, flaw: Option<Flaw>, request: Request) {
        let Some(index) = self.requests.iter().position(|other| *other == request) else { return };
        if !self.is_abandoned(request.at, request.server, request.of) {
            self.left.connections -= 1;
        }
        (self.requests[index].is_lost, self.requests[index].at) = (true, Place::Router);
        if let Some(position) = self.find(Id { command: request.of.command, copy: 0 }) {
            self.heard(flaw, index, Answer::Done(position));
        }
    }

    /// The time of a request is over: the end of the router's loop, and of the wait for an engine or for another server.
    pub fn time_out(&mut self, flaw: Option<Flaw>, request: Request) {
        let Some(index) = self.requests.iter().position(|other| *other == request) else { return };
        let found = self.find(Id { command: request.of.command, copy: 0 }).map(Answer::Done);
        let is_lost = request.is_lost && flaw != Some(Flaw::ForgetsWhatWasLost);
        let answer = match request.at {
            Place::Router if !is_lost => Answer::NotWritten,
            Place::Router | Place::Sent { .. } => found.unwrap_or(Answer::Unknown),
            Place::Engine => Answer::Unknown,
        };
        self.tell(index, answer);
    }
}
