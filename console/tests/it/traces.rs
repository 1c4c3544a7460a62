//! The trace of a browser's request goes on to the servers.

use reqwest::Method;

use crate::app::App;

const HEADER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
const TRACE: &str = "4bf92f35-77b3-4da6-a3ce-929d0e0e4736";

#[tokio::test]
async fn the_servers_are_told_the_trace_of_the_request() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    let path = "/v1/operators/me";
    let before = app.stub.asked(&format!("GET {path}")).len();
    let request = browser.request(Method::GET, "/operators/me").header("traceparent", HEADER);
    let reply = browser.send(request.header("tracestate", "rojo=1, congo=t61")).await;
    assert_eq!((reply.status, reply.header("x-correlation-id")), (200, TRACE), "{}", reply.text);
    let asked = app.stub.asked(&format!("GET {path}"));
    let call = asked.get(before).expect("the page asks who it is for");
    assert_eq!((call.header("x-correlation-id"), call.header("traceparent")), (TRACE, HEADER));
    assert_eq!(call.header("tracestate"), "rojo=1,congo=t61");
}

#[tokio::test]
async fn what_is_no_trace_is_not_passed_on() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    let before = app.stub.asked("GET /v1/operators/me").len();
    let request = browser.request(Method::GET, "/operators/me").header("traceparent", "00-zz");
    let reply = browser.send(request.header("tracestate", "rojo=1")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let asked = app.stub.asked("GET /v1/operators/me");
    let call = asked.get(before).expect("the page asks who it is for");
    assert_eq!((call.header("traceparent"), call.header("tracestate")), ("", ""));
    assert_eq!(call.header("x-correlation-id"), reply.header("x-correlation-id"));
}
