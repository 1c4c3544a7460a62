//! A model of lease, epoch, append and forwarding, explored exhaustively within small scopes by `stateright`
//! (docs/decisions/0042-the-lead-is-model-checked.md). The sound model has no counterexample, and each planted flaw is found.
//!
//! What stands for what:
//!
//! | here | there |
//! |---|---|
//! | `lead.rs` `take`, `raise`, `notice`, `follow`, `hand_over` | `command-side/server/src/leading.rs` `stand_by`, `lead_from`, `look_once`, `follow`, `step_down`; `event-store/postgres/src/leader.rs` `try_take`, `raise` |
//! | `lead.rs` `end_session` | `event-store/postgres/src/lock.rs`: Postgres ends a session that is not renewed |
//! | `engine.rs` `begin`, `expire`, `decide` | `command-side/application/src/engine/run.rs` `gather`; `batch.rs` `try_once`, `decide_fresh` |
//! | `engine.rs` `decide_ahead`, `go_on`, `give_back` | `engine/ahead.rs` `Run::decide_ahead`, `Founded` and `Run::go_on`, `Ahead::give_back` |
//! | `engine.rs` `execute` | `event-store/postgres/src/sql/append.sql`, the unique keys of `commits` and `events`; `append.rs` `append_columns`, `why_nothing`; `engine/write.rs` `answer`, `take_back` |
//! | `engine.rs` `lose_append` | `append.rs`: `AppendError::Unknown`, when the connection breaks or the time of the append is over |
//! | `engine.rs` `read` | `batch.rs` `reconcile`, `give_back`, `answer_used_keys`, `finish_idle`, `look_for_lost` |
//! | `Server::is_at` | `engine/in_flight.rs` |
//! | `route.rs` `route`, `heard`, `time_out` | `command-side/server/src/router.rs` `try_once`, `execute`, `of_lost`; `engine/handle.rs` `execute_claimed` |
//! | `route.rs` `deliver`, `lose` | `router.rs` `Local`; `forwarding/forwarder.rs`, `outgoing.rs`, `incoming.rs` |
//!
//! A process that stands still needs no step of its own: any step of a server may come at any later time, its append and its frames
//! too. Time is not modelled: whatever a clock could end may end at any moment.
//!
//! Left out: batches of several commands (they are atomic at the append), several streams, answers kept in memory, members'
//! commands (they name no epoch), a log that is restored, and an alarm of the auditor.

mod engine;
mod lead;
mod model;
mod route;
mod scope;
mod state;

use std::time::Instant;

use model::{ACKNOWLEDGED, EPOCHS, Event, GROUNDED, LeaderModel, NOT_WRITTEN, ONCE, REFUSED, VERSIONS, WRITTEN_AHEAD};
use scope::{Faults, Flaw, Rule, Scope};
use stateright::{Checker, Expectation, HasDiscoveries, Model};

const NO_FAULTS: Faults = Faults { crashes: 0, sessions: 0, answers: 0, connections: 0, replays: 0, handovers: 0 };

/// Two servers, and one client that tries twice while the lead, an answer of the database, and a connection are lost.
const BASE: Scope = Scope {
    servers: 2,
    commands: &[Rule::Always],
    tries: 2,
    leads: 2,
    appends: 2,
    forwards: 2,
    faults: Faults { sessions: 1, answers: 1, connections: 1, ..NO_FAULTS },
};

/// Two commands that meet on one stream; the second one is refused if it does not come first.
const TWO: Scope = Scope { commands: &[Rule::Always, Rule::First], ..BASE };

/// Two commands that both write: while one is in flight, the other one is decided ahead.
const AHEAD: Scope = Scope { commands: &[Rule::Always, Rule::Always], tries: 1, forwards: 1, ..BASE };

/// What fails within a scope, each with its steps.
fn failures(scope: Scope, flaw: Option<Flaw>) -> Vec<(&'static str, Vec<Event>)> {
    let began = Instant::now();
    let checker = LeaderModel { scope, flaw }.checker().threads(2);
    let checker = checker.finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    println!("{} states, {} steps deep, in {:?}", checker.unique_state_count(), checker.max_depth(), began.elapsed());
    let found = checker.discoveries().into_iter();
    let failures = found.filter(|(name, _)| checker.model().property(name).expectation != Expectation::Sometimes);
    failures.map(|(name, path)| (name, path.into_actions())).collect()
}

fn explore(scope: Scope) {
    let failures = failures(scope, None);
    assert!(failures.is_empty(), "{failures:#?}");
}

fn find(scope: Scope, flaw: Flaw, ought: &[&str]) {
    let failures = failures(scope, Some(flaw));
    failures.iter().for_each(|(name, steps)| println!("not true any more: {name}\n{steps:#?}"));
    assert!(!failures.is_empty() && failures.iter().all(|(name, _)| ought.contains(name)), "{flaw:?}: {failures:#?}");
}

#[test]
fn the_lead_an_answer_and_a_connection_are_lost_between_two_tries() {
    explore(BASE);
}

#[test]
fn a_server_is_killed_between_two_tries() {
    explore(Scope { faults: Faults { sessions: 0, crashes: 1, ..BASE.faults }, ..BASE });
}

#[test]
fn a_leader_hands_over_between_two_tries() {
    explore(Scope { faults: Faults { sessions: 0, handovers: 1, ..BASE.faults }, ..BASE });
}

#[test]
fn two_commands_meet_while_the_lead_and_an_answer_are_lost() {
    explore(Scope { tries: 1, forwards: 1, faults: Faults { sessions: 1, answers: 1, ..NO_FAULTS }, ..TWO });
}

#[test]
fn two_commands_meet_and_are_tried_twice_while_an_answer_is_lost() {
    explore(Scope { leads: 1, faults: Faults { answers: 1, ..NO_FAULTS }, ..TWO });
}

#[test]
fn a_command_is_decided_ahead_while_the_lead_and_an_answer_are_lost() {
    explore(Scope { faults: Faults { sessions: 1, answers: 1, ..NO_FAULTS }, ..AHEAD });
}

#[test]
fn a_server_is_killed_that_decided_ahead() {
    explore(Scope { leads: 1, tries: 2, faults: Faults { crashes: 1, ..NO_FAULTS }, ..AHEAD });
}

#[test]
fn three_servers_lead_in_turn() {
    let faults = Faults { sessions: 2, answers: 1, ..NO_FAULTS };
    explore(Scope { servers: 3, leads: 3, tries: 1, forwards: 1, faults, ..BASE });
}

/// The model is no empty room: what it is about does happen in it.
#[test]
fn two_leaders_append_and_lost_commits_are_answered() {
    let wanted = ["two leaders append", "a later try is answered with the commit of an earlier one", WRITTEN_AHEAD];
    for (name, scope) in wanted.into_iter().zip([Scope { tries: 1, ..TWO }, BASE, AHEAD]) {
        let checker = LeaderModel { scope, flaw: None }.checker().threads(2);
        let checker = checker.finish_when(HasDiscoveries::AnyOf([name].into())).spawn_bfs().join();
        assert!(checker.discovery(name).is_some(), "never: {name}");
    }
}

#[test]
fn an_append_that_does_not_compare_the_epoch_is_found() {
    find(TWO, Flaw::NoEpochInAppend, &[EPOCHS]);
}

#[test]
fn a_stream_that_takes_any_version_is_found() {
    let faults = Faults { answers: 1, ..NO_FAULTS };
    let commands = &[Rule::Always, Rule::Always];
    find(Scope { commands, tries: 1, appends: 1, faults, ..BASE }, Flaw::NoVersionInAppend, &[VERSIONS]);
}

#[test]
fn a_command_id_that_is_taken_twice_is_found() {
    find(BASE, Flaw::CommandIdNotUnique, &[ONCE, ACKNOWLEDGED]);
}

#[test]
fn not_leader_without_a_look_up_is_found() {
    find(BASE, Flaw::NotLeaderWithoutLookUp, &[NOT_WRITTEN]);
}

#[test]
fn a_refusal_without_a_look_up_is_found() {
    find(TWO, Flaw::RefusesWithoutLookUp, &[REFUSED]);
}

#[test]
fn a_router_that_forgets_what_was_lost_is_found() {
    find(BASE, Flaw::ForgetsWhatWasLost, &[NOT_WRITTEN]);
}

#[test]
fn forwarding_again_under_a_fresh_id_is_found() {
    find(BASE, Flaw::ForwardsUnderFreshId, &[ONCE, ACKNOWLEDGED]);
}

#[test]
fn executing_a_replayed_frame_is_found() {
    let faults = Faults { replays: 1, ..NO_FAULTS };
    find(Scope { faults, ..BASE }, Flaw::ExecutesReplayedFrames, &[NOT_WRITTEN]);
}

#[test]
fn an_answer_of_what_was_decided_ahead_before_it_is_durable_is_found() {
    find(Scope { tries: 1, forwards: 1, ..TWO }, Flaw::AnswersAhead, &[GROUNDED]);
}

#[test]
fn a_state_that_outlives_its_failed_append_is_found() {
    find(Scope { tries: 1, forwards: 1, ..TWO }, Flaw::KeepsStateOfFailedAppend, &[GROUNDED]);
}
