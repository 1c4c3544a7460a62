//! The calls whose bodies are made wrong in every way.

use kernel::Role;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::money;

const MEMBERS: &[Role] = &[Role::Member];
const OPERATORS: &[Role] = &[Role::Operator];
const MEMBERS_AND_OPERATORS: &[Role] = &[Role::Member, Role::Operator];
const SERVICES_AND_OPERATORS: &[Role] = &[Role::Service, Role::Operator];
const EVERYBODY: &[Role] = &[Role::Member, Role::Operator, Role::Service];

/// An id that nothing has.
pub const NOTHING: Uuid = Uuid::from_u128(0x01a2_2256_cbb6_759b_b159_cb90_39fe_bc35);

/// A call with a body that is right.
pub struct Call {
    pub method: Method,
    pub path: String,
    /// Who may; the first of them calls.
    pub roles: &'static [Role],
    pub body: Value,
    /// What may be left out, as JSON pointers; the empty one is the body itself.
    pub optional: &'static [&'static str],
}

/// Whose accounts the bodies name.
pub struct Accounts {
    pub source: Uuid,
    /// Of the same member, in another asset.
    pub dollars: Uuid,
    pub destination: Uuid,
    /// The number of the destination.
    pub number: String,
}

impl Call {
    fn new(
        method: Method,
        path: impl Into<String>,
        roles: &'static [Role],
        body: Value,
        optional: &'static [&'static str],
    ) -> Self {
        Self { method, path: path.into(), roles, body, optional }
    }

    fn post(path: &str, roles: &'static [Role], body: Value, optional: &'static [&'static str]) -> Self {
        Self::new(Method::POST, path, roles, body, optional)
    }

    /// A verb on something with an id; it needs no body.
    fn verb(method: Method, path: &str, verb: &str, roles: &'static [Role]) -> Self {
        Self::new(method, format!("{path}/{NOTHING}{verb}"), roles, json!({}), &[""])
    }
}

/// Every call that moves, holds, limits or trades something, but for a plain transfer and bookings.
pub fn all(accounts: &Accounts) -> Vec<Call> {
    [limits(), payment_codes(accounts), items(accounts), orders(accounts), payouts(accounts)]
        .into_iter()
        .chain([exchange(accounts), holds(accounts), webhooks(), partners(), operators()])
        .flatten()
        .collect()
}

fn limits() -> Vec<Call> {
    let limit = json!({
        "asset": "KRW", "kinds": ["transfer", "payout"], "everyone": false, "per_transfer": "500",
        "per_day": {"amount": "1000", "count": 20}, "per_month": {"amount": "5000"}, "zone": "UTC",
    });
    let optional =
        &["/per_transfer", "/per_day", "/per_day/amount", "/per_day/count", "/per_month", "/zone"] as &[&str];
    let assigned = json!({"names": ["some-limit", "another"]});
    vec![
        Call::new(Method::PUT, "/v1/limits/some-limit", OPERATORS, limit, optional),
        Call::new(Method::DELETE, "/v1/limits/some-limit", OPERATORS, json!({}), &[""]),
        Call::new(Method::PUT, format!("/v1/accounts/{NOTHING}/limits"), OPERATORS, assigned, &[]),
    ]
}

fn payment_codes(accounts: &Accounts) -> Vec<Call> {
    let code = json!({"source": accounts.source, "expires_in": 60, "max": money("KRW", 5)});
    let charge = json!({
        "code": "482915730264819537460214", "destination": accounts.destination, "money": money("KRW", 5),
        "reference": "receipt 17", "hold": false, "unique_reference": false,
    });
    vec![
        Call::post("/v1/payment-codes", MEMBERS, code, &["/expires_in", "/max"]),
        Call::post("/v1/charges", SERVICES_AND_OPERATORS, charge, &["/hold", "/unique_reference"]),
    ]
}

fn items(accounts: &Accounts) -> Vec<Call> {
    let item = json!({
        "collection": "Seoul Skyline", "serial": "17/100", "owner": accounts.number,
        "metadata_url": "https://example.com/17.json", "digest": "ab".repeat(32),
    });
    let offer = json!({
        "item_id": NOTHING, "price": money("KRW", 5), "destination": accounts.source, "expires_in": 60,
    });
    vec![
        Call::post("/v1/items", SERVICES_AND_OPERATORS, item, &["/metadata_url", "/digest"]),
        Call::post(&format!("/v1/items/{NOTHING}/transfer"), MEMBERS, json!({"to": accounts.number}), &[]),
        Call::post("/v1/offers", MEMBERS, offer, &["/expires_in"]),
        Call::post(&format!("/v1/offers/{NOTHING}/accept"), MEMBERS, json!({"source": accounts.source}), &[]),
        Call::verb(Method::DELETE, "/v1/offers", "", MEMBERS),
    ]
}

fn orders(accounts: &Accounts) -> Vec<Call> {
    let order = json!({
        "source": accounts.source, "destination": accounts.destination, "money": money("KRW", 5), "memo": "rent",
        "schedule": {"every": "month", "day": 31, "time": "09:00", "zone": "UTC", "until": "2999-12-31", "count": 3},
        "if_refused": "skip", "catch_up": true,
    });
    let optional =
        &["/memo", "/schedule/zone", "/schedule/until", "/schedule/count", "/if_refused", "/catch_up"] as &[&str];
    vec![
        Call::post("/v1/standing-orders", MEMBERS, order, optional),
        Call::verb(Method::POST, "/v1/standing-orders", "/pause", MEMBERS_AND_OPERATORS),
        Call::verb(Method::POST, "/v1/standing-orders", "/resume", MEMBERS_AND_OPERATORS),
        Call::verb(Method::DELETE, "/v1/standing-orders", "", MEMBERS_AND_OPERATORS),
    ]
}

fn payouts(accounts: &Accounts) -> Vec<Call> {
    let run = json!({"source": accounts.source, "name": "Salaries", "reference": "payroll"});
    let start = json!({"expected_rows": 2, "expected_total": "500"});
    vec![
        Call::post("/v1/payout-runs", SERVICES_AND_OPERATORS, run, &[]),
        Call::post(&format!("/v1/payout-runs/{NOTHING}/start"), SERVICES_AND_OPERATORS, start, &[]),
        Call::verb(Method::POST, "/v1/payout-runs", "/pause", SERVICES_AND_OPERATORS),
        Call::verb(Method::POST, "/v1/payout-runs", "/resume", SERVICES_AND_OPERATORS),
        Call::verb(Method::POST, "/v1/payout-runs", "/cancel", SERVICES_AND_OPERATORS),
    ]
}

fn webhooks() -> Vec<Call> {
    let webhook = json!({
        "url": "https://shop.example/jangbu", "events": ["transfer.posted", "account.opened"], "description": "the shop",
    });
    let change = json!({"url": "https://shop.example/jangbu", "events": ["transfer.posted"], "status": "enabled"});
    let of_webhook = |verb: &str| format!("/v1/webhooks/{NOTHING}{verb}");
    let resend = format!("/deliveries/{NOTHING}/resend");
    vec![
        Call::post("/v1/webhooks", SERVICES_AND_OPERATORS, webhook, &["/description"]),
        Call::new(Method::PATCH, of_webhook(""), SERVICES_AND_OPERATORS, change, &["/url", "/events", "/status"]),
        Call::verb(Method::DELETE, "/v1/webhooks", "", SERVICES_AND_OPERATORS),
        Call::post(&of_webhook("/rotate"), SERVICES_AND_OPERATORS, json!({"overlap": 60}), &["/overlap"]),
        Call::post(&of_webhook("/example"), SERVICES_AND_OPERATORS, json!({"event": "hold.placed"}), &[]),
        Call::post(&of_webhook("/recover"), SERVICES_AND_OPERATORS, json!({"since": "2026-12-01T00:00:00Z"}), &[]),
        Call::verb(Method::POST, "/v1/webhooks", &resend, SERVICES_AND_OPERATORS),
    ]
}

fn partners() -> Vec<Call> {
    let key = json!({"scopes": ["accounts:read", "holds:write"], "expires_at": "2999-12-31T00:00:00Z"});
    let quotas = json!({"requests_per_second": 50, "burst": 100, "limits": ["some-limit", "another"]});
    let optional = &["/requests_per_second", "/burst", "/limits"] as &[&str];
    let keys = format!("/v1/partners/{NOTHING}/keys");
    vec![
        Call::post("/v1/partners", OPERATORS, json!({"name": "Hangang Coffee"}), &[]),
        Call::post(&keys, OPERATORS, key, &["/expires_at"]),
        Call::verb(Method::POST, &keys, "/revoke", OPERATORS),
        Call::new(Method::PUT, format!("/v1/partners/{NOTHING}/quotas"), OPERATORS, quotas, optional),
    ]
}

fn operators() -> Vec<Call> {
    let operator = json!({"name": "minji.kim", "role": "support", "reason": "hired"});
    let role = json!({"role": "viewer", "reason": "moved"});
    let of_operator = |verb: &str| Call::verb(Method::POST, "/v1/operators", verb, OPERATORS);
    vec![
        Call::post("/v1/operators", OPERATORS, operator, &["/reason"]),
        Call::post(&format!("/v1/operators/{NOTHING}/role"), OPERATORS, role, &["/reason"]),
        of_operator("/disable"),
        of_operator("/enable"),
        of_operator("/reset"),
    ]
}

fn exchange(accounts: &Accounts) -> Vec<Call> {
    let rate = json!({"rate": "1350.25", "spread_bps": 50, "valid_for": 3600});
    let (from, to) = (accounts.dollars, accounts.source);
    let pay = json!({"source": from, "destination": to, "pay": "100"});
    let receive = json!({"source": from, "destination": to, "receive": "100"});
    vec![
        Call::new(Method::PUT, "/v1/rates/USD/KRW", SERVICES_AND_OPERATORS, rate, &["/spread_bps"]),
        Call::post("/v1/exchanges/quotes", MEMBERS, pay, &[]),
        Call::post("/v1/exchanges/quotes", MEMBERS, receive, &[]),
        Call::post("/v1/exchanges", MEMBERS, json!({"quote_id": NOTHING}), &[]),
    ]
}

fn holds(accounts: &Accounts) -> Vec<Call> {
    let hold = json!({
        "source": accounts.source, "destination": accounts.destination, "money": money("KRW", 5), "expires_in": 60,
        "memo": "a room", "reference": "118",
    });
    let capture = json!({
        "money": money("KRW", 5), "destination": accounts.destination, "final": true, "reference": "118",
    });
    let release = json!({"money": money("KRW", 5), "reason": "sold out"});
    let of_hold = |verb: &str| format!("/v1/holds/{NOTHING}/{verb}");
    vec![
        Call::post("/v1/holds", EVERYBODY, hold, &["/destination", "/expires_in", "/memo", "/reference"]),
        Call::post(&of_hold("capture"), EVERYBODY, capture, &["", "/money", "/destination", "/final", "/reference"]),
        Call::post(&of_hold("increase"), EVERYBODY, json!({"money": money("KRW", 5)}), &[]),
        Call::post(&of_hold("release"), EVERYBODY, release, &["", "/money", "/reason"]),
    ]
}
