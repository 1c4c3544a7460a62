//! What a second operator reads before they approve: labelled, with money, links and times as people read them.

use serde_json::{Value, json};

use crate::{
    app::App,
    bank::{AT, ID, OTHER},
    operations::approval,
};

/// The page of an approval of this, in a language.
async fn shown(app: &App, language: &'static str, details: &Value) -> String {
    let mut told = approval("x", OTHER, "2999-12-01T03:00:00Z");
    told["details"] = details.clone();
    app.stub.answers(&format!("GET /v1/approvals/{ID}"), 200, told);
    let mut browser = app.signed_in("admin").await;
    browser.language = language;
    let reply = browser.get(&format!("/approvals/{ID}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let (_, after) = reply.text.split_once("<dl class=\"details\">").expect("details");
    after.split_once("</dl>").expect("an end").0.to_owned()
}

/// The row of a label holds this.
fn has(html: &str, label: &str, value: &str) {
    let row = format!("<dt>{label}</dt><dd>");
    let found = html.split("</div>").any(|part| part.contains(&row) && part.contains(value));
    assert!(found, "{label}: {value}\n{html}");
}

fn link(kind: &str, id: &str) -> String {
    format!("<a href=\"/{kind}/{id}\">{id}</a>")
}

#[tokio::test]
async fn a_reversal_says_what_it_undoes() {
    let app = App::start().await;
    let posting = |account: &str, amount: &str| json!({"account_id": account, "asset": "EUR", "amount": amount});
    let what = format!("GET /v1/transfers/{OTHER}");
    let mut transfer = json!({
        "status": "posted", "money": {"asset": "EUR", "amount": "1050"}, "reversed_by": null, "recorded_at": AT,
        "postings": [posting(ID, "-1050"), posting(OTHER, "1050")],
    });
    app.stub.answers(&what, 200, transfer.clone());
    let details = json!({"kind": "reversal", "transfer": OTHER, "reason": "paid twice"});
    let html = shown(&app, "en", &details).await;
    has(&html, "Transfer", &link("transfers", OTHER));
    has(&html, "Amount", "10.50 EUR");
    has(&html, "Debited account", &format!("{}, -10.50 EUR", link("accounts", ID)));
    has(&html, "Credited account", &format!("{}, 10.50 EUR", link("accounts", OTHER)));
    has(&html, "Posted", "2026-12-01 ");
    has(&html, "Memo", "paid twice");
    assert!(!html.contains("Was reversed by"), "{html}");
    has(&shown(&app, "ko", &details).await, "출금 계좌", &link("accounts", ID));
    transfer["reversed_by"] = json!(ID);
    app.stub.answers(&what, 200, transfer);
    has(&shown(&app, "en", &details).await, "Was reversed by", &link("transfers", ID));
    app.stub.forgets(&what);
    let html = shown(&app, "en", &details).await;
    has(&html, "The transfer cannot be shown", "");
    has(&html, "Transfer", &link("transfers", OTHER));
}

#[tokio::test]
async fn limits_have_money_and_rates_have_times() {
    let app = App::start().await;
    let limit = json!({
        "kind": "limit-set", "name": "daily", "asset": "EUR", "kinds": ["transfer", "charge"], "everyone": true,
        "per_transfer": "50000", "per_day": {"amount": "100000", "count": 20}, "zone": "Asia/Seoul",
    });
    let html = shown(&app, "en", &limit).await;
    for (label, value) in [
        ("Name", "daily"),
        ("Counts", "transfers, charges"),
        ("Whose", "every member"),
        ("One payment", "500.00 EUR"),
        ("A day, amount", "1,000.00 EUR"),
        ("A day, number", "20"),
        ("Time zone", "Asia/Seoul"),
    ] {
        has(&html, label, value);
    }
    assert!(!html.contains("A month") && !html.contains("per_day"), "{html}");
    let rate = json!({
        "kind": "rate-set", "from": "USD", "to": "KRW", "rate": "1350.25", "spread_bps": 50, "valid_for": 97_202,
    });
    let html = shown(&app, "en", &rate).await;
    has(&html, "Rate", "1 USD = 1350.25 KRW");
    has(&html, "Spread that the bank keeps", "0.50 %");
    has(&html, "Valid for", "1 day 3 hours 2 seconds from the approval");
    has(&shown(&app, "ko", &rate).await, "적용 기간", "승인 시점부터 1일 3시간 2초");
    let deleted = json!({"kind": "limit-deleted", "name": "daily"});
    has(&shown(&app, "en", &deleted).await, "Delete a limit", "daily");
    let assigned = json!({"kind": "limits-assigned", "account": ID, "limits": []});
    let html = shown(&app, "en", &assigned).await;
    has(&html, "Account", &link("accounts", ID));
    has(&html, "Names of limits", "none");
}

#[tokio::test]
async fn accounts_members_partners_and_views_are_links() {
    let app = App::start().await;
    let freeze = json!({"kind": "freeze-many", "accounts": [ID, OTHER], "scope": "debits", "reason": "a court order"});
    let html = shown(&app, "en", &freeze).await;
    has(&html, "Accounts that are frozen: 2", &format!("{}, {}", link("accounts", ID), link("accounts", OTHER)));
    has(&html, "What is stopped", "Outgoing only");
    has(&html, "Reason", "a court order");
    let erasure = json!({"kind": "erasure", "member": ID, "reason": "asked on paper"});
    has(&shown(&app, "en", &erasure).await, "Member", &link("members", ID));
    let quotas = json!({"kind": "partner-quotas", "partner": ID, "requests_per_second": 1_500, "limits": ["small"]});
    let html = shown(&app, "en", &quotas).await;
    has(&html, "Partner", &link("partners", ID));
    has(&html, "Requests per second", "1,500");
    has(&html, "Burst", "as usual");
    has(&html, "Names of limits", "small");
    let key = json!({
        "kind": "partner-key", "partner": ID, "key": OTHER, "scopes": ["accounts:read"], "digest": "abab",
    });
    let html = shown(&app, "en", &key).await;
    has(&html, "Scopes", "accounts:read");
    has(&html, "Expires", "never");
    assert!(!html.contains("abab"), "{html}");
    let promotion = json!({
        "kind": "view-promotion", "view": "balances", "generation": 4, "differences": 1_234, "fingerprint": "5f2b",
    });
    let html = shown(&app, "en", &promotion).await;
    has(&html, "View", "<a href=\"/views/balances\">balances</a>");
    has(&html, "Generation", "4");
    has(&html, "Rows that differ", "1,234");
}

/// A kind, or a field of a known kind, of a newer server.
#[tokio::test]
async fn what_is_unknown_stands_as_the_server_has_it() {
    let app = App::start().await;
    let unknown = json!({"kind": "from-the-future", "what": "a thing", "parts": ["one", "two"]});
    let html = shown(&app, "en", &unknown).await;
    has(&html, "what", "a thing");
    has(&html, "parts", "one, two");
    let more = json!({"kind": "erasure", "member": ID, "also": {"deep": 1}});
    let html = shown(&app, "en", &more).await;
    has(&html, "Member", &link("members", ID));
    has(&html, "also", "deep");
}
