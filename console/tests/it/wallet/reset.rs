//! A password that was forgotten, and forms whose fields say what is wrong with them.

use serde_json::json;

use super::bank::{AT, logged_in, start};
use crate::bank::{ID, OTHER};

#[tokio::test]
async fn another_password_is_set_with_the_code_that_was_sent() {
    let app = start().await;
    let mut browser = app.browser();
    let page = "/wallet/reset/complete";
    assert_eq!(browser.get(page).await.header("location"), "/wallet/reset", "none is under way");
    assert!(browser.get("/wallet/login").await.text.contains("href=\"/wallet/reset\""));
    app.stub.answers("POST /v1/password-resets", 202, json!({"reset_id": ID, "expires_at": AT}));
    let reply = browser.fill("/wallet/reset", "/wallet/reset", &[("login_id", " minji_kim ")]).await;
    assert_eq!((reply.status, reply.header("location")), (303, page), "{}", reply.text);
    assert_eq!(app.stub.asked("POST /v1/password-resets")[0].json(), json!({"login_id": "minji_kim"}));

    let what = format!("POST /v1/password-resets/{ID}/complete");
    app.stub.answers(&what, 422, json!({"status": 422, "code": "code-wrong", "title": "no", "detail": "no"}));
    let typed = [("code", "12 34 56"), ("new", " another one 1! ")];
    let reply = browser.fill(page, page, &typed).await;
    for part in ["id=\"code-wrong\">The code is wrong.", "aria-invalid=\"true\""] {
        assert!(reply.status == 422 && reply.text.contains(part), "{part}: {}", reply.text);
    }
    assert!(!reply.text.contains("another one 1!"), "a password is not shown again");
    app.stub.answers(&what, 204, json!(null));
    let reply = browser.fill(page, page, &typed).await;
    assert_eq!(reply.header("location"), "/wallet/login?done=password-reset", "{}", reply.text);
    let asked = app.stub.asked(&what);
    assert_eq!(asked[1].json(), json!({"code": "123456", "new": " another one 1! "}), "as it was typed");
    assert_ne!(asked[0].header("idempotency-key"), asked[1].header("idempotency-key"));
    assert!(browser.get("/wallet/login?done=password-reset").await.text.contains("The password was changed."));
    assert_eq!(browser.get(page).await.status, 303, "it is over");
}

#[tokio::test]
async fn whoever_is_logged_in_is_logged_out_by_it() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    app.stub.answers("POST /v1/password-resets", 202, json!({"reset_id": ID, "expires_at": AT}));
    app.stub.answers(&format!("POST /v1/password-resets/{ID}/complete"), 204, json!(null));
    browser.fill("/wallet/reset", "/wallet/reset", &[("login_id", "minji_kim")]).await;
    let page = "/wallet/reset/complete";
    browser.fill(page, page, &[("code", "123456"), ("new", "another one 1!")]).await;
    assert_eq!(browser.get("/wallet").await.status, 303);
}

#[tokio::test]
async fn another_session_is_ended_and_the_own_one_by_logging_out() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    let shown = browser.get("/wallet/profile").await;
    assert_eq!(shown.text.matches("action=\"/wallet/profile/end-session\"").count(), 1, "{}", shown.text);
    assert_eq!(shown.field("session_id"), OTHER);
    app.stub.answers(&format!("DELETE /v1/sessions/{OTHER}"), 204, json!(null));
    let fields = [("session_id", OTHER)];
    let reply = browser.fill("/wallet/profile", "/wallet/profile/end-session", &fields).await;
    assert_eq!(reply.header("location"), "/wallet/profile?done=session-ended", "{}", reply.text);
    assert_eq!(app.stub.asked(&format!("DELETE /v1/sessions/{OTHER}")).len(), 1);
}

#[tokio::test]
async fn a_form_of_the_profile_that_is_refused_says_so_at_its_field() {
    let app = start().await;
    let mut browser = logged_in(&app).await;
    let me = "POST /v1/members/me";
    let refusal = |code: &str| json!({"status": 422, "code": code, "title": "no", "detail": "no"});
    app.stub.answers(&format!("{me}/password"), 422, refusal("password-wrong"));
    let fields = [("current", "an old one"), ("new", "new one 1!")];
    let reply = browser.fill("/wallet/profile", "/wallet/profile/password", &fields).await;
    assert!(reply.status == 422 && reply.text.contains("id=\"password-current-wrong\""), "{}", reply.text);
    assert!(!reply.text.contains("an old one") && !reply.text.contains("new one 1!"), "{}", reply.text);

    app.stub.answers(&format!("{me}/contact/verify"), 422, refusal("code-expired"));
    let reply = browser.fill("/wallet/profile", "/wallet/profile/verify", &[("code", "000000")]).await;
    assert!(reply.status == 422 && reply.text.contains("id=\"verify-code-wrong\""), "{}", reply.text);

    let invalid = json!({
        "status": 400, "code": "validation-failed", "title": "no", "detail": "no",
        "errors": [{"field": "value", "message": "is no telephone number"}],
    });
    app.stub.answers(&format!("{me}/contact"), 400, invalid);
    let fields = [("channel", "phone"), ("contact", "12<b>")];
    let reply = browser.fill("/wallet/profile", "/wallet/profile/contact", &fields).await;
    for part in
        ["id=\"contact-contact-wrong\">is no telephone number", "value=\"12&#60;b&#62;\"", "value=\"phone\" selected"]
    {
        assert!(reply.status == 400 && reply.text.contains(part), "{part}: {}", reply.text);
    }
}
