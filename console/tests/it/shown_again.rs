//! Every form with more than a reason that was not taken is shown again: with what was typed, what is wrong at its field, and the right key.

use serde_json::json;

use crate::{
    app::App,
    bank::{ID, OTHER},
    browser::{Browser, Reply},
};

const REASON: &str = "ticket 4711";
const KEY: &str = "the-key-of-a-form";

/// A form, and how it is refused.
struct Case {
    action: String,
    /// The key of its button: ids of its fields begin with it.
    button: &'static str,
    /// The command that it becomes.
    what: String,
    typed: Vec<(&'static str, &'static str)>,
    /// What a server finds wrong with the body, and the field of the form that it means.
    wrong: (&'static str, &'static str),
    /// Status and code of another refusal, and the field that it is about.
    rule: (u16, &'static str, Option<&'static str>),
    /// Whether it has a reason.
    says_why: bool,
}

fn case(action: &str, button: &'static str, what: &str, typed: &[(&'static str, &'static str)]) -> Case {
    let (action, what) = (action.replace("ID", ID), what.replace("ID", ID).replace("OTHER", OTHER));
    Case {
        action,
        button,
        what,
        typed: typed.to_vec(),
        wrong: ("reason", "reason"),
        rule: (404, "account-unknown", None),
        says_why: true,
    }
}

impl Case {
    fn wrong(self, named: &'static str, field: &'static str) -> Self {
        Self { wrong: (named, field), ..self }
    }

    fn rule(self, status: u16, code: &'static str, field: Option<&'static str>) -> Self {
        Self { rule: (status, code, field), ..self }
    }

    fn without_reason(self) -> Self {
        Self { says_why: false, ..self }
    }

    fn id(&self, field: &str) -> String {
        format!("{}-{field}", self.button)
    }

    async fn sent(&self, browser: &mut Browser) -> Reply {
        let csrf = browser.get("/operators/me").await.field("csrf");
        let own = [("csrf", csrf.as_str()), ("key", KEY), ("reason", REASON)];
        browser.post(&self.action, &own.into_iter().chain(self.typed.iter().copied()).collect::<Vec<_>>()).await
    }

    fn keeps_what_was_typed(&self, reply: &Reply) {
        assert!(reply.text.contains(&format!("action=\"{}\"", self.action)), "{}: {}", self.action, reply.text);
        let reason = self.says_why.then_some(&("reason", REASON));
        for (name, value) in self.typed.iter().chain(reason) {
            assert!(is_shown(&reply.text, &self.id(name), name, value), "{} {name}: {}", self.action, reply.text);
        }
    }
}

/// Whether a field holds a value, whatever it is filled in with.
fn is_shown(html: &str, id: &str, name: &str, value: &str) -> bool {
    let select = html.split(&format!("<select id=\"{id}\"")).nth(1);
    if let Some(options) = select.map(|rest| rest.split("</select>").next().unwrap_or_default()) {
        return options.contains(&format!("<option value=\"{value}\" selected>"));
    }
    html.contains(&format!("id=\"{id}\" name=\"{name}\" value=\"{value}\""))
        || html.contains(&format!("type=\"checkbox\" name=\"{name}\" value=\"{value}\" checked"))
}

/// Whether what is wrong with a field stands at it, where a screen reader finds it.
fn is_blamed(html: &str, id: &str, message: &str) -> bool {
    let is_described = html.contains(&format!("{id}-errors\" aria-invalid=\"true\""))
        || (html.contains(&format!("aria-describedby=\"{id}-errors\">\n<legend>"))
            && html.contains("aria-invalid=\"true\"> "));
    is_described && html.contains(&format!("id=\"{id}-errors\"><li>{message}"))
}

fn of_partners_and_limits() -> Vec<Case> {
    let quotas = [("requests_per_second", "50"), ("burst", "9"), ("limits", "daily, monthly")];
    let limit = [
        ("name", "daily"),
        ("asset", "EUR"),
        ("everyone", "yes"),
        ("kinds", "transfer"),
        ("kinds", "charge"),
        ("per_transfer", "500"),
        ("per_day.amount", "1000"),
        ("per_day.count", "20"),
        ("per_month.amount", ""),
        ("zone", "Asia/Nowhere"),
    ];
    let rate = [("from", "EUR"), ("to", "KRW"), ("rate", "1500.25"), ("spread_bps", "50"), ("valid_for", "600")];
    let key = [("scopes", "accounts:read"), ("expires_at", "2027-01-01T09:00")];
    vec![
        case("/partners", "partner-create", "POST /v1/partners", &[("name", "Hangang Coffee")])
            .wrong("name", "name")
            .rule(422, "idempotency-key-reused", None),
        case("/partners/ID/keys", "partner-issue", "POST /v1/partners/ID/keys", &key).wrong("scopes", "scopes").rule(
            404,
            "partner-unknown",
            None,
        ),
        case(
            "/partners/ID/revoke",
            "partner-revoke",
            &format!("POST /v1/partners/ID/keys/{ID}/revoke"),
            &[("revoked", ID)],
        )
        .rule(404, "key-unknown", Some("revoked")),
        case("/partners/ID/quotas", "partner-quotas", "PUT /v1/partners/ID/quotas", &quotas)
            .wrong("burst", "burst")
            .rule(422, "limit-unknown", Some("limits")),
        case("/limits", "limit-set", "PUT /v1/limits/daily", &limit).wrong("per_day.amount", "per_day.amount").rule(
            422,
            "too-many-limits",
            None,
        ),
        // One that stands in no list any more is still the one that was chosen.
        case("/limits/delete", "limit-delete", "DELETE /v1/limits/gone", &[("name", "gone")])
            .wrong("name", "name")
            .rule(404, "limit-unknown", Some("name")),
        case("/accounts/ID/limits", "limit-assign", "PUT /v1/accounts/ID/limits", &[("names", "young, members")])
            .wrong("names[1]", "names")
            .rule(422, "limit-unknown", Some("names")),
        case("/rates", "rate-set", "PUT /v1/rates/EUR/KRW", &rate).wrong("rate", "rate").rule(
            422,
            "asset-unknown",
            None,
        ),
    ]
}

fn of_operators_and_others() -> Vec<Case> {
    let resend = "POST /v1/webhooks/ID/deliveries/OTHER/resend";
    vec![
        case("/operators", "operator-add", "POST /v1/operators", &[("name", "minji.kim"), ("role", "support")])
            .wrong("name", "name")
            .rule(409, "operator-name-taken", Some("name")),
        case("/operators/ID/role", "operator-set-role", "POST /v1/operators/ID/role", &[("role", "admin")])
            .wrong("role", "role")
            .rule(422, "last-admin", Some("role")),
        case(
            "/operators/ID/end-session",
            "session-end",
            "DELETE /v1/operators/ID/sessions/OTHER",
            &[("session", OTHER)],
        )
        .without_reason()
        .wrong("session", "session")
        .rule(404, "operator-unknown", None),
        case("/accounts/ID/freeze", "account-freeze", "POST /v1/accounts/ID/freeze", &[("scope", "debits")])
            .wrong("scope", "scope")
            .rule(422, "account-closed", None),
        case("/members/ID/erase", "member-erase", "POST /v1/members/ID/erase", &[("confirm", ID)]).rule(
            422,
            "accounts-open",
            None,
        ),
        case("/webhooks/ID/resend", "webhook-resend", resend, &[("delivery", OTHER)]).rule(
            404,
            "webhook-unknown",
            None,
        ),
        case(
            "/webhooks/ID/recover",
            "webhook-recover",
            "POST /v1/webhooks/ID/recover",
            &[("since", "2026-12-01T12:00")],
        )
        .wrong("since", "since"),
        case("/webhooks/ID/example", "webhook-example", "POST /v1/webhooks/ID/example", &[("event", "money.made")])
            .wrong("event", "event"),
        case(
            "/views/balances/rebuild",
            "view-rebuild",
            "POST /v1/views/balances/rebuild",
            &[("promote", "yes"), ("restart", "yes")],
        )
        .rule(409, "view-busy", None),
        case("/views/balances/promote", "view-promote", "POST /v1/views/balances/promote", &[("generation", "4")])
            .wrong("generation", "generation")
            .rule(422, "view-change-refused", None),
    ]
}

fn cases() -> Vec<Case> {
    of_partners_and_limits().into_iter().chain(of_operators_and_others()).collect()
}

#[tokio::test]
async fn what_a_server_finds_wrong_stands_at_its_field() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    for case in cases() {
        let (named, field) = case.wrong;
        let errors = json!([{"field": named, "message": "<i>so</i>"}, {"field": "elsewhere", "message": "wrong too"}]);
        let refused = json!({
            "status": 400, "code": "validation-failed", "title": "no", "detail": "2 fields are wrong", "errors": errors,
        });
        app.stub.answers(&case.what, 400, refused);
        let reply = case.sent(&mut browser).await;
        assert_eq!(reply.status, 400, "{}: {}", case.action, reply.text);
        case.keeps_what_was_typed(&reply);
        let message = "&#60;i&#62;so&#60;/i&#62;</li>";
        assert!(is_blamed(&reply.text, &case.id(field), message), "{}: {}", case.action, reply.text);
        assert!(reply.text.contains("<li>elsewhere: wrong too</li>"), "{}: {}", case.action, reply.text);
        assert_ne!(reply.field("key"), KEY, "{}: refused for ever under that key", case.action);
    }
}

#[tokio::test]
async fn what_a_rule_refuses_is_said_and_has_a_new_key() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    for case in cases() {
        let (status, code, field) = case.rule;
        app.stub.answers(
            &case.what,
            status,
            json!({"status": status, "code": code, "title": "no", "detail": "a rule"}),
        );
        let reply = case.sent(&mut browser).await;
        assert_eq!(reply.status, status, "{}: {}", case.action, reply.text);
        case.keeps_what_was_typed(&reply);
        assert!(reply.text.contains(&format!("<code>{code}</code>")), "{}: {}", case.action, reply.text);
        match field {
            Some(field) => assert!(is_blamed(&reply.text, &case.id(field), ""), "{}: {}", case.action, reply.text),
            None => assert!(!reply.text.contains("aria-invalid=\"true\""), "{}: {}", case.action, reply.text),
        }
        assert_ne!(reply.field("key"), KEY, "{}", case.action);
    }
}

#[tokio::test]
async fn what_nobody_knows_keeps_its_key() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    for case in cases() {
        app.stub.answers(
            &case.what,
            503,
            json!({"status": 503, "code": "outcome-unknown", "title": "no", "detail": "no"}),
        );
        let reply = case.sent(&mut browser).await;
        assert_eq!((reply.status, reply.field("key").as_str()), (502, KEY), "{}: {}", case.action, reply.text);
        case.keeps_what_was_typed(&reply);
        assert!(reply.text.contains("It is not known whether it was carried out."), "{}: {}", case.action, reply.text);
    }
}

/// As before: nobody is shown a form that they may not send.
#[tokio::test]
async fn whoever_may_not_send_it_gets_an_error_page() {
    let app = App::start().await;
    let mut browser = app.signed_in("viewer").await;
    for case in cases() {
        let refused = json!({"status": 403, "code": "operator-role-missing", "title": "no", "detail": "no"});
        app.stub.answers(&case.what, 403, refused);
        let reply = case.sent(&mut browser).await;
        assert_eq!(reply.status, 403, "{}: {}", case.action, reply.text);
        assert!(reply.text.contains("Your role does not allow this."), "{}: {}", case.action, reply.text);
        assert!(!reply.text.contains(&format!("action=\"{}\"", case.action)), "{}: {}", case.action, reply.text);
    }
}

#[tokio::test]
async fn what_the_console_cannot_read_stands_at_its_field_too() {
    let app = App::start().await;
    let mut browser = app.signed_in("admin").await;
    let before = app.stub.commands();
    let number = "Enter a number.</li>";
    for (action, button, typed, field, message) in [
        ("/limits", "limit-set", &[("name", "daily"), ("per_day.count", "many")][..], "per_day.count", number),
        ("/limits", "limit-set", &[("name", " ")][..], "name", "Give a name.</li>"),
        ("/partners/ID/quotas", "partner-quotas", &[("burst", "many")][..], "burst", number),
        (
            "/partners/ID/keys",
            "partner-issue",
            &[("expires_at", "never")][..],
            "expires_at",
            "The time cannot be read.</li>",
        ),
        ("/rates", "rate-set", &[("to", "KRW"), ("valid_for", "long")][..], "valid_for", number),
        ("/rates", "rate-set", &[("from", "KRW"), ("to", "KRW")][..], "to", "Choose two different assets.</li>"),
        ("/accounts/ID/holds", "hold-place", &[("expires_in", "long")][..], "expires_in", number),
        ("/views/balances/promote", "view-promote", &[("generation", "new")][..], "generation", number),
        ("/members/ID/erase", "member-erase", &[("confirm", "yes")][..], "confirm", "The id that was typed is not"),
    ] {
        let reply = case(action, button, "nothing", typed).sent(&mut browser).await;
        assert_eq!(reply.status, 400, "{action}: {}", reply.text);
        assert!(is_blamed(&reply.text, &format!("{button}-{field}"), message), "{action} {field}: {}", reply.text);
        assert_eq!(reply.text.matches("aria-invalid=\"true\"").count(), 1, "{action}: {}", reply.text);
    }
    assert_eq!(app.stub.commands(), before, "nothing was sent on");
}
