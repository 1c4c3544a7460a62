//! Forms that were not taken are shown again: with what was typed, and what is wrong with each field.

use serde_json::json;

use crate::{
    app::App,
    bank::{ID, OTHER},
};

const PAGE: &str = "/accounts/freeze";
const WHAT: &str = "POST /v1/accounts/freeze";

#[tokio::test]
async fn accounts_that_were_chosen_are_frozen_once_a_second_operator_approves() {
    let app = App::start().await;
    let mut browser = app.signed_in("support").await;
    let list = browser.get("/accounts").await.text;
    assert!(list.contains(&format!("form=\"choose\" name=\"account\" value=\"{ID}\"")), "{list}");
    assert!(!list.contains(&format!("name=\"account\" value=\"{OTHER}\"")), "the bank's is not offered: {list}");
    let chosen = format!("{PAGE}?account={ID}&account={OTHER}");
    assert!(browser.get(&chosen).await.text.contains(&format!("{ID}\n{OTHER}</textarea>")));

    app.stub.answers(WHAT, 202, json!({"approval_id": OTHER, "status": "pending"}));
    let accounts = format!(" {ID}, {OTHER}\r\n");
    let fields = [("accounts", accounts.as_str()), ("scope", "debits"), ("reason", "a leak")];
    let reply = browser.fill(PAGE, PAGE, &fields).await;
    assert_eq!(reply.header("location"), format!("/approvals/{OTHER}?done=pending"), "{}", reply.text);
    let asked = app.stub.asked(WHAT);
    assert_eq!(asked[0].json(), json!({"accounts": [ID, OTHER], "scope": "debits", "reason": "a leak"}));
    assert_eq!(asked[0].header("jangbu-reason"), "a%20leak");

    app.stub.answers(WHAT, 200, json!({"frozen": [ID], "scope": "all", "unchanged": 0}));
    let reply = browser.fill(PAGE, PAGE, &fields).await;
    assert_eq!(reply.header("location"), "/accounts?done=accounts-frozen");
    assert!(browser.get("/accounts?done=accounts-frozen").await.text.contains("The accounts are frozen."));
    assert_eq!(app.signed_in("viewer").await.get(PAGE).await.status, 403);
}

#[tokio::test]
async fn what_is_wrong_stands_at_its_field_and_what_was_typed_stays() {
    let app = App::start().await;
    let mut browser = app.signed_in("support").await;
    let refused = json!({
        "status": 400, "code": "validation-failed", "title": "no", "detail": "2 fields are wrong", "request_id": OTHER,
        "errors": [{"field": "accounts[1]", "message": "<i>no id</i>"}, {"field": "elsewhere", "message": "wrong too"}],
    });
    app.stub.answers(WHAT, 400, refused);
    let fields = [("accounts", "a\nb"), ("scope", "debits"), ("reason", "a \"leak\"")];
    let reply = browser.fill(PAGE, PAGE, &fields).await;
    assert_eq!(reply.status, 400, "{}", reply.text);
    for part in [
        ">a\nb</textarea>",
        "<option value=\"debits\" selected>",
        "value=\"a &#34;leak&#34;\"",
        "id=\"accounts-freeze-accounts-errors\"><li>&#60;i&#62;no id&#60;/i&#62;</li>",
        "aria-describedby=\"accounts-freeze-accounts-help accounts-freeze-accounts-errors\" aria-invalid=\"true\"",
        "<li>elsewhere: wrong too</li>",
        "2 fields are wrong",
        OTHER,
        "validation-failed",
    ] {
        assert!(reply.text.contains(part), "{part}: {}", reply.text);
    }
    assert_eq!(reply.text.matches("aria-invalid=\"true\"").count(), 1, "one field is wrong: {}", reply.text);

    // A code says which field it is about.
    app.stub.answers(
        WHAT,
        404,
        json!({"status": 404, "code": "account-unknown", "title": "no", "detail": "one is not there"}),
    );
    let reply = browser.fill(PAGE, PAGE, &fields).await;
    assert!(
        reply.status == 404 && reply.text.contains("errors\"><li>There is no such account.</li>"),
        "{}",
        reply.text
    );
}

#[tokio::test]
async fn a_form_has_a_new_key_once_it_was_refused_and_keeps_it_where_nobody_knows() {
    let app = App::start().await;
    let mut browser = app.signed_in("support").await;
    let shown = browser.get(PAGE).await;
    let (csrf, key) = (shown.field("csrf"), shown.field("key"));
    let fields = [("csrf", csrf.as_str()), ("key", key.as_str()), ("accounts", ID), ("reason", "a leak")];
    app.stub.answers(WHAT, 422, json!({"status": 422, "code": "account-closed", "title": "no", "detail": "no"}));
    let reply = browser.post(PAGE, &fields).await;
    assert!(reply.status == 422 && reply.field("key") != key, "refused for ever under that key: {}", reply.text);
    app.stub.answers(WHAT, 503, json!({"status": 503, "code": "outcome-unknown", "title": "no", "detail": "no"}));
    let reply = browser.post(PAGE, &fields).await;
    assert_eq!((reply.status, reply.field("key")), (502, key), "{}", reply.text);
    assert!(reply.text.contains("It is not known whether it was carried out."), "{}", reply.text);
}

#[tokio::test]
async fn whose_session_has_ended_is_led_to_the_log_in() {
    let app = App::start().await;
    let mut browser = app.signed_in("support").await;
    app.stub.answers(WHAT, 401, json!({"status": 401, "code": "token-invalid", "title": "no", "detail": "no"}));
    let reply = browser.fill(PAGE, PAGE, &[("accounts", ID), ("reason", "a leak")]).await;
    assert!(reply.status == 303 && reply.header("location").starts_with("/login"), "{} {}", reply.status, reply.text);
}
