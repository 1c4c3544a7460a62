//! What operators look up: anything by its names, members without what is personal, a balance over time, refusals. The log itself is read with
//! every process, in testkit.

use kernel::{AccountNumber, CommandId, MemberId, Sealed};
use serde_json::{Value, json};
use vault::{DeviceCommand, Devices, Keys, NewDevice};

use crate::app::{A1, A2, ALICE, B1, BOB, DEPOSIT, GONE, REJECTED, TestApp, id};

/// Member, another member, a stranger, a service: 403; an operator: 200.
const OPERATORS_ALONE: [u16; 5] = [403, 403, 403, 403, 200];

/// A hold, a webhook, a process, an operator and an approval.
async fn put_one_of_each(app: &TestApp) {
    app.database.put_hold(0x401d, A1, Some(B1), 10, "active").await;
    app.database
        .run(&format!(
            "insert into webhooks_g1.webhooks (created_position, position, created_at, recorded_at, webhook_id, owner, enabled,
                 owner_role, url, events, description)
             values (10, 10, '2026-11-21T09:10:00Z', '2026-11-21T09:10:00Z', '{}', '{}', true, 'service',
                 'https://shop.example/jangbu', 'transfer.posted', 'the shop');
             insert into processes_g1.processes (started_position, position, started_at, recorded_at, process_id, owner, account,
                 amount, kind, state, asset, provider)
             values (11, 11, '2026-11-21T09:11:00Z', '2026-11-21T09:11:00Z', '{}', '{}', '{}', 5, 'top-up', 'waiting', 'KRW', 'card');
             insert into operators_g1.operators (added_position, added_at, changed_at, operator_id, name, role, status)
             values (12, '2026-11-21T09:12:00Z', '2026-11-21T09:12:00Z', '{}', 'jiwoo.lee', 'support', 'enabled');
             insert into approvals_g1.approvals (requested_position, requested_at, expires_at, approval_id, requested_by, session_id,
                 kind, status, requested_by_name, reason, action)
             values (13, '2026-11-21T09:13:00Z', '2026-11-22T09:13:00Z', '{}', '{}', '{}', 'rates', 'pending', 'jiwoo.lee', 'a case',
                 '{{}}')",
            id(0x3eb),
            id(0xffff),
            id(0x9c0),
            id(ALICE),
            id(A1),
            id(0xab1),
            id(0xab),
            id(0xab1),
            id(0x51)
        ))
        .await;
}

#[tokio::test]
async fn everything_is_found_by_each_of_its_names() {
    let app = TestApp::with_bank().await;
    put_one_of_each(&app).await;
    let find = async |text: &str| {
        let path = format!("/v1/find?q={}", text.replace(' ', "%20").replace('#', "%23"));
        app.get(&path, app.operator()).await.ok().clone()
    };
    let kinds = |found: &Value| -> Vec<String> {
        let items = found["items"].as_array().expect("items");
        items.iter().map(|item| format!("{} {}", item["kind"].as_str().expect("a kind"), item["id"])).collect()
    };
    let number = AccountNumber::from_digits(0xa1).to_string();
    let account = json!({"kind": "account", "id": id(A1), "title": number, "detail": "KRW, open"});
    let found = find(&number).await;
    assert_eq!(found["items"], json!([account]));
    let with_dashes = format!("{}-{}-{}", &number[..4], &number[4..8], &number[8..]);
    assert_eq!(find(&with_dashes).await["items"], json!([account]));
    // This server has no login that reads the log, so what only the log has is said to be missing.
    let found = find(&id(A1).to_string()).await;
    assert_eq!(found, json!({"items": [account], "not_searched": ["log"]}));
    for (named, kind) in [
        (ALICE, "member"),
        (DEPOSIT, "transfer"),
        (REJECTED, "transfer"),
        (0x401d, "hold"),
        (0x3eb, "webhook"),
        (0x9c0, "process"),
        (0xab1, "operator"),
        (0xab, "approval"),
    ] {
        assert_eq!(kinds(&find(&id(named).to_string()).await), [format!("{kind} \"{}\"", id(named))]);
    }
    assert_eq!(find(&id(REJECTED).to_string()).await["items"][0]["detail"], "rejected, insufficient-funds");
    let operator = json!({"kind": "operator", "id": id(0xab1), "title": "jiwoo.lee", "detail": "support, enabled"});
    assert_eq!(find("jiwoo.lee").await["items"], json!([operator]));
    assert_eq!(find(&id(0xab).to_string()).await["items"][0]["detail"], "expired, jiwoo.lee");
    let referred = find("till 4").await;
    assert_eq!(
        (kinds(&referred), &referred["not_searched"]),
        (vec![format!("transfer \"{}\"", id(DEPOSIT))], &json!([]))
    );
    // A login id is sealed in the view, and the secret that finds it is not this server's.
    assert_eq!(find("alice_kim").await, json!({"items": [], "not_searched": ["login_id"]}));
    assert_eq!(find("#18").await, json!({"items": [], "not_searched": ["log"]}));
    assert_eq!(find("nothing of that name").await, json!({"items": [], "not_searched": []}));
    for wrong in ["", "?q=", "?q=a&limit=3"] {
        app.get(&format!("/v1/find{wrong}"), app.operator()).await.is(400, "validation-failed");
    }
    assert_eq!(app.statuses("/v1/find?q=till").await, OPERATORS_ALONE);
    app.finish().await;
}

#[tokio::test]
async fn the_history_of_a_balance_is_that_of_the_statement() {
    let app = TestApp::with_bank().await;
    let history = async |account: u128, query: &str| {
        app.get(&format!("/v1/accounts/{}/history?{query}", id(account)), app.operator()).await
    };
    // It was opened at 09:01, so that is where it begins.
    let reply = history(A1, "from=2026-11-21T08:00:00Z&to=2026-11-21T09:08:00Z&points=8").await;
    let points: Vec<_> = reply.ok()["points"]
        .as_array()
        .expect("points")
        .iter()
        .map(|point| {
            (point["at"].as_str().expect("a time").to_owned(), point["balance"].as_str().expect("text").to_owned())
        })
        .collect();
    let balances = ["0", "0", "0", "100000", "70000", "70000", "100000", "100000"];
    let expected = balances
        .iter()
        .zip(1..)
        .map(|(balance, minute)| (format!("2026-11-21T09:{minute:02}:00Z"), (*balance).to_owned()));
    assert_eq!(points, expected.collect::<Vec<_>>());
    for (at, balance) in &points {
        let then = app.get(&format!("/v1/accounts/{}/balance?at={at}", id(A1)), app.operator()).await;
        assert_eq!(then.ok()["balance"], *balance, "{at}");
    }
    assert_eq!((&reply.body["asset"], reply.number("view-position")), (&json!("KRW"), 18));
    assert_eq!(reply.body["points"][3]["version"], 2);
    let usual = history(A2, "").await;
    assert_eq!(usual.ok()["points"].as_array().map(Vec::len), Some(100));
    assert_eq!(
        (&usual.body["points"][99]["balance"], &usual.body["points"][99]["version"]),
        (&json!("0"), &json!(null))
    );
    assert_eq!(history(A1, "to=2026-11-21T09:00:59Z").await.ok()["points"], json!([]), "before it was opened");
    for wrong in ["points=1", "points=401", "from=yesterday", "at=2026-11-21T09:08:00Z"] {
        history(A1, wrong).await.is(400, "validation-failed");
    }
    history(0x404, "").await.is(404, "account-unknown");
    assert_eq!(app.statuses(&format!("/v1/accounts/{}/history", id(A1))).await, OPERATORS_ALONE);
    app.finish().await;
}

#[tokio::test]
async fn refusals_are_counted_by_code_kind_and_hour() {
    let app = TestApp::with_bank().await;
    let counted = async |query: &str| {
        let reply = app.get(&format!("/v1/dashboard/refusals{query}"), app.operator()).await;
        let items = reply.ok()["items"].as_array().expect("items").clone();
        items.iter().map(|item| (item["code"].clone(), item["kind"].clone(), item["count"].clone())).collect::<Vec<_>>()
    };
    let row = |code: &str, kind: &str, count: i64| (json!(code), json!(kind), json!(count));
    let of_a_day = [
        row("insufficient-funds", "transfer", 2),
        row("limit-exceeded", "command", 1),
        row("insufficient-funds", "transfer", 1),
    ];
    assert_eq!(counted("").await, of_a_day, "newest first");
    // Longer ago than a range may be: as far as it may.
    let mut all = of_a_day.to_vec();
    all.push(row("account-closed", "transfer", 7));
    assert_eq!(counted("?from=2026-01-01T00:00:00Z").await, all);
    assert!(counted("?to=2026-01-01T00:00:00Z").await.is_empty());
    app.get("/v1/dashboard/refusals?day=2026-11-21", app.operator()).await.is(400, "validation-failed");
    assert_eq!(app.statuses("/v1/dashboard/refusals").await, OPERATORS_ALONE);
    // A generation of version 1 does not count them.
    app.database.run("drop view live.refusals").await;
    app.get("/v1/dashboard/refusals", app.operator()).await.is(503, "view-unavailable");
    app.finish().await;
}

#[tokio::test]
async fn members_are_listed_without_anything_personal() {
    let app = TestApp::with_bank().await;
    let record = |member: u128, state: &str, joined: &str, erased: Value| json!({"member_id": id(member), "state": state, "joined_at": joined, "erased_at": erased});
    let alice = record(ALICE, "active", "2026-11-21T08:30:00Z", json!(null));
    let bob = record(BOB, "active", "2026-11-21T08:30:00Z", json!(null));
    let gone = record(GONE, "erased", "2026-11-21T08:00:00Z", json!("2026-11-21T09:00:00Z"));
    let list = async |query: &str| app.get(&format!("/v1/members{query}"), app.operator()).await;
    assert_eq!(*list("").await.ok(), json!({"items": [alice, bob, gone], "next_cursor": null}));
    let first = list("?limit=2").await;
    assert_eq!(first.ok()["items"], json!([alice, bob]));
    let cursor = first.body["next_cursor"].as_str().expect("it goes on").to_owned();
    assert_eq!(*list(&format!("?limit=2&cursor={cursor}")).await.ok(), json!({"items": [gone], "next_cursor": null}));
    assert_eq!(list("?state=active").await.ok()["items"], json!([alice, bob]));
    assert_eq!(list("?state=erased").await.ok()["items"], json!([gone]));
    assert_eq!(list("?state=erasing").await.ok()["items"], json!([]));
    list("?state=left").await.is(400, "validation-failed");
    list(&format!("?state=active&cursor={cursor}")).await.is(400, "cursor-invalid");
    assert_eq!(app.statuses("/v1/members").await, OPERATORS_ALONE);

    let path = format!("/v1/members/{}", id(ALICE));
    let one = app.get(&path, app.operator()).await;
    let accounts = one.ok()["accounts"].as_array().expect("accounts");
    let ids: Vec<_> = accounts.iter().map(|account| account["account_id"].clone()).collect();
    assert_eq!((ids, &one.body["account_count"]), (vec![json!(id(A2)), json!(id(A1))], &json!(2)), "newest first");
    assert_eq!((&one.body["state"], &accounts[1]["available"]), (&json!("active"), &json!("100000")));
    assert!(!one.body.to_string().contains("alice"), "{}", one.body);
    assert_eq!(app.get(&format!("/v1/members/{}", id(GONE)), app.operator()).await.ok()["accounts"], json!([]));
    app.get(&format!("/v1/members/{}", id(0x404)), app.operator()).await.is(404, "member-unknown");
    assert_eq!(app.statuses(&path).await, OPERATORS_ALONE);
    assert_eq!(app.get("/v1/members/me", app.member(ALICE)).await.ok()["login_id"], "alice_kim", "me is no id");
    app.finish().await;
}

#[tokio::test]
async fn sessions_and_devices_are_shown_without_what_opens_them() {
    let app = TestApp::with_bank().await;
    let (alice, phone) = (MemberId::new(id(ALICE)), id(0xde));
    app.database
        .run(&format!(
            "insert into vault.sessions (session_id, member_id, expires_at, ended_at) values
             ('{}', '{alice}', '2999-01-01T00:00:00Z', null), ('{}', '{alice}', '2026-01-01T00:00:00Z', null),
             ('{}', '{alice}', '2998-01-01T00:00:00Z', '2026-11-21T09:00:00Z')",
            id(0x51),
            id(0x52),
            id(0x53)
        ))
        .await;
    let path = format!("/v1/members/{}/sessions", id(ALICE));
    let sessions = app.get(&path, app.operator()).await;
    let shown: Vec<_> = sessions.ok()["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|session| (session["session_id"].clone(), session["state"].clone(), session["began_at"].is_string()))
        .collect();
    let expected = [(0x51, "open"), (0x53, "ended"), (0x52, "expired")];
    assert_eq!(shown, expected.map(|(session, state)| (json!(id(session)), json!(state), true)));
    assert_eq!(sessions.header("cache-control"), Some("no-store"));
    assert_eq!(app.statuses(&path).await, OPERATORS_ALONE);
    let own = app.get("/v1/members/me/sessions", app.member(ALICE)).await;
    let own = own.ok()["items"].as_array().expect("items");
    let shown: Vec<_> = own.iter().map(|session| (&session["session_id"], &session["current"])).collect();
    assert_eq!(shown, [(&json!(id(0x51)), &json!(false))], "those that go on, to whom they belong");

    let vault = &app.people.vault;
    let key = vault.key(alice).await.expect("the vault").expect("a key");
    let device = NewDevice {
        device: phone,
        platform: "ios",
        token: Sealed::new("nothing that opens"),
        token_name: id(0x70),
        masked: key.seal(&NewDevice::masked_place(phone), &"****c0de".into()).expect("sealed"),
        locale: "ko".to_owned(),
        zone: "Asia/Seoul".to_owned(),
    };
    let command = DeviceCommand { id: CommandId::new(id(0xc0)), fingerprint: [0; 16] };
    vault.keep_device(alice, command, &device, 10).await.expect("kept");
    let path = format!("/v1/members/{}/devices", id(ALICE));
    let devices = app.get(&path, app.operator()).await;
    let shown = &devices.ok()["items"][0];
    assert_eq!((&shown["device_id"], &shown["zone"]), (&json!(phone), &json!("Asia/Seoul")));
    assert!(!devices.body.to_string().contains("c0de"), "{}", devices.body);
    assert_eq!(app.statuses(&path).await, OPERATORS_ALONE);
    for unknown in ["sessions", "devices"] {
        let path = format!("/v1/members/{}/{unknown}", id(0x404));
        app.get(&path, app.operator()).await.is(404, "member-unknown");
    }
    app.finish().await;
}

#[tokio::test]
async fn without_a_login_of_its_own_the_log_is_not_read() {
    let app = TestApp::with_bank().await;
    for path in ["/v1/log".to_owned(), "/v1/log/positions/3".to_owned(), format!("/v1/log/streams/{}", id(B1))] {
        assert_eq!(app.statuses(&path).await, [403, 403, 403, 403, 503], "{path}");
        app.get(&path, app.operator()).await.is(503, "log-unavailable");
    }
    for wrong in ["/v1/log?limit=0", "/v1/log/positions/x", "/v1/log/streams/x", "/v1/log/streams/x?fold=maybe"] {
        app.get(wrong, app.operator()).await.is(400, "validation-failed");
    }
    app.finish().await;
}
