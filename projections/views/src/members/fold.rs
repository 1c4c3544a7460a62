//! What a run of commits does to members, each member once.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use events::recorded::{self, ContactChanged, ErasureRequested, MemberErased, MemberEvent, MemberJoined};
use kernel::{MemberId, Position, Sealed};
use projection_engine::{Commit, Event, Fault};

use crate::fault::fault;

/// The types whose events change something here; sign-ups, reservations and codes do not.
pub(super) const USED: &[&str] =
    &[MemberJoined::NAME, ContactChanged::NAME, ErasureRequested::NAME, MemberErased::NAME];

/// The state of a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    #[default]
    Active,
    Erasing,
    Erased,
}

impl Status {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Erasing => "erasing",
            Self::Erased => "erased",
        }
    }
}

/// A sealed text, and the version of the event it stands in.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) sealed: Sealed,
    pub(super) version: i64,
}

/// By what a member is reached.
#[derive(Clone, Debug)]
pub(super) struct Contact {
    pub(super) channel: &'static str,
    pub(super) value: Text,
}

/// What stands in the first event of a member.
#[derive(Clone, Debug)]
pub(super) struct Joined {
    pub(super) at: DateTime<Utc>,
    pub(super) login_id: Text,
    pub(super) real_name: Text,
}

/// How a member came out of the commits.
#[derive(Debug, Default)]
pub(super) struct Change {
    pub(super) joined: Option<Joined>,
    pub(super) contact: Option<Contact>,
    /// None: as before.
    pub(super) left: Option<Status>,
    pub(super) erased_at: Option<DateTime<Utc>>,
    pub(super) position: i64,
}

pub(super) fn fold(commits: &[&Commit<recorded::Event>]) -> Result<BTreeMap<MemberId, Change>, Fault> {
    let mut changes = BTreeMap::new();
    for commit in commits {
        for (position, event) in commit.positioned() {
            if let Some(recorded::Event::Member(member)) = &event.body {
                fold_event(&mut changes, commit, position, event, member)?;
            }
        }
    }
    Ok(changes)
}

fn fold_event(
    changes: &mut BTreeMap<MemberId, Change>,
    commit: &Commit<recorded::Event>,
    position: Position,
    event: &Event<recorded::Event>,
    body: &MemberEvent,
) -> Result<(), Fault> {
    if !USED.contains(&body.event_type().name) {
        return Ok(());
    }
    let wrong = |reason: &str| Err(fault(position, &recorded::Event::Member(body.clone()), reason));
    let text = |sealed: &Sealed| Text { sealed: sealed.clone(), version: event.version.number() };
    let change = changes.entry(MemberId::new(event.stream.uuid())).or_default();
    match body {
        MemberEvent::Joined(joined) => {
            if change.position != 0 {
                return wrong("the member has events before it joined");
            }
            let (login_id, real_name) = (text(&joined.login_id), text(&joined.real_name));
            change.joined = Some(Joined { at: commit.recorded_at, login_id, real_name });
            change.contact = Some(Contact { channel: joined.channel.as_str(), value: text(&joined.contact) });
        }
        MemberEvent::ContactChanged(changed) => {
            if change.left.is_some() {
                return wrong("the member has left before its contact changed");
            }
            change.contact = Some(Contact { channel: changed.channel.as_str(), value: text(&changed.contact) });
        }
        MemberEvent::ErasureRequested(_) | MemberEvent::Erased(_) if change.left == Some(Status::Erased) => {
            return wrong("the member was erased before it");
        }
        MemberEvent::ErasureRequested(_) => change.left = Some(Status::Erasing),
        MemberEvent::Erased(_) => {
            change.left = Some(Status::Erased);
            change.erased_at = Some(commit.recorded_at);
        }
        _ => {}
    }
    change.position = position.number();
    Ok(())
}
