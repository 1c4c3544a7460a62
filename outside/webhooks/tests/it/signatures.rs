//! Signatures, verified with libraries of others.

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Verifier, VerifyingKey};
use http::HeaderMap;
use kernel::{Clock, SystemClock, WebhookId};
use standardwebhooks::Webhook;
use uuid::Uuid;
use vault::{WebhookSecret, WebhookSecrets};
use webhook_sender::signing::signature;
use zeroize::Zeroizing;

const BODY: &str = r#"{"specversion":"1.0","type":"bank.jangbu.transfer.posted.v1","data":{"amount":"12500"}}"#;

fn secret(number: u32) -> WebhookSecret {
    WebhookSecrets::new(Zeroizing::new([7; 32])).secret(WebhookId::new(Uuid::from_u128(3)), number)
}

fn headers(id: Uuid, timestamp: i64, signature: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("webhook-id", id.to_string().parse().unwrap());
    headers.insert("webhook-timestamp", timestamp.to_string().parse().unwrap());
    headers.insert("webhook-signature", signature.parse().unwrap());
    headers
}

#[test]
fn the_library_of_standard_webhooks_verifies_every_secret_in_force_and_no_other() {
    let (id, now) = (Uuid::from_u128(5), SystemClock.now().timestamp());
    let signed = signature(&[secret(2), secret(1)], id, now, BODY);
    let verifies = |number, body: &str, headers: &HeaderMap| {
        Webhook::new(&secret(number).shown()).unwrap().verify(body.as_bytes(), headers).is_ok()
    };
    let sent = headers(id, now, &signed);
    assert!(verifies(1, BODY, &sent) && verifies(2, BODY, &sent), "the receiver may have either secret");
    assert!(!verifies(3, BODY, &sent));
    assert!(!verifies(2, &BODY.replace("12500", "12501"), &sent));
    assert!(!verifies(2, BODY, &headers(Uuid::from_u128(6), now, &signed)));
    assert!(!verifies(2, BODY, &headers(id, now + 1, &signed)));
}

#[test]
fn the_public_key_verifies_the_asymmetric_signature() {
    let (id, timestamp) = (Uuid::from_u128(5), 1_796_000_000);
    let signed = signature(&[secret(2), secret(1)], id, timestamp, BODY);
    let asymmetric: Vec<Signature> = signed
        .split(' ')
        .filter_map(|part| part.strip_prefix("v1a,"))
        .map(|part| Signature::from_slice(&STANDARD.decode(part).unwrap()).unwrap())
        .collect();
    assert_eq!(asymmetric.len(), 2);
    let key = |number| {
        let shown = secret(number).public_key();
        let bytes = STANDARD.decode(shown.strip_prefix("whpk_").unwrap()).unwrap();
        VerifyingKey::from_bytes(&bytes.try_into().unwrap()).unwrap()
    };
    let verifies = |number, content: &str| {
        asymmetric.iter().any(|signature| key(number).verify(content.as_bytes(), signature).is_ok())
    };
    let content = format!("{id}.{timestamp}.{BODY}");
    assert!(verifies(1, &content) && verifies(2, &content));
    assert!(!verifies(3, &content) && !verifies(1, &content.replace("12500", "12501")));
}
