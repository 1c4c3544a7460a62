//! Bodies larger than anybody may send.

use std::{net::SocketAddr, time::Duration};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::{ALL, TestApp, TestClient};

fn address(client: &TestClient) -> SocketAddr {
    client.command.strip_prefix("http://").unwrap().parse().unwrap()
}

fn head(client: &TestClient, path: &str, length: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: bank\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         idempotency-key: big\r\n{length}\r\n\r\n",
        client.token
    )
}

/// Sends a head, then pieces until the server answers, resets, or takes more than `most` bytes; the answer's first bytes.
async fn pour(client: &TestClient, head: String, piece: &[u8], most: usize) -> (String, usize) {
    let mut stream = TcpStream::connect(address(client)).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let mut sent = 0;
    let mut answer = vec![0; 4096];
    let pouring = async {
        while sent < most && writer.write_all(piece).await.is_ok() {
            sent += piece.len();
        }
        // A server that took everything now owes an answer; it is read below.
        std::future::pending::<()>().await;
    };
    let length = tokio::select! {
        length = timeout(Duration::from_secs(60), reader.read(&mut answer)) => length.expect("an answer").unwrap_or(0),
        () = pouring => 0,
    };
    (String::from_utf8_lossy(&answer[..length]).into_owned(), sent)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gibibyte_is_refused_before_it_is_taken() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(10).await;
    let service = app.service();
    let before = app.head().await;
    let piece = vec![b' '; 1 << 16];
    for (client, path) in [(&payer, "/v1/transfers"), (&service, "/v1/transfers/batch")] {
        let declared = head(client, path, "content-length: 1073741824");
        let (answer, sent) = pour(client, declared, &piece, 64 << 20).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        assert!(sent < 64 << 20, "the server took {sent} bytes");
        let chunked = head(client, path, "transfer-encoding: chunked");
        let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
        chunk.extend_from_slice(&piece);
        chunk.extend_from_slice(b"\r\n");
        let (answer, sent) = pour(client, chunked, &chunk, 64 << 20).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        assert!(sent < 64 << 20, "the server took {sent} bytes");
    }
    assert_eq!(app.head().await, before, "nothing was written");
    app.wait_until_level().await;
    assert_eq!(payer.get(&format!("/v1/accounts/{from}")).await.status, 200, "the server goes on");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_limits_are_where_the_contract_says() {
    let mut app = TestApp::start(&ALL).await;
    let (payer, from) = app.funded_member(10).await;
    let (_, to) = app.funded_member(10).await;
    let service = app.service();
    let transfer = TestClient::transfer_body(from, to, 1).to_string();
    let padded = |text: &str, size: usize| text.to_owned() + &" ".repeat(size - text.len());
    let headers = |key: &'static str| [("content-type", "application/json"), ("idempotency-key", key)];
    let url = format!("{}/v1/transfers", payer.command);
    let send = async |client: &TestClient, url: &str, key: &'static str, body: String| {
        client.send(reqwest::Method::POST, url, &headers(key), Some(body.into_bytes())).await.unwrap()
    };
    send(&payer, &url, "fits", padded(&transfer, 64 << 10)).await.expect(201);
    let over = send(&payer, &url, "over", padded(&transfer, (64 << 10) + 1)).await;
    over.expect_problem(413, "payload-too-large");
    let batch = json!({"atomic": true, "transfers": [TestClient::transfer_body(from, to, 1)]}).to_string();
    let url = format!("{url}/batch");
    send(&service, &url, "fits", padded(&batch, 4 << 20)).await.expect(200);
    let over = send(&service, &url, "over", padded(&batch, (4 << 20) + 1)).await;
    over.expect_problem(413, "payload-too-large");
    let ledger = app.close().await;
    assert_eq!(ledger.accounts[&from].balance, 8);
}
