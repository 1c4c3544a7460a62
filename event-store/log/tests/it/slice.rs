use chrono::DateTime;
use event_log::{Commit, CommitRef, Event, Fingerprint, Slice, SliceError};
use kernel::{Actor, CommandId, CorrelationId, LogId, MemberId, Position, Role, StreamId, Version};
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::{Value, json, value::RawValue};
use uuid::Uuid;

fn events() -> impl Strategy<Value = Event> {
    (any::<u128>(), 1..=i64::MAX, "[A-Z][A-Za-z]{0,20}", 1..=i16::MAX, any::<String>()).prop_map(
        |(stream, version, event_type, schema_version, text)| Event {
            stream: StreamId::new(Uuid::from_u128(stream)),
            version: Version::new(version),
            event_type,
            schema_version,
            payload: RawValue::from_string(json!({ "text": text }).to_string()).expect("JSON"),
        },
    )
}

/// A commit at position 1; [`run`] puts it in its place.
fn commits() -> impl Strategy<Value = Commit> {
    let roles = prop_oneof![Just(Role::Member), Just(Role::Operator), Just(Role::Service)];
    let ids = (any::<u128>(), any::<u128>(), any::<u128>());
    (ids, any::<[u8; 16]>(), roles, 0..4_000_000_000_000_000_i64, vec(events(), 1..5)).prop_map(
        |((command, actor, correlation), fingerprint, role, micros, events)| Commit {
            first: Position::new(1),
            command_id: CommandId::new(Uuid::from_u128(command)),
            fingerprint: Fingerprint(fingerprint),
            actor: Actor { role, id: MemberId::new(Uuid::from_u128(actor)) },
            correlation: CorrelationId::new(Uuid::from_u128(correlation)),
            recorded_at: DateTime::from_timestamp_micros(micros).expect("a time"),
            events,
        },
    )
}

/// A commit that ends before the first of these.
fn before(commits: &[Commit]) -> Option<CommitRef> {
    let position = Position::new(commits.first()?.first.number() - 1);
    let command_id = CommandId::new(Uuid::from_u128(7));
    (position > Position::ZERO).then_some(CommitRef { position, command_id, recorded_at: DateTime::UNIX_EPOCH })
}

/// Commits that follow one another from somewhere in the log.
fn run(least: usize) -> impl Strategy<Value = Vec<Commit>> {
    (1..1_000_000_000_i64, vec(commits(), least..least + 5)).prop_map(|(first, mut commits)| {
        let mut position = Position::new(first);
        for commit in &mut commits {
            commit.first = position;
            position = commit.last().next();
        }
        commits
    })
}

fn log_id() -> LogId {
    LogId::new(Uuid::from_u128(7))
}

fn slice(commits: Vec<Commit>) -> Slice {
    let after = before(&commits);
    Slice::new(log_id(), after, commits).expect("the commits follow one another")
}

fn as_json(slice: &Slice) -> Value {
    serde_json::from_slice(&slice.encode().expect("can be written")).expect("JSON")
}

fn decode(value: &Value) -> Result<Slice, SliceError> {
    Slice::decode(value.to_string().as_bytes())
}

/// The promise of a slice, counted here independently of the code under test.
fn is_sound(slice: &Slice) -> bool {
    let mut next = slice.first().number();
    let follows = slice.commits().iter().all(|commit| {
        let here = commit.first.number() == next && !commit.events.is_empty();
        next += commit.events.len() as i64;
        here
    });
    follows && !slice.commits().is_empty() && slice.first().number() >= 1 && slice.last().number() == next - 1
}

proptest! {
    #[test]
    fn a_slice_travels_unchanged(commits in run(1)) {
        let sent = slice(commits);
        let bytes = sent.encode().expect("can be written");
        let received = Slice::decode(&bytes).expect("can be read");
        prop_assert!(is_sound(&received));
        prop_assert_eq!((received.log(), received.first(), received.last()), (sent.log(), sent.first(), sent.last()));
        prop_assert_eq!(format!("{received:?}"), format!("{sent:?}"));
        prop_assert_eq!(received.encode().expect("can be written"), bytes);
    }

    #[test]
    fn positions_count_the_events(commits in run(1)) {
        let sent = slice(commits);
        let counted: Vec<i64> =
            sent.commits().iter().flat_map(Commit::positioned).map(|(position, _)| position.number()).collect();
        let expected: Vec<i64> = (sent.first().number()..=sent.last().number()).collect();
        prop_assert_eq!(counted, expected);
    }

    #[test]
    fn cut_bytes_are_refused(commits in run(1), at: Index) {
        let bytes = slice(commits).encode().expect("can be written");
        let cut = &bytes[..at.index(bytes.len())];
        prop_assert!(matches!(Slice::decode(cut), Err(SliceError::Json(_))));
    }

    #[test]
    fn garbage_is_refused(bytes: Vec<u8>) {
        prop_assert!(Slice::decode(&bytes).is_err());
    }

    #[test]
    fn one_changed_byte_is_refused_or_leaves_a_sound_slice(commits in run(1), at: Index, byte: u8) {
        let mut bytes = slice(commits).encode().expect("can be written");
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(read) = Slice::decode(&bytes) {
            prop_assert!(is_sound(&read));
        }
    }

    #[test]
    fn reordered_commits_are_refused(commits in run(2), a: Index, b: Index) {
        let (a, b) = (a.index(commits.len()), b.index(commits.len()));
        prop_assume!(a != b);
        let mut value = as_json(&slice(commits.clone()));
        value["commits"].as_array_mut().expect("an array").swap(a, b);
        prop_assert!(matches!(decode(&value), Err(SliceError::Broken(_))));
        let mut swapped = commits;
        swapped.swap(a, b);
        prop_assert!(matches!(Slice::new(log_id(), before(&swapped), swapped), Err(SliceError::Broken(_))));
    }

    #[test]
    fn a_commit_missing_inside_is_refused(commits in run(3), at: Index) {
        let mut value = as_json(&slice(commits));
        let list = value["commits"].as_array_mut().expect("an array");
        let inside = 1 + at.index(list.len() - 2);
        list.remove(inside);
        prop_assert!(matches!(decode(&value), Err(SliceError::Broken(_))));
    }

    #[test]
    fn a_commit_twice_is_refused(commits in run(1), at: Index) {
        let mut value = as_json(&slice(commits));
        let list = value["commits"].as_array_mut().expect("an array");
        let at = at.index(list.len());
        list.insert(at, list[at].clone());
        prop_assert!(matches!(decode(&value), Err(SliceError::Broken(_))));
    }

    #[test]
    fn half_a_commit_is_refused_where_another_follows(commits in run(2)) {
        prop_assume!(commits[0].events.len() > 1);
        let mut value = as_json(&slice(commits));
        value["commits"][0]["events"].as_array_mut().expect("an array").pop();
        prop_assert!(matches!(decode(&value), Err(SliceError::Broken(_))));
    }

    #[test]
    fn other_formats_are_refused_by_number(commits in run(1), format in 3..u16::MAX) {
        let mut value = as_json(&slice(commits));
        value["format"] = json!(format);
        prop_assert!(matches!(decode(&value), Err(SliceError::Format(found)) if found == format));
    }

    #[test]
    fn a_slice_follows_the_commit_before_it_and_no_other(commits in run(1)) {
        let after = before(&commits);
        let read = decode(&as_json(&slice(commits.clone()))).expect("a slice");
        prop_assert!(read.follows(after));
        let other = CommitRef {
            position: Position::new(commits[0].first.number() - 1),
            command_id: CommandId::new(Uuid::from_u128(8)),
            recorded_at: DateTime::UNIX_EPOCH,
        };
        prop_assert!(!read.follows(Some(other)));
        prop_assert_eq!(read.end(), commits.last().map(Commit::reference));
    }

    #[test]
    fn a_slice_of_format_1_is_read_and_follows_nothing(commits in run(1)) {
        let mut value = as_json(&slice(commits.clone()));
        value["format"] = json!(1);
        value.as_object_mut().expect("an object").remove("after");
        let read = decode(&value).expect("format 1");
        prop_assert_eq!(read.commits().len(), commits.len());
        prop_assert!(!read.follows(before(&commits)));
    }

    #[test]
    fn a_slice_of_format_2_must_name_the_commit_right_before_it(commits in run(1), by in 1..9_i64) {
        let mut value = as_json(&slice(commits.clone()));
        let wrong = CommitRef {
            position: commits[0].first.plus(by),
            command_id: CommandId::new(Uuid::nil()),
            recorded_at: DateTime::UNIX_EPOCH,
        };
        value["after"] = json!(wrong);
        prop_assert!(matches!(decode(&value), Err(SliceError::Broken(_))));
    }

    #[test]
    fn positions_before_the_first_are_refused(commits in run(1), first in i64::MIN..=0) {
        let mut value = as_json(&slice(commits));
        value["commits"][0]["first"] = json!(first);
        prop_assert!(matches!(decode(&value), Err(SliceError::Broken(_))));
    }
}

#[test]
fn no_commits_are_no_slice() {
    assert!(matches!(Slice::new(log_id(), None, Vec::new()), Err(SliceError::Broken(_))));
    let empty = json!({ "format": 1, "log": log_id(), "commits": [] });
    assert!(matches!(decode(&empty), Err(SliceError::Broken(_))));
}

#[test]
fn a_commit_without_events_is_refused() {
    let commit = json!({
        "first": 1, "command_id": Uuid::nil(), "fingerprint": Fingerprint([0; 16]), "actor": {"role": "member", "id": Uuid::nil()},
        "correlation": Uuid::nil(), "recorded_at": "2026-01-01T00:00:00Z", "events": [],
    });
    let value = json!({ "format": 1, "log": log_id(), "commits": [commit] });
    assert!(matches!(decode(&value), Err(SliceError::Broken(_))));
}

#[test]
fn events_beyond_the_last_place_there_is_are_refused() {
    let commit = json!({
        "first": i64::MAX, "command_id": Uuid::nil(), "fingerprint": [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        "actor": {"role": "member", "id": Uuid::nil()}, "correlation": Uuid::nil(),
        "recorded_at": "2027-01-01T00:00:00Z",
        "events": [
            {"stream": Uuid::nil(), "version": 1, "type": "A", "schema_version": 1, "payload": {}},
            {"stream": Uuid::nil(), "version": 2, "type": "A", "schema_version": 1, "payload": {}},
        ],
    });
    let bytes = json!({"format": 1, "log": Uuid::nil(), "commits": [commit]}).to_string();
    assert!(matches!(Slice::decode(bytes.as_bytes()), Err(SliceError::Broken(at)) if at == Position::new(i64::MAX)));
}
