//! What following a log keeps in memory.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use events::recorded::{self, MemberEvent, TransferPosted};
use kernel::{CommitRef, LogId, MemberId, Position};
use log::CommitBytes;
use uuid::Uuid;

use super::{
    read::{decode, digest},
    segments::Segments,
};
use crate::{
    assemble::Commit,
    chain::{self, Digest},
    findings::{Findings, Rule},
    fold::Fold,
    id_map::IdSet,
    transfers,
};

/// The fold of one log up to a commit.
pub struct State {
    /// The log; unknown before the first look.
    pub(crate) log: Option<LogId>,
    /// The last commit that was audited.
    pub(crate) standing: Option<CommitRef>,
    /// The digests of the commits up to there, chained.
    pub(crate) chain: Digest,
    pub(crate) fold: Fold,
    /// Every command that wrote a commit.
    pub(crate) commands: IdSet,
    pub(crate) segments: Segments,
    pub(crate) findings: Findings,
}

impl Default for State {
    fn default() -> Self {
        Self {
            log: None,
            standing: None,
            chain: chain::BEGINNING,
            fold: Fold::default(),
            commands: IdSet::default(),
            segments: Segments::default(),
            findings: Findings::new(),
        }
    }
}

impl State {
    /// How far the log is audited.
    pub fn position(&self) -> Position {
        self.standing.map_or(Position::ZERO, |standing| standing.position)
    }

    /// The log.
    pub fn log(&self) -> Option<LogId> {
        self.log
    }

    /// Takes the next commit; gives back what it breaks.
    pub(crate) fn apply(
        &mut self,
        bytes: &CommitBytes,
        originals: &HashMap<Uuid, TransferPosted>,
    ) -> Vec<(Rule, String)> {
        let commit = &bytes.commit;
        let findings = &mut self.findings;
        let (first, expected) = (commit.first, self.standing.map_or(Position::ZERO, |s| s.position).next());
        findings.require(Rule::Positions, first == expected, || {
            format!("the commit at position {first} follows position {}", expected.number() - 1)
        });
        findings.require(Rule::Commits, !commit.events.is_empty(), || {
            format!("the commit at position {first} has no events")
        });
        let before = self.standing.map_or(DateTime::<Utc>::MIN_UTC, |standing| standing.recorded_at);
        findings.require(Rule::Clock, commit.recorded_at >= before, || {
            format!("commit {first}..{} was recorded at {}, after one at {before}", commit.last(), commit.recorded_at)
        });
        let fresh = self.commands.insert(commit.command_id.uuid().as_u128());
        findings.require(Rule::Commands, fresh, || {
            format!("command {} wrote a commit before, and the one at position {first}", commit.command_id)
        });
        let decoded = decode(commit, findings);
        let reversals = self.fold.apply(&decoded, &transfers::transfers_of(&decoded), findings);
        for reversal in &reversals {
            transfers::check_mirror(reversal, originals.get(&reversal.original), findings);
        }
        for member in erased_in(&decoded) {
            self.fold.ledger.check_owner(member, findings);
        }
        let digest = digest(bytes);
        self.chain = chain::after(&self.chain, &digest, commit.first.number(), commit.recorded_at);
        self.segments.add(bytes, &digest);
        self.standing = Some(commit.reference());
        findings.take_news()
    }
}

/// The members that are erased by a commit.
fn erased_in(commit: &Commit) -> impl Iterator<Item = MemberId> {
    let erased = |recorded: &recorded::Event| matches!(recorded, recorded::Event::Member(MemberEvent::Erased(_)));
    commit.events.iter().filter(move |event| erased(&event.recorded)).map(|event| MemberId::new(event.stream))
}
