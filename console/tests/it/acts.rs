//! What each button asks the servers for.

use serde_json::{Value, json};

use crate::{
    app::App,
    bank::{ID, OTHER},
    operations::{approval, run},
};

const REASON: &str = "ticket 4711";

/// A form, and what comes of it.
struct Case {
    role: &'static str,
    page: String,
    action: String,
    fields: Vec<(&'static str, &'static str)>,
    what: String,
    status: u16,
    body: Value,
    leads_to: String,
}

fn case(role: &'static str, page: &str, act: &str, fields: &[(&'static str, &'static str)], what: &str) -> Case {
    Case {
        role,
        page: page.to_owned(),
        action: format!("{page}/{act}"),
        fields: fields.to_vec(),
        what: what.to_owned(),
        status: 200,
        body: json!({}),
        leads_to: String::new(),
    }
}

impl Case {
    fn sends(mut self, body: Value) -> Self {
        self.body = body;
        self
    }

    fn answered(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    fn leads(mut self, done: &str) -> Self {
        self.leads_to = format!("{}?done={done}", self.page);
        self
    }
}

async fn runs(cases: Vec<Case>) {
    let app = App::start().await;
    for case in cases {
        let mut browser = app.signed_in(case.role).await;
        app.stub.answers(&case.what, case.status, json!({"status": "ok"}));
        if case.action.ends_with("/resume") {
            app.stub.answers(&format!("GET /v1/payout-runs/{ID}"), 200, run("x", "paused"));
        }
        let fields: Vec<(&str, &str)> = case.fields.iter().copied().chain([("reason", REASON)]).collect();
        let shown = browser.get(&case.page).await;
        assert!(shown.text.contains(&format!("action=\"{}\"", case.action)), "{}: {}", case.action, shown.text);
        let reply = browser.fill(&case.page, &case.action, &fields).await;
        assert_eq!(reply.status, 303, "{}: {}", case.action, reply.text);
        assert_eq!(reply.header("location"), case.leads_to, "{}", case.action);
        let asked = app.stub.asked(&case.what);
        let asked = asked.last().unwrap_or_else(|| panic!("{} was not asked for", case.what));
        assert_eq!(asked.header("jangbu-reason"), "ticket%204711", "{}", case.what);
        assert!(uuid::Uuid::try_parse(asked.header("idempotency-key")).is_ok(), "{}", case.what);
        let body = if asked.body.is_empty() { Value::Null } else { asked.json() };
        assert_eq!(body, case.body, "{}", case.what);
        let done = browser.get(&case.leads_to).await;
        assert!(done.text.contains("class=\"notice\""), "{} has no message: {}", case.leads_to, done.text);
    }
}

#[tokio::test]
async fn processes_and_payout_runs_go_on_as_the_buttons_say() {
    let (process, payout) = (format!("/processes/{ID}"), format!("/payout-runs/{ID}"));
    let reason = json!({"reason": REASON});
    runs(vec![
        case("support", &process, "retry", &[], &format!("POST /v1/processes/{ID}/retry"))
            .sends(reason.clone())
            .leads("process-retried"),
        case("operator", &process, "skip", &[], &format!("POST /v1/processes/{ID}/skip"))
            .sends(reason.clone())
            .leads("process-skipped"),
        case("operator", &process, "compensate", &[], &format!("POST /v1/processes/{ID}/compensate"))
            .sends(reason)
            .leads("process-compensated"),
        case("operator", &payout, "pause", &[], &format!("POST /v1/payout-runs/{ID}/pause")).leads("run-paused"),
        case("operator", &payout, "cancel", &[], &format!("POST /v1/payout-runs/{ID}/cancel")).leads("run-cancelled"),
        case("operator", &payout, "resume", &[], &format!("POST /v1/payout-runs/{ID}/resume")).leads("run-resumed"),
    ])
    .await;
}

#[tokio::test]
async fn webhooks_are_sent_what_was_chosen() {
    let (page, at) = (format!("/webhooks/{ID}"), format!("/v1/webhooks/{ID}"));
    runs(vec![
        case("support", &page, "resend", &[("delivery", OTHER)], &format!("POST {at}/deliveries/{OTHER}/resend"))
            .answered(202)
            .leads("webhook-resent"),
        // A time is typed in the zone of the console.
        case("support", &page, "recover", &[("since", "2026-12-01T12:00")], &format!("POST {at}/recover"))
            .answered(202)
            .sends(json!({"since": "2026-12-01T03:00:00Z"}))
            .leads("webhook-recovering"),
        case("support", &page, "example", &[("event", "transfer.posted")], &format!("POST {at}/example"))
            .answered(202)
            .sends(json!({"event": "transfer.posted"}))
            .leads("webhook-example"),
        case("admin", &page, "switch", &[("status", "disabled")], &format!("PATCH {at}"))
            .sends(json!({"status": "disabled"}))
            .leads("webhook-disabled"),
    ])
    .await;
}

#[tokio::test]
async fn partners_and_operators_are_changed_as_typed() {
    let (partner, operator) = (format!("/partners/{ID}"), format!("/operators/{ID}"));
    let (at, person) = (format!("/v1/partners/{ID}"), format!("/v1/operators/{ID}"));
    let reason = json!({"reason": REASON});
    let quotas = [("requests_per_second", "50"), ("burst", ""), ("limits", "daily, monthly")];
    runs(vec![
        case("admin", &partner, "revoke", &[("revoked", OTHER)], &format!("POST {at}/keys/{OTHER}/revoke"))
            .leads("key-revoked"),
        case("admin", &partner, "quotas", &quotas, &format!("PUT {at}/quotas"))
            .sends(json!({"requests_per_second": 50, "limits": ["daily", "monthly"]}))
            .leads("quotas-set"),
        case("admin", &operator, "role", &[("role", "admin")], &format!("POST {person}/role"))
            .sends(json!({"role": "admin", "reason": REASON}))
            .leads("operator-role"),
        case("admin", &operator, "disable", &[], &format!("POST {person}/disable"))
            .sends(reason)
            .leads("operator-disabled"),
    ])
    .await;
}

/// Of another operator it is a command.
#[tokio::test]
async fn a_session_of_another_operator_is_ended_with_a_reason() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    let (page, what) = (format!("/operators/{OTHER}"), format!("DELETE /v1/operators/{OTHER}/sessions/{ID}"));
    app.stub.answers(&what, 204, Value::Null);
    let csrf = browser.get("/operators/me").await.field("csrf");
    let mut fields = vec![("csrf", csrf.as_str()), ("key", "a-key"), ("session", ID)];
    let refused = browser.post(&format!("{page}/end-session"), &fields).await;
    assert_eq!((refused.status, app.stub.asked(&what).len()), (400, 0), "{}", refused.text);
    fields.push(("reason", REASON));
    let reply = browser.post(&format!("{page}/end-session"), &fields).await;
    assert_eq!(reply.header("location"), format!("{page}?done=session-ended"), "{}", reply.text);
    let asked = app.stub.asked(&what);
    assert!(asked.len() == 1 && !asked[0].header("jangbu-reason").is_empty(), "{asked:?}");
    assert_eq!(asked[0].header("idempotency-key"), "a-key");
}

/// One's own sessions are not in the log: nobody is asked for a reason that nothing would keep.
#[tokio::test]
async fn a_session_of_ones_own_is_ended_without_a_reason() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    let (page, what) = (format!("/operators/{ID}"), format!("DELETE /v1/operators/{ID}/sessions/{OTHER}"));
    app.stub.answers(&what, 204, Value::Null);
    let shown = browser.get(&page).await.text;
    let form = shown.split("/end-session\"").nth(1).and_then(|rest| rest.split("</form>").next()).expect("a form");
    assert!(!form.contains("name=\"reason\""), "{form}");
    let reply = browser.fill(&page, &format!("{page}/end-session"), &[("session", OTHER)]).await;
    assert_eq!(reply.header("location"), format!("{page}?done=session-ended"), "{}", reply.text);
    let asked = app.stub.asked(&what);
    assert_eq!((asked.len(), asked[0].header("jangbu-reason"), asked[0].body.len()), (1, "", 0));
}

/// Forms whose list is the page itself.
#[tokio::test]
async fn limits_and_rates_are_set_as_typed() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    for what in ["PUT /v1/limits/daily", "DELETE /v1/limits/daily", "PUT /v1/rates/EUR/KRW"] {
        app.stub.answers(what, 200, json!({}));
    }
    let typed = [
        ("name", "daily"),
        ("asset", "KRW"),
        ("everyone", "yes"),
        ("kinds", "transfer"),
        ("kinds", "charge"),
        ("per_transfer", "500000"),
        ("per_day.amount", "1000000"),
        ("per_day.count", "20"),
        ("per_month.amount", ""),
        ("per_month.count", ""),
        ("zone", ""),
        ("reason", REASON),
    ];
    let reply = browser.fill("/limits", "/limits", &typed).await;
    assert_eq!(reply.header("location"), "/limits?done=limit-set", "{}", reply.text);
    assert_eq!(
        app.stub.asked("PUT /v1/limits/daily")[0].json(),
        json!({
            "asset": "KRW", "kinds": ["transfer", "charge"], "everyone": true, "per_transfer": "500000",
            "per_day": {"amount": "1000000", "count": 20},
        })
    );
    let reply = browser.fill("/limits", "/limits/delete", &[("name", "daily"), ("reason", REASON)]).await;
    assert_eq!(reply.header("location"), "/limits?done=limit-deleted", "{}", reply.text);
    let rate = [("from", "EUR"), ("to", "KRW"), ("rate", "1500.25"), ("spread_bps", ""), ("valid_for", "600")];
    let fields: Vec<(&str, &str)> = rate.into_iter().chain([("reason", REASON)]).collect();
    let reply = browser.fill("/rates", "/rates", &fields).await;
    assert_eq!(reply.header("location"), "/rates?done=rate-set", "{}", reply.text);
    let sent = app.stub.asked("PUT /v1/rates/EUR/KRW")[0].json();
    assert_eq!(sent, json!({"rate": "1500.25", "spread_bps": 0, "valid_for": 600}));

    app.stub.answers(&format!("PUT /v1/accounts/{ID}/limits"), 200, json!({}));
    let account = format!("/accounts/{ID}");
    let assigned = [("names", "young, members"), ("reason", REASON)];
    let reply = browser.fill(&account, &format!("{account}/limits"), &assigned).await;
    assert_eq!(reply.header("location"), format!("{account}?done=limits-assigned"), "{}", reply.text);
    assert_eq!(
        app.stub.asked(&format!("PUT /v1/accounts/{ID}/limits"))[0].json(),
        json!({"names": ["young", "members"]})
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_not_sent() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    let csrf = browser.get("/").await.field("csrf");
    let before = app.stub.commands();
    let (webhook, partner, operator) =
        (format!("/webhooks/{ID}"), format!("/partners/{ID}"), format!("/operators/{ID}"));
    for (action, field, value, code) in [
        (format!("{webhook}/recover"), "since", "yesterday", "time-unreadable"),
        (format!("{webhook}/resend"), "delivery", "../x", "delivery-required"),
        (format!("{webhook}/rotate"), "overlap", "a day", "number-unreadable"),
        (format!("/payout-runs/{ID}/start"), "expected_rows", "1,000", "number-unreadable"),
        (format!("/payout-runs/{ID}/rows"), "body", "typed and no file", "file-required"),
        (format!("/accounts/{ID}/holds"), "expires_in", "a day", "number-unreadable"),
        (format!("{partner}/quotas"), "burst", "many", "number-unreadable"),
        (format!("{partner}/keys"), "expires_at", "never", "time-unreadable"),
        (format!("{partner}/revoke"), "revoked", "", "key-required"),
        (format!("{operator}/end-session"), "session", "x", "session-required"),
        ("/limits".to_owned(), "name", " ", "name-required"),
        ("/limits/delete".to_owned(), "name", "", "name-required"),
        ("/rates".to_owned(), "valid_for", "-1", "number-unreadable"),
        ("/rates".to_owned(), "from", "", "assets-same"),
        ("/views/balances/promote".to_owned(), "generation", "new", "number-unreadable"),
    ] {
        let fields = [("csrf", csrf.as_str()), ("reason", REASON), (field, value)];
        let reply = browser.post(&action, &fields).await;
        assert_eq!(reply.status, 400, "{action}: {}", reply.text);
        assert!(reply.text.contains(code), "{action}: {}", reply.text);
    }
    for action in ["processes", "payout-runs", "approvals", "operators", "holds"] {
        let fields = [("csrf", csrf.as_str()), ("reason", REASON)];
        assert_eq!(browser.post(&format!("/{action}/{ID}/destroy"), &fields).await.status, 404, "{action}");
    }
    assert_eq!(app.stub.commands(), before);
}

#[tokio::test]
async fn nothing_of_it_is_done_without_a_reason() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    let csrf = browser.get("/").await.field("csrf");
    let before = app.stub.commands();
    let of_id = [
        "accounts/ID/limits",
        "processes/ID/retry",
        "processes/ID/skip",
        "processes/ID/compensate",
        "payout-runs/ID/pause",
        "payout-runs/ID/cancel",
        "payout-runs/ID/rows",
        "payout-runs/ID/start",
        "payout-runs",
        "accounts/freeze",
        "accounts/ID/holds",
        "holds/ID/release",
        "holds/ID/capture",
        "holds/ID/increase",
        "approvals/ID/approve",
        "approvals/ID/reject",
        "approvals/ID/withdraw",
        "webhooks/ID/resend",
        "webhooks/ID/recover",
        "webhooks/ID/example",
        "webhooks/ID/switch",
        "webhooks/ID/change",
        "webhooks/ID/rotate",
        "webhooks/ID/delete",
        "webhooks",
        "partners/ID/keys",
        "partners/ID/revoke",
        "partners/ID/quotas",
        "operators/ID/role",
        "operators/ID/disable",
        "operators/ID/enable",
        "operators/ID/reset",
        "partners",
        "operators",
        "limits",
        "limits/delete",
        "rates",
    ];
    for path in of_id {
        let path = format!("/{}", path.replace("ID", ID));
        for reason in ["", "  "] {
            let reply = browser.post(&path, &[("csrf", &csrf), ("reason", reason)]).await;
            assert_eq!(reply.status, 400, "{path}");
            assert!(reply.text.contains("reason-required"), "{path}: {}", reply.text);
        }
    }
    assert_eq!(app.stub.commands(), before);
}

#[tokio::test]
async fn nobody_is_offered_to_approve_their_own() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    let (page, read) = (format!("/approvals/{ID}"), format!("GET /v1/approvals/{ID}"));
    let offers = |text: &str| {
        ["approve", "reject", "withdraw"].map(|act| text.contains(&format!("action=\"/approvals/{ID}/{act}\"")))
    };
    assert_eq!(offers(&browser.get(&page).await.text), [true, true, false], "of another");
    app.stub.answers(&read, 200, approval("x", ID, "2999-12-01T03:00:00Z"));
    assert_eq!(offers(&browser.get(&page).await.text), [false, false, true], "their own");
    app.stub.answers(&read, 200, approval("x", OTHER, "2001-12-01T03:00:00Z"));
    let over = browser.get(&page).await.text;
    assert_eq!(offers(&over), [false, false, false], "its time is over");
    assert!(over.contains(">expired<"), "{over}");
    app.stub.answers(&read, 200, approval("x", OTHER, "2999-12-01T03:00:00Z"));
    let mut viewer = app.signed_in("viewer").await;
    assert_eq!(offers(&viewer.get(&page).await.text), [false, false, false], "a viewer");
}

#[tokio::test]
async fn an_approval_is_given_once_and_says_what_came_of_it() {
    let app = App::start().await;
    let mut browser = app.signed_in("operator").await;
    let (page, what) = (format!("/approvals/{ID}"), format!("POST /v1/approvals/{ID}/approve"));
    for (status, done, said) in [
        ("approved", "approved", "It was approved, and done."),
        ("refused", "approval-refused", "It was approved, and a rule refused it."),
    ] {
        app.stub.answers(&what, 200, json!({"approval_id": ID, "status": status}));
        let reply = browser.fill(&page, &format!("{page}/approve"), &[("reason", REASON)]).await;
        let to = format!("{page}?done={done}");
        assert_eq!(reply.header("location"), to, "{}", reply.text);
        assert!(browser.get(&to).await.text.contains(said), "{status}");
    }
    let own = json!({"status": 403, "code": "approval-own", "title": "no", "detail": "no"});
    app.stub.answers(&what, 403, own);
    let reply = browser.fill(&page, &format!("{page}/approve"), &[("reason", REASON)]).await;
    assert!(reply.status == 403 && reply.text.contains("Nobody approves what they asked for"), "{}", reply.text);
}
