//! Every address of the console, asked for rightly and wrongly, by everybody.

use kernel::OperatorRole;
use reqwest::Method;

use super::{
    browser_of,
    routes::{self, FORMS, NOBODY, Needs, Route},
    start,
};
use crate::support::{
    TestApp, fresh_key,
    visitor::{Reply, Visitor},
};

/// The headers that keep a page out of frames, out of caches, and without scripts of others.
const HEADERS: [(&str, &str); 6] = [
    ("x-frame-options", "DENY"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", "no-store"),
];

fn assert_kept_apart(what: &str, reply: &Reply) {
    let is_stream = reply.header("content-type").starts_with("text/event-stream");
    for (name, value) in HEADERS {
        // A stream says that it is not kept in words of its own.
        let value = if is_stream && name == "cache-control" { "no-cache" } else { value };
        assert_eq!(reply.header(name), value, "{what}: {name}");
    }
    let policy = reply.header("content-security-policy");
    for part in ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"] {
        assert!(policy.contains(part), "{what}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{what}: {policy}");
}

/// A live part has no end: its head is asked for.
fn method_of(route: &Route) -> Method {
    if route.is_live() { Method::HEAD } else { Method::GET }
}

/// Whatever the answer is, it is not to be framed; and whoever is not logged in sees nothing but the log-in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_can_be_framed_and_nothing_is_shown_without_a_log_in() {
    let mut app = start().await;
    let (mut admin, _) = browser_of(&mut app, "admin", "admin").await;
    let nobody = Visitor::new(&mut app);
    for route in routes::all() {
        if route.shows {
            let request = admin.request(method_of(&route), &route.url());
            let reply = admin.send(request).await;
            assert!(reply.status < 500, "{}: {} {}", route.path, reply.status, reply.text);
            assert_kept_apart(&route.path, &reply);
        }
        let mut asking = nobody.clone();
        let method = if route.shows { method_of(&route) } else { Method::POST };
        let request = asking.request(method, &route.url());
        let reply = asking.send(request).await;
        assert_kept_apart(&route.path, &reply);
        let log_in = if route.is_of_wallet() { "/wallet/login" } else { "/login" };
        let is_sent = reply.status == 303 && reply.header("location").starts_with(log_in);
        // A form without its secret is refused, whether somebody is logged in or not.
        let is_refused = !route.shows && matches!(reply.status, 400 | 403 | 415);
        assert!(route.is_public() || is_sent || is_refused, "{}: {} {}", route.path, reply.status, reply.text);
    }
    app.close().await;
}

/// Fields that are right in form for each of the forms. `reason` is what the browser's person writes.
fn fields(csrf: &str) -> Vec<(&'static str, String)> {
    let right = [
        ("reason", "a test"),
        ("scope", "all"),
        ("names", "some-limit"),
        ("confirm", NOBODY),
        ("delivery", NOBODY),
        ("session", NOBODY),
        ("revoked", NOBODY),
        ("since", "2026-01-01T00:00"),
        ("event", "account.opened"),
        ("status", "disabled"),
        ("role", "viewer"),
        ("name", "some-name"),
        ("asset", "KRW"),
        ("kinds", "transfer"),
        ("per_transfer", "1000"),
        ("from", "USD"),
        ("to", "KRW"),
        ("rate", "1300"),
        ("scopes", "accounts:read"),
        ("overlap", "60"),
        ("generation", "1"),
        ("expected_rows", "1"),
        ("expected_total", "1"),
    ];
    let own = [("csrf", csrf.to_owned()), ("key", fresh_key())];
    own.into_iter().chain(right.map(|(name, value)| (name, value.to_owned()))).collect()
}

async fn send(browser: &mut Visitor, path: &str, fields: &[(&'static str, String)]) -> Reply {
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.post(path, &fields).await
}

fn form_url(path: &str) -> String {
    Route { path: path.to_owned(), shows: false, takes_forms: true }.with(NOBODY)
}

/// The forms go by the role of the operator, and no other cookie opens them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_role_may_send_the_forms_of_its_role_and_no_others() {
    assert_eq!(routes::table_fault(), None);
    let mut app = start().await;
    let mut browsers = Vec::new();
    for role in OperatorRole::ALL {
        let (mut browser, _) = browser_of(&mut app, &format!("the-{role}"), role.as_str()).await;
        let csrf = browser.get("/operators/me").await.expect(200).field("csrf");
        browsers.push((role, browser, csrf));
    }
    // Somebody with a page of the wallet has a secret of forms, and no session of an operator.
    let mut guest = Visitor::new(&mut app);
    let in_wallet = guest.get("/wallet/login").await.expect(200).field("csrf");
    let at_log_in = guest.get("/login").await.expect(200).field("csrf");
    for (path, needs) in FORMS {
        let Needs::Role(lowest) = needs else { continue };
        let url = form_url(path);
        let head = app.head().await;
        for csrf in [&in_wallet, &at_log_in] {
            let reply = send(&mut guest, &url, &fields(csrf)).await;
            assert!(reply.status == 403 || reply.is_sent_to_log_in(), "{path}: {} {}", reply.status, reply.text);
        }
        for (role, browser, csrf) in &mut browsers {
            if *role < *lowest {
                let reply = send(browser, &url, &fields(csrf)).await;
                // Where the form needs to know more of an account or a hold, that there is none is said first; and that there is no file.
                let is_refused = matches!(reply.status, 403 | 404) || (path.ends_with("/rows") && reply.status == 400);
                assert!(is_refused, "{path} as {role}: {} {}", reply.status, reply.text);
            }
        }
        assert_eq!(app.head().await, head, "{path}: what is refused for the role is not recorded");
        for (role, browser, csrf) in &mut browsers {
            if *role >= *lowest {
                let reply = send(browser, &url, &fields(csrf)).await;
                assert!(reply.status < 500 && reply.status != 403, "{path} as {role}: {} {}", reply.status, reply.text);
                assert!(!reply.is_sent_to_log_in(), "{path} as {role}");
            }
        }
    }
    app.close().await;
}

/// What stands in the place of an id, a name or a number.
fn wrong_values() -> Vec<String> {
    let fixed = [
        "0",
        "-1",
        "1.5",
        "1e9",
        "9223372036854775807",
        "9223372036854775808",
        "99999999999999999999999999",
        "null",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "01a22256cbb6759bb159cb9039febc35",
        "%2e%2e",
        "..%2f..%2fetc%2fpasswd",
        "%2F",
        "%5C",
        "%00",
        "%0d%0aset-cookie:x=1",
        "%ff%fe",
        "%ed%a0%80",
        "%",
        "%zz",
        "%ED%95%9C%EA%B8%80",
        "%F0%9F%92%B8",
        "%E2%80%AE",
        "'%20or%20'1'='1",
        "%3Cscript%3E",
        "$%7B7*7%7D",
        "%7B%7B7*7%7D%7D",
        ";",
        "*",
        "balances",
        "me",
    ];
    let mut values: Vec<String> = fixed.iter().map(|value| (*value).to_owned()).collect();
    values.extend([NOBODY.to_uppercase(), "x".repeat(3000), "%F0%9F%92%B8".repeat(200)]);
    values
}

const QUERIES: [&str; 12] = [
    "cursor=x",
    "cursor=%ff%00",
    "limit=-1&limit=x",
    "from=yesterday&to=99999-01-01T00:00",
    "from=2026-01-01T00:00&to=0001-01-01T00:00",
    "position=-1&stream=x&fold=x&after=-9",
    "after=9223372036854775807&fold=true",
    "owner=x&state=x&status=x&kind=x&action=x&operator=x&account=x&asset=%00",
    "q=%00&next=%00&done=%3Cscript%3E&window=x",
    "min=-&max=1e999&counterparty=%27&reference=%F0%9F%92%B8",
    "a=1&a=2&a[]=3&=&&&%",
    "event=x&member=x&generation=-1&provider=x",
];

/// Nothing that is asked for by GET is a defect of a server, whoever asks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_address_however_wrong_is_answered_with_a_defect() {
    let mut app = start().await;
    let (_, account) = app.funded_member(100).await;
    let (admin, _) = browser_of(&mut app, "admin", "admin").await;
    let nobody = Visitor::new(&mut app);
    let account = account.to_string();
    for route in routes::all().into_iter().filter(|route| route.shows) {
        let mut addresses: Vec<String> = QUERIES.iter().map(|query| format!("{}?{query}", route.url())).collect();
        if route.path.contains('{') {
            addresses.push(route.with(&account));
            addresses.extend(wrong_values().iter().map(|value| route.with(value)));
        }
        for address in addresses {
            ask(&admin, &route, &address).await;
        }
        ask(&nobody, &route, &format!("{}?{}", route.url(), QUERIES[0])).await;
    }
    assert_whole(app).await;
}

async fn ask(browser: &Visitor, route: &Route, address: &str) {
    let mut browser = browser.clone();
    let request = browser.request(method_of(route), address);
    let reply = browser.send(request).await;
    assert!(reply.status < 500, "{address}: {} {}", reply.status, reply.text);
}

/// Bodies that no page of the console sends.
fn wrong_bodies() -> Vec<(&'static str, Vec<u8>)> {
    let form = "application/x-www-form-urlencoded";
    vec![
        ("", Vec::new()),
        (form, Vec::new()),
        (form, b"%".to_vec()),
        (form, vec![0xff; 300]),
        (form, "csrf=&".repeat(2000).into_bytes()),
        ("application/json", br#"{"csrf": "x", "reason": {"a": []}}"#.to_vec()),
        ("application/json", b"{".to_vec()),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n".to_vec()),
        ("text/xml", b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>".to_vec()),
        ("nonsense", vec![0; 10]),
        (form, vec![b'x'; 200_000]),
    ]
}

/// No form without a body, with a wrong one, or with nonsense in its fields is a defect of a server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_form_however_wrong_is_answered_with_a_defect() {
    let mut app = start().await;
    let (mut admin, _) = browser_of(&mut app, "admin", "admin").await;
    let mut forms = routes::all();
    // A log-out that is sent rightly ends the session: it comes last, and nothing is asked after it.
    forms.retain(|route| route.takes_forms && !route.path.ends_with("/logout"));
    for route in &forms {
        for (kind, body) in wrong_bodies() {
            let request = admin.request(Method::POST, &route.url()).body(body.clone());
            let request = if kind.is_empty() { request } else { request.header("content-type", kind) };
            let reply = admin.send(request).await;
            assert!(reply.status < 500, "{} with {kind}: {} {}", route.path, reply.status, reply.text);
            assert_kept_apart(&route.path, &reply);
        }
    }
    let nonsense = ["", "0", "-1", "\u{0}", "한글 💸 \u{202e}", "'; drop table x; --", "<script>", "1e999"];
    let csrf = admin.get("/operators/me").await.expect(200).field("csrf");
    for route in forms.iter().filter(|route| !route.is_of_wallet()) {
        for value in nonsense {
            let mut wrong = fields(&csrf);
            for (name, field) in &mut wrong {
                if !["csrf", "key", "reason"].contains(name) {
                    value.clone_into(field);
                }
            }
            for url in [route.url(), route.with("approve"), route.with(NOBODY)] {
                let reply = send(&mut admin, &url, &wrong).await;
                assert!(reply.status < 500, "{url} with {value:?}: {} {}", reply.status, reply.text);
                assert!(!reply.is_sent_to_log_in(), "{url} with {value:?} ended the session");
            }
        }
    }
    assert_whole(app).await;
}

/// Whatever was sent, what was written holds together, and every process is there.
async fn assert_whole(app: TestApp) {
    crate::support::verify(app).await;
}
