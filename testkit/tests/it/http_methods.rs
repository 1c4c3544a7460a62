//! `HEAD`, `OPTIONS`, and pages of other sites, on every route of both servers.

use std::{collections::BTreeSet, time::Duration};

use reqwest::{Method, Response};
use serde_json::Value;

use crate::support::{ALL, TestApp, TestClient};

const PAGE: &str = "https://app.example";

/// Routes that stand in no description.
const OF_OPERATORS: [&str; 6] = ["/livez", "/readyz", "/metrics", "/openapi.json", "/docs/", "/problems/not-found"];

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// The head of an answer. The body is not waited for: one may have no end.
async fn ask(client: &TestClient, method: &Method, url: &str, headers: &[(&str, &str)]) -> Response {
    let mut request =
        client.http.request(method.clone(), url).timeout(Duration::from_secs(60)).bearer_auth(&client.token);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Every address of a server, with the methods that it takes.
async fn addresses(client: &TestClient, server: &str) -> Vec<(String, BTreeSet<String>)> {
    let document: Value = ask(client, &Method::GET, &format!("{server}/openapi.json"), &[]).await.json().await.unwrap();
    let described = document["paths"].as_object().unwrap().iter().map(|(path, operations)| {
        let parts = path.split('/').map(|part| match part {
            "{from}" | "{to}" => "KRW",
            part if part.starts_with('{') => "0193a5f0-0000-7000-8000-000000000001",
            part => part,
        });
        let methods = operations.as_object().unwrap().keys().map(|method| method.to_uppercase());
        (parts.collect::<Vec<_>>().join("/"), methods.filter(|method| METHODS.contains(&method.as_str())).collect())
    });
    let get = BTreeSet::from(["GET".to_owned()]);
    described.chain(OF_OPERATORS.map(|path| (path.to_owned(), get.clone()))).collect()
}

/// `OPTIONS` names the methods of the description, and every other method is refused with the same list.
async fn check_allow(client: &TestClient, url: &str, methods: &BTreeSet<String>) {
    let mut expected = methods.clone();
    if methods.contains("GET") {
        expected.insert("HEAD".to_owned());
    }
    let allowed = |answer: &Response| -> BTreeSet<String> {
        header(answer, "allow").split(',').map(|method| method.trim().to_owned()).collect()
    };
    let options = ask(client, &Method::OPTIONS, url, &[]).await;
    assert_eq!((options.status().as_u16(), allowed(&options)), (204, expected.clone()), "OPTIONS {url}");
    for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::TRACE] {
        if !expected.contains(method.as_str()) {
            let refused = ask(client, &method, url, &[]).await;
            assert_eq!((refused.status().as_u16(), allowed(&refused)), (405, expected.clone()), "{method} {url}");
        }
    }
}

async fn check_head(client: &TestClient, url: &str) {
    let (get, head) = (ask(client, &Method::GET, url, &[]).await, ask(client, &Method::HEAD, url, &[]).await);
    assert_eq!(head.status(), get.status(), "{url}");
    assert_eq!(header(&head, "content-type"), header(&get, "content-type"), "{url}");
    assert!(head.bytes().await.unwrap().is_empty(), "{url}");
}

/// A page of the allowed site may ask and read, and a page of another site may not.
async fn check_pages(client: &TestClient, url: &str, methods: &BTreeSet<String>) {
    let method = methods.first().unwrap();
    let asked =
        [("access-control-request-method", method.as_str()), ("access-control-request-headers", "authorization")];
    for (origin, shown) in [(PAGE, PAGE), ("https://other.example", "")] {
        let preflight = ask(client, &Method::OPTIONS, url, &[asked[0], asked[1], ("origin", origin)]).await;
        assert_eq!(
            (preflight.status().as_u16(), header(&preflight, "access-control-allow-origin")),
            (204, shown),
            "{url}"
        );
        let may_send = header(&preflight, "access-control-allow-headers").contains("authorization");
        assert_eq!(may_send, origin == PAGE, "{url}");
        // A command without a key is refused before anything is done; the page may read why.
        let answer = ask(client, &method.parse().unwrap(), url, &[("origin", origin)]).await;
        assert_eq!(header(&answer, "access-control-allow-origin"), shown, "{method} {url}");
        let may_read = header(&answer, "access-control-expose-headers").contains("consistency-token");
        assert_eq!(may_read, origin == PAGE, "{method} {url}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_answers_head_and_options_and_the_pages_of_allowed_sites() {
    let mut app = TestApp::start_with(&ALL, &[("JANGBU_CORS_ORIGINS", PAGE)]).await;
    app.funded_member(1).await;
    let (operator, head) = (app.operator(), app.head().await);
    for server in [operator.command.clone(), operator.query.clone()] {
        let addresses = addresses(&operator, &server).await;
        assert!(addresses.len() > OF_OPERATORS.len() + 10, "{server}: {addresses:?}");
        for (path, methods) in addresses {
            let url = format!("{server}{path}");
            check_allow(&operator, &url, &methods).await;
            if methods.contains("GET") {
                check_head(&operator, &url).await;
            }
            check_pages(&operator, &url, &methods).await;
        }
        for method in [Method::OPTIONS, Method::HEAD] {
            let unknown = ask(&operator, &method, &format!("{server}/v1/nothing"), &[]).await;
            assert_eq!((unknown.status().as_u16(), header(&unknown, "allow")), (404, ""), "{method} {server}");
        }
    }
    assert_eq!(app.head().await, head, "nothing that was asked was a command");
    app.close().await;
}
