//! Another signing key, without anybody being logged out: the key set holds both for as long as a token of the old one may
//! live. The end of that time stands beside the old key, as `exp`; servers do not look at it.

use std::{fs::File, path::Path};

use chrono::{DateTime, TimeDelta, Utc};

use super::{Jwk, Jwks, KeyError, PrivateKey, file};

/// What [`rotate`] did.
#[derive(Debug)]
pub struct Rotated {
    /// The key that signs from now on.
    pub new: Jwk,
    /// The key that signed until now; its tokens hold until its `exp`.
    pub old: Jwk,
}

/// Makes another key and signs with it from now on. Its public half is in the set before it signs anything, so a crash in
/// between leaves one public key too many and nothing else.
pub fn rotate(
    key_file: &Path,
    jwks_file: &Path,
    now: DateTime<Utc>,
    tokens_live: TimeDelta,
) -> Result<Rotated, KeyError> {
    let _one_at_a_time = lock(jwks_file)?;
    let mut old = PrivateKey::read(key_file)?.public();
    let mut set = Jwks::read(jwks_file)?;
    if !set.contains(&old) {
        return Err(KeyError::NotInSet { kid: old.kid, path: jwks_file.to_owned() });
    }
    let fresh = PrivateKey::generate()?;
    let (new, until) = (fresh.public(), (now + tokens_live).timestamp());
    old.exp = Some(until);
    set.keys.iter_mut().filter(|key| key.kid == old.kid).for_each(|key| key.exp = Some(until));
    set.keys.push(new.clone());
    file::replace(jwks_file, set.to_json().as_bytes(), 0o644)?;
    file::replace(key_file, fresh.pem()?.as_bytes(), 0o600)?;
    Ok(Rotated { new, old })
}

/// Takes the keys out of the set whose last token has run out. Never the one that signs.
pub fn retire(key_file: &Path, jwks_file: &Path, now: DateTime<Utc>) -> Result<Vec<Jwk>, KeyError> {
    let _one_at_a_time = lock(jwks_file)?;
    let signing = PrivateKey::read(key_file)?.public();
    let over = |key: &Jwk| key.kid != signing.kid && key.exp.is_some_and(|until| until <= now.timestamp());
    let (retired, keys): (Vec<Jwk>, Vec<Jwk>) = Jwks::read(jwks_file)?.keys.into_iter().partition(over);
    if !retired.is_empty() {
        file::replace(jwks_file, Jwks { keys }.to_json().as_bytes(), 0o644)?;
    }
    Ok(retired)
}

/// Two that rotate at once would leave a key that signs and is in no set.
fn lock(jwks_file: &Path) -> Result<File, KeyError> {
    let name = jwks_file.file_name().unwrap_or_default().to_string_lossy();
    let path = jwks_file.with_file_name(format!(".{name}.lock"));
    let locked = File::create(&path).and_then(|file| file.lock().map(|()| file));
    locked.map_err(|source| KeyError::Write { path, source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::ensure;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).expect("a time")
    }

    fn kids(set: &Jwks) -> Vec<&str> {
        set.keys.iter().map(|key| key.kid.as_str()).collect()
    }

    #[test]
    fn an_old_key_stays_as_long_as_its_tokens_may_live() {
        let folder = std::env::temp_dir().join(format!("jangbu-rotation-{}", std::process::id()));
        let (key, jwks) = (folder.join("key.pem"), folder.join("jwks.json"));
        let first = ensure(&key, &jwks).expect("made").public;
        let rotated = rotate(&key, &jwks, at(0), TimeDelta::seconds(100)).expect("rotated");
        assert_eq!((rotated.old.kid.as_str(), rotated.old.exp), (first.kid.as_str(), Some(at(100).timestamp())));
        assert_eq!(PrivateKey::read(&key).expect("read").public(), rotated.new);
        assert_eq!(kids(&Jwks::read(&jwks).expect("read")), [&first.kid, &rotated.new.kid]);
        assert!(retire(&key, &jwks, at(99)).expect("looked").is_empty());
        let retired = retire(&key, &jwks, at(100)).expect("looked");
        assert_eq!(retired.iter().map(|key| &key.kid).collect::<Vec<_>>(), [&first.kid]);
        assert_eq!(kids(&Jwks::read(&jwks).expect("read")), [&rotated.new.kid]);
        assert!(retire(&key, &jwks, at(1_000_000)).expect("looked").is_empty(), "the key that signs stays");
        std::fs::remove_dir_all(folder).expect("clean");
    }

    #[test]
    fn however_many_rotate_at_once_the_key_that_signs_is_in_the_set() {
        let folder = std::env::temp_dir().join(format!("jangbu-rotations-{}", std::process::id()));
        let (key, jwks) = (folder.join("key.pem"), folder.join("jwks.json"));
        ensure(&key, &jwks).expect("made");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| rotate(&key, &jwks, at(0), TimeDelta::seconds(1)).expect("rotated"));
            }
        });
        let set = Jwks::read(&jwks).expect("read");
        assert_eq!(set.keys.len(), 9);
        assert_eq!(set.keys.iter().filter(|key| key.exp.is_none()).count(), 1);
        assert!(set.contains(&PrivateKey::read(&key).expect("read").public()));
        std::fs::remove_dir_all(folder).expect("clean");
    }
}
