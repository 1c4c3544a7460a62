//! A URL does not lead into the bank's own network, however it is written and whatever its name resolves to.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use tokio::net::TcpListener;

use crate::receiver::{Answer, Receiver, TestNames, client, client_with, is_quiet, message};

const LIMIT: Duration = Duration::from_millis(500);
const REFUSED: (Option<u16>, Option<&str>) = (None, Some("address-not-allowed"));

/// A listener that would show that something connects to it.
async fn trap() -> (TcpListener, u16) {
    let trap = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = trap.local_addr().unwrap().port();
    (trap, port)
}

#[tokio::test]
async fn addresses_in_a_url_are_refused_in_every_spelling() {
    let (trap, port) = trap().await;
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.0.0.1.",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00::1]",
        "10.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "①②⑦.⓪.⓪.①",
    ] {
        for scheme in ["https", "http"] {
            let outcome = client("", LIMIT).send(message(&format!("{scheme}://{host}:{port}/"))).await;
            assert_eq!((outcome.status, outcome.error), REFUSED, "{scheme}://{host}");
        }
    }
    assert!(is_quiet(&trap).await);
}

#[tokio::test]
async fn what_is_no_url_of_the_web_is_refused() {
    for url in ["", "ftp://example.com/", "file:///etc/passwd", "https://", "gopher://127.0.0.1/", "receiver.example"] {
        let outcome = client("0.0.0.0/0", LIMIT).send(message(url)).await;
        assert_eq!((outcome.status, outcome.error), (None, Some("url-not-allowed")), "{url:?}");
    }
}

#[tokio::test]
async fn a_name_is_as_good_as_the_addresses_it_leads_to() {
    let (trap, port) = trap().await;
    for addresses in [&["127.0.0.1"][..], &["::1"], &["10.0.0.1", "192.168.0.1"], &["::ffff:127.0.0.1"], &["fd00::1"]] {
        for scheme in ["https", "http"] {
            let client = client_with("", TestNames::of(&[addresses]), LIMIT);
            let outcome = client.send(message(&format!("{scheme}://receiver.example:{port}/"))).await;
            assert_eq!((outcome.status, outcome.error), REFUSED, "{addresses:?}");
        }
    }
    // The name that every machine has, with the resolver of the machine.
    let outcome = client("", LIMIT).send(message(&format!("https://localhost:{port}/"))).await;
    assert_eq!((outcome.status, outcome.error), REFUSED);
    assert!(is_quiet(&trap).await);
}

#[tokio::test]
async fn without_tls_nothing_but_what_is_listed_is_reached() {
    let names = TestNames::of(&[&["1.1.1.1"]]);
    let outcome = client_with("127.0.0.0/8", names, LIMIT).send(message("http://receiver.example/")).await;
    assert_eq!((outcome.status, outcome.error), REFUSED);
    let outcome = client("127.0.0.0/8", LIMIT).send(message("http://1.1.1.1/")).await;
    assert_eq!((outcome.status, outcome.error), REFUSED);
}

#[tokio::test]
async fn a_name_that_changes_after_the_check_gains_nothing() {
    let (trap, port) = trap().await;
    // An address that is allowed and that nobody has, then the trap.
    let names = TestNames::of(&[&["192.0.2.1"], &["127.0.0.1"]]);
    let client = client_with("192.0.2.0/24", names.clone(), LIMIT);
    let outcome = client.send(message(&format!("http://receiver.example:{port}/"))).await;
    assert!(!outcome.is_success(), "{outcome:?}");
    assert_eq!(*names.asked.lock().unwrap(), 1, "it connects to what was checked, and asks nobody again");
    // The next attempt asks again, and sees the change.
    let outcome = client.send(message(&format!("http://receiver.example:{port}/"))).await;
    assert_eq!((outcome.status, outcome.error), REFUSED);
    assert!(is_quiet(&trap).await);
}

#[tokio::test]
async fn of_several_addresses_only_those_that_are_allowed_are_tried() {
    let receiver = Receiver::on(SocketAddr::from(([127, 0, 0, 2], 0)), Answer::status(200, "")).await;
    let port = receiver.address.port();
    let trap = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.unwrap();
    let names = TestNames::of(&[&["127.0.0.1", "127.0.0.2"]]);
    let client = client_with("127.0.0.2", names, Duration::from_secs(30));
    let outcome = client.send(message(&format!("http://receiver.example:{port}/"))).await;
    assert!(outcome.is_success(), "{outcome:?}");
    assert!(is_quiet(&trap).await);
}
