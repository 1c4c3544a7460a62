//! The identity of a command: which requests are the same one.
//!
//! Both digests are kept in the log for ever, so what goes into them never changes: a new optional field must be left
//! out of the canonical JSON when it is absent.

use std::io;

use axum::http::{HeaderMap, HeaderName};
use chrono::{DateTime, Utc};
use kernel::{Actor, CommandId};
use log::Fingerprint;
use platform::problem::{Code, Problem};
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid, Variant};

pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A usable `Idempotency-Key`: 1 to 255 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IdempotencyKey(Box<[u8]>);

impl IdempotencyKey {
    /// The key in the one header of that name.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut given = headers.get_all(IDEMPOTENCY_KEY).iter();
        match (given.next(), given.next()) {
            (Some(value), None) => Self::parse(value.as_bytes()),
            _ => None,
        }
        .ok_or_else(|| {
            Problem::new(Code::IdempotencyKeyMissing)
                .detail("send an Idempotency-Key header of 1 to 255 visible ASCII characters")
        })
    }

    /// The same for a request that may have one: the header is left out, or right.
    pub(crate) fn optional(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        headers.contains_key(IDEMPOTENCY_KEY).then(|| Self::from_headers(headers)).transpose()
    }

    /// The key itself.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let usable = (1..=255).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
        usable.then(|| Self(bytes.into()))
    }

    /// Milliseconds since 1970, if the key is a UUID of version 7 (RFC 9562, 5.7).
    fn time(&self) -> Option<u64> {
        let uuid = Uuid::try_parse_ascii(&self.0).ok()?;
        let is_timed = uuid.get_version_num() == 7 && uuid.get_variant() == Variant::RFC4122;
        is_timed.then(|| (uuid.as_u128() >> 80) as u64)
    }

    fn digest(&self, role: &str, id: Uuid) -> [u8; 16] {
        let mut digest = Sha256::new();
        digest.update(b"jangbu/command/1\0");
        digest.update(role);
        digest.update(b"\0");
        digest.update(id.as_bytes());
        digest.update(&self.0);
        first_half(digest)
    }
}

/// Which id a command gets, in one log: of the principal and the key, and the same for ever.
///
/// Where the key has a time of its own, the id begins with it. Ids that are made one after the other then lie side by side in an index,
/// which grows at its end instead of everywhere (docs/decisions/0038).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandIds {
    ordered_from: i64,
}

impl CommandIds {
    /// Of a log in which keys of this time and later give their time to the id.
    pub fn ordered_from(time: DateTime<Utc>) -> Self {
        Self { ordered_from: time.timestamp_millis() }
    }

    /// The id of the command that this principal sends under this key.
    pub(crate) fn of(self, actor: Actor, key: &IdempotencyKey) -> CommandId {
        self.derive(actor.role.as_str(), actor.id.uuid(), key)
    }

    /// The same for somebody who has no token yet. All of them are one principal: a key is to be random.
    pub(crate) fn of_anybody(self, key: &IdempotencyKey) -> CommandId {
        self.derive("anonymous", Uuid::nil(), key)
    }

    fn derive(self, role: &str, id: Uuid, key: &IdempotencyKey) -> CommandId {
        let mut bytes = key.digest(role, id);
        if let Some(time) = key.time().filter(|time| *time as i64 >= self.ordered_from) {
            bytes[..6].copy_from_slice(&time.to_be_bytes()[2..]);
        }
        CommandId::new(Builder::from_custom_bytes(bytes).into_uuid())
    }
}

/// What was asked for: the route, the ids in its path and the body in canonical form.
pub(crate) fn fingerprint(route: &str, id: Option<Uuid>, body: &impl Serialize) -> Result<Fingerprint, Problem> {
    let mut digest = Sha256::new();
    digest.update(route);
    digest.update(b"\0");
    digest.update(id.unwrap_or_default().as_bytes());
    // Straight from the parsed body: fields in declared order, no white space, numbers in one spelling.
    serde_json::to_writer(Hashing(&mut digest), body).map_err(Problem::internal)?;
    Ok(Fingerprint(first_half(digest)))
}

fn first_half(digest: Sha256) -> [u8; 16] {
    let digest: [u8; 32] = digest.finalize().into();
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    half
}

struct Hashing<'a>(&'a mut Sha256);

impl io::Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use kernel::{MemberId, Role};
    use proptest::prelude::*;

    use super::*;

    fn actor(role: Role, id: u128) -> Actor {
        Actor { role, id: MemberId::new(Uuid::from_u128(id)) }
    }

    fn key(text: &str) -> IdempotencyKey {
        IdempotencyKey::parse(text.as_bytes()).expect("a key")
    }

    const ALL: CommandIds = CommandIds { ordered_from: 0 };

    #[test]
    fn the_ids_are_those_of_the_first_day() {
        // Change one of these and every retry across the release pays twice.
        let id = ALL.of(actor(Role::Member, 7), &key("order-1"));
        assert_eq!(id.to_string(), "a669c7e1-4d50-8d01-a98f-6d609ef469a4");
        let print = fingerprint("POST /v1/accounts", None, &serde_json::json!({"asset": "KRW"})).expect("print");
        assert_eq!(format!("{print:?}"), "8252e5474f3823c054dcbd351a59bed7");
        let id = ALL.of_anybody(&key("order-1"));
        assert_eq!(id.to_string(), "b220d596-e387-8756-9628-99245a1641c2");
    }

    /// 2026-11-29T12:00:00.123Z.
    const TIMED: &str = "019ad009-107b-7abc-8def-0123456789ab";

    #[test]
    fn a_key_with_a_time_gives_it_to_the_id() {
        let member = actor(Role::Member, 7);
        let id = ALL.of(member, &key(TIMED));
        assert_eq!(id.to_string(), "019ad009-107b-8000-8000-000000000000");
        let later = ALL.of(member, &key("019ad009-107c-7000-8000-000000000000"));
        assert!(later > id, "in the order of the keys");
        // Everything else of the id is of the digest: other principals and keys of one millisecond differ.
        let same_time = "019ad009-107b-7abc-8def-0123456789ac";
        assert_ne!(ALL.of(member, &key(same_time)), id);
        assert_ne!(ALL.of(actor(Role::Member, 8), &key(TIMED)), id);
        assert_eq!(id.uuid().get_version_num(), 8);
    }

    #[test]
    fn a_key_from_before_the_log_ordered_ids_keeps_its_id() {
        let member = actor(Role::Member, 7);
        let time = key(TIMED).time().expect("a time");
        let (at, after) =
            (CommandIds { ordered_from: time as i64 }, CommandIds { ordered_from: time as i64 + 1 });
        assert_eq!(at.of(member, &key(TIMED)), ALL.of(member, &key(TIMED)));
        assert_eq!(after.of(member, &key(TIMED)).to_string(), "00000000-0000-8000-8000-000000000000");
        assert_eq!(after.of(member, &key("order-1")), ALL.of(member, &key("order-1")));
    }

    #[test]
    fn only_uuids_of_version_7_have_a_time() {
        for untimed in ["order-1", "6a616e67-6275-4f6f-b76e-657273000001", "019ad009-107b-7abc-cdef-0123456789ab", "019ad009-107b-7abc-8def-0123456789a"] {
            assert_eq!(key(untimed).time(), None, "{untimed}");
        }
        assert_eq!(key(TIMED).time(), Some(0x019a_d009_107b));
        assert_eq!(key(&TIMED.replace('-', "").to_uppercase()).time(), Some(0x019a_d009_107b));
    }

    #[test]
    fn another_principal_or_key_is_another_command() {
        let ids = [
            ALL.of(actor(Role::Member, 1), &key("a")),
            ALL.of(actor(Role::Member, 1), &key("b")),
            ALL.of(actor(Role::Member, 2), &key("a")),
            ALL.of(actor(Role::Operator, 1), &key("a")),
            ALL.of_anybody(&key("a")),
            ALL.of(actor(Role::Member, 0), &key("a")),
        ];
        for (i, id) in ids.iter().enumerate() {
            assert_eq!(id.uuid().get_version_num(), 8);
            assert!(!ids[..i].contains(id));
        }
    }

    #[test]
    fn keys_that_are_not_visible_ascii_are_refused() {
        for bad in ["", " ", "a b", "a\tb", "schlüssel", "\u{7f}", &"k".repeat(256)] {
            assert_eq!(IdempotencyKey::parse(bad.as_bytes()), None, "{bad:?}");
        }
        assert!(IdempotencyKey::parse("k".repeat(255).as_bytes()).is_some());
    }

    #[test]
    fn two_headers_are_none() {
        let mut headers = HeaderMap::new();
        headers.append(IDEMPOTENCY_KEY, "a".parse().expect("value"));
        assert!(IdempotencyKey::from_headers(&headers).is_ok());
        headers.append(IDEMPOTENCY_KEY, "a".parse().expect("value"));
        let problem = IdempotencyKey::from_headers(&headers).expect_err("two");
        assert_eq!(problem.code(), Code::IdempotencyKeyMissing);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_key_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let good = !bytes.is_empty() && bytes.len() < 256 && bytes.iter().all(|b| (0x21..=0x7e).contains(b));
            prop_assert_eq!(IdempotencyKey::parse(&bytes).is_some(), good);
        }

        #[test]
        fn no_two_bodies_or_paths_share_a_fingerprint(a in ".{0,40}", b in ".{0,40}", x: u128, y: u128) {
            let print = |id, text: &str| fingerprint("POST /x", Some(Uuid::from_u128(id)), &text).expect("print");
            prop_assert_eq!(print(x, &a) == print(y, &b), (x, &a) == (y, &b));
        }
    }
}
