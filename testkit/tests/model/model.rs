//! What may happen next, and what must hold.

use stateright::{Model, Property};

use crate::{
    scope::{Flaw, Scope},
    state::{Answer, Append, Client, Database, Frame, Job, Place, Request, Server, Step, Try, World},
};

/// The world within a scope, sound or with a planted flaw.
#[derive(Clone, Debug)]
pub struct LeaderModel {
    pub scope: Scope,
    pub flaw: Option<Flaw>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    Sends { client: usize, to: usize },
    TakesLock(usize),
    RaisesEpoch(usize),
    SessionEnds,
    NoticesLoss(usize),
    LooksWhoLeads(usize),
    HandsOver(usize),
    Crashes(usize),
    Routes(Request),
    TimesOut(Request),
    ConnectionBreaks(Request),
    FrameArrives(Frame),
    FrameArrivesAgain(Frame),
    Begins(usize, Job),
    DecidesAhead(usize, Job),
    Expires(usize, Job),
    Appends(Append),
    AnswerIsLost(usize),
    Reads(usize),
    ReadFails(usize),
}

impl Model for LeaderModel {
    type State = World;
    type Action = Event;

    fn init_states(&self) -> Vec<World> {
        vec![World {
            database: Database::default(),
            servers: vec![Server::default(); self.scope.servers],
            clients: vec![Client::default(); self.scope.commands.len()],
            requests: vec![],
            frames: vec![],
            left: self.scope.faults,
        }]
    }

    fn actions(&self, world: &World, next: &mut Vec<Event>) {
        let servers = || 0..self.scope.servers;
        for client in (0..world.clients.len()).filter(|client| world.can_send(&self.scope, *client)) {
            next.extend(servers().map(|to| Event::Sends { client, to }));
        }
        next.extend(world.can_end_session().then_some(Event::SessionEnds));
        for server in servers() {
            self.actions_of(world, server, next);
        }
        for request in &world.requests {
            if request.at == Place::Router {
                next.push(Event::Routes(*request));
            }
            next.push(Event::TimesOut(*request));
            let is_sent = matches!(request.at, Place::Sent { .. });
            if is_sent && (world.left.connections > 0 || world.is_abandoned(request.at, request.server, request.of)) {
                next.push(Event::ConnectionBreaks(*request));
            }
        }
        next.extend(world.frames.iter().copied().map(Event::FrameArrives));
        if self.flaw == Some(Flaw::ExecutesReplayedFrames) && world.left.replays > 0 {
            next.extend(world.frames.iter().copied().map(Event::FrameArrivesAgain));
        }
        next.extend(world.database.statements.iter().copied().map(Event::Appends));
    }

    fn next_state(&self, last: &World, event: Event) -> Option<World> {
        let (scope, flaw, mut world) = (&self.scope, self.flaw, last.clone());
        match event {
            Event::Sends { client, to } => world.send(client, to),
            Event::TakesLock(server) => world.take(server),
            Event::RaisesEpoch(server) => world.raise(server),
            Event::SessionEnds => world.end_session(),
            Event::NoticesLoss(server) => world.notice(server),
            Event::LooksWhoLeads(server) => world.follow(server),
            Event::HandsOver(server) => world.hand_over(server),
            Event::Crashes(server) => world.crash(server),
            Event::Routes(request) => world.route(scope, flaw, request),
            Event::TimesOut(request) => world.time_out(flaw, request),
            Event::ConnectionBreaks(request) => world.lose(flaw, request),
            Event::FrameArrives(frame) => world.deliver(flaw, frame, false),
            Event::FrameArrivesAgain(frame) => world.deliver(flaw, frame, true),
            Event::Begins(server, job) => world.begin(scope, flaw, server, job),
            Event::DecidesAhead(server, job) => world.decide_ahead(scope, flaw, server, job),
            Event::Expires(server, job) => world.expire(flaw, server, job),
            Event::Appends(append) => world.execute(scope, flaw, append),
            Event::AnswerIsLost(server) => world.lose_append(flaw, server),
            Event::Reads(server) => world.read(scope, flaw, server),
            Event::ReadFails(server) => world.fail_to_read(flaw, server),
        }
        let world = world.in_order();
        (world != *last).then_some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(ACKNOWLEDGED, |_, world: &World| {
                let is_true = |(command, client): (usize, &Client)| match client.answers.last() {
                    Some(Answer::Done(position)) => {
                        let commits = &world.database.log;
                        commits.get(usize::from(*position) - 1).is_some_and(|commit| commit.id.command == command)
                            && commits.iter().filter(|commit| commit.id.command == command).count() == 1
                    }
                    _ => true,
                };
                world.clients.iter().enumerate().all(is_true)
            }),
            Property::always(ONCE, |_, world: &World| {
                let count = |command| world.database.log.iter().filter(|commit| commit.id.command == command).count();
                (0..world.clients.len()).all(|command| count(command) <= 1)
            }),
            Property::always(VERSIONS, |_, world: &World| {
                world.database.log.iter().enumerate().all(|(index, commit)| usize::from(commit.version) == index + 1)
            }),
            Property::always(NOT_WRITTEN, |_, world: &World| {
                let answer = |of: Try| world.clients[of.command].answers.get(of.number);
                world.database.log.iter().all(|commit| answer(commit.of) != Some(&Answer::NotWritten))
            }),
            Property::always(REFUSED, |_, world: &World| {
                let is_refused = |command: usize| world.clients[command].answers.last() == Some(&Answer::Refused);
                !world.database.log.iter().any(|commit| is_refused(commit.id.command))
            }),
            Property::always(GROUNDED, |_, world: &World| {
                let is_refused = |client: &Client| client.answers.last() == Some(&Answer::Refused);
                !world.database.log.is_empty() || !world.clients.iter().any(is_refused)
            }),
            Property::always(EPOCHS, |_, world: &World| world.database.log.is_sorted_by_key(|commit| commit.epoch)),
            // The time of a request ends: whatever else stands still, that does not.
            Property::eventually(ANSWERED, |model: &Self, world: &World| {
                let is_answered = |command| world.is_finished(command) || !world.can_send(&model.scope, command);
                world.requests.is_empty() && (0..world.clients.len()).all(is_answered)
            }),
            Property::sometimes("two leaders append", |_, world: &World| {
                world.database.log.iter().any(|commit| commit.epoch > 1 && world.database.log[0].epoch == 1)
            }),
            Property::sometimes(WRITTEN_AHEAD, |_, world: &World| {
                world.database.log.iter().any(|commit| commit.is_of_ahead)
            }),
            Property::sometimes("a later try is answered with the commit of an earlier one", |_, world: &World| {
                world.database.log.iter().any(|commit| {
                    let answers = &world.clients[commit.of.command].answers;
                    answers.len() > commit.of.number + 1 && matches!(answers.last(), Some(Answer::Done(_)))
                })
            }),
        ]
    }
}

pub const ACKNOWLEDGED: &str = "an acknowledged command is in the log exactly once, where the answer says";
pub const ONCE: &str = "no command is in the log twice";
pub const VERSIONS: &str = "the versions of the stream have no gap and no double";
pub const NOT_WRITTEN: &str = "a try that was answered \"not written\" never writes, before or after the answer";
pub const REFUSED: &str = "a command that was refused is not in the log";
pub const GROUNDED: &str = "a refusal rests on what is in the log";
pub const EPOCHS: &str = "nothing of an older epoch comes after the first append of a newer one";
pub const WRITTEN_AHEAD: &str = "a command is decided ahead and written";
pub const ANSWERED: &str = "everybody is answered";

impl LeaderModel {
    fn actions_of(&self, world: &World, server: usize, next: &mut Vec<Event>) {
        let possible = [
            (world.can_take(&self.scope, server), Event::TakesLock(server)),
            (world.servers[server].is_raising, Event::RaisesEpoch(server)),
            (world.can_notice(server), Event::NoticesLoss(server)),
            (true, Event::LooksWhoLeads(server)),
            (world.can_hand_over(server), Event::HandsOver(server)),
            (world.left.crashes > 0, Event::Crashes(server)),
            (world.can_lose_append(server), Event::AnswerIsLost(server)),
            (world.is_reading(server), Event::Reads(server)),
            (world.is_reading(server) && world.left.answers > 0, Event::ReadFails(server)),
        ];
        next.extend(possible.into_iter().filter(|(is_possible, _)| *is_possible).map(|(_, event)| event));
        let Server { queue, work, ahead, .. } = &world.servers[server];
        match work {
            None => next.extend(queue.iter().map(|job| Event::Begins(server, *job))),
            Some(work) if work.step == Step::Appending && ahead.is_none() => {
                next.extend(queue.iter().map(|job| Event::DecidesAhead(server, *job)));
            }
            Some(_) => {}
        }
        next.extend(queue.iter().map(|job| Event::Expires(server, *job)));
    }
}
