//! What the edge does to every request.

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, Request, StatusCode},
};
use platform::http::{correlation, propagation};
use traces::OpenSpan;
use uuid::Uuid;

use crate::support::{RECORDED, Reply, app, app_for, get_path, post_json, send};

#[tokio::test]
async fn unknown_addresses_and_methods_are_problems() {
    let app = app();
    let reply = get_path(&app, "/nothing").await;
    assert_eq!((reply.status, reply.code().as_str()), (StatusCode::NOT_FOUND, "not-found"));
    let reply = get_path(&app, "/echo").await;
    assert_eq!((reply.status, reply.code().as_str()), (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed"));
    assert_eq!(reply.header("allow"), Some("POST"));
}

/// What a request without a body is answered.
async fn asked(app: &Router, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(app, request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn options_says_what_an_address_takes() {
    let app = app();
    for (path, allow) in [("/echo", "POST"), ("/ids", "GET,HEAD"), ("/number/7", "GET,HEAD")] {
        let reply = asked(&app, "OPTIONS", path, &[]).await;
        assert_eq!((reply.status, reply.header("allow")), (StatusCode::NO_CONTENT, Some(allow)), "{path}");
        assert_eq!((reply.text.as_str(), reply.header("content-type")), ("", None), "{path}");
        assert!(reply.header("x-request-id").is_some(), "{path}");
    }
    assert_eq!(asked(&app, "OPTIONS", "*", &[]).await.status, StatusCode::NO_CONTENT, "the server as a whole");
    assert_eq!(asked(&app, "OPTIONS", "/nothing", &[]).await.code(), "not-found");
}

#[tokio::test]
async fn head_is_answered_as_get_without_the_body() {
    let app = app();
    for path in ["/large", "/ids", "/nothing", "/query?more=1", "/who"] {
        let (get, head) = (get_path(&app, path).await, asked(&app, "HEAD", path, &[]).await);
        assert_eq!((head.status, head.text.as_str()), (get.status, ""), "{path}");
        for name in ["content-type", "content-length", "cache-control", "www-authenticate"] {
            assert_eq!(head.header(name), get.header(name), "{path}: {name}");
        }
    }
    let refused = asked(&app, "HEAD", "/echo", &[]).await;
    assert_eq!((refused.status, refused.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, Some("POST")));
}

const PAGE: &str = "https://app.example";
const PREFLIGHT: [(&str, &str); 2] = [("origin", PAGE), ("access-control-request-method", "POST")];

#[tokio::test]
async fn by_default_no_page_of_another_site_may_call() {
    let app = app();
    let answers =
        [asked(&app, "GET", "/ids", &[("origin", PAGE)]).await, asked(&app, "OPTIONS", "/echo", &PREFLIGHT).await];
    for reply in answers {
        assert!(reply.status.is_success());
        let cors = reply.headers.keys().any(|name| name.as_str().starts_with("access-control-"));
        assert!(!cors && reply.header("vary").is_none(), "{:?}", reply.headers);
    }
}

#[tokio::test]
async fn a_page_of_an_allowed_site_may_send_and_read_what_the_contract_has() {
    let app = app_for(PAGE);
    let preflight = asked(&app, "OPTIONS", "/echo", &PREFLIGHT).await;
    assert_eq!((preflight.status, preflight.header("allow")), (StatusCode::NO_CONTENT, Some("POST")));
    assert_eq!(preflight.header("access-control-allow-origin"), Some(PAGE));
    let listed = |reply: &Reply, header: &str, wanted: &[&str]| {
        let value = reply.header(header).unwrap_or_else(|| panic!("no {header}")).to_ascii_lowercase();
        let names: Vec<_> = value.split(',').map(str::trim).collect();
        assert!(wanted.iter().all(|name| names.contains(&name.to_ascii_lowercase().as_str())), "{header}: {value}");
    };
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
    listed(&preflight, "access-control-allow-methods", &methods);
    let sent = [
        "Authorization",
        "Idempotency-Key",
        "Consistency-Token",
        "Prefer",
        "Content-Type",
        "Last-Event-ID",
        "Jangbu-Reason",
        "Traceparent",
    ];
    listed(&preflight, "access-control-allow-headers", &sent);
    assert_eq!(preflight.header("access-control-max-age"), Some("600"));
    listed(&preflight, "vary", &["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"]);

    // Of a problem, too: a page that cannot read it shows its user nothing.
    let read =
        ["Consistency-Token", "View-Position", "View-Lag-Ms", "Idempotency-Replayed", "Retry-After", "RateLimit"];
    for (method, path) in [("GET", "/ids"), ("GET", "/often"), ("GET", "/nothing"), ("GET", "/who"), ("GET", "/panic")]
    {
        let reply = asked(&app, method, path, &[("origin", PAGE)]).await;
        assert_eq!(reply.header("access-control-allow-origin"), Some(PAGE), "{path}");
        listed(&reply, "access-control-expose-headers", &read);
        assert_eq!(reply.header("vary"), Some("origin"), "{path}");
        assert_eq!(reply.header("access-control-allow-credentials"), None, "{path}");
    }
}

#[tokio::test]
async fn a_page_of_any_other_site_is_answered_and_may_not_read_it() {
    let app = app_for("https://app.example,https://b.example");
    let others = [
        "http://app.example",
        "https://app.example:8443",
        "https://app.example.evil",
        "https://b.example/",
        "null",
        "*",
    ];
    for origin in others {
        for (method, path) in [("GET", "/ids"), ("OPTIONS", "/echo")] {
            let headers = [("origin", origin), ("access-control-request-method", "POST")];
            let reply = asked(&app, method, path, &headers).await;
            assert!(reply.status.is_success());
            let cors = reply.headers.keys().any(|name| name.as_str().starts_with("access-control-"));
            assert!(!cors, "{origin}: {:?}", reply.headers);
            assert!(reply.header("vary").is_some_and(|vary| vary.starts_with("origin")), "{origin}");
        }
    }
    let unknown =
        asked(&app, "OPTIONS", "/nothing", &[("origin", PAGE), ("access-control-request-method", "GET")]).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn every_answer_has_its_ids_and_is_kept_by_nobody() {
    let app = app();
    for path in ["/ids", "/nothing", "/panic"] {
        let reply = get_path(&app, path).await;
        let id: Uuid = reply.header("x-request-id").and_then(|id| id.parse().ok()).expect("a request id");
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(reply.header("x-correlation-id"), reply.header("x-request-id"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn a_clients_correlation_id_is_kept_if_it_is_one() {
    let app = app();
    let given = "0198aaaa-0000-7000-8000-000000000001";
    let ask = |id: &str| Request::get("/ids").header("x-correlation-id", id).body(Body::empty()).expect("request");
    let reply = send(&app, ask(given)).await;
    assert_eq!((reply.text.as_str(), reply.header("x-correlation-id")), (given, Some(given)));
    assert_ne!(reply.header("x-request-id"), Some(given));
    let reply = send(&app, ask("x\" or 1=1 --")).await;
    assert_eq!(Some(reply.text.as_str()), reply.header("x-request-id"), "a made-up one is not carried on");
}

#[tokio::test]
async fn without_a_correlation_id_the_trace_of_a_caller_is_one() {
    let app = app();
    let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let trace = "4bf92f35-77b3-4da6-a3ce-929d0e0e4736";
    let reply = asked(&app, "GET", "/ids", &[("traceparent", header)]).await;
    assert_eq!((reply.text.as_str(), reply.header("x-correlation-id")), (trace, Some(trace)));
    assert_ne!(reply.header("x-request-id"), Some(trace));
    let given = "0198aaaa-0000-7000-8000-000000000001";
    let both = [("traceparent", header), ("x-correlation-id", given)];
    assert_eq!(asked(&app, "GET", "/ids", &both).await.text, given, "what was said by name counts");
    let ill = [
        vec![("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01")],
        vec![("traceparent", header), ("traceparent", header)],
    ];
    for headers in ill {
        let reply = asked(&app, "GET", "/ids", &headers).await;
        assert_eq!(Some(reply.text.as_str()), reply.header("x-request-id"), "{headers:?}");
    }
}

#[test]
fn what_a_request_says_of_its_trace_goes_on_with_the_calls_that_are_made_for_it() {
    let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    let said = |headers: &[(&'static str, &'static str)]| {
        let mut map = HeaderMap::new();
        for &(name, value) in headers {
            map.append(name, HeaderValue::from_static(value));
        }
        let propagation = propagation(&map);
        let (parent, state) = propagation.of_call(&OpenSpan::default());
        let correlation = correlation(&map).map(|correlation| correlation.uuid().simple().to_string());
        (correlation, parent.map(|parent| parent.to_string()), state.map(str::to_owned))
    };
    let trace = Some("4bf92f3577b34da6a3ce929d0e0e4736".to_owned());
    let both = said(&[("traceparent", header), ("tracestate", "rojo=1, congo=t61"), ("tracestate", "blue=2")]);
    assert_eq!(both, (trace.clone(), Some(header.to_owned()), Some("rojo=1,congo=t61,blue=2".to_owned())));
    let ill_state = said(&[("traceparent", header), ("tracestate", "ROJO=1")]);
    assert_eq!(ill_state, (trace, Some(header.to_owned()), None), "it costs the state alone");
    assert_eq!(said(&[("traceparent", "00-x"), ("tracestate", "rojo=1")]), (None, None, None));
    assert_eq!(said(&[("tracestate", "rojo=1")]), (None, None, None));
}

#[tokio::test]
async fn a_panic_and_an_inner_cause_stay_inside() {
    let app = app();
    for path in ["/panic", "/secret"] {
        let reply = get_path(&app, path).await;
        assert_eq!((reply.status, reply.code().as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "internal"));
        assert!(!reply.text.contains("secret") && !reply.text.contains("hunter2"), "{}", reply.text);
    }
}

/// Of what is recorded the request id is one that the record has: its correlation, or what the record itself is found by.
#[tokio::test]
async fn the_request_id_of_what_is_recorded_leads_to_the_record() {
    let app = app();
    let reply = get_path(&app, "/recorded").await;
    assert_eq!(reply.header("x-request-id"), reply.header("x-correlation-id"));
    assert_ne!(reply.header("x-request-id"), Some(RECORDED.id.to_string().as_str()));
    let given = "0193a5f0-0000-7000-8000-000000000001";
    let request = Request::get("/recorded").header("x-correlation-id", given).body(Body::empty()).expect("request");
    let reply = send(&app, request).await;
    let expected = RECORDED.id.to_string();
    assert_eq!(
        (reply.header("x-request-id"), reply.header("x-correlation-id")),
        (Some(expected.as_str()), Some(given))
    );
}

#[tokio::test]
async fn an_error_in_a_librarys_words_becomes_a_problem() {
    let reply = get_path(&app(), "/bare").await;
    assert_eq!((reply.status, reply.code().as_str()), (StatusCode::IM_A_TEAPOT, "validation-failed"));
    assert!(!reply.text.contains("own words"));
}

#[tokio::test]
async fn a_page_for_people_stays_as_it_is_whatever_its_status() {
    let reply = get_path(&app(), "/page").await;
    assert_eq!((reply.status, reply.text.as_str()), (StatusCode::IM_A_TEAPOT, "<p>a page of ours</p>"));
    assert_eq!(
        (reply.header("x-content-type-options"), reply.header("cache-control")),
        (Some("nosniff"), Some("no-store"))
    );
}

#[tokio::test]
async fn retry_after_is_whole_seconds_and_never_zero() {
    let reply = get_path(&app(), "/busy").await;
    assert_eq!((reply.code().as_str(), reply.header("retry-after")), ("overloaded", Some("1")));
}

fn word(length: usize) -> String {
    format!(r#"{{"word":"{}"}}"#, "x".repeat(length - 11))
}

#[tokio::test]
async fn bodies_are_cut_at_the_limit_of_their_route() {
    let app = app();
    assert_eq!(post_json(&app, "/echo", word(1024)).await.status, StatusCode::OK);
    assert_eq!(post_json(&app, "/big", word(8192)).await.status, StatusCode::OK);
    for (path, length) in [("/echo", 1025), ("/big", 8193)] {
        let reply = post_json(&app, path, word(length)).await;
        assert_eq!((reply.status, reply.code().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "payload-too-large"));
        assert_eq!(reply.header("connection"), Some("close"));
    }
    // Without a length the bytes are counted.
    let chunks = word(2048)
        .into_bytes()
        .chunks(100)
        .map(|c| Ok::<_, std::io::Error>(Bytes::copy_from_slice(c)))
        .collect::<Vec<_>>();
    let reply = post_json(&app, "/echo", Body::from_stream(futures::stream::iter(chunks))).await;
    assert_eq!(reply.code(), "payload-too-large");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let never = futures::stream::pending::<Result<Bytes, std::io::Error>>();
    let reply = post_json(&app(), "/echo", Body::from_stream(never)).await;
    assert_eq!((reply.status, reply.code().as_str()), (StatusCode::REQUEST_TIMEOUT, "request-timeout"));
}

#[tokio::test]
async fn a_body_must_be_declared_and_whole() {
    let app = app();
    let bare = Request::post("/echo").body(Body::from("{}")).expect("request");
    assert_eq!(send(&app, bare).await.code(), "unsupported-media-type");
    assert_eq!(post_json(&app, "/echo", r#"{"word":"#).await.code(), "malformed-json");
    let reply = post_json(&app, "/echo", r#"{"word":1}"#).await;
    assert_eq!(reply.code(), "validation-failed");
    assert_eq!(reply.json()["errors"][0]["field"], "word");
}

#[tokio::test]
async fn an_optional_body_may_be_left_out_but_not_be_wrong() {
    let app = app();
    let none = Request::post("/maybe").body(Body::empty()).expect("request");
    assert_eq!(send(&app, none).await.status, StatusCode::OK);
    assert_eq!(post_json(&app, "/maybe", "").await.status, StatusCode::OK);
    assert_eq!(post_json(&app, "/maybe", r#"{"word":"a"}"#).await.text, "a");
    assert_eq!(post_json(&app, "/maybe", r#"{"wort":"a"}"#).await.code(), "validation-failed");
    let undeclared = Request::post("/maybe").body(Body::from("{}")).expect("request");
    assert_eq!(send(&app, undeclared).await.code(), "unsupported-media-type");
}

#[tokio::test]
async fn paths_and_queries_are_parsed_before_the_handler() {
    let app = app();
    assert_eq!(get_path(&app, "/number/7").await.text, "7");
    for path in ["/number/256", "/number/x", "/number/%ff", "/query?more=1", "/query?word=a&word=b"] {
        let reply = get_path(&app, path).await;
        assert_eq!((reply.status, reply.code().as_str()), (StatusCode::BAD_REQUEST, "validation-failed"), "{path}");
        assert!(reply.json()["errors"][0]["field"].is_string(), "{path}");
    }
}

#[tokio::test]
async fn a_limit_that_was_met_says_when_there_is_room_again() {
    let reply = get_path(&app(), "/often").await;
    assert_eq!((reply.code().as_str(), reply.header("retry-after")), ("too-many-requests", Some("2")));
    assert_eq!(reply.header("ratelimit"), Some(r#""too-many-requests";r=0;t=2"#));
    assert_eq!(reply.header("ratelimit-policy"), Some(r#""too-many-requests";q=300;w=60"#));
    assert_eq!(get_path(&app(), "/busy").await.header("ratelimit"), None, "it is nobody's limit");
}
