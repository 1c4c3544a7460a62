//! Commits of the log as the fold takes them.

use std::collections::HashMap;

use events::recorded::{self, TransferEvent, TransferPosted};
use kernel::{Role, StreamId, Version};
use log::{CommitBytes, ReadAudited, ReadError};
use uuid::Uuid;

use crate::{
    assemble::{Commit, Event, unreadable},
    chain::{Covered, Digest},
    findings::{Findings, Rule},
    piece::type_named,
    place::Place,
};

/// The commit with its events decoded; those that cannot be read are noted.
pub fn decode(commit: &log::Commit, findings: &mut Findings) -> Commit {
    let asked_by = |roles: &[Role]| roles.contains(&commit.actor.role).then(|| commit.actor.id.uuid());
    let mut decoded = Commit {
        first: commit.first.number(),
        last: commit.last().number(),
        command: commit.command_id.uuid(),
        recorded_at: commit.recorded_at,
        member: asked_by(&[Role::Member, Role::Partner]),
        service: asked_by(&[Role::Service, Role::Partner]),
        partner: asked_by(&[Role::Partner]),
        operator: asked_by(&[Role::Operator]),
        events: Vec::with_capacity(commit.events.len()),
        unreadable: Vec::new(),
    };
    for (position, event) in commit.positioned() {
        let (position, stream, version) = (position.number(), event.stream.uuid(), event.version.number());
        findings.checked(Rule::Decoding);
        match recorded::Event::decode(&event.event_type, event.schema_version, &event.payload) {
            Ok(recorded) => decoded.events.push(Event { position, stream, version, recorded }),
            Err(error) => {
                findings.found(Rule::Decoding, || unreadable(position, &error));
                let event_type = type_named(&event.event_type);
                decoded.unreadable.push(Place { position, stream, version, event_type });
            }
        }
    }
    decoded
}

/// The digest of the commit, over the bytes that stand in its row.
pub fn digest(bytes: &CommitBytes) -> Digest {
    let commit = &bytes.commit;
    let role: &[u8] = match commit.actor.role {
        Role::Member => b"m",
        Role::Operator => b"o",
        Role::Service => b"s",
        Role::Partner => b"p",
    };
    let covered = Covered {
        command: commit.command_id.uuid(),
        role,
        actor: commit.actor.id.uuid(),
        correlation: commit.correlation.uuid(),
        fingerprint: &commit.fingerprint.0,
        events: &bytes.events,
    };
    covered.digest()
}

/// The transfers that the reversals of these commits say they undo.
pub async fn originals(
    commits: &[CommitBytes],
    streams: &dyn ReadAudited,
) -> Result<HashMap<Uuid, TransferPosted>, ReadError> {
    let mut found = HashMap::new();
    for original in commits.iter().flat_map(|bytes| &bytes.commit.events).filter_map(reversed_by) {
        match streams.read_event(StreamId::new(original), Version::new(1)).await {
            Ok(Some(event)) => found.extend(posted(&event).map(|posted| (original, posted))),
            // What is not there, or cannot be read, is no original: the reversal is found to mirror nothing.
            Ok(None) | Err(ReadError::Damaged { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

fn posted(event: &log::Event) -> Option<TransferPosted> {
    match recorded::Event::decode(&event.event_type, event.schema_version, &event.payload) {
        Ok(recorded::Event::Transfer(TransferEvent::Posted(posted))) => Some(posted),
        _ => None,
    }
}

/// What a transfer undoes. Reversals are rare: most payloads need not be decoded for this.
fn reversed_by(event: &log::Event) -> Option<Uuid> {
    let may_reverse = event.event_type == TransferPosted::NAME && event.payload.get().contains("\"reverses\"");
    let posted = if may_reverse { posted(event)? } else { return None };
    Some(posted.reverses?.uuid())
}
