//! The key file.

use std::{fs, io::Read, os::unix::fs::PermissionsExt, path::Path};

use futures::future::join_all;
use kernel::MemberId;
use vault::{FileKek, Kek, KekError, KeyFile, Purpose, Wrapped};

use crate::fixture::{folder, member};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn purpose() -> Purpose {
    Purpose::Member(member())
}

#[test]
fn it_is_made_once_readable_by_its_owner_only_and_left_as_it_is() {
    let folder = folder();
    let file = folder.join("kek.json");
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let file = file.clone();
            std::thread::spawn(move || KeyFile::ensure(&file).map(|(keys, _)| format!("{keys:?}")))
        })
        .collect();
    let made: Vec<String> = threads.into_iter().map(|thread| thread.join().unwrap().unwrap()).collect();
    assert!(made.iter().all(|file| *file == made[0]), "{made:?}");
    assert_eq!(mode(&file), 0o600);
    let text = fs::read_to_string(&file).unwrap();
    assert!(!made[0].contains(text.split('"').nth_back(1).unwrap()), "no key in Debug");
    KeyFile::ensure(&file).unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_file_that_others_may_read_or_that_holds_something_else_is_refused() {
    let folder = folder();
    let file = folder.join("kek.json");
    assert!(matches!(FileKek::open(&file), Err(KekError::Read(..))));
    KeyFile::ensure(&file).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    for open in [0o640, 0o604, 0o660] {
        fs::set_permissions(&file, fs::Permissions::from_mode(open)).unwrap();
        assert!(matches!(FileKek::open(&file), Err(KekError::Open(_))), "{open:o}");
    }
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let current = text.split('"').nth(3).unwrap();
    let short = r#"{"current":"a","keys":{"a":"c2hvcnQ="}}"#;
    let spoilt = [String::new(), "{}".into(), short.into(), text.replacen(current, "unheard-of", 1), text[..40].into()];
    for content in spoilt {
        fs::write(&file, &content).unwrap();
        let refused = FileKek::open(&file).unwrap_err();
        assert!(matches!(refused, KekError::NotAKeyFile(_)), "{content}");
        assert_eq!(refused.to_string(), format!("{} is not a key file", file.display()));
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn what_was_wrapped_opens_for_its_purpose_only() {
    let folder = folder();
    let file = folder.join("kek.json");
    KeyFile::ensure(&file).unwrap();
    let kek = FileKek::open(&file).unwrap();
    let (purpose, key) = (purpose(), [9; 32]);
    let wrapped = kek.wrap(purpose, &key).await.unwrap();
    assert_eq!(*kek.unwrap(purpose, &wrapped).await.unwrap(), key);
    for other in [self::purpose(), Purpose::Names, Purpose::Member(MemberId::new(uuid::Uuid::nil()))] {
        assert!(matches!(kek.unwrap(other, &wrapped).await, Err(KekError::Unwrap)), "{other:?}");
    }
    for at in 0..wrapped.text.len() {
        let cut = Wrapped { text: wrapped.text[..at].to_owned(), ..wrapped.clone() };
        assert!(matches!(kek.unwrap(purpose, &cut).await, Err(KekError::Unwrap)), "cut at {at}");
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn a_running_server_goes_on_through_rotations_by_another() {
    let folder = folder();
    let file = folder.join("kek.json");
    KeyFile::ensure(&file).unwrap();
    let (server, operator) = (FileKek::open(&file).unwrap(), FileKek::open(&file).unwrap());
    let purpose = purpose();
    let old = server.wrap(purpose, &[1; 32]).await.unwrap();
    let current = operator.rotate().await.unwrap();
    assert_eq!(mode(&file), 0o600);
    assert_ne!(old.kek, current);
    let by_operator = operator.wrap(purpose, &[2; 32]).await.unwrap();
    assert_eq!(by_operator.kek, current);
    assert_eq!(*server.unwrap(purpose, &by_operator).await.unwrap(), [2; 32], "an id it had never seen");
    assert_eq!(server.wrap(purpose, &[3; 32]).await.unwrap().kek, current, "and it wraps with the new one");
    assert_eq!(*operator.unwrap(purpose, &old).await.unwrap(), [1; 32]);

    assert_eq!(
        operator.drop_old(std::slice::from_ref(&current)).await.unwrap(),
        Vec::<String>::new(),
        "it is the current one"
    );
    let mut former = fs::File::open(&file).unwrap();
    assert_eq!(operator.held().await.unwrap().len(), 2);
    assert_eq!(operator.drop_old(std::slice::from_ref(&old.kek)).await.unwrap(), std::slice::from_ref(&old.kek));
    assert_eq!(operator.held().await.unwrap(), std::slice::from_ref(&current));
    let mut rest = Vec::new();
    former.read_to_end(&mut rest).unwrap();
    assert!(!rest.is_empty() && rest.iter().all(|byte| *byte == 0), "the file that held it is overwritten");
    let late = FileKek::open(&file).unwrap();
    assert!(matches!(late.unwrap(purpose, &old).await, Err(KekError::Unknown(id)) if id == old.kek));
    assert_eq!(late.current().await.unwrap(), current);
    fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_that_rotate_at_once_lose_no_key() {
    let folder = folder();
    let file = folder.join("kek.json");
    KeyFile::ensure(&file).unwrap();
    let operators = (0..8).map(|_| {
        let kek = FileKek::open(&file).unwrap();
        tokio::spawn(async move {
            let purpose = purpose();
            kek.rotate().await.unwrap();
            (purpose, kek.wrap(purpose, &[4; 32]).await.unwrap())
        })
    });
    let wrapped: Vec<_> = join_all(operators).await.into_iter().map(Result::unwrap).collect();
    let late = FileKek::open(&file).unwrap();
    for (purpose, wrapped) in wrapped {
        assert_eq!(*late.unwrap(purpose, &wrapped).await.unwrap(), [4; 32]);
    }
    fs::remove_dir_all(&folder).unwrap();
}
