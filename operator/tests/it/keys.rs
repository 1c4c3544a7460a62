//! Keys and tokens.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, VerifyingKey};
use kernel::{Clock, SystemClock};
use serde_json::Value;

use crate::run::{Folder, jangbu};

fn variables(folder: &Folder) -> Vec<(&'static str, String)> {
    vec![("JANGBU_SIGNING_KEY_FILE", folder.join("key.pem")), ("JANGBU_JWKS_FILE", folder.join("jwks.json"))]
}

/// Verifies a token as a server does: with nothing but the key set.
fn claims(folder: &Folder, token: &str) -> Value {
    let set: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("jwks.json")).expect("there")).expect("JSON");
    let header = header(token);
    assert_eq!(header["alg"], "EdDSA");
    let keys = set["keys"].as_array().expect("keys");
    let key = keys.iter().find(|key| key["kid"] == header["kid"]).expect("the key");
    let x = bytes(key["x"].as_str().expect("x"));
    let (message, signature) = token.rsplit_once('.').expect("a signature");
    let signature = Signature::from_slice(&bytes(signature)).expect("a signature");
    let key = VerifyingKey::from_bytes(&x.try_into().expect("32 bytes")).expect("a public key");
    key.verify_strict(message.as_bytes(), &signature).expect("verified");
    let claims = part(message.split_once('.').expect("claims").1);
    assert!(claims["exp"].as_i64().expect("an end") > SystemClock.now().timestamp());
    assert!(claims["sub"].is_string());
    claims
}

fn bytes(part: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(part).expect("base64url")
}

fn part(part: &str) -> Value {
    serde_json::from_slice(&bytes(part)).expect("JSON")
}

fn header(token: &str) -> Value {
    part(token.split('.').next().expect("a header"))
}

#[test]
fn a_token_is_verified_by_the_key_set_alone() {
    let folder = Folder::new();
    let variables = variables(&folder);
    jangbu(&variables, &["keys", "init"]).expect(0);
    let id = "0190a1b2-0000-7000-8000-000000000001";
    for (arguments, role, subject) in [
        (vec!["token", "--member", id], "member", Some(id)),
        (vec!["token", "--role", "operator", "--subject", id], "operator", Some(id)),
        (vec!["token", "--role", "service", "--ttl", "90s"], "service", None),
    ] {
        let token = jangbu(&variables, &arguments).expect(0).stdout;
        let claims = claims(&folder, token.trim());
        assert_eq!(claims["role"], role);
        assert!(subject.is_none_or(|subject| claims["sub"] == subject), "{claims}");
        let lives = claims["exp"].as_i64().expect("exp") - claims["iat"].as_i64().expect("iat");
        assert_eq!(lives, if role == "service" { 90 } else { 12 * 3600 });
    }
    let json = jangbu(&variables, &["token", "--role", "operator", "--json"]).expect(0).json();
    assert_eq!(json["role"], "operator");
    assert_eq!(claims(&folder, json["token"].as_str().expect("token"))["sub"], json["subject"]);
}

#[test]
fn keys_are_made_once() {
    let folder = Folder::new();
    let variables = variables(&folder);
    let first = jangbu(&variables, &["keys", "init", "--json"]).expect(0);
    assert!(first.stderr.contains("private key made"), "{first:?}");
    let again = jangbu(&variables, &["keys", "init", "--json"]).expect(0);
    assert!(again.stderr.contains("private key kept"), "{again:?}");
    assert_eq!(first.json(), again.json());
    let shown = jangbu(&variables, &["keys", "show"]).expect(0);
    assert_eq!(shown.json()["keys"][0]["kid"], first.json()["kid"]);
    assert!(!shown.stdout.contains("\"d\""), "a private part is shown");
}

#[test]
fn a_key_that_is_not_in_the_set_is_reported() {
    let folder = Folder::new();
    let variables = variables(&folder);
    jangbu(&variables, &["keys", "init"]).expect(0);
    std::fs::remove_file(folder.join("key.pem")).expect("remove");
    let run = jangbu(&variables, &["keys", "init"]).expect(1);
    assert!(run.stderr.contains("does not hold the signing key"), "{run:?}");
    jangbu(&variables, &["keys", "show"]).expect(1);
}

#[test]
fn a_missing_or_broken_key_is_reported_with_advice() {
    let folder = Folder::new();
    let variables = variables(&folder);
    let run = jangbu(&variables, &["token", "--role", "operator"]).expect(1);
    assert!(run.stderr.contains("jangbu keys init"), "{run:?}");
    std::fs::write(folder.join("key.pem"), "not a key").expect("write");
    let run = jangbu(&variables, &["token", "--role", "operator"]).expect(1);
    assert!(run.stderr.contains("holds no Ed25519 private key"), "{run:?}");
    assert_eq!(run.stdout, "");
}

#[test]
fn a_set_may_hold_the_old_key_and_the_new_one_and_never_loses_the_one_that_signs() {
    let folder = Folder::new();
    let old = variables(&folder);
    let first = jangbu(&old, &["keys", "init", "--json"]).expect(0).json();
    let new =
        vec![("JANGBU_SIGNING_KEY_FILE", folder.join("next.pem")), ("JANGBU_JWKS_FILE", folder.join("next.json"))];
    let second = jangbu(&new, &["keys", "init", "--json"]).expect(0).json();
    let new = vec![("JANGBU_SIGNING_KEY_FILE", folder.join("next.pem")), old[1].clone()];
    jangbu(&new, &["keys", "show"]).expect(1);
    for outcome in ["added", "was there already"] {
        let run = jangbu(&new, &["keys", "publish", "--json"]).expect(0);
        assert!(run.stderr.contains(outcome) && run.json() == second, "{run:?}");
    }
    for variables in [&old, &new] {
        let token = jangbu(variables, &["token", "--role", "operator"]).expect(0).stdout;
        claims(&folder, token.trim());
    }
    let kid = |key: &Value| key["kid"].as_str().expect("a kid").to_owned();
    let refused = jangbu(&new, &["keys", "withdraw", &kid(&second)]).expect(2);
    assert!(refused.stderr.contains("sign with another key first"), "{refused:?}");
    jangbu(&new, &["keys", "withdraw", &kid(&first)]).expect(0);
    jangbu(&new, &["keys", "withdraw", &kid(&first)]).expect(1);
    let left = jangbu(&new, &["keys", "show"]).expect(0).json();
    assert_eq!(left["keys"].as_array().map(|keys| keys.iter().map(kid).collect::<Vec<_>>()), Some(vec![kid(&second)]));
}

#[test]
fn keys_rotate_and_old_ones_retire_when_their_tokens_have_run_out() {
    let folder = Folder::new();
    let variables = variables(&folder);
    let first = jangbu(&variables, &["keys", "init", "--json"]).expect(0).json();
    let old = jangbu(&variables, &["token", "--role", "operator"]).expect(0).stdout;
    let second = jangbu(&variables, &["keys", "rotate", "--json"]).expect(0).json();
    let new = jangbu(&variables, &["token", "--role", "operator"]).expect(0).stdout;
    let kid = |token: &str| header(token.trim())["kid"].as_str().map(str::to_owned);
    assert_eq!(kid(&old).as_deref(), first["kid"].as_str());
    assert_eq!(kid(&new).as_deref(), second["kid"].as_str());
    for token in [&old, &new] {
        claims(&folder, token.trim());
    }
    let kept = jangbu(&variables, &["keys", "retire", "--json"]).expect(0);
    assert!(kept.json() == serde_json::json!([]) && kept.stderr.contains("kept in the set until"), "{kept:?}");
    jangbu(&variables, &["keys", "rotate", "--tokens-live", "1s"]).expect(0);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let retired = jangbu(&variables, &["keys", "retire"]).expect(0);
    assert_eq!(Some(retired.stdout.trim()), second["kid"].as_str(), "and the first one is still good for a week");
    claims(&folder, old.trim());
    let shown = jangbu(&variables, &["keys", "show"]).expect(0).json();
    assert_eq!(shown["keys"].as_array().map(Vec::len), Some(2));
}

#[test]
fn internal_keys_are_made_once_rotated_and_retired() {
    let folder = Folder::new();
    let variables = vec![("JANGBU_INTERNAL_KEY_FILE", folder.join("internal-keys.json"))];
    let shown = jangbu(&variables, &["internal-keys", "show"]).expect(1);
    assert!(shown.stderr.contains("jangbu internal-keys init"), "{shown:?}");
    assert_eq!(jangbu(&variables, &["internal-keys", "init", "--json"]).expect(0).json()["made"], true);
    let first = jangbu(&variables, &["internal-keys", "init", "--json"]).expect(0).json();
    assert_eq!(first["made"], false);
    let rotated = jangbu(&variables, &["internal-keys", "rotate", "--json"]).expect(0).json();
    assert_ne!(rotated["current"], first["current"]);
    let retired = jangbu(&variables, &["internal-keys", "retire", "--json"]).expect(0).json();
    assert_eq!(retired["retired"], serde_json::json!([first["current"]]));
    let shown = jangbu(&variables, &["internal-keys", "show"]).expect(0).stdout;
    assert_eq!(shown.trim(), format!("{} is used", rotated["current"].as_str().expect("an id")));
    jangbu(&[], &["internal-keys", "init", "--no-env-file"]).expect(2);
}

#[test]
fn slice_keys_are_made_once_rotated_and_retired() {
    let folder = Folder::new();
    let variables = vec![("JANGBU_SLICE_KEY_FILE", folder.join("slice-keys.json"))];
    let shown = jangbu(&variables, &["slice-keys", "show"]).expect(1);
    assert!(shown.stderr.contains("jangbu slice-keys init"), "{shown:?}");
    assert_eq!(jangbu(&variables, &["slice-keys", "init", "--json"]).expect(0).json()["made"], true);
    let first = jangbu(&variables, &["slice-keys", "init", "--json"]).expect(0).json();
    assert_eq!(first["made"], false);
    let rotated = jangbu(&variables, &["slice-keys", "rotate", "--json"]).expect(0).json();
    assert_ne!(rotated["current"], first["current"]);
    assert_eq!(rotated["keys"].as_array().map(Vec::len), Some(2));
    let retired = jangbu(&variables, &["slice-keys", "retire", "--json"]).expect(0).json();
    assert_eq!(retired["retired"], serde_json::json!([first["current"]]));
    let shown = jangbu(&variables, &["slice-keys", "show"]).expect(0).stdout;
    assert_eq!(shown.trim(), format!("{} seals", rotated["current"].as_str().expect("an id")));
    jangbu(&[], &["slice-keys", "init", "--no-env-file"]).expect(2);
}
