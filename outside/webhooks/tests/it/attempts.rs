//! One attempt, and what receivers make of it.

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::net::TcpListener;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};
use webhook_sender::client::{ANSWER_KEPT, Client, ClientOptions, Outcome};

use crate::receiver::{Answer, Receiver, TestNames, client, is_quiet, message, serve};

const LOOPBACK: &str = "127.0.0.0/8";
/// Longer than anything takes that does not wait for it.
const LONG: Duration = Duration::from_secs(30);

async fn attempt(answer: Answer) -> Outcome {
    let receiver = Receiver::start(answer).await;
    client(LOOPBACK, LONG).send(message(&receiver.url())).await
}

#[tokio::test]
async fn a_request_is_what_standard_webhooks_and_cloudevents_say() {
    let receiver = Receiver::start(Answer::status(204, "")).await;
    let outcome = client(LOOPBACK, LONG).send(message(&receiver.url())).await;
    assert!(outcome.is_success() && outcome.error.is_none(), "{outcome:?}");
    let requests = receiver.requests();
    let [request] = requests.as_slice() else { panic!("one request: {requests:?}") };
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /hooks HTTP/1.1\r\n"), "{head}");
    for line in [
        "content-type: application/cloudevents+json",
        "webhook-id: 00000000-0000-0000-0000-000000000009",
        "webhook-timestamp: 1796000000",
        "webhook-signature: v1,c2lnbmVk",
    ] {
        assert!(head.lines().any(|found| found == line), "{line} is not in {head}");
    }
    assert!(head.contains("user-agent: Jangbu-Webhooks/"), "{head}");
    assert_eq!(body, r#"{"id":"9"}"#);
}

#[tokio::test]
async fn only_2xx_is_success() {
    for status in [200, 201, 202, 204, 299] {
        assert!(attempt(Answer::status(status, "")).await.is_success(), "{status}");
    }
    for status in [300, 302, 304, 400, 401, 404, 410, 429, 500, 503] {
        let outcome = attempt(Answer::status(status, "no")).await;
        assert!(!outcome.is_success() && outcome.status == Some(status), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Receiver::start(Answer::status(200, "")).await;
    for status in [301, 302, 303, 307, 308] {
        let headers = format!("location: {}\r\n", elsewhere.url());
        let outcome = attempt(Answer::with_headers(status, &headers, "")).await;
        assert_eq!((outcome.status, outcome.is_success()), (Some(status), false));
    }
    assert_eq!(elsewhere.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn retry_after_is_read() {
    let outcome = attempt(Answer::with_headers(503, "retry-after: 120\r\n", "")).await;
    assert_eq!(outcome.retry_after, Some(Duration::from_secs(120)));
    assert_eq!(attempt(Answer::with_headers(503, "retry-after: later\r\n", "")).await.retry_after, None);
}

#[tokio::test]
async fn of_an_answer_the_first_bytes_are_kept_without_control_characters() {
    let outcome = attempt(Answer::status(500, "a\u{0}b\r\n\u{1b}[31mc\u{7f}\u{85}d")).await;
    assert_eq!(outcome.response_start, "ab[31mcd");
    let outcome = attempt(Answer::status(500, &"é".repeat(4_000))).await;
    assert_eq!(outcome.response_start, "é".repeat(ANSWER_KEPT / 2));
}

#[tokio::test]
async fn an_answer_without_end_is_read_up_to_64_kib_and_its_status_counts() {
    for head in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n"] {
        let outcome = attempt(Answer::Endless(head.to_owned())).await;
        assert!(outcome.is_success() && outcome.error.is_none(), "{outcome:?}");
        assert!(outcome.duration < LONG / 2, "it did not wait for the limit: {outcome:?}");
        assert_eq!(outcome.response_start, "x".repeat(ANSWER_KEPT));
    }
}

#[tokio::test]
async fn an_attempt_ends_in_time_whatever_the_other_side_does() {
    let limit = Duration::from_millis(300);
    for said in ["", "HTTP/1.1 200 OK\r\nx: y"] {
        let receiver = Receiver::start(Answer::Silence(said.to_owned())).await;
        let outcome = client(LOOPBACK, limit).send(message(&receiver.url())).await;
        assert_eq!((outcome.status, outcome.error), (None, Some("timeout")), "{said:?}");
        assert!(outcome.duration < LONG, "{outcome:?}");
    }
    // The status is there: the event was taken, although the body does not come.
    let receiver = Receiver::start(Answer::Silence("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc".to_owned())).await;
    let outcome = client(LOOPBACK, limit).send(message(&receiver.url())).await;
    assert_eq!((outcome.is_success(), outcome.error), (true, Some("timeout")));
    assert_eq!(outcome.response_start, "abc");
}

#[tokio::test]
async fn who_does_not_listen_or_hangs_up_is_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    assert!(is_quiet(&listener).await);
    drop(listener);
    let outcome = client(LOOPBACK, LONG).send(message(&format!("http://{address}/"))).await;
    assert_eq!((outcome.status, outcome.error), (None, Some("connection-failed")));
    assert_eq!(attempt(Answer::Text(String::new())).await.error, Some("connection-lost"));
    assert_eq!(attempt(Answer::Text("not HTTP\r\n\r\n".to_owned())).await.error, Some("connection-lost"));
}

/// A certificate for `receiver.test` that no authority of the system knows: its file, and a server's TLS with it.
fn certificate() -> (PathBuf, Arc<ServerConfig>) {
    let made = rcgen::generate_simple_self_signed(vec!["receiver.test".to_owned()]).unwrap();
    let file = std::env::temp_dir().join(format!("jangbu-webhooks-{}.pem", std::process::id()));
    std::fs::write(&file, made.cert.pem()).unwrap();
    let chain = vec![CertificateDer::from_pem_file(&file).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(made.signing_key.serialize_pem().as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    (file, Arc::new(config))
}

#[tokio::test]
async fn a_certificate_has_to_be_of_an_authority_that_is_trusted_and_for_the_name() {
    let (file, config) = certificate();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = TlsAcceptor::from(config);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    serve(stream, Answer::status(200, "over TLS"), Arc::default()).await;
                }
            });
        }
    });
    let client = |authorities: Option<&std::path::Path>| {
        let names = TestNames::of(&[&["127.0.0.1"]]);
        Client::new(ClientOptions { addresses: LOOPBACK.parse().unwrap(), names, authorities, limit: LONG }).unwrap()
    };
    let to = |name: &str| message(&format!("https://{name}:{port}/"));
    let trusted = client(Some(&file)).send(to("receiver.test")).await;
    assert_eq!((trusted.is_success(), trusted.response_start.as_str()), (true, "over TLS"), "{trusted:?}");
    let other_name = client(Some(&file)).send(to("other.test")).await;
    assert_eq!((other_name.status, other_name.error), (None, Some("connection-failed")));
    let unknown = client(None).send(to("receiver.test")).await;
    assert_eq!((unknown.status, unknown.error), (None, Some("connection-failed")));
    std::fs::remove_file(file).unwrap();
}
