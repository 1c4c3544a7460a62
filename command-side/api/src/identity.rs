//! The identity of a command: which requests are the same one.
//!
//! Both digests are kept in the log for ever, so what goes into them never changes: a new optional field must be left
//! out of the canonical JSON when it is absent.

use std::io;

use axum::http::{HeaderMap, HeaderName};
use kernel::{Actor, CommandId};
use log::Fingerprint;
use platform::problem::{Code, Problem};
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

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

    /// The id of the command that this principal sends under this key: the same for ever.
    pub(crate) fn command_id(&self, actor: Actor) -> CommandId {
        self.derived(actor.role.as_str(), actor.id.uuid())
    }

    /// The same for somebody who has no token yet. All of them are one principal: a key is to be random.
    pub(crate) fn anonymous_command_id(&self) -> CommandId {
        self.derived("anonymous", Uuid::nil())
    }

    fn derived(&self, role: &str, id: Uuid) -> CommandId {
        let mut digest = Sha256::new();
        digest.update(b"jangbu/command/1\0");
        digest.update(role);
        digest.update(b"\0");
        digest.update(id.as_bytes());
        digest.update(&self.0);
        CommandId::new(Builder::from_custom_bytes(first_half(digest)).into_uuid())
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

    #[test]
    fn the_ids_are_those_of_the_first_day() {
        // Change one of these and every retry across the release pays twice.
        let id = key("order-1").command_id(actor(Role::Member, 7));
        assert_eq!(id.to_string(), "a669c7e1-4d50-8d01-a98f-6d609ef469a4");
        let print = fingerprint("POST /v1/accounts", None, &serde_json::json!({"asset": "KRW"})).expect("print");
        assert_eq!(format!("{print:?}"), "8252e5474f3823c054dcbd351a59bed7");
        let id = key("order-1").anonymous_command_id();
        assert_eq!(id.to_string(), "b220d596-e387-8756-9628-99245a1641c2");
    }

    #[test]
    fn another_principal_or_key_is_another_command() {
        let ids = [
            key("a").command_id(actor(Role::Member, 1)),
            key("b").command_id(actor(Role::Member, 1)),
            key("a").command_id(actor(Role::Member, 2)),
            key("a").command_id(actor(Role::Operator, 1)),
            key("a").anonymous_command_id(),
            key("a").command_id(actor(Role::Member, 0)),
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
