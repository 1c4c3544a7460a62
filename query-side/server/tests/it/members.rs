//! What is personal: shown to its owner, opened for each answer again, and gone with the key.

use kernel::{CommandId, MemberId, Sealed};
use serde_json::{Value, json};
use vault::{DeviceCommand, Devices, Keys, NewDevice};

use crate::app::{A1, ALICE, B1, BOB, CASH, GONE, NOWHERE, Odd, TestApp, id};

const NAME: &str = "\u{ae40}\u{c568}\u{b9ac}\u{c2a4}";

fn payee(account: u64) -> String {
    format!("/v1/payees?account_number={}", kernel::AccountNumber::from_digits(account))
}

#[tokio::test]
async fn a_member_sees_who_they_are() {
    let app = TestApp::with_bank().await;
    let reply = app.get("/v1/members/me", app.member(ALICE)).await;
    let expected = json!({
        "member_id": id(ALICE), "login_id": "alice_kim", "real_name": NAME,
        "contact": { "channel": "email", "value": "alice@example.org" },
        "status": "active", "joined_at": "2026-11-21T08:30:00Z",
    });
    assert_eq!(*reply.ok(), expected);
    assert_eq!((reply.number("view-position"), reply.header("cache-control")), (18, Some("no-store")));
    let bob = app.get("/v1/members/me", app.member(BOB)).await;
    assert_eq!(bob.ok()["contact"], json!({ "channel": "phone", "value": "+821012345678" }), "it was changed since");
    assert_eq!(app.get("/v1/wallet/home", app.member(ALICE)).await.ok()["member"]["real_name"], NAME);

    let stranger = app.get("/v1/members/me", app.member(0x5742)).await;
    stranger.is(404, "member-unknown");
    assert_eq!(stranger.number("view-position"), 18);
    let wallet = app.get("/v1/wallet/home", app.member(0x5742)).await;
    assert_eq!(wallet.ok()["member"], json!({ "member_id": id(0x5742), "real_name": null }));
    app.finish().await;
}

#[tokio::test]
async fn a_member_who_left_is_unknown() {
    let app = TestApp::with_bank().await;
    app.database
        .run(&format!(
            "update accounts_g1.accounts set owner = '{}' where account_id = '{}';
             update members_g1.members set status = 'erasing', channel = null, login_id = null, login_id_version = null,
                 contact = null, contact_version = null, real_name = null, real_name_version = null
             where member_id = '{}'",
            id(GONE),
            id(B1),
            id(ALICE)
        ))
        .await;
    assert_eq!(app.get(&payee(0xb1), app.member(ALICE)).await.ok()["masked_name"], json!(null));
    let erasing = app.get("/v1/members/me", app.member(ALICE)).await;
    let nothing = json!({
        "member_id": id(ALICE), "login_id": null, "real_name": null, "contact": null, "status": "erasing",
        "joined_at": "2026-11-21T08:30:00Z",
    });
    assert_eq!(*erasing.ok(), nothing);
    assert_eq!(app.get("/v1/members/me", app.member(GONE)).await.ok()["status"], "erased");
    assert_eq!(app.get("/v1/wallet/home", app.member(GONE)).await.ok()["member"]["real_name"], json!(null));
    app.finish().await;
}

/// Whom the payer paid, as far as they may know.
#[tokio::test]
async fn a_statement_shows_who_is_on_the_other_side() {
    let app = TestApp::with_bank().await;
    let number = json!(kernel::AccountNumber::from_digits(0xb1));
    let reply = app.get(&statement(A1), app.member(ALICE)).await;
    let sides: Vec<_> = reply.ok()["items"].as_array().expect("items").iter().map(side).collect();
    let bob = (number.clone(), json!("R****t"));
    assert_eq!(sides, [bob.clone(), bob.clone(), (json!(null), json!(null))], "the last is an account of the bank");
    let home = app.get("/v1/wallet/home", app.member(ALICE)).await;
    assert_eq!(side(&home.ok()["transactions"][0]), bob);
    assert_eq!(home.body["degraded"], json!(null));
    // The bank's own people see the number and no name.
    let operator = app.get(&statement(A1), app.operator()).await;
    assert_eq!(side(&operator.ok()["items"][0]), (number, json!(null)));
    app.finish().await;
}

#[tokio::test]
async fn a_payee_is_found_by_the_id_in_a_statement() {
    let app = TestApp::with_bank().await;
    let by_id = app.get(&format!("/v1/payees?account_id={}", id(B1)), app.member(ALICE)).await;
    assert_eq!(*by_id.ok(), *app.get(&payee(0xb1), app.member(ALICE)).await.ok());
    app.get(&format!("/v1/payees?account_id={}", id(CASH)), app.member(ALICE)).await.is(404, "payee-unknown");
    app.get(&format!("/v1/payees?account_id={}", id(0x99)), app.member(ALICE)).await.is(404, "payee-unknown");
    let both = format!("{}&account_id={}", payee(0xb1), id(B1));
    app.get(&both, app.member(ALICE)).await.is(400, "validation-failed");
    app.finish().await;
}

fn statement(account: u128) -> String {
    format!("/v1/accounts/{}/transactions", id(account))
}

fn side(entry: &Value) -> (Value, Value) {
    (entry["counterparty_number"].clone(), entry["counterparty_name"].clone())
}

#[tokio::test]
async fn without_the_data_key_there_are_nulls_at_once() {
    let app = TestApp::with_bank().await;
    assert_eq!(app.get(&payee(0xb1), app.member(ALICE)).await.ok()["masked_name"], "R****t");
    app.database.run("delete from vault.data_keys").await;
    // The views still hold the texts, as a restored backup would.
    let bob = app.get("/v1/members/me", app.member(BOB)).await;
    assert_eq!((&bob.ok()["real_name"], &bob.body["status"]), (&json!(null), &json!("active")));
    assert_eq!((&bob.body["login_id"], &bob.body["contact"]), (&json!(null), &json!(null)));
    let found = app.get(&payee(0xb1), app.member(ALICE)).await;
    let number = kernel::AccountNumber::from_digits(0xb1);
    let expected = json!({ "account_id": id(B1), "account_number": number, "asset": "KRW", "masked_name": null });
    assert_eq!(*found.ok(), expected);
    let statement = app.get(&statement(A1), app.member(ALICE)).await;
    assert_eq!(
        (&statement.ok()["items"][0]["counterparty_name"], &statement.body["degraded"]),
        (&json!(null), &json!(null))
    );
    let wallet = app.get("/v1/wallet/home", app.member(BOB)).await;
    assert_eq!(wallet.ok()["member"], json!({ "member_id": id(BOB), "real_name": null }));
    app.finish().await;
}

#[tokio::test]
async fn without_the_vault_names_are_left_out_and_the_answer_says_so() {
    let app = TestApp::start_odd(Odd { vault_url: Some(NOWHERE.to_owned()), ..Odd::default() }).await;
    app.seed().await;
    app.until_seen(kernel::Position::new(18)).await;
    let own = app.get("/v1/members/me", app.member(BOB)).await;
    own.is(503, "vault-unavailable");
    assert!(own.header("retry-after").is_some());
    assert!(!own.body.to_string().contains("127.0.0.1"), "{:?}", own.body);
    let number = kernel::AccountNumber::from_digits(0xb1);
    let expected = json!({ "account_id": id(B1), "account_number": number, "asset": "KRW", "masked_name": null, "degraded": true });
    let statement = app.get(&statement(A1), app.member(ALICE)).await;
    assert_eq!(
        (&statement.ok()["degraded"], &statement.body["items"][0]["counterparty_name"]),
        (&json!(true), &json!(null))
    );
    let home = app.get("/v1/wallet/home", app.member(ALICE)).await;
    assert_eq!((&home.ok()["degraded"], home.body["transactions"].as_array().map(Vec::len)), (&json!(true), Some(3)));
    assert_eq!(*app.get(&payee(0xb1), app.member(ALICE)).await.ok(), expected);
    let wallet = app.get("/v1/wallet/home", app.member(BOB)).await;
    assert_eq!(wallet.ok()["member"], json!({ "member_id": id(BOB), "real_name": null, "degraded": true }));
    assert_eq!(wallet.body["accounts"][0]["account_id"], json!(id(B1)), "the rest is there");
    // Where nothing has to be opened, nothing is missing.
    let operator = app.get(&payee(0xb1), app.operator()).await;
    assert_eq!(operator.ok()["degraded"], json!(null));
    app.get("/v1/accounts", app.member(BOB)).await.ok();
    app.finish().await;
}

#[tokio::test]
async fn a_text_that_was_moved_or_damaged_does_not_open() {
    let app = TestApp::with_bank().await;
    let (alice, bob) = (id(ALICE), id(BOB));
    for damage in [
        // From another field, another member, another version; cut; and no text at all.
        format!("update members_g1.members set real_name = login_id where member_id = '{bob}'"),
        format!(
            "update members_g1.members set real_name = (select real_name from members_g1.members
             where member_id = '{alice}') where member_id = '{bob}'"
        ),
        format!("update members_g1.members set real_name_version = 2 where member_id = '{bob}'"),
        format!("update members_g1.members set real_name = left(real_name, -4) where member_id = '{bob}'"),
        format!("update members_g1.members set real_name = '' where member_id = '{bob}'"),
    ] {
        app.database.run(&format!("create table kept as select * from members_g1.members; {damage}")).await;
        let own = app.get("/v1/members/me", app.member(BOB)).await;
        own.is(500, "internal");
        for body in [own.body.to_string(), app.get(&payee(0xb1), app.member(ALICE)).await.ok().to_string()] {
            assert!(!["bob_2", "alice_kim", "Robert", NAME].iter().any(|text| body.contains(text)), "{damage}: {body}");
        }
        assert_eq!(app.get("/v1/wallet/home", app.member(BOB)).await.ok()["member"]["degraded"], true, "{damage}");
        app.database
            .run("truncate members_g1.members; insert into members_g1.members select * from kept; drop table kept")
            .await;
    }
    assert_eq!(app.get("/v1/members/me", app.member(BOB)).await.ok()["real_name"], "Robert");
    app.finish().await;
}

#[tokio::test]
async fn a_key_of_another_member_opens_nothing() {
    let app = TestApp::with_bank().await;
    // Wrapped for Alice, so it does not even unwrap for Bob.
    app.database
        .run(&format!(
            "update vault.data_keys set wrapped = (select wrapped from vault.data_keys where member_id = '{}')
             where member_id = '{}'",
            id(ALICE),
            id(BOB)
        ))
        .await;
    app.get("/v1/members/me", app.member(BOB)).await.is(500, "internal");
    assert_eq!(app.get(&payee(0xb1), app.member(ALICE)).await.ok()["degraded"], true);
    app.finish().await;
}

#[tokio::test]
async fn the_reader_of_the_vault_can_ask_for_nothing_else() {
    let app = TestApp::with_bank().await;
    let reader = sqlx::PgPool::connect(&app.database.vault_url()).await.expect("connects");
    for table in ["secret", "credentials", "pending_passwords", "refresh_tokens", "messages", "certificates"] {
        let asked = sqlx::raw_sql(sqlx::AssertSqlSafe(format!("select * from vault.{table}"))).execute(&reader).await;
        let refused = asked.expect_err(table).into_database_error().expect("Postgres answers");
        assert_eq!(refused.code().as_deref(), Some("42501"), "{table}");
    }
    for change in ["delete from vault.data_keys", "insert into vault.revocations (subject) values (gen_random_uuid())"]
    {
        sqlx::raw_sql(change).execute(&reader).await.expect_err(change);
    }
    sqlx::raw_sql("select * from vault.data_keys").execute(&reader).await.expect("may read");
    reader.close().await;
    app.finish().await;
}

#[tokio::test]
async fn a_server_with_another_key_encryption_key_is_not_ready_until_it_has_the_right_one() {
    let app = TestApp::with_bank().await;
    app.until_ready(200, "key-encryption key", "ok").await;
    let file = app.people.kek_file().to_owned();
    let copy = file.with_extension("copy");
    std::fs::copy(&file, &copy).expect("copied");
    std::fs::remove_file(&file).expect("removed");
    app.until_ready(503, "key-encryption key", "failing").await;
    vault::KeyFile::ensure(&file).expect("another key");
    app.until_ready(503, "key-encryption key", "failing").await;
    std::fs::rename(&copy, &file).expect("put back");
    app.until_ready(200, "key-encryption key", "ok").await;
    assert_eq!(app.get("/v1/members/me", app.member(ALICE)).await.ok()["real_name"], NAME);
    app.finish().await;
}

/// The vault alone has devices: what is shown of a token is its end.
#[tokio::test]
async fn a_member_sees_their_devices_and_what_they_are_told() {
    let app = TestApp::with_bank().await;
    let path = "/v1/members/me/devices";
    let none = app.get(path, app.member(ALICE)).await;
    assert_eq!(*none.ok(), json!({"items": [], "next_cursor": null}));
    let usual = app.get("/v1/members/me/notifications", app.member(ALICE)).await;
    let all = json!(["money.received", "charge.posted", "hold.placed", "login.new_device"]);
    assert_eq!(*usual.ok(), json!({"push": all, "email": [], "quiet": null}));

    let (vault, alice, phone) = (&app.people.vault, MemberId::new(id(ALICE)), id(0xde));
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
    app.database
        .run(&format!(
            "insert into vault.notification_preferences (member_id, push, email, quiet_from, quiet_until)
             values ('{alice}', '{{hold.placed}}', '{{}}', '22:00', '07:30')"
        ))
        .await;

    let reply = app.get(path, app.member(ALICE)).await;
    let shown = &reply.ok()["items"][0];
    assert_eq!((&shown["device_id"], &shown["platform"]), (&json!(phone), &json!("ios")));
    assert_eq!((&shown["token"], &shown["zone"]), (&json!("****c0de"), &json!("Asia/Seoul")));
    assert_eq!((reply.number("view-position"), reply.header("cache-control")), (18, Some("no-store")));
    let told = app.get("/v1/members/me/notifications", app.member(ALICE)).await;
    assert_eq!(*told.ok(), json!({"push": ["hold.placed"], "email": [], "quiet": {"from": "22:00", "until": "07:30"}}));
    assert_eq!(app.get(path, app.member(BOB)).await.ok()["items"], json!([]));
    app.database.run(&format!("delete from vault.data_keys where member_id = '{}'", id(ALICE))).await;
    assert_eq!(app.get(path, app.member(ALICE)).await.ok()["items"], json!([]), "gone with the key");
    app.finish().await;
}
