//! Bad input about members: each with its field, and the authentication service never receives it.

use application::AuthError;
use axum::body::Body;
use kernel::Role;
use platform::problem::Code;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{ALICE, Api, FakeAuth, bearer};

fn deaf() -> Api {
    Api::receiving(FakeAuth::new(|_| Err(AuthError::SessionEnded), |_| Ok(None)))
}

fn sign_up() -> Value {
    json!({
        "login_id": "minji_kim",
        "password": "correct horse 7 battery!",
        "contact": {"channel": "email", "value": "minji@example.com"},
        "real_name": "김민지",
        "consents": [{"document": "terms", "version": "2026-11", "agreed": true}],
    })
}

fn changed(pointer: &str, value: Value) -> String {
    let mut body = sign_up();
    *body.pointer_mut(pointer).expect("the field is there") = value;
    body.to_string()
}

/// The code and the fields of what a sign-up with this body is answered.
async fn refused(body: impl Into<Body>) -> (String, Vec<String>, String) {
    let api = deaf();
    let reply = api.ask("POST", "/v1/signups", &[("idempotency-key", "k")], body).await;
    assert!(api.received().is_empty(), "the authentication service received it");
    assert!(reply.status.is_client_error());
    let json = reply.json();
    let errors = json["errors"].as_array().cloned().unwrap_or_default();
    let fields = errors.iter().map(|error| error["field"].as_str().expect("a field").to_owned()).collect();
    (reply.code(), fields, reply.text)
}

async fn one_field(pointer: &str, value: Value) {
    let field = pointer.trim_start_matches('/').replace("/0", "[0]").replace('/', ".");
    let body = changed(pointer, value.clone());
    let (code, fields, text) = refused(body).await;
    assert_eq!((code.as_str(), fields), ("validation-failed", vec![field]), "{value}");
    // The error is reported and the value is not repeated: it may be somebody's password.
    if let Some(given) =
        value.as_str().filter(|given| given.len() > 8 && !given.contains('"') && !"@example.com".contains(*given))
    {
        assert!(!text.contains(given), "{text}");
    }
}

#[tokio::test]
async fn login_ids_are_plain() {
    for bad in [
        "",
        "abc",
        "Minji",
        "minji kim",
        "minji-kim",
        "민지민지",
        "mınji_kim",
        "minji\u{301}kim",
        "minji_kim\0",
        " minji",
        "minji\n",
        "admin'; drop table members; --",
        "ａｄｍｉｎ",
        &"a".repeat(33),
        &"a".repeat(60_000),
    ] {
        one_field("/login_id", json!(bad)).await;
    }
    for bad in [json!(12345), json!(null), json!(true), json!(["minji_kim"]), json!({"x": 1})] {
        one_field("/login_id", bad).await;
    }
}

#[tokio::test]
async fn passwords_are_long_enough_and_not_too_long_and_nobodys_first_guess() {
    let long = format!("{}1!", "a".repeat(127));
    for bad in [
        "",
        "short 1!",
        "onlyletters!!",
        "1234567890!",
        "letters12345",
        "with minji_kim 1!",
        "WITH MINJI_KIM 1!",
        "nul\0 in it 12!",
        "line\nbreak 12!",
        "password1!",
        "P@ssw0rd123",
        "qwerty123!",
        &long,
        &"장".repeat(60_000 / 3),
    ] {
        one_field("/password", json!(bad)).await;
    }
    // Sent as a number, it is not repeated either.
    let (_, fields, text) = refused(changed("/password", json!(8_675_309_123_u64))).await;
    assert!(fields == ["password"] && !text.contains("8675309123"), "{text}");
}

#[tokio::test]
async fn contacts_cannot_carry_anything_but_an_address() {
    let long = format!("{}@example.com", "a".repeat(300));
    for bad in [
        "",
        "minji",
        "minji@",
        "@example.com",
        "a b@example.com",
        "minji@example",
        "minji@@example.com",
        "minji@example.com\r\nBcc: everybody@example.com",
        "minji@example.com\0",
        "\"quoted\"@example.com",
        "minji@example.com,other@example.com",
        "minji(comment)@example.com",
        "<minji@example.com>",
        "minji@[127.0.0.1]",
        "minji@exa_mple.com",
        "мinji@example.com",
        "minji@example..com",
        &long,
    ] {
        one_field("/contact/value", json!(bad)).await;
    }
    for bad in ["010-1234-5678", "+82", "+0821012345678", "+82 10 1234 5678", "+821012345678901234", "+８２１０", "82"]
    {
        let body = json!({"channel": "phone", "value": bad});
        let (code, fields, _) = refused(changed("/contact", body)).await;
        assert_eq!((code.as_str(), fields), ("validation-failed", vec!["contact.value".to_owned()]), "{bad}");
    }
    for bad in [json!("fax"), json!("EMAIL"), json!(""), json!(1)] {
        one_field("/contact/channel", bad).await;
    }
    for bad in [json!(null), json!("minji@example.com"), json!(["email", "minji@example.com"])] {
        assert_eq!(refused(changed("/contact", bad)).await.1, ["contact"]);
    }
}

#[tokio::test]
async fn names_are_seen_as_they_are() {
    for bad in [
        "",
        "   ",
        "\u{200b}",
        "Minji\0",
        "Minji\r\nBcc: x",
        "Min\u{202e}ji",
        "\u{feff}Minji",
        "\u{301}",
        &"김".repeat(101),
        &"e\u{301}".repeat(5000),
    ] {
        one_field("/real_name", json!(bad)).await;
    }
}

#[tokio::test]
async fn consents_are_given_and_whole() {
    let consent = |document: &str, version: Value, agreed: Value| json!({"document": document, "version": version, "agreed": agreed});
    let good = consent("terms", json!("1"), json!(true));
    for bad in [
        json!([]),
        json!([consent("terms", json!("1"), json!(false))]),
        json!([consent("privacy", json!("1"), json!(true))]),
        json!([good, good]),
        json!(vec![good.clone(); 21]),
        json!({"terms": true}),
    ] {
        let (code, fields, text) = refused(changed("/consents", bad)).await;
        assert_eq!((code.as_str(), fields), ("validation-failed", vec!["consents".to_owned()]), "{text}");
    }
    for (bad, field) in [
        (consent("", json!("1"), json!(true)), "consents[0]"),
        (consent(&"x".repeat(65), json!("1"), json!(true)), "consents[0]"),
        (consent("terms", json!(""), json!(true)), "consents[0]"),
        (consent("terms", json!("x".repeat(33)), json!(true)), "consents[0]"),
        (consent("terms", json!(true), json!(true)), "consents[0].version"),
        (consent("terms", json!(null), json!(true)), "consents[0].version"),
        (consent("terms", json!("1"), json!("yes")), "consents[0].agreed"),
        (consent("terms", json!("1"), json!(1)), "consents[0].agreed"),
        (json!(["terms", "1", true]), "consents[0]"),
    ] {
        let (code, fields, text) = refused(changed("/consents", json!([bad]))).await;
        assert_eq!((code.as_str(), fields), ("validation-failed", vec![field.to_owned()]), "{text}");
    }
}

/// What the authentication service receives as a version, and whether it receives any.
#[tokio::test]
async fn a_version_is_a_text_or_a_number_kept_as_it_was_written() {
    for (written, kept) in
        [("\"2026-11\"", "2026-11"), ("2", "2"), ("1.10", "1.10"), ("1e3", "1e3"), ("\"\\u0031\"", "1")]
    {
        let api = deaf();
        let body = sign_up().to_string().replace("\"2026-11\"", written);
        api.ask("POST", "/v1/signups", &[("idempotency-key", "k")], body).await;
        match &api.received()[0].0 {
            application::MemberCommand::SignUp { new_member, .. } => {
                assert_eq!(new_member.consents.iter().next().map(|consent| consent.version.as_str()), Some(kept));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn everything_that_is_wrong_is_reported_at_once() {
    let body = json!({
        "login_id": "X", "password": "short", "contact": {"channel": "email", "value": "nobody"}, "real_name": " ",
        "consents": [{"document": "", "version": "1", "agreed": true}],
    });
    let (_, fields, _) = refused(body.to_string()).await;
    assert_eq!(fields, ["login_id", "contact.value", "real_name", "consents[0]"]);
}

#[tokio::test]
async fn unknown_missing_and_doubled_fields_are_refused_at_any_depth() {
    let text = sign_up().to_string();
    for bad in [
        text.replacen("\"login_id\"", "\"admin\":true,\"login_id\"", 1),
        text.replacen("\"login_id\":\"minji_kim\"", "\"login_id\":\"minji_kim\",\"login_id\":\"other_one\"", 1),
        text.replacen("\"channel\"", "\"verified\":true,\"channel\"", 1),
        text.replacen("\"agreed\":true", "\"agreed\":true,\"agreed\":false", 1),
        text.replacen("\"password\"", "\"Password\"", 1),
    ] {
        assert_ne!(bad, text);
        assert_eq!(refused(bad.clone()).await.0, "validation-failed", "{bad}");
    }
    for (name, _) in sign_up().as_object().expect("an object") {
        let mut body = sign_up();
        body.as_object_mut().expect("an object").remove(name);
        assert_eq!(refused(body.to_string()).await.0, "validation-failed", "{name}");
    }
}

#[tokio::test]
async fn bombs_do_not_go_off() {
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let objects = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    let many = format!("{{{}}}", (0..5_000).map(|i| format!("\"k{i}\":0")).collect::<Vec<_>>().join(","));
    for bomb in [&deep, &objects, &many, "1e999999999"] {
        for pointer in ["/login_id", "/password", "/contact", "/consents"] {
            let body = changed(pointer, json!("BOMB")).replace("\"BOMB\"", bomb);
            assert!(matches!(refused(body).await.0.as_str(), "validation-failed" | "malformed-json"));
        }
        // A number is kept as it was written, so that one of a billion digits is eleven characters.
        if !bomb.starts_with('1') {
            let version = sign_up().to_string().replace("\"2026-11\"", bomb);
            assert!(matches!(refused(version).await.0.as_str(), "validation-failed" | "malformed-json"));
        }
        assert!(matches!(refused(bomb.to_owned()).await.0.as_str(), "validation-failed" | "malformed-json"));
    }
    assert_eq!(refused(changed("/real_name", json!("x".repeat(70_000)))).await.0, "payload-too-large");
    let bytes = [b"{\"login_id\":\"".as_slice(), b"\xff\xfe", b"\"}"].concat();
    assert_eq!(refused(Body::from(bytes)).await.0, "malformed-json");
}

#[tokio::test]
async fn a_code_is_six_digits() {
    for bad in [
        "",
        "12345",
        "1234567",
        "12 345",
        " 123456",
        "123456 ",
        "12345a",
        "１２３４５６",
        "٣٣٣٣٣٣",
        "123456\0",
        "-12345",
        "+12345",
        "1e5555",
    ] {
        let member = bearer(Role::Member, ALICE);
        for path in [format!("/v1/signups/{ALICE}/verify"), "/v1/members/me/contact/verify".to_owned()] {
            let api = deaf();
            let headers = [("idempotency-key", "k"), ("authorization", member.as_str())];
            let reply = api.ask("POST", &path, &headers, json!({"code": bad}).to_string()).await;
            assert_eq!(
                (reply.code().as_str(), &reply.json()["errors"][0]["field"]),
                ("validation-failed", &json!("code"))
            );
            assert!(api.received().is_empty());
        }
    }
    let api = deaf();
    let path = format!("/v1/signups/{ALICE}/verify");
    let reply = api.ask("POST", &path, &[("idempotency-key", "k")], r#"{"code":123456}"#).await;
    assert_eq!(reply.code(), "validation-failed", "a number has lost its zeros");
    assert_eq!(
        api.ask("POST", "/v1/signups/x/verify", &[("idempotency-key", "k")], "{}").await.code(),
        "validation-failed"
    );
}

#[tokio::test]
async fn contacts_to_come_are_given_once_and_whole() {
    let contact = json!({"channel": "email", "value": "minji@example.com"});
    for bad in [
        json!({}),
        json!({"channel": "email"}),
        json!({"value": "minji@example.com"}),
        json!({"contact": contact, "channel": "email"}),
        json!({"contact": contact, "value": "minji@example.com"}),
        json!({"contact": null}),
        json!({"contact": ["email", "minji@example.com"]}),
        json!({"contact": {"channel": "email"}}),
        json!({"channel": "email", "value": "minji@example.com", "verified": true}),
    ] {
        let api = deaf();
        let member = bearer(Role::Member, ALICE);
        let headers = [("idempotency-key", "k"), ("authorization", member.as_str())];
        let reply = api.ask("POST", "/v1/members/me/contact", &headers, bad.to_string()).await;
        assert_eq!(reply.code(), "validation-failed", "{bad}");
        assert!(api.received().is_empty());
    }
}

/// The same garbage for a body every time: what is missing before it must be reported first.
#[tokio::test]
async fn token_then_role_then_key_then_body() {
    let (member, operator) = (bearer(Role::Member, ALICE), bearer(Role::Operator, ALICE));
    for (method, path, good, other) in [
        ("POST", "/v1/signups".to_owned(), None, None),
        ("POST", format!("/v1/signups/{ALICE}/verify"), None, None),
        ("POST", "/v1/members/me/contact".to_owned(), Some(&member), Some(&operator)),
        ("POST", "/v1/members/me/contact/verify".to_owned(), Some(&member), Some(&operator)),
        ("POST", "/v1/members/me/password".to_owned(), Some(&member), Some(&operator)),
        ("DELETE", "/v1/members/me".to_owned(), Some(&member), Some(&operator)),
        ("POST", format!("/v1/members/{ALICE}/erase"), Some(&operator), Some(&member)),
        ("POST", format!("/v1/members/{ALICE}/disclosures"), Some(&operator), Some(&member)),
    ] {
        let api = deaf();
        let key = ("idempotency-key", "k");
        if let (Some(good), Some(other)) = (good, other) {
            assert_eq!(api.ask(method, &path, &[key], "{").await.code(), "unauthorized", "{path}");
            assert_eq!(api.ask(method, &path, &[key, ("authorization", other)], "{").await.code(), "forbidden");
            let keyless = api.ask(method, &path, &[("authorization", good)], "{").await;
            assert_eq!(keyless.code(), "idempotency-key-missing", "{path}");
        } else {
            assert_eq!(api.ask(method, &path, &[], "{").await.code(), "idempotency-key-missing", "{path}");
        }
        let token = good.map_or("", String::as_str);
        assert_eq!(api.ask(method, &path, &[key, ("authorization", token)], "{").await.code(), "malformed-json");
        assert!(api.received().is_empty());
    }
    let reply = deaf().ask("DELETE", "/v1/sessions/current", &[("authorization", &operator)], "").await;
    assert_eq!(reply.code(), "forbidden");
}

#[tokio::test]
async fn log_ins_have_a_shape_and_nothing_more() {
    for bad in [
        json!({}),
        json!({"login_id": "minji_kim"}),
        json!({"login_id": "minji_kim", "password": 12345}),
        json!({"login_id": "minji_kim", "password": "x", "remember": true}),
        json!(["minji_kim", "x"]),
        json!({"login_id": {"$ne": null}, "password": {"$ne": null}}),
    ] {
        let api = deaf();
        let reply = api.ask("POST", "/v1/sessions", &[], bad.to_string()).await;
        assert_eq!(reply.code(), Code::ValidationFailed.as_str(), "{bad}");
        assert!(api.said().is_empty() && !reply.text.contains("12345"));
    }
    for bad in [json!({}), json!({"refresh_token": 5}), json!({"refresh_token": null}), json!({"token": "x"})] {
        assert_eq!(deaf().ask("POST", "/v1/sessions/refresh", &[], bad.to_string()).await.code(), "validation-failed");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_in_any_field_is_answered(
        text in "\\PC{0,40}",
        field in prop_oneof![
            Just("/login_id"), Just("/password"), Just("/real_name"), Just("/contact/value"), Just("/contact/channel"),
            Just("/consents/0/document"), Just("/consents/0/version"),
        ],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let api = deaf();
            let reply = api.ask("POST", "/v1/signups", &[("idempotency-key", "k")], changed(field, json!(text))).await;
            // An authentication service that is deaf says that the session has ended: then, and only then, it was asked.
            prop_assert_eq!(reply.status.as_u16() == 401, api.received().len() == 1);
            prop_assert!(matches!(reply.status.as_u16(), 400 | 401), "{}", reply.text);
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn devices_and_preferences_are_right_in_form_and_tokens_are_not_repeated() {
    let good = json!({"platform": "ios", "token": "APA91bH-secret-c0de", "locale": "en", "zone": "UTC"});
    let path = format!("/v1/members/me/devices/{ALICE}");
    let long = "x".repeat(4097);
    for (field, bad) in [
        ("platform", json!("symbian")),
        ("token", json!("short")),
        ("token", json!("secret token")),
        ("token", json!(long)),
        ("token", json!(86_753_098_675_309_u64)),
        ("locale", json!("korean")),
        ("locale", json!("ko\r\n")),
        ("zone", json!("Asia/Nowhere")),
        ("zone", json!(9)),
    ] {
        let mut body = good.clone();
        body[field] = bad.clone();
        let api = deaf();
        let reply = api.command("PUT", Role::Member, &path, body.to_string()).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (400, "validation-failed"), "{field} {bad}");
        assert_eq!(reply.json()["errors"][0]["field"], field);
        assert!(api.received().is_empty() && !reply.text.contains("secret") && !reply.text.contains("8675309"));
    }
    let api = deaf();
    let reply = api.command("PUT", Role::Member, "/v1/members/me/devices/phone", good.to_string()).await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (400, "validation-failed"));
    for (field, body) in [
        ("push", json!({"push": ["everything"]})),
        ("push", json!({"push": "money.received"})),
        ("email", json!({"email": vec!["hold.placed"; 21]})),
        ("quiet.from", json!({"quiet": {"from": "25:00", "until": "07:00"}})),
        ("quiet.until", json!({"quiet": {"from": "22:00", "until": "7"}})),
        ("quiet", json!({"quiet": {"from": "22:00", "until": "22:00"}})),
        ("quiet", json!({"quiet": ["22:00", "07:00"]})),
    ] {
        let api = deaf();
        let reply = api.command("PUT", Role::Member, "/v1/members/me/notifications", body.to_string()).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (400, "validation-failed"), "{body}");
        assert_eq!(reply.json()["errors"][0]["field"], field, "{body}");
        assert!(api.received().is_empty());
    }
}
