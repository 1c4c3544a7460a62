//! A webhook with a receiver on this machine, which verifies whatever it is sent.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use anyhow::{Context, Error, Result, bail, ensure};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode},
    routing::post,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, VerifyingKey};
use kernel::{Clock, SystemClock};
use serde_json::json;
use standardwebhooks::WebhookError;
use testkit::client::Caller;
use tokio::{
    net::TcpListener,
    time::{sleep, timeout},
};

use crate::public_event::{LIMIT, PAUSE, PublicEvent};

/// Seconds: a message of so long ago is somebody's copy.
const LONG_AGO: i64 = 600;

/// A webhook that was created.
pub struct Webhook {
    /// Where the receiver listens.
    pub url: String,
    owner: Caller,
    path: String,
    receiver: Arc<Receiver>,
}

#[derive(Default)]
struct Receiver {
    keys: OnceLock<Keys>,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    ids: HashSet<String>,
    messages: Vec<Message>,
    /// Why the first message was refused that was.
    refused: Option<String>,
}

struct Message {
    headers: HeaderMap,
    body: Bytes,
    event: PublicEvent,
}

/// What the owner of a webhook was told to verify with.
struct Keys {
    secret: standardwebhooks::Webhook,
    public_key: VerifyingKey,
}

impl Webhook {
    /// Has events of these types sent to a receiver on a free port. None if this bank sends nothing to this machine.
    pub async fn create(owner: Caller, types: &[&str]) -> Result<Option<Self>> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no port for the receiver")?;
        let url = format!("http://{}/events", listener.local_addr().context("no port for the receiver")?);
        let receiver = Arc::<Receiver>::default();
        let router = Router::new().route("/events", post(take)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let asked = json!({ "url": url, "events": types, "description": "the demonstration" });
        let reply = owner.post("/v1/webhooks", &asked).await?;
        if reply.code() == Some("url-not-allowed") {
            return Ok(None);
        }
        let created = reply.expect(201)?;
        let keys = Keys::read(created.text("/secret")?, created.text("/public_key")?)?;
        receiver.keys.get_or_init(|| keys);
        let path = format!("/v1/webhooks/{}", created.text("/webhook_id")?);
        Ok(Some(Self { url, owner, path, receiver }))
    }

    /// Waits until so many events about an account have come; each of them once, in the order in which they came.
    pub async fn events(&self, account: &str, count: usize) -> Result<Vec<PublicEvent>> {
        let came = async {
            loop {
                let (events, refused) = self.receiver.events(account);
                if let Some(refused) = refused {
                    bail!("the receiver has refused a message: {refused}");
                }
                if events.len() >= count {
                    return Ok::<_, Error>(events);
                }
                sleep(PAUSE).await;
            }
        };
        timeout(LIMIT, came).await.with_context(|| {
            format!("{count} events have not come after a minute; does webhook-sender run, and may it reach 127.0.0.1?")
        })?
    }

    /// Whether the receiver would refuse a message that was changed on its way, and one that is right and of long ago.
    pub fn refuses_forgeries(&self) -> Result<bool> {
        let keys = self.receiver.keys.get().context("the receiver has no keys")?;
        let taken = self.receiver.taken();
        let Message { headers, body, .. } = taken.messages.first().context("nothing has come")?;
        keys.refuse_forgeries(headers, body)
    }

    /// Nothing is sent to it any more.
    pub async fn delete(&self) -> Result<()> {
        self.owner.delete(&self.path, &json!({})).await?.expect(204).map(drop)
    }
}

impl Receiver {
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn events(&self, account: &str) -> (Vec<PublicEvent>, Option<String>) {
        let taken = self.taken();
        let events = taken.messages.iter().map(|message| &message.event);
        (events.filter(|event| event.is_about(account)).cloned().collect(), taken.refused.clone())
    }
}

async fn take(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    // The answer with the secret is still on its way: it is sent again.
    let Some(keys) = receiver.keys.get() else { return StatusCode::SERVICE_UNAVAILABLE };
    let verified = keys.verify(&headers, &body).and_then(|id| Ok((id, PublicEvent::parse(&body)?)));
    let mut taken = receiver.taken();
    match verified {
        Ok((id, event)) => {
            // A message may come twice.
            if taken.ids.insert(id) {
                taken.messages.push(Message { headers, body, event });
            }
            StatusCode::NO_CONTENT
        }
        Err(error) => {
            taken.refused.get_or_insert_with(|| format!("{error:#}"));
            StatusCode::UNAUTHORIZED
        }
    }
}

impl Keys {
    fn read(secret: &str, public_key: &str) -> Result<Self> {
        let secret = standardwebhooks::Webhook::new(secret).context("the secret of the webhook")?;
        let encoded = public_key.strip_prefix("whpk_").and_then(|encoded| STANDARD.decode(encoded).ok());
        let bytes: Option<[u8; 32]> = encoded.and_then(|bytes| bytes.try_into().ok());
        let public_key = bytes.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
        Ok(Self { secret, public_key: public_key.context("the public key of the webhook")? })
    }

    /// The id of a message, if both of its signatures are right and its time is at most five minutes away.
    fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<String> {
        self.secret.verify(body, headers).context("the signature v1, or the time")?;
        let id = text(headers, "webhook-id")?;
        let signed = [format!("{id}.{}.", text(headers, "webhook-timestamp")?).as_bytes(), body].concat();
        let mut signatures = text(headers, "webhook-signature")?.split(' ');
        let is_right = |signature: &str| {
            let bytes = signature.strip_prefix("v1a,").and_then(|encoded| STANDARD.decode(encoded).ok());
            let signature = bytes.and_then(|bytes| Signature::from_slice(&bytes).ok());
            signature.is_some_and(|signature| self.public_key.verify_strict(&signed, &signature).is_ok())
        };
        ensure!(signatures.any(is_right), "the signature v1a");
        Ok(id.to_owned())
    }

    fn refuse_forgeries(&self, headers: &HeaderMap, body: &[u8]) -> Result<bool> {
        // Still JSON, and not what was signed.
        let changed = [b" ".as_slice(), body].concat();
        let then = SystemClock.now().timestamp() - LONG_AGO;
        let signature = self.secret.sign(text(headers, "webhook-id")?, then, body).context("a signature")?;
        let mut late = headers.clone();
        late.insert("webhook-timestamp", HeaderValue::from(then));
        late.insert("webhook-signature", HeaderValue::from_str(&signature).context("a signature")?);
        let is_too_old = matches!(self.secret.verify(body, &late), Err(WebhookError::TimestampTooOldError));
        Ok(self.verify(headers, &changed).is_err() && is_too_old && self.verify(&late, body).is_err())
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Result<&'h str> {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.with_context(|| format!("the message has no {name}"))
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};

    use super::*;

    const BODY: &str = r#"{"type":"bank.jangbu.transfer.posted.v1"}"#;

    /// A message with these parts of its signature, and what a receiver verifies it with.
    fn message(parts: &[&str]) -> (Keys, HeaderMap) {
        let signing = SigningKey::from_bytes(&[7; 32]);
        let public_key = format!("whpk_{}", STANDARD.encode(signing.verifying_key().as_bytes()));
        let keys = Keys::read(&format!("whsec_{}", STANDARD.encode([9_u8; 32])), &public_key).unwrap();
        let now = SystemClock.now().timestamp();
        let symmetric = keys.secret.sign("one", now, BODY.as_bytes()).unwrap();
        let signed = signing.sign(format!("one.{now}.{BODY}").as_bytes());
        let asymmetric = format!("v1a,{}", STANDARD.encode(signed.to_bytes()));
        let signatures = [("v1", symmetric), ("v1a", asymmetric)].into_iter().filter(|(name, _)| parts.contains(name));
        let header = signatures.map(|(_, signature)| signature).collect::<Vec<_>>().join(" ");
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", HeaderValue::from_static("one"));
        headers.insert("webhook-timestamp", HeaderValue::from(now));
        headers.insert("webhook-signature", HeaderValue::from_str(&header).unwrap());
        (keys, headers)
    }

    #[test]
    fn both_signatures_have_to_be_right() {
        let (keys, headers) = message(&["v1", "v1a"]);
        assert_eq!(keys.verify(&headers, BODY.as_bytes()).unwrap(), "one");
        assert!(keys.refuse_forgeries(&headers, BODY.as_bytes()).unwrap());
        for parts in [&["v1"][..], &["v1a"], &[]] {
            let (keys, headers) = message(parts);
            assert!(keys.verify(&headers, BODY.as_bytes()).is_err(), "{parts:?}");
        }
    }
}
