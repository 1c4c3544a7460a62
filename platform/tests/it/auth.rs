//! Tokens that hold and tokens that do not.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::pkcs8::{EncodePrivateKey, spki::der::pem::LineEnding};
use hmac::{Hmac, KeyInit, Mac};
use kernel::{Actor, ManualClock, MemberId, Role, Scope, Scopes};
use platform::auth::{Principal, Signer, TokenError, Verifier};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::support::{NOW, Reply, app, claims, clock, get_path, jwk, key, send, signed, token};

async fn ask(app: &Router, path: &str, authorization: &str) -> Reply {
    let request = Request::get(path).header("authorization", authorization);
    send(app, request.body(Body::empty()).expect("a request")).await
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims("member");
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims("member");
    claims.as_object_mut().expect("claims").remove(name);
    claims
}

fn unsigned(header: &Value, claims: &Value, signature: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(header), part(claims))
}

#[tokio::test]
async fn a_good_token_names_who_asks() {
    let app = app();
    let good = token(1, Some("one"), &claims("member"));
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let reply = ask(&app, "/who", &format!("{scheme} {good}")).await;
        assert_eq!(reply.text, "member:00000000-0000-7000-8000-000000000001");
    }
    let unnamed = token(1, None, &claims("operator"));
    assert_eq!(ask(&app, "/staff", &format!("Bearer {unnamed}")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn another_role_is_403_and_not_401() {
    let reply = ask(&app(), "/staff", &format!("Bearer {}", token(1, Some("one"), &claims("member")))).await;
    assert_eq!((reply.status, reply.code().as_str()), (StatusCode::FORBIDDEN, "forbidden"));
    assert_eq!(reply.header("www-authenticate"), None);
}

#[tokio::test]
async fn no_token_is_asked_for_one() {
    let reply = get_path(&app(), "/who").await;
    assert_eq!((reply.status, reply.code().as_str()), (StatusCode::UNAUTHORIZED, "unauthorized"));
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
}

#[tokio::test]
async fn tokens_that_do_not_hold_are_refused_alike() {
    let app = app();
    let good = token(1, Some("one"), &claims("member"));
    let (head, signature) = good.rsplit_once('.').expect("three parts");
    let public = key(1).verifying_key();
    let hmac = signed(&json!({"typ": "JWT", "alg": "HS256"}), &claims("operator"), |message| {
        let mut hmac = Hmac::<Sha256>::new_from_slice(public.as_bytes()).expect("a key of any length");
        hmac.update(message);
        hmac.finalize().into_bytes().to_vec()
    });
    let bad = [
        ("expired", token(1, Some("one"), &with("exp", json!(NOW)))),
        ("no exp", token(1, Some("one"), &without("exp"))),
        ("exp as text", token(1, Some("one"), &with("exp", json!("tomorrow")))),
        ("not yet (nbf)", token(1, Some("one"), &with("nbf", json!(NOW + 60)))),
        ("from the future (iat)", token(1, Some("one"), &with("iat", json!(NOW + 60)))),
        ("another's signature", token(2, Some("one"), &claims("member"))),
        ("unknown key", token(2, Some("two"), &claims("member"))),
        ("subject is no id", token(1, Some("one"), &with("sub", json!("root")))),
        ("no subject", token(1, Some("one"), &without("sub"))),
        ("unknown role", token(1, Some("one"), &claims("admin"))),
        ("no role", token(1, Some("one"), &without("role"))),
        ("for somebody else", token(1, Some("one"), &with("aud", json!("another-service")))),
        ("alg none", unsigned(&json!({"alg": "none", "typ": "JWT"}), &claims("operator"), "")),
        ("alg None", unsigned(&json!({"alg": "None"}), &claims("operator"), "")),
        ("alg none, old signature", unsigned(&json!({"alg": "none"}), &claims("operator"), signature)),
        ("EdDSA without signature", unsigned(&json!({"alg": "EdDSA", "kid": "one"}), &claims("operator"), "")),
        ("HS256 with the public key", hmac),
        ("claims exchanged", unsigned(&json!({"alg": "EdDSA", "kid": "one"}), &claims("operator"), signature)),
        ("cut", head.to_owned()),
        ("garbage", "garbage".to_owned()),
        ("empty", String::new()),
        ("dots", "..".to_owned()),
        ("long", "a".repeat(20_000)),
    ];
    for (what, token) in bad {
        let reply = ask(&app, "/who", &format!("Bearer {token}")).await;
        assert_eq!((reply.status, reply.code().as_str()), (StatusCode::UNAUTHORIZED, "unauthorized"), "{what}");
        assert_eq!(reply.header("www-authenticate"), Some(r#"Bearer error="invalid_token""#), "{what}");
        assert_eq!(reply.json()["detail"], "the token does not hold", "{what}: says why");
    }
    for authorization in ["Basic dXNlcjpwYXNz", &good, "Bearer"] {
        assert_eq!(ask(&app, "/who", authorization).await.status, StatusCode::UNAUTHORIZED, "{authorization}");
    }
    let doubled = Request::get("/who").header("authorization", format!("Bearer {good}"));
    let doubled = doubled.header("authorization", format!("Bearer {good}")).body(Body::empty()).expect("request");
    assert_eq!(send(&app, doubled).await.status, StatusCode::UNAUTHORIZED);
}

fn at(seconds: i64) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(NOW + seconds, 0).expect("a time")
}

#[test]
fn a_remembered_token_expires_all_the_same() {
    let clock = clock();
    let verifier = Verifier::from_jwks(&json!({"keys": [jwk(1, "one")]}).to_string(), clock.clone()).expect("keys");
    let token = token(1, Some("one"), &claims("member"));
    assert!(verifier.verify(&token).is_ok());
    clock.set(at(59));
    assert!(verifier.verify(&token).is_ok());
    clock.set(at(60));
    assert_eq!(verifier.verify(&token), Err(TokenError::Expired));
}

#[test]
fn what_is_revoked_is_refused_at_once_remembered_or_not() {
    let verifier = Verifier::from_jwks(&json!({"keys": [jwk(1, "one")]}).to_string(), clock()).expect("keys");
    let (session, other) = (Uuid::from_u128(17), Uuid::from_u128(18));
    let of = |session: Option<Uuid>| token(1, Some("one"), &with("sid", json!(session)));
    let tokens = [of(Some(session)), of(Some(other)), of(None)];
    for (token, session) in tokens.iter().zip([Some(session), Some(other), None]) {
        assert_eq!(verifier.verify(token).expect("holds").session, session);
    }
    verifier.revocations().insert(session);
    assert_eq!(verifier.verify(&tokens[0]), Err(TokenError::Revoked));
    assert!(verifier.verify(&tokens[1]).is_ok() && verifier.verify(&tokens[2]).is_ok(), "other sessions go on");
    let unseen = token(1, None, &with("sid", json!(session)));
    assert_eq!(verifier.verify(&unseen), Err(TokenError::Revoked));
    // The subject of `claims`: for any caller and any token.
    verifier.revocations().insert(Uuid::from_u128(0x7000_8000_0000_0000_0001));
    for token in &tokens {
        assert_eq!(verifier.verify(token), Err(TokenError::Revoked));
    }
    assert_eq!(verifier.verify(&token(1, Some("one"), &with("sid", json!("x")))), Err(TokenError::Malformed));
}

#[test]
fn a_token_of_the_signer_holds_and_a_new_key_signs_from_the_next_token_on() {
    let (jwks, pem) = (KeyFile::new("signer"), KeyFile::new("signer-pem"));
    let thumbprint = |seed: u8| {
        let x = URL_SAFE_NO_PAD.encode(key(seed).verifying_key().as_bytes());
        let digest = Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#));
        URL_SAFE_NO_PAD.encode(digest)
    };
    let (first, second) = (thumbprint(1), thumbprint(2));
    let write = |seed| std::fs::write(&pem.0, key(seed).to_pkcs8_pem(LineEnding::LF).expect("PEM")).expect("written");
    write(1);
    jwks.write(&json!([jwk(1, &first), jwk(2, &second)]));
    let (signer, verifier) = (Signer::from_file(&pem.0).expect("a key"), verifier(&jwks, clock()));
    let actor = Actor { role: Role::Member, id: MemberId::new(Uuid::from_u128(9)) };
    let principal = Principal { actor, session: Some(Uuid::from_u128(17)), scopes: Scopes::NONE, operator: None };
    let sign = || signer.sign(&principal, NOW, NOW + 600).expect("signed");
    let old = sign();
    assert_eq!(verifier.verify(old.expose_secret()), Ok(principal));
    assert_eq!(jsonwebtoken::decode_header(old.expose_secret()).expect("a header").kid, Some(first));
    write(2);
    let new = sign();
    assert_eq!(jsonwebtoken::decode_header(new.expose_secret()).expect("a header").kid, Some(second.clone()));
    std::fs::write(&pem.0, "no key").expect("written");
    assert_eq!(signer.sign(&principal, NOW, NOW + 600).map(|_| signer.key_id()).expect("signed"), second);
    for token in [old, new] {
        assert_eq!(verifier.verify(token.expose_secret()), Ok(principal), "nobody is logged out");
    }
    let actor = Actor { role: Role::Partner, id: MemberId::new(Uuid::from_u128(10)) };
    let scopes = Scopes::NONE.with(Scope::HoldsWrite).with(Scope::EventsRead);
    let partner = Principal { actor, session: Some(Uuid::from_u128(18)), scopes, operator: None };
    write(1);
    let token = signer.sign(&partner, NOW, NOW + 600).expect("signed");
    assert_eq!(verifier.verify(token.expose_secret()), Ok(partner));
    verifier.revocations().insert(Uuid::from_u128(18));
    assert_eq!(verifier.verify(token.expose_secret()), Err(TokenError::Revoked), "the key was revoked");
    assert!(!format!("{signer:?} {:?}", Signer::from_file("/nowhere")).contains("PRIVATE"));
}

struct KeyFile(std::path::PathBuf);

impl KeyFile {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("jangbu-jwks-{}-{name}.json", std::process::id())))
    }

    fn write(&self, keys: &Value) {
        std::fs::write(&self.0, json!({ "keys": keys }).to_string()).expect("written");
    }
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn verifier(file: &KeyFile, clock: std::sync::Arc<ManualClock>) -> Verifier {
    Verifier::from_jwks_file_with(&file.0, clock).expect("keys")
}

#[test]
fn keys_rotate_without_a_restart() {
    let (file, clock) = (KeyFile::new("rotate"), clock());
    file.write(&json!([jwk(1, "one")]));
    let verifier = verifier(&file, clock.clone());
    let (old, new) = (token(1, Some("one"), &claims("member")), token(2, Some("two"), &claims("member")));
    assert!(verifier.verify(&old).is_ok());
    assert_eq!(verifier.verify(&new), Err(TokenError::Key));
    file.write(&json!([jwk(1, "one"), jwk(2, "two")]));
    assert!(verifier.verify(&new).is_ok(), "the first token of a new key is as good as any");
    assert!(verifier.verify(&old).is_ok());
    file.write(&json!([jwk(2, "two")]));
    clock.set(at(10));
    assert!(!verifier.jwks_json().contains("\"one\""), "asking for the keys reads them again");
    assert_eq!(verifier.verify(&old), Err(TokenError::Key), "a key that is gone takes its tokens with it");
}

#[test]
fn a_broken_key_file_leaves_the_old_keys_in_force() {
    let (file, clock) = (KeyFile::new("broken"), clock());
    file.write(&json!([jwk(1, "one")]));
    let verifier = verifier(&file, clock.clone());
    std::fs::write(&file.0, "{").expect("written");
    clock.set(at(10));
    assert_eq!(verifier.verify(&token(2, Some("two"), &claims("member"))), Err(TokenError::Key));
    assert!(verifier.verify(&token(1, Some("one"), &claims("member"))).is_ok());
}

#[test]
fn only_public_parts_of_signature_keys_are_shown_and_used() {
    let mut private = jwk(1, "one");
    private["d"] = json!("the private part");
    let rsa = json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "rsa"});
    let mut encryption = jwk(2, "enc");
    encryption["use"] = json!("enc");
    let keys = json!({"keys": [private, rsa, encryption]}).to_string();
    let verifier = Verifier::from_jwks(&keys, clock()).expect("keys");
    let shown = verifier.jwks_json();
    assert!(shown.contains("\"one\"") && !shown.contains("private part") && !shown.contains("enc"), "{shown}");
    assert!(verifier.verify(&token(2, Some("enc"), &claims("member"))).is_err());
    assert!(Verifier::from_jwks(r#"{"keys": []}"#, clock()).is_err(), "no key is no key set");
}
