use std::{collections::BTreeMap, path::PathBuf};

use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const SUBJECT: &str = "jangbu.log.slices";

fn keys() -> SliceKeys {
    SliceKeys::new("one", [7; 32])
}

type Headers = BTreeMap<String, String>;

fn sealed(keys: &SliceKeys, label: &Label, body: &[u8]) -> Headers {
    seal(keys, SUBJECT, label, body).into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn accepts(keys: &SliceKeys, subject: &str, headers: &Headers, body: &[u8]) -> Result<Label, Rejected> {
    let header = |name: &str| headers.get(name).map(String::as_str);
    verify(keys, subject, header, &Bytes::copy_from_slice(body)).map(|authentic| authentic.label())
}

fn label(first: i64, last: i64, in_log: bool) -> Label {
    let log = LogId::new(Uuid::from_u128(5));
    Label { log, first: Position::new(first), last: Position::new(last), in_log }
}

proptest! {
    #[test]
    fn any_change_of_anything_is_noticed(
        first in 1_i64..1_000_000,
        more in 0_i64..1_000,
        in_log: bool,
        body in prop::collection::vec(any::<u8>(), 0..200),
        place: prop::sample::Index,
        bit in 0_u8..8,
    ) {
        let keys = keys();
        let label = label(first, first + more, in_log);
        let headers = sealed(&keys, &label, &body);
        prop_assert_eq!(accepts(&keys, SUBJECT, &headers, &body), Ok(label));

        let with = |name: &str, value: String| {
            let mut changed = headers.clone();
            changed.insert(name.to_owned(), value);
            changed
        };
        let forged = Err(Rejected::Forged);
        prop_assert_eq!(accepts(&keys, "jangbu.log.others", &headers, &body), forged);
        prop_assert_eq!(accepts(&keys, SUBJECT, &with(FIRST, (first + 1).to_string()), &body), forged);
        prop_assert_eq!(accepts(&keys, SUBJECT, &with(LAST, (first + more + 1).to_string()), &body), forged);
        prop_assert_eq!(accepts(&keys, SUBJECT, &with(LOG, Uuid::from_u128(6).to_string()), &body), forged);
        let mut other_body_mark = headers.clone();
        if other_body_mark.remove(BODY).is_none() {
            other_body_mark.insert(BODY.to_owned(), IN_LOG.to_owned());
        }
        prop_assert_eq!(accepts(&keys, SUBJECT, &other_body_mark, &body), forged);
        let longer = [&body[..], b"x"].concat();
        prop_assert_eq!(accepts(&keys, SUBJECT, &headers, &longer), forged);
        if !body.is_empty() {
            let mut flipped = body.clone();
            flipped[place.index(body.len())] ^= 1 << bit;
            prop_assert_eq!(accepts(&keys, SUBJECT, &headers, &flipped), forged);
            prop_assert_eq!(accepts(&keys, SUBJECT, &headers, &body[1..]), forged);
        }
    }
}

#[test]
fn a_message_without_a_seal_or_with_another_one_counts_for_nothing() {
    let (keys, label) = (keys(), label(1, 2, false));
    let headers = sealed(&keys, &label, b"body");
    let without = |name: &str| headers.clone().into_iter().filter(|(header, _)| header != name).collect();
    for name in [KEY, SEAL] {
        assert_eq!(accepts(&keys, SUBJECT, &without(name), b"body"), Err(Rejected::Unsealed));
    }
    for name in [LOG, FIRST, LAST] {
        assert_eq!(accepts(&keys, SUBJECT, &without(name), b"body"), Err(Rejected::NotASlice));
    }
    for seal in ["", "AAAA", "not base64!"] {
        let mut other = headers.clone();
        other.insert(SEAL.to_owned(), seal.to_owned());
        assert_eq!(accepts(&keys, SUBJECT, &other, b"body"), Err(Rejected::Forged));
    }
    let mut other_mark = headers.clone();
    other_mark.insert(BODY.to_owned(), "here".to_owned());
    assert_eq!(accepts(&keys, SUBJECT, &other_mark, b"body"), Err(Rejected::NotASlice));
    let others = SliceKeys::new("two", [8; 32]);
    assert_eq!(accepts(&keys, SUBJECT, &sealed(&others, &label, b"body"), b"body"), Err(Rejected::UnknownKey));
    let same_id = SliceKeys::new("one", [8; 32]);
    assert_eq!(accepts(&keys, SUBJECT, &sealed(&same_id, &label, b"body"), b"body"), Err(Rejected::Forged));
}

#[test]
fn the_sealed_text_is_the_same_in_every_build() {
    let headers = sealed(&keys(), &label(3, 4, false), b"{}");
    assert_eq!(headers[SEAL], "G-QdwaLQgzdYE0xDsJfvoK6NMQ8vcpy4YHvbmJQJ2dM");
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("jangbu-slice-keys-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_rotated_key_seals_and_the_one_before_is_accepted_until_it_is_retired() {
    let folder = Folder::new("rotate");
    let path = folder.0.join("keys/slice-keys.json");
    let (first, made) = SliceKeys::ensure(&path).unwrap();
    assert!(made && !SliceKeys::ensure(&path).unwrap().1);
    let label = label(1, 2, false);
    let old = sealed(&first, &label, b"");
    let second = SliceKeys::rotate(&path).unwrap();
    assert_ne!(second.current(), first.current());
    assert_eq!(accepts(&second, SUBJECT, &old, b""), Ok(label));
    assert_eq!(accepts(&first, SUBJECT, &sealed(&second, &label, b""), b""), Err(Rejected::UnknownKey));
    assert_eq!(SliceKeys::retire(&path).unwrap(), [first.current().to_owned()]);
    assert_eq!(accepts(&SliceKeys::read(&path).unwrap(), SUBJECT, &old, b""), Err(Rejected::UnknownKey));
    assert!(SliceKeys::retire(&path).unwrap().is_empty());
}

#[test]
fn a_watch_sees_a_new_key_and_survives_a_damaged_file() {
    let folder = Folder::new("watch");
    let path = folder.0.join("slice-keys.json");
    let (first, _) = SliceKeys::ensure(&path).unwrap();
    let watch = KeyWatch::open(&path).unwrap();
    let second = SliceKeys::rotate(&path).unwrap();
    let until = |wanted: &str| {
        while watch.keys_for_unknown().current() != wanted {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    };
    until(second.current());
    std::fs::write(&path, "damaged").unwrap();
    std::thread::sleep(KeyWatch::LOOK_FOR_UNKNOWN * 2);
    assert_eq!(watch.keys_for_unknown().current(), second.current());
    std::fs::remove_file(&path).unwrap();
    let (third, _) = SliceKeys::ensure(&path).unwrap();
    until(third.current());
    assert_ne!(third.current(), first.current());
}

#[test]
fn a_file_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("open");
    let path = folder.0.join("slice-keys.json");
    SliceKeys::ensure(&path).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(SliceKeys::read(&path), Err(KeyFileError::Open(_))));
    assert!(matches!(SliceKeys::read(&folder.0.join("none")), Err(KeyFileError::Read { .. })));
    std::fs::write(&path, "{}").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(matches!(SliceKeys::read(&path), Err(KeyFileError::NotKeys(_))));
}
