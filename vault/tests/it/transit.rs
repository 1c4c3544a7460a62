//! The transit adapter: what it asks, and what it makes of failures.

use std::{error::Error, os::unix::fs::PermissionsExt, time::Duration};

use kernel::MemberId;
use serde_json::json;
use vault::{Kek, KekAddress, KekError, Keyring, Keys, PostgresVault, Purpose, TransitKek, VaultReader, Wrapped};

use crate::{
    fixture::{VaultFixture, member},
    transit_server::{Manners, TransitServer},
};

fn purpose() -> Purpose {
    Purpose::Member(member())
}

/// An adapter that does not wait long.
fn quick_to_time_out(server: &TransitServer) -> TransitKek {
    let KekAddress::Transit { mount, key } = server.address() else { panic!("transit") };
    TransitKek::with_timeout(mount, key, server.token_file.clone(), Duration::from_millis(300)).unwrap()
}

fn all_of(error: &dyn Error) -> String {
    let mut text = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(" {cause} {cause:?}"));
        source = cause.source();
    }
    text
}

#[tokio::test]
async fn what_was_wrapped_opens_for_its_purpose_only_even_if_the_engine_is_old() {
    let server = TransitServer::start().await;
    let kek = server.address().open(Some(&server.token_file)).unwrap();
    for old in [false, true] {
        server.behave(Manners { old, ..Manners::default() });
        let (purpose, key) = (purpose(), [5; 32]);
        let wrapped = kek.wrap(purpose, &key).await.unwrap();
        assert_eq!(wrapped.kek, "bank:v1");
        assert!(wrapped.text.starts_with("vault:v1:"));
        assert_eq!(*kek.unwrap(purpose, &wrapped).await.unwrap(), key);
        for other in [self::purpose(), Purpose::Names, Purpose::Member(MemberId::new(uuid::Uuid::nil()))] {
            assert!(matches!(kek.unwrap(other, &wrapped).await, Err(KekError::Unwrap)), "{other:?}, old: {old}");
        }
        let cut = Wrapped { text: wrapped.text[..wrapped.text.len() - 4].to_owned(), ..wrapped.clone() };
        assert!(matches!(kek.unwrap(purpose, &cut).await, Err(KekError::Unwrap)));
        let strange = Wrapped { kek: "other:v1".into(), ..wrapped };
        assert!(matches!(kek.unwrap(purpose, &strange).await, Err(KekError::Unknown(_))));
    }
}

#[tokio::test]
async fn a_whole_vault_lives_on_it_and_is_rotated() {
    let (fixture, server) = (VaultFixture::new().await, TransitServer::start().await);
    fixture.execute("delete from vault.secret").await;
    let kek = server.address().open(Some(&server.token_file)).unwrap();
    let vault = PostgresVault::open(fixture.pool_of("jangbu_vault"), kek.clone()).await.unwrap();
    let members: Vec<MemberId> = (0..5).map(|_| member()).collect();
    let mut keys = Vec::new();
    for member in &members {
        keys.push(*vault.make_key(*member).await.unwrap().expose());
    }
    let keyring = Keyring::new(fixture.pool.clone(), kek.clone());
    let current = kek.rotate().await.unwrap();
    assert_eq!(current, "bank:v2");
    assert_eq!(keyring.rewrap_secret(&current).await.unwrap(), 1);
    assert_eq!(keyring.rewrap(&current, None, 100).await.unwrap().count, 5);
    let used: Vec<String> = keyring.count().await.unwrap().into_iter().map(|count| count.kek).collect();
    assert_eq!(used, ["bank:v2"]);
    assert_eq!(kek.drop_old(&["bank:v1".into()]).await.unwrap(), ["bank:v1"]);
    assert!(server.asked().iter().any(|asked| asked == "POST /v1/transit/keys/bank/config"));
    let reader = VaultReader::new(fixture.pool_of("jangbu_vault_reader"), kek);
    let read = reader.keys(&members).await.unwrap();
    assert!(members.iter().zip(&keys).all(|(member, key)| read[member].expose() == key));
    fixture.end().await;
}

#[tokio::test]
async fn an_older_version_is_kept_while_anything_needs_it() {
    let server = TransitServer::start().await;
    let kek = server.address().open(Some(&server.token_file)).unwrap();
    let purpose = purpose();
    let wrapped = kek.wrap(purpose, &[1; 32]).await.unwrap();
    kek.rotate().await.unwrap();
    kek.rotate().await.unwrap();
    assert_eq!(kek.drop_old(&["bank:v2".into()]).await.unwrap(), Vec::<String>::new());
    assert_eq!(*kek.unwrap(purpose, &wrapped).await.unwrap(), [1; 32]);
    assert_eq!(kek.held().await.unwrap(), ["bank:v1", "bank:v2", "bank:v3"]);
    assert_eq!(
        kek.drop_old(&["bank:v1".into(), "bank:v2".into(), "bank:v3".into()]).await.unwrap(),
        ["bank:v1", "bank:v2"]
    );
    assert_eq!(kek.held().await.unwrap(), ["bank:v3"], "trimmed: nobody can bring them back");
    assert!(matches!(kek.unwrap(purpose, &wrapped).await, Err(KekError::Unwrap)));
}

#[tokio::test]
async fn each_failure_is_named_and_shows_no_secret() {
    let server = TransitServer::start().await;
    let kek = quick_to_time_out(&server);
    let purpose = purpose();
    let wrapped = kek.wrap(purpose, &[0x41; 32]).await.unwrap();
    let unavailable = |error: &KekError| matches!(error, KekError::Unavailable(_));
    let refused = |error: &KekError| matches!(error, KekError::Refused(_));
    let answer = |error: &KekError| matches!(error, KekError::Answer);
    let status = |status| Manners { status: Some(status), ..Manners::default() };
    let body = |body| Manners { body: Some(body), ..Manners::default() };
    type Expected<'a> = &'a dyn Fn(&KekError) -> bool;
    let cases: [(&str, Manners, Expected<'_>); 8] = [
        ("sealed", status(503), &unavailable),
        ("overloaded", status(429), &unavailable),
        ("broken", status(500), &unavailable),
        ("forbidden", status(403), &refused),
        ("no such key", status(404), &refused),
        ("moved", status(307), &refused),
        ("slow", Manners { delay: Duration::from_secs(5), ..Manners::default() }, &unavailable),
        ("another shape", body(json!({ "data": { "SECRET": 1 } })), &answer),
    ];
    for (what, manners, expected) in cases {
        server.behave(manners);
        for error in
            [kek.wrap(purpose, &[0x41; 32]).await.unwrap_err(), kek.unwrap(purpose, &wrapped).await.unwrap_err()]
        {
            assert!(expected(&error), "{what}: {error:?}");
            let text = all_of(&error);
            for secret in ["SECRET", crate::transit_server::TOKEN, "QUFB", &server.url, &wrapped.text] {
                assert!(!text.contains(secret), "{what}: {text}");
            }
        }
    }
    server.behave(body(json!({ "data": { "ciphertext": "not vault's", "plaintext": "!" } })));
    assert!(matches!(kek.wrap(purpose, &[1; 32]).await, Err(KekError::Answer)));
    assert!(matches!(kek.unwrap(purpose, &wrapped).await, Err(KekError::Answer)));
    server.behave(Manners::default());
    assert_eq!(*kek.unwrap(purpose, &wrapped).await.unwrap(), [0x41; 32], "and all is well again");
}

#[tokio::test]
async fn the_token_is_read_again_for_each_request_and_kept_from_others() {
    let server = TransitServer::start().await;
    let kek = quick_to_time_out(&server);
    server.write_token("hvs.expired");
    assert!(matches!(kek.current().await, Err(KekError::Refused(403))));
    server.write_token(crate::transit_server::TOKEN);
    assert_eq!(kek.current().await.unwrap(), "bank:v1");
    std::fs::set_permissions(&server.token_file, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(kek.current().await, Err(KekError::Open(_))));
    std::fs::remove_file(&server.token_file).unwrap();
    assert!(matches!(kek.current().await, Err(KekError::Read(..))));
}

#[tokio::test]
async fn an_engine_that_is_not_there_is_unavailable() {
    let server = TransitServer::start().await;
    let address: KekAddress = "transit:http://127.0.0.1:1#bank".parse().unwrap();
    let kek = address.open(Some(&server.token_file)).unwrap();
    let error = kek.wrap(purpose(), &[1; 32]).await.unwrap_err();
    assert!(matches!(error, KekError::Unavailable(_)));
    assert!(!all_of(&error).contains("127.0.0.1:1/"), "{}", all_of(&error));
}
